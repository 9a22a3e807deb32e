"""Whatever the user gets wrong is one clear message, status 2, and nothing written."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import ROOT, found_first, leave_out_the_report, status

import sufficiency.report.page
import sufficiency.report.run_folder
from sufficiency.shipped import shipped_path

MEDIUM = "wolverhampton-2020-medium"
SHORT = ("--replications", "1", "--months", "1", "--workers", "1")
HEAD = "name: Test\nauthority: Wolverhampton\n"
TABLE = f"{HEAD}calibration:\n  table: months.csv\n"


@pytest.fixture(autouse=True)
def _keep_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder to run in, beside which a file stands that nothing may reach."""
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "outside.yaml").write_text(HEAD, encoding="utf-8")
    monkeypatch.chdir(here)
    yield here
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "outside.yaml"]


def refused(
    folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str, after_start: bool = False
) -> str:
    """The one message of a command that is refused and leaves the folder as it was.

    ``after_start``: the mistake shows only once the forecast has begun, and so has its bar.
    """
    before = contents(folder)
    assert status(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("Error: ") == 1
    assert "Traceback" not in said.err
    assert after_start or "Simulating" not in said.err
    assert contents(folder) == before
    return said.err.partition("Error: ")[2]


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file but the finished futures that a stopped run keeps, in hidden folders."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not is_kept_future(path)
    }


def is_kept_future(path: Path) -> bool:
    return any(part.startswith(".") and ".chunks-" in part for part in path.parts)


