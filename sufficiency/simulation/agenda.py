"""What is to come, the soonest first: a binary heap of moments, in arrays that outlive a call.

A moment is a time, its order (`Order` within the instant, then rank within the order) and the
spell that it would end, if any. See the theory in the documentation of Python's `heapq`, whose
lists would have to be built again each time that compiled code is entered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sufficiency.simulation.compiled import step
from sufficiency.simulation.world import Floats, Ints

RANK_BITS = 32


class Agenda(NamedTuple):
    """Room for X moments; the first ``size`` are a heap."""

    time: Floats
    order: Ints
    """`Order` << 32 | rank."""
    spell: Ints
    size: Ints
    """(1,)."""


def empty_agenda(room: int) -> Agenda:
    """An agenda without a moment."""
    return Agenda(
        np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64), np.zeros(1, np.int64)
    )


@step
def put(agenda: Agenda, time: float, order: int, spell: int) -> None:
    """One more moment, in place."""
    at = agenda.size[0]
    agenda.size[0] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if not comes_before(time, order, agenda.time[above], agenda.order[above]):
            break
        lift(agenda, above, at)
        at = above
    agenda.time[at], agenda.order[at], agenda.spell[at] = time, order, spell


@step
def take_soonest(agenda: Agenda) -> None:
    """Drop the first moment, in place."""
    size = agenda.size[0] - 1
    agenda.size[0] = size
    time, order, spell = agenda.time[size], agenda.order[size], agenda.spell[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        other = below + 1
        if other < size and comes_before(
            agenda.time[other], agenda.order[other], agenda.time[below], agenda.order[below]
        ):
            below = other
        if not comes_before(agenda.time[below], agenda.order[below], time, order):
            break
        lift(agenda, below, at)
        at = below
    agenda.time[at], agenda.order[at], agenda.spell[at] = time, order, spell


@step
def comes_before(time: float, order: int, other_time: float, other_order: int) -> bool:
    """Whether one moment comes before another."""
    return time < other_time or (time == other_time and order < other_order)


@step
def lift(agenda: Agenda, origin: int, to: int) -> None:
    """Copy the moment at one position to another."""
    agenda.time[to] = agenda.time[origin]
    agenda.order[to] = agenda.order[origin]
    agenda.spell[to] = agenda.spell[origin]
