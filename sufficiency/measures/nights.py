"""Where the nights were spent: child-nights by month and pool, and those of children in a gap.

Child-nights are the midnights n = 1..H with from <= n < to; a stay open at the horizon counts
the midnight H. So the nights of a month sum exactly to its midnight stocks.
"""

from __future__ import annotations

from sufficiency.measures.dates import Counts, Dates, Floats, Ints, accumulate
from sufficiency.simulation.compiled import shared, step

BASES = ("committed", "new")
"""Committed: children still in the placement they had at the start; new: all others."""


@step
def count_nights(
    begins: int, ends: int, first: int, after_last: int, nights: Ints, times: int
) -> None:
    """Count the nights ``first`` to before ``after_last`` of one child, in place.

    ``begins`` and ``ends`` are the first report dates that are not before these two nights;
    ``nights`` is (2, T + 1), to be added up by `nights_until`. Each night counts ``times``.
    """
    nights[0, begins] += times
    nights[1, begins] += times * first
    nights[0, ends] -= times
    nights[1, ends] -= times * after_last


@step
def count_nights_within(
    first: int, after_last: int, dates: Dates, nights: Ints, times: int
) -> None:
    """The same of any nights, of which only those of the forecast count, if there are any."""
    last = dates.days[-1]
    first, after_last = max(first, 1), min(after_last, last + 1)
    if first < after_last:
        ends = dates.days.size if after_last > last else int(dates.not_before[after_last])
        count_nights(int(dates.not_before[first]), ends, first, after_last, nights, times)


@step
def add_up_nights(days: Ints, counted_nights: Ints, nights: Counts) -> None:
    """Set child-nights by basis, pool and month, in place: (2, P + 1, M)."""
    for basis in range(nights.shape[0]):
        for pool in range(nights.shape[1]):
            set_nights(days, counted_nights[basis, pool], nights[basis, pool])


@shared
def set_nights(days: Ints, counted: Ints, nights: Floats | Counts) -> None:
    """Set the nights of each month, in place (M,), of what was counted, (2, T + 1)."""
    accumulate(counted[0])
    accumulate(counted[1])
    before = nights_until(0, days, counted)
    for month in range(nights.size):
        until = nights_until(month + 1, days, counted)
        nights[month] = until - before
        before = until


@step
def nights_until(date: int, days: Ints, counted: Ints) -> int:
    """Nights up to and including a report date.

    The sum of max(0, day + 1 - first) is (day + 1) x (how many firsts are not after the day) - (the
    sum of those firsts), so nobody has to be counted night by night.
    """
    return int((days[date] + 1) * counted[0, date] - counted[1, date])
