"""What the search asks of plans, answered by simulation: the same futures for every plan.

A plan is not played in futures whose answer is known. Met without any change and with a plan, a
target is taken to be met with other plans too; and what a plan's two ends say alike, the one with
the most helpful and the one with the least helpful places, all plans between them are taken to say.
A plan that is settled on is played in every future, so what is said of it is so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.executors import Workers
from sufficiency.planning.futures import Constraint, Question, is_met, margins, play
from sufficiency.planning.pools import Allowed
from sufficiency.planning.search import Plan, Room
from sufficiency.resolution.places_added import PlacesAdded, with_places_added
from sufficiency.resolution.resolve import Resolved

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Additions = tuple[PlacesAdded, ...]

AT_FIRST, AFTERWARDS = 200, 500
"""Of how many futures plans are judged on roughly: before any future's answer is known, and then,
when most of these need not be played."""
NEAR = 4
"""A plan is near another if no pool differs by more places."""


@dataclass(frozen=True)
class _Known:
    """What one plan says of n futures, and in which of them another plan may say otherwise."""

    margins: Floats
    """(n, C)."""
    doubtful: Ints


@dataclass
class Simulated:
    """Plans played in the n futures of a search. K pools, C constraints.

    Known answers are kept: the same plan is never played twice.
    """

    resolved: Resolved
    """As far as the last date that a target names."""
    whole: Resolved
    """The whole forecast, for what plans cost."""
    question: Question
    constraints: Sequence[Constraint]
    allowed: Sequence[Allowed]
    opens: Sequence[date]
    """(K,): from when on places of a plan are there, by pool."""
    numbers: Sequence[int]
    """(n,): the replications, in an order in which every k-th stand for all."""
    cost_futures: int
    workers: Workers
    done: Callable[[int], None] | None = None
    relaxed_by: Floats | float = 0.0
    """(C,): how far bounds are moved, where nothing meets them."""
    _exact: dict[Additions, Floats] = field(default_factory=dict)
    _about: dict[tuple[Additions, bool], Floats] = field(default_factory=dict)
    _costs: dict[Additions, float] = field(default_factory=dict)
    _wide: _Known | None = None
    _near: _Known | None = None
    _room: Room | None = None
    """Between which plans `_near` knows; None: all that are asked about."""

    @property
    def futures(self) -> int:
        """How many futures there are."""
        return len(self.numbers)

    def rough_futures(self) -> Ints:
        """Positions of the futures that plans are judged on roughly."""
        few = AT_FIRST if self._wide is None else AFTERWARDS
        return np.arange(0, self.futures, max(self.futures // few, 1))

    def margins(self, plans: Sequence[Plan], *, coarse: bool) -> list[Floats]:
        """By how much each constraint is met in each future, per plan: (n, C), or of few (m, C)."""
        found: dict[Plan, Floats] = {}
        near = [plan for plan in plans if self.is_near(plan)]
        others = [plan for plan in plans if not self.is_near(plan)]
        for known, group in ((self._near, near), (self._wide, others)):
            every = [self.additions(plan) for plan in group]
            found |= zip(group, self._answers(every, known, coarse=coarse), strict=True)
        return [found[plan] for plan in plans]

    def margins_of(self, every: Sequence[Additions]) -> list[Floats]:
        """As `margins`, of places that open at any time between those given to `between`."""
        return self._answers(every, self._near, coarse=False)

    def exact(self, every: Sequence[Additions]) -> list[Floats]:
        """As `margins`, with every one of the futures played."""
        new = [each for each in dict.fromkeys(every) if each not in self._exact]
        positions = np.arange(self.futures)
        self._exact |= zip(new, self._played(new, positions), strict=True)
        return [self._exact[each] + self.relaxed_by for each in every]

    def checked(self, additions: Additions) -> Floats:
        """As `exact`; futures taken to meet everything that do not are doubtful from now on."""
        (found,) = self.exact([additions])
        if self._wide is not None:
            missed = np.flatnonzero(~is_met(found).all(axis=1))
            self._wide = _Known(self._wide.margins, np.union1d(self._wide.doubtful, missed))
        return found

    def settle(self, plan: Plan, room: Room) -> None:
        """Learn in which futures this plan, and plans near it, are yet to be played.

        Margins of this very plan stay exact, so whoever settles on what was found and finds it
        again has not been misled.
        """
        additions = self.additions(plan)
        self._near, self._about = None, {}
        wide = self._known_with(additions)
        around = Room(
            tuple(max(n - NEAR, low) for n, low in zip(plan, room.least, strict=True)),
            tuple(min(n + NEAR, high) for n, high in zip(plan, room.most, strict=True)),
            room.certainty,
        )
        ends = self._ends(plan, around, wide)
        if ends is not None:
            self.between(additions, [self.additions(end) for end in ends])
            self._room = around

    def _known_with(self, additions: Additions) -> _Known:
        """What is known far from any plan, once this one was played."""
        nothing, found = self.exact([()])[0], self.checked(additions)
        if self._wide is None:
            sure = (is_met(nothing) & is_met(found)).all(axis=1)
            self._wide = _Known(found - self.relaxed_by, np.flatnonzero(~sure))
        return self._wide

    def between(self, additions: Additions, ends: Sequence[Additions]) -> None:
        """Take what a plan and its ends say alike of a future to be so for all plans between."""
        self._about, self._room = {}, None
        wide, here = self._known_with(additions), self.checked(additions)
        said = [is_met(here[wide.doubtful])]
        said += [is_met(found[wide.doubtful]) for found in self._answers(ends, wide, coarse=False)]
        differ = np.any([each != said[0] for each in said], axis=(0, 2))
        self._near = _Known(here - self.relaxed_by, wide.doubtful[differ])

    def _ends(self, plan: Plan, around: Room, wide: _Known) -> tuple[Plan, Plan] | None:
        """Of the plans near one, that which helps least and that which helps most.

        None where what helps one target harms another.
        """
        pools = [pool for pool in range(len(plan)) if around.least[pool] < around.most[pool]]
        tried = [
            (*plan[:pool], end, *plan[pool + 1 :])
            for pool in pools
            for end in (around.least[pool], around.most[pool])
        ]
        every = [self.additions(each) for each in tried]
        levels = [found.mean(axis=0) for found in self._answers(every, wide, coarse=True)]
        worst, best = list(plan), list(plan)
        for number, pool in enumerate(pools):
            low, high = around.least[pool], around.most[pool]
            better = np.sign(levels[2 * number + 1] - levels[2 * number])
            if better.min() < 0 < better.max():
                return None
            helps = better.sum() >= 0
            worst[pool], best[pool] = (low, high) if helps else (high, low)
        return tuple(worst), tuple(best)

    def open_from(self, opens: Sequence[date]) -> None:
        """Plans open on other days from now on."""
        self.opens, self._near = opens, None

    def is_near(self, plan: Plan) -> bool:
        """Whether a plan is between those that were settled on last."""
        return self._near is not None and self._room is not None and self._room.holds(plan)

    def _answers(
        self, every: Sequence[Additions], known: _Known | None, *, coarse: bool
    ) -> list[Floats]:
        """Margins of plans in all futures or few, where what is known is not played again."""
        positions = self.rough_futures() if coarse else np.arange(self.futures)
        whole = self._exact
        new = [
            each
            for each in dict.fromkeys(every)
            if each not in whole and (each, coarse) not in self._about
        ]
        if known is None:
            found = self._played(new, positions)
        else:
            doubtful = np.isin(positions, known.doubtful)
            found = np.repeat(known.margins[positions][None], len(new), axis=0)
            found[:, doubtful] = self._played(new, positions[doubtful])
        self._about |= {(each, coarse): one for each, one in zip(new, found, strict=True)}
        return [
            (whole[each][positions] if each in whole else self._about[each, coarse])
            + self.relaxed_by
            for each in every
        ]

    def relax(self, moved: Floats) -> None:
        """Move the bounds so far outwards; what was known of the old ones is known no more."""
        self.relaxed_by = moved
        self.forget()

    def forget(self) -> None:
        """Take no future's answer to be known any more: plans are played in every one."""
        self._wide = self._near = None
        self._about = {}

    def keep_one_in(self, several: int) -> None:
        """Go on with fewer futures, which stand for all; nothing is known of them yet."""
        self.numbers = self.numbers[::several]
        self._exact, self._costs = {}, {}
        self.relax(np.zeros(len(self.constraints)) + self.relaxed_by)

    def _played(self, every: Sequence[Additions], positions: Ints) -> Floats:
        """(plans, m, C): margins in some futures, against the bounds that were asked for."""
        if not every or not len(positions):
            return np.zeros((len(every), len(positions), len(self.constraints)))
        plans = [with_places_added(self.resolved, additions) for additions in every]
        numbers = [self.numbers[at] for at in positions]
        values = play(self.question, plans, numbers, self.workers, self.done)
        return margins(self.constraints, values)

    def cost(self, plans: Sequence[Plan]) -> list[float]:
        """The expected cost of each plan over the whole forecast, in pounds."""
        every = [self.additions(plan) for plan in plans]
        new = [each for each in dict.fromkeys(every) if each not in self._costs]
        if new:
            question = Question(**{**vars(self.question), "with_cost": True})
            played = [with_places_added(self.whole, additions) for additions in new]
            step = max(self.futures // self.cost_futures, 1)
            values = play(question, played, self.numbers[::step], self.workers, self.done)
            self._costs |= zip(new, values[:, :, -1].mean(axis=1).tolist(), strict=True)
        return [self._costs[each] for each in every]

    def additions(self, plan: Plan) -> Additions:
        """The places of a plan, each pool's from its day on."""
        return tuple(
            PlacesAdded(allowed.pool.name, day, places)
            for allowed, day, places in zip(self.allowed, self.opens, plan, strict=True)
            if places
        )
