"""What a run expects around each turn of a financial year that a budget leads up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import MONTHS_PER_YEAR, SECTORS, financial_year
from sufficiency.finance.bridge import Turn
from sufficiency.finance.budgets import budget_lines
from sufficiency.finance.outturn import LINES
from sufficiency.history.actuals import ALL
from sufficiency.measures.money import CostPlan, price_index
from sufficiency.measures.reporting import ReportCalendar

Floats = NDArray[np.float64]

_LAST_MONTH, _LAST_DAY = 3, 31


@dataclass(frozen=True)
class Tables:
    """The tables of a run that a bridge is made of."""

    forecast: pd.DataFrame
    finance: pd.DataFrame
    finance_monthly: pd.DataFrame


@dataclass(frozen=True)
class Changed:
    """What interventions change in a year, expected, by setting (7,)."""

    nights: Floats
    cost_gbp: Floats
    programme_cost_gbp: float = 0.0


def budget_turns(
    tables: Tables,
    plan: CostPlan,
    calendar: ReportCalendar,
    changed: Mapping[str, Changed] | None = None,
) -> list[Turn]:
    """The turns from each year with a budget to a next year that is forecast whole, in order.

    ``changed`` says what interventions change in a year, where there are any.
    """
    first = financial_year(calendar.start)
    found = []
    for to_year in calendar.financial_years:
        from_year = _year_before(to_year)
        if calendar.whole_months(to_year) < MONTHS_PER_YEAR or from_year < first:
            continue
        turn = _turn(tables, plan, calendar, from_year, to_year, (changed or {}).get(to_year))
        if turn is not None:
            found.append(turn)
    return found


def _turn(
    tables: Tables,
    plan: CostPlan,
    calendar: ReportCalendar,
    from_year: str,
    to_year: str,
    changed: Changed | None,
) -> Turn | None:
    """The turn between two years; None without a budget for all placements of the first."""
    last_day = date(int(to_year[:4]), _LAST_MONTH, _LAST_DAY)
    cost, nights = (_of_year(tables.finance, to_year, name) for name in ("cost", "nights"))
    budgets = budget_lines(plan, from_year, [line for line in LINES[1:] if cost.get(line)])
    if ALL not in budgets:
        return None
    none = Changed(np.zeros(len(LINES) - 1), np.zeros(len(LINES) - 1))
    changed = changed or none
    later_cost = _by_setting(cost) - changed.cost_gbp
    later_nights = np.maximum(_by_setting(nights) - changed.nights, 0.0)
    income = _of_year(tables.finance, to_year, "income")
    return Turn(
        from_year=from_year,
        to_year=to_year,
        days=(last_day.replace(year=last_day.year + 1) - last_day).days,
        budget_gbp=budgets,
        this_year_gbp=_this_year(tables.finance, from_year),
        children=_children(tables.forecast, last_day),
        nightly_gbp=_closing_prices(tables, plan, calendar, last_day, later_cost, later_nights),
        nights=later_nights,
        cost_gbp=later_cost,
        interventions_gbp=changed.cost_gbp,
        programme_cost_gbp=changed.programme_cost_gbp,
        income_gbp=income.get(ALL, 0.0),
    )


def _year_before(year: str) -> str:
    first = int(year[:4]) - 1
    return f"{first}-{(first + 1) % 100:02d}"


def _of_year(finance: pd.DataFrame, year: str, measure: str, months: int = 0) -> dict[str, float]:
    """Expected values by line of one measure of a year with at least so many months."""
    chosen = (finance["financial_year"] == year) & (finance["measure"] == measure)
    chosen &= (finance["pool"] == ALL) & (finance["months"] >= months)
    rows = finance[chosen]
    return dict(zip(rows["sector"].astype(str), rows["mean"].astype(float), strict=True))


def _this_year(finance: pd.DataFrame, year: str) -> dict[str, float]:
    """What a whole year is expected to cost, with the ledger where there is one."""
    return _of_year(finance, year, "outturn", MONTHS_PER_YEAR) or _of_year(
        finance, year, "cost", MONTHS_PER_YEAR
    )


def _by_setting(by_line: Mapping[str, float]) -> Floats:
    return np.array([by_line.get(line, 0.0) for line in LINES[1:]])


def _children(forecast: pd.DataFrame, day: date) -> Floats:
    chosen = (forecast["measure"] == "in_care") & (forecast["age_band"] == ALL)
    rows = forecast[chosen & (pd.to_datetime(forecast["date"]) == pd.Timestamp(day))]
    return _by_setting(dict(zip(rows["sector"], rows["mean"].astype(float), strict=True)))


def _closing_prices(
    tables: Tables,
    plan: CostPlan,
    calendar: ReportCalendar,
    last_day: date,
    later_cost: Floats,
    later_nights: Floats,
) -> Floats:
    """What a night in each setting costs as a year ends: (7,).

    That of its last month; where the forecast begins on that day, that of the month after without
    the rise of prices in between. A setting in which nobody is then has next year's price.
    """
    within = last_day > calendar.start
    month = last_day if within else calendar.dates[1]
    rows = tables.finance_monthly
    chosen = (pd.to_datetime(rows["date"]) == pd.Timestamp(month)) & (rows["pool"] == ALL)
    sums = rows[chosen].groupby(["measure", "sector"])["mean"].sum()
    cost, nights = (
        np.array([float(sums.get((measure, line), 0.0)) for line in LINES[1:]])
        for measure in ("cost", "nights")
    )
    if not within:
        cost = cost / _rise_in_the_first_month(plan, calendar)
    later = np.divide(later_cost, later_nights, where=later_nights > 0, out=np.zeros_like(cost))
    prices: Floats = np.divide(cost, nights, where=nights > 0, out=later)
    return prices


def _rise_in_the_first_month(plan: CostPlan, calendar: ReportCalendar) -> Floats:
    """Prices of the first month over those at the start, by setting: (7,)."""
    index = price_index(plan, calendar)[:, 0]
    sectors = np.array(plan.pool_sector)
    by_sector = [
        float(index[:-1][sectors == code].mean()) if (sectors == code).any() else 1.0
        for code in range(len(SECTORS))
    ]
    return np.array([*by_sector, float(index[-1])])
