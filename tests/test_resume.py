"""A run that was stopped goes on where it was, and nobody else's chunks are ever used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_council import SmallCouncil, in_bytes

from sufficiency import chunks, experiment
from sufficiency.chunk_folder import ChunkFolder, has_chunks
from sufficiency.chunks import Arrays, Chunk, Numbers, work_out_chunk
from sufficiency.errors import OutputError
from sufficiency.experiment import run
from sufficiency.forecast import Forecast
from sufficiency.identity import DECIDES, code_version, identity_of
from sufficiency.replication import Job, surroundings_of
from sufficiency.report.holding import held
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority

COUNCIL = SmallCouncil()
REPLICATIONS = 30
CHUNKS = 12
"""Four of ten or fewer futures in each of three layers."""
ABOUT = {"replications": REPLICATIONS, "seed": 5, "workers": 1, "executor": "serial"}


@pytest.fixture(scope="module")
def undisturbed() -> list[bytes]:
    return in_bytes(run(COUNCIL, replications=REPLICATIONS, seed=5, workers=1))


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[Chunk]:
    """The chunks that are simulated, as they are."""
    seen: list[Chunk] = []

    def note(job: Job, chunk: Chunk) -> Arrays:
        seen.append(chunk)
        return work_out_chunk(job, chunk)

    monkeypatch.setattr(experiment, "work_out_chunk", note)
    return seen


def a_run(
    out: Path, *, resume: bool = False, council: SmallCouncil = COUNCIL, **others
) -> Forecast:  # type: ignore[no-untyped-def]
    return run(council, kept_beside=out, resume=resume, **{**ABOUT, "chunk_size": 8, **others})


def stopped(out: Path, after: int = 17) -> Path:
    """A run that is stopped once so many futures are done; gives its folder of chunks."""

    def stop(done: int, of: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        a_run(out, progress=stop)
    assert has_chunks(out)
    (folder,) = out.parent.glob(f".{out.name}.chunks-*")
    return folder


def test_a_run_goes_on_where_it_was_stopped(
    tmp_path: Path, worked_out: list[Chunk], undisturbed: list[bytes]
) -> None:
    folder = stopped(tmp_path / "run")
    before = list(worked_out)
    assert len(before) == len(list(folder.glob("*.chunk"))) == 3
    heard: list[tuple[int, int]] = []
    resumed = a_run(tmp_path / "run", resume=True, progress=lambda *now: heard.append(now))
    assert len(worked_out) == CHUNKS
    assert len(set(worked_out)) == CHUNKS
    assert heard[0] == (24, 90)
    assert in_bytes(resumed) == undisturbed
    resumed.forget()
    assert list(tmp_path.iterdir()) == []


def test_another_executor_may_go_on(tmp_path: Path, undisturbed: list[bytes]) -> None:
    stopped(tmp_path / "run")
    resumed = a_run(tmp_path / "run", resume=True, executor="threads", workers=2, engine="simpy")
    assert in_bytes(resumed) == undisturbed


def test_more_futures_may_be_asked_for(
    tmp_path: Path, worked_out: list[Chunk], undisturbed: list[bytes]
) -> None:
    a_run(tmp_path / "run", replications=24)
    worked_out.clear()
    more = a_run(tmp_path / "run", resume=True)
    assert in_bytes(more) == undisturbed
    assert {(chunk.first, chunk.after_last) for chunk in worked_out} == {(24, 30)}


def cut_short(chunk: Path) -> None:
    chunk.write_bytes(chunk.read_bytes()[:-100])


def turn_a_bit(chunk: Path) -> None:
    content = bytearray(chunk.read_bytes())
    content[-5000] ^= 1
    chunk.write_bytes(content)


def empty(chunk: Path) -> None:
    chunk.write_bytes(b"")


def take_anothers(chunk: Path) -> None:
    """Whole, and of the same replications, but of another seed."""
    elsewhere = chunk.parent.parent / "elsewhere"
    a_run(elsewhere, seed=6)
    (folder,) = elsewhere.parent.glob(".elsewhere.chunks-*")
    shutil.copy(folder / chunk.name, chunk)
    shutil.rmtree(folder)


def take_a_neighbours(chunk: Path) -> None:
    """Whole, and of the same run, but other replications."""
    other = next(path for path in sorted(chunk.parent.glob("all*.chunk")) if path != chunk)
    shutil.copy(other, chunk)


@pytest.mark.parametrize("damage", [cut_short, turn_a_bit, empty, take_anothers, take_a_neighbours])
def test_a_damaged_or_foreign_chunk_is_simulated_again(
    tmp_path: Path,
    worked_out: list[Chunk],
    undisturbed: list[bytes],
    damage: Callable[[Path], None],
) -> None:
    folder = stopped(tmp_path / "run")
    damage(sorted(folder.glob("all*.chunk"))[1])
    worked_out.clear()
    resumed = a_run(tmp_path / "run", resume=True)
    assert in_bytes(resumed) == undisturbed
    assert len(worked_out) == CHUNKS - 3 + 1
    assert resumed.manifest["warnings"][-1] == (
        "1 of the kept chunks was damaged or of another run, and will be simulated again."
    )


def test_chunks_of_another_run_are_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(tmp_path / "run")
    for others, found in (
        ({"seed": 6}, "seed 5"),
        ({"council": replace(COUNCIL, population_0_17=1.0)}, "another scenario, or other numbers"),
    ):
        with pytest.raises(OutputError) as error:
            a_run(tmp_path / "run", resume=True, **others)
        assert f"--resume found an unfinished run of {found}" in str(error.value)
        assert str(error.value).endswith("or start afresh without --resume.")
    monkeypatch.setattr("sufficiency.identity.code_version", lambda: "9.9.9+new")
    with pytest.raises(OutputError, match="an unfinished run of version "):
        a_run(tmp_path / "run", resume=True)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_what_an_earlier_run_left_is_replaced_unless_resumed(
    tmp_path: Path, worked_out: list[Chunk], undisturbed: list[bytes]
) -> None:
    stopped(tmp_path / "run")
    stopped(tmp_path / "run-2")
    worked_out.clear()
    assert in_bytes(a_run(tmp_path / "run")) == undisturbed
    assert len(worked_out) == CHUNKS
    assert has_chunks(tmp_path / "run-2")


def test_nothing_to_resume_is_said(tmp_path: Path, undisturbed: list[bytes]) -> None:
    found = a_run(tmp_path / "new [1]" / "run", resume=True)
    assert in_bytes(found) == undisturbed
    assert (
        "There is no unfinished run to resume, so this one starts afresh."
        in (found.manifest["warnings"])
    )
    found.forget()
    assert list(tmp_path.iterdir()) == []


def test_chunks_that_were_being_removed_are_resumed_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = a_run(tmp_path / "run")

    def interrupted(folder: Path, **how: object) -> None:
        next(Path(folder).glob("*.json")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            found.forget()
    assert not has_chunks(tmp_path / "run")
    assert len(list(tmp_path.iterdir())) == 1
    with held(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_ends_before_any_chunk_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        a_run(tmp_path / "new" / "run", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_what_was_half_written_is_removed(tmp_path: Path, undisturbed: list[bytes]) -> None:
    folder = stopped(tmp_path / "run")
    (folder / "all-11-000024-000030.part").write_bytes(b"half")
    resumed = a_run(tmp_path / "run", resume=True)
    assert in_bytes(resumed) == undisturbed
    assert not list(folder.glob("*.part"))


def test_strips_of_a_file_are_the_arrays_that_were_put(tmp_path: Path) -> None:
    job = Job(COUNCIL, surroundings_of(COUNCIL), 5, "simpy")
    folder = ChunkFolder(tmp_path / "run", identity_of(job), resume=False)
    chunk = Chunk((True, False), True, 3, 7)
    arrays = {
        "z": np.arange(40, dtype=np.float32).reshape(10, 4),
        "a": np.arange(8, dtype=np.float64).reshape(2, 4),
    }
    folder.put(chunk, arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(folder.strip(chunk, name, 0, None), array)
        np.testing.assert_array_equal(folder.strip(chunk, name, 1, 2), array[1:2])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    assert stopped(tmp_path / "run").stat().st_mode & 0o077 == 0


LOADED = """
import sys
import sufficiency.chunks, sufficiency.simulation.worlds
print(*sorted(name for name in sys.modules if name.startswith("sufficiency.")))
"""
ONLY_SAYS_OR_READS = (
    "sufficiency.errors",
    "sufficiency.history",
    "sufficiency.manifest",
    "sufficiency.report",
    "sufficiency.shipped",
)


def test_all_code_that_decides_a_figure_is_in_the_version_of_a_chunk() -> None:
    """What is loaded to draw, simulate and measure, but for what reads files and finds words."""
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, "PYTHONPATH": str(Path(experiment.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    decides = tuple(f"sufficiency.{part.removesuffix('.py')}" for part in DECIDES)
    assert [name for name in loaded if not name.startswith(decides + ONLY_SAYS_OR_READS)] == []
    assert "sufficiency.calibration.drift" in loaded


IDENTITY = """
from sufficiency.identity import identity_of
from sufficiency.replication import Job, surroundings_of
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
resolved = resolve(scenario_for_authority("Leeds", months=12))
print(identity_of(Job(resolved, surroundings_of(resolved), 1, "simpy")).digest)
"""


def test_a_chunk_that_was_written_as_ctrl_c_was_heard_is_kept(
    tmp_path: Path, undisturbed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        rename(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        a_run(tmp_path / "run")
    monkeypatch.undo()
    assert has_chunks(tmp_path / "run")
    assert in_bytes(a_run(tmp_path / "run", resume=True)) == undisturbed


def test_a_scenario_is_the_same_in_any_process_and_another_with_one_number_changed() -> None:
    said = subprocess.run(
        [sys.executable, "-c", IDENTITY],
        env={
            **os.environ,
            "PYTHONHASHSEED": "2",
            "PYTHONPATH": str(Path(experiment.__file__).parents[1]),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    resolved = resolve(scenario_for_authority("Leeds", months=12))
    job = Job(resolved, surroundings_of(resolved), 1, "compiled")
    assert said == identity_of(job).digest
    costs = replace(resolved.costs, unplaced_weekly_cost_gbp=9_999.0)
    dearer = replace(resolved, costs=costs)
    assert identity_of(replace(job, resolved=dearer)) != identity_of(job)
    assert code_version().startswith("0.")


def test_money_is_read_a_pool_at_a_time_however_many_futures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: list[bytes]
) -> None:
    """All nights and all money of many futures would fill the memory that chunks keep free; of few
    each is read once."""
    asked: list[tuple[str, Chunk, int]] = []
    strip = ChunkFolder.strip

    def note(kept: ChunkFolder, chunk: Chunk, name: str, first: int, last: int | None) -> Numbers:
        found = strip(kept, chunk, name, first, last)
        # Whole chunks are read where every replication is written, one chunk after another.
        if name in ("nights", "cost_gbp", "extra_cost_gbp") and last is not None:
            asked.append((name, chunk, len(found)))
        return found

    monkeypatch.setattr(ChunkFolder, "strip", note)
    assert in_bytes(a_run(tmp_path / "few")) == undisturbed
    assert len(asked) == len(set(asked))
    asked.clear()
    monkeypatch.setattr(chunks, "_MOST_NUMBERS_HELD", 0)
    assert in_bytes(a_run(tmp_path / "many")) == undisturbed
    assert {cells for _, _, cells in asked} == {COUNCIL.months}
