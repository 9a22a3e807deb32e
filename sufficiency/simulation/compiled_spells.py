"""The spells of a life, as the compiled loop writes them down, and what it asks of the rules.

Part of `sufficiency.simulation.compiled_model`, as `sufficiency.simulation.spells` is of the SimPy
model, with functions of the same names.
"""

from __future__ import annotations

import math

from sufficiency.domain import UNPLACED_CODE
from sufficiency.simulation import allocation, matching, rules
from sufficiency.simulation.agenda import NOBODYS, put, whose
from sufficiency.simulation.care import NO_RANK, Care
from sufficiency.simulation.children import (
    EXITS,
    NEED_USE,
    PERSONAL_USES,
    USES_PER_PLACEMENT,
    draw_placement,
    price_chance,
)
from sufficiency.simulation.compiled import step
from sufficiency.simulation.draws import uniform
from sufficiency.simulation.instant import Order
from sufficiency.simulation.record import BEGAN_AT_START, ENDED_MOVED, ENDED_OPEN


@step
def come_in(child: int, care: Care) -> None:
    """A life begins: no placement came before, exponentials for exits and the numbers of the first
    placement are the child's own."""
    people, life = care.people, care.lives[child]
    life.placement, life.settled, life.row = -1, 0, 0
    rules.start_exit_clocks(care.left[child, 0], people.numbers[child, EXITS:])
    for use in range(USES_PER_PLACEMENT):
        care.numbers[child, use] = people.numbers[child, PERSONAL_USES + use]


@step
def live_in(child: int, pool: int, care: Care) -> None:
    """A placement begins, with its own exponentials for moves."""
    life, people, numbers = care.lives[child], care.people, care.numbers[child]
    life.placement += 1
    care.seekers.pool[child] = pool
    if life.placement > 0:
        draw_placement(care.key, people.purpose[child], people.row[child], life.placement, numbers)
    rules.start_move_clocks(care.left[child, life.row], numbers)


@step
def go_unplaced(child: int, now: float, care: Care) -> None:
    """No place was found: wait, with no placement that could end in a move."""
    rules.stop_move_clocks(care.left[child, care.lives[child].row])
    seekers, tally = care.seekers, care.tally[0]
    seekers.pool[child], seekers.since[child] = allocation.NO_POOL, now
    tally.in_queue = allocation.join_queue(
        care.queue, tally.in_queue, child, seekers.since, seekers.rank
    )


@step
def begin_spell(child: int, began: int, now: float, care: Care) -> None:
    """Write down that a child lives in a pool, or in none, from now on."""
    life, tally, people = care.lives[child], care.tally[0], care.people
    life.since, life.spell = now, tally.spells_begun
    tally.spells_begun += 1
    need, pool = care.seekers.need[child], care.seekers.pool[child]
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
    placed = setting != UNPLACED_CODE
    stay.price_chance = price_chance(care.numbers[child], life.placement, placed)


@step
def end_spell(child: int, ended: int, now: float, care: Care) -> None:
    """Write down that the child's spell is over."""
    stay = care.spells[care.lives[child].spell]
    stay.to_time, stay.ended = now, ended
    life, tally = care.lives[child], care.tally[0]
    if life.settled:
        life.settled = 0
        tally.settled = allocation.leave_queue(care.settled, tally.settled, child)


# --- what is to come ------------------------------------------------------------------------


@step
def await_ending(child: int, care: Care) -> None:
    """Put on the agenda what the child awaits, if anything."""
    life = care.lives[child]
    if life.ending == ENDED_OPEN:
        return
    order = Order.CHILDREN_LEAVE.value
    if life.ending >= ENDED_MOVED:
        order = Order.CHILDREN_MOVE.value
    await_moment(child, life.due, order, care)


@step
def await_settling(child: int, now: float, care: Care) -> None:
    """Put on the agenda when a child outside its first choice is to be moved back there."""
    if care.matching.settling_days == math.inf:
        return
    if matching.is_outside_first_choice(child, care.seekers, care.supply):
        settled = matching.settles_at(child, now, care.matching, care.seekers)
        if settled <= care.horizon:
            await_moment(child, settled, Order.CHILDREN_SETTLE.value, care)


@step
def await_moment(child: int, time: float, order: int, care: Care) -> None:
    """Put a moment of the child's present spell on the agenda."""
    spell = care.lives[child].spell
    put(care.agenda, time, order, care.seekers.rank[child], whose(spell, child))


@step
def await_change(care: Care) -> None:
    """Put the next change in places on the agenda, if there is one."""
    change = care.tally[0].changes_made
    if change < care.changes.size and care.changes[change].time <= care.horizon:
        time = care.changes[change].time
        put(care.agenda, time, Order.PLACES_CHANGE.value, NO_RANK, NOBODYS)


@step
def await_slot(care: Care) -> None:
    """Put the next slot of the step-down programme on the agenda, if there is one."""
    slot, times = care.tally[0].slots_offered, care.matching.step_down_time
    if slot < times.size and times[slot] <= care.horizon:
        put(care.agenda, times[slot], Order.CHILDREN_STEP_DOWN.value, NO_RANK, NOBODYS)


# --- asking the rules -----------------------------------------------------------------------


@step
def next_ending(child: int, now: float, care: Care) -> None:
    """Find when and why the child's present spell would end."""
    life, need, left = care.lives[child], care.seekers.need[child], care.left[child]
    life.due, life.ending = rules.next_ending(
        now,
        min(care.horizon, life.until),
        allocation.hazard_sector(care.seekers.pool[child], need, care.supply),
        need,
        care.people.uasc[child],
        care.people.entered[child],
        care.seekers.placed[child],
        care.people.birthdays[child],
        care.people.planned[child],
        care.people.planned_cause[child],
        left[life.row],
        left[1 - life.row],
        care.risks,
    )
    life.as_arranged = life.ending == ENDED_OPEN and life.until <= care.horizon
    if life.as_arranged:
        life.due, life.ending = life.until, ENDED_MOVED + life.until_reason


@step
def spend(child: int, now: float, care: Care) -> None:
    """Spend the child's exponentials along the hazards of the spell that ends now."""
    life, need = care.lives[child], care.seekers.need[child]
    rules.spend(
        care.left[child, life.row],
        life.since,
        now,
        allocation.hazard_sector(care.seekers.pool[child], need, care.supply),
        need,
        care.people.uasc[child],
        care.people.entered[child],
        care.seekers.placed[child],
        care.people.birthdays[child],
        care.people.planned[child],
        care.risks,
    )


@step
def new_need(child: int, reason: int, now: float, care: Care) -> int:
    """The need group that a move reveals."""
    if care.lives[child].as_arranged:
        return int(care.lives[child].need_then)
    return rules.new_need(
        care.destination,
        reason,
        rules.is_over_16(care.people.birthdays[child], now),
        care.seekers.need[child],
        uniform(care.numbers[child, NEED_USE]),
    )
