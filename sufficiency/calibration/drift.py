"""Drift: how rates wander from year to year.

It is fitted nationally, once for each cut year, on data of years up to the cut year only
(``calibration/README.md`` says how). A forecast reads the row of its own last year of history,
so that no parameter of it has seen the answer.

Drift is one path per replication for each flow: the hazard of leaving before 18 and the rate of
entry are multiplied by exp(Z). The path is a yearly autoregression, AR(1), that starts from its
distribution *given the base window*: the rates that a forecast starts from are means over the
window, so part of any deviation is in them already and only the rest is still to come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.cut_years import rows_as_at
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

FLOWS = ("entry", "exit_before_18")
"""Row of each flow in normals, paths and variances."""


@dataclass(frozen=True)
class Drift:
    """How the logarithms of the two rates wander, beyond chance and beyond the base window."""

    cut_year: int
    """No year (ending 31 March) after this one was used in the fit."""
    sigma: tuple[float, float]
    """Standard deviation of the log rate in the long run, by flow."""
    phi: tuple[float, float]
    """Correlation from one year to the next, by flow."""
    correlation: float
    """Correlation between the two flows' yearly shocks."""
    window_years: int
    """Years of the base window that rates are taken from."""


def load_drift(cut_year: int) -> Drift:
    """The drift fitted to years up to ``cut_year`` (year ending 31 March), or the last before it.

    Raises `HistoryError` if every shipped fit has seen later years.
    """
    rows = rows_as_at(shipped_path("calibration", "drift.csv"), cut_year)
    entry, exit_ = (rows.loc[rows["flow"] == flow].iloc[0] for flow in FLOWS)
    return Drift(
        cut_year=int(entry["cut_year"]),
        sigma=(float(entry["sigma"]), float(exit_["sigma"])),
        phi=(float(entry["phi"]), float(exit_["phi"])),
        correlation=float(entry["correlation_with_other_flow"]),
        window_years=int(entry["window_years"]),
    )


def known_share(phi: float, window_years: int) -> float:
    """Share of next year's log variance that the mean of the base window already tells.

    For an AR(1) with year-to-year correlation phi: c^2 / v, with v the variance of the mean of
    ``window_years`` consecutive years and c its covariance with the year after, both in units
    of the long-run variance.
    """
    years = np.arange(window_years)
    gaps = np.abs(years[:, None] - years[None, :])
    covariance = np.mean(phi ** (years + 1.0))
    return float(covariance**2 / np.mean(phi ** gaps.astype(np.float64)))


def log_variance(drift: Drift, years: int) -> Floats:
    """Variance of the log multiplier, shape (2, years): flow, then year since the start.

    sigma^2 (1 - k phi^(2(h-1))) in year h, where k is `known_share`: the variance of an AR(1)
    given the mean of its base window.
    """
    steps = np.arange(years)
    sigma, phi = np.array(drift.sigma)[:, None], np.array(drift.phi)[:, None]
    known = np.array([[known_share(of_flow, drift.window_years)] for of_flow in drift.phi])
    return np.asarray(sigma**2 * (1 - known * phi ** (2 * steps)), dtype=np.float64)


def log_covariance(drift: Drift, years: int) -> Floats:
    """Covariance of the two flows' log multipliers in the same year, shape (years,)."""
    both = drift.phi[0] * drift.phi[1]
    shocks = np.full(years, np.prod(_shock_sd(drift)))
    shocks[:1] = np.sqrt(log_variance(drift, 1)[:, 0]).prod()
    covariance = np.zeros(years)
    for year in range(years):
        before = covariance[year - 1] if year else 0.0
        covariance[year] = both * before + drift.correlation * shocks[year]
    return covariance


def drift_paths(drift: Drift, years: int, normals: Floats) -> Floats:
    """Multipliers of the two rates, exp(Z), by year since the start; each has mean one.

    ``normals``: independent standard normals of shape (..., 2, years), entries first, exits
    before 18 second (leading axes: replications). Returns the same shape. The same normals give
    the same path, so that scenarios are paired.
    """
    if normals.shape[-2:] != (len(FLOWS), years):
        raise ValueError(f"normals have shape {normals.shape}; expected (..., 2, {years})")
    shocks = normals.copy()
    rest = np.sqrt(1 - drift.correlation**2)
    shocks[..., 1, :] = drift.correlation * normals[..., 0, :] + rest * normals[..., 1, :]
    variance = log_variance(drift, years)
    phi, shock_sd = np.array(drift.phi), _shock_sd(drift)
    path = np.empty(normals.shape)
    for year in range(years):
        if year == 0:
            path[..., 0] = np.sqrt(variance[:, 0]) * shocks[..., 0]
        else:
            path[..., year] = phi * path[..., year - 1] + shock_sd * shocks[..., year]
    return np.asarray(np.exp(path - variance / 2), dtype=np.float64)


def _shock_sd(drift: Drift) -> Floats:
    return np.asarray(np.array(drift.sigma) * np.sqrt(1 - np.array(drift.phi) ** 2))
