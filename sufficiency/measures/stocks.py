"""Who is in care on each report date: by need, setting, age band, and how well placed.

A stock on date D counts every event at or before it: a spell counts when from <= D < to, and
one still open at the horizon counts on the last date too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_BANDS, NEED_GROUPS, SETTINGS, UNPLACED_CODE
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.record import ENDED_OPEN, Record
from sufficiency.simulation.world import UNLIMITED, Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_CHOICE, IN_HOUSE_SHORTFALL, UNMET_NEED = 0, 1, 2
"""How well a child is placed: the two kinds of gap are never mixed."""
N_FITS = 3
STOCK_SHAPE = (N_FITS, len(NEED_GROUPS), len(SETTINGS), len(AGE_BANDS))


def fit_of(spells: NDArray[np.void]) -> Ints:
    """How well each spell meets the child's need: first choice, in-house shortfall or unmet.

    In-house shortfall is a suitable setting that is not the first choice; unmet need is an
    unsuitable setting, or none.
    """
    suitable = spells["suitable"] & (spells["sector"] != UNPLACED_CODE)
    placed = np.where(spells["first_choice"], FIRST_CHOICE, IN_HOUSE_SHORTFALL)
    fits: Ints = np.where(suitable, placed, UNMET_NEED)
    return fits


def children_in_care(record: Record, band_starts: Floats, calendar: ReportCalendar) -> Floats:
    """Children on each report date by fit, need group, setting and age band.

    ``band_starts`` is (spells, 5) from `band_start_times`. Returns (3, 7, 7, 5, T); every stock
    is a sum over some of these axes.
    """
    spells = record.spells
    band_ends = np.concatenate([band_starts[:, 1:], np.full((len(spells), 1), np.inf)], axis=1)
    to_time = np.where(spells["ended"] == ENDED_OPEN, np.inf, spells["to_time"])
    begin = np.maximum(spells["from_time"][:, None], band_starts)
    end = np.minimum(to_time[:, None], band_ends)
    spell, band = np.nonzero(begin < end)
    cell = np.ravel_multi_index(
        (
            fit_of(spells)[spell],
            spells["need"][spell].astype(np.int64),
            spells["sector"][spell].astype(np.int64),
            band,
        ),
        STOCK_SHAPE,
    )
    n_dates = len(calendar.days)
    width = n_dates + 1
    n_cells = int(np.prod(STOCK_SHAPE))

    def events(times: Floats) -> Ints:
        slot = cell * width + np.searchsorted(calendar.days, times, side="left")
        return np.bincount(slot, minlength=n_cells * width)

    change = events(begin[spell, band]) - events(end[spell, band])
    stock = np.cumsum(change.reshape(n_cells, width), axis=1)[:, :n_dates]
    return stock.reshape(*STOCK_SHAPE, n_dates).astype(np.float64)


def usable_places(record: Record, places: Places, calendar: ReportCalendar) -> Floats:
    """Usable places by sector on each report date; NaN where a sector is not limited.

    Returns (6, T).
    """
    n_sectors = UNPLACED_CODE
    usable = np.zeros((n_sectors, len(calendar.days)))
    changes = record.pool_changes
    for pool, sector in enumerate(places.pool_sector):
        mine = changes[changes["pool"] == pool]
        steps = np.concatenate([places.usable_at_start[pool : pool + 1], mine["usable"]])
        now = steps[np.searchsorted(mine["time"], calendar.days, side="right")]
        usable[sector] += np.where(now == UNLIMITED, np.nan, now)
    return usable
