"""Fit the path that the number in care is expected to take, on years up to a cut.

`fit_drift_and_damping.py` calls this; `sufficiency.calibration.damping` says what the path is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from annual_panel import Panel, base_at, national_growth, terms_at
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls

from sufficiency.calibration.damping import TERMS, Damping

Floats = NDArray[np.float64]

FIRST_ORIGIN = 2011
"""The first year with children by age."""
MOST_HORIZON_YEARS = 5
PERSISTENCE_BOUNDS = ((0.8, 0.95), (0.5, 0.95), (0.0, 0.8))
"""By term: similar councils' rates are met over many years, those about to turn 18 leave within
two or three, and an excess of starters over leavers does not last."""
FIRST_GUESS = (0.93, 0.8, 0.4)


class Growth(NamedTuple):
    """Growth seen from one origin over one horizon, beyond what all authorities had together."""

    horizon: int
    terms: Floats
    """(3, authorities): terms less their mean."""
    in_care: Floats
    """At the origin."""
    beyond: Floats
    """In care after the horizon over in care at the origin, less the mean of that."""
    overlapping: int
    """Horizons that begin at the same origin, and so share years."""


def growth_seen(past: Panel) -> list[Growth]:
    """Every origin and horizon whose outcome a panel holds."""
    seen = []
    for origin in range(FIRST_ORIGIN, past.last_year):
        horizons = range(1, min(MOST_HORIZON_YEARS, past.last_year - origin) + 1)
        terms = np.nan_to_num(centred(terms_at(past, origin)))
        in_care = past.in_care[:, past.column(origin)]
        for horizon in horizons:
            ratio = past.in_care[:, past.column(origin + horizon)] / in_care
            mean = float(ratio @ in_care / in_care.sum())
            seen.append(Growth(horizon, terms, in_care, ratio - mean, len(horizons)))
    return seen


def centred(terms: Floats) -> Floats:
    """Terms less their mean over authorities."""
    return np.asarray(terms - np.nanmean(terms, axis=1, keepdims=True))


def effects(seen: list[Growth], persistence: Floats, variance: Floats) -> tuple[Floats, float]:
    """Effects by weighted least squares at given persistences, and the weighted sum of squares.

    ``variance`` is of `error_variance`. Horizons from one origin share years, so together they
    count as one.
    """
    design, wanted = [], []
    for growth in seen:
        years = np.sum(persistence[:, None] ** np.arange(growth.horizon), axis=1)
        spread = error_variance(variance, growth.horizon, growth.in_care)
        weight = 1 / np.sqrt(spread * growth.overlapping)
        design.append((growth.terms * years[:, None] * weight).T)
        wanted.append(growth.beyond * weight)
    rows, target = np.vstack(design), np.concatenate(wanted)
    found = np.linalg.lstsq(rows, target, rcond=None)[0]
    return found, float(np.sum((target - rows @ found) ** 2))


def error_variance(coefficients: Floats, horizon: int, in_care: Floats) -> Floats:
    """Variance of a growth ratio: with the horizon, with chance 1 / N, and with both."""
    basis = np.array([horizon + 0 * in_care, 1 / in_care, horizon / in_care])
    return np.asarray(coefficients @ basis)


def fitted_variance(seen: list[Growth]) -> Floats:
    """Coefficients of `error_variance`, none negative, from squares of what was seen."""
    ones = np.eye(3)
    basis = np.hstack([[error_variance(one, g.horizon, g.in_care) for one in ones] for g in seen])
    squares = np.concatenate([growth.beyond**2 for growth in seen])
    # Squares of large variances are themselves uncertain in proportion.
    weight = 1 / basis.sum(axis=0)
    return np.asarray(nnls((basis * weight).T, squares * weight)[0])


def fit_damping(past: Panel) -> Damping:
    """The path fitted to all years of a panel; the base window is left at one year."""
    seen = growth_seen(past)
    variance = fitted_variance(seen)
    best = minimize(
        lambda persistence: effects(seen, persistence, variance)[1],
        FIRST_GUESS,
        method="L-BFGS-B",
        bounds=PERSISTENCE_BOUNDS,
    )
    found, _ = effects(seen, best.x, variance)
    return Damping(
        cut_year=past.last_year,
        window_years=1,
        trend_per_year=national_growth(past),
        same_year_returns_share=base_at(past, past.last_year, 1).returns_share,
        effect_per_year=tuple(float(effect) for effect in found),
        persistence=tuple(float(persistence) for persistence in best.x),
        mean_term=tuple(float(mean) for mean in np.nanmean(terms_at(past, past.last_year), axis=1)),
    )


assert len(PERSISTENCE_BOUNDS) == len(FIRST_GUESS) == len(TERMS)
