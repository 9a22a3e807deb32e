"""Figures that many variants are judged by: children on a date, flows and pounds over months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.errors import UserError
from sufficiency.measures.finance import cost_by_setting
from sufficiency.measures.monthly import ALL, FORECAST_ROWS, Figures, Surroundings
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.rows import COST_ROWS

Floats = NDArray[np.float64]

COST = "cost"
FLOWS = (
    *("starters", "leavers", "moves"),
    *("in_house_shortfall_nights", "unmet_need_nights"),
    *("in_house_shortfall_extra_cost", "unmet_need_extra_cost"),
    *("sibling_groups_started", "sibling_groups_started_split"),
)
"""Measures of what happened in the month to a date; all others are of the date."""
TOTALS = "totals"
COST_LINES: tuple[str, ...] = tuple(sector for _, sector, _ in COST_ROWS)
"""What placements cost: all, then by setting, no registered place last."""


@dataclass(frozen=True)
class Total:
    """One number of a replication.

    A measure of `FORECAST_ROWS` is taken ``at`` a report date (default: the last); of a flow and of
    ``cost`` the months of a ``financial_year`` are added up (default: all months), ``at`` meaning
    the month that ends on that date alone.
    """

    measure: str
    sector: str = ALL
    age_band: str = ALL
    at: date | None = None
    financial_year: str | None = None


@dataclass(frozen=True)
class Totals:
    """Wanted: K numbers of each replication, as ``totals`` (n, K)."""

    wanted: tuple[Total, ...]

    def __call__(self, figures: Figures, around: Surroundings, /) -> Mapping[str, NDArray[Any]]:
        """``totals``: (n, K) in the order of ``wanted``; GBP for money, else children."""
        cost = cost_by_setting_gbp(figures, around)
        columns = [_column(total, figures, cost, around.calendar) for total in self.wanted]
        return {TOTALS: np.stack(columns, axis=1)}


def cost_by_setting_gbp(figures: Figures, around: Surroundings) -> Floats:
    """What placements cost by `COST_LINES` and month: (n, 8, M) GBP."""
    return cost_by_setting(figures.cost_gbp.sum(axis=1), around.costs.line_settings)


def _column(total: Total, figures: Figures, cost: Floats, calendar: ReportCalendar) -> Floats:
    """(n,)."""
    if total.measure == COST:
        if total.sector not in COST_LINES or total.age_band != ALL:
            raise UserError(f"cost: found {total.sector}, {total.age_band}, expected a setting.")
        months = _months(total, calendar)
        return np.asarray(cost[:, COST_LINES.index(total.sector), months].sum(axis=1))
    key = (total.measure, total.sector, total.age_band)
    if key not in FORECAST_ROWS:
        raise UserError(f"total: found {', '.join(key)}, expected a row of the forecast table.")
    row = figures.forecast[:, FORECAST_ROWS.index(key)].astype(np.float64)
    if total.measure in FLOWS:
        return np.asarray(row[:, 1:][:, _months(total, calendar)].sum(axis=1))
    return np.asarray(row[:, _position(total.at or calendar.dates[-1], calendar)])


def _months(total: Total, calendar: ReportCalendar) -> NDArray[np.bool_]:
    """(M,): the months that a total adds up."""
    if total.at is not None:
        return np.asarray(np.arange(1, len(calendar.dates)) == _position(total.at, calendar))
    if total.financial_year is None:
        return np.ones(len(calendar.month_years), dtype=bool)
    months = np.array([year == total.financial_year for year in calendar.month_years])
    if not months.any():
        raise UserError(
            f"financial_year: found {total.financial_year}, expected one of "
            f"{', '.join(calendar.financial_years)}."
        )
    return months


def _position(day: date, calendar: ReportCalendar) -> int:
    if day not in calendar.dates:
        raise UserError(
            f"at: found {day}, expected a report date: the start ({calendar.dates[0]}) or a "
            f"month's last day up to {calendar.dates[-1]}."
        )
    return calendar.dates.index(day)
