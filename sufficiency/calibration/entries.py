"""Starters a year by age band, with how sure the counts leave us."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.authority import AuthorityCounts, starters_counts
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.history.authorities import Authority
from sufficiency.history.published import PublishedHistory

Floats = NDArray[np.float64]


def sibling_clustering() -> float:
    """Variance of a count of starters over its mean when siblings come together: E[G^2]/E[G]."""
    chances = assumed("sibling_group_sizes").row
    sizes = np.arange(1, len(chances) + 1)
    return float((chances @ sizes**2) / (chances @ sizes))


def starters_posterior(
    history: PublishedHistory, authority: Authority, counts: AuthorityCounts, window_years: int
) -> GammaPosterior:
    """(6,): starters a year by age band, UASC last, pooled toward similar councils.

    The prior is the ten statistical neighbours' starters per child in care in the same window,
    worth a few events. Siblings come together, so a count of N starters tells as little as
    N / (E[G^2]/E[G]) independent ones; unaccompanied children come alone.
    """
    observed, years = _window(counts.starters, counts.uasc_starters, window_years)
    near = np.zeros(6)
    near_in_care = 0.0
    for neighbour in history.neighbours(authority):
        their = starters_counts(history, neighbour)
        starters, their_years = _window(their.starters, their.uasc_starters, window_years)
        near += starters / their_years
        near_in_care += float(their.in_care[-1])
    prior_mean = np.maximum(near / max(near_in_care, 1.0) * counts.in_care[-1], 1e-6)
    posterior = GammaPosterior.from_counts(
        observed, np.full(6, years), prior_mean, assumed("prior_events_entries").number
    )
    clustering = np.append(np.full(5, sibling_clustering()), 1.0)
    return GammaPosterior(posterior.events / clustering, posterior.exposure / clustering)


def _window(own_starters: Floats, uasc_starters: Floats, window_years: int) -> tuple[Floats, float]:
    """(6,) starters of the window's years in sum, and how many years that is."""
    starters = np.column_stack([own_starters, uasc_starters])[-window_years:]
    known = ~np.isnan(starters).any(axis=1)
    return starters[known].sum(axis=0), float(max(known.sum(), 1))
