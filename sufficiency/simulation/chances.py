"""From uniform numbers to categories and quantities, by inversion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.simulation.compiled import step
from sufficiency.simulation.world import Floats

Guide = NDArray[np.int32]

GUIDE_STEPS = 8192


def guide_of(rising: Floats) -> Guide:
    """(R, `GUIDE_STEPS` + 1): of each row of rising values, (R, n), the position of the first above
    each of evenly spaced shares of the last.

    A search among tens of thousands then begins between two that are close by: Chen and Asau
    (1974), On generating random variates from an empirical distribution.
    """
    shares = np.arange(GUIDE_STEPS + 1) / GUIDE_STEPS
    found = [np.searchsorted(row, shares * row[-1], side="right") for row in rising]
    return np.array(found, dtype=np.int32).reshape(-1, GUIDE_STEPS + 1)


@step
def drawn(probability: Floats, uniform: float) -> int:
    """A category; unless all have probability zero, one that has is never drawn."""
    total = 0.0
    for share in probability:
        total += share
    level, cumulative, category = uniform * total, 0.0, 0
    # All are counted: where a search would end cannot be foreseen.
    for share in probability[:-1]:
        cumulative += share
        category += int(cumulative <= level)
    return category


@step
def first_above(share: float, rising: Floats, guide: Guide) -> int:
    """The position of the first of rising values above a share of the last; their number if none.

    ``guide`` says between which two it is (see `guide_of`).
    """
    nearby = min(int(share * (guide.size - 1)), guide.size - 2)
    low, high, level = guide[nearby], guide[nearby + 1], share * rising[-1]
    while low < high:
        middle = (low + high) >> 1
        if rising[middle] > level:
            high = middle
        else:
            low = middle + 1
    return int(low)


@step
def between(first: float, second: float, share: float) -> float:
    """So much of the way from the first to the second."""
    return first + share * (second - first)


@step
def evenly_interpolated(at: float, values: Floats) -> float:
    """A piecewise linear function of 0 to 1, given at evenly spaced points."""
    steps = values.size - 1
    below = min(int(at * steps), steps - 1)
    return float(values[below] + (at * steps - below) * (values[below + 1] - values[below]))


@step
def inverse(level: float, above: int, grid: Floats, rising: Floats) -> float:
    """Where a piecewise linear, rising function reaches a level, ``above`` being `first_reached`.

    ``rising`` (k,) on ``grid`` (k,); a level below the first value gives the first point, above
    the last the last.
    """
    step = rising[above] - rising[above - 1]
    share = min(max((level - rising[above - 1]) / step, 0.0), 1.0) if step > 0.0 else 0.0
    return float(grid[above - 1] + share * (grid[above] - grid[above - 1]))


@step
def first_reached(level: float, above: int, rising: Floats) -> int:
    """The point where rising values reach a level, from ``above`` on (1 at first); or the last.

    Flat stretches are passed over, so a rate of zero brings nobody.
    """
    while above < rising.size - 1 and rising[above] < level:
        above += 1
    return above
