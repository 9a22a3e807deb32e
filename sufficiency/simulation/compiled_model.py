"""The same story as `sufficiency.simulation.model`, told to a compiler: one loop over an agenda.

Read it beside the SimPy model, which is its definition: the functions have the same names and
do the same things in the same order, so the same draws give the same record, row for row. Every
decision is a rule of `sufficiency.simulation.rules` or `allocation`; only the agenda (a heap of
moments to come) and the bookkeeping are here. Functions change the arrays of ``care`` and the
agenda in place.
"""

from __future__ import annotations

from sufficiency.domain import UNPLACED_CODE
from sufficiency.simulation import allocation, rules
from sufficiency.simulation.agenda import RANK_BITS, put, take_soonest
from sufficiency.simulation.care import (
    NO_SPELL,
    Care,
    care_of,
    record_of,
    with_more_room,
)
from sufficiency.simulation.children import (
    NEED_USE,
    NOT_AT_START,
    Children,
    first_of_placement,
    placements_drawn,
    price_chance,
    with_further_placements,
)
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.draws import Draws, uniform
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

LIVED, SHORT_OF_DRAWS, SHORT_OF_ROOM, WITHOUT_POOL = range(4)
"""Why the loop stops: at the horizon, on the way for what only Python can get, or at once."""


def run(world: World, children: Children, draws: Draws) -> Record:
    """Everything that happens in one world up to and including its horizon.

    Raises ValueError if a child starts in a sector without a pool.
    """
    return record_of(lived(world, children, draws), world)


def lived(world: World, children: Children, draws: Draws) -> Care:
    """`run`, with what the loop holds at the horizon."""
    care = care_of(world, children)
    while True:
        stopped = live_on(care)
        if stopped == LIVED:
            return care
        if stopped == WITHOUT_POOL:
            raise no_pool_in(int(children.sector[care.tally["entered"][0]]))
        if stopped == SHORT_OF_DRAWS:
            care = care._replace(luck=with_further_placements(care.luck, children, draws))
        else:
            care = with_more_room(care)


# --- what comes next ------------------------------------------------------------------------


@compiled
def live_on(care: Care) -> int:
    """Let everything happen up to the horizon, or until short of something on the way."""
    agenda, tally = care.agenda, care.tally[0]
    if agenda.size[0] == 0 and not begin(care):
        return WITHOUT_POOL
    while tally.spells_begun + tally.in_queue + 1 < care.spells.size:
        if entrant_is_next(care):
            tally.entered += 1
            enter_care(tally.entered - 1, care)
            continue
        now, order, spell = agenda.time[0], agenda.order[0] >> RANK_BITS, agenda.spell[0]
        if order == Order.HORIZON_PASSES:
            return LIVED
        child = care.spells[spell].child if spell != NO_SPELL else allocation.NOBODY
        if tally.short_of_draws or (order == Order.CHILDREN_MOVE and has_no_draws(child, care)):
            tally.short_of_draws = 0
            return SHORT_OF_DRAWS
        take_soonest(agenda)
        if order == Order.PLACES_CHANGE:
            places_change(now, care)
        elif order == Order.QUEUE_IS_SERVED:
            serve_queue(now, care)
        elif spell != care.lives[child].spell:
            continue  # A place was found before the child would have left.
        elif order == Order.CHILDREN_LEAVE:
            leave_care(child, now, care)
        else:
            move(child, now, care)
    return SHORT_OF_ROOM


@step
def entrant_is_next(care: Care) -> bool:
    """Whether a child enters before anything else happens: the last thing in an instant."""
    child, agenda = care.tally[0].entered, care.agenda
    if child == care.lives.size:
        return False
    time = care.people.entered[child]
    if time != agenda.time[0]:
        return bool(time < agenda.time[0])
    return bool(agenda.order[0] >> RANK_BITS > Order.CHILDREN_ENTER.value)


@step
def has_no_draws(child: int, care: Care) -> bool:
    """Whether nothing is drawn for the child's next placement."""
    return bool(care.lives[child].placement + 1 >= placements_drawn(care.luck))


