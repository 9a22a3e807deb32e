"""Differences in words: fewer or more, ranges first, and never a number that is not there."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from openpyxl import load_workbook

from sufficiency.report.comparison_figures import Difference
from sufficiency.report.comparison_words import (
    fewer_or_more,
    give_or_take,
    in_futures,
    range_of_difference,
    times_as_sure,
)
from sufficiency.report.comparison_workbook import write_comparison_workbook


@pytest.mark.parametrize(
    ("low", "high", "money", "said"),
    [
        (-14, -3, False, "3 to 14 fewer"),
        (3, 14, False, "3 to 14 more"),
        (-6, 2, False, "6 fewer to 2 more"),
        (-6, 0, False, "0 to 6 fewer"),
        (-6, 0.3, False, "0 to 6 fewer"),
        (-0.4, 9, False, "0 to 9 more"),
        (5, 5, False, "5 more"),
        (0, 0, False, "no difference"),
        (-0.3, 0.2, False, "under 1 either way"),
        (-1_200_000, -400_000, True, "£400,000 to £1.2m less"),
        (250_000, 2_500_000, True, "£250,000 to £2.5m more"),
        (-400_000, 100_000, True, "£400,000 less to £100,000 more"),
        (-400_000, 100, True, "£0 to £400,000 less"),
        (-200, 300, True, "under £1,000 either way"),
        (0, 0, True, "no difference"),
    ],
)
def test_a_range_of_differences(low: float, high: float, money: bool, said: str) -> None:
    assert range_of_difference(low, high, money=money) == said


@pytest.mark.parametrize(
    ("mean", "money", "said"),
    [
        (-7.4, False, "7 fewer"),
        (0.3, False, "under 1 more"),
        (-0.5, False, "under 1 fewer"),
        (0, False, "no difference"),
        (-480_400, True, "£480,000 less"),
        (120, True, "under £1,000 more"),
    ],
)
def test_an_average_difference(mean: float, money: bool, said: str) -> None:
    assert fewer_or_more(mean, money=money) == said


@pytest.mark.parametrize("personal", [False, True])
def test_a_start_from_real_children_cannot_be_read_from_the_workbook(
    personal: bool, tmp_path: Path
) -> None:
    row = dict.fromkeys((*Difference.__dataclass_fields__, "p05", "p25", "p75", "p95"), 3.0)
    about = {"scenario": "other", "base": "base", "measure": "in_care", "age_band": "all"}
    when = {"financial_year": "", "months": pd.NA}
    table = pd.DataFrame(
        [
            {**about, **when, **row, "date": pd.Timestamp(day), "sector": sector}
            for day in ("2024-03-31", "2024-04-30")
            for sector in ("all", "residential")
        ]
    )
    made = SimpleNamespace(
        manifest={"personal_data": personal, "paired": True, "replications": 50},
        comparison=table,
        scenarios=table,
        waterfall=pd.DataFrame(),
    )
    write_comparison_workbook(made, tmp_path / "workbook.xlsx")
    book = load_workbook(tmp_path / "workbook.xlsx")
    heads = [cell.value for cell in book["comparison"][1]]
    assert ("base_mean" in heads) is not personal
    assert "p90" in heads
    assert (book["Summary"]["A1"].value == "OFFICIAL-SENSITIVE") is personal


def a_difference(**given: float) -> Difference:
    names = Difference.__dataclass_fields__
    return Difference(**{**dict.fromkeys(names, 0.0), **given})


def test_how_sure_a_difference_is() -> None:
    assert times_as_sure(a_difference(times_as_sure=21.4)) == "21 times"
    assert times_as_sure(a_difference(times_as_sure=3.24)) == "3.2 times"
    assert times_as_sure(a_difference(times_as_sure=math.nan)) == ""
    assert give_or_take(a_difference(standard_error=0.5)) == "1.0"
    assert give_or_take(a_difference(standard_error=10_000.0), money=True) == "£20,000"
    assert give_or_take(a_difference(standard_error=math.nan)) == "not known"
    assert in_futures(1.0) == "in every future"
    assert in_futures(0.93) == "in 93% of futures"
    assert a_difference(mean=1.0, standard_error=0.6).is_clear is False
    assert a_difference(mean=-1.0, standard_error=0.4).is_clear is True
