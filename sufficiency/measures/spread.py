"""How the prices of placements in a pool differ: a distribution about the pool's mean, as a table.

A placement's own chance in (0, 1) picks one of `PARTS` equal parts of the distribution and pays
that part's mean, so the mean over all placements is the pool's price, to rounding, and the dearest
price that can be drawn is the mean of the dearest two-thousandth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

PARTS = 2_048


def lognormal_factors(sd_over_mean: float) -> Floats:
    """(PARTS,): means of the parts of a lognormal distribution with mean 1.

    E[X; X < q] = Phi((ln q - mu) / s - s) for a mean of 1 (mu = -s^2 / 2).
    """
    s = math.sqrt(math.log1p(sd_over_mean**2))
    with np.errstate(divide="ignore"):
        normal = special.ndtri(np.arange(PARTS + 1) / PARTS)
    return _parts(special.ndtr(normal - s))


def gamma_factors(sd_over_mean: float) -> Floats:
    """(PARTS,): means of the parts of a gamma distribution with mean 1.

    E[X; X < q] = P(k + 1, k q) for a mean of 1 and shape k, P the regularised lower gamma.
    """
    shape = 1 / sd_over_mean**2
    quantile = special.gammaincinv(shape, np.arange(PARTS) / PARTS)
    return _parts(np.append(special.gammainc(shape + 1, quantile), 1.0))


def triangular_factors(low: float, mode: float, high: float) -> Floats:
    """(PARTS,): means of the parts of a triangular distribution, over its mean.

    E[X; X < q] is the integral of x f(x), with f rising from ``low`` to ``mode`` and falling to
    ``high``; low < high.
    """
    chance = np.arange(PARTS + 1) / PARTS
    width, up, down = high - low, mode - low, high - mode
    rising = low + np.sqrt(chance * width * up)
    falling = high - np.sqrt((1 - chance) * width * down)
    quantile = np.where(chance <= up / width, rising, falling)
    mean = (low + mode + high) / 3
    return _parts(np.array([_below(q, low, mode, high) for q in quantile]) / mean)


def list_factors(weekly_gbp: Sequence[float]) -> Floats:
    """(PARTS,): a list of prices in equal shares, over their mean, which is above 0.

    Each price has PARTS / n parts; where that is no whole number, a part is shared by neighbours.
    """
    ordered = np.sort(np.array(weekly_gbp, dtype=np.float64))
    cumulated = np.append(0.0, np.cumsum(ordered)) / ordered.sum()
    at = np.arange(PARTS + 1) / PARTS * len(ordered)
    return _parts(np.interp(at, np.arange(len(ordered) + 1), cumulated))


def _below(q: float, low: float, mode: float, high: float) -> float:
    """E[X; X < q] of a triangular distribution."""
    width, up, down = high - low, mode - low, high - mode

    def rising(x: float) -> float:
        return 2 / (width * up) * (x**3 / 3 - low * x**2 / 2) if up > 0 else 0.0

    def falling(x: float) -> float:
        return 2 / (width * down) * (high * x**2 / 2 - x**3 / 3) if down > 0 else 0.0

    if q <= mode:
        return rising(q) - rising(low)
    return rising(mode) - rising(low) + falling(q) - falling(mode)


def _parts(cumulated: Floats) -> Floats:
    """What each part holds of the whole, times the number of parts."""
    found: Floats = np.diff(cumulated) * PARTS
    return found
