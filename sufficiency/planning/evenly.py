"""Futures that stand evenly for all that drift may bring.

How far entries and exits drift is drawn before a future is played, costs next to nothing to draw,
and tells more than anything else whether places run out. So of many futures in the order of their
drift, one of every few neighbours is played: the share of them that meets a target has the same
expected value as in futures taken as they come, and a smaller error (stratified sampling with
proportional allocation, Cochran 1977, ch. 5; the strata are cut from the sample itself).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.replication import layers_asked
from sufficiency.resolution.resolve import Resolved
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.worlds import drift_factors

Floats = NDArray[np.float64]

NEIGHBOURS = 8
"""How many futures each one that is played stands for."""
_EXITS_COUNT = 0.5
"""What a drift of exits before 18 does to the number in care, to a drift of entries as 1: about
half of all who leave turn 18, which does not drift. It cuts strata and enters no result."""


def evenly_chosen(resolved: Resolved, seed: int, futures: int, further: int = 0) -> list[int]:
    """The numbers of so many replications, rising in how far they lead to more children in care.

    Every k-th of them are chosen as evenly as all. ``further`` is how many are chosen elsewhere
    for another use, which these leave out.
    """
    first = further * NEIGHBOURS
    if not layers_asked(resolved).drift:
        return list(range(first, first + futures))
    numbers = np.arange(first, first + futures * NEIGHBOURS)
    ranked = numbers[np.argsort(_growth(resolved, seed, numbers), kind="stable")]
    # The first drawn of its neighbours: its number knows nothing of where it stands among them.
    return [int(each) for each in ranked.reshape(futures, NEIGHBOURS).min(axis=1)]


def _growth(resolved: Resolved, seed: int, numbers: NDArray[np.int64]) -> Floats:
    """(R,): about how far drift adds to the children in care at the horizon, in any unit."""
    plan = resolved.plan
    starts, factors = drift_factors(plan, [Draws(seed, int(number)) for number in numbers])
    ends = np.minimum(np.append(starts, plan.horizon_days), plan.horizon_days)
    drift: Floats = np.log(factors) @ np.diff(ends)
    return drift[:, 0] - _EXITS_COUNT * drift[:, 1]
