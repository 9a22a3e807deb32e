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
    EXIT_REASONS,
    N_EXIT_CAUSES,
    NEED_GROUPS,
    SECTORS,
    TICK,
    UASC_ROW,
    ExitReason,
    NeedGroup,
)
from sufficiency.simulation.birthdays import (
    N_BIRTHDAYS,
    born_of_age,
    month_starts,
    write_birthdays,
)
from sufficiency.simulation.chances import (
    drawn,
    evenly_interpolated,
    first_above,
    interpolated,
    inverse,
)
from sufficiency.simulation.children import (
    BANDS,
    COHORT,
    COHORT_STREAM,
    FIRST_OF_GROUP,
    GROUP_SLOTS,
    NO_PLAN,
    NOT_AT_START,
    SIBLINGS,
    UASC_ALONE,
    Children,
    People,
    first_numbers,
    luck_of,
    row_of,
)
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.draws import Draws, Numbers, exponential, uniform
from sufficiency.simulation.rules import tick_up
from sufficiency.simulation.world import Entries, Floats, Ints, StartingCohort, World

N_STREAMS, N_SECTORS = len(AGE_GROUPS), len(SECTORS)
TURNED_18 = EXIT_REASONS.index(ExitReason.TURNED_18)
FOR_ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
# What the first numbers of a row are for. Of a group's first child: the gap to the group before,
# how many come; of a sibling: of the same band or not, of which; of those in care at the start:
# the cell of age and time in care, the place within it by age and by time, time in placement.
GAP, SIZE = 0, 1
SAME_BAND, BAND = 0, 1
AGE, FIRST_NEED = 2, 3
CELL, AGE_IN_CELL, CARE_IN_CELL, TIME_PLACED = range(4)
PLAN_HOLDS = CELL
"""Children whose plans are known have times that are known too, and draw no cell."""
EXITS = 4


def children_of(world: World, draws: Draws) -> Children:
    """All children of a world, cohort first, then entrants by time, stream and number."""
    groups, first, alone = groups_of(world, draws)
    cohort = first_numbers(draws, COHORT, len(world.cohort.age_group))
    most, most_siblings = int(groups.number[:BANDS].max()), int(groups.siblings.max())
    siblings = first_numbers(draws, SIBLINGS, BANDS * most_siblings)
    n = len(cohort) + int(groups.number.sum() + groups.siblings.sum())
    people = _room_for(n)
    starts = month_starts(world.start, world.horizon_days)
    in_care_at_start(_at_start(world.cohort), cohort, starts, people)
    entrants(_coming(world.entries), groups, (first, alone, siblings), starts, people, len(cohort))
    return Children(
        at_start=len(cohort),
        luck=luck_of([cohort, first, alone, siblings]),
        rows=(len(cohort), BANDS * most, int(groups.number[UASC_ROW]), len(siblings)),
        **people._asdict(),
    )


def _room_for(n: int) -> People:
    whole = np.empty((9, n), dtype=np.int64)
    times = np.empty((3, n))
    stream, number, rank, born_day, need, sector, purpose, row, planned_cause = whole
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
    )


# --- in care at the start -------------------------------------------------------------------


class AtStart(NamedTuple):
    """`StartingCohort` as compiled code reads it."""

    age_group: Ints
    need: Ints
    sector: Ints
    profile: Ints
    cell_cdf: Floats
    cell_age_days: Floats
    cell_care_days: Floats
    cell_width_days: float
    placement_days: Floats
    placement_cdf: Floats
    placement_unmoved: Floats
    first_born_day: Ints
    """As the three that follow, from `KnownTimes`: (n,), or (0,) where times are drawn."""
    birth_days: Ints
    known_care_days: Floats
    known_placement_days: Floats
    planned_time: Floats
    """As the two that follow, from `PlannedEnds`: (n,), or (0,) without plans."""
    planned_cause: Ints
    planned_probability: Floats


def _at_start(cohort: StartingCohort) -> AtStart:
    known, nothing, none = cohort.known, np.zeros(0), np.zeros(0, dtype=np.int64)
    planned = known.planned if known else None
    return AtStart(
        age_group=_ints(cohort.age_group),
        need=_ints(cohort.need),
        sector=_ints(cohort.sector),
        profile=_ints(cohort.profile),
        cell_cdf=_floats(cohort.cell_cdf),
        cell_age_days=_floats(cohort.cell_age_days),
        cell_care_days=_floats(cohort.cell_care_days),
        cell_width_days=float(cohort.cell_width_days),
        placement_days=_floats(cohort.placement_days),
        placement_cdf=_floats(cohort.placement_cdf),
        placement_unmoved=_floats(cohort.placement_unmoved),
        first_born_day=_ints(known.first_born_day) if known else none,
        birth_days=_ints(known.birth_days) if known else none,
        known_care_days=_floats(known.care_days) if known else nothing,
        known_placement_days=_floats(known.placement_days) if known else nothing,
        planned_time=_floats(planned.time) if planned else nothing,
        planned_cause=_ints(planned.cause) if planned else none,
        planned_probability=_floats(planned.probability) if planned else nothing,
    )


@compiled
def in_care_at_start(cohort: AtStart, numbers: Numbers, starts: Ints, people: People) -> None:
    """Fill in the starting cohort; ages and times served are each child's own where known."""
    for child in range(cohort.age_group.size):
        own = numbers[child]
        if cohort.first_born_day.size > 0:
            born, care_days, placed_days = known_times(child, own, cohort)
        else:
            born, care_days, placed_days = drawn_times(child, own, cohort, starts)
        people.stream[child], people.number[child], people.rank[child] = COHORT_STREAM, child, child
        people.uasc[child], people.born_day[child] = cohort.age_group[child] == UASC_ROW, born
        people.entered[child], people.placed[child] = before_now(care_days), before_now(placed_days)
        people.need[child], people.sector[child] = cohort.need[child], cohort.sector[child]
        people.purpose[child], people.row[child] = COHORT, child
        settle(child, own, starts, people)
        if cohort.planned_time.size > 0:
            plan(child, own, cohort, people)


