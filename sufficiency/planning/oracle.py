"""What the search asks of plans, answered by simulation: the same futures for every plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.executors import Workers
from sufficiency.planning.futures import Constraint, Question, is_met, margins, play
from sufficiency.planning.pools import Allowed
from sufficiency.planning.search import Plan
from sufficiency.resolution.places_added import PlacesAdded, with_places_added
from sufficiency.resolution.resolve import Resolved

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Additions = tuple[PlacesAdded, ...]


@dataclass
class Simulated:
    """Plans played in the first futures of a seed. K pools, C constraints.

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
    futures: int
    coarse_futures: int
    cost_futures: int
    workers: Workers
    done: Callable[[int], None] | None = None
    relaxed_by: Floats | float = 0.0
    """(C,): how far bounds are moved, where nothing meets them."""
    _known: dict[tuple[Additions, int], Floats] = field(default_factory=dict)
    _costs: dict[Additions, float] = field(default_factory=dict)
    _about: dict[Additions, Floats] = field(default_factory=dict)
    _settled: Floats | None = None
    _doubtful: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def margins(self, plans: Sequence[Plan], *, coarse: bool) -> list[Floats]:
        """By how much each constraint is met in each future, per plan: (n, C).

        Of all futures, those that `settle` found sure are not played again.
        """
        every = [self.additions(plan) for plan in plans]
        if coarse:
            return self.exact(every, self.coarse_futures)
        return self.margins_of(every)

    def settle(self, additions: Additions) -> None:
        """Take futures that meet everything both without any change and with these places to meet
        it with all places about as many: most futures, of a target asked of most.

        Margins of these very places stay exact, so whoever settles on what was found and finds it
        again has not been misled.
        """
        nothing, settled = self.exact([(), additions], self.futures)
        self._doubtful = np.flatnonzero(~(is_met(nothing) & is_met(settled)).all(axis=1))
        self._settled = settled - self.relaxed_by
        self._about = {}

    def margins_of(self, every: Sequence[Additions]) -> list[Floats]:
        """As `margins`, of places added on any days in all futures."""
        if self._settled is None:
            return self.exact(every, self.futures)
        new = [each for each in dict.fromkeys(every) if each not in self._about]
        for additions, found in zip(new, self._played(new, self._doubtful.tolist()), strict=True):
            known = self._settled.copy()
            known[self._doubtful] = found
            self._about[additions] = known
        return [self._about[each] + self.relaxed_by for each in every]

    def exact(self, every: Sequence[Additions], futures: int) -> list[Floats]:
        """As `margins_of`, with every one of so many futures played."""
        new = [each for each in dict.fromkeys(every) if (each, futures) not in self._known]
        for additions, found in zip(new, self._played(new, range(futures)), strict=True):
            self._known[additions, futures] = found
        return [self._known[each, futures] + self.relaxed_by for each in every]

    def _played(self, every: Sequence[Additions], numbers: Sequence[int]) -> Floats:
        """(plans, n, C): margins in some futures, against the bounds that were asked for."""
        if not every or not len(numbers):
            return np.zeros((len(every), len(numbers), len(self.constraints)))
        plans = [with_places_added(self.resolved, additions) for additions in every]
        values = play(self.question, plans, numbers, self.workers, self.done)
        return margins(self.constraints, values)

    def cost(self, plans: Sequence[Plan]) -> list[float]:
        """The expected cost of each plan over the whole forecast, in pounds."""
        every = [self.additions(plan) for plan in plans]
        new = [each for each in dict.fromkeys(every) if each not in self._costs]
        if new:
            question = Question(**{**vars(self.question), "with_cost": True})
            played = [with_places_added(self.whole, additions) for additions in new]
            values = play(question, played, range(self.cost_futures), self.workers, self.done)
            self._costs |= zip(new, values[:, :, -1].mean(axis=1).tolist(), strict=True)
        return [self._costs[each] for each in every]

    def additions(self, plan: Plan) -> Additions:
        """The places of a plan, each pool's from its day on."""
        return tuple(
            PlacesAdded(allowed.pool.name, day, places)
            for allowed, day, places in zip(self.allowed, self.opens, plan, strict=True)
            if places
        )
