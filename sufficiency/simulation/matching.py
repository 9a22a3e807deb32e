"""The rules of matching beyond the order of pools, written once for two clocks.

Brothers and sisters, emergencies, places that close with whoever lives there, places held after
18, step-down programmes and moves back to the first choice: pure functions on scalars and
arrays, as in `sufficiency.simulation.allocation`. What a world has none of has arrays of no
length, and is passed over.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sufficiency.domain import AGE_GROUPS, MOVE_REASONS, TICK, UASC_ROW, MoveReason
from sufficiency.simulation.allocation import (
    ALONE,
    NO_POOL,
    NOBODY,
    Seekers,
    Supply,
    choose_pool,
    order_of_emergencies,
    take_place,
    takes_age,
)
from sufficiency.simulation.children import NEED_USE, PERSONAL_USES, People
from sufficiency.simulation.compiled import by_reference, floats, shared, step
from sufficiency.simulation.draws import further_uniform
from sufficiency.simulation.rules import tick_up
from sufficiency.simulation.world import REMEMBERED, Floats, Ints, Places, to_ticks

N_STREAMS = len(AGE_GROUPS)
PLANNED, CARER_ENDS, STEPS_DOWN = (
    MOVE_REASONS.index(reason)
    for reason in (MoveReason.PLANNED, MoveReason.CARER_ENDS, MoveReason.STEP_DOWN)
)
ALL_OF_THEM = -1
GOES_ANYWAY, MUST_GO = 1, 2
"""What `Seekers.called` says of a child whose place closes: its spell ends in this instant of its
own accord, or because of that."""
# Further uses of the numbers of a child's first placement; those before are for prices.
EMERGENCY, STAYS_ON, STAYS_ON_FOR = 8, 9, 10
# Of the number of a change in places, with whoever may live in them.
CLOSES_WITH, CLOSES_EMPTY = 11, 12


@by_reference
class Matching(NamedTuple):
    """What a world's places ask for, as both clocks read it; lengths 0 where there is none."""

    siblings_together: bool
    emergency_share: Floats
    """(A,) or (0,)."""
    emergency_days: float
    settling_days: float
    stays_on_share: Floats
    """(P,) or (0,), as ``stays_on_days``."""
    stays_on_days: Floats
    step_down_time: Floats
    """(Y,), as ``step_down_chance``."""
    step_down_chance: Floats
    step_down_from: int
    step_down_need: int
    step_down_success: float
    step_down_days: float


@lru_cache(maxsize=REMEMBERED)
def matching_of(places: Places) -> Matching:
    """What the places ask for; times of a programme are those of the clock, after the start."""
    nothing = np.zeros(0)
    emergencies, programme = places.emergencies, places.step_down
    stays_on = places.stays_on_share is not None and places.stays_on_days_mean is not None
    return Matching(
        siblings_together=bool(places.siblings_together),
        emergency_share=floats(emergencies.share) if emergencies else nothing,
        emergency_days=float(emergencies.days) if emergencies else 0.0,
        settling_days=float(places.settling_days),
        stays_on_share=floats(np.asarray(places.stays_on_share)) if stays_on else nothing,
        stays_on_days=floats(np.asarray(places.stays_on_days_mean)) if stays_on else nothing,
        step_down_time=np.maximum(to_ticks(programme.time), TICK) if programme else nothing,
        step_down_chance=floats(programme.chance) if programme else nothing,
        step_down_from=int(programme.from_sector) if programme else 0,
        step_down_need=int(programme.to_need) if programme else 0,
        step_down_success=float(programme.success_share) if programme else 0.0,
        step_down_days=float(programme.return_days) if programme else 0.0,
    )


# --- those who enter ------------------------------------------------------------------------


@step
def is_emergency(child: int, people: People, matching: Matching, group: Ints) -> bool:
    """Whether a child who enters is placed the same day, as its brothers and sisters are."""
    if matching.emergency_share.size == 0:
        return False
    first = group[child]
    row = UASC_ROW
    if not people.uasc[first]:
        row = 0
        while people.birthdays[first, row + 1] <= people.entered[first]:
            row += 1
    chance = chance_of_life(first, EMERGENCY, people)
    return bool(chance < matching.emergency_share[row])


@step
def find_first_place(
    child: int, emergency: bool, matching: Matching, now: float, seekers: Seekers, supply: Supply
) -> int:
    """The pool that takes a child who enters, or `NO_POOL`; its place is taken, in place.

    Brothers and sisters of the same need go together to the first pool that has room for all of
    them: the first of them finds it, and places are kept there for the others. If there is none,
    each finds a place alone. In an emergency the pools that take those come first.
    """
    if seekers.pool[child] != NO_POOL:
        return int(seekers.pool[child])
    together = ALONE
    if matching.siblings_together:
        together = enter_together(child, seekers)
    if together > ALONE:
        pool = first_pool(child, emergency, together, now, seekers, supply)
        if pool != NO_POOL:
            one, kept = child, 0
            while kept < together:
                if seekers.need[one] == seekers.need[child]:
                    take_place(supply, pool)
                    seekers.pool[one] = pool
                    kept += 1
                one += 1
            return pool
    pool = first_pool(child, emergency, ALONE, now, seekers, supply)
    if pool != NO_POOL:
        take_place(supply, pool)
    return pool


@step
def enter_together(child: int, seekers: Seekers) -> int:
    """How many of one need enter together, for the first of them; `ALONE` for the others."""
    first, together = seekers.group[child], 0
    for one in range(first, seekers.group.size):
        if seekers.group[one] != first:
            break
        if seekers.need[one] == seekers.need[child]:
            if one < child:
                return ALONE
            together += 1
    return together


