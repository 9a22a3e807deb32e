"""The same story as `sufficiency.simulation.model`, told to a compiler: one loop over an agenda.

Read it beside the SimPy model, which is its definition: the functions have the same names and
do the same things in the same order, so the same draws give the same record, row for row. Every
decision is a rule of `sufficiency.simulation.rules`; only the agenda (a heap of moments to come)
and the bookkeeping are here. Functions change the arrays of ``care`` and the agenda in place.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sufficiency.simulation import rules
from sufficiency.simulation.care import (
    NO_SPELL,
    TO_ENTER,
    Care,
    care_of,
    record_of,
    with_room,
)
from sufficiency.simulation.children import PLACEMENTS_PER_BLOCK, Children, placement_draws
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.instant import Order
from sufficiency.simulation.places import no_pool_in
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    Record,
)
from sufficiency.simulation.world import World

Moment = tuple[float, int, int, int, int]
"""Time, `Order` within the instant, rank within the order; then the child and its spell."""
Agenda = list[Moment]


def run(world: World, children: Children, draws: Draws) -> Record:
    """Everything that happens in one world up to and including its horizon.

    Raises ValueError if a child starts in a sector without a pool.
    """
    care = care_of(world, children, draws)
    lost = already_in_care(care, children.at_start)
    if lost != rules.NOBODY:
        raise no_pool_in(int(children.sector[lost]))
    while not live_on(care):
        block = care.draws.shape[1] // PLACEMENTS_PER_BLOCK
        care = with_room(care, placement_draws(children, draws, block))
    return record_of(care, world, children)


# --- what comes next ------------------------------------------------------------------------


@compiled
def live_on(care: Care) -> bool:
    """Let everything happen up to the horizon; False to stop for further draws on the way."""
    agenda = agenda_of(care)
    while care.tally[0].most_placements < care.draws.shape[1]:
        now, order, _, child, spell = heappop(agenda)
        if order == Order.HORIZON_PASSES:
            return True
        if order == Order.PLACES_CHANGE:
            places_change(now, care, agenda)
        elif order == Order.QUEUE_IS_SERVED:
            serve_queue(now, care, agenda)
        elif spell != care.lives[child].spell:
            continue  # A place was found before the child would have left.
        elif order == Order.CHILDREN_LEAVE:
            leave_care(child, now, care, agenda)
        elif order == Order.CHILDREN_MOVE:
            move(child, now, care, agenda)
        else:
            enter_care(child, now, care, agenda)
    return False


@step
def agenda_of(care: Care) -> Agenda:
    """All that is to come as things stand: what each child awaits, a change, and the horizon.

    A queue about to be served is not among it: whenever the loop stops, a placement has just
    begun, and in every instant that is after the queue was served.
    """
    agenda = [(care.horizon, Order.HORIZON_PASSES.value, 0, rules.NOBODY, NO_SPELL)]
    await_change(care, agenda)
    for child in range(care.lives.size):
        await_ending(child, care, agenda)
    return agenda


@step
def await_ending(child: int, care: Care, agenda: Agenda) -> None:
    """Put on the agenda what the child awaits, if anything."""
    life, ending = care.lives[child], care.lives[child].ending
    if ending == ENDED_OPEN:
        return
    if ending == TO_ENTER:
        order = Order.CHILDREN_ENTER.value
    elif ending < ENDED_MOVED:
        order = Order.CHILDREN_LEAVE.value
    else:
        order = Order.CHILDREN_MOVE.value
    heappush(agenda, (life.due, order, care.waiting.rank[child], child, life.spell))


@step
def await_change(care: Care, agenda: Agenda) -> None:
    """Put the next change in places on the agenda, if there is one."""
    change = care.tally[0].changes_made
    if change < care.changes.time.size:
        time = care.changes[change].time
        heappush(agenda, (time, Order.PLACES_CHANGE.value, 0, rules.NOBODY, NO_SPELL))


# --- the lives ------------------------------------------------------------------------------


@compiled
def already_in_care(care: Care, at_start: int) -> int:
    """All live on where the start date finds them; a child whose sector has no pool, or nobody."""
    for child in range(at_start):
        pool = rules.starting_pool(care.lives[child].start_sector, care.supply)
        if pool == rules.NO_POOL:
            return child
        rules.count_in(care.supply, pool)
        live_in(child, pool, BEGAN_AT_START, 0.0, care.lives[child].placed, care)
        next_ending(child, 0.0, care)
    return rules.NOBODY


@step
def enter_care(child: int, now: float, care: Care, agenda: Agenda) -> None:
    """Come into care, and find a place or wait for one."""
    find_place(child, BEGAN_ENTERED, now, care)
    next_ending(child, now, care)
    await_ending(child, care, agenda)


@step
def move(child: int, now: float, care: Care, agenda: Agenda) -> None:
    """Give up a place, be allocated by the new need, and leave the place to those who wait."""
    life, reason = care.lives[child], care.lives[child].ending - ENDED_MOVED
    spend(child, now, care)
    end_spell(child, ENDED_MOVED + reason, now, care)
    rules.give_up_place(care.supply, life.pool)
    rules.bar_place(care.waiting, child, life.pool, reason, care.supply)
    care.waiting.need[child] = new_need(child, reason, now, care)
    find_place(child, BEGAN_MOVED + reason, now, care)
    serve_queue(now, care, agenda)
    next_ending(child, now, care)
    await_ending(child, care, agenda)


@step
def leave_care(child: int, now: float, care: Care, agenda: Agenda) -> None:
    """The period of care is over; the place, if there was one, is free."""
    life, tally = care.lives[child], care.tally[0]
    end_spell(child, life.ending, now, care)
    life.ending = ENDED_OPEN
    if life.pool == rules.NO_POOL:
        tally.in_queue = rules.leave_queue(care.queue, tally.in_queue, child)
    else:
        rules.give_up_place(care.supply, life.pool)
        serve_queue_soon(now, care, agenda)


@step
def find_place(child: int, began: int, now: float, care: Care) -> None:
    """Be allocated: live in the first pool with a place, or join those who wait."""
    waiting = care.waiting
    pool = rules.choose_pool(
        care.waiting.need[child],
        waiting.barred_pool[child],
        waiting.barred_turnover[child],
        care.supply,
    )
    if pool == rules.NO_POOL:
        go_unplaced(child, began, now, care)
    else:
        rules.take_place(care.supply, pool)
        live_in(child, pool, began, now, now, care)


# --- the places -----------------------------------------------------------------------------


@step
def places_change(now: float, care: Care, agenda: Agenda) -> None:
    """Places open or close as scheduled; whoever waits may then be served."""
    change, tally = care.changes[care.tally[0].changes_made], care.tally[0]
    tally.changes_made += 1
    rules.change_places(care.supply, change.pool, change.usable)
    serve_queue_soon(now, care, agenda)
    await_change(care, agenda)


@step
def serve_queue(now: float, care: Care, agenda: Agenda) -> None:
    """Offer what is free to those who wait, the longest wait first."""
    tally = care.tally[0]
    while tally.in_queue:
        child, pool = rules.next_served(care.queue, tally.in_queue, care.waiting, care.supply)
        if child == rules.NOBODY:
            return
        tally.in_queue = rules.leave_queue(care.queue, tally.in_queue, child)
        spend(child, now, care)
        end_spell(child, ENDED_PLACE_FOUND, now, care)
        rules.take_place(care.supply, pool)
        live_in(child, pool, BEGAN_PLACE_FOUND, now, now, care)
        next_ending(child, now, care)
        await_ending(child, care, agenda)


@step
def serve_queue_soon(now: float, care: Care, agenda: Agenda) -> None:
    """Serve the queue in this instant, once everyone who leaves in it has left."""
    if care.tally[0].in_queue:
        heappush(agenda, (now, Order.QUEUE_IS_SERVED.value, 0, rules.NOBODY, NO_SPELL))


# --- the spells of a life -------------------------------------------------------------------


@step
def live_in(child: int, pool: int, began: int, now: float, placed: float, care: Care) -> None:
    """A placement begins, with its own exponentials for moves."""
    life, tally = care.lives[child], care.tally[0]
    life.placed = placed
    life.placement += 1
    tally.most_placements = max(tally.most_placements, life.placement + 1)
    rules.start_move_clocks(care.left[child], care.draws[child, life.placement, :-1])
    begin_spell(child, pool, began, now, care)


@step
def go_unplaced(child: int, began: int, now: float, care: Care) -> None:
    """No place was found: wait, with no placement that could end in a move."""
    rules.stop_move_clocks(care.left[child])
    begin_spell(child, rules.NO_POOL, began, now, care)
    tally = care.tally[0]
    care.waiting.since[child] = now
    tally.in_queue = rules.join_queue(care.queue, tally.in_queue, child, care.waiting)


@step
def begin_spell(child: int, pool: int, began: int, now: float, care: Care) -> None:
    """Write down that a child lives in a pool, or in none, from now on."""
    life, tally = care.lives[child], care.tally[0]
    life.pool, life.since, life.spell = pool, now, tally.spells_begun
    tally.spells_begun += 1
    stay = care.spells[life.spell]
    stay.child, stay.need = child, care.waiting.need[child]
    stay.pool, stay.from_time, stay.began = pool, now, began
    stay.to_time, stay.ended = care.horizon, ENDED_OPEN


@step
def end_spell(child: int, ended: int, now: float, care: Care) -> None:
    """Write down that the child's spell is over."""
    stay = care.spells[care.lives[child].spell]
    stay.to_time, stay.ended = now, ended


# --- asking the rules -----------------------------------------------------------------------


@step
def next_ending(child: int, now: float, care: Care) -> None:
    """Find when and why the child's present spell would end."""
    life, need = care.lives[child], care.waiting.need[child]
    life.due, life.ending = rules.next_ending(
        now,
        care.horizon,
        rules.hazard_sector(life.pool, need, care.supply),
        need,
        life.uasc,
        life.entered,
        life.placed,
        care.birthdays[child],
        care.left[child],
        care.risks,
    )


@step
def spend(child: int, now: float, care: Care) -> None:
    """Spend the child's exponentials along the hazards of the spell that ends now."""
    life, need = care.lives[child], care.waiting.need[child]
    rules.spend(
        care.left[child],
        life.since,
        now,
        rules.hazard_sector(life.pool, need, care.supply),
        need,
        life.uasc,
        life.entered,
        life.placed,
        care.birthdays[child],
        care.risks,
    )


@step
def new_need(child: int, reason: int, now: float, care: Care) -> int:
    """The need group that a move reveals."""
    life = care.lives[child]
    return rules.new_need(
        care.destination,
        reason,
        rules.is_over_16(care.birthdays[child], now),
        care.waiting.need[child],
        care.draws[child, life.placement, -1],
    )
