"""Days on which places open: first days of months, and places that open on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sufficiency.domain import next_month
from sufficiency.planning.oracle import Additions
from sufficiency.planning.pools import Allowed
from sufficiency.planning.timing import Months
from sufficiency.resolution.places_added import PlacesAdded


def months_after(day: date, months: int) -> date:
    """The first day of a month so many months later."""
    for _ in range(months):
        day = next_month(day)
    return day


def months_between(first: date, last: date) -> list[date]:
    """The first days of months from one day to another."""
    days = [first]
    while next_month(days[-1]) <= last:
        days.append(next_month(days[-1]))
    return days


def a_month_sooner(opened: Months) -> Months:
    """The same places, those of every month but the first in the month before."""
    if len(opened) < 2:
        return opened
    return (opened[0] + opened[1], *opened[2:], 0)


def opening(
    allowed: Sequence[Allowed], calendars: Sequence[Sequence[date]], opened: Sequence[Months]
) -> Additions:
    """The places that open on each day, pool by pool."""
    return tuple(
        PlacesAdded(each.pool.name, day, places)
        for each, days, by_month in zip(allowed, calendars, opened, strict=True)
        for day, places in zip(days, by_month, strict=False)
        if places
    )
