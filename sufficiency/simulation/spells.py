"""The spells of a life, as the SimPy model writes them down, and what it asks of the rules.

Part of `sufficiency.simulation.model`: what happens to whom, in which order, is there.
"""

from __future__ import annotations

import math

import numpy as np
from simpy import Environment, Event

from sufficiency.simulation import allocation, matching, rules
from sufficiency.simulation.children import (
    EXITS,
    NEED_USE,
    PERSONAL_USES,
    USES_PER_PLACEMENT,
    Children,
    draw_placement,
    price_chance,
)
from sufficiency.simulation.draws import AT_ONCE, Draws, uniform
from sufficiency.simulation.instant import Order
from sufficiency.simulation.matching import matching_of
from sufficiency.simulation.places import Pools, Queue, seekers_of, supply_of
from sufficiency.simulation.record import ENDED_MOVED, ENDED_OPEN
from sufficiency.simulation.recorder import Recorder
from sufficiency.simulation.risks import risks_of
from sufficiency.simulation.side_by_side import WIDTH
from sufficiency.simulation.world import World


class Moment(Event):  # type: ignore[misc]  # SimPy is not followed by mypy
    """A time that will come, in its order within the instant and its rank within the order."""

    def __init__(self, env: Environment, time: float, order: Order, rank: int = 0):
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, order << 32 | rank, time - env.now)


class Spells:
    """The children in care and the places they live in, as they are now."""

    def __init__(self, env: Environment, world: World, children: Children, draws: Draws):
        n = len(children)
        self.env, self.world, self.children, self.draws = env, world, children, draws
        self.record = Recorder()
        self.people = children.people
        self.seekers = seekers_of(self.people)
        self.pools = Pools(supply_of(world.places, world.start, world.horizon_days))
        self.matching = matching_of(world.places)
        self.risks = risks_of(world.hazards)
        self.destination = np.array(world.hazards.destination, dtype=np.float64, order="C")
        self.rank = children.rank
        self.left = np.zeros((n, WIDTH))
        for left, numbers in zip(self.left, self.people.numbers, strict=True):
            rules.start_exit_clocks(left, numbers[EXITS:])
        self.left_after = np.empty_like(self.left)
        self.numbers = np.zeros((n, AT_ONCE), dtype=np.uint32)
        self.numbers[:, :USES_PER_PLACEMENT] = self.people.numbers[:, PERSONAL_USES:]
        self.waiting = Queue(self.seekers.since, self.rank)
        self.settled = Queue(self.seekers.placed, self.rank)
        self.is_settled = [False] * n
        self.since = [0.0] * n
        self.due = [math.inf] * n
        self.ending = [ENDED_OPEN] * n
        self.as_arranged = [False] * n
        self.until = [math.inf] * n
        self.until_reason, self.need_then = [0] * n, [0] * n
        self.placement = [-1] * n
        self.spell = [-1] * n
        self.hold = [-1] * n

    def begin_spell(self, child: int, began: int) -> None:
        """Write down that a child lives in a pool, or in none, from now on."""
        pool = int(self.seekers.pool[child])
        self.since[child] = self.env.now
        self.spell[child] = self.record.spell_begins(
            child,
            int(self.seekers.need[child]),
            pool,
            self.env.now,
            began,
            price_chance(self.numbers[child], self.placement[child], pool != allocation.NO_POOL),
        )

    def end_spell(self, child: int, ended: int) -> None:
        """Write down that the child's spell is over."""
        self.record.spell_ends(self.spell[child], self.env.now, ended)
        if self.is_settled[child]:
            self.is_settled[child] = False
            self.settled.leave(child)

    # --- what is to come ---

    def at(self, time: float, order: Order, child: int) -> Moment:
        """The child's moment at a time, in its order within the instant."""
        return Moment(self.env, time, order, int(self.rank[child]))

    # --- asking the rules ---

    def next_ending(self, child: int) -> None:
        """Find when and why the child's present spell would end."""
        need, until = int(self.seekers.need[child]), self.until[child]
        horizon = float(self.world.horizon_days)
        due, ending = rules.next_ending(
            self.env.now,
            min(horizon, until),
            allocation.hazard_sector(self.seekers.pool[child], need, self.pools.supply),
            need,
            bool(self.people.uasc[child]),
            self.people.entered[child],
            self.seekers.placed[child],
            self.people.birthdays[child],
            self.people.planned[child],
            self.people.planned_cause[child],
            self.left[child],
            self.left_after[child],
            self.risks,
        )
        self.as_arranged[child] = ending == ENDED_OPEN and until <= horizon
        if self.as_arranged[child]:
            due, ending = until, ENDED_MOVED + self.until_reason[child]
        self.due[child], self.ending[child] = due, ending

    def spend(self, child: int) -> None:
        """Spend the child's exponentials along the hazards of the spell that ends now."""
        need = int(self.seekers.need[child])
        rules.spend(
            self.left[child],
            self.since[child],
            self.env.now,
            allocation.hazard_sector(self.seekers.pool[child], need, self.pools.supply),
            need,
            bool(self.people.uasc[child]),
            self.people.entered[child],
            self.seekers.placed[child],
            self.people.birthdays[child],
            self.people.planned[child],
            self.risks,
        )

    def is_emergency(self, child: int) -> bool:
        """Whether a child who enters is placed the same day."""
        if not self.matching.emergency_share.size:
            return False
        return matching.is_emergency(child, self.people, self.matching, self.seekers.group)

    def choose_pool(self, child: int) -> int:
        """The first pool in the order of the child's need with a place for it."""
        order = int(self.seekers.need[child])
        return allocation.choose_pool(
            child, order, allocation.ALONE, self.env.now, self.seekers, self.pools.supply
        )

    def next_served(self, queue: Queue, in_first: bool) -> tuple[int, int]:
        """The child of a queue to be served first and the pool that can take it, or nobody."""
        return allocation.next_served(
            queue.children, queue.length, in_first, self.env.now, self.seekers, self.pools.supply
        )

    def who_must_go(self, pool: int, closes: int, chance: float) -> list[int]:
        """Those who live in the places that close, before they do."""
        going = np.zeros(len(self.rank), dtype=np.int64)
        numbers = self.people.stream, self.people.number
        supply = self.pools.supply
        found = 0
        if closes != 0:
            found = matching.who_must_go(pool, closes, chance, numbers, self.seekers, supply, going)
        return [int(child) for child in going[:found]]

    def next_to_step_down(self) -> tuple[int, int]:
        """The child to whom a slot of the programme is offered and the pool that takes it."""
        return matching.next_to_step_down(
            self.env.now, self.matching, self.seekers, self.pools.supply
        )

    def new_need(self, child: int, reason: int) -> int:
        """The need group that a move reveals."""
        if self.as_arranged[child]:
            return self.need_then[child]
        over_16 = rules.is_over_16(self.people.birthdays[child], self.env.now)
        chance = uniform(self.numbers[child, NEED_USE])
        need = int(self.seekers.need[child])
        return rules.new_need(self.destination, reason, over_16, need, chance)

    def draw_placement(self, child: int) -> None:
        """Draw the numbers of the child's placement; those of the first are there."""
        placement = self.placement[child]
        if placement > 0:
            purpose, row = int(self.people.purpose[child]), int(self.people.row[child])
            draw_placement(self.draws.key, purpose, row, placement, self.numbers[child])
