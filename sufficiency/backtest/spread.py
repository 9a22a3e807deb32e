"""A range for a method that says one number: how far off it was before, as at the origin.

Errors are shares of the count that each forecast began from, of all authorities and earlier
origins whose outcome was known at the origin, pooled over counts of about the same size. They are
taken as they fell, so the range has their shape; their mean is taken out unless it is asked to be
kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.backtest.counts import ObservedCounts
from sufficiency.backtest.targets import N_HORIZONS, N_TARGETS, PARTED_ROWS, TOGETHER_ROW

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIZE_EDGES = (10, 30, 100, 200, 400, 800)
"""Counts at the origin that part the sizes within which errors are pooled."""
FEWEST_ERRORS = 30
"""A size with fewer earlier errors borrows those of all sizes."""


@dataclass(frozen=True)
class Pools:
    """The errors of one method as at one origin, by target, horizon and size."""

    by_cell: Mapping[tuple[int, int, int], Floats]

    def errors(self, target: int, horizon: int, size: int) -> Floats:
        """(n,): errors; empty if the method had no forecast whose outcome was known."""
        return self.by_cell.get((target, horizon, size), np.empty(0))


def size_of(counts: Floats) -> Ints:
    """The size class of each count at its origin; NaN falls in the last."""
    return np.asarray(np.searchsorted(SIZE_EDGES, counts, side="right"), dtype=np.int64)


def pools_as_at(
    points: Mapping[int, Floats], past: ObservedCounts, *, keep_mean: bool = False
) -> Pools:
    """What a method's earlier errors were, as known at ``past.last_year``.

    Args:
        points: forecasts (A, targets, horizons) by the year they were made at; those made at or
            after the origin have no known outcome and so no part in this.
        past: what was published up to the origin.
        keep_mean: leave the errors' mean in, so that the range is shifted by the method's bias.

    A horizon with no outcome yet takes the errors of the longest horizon that has one, widened
    by the square root of the time (errors of a random walk).
    """
    found: dict[tuple[int, int, int], Floats] = {}
    for target in range(N_TARGETS):
        # Homes and supported accommodation are published apart for too few years.
        row = TOGETHER_ROW if target >= PARTED_ROWS.start else target
        longest: dict[int, tuple[int, Floats]] = {}
        for horizon in range(1, N_HORIZONS + 1):
            by_size = _errors_by_size(points, past, row, horizon)
            for size, errors in by_size.items():
                if len(errors):
                    longest[size] = (horizon, errors)
                elif size in longest:
                    known, errors = longest[size]
                    errors = errors * np.sqrt(horizon / known)
                if len(errors):
                    centred = errors if keep_mean else errors - errors.mean()
                    found[target, horizon - 1, size] = centred
    return Pools(found)


def _errors_by_size(
    points: Mapping[int, Floats], past: ObservedCounts, row: int, horizon: int
) -> dict[int, Floats]:
    """Errors of one target at one horizon: by size class, or of all where a class has few."""
    errors, sizes = [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for origin, forecast in sorted(points.items()):
        if origin + horizon > past.last_year:
            continue
        outcome, said = past.at(origin + horizon)[:, row], forecast[:, row, horizon - 1]
        begun = past.at(origin)[:, row]
        known = np.isfinite(outcome) & np.isfinite(said) & np.isfinite(begun)
        errors.append((outcome - said)[known] / scale_of(begun[known]))
        sizes.append(size_of(begun[known]))
    every, size = np.concatenate(errors), np.concatenate(sizes)
    return {
        name: mine if len(mine := every[size == name]) >= FEWEST_ERRORS else every
        for name in range(len(SIZE_EDGES) + 1)
    }


def scale_of(at_origin: Floats) -> Floats:
    """What errors are shares of: the count at the origin, at least one child."""
    return np.maximum(at_origin, 1.0)


def spread_out(point: Floats, at_origin: Floats, errors: Floats) -> Floats:
    """(n, m): every possible outcome of n forecasts that share m errors; never below none."""
    return np.clip(point[:, None] + scale_of(at_origin)[:, None] * errors[None, :], 0, None)
