"""Children by pool and by how well they are placed, on a few dates: all that most targets need.

One pass over a record, many times as fast as counting everything that a report shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.measures.counting import fit_of
from sufficiency.simulation.compiled import Rows, compiled, rows_of
from sufficiency.simulation.record import ENDED_OPEN, Record

Ints = NDArray[np.int64]
Counts = NDArray[np.int32]


def count_children(record: Record, days: Ints, found: Counts) -> None:
    """Add the children of a record by date, pool (unplaced last) and fit, in place: (D, P + 1, 3).

    ``days`` are day numbers, rising; a stock on a date counts every event at or before it.
    """
    count_spells(rows_of(record.spells), days, found)


def count_usable(record: Record, days: Ints, pools: int) -> Counts:
    """Usable places by date and pool: (D, P), -1 where there is no limit."""
    changes = record.pool_changes
    found = np.full((len(days), pools), -1, dtype=np.int32)
    for pool in range(pools):
        mine = changes[changes["pool"] == pool]
        at = np.searchsorted(mine["time"], days, side="right") - 1
        found[:, pool] = np.where(at >= 0, mine["usable"][at], -1) if len(mine) else -1
    return found


def count_held(record: Record, days: Ints, pools: int) -> Counts:
    """Places held by those who have turned 18, by date and pool: (D, P)."""
    found = np.zeros((len(days), pools), dtype=np.int32)
    for hold in record.holds if hasattr(record, "holds") else ():
        here = (hold["from_time"] <= days) & (days < hold["to_time"])
        found[:, hold["pool"]] += here
    return found


@compiled
def count_spells(spells: Rows, days: Ints, found: Counts) -> None:
    """Add the children of every spell to ``found``, in place: (D, P + 1, 3)."""
    unplaced = found.shape[1] - 1
    for number in range(spells.size):
        spell = spells[number]
        fit = fit_of(spell.sector, spell.first_choice, spell.suitable)
        pool = spell.pool if spell.pool >= 0 else unplaced
        for date in range(days.size):
            if days[date] < spell.from_time:
                continue
            if spell.ended != ENDED_OPEN and days[date] >= spell.to_time:
                break
            found[date, pool, fit] += 1
