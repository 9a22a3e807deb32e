"""Where the nights were spent: child-nights by month and pool, and those of children in a gap.

Child-nights are the midnights n = 1..H with from <= n < to; a stay open at the horizon counts
the midnight H. So the nights of a month sum exactly to its midnight stocks.
"""

from __future__ import annotations

import math

from sufficiency.measures.dates import Counts, Dates, Floats, Ints, accumulate, date_at
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
def nights_between(day: int, until: int, from_time: float, to_time: float) -> int:
    """Nights of one child after one day and up to and including another."""
    first, after_last = max(math.ceil(from_time), day + 1), until + 1
    if to_time <= until:
        after_last = math.ceil(to_time)
    return int(max(after_last - first, 0))


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
def add_up_extra_cost(
    days: Ints, gap_nights: Ints, dearer_by_gbp: Floats, extra_cost_gbp: Floats
) -> None:
    """Set what nights in a gap cost more than the first choice, in place: (P + 1, M) GBP."""
    extra_cost_gbp[:] = 0.0
    for need in range(gap_nights.shape[0]):
        for pool in range(gap_nights.shape[1]):
            counted = gap_nights[need, pool]
            some = accumulate(counted[0])
            if accumulate(counted[1]) or some:
                add_extra_cost(days, counted, dearer_by_gbp[need, pool], extra_cost_gbp[pool])


@step
def nights_until(date: int, days: Ints, counted: Ints) -> int:
    """Nights up to and including a report date.

    The sum of max(0, day + 1 - first) is (day + 1) x (how many firsts are not after the day) - (the
    sum of those firsts), so nobody has to be counted night by night.
    """
    return int((days[date] + 1) * counted[0, date] - counted[1, date])


@step
def add_extra_cost(days: Ints, counted: Ints, dearer_by: Floats, extra_cost_gbp: Floats) -> None:
    """Add the extra cost of nights in a gap to each month, in place."""
    before = nights_until(0, days, counted)
    for month in range(dearer_by.size):
        until = nights_until(month + 1, days, counted)
        extra_cost_gbp[month] += (until - before) * dearer_by[month]
        before = until
