"""Plans of places played in many simulated futures that share their children.

Every plan meets the same replications (common random numbers), so that what differs between two
plans is due to their places. Of each replication only what targets need is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SECTORS, Sector, day_number, financial_year
from sufficiency.executors import Workers, work_out
from sufficiency.measures.counting import IN_HOUSE_SHORTFALL as SHORTFALL_FIT
from sufficiency.measures.counting import N_FITS
from sufficiency.measures.counting import UNMET_NEED as UNMET_FIT
from sufficiency.measures.monthly import Measuring
from sufficiency.measures.reporting import report_calendar
from sufficiency.planning.counting import count_children, count_held, count_usable
from sufficiency.planning.target import (
    COST,
    IN_AREA_SHARE,
    IN_HOUSE_SHORTFALL,
    MARKET,
    OCCUPANCY,
    UNMET_NEED,
    UNPLACED,
    Target,
)
from sufficiency.replication import layers_asked, surroundings_of
from sufficiency.resolution.places_added import pools_of
from sufficiency.resolution.pools import Pool
from sufficiency.resolution.resolve import Resolved
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import DEFAULT_ENGINE, ENGINES, engine_here
from sufficiency.simulation.supply_paths import drawn_places
from sufficiency.simulation.world import UNLIMITED, World
from sufficiency.simulation.worlds import WorldPlan

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

OWN = "own"
"""The kind of a pool that the council runs itself."""
ROUNDING = 1e-9
FUTURES_AT_ONCE = 50
"""Replications in one piece of work: enough that Python's share is small, few enough that Ctrl-C
is heard and progress seen."""


@dataclass(frozen=True)
class Reading:
    """What is read of a future: one measure on a date, or the cost of a financial year."""

    measure: str
    """A key of `sufficiency.planning.target.UNITS`."""
    sectors: tuple[Sector, ...]
    """Empty: all together."""
    date: date
    of_children_in_care: bool = False
    """A number of children as a share of those in care."""
    year: str = ""
    """The financial year, for a cost."""


@dataclass(frozen=True)
class Constraint:
    """A reading and what it must be, in what share of futures."""

    target: Target
    reading: Reading


def constraints_of(targets: Sequence[Target]) -> tuple[Constraint, ...]:
    """Every date or year on which a target must hold, in order of the targets."""
    found: list[Constraint] = []
    for target in targets:
        ends = dict.fromkeys(target.dates, "")
        if target.measure == COST:
            ends = {day: year for year, day in {financial_year(d): d for d in ends}.items()}
        found += [
            Constraint(
                target,
                Reading(target.measure, target.sectors, day, target.of_children_in_care, year),
            )
            for day, year in ends.items()
        ]
    return tuple(found)


@dataclass(frozen=True)
class Question:
    """What is asked of every future, and what is needed to answer it. P pools, D dates."""

    readings: tuple[Reading, ...]
    start: date
    days: NDArray[np.int64]
    """(D,): the dates of readings as day numbers, rising."""
    pools: tuple[Pool, ...]
    outside_area_share: Floats
    """(P + 1,): share of the children in each pool (unplaced last) outside the boundary."""
    seed: int
    engine: str
    with_cost: bool
    """Whether the cost of the whole forecast is wanted too, as a last value."""

    @property
    def counts_money(self) -> bool:
        """Whether any pound is wanted."""
        return self.with_cost or any(each.year for each in self.readings)


def question_of(
    resolved: Resolved,
    readings: Sequence[Reading],
    seed: int,
    engine: str = DEFAULT_ENGINE,
    *,
    with_cost: bool = False,
) -> Question:
    """What to ask of a scenario's futures."""
    days = sorted({day_number(resolved.start, each.date) for each in readings})
    return Question(
        readings=tuple(readings),
        start=resolved.start,
        days=np.array(days, dtype=np.int64),
        pools=pools_of(resolved),
        outside_area_share=outside_area_by_pool(resolved),
        seed=seed,
        engine=engine_here(engine),
        with_cost=with_cost,
    )


def outside_area_by_pool(resolved: Resolved) -> Floats:
    """(P + 1,): share of the children in each pool, unplaced last, outside the boundary."""
    by_pool = resolved.plan.places.outside_area_share
    if by_pool is not None:
        return np.asarray(by_pool, dtype=np.float64)
    by_setting = np.asarray(resolved.shares["outside_area_share"], dtype=np.float64)
    found: Floats = by_setting[np.append(resolved.plan.places.pool_sector, len(SECTORS))]
    return found


