"""The same story as `sufficiency.simulation.model`, told to a compiler: one loop over an agenda.

Read it beside the SimPy model, which is its definition: the functions have the same names and
do the same things in the same order, so the same draws give the same record, row for row. Every
decision is a rule of `sufficiency.simulation.rules`, `allocation` or `matching`; only the agenda
(a heap of moments to come) and the bookkeeping are here. Functions change the arrays of ``care``
and the agenda in place.

A moment says what becomes of which child (a `Turn`); `sufficiency.simulation.compiled_turns` ends
its spell and begins the next, `compiled_spells` writes them down.
"""

from __future__ import annotations

import math

from sufficiency.simulation import allocation, matching, rules
from sufficiency.simulation.agenda import (
    NOBODYS,
    child_of,
    next_order,
    next_time,
    put,
    spell_of,
    take_soonest,
)
from sufficiency.simulation.care import (
    NEVER,
    NO_RANK,
    NO_SPELL,
    Care,
    care_of,
    record_of,
    with_more_room,
)
from sufficiency.simulation.children import NOT_AT_START, Children
from sufficiency.simulation.compiled import compiled, shared, step
from sufficiency.simulation.compiled_spells import (
    await_change,
    await_ending,
    await_moment,
    await_slot,
    come_in,
    end_spell,
    new_need,
)
from sufficiency.simulation.compiled_turns import (
    TO_BE_FOUND,
    Turn,
    move_back_soon,
    nobody,
    take_turn,
    unarranged,
)
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.instant import Order
from sufficiency.simulation.matching import (
    CARER_ENDS,
    GOES_ANYWAY,
    MUST_GO,
    PLANNED,
    STEPS_DOWN,
)
from sufficiency.simulation.places import no_pool_in, place_nobody
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_TURNED_18,
    Record,
)
from sufficiency.simulation.risks import lay_out
from sufficiency.simulation.world import World

LIVED, SHORT_OF_ROOM, WITHOUT_POOL = range(3)
"""Why the loop stops: at the horizon, on the way for what only Python can make, or at once."""


def run(world: World, children: Children, draws: Draws) -> Record:
    """Everything that happens in one world up to and including its horizon.

    Raises ValueError if a child starts in a sector without a pool.
    """
    return record_of(lived(world, children, draws), world)


def lived(world: World, children: Children, draws: Draws) -> Care:
    """`run`, with what the loop holds at the horizon."""
    care = care_of(world, children, draws)
    while True:
        stopped = live_on(care)
        if stopped == LIVED:
            return care
        if stopped == WITHOUT_POOL:
            raise no_pool_in(int(children.sector[care.tally["entered"][0]]))
        care = with_more_room(care)


# --- what comes next ------------------------------------------------------------------------


@compiled
def live_on(care: Care) -> int:
    """Let everything happen up to the horizon, or until short of something on the way."""
    agenda, tally = care.agenda, care.tally[0]
    if agenda.size[0] == 0:
        begin(care)
    while tally.spells_begun + 1 < care.spells.size:
        if tally.offering:
            next_turn = serve_queue(care)
        elif starts_next(care):
            next_turn = already_in_care(tally.entered, care)
            if next_turn.pool == allocation.NO_POOL:
                return WITHOUT_POOL
            tally.entered += 1
        elif entrant_is_next(care):
            next_turn = enter_care(tally.entered, care)
            tally.entered += 1
        elif next_order(agenda) == Order.HORIZON_PASSES.value:
            return LIVED
        else:
            next_turn = what_happens(care)
        if next_turn.child != allocation.NOBODY:
            take_turn(next_turn, care)
    return SHORT_OF_ROOM


@shared
def begin(care: Care) -> None:
    """The world as it is before anybody lives in it, and what is known to come."""
    lay_out(care.rates, care.risks)
    place_nobody(care.people, care.seekers)
    put(care.agenda, care.horizon, Order.HORIZON_PASSES.value, NO_RANK, NOBODYS)
    await_change(care)
    await_slot(care)


