"""The methods that a council could use instead, behind one small interface.

Each is handed what was published up to an origin and says one number for every count and year
ahead; `sufficiency.backtest.spread` gives each the spread of its own earlier errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sufficiency.backtest.counts import ObservedCounts
from sufficiency.backtest.targets import (
    HORIZONS,
    IN_CARE_ROW,
    LEAVERS_ROW,
    N_HORIZONS,
    N_TARGETS,
    PARTED_ROWS,
    STARTERS_ROW,
    TOGETHER_ROW,
    TOTALS,
)
from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.scenario.council_method import council_total

Floats = NDArray[np.float64]

RETURNS_YEARS = 5
REMAIN_IN_CARE_SHARE = 0.75
"""Share of a year's starters still in care at its end: the council's own printed multiplication
(see `sufficiency.scenario.council_method`)."""


class Baseline(Protocol):
    """A method of forecasting. It may read nothing but what it is handed."""

    @property
    def name(self) -> str:
        """Its key in tables."""

    def forecast(self, past: ObservedCounts) -> Floats:
        """(A, targets, horizons): counts 1 to 5 years after ``past.last_year``; NaN: it cannot."""


@dataclass(frozen=True)
class NoChange:
    """Next year will be as this one was."""

    name: str = "no_change"

    def forecast(self, past: ObservedCounts) -> Floats:
        """The last counts, whatever the horizon."""
        return np.repeat(past.at(past.last_year)[:, :, None], N_HORIZONS, axis=2)


@dataclass(frozen=True)
class StockFlow:
    """Recent starters go on, and children leave at the recent rate.

    N' = N + S + returns - rate x (N + N') / 2, with S the mean starters and ``rate`` the leavers
    over the mean number in care of the last ``window_years``. Parts keep their last shares.
    """

    window_years: int
    name: str

    def forecast(self, past: ObservedCounts) -> Floats:
        """Number in care, starters and leavers by the recursion; parts in proportion."""
        if past.last_year == past.first_year:
            return np.full((len(past.authorities), N_TARGETS, N_HORIZONS), np.nan)
        window = slice(max(1, past.values.shape[1] - self.window_years), None)
        in_care = past.values[:, :, IN_CARE_ROW]
        mean_stock = (in_care[:, 1:] + in_care[:, :-1])[:, window.start - 1 :] / 2
        starters = past.values[:, window, STARTERS_ROW].mean(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = past.values[:, window, LEAVERS_ROW].sum(axis=1) / mean_stock.sum(axis=1)
        stock, entering = in_care[:, -1], starters + same_year_returns(past) * in_care[:, -1]
        path = np.full((len(stock), len(TOTALS), N_HORIZONS), np.nan)
        for step in range(N_HORIZONS):
            after = (stock * (1 - rate / 2) + entering) / (1 + rate / 2)
            path[:, IN_CARE_ROW, step] = after
            path[:, STARTERS_ROW, step] = starters
            path[:, LEAVERS_ROW, step] = rate * (stock + after) / 2
            stock = after
        return in_proportion(path, past)


@dataclass(frozen=True)
class CouncilMethod:
    """A council's three multiplications, with the last year's own starters and leavers.

    Opening + 12 x starters a month x the share who remain - exits on its list. The list is not
    published: it is taken to hold the last year's leavers but for the starters who left within
    the year. The next year begins from the total.
    """

    name: str = "council_method"

    def forecast(self, past: ObservedCounts) -> Floats:
        """The printed arithmetic, year by year; parts in proportion."""
        last = past.at(past.last_year)
        opening, starters, leavers = last[:, IN_CARE_ROW], last[:, STARTERS_ROW], last[:, 2]
        tracked_exits = leavers - (1 - REMAIN_IN_CARE_SHARE) * starters
        path = np.full((len(opening), len(TOTALS), N_HORIZONS), np.nan)
        for place in range(len(opening)):
            total = float(opening[place])
            for step in range(N_HORIZONS):
                total = council_total(
                    opening=total,
                    starters_per_month=float(starters[place]) / MONTHS_PER_YEAR,
                    tracked_exits=float(tracked_exits[place]),
                    remain_in_care_share=REMAIN_IN_CARE_SHARE,
                )
                path[place, :, step] = max(total, 0.0), starters[place], leavers[place]
        return in_proportion(path, past)


def same_year_returns(past: ObservedCounts) -> float:
    """Growth of the number in care beyond started less ceased, as a share of it a year.

    Published flows count a child once a year in each direction. Pooled over authorities and the
    last five years.
    """
    recent = past.values[:, -RETURNS_YEARS - 1 :]
    opening, closing = recent[:, :-1, IN_CARE_ROW], recent[:, 1:, IN_CARE_ROW]
    beyond = closing - opening - recent[:, 1:, STARTERS_ROW] + recent[:, 1:, LEAVERS_ROW]
    known = ~np.isnan(beyond)
    return float(beyond[known].sum() / opening[known].sum()) if known.any() else 0.0


def in_proportion(totals: Floats, past: ObservedCounts) -> Floats:
    """(A, targets, horizons) from (A, 3, horizons): every part grows as the number in care."""
    last = past.at(past.last_year)
    found = np.full((len(last), N_TARGETS, N_HORIZONS), np.nan)
    found[:, : len(TOTALS)] = totals
    with np.errstate(invalid="ignore", divide="ignore"):
        growth = totals[:, IN_CARE_ROW] / last[:, IN_CARE_ROW, None]
    found[:, len(TOTALS) :] = last[:, len(TOTALS) :, None] * growth[:, None]
    return found


def part_in_two(found: Floats, past: ObservedCounts) -> Floats:
    """The same forecasts, homes and supported accommodation keeping their last shares.

    They are published apart for too few years to be forecast apart.
    """
    last = past.at(past.last_year)
    with np.errstate(invalid="ignore", divide="ignore"):
        growth = found[:, TOGETHER_ROW] / last[:, TOGETHER_ROW, None]
    parted = found.copy()
    parted[:, PARTED_ROWS] = last[:, PARTED_ROWS, None] * growth[:, None]
    return parted


assert tuple(range(1, N_HORIZONS + 1)) == HORIZONS
