"""What is to come, the soonest first: a binary heap of moments, in arrays that outlive a call.

A moment is a time, its order (`Order` within the instant, then rank within the order) and whose it
is: the spell that it would end and the child who lives it, if any. Times are whole ticks, so the
first three make one whole number, and what comes before is what is less. See the theory in the
documentation of Python's `heapq`, whose lists would have to be built again each time that compiled
code is entered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sufficiency.domain import TICK, TICKS_PER_DAY
from sufficiency.simulation.compiled import by_reference, step
from sufficiency.simulation.world import Ints

RANK_BITS = CHILD_BITS = 24
"""For more children than there are in England; the rest leaves room for 89 years."""
NOBODYS = -1
_ORDER_BITS = 4
_ORDERS = (1 << _ORDER_BITS) - 1


@by_reference
class Agenda(NamedTuple):
    """Room for X moments; the first ``size`` are a heap."""

    moment: Ints
    """Ticks, `Order` and rank, from the highest bits to the lowest."""
    whose: Ints
    """The spell, then the child in the lowest bits; `NOBODYS`."""
    size: Ints
    """(1,)."""


def empty_agenda(room: int) -> Agenda:
    """An agenda without a moment."""
    return Agenda(np.empty(room, np.int64), np.empty(room, np.int64), np.zeros(1, np.int64))


@step
def next_time(agenda: Agenda) -> float:
    """When the soonest moment comes."""
    return float((agenda.moment[0] >> (_ORDER_BITS + RANK_BITS)) * TICK)


@step
def next_order(agenda: Agenda) -> int:
    """The `Order` of the soonest moment within its instant."""
    return int(agenda.moment[0] >> RANK_BITS & _ORDERS)


@step
def whose(spell: int, child: int) -> int:
    """A spell and the child who lives it, for a moment of theirs."""
    return spell << CHILD_BITS | child


@step
def spell_of(whose: int) -> int:
    """Which spell that is."""
    return whose >> CHILD_BITS


@step
def child_of(whose: int) -> int:
    """Which child that is."""
    return whose & ((1 << CHILD_BITS) - 1)


@step
def put(agenda: Agenda, time: float, order: int, rank: int, whose: int) -> None:
    """One more moment, in place."""
    moment = ((int(time * TICKS_PER_DAY) << _ORDER_BITS | order) << RANK_BITS) | rank
    at = agenda.size[0]
    agenda.size[0] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if moment >= agenda.moment[above]:
            break
        agenda.moment[at], agenda.whose[at] = agenda.moment[above], agenda.whose[above]
        at = above
    agenda.moment[at], agenda.whose[at] = moment, whose


@step
def take_soonest(agenda: Agenda) -> None:
    """Drop the first moment, in place."""
    size = agenda.size[0] - 1
    agenda.size[0] = size
    moment, whose = agenda.moment[size], agenda.whose[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        # As a number, not a branch: which of the two is sooner cannot be foreseen.
        below += int(below + 1 < size and agenda.moment[below + 1] < agenda.moment[below])
        if agenda.moment[below] >= moment:
            break
        agenda.moment[at], agenda.whose[at] = agenda.moment[below], agenda.whose[below]
        at = below
    agenda.moment[at], agenda.whose[at] = moment, whose
