"""The user's own months of starters and leavers, in place of the published levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import Calibration, recent_starters, year_ahead
from sufficiency.calibration.entries import sibling_clustering
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import AGE_BANDS, MONTHS_PER_YEAR, next_month
from sufficiency.errors import HistoryError
from sufficiency.history.monthly_table import MonthlyTable

Floats = NDArray[np.float64]

MOST_MONTHS = 12
"""The months that set the levels: the latest year, as the published base window."""


@dataclass(frozen=True)
class OwnTable:
    """Levels from the user's own table."""

    file: str
    first_month: str
    last_month: str
    months: int
    starters_per_month: float
    leavers_per_month: float
    starters: GammaPosterior
    """(6,): starters a year by age group."""
    exit_level: float
    """Factor on all fitted exits before 18."""


def own_levels(table: MonthlyTable, fit: Calibration, until: date) -> OwnTable:
    """Levels of starters and exits from the latest months of a table that end by ``until``.

    Leavers count 18th birthdays, which are not a rate: those expected in the same time are taken
    out before exits are compared with the fitted ones. The shares by age are the table's if it
    has age bands, else the fitted ones.

    Raises:
        HistoryError: no month of the table ends by ``until``.
    """
    months = _months(table, until)
    counts = table.counts[table.counts["month"].isin(months)]
    years = len(months) / MONTHS_PER_YEAR
    total_starters = float(counts["starters"].sum())
    shares = _shares(table, fit, months)
    clustering = np.append(np.full(len(AGE_BANDS), sibling_clustering()), 1.0)
    prior = assumed("prior_events_entries").number * shares
    starters = GammaPosterior(
        (total_starters * shares + prior) / clustering,
        (np.full(len(shares), years) + prior / np.maximum(total_starters / years * shares, 1e-9))
        / clustering,
    )
    ahead = year_ahead(fit, fit.by_age_group, total_starters / years * shares)
    expected = float(ahead.left.sum()) + ahead.adopted + ahead.uasc_left
    leavers = float(counts["leavers"].sum())
    seen = max(leavers / years - ahead.turned_18, 0.0)
    weight = assumed("prior_events_exits").number
    return OwnTable(
        file=table.file.name,
        first_month=f"{months[0]:%Y-%m}",
        last_month=f"{months[-1]:%Y-%m}",
        months=len(months),
        starters_per_month=total_starters / len(months),
        leavers_per_month=leavers / len(months),
        starters=starters,
        exit_level=(seen * years + weight) / (expected * years + weight),
    )


def _months(table: MonthlyTable, until: date) -> list[date]:
    """The months that set the levels: a forecast may not read what happened after it begins."""
    over = [month for month in table.months if next_month(month) - timedelta(days=1) <= until]
    if not over:
        raise HistoryError(
            f"{table.file}: the first month is {table.months[0]:%Y-%m}, and none ends by {until}, "
            "the last date that calibration may read. Give earlier months, or start later."
        )
    return over[-MOST_MONTHS:]


def _shares(table: MonthlyTable, fit: Calibration, months: Sequence[date]) -> Floats:
    """(6,): starters by age group; a table's bands count unaccompanied children, who are then
    taken out of the oldest as fitted."""
    fitted = recent_starters(fit)
    fitted = fitted / fitted.sum()
    if not table.by_age_band:
        shares: Floats = fitted
        return shares
    counts = table.counts[table.counts["month"].isin(months)]
    by_band = counts.groupby("age_band")["starters"].sum()
    bands = np.array([float(by_band.get(str(band), 0.0)) for band in AGE_BANDS])
    bands = bands / max(bands.sum(), 1e-9)
    uasc = min(fitted[-1], bands[-1])
    bands[-1] -= uasc
    result: Floats = np.append(bands, uasc)
    return result