def until(resolved: Resolved, last: date) -> Resolved:
    """The scenario up to the month that ends on ``last``; what happens until then is the same."""
    months = [day for day in report_calendar(resolved.start, resolved.months).dates if day <= last]
    shorter = len(months) - 1
    horizon = day_number(resolved.start, months[-1])
    return replace(resolved, months=shorter, plan=replace(resolved.plan, horizon_days=horizon))


@dataclass(frozen=True)
class _Played:
    """What all workers share: the question and the scenario with each plan's places."""

    question: Question
    plans: tuple[Resolved, ...]


def play(
    question: Question,
    plans: Sequence[Resolved],
    numbers: Sequence[int],
    workers: Workers,
    done: Callable[[int], None] | None = None,
) -> Floats:
    """Every reading of every plan in every future: (plans, futures, readings [+ cost]).

    Values are children, shares (of 1; NaN where there is nobody) or pounds, in the order of
    ``question.readings``, then the cost of the whole forecast if it is wanted. ``done`` is told
    how many futures were played, each time some are.
    """
    starts = range(0, len(numbers), FUTURES_AT_ONCE)
    pieces = [numbers[first : first + FUTURES_AT_ONCE] for first in starts]
    width = len(question.readings) + question.with_cost
    found = np.empty((len(plans), len(numbers), width))
    # Closing ends the workers at once, also when Ctrl-C is heard between two results.
    with closing(work_out(_play_some, _Played(question, tuple(plans)), pieces, workers)) as results:
        for position, values in results:
            first = starts[position]
            found[:, first : first + len(pieces[position])] = values
            if done is not None:
                done(len(plans) * len(pieces[position]))
    return found


def _play_some(played: _Played, numbers: Sequence[int]) -> Floats:
    """What a worker does: every plan in some futures."""
    question, plans = played.question, played.plans
    worlds = plans[0].draw_worlds(question.seed, numbers, **layers_asked(plans[0])._asdict())
    counts = [_Counts.room(question, len(numbers)) for _ in plans]
    bills = [_Bill(plan, len(numbers), question.counts_money) for plan in plans]
    for at, (number, world) in enumerate(zip(numbers, worlds, strict=True)):
        records = _records(world, [plan.plan for plan in plans], number, question)
        for (of_plan, record), counted, bill in zip(records, counts, bills, strict=True):
            counted.count(at, record, question)
            bill.add_up(at, record, of_plan)
    return np.stack(
        [
            values_of(question, counted, bill.cost_gbp, bill.month_years)
            for counted, bill in zip(counts, bills, strict=True)
        ]
    )


def _records(
    world: World, plans: Sequence[WorldPlan], number: int, question: Question
) -> Iterator[tuple[World, Record]]:
    """One world with the places of each plan, the first plan's being its own, and what happens.

    Places change neither who comes nor when, so everybody is drawn once for all plans.
    """
    draws = Draws(question.seed, number)
    children = children_of(world, draws)
    run = ENGINES[question.engine]
    for plan in plans:
        places = world.places
        if plan is not plans[0]:
            places = drawn_places(plan.places, plan.supply, draws, plan.horizon_days, world.effects)
        of_plan = replace(world, places=places)
        yield of_plan, run(of_plan, children, draws)


class _Bill:
    """What placements cost by pool and month in n futures of one plan, if it is wanted."""

    def __init__(self, plan: Resolved, futures: int, wanted: bool):
        around = surroundings_of(plan)
        self.month_years = around.calendar.month_years
        pools = len(plan.plan.places.pool_names) + 1
        self.cost_gbp = np.zeros((futures, pools, len(self.month_years) if wanted else 0))
        """(n, P + 1, M), or without months; the last pool is unplaced."""
        self._measuring = Measuring(around, plan.plan.places) if wanted else None
        self._figures = self._measuring.room(1) if self._measuring else None

    def add_up(self, at: int, record: Record, world: World) -> None:
        """The cost of one future, in place."""
        if self._measuring is not None and self._figures is not None:
            self._measuring.set_figures(record, self._figures, world)
            self.cost_gbp[at] = self._figures.cost_gbp[0].sum(axis=0)


@dataclass(frozen=True)
class _Counts:
    """What was counted of n futures of one plan."""

    children: NDArray[np.int32]
    """(n, D, P + 1, 3): by date, pool (unplaced last) and fit."""
    usable: NDArray[np.int32]
    """(n, D, P): -1 where there is no limit."""
    held: NDArray[np.int32]
    """(n, D, P): places held by those who have turned 18."""

    @classmethod
    def room(cls, question: Question, futures: int) -> _Counts:
        """Room for so many futures."""
        dates, pools = len(question.days), len(question.pools)
        return cls(
            children=np.zeros((futures, dates, pools + 1, N_FITS), dtype=np.int32),
            usable=np.zeros((futures, dates, pools), dtype=np.int32),
            held=np.zeros((futures, dates, pools), dtype=np.int32),
        )

    def count(self, at: int, record: Record, question: Question) -> None:
        """Count one future, in place."""
        pools = len(question.pools)
        count_children(record, question.days, self.children[at])
        if any(each.measure == OCCUPANCY for each in question.readings):
            self.usable[at] = count_usable(record, question.days, pools)
            self.held[at] = count_held(record, question.days, pools)


