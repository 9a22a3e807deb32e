"""Who came, left and moved between report dates: by reason, setting, age band and UASC.

A flow counts the events in (previous date, date]. Starters are counted by the first setting,
leavers by the last, moves by the destination; ages are at the event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_BANDS, EXIT_REASONS, MOVE_REASONS, SETTINGS
from sufficiency.measures.ages import band_at, band_start_times
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


def children_who_moved_in_or_out(record: Record, calendar: ReportCalendar) -> Flows:
    """Starters, leavers and moves of one replication."""
    spells = record.spells
    began, ended = spells["began"], spells["ended"]
    entered = spells[began == BEGAN_ENTERED]
    moved = spells[began >= BEGAN_PLACE_FOUND]
    left = spells[(ended >= 0) & (ended <= ENDED_TURNED_18)]
    move_reason = moved["began"].astype(np.int64) - BEGAN_PLACE_FOUND
    no_reason = np.zeros(len(entered), dtype=np.int64)
    return Flows(
        starters=_count(entered, entered["from_time"], no_reason, 1, calendar),
        leavers=_count(
            left, left["to_time"], left["ended"].astype(np.int64), len(LEAVER_REASONS), calendar
        ),
        moves=_count(moved, moved["from_time"], move_reason, len(MOVED_REASONS), calendar),
    )


def _count(
    spells: NDArray[np.void],
    times: Floats,
    reason: Ints,
    n_reasons: int,
    calendar: ReportCalendar,
) -> Floats:
    """Events by reason, setting, age band, UASC and month: (n_reasons, 7, 5, 2, T)."""
    shape = (n_reasons, len(SETTINGS), len(AGE_BANDS), len(UASC_GROUPS), len(calendar.days))
    band = band_at(band_start_times(calendar.start, spells["born_day"]), times)
    month = np.searchsorted(calendar.days, times, side="left")
    cell = np.ravel_multi_index(
        (reason, spells["sector"].astype(np.int64), band, spells["uasc"].astype(np.int64), month),
        shape,
    )
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)
