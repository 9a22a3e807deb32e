"""Pooling the cells of a rate toward a prior, as strongly as the cells themselves say.

Each cell's true rate is its prior rate times the family's level times a factor of its own, which
is Gamma with mean one; counts are Poisson. How much the factors spread is estimated from all cells
together (empirical Bayes: the counts are negative binomial), with a prior on the spread that keeps
it off zero and few cells from deciding it (Chung et al. 2013, Psychometrika 78); what is left
unsure about the spread is averaged over, or intervals would be too narrow. See Gelman et al.,
Bayesian Data Analysis, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sufficiency.calibration.children.assumptions import child_assumed
from sufficiency.calibration.posterior import GammaPosterior

Floats = NDArray[np.float64]

_SPREADS: Floats = np.geomspace(0.02, 1.6, 45)
_ROUNDS = 40
_TINY = 1e-12


@dataclass(frozen=True)
class Family:
    """Cells of one kind of event against those that the prior rates expect; any shape."""

    events: Floats
    expected: Floats
    """Events expected at the prior rates: child-days times rate."""
    prior_events: float
    """What the family's own level is worth in a cell, in events: one over the spread squared."""
    level: float
    """The family against its prior rates."""
    level_events: float
    """How many independent events the level is known from."""
    mean: Floats
    """Posterior means of the cells' multiples of their prior rates."""
    shape: Floats
    """The Gamma's shape in each cell, the level being given."""
    level_weight: Floats
    """How far a cell follows the level: 1 where it has no events of its own, near 0 where many."""

    @property
    def spread(self) -> float:
        """Standard deviation of the cells' own factors."""
        return float(self.prior_events**-0.5)

    def posterior(self) -> GammaPosterior:
        """Each cell on its own, the uncertainty of the level included (moments matched)."""
        variance = 1 / self.shape + self.level_weight**2 / self.level_events
        return GammaPosterior(1 / variance, 1 / (variance * self.mean))


def pooled(events: Floats, expected: Floats, level_prior_events: float) -> Family:
    """Fit a family's level, spread and cells.

    Args:
        events: seen in each cell, any shape.
        expected: at the prior rates; a cell with none says nothing.
        level_prior_events: what a level of one is worth, in events.
    """
    n, e = np.ravel(events).astype(np.float64), np.ravel(expected).astype(np.float64)
    seen = e > 0
    sizes = _SPREADS**-2.0
    fits = [_level(n[seen], e[seen], float(size), level_prior_events) for size in sizes]
    levels, information = (np.array(column) for column in zip(*fits, strict=True))
    log_posterior = _log_posterior(n[seen], e[seen], sizes, levels, level_prior_events)
    # The prior's density is s exp(-s^2 / 2 sd^2); spreads are spaced evenly on the logarithm.
    weight = np.exp(log_posterior - log_posterior.max()) * _SPREADS**2
    weight = weight / weight.sum()
    shape = n + sizes[:, None]
    pull = (sizes / levels)[:, None]
    mean_at = shape / (e + pull)
    mean = weight @ mean_at
    variance = weight @ (mean_at**2 / shape + (mean_at - mean) ** 2)
    form = np.shape(events)
    return Family(
        events=n.reshape(form),
        expected=e.reshape(form),
        prior_events=float(1 / (weight @ _SPREADS**2)),
        level=float(weight @ levels),
        level_events=float(weight @ information),
        mean=mean.reshape(form),
        shape=(mean**2 / variance).reshape(form),
        level_weight=(weight @ (pull / (e + pull))).reshape(form),
    )


def _level(n: Floats, e: Floats, size: float, prior_events: float) -> tuple[float, float]:
    """The likeliest level for a spread, and the information about its logarithm (in events)."""
    log_level = 0.0
    information = prior_events
    for _ in range(_ROUNDS):
        level = float(np.exp(log_level))
        expected = e * level
        weight = size / (size + expected)
        slope = float(((n - expected) * weight).sum()) + prior_events * (1 - level)
        information = float((expected * weight).sum()) + prior_events * level
        step = float(np.clip(slope / max(information, _TINY), -1.0, 1.0))
        log_level += step
        if abs(step) < _TINY:
            break
    return float(np.exp(log_level)), information


def _log_posterior(
    n: Floats, e: Floats, sizes: Floats, levels: Floats, prior_events: float
) -> Floats:
    """(spreads,): negative binomial log likelihood of the counts, with the priors of both."""
    size, mean = sizes[:, None], e * levels[:, None]
    terms = special.gammaln(n + size) - special.gammaln(size)
    terms += size * np.log(size / (size + mean)) + n * np.log(mean / (size + mean))
    prior = prior_events * (np.log(levels) - levels)
    spread = (_SPREADS / child_assumed("spread_prior_sd")) ** 2 / 2
    return np.asarray(terms.sum(axis=1) + prior - spread)
