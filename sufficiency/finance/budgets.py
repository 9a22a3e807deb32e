"""Budgets by year and sector: how likely they are overspent, by how much, and what to set aside.

Everything is taken over the replications' own annual sums (actual months, where known, and
forecast). The money to set aside for one line does not add up with another's: bad luck seldom
comes to all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import MONTHS_PER_YEAR, UNPLACED, financial_year
from sufficiency.finance.outturn import LINES, Outturn, known_months, outturn_rows
from sufficiency.history.actuals import ALL, Actuals
from sufficiency.measures.money import CostPlan
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.summary import STATISTICS, summarise

Floats = NDArray[np.float64]

CONTINGENCY_PERCENTILES = (50, 80, 95)
"""How many futures in 100 the budget and the contingency together should be enough in."""


def with_budgets(finance: pd.DataFrame, outturn: Outturn) -> pd.DataFrame:
    """The finance table with actuals, outturns and budgets, in order of the years.

    New measures, by sector where the budget is: ``actual``, ``outturn``, ``budget``,
    ``over_budget_probability``, ``over_budget`` (cost less budget, with its range),
    ``expected_overspend`` (what is overspent, 0 where nothing is, on average over all futures),
    ``overspend_if_over`` (the average over the futures that overspend) and
    ``contingency_p50``, ``_p80``, ``_p95``. All but ``over_budget`` and ``outturn`` carry only
    ``mean``.
    """
    added = pd.DataFrame(
        [*outturn_rows(outturn), *_budget_rows(outturn)], columns=list(finance.columns)
    )
    if added.empty:
        return finance
    whole = pd.concat([finance, added.astype({"months": finance["months"].dtype})])
    order = {year: place for place, year in enumerate(sorted(set(whole["financial_year"])))}
    return whole.sort_values(
        "financial_year", kind="stable", key=lambda years: years.map(order)
    ).reset_index(drop=True)


def budget_lines(plan: CostPlan, year: str, spending: Collection[str]) -> dict[str, float]:
    """The budgets of a year by line; empty if it has none.

    Sector budgets add up to one for ``all`` placements if each of the settings that cost something
    (``spending``) has one; nobody is asked for a budget for children without a placement.
    """
    total, by_sector = plan.budget_gbp.get(year), plan.sector_budget_gbp.get(year)
    if total is not None:
        return {ALL: total}
    if by_sector is None:
        return {}
    if set(spending) - {UNPLACED} - by_sector.keys():
        return dict(by_sector)
    lines = {line: by_sector.get(line, 0.0) for line in LINES[1:]}
    return {ALL: sum(lines.values()), **lines}


def budgets_of_all(plan: CostPlan) -> dict[str, float]:
    """The budget for all placements of each year that has one, GBP.

    Budgets of sectors add up to it if none that has a price is left out.
    """
    prices = zip(plan.line_settings, plan.weekly_cost_gbp, strict=False)
    spending = {setting for setting, price in prices if price > 0}
    spending |= {line.setting for line in plan.place_lines}
    years = sorted({*plan.budget_gbp, *plan.sector_budget_gbp})
    lines = {year: budget_lines(plan, year, spending) for year in years}
    return {year: budgets[ALL] for year, budgets in lines.items() if ALL in budgets}


def overspend(cost_gbp: Floats, budget: float) -> dict[str, float]:
    """How (R,) futures' cost stands against a budget, by the names of the finance table's rows."""
    over = cost_gbp - budget
    overspent = over > 0
    return {
        "over_budget_probability": float(overspent.mean()),
        "expected_overspend": float(np.maximum(over, 0.0).mean()),
        "overspend_if_over": float(over[overspent].mean()) if overspent.any() else 0.0,
        **{
            f"contingency_p{percentile}": max(0.0, float(np.percentile(over, percentile)))
            for percentile in CONTINGENCY_PERCENTILES
        },
    }


def budget_warnings(
    plan: CostPlan, calendar: ReportCalendar, actuals: Actuals | None = None
) -> list[str]:
    """Which budgets are not set against anything, and why, in words for the user."""
    warnings = []
    for year in sorted({*plan.budget_gbp, *plan.sector_budget_gbp}):
        known, forecast = known_months(actuals, year), calendar.whole_months(year)
        # The budget of the year that ends as the forecast begins is where the bridge starts.
        is_last_years = forecast == 0 and year == financial_year(calendar.start)
        if known + forecast == MONTHS_PER_YEAR or is_last_years:
            continue
        also = f", and the ledger {known}" if known else ""
        warnings.append(
            f"The budget for {year} is not compared with the forecast, which covers {forecast} of "
            f"its 12 months{also}."
        )
    return warnings


def years_for_budgets(calendar: ReportCalendar) -> tuple[str, ...]:
    """The years that a budget may be for: those of the forecast, and the one it starts in."""
    return tuple(dict.fromkeys([financial_year(calendar.start), *calendar.financial_years]))


def _budget_rows(outturn: Outturn) -> Iterator[tuple[object, ...]]:
    plan = outturn.spend.plan
    for year in outturn.years:
        if not outturn.is_whole(year) or not (
            year in plan.budget_gbp or year in plan.sector_budget_gbp
        ):
            continue
        costs = {line: outturn.of(year, line) for line in LINES}
        spending = [line for line in LINES[1:] if (cost := costs[line]) is None or cost.any()]
        budgets = budget_lines(plan, year, spending)
        for line in (ALL, *plan.sector_budget_gbp.get(year, ())):
            cost = costs[line]
            if line not in budgets or cost is None:
                continue
            key = (year, MONTHS_PER_YEAR, line, ALL)
            yield (*key, "budget", budgets[line], *_EMPTY)
            yield (*key, "over_budget", *summarise(cost - budgets[line]))
            for measure, value in overspend(cost, budgets[line]).items():
                yield (*key, measure, value, *_EMPTY)


_EMPTY = (np.nan,) * (len(STATISTICS) - 1)
