"""The figures of one replication on the report dates: a record turned into rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import NEED_GROUPS, UNPLACED_CODE
from sufficiency.measures.adding import Area, Found, measure
from sufficiency.measures.counting import Tables, count_in_care, tables_for
from sufficiency.measures.dates import Dates, dates_of
from sufficiency.measures.histories import DESTINATIONS, ORIGINS
from sufficiency.measures.money import CostPlan
from sufficiency.measures.nights import BASES
from sufficiency.measures.paying import Paying
from sufficiency.measures.pricing import DEAREST_ROWS
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.rows import (
    ALL,
    FLOW_ROWS,
    FORECAST_ROWS,
    GAPS,
    NEED_MEASURES,
    NEED_ROWS,
    PROBABILITY_ROWS,
    first_row,
    need_rows,
)
from sufficiency.simulation.compiled import rows_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.world import Places, World

__all__ = [
    "ALL",
    "FLOW_ROWS",
    "FORECAST_ROWS",
    "GAPS",
    "NEED_MEASURES",
    "NEED_ROWS",
    "PROBABILITY_ROWS",
    "Figures",
    "Measuring",
    "Surroundings",
    "figures",
    "need_rows",
    "set_children_in_care",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.float32]


@dataclass(frozen=True)
class Surroundings:
    """What measures need beside the record: the calendar, prices, distances and population."""

    calendar: ReportCalendar
    costs: CostPlan
    outside_area_share: Floats
    """(7,): share of the children in each setting who live outside the boundary, where the places
    do not say it of each pool."""
    over_20_miles_share: Floats
    """(7,): share of the children in each setting who live over 20 miles from home, likewise."""
    population_0_17: float
    """Children aged 0-17 in the area; NaN if not known."""
    need_names: tuple[str, ...] = tuple(NEED_GROUPS)
    """(N,): the need groups of the places."""


@dataclass(frozen=True)
class Figures:
    """One replication's figures on T report dates and in M = T - 1 months, for P pools.

    Y financial years. Of several replications, every array has them as its first axis.
    """

    forecast: Counts
    """(rows of `FORECAST_ROWS`, T): NaN for flows on the start date and unlimited places."""
    flows: Counts
    """(rows of `FLOW_ROWS`, T): NaN on the start date."""
    needs: Counts
    """(rows of `need_rows` of the need groups, T)."""
    nights: Counts
    """(2, P + 1, M): child-nights by basis (committed, new) and pool; the last is unplaced."""
    occupied: Counts
    """(P, T): places taken, those held after a child turned 18 too."""
    usable: Counts
    """(P, T): usable places; NaN without a limit."""
    between: Counts
    """(8, 8, Y): moves from each of `ORIGINS` to each of `DESTINATIONS` in a financial year."""
    cost_gbp: Floats
    """(2, P + 1 + K, M): what those nights cost, at the price of each placement; then the lines
    of the placement total that are paid whoever lives there (`CostPlan.place_lines`)."""
    extra_cost_gbp: Floats
    """(P + 1, M): extra cost of both gaps."""
    other_money_gbp: Floats
    """(L, M): money outside the placement total, by `CostPlan.other_lines`."""
    dearest: Floats
    """(rows of `DEAREST_ROWS`, Y): the dearest placements by financial year."""

    def of(self, replication: int) -> Figures:
        """The figures of one of several replications, by its position: parts, not copies."""
        return Figures(
            forecast=self.forecast[replication],
            flows=self.flows[replication],
            needs=self.needs[replication],
            nights=self.nights[replication],
            occupied=self.occupied[replication],
            usable=self.usable[replication],
            between=self.between[replication],
            cost_gbp=self.cost_gbp[replication],
            extra_cost_gbp=self.extra_cost_gbp[replication],
            other_money_gbp=self.other_money_gbp[replication],
            dearest=self.dearest[replication],
        )


class Measuring:
    """What turns one record after another into figures, with room to count in.

    Not to be shared by threads. Raises ValueError for a record that does not end on the last
    report date.
    """

    def __init__(self, surroundings: Surroundings, places: Places):
        calendar = surroundings.calendar
        self._pools = len(places.pool_names)
        self._dates = dates_of(calendar)
        self._area = _area(surroundings, places)
        self._paying = Paying(surroundings.costs, places, calendar, self._dates)
        self._lines = len(surroundings.costs.line_settings)
        self._other_lines = len(surroundings.costs.other_lines)
        self._years = len(calendar.financial_years)
        self._needs = len(places.need_names)
        self._need_rows = len(need_rows(places.need_names))
        self._tables: Tables = tables_for(self._dates, self._pools, self._needs, 0, 0)

    def room(self, replications: int) -> Figures:
        """Figures of so many replications, yet to be set."""
        pools, n_dates = self._pools + 1, len(self._dates.days)
        return Figures(
            forecast=np.empty((replications, len(FORECAST_ROWS), n_dates), dtype=np.float32),
            flows=np.empty((replications, len(FLOW_ROWS), n_dates), dtype=np.float32),
            needs=np.empty((replications, self._need_rows, n_dates), dtype=np.float32),
            nights=np.empty((replications, len(BASES), pools, n_dates - 1), dtype=np.float32),
            occupied=np.empty((replications, pools - 1, n_dates), dtype=np.float32),
            usable=np.empty((replications, pools - 1, n_dates), dtype=np.float32),
            between=np.empty(
                (replications, len(ORIGINS), len(DESTINATIONS), self._years), dtype=np.float32
            ),
            cost_gbp=np.empty((replications, len(BASES), self._lines, n_dates - 1)),
            extra_cost_gbp=np.empty((replications, pools, n_dates - 1)),
            other_money_gbp=np.empty((replications, self._other_lines, n_dates - 1)),
            dearest=np.empty((replications, len(DEAREST_ROWS), self._years)),
        )

    def set_figures(self, record: Record, found: Figures, world: World | None = None) -> None:
        """Everything that is reported of one replication, in place.

        ``world`` is where it was simulated, if its places or prices are its own.
        """
        _check(record, self._dates)
        rows = Found(
            forecast=found.forecast,
            flows=found.flows,
            needs=found.needs,
            nights=found.nights,
            occupied=found.occupied,
            usable=found.usable,
            between=found.between,
        )
        spells, changes = rows_of(record.spells), rows_of(record.pool_changes)
        holds = rows_of(record.holds)
        tables = self._with_room(record)
        measure(spells, changes, holds, self._dates, self._area, tables, rows)
        self._paying.set_money(
            record,
            found.cost_gbp,
            found.extra_cost_gbp,
            found.other_money_gbp,
            found.dearest,
            world,
        )
        self._set_gap_costs(found.forecast)

    def _set_gap_costs(self, forecast: Counts) -> None:
        """Set the rows of what each kind of gap cost more in the month that ends on each date."""
        for gap, by_setting in zip(GAPS, self._paying.gap_cost_gbp, strict=True):
            first = first_row(f"{gap}_extra_cost")
            rows = forecast[first : first + 1 + len(by_setting)]
            rows[:, 0] = np.nan
            rows[0, 1:], rows[1:, 1:] = by_setting.sum(axis=0), by_setting

    def _with_room(self, record: Record) -> Tables:
        """The tables, with room for everybody in a record and a half more when more is made."""
        children = int(record.spells["child"].max(initial=-1)) + 1
        groups = int(record.spells["group"].max(initial=-1)) + 1
        tables = self._tables
        if children > tables.histories.past.size or groups > tables.siblings.groups.size:
            room = (children + children // 2, groups + groups // 2)
            self._tables = tables_for(self._dates, self._pools, self._needs, *room)
        return self._tables


def set_children_in_care(record: Record, dates: Dates, found: Counts) -> None:
    """Children in care on each report date, in place: (T,).

    Raises ValueError for a record that does not end on the last report date.
    """
    _check(record, dates)
    count_in_care(rows_of(record.spells), dates, found)


def _check(record: Record, dates: Dates) -> None:
    last = dates.days[-1]
    if record.horizon_days != last:
        raise ValueError(f"the record covers {record.horizon_days} days and the report {last} days")


def figures(record: Record, places: Places, surroundings: Surroundings) -> Figures:
    """Everything that is reported of one replication.

    Raises ValueError for a record that does not end on the last report date.
    """
    measuring = Measuring(surroundings, places)
    found = measuring.room(1).of(0)
    measuring.set_figures(record, found)
    return found


def _area(surroundings: Surroundings, places: Places) -> Area:
    settings = np.append(np.asarray(places.pool_sector, dtype=np.int64), UNPLACED_CODE)
    outside, far = places.outside_area_share, places.over_20_miles_share
    if outside is None:
        outside = surroundings.outside_area_share[settings]
    if far is None:
        far = surroundings.over_20_miles_share[settings]
    return Area(
        pool_sector=np.array(places.pool_sector, dtype=np.int64),
        usable_at_start=np.array(places.usable_at_start, dtype=np.int64),
        outside_share=np.array(outside, dtype=np.float64),
        far_share=np.array(far, dtype=np.float64),
        population_0_17=float(surroundings.population_0_17),
    )
