"""When figures are reported: the report dates, the months between them and their financial years.

Time 0 is the midnight that ends the start date, so the day number of a report date is also the
time at which its stock is taken, and the midnight n ends the day ``start + n`` days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import (
    FINANCIAL_YEAR_FIRST_MONTH,
    MONTHS_PER_YEAR,
    day_number,
    financial_year,
    report_dates,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ReportCalendar:
    """T report dates and the M = T - 1 months that end on them."""

    start: date
    dates: tuple[date, ...]
    """(T,): the start date, then each month's last day."""
    days: Ints
    """(T,): the dates as day numbers; the first is 0."""
    month_years: tuple[str, ...]
    """(M,): the financial year of each month."""
    month_periods: tuple[int, ...]
    """(M,): 1 = April."""
    month_is_whole: tuple[bool, ...]
    """(M,): every night of the calendar month is in the forecast."""
    uplifts: Ints
    """(M,): how many 1 Aprils lie after the start date and not after the month."""

    @property
    def financial_years(self) -> tuple[str, ...]:
        """Each financial year once, in order."""
        return tuple(dict.fromkeys(self.month_years))

    def risen(self, rise_per_year: float) -> Floats:
        """(M,): how much dearer each month is than the start."""
        found: Floats = np.power(1 + rise_per_year, self.uplifts, dtype=np.float64)
        return found

    def whole_months(self, year: str) -> int:
        """How many whole months of a financial year the forecast covers (12 = a full year)."""
        pairs = zip(self.month_years, self.month_is_whole, strict=True)
        return sum(whole for name, whole in pairs if name == year)


def report_calendar(start: date, months: int) -> ReportCalendar:
    """The calendar of a forecast of ``months`` months from ``start``."""
    dates = report_dates(start, months)
    ends = dates[1:]
    first_year = _first_calendar_year(start)
    return ReportCalendar(
        start=start,
        dates=tuple(dates),
        days=np.array([day_number(start, day) for day in dates], dtype=np.int64),
        month_years=tuple(financial_year(day) for day in ends),
        month_periods=tuple(
            (day.month - FINANCIAL_YEAR_FIRST_MONTH) % MONTHS_PER_YEAR + 1 for day in ends
        ),
        month_is_whole=tuple(start < day.replace(day=1) for day in ends),
        uplifts=np.array([_first_calendar_year(day) - first_year for day in ends], dtype=np.int64),
    )


def _first_calendar_year(day: date) -> int:
    """The calendar year in which the financial year that holds ``day`` began."""
    return day.year - (day.month < FINANCIAL_YEAR_FIRST_MONTH)
