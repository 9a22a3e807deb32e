"""One replication as a story: children enter care, are placed, move, and leave.

Read it from top to bottom; that is the order in which things happen. Time is days since the
start date. Every draw was made before the world starts, every decision is a rule of
`sufficiency.simulation.rules` or, for places, `allocation`, every fact goes to the record. Nothing
is counted, priced or averaged here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from simpy import Environment, Event

from sufficiency.domain import N_EXIT_CAUSES, TICK
from sufficiency.simulation import allocation, rules
from sufficiency.simulation.children import (
    NEED_USE,
    Children,
    first_of_placement,
    placements_drawn,
    price_chance,
    with_further_placements,
)
from sufficiency.simulation.draws import Draws, uniform
from sufficiency.simulation.instant import Order
from sufficiency.simulation.places import Pools, WaitingList
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
from sufficiency.simulation.recorder import AT_START, SCHEDULED, Recorder
from sufficiency.simulation.world import CARE_CLOCK, Hazards, World

Story = Generator[Event, Any, None]


class Moment(Event):  # type: ignore[misc]  # SimPy is not followed by mypy
    """A time that will come, in its order within the instant and its rank within the order."""

    def __init__(self, env: Environment, time: float, order: Order, rank: int = 0):
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, order << 32 | rank, time - env.now)


def run(world: World, children: Children, draws: Draws) -> Record:
    """Everything that happens in one world up to and including its horizon."""
    env = Environment()
    care = Care(env, world, children, draws)
    for child in range(children.at_start):
        env.process(care.already_in_care(child))
    for child in range(children.at_start, len(children)):
        env.process(care.entering_care(child))
    env.process(care.changes_in_places())
    # SimPy stops before what is due at the time given, and the horizon itself belongs to us.
    env.run(until=world.horizon_days + TICK)
    return care.record.close(world, children)


class Care:
    """The children in care, the places they live in, and what happens to them."""

    def __init__(self, env: Environment, world: World, children: Children, draws: Draws):
        n = len(children)
        self.env, self.world, self.children, self.draws = env, world, children, draws
        self.record = Recorder()
        self.pools = Pools(world.places)
        self.risks = risks_of(world.hazards)
        self.destination = np.array(world.hazards.destination, dtype=np.float64, order="C")
        self.birthdays = children.birthdays
        self.planned = children.planned.tolist()
        self.planned_cause = children.planned_cause.tolist()
        self.rank = children.rank
        self.left = np.full((n, rules.N_CAUSES), np.inf)
        self.left[:, :N_EXIT_CAUSES] = children.exits
        self.left_after = np.empty_like(self.left)
        self.luck = children.luck
        self.need = np.array(children.need, dtype=np.int64)
        self.waiting_list = WaitingList(self.need, self.rank)
        self.place_found: dict[int, Event] = {}
        self.pool = [allocation.NO_POOL] * n
        self.since = [0.0] * n
        self.placed = children.placed.tolist()
        self.placement = [-1] * n
        self.spell = [-1] * n
        self.entered = children.entered.tolist()
        self.uasc = children.uasc.tolist()

    # --- the lives ---

    def already_in_care(self, child: int) -> Story:
        """Live on where the start date finds the child."""
        pool = self.pools.start_in(int(self.children.sector[child]))
        self.live_in(child, pool, BEGAN_AT_START, placed=self.placed[child])
        yield from self.time_in_care(child)

    def entering_care(self, child: int) -> Story:
        """Come into care, and find a place or wait for one."""
        yield self.at(self.entered[child], Order.CHILDREN_ENTER, child)
        self.find_place(child, BEGAN_ENTERED)
        yield from self.time_in_care(child)

    def time_in_care(self, child: int) -> Story:
        """Stay, move on and stay again, until leaving care or the horizon."""
        while True:
            time, ending = self.next_ending(child)
            if child in self.place_found:
                place_found = self.place_found[child]
                yield self.leaving_or(place_found, time, ending, child)
                if place_found.triggered:
                    continue
            elif ending == ENDED_OPEN:
                return
            elif ending < ENDED_MOVED:
                yield self.at(time, Order.CHILDREN_LEAVE, child)
            else:
                yield self.at(time, Order.CHILDREN_MOVE, child)
            if ending < ENDED_MOVED:
                self.leave_care(child, ending)
                return
            self.move(child, ending - ENDED_MOVED)

    def changes_in_places(self) -> Story:
        """Places open and close as scheduled; whoever waits may then be served."""
        places = self.world.places
        for pool, usable in enumerate(places.usable_at_start):
            self.record.places_change(0.0, pool, int(usable), AT_START)
        changes = zip(places.change_time, places.change_pool, places.change_usable, strict=True)
        for time, pool, usable in changes:
            yield Moment(self.env, max(float(time), self.env.now), Order.PLACES_CHANGE)
            self.pools.change(int(pool), int(usable))
            self.record.places_change(self.env.now, int(pool), int(usable), SCHEDULED)
            self.serve_queue_soon()

    # --- what happens to a child ---

    def find_place(self, child: int, began: int) -> None:
        """Be allocated: live in the first pool with a place, or join those who wait."""
        waiting = self.waiting_list.waiting
        pool = self.pools.choose(
            int(self.need[child]),
            int(waiting.barred_pool[child]),
            int(waiting.barred_turnover[child]),
        )
        if pool == allocation.NO_POOL:
            self.go_unplaced(child, began)
        else:
            self.pools.take(pool)
            self.live_in(child, pool, began, placed=self.env.now)

    def move(self, child: int, reason: int) -> None:
        """Give up a place, be allocated by the new need, and leave the place to those who wait."""
        rules.carry_over(self.left[child], self.left_after[child])
        self.end_spell(child, ENDED_MOVED + reason)
        pool, waiting = self.pool[child], self.waiting_list.waiting
        self.pools.give_up(pool)
        allocation.bar_place(waiting, child, pool, reason, self.pools.supply)
        self.need[child] = self.new_need(child, reason)
        self.find_place(child, BEGAN_MOVED + reason)
        self.serve_queue()

    def leave_care(self, child: int, ending: int) -> None:
        """The period of care is over; the place, if there was one, is free."""
        self.end_spell(child, ending)
        if child in self.place_found:
            del self.place_found[child]
            self.waiting_list.leave(child)
        else:
            self.pools.give_up(self.pool[child])
            self.serve_queue_soon()

    def serve_queue(self) -> None:
        """Offer what is free to those who wait, the longest wait first."""
        while self.waiting_list.length:
            child, pool = self.waiting_list.next_served(self.pools)
            if child == allocation.NOBODY:
                return
            self.waiting_list.leave(child)
            self.spend(child)
            self.end_spell(child, ENDED_PLACE_FOUND)
            self.pools.take(pool)
            self.live_in(child, pool, BEGAN_PLACE_FOUND, placed=self.env.now)
            self.place_found.pop(child).succeed()

    def serve_queue_soon(self) -> None:
        """Serve the queue in this instant, once everyone who leaves in it has left."""
        if self.waiting_list.length:
            served = Moment(self.env, self.env.now, Order.QUEUE_IS_SERVED)
            served.callbacks.append(lambda _: self.serve_queue())

    # --- the spells of a life ---

    def live_in(self, child: int, pool: int, began: int, placed: float) -> None:
        """A placement begins, with its own exponentials for moves."""
        self.placed[child] = placed
        self.placement[child] += 1
        first = self.first_number(child)
        rules.start_move_clocks(self.left[child], self.luck.numbers, first)
        self.begin_spell(child, pool, began)

    def go_unplaced(self, child: int, began: int) -> None:
        """No place was found: wait, with no placement that could end in a move."""
        rules.stop_move_clocks(self.left[child])
        self.begin_spell(child, allocation.NO_POOL, began)
        self.waiting_list.join(child, self.env.now)
        self.place_found[child] = self.env.event()

    def begin_spell(self, child: int, pool: int, began: int) -> None:
        """Write down that a child lives in a pool, or in none, from now on."""
        self.pool[child], self.since[child] = pool, self.env.now
        self.spell[child] = self.record.spell_begins(
            child, int(self.need[child]), pool, self.env.now, began, self.price_chance(child, pool)
        )

    def end_spell(self, child: int, ended: int) -> None:
        """Write down that the child's spell is over."""
        self.record.spell_ends(self.spell[child], self.env.now, ended)

    # --- asking the rules ---

    def at(self, time: float, order: Order, child: int) -> Moment:
        """The child's moment at a time, in its order within the instant."""
        return Moment(self.env, time, order, int(self.rank[child]))

    def leaving_or(self, place_found: Event, time: float, ending: int, child: int) -> Event:
        """Whichever comes first for a child who waits: a place, or leaving care."""
        if ending == ENDED_OPEN:
            return place_found
        return place_found | self.at(time, Order.CHILDREN_LEAVE, child)

    def next_ending(self, child: int) -> tuple[float, int]:
        """When and why the child's present spell would end."""
        need = int(self.need[child])
        return rules.next_ending(
            self.env.now,
            float(self.world.horizon_days),
            allocation.hazard_sector(self.pool[child], need, self.pools.supply),
            need,
            self.uasc[child],
            self.entered[child],
            self.placed[child],
            self.birthdays[child],
            self.planned[child],
            self.planned_cause[child],
            self.left[child],
            self.left_after[child],
            self.risks,
        )

    def spend(self, child: int) -> None:
        """Spend the child's exponentials along the hazards of the spell that ends now."""
        need = int(self.need[child])
        rules.spend(
            self.left[child],
            self.since[child],
            self.env.now,
            allocation.hazard_sector(self.pool[child], need, self.pools.supply),
            need,
            self.uasc[child],
            self.entered[child],
            self.placed[child],
            self.birthdays[child],
            self.planned[child],
            self.risks,
        )

    def new_need(self, child: int, reason: int) -> int:
        """The need group that a move reveals."""
        over_16 = rules.is_over_16(self.birthdays[child], self.env.now)
        chance = uniform(self.luck.numbers[self.first_number(child) + NEED_USE])
        return rules.new_need(self.destination, reason, over_16, int(self.need[child]), chance)

    def price_chance(self, child: int, pool: int) -> float:
        """The draw for the price of the child's present placement, or of being unplaced."""
        purpose, row = int(self.children.purpose[child]), int(self.children.row[child])
        placed = pool != allocation.NO_POOL
        return price_chance(self.luck, purpose, row, self.placement[child], placed)

    def first_number(self, child: int) -> int:
        """Where the numbers of the child's present placement begin; more are drawn if needed."""
        while self.placement[child] >= placements_drawn(self.luck):
            self.luck = with_further_placements(self.luck, self.children, self.draws)
        purpose, row = int(self.children.purpose[child]), int(self.children.row[child])
        return first_of_placement(self.luck, purpose, row, self.placement[child])