@step
def await_ending(child: int, care: Care) -> None:
    """Put on the agenda what the child awaits, if anything."""
    life = care.lives[child]
    if life.ending == ENDED_OPEN:
        return
    order = Order.CHILDREN_LEAVE.value
    if life.ending >= ENDED_MOVED:
        order = Order.CHILDREN_MOVE.value
    put(care.agenda, life.due, order << RANK_BITS | care.waiting.rank[child], life.spell)


@step
def await_change(care: Care) -> None:
    """Put the next change in places on the agenda, if there is one."""
    change = care.tally[0].changes_made
    if change < care.changes.size:
        time = care.changes[change].time
        put(care.agenda, time, Order.PLACES_CHANGE.value << RANK_BITS, NO_SPELL)


# --- the lives ------------------------------------------------------------------------------


@step
def begin(care: Care) -> bool:
    """All live on where the start date finds them; False at the first whose sector has no pool."""
    put(care.agenda, care.horizon, Order.HORIZON_PASSES.value << RANK_BITS, NO_SPELL)
    await_change(care)
    tally, sector = care.tally[0], care.people.sector
    while tally.entered < sector.size and sector[tally.entered] != NOT_AT_START:
        pool = allocation.starting_pool(sector[tally.entered], care.supply)
        if pool == allocation.NO_POOL:
            return False
        already_in_care(tally.entered, pool, care)
        tally.entered += 1
    return True


@step
def already_in_care(child: int, pool: int, care: Care) -> None:
    """Live on where the start date finds the child."""
    allocation.count_in(care.supply, pool)
    live_in(child, pool, BEGAN_AT_START, 0.0, care.people.placed[child], care)
    next_ending(child, 0.0, care)
    await_ending(child, care)


@step
def enter_care(child: int, care: Care) -> None:
    """Come into care, and find a place or wait for one."""
    now = care.people.entered[child]
    find_place(child, BEGAN_ENTERED, now, care)
    next_ending(child, now, care)
    await_ending(child, care)


@step
def move(child: int, now: float, care: Care) -> None:
    """Give up a place, be allocated by the new need, and leave the place to those who wait."""
    life, reason = care.lives[child], care.lives[child].ending - ENDED_MOVED
    rules.carry_over(care.left[child], care.left_after[child])
    end_spell(child, ENDED_MOVED + reason, now, care)
    allocation.give_up_place(care.supply, life.pool)
    allocation.bar_place(care.waiting, child, life.pool, reason, care.supply)
    care.waiting.need[child] = new_need(child, reason, now, care)
    find_place(child, BEGAN_MOVED + reason, now, care)
    serve_queue(now, care)
    next_ending(child, now, care)
    await_ending(child, care)


@step
def leave_care(child: int, now: float, care: Care) -> None:
    """The period of care is over; the place, if there was one, is free."""
    life, tally = care.lives[child], care.tally[0]
    end_spell(child, life.ending, now, care)
    life.ending = ENDED_OPEN
    if life.pool == allocation.NO_POOL:
        tally.in_queue = allocation.leave_queue(care.queue, tally.in_queue, child)
    else:
        allocation.give_up_place(care.supply, life.pool)
        serve_queue_soon(now, care)


@step
def find_place(child: int, began: int, now: float, care: Care) -> None:
    """Be allocated: live in the first pool with a place, or join those who wait."""
    waiting = care.waiting
    pool = allocation.choose_pool(
        care.waiting.need[child],
        waiting.barred_pool[child],
        waiting.barred_turnover[child],
        care.supply,
    )
    if pool == allocation.NO_POOL:
        go_unplaced(child, began, now, care)
    else:
        allocation.take_place(care.supply, pool)
        live_in(child, pool, began, now, now, care)


# --- the places -----------------------------------------------------------------------------


@step
def places_change(now: float, care: Care) -> None:
    """Places open or close as scheduled; whoever waits may then be served."""
    change, tally = care.changes[care.tally[0].changes_made], care.tally[0]
    tally.changes_made += 1
    allocation.change_places(care.supply, change.pool, change.usable)
    serve_queue_soon(now, care)
    await_change(care)


