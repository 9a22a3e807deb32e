"""When Python looks for garbage: not while libraries load, and often enough afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sufficiency
from sufficiency.garbage import OBJECTS_BETWEEN_SEARCHES, OBJECTS_LOADED

SCRIPT = """
import gc
from sufficiency.garbage import search_later
search_later()
search_later()
searches = sum(generation["collections"] for generation in gc.get_stats())
kept = [[] for _ in range({before})]
print(sum(generation["collections"] for generation in gc.get_stats()) - searches)
kept += [[] for _ in range({after})]
print(gc.get_threshold()[0], gc.get_freeze_count() > {before}, len(gc.callbacks))
"""


def test_what_loads_is_not_searched_and_what_comes_later_is() -> None:
    script = SCRIPT.format(before=OBJECTS_LOADED * 3 // 4, after=OBJECTS_LOADED)
    said = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(sufficiency.__file__).parents[1],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert said.splitlines() == ["0", f"{OBJECTS_BETWEEN_SEARCHES} True 0"]
