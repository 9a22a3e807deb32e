"""What a run says around the turn of a financial year, read from its tables."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from records import cost_plan

from sufficiency.domain import SETTINGS
from sufficiency.finance.bridge import Turn
from sufficiency.finance.turns import Changed, Tables, budget_turns
from sufficiency.measures.reporting import ReportCalendar, report_calendar

IFA = [str(setting) for setting in SETTINGS].index("ifa")
NIGHT_GBP, YEARLY_RISE, CHILDREN, BUDGET_GBP = 130.0, 0.1, 10.0, 500_000.0


def tables_of(calendar: ReportCalendar) -> Tables:
    """Ten children with agencies all the time, at prices that rise on 1 April."""
    price = NIGHT_GBP * (1 + YEARLY_RISE) ** calendar.uplifts
    nights = CHILDREN * np.diff(calendar.days)
    monthly, annual = [], []
    for measure, values in (("cost", nights * price), ("nights", nights)):
        for sector in ("all", "ifa"):
            for month, value in zip(calendar.dates[1:], values, strict=True):
                monthly.append((month.isoformat(), sector, "all", measure, value))
            for year in calendar.financial_years:
                within = np.array(calendar.month_years) == year
                months = calendar.whole_months(year)
                annual.append((year, months, sector, "all", measure, values[within].sum()))
    forecast = [
        (day.isoformat(), "in_care", sector, "all", CHILDREN)
        for day in calendar.dates
        for sector in ("all", "ifa")
    ]
    return Tables(
        pd.DataFrame(forecast, columns=["date", "measure", "sector", "age_band", "mean"]),
        pd.DataFrame(
            annual, columns=["financial_year", "months", "sector", "pool", "measure", "mean"]
        ),
        pd.DataFrame(monthly, columns=["date", "sector", "pool", "measure", "mean"]),
    )


def turns_from(start: date, months: int, *years: str, changed: Changed | None = None) -> list[Turn]:
    calendar = report_calendar(start, months)
    plan = cost_plan(YEARLY_RISE, **dict.fromkeys(years, BUDGET_GBP))
    by_year = None if changed is None else dict.fromkeys(calendar.financial_years, changed)
    return budget_turns(tables_of(calendar), plan, calendar, by_year)


def test_a_turn_is_from_each_year_with_a_budget_to_a_next_one_that_is_whole() -> None:
    every = ("2022-23", "2023-24", "2024-25", "2025-26")
    found = turns_from(date(2022, 6, 30), 40, *every)
    assert [(turn.from_year, turn.to_year) for turn in found] == [
        ("2022-23", "2023-24"),
        ("2023-24", "2024-25"),
    ]
    assert [turn.days for turn in found] == [366, 365]
    assert [bool(turn.this_year_gbp) for turn in found] == [False, True]
    assert not turns_from(date(2022, 6, 30), 40, "2021-22")


@pytest.mark.parametrize("start", [date(2022, 6, 30), date(2023, 3, 31)], ids=str)
def test_children_and_prices_are_those_of_the_last_day_before_the_rise(start: date) -> None:
    """Also where the forecast begins on that day, and nothing is known of the month before."""
    (turn,) = turns_from(start, 24, "2022-23")
    assert turn.children[IFA] == CHILDREN
    assert turn.nightly_gbp[IFA] == pytest.approx(NIGHT_GBP)
    assert turn.nights[IFA] == CHILDREN * 366
    assert turn.cost_gbp[IFA] == pytest.approx(CHILDREN * 366 * NIGHT_GBP * (1 + YEARLY_RISE))


def test_what_interventions_change_is_taken_out_of_the_year_to_come() -> None:
    amounts = np.eye(len(SETTINGS))[IFA]
    changed = Changed(-100.0 * amounts, -20_000.0 * amounts, 9_000.0)
    (with_them,) = turns_from(date(2022, 6, 30), 24, "2022-23", changed=changed)
    (without,) = turns_from(date(2022, 6, 30), 24, "2022-23")
    assert with_them.nights[IFA] == without.nights[IFA] + 100
    assert with_them.cost_gbp[IFA] == without.cost_gbp[IFA] + 20_000
    assert with_them.interventions_gbp[IFA] == -20_000
    assert with_them.programme_cost_gbp == 9_000
