"""Who came, left and moved between report dates: by reason, setting, age band and UASC.

A flow counts the events in (previous date, date]. Starters are counted by the first setting,
leavers by the last, moves by the destination; ages are at the event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_BANDS, EXIT_REASONS, MOVE_REASONS, SETTINGS
from sufficiency.measures.ages import band_at
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.record import (
    BEGAN_ENTERED,
    BEGAN_PLACE_FOUND,
    ENDED_TURNED_18,
    Record,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLACE_FOUND = "place_found"
"""A move of a child who was unplaced; with it, children by setting can be carried forward."""
LEAVER_REASONS: tuple[str, ...] = EXIT_REASONS
MOVED_REASONS: tuple[str, ...] = (PLACE_FOUND, *MOVE_REASONS)
UASC_GROUPS = ("not_uasc", "uasc")


@dataclass(frozen=True)
class Flows:
    """Children by reason, setting, age band, UASC (0 no, 1 yes) and month.

    The last axis has T columns; the first column (the start date) is always 0.
    """

    starters: Floats
    """(1, 7, 5, 2, T)."""
    leavers: Floats
    """(6, 7, 5, 2, T): reasons as `LEAVER_REASONS`."""
    moves: Floats
    """(7, 7, 5, 2, T): reasons as `MOVED_REASONS`."""


def children_who_moved_in_or_out(
    record: Record, band_starts: Floats, calendar: ReportCalendar
) -> Flows:
    """Starters, leavers and moves of one replication.

    ``band_starts`` is (spells, 5) from `band_start_times`.
    """
    spells = record.spells
    began, ended = spells["began"].astype(np.int64), spells["ended"].astype(np.int64)
    no_reason = np.zeros_like(began)

    def count(chosen: NDArray[np.bool_], times: Floats, reason: Ints, n_reasons: int) -> Floats:
        bands = band_at(band_starts[chosen], times[chosen])
        return _count(spells[chosen], times[chosen], bands, reason[chosen], n_reasons, calendar)

    from_time, to_time = spells["from_time"], spells["to_time"]
    left = (ended >= 0) & (ended <= ENDED_TURNED_18)
    moved = began >= BEGAN_PLACE_FOUND
    return Flows(
        starters=count(began == BEGAN_ENTERED, from_time, no_reason, 1),
        leavers=count(left, to_time, ended, len(LEAVER_REASONS)),
        moves=count(moved, from_time, began - BEGAN_PLACE_FOUND, len(MOVED_REASONS)),
    )


def _count(
    spells: NDArray[np.void],
    times: Floats,
    bands: Ints,
    reason: Ints,
    n_reasons: int,
    calendar: ReportCalendar,
) -> Floats:
    """Events by reason, setting, age band, UASC and month: (n_reasons, 7, 5, 2, T)."""
    shape = (n_reasons, len(SETTINGS), len(AGE_BANDS), len(UASC_GROUPS), len(calendar.days))
    month = np.searchsorted(calendar.days, times, side="left")
    cell = np.ravel_multi_index(
        (reason, spells["sector"].astype(np.int64), bands, spells["uasc"].astype(np.int64), month),
        shape,
    )
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)
