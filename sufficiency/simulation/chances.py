"""From uniform numbers to categories and quantities, by inversion."""

from __future__ import annotations

from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.world import Floats


@step
def drawn(probability: Floats, uniform: float) -> int:
    """A category; one of probability zero is never drawn, not even the last."""
    total = 0.0
    for share in probability:
        total += share
    cumulative = 0.0
    for category in range(probability.size - 1):
        cumulative += probability[category]
        if uniform < cumulative / total:
            return category
    return probability.size - 1


@step
def first_above(rising: Floats, level: float) -> int:
    """The position of the first value above a level, in rising values; their number if none."""
    return first_above_within(0, rising.size, rising, level)


@step
def first_above_within(low: int, high: int, rising: Floats, level: float) -> int:
    """The same where it is known to be from ``low`` to ``high``."""
    while low < high:
        middle = (low + high) >> 1
        if rising[middle] > level:
            high = middle
        else:
            low = middle + 1
    return low


@step
def interpolated(at: float, grid: Floats, values: Floats) -> float:
    """A piecewise linear function on a rising ``grid``; beyond its ends the nearest value."""
    above = first_above(grid, at)
    if above == 0:
        return float(values[0])
    if above == grid.size:
        return float(values[-1])
    share = (at - grid[above - 1]) / (grid[above] - grid[above - 1])
    return float(values[above - 1] + share * (values[above] - values[above - 1]))


@step
def evenly_interpolated(at: float, values: Floats) -> float:
    """A piecewise linear function of 0 to 1, given at evenly spaced points."""
    steps = values.size - 1
    below = min(int(at * steps), steps - 1)
    return float(values[below] + (at * steps - below) * (values[below + 1] - values[below]))


@compiled
def inverse(level: float, grid: Floats, rising: Floats) -> float:
    """Where a piecewise linear, rising function first reaches a level.

    ``rising`` (k,) on ``grid`` (k,); flat stretches are passed over, so a rate of zero brings
    nobody. A level below the first value gives the first point, above the last the last.
    """
    above = 1
    low, high = 0, rising.size
    while low < high:
        middle = (low + high) >> 1
        if rising[middle] < level:
            low = middle + 1
        else:
            high = middle
    above = min(max(low, 1), grid.size - 1)
    step = rising[above] - rising[above - 1]
    share = min(max((level - rising[above - 1]) / step, 0.0), 1.0) if step > 0.0 else 0.0
    return float(grid[above - 1] + share * (grid[above] - grid[above - 1]))
