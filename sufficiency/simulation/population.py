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
    first_reached,
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
    draw_rest,
    row_of,
    settle,
)
from sufficiency.simulation.compiled import by_reference, compiled, floats, shared, step
from sufficiency.simulation.draws import AT_ONCE, Draws, Key, Numbers, exponential, uniform
from sufficiency.simulation.rules import tick_up
from sufficiency.simulation.world import Floats, Ints, World

N_STREAMS = len(AGE_GROUPS)
NO_ROOM = -1
# What the first numbers of a row are for. Of a group's first child: the gap to the group before,
# how many come; of a sibling: of the same band or not, of which; of both the age and the need.
GAP, SIZE = 0, 1
SAME_BAND, BAND = 0, 1
AGE, FIRST_NEED = 2, 3


def children_of(world: World, draws: Draws) -> Children:
    """All children of a world, cohort first, then entrants by time, stream and number.

    Raises ValueError for groups of more than 16.
    """
    coming, starts = _coming(world), month_starts(world.start, world.horizon_days)
    cohort, at_start, factor = as_compiled(world.cohort), len(world.cohort.age_group), 1
    while True:
        groups, people = _likely_room(coming, at_start, factor)
        n = everybody(cohort, coming, groups, draws.key, starts, people)
        if n != NO_ROOM:
            found = {name: table[:n] for name, table in people._asdict().items()}
            return Children(at_start=at_start, **found)
        factor = 2 * factor


def _likely_room(coming: Coming, at_start: int, factor: int) -> tuple[Groups, People]:
    """Room that groups and children hardly ever fill, and ``factor`` times as much for entrants."""
    sizes = np.arange(1, len(coming.group_size) + 1)
    mean_size = float(coming.group_size @ sizes) / float(coming.group_size.sum())
    by_stream = coming.expected[:, -1].tolist()
    most, children = max(by_stream), sum(by_stream) * mean_size
    most, children = most + 4 * math.sqrt(most), children + 4 * math.sqrt(children * GROUP_SLOTS)
    groups = _room_for_groups(factor * (int(most) + GROUP_SLOTS))
    return groups, _room_for(at_start + factor * (int(children) + GROUP_SLOTS))


def _room_for_groups(most: int) -> Groups:
    return Groups(
        number=np.empty(N_STREAMS, dtype=np.int64),
        times=np.empty((N_STREAMS, most)),
        size=np.empty((N_STREAMS, most), dtype=np.int64),
        own=np.empty((N_STREAMS, most, AT_ONCE), dtype=np.uint32),
        upcoming=np.empty((3, N_STREAMS), dtype=np.int64),
    )


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


# --- the groups that come -------------------------------------------------------------------


@by_reference
class Coming(NamedTuple):
    """What `Entries` says of when groups come and who is in them, as compiled code reads it."""

    edges_days: Floats
    """(K + 1,): when the rates change, and the horizon."""
    expected: Floats
    """(A, K + 1): groups that a stream is expected to bring by each of them."""
    group_size: Floats
    same_band_share: float
    same_need_share: float
    band_share: Floats
    age_quantiles_days: Floats
    first_need: Floats


def _coming(world: World) -> Coming:
    entries, horizon = world.entries, float(world.horizon_days)
    if len(entries.group_size_probability) > GROUP_SLOTS:
        raise ValueError(f"a group has at most {GROUP_SLOTS} children")
    edges = np.full(len(entries.calendar_starts_days) + 1, horizon)
    np.minimum(entries.calendar_starts_days, horizon, out=edges[:-1])
    expected = np.zeros((N_STREAMS, len(edges)))
    rates = entries.group_rate_per_day * (edges[1:] - edges[:-1])
    np.add.accumulate(rates, axis=1, out=expected[:, 1:])
    return Coming(
        edges_days=floats(edges),
        expected=expected,
        group_size=floats(entries.group_size_probability),
        same_band_share=float(entries.sibling_same_band_share),
        same_need_share=float(entries.sibling_same_need_share),
        band_share=floats(entries.band_share),
        age_quantiles_days=floats(entries.age_quantiles_days),
        first_need=floats(entries.first_need),
    )


@by_reference
class Groups(NamedTuple):
    """When groups come and how many children each brings; A streams, G groups at most."""

    number: Ints
    """(A,): how many."""
    times: Floats
    """(A, G): those after ``number`` mean nothing, as in what follows."""
    size: Ints
    """(A, G)."""
    own: Numbers
    """(A, G, 8): the first numbers of each first child."""
    upcoming: Ints
    """(3, A): the rank of the next child, its group, and the next sibling."""