@step
def drawn_times(
    child: int, own: Numbers, cohort: AtStart, starts: Ints
) -> tuple[int, float, float]:
    """Day of birth, time in care and time in the placement, drawn from the child's profile."""
    cdf = cohort.cell_cdf[cohort.profile[child]]
    cell = first_above(cdf, uniform(own[CELL]) * cdf[-1])
    width = cohort.cell_width_days
    age_days = cohort.cell_age_days[cell] + uniform(own[AGE_IN_CELL]) * width
    born = born_of_age(age_days, 0, cohort.age_group[child], starts)
    care_days = cohort.cell_care_days[cell] + uniform(own[CARE_IN_CELL]) * width
    care_days = min(max(care_days, 0.0), float(-born))
    chance = uniform(own[TIME_PLACED])
    return born, care_days, placement_days(cohort, placement_row(child, cohort), care_days, chance)


@step
def known_times(child: int, own: Numbers, cohort: AtStart) -> tuple[int, float, float]:
    """The same as they are, but for the day within the month of birth."""
    into_month = int(uniform(own[AGE_IN_CELL]) * cohort.birth_days[child])
    born = cohort.first_born_day[child] + into_month
    return born, cohort.known_care_days[child], cohort.known_placement_days[child]


@step
def placement_row(child: int, cohort: AtStart) -> int:
    """Whose times in the present placement a child's are: its sector's, or, where there is a row
    beyond the sectors, those of children placed for adoption."""
    if cohort.placement_cdf.shape[0] > N_SECTORS and cohort.need[child] == FOR_ADOPTION:
        return N_SECTORS
    return int(cohort.sector[child])


@step
def placement_days(cohort: AtStart, row: int, care_days: float, chance: float) -> float:
    """Time in the present placement: all the time in care for those who never moved, the sector's
    distribution cut off at the time in care for the others."""
    grid, cdf = cohort.placement_days, cohort.placement_cdf[row]
    unmoved = interpolated(care_days, grid, cohort.placement_unmoved[row])
    share = (chance - unmoved) / max(1.0 - unmoved, TICK)
    if share < 0.0:
        return care_days
    return min(inverse(share * interpolated(care_days, grid, cdf), grid, cdf), care_days)


@step
def before_now(days: float) -> float:
    """So many days ago."""
    return tick_up(-days) + 0.0


@step
def plan(child: int, own: Numbers, cohort: AtStart, people: People) -> None:
    """When a child leaves as planned, and whether the plan holds.

    Of a plan to stay until 18, no other exit comes if it holds, and nothing is left if it fails.
    """
    time, cause = cohort.planned_time[child], cohort.planned_cause[child]
    if time <= 0.0:
        return
    holds = uniform(own[PLAN_HOLDS]) < cohort.planned_probability[child]
    if cause == TURNED_18:
        people.planned[child] = math.inf if holds else 0.0
    else:
        people.planned[child] = time
        people.planned_cause[child] = cause if holds else NO_PLAN


@step
def settle(child: int, own: Numbers, starts: Ints, people: People) -> None:
    """A child's exponentials for the period of care, and its birthdays; nothing is planned."""
    people.planned[child], people.planned_cause[child] = 0.0, NO_PLAN
    for cause in range(N_EXIT_CAUSES):
        people.exits[child, cause] = exponential(own[EXITS + cause])
    write_birthdays(people.birthdays[child], people.born_day[child], starts)


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
    sizes = _floats(entries.group_size_probability)
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
    band_share: Floats
    age_quantiles_days: Floats
    first_need: Floats


def _coming(entries: Entries) -> Coming:
    return Coming(
        same_band_share=float(entries.sibling_same_band_share),
        band_share=_floats(entries.band_share),
        age_quantiles_days=_floats(entries.age_quantiles_days),
        first_need=_floats(entries.first_need),
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
            rank[stream] += 1
            if position > 0:
                row = row_of(stream, next_sibling[stream])
                next_sibling[stream] += 1
                band = stream
                if uniform(siblings[row, SAME_BAND]) >= coming.same_band_share:
                    band = drawn(coming.band_share, uniform(siblings[row, BAND]))
                enter(child, SIBLINGS, row, siblings[row], band, coming, starts, people)
            elif stream == UASC_ROW:
                enter(child, UASC_ALONE, group, alone[group], stream, coming, starts, people)
            else:
                row = row_of(stream, group)
                enter(child, FIRST_OF_GROUP, row, first[row], stream, coming, starts, people)
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
def enter(
    child: int,
    purpose: int,
    row: int,
    own: Numbers,
    age_group: int,
    coming: Coming,
    starts: Ints,
    people: People,
) -> None:
    """Fill in who a child is, whose row of numbers is ``own``."""
    age_days = evenly_interpolated(uniform(own[AGE]), coming.age_quantiles_days[age_group])
    today = math.ceil(people.entered[child])
    people.born_day[child] = born_of_age(age_days, today, age_group, starts)
    people.need[child] = drawn(coming.first_need[age_group], uniform(own[FIRST_NEED]))
    people.sector[child] = NOT_AT_START
    people.purpose[child], people.row[child] = purpose, row
    settle(child, own, starts, people)


def _floats(values: Floats) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float64)


def _ints(values: Ints) -> Ints:
    return np.ascontiguousarray(values, dtype=np.int64)
