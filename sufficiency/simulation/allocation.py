"""The rules of places, as pure functions on scalars and arrays, written once for two clocks.

Which pool takes a child, which place a child may not retake, who is served when a place frees. As
in `sufficiency.simulation.rules`, nothing here knows about an event loop.
"""

from __future__ import annotations

from typing import NamedTuple

from sufficiency.domain import MOVE_REASONS, MoveReason
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.world import UNLIMITED, Floats, Ints

NOBODY = -1
NO_POOL = -1
UNPLANNED = MOVE_REASONS.index(MoveReason.UNPLANNED_ENDING)
_MANY = 1 << 40


class Supply(NamedTuple):
    """Places by pool, shape (P,) unless stated.

    ``occupied`` and ``turnover`` change as children move.
    ``turnover`` rises when a place is taken or the pool has none to offer: a place that was
    left when it stood at n is still vacant while it stands at n.
    """

    usable: Ints
    occupied: Ints
    turnover: Ints
    sector: Ints
    preference: Ints
    first_choice_sector: Ints
    """(N,), by need group, as ``preference`` is (N, P)."""


class Waiting(NamedTuple):
    """What the queue must know of each child, shape (n,): its need, since when and its rank.

    ``barred_pool`` and ``barred_turnover`` name the place that a child may not retake.
    """

    need: Ints
    since: Floats
    rank: Ints
    barred_pool: Ints
    barred_turnover: Ints


# --- places ---------------------------------------------------------------------------------


@step
def vacant(supply: Supply, pool: int) -> int:
    """Places to offer in a pool: negative after a cut below the children who live there."""
    if supply.usable[pool] == UNLIMITED:
        return _MANY
    return int(supply.usable[pool] - supply.occupied[pool])


@compiled
def choose_pool(need: int, barred_pool: int, barred_turnover: int, supply: Supply) -> int:
    """The first pool in the need group's order with a place to offer, or `NO_POOL`.

    The place that a child left after an unplanned ending is not offered to that child while it
    stands vacant; another place of the same pool is.
    """
    for pool in supply.preference[need]:
        if pool == NO_POOL:
            break
        offered = vacant(supply, pool)
        if pool == barred_pool and supply.turnover[pool] == barred_turnover:
            offered -= 1
        if offered > 0:
            return int(pool)
    return NO_POOL


@compiled
def hazard_sector(pool: int, need: int, supply: Supply) -> int:
    """Whose hazards a child lives by: the sector's own or, unplaced, the first choice's."""
    if pool == NO_POOL:
        return int(supply.first_choice_sector[need])
    return int(supply.sector[pool])


@compiled
def starting_pool(sector: int, supply: Supply) -> int:
    """The pool of a child already in the sector at the start; `NO_POOL` if it has no pools.

    The first with a vacant place. Children beyond the sector's places are counted in its first
    pool: they live there, whatever the number of usable places says.
    """
    first = NO_POOL
    for pool in range(supply.sector.size):
        if supply.sector[pool] == sector:
            if vacant(supply, pool) > 0:
                return pool
            if first == NO_POOL:
                first = pool
    return first


@compiled
def take_place(supply: Supply, pool: int) -> None:
    """One more child in the pool, in place."""
    if vacant(supply, pool) <= 0:
        raise AssertionError("a full pool cannot take a child")
    supply.occupied[pool] += 1
    supply.turnover[pool] += 1


@compiled
def count_in(supply: Supply, pool: int) -> None:
    """A child who lives in the pool at the start, whether or not it has places, in place."""
    supply.occupied[pool] += 1


@compiled
def give_up_place(supply: Supply, pool: int) -> None:
    """One child fewer in the pool, in place."""
    if supply.occupied[pool] <= 0:
        raise AssertionError("nobody lives in this pool")
    supply.occupied[pool] -= 1
    if vacant(supply, pool) <= 0:
        supply.turnover[pool] += 1


@compiled
def bar_place(waiting: Waiting, child: int, pool: int, reason: int, supply: Supply) -> None:
    """A place just given up in an unplanned ending is barred to the child; in place."""
    waiting.barred_pool[child] = pool if reason == UNPLANNED else NO_POOL
    waiting.barred_turnover[child] = supply.turnover[pool]


@compiled
def change_places(supply: Supply, pool: int, usable: int) -> None:
    """A new number of usable places, in place. A fall moves nobody out."""
    supply.usable[pool] = usable
    if vacant(supply, pool) <= 0:
        supply.turnover[pool] += 1


# --- the queue of unplaced children ---------------------------------------------------------


@compiled
def join_queue(queue: Ints, length: int, child: int, waiting: Waiting) -> int:
    """Put a child in its place in the queue (in place); returns the new length.

    The longest wait comes first, then the lower rank (stream in listed order, then number).
    """
    at = length
    while at > 0:
        ahead = queue[at - 1]
        later = waiting.since[ahead] > waiting.since[child]
        tied = waiting.since[ahead] == waiting.since[child]
        if not later and not (tied and waiting.rank[ahead] > waiting.rank[child]):
            break
        queue[at] = ahead
        at -= 1
    queue[at] = child
    return length + 1


@compiled
def leave_queue(queue: Ints, length: int, child: int) -> int:
    """Take a child out of the queue (in place); returns the new length."""
    at = 0
    while queue[at] != child:
        at += 1
    while at + 1 < length:
        queue[at] = queue[at + 1]
        at += 1
    return length - 1


@compiled
def next_served(queue: Ints, length: int, waiting: Waiting, supply: Supply) -> tuple[int, int]:
    """The first child in the queue whom some pool can take, and that pool; or `NOBODY`."""
    for child in queue[:length]:
        pool = choose_pool(
            waiting.need[child], waiting.barred_pool[child], waiting.barred_turnover[child], supply
        )
        if pool != NO_POOL:
            return int(child), pool
    return NOBODY, NO_POOL
