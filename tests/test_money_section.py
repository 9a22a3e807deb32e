"""The page beside the cost of placements, and what a run that knows children leaves out there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sample_forecast import sample_forecast

from sufficiency.measures.dearest import DEAREST_ROWS
from sufficiency.measures.finance import STATISTICS, dearest_table
from sufficiency.measures.reporting import report_calendar
from sufficiency.report.figures import Figures
from sufficiency.report.money_section import beside_cost, dearest_by_year, money_section
from sufficiency.report.small_counts_of_prices import hidden_dearest

SAMPLE = sample_forecast()
FIGURES = Figures.of(SAMPLE)
YEAR = FIGURES.years[1].name


def cells(table: object, head: str) -> list[str]:
    (row,) = [row for row in table.rows if row.head == head]  # type: ignore[attr-defined]
    return [cell.text for cell in row.cells]


def test_the_page_names_each_line_and_its_sum() -> None:
    table = beside_cost(FIGURES, None)
    assert table is not None
    assert [row.head for row in table.rows] == [
        "Home Office grant for unaccompanied children",
        "All placements less income",
        "Allowances of special guardians",
        "Places held after 18 (staying put)",
        "After care, together",
    ]


def test_real_money_is_nominal_money_over_the_index() -> None:
    real = {"index": "deflator", "prices_of": "2021-22", "by_year": {YEAR: 2.0}}
    table = beside_cost(FIGURES, real)
    said = cells(table, "All placements in prices of 2021-22 (by deflator)")
    spread = FIGURES.annual("cost", YEAR)
    assert spread is not None
    assert said[0] == "–"
    assert said[1].startswith(f"£{spread.p10 / 2e6:.1f}m")


def test_what_the_total_leaves_out_is_listed() -> None:
    money = {"left_out": ["legal costs"], "real_terms": None}
    told = money_section(replace(FIGURES, manifest={**SAMPLE.manifest, "money": money}))
    assert told["left_out_of_cost"] == ["legal costs"]
    assert money_section(FIGURES)["left_out_of_cost"] == []


def test_an_older_run_has_no_table_of_the_dearest() -> None:
    assert dearest_by_year(replace(FIGURES, dearest_placements=pd.DataFrame())) is None


def of_counts(placements: float, spread: float) -> pd.DataFrame:
    """A year in which so many placements, give or take, cost over £10,000; 40 over £5,000."""
    calendar = report_calendar(FIGURES.start, 12)
    rng = np.random.default_rng(3)
    values = np.ones((200, len(DEAREST_ROWS), len(calendar.financial_years)))
    values[:, :3] *= rng.normal(40, 8, (200, 1, 1))
    values[:, 3:6] *= rng.normal(placements, spread, (200, 1, 1))
    return dearest_table(values, calendar)


@pytest.mark.parametrize(
    ("placements", "spread", "hides"), [(3, 0, True), (3, 2, False), (9, 0, False)]
)
def test_a_small_count_that_is_all_but_certain_hides_its_threshold(
    placements: float, spread: float, hides: bool
) -> None:
    table = of_counts(placements, spread)
    hidden = hidden_dearest(table)
    expected = table["measure"].str.contains("over_10000") & hides
    assert hidden.tolist() == expected.tolist()
    assert list(table.columns[3:]) == list(STATISTICS)
