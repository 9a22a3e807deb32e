"""The rules of a life in care, pure functions on scalars and arrays, written once for two clocks.

Which risk is spent first, when a stay ends and why, what need a move reveals. Those of places are
in `sufficiency.simulation.allocation`. Nothing here knows about an event loop: the SimPy model
calls these rules, and so does its compiled twin.

Times are days; codes are positions in the tuples of `sufficiency.domain`, endings are the
``ENDED_`` codes of `sufficiency.simulation.record`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.domain import (
    CAUSES,
    N_EXIT_CAUSES,
    TICK,
    TICKS_PER_DAY,
    UASC_ROW,
)
from sufficiency.simulation.compiled import by_reference, compiled, step
from sufficiency.simulation.draws import Numbers, exponential
from sufficiency.simulation.record import ENDED_MOVED, ENDED_OPEN, ENDED_TURNED_18
from sufficiency.simulation.side_by_side import (
    WIDTH,
    Row,
    at_least_zero,
    below_zero,
    row_at,
    set_row,
    times,
    without_exits,
)
from sufficiency.simulation.world import Floats, Ints

ADULT = 5
"""Position of the 18th birthday among the `birthdays` of a child (see `band_at`)."""
OVER_16 = 4
N_CAUSES = len(CAUSES)


@by_reference
class Risks(NamedTuple):
    """The hazards of a world, as `sufficiency.simulation.world.Hazards` describes them.

    A hazard a day is what of it depends on time in care plus what depends on time in the
    placement (one of them is 0), times ``factor``.
    """

    by_care: Floats
    """(S, A, B, `WIDTH`): causes side by side."""
    by_placement: Floats
    """(S, A, B, `WIDTH`)."""
    care_starts: Floats
    """(B + 1,): the last is infinite, as of the two that follow."""
    placement_starts: Floats
    calendar_starts: Floats
    factor: Floats
    """(G, N, A, K, `WIDTH`): by group of sector and need, and by need; of periods in which it is
    the same, the first alone is a period."""
    group: Ints
    """(S, N): the group of children in a sector with a need."""


class Who(NamedTuple):
    """Whose hazards a child lives by."""

    sector: int
    need: int
    uasc: bool
    entered: float
    placed: float
    planned: float
    """The day of a plan for leaving care, or 0."""


class Bands(NamedTuple):
    """The bands of care, placement, age and calendar at a time."""

    care: int
    placement: int
    age: int
    period: int


FIRST_BANDS = Bands(0, 0, 0, 0)
"""Of a spell in which no time passes."""


class Ends(NamedTuple):
    """When each of the bands gives way to the next."""

    care: float
    placement: float
    age: float
    period: float


@compiled
def tick_up(time: float) -> float:
    """The first multiple of a tick that is not before ``time``."""
    return math.ceil(time * TICKS_PER_DAY) * TICK


@step
def band_at(starts: Floats, origin: float, time: float) -> int:
    """The band at ``time``; bands start so long after ``origin``, the one after the last never."""
    band = 0
    # All are counted, rising as they are: where a search would end cannot be foreseen.
    for later in range(1, starts.size):
        band += int(origin + starts[later] <= time)
    return band


@step
def bands_at(time: float, who: Who, birthdays: Floats, risks: Risks) -> Bands:
    """The bands at a time before the 18th birthday."""
    return Bands(
        band_at(risks.care_starts, who.entered, time),
        band_at(risks.placement_starts, who.placed, time),
        band_at(birthdays, 0.0, time),
        band_at(risks.calendar_starts, 0.0, time),
    )


@step
def ends_of(bands: Bands, who: Who, birthdays: Floats, risks: Risks) -> Ends:
    """When the bands end: until the first of these times every hazard is constant."""
    return Ends(
        who.entered + risks.care_starts[bands.care + 1],
        who.placed + risks.placement_starts[bands.placement + 1],
        birthdays[bands.age + 1],
        risks.calendar_starts[bands.period + 1],
    )


@step
def bands_after(time: float, bands: Bands, ends: Ends) -> Bands:
    """The bands at a time that is at most the first of their ends."""
    return Bands(
        bands.care + int(ends.care <= time),
        bands.placement + int(ends.placement <= time),
        bands.age + int(ends.age <= time),
        bands.period + int(ends.period <= time),
    )


@step
def hazards_of(who: Who, bands: Bands, risks: Risks) -> Row:
    """The rates a day of all causes within a stretch."""
    row = UASC_ROW if who.uasc else min(bands.age, OVER_16)
    group = risks.group[who.sector, who.need]
    by_care = row_at(risks.by_care[who.sector, row, bands.care])
    by_placement = row_at(risks.by_placement[who.sector, row, bands.placement])
    return (by_care + by_placement) * row_at(risks.factor[group, who.need, row, bands.period])


@compiled
def next_ending(
    now: float,
    horizon: float,
    sector: int,
    need: int,
    uasc: bool,
    entered: float,
    placed: float,
    birthdays: Floats,
    planned: float,
    planned_cause: int,
    left: Floats,
    after: Floats,
    risks: Risks,
) -> tuple[float, int]:
    """When and why the present spell ends if nothing intervenes; `ENDED_OPEN` if not by then.

    Each cause's exponential ``left`` (`WIDTH`,) is spent along its own hazard; the first to be
    spent wins. Equal times: exits in listed order, turning 18, then moves. Infinity never ends.
    A child with a plan for leaving care leaves when ``planned`` for ``planned_cause``, or, where
    that is below 0, by its hazards from then on.
    ``after`` (`WIDTH`,) is set in place to what will be left of each when that ending comes.
    """
    adult = birthdays[ADULT]
    until = min(adult, horizon)
    leaves_as_planned = planned_cause >= 0 and planned <= until
    if leaves_as_planned:
        until = planned
    who = Who(sector, need, uasc, entered, placed, planned)
    due, first, remains = walk(now, until, True, who, birthdays, row_at(left), risks)
    set_row(after, remains)
    if leaves_as_planned and due >= planned:
        return float(planned), planned_cause
    if adult <= horizon and (first == ENDED_OPEN or first >= N_EXIT_CAUSES) and due >= adult:
        return float(adult), ENDED_TURNED_18
    if first >= N_EXIT_CAUSES:
        first += ENDED_MOVED - N_EXIT_CAUSES
    return due, first


@step
def walk(
    now: float,
    until: float,
    may_end: bool,
    who: Who,
    birthdays: Floats,
    at_first: Row,
    risks: Risks,
) -> tuple[float, int, Row]:
    """Spend exponentials from ``now`` on until a time, or until the first is spent.

    When that is, whose, and what is then left. Until the day of a plan for leaving care, its
    probability stands in for the hazards of leaving; moves go on.
    """
    left, waits = at_first, now < who.planned
    time, due, first, bands = now, math.inf, ENDED_OPEN, FIRST_BANDS
    if now < until:
        bands = bands_at(now, who, birthdays, risks)
    while time < until and first == ENDED_OPEN:
        ends, hazards = ends_of(bands, who, birthdays, risks), hazards_of(who, bands, risks)
        end = min(min(min(ends.care, ends.placement), min(ends.age, ends.period)), until)
        if waits:
            end, hazards = min(end, who.planned), without_exits(hazards)
        then = left - times(hazards, end - time)
        spent = below_zero(then)
        if spent != 0 and may_end:
            due, first = first_spent(time, now, left, spent, hazards)
            end, then = due, left - times(hazards, due - time)
        time, left = end, then
        bands, waits = bands_after(time, bands, ends), time < who.planned
    return due, first, at_least_zero(left)


@step
def first_spent(time: float, now: float, left: Row, spent: int, hazards: Row) -> tuple[float, int]:
    """When the first exponential is spent in a stretch that begins at a time, and whose.

    Those ``spent`` by its end are one bit each. Nothing ends at the instant ``now`` when the spell
    began, or a later rule would come too early.
    """
    due, first = math.inf, ENDED_OPEN
    for cause in range(N_CAUSES):
        if spent >> cause & 1:
            comes = max(tick_up(time + left[cause] / hazards[cause]), now + TICK)
            if comes < due:
                due, first = comes, cause
    return due, first


@step
def start_exit_clocks(left: Floats, numbers: Numbers) -> None:
    """Give a period of care its own exponentials for exits, in place.

    They are made of the child's own ``numbers`` (5,); what is over in ``left`` (`WIDTH`,) is 0.
    """
    for cause in range(N_EXIT_CAUSES):
        left[cause] = exponential(numbers[cause])
    for over in range(N_EXIT_CAUSES, WIDTH):
        left[over] = 0.0


@compiled
def spend(
    left: Floats,
    start: float,
    stop: float,
    sector: int,
    need: int,
    uasc: bool,
    entered: float,
    placed: float,
    birthdays: Floats,
    planned: float,
    risks: Risks,
) -> None:
    """Take from ``left`` (`WIDTH`,) in place what its hazards spent between two times.

    Those of leaving spend nothing until the day ``planned`` for it.
    """
    who = Who(sector, need, uasc, entered, placed, planned)
    _, _, remains = walk(start, stop, False, who, birthdays, row_at(left), risks)
    set_row(left, remains)


@compiled
def start_move_clocks(left: Floats, numbers: Numbers) -> None:
    """Give a placement its own exponentials for moves, in place; exits keep what is left.

    They are made of the placement's own ``numbers`` (7,).
    """
    for move in range(N_CAUSES - N_EXIT_CAUSES):
        left[N_EXIT_CAUSES + move] = exponential(numbers[move])


@compiled
def stop_move_clocks(left: Floats) -> None:
    """No move while unplaced: in place, the move exponentials become unspendable."""
    for cause in range(N_EXIT_CAUSES, N_CAUSES):
        left[cause] = math.inf


@compiled
def is_over_16(birthdays: Floats, now: float) -> bool:
    """Whether the 16th birthday has come."""
    return bool(birthdays[OVER_16] <= now)


@compiled
def new_need(destination: Floats, reason: int, over_16: bool, need: int, uniform: float) -> int:
    """The need group drawn on a move, by inversion of a row of ``destination`` (M, 2, N, N)."""
    row = destination[reason, int(over_16), need]
    chosen, cumulative = need, 0.0
    for group in range(row.size):
        if row[group] > 0.0:
            chosen = group
            cumulative += row[group]
            if uniform < cumulative:
                break
    return chosen
