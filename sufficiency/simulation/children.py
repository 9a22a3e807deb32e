"""The children of one world: those in care at the start and those who will enter.

Who they are, when they come, when their birthdays fall and the exponentials they will spend
are all settled before the world starts: nothing that happens in it can change them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import (
    ADULT_YEARS,
    AGE_BAND_STARTS_YEARS,
    AGE_GROUPS,
    MONTHS_PER_YEAR,
    MOVE_REASONS,
    N_EXIT_CAUSES,
    TICK,
    UASC_ROW,
)
from sufficiency.simulation.draws import (
    COHORT_PURPOSE,
    GROUP_SLOTS,
    Draws,
    exponentials,
    index_child_purpose,
    sibling_purpose,
)
from sufficiency.simulation.world import Entries, Floats, Ints, StartingCohort, World, to_ticks

COHORT_STREAM = -1
_BAND_EDGES_YEARS = np.array([*AGE_BAND_STARTS_YEARS, ADULT_YEARS])
_ANY_AGE = np.array([0, ADULT_YEARS])
PLACEMENTS_PER_BLOCK = 4
USES_PER_PLACEMENT = len(MOVE_REASONS) + 1
"""One exponential per move reason, then the uniform that draws the need group moved to."""
_CIRCUMSTANCES = 4
_PERSONAL_BLOCK = 0


@dataclass(frozen=True)
class Children:
    """n children, in the order in which they are first seen in the world; shape (n,) or stated."""

    stream: Ints
    """-1 for the starting cohort, else the entry stream of the group's index child."""
    number: Ints
    """The child's number within its own stream; groups have `GROUP_SLOTS` numbers each."""
    uasc: NDArray[np.bool_]
    born_day: Ints
    """The date of birth in days from the start date."""
    entered: Floats
    """When care began; not above 0 for the starting cohort."""
    placed: Floats
    """When the present placement began (starting cohort), or ``entered``."""
    need: Ints
    """The first need group."""
    sector: Ints
    """Where the starting cohort lives; -1 for others."""
    exits: Floats
    """(n, 5): one unit exponential per exit cause for the period of care."""
    purpose: Ints
    row: Ints
    """With ``purpose``, where the child's further draws are."""

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def at_start(self) -> int:
        """How many are in care at the start; they come first."""
        return int(np.sum(self.stream == COHORT_STREAM))

    @property
    def rank(self) -> Ints:
        """(n,): the order in which ties are settled: stream as listed, then number."""
        order = np.lexsort((self.number, self.stream))
        ranks = np.empty(len(self), dtype=np.int64)
        ranks[order] = np.arange(len(self))
        return ranks


def children_of(world: World, draws: Draws) -> Children:
    """All children of a world, cohort first, then entrants by time, stream and number."""
    start_day = int(np.datetime64(world.start, "D").astype(np.int64))
    groups = [_in_care_at_start(world.cohort, start_day, draws)]
    for stream in range(len(AGE_GROUPS)):
        groups += _entering(world, stream, start_day, draws)
    everyone = _together(groups)
    first_seen = np.maximum(everyone.entered, 0.0)
    return _chosen(
        everyone,
        np.lexsort((everyone.number, everyone.stream, first_seen, everyone.stream >= 0)),
    )


def birthdays(children: Children, world: World) -> Floats:
    """(n, 6): when each age band begins for each child, the first long ago, and the 18th.

    A birthday happens one tick after the midnight that begins its date.
    """
    start_day = int(np.datetime64(world.start, "D").astype(np.int64))
    born = (children.born_day + start_day)[:, None]
    days = birthday_day(born, _BAND_EDGES_YEARS[None, :]) - start_day
    times = days - 1 + TICK
    times[:, 0] = -np.inf
    return np.ascontiguousarray(times)


def placement_draws(children: Children, draws: Draws, block: int) -> Floats:
    """(n, 4, 7): the draws of each child's placements ``4 block`` to ``4 block + 3``.

    Six unit exponentials, one a move reason, then a uniform for the need group moved to.
    """
    width = PLACEMENTS_PER_BLOCK * USES_PER_PLACEMENT
    numbers = np.empty((len(children), width))
    for purpose in np.unique(children.purpose):
        own = children.purpose == purpose
        rows = children.row[own]
        numbers[own] = draws.uniforms(int(purpose), 1 + block, int(rows.max()) + 1, width)[rows]
    uses = numbers.reshape(len(children), PLACEMENTS_PER_BLOCK, USES_PER_PLACEMENT)
    uses[:, :, :-1] = exponentials(uses[:, :, :-1])
    return uses


