"""The figures of one replication on the report dates: a record turned into rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import NEED_GROUPS, UNPLACED_CODE
from sufficiency.measures.adding import Area
from sufficiency.measures.counting import count_in_care, tables_for
from sufficiency.measures.dates import Dates, dates_of
from sufficiency.measures.dearest import DEAREST_ROWS
from sufficiency.measures.histories import DESTINATIONS, ORIGINS
from sufficiency.measures.measure import Found, Given, Room, measure
from sufficiency.measures.money import CostPlan
from sufficiency.measures.nights import BASES
from sufficiency.measures.paying import Paying
from sufficiency.measures.pricing import till_for
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.rows import (
    ALL,
    FLOW_ROWS,
    FORECAST_ROWS,
    GAPS,
    NEED_MEASURES,
    NEED_ROWS,
    PROBABILITY_ROWS,
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
        return Figures(*(figure[replication] for figure in _ARRAYS(self)))


_ARRAYS = attrgetter(*(field.name for field in fields(Figures)))
"""The fields of `Figures`, in their order."""


class Measuring:
    """What turns one record after another into figures, with room to count in.

    Not to be shared by threads.
    """

    def __init__(self, surroundings: Surroundings, places: Places):
        calendar = surroundings.calendar
        self._places, self._costs = places, surroundings.costs
        self._years = len(calendar.financial_years)
        self._paying = Paying(surroundings.costs, places, calendar)
        self._given = Given(
            dates_of(calendar),
            _area(surroundings, places),
            self._paying.prices,
            self._paying.lines,
        )
        self._room = self._room_for(0, 0)

    def room(self, replications: int) -> Figures:
        """Figures of so many replications, yet to be set."""
        pools, n_dates = len(self._places.pool_names) + 1, len(self._given.dates.days)
        lines, other_lines = len(self._costs.line_settings), len(self._costs.other_lines)
        needs = len(need_rows(self._places.need_names))

        def counts(*shape: int) -> Counts:
            return np.empty((replications, *shape), dtype=np.float32)

        def money(*shape: int) -> Floats:
            return np.empty((replications, *shape), dtype=np.float64)

        return Figures(
            forecast=counts(len(FORECAST_ROWS), n_dates),
            flows=counts(len(FLOW_ROWS), n_dates),
            needs=counts(needs, n_dates),
            nights=counts(len(BASES), pools, n_dates - 1),
            occupied=counts(pools - 1, n_dates),
            usable=counts(pools - 1, n_dates),
            between=counts(len(ORIGINS), len(DESTINATIONS), self._years),
            cost_gbp=money(len(BASES), lines, n_dates - 1),
            extra_cost_gbp=money(pools, n_dates - 1),
            other_money_gbp=money(other_lines, n_dates - 1),
            dearest=money(len(DEAREST_ROWS), self._years),
        )

    def set_figures(
        self,
        record: Record,
        figures: Figures,
        world: World | None = None,
        replication: int = 0,
    ) -> None:
        """Everything that is reported of one replication, in place, at its place among others.

        ``figures`` are of several replications; ``world`` is where this one was simulated, if its
        places or prices are its own. Raises ValueError for a record that does not end on the last
        report date.
        """
        _check(record, self._given.dates)
        of_replication = self._paying.of_replication(record, world)
        tables = (rows_of(record.spells), rows_of(record.pool_changes), rows_of(record.holds))
        found = Found(*_ARRAYS(figures))
        if not measure(*tables, self._given, of_replication, self._room, found, replication):
            self._make_room(record)
            measure(*tables, self._given, of_replication, self._room, found, replication)
        self._paying.set_place_lines(
            record, world, self._room.till.nightly_gbp[:-1], figures.cost_gbp[replication]
        )

    def _make_room(self, record: Record) -> None:
        """Make room for everybody in a record and half as many again."""
        children = int(record.spells["child"].max()) + 1
        groups = int(record.spells["group"].max()) + 1
        self._room = self._room_for(children + children // 2, groups + groups // 2)

    def _room_for(self, children: int, groups: int) -> Room:
        places, dates = self._places, self._given.dates
        pools, needs = len(places.pool_names), len(places.need_names)
        tables = tables_for(dates, pools, needs, children, groups)
        return Room(tables, till_for(self._given.prices, children))


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


def figures(
    record: Record, places: Places, surroundings: Surroundings, world: World | None = None
) -> Figures:
    """Everything that is reported of one replication, by itself.

    ``world`` is where it was simulated, if its places or prices are its own. Raises ValueError for
    a record that does not end on the last report date.
    """
    measuring = Measuring(surroundings, places)
    found = measuring.room(1)
    measuring.set_figures(record, found, world)
    return found.of(0)


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
