"""Drift of prices: how a council's unit costs wander from year to year about their rise.

Fitted nationally to the published unit costs of fostering and of residential care, once for each
cut year, on data of years up to the cut year only (``calibration/README.md`` says how). Small
councils' unit costs wander further: the variance of a year's change is a part common to all and a
part over the number of children in care.

The log of a price is a stationary yearly AR(1) about its rise. A forecast begins from a price of
one year and does not know how far above or below its usual level that year was, so what it is out
by h years later is the *change* of the AR(1), with variance 2 sigma^2 (1 - phi^h).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.cut_years import rows_as_at
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

SERVICES = ("fostering", "residential")
"""Row of each service in normals and paths."""
MOST_YEARS_BEFORE, MOST_YEARS_AFTER = 12, 16
N_NORMALS = 1 + MOST_YEARS_BEFORE + MOST_YEARS_AFTER
"""Standard normals that a path takes, however much of it is read."""
LEAST_CHILDREN = 100.0
"""Few councils are smaller, and what the smallest report says little of prices."""


@dataclass(frozen=True)
class PriceDrift:
    """How the logarithms of one council's prices wander, fostering and residential care apart."""

    cut_year: int
    """No year (ending 31 March) after this one was used in the fit."""
    sigma: tuple[float, float]
    """Standard deviation of the log price in the long run, by service."""
    phi: tuple[float, float]
    """Correlation from one year to the next, by service."""


def load_price_drift(cut_year: int, children_in_care: float) -> PriceDrift:
    """The drift fitted to years up to ``cut_year``, or the last before it, for a council's size.

    Raises `HistoryError` if every shipped fit has seen later years.
    """
    rows = rows_as_at(shipped_path("calibration", "price_drift.csv"), cut_year)
    by_service = rows.set_index("service").loc[list(SERVICES)]
    children = max(children_in_care, LEAST_CHILDREN)
    a_year = by_service["variance_large"] + by_service["variance_times_children"] / children
    phi = by_service["phi"].to_numpy(np.float64)
    sigma = np.sqrt(a_year.to_numpy(np.float64) / (2 * (1 - phi)))
    return PriceDrift(
        cut_year=int(rows["cut_year"].iloc[0]),
        sigma=(float(sigma[0]), float(sigma[1])),
        phi=(float(phi[0]), float(phi[1])),
    )


def change_variance(drift: PriceDrift, years: int) -> Floats:
    """Variance of the change of the log price over so many years, by service: (2,)."""
    sigma, phi = np.array(drift.sigma), np.array(drift.phi)
    return np.asarray(2 * sigma**2 * (1 - phi**years), dtype=np.float64)


def price_paths(
    drift: PriceDrift,
    service: Sequence[int],
    age_years: Sequence[int],
    years: int,
    normals: Floats,
) -> Floats:
    """Multipliers of prices by years since the start, each with mean one: (..., L, years).

    Year 0 is the financial year of the start, year 1 begins on the first 1 April after it.

    Args:
        drift: whose.
        service: of each of L prices, its row in `SERVICES`.
        age_years: of each, financial years from the one it was known for to that of the start; a
            price of today has 0 and is exact until the next 1 April.
        years: how many; at most `MOST_YEARS_AFTER` + 1.
        normals: independent standard normals, (..., 2, `N_NORMALS`). The same normals give the
            same path, whatever the ages, so that scenarios are paired.
    """
    phi, sigma = np.array(drift.phi), np.array(drift.sigma)
    step = np.sqrt(1 - phi**2)
    # Seen backwards an AR(1) is the same AR(1): the years before the start go on from it too.
    path = np.empty(normals.shape)
    middle = MOST_YEARS_BEFORE
    path[..., middle] = normals[..., 0]
    for year in range(1, MOST_YEARS_AFTER + 1):
        path[..., middle + year] = phi * path[..., middle + year - 1] + step * normals[..., year]
    for year in range(1, MOST_YEARS_BEFORE + 1):
        later = path[..., middle - year + 1]
        path[..., middle - year] = phi * later + step * normals[..., MOST_YEARS_AFTER + year]
    rows = np.asarray(service, dtype=np.int64)
    ages = np.clip(np.asarray(age_years, dtype=np.int64), 0, MOST_YEARS_BEFORE)
    ahead = path[..., rows, middle : middle + years]
    known = path[..., rows, middle - ages]
    change = sigma[rows, None] * (ahead - known[..., None])
    passed = ages[:, None] + np.arange(years)
    variance = 2 * sigma[rows, None] ** 2 * (1 - phi[rows, None] ** passed)
    return np.asarray(np.exp(change - variance / 2), dtype=np.float64)
