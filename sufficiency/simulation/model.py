"""One replication as a story: children enter care, are placed, move, and leave.

Read it from top to bottom; that is the order in which things happen. Time is days since the
start date. Every draw was made before the world starts, every decision is a rule of
`sufficiency.simulation.rules` or, for places, `allocation` and `matching`, every fact goes to the
record. Nothing is counted, priced or averaged here.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from simpy import Environment, Event

from sufficiency.domain import TICK
from sufficiency.simulation import allocation, matching, rules
from sufficiency.simulation.children import Children
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.instant import Order
from sufficiency.simulation.matching import CARER_ENDS, GOES_ANYWAY, MUST_GO, PLANNED, STEPS_DOWN
from sufficiency.simulation.places import changes_of
from sufficiency.simulation.record import (
    AT_START,
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    ENDED_TURNED_18,
    Record,
)
from sufficiency.simulation.spells import Moment, Spells
from sufficiency.simulation.world import World

Story = Generator[Event, Any, None]
LEFT_CARE = -2
"""What a child awaits no longer; as `ENDED_OPEN`, no ending of a spell."""


def run(world: World, children: Children, draws: Draws) -> Record:
    """Everything that happens in one world up to and including its horizon."""
    env = Environment()
    care = Care(env, world, children, draws)
    for child in range(children.at_start):
        env.process(care.already_in_care(child))
    for child in range(children.at_start, len(children)):
        env.process(care.entering_care(child))
    env.process(care.changes_in_places())
    env.process(care.slots_of_the_programme())
    # SimPy stops before what is due at the time given, and the horizon itself belongs to us.
    env.run(until=world.horizon_days + TICK)
    return care.record.close(world, children)


class Care(Spells):
    """What happens to the children in care, and in the places they live in."""

    def __init__(self, env: Environment, world: World, children: Children, draws: Draws):
        super().__init__(env, world, children, draws)
        self.changes = changes_of(world.places)
        self.news: dict[int, Event] = {}
        self.may_be_moved = bool(
            self.changes["closes"].any()
            or self.matching.settling_days < math.inf
            or self.matching.step_down_time.size
        )

    # --- the lives ---

    def already_in_care(self, child: int) -> Story:
        """Live on where the start date finds the child."""
        sector, born_day = int(self.people.sector[child]), int(self.people.born_day[child])
        pool = self.pools.start_in(sector, born_day)
        self.begin(child, pool, BEGAN_AT_START)
        yield from self.time_in_care(child)

    def entering_care(self, child: int) -> Story:
        """Come into care, and find a place or wait for one."""
        yield self.at(float(self.people.entered[child]), Order.CHILDREN_ENTER, child)
        same_day = self.is_emergency(child)
        pool = matching.find_first_place(
            child, same_day, self.matching, self.env.now, self.seekers, self.pools.supply
        )
        need, until = int(self.seekers.need[child]), math.inf
        if same_day and matching.takes_emergencies(pool, self.pools.supply):
            until = rules.tick_up(self.env.now + self.matching.emergency_days)
        self.begin(child, pool, BEGAN_ENTERED, until, PLANNED, need)
        yield from self.time_in_care(child)

    def time_in_care(self, child: int) -> Story:
        """Stay, move on and stay again, until leaving care or the horizon."""
        while True:
            ending, news = self.ending[child], self.news.get(child)
            if news is not None:
                yield news if ending == ENDED_OPEN else news | self.own_ending(child)
                if news.triggered:
                    continue
            elif ending == ENDED_OPEN:
                return
            else:
                yield self.own_ending(child)
            if ending < ENDED_MOVED:
                self.leave_care(child, ending)
                return
            self.move(child, ending - ENDED_MOVED)

    def changes_in_places(self) -> Story:
        """Places open and close as scheduled; whoever waits may then be served."""
        for pool, usable in enumerate(self.world.places.usable_at_start):
            self.record.places_change(0.0, pool, int(usable), AT_START)
        for time, pool, usable, closes, chance, why in self.changes.tolist():
            yield Moment(self.env, max(time, self.env.now), Order.PLACES_CHANGE)
            going = self.who_must_go(pool, closes, chance)
            self.pools.change(pool, usable)
            self.record.places_change(self.env.now, pool, usable, why)
            for child in going:
                self.lose_place(child)
            self.serve_queue_soon()
            self.move_back_soon()

    def slots_of_the_programme(self) -> Story:
        """Each slot of the step-down programme is offered, and taken or passes."""
        slots = zip(self.matching.step_down_time, self.matching.step_down_chance, strict=True)
        for time, chance in slots:
            yield Moment(self.env, max(float(time), self.env.now), Order.CHILDREN_STEP_DOWN)
            self.step_down(chance < self.matching.step_down_success)

    # --- what happens to a child ---

    def move(self, child: int, reason: int) -> None:
        """Give up a place, be allocated by the new need, and leave the place to those who wait."""
        need = self.new_need(child, reason)
        self.depart(child, ENDED_MOVED + reason)
        self.seekers.need[child] = need
        pool = self.choose_pool(child)
        if pool != allocation.NO_POOL:
            self.pools.take(pool)
        self.begin(child, pool, BEGAN_MOVED + reason)
        self.serve_queue()

    def step_down(self, succeeds: bool) -> None:
        """A slot of the programme: a child moves to the new need, for good or for a while."""
        child, pool = self.next_to_step_down()
        if child == allocation.NOBODY:
            return
        until, before = math.inf, int(self.seekers.need[child])
        if not succeeds:
            until = rules.tick_up(self.env.now + self.matching.step_down_days)
        self.pools.take(pool)
        self.depart(child, ENDED_MOVED + STEPS_DOWN)
        self.seekers.need[child] = self.matching.step_down_need
        began = BEGAN_MOVED + STEPS_DOWN
        self.begin(child, pool, began, until, allocation.UNPLANNED, before)
        self.serve_queue()

    def settle(self, child: int, spell: int) -> None:
        """A child has been outside its first choice for long enough to be moved back there."""
        if self.spell[child] == spell and self.ending[child] != LEFT_CARE:
            self.is_settled[child] = True
            self.settled.join(child)
            self.move_back_soon()

    def move_back(self) -> None:
        """Whoever has been outside the first choice longest goes there if there is a place."""
        child, pool = self.next_served(self.settled, in_first=True)
        if child == allocation.NOBODY:
            return
        self.pools.take(pool)
        self.depart(child, ENDED_MOVED + PLANNED)
        self.begin(child, pool, BEGAN_MOVED + PLANNED)
        self.serve_queue()

    def leave_care(self, child: int, ending: int) -> None:
        """The period of care is over; the place, if there was one, is free or held."""
        pool = int(self.seekers.pool[child])
        self.end_spell(child, ending)
        self.seekers.pool[child], self.ending[child] = allocation.NO_POOL, LEFT_CARE
        if pool == allocation.NO_POOL:
            self.waiting.leave(child)
        elif ending != ENDED_TURNED_18 or not self.stay_on(child, pool):
            self.pools.give_up(pool)
            self.serve_queue_soon()
            self.move_back_soon()
        self.seekers.called[child] = 0

    def stay_on(self, child: int, pool: int) -> bool:
        """Hold the place after the 18th birthday, unless it closes; whether the child does."""
        days = matching.days_held(child, pool, self.people, self.matching)
        if days == 0.0 or self.seekers.called[child]:
            return False
        self.seekers.held[child] = pool
        self.hold[child] = self.record.hold_begins(child, pool, self.env.now)
        leaves = self.at(matching.held_until(self.env.now, days), Order.CHILDREN_LEAVE, child)
        leaves.callbacks.append(lambda _: self.leave_held_place(child))
        return True

    def leave_held_place(self, child: int) -> None:
        """Whoever stayed on after 18 leaves, and the place is free."""
        pool = int(self.seekers.held[child])
        if pool != allocation.NO_POOL:
            self.record.hold_ends(self.hold[child], self.env.now)
            self.pools.give_up(pool)
            self.seekers.held[child] = allocation.NO_POOL
            self.serve_queue_soon()
            self.move_back_soon()

    def lose_place(self, child: int) -> None:
        """The place closes: the child moves now, unless its spell ends in this instant anyway."""
        if self.seekers.held[child] != allocation.NO_POOL:
            self.leave_held_place(child)
            return
        self.seekers.called[child] = GOES_ANYWAY
        if self.ending[child] == ENDED_OPEN or self.due[child] != self.env.now:
            self.seekers.called[child] = MUST_GO
            self.due[child], self.ending[child] = self.env.now, ENDED_MOVED + CARER_ENDS
            self.as_arranged[child] = False
            self.tell(child)

    # --- what is free is offered ---

    def serve_queue(self) -> None:
        """Offer what is free to those who wait, the longest wait first."""
        while self.waiting.length:
            child, pool = self.next_served(self.waiting, in_first=False)
            if child == allocation.NOBODY:
                return
            self.waiting.leave(child)
            self.pools.take(pool)
            self.depart(child, ENDED_PLACE_FOUND)
            self.begin(child, pool, BEGAN_PLACE_FOUND)

    def serve_queue_soon(self) -> None:
        """Serve the queue in this instant, once everyone who leaves in it has left."""
        if self.waiting.length:
            served = Moment(self.env, self.env.now, Order.QUEUE_IS_SERVED)
            served.callbacks.append(lambda _: self.serve_queue())

    def move_back_soon(self) -> None:
        """Move children back in this instant, once all have moved who move in it."""
        if self.settled.length:
            moved = Moment(self.env, self.env.now, Order.CHILDREN_MOVE_BACK)
            moved.callbacks.append(lambda _: self.move_back())

    # --- from one spell to the next ---

    def depart(self, child: int, ended: int) -> None:
        """Spend what the spell spent of the exponentials, end it and give up the place, if any."""
        called = self.seekers.called[child]
        if self.due[child] == self.env.now and called != MUST_GO:
            self.left[child] = self.left_after[child]
        else:
            self.spend(child)
        self.end_spell(child, ended)
        pool, self.seekers.called[child] = int(self.seekers.pool[child]), 0
        if pool != allocation.NO_POOL:
            self.pools.give_up(pool)
            reason = ended - ENDED_MOVED
            allocation.bar_place(self.seekers, child, pool, reason, self.pools.supply)
            self.move_back_soon()

    def begin(
        self,
        child: int,
        pool: int,
        began: int,
        until: float = math.inf,
        reason: int = 0,
        need_then: int = 0,
    ) -> None:
        """Live in a pool from now on, or wait for one; perhaps with an end that is arranged."""
        if pool == allocation.NO_POOL:
            self.go_unplaced(child)
        else:
            self.live_in(child, pool, began)
        self.begin_spell(child, began)
        self.until[child], self.until_reason[child] = until, reason
        self.need_then[child] = need_then
        self.next_ending(child)
        self.await_settling(child)
        self.tell(child)

    def live_in(self, child: int, pool: int, began: int) -> None:
        """A placement begins, with its own exponentials for moves."""
        self.placement[child] += 1
        self.seekers.pool[child] = pool
        self.draw_placement(child)
        rules.start_move_clocks(self.left[child], self.numbers[child])
        if began != BEGAN_AT_START:
            self.seekers.placed[child] = self.env.now

    def go_unplaced(self, child: int) -> None:
        """No place was found: wait, with no placement that could end in a move."""
        rules.stop_move_clocks(self.left[child])
        self.seekers.pool[child], self.seekers.since[child] = allocation.NO_POOL, self.env.now
        self.waiting.join(child)

    def await_settling(self, child: int) -> None:
        """Expect that a child outside its first choice is to be moved back there."""
        if self.matching.settling_days == math.inf:
            return
        if matching.is_outside_first_choice(child, self.seekers, self.pools.supply):
            time = matching.settles_at(child, self.env.now, self.matching, self.seekers)
            spell = self.spell[child]
            settled = self.at(time, Order.CHILDREN_SETTLE, child)
            settled.callbacks.append(lambda _: self.settle(child, spell))

    def own_ending(self, child: int) -> Moment:
        """When the child's spell ends of its own accord."""
        leaves = self.ending[child] < ENDED_MOVED
        order = Order.CHILDREN_LEAVE if leaves else Order.CHILDREN_MOVE
        return self.at(self.due[child], order, child)

    def tell(self, child: int) -> None:
        """A child whom others may move, now or later, is to look again at what comes next."""
        before = self.news.pop(child, None)
        if self.may_be_moved or self.seekers.pool[child] == allocation.NO_POOL:
            self.news[child] = self.env.event()
        if before is not None:
            before.succeed()
