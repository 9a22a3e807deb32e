"""What the speed of this computer means for a run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import measure_for_moments, status

from sufficiency import cli
from sufficiency.errors import SufficiencyError
from sufficiency.speed import Speed, seconds_of_a_short_run
from sufficiency.terminal import duration


def test_a_short_bench_names_each_engine_and_says_what_to_expect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_for_moments(monkeypatch)
    assert status("bench", "--authority", "Rutland", "--months", "12", "--seconds", "1") == 0
    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if "Rutland" in line and "│" in line]
    assert {"compiled", "simpy"} <= {line.split("│")[3].strip() for line in lines}
    said = " ".join(said.split())
    assert re.search(r"Expect 1,000 futures of 12 months for Rutland to take about \d", said)
    short = re.search(r"A short run took ([\d.]+) s just now", said)
    assert short is not None
    assert float(short[1]) > 0.5  # Python alone takes so long to load what a run needs.


def test_a_bench_says_why_its_run_failed() -> None:
    with pytest.raises(SufficiencyError, match="Atlantis"):
        seconds_of_a_short_run(["--authority", "Atlantis"])


def test_a_fault_of_the_run_of_a_bench_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = subprocess.run
    broken = "raise RuntimeError('a wheel came off')"

    def breaks(command: list[str], **how: Any) -> subprocess.CompletedProcess[bytes]:
        """The same command, where nothing can be resolved."""
        at = command.index("-c") + 1
        fault = (
            f"import sufficiency.resolution.resolve as r\ndef _(*a, **k): {broken}\nr.resolve = _"
        )
        before, last = command[at].rstrip().rsplit("\n", 1)
        return run([*command[:at], f"{before}\n{fault}\n{last}", *command[at + 1 :]], **how)

    monkeypatch.setattr(subprocess, "run", breaks)
    with pytest.raises(SufficiencyError) as fault:
        seconds_of_a_short_run(["--authority", "Rutland", "--months", "1"])
    cli._one_line(SufficiencyError, fault.value, None)
    (said,) = capsys.readouterr().err.splitlines()
    assert said.count("this is our fault") == said.count("--debug") == 1
    assert "futures failed: RuntimeError: a wheel came off" in said
    assert "Traceback" in str(fault.value)


def test_a_bench_minds_nothing_that_lies_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("random", "numpy", "sufficiency"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sufficiency.speed.FEW_FUTURES", 2)
    assert seconds_of_a_short_run(["--authority", "Rutland", "--months", "1"]) > 0


def test_a_speed_foretells_a_run() -> None:
    speed = Speed("A", 585, 60, "compiled", 2, futures=50, seconds=0.25)
    assert speed.futures_a_second == 200
    assert speed.seconds_for(1000) == 5


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (61.7, "62 s"), (150.0, "2 min")]
)
def test_a_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said