@step
def serve_queue(now: float, care: Care) -> None:
    """Offer what is free to those who wait, the longest wait first."""
    tally = care.tally[0]
    while tally.in_queue:
        child, pool = allocation.next_served(care.queue, tally.in_queue, care.waiting, care.supply)
        if child == allocation.NOBODY:
            return
        tally.in_queue = allocation.leave_queue(care.queue, tally.in_queue, child)
        spend(child, now, care)
        end_spell(child, ENDED_PLACE_FOUND, now, care)
        allocation.take_place(care.supply, pool)
        live_in(child, pool, BEGAN_PLACE_FOUND, now, now, care)
        next_ending(child, now, care)
        await_ending(child, care)


@step
def serve_queue_soon(now: float, care: Care) -> None:
    """Serve the queue in this instant, once everyone who leaves in it has left."""
    if care.tally[0].in_queue:
        put(care.agenda, now, Order.QUEUE_IS_SERVED.value << RANK_BITS, NO_SPELL)


# --- the spells of a life -------------------------------------------------------------------


@step
def live_in(child: int, pool: int, began: int, now: float, placed: float, care: Care) -> None:
    """A placement begins, with its own exponentials for moves."""
    life = care.lives[child]
    life.placed = placed
    life.placement += 1
    rules.start_move_clocks(care.left[child], care.luck.numbers, first_number(child, care))
    begin_spell(child, pool, began, now, care)


@step
def go_unplaced(child: int, began: int, now: float, care: Care) -> None:
    """No place was found: wait, with no placement that could end in a move."""
    rules.stop_move_clocks(care.left[child])
    begin_spell(child, allocation.NO_POOL, began, now, care)
    tally = care.tally[0]
    if has_no_draws(child, care):
        tally.short_of_draws = 1
    care.waiting.since[child] = now
    tally.in_queue = allocation.join_queue(care.queue, tally.in_queue, child, care.waiting)


@step
def begin_spell(child: int, pool: int, began: int, now: float, care: Care) -> None:
    """Write down that a child lives in a pool, or in none, from now on."""
    life, tally, people = care.lives[child], care.tally[0], care.people
    life.pool, life.since, life.spell = pool, now, tally.spells_begun
    tally.spells_begun += 1
    need = care.waiting.need[child]
    setting = UNPLACED_CODE if pool == allocation.NO_POOL else care.supply.sector[pool]
    stay = care.spells[life.spell]
    stay.child, stay.stream, stay.number = child, people.stream[child], people.number[child]
    stay.uasc, stay.born_day = people.uasc[child], people.born_day[child]
    stay.entered = people.entered[child]
    stay.need, stay.sector, stay.pool = need, setting, pool
    stay.from_time, stay.began = now, began
    stay.to_time, stay.ended = care.horizon, ENDED_OPEN
    stay.first_choice = care.first_choice[need, setting]
    stay.suitable = care.suitable[need, setting]
    stay.group = people.group[child]
    stay.placed = people.placed[child] if began == BEGAN_AT_START else now
    placed, row = setting != UNPLACED_CODE, people.row[child]
    stay.price_chance = price_chance(care.luck, people.purpose[child], row, life.placement, placed)


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
        allocation.hazard_sector(life.pool, need, care.supply),
        need,
        care.people.uasc[child],
        care.people.entered[child],
        life.placed,
        care.people.birthdays[child],
        care.people.planned[child],
        care.people.planned_cause[child],
        care.left[child],
        care.left_after[child],
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
        allocation.hazard_sector(life.pool, need, care.supply),
        need,
        care.people.uasc[child],
        care.people.entered[child],
        life.placed,
        care.people.birthdays[child],
        care.people.planned[child],
        care.risks,
    )


@step
def new_need(child: int, reason: int, now: float, care: Care) -> int:
    """The need group that a move reveals."""
    return rules.new_need(
        care.destination,
        reason,
        rules.is_over_16(care.people.birthdays[child], now),
        care.waiting.need[child],
        uniform(care.luck.numbers[first_number(child, care) + NEED_USE]),
    )


@step
def first_number(child: int, care: Care) -> int:
    """Where the numbers of the child's present placement begin."""
    people, placement = care.people, care.lives[child].placement
    return first_of_placement(care.luck, people.purpose[child], people.row[child], placement)
