"""Who is in care at the start: ages and times served, known of each child or drawn to match totals,
and whether a child leaves as planned. Nothing here depends on what happens in the world."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sufficiency.calibration.starting import Guide, guide_of
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
    evenly_interpolated,
    first_above,
    first_above_within,
    interpolated,
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
    cell_age_days: Floats
    cell_care_days: Floats
    cell_width_days: float
    placement_days: Floats
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
    return AtStart(
        age_group=ints(cohort.age_group),
        need=ints(cohort.need),
        sector=ints(cohort.sector),
        profile=ints(cohort.profile),
        cell_cdf=floats(cohort.cell_cdf),
        cell_guide=guide_of(cohort.cell_cdf) if cohort.cell_guide is None else cohort.cell_guide,
        cell_age_days=floats(cohort.cell_age_days),
        cell_care_days=floats(cohort.cell_care_days),
        cell_width_days=float(cohort.cell_width_days),
        placement_days=floats(cohort.placement_days),
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
    """Fill in the starting cohort; ages and times served are each child's own where known."""
    for child in range(cohort.age_group.size):
        own = people.numbers[child]
        draw_first(key, COHORT, child, own)
        if cohort.first_born_day.size > 0:
            born, care_days, placed_days = known_times(child, own, cohort)
        else:
            born, care_days, placed_days = drawn_times(child, own, cohort, starts)
        people.stream[child], people.number[child], people.rank[child] = COHORT_STREAM, child, child
        people.uasc[child], people.born_day[child] = cohort.age_group[child] == UASC_ROW, born
        people.entered[child], people.placed[child] = before_now(care_days), before_now(placed_days)
        people.need[child], people.sector[child] = cohort.need[child], cohort.sector[child]
        people.purpose[child], people.row[child] = COHORT, child
        people.group[child] = child
        settle(child, starts, people)
        if cohort.planned_time.size > 0:
            plan(child, own, cohort, people)


@step
def drawn_times(
    child: int, own: Numbers, cohort: AtStart, starts: Ints
) -> tuple[int, float, float]:
    """Day of birth, time in care and time in the placement, drawn from the child's profile."""
    cell = cell_of(cohort.profile[child], uniform(own[CELL]), cohort)
    width = cohort.cell_width_days
    age_days = cohort.cell_age_days[cell] + uniform(own[AGE_IN_CELL]) * width
    born = born_of_age(age_days, 0, cohort.age_group[child], starts)
    care_days = cohort.cell_care_days[cell] + uniform(own[CARE_IN_CELL]) * width
    care_days = min(max(care_days, 0.0), float(-born))
    chance = uniform(own[TIME_PLACED])
    return born, care_days, placement_days(cohort, placement_row(child, cohort), care_days, chance)


@step
def cell_of(profile: int, chance: float, cohort: AtStart) -> int:
    """The cell of age and time in care that a chance draws."""
    cdf, guide = cohort.cell_cdf[profile], cohort.cell_guide[profile]
    nearby = int(chance * (guide.size - 1))
    return first_above_within(guide[nearby], guide[nearby + 1], cdf, chance * cdf[-1])


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
    if cohort.placement_share.shape[0] > N_SECTORS and cohort.need[child] == FOR_ADOPTION:
        return N_SECTORS
    return int(cohort.sector[child])


@step
def placement_days(cohort: AtStart, row: int, care_days: float, chance: float) -> float:
    """Time in the present placement: all the time in care for those who never moved, a share of it
    drawn from the sector's distribution at that time in care for the others."""
    grid = cohort.placement_days
    unmoved = interpolated(care_days, grid, cohort.placement_unmoved[row])
    chance = (chance - unmoved) / max(1.0 - unmoved, TICK)
    if chance < 0.0:
        return care_days
    above = min(max(first_above(grid, care_days), 1), grid.size - 1)
    nearer = min((care_days - grid[above - 1]) / (grid[above] - grid[above - 1]), 1.0)
    shares = cohort.placement_share[row]
    shorter = evenly_interpolated(chance, shares[above - 1])
    longer = evenly_interpolated(chance, shares[above])
    return float(care_days * (shorter + nearer * (longer - shorter)))


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
