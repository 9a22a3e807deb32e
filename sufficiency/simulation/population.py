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
    N_EXIT_CAUSES,
    TICK,
    UASC_ROW,
)
from sufficiency.simulation.at_start import as_compiled, in_care_at_start
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
    BANDS,
    COHORT,
    FIRST_OF_GROUP,
    GROUP_SLOTS,
    NOT_AT_START,
    SIBLINGS,
    UASC_ALONE,
    Children,
    People,
    first_numbers,
    luck_of,
    row_of,
    settle,
)
from sufficiency.simulation.compiled import compiled, floats, step
from sufficiency.simulation.draws import Draws, Numbers, exponential, uniform
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
    groups, first, alone = groups_of(world, draws)
    cohort = first_numbers(draws, COHORT, len(world.cohort.age_group))
    most, most_siblings = int(groups.number[:BANDS].max()), int(groups.siblings.max())
    siblings = first_numbers(draws, SIBLINGS, BANDS * most_siblings)
    n = len(cohort) + int(groups.number.sum() + groups.siblings.sum())
    people = _room_for(n)
    starts = month_starts(world.start, world.horizon_days)
    in_care_at_start(as_compiled(world.cohort), cohort, starts, people)
    entrants(_coming(world.entries), groups, (first, alone, siblings), starts, people, len(cohort))
    return Children(
        at_start=len(cohort),
        luck=luck_of([cohort, first, alone, siblings]),
        rows=(len(cohort), BANDS * most, int(groups.number[UASC_ROW]), len(siblings)),
        **people._asdict(),
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
        exits=np.empty((n, N_EXIT_CAUSES)),
        birthdays=np.empty((n, N_BIRTHDAYS)),
        planned=times[2],
        planned_cause=planned_cause,
        purpose=purpose,
        row=row,
        group=group,
    )


# --- the groups that come -------------------------------------------------------------------


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


def groups_of(world: World, draws: Draws) -> tuple[Groups, Numbers, Numbers]:
    """The groups of every stream, and the numbers of their first children: bands, and UASC.

    The cumulative intensity is inverted at a Poisson process of rate one: sums of each group's
    own gap to the one before. Raises ValueError for groups of more than 16.
    """
    entries, horizon = world.entries, float(world.horizon_days)
    if len(entries.group_size_probability) > GROUP_SLOTS:
        raise ValueError(f"a group has at most {GROUP_SLOTS} children")
    starts = np.minimum(np.append(entries.calendar_starts_days, horizon), horizon)
    intensity = np.zeros((N_STREAMS, len(starts)))
    np.cumsum(entries.group_rate_per_day * np.diff(starts), axis=1, out=intensity[:, 1:])
    expected = intensity[:, -1]
    rows = expected + 3 * np.sqrt(expected) + 4
    in_bands, of_uasc = int(rows[:BANDS].max()), int(rows[UASC_ROW])
    sizes = floats(entries.group_size_probability)
    while True:
        first = first_numbers(draws, FIRST_OF_GROUP, in_bands * BANDS)
        alone = first_numbers(draws, UASC_ALONE, of_uasc)
        most = max(in_bands, of_uasc)
        groups = Groups(
            number=np.zeros(N_STREAMS, dtype=np.int64),
            times=np.empty((N_STREAMS, most)),
            size=np.empty((N_STREAMS, most), dtype=np.int64),
            siblings=np.zeros(N_STREAMS, dtype=np.int64),
            upcoming=np.zeros((3, N_STREAMS), dtype=np.int64),
        )
        if come(starts, intensity, sizes, first, alone, groups):
            return groups, first, alone
        in_bands, of_uasc = 2 * in_bands, 2 * of_uasc


@compiled
def come(
    starts: Floats,
    intensity: Floats,
    size_probability: Floats,
    first: Numbers,
    alone: Numbers,
    groups: Groups,
) -> bool:
    """Fill in the groups of every stream; False if there are too few numbers for one."""
    for stream in range(N_STREAMS):
        rising, arrival, number = intensity[stream], 0.0, 0
        while True:
            in_band = stream != UASC_ROW
            row = row_of(stream, number) if in_band else number
            if row >= (first.shape[0] if in_band else alone.shape[0]):
                return False
            own = first[row] if in_band else alone[row]
            arrival += exponential(own[GAP])
            if arrival > rising[-1]:
                break
            time = inverse(arrival, starts, rising)
            groups.times[stream, number] = max(tick_up(time), TICK)
            size = 1 + drawn(size_probability, uniform(own[SIZE])) if in_band else 1
            groups.size[stream, number] = size
            groups.siblings[stream] += size - 1
            number += 1
        groups.number[stream] = number
    return True


# --- entering care --------------------------------------------------------------------------


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


@compiled
def entrants(
    coming: Coming,
    groups: Groups,
    numbers: tuple[Numbers, Numbers, Numbers],
    starts: Ints,
    people: People,
    at_start: int,
) -> None:
    """Fill in those who will enter, by time, then stream, then number.

    ``numbers`` are those of first children in the bands, of UASC, and of siblings.
    """
    first, alone, siblings = numbers
    rank, next_group, next_sibling = groups.upcoming[0], groups.upcoming[1], groups.upcoming[2]
    for stream in range(N_STREAMS):
        before = rank[stream - 1] + groups.number[stream - 1] + groups.siblings[stream - 1]
        rank[stream] = before if stream else at_start
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
            if position > 0:
                row = row_of(stream, next_sibling[stream])
                next_sibling[stream] += 1
                band = stream
                if uniform(siblings[row, SAME_BAND]) >= coming.same_band_share:
                    band = drawn(coming.band_share, uniform(siblings[row, BAND]))
                need = uniform(first[row_of(stream, group), FIRST_NEED])
                need = need_with(need, uniform(siblings[row, FIRST_NEED]), coming.same_need_share)
                enter(child, SIBLINGS, row, siblings[row], band, need, coming, starts, people)
            elif stream == UASC_ROW:
                own = alone[group]
                need = uniform(own[FIRST_NEED])
                enter(child, UASC_ALONE, group, own, stream, need, coming, starts, people)
            else:
                row = row_of(stream, group)
                own, need = first[row], uniform(first[row, FIRST_NEED])
                enter(child, FIRST_OF_GROUP, row, own, stream, need, coming, starts, people)
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
    child: int,
    purpose: int,
    row: int,
    own: Numbers,
    age_group: int,
    need: float,
    coming: Coming,
    starts: Ints,
    people: People,
) -> None:
    """Fill in who a child is, whose row of numbers is ``own``, and its chance of needs ``need``."""
    age_days = evenly_interpolated(uniform(own[AGE]), coming.age_quantiles_days[age_group])
    today = math.ceil(people.entered[child])
    people.born_day[child] = born_of_age(age_days, today, age_group, starts)
    people.need[child] = drawn(coming.first_need[age_group], need)
    people.sector[child] = NOT_AT_START
    people.purpose[child], people.row[child] = purpose, row
    settle(child, own, starts, people)
