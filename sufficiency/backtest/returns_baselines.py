"""What a council could say from its own returns without this model: two simple methods.

Each is handed what was known on a day and says one number for every setting and horizon; its
range is normal, with the spread of its own earlier errors as known that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.stats import norm

from sufficiency.calibration.children.arrivals import arrivals
from sufficiency.calibration.children.cohort import cohort_of
from sufficiency.calibration.children.counts import Window, count, day_of, joined_placements
from sufficiency.domain import (
    ADULT_YEARS,
    AGE_BAND_STARTS_YEARS,
    AGE_BANDS,
    DAYS_PER_YEAR,
    N_EXIT_CAUSES,
    SECTORS,
)
from sufficiency.history.returns.frames import CareHistories

Floats = NDArray[np.float64]

RATES_MONTHS = 12
"""The Markov cohort model counts its rates over so many months."""
FEWEST_ERRORS = 4
ERRORS_EVERY_MONTHS = 3
"""Errors are learnt from forecasts so far apart. A horizon with fewer than `FEWEST_ERRORS`, or
whose errors span less than twice its length (they overlap), takes those of the longest shorter one
that has enough, widened by the square root of the time (errors of a random walk)."""
N_RANGE = 99
"""Equally likely values that stand for a baseline's range."""
_N_BANDS, _N_SECTORS = len(AGE_BANDS), len(SECTORS)
_HALF_MONTH_YEARS = 0.04


def stock_by_sector(histories: CareHistories, day: date) -> Floats:
    """(6,): children in care at the end of a day; those without a date of birth are left out."""
    return np.asarray(stock_by_age(histories, day).sum(axis=0))


def stock_by_age(histories: CareHistories, day: date) -> Floats:
    """(5, 6): children in care at the end of a day by age band and sector."""
    children = cohort_of(histories, day).children
    age = (pd.Timestamp(day) - children["born_month"]).dt.days / DAYS_PER_YEAR - _HALF_MONTH_YEARS
    band = np.searchsorted(AGE_BAND_STARTS_YEARS[1:], age, side="right")
    sector = pd.Categorical(children["sector"].astype(str), [str(s) for s in SECTORS]).codes
    found = np.zeros((_N_BANDS, _N_SECTORS))
    np.add.at(found, (band, np.asarray(sector, dtype=np.int64)), 1.0)
    return found


def no_change(histories: CareHistories, days_ahead: Sequence[int]) -> Floats:
    """(horizons, 6): the children of the last day, whatever the horizon."""
    return np.repeat(stock_by_sector(histories, histories.last_day)[None], len(days_ahead), axis=0)


def markov_cohort(histories: CareHistories, days_ahead: Sequence[int]) -> Floats:
    """(horizons, 6): children by age band and sector moved on at the last 12 months' rates.

    A continuous-time Markov chain whose states are age band and sector, with ageing at one over
    a band's width and constant entries: the method of other open-source tools. How long a child
    has been in care plays no part.

    Raises:
        HistoryError: if the histories hold less than a day.
    """
    rates = _generator(histories)
    state = np.append(stock_by_age(histories, histories.last_day).ravel(), 1.0)
    moved = [(state @ expm(rates * days))[:-1] for days in days_ahead]
    return np.stack([each.reshape(_N_BANDS, -1).sum(axis=0) for each in moved])


def _generator(histories: CareHistories) -> Floats:
    """(31, 31): rates a day between the states, the last of which is where starters come from."""
    end = histories.last_day
    first = (pd.Timestamp(end) - pd.DateOffset(months=RATES_MONTHS)).date()
    window = Window(first, end)
    counts = count(histories, window)
    days = np.maximum(_bands(_six(counts.days.sum(axis=(0, 3, 4)))), 1.0)
    exits = _bands(_six(counts.events[:N_EXIT_CAUSES].sum(axis=(0, 1, 4, 5))))
    moves = _moves(histories, window)
    n = _N_BANDS * _N_SECTORS
    rates = np.zeros((n + 1, n + 1))
    widths = np.diff([*AGE_BAND_STARTS_YEARS, ADULT_YEARS]) * DAYS_PER_YEAR
    for band in range(_N_BANDS):
        is_last, ageing = band + 1 == _N_BANDS, 1 / widths[band]
        for sector in range(_N_SECTORS):
            here, states = band * _N_SECTORS + sector, slice(band * _N_SECTORS, None)
            rates[here, states][:_N_SECTORS] = moves[band, sector] / days[sector, band]
            if not is_last:
                rates[here, here + _N_SECTORS] += ageing
            away = exits[sector, band] / days[sector, band] + (ageing if is_last else 0)
            rates[here, here] = 0.0
            rates[here, here] = -rates[here].sum() - away
    starters = _bands(_six(arrivals(histories, window).first_setting.T))
    rates[n, :n] = starters.T.ravel() / (end - first).days
    return rates


def _moves(histories: CareHistories, window: Window) -> Floats:
    """(5, 6, 6): moves of the window by age band, sector left and sector found."""
    joined = joined_placements(histories)
    first, end = day_of(window.after), day_of(window.until)
    moved = joined[(joined["next"] >= 0) & (joined["to"] > first) & (joined["to"] <= end)]
    age = (moved["to"] - moved["born"]) / DAYS_PER_YEAR
    band = np.searchsorted(AGE_BAND_STARTS_YEARS[1:], age, side="right")
    last = _N_SECTORS - 1
    found = np.zeros((_N_BANDS, _N_SECTORS, _N_SECTORS))
    at = (band, np.minimum(moved["setting"], last), np.minimum(moved["next"], last))
    np.add.at(found, at, 1.0)
    return found


def _six(by_setting: Floats) -> Floats:
    """Settings as sectors: placed for adoption counts in ``other``."""
    joined = by_setting[:_N_SECTORS].copy()
    joined[-1] += by_setting[_N_SECTORS]
    return joined


def _bands(by_group: Floats) -> Floats:
    """(6, 5): unaccompanied children among those of 16 and 17."""
    bands = by_group[:, :_N_BANDS].copy()
    bands[:, -1] += by_group[:, _N_BANDS]
    return bands


# --- ranges ---------------------------------------------------------------------------------


def spreads(errors: Mapping[int, Floats], horizons: Sequence[int]) -> Floats:
    """(horizons, counts): standard deviations of a method's earlier errors, their mean taken out.

    Args:
        errors: by horizon in months (n, counts), those whose outcome was known on the day.
        horizons: in months, rising.

    A horizon with too few borrows as said at `ERRORS_EVERY_MONTHS` (the shortest always has its
    own); none is narrower than a shorter one. NaN where there are fewer than two errors at all.
    """
    usable = [h for h in horizons[1:] if len(errors[h]) >= _errors_needed(h)]
    found = np.full((len(horizons), errors[horizons[0]].shape[1]), np.nan)
    if len(errors[horizons[0]]) < 2:
        return found
    for row, months in enumerate(horizons):
        known = max((h for h in usable if h <= months), default=horizons[0])
        found[row] = errors[known].std(axis=0, ddof=1) * np.sqrt(months / known)
    return np.asarray(np.maximum.accumulate(found))


def _errors_needed(months: int) -> int:
    return max(FEWEST_ERRORS, 2 * months // ERRORS_EVERY_MONTHS)


def normal_range(point: Floats, spread: Floats) -> Floats:
    """(n, 99): equally likely values about n points, never below none."""
    places = norm.ppf(np.arange(1, N_RANGE + 1) / (N_RANGE + 1))
    return np.clip(point[:, None] + spread[:, None] * places, 0, None)
