"""Who is in care at the start, and who will enter: the children of one world and replication.

Nothing here depends on what happens in the world. A stream's n-th group is the same children
whenever it comes, so scenarios that differ in how many come still share those who do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sufficiency.domain import (
    AGE_GROUPS,
    N_EXIT_CAUSES,
    NEED_GROUPS,
    SECTORS,
    TICK,
    UASC_ROW,
    NeedGroup,
)
from sufficiency.simulation.birthdays import born_of_age
from sufficiency.simulation.children import (
    COHORT_STREAM,
    PERSONAL_BLOCK,
    Children,
    day_of_start,
    together,
)
from sufficiency.simulation.draws import (
    COHORT_PURPOSE,
    GROUP_SLOTS,
    Draws,
    exponentials,
    index_child_purpose,
    sibling_purpose,
)
from sufficiency.simulation.world import (
    Entries,
    Floats,
    Ints,
    KnownTimes,
    StartingCohort,
    World,
    to_ticks,
)


def children_of(world: World, draws: Draws) -> Children:
    """All children of a world, cohort first, then entrants by time, stream and number."""
    coming = [some for stream in range(len(AGE_GROUPS)) for some in _coming(world, stream, draws)]
    groups = [_in_care_at_start(world, draws)]
    if coming:
        groups.append(_entrants(world, coming))
    everyone = together(groups)
    first_seen = np.maximum(everyone.entered, 0.0)
    entrant = everyone.stream != COHORT_STREAM
    order = np.lexsort((everyone.number, everyone.stream, first_seen, entrant))
    return everyone.chosen(order)


class Chances(NamedTuple):
    """What settles who a child is: four uniforms, used in turn, and its exit exponentials."""

    first: Floats
    second: Floats
    third: Floats
    fourth: Floats
    exits: Floats
    """(n, 5)."""

    def of(self, rows: Ints) -> Chances:
        """The chances of these rows only."""
        return Chances(*(column[rows] for column in self))


def chances(draws: Draws, purpose: int, rows: int) -> Chances:
    """The personal block of a purpose, a row a child."""
    uniforms = 4
    numbers = draws.uniforms(purpose, PERSONAL_BLOCK, rows, uniforms + N_EXIT_CAUSES)
    first, second, third, fourth = numbers[:, :uniforms].T
    return Chances(first, second, third, fourth, exponentials(numbers[:, uniforms:]))


# --- in care at the start -------------------------------------------------------------------


def _in_care_at_start(world: World, draws: Draws) -> Children:
    """The starting cohort; ages and times served are each child's own where they are known."""
    cohort = world.cohort
    n = len(cohort.age_group)
    chance = chances(draws, COHORT_PURPOSE, n)
    group = np.asarray(cohort.age_group, dtype=np.int64)
    if cohort.known is None:
        born_day, care_days, placement_days = _drawn_times(cohort, day_of_start(world), chance)
    else:
        born_day, care_days, placement_days = _known_times(cohort.known, chance)
    return Children(
        stream=np.full(n, COHORT_STREAM),
        number=np.arange(n),
        uasc=group == UASC_ROW,
        born_day=born_day,
        entered=to_ticks(-care_days) + 0.0,
        placed=to_ticks(-placement_days) + 0.0,
        need=np.asarray(cohort.need, dtype=np.int64),
        sector=np.asarray(cohort.sector, dtype=np.int64),
        exits=chance.exits,
        purpose=np.full(n, COHORT_PURPOSE),
        row=np.arange(n),
    )


def _drawn_times(
    cohort: StartingCohort, start_day: int, chance: Chances
) -> tuple[Ints, Floats, Floats]:
    """Day of birth, time in care and time in the placement, drawn from each child's profile."""
    group = np.asarray(cohort.age_group, dtype=np.int64)
    cell, width = _cells(cohort, chance.first), cohort.cell_width_days
    age_days = cohort.cell_age_days[cell] + chance.second * width
    born_day = born_of_age(age_days, np.full(len(group), start_day), group) - start_day
    care_days = np.clip(cohort.cell_care_days[cell] + chance.third * width, 0.0, -born_day)
    return born_day, care_days, _placement_days(cohort, care_days, chance.fourth)


def _known_times(known: KnownTimes, chance: Chances) -> tuple[Ints, Floats, Floats]:
    """The same as they are, but for the day within the month of birth."""
    into_month = np.floor(chance.second * known.birth_days).astype(np.int64)
    return known.first_born_day + into_month, known.care_days, known.placement_days


def _cells(cohort: StartingCohort, uniforms: Floats) -> Ints:
    """The cell of age and time in care of each child, by inversion of its profile."""
    cells = np.zeros(len(uniforms), dtype=np.int64)
    for profile in np.unique(cohort.profile):
        own = cohort.profile == profile
        cdf = cohort.cell_cdf[profile]
        cells[own] = np.searchsorted(cdf, uniforms[own] * cdf[-1], side="right")
    return cells


def _placement_days(cohort: StartingCohort, care_days: Floats, uniforms: Floats) -> Floats:
    """Time in the present placement: all the time in care for those who never moved, the sector's
    distribution cut off at the time in care for the others."""
    days = np.zeros(len(care_days))
    rows = _placement_rows(cohort)
    for row in np.unique(rows):
        own = rows == row
        grid, cdf = cohort.placement_days, cohort.placement_cdf[row]
        unmoved = np.interp(care_days[own], grid, cohort.placement_unmoved[row])
        share = (uniforms[own] - unmoved) / np.maximum(1 - unmoved, TICK)
        since_move = inverse(share * np.interp(care_days[own], grid, cdf), grid, cdf)
        days[own] = np.where(share < 0, care_days[own], since_move)
    return np.minimum(days, care_days)


