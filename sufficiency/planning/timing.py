"""By which month each place is needed: as late as the targets allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Months = tuple[int, ...]
"""How many places open in each month of a pool's calendar."""
Meets = Callable[[Sequence[Sequence[Months]]], list[bool]]
_AT_ONCE = 4
OPENINGS = 6
"""In at most so many lots the places of a pool open: what is bought is bought in lots, and months
of single places differ from one set of futures to another."""


def latest_openings(places: Sequence[int], months: Sequence[int], meets: Meets) -> list[Months]:
    """Spread each pool's places over its months, in lots that are as late as the targets allow.

    Args:
        places: (K,) places added to each pool; one that loses places loses them at once.
        months: (K,) how many months each pool's places may open in; 1 or more.
        meets: whether places that open so, per pool and month, still meet the targets, for several
            ways to open them. With all in the first month they must.

    Returns:
        (K,) places by month. A pool is spread while those before it in the list are settled, so
        the first listed wait longest.
    """
    opened: list[Months] = [
        (number, *(0 for _ in range(last - 1))) for number, last in zip(places, months, strict=True)
    ]
    for pool, number in enumerate(places):
        waiting, month, lot = number, 0, -(-number // OPENINGS)
        while waiting > 0 and month + 1 < months[pool]:
            later = _latest_month(opened, pool, month, waiting, months[pool], meets)
            opened[pool] = _postponed(opened[pool], month, later, waiting)
            month = later
            if month + 1 < months[pool]:
                waiting = _most_that_can_wait(opened, pool, month, waiting, lot, meets)
                opened[pool] = _postponed(opened[pool], month, month + 1, waiting)
                month += 1
    return opened


def _latest_month(
    opened: Sequence[Months], pool: int, month: int, waiting: int, months: int, meets: Meets
) -> int:
    """The latest month in which all that wait can open together; later never does better."""
    low, high = month, months
    while high - low > 1:
        tried = sorted({low + max((high - low) * part // _AT_ONCE, 1) for part in range(_AT_ONCE)})
        trials = [
            _with(opened, pool, _postponed(opened[pool], month, later, waiting)) for later in tried
        ]
        can_wait = [later for later, met in zip(tried, meets(trials), strict=True) if met]
        low = max(can_wait, default=low)
        high = min((later for later in tried if later > low), default=high)
    return low


def _most_that_can_wait(
    opened: Sequence[Months], pool: int, month: int, waiting: int, lot: int, meets: Meets
) -> int:
    """How many of the places that open in a month can open in the next instead, but for a lot.

    Fewer that wait never do worse, so a few numbers at a time narrow it down, to a lot.
    """
    low, high = 0, waiting - lot + 1
    while high - low > lot:
        steps = {max((high - low) * part // _AT_ONCE, lot) for part in range(_AT_ONCE)}
        tried = sorted(low + step for step in steps)
        trials = [
            _with(opened, pool, _postponed(opened[pool], month, month + 1, number))
            for number in tried
        ]
        can_wait = [number for number, met in zip(tried, meets(trials), strict=True) if met]
        low = max(can_wait, default=low)
        high = min((number for number in tried if number > low), default=high)
    return low


def _with(opened: Sequence[Months], pool: int, changed: Months) -> list[Months]:
    """The same for all pools but one."""
    return [*opened[:pool], changed, *opened[pool + 1 :]]


def _postponed(opened: Months, month: int, later: int, number: int) -> Months:
    """So many of the places of a month open in a later one."""
    changed = list(opened)
    changed[month] -= number
    changed[later] += number
    return tuple(changed)
