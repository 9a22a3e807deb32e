"""Time at risk, split at birthdays, bands of time and years: where each child-day belongs.

Days are whole numbers from 1 January 1970 (a date stands for the midnight that begins it), and a
child is at risk on [from, to). An event on day d belongs where the night before it did.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.cohort import CARE_BAND_STARTS_DAYS, N_CARE_BANDS
from sufficiency.calibration.moves import PLACEMENT_BAND_STARTS_DAYS
from sufficiency.domain import AGE_BAND_STARTS_YEARS, AGE_GROUPS, DAYS_PER_YEAR, UASC_ROW

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_SETTINGS = 7
"""The six sectors, then placed for adoption, which is a part of ``other`` with rates of its own."""
N_PLACEMENT_BANDS = len(PLACEMENT_BAND_STARTS_DAYS)
UNKNOWN_CARE_BAND = N_CARE_BANDS
"""Time in care is not known: care began before the first return. Such time counts for moves, whose
clock is the placement's, and for no exit."""
_AGE_EDGES_DAYS = np.array(AGE_BAND_STARTS_YEARS[1:]) * DAYS_PER_YEAR
_ROWS_AT_ONCE = 50_000
_NIGHT_BEFORE_DAYS = 0.5


class Spells(NamedTuple):
    """n stretches of one child in one setting, times in days."""

    setting: Ints
    """(n,): 0 to 6."""
    uasc: NDArray[np.bool_]
    born: Floats
    """(n,): NaN where unknown; such a stretch is at no risk."""
    entered: Floats
    care_known_from: Floats
    """(n,): before this day the time in care is not known."""
    placed: Floats
    """(n,): when the child came to the present carer."""
    risk_from: Floats
    risk_to: Floats

    def of(self, rows: slice | Ints | NDArray[np.bool_]) -> Spells:
        """These stretches only."""
        return Spells._make(column[rows] for column in self)


class Cells(NamedTuple):
    """Shape of a table of child-days, and of one of events a cause."""

    years: int

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(Y years, S settings, A age groups, 10 care bands, placement bands); the last care band
        is `UNKNOWN_CARE_BAND`."""
        return self.years, N_SETTINGS, len(AGE_GROUPS), N_CARE_BANDS + 1, N_PLACEMENT_BANDS


def days_at_risk(spells: Spells, year_edges: Floats) -> Floats:
    """(Y, S, A, care bands, placement bands): child-days, `Cells.shape`.

    Args:
        spells: who was where, and when at risk.
        year_edges: (Y + 1,) rising; time outside them is left out.
    """
    cells = Cells(len(year_edges) - 1)
    days = np.zeros(int(np.prod(cells.shape)))
    for first in range(0, len(spells.setting), _ROWS_AT_ONCE):
        some = spells.of(slice(first, first + _ROWS_AT_ONCE))
        days += _days(some, year_edges, cells)
    return days.reshape(cells.shape)


def cell_of(spells: Spells, day: Floats, year_edges: Floats) -> Ints:
    """(n,): the flat cell of an event of each stretch on ``day``; -1 outside the years."""
    before = day - _NIGHT_BEFORE_DAYS
    cells = Cells(len(year_edges) - 1)
    flat = _flat(spells, before[:, None], year_edges, cells)[:, 0]
    inside = (before > year_edges[0]) & (before < year_edges[-1]) & ~np.isnan(spells.born)
    return np.where(inside, flat, -1)


def _days(spells: Spells, year_edges: Floats, cells: Cells) -> Floats:
    """The flat table of some stretches."""
    low = np.maximum(spells.risk_from, year_edges[0])[:, None]
    high = np.minimum(spells.risk_to, year_edges[-1])[:, None]
    high = np.where(np.isnan(spells.born)[:, None], low, np.maximum(high, low))
    born = np.nan_to_num(spells.born)[:, None]
    cuts = [
        low,
        born + _AGE_EDGES_DAYS,
        spells.care_known_from[:, None],
        spells.entered[:, None] + CARE_BAND_STARTS_DAYS[1:],
        spells.placed[:, None] + PLACEMENT_BAND_STARTS_DAYS[1:],
        np.broadcast_to(year_edges[1:-1], (len(low), len(year_edges) - 2)),
        high,
    ]
    edges = np.sort(np.clip(np.concatenate(cuts, axis=1), low, high), axis=1)
    lasted = np.diff(edges, axis=1)
    cell = _flat(spells, (edges[:, 1:] + edges[:, :-1]) / 2, year_edges, cells)
    days = np.bincount(cell.ravel(), lasted.ravel(), minlength=int(np.prod(cells.shape)))
    return days.astype(np.float64)


def _flat(spells: Spells, time: Floats, year_edges: Floats, cells: Cells) -> Ints:
    """(n, k): the flat cell that each time of each stretch lies in."""
    born = np.nan_to_num(spells.born)[:, None]
    age = _band(time - born, _AGE_EDGES_DAYS)
    age = np.where(spells.uasc[:, None], UASC_ROW, age)
    care = _band(time - spells.entered[:, None], CARE_BAND_STARTS_DAYS[1:])
    care = np.where(time < spells.care_known_from[:, None], UNKNOWN_CARE_BAND, care)
    placement = _band(time - spells.placed[:, None], PLACEMENT_BAND_STARTS_DAYS[1:])
    year = _band(time, year_edges[1:-1])
    setting = np.broadcast_to(spells.setting[:, None], time.shape)
    index = (year, setting, age, care, placement)
    return np.asarray(np.ravel_multi_index(index, cells.shape), dtype=np.int64)


def _band(elapsed: Floats, edges: Floats) -> Ints:
    return np.searchsorted(edges, elapsed, side="right")
