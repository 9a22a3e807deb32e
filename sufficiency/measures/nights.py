"""Where the nights were spent: child-nights by month, pool, need and how well placed.

Child-nights are the midnights n = 1..H with from <= n < to; a stay open at the horizon counts
the midnight H. So the nights of a month sum exactly to its midnight stocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import NEED_GROUPS
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.stocks import N_FITS, fit_of
from sufficiency.simulation.record import BEGAN_AT_START, ENDED_OPEN, Record

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BASES = ("committed", "new")
"""Committed: children still in the placement they had at the start; new: all others."""


def child_nights(record: Record, n_pools: int, calendar: ReportCalendar) -> Floats:
    """Child-nights by basis, fit, need group, pool and month.

    Returns (2, 3, 7, P + 1, M); the last pool is unplaced.
    """
    spells = record.spells
    shape = (len(BASES), N_FITS, len(NEED_GROUPS), n_pools + 1)
    pool = spells["pool"].astype(np.int64)
    cell = np.ravel_multi_index(
        (
            (spells["began"] != BEGAN_AT_START).astype(np.int64),
            fit_of(spells),
            spells["need"].astype(np.int64),
            np.where(pool < 0, n_pools, pool),
        ),
        shape,
    )
    # Midnight 0 ends the start date: it falls before the first month and so drops out below.
    first = np.ceil(spells["from_time"]).astype(np.int64)
    after_last = np.where(
        spells["ended"] == ENDED_OPEN,
        record.horizon_days + 1,
        np.ceil(spells["to_time"]).astype(np.int64),
    )
    n_cells = int(np.prod(shape))
    through = _nights_since(first, cell, n_cells, calendar.days)
    through -= _nights_since(after_last, cell, n_cells, calendar.days)
    nights: Floats = np.diff(through, axis=1)
    return nights.reshape(*shape, len(calendar.days) - 1)


def _nights_since(first: Ints, cell: Ints, n_cells: int, days: Ints) -> Floats:
    """Per cell and date, the midnights from each ``first`` to the date: (n_cells, T).

    The sum of max(0, day + 1 - first) over a cell is (day + 1) x (how many firsts are not
    after the day) - (the sum of those firsts), so no table of children x days is needed.
    """
    width = len(days) + 1
    slot = cell * width + np.searchsorted(days, first, side="left")

    def up_to_date(weights: Ints) -> Floats:
        totals = np.bincount(slot, weights=weights, minlength=n_cells * width)
        running = np.cumsum(totals.reshape(n_cells, width), axis=1)[:, :-1]
        return running.astype(np.float64)

    return (days + 1) * up_to_date(np.ones_like(first)) - up_to_date(first)
