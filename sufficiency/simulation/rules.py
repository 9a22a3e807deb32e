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
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.draws import Numbers, exponential
from sufficiency.simulation.record import ENDED_MOVED, ENDED_OPEN, ENDED_TURNED_18
from sufficiency.simulation.world import Floats, Ints

ADULT = 5
"""Position of the 18th birthday among the `birthdays` of a child (see `band_at`)."""
OVER_16 = 4
N_CAUSES = len(CAUSES)


class Risks(NamedTuple):
    """The hazards of a world, as `sufficiency.simulation.world.Hazards` describes them.

    A hazard a day is what of it depends on time in care plus what depends on time in the
    placement (one of them is 0), times ``factor``.
    """

    by_care: Floats
    """(S, A, B, C)."""
    by_placement: Floats
    """(S, A, B, C)."""
    care_starts: Floats
    placement_starts: Floats
    calendar_starts: Floats
    factor: Floats
    """(G, N, A, K, C): by group of sector and need, and by need; of periods in which it is the
    same, the first alone is a period."""
    group: Ints
    """(S, N): the group of children in a sector with a need."""


class Who(NamedTuple):
    """Whose hazards a child lives by."""

    sector: int
    need: int
    uasc: bool


class Bands(NamedTuple):
    """The bands of care, placement, age and calendar at a time."""

    care: int
    placement: int
    age: int
    period: int
    plan: bool
    """Before the day of a plan for leaving care, whose probability stands in for the hazards of
    leaving; moves go on."""


AT_FIRST = Bands(0, 0, 0, 0, False)
"""Before any band was looked for."""


class Rates(NamedTuple):
    """Where in `Risks` the hazards of a stretch are, (C,) each."""

    by_care: Floats
    by_placement: Floats
    factor: Floats
    plan: bool


@compiled
def tick_up(time: float) -> float:
    """The first multiple of a tick that is not before ``time``."""
    return math.ceil(time * TICKS_PER_DAY) * TICK


@step
def band_at(starts: Floats, origin: float, time: float, band: int) -> tuple[int, float]:
    """The band at ``time``, from one before it on, and when it gives way to the next.

    Bands start so long after ``origin``; the last one ends at infinity.
    """
    while band + 1 < starts.size:
        end = origin + starts[band + 1]
        if end > time:
            return band, end
        band += 1
    return band, math.inf


@step
def stretch(
    time: float,
    entered: float,
    placed: float,
    birthdays: Floats,
    planned: float,
    risks: Risks,
    bands: Bands,
) -> tuple[Bands, float]:
    """The bands at ``time``, and when the first of them ends.

    Within a stretch every hazard is constant. ``birthdays`` are when the age bands begin (the
    first long ago) and then the 18th birthday, shape (6,); ``planned`` the day of a plan for
    leaving care, or 0; ``bands`` those at an earlier time.
    """
    care, care_end = band_at(risks.care_starts, entered, time, bands.care)
    placement, placement_end = band_at(risks.placement_starts, placed, time, bands.placement)
    age, age_end = band_at(birthdays, 0.0, time, bands.age)
    period, period_end = band_at(risks.calendar_starts, 0.0, time, bands.period)
    end = min(min(care_end, placement_end), min(age_end, period_end))
    if time < planned:
        return Bands(care, placement, age, period, True), min(end, planned)
    return Bands(care, placement, age, period, False), end


@step
def rates_of(who: Who, bands: Bands, risks: Risks) -> Rates:
    """The rates a day of all causes within a stretch."""
    row = UASC_ROW if who.uasc else min(bands.age, OVER_16)
    group = risks.group[who.sector, who.need]
    return Rates(
        risks.by_care[who.sector, row, bands.care],
        risks.by_placement[who.sector, row, bands.placement],
        risks.factor[group, who.need, row, bands.period],
        bands.plan,
    )


@step
def hazard(cause: int, rates: Rates) -> float:
    """The rate a day of a cause within a stretch."""
    if rates.plan and cause < N_EXIT_CAUSES:
        return 0.0
    return float((rates.by_care[cause] + rates.by_placement[cause]) * rates.factor[cause])


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

    Each cause's exponential ``left`` (C,) is spent along its own hazard; the first to be spent
    wins. Equal times: exits in listed order, turning 18, then moves. Infinity never ends.
    A child with a plan for leaving care leaves when ``planned`` for ``planned_cause``, or, where
    that is below 0, by its hazards from then on.
    ``after`` (C,) is set in place to what will be left of each when that ending comes.
    """
    adult = birthdays[ADULT]
    until = min(adult, horizon)
    leaves_as_planned = planned_cause >= 0 and planned <= until
    if leaves_as_planned:
        until = planned
    for cause in range(N_CAUSES):
        after[cause] = left[cause]
    who, time, bands, due, first = Who(sector, need, uasc), now, AT_FIRST, math.inf, ENDED_OPEN
    while time < until and first == ENDED_OPEN:
        bands, end = stretch(time, entered, placed, birthdays, planned, risks, bands)
        end, rates = min(end, until), rates_of(who, bands, risks)
        if ends_within(end - time, after, rates):
            due, first = first_spent(time, end, now, after, rates)
            end = due
        pass_time(end - time, after, rates)
        time = end
    if leaves_as_planned and due >= planned:
        return float(planned), planned_cause
    if adult <= horizon and (first == ENDED_OPEN or first >= N_EXIT_CAUSES) and due >= adult:
        return float(adult), ENDED_TURNED_18
    if first >= N_EXIT_CAUSES:
        first += ENDED_MOVED - N_EXIT_CAUSES
    return due, first


@step
def ends_within(days: float, left: Floats, rates: Rates) -> bool:
    """Whether any exponential is spent within so many days of a stretch."""
    ends = False
    for cause in range(N_CAUSES):
        ends |= left[cause] < hazard(cause, rates) * days
    return ends


@step
def first_spent(
    time: float,
    end: float,
    now: float,
    left: Floats,
    rates: Rates,
) -> tuple[float, int]:
    """When the first exponential is spent in a stretch between two times, and whose.

    Nothing ends at the instant ``now`` when the spell began, or a later rule would come too
    early.
    """
    due, first = math.inf, ENDED_OPEN
    for cause in range(N_CAUSES):
        rate = hazard(cause, rates)
        if left[cause] < rate * (end - time):
            spent = max(tick_up(time + left[cause] / rate), now + TICK)
            if spent < due:
                due, first = spent, cause
    return due, first


@step
def pass_time(days: float, left: Floats, rates: Rates) -> None:
    """Take from ``left`` (C,) in place what so many days of a stretch spend."""
    for cause in range(N_CAUSES):
        left[cause] = max(0.0, left[cause] - hazard(cause, rates) * days)


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
    """Take from ``left`` (C,) in place what its hazards spent between two times.

    Those of leaving spend nothing until the day ``planned`` for it.
    """
    who, time, bands = Who(sector, need, uasc), start, AT_FIRST
    while time < stop:
        bands, end = stretch(time, entered, placed, birthdays, planned, risks, bands)
        end, rates = min(end, stop), rates_of(who, bands, risks)
        pass_time(end - time, left, rates)
        time = end


@compiled
def carry_over(left: Floats, after: Floats) -> None:
    """A spell ended as foreseen: in place, ``left`` (C,) becomes what was to be left ``after``."""
    for cause in range(N_CAUSES):
        left[cause] = after[cause]


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
