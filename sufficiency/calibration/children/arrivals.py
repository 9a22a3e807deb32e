"""Who starts care: by age and month, with the season, with brothers and sisters, and where first.

Brothers and sisters are not linked in a return. Children who start on the same day beyond what
chance brings together are taken for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.children.assumptions import child_assumed
from sufficiency.calibration.children.counts import Window, day_of, days_of, joined_placements
from sufficiency.calibration.children.lexis import N_SETTINGS, Floats
from sufficiency.calibration.children.pooling import pooled
from sufficiency.domain import (
    AGE_BAND_STARTS_YEARS,
    AGE_GROUPS,
    DAYS_PER_YEAR,
    MONTHS_PER_YEAR,
    UASC_ROW,
)
from sufficiency.history.returns.frames import CareHistories

_WEEKDAYS = 7
_EPOCH_WEEKDAY = 3
_LEAST_SEASON = 0.02
_MOST_A_DAY = 12


@dataclass(frozen=True)
class Arrivals:
    """Children who started care in a window. A age groups, S settings."""

    window: Window
    by_month: Floats
    """(T, A): starters by calendar month of the window."""
    months: tuple[str, ...]
    """(T,): as ``2019-04``."""
    first_setting: Floats
    """(A, S): where they lived first."""
    same_day: Floats
    """(7, 13): days of the window by weekday and number of starters that day, unaccompanied
    children apart; the last column is 12 or more."""

    @property
    def total(self) -> Floats:
        """(A,): starters of the window."""
        return np.asarray(self.by_month.sum(axis=0))


def arrivals(histories: CareHistories, window: Window) -> Arrivals:
    """Count the starters of a window; those without a date of birth as the others by age."""
    starters = _starters(histories, window)
    entered, group = starters["entered"].to_numpy(float), starters["group"].to_numpy(np.int64)
    first_month = np.datetime64(window.after, "D") + np.timedelta64(1, "D")
    months = np.arange(
        first_month.astype("datetime64[M]"),
        np.datetime64(window.until, "M") + np.timedelta64(1, "M"),
    )
    month = (entered.astype(np.int64).astype("datetime64[D]").astype("datetime64[M]")) - months[0]
    known = group >= 0
    by_month = np.zeros((len(months), len(AGE_GROUPS)))
    np.add.at(by_month, (month.astype(np.int64)[known], group[known]), 1.0)
    if known.any():
        by_month *= len(known) / known.sum()
    first = np.zeros((len(AGE_GROUPS), N_SETTINGS))
    setting = starters["setting"].to_numpy(np.int64)
    np.add.at(first, (group[known], setting[known]), 1.0)
    return Arrivals(
        window=window,
        by_month=by_month,
        months=tuple(str(name) for name in months),
        first_setting=first,
        same_day=_same_day(entered[group != UASC_ROW], window),
    )


def _starters(histories: CareHistories, window: Window) -> pd.DataFrame:
    """Periods that began in the window: ``entered`` in days, age ``group`` (-1 unknown),
    ``setting``."""
    first = joined_placements(histories).drop_duplicates("period").set_index("period")
    periods = histories.periods[
        histories.periods["start_type"].astype(str).to_numpy() != "left_truncated"
    ]
    entered = days_of(periods["entered"])
    inside = (entered > day_of(window.after)) & (entered <= day_of(window.until))
    inside &= periods["period"].isin(first.index).to_numpy()
    found = first.loc[periods.loc[inside, "period"].to_numpy()]
    age = (found["entered"] - found["born"]).to_numpy(float) / DAYS_PER_YEAR
    band = np.searchsorted(np.array(AGE_BAND_STARTS_YEARS[1:], dtype=float), age, side="right")
    group = np.where(found["uasc"], UASC_ROW, np.where(np.isnan(age), -1, band))
    return pd.DataFrame(
        {"entered": entered[inside], "group": group, "setting": found["setting"].to_numpy()}
    )


def _same_day(entered: Floats, window: Window) -> Floats:
    """(7, 13): days by weekday and number of starters."""
    first, last = int(day_of(window.after)) + 1, int(day_of(window.until))
    daily = np.bincount((entered - first).astype(np.int64), minlength=last - first + 1)
    weekday = (np.arange(first, last + 1) + _EPOCH_WEEKDAY) % _WEEKDAYS
    table = np.zeros((_WEEKDAYS, _MOST_A_DAY + 1))
    np.add.at(table, (weekday, np.minimum(daily, _MOST_A_DAY)), 1.0)
    return table


# --- brothers and sisters -------------------------------------------------------------------


def sibling_group_sizes(same_day: Floats) -> Floats:
    """(4,): chance that children who start together are 1, 2, 3 or 4.

    Groups come by chance, at a rate of each weekday's own; the sizes are those that make the
    numbers of starters a day likeliest, with the shipped assumption as a prior worth some groups.
    Above 11 starters a day are read as 12.
    """
    # Slow to load, and most runs have no returns of their own.
    from scipy import optimize

    prior = assumed("sibling_group_sizes").row
    weight = child_assumed("prior_sibling_groups")
    logs = np.log(prior)

    def loss(free: Floats) -> float:
        sizes = _softmax(np.append(0.0, free))
        kept = -weight * float(prior @ np.log(sizes))
        return kept - _log_likelihood(same_day, sizes)

    found = optimize.minimize(loss, logs[1:] - logs[0], method="Nelder-Mead")
    return _softmax(np.append(0.0, found.x))


def _softmax(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def _log_likelihood(same_day: Floats, sizes: Floats) -> float:
    """Of days by number of starters, groups being Poisson with each weekday's mean number."""
    starters = np.arange(same_day.shape[1])
    days = np.maximum(same_day.sum(axis=1), 1e-9)
    groups = (same_day @ starters) / days / float(sizes @ np.arange(1, len(sizes) + 1))
    chances = _compound_poisson(groups, sizes, same_day.shape[1])
    return float((same_day * np.log(np.maximum(chances, 1e-300))).sum())


