"""The rules of a life in care, pure functions on scalars and arrays, written once for two clocks.

Which risk is spent first, when a stay ends and why, what need a move reveals. Those of places are
in `sufficiency.simulation.allocation`. Nothing here knows about an event loop: the SimPy model
calls these rules, and so does its compiled twin.

Times are days where they are not said to be ticks; codes are positions in the tuples of
`sufficiency.domain`, endings are the ``ENDED_`` codes of `sufficiency.simulation.record`.
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
    lowest_bit,
    row_at,
    set_row,
    times,
    without_exits,
)
from sufficiency.simulation.world import Floats, Ints

ADULT = 5
"""Position of the 18th birthday among the `birthdays` of a child."""
OVER_16 = 4
N_CAUSES = len(CAUSES)
NEVER_TICKS = 2**61
"""Ticks: more than ever pass, and few enough that others can be added."""
MOST_DAYS = NEVER_TICKS / TICKS_PER_DAY


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
    care_starts: Ints
    """(B + 1,): ticks; the last is `NEVER_TICKS`, as of the two that follow."""
    placement_starts: Ints
    calendar_starts: Ints
    factor: Floats
    """(G, N, A, K, `WIDTH`): by group of sector and need, and by need; of periods in which it is
    the same, the first alone is a period."""
    group: Ints
    """(S, N): the group of children in a sector with a need."""


class Who(NamedTuple):
    """Whose hazards a child lives by; times are ticks."""

    sector: int
    need: int
    uasc: bool
    entered: int
    placed: int
    planned: int
    """When a plan is to leave care, or 0."""


@compiled
def tick_up(time: float) -> float:
    """The first multiple of a tick that is not before ``time``."""
    return math.ceil(time * TICKS_PER_DAY) * TICK


@step
def in_ticks(time: float) -> int:
    """Whole ticks, for a `time` that is a multiple of one or infinite."""
    return int(min(time * TICKS_PER_DAY, NEVER_TICKS))


@step
def band_at(starts: Ints, origin: int, time: int) -> int:
    """The band at ``time``; bands start so long after ``origin``, the one after the last never."""
    band = 0
    # All are counted, rising as they are: where a search would end cannot be foreseen.
    for later in range(1, starts.size):
        band += int(origin + starts[later] <= time)
    return band


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
    who = Who(sector, need, uasc, in_ticks(entered), in_ticks(placed), in_ticks(planned))
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
    probability stands in for the hazards of leaving; moves go on. ``until`` is not after the 18th
    birthday.
    """
    time, last, left = in_ticks(now), in_ticks(until), at_first
    due, first, care, placement, age, period = math.inf, ENDED_OPEN, 0, 0, 0, 0
    if time < last:
        care = band_at(risks.care_starts, who.entered, time)
        if who.placed < time:
            placement = band_at(risks.placement_starts, who.placed, time)
        for later in range(1, ADULT):
            age += int(birthdays[later] <= now)
        while risks.calendar_starts[period + 1] <= time:
            period += 1
    group = risks.group[who.sector, who.need]
    # Of ages and plans few change on the way: in between, only three clocks are looked at.
    while time < last and first == ENDED_OPEN:
        row, waits = UASC_ROW if who.uasc else age, time < who.planned
        limit = min(last, in_ticks(birthdays[age + 1]))
        if waits:
            limit = min(limit, who.planned)
        by_care, by_placement = risks.by_care[who.sector, row], risks.by_placement[who.sector, row]
        factor = risks.factor[group, who.need, row]
        while time < limit:
            # Whole numbers are compared and added soonest, and all that follows waits for them.
            care_ends = who.entered + risks.care_starts[care + 1]
            placement_ends = who.placed + risks.placement_starts[placement + 1]
            period_ends = risks.calendar_starts[period + 1]
            end = min(min(care_ends, placement_ends), min(period_ends, limit))
            hazards = row_at(by_care[care]) + row_at(by_placement[placement])
            hazards = hazards * row_at(factor[period])
            if waits:
                hazards = without_exits(hazards)
            then = left - times(hazards, (end - time) * TICK)
            spent = below_zero(then)
            if spent != 0 and may_end:
                due, first = first_spent(time * TICK, now, left, spent, hazards)
                left = left - times(hazards, due - time * TICK)
                break
            time, left = end, then
            care += int(care_ends <= time)
            placement += int(placement_ends <= time)
            period += int(period_ends <= time)
        age += int(in_ticks(birthdays[age + 1]) <= time)
    return due, first, at_least_zero(left)


@step
def first_spent(time: float, now: float, left: Row, spent: int, hazards: Row) -> tuple[float, int]:
    """When the first exponential is spent in a stretch that begins at a time, and whose.

    Those ``spent`` by its end are one bit each. Nothing ends at the instant ``now`` when the spell
    began, or a later rule would come too early.
    """
    due, first = math.inf, ENDED_OPEN
    while spent != 0:
        cause = lowest_bit(spent)
        spent &= spent - 1
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

    Those of leaving spend nothing until the day ``planned`` for it. ``stop`` is not after the 18th
    birthday.
    """
    who = Who(sector, need, uasc, in_ticks(entered), in_ticks(placed), in_ticks(planned))
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
    above, last, cumulative = 0, need, 0.0
    # All are counted: where a search would end cannot be foreseen.
    for group in range(row.size):
        cumulative += row[group]
        above += int(cumulative <= uniform)
        last = group if row[group] > 0.0 else last
    return min(above, last)
