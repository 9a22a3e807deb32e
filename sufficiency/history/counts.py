"""A published table of one area: numbers, what was held back, and what a total gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any, SupportsFloat, cast

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


@dataclass(frozen=True, eq=False)
class Counts:
    """Years x cells of one published table. The three arrays have the same shape, (Y, C)."""

    years: NDArray[np.int64]
    """(Y,): ending 31 March, in order."""
    columns: tuple[str, ...]
    """The cells, and the total."""
    numbers: Floats
    """Children (or placements); missing where not published or held back."""
    held_back: Flags
    """By the publisher (1 to 5 children, or a cell that would give such a one away) and not
    recovered. Missing and not held back means not published."""
    found: Flags
    """Held back, but found as the total less all the other cells."""

    @cached_property
    def number(self) -> pd.DataFrame:
        """``numbers`` by year and cell."""
        return self._frame(self.numbers)

    @cached_property
    def suppressed(self) -> pd.DataFrame:
        """``held_back`` by year and cell."""
        return self._frame(self.held_back)

    @cached_property
    def recovered(self) -> pd.DataFrame:
        """``found`` by year and cell."""
        return self._frame(self.found)

    @property
    def cells(self) -> list[str]:
        """The cells without the total."""
        return [cell for cell in self.columns if cell != TOTAL]

    def of(self, cell: str) -> Floats:
        """(Y,): the numbers of a cell."""
        numbers: Floats = self.numbers[:, self.columns.index(cell)]
        return numbers

    def select(self, cells: list[str]) -> Counts:
        """The same table with these columns only, in this order; absent ones are missing."""
        at = np.array([self.columns.index(cell) if cell in self.columns else -1 for cell in cells])

        def chosen(array: NDArray[Any], absent: Any) -> NDArray[Any]:
            return np.where(at < 0, absent, array[:, at]).astype(array.dtype)

        return self._each(chosen, self.years, tuple(cells))

    def in_years(self, years: NDArray[np.int64]) -> Counts:
        """The same table in these years, in this order; absent ones are missing."""
        _, to, at = np.intersect1d(years, self.years, assume_unique=True, return_indices=True)

        def chosen(array: NDArray[Any], absent: Any) -> NDArray[Any]:
            rows = np.full((len(years), len(self.columns)), absent, dtype=array.dtype)
            rows[to] = array[at]
            return rows

        return self._each(chosen, years, self.columns)

    def renamed(self, old: str, new: str) -> Counts:
        """The same table with another name for a cell."""
        return replace(self, columns=tuple(new if name == old else name for name in self.columns))

    def with_cell(self, name: str, numbers: Floats, held_back: Flags, found: Flags) -> Counts:
        """The same table with one more column, (Y,) each, or another in the place of one."""
        others = tuple(column for column in self.columns if column != name)
        rest = self.select(list(others))
        return Counts(
            self.years,
            (*others, name),
            np.column_stack([rest.numbers, numbers]),
            np.column_stack([rest.held_back, held_back]),
            np.column_stack([rest.found, found]),
        )

    def _each(
        self,
        changed: Callable[[NDArray[Any], Any], NDArray[Any]],
        years: NDArray[np.int64],
        columns: tuple[str, ...],
    ) -> Counts:
        """Another table, from ``changed`` of each array and of what stands where it has nothing."""
        return Counts(
            years,
            columns,
            changed(self.numbers, np.nan),
            changed(self.held_back, False),
            changed(self.found, False),
        )

    def _frame(self, array: NDArray[Any]) -> pd.DataFrame:
        return pd.DataFrame(array, pd.Index(self.years, name="year"), pd.Index(self.columns))


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
    return Counts(years, tuple(column_of), number, suppressed & ~found, found)


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
    parts = counts.select(cells)
    held_back: Flags = np.logical_or.reduce(parts.held_back, axis=1)
    found: Flags = np.logical_or.reduce(parts.found, axis=1) & ~held_back
    total = reduce(np.add, (parts.of(cell) for cell in cells))
    return counts.with_cell(name, total, held_back, found)


def add_difference(counts: Counts, name: str, cells: list[str]) -> Counts:
    """Where the column ``name`` is missing: the total less ``cells``, if all are known."""
    rest: Floats = counts.of(TOTAL) - reduce(np.add, (counts.of(cell) for cell in cells))
    own = counts.select([name])
    numbers, held_back, found = own.numbers[:, 0], own.held_back[:, 0], own.found[:, 0]
    known: Flags = np.isnan(numbers) & (rest >= 0)
    return counts.with_cell(name, np.where(known, rest, numbers), held_back & ~known, found | known)
