"""A plan from start to end: search, months, alternatives, and how sure it is.

The search judges plans on one set of futures; what is said of the plan that it finds is measured on
further ones, which had no part in choosing it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.executors import Workers
from sufficiency.planning.asking import (
    LEAST_COST,
    Request,
    check_request,
    opens_from,
)
from sufficiency.planning.evenly import evenly_chosen
from sufficiency.planning.futures import (
    ROUNDING,
    Constraint,
    constraints_of,
    is_met,
    question_of,
    until,
)
from sufficiency.planning.openings import (
    a_month_sooner,
    months_after,
    months_between,
    opening,
)
from sufficiency.planning.oracle import Additions, Simulated
from sufficiency.planning.pools import Allowed
from sufficiency.planning.search import (
    EXCHANGES,
    Judge,
    Judged,
    Plan,
    Room,
    approached,
    cheapest,
    cheapest_as_small,
    corners,
    least,
    shrunk,
)
from sufficiency.planning.steps import Step, Told, nobody
from sufficiency.planning.target import CHILDREN, POUNDS, Target
from sufficiency.planning.timing import Months, latest_openings
from sufficiency.report.plan_report import pool_label
from sufficiency.resolution.resolve import Resolved

Floats = NDArray[np.float64]

HOPELESS_ERRORS = 4
MOST_ROUNDS = 4
NEAREST_IN = 1000
"""Where no plan meets the targets, the nearest is looked for in about so many of the futures: it is
an indication, and to be told sooner is worth more than the last place."""
LATER_MONTHS = 3
THE_PLAN, NO_CHANGE = "The plan", "No change"
COST_FUTURES = 200
"""Costs of plans are compared in the same futures, so few tell them apart."""


@dataclass(frozen=True)
class Option:
    """One way to change places, and in how many of the futures it was chosen on it does."""

    name: str
    additions: Additions
    certainty: Floats
    """(C,): the share of futures in which each bound of `Search.reachable` is kept."""
    meets: bool
    """Whether that is often enough."""

    @property
    def places(self) -> int:
        """How many places are added or taken away."""
        return sum(abs(added.places) for added in self.additions)


@dataclass(frozen=True)
class Search:
    """What a search found."""

    constraints: tuple[Constraint, ...]
    allowed: tuple[Allowed, ...]
    opens: tuple[date, ...]
    """(K,): the first day on which each pool's places can open."""
    too_late: tuple[Allowed, ...]
    """Pools whose lead time ends after the last date that a target names."""
    nothing: Option
    plan: Option
    alternatives: tuple[Option, ...]
    reachable: tuple[float, ...]
    """(C,): the bounds asked for or, where no plan within the pools meets them, the nearest ones
    that the plan meets."""

    @property
    def is_met(self) -> bool:
        """Whether the bounds that were asked for are met."""
        return self.reachable == tuple(each.target.bound for each in self.constraints)


def find_plan(
    resolved: Resolved,
    request: Request,
    workers: Workers,
    told: Told = nobody,
) -> Search:
    """The least change of places that meets the targets, or comes nearest, and alternatives.

    Raises:
        UserError: targets outside the forecast or against each other; pools that do not exist,
            have no limit, or can open nothing in time.
    """
    allowed, too_late = check_request(resolved, request)
    constraints = constraints_of(request.targets)
    last = max(each.reading.date for each in constraints)
    opens = tuple(opens_from(resolved, each, request) for each in allowed)
    short = until(resolved, last)
    oracle = Simulated(
        resolved=short,
        whole=resolved,
        question=question_of(resolved, [each.reading for each in constraints], request.seed),
        constraints=constraints,
        allowed=allowed,
        opens=opens,
        numbers=evenly_chosen(short, request.seed, request.futures),
        cost_futures=min(COST_FUTURES, request.futures),
        workers=workers,
    )
    return _Seeker(oracle, request, told).search(too_late)