@step
def what_happens(care: Care) -> Turn:
    """Take the first moment from the agenda, and let it happen."""
    agenda, tally = care.agenda, care.tally[0]
    now, order, whose = next_time(agenda), next_order(agenda), agenda.whose[0]
    tally.now = now
    take_soonest(agenda)
    if whose == NOBODYS:
        if order == Order.PLACES_CHANGE:
            places_change(now, care)
        elif order == Order.QUEUE_IS_SERVED:
            tally.offering = 1
        elif order == Order.CHILDREN_STEP_DOWN:
            return step_down(now, care)
        else:
            return move_back(now, care)
        return nobody()
    child = child_of(whose)
    if spell_of(whose) != care.lives[child].spell:
        return nobody()  # The spell has ended since.
    if order == Order.CHILDREN_MOVE:
        return move(child, now, care)
    if care.seekers.held[child] != allocation.NO_POOL:
        if order == Order.CHILDREN_LEAVE:
            leave_held_place(child, now, care)
    elif order == Order.CHILDREN_LEAVE:
        leave_care(child, now, care)
    else:
        settle(child, now, care)
    return nobody()


@step
def starts_next(care: Care) -> bool:
    """Whether a child is in care at the start and has not been seen yet."""
    child, sector = care.tally[0].entered, care.people.sector
    return bool(child < sector.size and sector[child] != NOT_AT_START)


@step
def entrant_is_next(care: Care) -> bool:
    """Whether a child enters before anything else happens: the last thing in an instant."""
    child, agenda = care.tally[0].entered, care.agenda
    if child == care.lives.size:
        return False
    time, other = care.people.entered[child], next_time(agenda)
    if time != other:
        return bool(time < other)
    return next_order(agenda) > Order.CHILDREN_ENTER.value


# --- the lives ------------------------------------------------------------------------------


@step
def already_in_care(child: int, care: Care) -> Turn:
    """Live on where the start date finds the child."""
    people = care.people
    come_in(child, care)
    pool = allocation.starting_pool(people.sector[child], people.born_day[child], care.supply)
    if pool != allocation.NO_POOL:
        allocation.count_in(care.supply, pool)
    return unarranged(child, BEGAN_AT_START, people.need[child], pool)


@step
def enter_care(child: int, care: Care) -> Turn:
    """Come into care, and find a place or wait for one."""
    seekers, need, now = care.seekers, care.seekers.need[child], care.people.entered[child]
    care.tally[0].now = now
    come_in(child, care)
    same_day = matching.is_emergency(child, care.people, care.matching, seekers.group)
    pool = matching.find_first_place(child, same_day, care.matching, now, seekers, care.supply)
    until = math.inf
    if same_day and matching.takes_emergencies(pool, care.supply):
        until = rules.tick_up(now + care.matching.emergency_days)
    return Turn(child, BEGAN_ENTERED, need, pool, until, PLANNED, need)


@step
def move(child: int, now: float, care: Care) -> Turn:
    """Give up a place and be allocated by the new need."""
    reason = care.lives[child].ending - ENDED_MOVED
    need = new_need(child, reason, now, care)
    return unarranged(child, BEGAN_MOVED + reason, need, TO_BE_FOUND)


@step
def step_down(now: float, care: Care) -> Turn:
    """A slot of the programme: a child moves to the new need, for good or for a while."""
    tally, plan = care.tally[0], care.matching
    child, pool = matching.next_to_step_down(now, plan, care.seekers, care.supply)
    slot = tally.slots_offered
    tally.slots_offered += 1
    await_slot(care)
    if child == allocation.NOBODY:
        return nobody()
    allocation.take_place(care.supply, pool)
    until = math.inf
    if plan.step_down_chance[slot] >= plan.step_down_success:
        until = rules.tick_up(now + plan.step_down_days)
    before, began = care.seekers.need[child], BEGAN_MOVED + STEPS_DOWN
    return Turn(child, began, plan.step_down_need, pool, until, allocation.UNPLANNED, before)


@step
def settle(child: int, now: float, care: Care) -> None:
    """A child has been outside its first choice for long enough to be moved back there."""
    tally, seekers = care.tally[0], care.seekers
    care.lives[child].settled = 1
    tally.settled = allocation.join_queue(
        care.settled, tally.settled, child, seekers.placed, seekers.rank
    )
    move_back_soon(now, care)


@step
def move_back(now: float, care: Care) -> Turn:
    """Whoever has been outside the first choice longest goes there if there is a place."""
    tally = care.tally[0]
    tally.moves_back_due = NEVER
    child, pool = allocation.next_served(
        care.settled, tally.settled, True, now, care.seekers, care.supply
    )
    if child == allocation.NOBODY:
        return nobody()
    allocation.take_place(care.supply, pool)
    return unarranged(child, BEGAN_MOVED + PLANNED, care.seekers.need[child], pool)


