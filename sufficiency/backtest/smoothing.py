"""Exponential smoothing of each authority's own series, by statsmodels.

Series are short (5 to 13 years), so three models without seasons compete: simple smoothing,
Holt's trend, and Holt's damped trend, in logarithms. ``ets`` takes the least corrected Akaike
criterion, as automatic exponential smoothing does; ``damped_trend`` is always the third.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from sufficiency.backtest.baselines import part_in_two
from sufficiency.backtest.counts import ObservedCounts
from sufficiency.backtest.targets import N_HORIZONS, N_TARGETS, PARTED_ROWS

Floats = NDArray[np.float64]

METHODS = ("damped_trend", "ets")
FEWEST_YEARS = 4
HALF = 0.5
"""Added before logarithms are taken, so that a count of none has one."""


@dataclass(frozen=True)
class Smoothed:
    """A method of `METHODS`, its forecasts made beforehand by `smooth_all` (they take minutes)."""

    name: str
    by_origin: Mapping[int, Floats]
    """Forecasts (A, targets, horizons) by the year they were made at."""

    def forecast(self, past: ObservedCounts) -> Floats:
        """The forecasts made at the last year of ``past``."""
        made = self.by_origin.get(past.last_year)
        if made is None:
            return np.full((len(past.authorities), N_TARGETS, N_HORIZONS), np.nan)
        return part_in_two(made, past)


def smooth_series(series: Floats) -> Floats:
    """(2, horizons): forecasts of `METHODS` for one series, its last value the origin's.

    Only the run of known values that ends at the origin is used; where it is too short to fit,
    its last value stays. NaN if that is not known.
    """
    gaps = np.flatnonzero(np.isnan(series))
    known = series[gaps[-1] + 1 :] if len(gaps) else series
    found = np.full((len(METHODS), N_HORIZONS), np.nan)
    if not len(known):
        return found
    logs = np.log(known + HALF)
    if len(known) < FEWEST_YEARS or np.ptp(logs) == 0:
        found[:] = known[-1]
        return found
    fits = [_fit(logs, trend=False, damped=False), _fit(logs, trend=True, damped=False)]
    fits.append(_fit(logs, trend=True, damped=True))
    best = min(fits, key=lambda fit: fit[0])
    found[0], found[1] = np.exp(fits[-1][1]) - HALF, np.exp(best[1]) - HALF
    return np.asarray(np.clip(found, 0, None))


def _fit(logs: Floats, *, trend: bool, damped: bool) -> tuple[float, Floats]:
    """The corrected Akaike criterion of one model and its forecasts of the logarithm."""
    start: dict[str, float] = {"initial_level": float(logs[0])}
    if trend:
        start["initial_trend"] = float(np.diff(logs).mean())
    model = ExponentialSmoothing(
        logs,
        trend="add" if trend else None,
        damped_trend=damped,
        initialization_method="known",
        **start,
    )
    with warnings.catch_warnings():
        # A short series often leaves the optimiser at a bound, which is an answer too.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        fit = model.fit(use_brute=False)
    parameters = 1 + trend + damped + len(start) + 1
    n = len(logs)
    spare = n - parameters - 1
    penalty = 2 * parameters + 2 * parameters * (parameters + 1) / spare if spare > 0 else np.inf
    criterion = n * np.log(max(float(fit.sse) / n, 1e-12)) + penalty
    if parameters == 3:
        # The simplest model always counts, however short the series.
        criterion = criterion if np.isfinite(criterion) else np.finfo(float).max
    return float(criterion), np.asarray(fit.forecast(N_HORIZONS), dtype=np.float64)


def smooth_authority(values: Floats, origins: range, first_year: int) -> Floats:
    """(origins, 2, targets, horizons): forecasts of one authority's series from each origin.

    ``values`` is (Y, targets) from ``first_year``; each forecast is handed its past alone.
    """
    found = np.full((len(origins), len(METHODS), N_TARGETS, N_HORIZONS), np.nan)
    for place, origin in enumerate(origins):
        past = values[: origin - first_year + 1].copy()
        for target in range(N_TARGETS):
            if target < PARTED_ROWS.start:
                found[place, :, target] = smooth_series(past[:, target])
    return found
