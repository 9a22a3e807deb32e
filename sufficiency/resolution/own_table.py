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
from sufficiency.domain import AGE_BANDS, DAYS_PER_YEAR, MONTHS_PER_YEAR, next_month
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
    ended: date
    """The last day of the last month that was read."""
    months_not_read: int
    """Months of the table after that day."""


def own_levels(
    table: MonthlyTable, fit: Calibration, until: date, by_age_group: Floats | None = None
) -> OwnTable:
    """Levels of starters and exits from the latest months of a table that end by ``until``.

    Leavers count 18th birthdays, which are not a rate: those expected in the same time are taken
    out before exits are compared with the fitted ones. The shares by age are the table's if it
    has age bands, else the fitted ones.

    Args:
        table: the user's own.
        fit: the published fit.
        until: the last day that may be read.
        by_age_group: (6,) the children whom the leavers left: those in care at the start, by
            default the published ones.

    Raises:
        HistoryError: no month of the table ends by ``until``.
    """
    ages = fit.by_age_group if by_age_group is None else by_age_group
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
    ahead = year_ahead(fit, ages, total_starters / years * shares)
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
        ended=next_month(months[-1]) - timedelta(days=1),
        months_not_read=len(table.months) - table.months.index(months[-1]) - 1,
    )


def table_notes(table: OwnTable | None, start: date) -> list[str]:
    """What the user should know where a table ends long before the forecast, or goes on in it."""
    if table is None:
        return []
    notes = []
    gap = (start - table.ended).days / DAYS_PER_YEAR * MONTHS_PER_YEAR
    if gap > MOST_MONTHS:
        notes.append(
            f"{table.file} ends in {table.ended:%B %Y}, {gap:.0f} months before the forecast "
            "begins: starters and leavers are taken to go on as they were then. Add later months."
        )
    if table.months_not_read:
        one = table.months_not_read == 1
        notes.append(
            f"{table.file}: {table.months_not_read} month{'' if one else 's'} after "
            f"{table.ended:%B %Y} {'is' if one else 'are'} not read: a forecast may not know what "
            "comes after its start, or after calibration.history_to."
        )
    return notes


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
