"""Who is in care at the start: ages and times served, known of each child or drawn to match totals,
and whether a child leaves as planned. Nothing here depends on what happens in the world."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sufficiency.domain import (
    EXIT_REASONS,
    NEED_GROUPS,
    SECTORS,
    TICK,
    UASC_ROW,
    ExitReason,
    NeedGroup,
)
from sufficiency.simulation.birthdays import born_of_age
from sufficiency.simulation.chances import (
    Guide,
    between,
    evenly_interpolated,
    first_above,
    guide_of,
)
from sufficiency.simulation.children import (
    COHORT,
    COHORT_STREAM,
    NO_PLAN,
    People,
    draw_first,
    settle,
)
from sufficiency.simulation.compiled import by_reference, floats, ints, shared, step
from sufficiency.simulation.draws import Key, Numbers, uniform
from sufficiency.simulation.rules import tick_up
from sufficiency.simulation.world import REMEMBERED, Floats, Ints, StartingCohort

N_SECTORS = len(SECTORS)
TURNED_18 = EXIT_REASONS.index(ExitReason.TURNED_18)
FOR_ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
# What the first numbers of a row are for: the cell of age and time in care, the place within it by
# age and by time, time in the placement.
CELL, AGE_IN_CELL, CARE_IN_CELL, TIME_PLACED = range(4)
PLAN_HOLDS = CELL
"""Children whose plans are known have times that are known too, and draw no cell."""


@by_reference
class AtStart(NamedTuple):
    """`StartingCohort` as compiled code reads it."""

    age_group: Ints
    need: Ints
    sector: Ints
    profile: Ints
    cell_cdf: Floats
    cell_guide: Guide
    cell_edges_days: Floats
    """(cells, 2): of age, then of time in care."""
    cell_width_days: float
    placement_days: Floats
    placement_guide: Guide
    """(1, steps + 1): `guide_of` the grid of times in care."""
    placement_share: Floats
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


@lru_cache(maxsize=REMEMBERED)
def as_compiled(cohort: StartingCohort) -> AtStart:
    """The cohort as compiled code reads it, made once for all who share it."""
    known, nothing, none = cohort.known, np.zeros(0), np.zeros(0, dtype=np.int64)
    planned = known.planned if known else None
    cells, cdf, grid = np.zeros((0, 2)), np.zeros((0, 1)), np.zeros((0, 1))
    if known is None:
        cells = np.stack([cohort.cell_age_days, cohort.cell_care_days], axis=1)
        cdf, grid = cohort.cell_cdf, cohort.placement_days[None]
    return AtStart(
        age_group=ints(cohort.age_group),
        need=ints(cohort.need),
        sector=ints(cohort.sector),
        profile=ints(cohort.profile),
        cell_cdf=floats(cohort.cell_cdf),
        cell_guide=guide_of(cdf),
        cell_edges_days=floats(cells),
        cell_width_days=float(cohort.cell_width_days),
        placement_days=floats(cohort.placement_days),
        placement_guide=guide_of(grid),
        placement_share=floats(cohort.placement_share),
        placement_unmoved=floats(cohort.placement_unmoved),
        first_born_day=ints(known.first_born_day) if known else none,
        birth_days=ints(known.birth_days) if known else none,
        known_care_days=floats(known.care_days) if known else nothing,
        known_placement_days=floats(known.placement_days) if known else nothing,
        planned_time=floats(planned.time) if planned else nothing,
        planned_cause=ints(planned.cause) if planned else none,
        planned_probability=floats(planned.probability) if planned else nothing,
    )


@shared
def in_care_at_start(cohort: AtStart, key: Key, starts: Ints, people: People) -> None:
    """Fill in the starting cohort; ages and times served are each child's own where known.

    Step by step, not child by child: while a step waits for what it reads of one child, it goes on
    with the next. Until the last, ``entered`` and ``placed`` hold how many days ago that was.
    """
    children = range(cohort.age_group.size)
    for child in children:
        draw_first(key, COHORT, child, people.numbers[child])
    if cohort.first_born_day.size > 0:
        for child in children:
            know_times(child, cohort, people)
    else:
        draw_times(cohort, starts, people)
    for child in children:
        people.stream[child], people.number[child], people.rank[child] = COHORT_STREAM, child, child
        people.uasc[child] = cohort.age_group[child] == UASC_ROW
        people.entered[child] = before_now(people.entered[child])
        people.placed[child] = before_now(people.placed[child])
        people.need[child], people.sector[child] = cohort.need[child], cohort.sector[child]
        people.purpose[child], people.row[child] = COHORT, child
        people.group[child] = child
        settle(child, starts, people)
        if cohort.planned_time.size > 0:
            plan(child, people.numbers[child], cohort, people)


@step
def know_times(child: int, cohort: AtStart, people: People) -> None:
    """Set how long a child has been in care and in the placement, and its birth: the month as it
    is, the day within the month drawn."""
    into_month = int(uniform(people.numbers[child, AGE_IN_CELL]) * cohort.birth_days[child])
    people.born_day[child] = cohort.first_born_day[child] + into_month
    people.entered[child] = cohort.known_care_days[child]
    people.placed[child] = cohort.known_placement_days[child]


@step
def draw_times(cohort: AtStart, starts: Ints, people: People) -> None:
    """Set the same of all children, drawn from their profiles; ``row`` holds the cells."""
    children, width, cell = range(cohort.age_group.size), cohort.cell_width_days, people.row
    for child in children:
        cell[child] = cell_of(cohort.profile[child], uniform(people.numbers[child, CELL]), cohort)
    for child in children:
        own, edges_days = people.numbers[child], cohort.cell_edges_days[cell[child]]
        age_days = edges_days[0] + uniform(own[AGE_IN_CELL]) * width
        born = born_of_age(age_days, 0, cohort.age_group[child], starts)
        care_days = edges_days[1] + uniform(own[CARE_IN_CELL]) * width
        people.born_day[child] = born
        people.entered[child] = min(max(care_days, 0.0), float(-born))
    for child in children:
        chance, care_days = uniform(people.numbers[child, TIME_PLACED]), people.entered[child]
        row = placement_row(child, cohort)
        people.placed[child] = placement_days(cohort, row, care_days, chance)


@step
def cell_of(profile: int, chance: float, cohort: AtStart) -> int:
    """The cell of age and time in care that a chance draws."""
    return first_above(chance, cohort.cell_cdf[profile], cohort.cell_guide[profile])


@step
def placement_row(child: int, cohort: AtStart) -> int:
    """Whose times in the present placement a child's are: its sector's, or, where there is a row
    beyond the sectors, those of children placed for adoption."""
    if cohort.placement_share.shape[0] > N_SECTORS and cohort.need[child] == FOR_ADOPTION:
        return N_SECTORS
    return int(cohort.sector[child])


@step
def placement_days(cohort: AtStart, row: int, care_days: float, chance: float) -> float:
    """Time in the present placement: all the time in care for those who never moved, a share of it
    drawn from the sector's distribution at that time in care for the others."""
    grid, unmoved = cohort.placement_days, cohort.placement_unmoved[row]
    above = first_above(care_days / grid[-1], grid, cohort.placement_guide[0])
    above = min(max(above, 1), grid.size - 1)
    below = above - 1
    nearer = min((care_days - grid[below]) / (grid[above] - grid[below]), 1.0)
    stayed = between(unmoved[below], unmoved[above], nearer)
    chance = (chance - stayed) / max(1.0 - stayed, TICK)
    if chance < 0.0:
        return care_days
    shares = cohort.placement_share[row]
    shorter = evenly_interpolated(chance, shares[below])
    longer = evenly_interpolated(chance, shares[above])
    return float(care_days * between(shorter, longer, nearer))


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
