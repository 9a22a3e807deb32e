"""Distributions of an effect: what values it may have, drawn by inversion of a uniform number.

One uniform a draw, so that scenarios which share an effect share its luck whatever its
parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Family = Literal["fixed", "normal", "lognormal", "triangular", "uniform", "beta"]

NEEDED: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("mean", "sd"),
    "triangular": ("low", "mode", "high"),
    "uniform": ("low", "high"),
    "beta": ("mean", "sd"),
}
"""What each family must be told; normal and lognormal may be cut off at ``low`` and ``high``, and
a beta lies between them (0 and 1 unless said)."""
_TINY = 2.0**-54


@dataclass(frozen=True)
class Distribution:
    """One distribution; a fixed number has its value as ``mean``."""

    family: Family
    mean_given: float = 0.0
    sd: float = 0.0
    low: float = -math.inf
    mode: float = 0.0
    high: float = math.inf

    @property
    def is_drawn(self) -> bool:
        """Whether it can take more than one value."""
        return self.family != "fixed"

    @property
    def mean(self) -> float:
        """The expected value, bounds included."""
        match self.family:
            case "triangular":
                return (self.low + self.mode + self.high) / 3
            case "uniform":
                return (self.low + self.high) / 2
            case "normal" | "lognormal":
                return self._mean_within_bounds()
            case _:
                return self.mean_given

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value it can take."""
        if self.family == "fixed":
            return self.mean_given, self.mean_given
        if self.family == "lognormal":
            return max(self.low, 0.0), self.high
        return self.low, self.high

    def quantile(self, uniforms: Floats) -> Floats:
        """The values at probabilities from 0 to 1, of any shape."""
        u = np.asarray(uniforms, dtype=np.float64) + _TINY
        match self.family:
            case "fixed":
                return np.full(u.shape, self.mean_given)
            case "uniform":
                return self._within(self.low + u * (self.high - self.low))
            case "triangular":
                return self._within(self._triangular(u))
            case "beta":
                a, b = self._beta_shape()
                return self._within(self.low + (self.high - self.low) * special.betaincinv(a, b, u))
            case _:
                return self._within(self._normal(u))

    def _within(self, values: Floats) -> Floats:
        """The values without what rounding adds beyond the bounds."""
        return np.clip(values, *self.support)

    def _triangular(self, u: Floats) -> Floats:
        width, rise = self.high - self.low, self.mode - self.low
        below = self.low + np.sqrt(u * width * rise)
        above = self.high - np.sqrt(np.maximum(1 - u, 0.0) * width * (self.high - self.mode))
        return np.where(u * width < rise, below, above)

    def _beta_shape(self) -> tuple[float, float]:
        """Shape parameters by the method of moments."""
        width = self.high - self.low
        mean, variance = (self.mean_given - self.low) / width, (self.sd / width) ** 2
        strength = mean * (1 - mean) / variance - 1
        return mean * strength, (1 - mean) * strength

    def _normal_shape(self) -> tuple[float, float, float, float]:
        """Mean and sd of the normal (of the logarithm, if lognormal), and its scaled bounds."""
        if self.family == "normal":
            mean, sd, low, high = self.mean_given, self.sd, self.low, self.high
        else:
            sd = math.sqrt(math.log1p((self.sd / self.mean_given) ** 2))
            mean = math.log(self.mean_given) - sd**2 / 2
            low = math.log(self.low) if self.low > 0 else -math.inf
            high = math.log(self.high) if self.high > 0 else -math.inf
        return mean, sd, (low - mean) / sd, (high - mean) / sd

    def _normal(self, u: Floats) -> Floats:
        mean, sd, low, high = self._normal_shape()
        below, above = special.ndtr(low), special.ndtr(high)
        normal = mean + sd * special.ndtri(below + u * (above - below))
        return np.exp(normal) if self.family == "lognormal" else np.asarray(normal)

    def _mean_within_bounds(self) -> float:
        """The mean of a truncated normal or lognormal (Johnson, Kotz and Balakrishnan 1994)."""
        mean, sd, low, high = self._normal_shape()
        chance = special.ndtr(high) - special.ndtr(low)
        if self.family == "normal":
            density = _normal_density(low) - _normal_density(high)
            return float(mean + sd * density / chance)
        moved = special.ndtr(high - sd) - special.ndtr(low - sd)
        return float(math.exp(mean + sd**2 / 2) * moved / chance)

    def problem(self) -> tuple[str, str] | None:
        """Which parameter is impossible and why, in words; None if all are possible."""
        if self.family == "fixed":
            return None
        if self.family in ("normal", "lognormal", "beta") and not self.sd > 0:
            return "sd", f"found {self.sd:g}, expected a standard deviation above 0"
        if not self.low < self.high:
            return "low", f"found {self.low:g}, expected less than high ({self.high:g})"
        return self._own_problem()

    def _own_problem(self) -> tuple[str, str] | None:
        """The same of what one family alone asks for."""
        between = f"between low ({self.low:g}) and high ({self.high:g})"
        match self.family:
            case "lognormal" if not self.mean_given > 0:
                return "mean", f"found {self.mean_given:g}, expected a mean above 0"
            case "triangular" if not self.low <= self.mode <= self.high:
                return "mode", f"found {self.mode:g}, expected a number {between}"
            case "beta" if not self.low < self.mean_given < self.high:
                return "mean", f"found {self.mean_given:g}, expected a mean {between}"
            case "beta" if self.sd**2 >= (self.mean_given - self.low) * (
                self.high - self.mean_given
            ):
                most = math.sqrt((self.mean_given - self.low) * (self.high - self.mean_given))
                return "sd", (
                    f"found {self.sd:g}, expected less than {most:.3g}, the most that is possible "
                    f"with this mean {between}"
                )
            case "normal" | "lognormal" if self._chance_within_bounds() < 0.01:
                return "low", (
                    "the bounds leave almost nothing of the distribution; expected low and high "
                    "around the mean"
                )
        return None

    def _chance_within_bounds(self) -> float:
        _, _, low, high = self._normal_shape()
        return float(special.ndtr(high) - special.ndtr(low))


def fixed(value: float) -> Distribution:
    """A number that is not drawn."""
    return Distribution("fixed", mean_given=value)


def _normal_density(x: float) -> float:
    return math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) if math.isfinite(x) else 0.0
