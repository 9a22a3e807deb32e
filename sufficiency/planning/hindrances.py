"""Why places alone do not meet a target, and what would: counted in simulated futures.

Where no plan meets a target, the nearest one is played again: who are the children who miss it on
the date, and had they lived where they live since before any place could open? Then with one thing
changed at a time, in the same futures: children move back, places open at once, the date is later.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SECTORS, Sector, begins, day_number, next_month
from sufficiency.executors import Workers, work_out
from sufficiency.measures.reporting import report_calendar
from sufficiency.planning.asking import Request
from sufficiency.planning.evenly import evenly_chosen
from sufficiency.planning.futures import (
    Constraint,
    is_met,
    margins,
    play,
    question_of,
    until,
)
from sufficiency.planning.making import Search
from sufficiency.planning.oracle import Additions
from sufficiency.planning.target import IN_HOUSE_SHORTFALL, UNMET_NEED
from sufficiency.replication import layers_asked
from sufficiency.report.plan_report import Helps, Hindrance
from sufficiency.resolution.places_added import with_places_added
from sufficiency.resolution.resolve import Resolved
from sufficiency.simulation.record import ENDED_OPEN, Record
from sufficiency.simulation.simulate import DEFAULT_ENGINE, engine_here, simulate

Floats = NDArray[np.float64]

FUTURES = 400
FUTURES_AT_ONCE = 50
SETTLING_DAYS = 90
"""After how long children are tried to move back, where the scenario never moves them: an
assumption that is named wherever it is shown."""


def hindrances_of(
    resolved: Resolved,
    request: Request,
    search: Search,
    certainty: Floats,
    workers: Workers,
) -> tuple[Hindrance, ...]:
    """One for each target that no plan meets, on the date on which it is met least often.

    ``certainty`` (C,) is how often the plan keeps each bound that was asked for.
    """
    asked = [each.target.bound for each in search.constraints]
    missed = [c for c, bound in enumerate(asked) if search.reachable[c] != bound]
    worst: dict[str, int] = {}
    for column in missed:
        text = search.constraints[column].target.text
        if text not in worst or certainty[column] < certainty[worst[text]]:
            worst[text] = column
    return tuple(
        _hindrance(resolved, request, search, search.constraints[column], workers)
        for column in worst.values()
    )


def _hindrance(
    resolved: Resolved,
    request: Request,
    search: Search,
    constraint: Constraint,
    workers: Workers,
) -> Hindrance:
    day = constraint.reading.date
    short = resolved if constraint.reading.year else until(resolved, day)
    numbers = evenly_chosen(short, request.seed, FUTURES, request.futures)
    plan = search.plan.additions
    planned = with_places_added(short, plan)
    first = min((added.day for added in plan), default=min(search.opens))
    tried = _tried(short, plan, request)
    share, *shares = _shares([planned, *tried.values()], constraint, request, numbers, workers)
    helps = [Helps(*key, float(met)) for key, met in zip(tried, shares, strict=True)]
    helps += _later(resolved, constraint, request, plan, numbers, workers)
    misses = _Misses.of(planned, constraint, first, request.seed)
    missing = _counted(misses, numbers, workers) if misses is not None else None
    return Hindrance(
        asked=constraint.target.text,
        certainty_asked=constraint.target.certainty,
        subject=constraint.target.subject,
        when=day,
        places_open=first,
        certainty=float(share),
        futures=FUTURES,
        children=None if missing is None else float(missing.sum(axis=1).mean()),
        no_place=None if missing is None else float(missing[:, 0].mean()),
        there_before=None if missing is None else float(missing[:, 1].mean()),
        helps=tuple(helps),
    )


def _tried(
    short: Resolved, plan: Additions, request: Request
) -> dict[tuple[str, float | None, date | None], Resolved]:
    """The scenario with the plan and one thing more, by what that is."""
    planned = with_places_added(short, plan)
    found: dict[tuple[str, float | None, date | None], Resolved] = {}
    if np.isinf(planned.plan.places.settling_days):
        places = replace(planned.plan.places, settling_days=float(SETTLING_DAYS))
        moved_back = replace(planned, plan=replace(planned.plan, places=places))
        found["settling", float(SETTLING_DAYS), None] = moved_back
    at_once = next_month(short.start)
    if request.keep_lead_times and any(added.day > at_once for added in plan):
        sooner = [replace(added, day=at_once) for added in plan]
        found["at_once", None, at_once] = with_places_added(short, sooner)
    return found


def _later(
    resolved: Resolved,
    constraint: Constraint,
    request: Request,
    plan: Additions,
    numbers: Sequence[int],
    workers: Workers,
) -> list[Helps]:
    """The same target at the end of the forecast, unless that is when it was asked for."""
    last = report_calendar(resolved.start, resolved.months).dates[-1]
    if constraint.reading.year or constraint.reading.date >= last:
        return []
    later = replace(constraint, reading=replace(constraint.reading, date=last))
    (share,) = _shares([with_places_added(resolved, plan)], later, request, numbers, workers)
    return [Helps("later", None, last, float(share))]


def _shares(
    plans: Sequence[Resolved],
    constraint: Constraint,
    request: Request,
    numbers: Sequence[int],
    workers: Workers,
) -> Floats:
    """(plans,): in what share of some futures the target is met."""
    question = question_of(plans[0], [constraint.reading], request.seed)
    values = play(question, plans, numbers, workers)
    met: Floats = is_met(margins([constraint], values)).mean(axis=(1, 2))
    return met


# --- who misses it ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Misses:
    """Which children a target counts, and since when they would have to live where they do."""

    planned: Resolved
    measure: str
    sectors: tuple[Sector, ...]
    day: int
    opens: float
    seed: int

    @classmethod
    def of(
        cls, planned: Resolved, constraint: Constraint, opens: date, seed: int
    ) -> _Misses | None:
        """None for a target that does not count children in the wrong place."""
        reading = constraint.reading
        if reading.measure not in (UNMET_NEED, IN_HOUSE_SHORTFALL):
            return None
        return cls(
            planned,
            reading.measure,
            reading.sectors,
            day_number(planned.start, reading.date),
            begins(planned.start, opens),
            seed,
        )

    def count(self, record: Record) -> tuple[int, int, int]:
        """Children without a place, in one since before places open, and in one since then."""
        spells = record.spells
        here = (spells["from_time"] <= self.day) & (
            (spells["ended"] == ENDED_OPEN) | (self.day < spells["to_time"])
        )
        if self.sectors:
            here &= np.isin(spells["sector"], [SECTORS.index(each) for each in self.sectors])
        nowhere = spells["pool"] < 0
        if self.measure == UNMET_NEED:
            here &= nowhere | ~spells["suitable"]
        else:
            here &= ~nowhere & spells["suitable"] & ~spells["first_choice"]
        before = ~nowhere & (spells["from_time"] < self.opens)
        counts = (here & nowhere, here & before, here & ~nowhere & ~before)
        none, old, new = (int(each.sum()) for each in counts)
        return none, old, new


def _counted(misses: _Misses, numbers: Sequence[int], workers: Workers) -> Floats:
    """(n, 3): as `_Misses.count`, in some futures."""
    starts = range(0, len(numbers), FUTURES_AT_ONCE)
    pieces = [numbers[first : first + FUTURES_AT_ONCE] for first in starts]
    found = np.empty((len(numbers), 3))
    with closing(work_out(_count_some, misses, pieces, workers)) as results:
        for position, counts in results:
            found[starts[position] : starts[position] + len(counts)] = counts
    return found


def _count_some(misses: _Misses, numbers: Sequence[int]) -> list[tuple[int, int, int]]:
    """What a worker does."""
    resolved = misses.planned
    worlds = resolved.draw_worlds(misses.seed, numbers, **layers_asked(resolved)._asdict())
    engine = engine_here(DEFAULT_ENGINE)
    return [
        misses.count(simulate(world, misses.seed, number, engine=engine))
        for number, world in zip(numbers, worlds, strict=True)
    ]