class _Seeker:
    """The steps of one search."""

    def __init__(self, oracle: Simulated, request: Request, told: Told):
        self._oracle, self._request, self._told = oracle, request, told
        self._certainty = np.array([each.target.certainty for each in oracle.constraints])
        self._room = self._room_of(range(len(oracle.allowed)))

    def search(self, too_late: tuple[Allowed, ...]) -> Search:
        """Search, relaxing the bounds if nothing meets them."""
        self._hear(Step.LOOKING)
        oracle = self._oracle
        found = self._least(self._room)
        if not found.meets:
            self._relax(found)
            if oracle.futures > NEAREST_IN:
                oracle.keep_one_in(oracle.futures // NEAREST_IN)
            found = self._least(self._room)
        if not found.meets:
            # What ample places reach is not always found again with few: say what these reach.
            self._relax(found)
        self._hear(Step.HOW_LATE)
        plan = self._option(THE_PLAN, self._spread(found.plan))
        self._hear(Step.OTHERS)
        return Search(
            constraints=tuple(oracle.constraints),
            allowed=tuple(oracle.allowed),
            opens=tuple(oracle.opens),
            too_late=too_late,
            nothing=self._option(NO_CHANGE, ()),
            plan=plan,
            alternatives=tuple(self._alternatives(found.plan, plan)),
            reachable=self._reachable(),
        )

    def _hear(self, step: Step) -> None:
        self._oracle.done = lambda futures: self._told(step, futures)
        self._told(step, 0)

    def _room_of(self, pools: Sequence[int]) -> Room:
        """Room to change some of the pools, by position, as far as the user and sense allow."""
        children = len(self._oracle.resolved.plan.children.need)
        fewest, most = [], []
        for number, allowed in enumerate(self._oracle.allowed):
            may = number in pools
            limit = children if allowed.most is None else allowed.most
            most.append(limit if may else 0)
            fewest.append(-min(allowed.pool.places_at_start or 0, limit) if may else 0)
        return Room(tuple(fewest), tuple(most), self._certainty)

    def _least(self, room: Room, begin: Plan | None = None, *, thorough: bool = True) -> Judged:
        """The least plan within some room, on all futures; in a hurry without exchanging places."""
        oracle = self._oracle
        rough = Judge(oracle, room, coarse=True)
        near = approached(rough, room, begin)
        if not near.meets:
            ample = min((near, *rough.of(corners(room))), key=lambda each: each.gap)
            near = shrunk(rough, near, ample)
        if self._is_hopeless(near):
            oracle.checked(oracle.additions(near.plan))
            return Judge(oracle, room, coarse=False).of([near.plan])[0]
        exchanges = EXCHANGES if thorough else ()
        found, judge, hint = self._settled(room, near, exchanges)
        if not found.meets or not thorough:
            return found
        cheaper = found
        if self._request.least == LEAST_COST:
            cheaper = cheapest(judge, oracle, room, found, hint)
        elif len([most for most in room.most if most]) > 1:
            cheaper = cheapest_as_small(judge, oracle, room, found, hint)
        confirmed = self._is_enough(oracle.checked(oracle.additions(cheaper.plan)))
        return cheaper if confirmed else found

    def _settled(
        self, room: Room, near: Judged, exchanges: Sequence[int]
    ) -> tuple[Judged, Judge, Judge]:
        """The least plan near one, confirmed on all futures, and who judged it, finely and roughly.

        What was found far from where the search began, or is not confirmed, is searched from again;
        at last with nothing taken to be known.
        """
        oracle = self._oracle
        for _ in range(MOST_ROUNDS):
            oracle.settle(near.plan, room)
            judge, hint = (Judge(oracle, room, coarse=coarse) for coarse in (False, True))
            found = least(judge, room, near.plan, hint, exchanges)
            confirmed = self._is_enough(oracle.checked(oracle.additions(found.plan)))
            if oracle.is_near(found.plan) and confirmed == found.meets:
                return found, judge, hint
            near = found
        if confirmed != found.meets:
            oracle.forget()
            judge, hint = (Judge(oracle, room, coarse=coarse) for coarse in (False, True))
            found = least(judge, room, found.plan, hint, exchanges=())
        return found, judge, hint

    def _is_hopeless(self, nearest: Judged) -> bool:
        """Whether the nearest plan on few futures is too far off for more of them to help."""
        futures = len(self._oracle.rough_futures())
        error = np.sqrt(self._certainty * (1 - self._certainty) / futures)
        return bool((nearest.certainty < self._certainty - HOPELESS_ERRORS * error).any())

    def _relax(self, nearest: Judged) -> None:
        """Move the bounds to what the nearest plan meets, each rounded outwards."""
        oracle = self._oracle
        oracle.relax(np.zeros(len(oracle.constraints)))
        (found,) = oracle.exact([oracle.additions(nearest.plan)])
        moved = np.zeros(len(oracle.constraints))
        for column, each in enumerate(oracle.constraints):
            # The lowest margin that enough futures reach: no interpolation between futures.
            kept = math.ceil(each.target.certainty * len(found) - 1e-9)
            level = float(np.sort(found[:, column])[len(found) - kept])
            if level < 0:
                moved[column] = _rounded_out(-level, each.target)
        oracle.relax(moved)

    def _reachable(self) -> tuple[float, ...]:
        moved = np.broadcast_to(self._oracle.relaxed_by, len(self._oracle.constraints))
        return tuple(
            each.target.bound + (step if each.target.at_most else -step)
            for each, step in zip(self._oracle.constraints, moved.tolist(), strict=True)
        )

    def _option(self, name: str, additions: Additions) -> Option:
        found = self._oracle.checked(additions)
        return Option(name, additions, is_met(found).mean(axis=0), self._is_enough(found))

    def _is_enough(self, margins: Floats) -> bool:
        return bool((is_met(margins).mean(axis=0) >= self._certainty - ROUNDING).all())

    def _spread(self, plan: Plan) -> Additions:
        """The plan with every lot of places as late as the targets allow."""
        oracle = self._oracle
        last = max(each.reading.date for each in oracle.constraints)
        calendars = [months_between(day, last) for day in oracle.opens]
        at_last = [
            (*(0 for _ in days[1:]), places) if places > 0 else (places,)
            for days, places in zip(calendars, plan, strict=True)
        ]
        latest = opening(oracle.allowed, calendars, at_last)
        oracle.between(oracle.additions(plan), [latest])

        def meets(ways: Sequence[Sequence[Months]]) -> list[bool]:
            additions = [opening(oracle.allowed, calendars, opened) for opened in ways]
            return [self._is_enough(found) for found in oracle.margins_of(additions)]

        months = [
            len(days) if places > 0 else 1 for days, places in zip(calendars, plan, strict=True)
        ]
        opened = latest_openings(plan, months, meets)
        while True:
            additions = opening(oracle.allowed, calendars, opened)
            sooner = [a_month_sooner(by_month) for by_month in opened]
            if self._is_enough(oracle.checked(additions)) or sooner == opened:
                return additions
            opened = sooner

    def _alternatives(self, places: Plan, plan: Option) -> list[Option]:
        """Other ways to the same targets, those that reach them first and the smallest first."""
        oracle = self._oracle
        soonest = self._option("All as soon as they can open", oracle.additions(places))
        found = [plan, soonest]
        used = [pool for pool, number in enumerate(places) if number]
        for pool in used if len(used) > 1 else ():
            # No pool alone needs fewer places than the least plan of all.
            begin = tuple(sum(places) if each == pool else 0 for each in range(len(places)))
            room = self._room_of([pool])
            begun = begin if room.holds(begin) else None
            alone = self._least(room, begun, thorough=False)
            found.append(self._as_option(f"{_label(oracle.allowed[pool])} alone", alone))
        if used and len(oracle.allowed) > 1:
            most = max(used, key=lambda pool: abs(places[pool]))
            others = [each for each in range(len(places)) if each != most]
            begin = tuple(0 if pool == most else number for pool, number in enumerate(places))
            without = self._least(self._room_of(others), begin, thorough=False)
            found.append(self._as_option(f"Without {_label(oracle.allowed[most])}", without))
        found += self._later(places, plan)
        return sorted(_distinct(found)[1:], key=lambda each: (not each.meets, each.places))

    def _later(self, places: Plan, plan: Option) -> list[Option]:
        """Every place some months after the plan's, if that is in time: it takes more of them."""
        oracle = self._oracle
        last = max(each.reading.date for each in oracle.constraints)
        opened: dict[str, date] = {}
        for added in plan.additions:
            opened[added.pool] = max(added.day, opened.get(added.pool, added.day))
        later = tuple(
            months_after(opened.get(allowed.pool.name, day), LATER_MONTHS)
            for allowed, day in zip(oracle.allowed, oracle.opens, strict=True)
        )
        if not any(number and day <= last for number, day in zip(places, later, strict=True)):
            return []
        oracle.open_from(later)
        # More of the same: other pools that late would be another plan.
        room = self._room_of([pool for pool, number in enumerate(places) if number])
        least = tuple(max(low, number) for low, number in zip(room.least, places, strict=True))
        judged = self._least(replace(room, least=least), places, thorough=False)
        return [self._as_option(f"All {LATER_MONTHS} months later", judged)]

    def _as_option(self, name: str, judged: Judged) -> Option:
        return self._option(name, self._oracle.additions(judged.plan))


def _label(allowed: Allowed) -> str:
    return pool_label(allowed.pool.name, str(allowed.pool.sector))


def _distinct(options: Sequence[Option]) -> list[Option]:
    """Each change of places once, under the name that it has first."""
    first: dict[Additions, Option] = {}
    for option in options:
        if option.additions:
            first.setdefault(option.additions, option)
    return list(first.values())


def _rounded_out(step: float, target: Target) -> float:
    """A step of a bound rounded up to what people say: whole children, per cents, £100,000."""
    unit = {CHILDREN: 1.0, POUNDS: 100_000.0}.get(target.unit, 0.01)
    return math.ceil(step / unit - 1e-9) * unit
