"""The least plan: which places, and how many, until enough futures meet the targets.

Pure: it asks an oracle by how much each constraint is met in each future, and knows nothing of
places or children. All plans are judged on the same futures, so that one place more can be seen.

Marginal analysis first: whichever pool's next places close most of the gap get them, in large
steps that are halved once they overshoot. Then exchange: nothing smaller nearby may meet the
targets, and of those as small the cheapest is taken. Where places add up as they do in overflow
(what one pool takes, the next does not see) a plan that no exchange improves is the least of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Plan = tuple[int, ...]
"""(K,): places added to each pool that may change; below 0 taken away."""

FIRST_STEP = 16
SMALLEST_STEP = 1
_NEAR_QUANTILE = 0.02
"""A quantile of whole children moves in jumps; the mean of those this near to it does not."""
_PROGRESS = 1e-9
EXCHANGES = (1, 2, 3, 5, 8)
"""How many places at once may be moved from one pool to another."""
AMONG_THREE = ((1, -1, -1), (2, -1, -1), (2, -2, -1))
"""Places that one pool takes and two give, at once."""
PRICED_BY = 8
"""By how many places more what one costs is told."""
PLANS_TRIED = 4
"""How many of the plans around one are judged on all futures, where fewer futures can say which."""


class Oracle(Protocol):
    """What is known of plans in simulated futures."""

    def margins(self, plans: Sequence[Plan], *, coarse: bool) -> list[Floats]:
        """By how much each constraint is met in each future, per plan: (n, C)."""

    def cost(self, plans: Sequence[Plan]) -> list[float]:
        """The expected cost of each plan, in pounds."""


@dataclass(frozen=True)
class Room:
    """What a plan may be: K pools."""

    least: Plan
    """(K,): the fewest places, 0 or below."""
    most: Plan
    """(K,): the most places, 0 or above."""
    certainty: Floats
    """(C,): the share of futures in which each constraint must be met."""

    def holds(self, plan: Plan) -> bool:
        """Whether no pool is changed by more than it may be."""
        ends = zip(self.least, plan, self.most, strict=True)
        return all(low <= places <= high for low, places, high in ends)


@dataclass(frozen=True)
class Judged:
    """A plan and how it does."""

    plan: Plan
    certainty: Floats
    """(C,): the share of futures in which each constraint is met."""
    gap: float
    """0 where all are met often enough, else how far away, in units of the gap without a plan."""

    @property
    def meets(self) -> bool:
        """Whether every constraint is met often enough."""
        return self.gap == 0.0


def size(plan: Plan) -> int:
    """How many places a plan changes."""
    return sum(map(abs, plan))


class Judge:
    """Judges plans by an oracle, each once."""

    def __init__(self, oracle: Oracle, room: Room, *, coarse: bool):
        self._oracle, self._room, self._coarse = oracle, room, coarse
        self._known: dict[Plan, Judged] = {}
        nothing = (0,) * len(room.most)
        self._scale = np.ones(len(room.certainty))
        (found,) = oracle.margins([nothing], coarse=coarse)
        missing = np.maximum(-_levels(found, room.certainty), 0.0)
        self._scale = np.where(missing > 0, missing, np.maximum(_spread(found), _PROGRESS))
        self.nothing = self._judged(nothing, found)

    def of(self, plans: Sequence[Plan]) -> list[Judged]:
        """How plans do, in their order; those known already are not asked for again."""
        new = [plan for plan in dict.fromkeys(plans) if plan not in self._known]
        if new:
            for plan, found in zip(
                new, self._oracle.margins(new, coarse=self._coarse), strict=True
            ):
                self._judged(plan, found)
        return [self._known[plan] for plan in plans]

    def _judged(self, plan: Plan, found: Floats) -> Judged:
        """A constraint that is met often enough is no gap, however near its bound; one that is not
        is a gap by its level, or, where the level just touches, by the futures that lack."""
        certainty = (found >= -_PROGRESS).mean(axis=0)
        lacking = np.maximum(self._room.certainty - certainty, 0.0)
        lacking[lacking <= _PROGRESS] = 0.0
        level = np.maximum(-_levels(found, self._room.certainty), 0.0) / self._scale
        gap = float(np.where(lacking > 0, level + _SMALL_SHARE * lacking, 0.0).sum())
        self._known[plan] = judged = Judged(plan, certainty, gap)
        return judged


_SMALL_SHARE = 0.01


def _levels(margins: Floats, certainty: Floats) -> Floats:
    """(C,): what each margin is at least in the share of futures asked for, smoothed."""
    ordered = np.sort(margins, axis=0)
    n = len(ordered)
    levels = np.empty(len(certainty))
    for column, share in enumerate(certainty):
        at = (1 - share) * (n - 1)
        reach = max(1.0, _NEAR_QUANTILE * n)
        first, last = int(max(at - reach, 0)), int(min(at + reach, n - 1))
        levels[column] = ordered[first : last + 1, column].mean()
    return levels


def _spread(margins: Floats) -> Floats:
    spread: Floats = margins.std(axis=0)
    return spread


def approached(judge: Judge, room: Room, begin: Plan | None = None) -> Judged:
    """A plan that meets the targets, or the nearest that was found, by marginal analysis.

    ``begin`` is a plan to start from; by default no change.
    """
    (here,) = judge.of([begin]) if begin is not None else [judge.nothing]
    every = [(pool, sign) for pool in range(len(room.most)) for sign in (1, -1)]
    ways, step = every, FIRST_STEP
    while not here.meets:
        moved = [_moved(here.plan, way, step, room) for way in ways]
        tried = dict(zip(ways, judge.of(moved), strict=True))
        best = min(tried.values(), key=lambda each: (each.gap, size(each.plan)), default=here)
        if best.meets and step > SMALLEST_STEP:
            step //= 2
        elif best.gap < here.gap - _PROGRESS:
            # What makes things worse by many places need not be tried again by few.
            ways = [way for way in ways if tried[way].gap <= here.gap]
            here = best
        elif step > SMALLEST_STEP:
            # A large step may pass over what a small one reaches (a pool's last places).
            step //= 2
        elif len(ways) < len(every):
            ways = every
        else:
            return here
    return here


def _moved(plan: Plan, way: tuple[int, int], step: int, room: Room) -> Plan:
    """The plan with some places more, or fewer, in one pool, as far as it may go."""
    pool, sign = way
    after = min(max(plan[pool] + sign * step, room.least[pool]), room.most[pool])
    return (*plan[:pool], after, *plan[pool + 1 :])


def _stepped(plan: Plan, step: int, room: Room) -> Iterator[Plan]:
    """The plan with some places more, or fewer, in one pool, as far as it may go."""
    for pool in range(len(plan)):
        for sign in (1, -1):
            moved = _moved(plan, (pool, sign), step, room)
            if moved != plan:
                yield moved


def least(
    judge: Judge,
    room: Room,
    begin: Plan,
    hint: Judge | None = None,
    exchanges: Sequence[int] = EXCHANGES,
) -> Judged:
    """The smallest plan near ``begin`` that meets the targets, or the nearest there is.

    From a plan that does not meet them, first towards one that does, a place at a time. With a
    ``hint``, a judge with fewer futures, only the plans that it thinks most of are judged.
    ``exchanges`` are how many places may be moved from one pool to another at once.
    """
    (here,) = judge.of([begin])
    while not here.meets:
        tried = judge.of(list(_stepped(here.plan, SMALLEST_STEP, room)))
        best = min(tried, key=lambda each: (each.gap, size(each.plan)), default=here)
        if best.gap >= here.gap - _PROGRESS:
            return here
        here = best
    while True:
        fewer = [each for each in _stepped(here.plan, 1, room) if size(each) < size(here.plan)]
        found = _smallest_that_meets(judge, fewer)
        if found is None and exchanges:
            near = _near(here.plan, room, exchanges)
            smaller = [plan for plan in near if size(plan) < size(here.plan)]
            found = _smallest_that_meets(judge, _most_promising(smaller, hint))
        if found is None:
            return here
        here = found


def _most_promising(plans: Sequence[Plan], hint: Judge | None) -> list[Plan]:
    """The plans that a judge with fewer futures thinks nearest to the targets; all without one."""
    if hint is None or len(plans) <= PLANS_TRIED:
        return list(plans)
    by_gap = sorted(hint.of(plans), key=lambda each: (each.gap, size(each.plan)))
    return [each.plan for each in by_gap[:PLANS_TRIED]]


def _smallest_that_meets(judge: Judge, plans: Sequence[Plan]) -> Judged | None:
    """The smallest of some plans that meets the targets; of several, the surest."""
    for places in sorted({size(plan) for plan in plans}):
        judged = judge.of([plan for plan in plans if size(plan) == places])
        meeting = [each for each in judged if each.meets]
        if meeting:
            return max(meeting, key=lambda each: float(each.certainty.min()))
    return None


def _near(plan: Plan, room: Room, exchanges: Sequence[int] = EXCHANGES) -> Iterator[Plan]:
    """Plans that differ by one place in a pool, or by places exchanged between two or three."""
    pools = range(len(plan))
    seen = {plan}
    changes: list[dict[int, int]] = [{pool: one} for pool in pools for one in (1, -1)]
    for giving, taking in permutations(pools, 2):
        for many in exchanges:
            changes += [{giving: -many + rest, taking: many} for rest in (-1, 0, 1)]
    for trio in permutations(pools, 3) if exchanges else ():
        changes += [dict(zip(trio, change, strict=True)) for change in AMONG_THREE]
    for change in changes:
        found = tuple(places + change.get(pool, 0) for pool, places in enumerate(plan))
        if found not in seen and room.holds(found):
            seen.add(found)
            yield found


def shrunk(judge: Judge, short: Judged, ample: Judged) -> Judged:
    """A plan between one that does not meet the targets and an ample one that does, which does.

    First along the way from one to the other, then fewer places in each pool, in steps that are
    halved. An ample plan that does not meet them is given back.
    """
    here, low, high = ample, 0.0, 1.0
    while here.meets and high - low > 1 / FIRST_STEP**2:
        part = (low + high) / 2
        between = tuple(
            round(a + part * (b - a)) for a, b in zip(short.plan, ample.plan, strict=True)
        )
        (tried,) = judge.of([between])
        low, high = (low, part) if tried.meets else (part, high)
        here = tried if tried.meets else here
    step = FIRST_STEP
    while here.meets and step > SMALLEST_STEP:
        fewer = [_with_fewer(here.plan, pool, step) for pool in range(len(here.plan))]
        meeting = [each for each in judge.of(fewer) if each.meets and each.plan != here.plan]
        if meeting:
            here = max(meeting, key=lambda each: float(each.certainty.min()))
        else:
            step //= 2
    return here


def _with_fewer(plan: Plan, pool: int, step: int) -> Plan:
    """The plan with its change of one pool so much smaller, if it is as large as that."""
    places = plan[pool]
    if abs(places) < step:
        return plan
    return (*plan[:pool], places - step if places > 0 else places + step, *plan[pool + 1 :])


def corners(room: Room) -> list[Plan]:
    """Everything as far as it may go: all pools together, and each alone."""
    nothing = [0] * len(room.most)
    found = [room.most, room.least]
    for pool in range(len(nothing)):
        for end in (room.most[pool], room.least[pool]):
            found.append((*nothing[:pool], end, *nothing[pool + 1 :]))
    return list(dict.fromkeys(found))


def cheapest_as_small(
    judge: Judge, oracle: Oracle, room: Room, found: Judged, hint: Judge | None = None
) -> Judged:
    """Of the plans of the same size that exchanges lead to, the one expected to cost least.

    What exchanges save is told by what a place more of each pool costs; what they save in all is
    then looked up, and ``found`` is kept if that is nothing.
    """
    prices = _prices(oracle, room, found.plan)
    here: Judged | None = found
    while here is not None:
        best = here
        here = _first_that_meets(judge, _cheaper(best.plan, room, prices), hint)
    before, after = oracle.cost([found.plan, best.plan])
    return best if after < before - _PROGRESS else found


def _prices(oracle: Oracle, room: Room, plan: Plan) -> Floats:
    """(K,): the expected cost of a place more in each pool, in pounds; 0 where there is no room."""
    moved = [_moved(plan, (pool, 1), PRICED_BY, room) for pool in range(len(plan))]
    moved = [
        each if each != plan else _moved(plan, (pool, -1), PRICED_BY, room)
        for pool, each in enumerate(moved)
    ]
    cost, *costs = oracle.cost([plan, *moved])
    steps = [size_of_change(plan, each) for each in moved]
    return np.array(
        [(more - cost) / step if step else 0.0 for more, step in zip(costs, steps, strict=True)]
    )


def size_of_change(one: Plan, other: Plan) -> int:
    """How many places the other plan has more, or, below 0, fewer."""
    return sum(other) - sum(one)


def _cheaper(plan: Plan, room: Room, prices: Floats) -> list[Plan]:
    """Plans around one that change as many places and should cost less, the cheapest first."""
    saved = {
        near: float(np.dot(np.subtract(plan, near), prices))
        for near in _near(plan, room)
        if size(near) == size(plan)
    }
    cheaper = [near for near, saving in saved.items() if saving > _PROGRESS]
    return sorted(cheaper, key=lambda near: -saved[near])


def _first_that_meets(judge: Judge, plans: Sequence[Plan], hint: Judge | None) -> Judged | None:
    """The first of some plans that meets the targets, of those that a hint thinks do."""
    if hint is not None:
        plans = [each.plan for each in hint.of(plans) if each.meets]
    for first in range(0, len(plans), PLANS_TRIED):
        for judged in judge.of(plans[first : first + PLANS_TRIED]):
            if judged.meets:
                return judged
    return None


def cheapest(
    judge: Judge, oracle: Oracle, room: Room, found: Judged, hint: Judge | None = None
) -> Judged:
    """From a plan that meets the targets to the cheapest that does, by steps and exchanges."""
    here, step = found, FIRST_STEP
    while step > SMALLEST_STEP:
        here = _cheapest(judge, oracle, here, partial(_steps, step=step, room=room), hint)
        step //= 2
    return _cheapest(judge, oracle, here, lambda plan: list(_near(plan, room)), hint)


def _steps(plan: Plan, step: int, room: Room) -> list[Plan]:
    return list(_stepped(plan, step, room))


def _cheapest(
    judge: Judge,
    oracle: Oracle,
    found: Judged,
    around: Callable[[Plan], list[Plan]],
    hint: Judge | None,
) -> Judged:
    """From one plan to a cheaper that meets the targets too, until none around is."""
    here = found
    (cost,) = oracle.cost([here.plan])
    while True:
        near = _most_promising(around(here.plan), hint)
        costs = oracle.cost(near)
        cheaper = [
            (price, plan)
            for price, plan in zip(costs, near, strict=True)
            if price < cost - _PROGRESS
        ]
        for price, plan in sorted(cheaper):
            (judged,) = judge.of([plan])
            if judged.meets:
                cost, here = price, judged
                break
        else:
            return here
