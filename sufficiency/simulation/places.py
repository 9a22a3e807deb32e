"""Places, and the children who wait for one: small objects that assert.

A pool may have no places, more or fewer over time, or no limit. When usable places fall nobody is
moved out: the pool takes nobody until enough children have left. Only a place that closes with
whoever lives there, as the world says, ends a placement.
"""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import ADULT_YEARS
from sufficiency.simulation import allocation
from sufficiency.simulation.birthdays import month_starts
from sufficiency.simulation.children import People
from sufficiency.simulation.compiled import compiled, ints
from sufficiency.simulation.record import SCHEDULED
from sufficiency.simulation.world import REMEMBERED, Floats, Ints, Places, to_ticks

CHANGE_DTYPE = np.dtype(
    [
        ("time", np.float64),
        ("pool", np.int64),
        ("usable", np.int64),
        ("closes", np.int64),
        ("chance", np.float64),
        ("why", np.int64),
    ],
    align=True,
)


def no_pool_in(sector: int) -> ValueError:
    """What is wrong when children start in a sector that has no pool."""
    return ValueError(f"children start in sector {sector}, which has no pool of places")


def supply_of(places: Places, start: date, horizon_days: int) -> allocation.Supply:
    """The places as they are before anybody lives in them."""
    built, pools = as_built(places, start, horizon_days), len(places.pool_names)
    return built._replace(
        usable=np.array(places.usable_at_start, dtype=np.int64),
        occupied=np.zeros(pools, dtype=np.int64),
        turnover=np.zeros(pools, dtype=np.int64),
    )


@lru_cache(maxsize=REMEMBERED)
def as_built(places: Places, start: date, horizon_days: int) -> allocation.Supply:
    """What never changes of places, made once for all worlds that share them."""
    pools, nobody = len(places.pool_names), np.zeros(0, dtype=np.int64)
    limits = [
        np.full(pools, by_default) if given is None else ints(given)
        for given, by_default in ((places.youngest_years, 0), (places.oldest_years, ADULT_YEARS))
    ]
    return allocation.Supply(
        usable=nobody,
        occupied=nobody,
        turnover=nobody,
        sector=np.array(places.pool_sector, dtype=np.int64),
        orders=orders_of(places),
        first_choice_sector=np.argmax(places.first_choice, axis=1).astype(np.int64),
        first_choice=np.array(places.first_choice, dtype=np.bool_, order="C"),
        youngest=limits[0],
        oldest=limits[1],
        has_age_limits=_any_ages(*limits),
        month_starts=month_starts(start, horizon_days),
    )


def _any_ages(youngest_years: Ints, oldest_years: Ints) -> bool:
    """Whether any pool is for some ages only; of a few numbers a list tells it sooner."""
    youngest, oldest = youngest_years.tolist(), oldest_years.tolist()
    return max(youngest, default=0) > 0 or min(oldest, default=ADULT_YEARS) < ADULT_YEARS


def orders_of(places: Places) -> Ints:
    """The orders in which pools are tried: (2N + 1, P), as `allocation.Supply` says."""
    by_need = np.array(places.preference, dtype=np.int64, order="C")
    needs, pools = by_need.shape
    orders = np.full((2 * needs + 1, pools), allocation.NO_POOL)
    orders[:needs, : by_need.shape[1]] = by_need
    if places.emergencies is not None:
        taken_by = np.asarray(places.emergencies.taken_by, dtype=np.bool_)
        orders[needs] = in_order(np.arange(pools), taken_by)
    if places.settling_days < math.inf:
        for need, order in enumerate(orders[:needs]):
            first = places.first_choice[need, places.pool_sector[order]]
            orders[needs + 1 + need] = in_order(order, first & (order != allocation.NO_POOL))
    return orders


def in_order(order: Ints, chosen: NDArray[np.bool_]) -> Ints:
    """The chosen pools of an order, padded to its length."""
    some = np.full(len(order), allocation.NO_POOL)
    some[: chosen.sum()] = order[chosen]
    return some


@lru_cache(maxsize=REMEMBERED)
def changes_of(places: Places) -> NDArray[np.void]:
    """(X,) of `CHANGE_DTYPE`: what opens and closes, in order of time; what is dated before the
    start happens as it begins."""
    changes = np.empty(len(places.change_time), dtype=CHANGE_DTYPE)
    if changes.size:
        times: Floats = np.maximum(to_ticks(places.change_time), 0.0)
        changes["time"] = np.maximum.accumulate(times)
        changes["pool"], changes["usable"] = places.change_pool, places.change_usable
        changes["closes"] = 0 if places.change_closes is None else places.change_closes
        changes["chance"] = 0.5 if places.change_chance is None else places.change_chance
        changes["why"] = SCHEDULED if places.change_why is None else places.change_why
    return changes


def room_for_seekers(people: People) -> allocation.Seekers:
    """What places must know of each child: its rank, birth and group; `place_nobody` sets the
    rest."""
    n = len(people.need)
    return allocation.Seekers(
        need=np.empty(n, np.int64),
        rank=people.rank,
        born_day=people.born_day,
        group=people.group,
        pool=np.empty(n, np.int64),
        held=np.empty(n, np.int64),
        called=np.empty(n, np.int64),
        placed=np.empty(n),
        since=np.empty(n),
        barred_pool=np.empty(n, np.int64),
        barred_turnover=np.empty(n, np.int64),
    )


@compiled
def place_nobody(people: People, seekers: allocation.Seekers) -> None:
    """Set in place what places must know before anybody lives anywhere."""
    for child in range(people.need.size):
        seekers.need[child], seekers.placed[child] = people.need[child], people.placed[child]
        seekers.pool[child] = seekers.held[child] = allocation.NO_POOL
        seekers.called[child], seekers.since[child] = 0, 0.0
        seekers.barred_pool[child], seekers.barred_turnover[child] = allocation.NO_POOL, 0


def seekers_of(people: People) -> allocation.Seekers:
    """What places must know of each child, before anybody lives anywhere."""
    seekers = room_for_seekers(people)
    place_nobody(people, seekers)
    return seekers


class Queue:
    """Children in order of a time, the earliest first; ties by stream as listed, then number."""

    def __init__(self, since: Floats, rank: Ints):
        self.length = 0
        self.children = np.zeros(len(rank), dtype=np.int64)
        self._since, self._rank = since, rank

    def join(self, child: int) -> None:
        """Come in where the child's time says."""
        self.length = allocation.join_queue(
            self.children, self.length, child, self._since, self._rank
        )

    def leave(self, child: int) -> None:
        """Go, for whatever reason."""
        self.length = allocation.leave_queue(self.children, self.length, child)


class Pools:
    """Who may live where, and how many do."""

    def __init__(self, supply: allocation.Supply):
        self.supply = supply

    def take(self, pool: int) -> None:
        """One more child; an AssertionError if the pool is full."""
        allocation.take_place(self.supply, pool)

    def give_up(self, pool: int) -> None:
        """One child fewer; an AssertionError if nobody lives there."""
        allocation.give_up_place(self.supply, pool)

    def start_in(self, sector: int, born_day: int) -> int:
        """Count in a child who lives in the sector at the start; returns the pool."""
        pool = allocation.starting_pool(sector, born_day, self.supply)
        if pool == allocation.NO_POOL:
            raise no_pool_in(sector)
        allocation.count_in(self.supply, pool)
        return pool

    def change(self, pool: int, usable: int) -> None:
        """Set the usable places of a pool; nobody is moved out."""
        allocation.change_places(self.supply, pool, usable)
