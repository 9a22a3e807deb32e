"""How old a child of the record is: age bands by real birthdays."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_BAND_STARTS_YEARS, TICK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def band_start_times(start: date, born_day: Ints) -> Floats:
    """When each child enters each age band.

    Returns (n, 5) days. A birthday counts from one tick after the midnight that begins it; a
    29 February birthday falls on 1 March in other years.
    """
    born = np.datetime64(start, "D") + born_day
    months = born.astype("datetime64[M]")
    day_of_month = born - months.astype("datetime64[D]")
    birthdays = [
        # Counting days on from the first of the month turns 29 February into 1 March.
        (months + 12 * years).astype("datetime64[D]") + day_of_month
        for years in AGE_BAND_STARTS_YEARS
    ]
    day_numbers = (np.stack(birthdays, axis=1) - np.datetime64(start, "D")).astype(np.int64)
    times = day_numbers.astype(np.float64) - 1 + TICK
    # A child is in the first band before any birthday, however early in the day it was born.
    times[:, 0] = -np.inf
    return times


def band_at(band_starts: Floats, times: Floats) -> Ints:
    """The age band (0-4) of each child at its own time; 16-17 holds the 18th birthday too.

    ``band_starts`` is (n, 5) from `band_start_times`, ``times`` is (n,).
    """
    bands: Ints = (band_starts[:, 1:] <= times[:, None]).sum(axis=1)
    return bands
