"""Does one run at a time work on a folder, and what becomes of what a killed one left?"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from command_line import leave_out_the_report, status
from test_same_again import path_to

from sufficiency.errors import OutputError
from sufficiency.report.holding import held

MEDIUM = "wolverhampton-2020-medium"
FEW = ("--months", "1", "--replications", "2")
RUN = ("run", "--authority", "Rutland", *FEW)
HOLDS = """
import sys
from pathlib import Path
from sufficiency.report.holding import held

with held(Path("run")):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_to_a_folder_is_refused_and_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / ".run.chunks-0123456789ab"
    kept.mkdir()
    (kept / "all-11-000000-000050.chunk").touch()
    with held(tmp_path / "run"):
        assert status(*RUN, "--out", "run") == 2
        assert status(*RUN, "--out", "run", "--resume") == 2
    said = capsys.readouterr().err
    assert said.count("run: another run is being worked out for this folder") == 2
    assert (kept / "all-11-000000-000050.chunk").exists()


def test_a_second_backtest_to_a_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("backtest", "--authority", "Rutland", "--origins", "2022", "--out", "run")
    with held(tmp_path / "run"):
        assert status(*asked) == status(*asked, "--resume") == 2
        assert [path.name for path in tmp_path.iterdir()] == [".run.held"]
    assert capsys.readouterr().err.count("run: another run is being worked out") == 2


OUT = ("--out", "run", "--overwrite")


@pytest.mark.parametrize(
    "asked",
    [
        ("plan", MEDIUM, "--target", "unplaced <= 2 with 90% by 2022-04", *OUT),
        ("sensitivity", MEDIUM, *OUT),
        ("compare", MEDIUM, "wolverhampton-2020-best", *OUT),
        ("compare", "one", "another", *OUT),
        ("backtest", "returns", "--authority", "Rutland", *OUT),
        ("check", "returns", *OUT),
        ("publish", "one", "--to", "run", "--overwrite"),
    ],
    ids=lambda asked: "-".join(asked[:2]),
)
def test_every_command_that_writes_a_folder_waits_for_nobody(
    asked: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sufficiency.report.publishing.read_run", lambda folder: None)
    monkeypatch.setattr("sufficiency.report.publishing._with_safe_manifest", lambda run: run)
    monkeypatch.setattr("sufficiency.report.publishing.shown", lambda run: run)
    with held(tmp_path / "run"):
        for name in ("one", "another", "returns", ".run.0123abcd.part"):
            (tmp_path / name).mkdir()
        before = sorted(tmp_path.iterdir())
        assert status(*asked) == 2
        assert sorted(tmp_path.iterdir()) == before
    assert "run: another run is being worked out for this folder" in capsys.readouterr().err


def test_what_is_put_back_is_not_simulated_over_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".run.0123abcd.old").mkdir()
    (tmp_path / ".run.0123abcd.old" / "manifest.json").touch()
    assert status(*RUN, "--out", "run") == 2
    said = capsys.readouterr().err
    assert "run: the folder exists already" in said
    assert "Simulating" not in said
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "manifest.json"]


@pytest.mark.parametrize(
    "command", [RUN, ("compare", MEDIUM, "wolverhampton-2020-best", *FEW)], ids=["run", "compare"]
)
def test_futures_that_are_dropped_are_said_to_be_before_it_begins(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    leave_out_the_report(monkeypatch)
    for name in ("write_comparison_page", "write_comparison_workbook"):
        module = name.removeprefix("write_")
        monkeypatch.setattr(f"sufficiency.report.{module}.{name}", lambda _, path: path.touch())
    kept = tmp_path / ".run.chunks-0123456789ab"
    kept.mkdir()
    (kept / "all-11-000000-000050.chunk").touch()
    assert status(*command, "--out", "run") == 0
    before, simulating, _ = capsys.readouterr().err.partition("Simulating")
    assert simulating
    assert before.count("Futures of an earlier run in this place that was not finished are") == 1
    assert status(*command, "--out", "run", "--overwrite") == 0
    assert "earlier run" not in capsys.readouterr().err


def fails(*_: object) -> NoReturn:
    raise OSError(errno.ENOSYS, "Function not implemented")


@pytest.mark.parametrize(
    ("what", "does"),
    [("fstat", fails), ("path.samestat", lambda *_: False)],
    ids=["nothing is known of a file", "no file is the same twice"],
)
def test_where_files_cannot_be_told_apart_nobody_tries_for_ever(
    what: str, does: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file, n_opened = os.open, [0]

    def opened(*arguments: Any) -> int:
        n_opened[0] += 1
        assert n_opened[0] <= 20
        return open_file(*arguments)

    with monkeypatch.context() as there:
        there.setattr(os, "open", opened)
        there.setattr(f"os.{what}", does)
        with held(tmp_path / "run"):
            held_meanwhile = [path.name for path in tmp_path.iterdir()]
    assert held_meanwhile == [".run.held"]
    assert n_opened[0] == 10
    assert not list(tmp_path.iterdir())


def test_whoever_is_killed_holds_nothing_any_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path_to(Path(__file__).parent)))},
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline().split() == [b"held"]
        with pytest.raises(OutputError, match="another run"), held(Path("run")):
            pass
        other.kill()
        other.wait()
    with held(Path("run")):
        assert [path.name for path in tmp_path.iterdir()] == [".run.held"]
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_had_half_written_goes(tmp_path: Path) -> None:
    for name in (".a[1].0123abcd.part", ".a1.0123abcd.part", ".a[1].theirs.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "replications.parquet").touch()
    with held(tmp_path / "a[1]"):
        pass
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".a1.0123abcd.part", ".a[1].theirs.part"]


def test_folders_made_to_hold_one_go_again_if_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), held(tmp_path / "outputs" / "north" / "run"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
