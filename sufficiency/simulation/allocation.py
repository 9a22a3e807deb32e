"""The rules of places, as pure functions on scalars and arrays, written once for two clocks.

Which pool takes a child, which place a child may not retake, who is served when a place frees. As
in `sufficiency.simulation.rules`, nothing here knows about an event loop. Brothers and sisters,
closures, programmes and places held after 18 are in `sufficiency.simulation.matching`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import ADULT_YEARS, MOVE_REASONS, MoveReason
from sufficiency.simulation.birthdays import birthday
from sufficiency.simulation.compiled import by_reference, compiled, shared, step
from sufficiency.simulation.world import UNLIMITED, Floats, Ints

NOBODY = -1
NO_POOL = -1
UNPLANNED = MOVE_REASONS.index(MoveReason.UNPLANNED_ENDING)
ALONE = 1
_MANY = 1 << 40
_BITS = 60


@by_reference
class Supply(NamedTuple):
    """Places by pool, shape (P,) unless stated; N need groups.

    ``occupied`` and ``turnover`` change as children move.
    ``turnover`` rises when a place is taken or the pool has none to offer: a place that was
    left when it stood at n is still vacant while it stands at n.
    """

    usable: Ints
    occupied: Ints
    turnover: Ints
    sector: Ints
    orders: Ints
    """(2N + 1, P): pools in order of use, padded with -1: by need group; then of emergencies;
    then by need group, its first choice alone. See `order_of_emergencies`, `order_of_first`."""
    first_choice_sector: Ints
    """(N,): whose hazards an unplaced child lives by."""
    first_choice: NDArray[np.bool_]
    """(N, S)."""
    youngest: Ints
    """(P,): from so many years on, and below so many."""
    oldest: Ints
    has_age_limits: bool
    month_starts: Ints
    """What ages are counted by: `sufficiency.simulation.birthdays.month_starts`."""


@by_reference
class Seekers(NamedTuple):
    """What places must know of each child, shape (n,)."""

    need: Ints
    rank: Ints
    """The order in which ties are settled."""
    born_day: Ints
    group: Ints
    """The first of the brothers and sisters who enter together; they follow one another."""
    pool: Ints
    """Where the child lives, or `NO_POOL`; of one who is yet to enter, where a place is kept."""
    held: Ints
    """The pool whose place is held after the 18th birthday, or `NO_POOL`."""
    called: Ints
    """0 but for a child whose place closes in this instant; see `matching.MUST_GO`."""
    placed: Floats
    """When the present placement began."""
    since: Floats
    """Since when a child without a place has waited."""
    barred_pool: Ints
    """With ``barred_turnover``, the place that a child may not retake."""
    barred_turnover: Ints


# --- places ---------------------------------------------------------------------------------


@step
def vacant(supply: Supply, pool: int) -> int:
    """Places to offer in a pool: negative after a cut below the children who live there."""
    if supply.usable[pool] == UNLIMITED:
        return _MANY
    return int(supply.usable[pool] - supply.occupied[pool])


@step
def choose_pool(
    child: int, order: int, together: int, now: float, seekers: Seekers, supply: Supply
) -> int:
    """The first pool in an order of ``supply.orders`` with a place to offer, or `NO_POOL`.

    The policy is the order: nothing else reads it. Every pool takes children of its own ages
    only. ``together`` is `ALONE`, or how many brothers and sisters of the same need must all find
    room. The place that a child left after an unplanned ending is not offered to that child while
    it stands vacant; another place of the same pool is.
    """
    for pool in supply.orders[order]:
        if pool == NO_POOL:
            break
        offered = vacant(supply, pool)
        barred = pool == seekers.barred_pool[child]
        if barred and supply.turnover[pool] == seekers.barred_turnover[child]:
            offered -= 1
        if offered >= together and takes(child, together, pool, now, seekers, supply):
            return int(pool)
    return NO_POOL


@step
def takes(
    child: int, together: int, pool: int, now: float, seekers: Seekers, supply: Supply
) -> bool:
    """Whether the child, or all who must go together with it, are of an age for the pool."""
    if not supply.has_age_limits:
        return True
    if together == ALONE:
        return takes_age(seekers.born_day[child], pool, now, supply)
    one, found = seekers.group[child], 0
    while found < together:
        if seekers.need[one] == seekers.need[child]:
            if not takes_age(seekers.born_day[one], pool, now, supply):
                return False
            found += 1
        one += 1
    return True


@shared
def takes_age(born_day: int, pool: int, now: float, supply: Supply) -> bool:
    """Whether a child born on a day is of an age for a pool on the date that it is."""
    today, starts = math.ceil(now), supply.month_starts
    youngest, oldest = supply.youngest[pool], supply.oldest[pool]
    if youngest > 0 and birthday(born_day, youngest, starts) > today:
        return False
    return bool(oldest >= ADULT_YEARS or birthday(born_day, oldest, starts) > today)


@step
def order_of_emergencies(supply: Supply) -> int:
    """The order of pools in which a child is placed the same day."""
    return int(supply.first_choice_sector.size)


@step
def order_of_first(need: int, supply: Supply) -> int:
    """The order of pools in the sectors that are a need group's first choice."""
    return int(supply.first_choice_sector.size + 1 + need)


