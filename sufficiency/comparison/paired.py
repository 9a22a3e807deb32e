"""The difference that a scenario makes: replication by replication, the same children in both.

Replication r of both scenarios has the same children, born, entering and deciding by the same
random numbers, so what is the same in both drops out of the difference r by r. Where two scenarios
do not share their children, futures of one are set against unrelated futures of the other, and the
range is that of two forecasts made apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.comparison.totals import COST, FLOWS
from sufficiency.comparison.values import Row, ScenarioValues
from sufficiency.measures.monthly import ALL
from sufficiency.measures.reporting import ReportCalendar

Floats = NDArray[np.float64]

ADDED_UP = (*FLOWS, COST)
"""Measures that are added up over the months of a financial year; others are counts on a date."""


class Sides(NamedTuple):
    """One figure of a scenario and its base, and the difference in each future."""

    base: Floats
    """(..., R)."""
    other: Floats
    """(..., R)."""
    difference: Floats
    """(..., R): the other less the base, in the same future if they are paired."""


@dataclass(frozen=True)
class Paired:
    """A scenario beside its base, over the same report dates."""

    base: ScenarioValues
    other: ScenarioValues
    is_paired: bool = True
    """Whether both share their children; if not, futures are set side by side at random."""

    @property
    def calendar(self) -> ReportCalendar:
        """The report dates of both."""
        return self.base.calendar

    @property
    def replications(self) -> int:
        """How many futures both have."""
        return min(len(self.base), len(self.other))

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that both have."""
        known = set(self.other.all_rows)
        return tuple(row for row in self.base.all_rows if row in known)

    def sides(self, measure: str, sector: str = ALL, age_band: str = ALL) -> Sides:
        """One row on every date: (T, R) each; NaN for flows and money on the start date."""
        n = self.replications
        base = self.base.of(measure, sector, age_band)[:, :n]
        other = self.other.of(measure, sector, age_band)[:, :n]
        return Sides(base, other, self.set_against(base, other))

    def set_against(self, base: Floats, other: Floats) -> Floats:
        """The other less the base, by future: (..., R); unrelated futures if they are not paired.

        Scenarios run with one seed share some of their luck, such as the drift of rates, even where
        they do not share their children. Taking the next future of the other undoes that.
        """
        return (other if self.is_paired else np.roll(other, 1, axis=-1)) - base

    def by_year(self, measure: str, sector: str = ALL, age_band: str = ALL) -> Sides:
        """A flow or money added up over each financial year: (years, R) each."""
        in_year = years_of_months(self.calendar)
        monthly = self.sides(measure, sector, age_band)
        base, other = in_year @ monthly.base[1:], in_year @ monthly.other[1:]
        return Sides(base, other, self.set_against(base, other))

    def difference(self, measure: str, sector: str = ALL, age_band: str = ALL) -> Floats:
        """The other less the base on every date, by future: (R, T)."""
        return np.ascontiguousarray(self.sides(measure, sector, age_band).difference.T)

    @property
    def cost_difference_gbp(self) -> Floats:
        """(R, M): what placements cost more than in the base in each month, by future."""
        return self.difference(COST)[:, 1:]

    @property
    def same_start(self) -> bool:
        """Whether both have as many children on the start date in every future, by age and sector.

        Two forecasts whose populations differ fail; that they share a seed is for whoever ran them.
        """
        stocks = [row for row in self.rows if row[0] == "in_care"]
        return len(self.base) == len(self.other) and all(
            np.array_equal(sides.base[0], sides.other[0])
            for sides in (self.sides(*row) for row in stocks)
        )


def years_of_months(calendar: ReportCalendar) -> Floats:
    """(years, M): 1 where a month belongs to a financial year."""
    years = calendar.financial_years
    return np.array(
        [[float(month == year) for month in calendar.month_years] for year in years]
    ).reshape(len(years), -1)