SCENARIOS = {
    "malformed YAML": (f"{HEAD}entries: [1, 2\n", ("s.yaml, line", "not valid YAML")),
    "unknown key": (
        f"{HEAD}entries:\n  starter_per_month: 12\n",
        ("s.yaml, line 4, entries.starter_per_month", 'Did you mean "starters_per_month"?'),
    ),
    "wrong type": (f"{HEAD}months: three years\n", ("s.yaml, line 3, months", "three years")),
    "negative count": (
        f"{HEAD}population: {{in_care: -5}}\n",
        ("s.yaml, line 3, population.in_care", "found -5"),
    ),
    "percentage over 100": (
        f"{HEAD}exits: {{annual_exit_rate: 120%}}\n",
        ("s.yaml, line 3, exits.annual_exit_rate", "120%"),
    ),
    "share over one": (
        f"{HEAD}sectors:\n  internal_fostering:\n    vacancy_share: 5\n",
        ("s.yaml, line 5, sectors.internal_fostering.vacancy_share", "found 5"),
    ),
    "dates the wrong way round": (
        f"{HEAD}interventions:\n  - name: A\n    lever: exits\n    start: 2024-06-01\n"
        "    end: 2024-01-31\n    factor: 0.5\n",
        ("s.yaml, line", "2024-01-31", "2024-06-01"),
    ),
    "placements that do not add up": (
        f"{HEAD}population:\n  in_care: 99\n  sectors: {{internal_fostering: 40, ifa: 20, "
        "connected_persons: 15, residential: 10, supported_accommodation: 5, other: 10}\n",
        ("s.yaml, line", "99", "100"),
    ),
    "file that is not there to extend": (
        f"extends: base.yaml\n{HEAD}",
        ('s.yaml, line 1, extends: found "base.yaml"', "there is no file"),
    ),
    "file that extends itself": (f"extends: s.yaml\n{HEAD}", ("extend each other in a circle",)),
    "leaving the folder": (
        f"extends: ../outside.yaml\n{HEAD}",
        ('found "../outside.yaml", which leaves the folder', "absolute path"),
    ),
    "leaving the folder the Windows way": (
        f"extends: ..\\outside.yaml\n{HEAD}",
        ("which leaves the folder",),
    ),
    "a command hidden in YAML": (
        f"{HEAD}description: !!python/object/apply:os.system ['touch harm']\n",
        ("s.yaml, line 3",),
    ),
    "merged authority": (
        "name: Test\nauthority: Bournemouth\n",
        ("s.yaml, line 2, authority", "Bournemouth, Christchurch and Poole"),
    ),
    "near miss of an authority": (
        "name: Test\nauthority: Wolverhamton\n",
        ("s.yaml, line 2, authority", "Did you mean Wolverhampton"),
    ),
}


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(("text", "expected"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_mistake_in_a_scenario(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    text: str,
    expected: tuple[str, ...],
) -> None:
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    message = refused(folder, capsys, command, "s.yaml")
    for part in expected:
        assert part in message


def test_a_link_out_of_the_folder_is_no_way_round(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    except OSError:
        pytest.skip("links need a privilege here")
    (folder / "s.yaml").write_text(f"extends: link.yaml\n{HEAD}", encoding="utf-8")
    assert "which leaves the folder" in refused(folder, capsys, "run", "s.yaml")


def test_an_absolute_path_may_lead_anywhere(folder: Path) -> None:
    outside = (folder.parent / "outside.yaml").as_posix()
    (folder / "s.yaml").write_text(f"extends: '{outside}'\nname: Mine\n", encoding="utf-8")
    assert status("check", "s.yaml") == 0


TABLES = {
    "missing column": ("month,starters\n2023-01,3\n", ("months.csv", "leavers")),
    "text in a number": (
        "month,starters,leavers\n2023-01,3,2\n2023-02,three,2\n",
        ("months.csv", "3", "three"),
    ),
    "month twice": (
        "month,starters,leavers\n2023-01,3,2\n2023-01,4,1\n",
        ("months.csv", "2023-01"),
    ),
    "month left out": (
        "month,starters,leavers\n2023-01,3,2\n2023-03,4,1\n",
        ("months.csv", "2023-02"),
    ),
    "negative": ("month,starters,leavers\n2023-01,-3,2\n", ("months.csv", "-3")),
    "empty": ("", ("months.csv", "empty")),
}


@pytest.mark.parametrize(("text", "expected"), TABLES.values(), ids=TABLES.keys())
def test_a_mistake_in_a_table(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, expected: tuple[str, ...]
) -> None:
    (folder / "s.yaml").write_text(TABLE, encoding="utf-8")
    (folder / "months.csv").write_text(text, encoding="utf-8")
    message = refused(folder, capsys, "run", "s.yaml")
    for part in expected:
        assert part in message


def test_a_table_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "s.yaml").write_text(TABLE, encoding="utf-8")
    message = refused(folder, capsys, "run", "s.yaml")
    assert "s.yaml, line 4, calibration.table" in message


OPTIONS = {
    "no replications": ((MEDIUM, "--replications", "0"), 'found "0", expected a whole'),
    "no such file": (("missing.yaml",), "missing.yaml: no such file"),
    "neither file nor authority": ((), "Give a scenario file or --authority"),
    "near miss": (("--authority", "Wolverhamton"), "Did you mean Wolverhampton"),
    "code of nobody": (("--authority", "999"), "999"),
    "merged authority": (("--authority", "Poole"), "Bournemouth, Christchurch and Poole"),
    "no children": (("--authority", "336", "--in-care", "0"), 'found "0", expected'),
    "unknown engine": ((MEDIUM, "--engine", "magic"), "'magic' is not"),
    "dask of nowhere": ((MEDIUM, "--executor", "dask"), "needs the address of a running scheduler"),
    "scheduler of threads": (
        (MEDIUM, "--executor", "threads", "--scheduler", "tcp://127.0.0.1:9"),
        "a scheduler goes with --executor dask",
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), OPTIONS.values(), ids=OPTIONS.keys())
def test_a_mistake_in_a_command(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    assert expected in refused(folder, capsys, "run", *arguments)


def test_futures_of_another_seed_are_not_gone_on_with(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = ("run", MEDIUM, *SHORT, "--out", "r")
    monkeypatch.setattr(
        sufficiency.report.run_folder, "write_manifest", failing(KeyboardInterrupt())
    )
    leave_out_the_report(monkeypatch)
    assert status(*again) == 130
    capsys.readouterr()
    assert "run of seed 1" in refused(folder, capsys, *again, "--resume", "--seed", "2")


def test_a_folder_that_exists_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").write_text("Dear Panel", encoding="utf-8")
    assert "--overwrite" in refused(folder, capsys, "run", MEDIUM, "--out", "mine")
    asked = refused(folder, capsys, "run", MEDIUM, "--out", "mine", "--overwrite")
    assert "not a run" in asked


def test_a_file_in_the_place_of_the_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine").write_text("Dear Panel", encoding="utf-8")
    for out in ("mine", "mine/run"):
        assert "--out" in refused(folder, capsys, "run", MEDIUM, "--out", out, "--overwrite")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="an administrator may write anywhere"
)
def test_a_folder_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "locked").mkdir(mode=0o500)
    message = refused(folder, capsys, "run", MEDIUM, "--out", "locked/run")
    assert "nothing can be written" in message


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
def test_a_folder_that_not_even_an_administrator_can_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ("--out", "/proc/sufficiency-test/run")
    message = refused(folder, capsys, "run", MEDIUM, *SHORT, *out, after_start=True)
    assert "/proc/sufficiency-test/run" in message
    assert "--out" in message


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize("writer", ["write_table", "write_replications", "write_manifest"])
def test_a_disk_that_fills(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    writer: str,
) -> None:
    leave_out_the_report(monkeypatch)
    full = failing(OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(sufficiency.report.run_folder, writer, full)
    out = ("--out", "runs/first")
    message = refused(folder, capsys, "run", MEDIUM, *SHORT, *out, after_start=True)
    assert "the disk is full" in message
    assert "Nothing was written." in message


def test_an_earlier_run_outlives_a_disk_that_fills(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_the_report(monkeypatch)
    again = ("run", MEDIUM, *SHORT, "--out", "r", "--overwrite")
    assert status(*again) == 0
    capsys.readouterr()
    full = failing(OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(sufficiency.report.run_folder, "write_manifest", full)
    assert "the disk is full" in refused(folder, capsys, *again, "--seed", "2", after_start=True)


def test_ctrl_c_while_writing_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sufficiency.report.page, "write_page", failing(KeyboardInterrupt()))
    assert status("run", MEDIUM, *SHORT) == 130
    assert "Stopped. No results are written yet" in capsys.readouterr().err
    assert contents(folder) == {}


TOLD_OF_PROGRESS = """
    import contextlib, sys

    from sufficiency import cli, terminal


    @contextlib.contextmanager
    def lines(futures):
        yield lambda done, total: print(done, flush=True)


    if __name__ == "__main__":
        terminal.progress_bar = lines
        cli.main(sys.argv[1:])
"""


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes are POSIX")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_while_simulating_leaves_no_folder_and_no_process(
    tmp_path: Path, workers: str
) -> None:
    script = tmp_path / "told_of_progress.py"
    script.write_text(textwrap.dedent(TOLD_OF_PROGRESS), encoding="utf-8")
    scenario = str(shipped_path("scenarios", f"{MEDIUM}.yaml"))
    arguments = ("run", scenario, "--replications", "5000", "--workers", workers)
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=found_first(ROOT),
        cwd=tmp_path,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n", process.communicate()[1]
    assert int(process.stdout.readline()) > 0
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said.strip().endswith("the same command with --resume goes on from there.")
    assert "Traceback" not in said
    assert list(contents(tmp_path)) == [script]
    assert nobody_is_left(process.pid)


def nobody_is_left(group: int) -> bool:
    """Whether every process of a group has ended, within a few seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