@step
def hazard_sector(pool: int, need: int, supply: Supply) -> int:
    """Whose hazards a child lives by: the sector's own or, unplaced, the first choice's."""
    if pool == NO_POOL:
        return int(supply.first_choice_sector[need])
    return int(supply.sector[pool])


@step
def starting_pool(sector: int, born_day: int, supply: Supply) -> int:
    """The pool of a child already in the sector at the start; `NO_POOL` if it has no pools.

    The first for its age with a vacant place. Children beyond the sector's places are counted in
    its first pool for their age, those of no pool's age in its first: they live there, whatever
    the number of usable places and the limits say.
    """
    first, first_for_age = NO_POOL, NO_POOL
    for pool in range(supply.sector.size):
        if supply.sector[pool] != sector:
            continue
        if first == NO_POOL:
            first = pool
        if supply.has_age_limits and not takes_age(born_day, pool, 0.0, supply):
            continue
        if vacant(supply, pool) > 0:
            return pool
        if first_for_age == NO_POOL:
            first_for_age = pool
    return first if first_for_age == NO_POOL else first_for_age


@step
def take_place(supply: Supply, pool: int) -> None:
    """One more child in the pool, in place."""
    if vacant(supply, pool) <= 0:
        raise AssertionError("a full pool cannot take a child")
    supply.occupied[pool] += 1
    supply.turnover[pool] += 1


@step
def count_in(supply: Supply, pool: int) -> None:
    """A child who lives in the pool at the start, whether or not it has places, in place."""
    supply.occupied[pool] += 1


@step
def give_up_place(supply: Supply, pool: int) -> None:
    """One child fewer in the pool, in place."""
    if supply.occupied[pool] <= 0:
        raise AssertionError("nobody lives in this pool")
    supply.occupied[pool] -= 1
    if vacant(supply, pool) <= 0:
        supply.turnover[pool] += 1


@step
def bar_place(seekers: Seekers, child: int, pool: int, reason: int, supply: Supply) -> None:
    """A place just given up in an unplanned ending is barred to the child; in place."""
    seekers.barred_pool[child] = pool if reason == UNPLANNED else NO_POOL
    seekers.barred_turnover[child] = supply.turnover[pool]


@step
def change_places(supply: Supply, pool: int, usable: int) -> None:
    """A new number of usable places, in place. A fall moves nobody out."""
    supply.usable[pool] = usable
    if vacant(supply, pool) <= 0:
        supply.turnover[pool] += 1


# --- the queue of unplaced children ---------------------------------------------------------


@step
def join_queue(queue: Ints, length: int, child: int, since: Floats, rank: Ints) -> int:
    """Put a child in its place in the queue (in place); returns the new length.

    The longest ``since`` (n,) comes first, then the lower rank (stream in listed order, then
    number).
    """
    at = length
    while at > 0:
        ahead = queue[at - 1]
        later = since[ahead] > since[child]
        tied = since[ahead] == since[child]
        if not later and not (tied and rank[ahead] > rank[child]):
            break
        queue[at] = ahead
        at -= 1
    queue[at] = child
    return length + 1


@step
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
def next_served(
    queue: Ints, length: int, in_first: bool, now: float, seekers: Seekers, supply: Supply
) -> tuple[int, int]:
    """The first child in the queue whom some pool can take, and that pool; or `NOBODY`.

    With ``in_first`` only a pool in a sector of the child's first choice will do.
    """
    shut = 0
    for child in queue[:length]:
        need = seekers.need[child]
        if need < _BITS and shut >> need & 1:
            continue
        order = order_of_first(need, supply) if in_first else need
        pool = choose_pool(child, order, ALONE, now, seekers, supply)
        if pool != NO_POOL:
            return int(child), pool
        if need < _BITS and not supply.has_age_limits and seekers.barred_pool[child] == NO_POOL:
            shut |= 1 << need  # Nor is there a place for anyone else of that need.
    return NOBODY, NO_POOL