def values_of(
    question: Question, counts: _Counts, cost_gbp: Floats, month_years: Sequence[str]
) -> Floats:
    """The values of the readings: (n, readings [+ cost]); ``cost_gbp`` is (n, P + 1, M)."""
    columns = []
    for each in question.readings:
        if each.year:
            in_year = np.array([year == each.year for year in month_years])
            of_pools = _in_sectors(question, each.sectors)
            columns.append(cost_gbp[:, of_pools][:, :, in_year].sum(axis=(1, 2)))
        else:
            columns.append(_value(question, each, counts))
    if question.with_cost:
        columns.append(cost_gbp.sum(axis=(1, 2)))
    return np.stack(columns, axis=1)


def _value(question: Question, reading: Reading, counts: _Counts) -> Floats:
    """(n,): what is measured on a date."""
    day = int(np.searchsorted(question.days, day_number(question.start, reading.date)))
    children = counts.children[:, day]
    of_pools = _in_sectors(question, reading.sectors)
    if reading.measure == OCCUPANCY:
        return _occupancy(counts, day, of_pools[:-1])
    everybody = children.sum(axis=2)
    if reading.measure in (UNMET_NEED, IN_HOUSE_SHORTFALL):
        fit = UNMET_FIT if reading.measure == UNMET_NEED else SHORTFALL_FIT
        found = children[:, of_pools, fit].sum(axis=1)
    elif reading.measure == UNPLACED:
        found = everybody[:, -1]
    elif reading.measure == IN_AREA_SHARE:
        inside = everybody[:, of_pools] @ (1 - question.outside_area_share[of_pools])
        return _share(inside, everybody[:, of_pools].sum(axis=1))
    else:
        market = of_pools if reading.sectors else of_pools & _in_market(question)
        own = market & _is_own(question)
        return _share(everybody[:, own].sum(axis=1), everybody[:, market].sum(axis=1))
    if reading.of_children_in_care:
        return _share(found, everybody[:, of_pools].sum(axis=1))
    counted: Floats = found.astype(np.float64)
    return counted


def _occupancy(counts: _Counts, day: int, of_pools: Bools) -> Floats:
    """Places in use over usable places, of the pools that have a limit."""
    usable = counts.usable[:, day, of_pools]
    limited = usable != UNLIMITED
    taken = counts.children[:, day, :-1].sum(axis=2)[:, of_pools] + counts.held[:, day, of_pools]
    return _share((taken * limited).sum(axis=1), (usable * limited).sum(axis=1))


def _share(part: NDArray[np.number], whole: NDArray[np.number]) -> Floats:
    """A share; NaN where there is nothing to share."""
    found = np.full(len(part), np.nan)
    np.divide(part, whole, out=found, where=whole > 0, dtype=np.float64)
    return found


def _in_sectors(question: Question, sectors: Sequence[Sector]) -> Bools:
    """(P + 1,): the pools of those sectors; of all, with unplaced, if none is named."""
    if not sectors:
        return np.ones(len(question.pools) + 1, dtype=bool)
    return np.array([*(pool.sector in sectors for pool in question.pools), False])


def _in_market(question: Question) -> Bools:
    """(P + 1,): where a council finds places; those without a place are looking for one."""
    return np.array([*(pool.sector in MARKET for pool in question.pools), True])


def _is_own(question: Question) -> Bools:
    return np.array([*(pool.kind == OWN for pool in question.pools), False])


def margins(constraints: Sequence[Constraint], values: Floats) -> Floats:
    """By how much each value is on the right side of its bound, in its own unit: as ``values``.

    Where there is nobody to have a share of, nothing is missed: 0.
    """
    bounds = np.array([each.target.bound for each in constraints])
    signs = np.array([1.0 if each.target.at_most else -1.0 for each in constraints])
    found = signs * (bounds - values[..., : len(constraints)])
    margin: Floats = np.where(np.isnan(found), 0.0, found)
    return margin


def is_met(margin: Floats) -> Bools:
    """Whether a bound is kept, whatever the last bits of a share or of a sum of pounds."""
    kept: Bools = margin >= -ROUNDING
    return kept
