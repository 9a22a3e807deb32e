"""Is what was compiled kept, never stale, and never in the way?

A package of two functions stands in for the simulation, so that compiling takes no time; what the
process that compiles the measures does is asked where they are compiled already.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import leave_out_the_report, status

from sufficiency import compiling
from sufficiency.measures.measure import measure
from sufficiency.measures.monthly import Surroundings
from sufficiency.replication import Job, Layers, measure_chunk, surroundings_of
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation import compiled, simulate

RULES = """
from little.domain import FACTOR
from little.simulation.compiled import compiled

@compiled
def rule(number):
    return number * FACTOR + 1
"""
LOOP = """
from typing import NamedTuple
from little.simulation import rules
from little.simulation.compiled import by_reference, compiled, step

@by_reference
class Asked(NamedTuple):
    number: int

@step
def part(asked):
    return rules.rule(asked.number) + 1

@compiled
def loop(asked):
    return part(asked) + 0
"""
ASK = """
from little.simulation.compiled import is_kept
from little.simulation.loop import Asked, loop
kept = is_kept(loop)
print(kept, loop(Asked(10)), sum(loop.stats.cache_hits.values()))
"""


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """The folder of a package with a rule, a loop that calls it, and a constant elsewhere."""
    package = tmp_path / "little"
    (package / "simulation").mkdir(parents=True)
    (package / "domain.py").write_text("FACTOR = 2\n", encoding="utf-8")
    for folder in (package, package / "simulation"):
        (folder / "__init__.py").write_text("", encoding="utf-8")
    shutil.copy(str(compiled.__file__), package / "simulation")
    (package / "simulation" / "rules.py").write_text(RULES, encoding="utf-8")
    (package / "simulation" / "loop.py").write_text(LOOP, encoding="utf-8")
    return package


def started(little: Path, **surroundings: str) -> subprocess.Popen[str]:
    """A process that asks whether the loop is kept, what it says of 10, and whence it came."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    return subprocess.Popen(
        [sys.executable, "-c", ASK],
        env={**plain, "PYTHONPATH": str(little.parent), **surroundings},
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(little: Path, **surroundings: str) -> list[str]:
    process = started(little, **surroundings)
    said, _ = process.communicate()
    assert process.returncode == 0
    return said.split()


def changed(path: Path, old: str, new: str) -> None:
    """Change a file without changing its length or its time, as an installer might."""
    before = path.stat()
    text = path.read_text(encoding="utf-8")
    assert len(old) == len(new)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    for stale in path.parent.glob("__pycache__/*.pyc"):
        stale.unlink()


def test_what_was_compiled_is_kept_until_anything_it_is_made_of_changes(little: Path) -> None:
    assert answer(little) == ["False", "22", "0"]
    assert answer(little) == ["True", "22", "1"]
    changed(little / "simulation" / "rules.py", "+ 1", "+ 3")
    assert answer(little) == ["False", "24", "0"]
    changed(little / "domain.py", "2", "5")
    assert answer(little) == ["False", "54", "0"]
    changed(little / "simulation" / "loop.py", "(asked) + 0", "(asked) + 1")
    assert answer(little) == ["False", "55", "0"]


def test_an_install_that_cannot_be_written_keeps_it_elsewhere_or_not_at_all(little: Path) -> None:
    for folder in (little, little / "simulation"):
        (folder / "__pycache__").write_text("a file where a folder should be", encoding="utf-8")
    home = little.parent / "home"
    of_user = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(home))
    assert answer(little, **of_user) == ["False", "22", "0"]
    assert answer(little, **of_user) == ["True", "22", "1"]
    shutil.rmtree(home)
    home.write_text("a file where a folder should be", encoding="utf-8")
    assert answer(little, **of_user) == ["False", "22", "0"]
    assert answer(little, **of_user) == ["False", "22", "0"]


def test_several_processes_may_start_at_once(little: Path) -> None:
    processes = [started(little) for _ in range(3)]
    assert {process.communicate()[0].split()[1] for process in processes} == {"22"}
    assert answer(little) == ["True", "22", "1"]


