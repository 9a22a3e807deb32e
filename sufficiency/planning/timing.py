"""By which month each place is needed: as late as the targets allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Months = tuple[int, ...]
"""How many places open in each month of a pool's calendar."""
Meets = Callable[[Sequence[Sequence[Months]]], list[bool]]
_AT_ONCE = 4


def latest_openings(places: Sequence[int], months: Sequence[int], meets: Meets) -> list[Months]:
    """Spread each pool's places over its months, each place as late as the targets allow.

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
        waiting, month = number, 1
        while waiting > 0 and month < months[pool]:
            waiting = _most_that_can_wait(opened, pool, month, waiting, meets)
            opened[pool] = _postponed(opened[pool], month, waiting)
            month += 1
    return opened


def _most_that_can_wait(
    opened: Sequence[Months], pool: int, month: int, waiting: int, meets: Meets
) -> int:
    """How many of the places that open in the month before can open in this one instead.

    Fewer that wait never do worse, so a few numbers at a time narrow it down.
    """
    low, high = 0, waiting + 1
    while high - low > 1:
        tried = sorted({low + max((high - low) * part // _AT_ONCE, 1) for part in range(_AT_ONCE)})
        if high == waiting + 1:
            tried = sorted({*tried, waiting})
        trials = [
            [*opened[:pool], _postponed(opened[pool], month, number), *opened[pool + 1 :]]
            for number in tried
        ]
        can_wait = [number for number, met in zip(tried, meets(trials), strict=True) if met]
        low = max(can_wait, default=low)
        high = min((number for number in tried if number > low), default=high)
    return low


def _postponed(opened: Months, month: int, number: int) -> Months:
    """So many of the places of the month before open in this one."""
    changed = list(opened)
    changed[month - 1] -= number
    changed[month] += number
    return tuple(changed)
