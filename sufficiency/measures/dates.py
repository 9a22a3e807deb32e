"""The report dates as compiled code counts on them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import MONTHS_PER_YEAR, month_end
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.birthdays import month_starts
from sufficiency.simulation.compiled import by_reference, shared, step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.float32]
Changes = NDArray[np.int32]
"""Changes in numbers of children: of a width that turns into `Counts` many at a time."""


@by_reference
class Dates(NamedTuple):
    """The T report dates of a forecast over H days."""

    days: Ints
    """(T,): as day numbers; the first is 0 and the last H."""
    not_before: NDArray[np.int32]
    """(H + 1,): the first report date that is not before each day."""
    month_starts: Ints
    """From `sufficiency.simulation.birthdays.month_starts`."""
    year: Ints
    """(T,): the financial year of the month that ends on each date, as its position among those of
    the calendar; of the start date, the first."""
    whole_year_from: int
    """The first report date before which a whole year lies in the forecast; the report date a year
    before it is 12 positions before."""


@step
def date_at(time: float, dates: Dates) -> int:
    """The first report date that is not before a time; their number if none is."""
    if time > dates.days[-1]:
        return dates.days.size
    return int(dates.not_before[math.ceil(time)])


@shared
def accumulate(changes: Ints | Changes) -> bool:
    """Add up changes over time, in place; whether there were any."""
    total, some = 0, False
    for date in range(changes.size):
        some |= changes[date] != 0
        total += changes[date]
        changes[date] = total
    return some


def dates_of(calendar: ReportCalendar) -> Dates:
    """The report dates of a calendar."""
    horizon_days = int(calendar.days[-1])
    years = calendar.financial_years
    months = [years.index(year) for year in calendar.month_years]
    not_before = np.searchsorted(calendar.days, np.arange(horizon_days + 1), side="left")
    return Dates(
        days=calendar.days,
        not_before=not_before.astype(np.int32),
        month_starts=month_starts(calendar.start, horizon_days),
        year=np.array([0, *months], dtype=np.int64),
        whole_year_from=MONTHS_PER_YEAR + (calendar.start != month_end(calendar.start)),
    )