def test_code_written_meanwhile_for_other_types_is_not_taken(tmp_path: Path) -> None:
    """As if another process had written its code after we wrote our index."""
    files = compiled._Files(str(tmp_path), "loop", compiled.EDITION)
    files.save("for integers", "code for integers")
    assert files.load("for integers") == "code for integers"
    files._save_index({"for numbers": files._data_name(1)})
    assert files.load("for numbers") is None


def test_an_index_that_names_what_another_edition_had_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_another_edition.py").write_text("class Room: pass\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    room = importlib.import_module("of_another_edition").Room()
    compiled._Files(str(tmp_path), "loop", "another edition")._save_index({room: "loop.1.nbc"})
    monkeypatch.delitem(sys.modules, "of_another_edition")
    (tmp_path / "of_another_edition.py").unlink()
    importlib.invalidate_caches()
    assert compiled._Files(str(tmp_path), "loop", compiled.EDITION).load("for integers") is None


def emptied(raw: bytes) -> bytes:
    return b""


def cut_short(raw: bytes) -> bytes:
    return raw[: len(raw) * 2 // 3]


def all_zeros(raw: bytes) -> bytes:
    return bytes(len(raw))


def zeros_within(raw: bytes) -> bytes:
    """As where the middle of a file never reached the disk: machine code has no form to tell by."""
    return raw[: len(raw) // 2] + bytes(64) + raw[len(raw) // 2 + 64 :]


@pytest.mark.parametrize(
    ("ending", "damaged"),
    [
        *((".nbi", damage) for damage in (emptied, cut_short, all_zeros)),
        *((".nbc", damage) for damage in (emptied, cut_short, all_zeros, zeros_within)),
    ],
)
def test_what_a_power_cut_damaged_is_compiled_again(
    little: Path, ending: str, damaged: Callable[[bytes], bytes]
) -> None:
    assert answer(little) == ["False", "22", "0"]
    (path,) = (little / "simulation" / "__pycache__").glob(f"*{ending}")
    path.write_bytes(damaged(path.read_bytes()))
    assert answer(little) == ["False", "22", "0"]
    assert answer(little) == ["True", "22", "1"]


def test_what_cannot_be_kept_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(aside: str, path: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    files = compiled._Files(str(tmp_path), "loop", compiled.EDITION)
    files.save("for integers", "code for integers")
    assert files.load("for integers") is None
    assert not files.holds_something()
    assert list(tmp_path.iterdir()) == []


# --- where numba cannot be loaded -----------------------------------------------------------

WITHOUT_NUMBA = """
import numpy
from worlds import a_council
from sufficiency.simulation.simulate import must_compile, simulate, why_another_engine
world = a_council(days=20)
ours, theirs = (simulate(world, 1, 0, engine=engine) for engine in ("compiled", "simpy"))
assert ours.spells.tobytes() == theirs.spells.tobytes()
assert not must_compile("compiled") and not why_another_engine("simpy")
print(*why_another_engine("compiled"), sep="\\n")
"""


@pytest.mark.parametrize("fault", ["ImportError", "OSError", "RuntimeError"])
def test_without_numba_simpy_answers_and_one_line_says_so(tmp_path: Path, fault: str) -> None:
    tests = Path(__file__).parent
    path = os.pathsep.join([str(tmp_path), str(tests.parent), str(tests)])
    (tmp_path / "numba.py").write_text(f"raise {fault}('blocked')", encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMBA],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    said = process.stdout.splitlines()
    assert len(said) == 1
    assert said[0].startswith("The compiled engine cannot be used here (blocked)")
    assert said[0].endswith("the SimPy engine gives the same figures and takes longer.")


def test_a_run_without_numba_says_so_on_standard_error_and_in_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate, "NOT_COMPILED", "its library is blocked")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    leave_out_the_report(monkeypatch)
    monkeypatch.chdir(tmp_path)
    run = ("run", "wolverhampton-2020-medium", "--months", "1", "--replications", "2")
    assert status(*run, "--workers", "1", "--out", "out") == 0
    says = "The compiled engine cannot be used here (its library is blocked)"
    assert f"Note: {says}" in capsys.readouterr().err
    manifest = json.loads(Path("out", "manifest.json").read_text(encoding="utf-8"))
    assert manifest["engine"] == "simpy"
    assert any(warning.startswith(says) for warning in manifest["warnings"])


@pytest.mark.parametrize(("kept", "said"), [(True, "once after an install"), (False, "every")])
def test_who_waits_for_the_compiler_is_told_whether_it_will_be_again(
    monkeypatch: pytest.MonkeyPatch, kept: bool, said: str
) -> None:
    monkeypatch.setattr(simulate, "NOT_COMPILED", "")
    monkeypatch.setattr(simulate, "is_kept", lambda rule: False)
    monkeypatch.setattr(simulate, "may_be_kept", lambda rule: kept)
    (note,) = simulate.why_wait("compiled")
    assert said in note
    assert ("NUMBA_CACHE_DIR" in note) is not kept
    assert simulate.why_wait("simpy") == []


def test_with_numba_the_engine_asked_for_answers() -> None:
    assert [simulate.engine_here(engine) for engine in simulate.ENGINES] == ["compiled", "simpy"]
    assert simulate.why_another_engine("compiled") == []


# --- the engine here, the measures beside ---------------------------------------------------


@pytest.fixture(scope="module")
def job() -> Job:
    """A council of which one month is forecast."""
    resolved = resolve(scenario_for_authority("Wolverhampton", months=1))
    return Job(resolved, surroundings_of(resolved), 1, "compiled")


def no_layer() -> Layers:
    """Chance alone."""
    return Layers(False, False)


def test_a_future_in_which_nothing_happens_is_measured_by_the_code_of_all_others(job: Job) -> None:
    measure_chunk(job, range(1), no_layer())
    before = list(measure.signatures)  # type: ignore[attr-defined]
    world = job.resolved.draw_world(1, 0, parameter=False, drift=False)
    compiling.compile_measures(job.surroundings, world.places)
    assert list(measure.signatures) == before  # type: ignore[attr-defined]


@pytest.fixture
def started_processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started to compile, as if nothing had been compiled yet."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **how)
            processes.append(self)

    monkeypatch.setattr(compiling.subprocess, "Popen", Noted)
    monkeypatch.setattr(compiling, "is_kept", lambda rule: False)
    monkeypatch.setattr(compiling, "usable_processors", lambda: 2)
    return processes


def test_another_process_compiles_the_measures_where_a_processor_is_to_spare(
    job: Job,
    started_processes: list[subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("random", "numpy", "sufficiency"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    compiling.compile_all(job, no_layer(), 1)
    assert started_processes == []
    compiling.compile_all(job, no_layer(), 2)
    assert [process.returncode for process in started_processes] == [0]


def test_what_single_children_cost_stays_in_this_process(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Surroundings] = []
    monkeypatch.setattr(
        compiling.subprocess,
        "Popen",
        lambda _command, stdin, **_how: sent.append(pickle.load(stdin)[0]),
    )
    costs = replace(job.surroundings.costs, known_weekly_gbp=(1234.0, 987.0))
    known = replace(job.surroundings, costs=costs)
    world = job.resolved.draw_world(1, 0, parameter=False, drift=False)
    compiling._started(known, world.places)
    assert [one.costs.known_weekly_gbp for one in sent] == [()]
    assert sent[0].costs.weekly_cost_gbp == costs.weekly_cost_gbp


@pytest.mark.parametrize("python", ["no such python", sys.executable])
def test_where_the_other_process_cannot_start_or_fails_all_is_compiled_here(
    job: Job,
    started_processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    python: str,
) -> None:
    expected = measure_chunk(job, range(1), no_layer()).forecast.tobytes()
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.setattr(compiling, "__name__", "no such module")
    compiling.compile_all(job, no_layer(), 2)
    assert all(process.returncode not in (0, None) for process in started_processes)
    assert measure_chunk(job, range(1), no_layer()).forecast.tobytes() == expected


def test_the_other_process_ends_with_what_interrupts_this_one(
    job: Job,
    started_processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*args: Any, **how: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compiling, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compiling.compile_all(job, no_layer(), 2)
    assert [process.returncode not in (0, None) for process in started_processes] == [True]


def test_a_process_that_takes_too_long_is_not_waited_for(
    job: Job,
    started_processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiling, "PATIENCE_S", 0)
    compiling.compile_all(job, no_layer(), 2)
    assert [process.returncode not in (0, None) for process in started_processes] == [True]
