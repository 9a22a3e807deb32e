"""Ctrl-C, heard whenever it comes: also while a library loads, which may make an error of it."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from command_line import FILES, ROOT, found_first, leave_out_the_report, status

from sufficiency.commands import stopping
from sufficiency.commands.run import STOPPED
from sufficiency.commands.stopping import hearing_interrupts, terminating_as_interrupt
from sufficiency.forecast import Forecast
from sufficiency.report.run_folder import RunWriter
from sufficiency.shipped import shipped_path

MEDIUM = str(shipped_path("scenarios", "wolverhampton-2020-medium.yaml"))
MAKES_AN_ERROR_OF_IT = "raise AttributeError('partially initialized module')"
LIBRARY = """
import signal
import time

try:
    for _ in range({times}):
        signal.raise_signal(signal.SIGINT)
    time.sleep(0.1)
except KeyboardInterrupt:
    {then}
"""
INTERRUPTED_AS_IT_LOADS = """
import signal, sys

def hook(event, about):
    global done
    if event == "import" and about[0] == {module!r} and not done:
        done = True
        signal.raise_signal(signal.SIGINT)

done = False
sys.addaudithook(hook)
from sufficiency.cli import main
main(["run", {scenario!r}, "--replications", "2", "--out", {out!r}])
"""


@pytest.fixture(autouse=True)
def _leave_all_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(stopping, "_ear", stopping._Ear(may_wait=False))


@pytest.mark.parametrize(
    ("times", "then"),
    [(1, "pass"), (1, MAKES_AN_ERROR_OF_IT), (2, MAKES_AN_ERROR_OF_IT)],
    ids=["lost", "an error", "heard twice"],
)
def test_a_library_that_hides_an_interrupt_as_it_loads_hides_it_from_nobody(
    times: int,
    then: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "halfway.py").write_text(LIBRARY.format(times=times, then=then), encoding="utf-8")

    def loads_it(path: str, overlays: object) -> None:
        importlib.import_module("halfway")
        time.sleep(5)
        raise AssertionError("nobody was stopped")

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "halfway", raising=False)
    monkeypatch.setattr("sufficiency.scenario.files.load_scenario", loads_it)
    assert status("check", MEDIUM) == 130
    assert capsys.readouterr().err.strip() == "Stopped. Nothing was written."
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_that_an_interrupt_became_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def becomes_an_error(*args: object, **kwargs: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError from None

    monkeypatch.setattr("sufficiency.commands.run._simulated", becomes_an_error)
    monkeypatch.setattr("sufficiency.chunk_folder.has_chunks", lambda folder: True)
    assert status("run", MEDIUM, "--out", str(tmp_path / "out")) == 130
    assert capsys.readouterr().err.strip() == f"Stopped. {STOPPED}"


QUICK = ("run", MEDIUM, "--replications", "2", "--months", "1", "--workers", "1")


@pytest.mark.parametrize("times", [1, 2], ids=["once", "again"])
def test_stopped_once_all_is_written_is_done(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_out_the_report(monkeypatch)
    forget, n_forgotten = Forecast.forget, [0]

    def interrupted(forecast: Forecast) -> None:
        n_forgotten[0] += 1
        if n_forgotten[0] <= times:
            raise KeyboardInterrupt
        forget(forecast)

    monkeypatch.setattr(Forecast, "forget", interrupted)
    out = tmp_path / "out"
    assert status(*QUICK, "--out", str(out)) == 0
    said = capsys.readouterr()
    assert said.err.count("All results are written already.") == 1
    assert "Stopped" not in said.err
    assert f"The report is {out / 'report.html'}" in said.out
    assert {path.name for path in out.iterdir()} == FILES
    assert times == 2 or list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("command", "tells"),
    [
        (QUICK, "show_forecast"),
        (("compare", MEDIUM, "wolverhampton-2020-best", *QUICK[2:-2]), "show_comparison"),
    ],
    ids=["run", "compare"],
)
def test_stopped_as_it_tells_what_was_found_is_done(
    command: tuple[str, ...],
    tells: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    leave_out_the_report(monkeypatch)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"sufficiency.terminal.{tells}", interrupted)
    out = tmp_path / "out"
    assert status(*command, "--out", str(out)) == 0
    said = capsys.readouterr().err
    assert f"All results are written already, in {out}" in said
    assert "Stopped" not in said
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("which", "ends_with", "seed"), [(1, 130, 1), (2, 0, 2)], ids=["before", "after"]
)
def test_stopped_as_results_are_replaced_says_which_are_there(
    which: int,
    ends_with: int,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    leave_out_the_report(monkeypatch)
    out = tmp_path / "out"
    assert status(*QUICK, "--out", str(out)) == 0
    rename, n_renamed = Path.rename, [0]

    def interrupted(self: Path, target: Path) -> Path:
        moved = rename(self, target)
        n_renamed[0] += {self, Path(target)} & {out} != set()
        if n_renamed[0] == which:
            n_renamed[0] += 9
            raise KeyboardInterrupt
        return moved

    monkeypatch.setattr(Path, "rename", interrupted)
    again = (*QUICK, "--seed", "2", "--out", str(out), "--overwrite")
    assert status(*again) == ends_with
    said = capsys.readouterr().err
    assert ("All results are written already." in said) == (ends_with == 0)
    assert ("Stopped. No results are written yet" in said) == (ends_with == 130)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == seed
    if ends_with == 0:
        assert list(tmp_path.iterdir()) == [out]


def test_whoever_hears_ctrl_c_already_goes_on_hearing_it() -> None:
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with hearing_interrupts():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, former)


class SlowlyRead:
    """The values of many replications, which take long to read."""

    scenario, dates, row_names, rows = "Slow", [date(2022, 4, 1)], ["measure"], [["in_care"]]

    def __init__(self) -> None:
        self.reading, self.times_read = Event(), 0

    def __len__(self) -> int:
        return 20_000

    def some(self, first: int, after_last: int) -> Any:
        self.times_read += 1
        self.reading.set()
        time.sleep(0.01)
        return np.zeros((after_last - first, 1, 1))


def test_nobody_waits_for_the_replications_of_a_run_that_was_stopped(tmp_path: Path) -> None:
    values = SlowlyRead()

    def stopped() -> None:
        with RunWriter(tmp_path / "run") as writer:
            writer.begin(values)
            assert values.reading.wait(30)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert values.times_read < 100  # of 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="nothing asks a process to end there")
def test_an_error_of_ours_is_told_from_an_interrupt() -> None:
    def nobody_asked() -> None:
        with hearing_interrupts(), terminating_as_interrupt():
            raise RuntimeError("a wheel came off")

    def asked() -> None:
        with hearing_interrupts(), terminating_as_interrupt():
            try:
                signal.raise_signal(signal.SIGTERM)
            except KeyboardInterrupt:
                raise RuntimeError from None

    with pytest.raises(RuntimeError, match="a wheel came off"):
        nobody_asked()
    with pytest.raises(KeyboardInterrupt):
        asked()


@pytest.mark.parametrize("module", ["numpy.dtypes", "pandas._libs.tslibs.np_datetime"])
def test_stopped_while_the_libraries_load(module: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = INTERRUPTED_AS_IT_LOADS.format(module=module, scenario=MEDIUM, out=str(out))
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=found_first(ROOT),
        check=False,
    )
    assert ended.returncode == 130
    assert ended.stderr.strip() == "Stopped. Nothing was written."
    assert not out.exists()


def test_what_was_heard_says_nothing_of_errors_of_the_next_command() -> None:
    with pytest.raises(KeyboardInterrupt), hearing_interrupts():
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(ValueError, match="its own"), stopping.errors_after_an_interrupt():
        raise ValueError("its own")
