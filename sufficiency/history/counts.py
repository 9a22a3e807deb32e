"""A published table of one area: numbers, what was held back, and what a total gives back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import SupportsFloat, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOTAL = "total"
LARGEST_SUPPRESSED = 5
"""Publishers hold back 1 to 5 children, and a second cell if that would give the first away."""


def as_number(cell: object) -> float:
    """A single cell of a frame or series, whose type pandas cannot promise, as a number."""
    return float(cast(SupportsFloat, cell))


@dataclass(frozen=True)
class Counts:
    """Years x cells of one published table. The three frames have the same shape.

    Attributes:
        number: children (or placements), float; missing where not published or held back.
        suppressed: held back by the publisher (1 to 5 children, or a cell that would give such
            a one away) and not recovered. Missing and not suppressed means not published.
        recovered: held back, but found as the total less all the other cells.
    """

    number: pd.DataFrame
    suppressed: pd.DataFrame
    recovered: pd.DataFrame

    @property
    def cells(self) -> list[str]:
        """The cells without the total."""
        return [cell for cell in self.number.columns if cell != TOTAL]

    def select(self, cells: list[str]) -> Counts:
        """The same table with these columns only, in this order; absent ones are missing."""
        return Counts(
            self.number.reindex(columns=cells),
            self.suppressed.reindex(columns=cells, fill_value=False),
            self.recovered.reindex(columns=cells, fill_value=False),
        )


def tabulate(
    rows: pd.DataFrame,
    cells: list[str],
    other_total: pd.Series[float],
    *,
    complete: bool = True,
    recover: bool = True,
) -> Counts:
    """Long rows (year, cell, number, suppressed) of one area as a table with totals.

    A total that is not printed is the sum of the cells if none is held back, else
    ``other_total`` (by year): the count of another publication of the same figure, revised
    since, so it may differ by a few children. ``complete`` is false where a year may lack a
    cell altogether, so that its sum is a total only if no cell is missing. ``recover`` is
    false for counts that are rounded, where a difference means nothing.
    """
    years = np.unique(rows["year"].to_numpy()).astype(np.int64)
    shape = (len(years), len(cells) + 1)
    number, suppressed = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    column_of = {cell: column for column, cell in enumerate([*cells, TOTAL])}
    columns = np.array([column_of.get(cell, -1) for cell in rows["cell"]], dtype=np.int64)
    wanted = columns >= 0
    at = np.searchsorted(years, rows["year"].to_numpy()[wanted]), columns[wanted]
    number[at] = rows["number"].to_numpy(dtype=float)[wanted]
    suppressed[at] = rows["suppressed"].to_numpy(dtype=bool)[wanted]
    printed = ~np.isnan(number[:, -1])
    other = np.asarray(other_total.reindex(years), dtype=np.float64)
    number[:, -1] = _totals(number, suppressed, other, complete)
    found = np.zeros(shape, dtype=bool)
    if recover:
        found = _recovered(number, suppressed, printed)
    index, names = pd.Index(years, name="year"), pd.Index(column_of)
    frames = (pd.DataFrame(array, index, names) for array in (number, suppressed & ~found, found))
    return Counts(*frames)


def _totals(number: Floats, suppressed: Flags, other: Floats, complete: bool) -> Floats:
    """Totals by year: as printed, else the sum of the cells, else the other publication's."""
    missing = np.isnan(number[:, :-1])
    unknown = suppressed[:, :-1].any(axis=1) | missing.all(axis=1)
    if not complete:
        unknown |= missing.any(axis=1)
    own = np.where(unknown, other, np.nansum(number[:, :-1], axis=1))
    return np.where(np.isnan(number[:, -1]), own, number[:, -1])


def _recovered(number: Floats, suppressed: Flags, exact: Flags) -> Flags:
    """Set in ``number`` the one suppressed cell of a year to the total less all the others.

    Where ``exact`` is false the total comes from another release, and a difference is kept only
    if it is a number that publishers hold back (1 to 5). Returns the cells found.
    """
    alone = suppressed[:, :-1].sum(axis=1) == 1
    rest = number[:, -1] - np.nansum(number[:, :-1], axis=1)
    small = (rest >= 1) & (rest <= LARGEST_SUPPRESSED)
    found = np.zeros_like(suppressed)
    found[:, :-1] = suppressed[:, :-1] & (alone & (small | (exact & (rest >= 0))))[:, None]
    number[found] = np.broadcast_to(rest[:, None], number.shape)[found]
    return found


def add_sum(counts: Counts, name: str, cells: list[str]) -> Counts:
    """Add the column ``name``: the sum of ``cells``, missing if one of them is."""
    number = counts.number.copy()
    number[name] = reduce(add, (number[cell] for cell in cells))
    suppressed, recovered = counts.suppressed.copy(), counts.recovered.copy()
    suppressed[name] = suppressed[cells].any(axis=1)
    recovered[name] = recovered[cells].any(axis=1) & ~suppressed[name]
    return Counts(number, suppressed, recovered)


def add_difference(counts: Counts, name: str, cells: list[str]) -> Counts:
    """Where the column ``name`` is missing: the total less ``cells``, if all are known."""
    number = counts.number.copy()
    rest = number[TOTAL] - reduce(add, (number[cell] for cell in cells))
    if name not in number:
        number[name] = float("nan")
    found = number[name].isna() & rest.ge(0)
    number[name] = number[name].fillna(rest.where(rest >= 0))
    suppressed, recovered = counts.suppressed.copy(), counts.recovered.copy()
    for flags in (suppressed, recovered):
        if name not in flags:
            flags[name] = False
    suppressed[name] &= ~found
    recovered[name] |= found
    return Counts(number, suppressed, recovered)
