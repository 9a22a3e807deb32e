"""Every replication of one scenario, in memory, in chunks or from a run's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sufficiency.comparison.totals import COST, COST_LINES, cost_by_setting_gbp
from sufficiency.errors import UserError
from sufficiency.measures.monthly import ALL, FORECAST_ROWS, Figures, Surroundings
from sufficiency.measures.reporting import ReportCalendar, report_calendar

Floats = NDArray[np.float64]
Row = tuple[str, str, str]
"""``measure, sector, age_band``."""
FORECAST = "forecast"


class Cells(Protocol):
    """One figure of R replications, read a few cells at a time."""

    def __len__(self) -> int:
        """R."""

    def cells(self, first: int, after_last: int) -> NDArray[Any]:
        """Some cells, a replication's numbers laid out in a line: (cells, R)."""


@dataclass(frozen=True)
class InMemory:
    """Cells in memory: (cells, R)."""

    by_cell: NDArray[Any]

    def __len__(self) -> int:
        return int(self.by_cell.shape[1])

    def cells(self, first: int, after_last: int) -> NDArray[Any]:
        """Some cells: (cells, R)."""
        return self.by_cell[first:after_last]


@dataclass(frozen=True)
class ScenarioValues:
    """Every replication of one scenario on T report dates and in the M = T - 1 months to them."""

    name: str
    calendar: ReportCalendar
    forecast: Cells
    """(rows of ``rows`` x T, R)."""
    cost: Cells | None
    """(8 lines x M, R) GBP, in the order of `COST_LINES`; None if a run does not hold it."""
    rows: tuple[Row, ...] = FORECAST_ROWS

    def __len__(self) -> int:
        return len(self.forecast)

    def has(self, measure: str, sector: str = ALL, age_band: str = ALL) -> bool:
        """Whether there is such a row."""
        if measure == COST:
            return self.cost is not None and sector in COST_LINES and age_band == ALL
        return (measure, sector, age_band) in self.rows

    def of(self, measure: str, sector: str = ALL, age_band: str = ALL) -> Floats:
        """One row in every replication: (T, R); what a month cost stands at its end, as flows do.

        NaN for flows and money on the start date, and for places without a limit. Raises KeyError
        for a row that there is not.
        """
        n_dates = len(self.calendar.dates)
        if not self.has(measure, sector, age_band):
            raise KeyError((measure, sector, age_band))
        if measure == COST and self.cost is not None:
            n_months = n_dates - 1
            line = COST_LINES.index(sector)
            months = self.cost.cells(line * n_months, (line + 1) * n_months)
            nothing_yet = np.full((1, len(self)), np.nan)
            return np.concatenate([nothing_yet, months.astype(np.float64)])
        row = self.rows.index((measure, sector, age_band))
        return self.forecast.cells(row * n_dates, (row + 1) * n_dates).astype(np.float64)

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Every row that `of` knows, money last."""
        money = () if self.cost is None else tuple((COST, line, ALL) for line in COST_LINES)
        return (*self.rows, *money)


def every_row(figures: Figures, around: Surroundings, /) -> Mapping[str, NDArray[Any]]:
    """Wanted of a comparison: the forecast table, and what placements cost by setting and month."""
    return {FORECAST: figures.forecast, COST: cost_by_setting_gbp(figures, around)}


@dataclass(frozen=True)
class SomeDates:
    """Cells of which only some dates of each row are read."""

    whole: Cells
    n_dates: int
    """Of each row, as it is kept."""
    first: int
    """The position of the first date that is read."""
    n_read: int
    """How many dates are read from there on."""

    def __len__(self) -> int:
        return len(self.whole)

    def cells(self, first: int, after_last: int) -> NDArray[Any]:
        """Some cells, rows of ``n_read`` dates laid out in a line: (cells, R).

        Only whole rows, one or several, can be asked for.
        """
        rows = range(first // self.n_read, after_last // self.n_read)
        starts = [row * self.n_dates + self.first for row in rows]
        return np.concatenate([self.whole.cells(start, start + self.n_read) for start in starts])


def over_the_same_dates(scenarios: Sequence[ScenarioValues]) -> tuple[ScenarioValues, ...]:
    """The scenarios on the report dates that all have.

    Raises `UserError` where they have fewer than two in common.
    """
    shared = set.intersection(*(set(values.calendar.dates) for values in scenarios))
    dates = [day for day in scenarios[0].calendar.dates if day in shared]
    if len(dates) < 2:
        raise UserError(
            f"{scenarios[0].name} and the others have no month in common, so there is nothing to "
            "compare. Give scenarios whose forecasts overlap."
        )
    calendar = report_calendar(dates[0], len(dates) - 1)
    return tuple(_on(values, calendar) for values in scenarios)


def _on(values: ScenarioValues, calendar: ReportCalendar) -> ScenarioValues:
    own, n_dates = values.calendar.dates, len(calendar.dates)
    if own == calendar.dates:
        return values
    first = own.index(calendar.dates[0])
    forecast = SomeDates(values.forecast, len(own), first, n_dates)
    cost = None
    if values.cost is not None:
        # The month that ends on the first shared date is not shared.
        cost = SomeDates(values.cost, len(own) - 1, first, n_dates - 1)
    return replace(values, calendar=calendar, forecast=forecast, cost=cost)