# --- the calendar, many dates at once -------------------------------------------------------


def birthday_day(born: Ints, years: Ints) -> Ints:
    """The day (since 1970) of a birthday; 29 February falls on 1 March in other years."""
    month, into_month = _month_and_day(born)
    return np.asarray(_first_of(month + MONTHS_PER_YEAR * years) + into_month)


def latest_birth(day: Ints, years: Ints) -> Ints:
    """The last date of birth (day since 1970) of those aged ``years`` or more on ``day``."""
    month, into_month = _month_and_day(day)
    then = month - MONTHS_PER_YEAR * years
    return np.asarray(np.minimum(_first_of(then) + into_month, _first_of(then + 1) - 1))


def _month_and_day(day: Ints) -> tuple[Ints, Ints]:
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return month, day - _first_of(month)


def _first_of(month: Ints) -> Ints:
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def born_of_age(age_days: Floats, day: Ints, youngest: Ints, below: Ints) -> Ints:
    """Dates of birth for ages on given days (since 1970), kept within whole years of age.

    The age asked for gives way by a day or two where the calendar says that the child is not
    yet ``youngest``, or is already ``below``, years old.
    """
    wanted = day - np.floor(age_days).astype(np.int64)
    return np.clip(wanted, latest_birth(day, below) + 1, latest_birth(day, youngest))


# --- in care at the start -------------------------------------------------------------------


def _in_care_at_start(cohort: StartingCohort, start_day: int, draws: Draws) -> Children:
    """The starting cohort, its ages and times served drawn from the profile of each child."""
    n = len(cohort.age_group)
    cell_draw, age_draw, care_draw, placement_draw, exits = _personal(draws, COHORT_PURPOSE, n)
    cell = _cells(cohort, cell_draw)
    age_days = cohort.cell_age_days[cell] + age_draw * cohort.cell_width_days
    group = np.asarray(cohort.age_group, dtype=np.int64)
    today = np.full(n, start_day, dtype=np.int64)
    born_day = born_of_age(age_days, today, *_years_of_age(group)) - start_day
    care_days = cohort.cell_care_days[cell] + care_draw * cohort.cell_width_days
    care_days = np.clip(care_days, 0.0, -born_day)
    return Children(
        stream=np.full(n, COHORT_STREAM, dtype=np.int64),
        number=np.arange(n),
        uasc=group == UASC_ROW,
        born_day=born_day,
        entered=to_ticks(-care_days),
        placed=to_ticks(-_placement_days(cohort, care_days, placement_draw)),
        need=np.asarray(cohort.need, dtype=np.int64),
        sector=np.asarray(cohort.sector, dtype=np.int64),
        exits=exits,
        purpose=np.full(n, COHORT_PURPOSE, dtype=np.int64),
        row=np.arange(n),
    )


def _cells(cohort: StartingCohort, uniforms: Floats) -> Ints:
    cells = np.zeros(len(uniforms), dtype=np.int64)
    for profile in np.unique(cohort.profile):
        own = cohort.profile == profile
        cdf = cohort.cell_cdf[profile]
        cells[own] = np.searchsorted(cdf, uniforms[own] * cdf[-1], side="right")
    return cells


def _placement_days(cohort: StartingCohort, care_days: Floats, uniforms: Floats) -> Floats:
    """Time in the present placement: the sector's distribution, cut off at the time in care."""
    days = np.zeros(len(care_days))
    for sector in np.unique(cohort.sector):
        own = cohort.sector == sector
        cdf = cohort.placement_cdf[sector]
        reachable = np.interp(care_days[own], cohort.placement_days, cdf)
        days[own] = inverse(uniforms[own] * reachable, cohort.placement_days, cdf)
    return np.minimum(days, care_days)


# --- entering care --------------------------------------------------------------------------


def _entering(world: World, stream: int, start_day: int, draws: Draws) -> list[Children]:
    """Everyone who enters in one stream: the index children, then siblings by position."""
    entries = world.entries
    purpose = index_child_purpose(stream)
    times = _group_times(entries, stream, world.horizon_days, draws)
    n = len(times)
    if n == 0:
        return []
    _, size_draw, age_draw, need_draw, exits = _personal(draws, purpose, n)
    size = 1 + np.searchsorted(_cumulative(entries.group_size_probability), size_draw, "right")
    own_group = np.full(n, stream, dtype=np.int64)
    here = np.arange(n)
    found = [
        _entrants(entries, stream, 0, here, times, own_group, age_draw, need_draw, exits, start_day)
    ]
    if stream == UASC_ROW:
        return found
    for position in range(1, int(size.max())):
        here = np.flatnonzero(size > position)
        _same, band, age_draw, need_draw, exits = (
            column[here] for column in _personal(draws, sibling_purpose(stream, position), n)
        )
        others = np.searchsorted(_cumulative(entries.band_share), band, "right")
        group = np.where(_same < entries.sibling_same_band_share, stream, others)
        found.append(
            _entrants(
                entries, stream, position, here, times, group, age_draw, need_draw, exits, start_day
            )
        )
    return found