def _placement_rows(cohort: StartingCohort) -> Ints:
    """(n,): whose times in the present placement a child's are: its sector's, or, where there is
    a row beyond the sectors, those of children placed for adoption."""
    if len(cohort.placement_cdf) <= len(SECTORS):
        return np.asarray(cohort.sector, dtype=np.int64)
    adopters = cohort.need == NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
    return np.where(adopters, len(SECTORS), cohort.sector)


# --- entering care --------------------------------------------------------------------------


class Coming(NamedTuple):
    """Children who will enter: those at one position of a stream's groups (0 the index child)."""

    stream: int
    position: int
    groups: Ints
    """(n,): the numbers of their groups."""
    times: Floats
    age_group: Ints
    chance: Chances

    @property
    def purpose(self) -> int:
        """Whose draws theirs are."""
        if self.position == 0:
            return index_child_purpose(self.stream)
        return sibling_purpose(self.stream, self.position)


def _coming(world: World, stream: int, draws: Draws) -> list[Coming]:
    """Everyone who enters in one stream: the index children, then siblings by position."""
    entries = world.entries
    times, chance = _group_times(entries, stream, world.horizon_days, draws)
    groups = np.arange(len(times))
    if not len(groups):
        return []
    found = [Coming(stream, 0, groups, times, np.full(len(groups), stream), chance)]
    size = 1 + _drawn(entries.group_size_probability, chance.second)
    if stream == UASC_ROW:
        return found
    for position in range(1, int(size.max())):
        having = np.flatnonzero(size > position)
        chance = chances(draws, sibling_purpose(stream, position), len(groups)).of(having)
        same_band = chance.first < entries.sibling_same_band_share
        band = np.where(same_band, stream, _drawn(entries.band_share, chance.second))
        found.append(Coming(stream, position, having, times[having], band, chance))
    return found


def _entrants(world: World, coming: list[Coming]) -> Children:
    """The children themselves, in the order given."""
    streams, positions, groups, times, age_groups, chance = zip(*coming, strict=True)
    sizes = [len(some) for some in groups]
    stream, position = np.repeat(streams, sizes), np.repeat(positions, sizes)
    row, entered, age_group = map(np.concatenate, (groups, times, age_groups))
    third, fourth, exits = (np.concatenate(uses) for uses in list(zip(*chance, strict=True))[2:])
    entries, start_day, n = world.entries, day_of_start(world), len(row)
    age_days, need = np.empty(n), np.empty(n, dtype=np.int64)
    for group in np.unique(age_group):
        own = age_group == group
        quantiles = entries.age_quantiles_days[group]
        probability = np.linspace(0.0, 1.0, len(quantiles))
        age_days[own] = np.interp(third[own], probability, quantiles)
        need[own] = _drawn(entries.first_need[group], fourth[own])
    today = np.ceil(entered).astype(np.int64) + start_day
    return Children(
        stream=stream,
        number=row * GROUP_SLOTS + position,
        uasc=stream == UASC_ROW,
        born_day=born_of_age(age_days, today, age_group) - start_day,
        entered=entered,
        placed=entered,
        need=need,
        sector=np.full(n, -1),
        exits=exits,
        purpose=np.repeat([some.purpose for some in coming], sizes),
        row=row,
    )


def _group_times(
    entries: Entries, stream: int, horizon_days: int, draws: Draws
) -> tuple[Floats, Chances]:
    """When the groups of a stream come, and the chances of their index children.

    The cumulative intensity is inverted at a Poisson process of rate one: sums of each group's
    own gap to the one before.
    """
    starts = np.minimum(np.append(entries.calendar_starts_days, horizon_days), horizon_days)
    expected = np.cumsum(entries.group_rate_per_day[stream] * np.diff(starts))
    intensity = np.concatenate([[0.0], expected])
    total = float(intensity[-1])
    rows = int(total + 6 * np.sqrt(total)) + 8
    while True:
        chance = chances(draws, index_child_purpose(stream), rows)
        arrivals = np.cumsum(exponentials(chance.first))
        if arrivals[-1] > total:
            break
        rows *= 2
    coming = np.flatnonzero(arrivals <= total)
    times = inverse(arrivals[coming], starts, intensity)
    return np.maximum(to_ticks(times), TICK), chance.of(coming)


# --- from uniforms --------------------------------------------------------------------------


def _drawn(probability: Floats, uniforms: Floats) -> Ints:
    """Categories by inversion; one of probability zero is never drawn, not even the last."""
    cumulative = np.cumsum(probability)
    return np.searchsorted(cumulative[:-1] / cumulative[-1], uniforms, side="right")


def inverse(levels: Floats, grid: Floats, rising: Floats) -> Floats:
    """Where a piecewise linear, rising function first reaches each level.

    ``rising`` (k,) on ``grid`` (k,); flat stretches are passed over, so a rate of zero brings
    nobody. Levels below the first value give the first point, above the last the last.
    """
    above = np.clip(np.searchsorted(rising, levels, side="left"), 1, len(grid) - 1)
    low, high = rising[above - 1], rising[above]
    step = np.where(high > low, high - low, 1.0)
    share = np.clip((levels - low) / step, 0.0, 1.0)
    return np.asarray(grid[above - 1] + share * (grid[above] - grid[above - 1]))
