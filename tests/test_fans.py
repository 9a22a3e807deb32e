"""What a fan says at its edges: in whole children, once, and not over its dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from sufficiency.report.fans import fan_chart


def fan_of(values: dict[str, float]) -> dict[str, Any]:
    ends = ("mean", "p05", "p10", "p25", "p75", "p90", "p95")
    rows = pd.DataFrame({"date": [date(2021, 3, 31), date(2022, 3, 31)]})
    return fan_chart(rows.assign(**{name: values.get(name, 0.0) for name in ends}), from_zero=True)


def labels_of(fan: dict[str, Any]) -> list[tuple[str, float]]:
    """What is written where a fan ends, and at which height."""
    ends = [layer["data"]["values"][0] for layer in fan["layer"] if "label" in str(layer)]
    return [(end["label"], end["mean"]) for end in ends]


def test_what_reads_alike_at_the_end_of_a_fan_is_written_once() -> None:
    assert labels_of(fan_of({})) == [("0", 0.0)]


def test_nothing_is_written_over_the_time_axis() -> None:
    found = labels_of(fan_of({"mean": 0.2, "p90": 1.0, "p95": 40.0}))
    assert [label for label, _ in found] == ["0", "0", "1"]
    heights = [height for _, height in found]
    assert heights[0] == 0.0
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_children_are_counted_in_whole_numbers_on_the_axis() -> None:
    axis = fan_of({"p95": 2.0})["layer"][0]["encoding"]["y"]["axis"]
    assert axis["tickMinStep"] == 1