def _entrants(
    entries: Entries,
    stream: int,
    position: int,
    group_number: Ints,
    times: Floats,
    age_group: Ints,
    age_draw: Floats,
    need_draw: Floats,
    exits: Floats,
    start_day: int,
) -> Children:
    """The children at one position of a stream's groups (0 the index child)."""
    n = len(group_number)
    entered = times[group_number]
    today = np.ceil(entered).astype(np.int64) + start_day
    age_days, need = np.empty(n), np.empty(n, dtype=np.int64)
    for group in np.unique(age_group):
        own = age_group == group
        quantiles = entries.age_quantiles_days[group]
        age_days[own] = np.interp(age_draw[own], np.linspace(0, 1, len(quantiles)), quantiles)
        need[own] = np.searchsorted(_cumulative(entries.first_need[group]), need_draw[own], "right")
    purpose = sibling_purpose(stream, position) if position else index_child_purpose(stream)
    return Children(
        stream=np.full(n, stream, dtype=np.int64),
        number=group_number * GROUP_SLOTS + position,
        uasc=np.full(n, stream == UASC_ROW),
        # The day after entry is still before the 18th birthday, or nobody would be in care.
        born_day=born_of_age(age_days, today, *_years_of_age(age_group)) - start_day,
        entered=entered,
        placed=entered,
        need=need,
        sector=np.full(n, -1, dtype=np.int64),
        exits=exits,
        purpose=np.full(n, purpose, dtype=np.int64),
        row=group_number,
    )


def _group_times(entries: Entries, stream: int, horizon_days: int, draws: Draws) -> Floats:
    """When the groups of a stream come: the cumulative intensity inverted at unit arrivals."""
    starts = np.append(entries.calendar_starts_days, horizon_days)
    rates = entries.group_rate_per_day[stream]
    lengths = np.diff(np.minimum(starts, horizon_days))
    intensity = np.concatenate([[0.0], np.cumsum(rates * lengths)])
    total = float(intensity[-1])
    if total <= 0.0:
        return np.empty(0)
    rows = int(total + 6 * np.sqrt(total)) + 8
    while True:
        gaps = exponentials(_personal(draws, index_child_purpose(stream), rows)[0])
        arrivals = np.cumsum(gaps)
        if arrivals[-1] > total:
            break
        rows *= 2
    times = inverse(arrivals[arrivals <= total], np.minimum(starts, horizon_days), intensity)
    return np.maximum(to_ticks(times), TICK)


# --- small change ---------------------------------------------------------------------------


def _personal(
    draws: Draws, purpose: int, rows: int
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Four uniforms that settle a child's circumstances, then its exit exponentials (n, 5)."""
    numbers = draws.uniforms(purpose, _PERSONAL_BLOCK, rows, _CIRCUMSTANCES + N_EXIT_CAUSES)
    first, second, third, fourth = numbers[:, :_CIRCUMSTANCES].T
    return first, second, third, fourth, exponentials(numbers[:, _CIRCUMSTANCES:])


def _years_of_age(age_group: Ints) -> tuple[Ints, Ints]:
    """The youngest age in whole years of an age group, and the age above its oldest."""
    uasc = age_group == UASC_ROW
    band = np.where(uasc, 0, age_group)
    youngest = np.where(uasc, _ANY_AGE[0], _BAND_EDGES_YEARS[band])
    below = np.where(uasc, _ANY_AGE[1], _BAND_EDGES_YEARS[band + 1])
    return youngest, below


def _cumulative(probability: Floats) -> Floats:
    """Inner edges of the unit interval: searching them can never pass the last category."""
    cumulative: Floats = np.cumsum(probability)
    return np.asarray(cumulative[:-1] / cumulative[-1])


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


def _together(groups: list[Children]) -> Children:
    return Children(
        **{
            name: np.concatenate([getattr(group, name) for group in groups])
            for name in Children.__dataclass_fields__
        }
    )


def _chosen(children: Children, order: Ints) -> Children:
    return replace(
        children,
        **{name: getattr(children, name)[order] for name in Children.__dataclass_fields__},
    )
