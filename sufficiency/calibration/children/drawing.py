"""Drawing a council's own rates in a fraction of a millisecond, each from its own uniform.

A quantile of a Gamma takes a microsecond, and there are more than a thousand: their logarithms are
tabulated once over normal scores, where they are nearly straight, and read by interpolation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sufficiency.calibration.children.lexis import N_PLACEMENT_BANDS
from sufficiency.calibration.children.rates import (
    ADOPTION,
    ADOPTION_FAMILY,
    ENDING_FAMILY,
    LEAVING,
    MATCH,
    MOVING,
    UASC_FAMILY,
    UNPLANNED,
    ChildRates,
)
from sufficiency.calibration.cohort import N_AGE_BANDS, N_CARE_BANDS
from sufficiency.domain import CAUSES, NEED_GROUPS, SECTORS, UASC_ROW, NeedGroup

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SCORES: Floats = np.linspace(-6.0, 6.0, 97)
_STEP = float(_SCORES[1] - _SCORES[0])
_LOWEST_LOG = -600.0
_ADOPTION_NEED = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)


class DrawnRates(NamedTuple):
    """One replication's rates."""

    per_day: Floats
    """(C, S, A, B)."""
    destination: Floats
    """(M, 2, N, N)."""
    ending_factor: float
    """On unplanned endings of placements for adoption."""


@dataclass(frozen=True)
class RateSampler:
    """Draws `DrawnRates`; made once a scenario by `rate_sampler`."""

    base_per_day: Floats
    destination_weights: Floats
    shape: Floats
    """(n,): Gamma shapes: the families' cells, then their levels, then the destination weights."""
    log_quantiles: Floats
    """(n, 97): at `_SCORES`."""
    mean_factor: Floats
    """(cells,)."""
    level_weight: Floats
    """(cells,): how far each follows the level drawn for its family."""
    family_of_cell: Ints
    factor_of_rate: Ints
    """(C * S * A * B,): the cell whose factor multiplies each rate; the last stands for one."""
    ending_cell: int
    ending_factor: float

    @property
    def n_uniforms(self) -> int:
        """How many uniform numbers a draw takes."""
        return len(self.shape)

    def draw(self, uniforms: Floats) -> DrawnRates:
        """The rates at some uniforms (n_uniforms,)."""
        return next(self.draw_several(uniforms[None]))

    def draw_several(self, uniforms: Floats) -> Iterator[DrawnRates]:
        """The rates of several replications at their uniforms (R, n_uniforms), one by one."""
        gammas = self._gammas(uniforms)
        cells, families = len(self.mean_factor), self.family_of_cell[-1] + 1
        relative = gammas[:, : cells + families] / self.shape[: cells + families]
        level = np.log(relative[:, cells:])[:, self.family_of_cell]
        factors = self.mean_factor * relative[:, :cells] * np.exp(self.level_weight * level)
        for factor, drawn in zip(factors, gammas[:, cells + families :], strict=True):
            weights = np.zeros(self.destination_weights.shape)
            weights[self.destination_weights > 0] = drawn
            yield self._rates(factor, weights)

    def mean(self) -> DrawnRates:
        """The rates at their posterior means."""
        return self._rates(self.mean_factor, self.destination_weights)

    def _rates(self, factor: Floats, weights: Floats) -> DrawnRates:
        per_day = self.base_per_day * np.append(factor, 1.0)[self.factor_of_rate].reshape(
            self.base_per_day.shape
        )
        ending = self.ending_factor * float(factor[self.ending_cell])
        return DrawnRates(per_day, weights / weights.sum(axis=-1, keepdims=True), ending)

    def _gammas(self, uniforms: Floats) -> Floats:
        """(R, n): Gamma quantiles with these shapes and a rate of one."""
        # Half the step of the uniforms keeps the normal score of a zero finite.
        score = (special.ndtri(uniforms + 2.0**-54) - _SCORES[0]) / _STEP
        score = np.clip(score, 0.0, len(_SCORES) - 1.001)
        below = score.astype(np.int64)
        rows = np.arange(self.n_uniforms)
        low, high = self.log_quantiles[rows, below], self.log_quantiles[rows, below + 1]
        return np.asarray(np.exp(low + (score - below) * (high - low)))


def rate_sampler(rates: ChildRates) -> RateSampler:
    """Lay the families out for drawing."""
    families = list(rates.families.items())
    sizes = [family.events.size for _, family in families]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    first = {name: int(start) for (name, _), start in zip(families, starts, strict=False)}
    weights = rates.destination_weights
    levels = np.array([family.level_events for _, family in families])
    shape = np.concatenate(
        [*(family.shape.ravel() for _, family in families), levels, weights[weights > 0]]
    )
    return RateSampler(
        base_per_day=rates.base_per_day,
        destination_weights=weights,
        shape=shape,
        log_quantiles=_log_quantiles(shape),
        mean_factor=np.concatenate([family.mean.ravel() for _, family in families]),
        level_weight=np.concatenate([family.level_weight.ravel() for _, family in families]),
        family_of_cell=np.repeat(np.arange(len(families)), sizes),
        factor_of_rate=_factor_of_rate(rates, first, int(starts[-1])).ravel(),
        ending_cell=first[ENDING_FAMILY],
        ending_factor=rates.adoptive_ending_factor,
    )


def _log_quantiles(shape: Floats) -> Floats:
    chance = special.ndtr(_SCORES)
    quantiles = special.gammaincinv(shape[:, None], chance)
    # The upper tail of a probability near one loses digits: it is read from the other end.
    upper = special.gammainccinv(shape[:, None], special.ndtr(-_SCORES))
    quantiles = np.where(_SCORES > 0, upper, quantiles)
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(quantiles), _LOWEST_LOG)


def _factor_of_rate(rates: ChildRates, first: dict[str, int], none: int) -> Ints:
    """(C, S, A, B): the position of each rate's factor among the cells, or ``none``."""
    where = np.full(rates.base_per_day.shape, none, dtype=np.int64)
    by_age = np.arange(N_AGE_BANDS * N_CARE_BANDS).reshape(N_AGE_BANDS, N_CARE_BANDS)
    for cause in (*LEAVING, MATCH):
        where[cause, :, :N_AGE_BANDS] = first[CAUSES[cause]] + by_age
    for cause in LEAVING:
        where[cause, :, UASC_ROW] = first[UASC_FAMILY] + np.arange(N_CARE_BANDS)
    bands = slice(0, N_PLACEMENT_BANDS)
    where[ADOPTION, :, :, bands] = first[ADOPTION_FAMILY] + np.arange(N_PLACEMENT_BANDS)
    by_sector = np.arange(len(SECTORS) * N_PLACEMENT_BANDS).reshape(-1, N_PLACEMENT_BANDS)
    for cause in MOVING:
        where[cause, :, :, bands] = (first[CAUSES[cause]] + by_sector)[:, None, :]
    return where


def ending_need_factor(need_factor: Floats, drawn: DrawnRates) -> Floats:
    """(C, N): need factors with the endings of adoptive placements at their drawn level."""
    result = need_factor.copy()
    result[UNPLANNED, _ADOPTION_NEED] *= drawn.ending_factor
    return result