@step
def leave_care(child: int, now: float, care: Care) -> None:
    """The period of care is over; the place, if there was one, is free or held."""
    life, tally, seekers = care.lives[child], care.tally[0], care.seekers
    pool = seekers.pool[child]
    end_spell(child, life.ending, now, care)
    seekers.pool[child] = allocation.NO_POOL
    if pool == allocation.NO_POOL:
        tally.in_queue = allocation.leave_queue(care.queue, tally.in_queue, child)
    elif life.ending != ENDED_TURNED_18 or not stay_on(child, pool, now, care):
        allocation.give_up_place(care.supply, pool)
        serve_queue_soon(now, care)
        move_back_soon(now, care)
    seekers.called[child] = 0
    if seekers.held[child] == allocation.NO_POOL:
        life.spell = NO_SPELL


@step
def stay_on(child: int, pool: int, now: float, care: Care) -> bool:
    """Hold the place after the 18th birthday, unless it closes; whether the child does."""
    tally, seekers = care.tally[0], care.seekers
    days = matching.days_held(child, pool, care.people, care.matching)
    if days == 0.0 or seekers.called[child]:
        return False
    seekers.held[child] = pool
    hold = care.holds[tally.holds_begun]
    hold.child, hold.pool, hold.from_time, hold.to_time = child, pool, now, care.horizon
    care.lives[child].hold = tally.holds_begun
    tally.holds_begun += 1
    until = matching.held_until(now, days)
    if until <= care.horizon:
        await_moment(child, until, Order.CHILDREN_LEAVE.value, care)
    return True


@step
def leave_held_place(child: int, now: float, care: Care) -> None:
    """Whoever stayed on after 18 leaves, and the place is free."""
    seekers = care.seekers
    care.holds[care.lives[child].hold].to_time = now
    allocation.give_up_place(care.supply, seekers.held[child])
    seekers.held[child] = allocation.NO_POOL
    care.lives[child].spell = NO_SPELL
    serve_queue_soon(now, care)
    move_back_soon(now, care)


# --- the places -----------------------------------------------------------------------------


@step
def places_change(now: float, care: Care) -> None:
    """Places open or close as scheduled; whoever waits may then be served."""
    tally = care.tally[0]
    change = care.changes[tally.changes_made]
    tally.changes_made += 1
    going = 0
    if change.closes != 0:
        going = matching.who_must_go(
            change.pool,
            change.closes,
            change.chance,
            (care.people.stream, care.people.number),
            care.seekers,
            care.supply,
            care.going,
        )
    allocation.change_places(care.supply, change.pool, change.usable)
    for one in range(going):
        lose_place(care.going[one], now, care)
    serve_queue_soon(now, care)
    move_back_soon(now, care)
    await_change(care)


@step
def lose_place(child: int, now: float, care: Care) -> None:
    """The place closes: the child moves now, unless its spell ends in this instant anyway."""
    life = care.lives[child]
    if care.seekers.held[child] != allocation.NO_POOL:
        leave_held_place(child, now, care)
        return
    care.seekers.called[child] = GOES_ANYWAY
    if life.ending == ENDED_OPEN or life.due != now:
        care.seekers.called[child] = MUST_GO
        life.due, life.ending, life.as_arranged = now, ENDED_MOVED + CARER_ENDS, 0
        await_ending(child, care)


@step
def serve_queue(care: Care) -> Turn:
    """Offer what is free to those who wait, the longest wait first, until nobody can take it."""
    tally, now = care.tally[0], care.tally[0].now
    child, pool = allocation.next_served(
        care.queue, tally.in_queue, False, now, care.seekers, care.supply
    )
    if child == allocation.NOBODY:
        tally.offering, tally.queue_due = 0, NEVER
        return nobody()
    tally.in_queue = allocation.leave_queue(care.queue, tally.in_queue, child)
    allocation.take_place(care.supply, pool)
    return unarranged(child, BEGAN_PLACE_FOUND, care.seekers.need[child], pool)


@step
def serve_queue_soon(now: float, care: Care) -> None:
    """Serve the queue in this instant, once everyone who leaves in it has left."""
    tally = care.tally[0]
    if tally.in_queue and tally.queue_due != now:
        tally.queue_due = now
        put(care.agenda, now, Order.QUEUE_IS_SERVED.value, NO_RANK, NOBODYS)