def risks_of(hazards: Hazards) -> rules.Risks:
    """The hazard tables as the rules read them: own copies, the causes side by side."""
    by_band = np.ascontiguousarray(np.moveaxis(hazards.per_day, 0, -1), dtype=np.float64)
    by_care = hazards.clock == CARE_CLOCK
    by_period = np.moveaxis(hazards.calendar_factor, -3, -1)
    group = hazards.calendar_group
    if group is None:
        group = np.zeros((hazards.per_day.shape[1], hazards.need_factor.shape[1]), dtype=np.int64)
    return rules.Risks(
        by_care=by_band * by_care,
        by_placement=by_band * ~by_care,
        care_starts=np.array(hazards.care_band_starts_days, dtype=np.float64),
        placement_starts=np.array(hazards.placement_band_starts_days, dtype=np.float64),
        need_factor=np.ascontiguousarray(hazards.need_factor.T, dtype=np.float64),
        calendar_starts=np.array(hazards.calendar_starts_days, dtype=np.float64),
        calendar_factor=np.ascontiguousarray(
            by_period.reshape(-1, *by_period.shape[-3:]), dtype=np.float64
        ),
        calendar_group=np.ascontiguousarray(group, dtype=np.int64),
        rates=np.zeros(rules.N_CAUSES),
    )
