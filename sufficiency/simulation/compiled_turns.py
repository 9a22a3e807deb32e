"""From one spell of a life to the next, as the compiled loop takes it.

Part of `sufficiency.simulation.compiled_model`: a moment of the loop says what becomes of which
child (a `Turn`), and `take_turn` does it. The end of a spell and the beginning of the next take
long to compile, so they are in one place.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.simulation import allocation
from sufficiency.simulation.agenda import NOBODYS, put
from sufficiency.simulation.care import NO_RANK, Care
from sufficiency.simulation.compiled import step
from sufficiency.simulation.compiled_spells import (
    await_ending,
    await_settling,
    begin_spell,
    end_spell,
    go_unplaced,
    live_in,
    next_ending,
    spend,
)
from sufficiency.simulation.instant import Order
from sufficiency.simulation.matching import MUST_GO
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
)

TO_BE_FOUND = -2
ENDED_FROM_BEGAN = ENDED_MOVED - BEGAN_MOVED
"""A spell ends as the next begins: ``ENDED_PLACE_FOUND`` differs by as much too."""


class Turn(NamedTuple):
    """What becomes of a child now: its next spell, and how that is arranged to end."""

    child: int
    began: int
    need: int
    pool: int
    """Or `allocation.NO_POOL`, or `TO_BE_FOUND` once the present place is given up."""
    until: float
    reason: int
    need_then: int


@step
def nobody() -> Turn:
    """Nothing becomes of anybody."""
    return Turn(allocation.NOBODY, 0, 0, allocation.NO_POOL, math.inf, 0, 0)


@step
def unarranged(child: int, began: int, need: int, pool: int) -> Turn:
    """A spell that ends as its hazards say."""
    return Turn(child, began, need, pool, math.inf, 0, 0)


@step
def take_turn(turn: Turn, care: Care) -> None:
    """End the present spell of a child, if any, and begin the next."""
    child, pool, now = turn.child, turn.pool, care.tally[0].now
    if turn.began >= BEGAN_PLACE_FOUND:
        depart(child, turn.began + ENDED_FROM_BEGAN, now, care)
    care.seekers.need[child] = turn.need
    if pool == TO_BE_FOUND:
        pool = allocation.choose_pool(
            child, turn.need, allocation.ALONE, now, care.seekers, care.supply
        )
        if pool != allocation.NO_POOL:
            allocation.take_place(care.supply, pool)
    if pool == allocation.NO_POOL:
        go_unplaced(child, now, care)
    else:
        live_in(child, pool, care)
        if turn.began != BEGAN_AT_START:
            care.seekers.placed[child] = now
    begin_spell(child, turn.began, now, care)
    life = care.lives[child]
    life.until, life.until_reason, life.need_then = turn.until, turn.reason, turn.need_then
    next_ending(child, now, care)
    await_ending(child, care)
    await_settling(child, now, care)


@step
def depart(child: int, ended: int, now: float, care: Care) -> None:
    """Spend what the spell spent of the exponentials, end it and give up the place, if any."""
    life, seekers = care.lives[child], care.seekers
    if life.due == now and seekers.called[child] != MUST_GO:
        life.row = 1 - life.row
    else:
        spend(child, now, care)
    end_spell(child, ended, now, care)
    pool, seekers.called[child] = seekers.pool[child], 0
    if pool == allocation.NO_POOL:
        return
    allocation.give_up_place(care.supply, pool)
    allocation.bar_place(seekers, child, pool, ended - ENDED_MOVED, care.supply)
    care.tally[0].offering = 1
    move_back_soon(now, care)


@step
def move_back_soon(now: float, care: Care) -> None:
    """Move children back in this instant, once all have moved who move in it."""
    tally = care.tally[0]
    if tally.settled and tally.moves_back_due != now:
        tally.moves_back_due = now
        put(care.agenda, now, Order.CHILDREN_MOVE_BACK.value, NO_RANK, NOBODYS)
