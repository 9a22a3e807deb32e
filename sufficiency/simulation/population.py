"""Who is in care at the start, and who will enter: the children of one world and replication.

Nothing here depends on what happens in the world. A stream's n-th group is the same children
whenever it comes, so scenarios that differ in how many come still share those who do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sufficiency.domain import (
    AGE_GROUPS,
    TICK,
    UASC_ROW,
)
from sufficiency.simulation.at_start import AtStart, as_compiled, in_care_at_start
from sufficiency.simulation.birthdays import (
    N_BIRTHDAYS,
    born_of_age,
    month_starts,
)
from sufficiency.simulation.chances import (
    drawn,
    evenly_interpolated,
    inverse,
)
from sufficiency.simulation.children import (
    FIRST_OF_GROUP,
    FIRST_USES,
    GROUP_SLOTS,
    NOT_AT_START,
    SIBLINGS,
    UASC_ALONE,
    Children,
    People,
    draw_first,
    row_of,
    settle,
)
from sufficiency.simulation.compiled import by_reference, compiled, floats, shared, step
from sufficiency.simulation.draws import AT_ONCE, Draws, Key, Numbers, exponential, uniform
from sufficiency.simulation.rules import tick_up
from sufficiency.simulation.world import Entries, Floats, Ints, World

N_STREAMS = len(AGE_GROUPS)
# What the first numbers of a row are for. Of a group's first child: the gap to the group before,
# how many come; of a sibling: of the same band or not, of which; of both the age and the need.
GAP, SIZE = 0, 1
SAME_BAND, BAND = 0, 1
AGE, FIRST_NEED = 2, 3


def children_of(world: World, draws: Draws) -> Children:
    """All children of a world, cohort first, then entrants by time, stream and number."""
    groups, at_start = groups_of(world, draws), len(world.cohort.age_group)
    people = _room_for(at_start + int(groups.number.sum() + groups.siblings.sum()))
    starts = month_starts(world.start, world.horizon_days)
    cohort, coming = as_compiled(world.cohort), _coming(world.entries)
    everybody(cohort, coming, groups, draws.key, starts, people)
    return Children(at_start=at_start, **people._asdict())


def _room_for(n: int) -> People:
    whole = np.empty((10, n), dtype=np.int64)
    times = np.empty((3, n))
    stream, number, rank, born_day, need, sector, purpose, row, planned_cause, group = whole
    return People(
        stream=stream,
        number=number,
        rank=rank,
        uasc=np.empty(n, dtype=np.bool_),
        born_day=born_day,
        entered=times[0],
        placed=times[1],
        need=need,
        sector=sector,
        birthdays=np.empty((n, N_BIRTHDAYS)),
        planned=times[2],
        planned_cause=planned_cause,
        purpose=purpose,
        row=row,
        group=group,
        numbers=np.empty((n, FIRST_USES), dtype=np.uint32),
    )


@compiled
def everybody(
    cohort: AtStart, coming: Coming, groups: Groups, key: Key, starts: Ints, people: People
) -> None:
    """Fill in who is in care at the start, then those who will enter."""
    in_care_at_start(cohort, key, starts, people)
    entrants(coming, groups, key, starts, people, cohort.age_group.size)


# --- the groups that come -------------------------------------------------------------------


@by_reference
class Groups(NamedTuple):
    """When groups come and how many children each brings; A streams, G groups at most."""

    number: Ints
    """(A,): how many."""
    times: Floats
    """(A, G): those after ``number`` mean nothing."""
    size: Ints
    """(A, G)."""
    siblings: Ints
    """(A,): children beyond the first of each group."""
    upcoming: Ints
    """(3, A), from 0: the rank of the next child, its group, and the next sibling."""


def groups_of(world: World, draws: Draws) -> Groups:
    """The groups of every stream.

    The cumulative intensity is inverted at a Poisson process of rate one: sums of each group's
    own gap to the one before. Raises ValueError for groups of more than 16.
    """
    entries, horizon = world.entries, float(world.horizon_days)
    if len(entries.group_size_probability) > GROUP_SLOTS:
        raise ValueError(f"a group has at most {GROUP_SLOTS} children")
    rate, sizes = floats(entries.group_rate_per_day), floats(entries.group_size_probability)
    edges = np.append(entries.calendar_starts_days, horizon).clip(max=horizon)
    expected = float((rate @ np.diff(edges)).max())
    most = int(expected + 3 * math.sqrt(expected) + 4)
    rising, own = np.empty_like(edges), np.empty(AT_ONCE, dtype=np.uint32)
    while True:
        counts = np.zeros((5, N_STREAMS), dtype=np.int64)
        groups = Groups(
            number=counts[0],
            times=np.empty((N_STREAMS, most)),
            size=np.empty((N_STREAMS, most), dtype=np.int64),
            siblings=counts[1],
            upcoming=counts[2:],
        )
        if come(edges, rate, sizes, draws.key, rising, own, groups):
            return groups
        most = 2 * most


@compiled
def come(
    edges: Floats,
    rate: Floats,
    size_probability: Floats,
    key: Key,
    rising: Floats,
    own: Numbers,
    groups: Groups,
) -> bool:
    """Fill in the groups of every stream; False if there is too little room for one.

    ``rate`` (A, K) is groups a day from each of ``edges`` (K + 1,) to the next. ``rising``
    (K + 1,) is room for how many a stream brings until each, ``own`` (8,) for the first
    numbers of a group's first child.
    """
    periods = edges.size - 1
    for stream in range(N_STREAMS):
        rising[0] = 0.0
        for period in range(periods):
            days = edges[period + 1] - edges[period]
            rising[period + 1] = rising[period] + rate[stream, period] * days
        arrival, number = 0.0, 0
        while True:
            if number == groups.times.shape[1]:
                return False
            in_band = stream != UASC_ROW
            if in_band:
                draw_first(key, FIRST_OF_GROUP, row_of(stream, number), own)
            else:
                draw_first(key, UASC_ALONE, number, own)
            arrival += exponential(own[GAP])
            if arrival > rising[periods]:
                break
            time = inverse(arrival, edges, rising)
            groups.times[stream, number] = max(tick_up(time), TICK)
            size = 1 + drawn(size_probability, uniform(own[SIZE])) if in_band else 1
            groups.size[stream, number] = size
            groups.siblings[stream] += size - 1
            number += 1
        groups.number[stream] = number
    return True


# --- entering care --------------------------------------------------------------------------


@by_reference
class Coming(NamedTuple):
    """What `Entries` says of the children in a group, as compiled code reads it."""

    same_band_share: float
    same_need_share: float
    band_share: Floats
    age_quantiles_days: Floats
    first_need: Floats


def _coming(entries: Entries) -> Coming:
    return Coming(
        same_band_share=float(entries.sibling_same_band_share),
        same_need_share=float(entries.sibling_same_need_share),
        band_share=floats(entries.band_share),
        age_quantiles_days=floats(entries.age_quantiles_days),
        first_need=floats(entries.first_need),
    )


@shared
def entrants(
    coming: Coming,
    groups: Groups,
    key: Key,
    starts: Ints,
    people: People,
    at_start: int,
) -> None:
    """Fill in those who will enter, by time, then stream, then number."""
    rank, next_group, next_sibling = groups.upcoming[0], groups.upcoming[1], groups.upcoming[2]
    before = at_start
    for stream in range(N_STREAMS):
        rank[stream] = before
        before += groups.number[stream] + groups.siblings[stream]
    child = at_start
    while True:
        stream = soonest_stream(groups, next_group)
        if stream == N_STREAMS:
            return
        group = next_group[stream]
        next_group[stream] += 1
        for position in range(groups.size[stream, group]):
            people.stream[child], people.number[child] = stream, group * GROUP_SLOTS + position
            people.rank[child], people.uasc[child] = rank[stream], stream == UASC_ROW
            people.entered[child] = people.placed[child] = groups.times[stream, group]
            people.group[child] = child - position
            rank[stream] += 1
            purpose, row = FIRST_OF_GROUP, row_of(stream, group)
            if position > 0:
                purpose, row = SIBLINGS, row_of(stream, next_sibling[stream])
                next_sibling[stream] += 1
            elif stream == UASC_ROW:
                purpose, row = UASC_ALONE, group
            people.purpose[child], people.row[child] = purpose, row
            own = people.numbers[child]
            draw_first(key, purpose, row, own)
            band, need = stream, uniform(own[FIRST_NEED])
            if position > 0:
                if uniform(own[SAME_BAND]) >= coming.same_band_share:
                    band = drawn(coming.band_share, uniform(own[BAND]))
                first = uniform(people.numbers[child - position, FIRST_NEED])
                need = need_with(first, need, coming.same_need_share)
            enter(child, band, need, coming, starts, people)
            child += 1


@step
def soonest_stream(groups: Groups, next_group: Ints) -> int:
    """The stream whose next group comes first, the first listed of those; or their number."""
    soonest, time = N_STREAMS, math.inf
    for stream in range(N_STREAMS):
        group = next_group[stream]
        if group < groups.number[stream] and groups.times[stream, group] < time:
            soonest, time = stream, groups.times[stream, group]
    return soonest


@step
def need_with(first: float, own: float, share: float) -> float:
    """The number that draws a sibling's need: the first child's with a chance, else its own.

    Either way it is uniform, so as many siblings of an age have each need as other children.
    """
    if own < share:
        return first
    return (own - share) / (1.0 - share)


@step
def enter(
    child: int, age_group: int, need: float, coming: Coming, starts: Ints, people: People
) -> None:
    """Fill in who a child is, of its own numbers and of its chance of needs ``need``."""
    chance = uniform(people.numbers[child, AGE])
    age_days = evenly_interpolated(chance, coming.age_quantiles_days[age_group])
    today = math.ceil(people.entered[child])
    people.born_day[child] = born_of_age(age_days, today, age_group, starts)
    people.need[child] = drawn(coming.first_need[age_group], need)
    people.sector[child] = NOT_AT_START
    settle(child, starts, people)
