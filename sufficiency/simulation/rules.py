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
START_OF_BANDS = (0, 0, 0, 0)


class Risks(NamedTuple):
    """The hazards of a world, as `sufficiency.simulation.world.Hazards` describes them."""

    by_care: Floats
    """(S, A, B, C): what of the rates a day depends on time in care, else 0."""
    by_placement: Floats
    """(S, A, B, C): what of them depends on time in the placement, else 0."""
    care_starts: Floats
    placement_starts: Floats
    need_factor: Floats
    """(N, C)."""
    calendar_starts: Floats
    calendar_factor: Floats
    """(G, A, K, C): by group of sector and need."""
    calendar_group: Ints
    """(S, N): the group of children in a sector with a need."""
    rates: Floats
    """(C,): the rates of one stretch of time, set by `set_rates` whenever they are needed."""


@compiled
def tick_up(time: float) -> float:
    """The first multiple of a tick that is not before ``time``."""
    return math.ceil(time * TICKS_PER_DAY) * TICK


@step
def band_at(starts: Floats, origin: float, time: float, band: int) -> int:
    """The band at ``time``, from one before it on; bands start so long after ``origin``."""
    while band + 1 < starts.size and origin + starts[band + 1] <= time:
        band += 1
    return band


@step
def band_end(starts: Floats, origin: float, band: int) -> float:
    """When a band gives way to the next; infinity for the last."""
    if band + 1 < starts.size:
        return float(origin + starts[band + 1])
    return math.inf


@step
def stretch(
    time: float,
    entered: float,
    placed: float,
    birthdays: Floats,
    risks: Risks,
    bands: tuple[int, int, int, int],
) -> tuple[tuple[int, int, int, int], float]:
    """The bands of care, placement, age and calendar at ``time``, and when the first ends.

    Within a stretch every hazard is constant. ``birthdays`` are when the age bands begin (the
    first long ago) and then the 18th birthday, shape (6,); ``bands`` those at an earlier time.
    """
    care = band_at(risks.care_starts, entered, time, bands[0])
    placement = band_at(risks.placement_starts, placed, time, bands[1])
    age = band_at(birthdays, 0.0, time, bands[2])
    period = band_at(risks.calendar_starts, 0.0, time, bands[3])
    end = min(
        band_end(risks.care_starts, entered, care),
        band_end(risks.placement_starts, placed, placement),
        band_end(birthdays, 0.0, age),
        band_end(risks.calendar_starts, 0.0, period),
    )
    return (care, placement, age, period), end


@step
def set_rates(
    sector: int, need: int, uasc: bool, bands: tuple[int, int, int, int], risks: Risks
) -> None:
    """Set ``risks.rates`` (C,) to the hazards a day within a stretch, in place."""
    care, placement, age, period = bands
    row = UASC_ROW if uasc else min(age, OVER_16)
    by_care, by_placement = risks.by_care[sector, row, care], risks.by_placement[sector, row]
    group = risks.calendar_group[sector, need]
    of_need, of_period = risks.need_factor[need], risks.calendar_factor[group, row, period]
    for cause in range(N_CAUSES):
        table = by_care[cause] + by_placement[placement, cause]
        risks.rates[cause] = table * of_need[cause] * of_period[cause]


@step
def keep_to_plan(time: float, end: float, planned: float, risks: Risks) -> float:
    """Until the day of a plan its probability stands in for the hazards of leaving.

    They are set to 0 in place, and the stretch that begins at ``time`` ends with the plan at the
    latest. ``planned`` is 0 without one. Moves go on.
    """
    if time >= planned:
        return end
    for cause in range(N_EXIT_CAUSES):
        risks.rates[cause] = 0.0
    return min(end, planned)


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
    time, bands, due, first = now, START_OF_BANDS, math.inf, ENDED_OPEN
    while time < until and first == ENDED_OPEN:
        bands, end = stretch(time, entered, placed, birthdays, risks, bands)
        end = min(end, until)
        set_rates(sector, need, uasc, bands, risks)
        end = keep_to_plan(time, end, planned, risks)
        if ends_within(end - time, after, risks):
            due, first = first_spent(time, end, now, after, risks)
            end = due
        pass_time(end - time, after, risks)
        time = end
    if leaves_as_planned and due >= planned:
        return float(planned), planned_cause
    if adult <= horizon and (first == ENDED_OPEN or first >= N_EXIT_CAUSES) and due >= adult:
        return float(adult), ENDED_TURNED_18
    if first >= N_EXIT_CAUSES:
        first += ENDED_MOVED - N_EXIT_CAUSES
    return due, first


@step
def ends_within(days: float, left: Floats, risks: Risks) -> bool:
    """Whether any exponential is spent within so many days at the present rates."""
    ends = False
    for cause in range(N_CAUSES):
        ends |= left[cause] < risks.rates[cause] * days
    return ends


@step
def first_spent(
    time: float, end: float, now: float, left: Floats, risks: Risks
) -> tuple[float, int]:
    """When the first exponential is spent at the present rates between two times, and whose.

    Nothing ends at the instant ``now`` when the spell began, or a later rule would come too
    early.
    """
    due, first = math.inf, ENDED_OPEN
    for cause in range(N_CAUSES):
        rate = risks.rates[cause]
        if left[cause] < rate * (end - time):
            spent = max(tick_up(time + left[cause] / rate), now + TICK)
            if spent < due:
                due, first = spent, cause
    return due, first


@step
def pass_time(days: float, left: Floats, risks: Risks) -> None:
    """Take from ``left`` (C,) in place what so many days at the present rates spend."""
    for cause in range(N_CAUSES):
        left[cause] = max(0.0, left[cause] - risks.rates[cause] * days)


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
    time, bands = start, START_OF_BANDS
    while time < stop:
        bands, end = stretch(time, entered, placed, birthdays, risks, bands)
        end = min(end, stop)
        set_rates(sector, need, uasc, bands, risks)
        end = keep_to_plan(time, end, planned, risks)
        pass_time(end - time, left, risks)
        time = end


@compiled
def carry_over(left: Floats, after: Floats) -> None:
    """A spell ended as foreseen: in place, ``left`` (C,) becomes what was to be left ``after``."""
    for cause in range(N_CAUSES):
        left[cause] = after[cause]


@compiled
def start_move_clocks(left: Floats, numbers: Numbers, first: int) -> None:
    """Give a placement its own exponentials for moves, in place; exits keep what is left.

    They are made of the ``numbers`` from the ``first`` on.
    """
    for move in range(N_CAUSES - N_EXIT_CAUSES):
        left[N_EXIT_CAUSES + move] = exponential(numbers[first + move])


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