@shared
def come(coming: Coming, groups: Groups, key: Key) -> bool:
    """Fill in the groups of every stream; False if there is too little room for one.

    The cumulative intensity is inverted at a Poisson process of rate one: sums of each group's
    own gap to the one before.
    """
    for stream in range(N_STREAMS):
        expected, in_band = coming.expected[stream], stream != UASC_ROW
        arrival, number, last = 0.0, 0, expected[expected.size - 1]
        while True:
            if number == groups.times.shape[1]:
                return False
            own = groups.own[stream, number]
            if in_band:
                draw_first(key, FIRST_OF_GROUP, row_of(stream, number), own)
            else:
                draw_first(key, UASC_ALONE, number, own)
            arrival += exponential(own[GAP])
            if arrival > last:
                break
            groups.times[stream, number] = arrival
            number += 1
        groups.number[stream] = number
        above = 1
        for group in range(number):
            above = first_reached(groups.times[stream, group], above, expected)
            time = inverse(groups.times[stream, group], above, coming.edges_days, expected)
            groups.times[stream, group] = max(tick_up(time), TICK)
            groups.size[stream, group] = 1
            if in_band:
                chance = uniform(groups.own[stream, group, SIZE])
                groups.size[stream, group] += drawn(coming.group_size, chance)
    return True


# --- entering care --------------------------------------------------------------------------


@compiled
def everybody(
    cohort: AtStart, coming: Coming, groups: Groups, key: Key, starts: Ints, people: People
) -> int:
    """Fill in who is in care at the start, then those who will enter; how many they are, or
    `NO_ROOM`."""
    if not come(coming, groups, key):
        return NO_ROOM
    at_start = cohort.age_group.size
    n = rank_streams(at_start, groups)
    if n > people.rank.size:
        return NO_ROOM
    in_care_at_start(cohort, key, starts, people)
    entrants(at_start, n, coming, groups, key, starts, people)
    return n


@step
def rank_streams(at_start: int, groups: Groups) -> int:
    """Set the rank of the first child of each stream; how many children there are."""
    before = at_start
    for stream in range(N_STREAMS):
        groups.upcoming[0, stream] = before
        for group in range(groups.number[stream]):
            before += groups.size[stream, group]
    return before


@shared
def entrants(
    at_start: int,
    n: int,
    coming: Coming,
    groups: Groups,
    key: Key,
    starts: Ints,
    people: People,
) -> None:
    """Fill in those who will enter, step by step as `in_care_at_start` does."""
    line_up(at_start, groups, people)
    for child in range(at_start, n):
        draw_own(child, groups, key, people)
    for child in range(at_start, n):
        enter(child, coming, starts, people)


@step
def line_up(at_start: int, groups: Groups, people: People) -> None:
    """Set who comes when, by time, then stream, then number, and which draws are whose."""
    rank, next_group, next_sibling = groups.upcoming[0], groups.upcoming[1], groups.upcoming[2]
    for stream in range(N_STREAMS):
        next_group[stream] = next_sibling[stream] = 0
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
def draw_own(child: int, groups: Groups, key: Key, people: People) -> None:
    """Draw a child's numbers; the first of a group's first child are drawn already."""
    own, purpose, row = people.numbers[child], people.purpose[child], people.row[child]
    if people.group[child] != child:
        draw_first(key, purpose, row, own)
        return
    first = groups.own[people.stream[child], people.number[child] // GROUP_SLOTS]
    for use in range(AT_ONCE):
        own[use] = first[use]
    draw_rest(key, purpose, row, own[AT_ONCE:])


@step
def enter(child: int, coming: Coming, starts: Ints, people: People) -> None:
    """Fill in who a child is, of its own numbers and those of its group's first child."""
    own, first = people.numbers[child], people.numbers[people.group[child]]
    age_group, need = people.stream[child], uniform(own[FIRST_NEED])
    if people.group[child] != child:
        if uniform(own[SAME_BAND]) >= coming.same_band_share:
            age_group = drawn(coming.band_share, uniform(own[BAND]))
        need = need_with(uniform(first[FIRST_NEED]), need, coming.same_need_share)
    age_days = evenly_interpolated(uniform(own[AGE]), coming.age_quantiles_days[age_group])
    today = math.ceil(people.entered[child])
    people.born_day[child] = born_of_age(age_days, today, age_group, starts)
    people.need[child] = drawn(coming.first_need[age_group], need)
    people.sector[child] = NOT_AT_START
    settle(child, starts, people)


@step
def need_with(first: float, own: float, share: float) -> float:
    """The number that draws a sibling's need: the first child's with a chance, else its own.

    Either way it is uniform, so as many siblings of an age have each need as other children.
    """
    if own < share:
        return first
    return (own - share) / (1.0 - share)
