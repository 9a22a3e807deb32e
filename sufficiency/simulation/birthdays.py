"""Ages and birthdays on the real calendar, one child at a time.

Days are counted from the start date, which is day 0.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from sufficiency.domain import (
    ADULT_YEARS,
    AGE_BAND_STARTS_YEARS,
    MONTHS_PER_YEAR,
    TICK,
    UASC_ROW,
)
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.world import Floats, Ints

N_BIRTHDAYS = len(AGE_BAND_STARTS_YEARS) + 1
BAND_EDGES_YEARS = (*AGE_BAND_STARTS_YEARS, ADULT_YEARS)
"""The first birthday of each age band, then the 18th."""
_OLDEST_YEARS = ADULT_YEARS + 2
_DAYS_PER_MONTH = 30.436875


@lru_cache(maxsize=64)
def month_starts(start: date, horizon_days: int) -> Ints:
    """The first day of each month, from before anyone was born to after everyone has grown up."""
    first = np.datetime64(start, "M") - MONTHS_PER_YEAR * _OLDEST_YEARS
    last = (np.datetime64(start, "D") + horizon_days).astype("datetime64[M]")
    months = np.arange(first, last + MONTHS_PER_YEAR * _OLDEST_YEARS)
    days = (months.astype("datetime64[D]") - np.datetime64(start, "D")).astype(np.int64)
    days.flags.writeable = False
    return days


@step
def month_of(day: int, starts: Ints) -> int:
    """The month that holds a day, as its position in ``starts`` (from `month_starts`)."""
    month = int((day - starts[0]) / _DAYS_PER_MONTH)
    while starts[month] > day:
        month -= 1
    while starts[month + 1] <= day:
        month += 1
    return month


@compiled
def birthday(born: int, years: int, starts: Ints) -> int:
    """The day of a birthday; 29 February falls on 1 March in other years."""
    month = month_of(born, starts)
    return int(starts[month + MONTHS_PER_YEAR * years] + born - starts[month])


@compiled
def latest_birth(day: int, years: int, starts: Ints) -> int:
    """The last date of birth of those aged ``years`` or more on ``day``."""
    month = month_of(day, starts)
    then = month - MONTHS_PER_YEAR * years
    return int(min(starts[then] + day - starts[month], starts[then + 1] - 1))


@step
def born_of_age(age_days: float, day: int, age_group: int, starts: Ints) -> int:
    """The date of birth for an age on a given day, kept within the child's age group.

    The age asked for gives way where the calendar puts the child in another group: by a day or
    two at the edge of a band, when a year is not 365.25 days. Unaccompanied asylum-seeking
    children are a group of any age below 18.
    """
    youngest, below = 0, ADULT_YEARS
    if age_group != UASC_ROW:
        youngest, below = BAND_EDGES_YEARS[age_group], BAND_EDGES_YEARS[age_group + 1]
    earliest = latest_birth(day, below, starts) + 1
    latest = latest_birth(day, youngest, starts)
    return int(min(max(day - int(age_days), earliest), latest))


@step
def write_birthdays(birthdays: Floats, born: int, starts: Ints) -> None:
    """Fill (6,) with when each age band begins for a child, the first long ago, and the 18th.

    A birthday happens one tick after the midnight that begins its date.
    """
    month = month_of(born, starts)
    birthdays[0] = -np.inf
    for band in range(1, N_BIRTHDAYS):
        years = BAND_EDGES_YEARS[band]
        day = starts[month + MONTHS_PER_YEAR * years] + born - starts[month]
        birthdays[band] = day - 1 + TICK
