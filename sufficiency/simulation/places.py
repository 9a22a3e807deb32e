"""Places, and the queue of children who wait for one: small objects that assert.

A pool may have no places, more or fewer over time, or no limit. When places close nobody is
moved out: the pool takes nobody until enough children have left.
"""

from __future__ import annotations

import numpy as np

from sufficiency.simulation import allocation
from sufficiency.simulation.world import Floats, Ints, Places


def no_pool_in(sector: int) -> ValueError:
    """What is wrong when children start in a sector that has no pool."""
    return ValueError(f"children start in sector {sector}, which has no pool of places")


class Pools:
    """Who may live where, and how many do."""

    def __init__(self, places: Places):
        pools = len(places.pool_names)
        self.supply = allocation.Supply(
            usable=np.array(places.usable_at_start, dtype=np.int64),
            occupied=np.zeros(pools, dtype=np.int64),
            turnover=np.zeros(pools, dtype=np.int64),
            sector=np.array(places.pool_sector, dtype=np.int64),
            preference=np.array(places.preference, dtype=np.int64, order="C"),
            first_choice_sector=np.argmax(places.first_choice, axis=1).astype(np.int64),
        )

    def choose(self, need: int, barred_pool: int, barred_turnover: int) -> int:
        """The pool that takes a child of this need group now, or `allocation.NO_POOL`."""
        return allocation.choose_pool(need, barred_pool, barred_turnover, self.supply)

    def take(self, pool: int) -> None:
        """One more child; an AssertionError if the pool is full."""
        allocation.take_place(self.supply, pool)

    def give_up(self, pool: int) -> None:
        """One child fewer; an AssertionError if nobody lives there."""
        allocation.give_up_place(self.supply, pool)

    def start_in(self, sector: int) -> int:
        """Count in a child who lives in the sector at the start; returns the pool."""
        pool = allocation.starting_pool(sector, self.supply)
        if pool == allocation.NO_POOL:
            raise no_pool_in(sector)
        allocation.count_in(self.supply, pool)
        return pool

    def change(self, pool: int, usable: int) -> None:
        """Set the usable places of a pool; nobody is moved out."""
        allocation.change_places(self.supply, pool, usable)


class WaitingList:
    """Unplaced children, longest wait first; ties by stream as listed, then number."""

    def __init__(self, need: Ints, rank: Ints):
        children = len(need)
        self.length = 0
        self.queue = np.zeros(children, dtype=np.int64)
        self._known: Floats = np.zeros(children)
        self.waiting = allocation.Waiting(
            need=need,
            since=self._known,
            rank=rank,
            barred_pool=np.full(children, allocation.NO_POOL, dtype=np.int64),
            barred_turnover=np.zeros(children, dtype=np.int64),
        )

    def join(self, child: int, now: float) -> None:
        """Wait from now on."""
        self.waiting.since[child] = now
        self.length = allocation.join_queue(self.queue, self.length, child, self.waiting)

    def leave(self, child: int) -> None:
        """Stop waiting, for whatever reason."""
        self.length = allocation.leave_queue(self.queue, self.length, child)

    def next_served(self, pools: Pools) -> tuple[int, int]:
        """The child to be served first and the pool that can take it, or `allocation.NOBODY`."""
        return allocation.next_served(self.queue, self.length, self.waiting, pools.supply)
