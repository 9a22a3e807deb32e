"""Where the nights were spent: child-nights by month and pool, and those of children in a gap.

Child-nights are the midnights n = 1..H with from <= n < to; a stay open at the horizon counts
the midnight H. So the nights of a month sum exactly to its midnight stocks.
"""

from __future__ import annotations

import math

from sufficiency.measures.dates import Counts, Dates, Ints, accumulate, date_at
from sufficiency.simulation.compiled import step

BASES = ("committed", "new")
"""Committed: children still in the placement they had at the start; new: all others."""


@step
def count_nights(from_time: float, to_time: float, dates: Dates, nights: Ints) -> None:
    """Count the nights of one child in (2, T + 1), to be added up by `nights_until`."""
    last = dates.days[-1]
    first = math.ceil(from_time)
    after_last = last + 1 if to_time > last else math.ceil(to_time)
    begins, ends = date_at(float(first), dates), date_at(float(after_last), dates)
    nights[0, begins] += 1
    nights[1, begins] += first
    nights[0, ends] -= 1
    nights[1, ends] -= after_last


@step
def add_up_nights(days: Ints, counted_nights: Ints, nights: Counts) -> None:
    """Set child-nights by basis, pool and month, in place: (2, P + 1, M)."""
    for basis in range(nights.shape[0]):
        for pool in range(nights.shape[1]):
            counted, before = counted_nights[basis, pool], 0
            accumulate(counted[0])
            accumulate(counted[1])
            for month in range(-1, nights.shape[2]):
                until = nights_until(month + 1, days, counted)
                if month >= 0:
                    nights[basis, pool, month] = until - before
                before = until


@step
def nights_until(date: int, days: Ints, counted: Ints) -> int:
    """Nights up to and including a report date.

    The sum of max(0, day + 1 - first) is (day + 1) x (how many firsts are not after the day) - (the
    sum of those firsts), so nobody has to be counted night by night.
    """
    return int((days[date] + 1) * counted[0, date] - counted[1, date])
