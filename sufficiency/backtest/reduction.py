"""A record seen once a year: children by age band and placement, starters and leavers.

Light on purpose: a backtest looks at a few dates of very many worlds and at no prices. The edges
of time are those of `sufficiency.measures`: a stock counts spells with from <= D < to, and what is
open at the horizon; a flow counts events in (previous date, date].
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import (
    AGE_BANDS,
    NEED_GROUPS,
    SECTORS,
    SETTINGS,
    NeedGroup,
    Sector,
    day_number,
)
from sufficiency.measures.ages import band_at, band_start_times
from sufficiency.simulation.record import BEGAN_ENTERED, ENDED_OPEN, ENDED_TURNED_18, Record

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KINDS = ("fostered", "homes", "supported", "for_adoption", "other", "unplaced")
"""Where children live, as far as a simulated world knows of the published groups."""
_ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
_OTHER = SECTORS.index(Sector.OTHER)
_KIND_OF_SETTING = np.array([0, 0, 0, 1, 2, 4, 5])
assert len(_KIND_OF_SETTING) == len(SETTINGS)


def yearly_days(start: date, years: int) -> Ints:
    """(years,): the day numbers of each 31 March after a start on a 31 March."""
    ends = [day_number(start, date(start.year + year, 3, 31)) for year in range(1, years + 1)]
    return np.array(ends, dtype=np.int64)


def yearly_counts(record: Record, start: date, days: Ints) -> tuple[Ints, Ints, Ints]:
    """Stocks and flows of one world at each of ``days`` (D of them, increasing).

    Returns:
        children in care by kind and age band (6, 5, D); starters (D,) and leavers (D,) since the
        day before (the first: since the start).
    """
    spells, n_days = record.spells, len(days)
    opened, ended = spells["from_time"], spells["ended"]
    closed = np.where(ended == ENDED_OPEN, np.inf, spells["to_time"])
    kind = _KIND_OF_SETTING[spells["sector"]]
    kind[(spells["sector"] == _OTHER) & (spells["need"] == _ADOPTION)] = KINDS.index("for_adoption")
    first, after_last = np.searchsorted(days, opened), np.searchsorted(days, closed)
    # Most placements begin and end between two dates and need no age.
    seen = np.flatnonzero(first < after_last)
    first, after_last, kind = first[seen], after_last[seen], kind[seen]
    band_starts = band_start_times(start, spells["born_day"][seen])
    stock = np.zeros((len(KINDS), len(AGE_BANDS), n_days), dtype=np.int64)
    for column, day in enumerate(days):
        here = np.flatnonzero((first <= column) & (column < after_last))
        band = band_at(band_starts[here], np.full(len(here), float(day)))
        cell = kind[here] * len(AGE_BANDS) + band
        counted = np.bincount(cell, minlength=len(KINDS) * len(AGE_BANDS))
        stock[:, :, column] = counted.reshape(len(KINDS), len(AGE_BANDS))
    left = (ended >= 0) & (ended <= ENDED_TURNED_18)
    return (
        stock,
        _flow(opened[spells["began"] == BEGAN_ENTERED], days),
        _flow(spells["to_time"][left], days),
    )


def _flow(times: Floats, days: Ints) -> Ints:
    """(D,): events after the day before and not after each day."""
    year = np.searchsorted(days, times, side="left")
    return np.bincount(year, minlength=len(days) + 1)[: len(days)]