@shared
def first_pool(
    child: int, emergency: bool, together: int, now: float, seekers: Seekers, supply: Supply
) -> int:
    """The first pool with room, of those that take emergencies if it is one, then of any."""
    if emergency:
        order = order_of_emergencies(supply)
        pool = choose_pool(child, order, together, now, seekers, supply)
        if pool != NO_POOL:
            return pool
    return choose_pool(child, seekers.need[child], together, now, seekers, supply)


@step
def takes_emergencies(pool: int, supply: Supply) -> bool:
    """Whether a pool is one of those; an emergency that found none such went on to any."""
    for one in supply.orders[order_of_emergencies(supply)]:
        if one == pool:
            return pool != NO_POOL
    return False


# --- after the 18th birthday ----------------------------------------------------------------


@step
def days_held(child: int, pool: int, people: People, matching: Matching) -> float:
    """For how long a child who turns 18 in a pool stays on there; 0 if not."""
    if matching.stays_on_share.size == 0:
        return 0.0
    if chance_of_life(child, STAYS_ON, people) >= matching.stays_on_share[pool]:
        return 0.0
    spent = -math.log(chance_of_life(child, STAYS_ON_FOR, people))
    return float(spent * matching.stays_on_days[pool])


@step
def held_until(now: float, days: float) -> float:
    """When a place that is held from now on for so many days is left; not at once."""
    return max(tick_up(now + days), now + TICK)


# --- places that close with whoever lives there ---------------------------------------------


@step
def who_must_go(
    pool: int,
    closes: int,
    chance: float,
    numbers: tuple[Ints, Ints],
    seekers: Seekers,
    supply: Supply,
    going: Ints,
) -> int:
    """Fill ``going`` with those whose places close, in place; returns how many.

    So many places of the pool as it is before the change are drawn, each as likely as another, so
    that the children who must go are hypergeometric. Every child and every empty place has a
    number of its own from ``chance``, and the lowest go: the same child in two scenarios, if it
    lives there in both. ``numbers`` are the children's streams and numbers in them.
    """
    live_there = 0
    for child in range(seekers.pool.size):
        if lives_there(child, pool, seekers):
            if closes == ALL_OF_THEM:
                going[live_there] = child
            live_there += 1
    if closes == ALL_OF_THEM:
        return live_there
    empty = max(int(supply.usable[pool]) - live_there, 0)
    change = int(chance * 2.0**32)
    found, last = 0, 0.0
    for _ in range(closes):
        lowest, goes = 2.0, NOBODY
        for child in range(seekers.pool.size):
            if lives_there(child, pool, seekers):
                own = numbers[1][child] * N_STREAMS + numbers[0][child] + 1
                key = further_uniform(own, change, CLOSES_WITH)
                if last < key < lowest:
                    lowest, goes = key, child
        for place in range(empty):
            key = further_uniform(place, change, CLOSES_EMPTY)
            if last < key < lowest:
                lowest, goes = key, NOBODY
        last = lowest
        if goes != NOBODY:
            going[found] = goes
            found += 1
    return found


@step
def lives_there(child: int, pool: int, seekers: Seekers) -> bool:
    """Whether a place of the pool is the child's, and not closing already in this instant."""
    lives = seekers.pool[child] == pool or seekers.held[child] == pool
    return bool(lives and seekers.called[child] == 0)


# --- moves that are offered -----------------------------------------------------------------


@shared
def next_to_step_down(
    now: float, matching: Matching, seekers: Seekers, supply: Supply
) -> tuple[int, int]:
    """The child to whom a slot of the programme is offered and the pool that takes it, or none.

    The longest placement in the sector comes first, of children whom by age some pool outside the
    sector takes that is used for the new need; ties by rank. If no such pool has a place for that
    child, the slot passes.
    """
    chosen, sector = NOBODY, matching.step_down_from
    for child in range(seekers.pool.size):
        pool = seekers.pool[child]
        if pool == NO_POOL or supply.sector[pool] != sector:
            continue
        if chosen != NOBODY:
            if seekers.placed[child] > seekers.placed[chosen]:
                continue
            tied = seekers.placed[child] == seekers.placed[chosen]
            if tied and seekers.rank[child] > seekers.rank[chosen]:
                continue
        if may_step_down(child, now, matching, seekers, supply):
            chosen = child
    if chosen == NOBODY:
        return NOBODY, NO_POOL
    pool = choose_pool(chosen, matching.step_down_need, ALONE, now, seekers, supply)
    if pool == NO_POOL or supply.sector[pool] == sector:
        return NOBODY, NO_POOL
    return chosen, int(pool)


@step
def may_step_down(
    child: int, now: float, matching: Matching, seekers: Seekers, supply: Supply
) -> bool:
    """Whether by age some pool outside the sector takes the child for the new need."""
    for pool in supply.orders[matching.step_down_need]:
        elsewhere = pool != NO_POOL and supply.sector[pool] != matching.step_down_from
        if elsewhere and takes_age(seekers.born_day[child], pool, now, supply):
            return True
    return False


@step
def settles_at(child: int, now: float, matching: Matching, seekers: Seekers) -> float:
    """When a child is settled enough to be moved back to its first choice; not at once."""
    return max(tick_up(seekers.placed[child] + matching.settling_days), now + TICK)


@step
def is_outside_first_choice(child: int, seekers: Seekers, supply: Supply) -> bool:
    """Whether a child lives in a sector that is not its need's first choice."""
    pool = seekers.pool[child]
    return pool != NO_POOL and not supply.first_choice[seekers.need[child], supply.sector[pool]]


@step
def chance_of_life(child: int, use: int, people: People) -> float:
    """A uniform number of the child's own, whatever becomes of it."""
    number = people.numbers[child, PERSONAL_USES]
    return further_uniform(number, people.numbers[child, PERSONAL_USES + NEED_USE], use)
