"""Posterior distributions: Gamma for rates, Dirichlet for where to. Drawn from keyed uniforms.

A draw is the quantile of a uniform, so that two scenarios with slightly different posteriors move
together (common random numbers) instead of drawing afresh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GammaPosterior:
    """Rates or multipliers with independent Gamma distributions, any shape of array."""

    events: Floats
    """The Gamma's shape: events seen plus the prior's."""
    exposure: Floats
    """The Gamma's rate: exposure (or expected events) plus the prior's."""

    @property
    def mean(self) -> Floats:
        """Posterior means."""
        return self.events / self.exposure

    def quantile(self, uniforms: Floats) -> Floats:
        """Quantiles at probabilities (..., the same shape); a zero shape is a rate of zero."""
        positive = self.events > 0
        shape = np.where(positive, self.events, 1.0)
        drawn = special.gammaincinv(shape, uniforms) / self.exposure
        result: Floats = np.where(positive, drawn, 0.0)
        return result

    @staticmethod
    def from_counts(
        observed: Floats, expected: Floats, prior_mean: Floats, prior_events: float
    ) -> GammaPosterior:
        """Counts seen against counts expected at a rate of one, with a prior worth some events."""
        weight = np.full_like(observed, prior_events)
        return GammaPosterior(
            events=observed + weight,
            exposure=expected + weight / np.maximum(prior_mean, np.finfo(float).tiny),
        )


def dirichlet_quantile(alpha: Floats, uniforms: Floats) -> Floats:
    """Shares (..., K) from Dirichlet weights by Gamma quantiles; zero weights stay zero.

    ``uniforms`` have the shape of ``alpha``, with any axes before.
    """
    gammas = np.where(
        alpha > 0, special.gammaincinv(np.where(alpha > 0, alpha, 1.0), uniforms), 0.0
    )
    total = gammas.sum(axis=-1, keepdims=True)
    result: Floats = np.divide(gammas, total, out=np.zeros_like(gammas), where=total > 0)
    return result
