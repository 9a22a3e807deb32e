"""What the speed of this computer means for a run."""

from __future__ import annotations

import re

import pytest
from command_line import measure_for_moments, status

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


def test_a_speed_foretells_a_run() -> None:
    speed = Speed("A", 585, 60, "compiled", 2, futures=50, seconds=0.25)
    assert speed.futures_a_second == 200
    assert speed.seconds_for(1000) == 5


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (61.7, "62 s"), (150.0, "2 min")]
)
def test_a_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said