def _compound_poisson(groups: Floats, sizes: Floats, most: int) -> Floats:
    """(W, most): chance of 0, 1, 2... starters, ``groups`` (W,) a day (Panjer's recursion)."""
    chance = np.zeros((len(groups), most))
    chance[:, 0] = np.exp(-groups)
    for number in range(1, most):
        for size in range(1, min(number, len(sizes)) + 1):
            chance[:, number] += groups * size / number * sizes[size - 1] * chance[:, number - size]
    return chance


# --- the season -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Season:
    """How entries differ by calendar month."""

    factor: Floats
    """(12,): January first, one on average over a year."""
    supported: bool
    """Whether the months differ by more than chance and siblings explain; else all are one."""
    starters: Floats
    """(12,): starters seen in each month."""


def season(by_month: Floats, months: tuple[str, ...], clustering: float) -> Season:
    """Monthly factors shrunken toward one by how much the months differ beyond chance.

    Args:
        by_month: (T,) starters by month of the window, unaccompanied children apart.
        months: (T,) as ``2019-04``.
        clustering: variance over mean of a count of starters, as siblings come together.
    """
    calendar_month = np.array([int(month[5:7]) - 1 for month in months])
    days = np.array([np.datetime64(month, "M") for month in months])
    length = ((days + 1).astype("datetime64[D]") - days.astype("datetime64[D]")).astype(float)
    seen = np.bincount(calendar_month, by_month, minlength=MONTHS_PER_YEAR).astype(np.float64)
    exposure = np.bincount(calendar_month, length, minlength=MONTHS_PER_YEAR)
    expected = exposure * seen.sum() / exposure.sum()
    family = pooled(seen / clustering, expected / clustering, 1e6)
    factor = family.mean
    weights = exposure / exposure.sum()
    factor = factor / float(weights @ factor)
    supported = bool(family.spread > _LEAST_SEASON and _beyond_chance(seen, expected, clustering))
    return Season(factor if supported else np.ones(MONTHS_PER_YEAR), supported, seen)


def _beyond_chance(seen: Floats, expected: Floats, clustering: float) -> bool:
    """Whether the months differ more than 1 time in 20 they would by chance (chi-squared)."""
    from scipy import stats

    score = float(((seen - expected) ** 2 / np.maximum(expected, 1e-9)).sum()) / clustering
    return score > float(stats.chi2.ppf(0.95, MONTHS_PER_YEAR - 1))
