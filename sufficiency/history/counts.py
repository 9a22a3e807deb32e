"""A published table of one area: numbers, what was held back, and what a total gives back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import pandas as pd

TOTAL = "total"
LARGEST_SUPPRESSED = 5
"""Publishers hold back 1 to 5 children, and a second cell if that would give the first away."""


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

    @property
    def unallocated(self) -> pd.Series[float]:
        """By year: the total less all known cells, the sum of the suppressed ones (never < 0)."""
        known = self.number[self.cells].sum(axis=1)
        return (self.number[TOTAL] - known).clip(lower=0)

    def select(self, cells: list[str]) -> Counts:
        """The same table with these columns only, in this order; absent ones are missing."""
        return Counts(
            self.number.reindex(columns=cells),
            self.suppressed.reindex(columns=cells, fill_value=False),
            self.recovered.reindex(columns=cells, fill_value=False),
        )


def spread(rows: pd.DataFrame, cells: list[str]) -> Counts:
    """Long rows (year, cell, number, suppressed) of one area as years x ``cells``."""
    frames = [
        rows.pivot(index="year", columns="cell", values=value).reindex(columns=cells)
        for value in ("number", "suppressed")
    ]
    number, suppressed = (frame.rename_axis(index="year", columns=None) for frame in frames)
    number.index = number.index.astype(int)
    suppressed.index = number.index
    recovered = pd.DataFrame(False, number.index, pd.Index(cells))
    return Counts(number.astype(float), suppressed.eq(True), recovered)


def with_totals(counts: Counts, other_total: pd.Series[float], *, complete: bool) -> Counts:
    """Fill missing totals: the sum of the cells if none is held back, else ``other_total``.

    ``other_total`` (by year) is the count of another publication of the same figure, revised
    since, so it may differ by a few children from this table's own total. ``complete`` is false
    where a year may lack a cell altogether, so that its sum is a total only if no cell is
    missing.
    """
    number = counts.number.copy()
    cells = counts.cells
    missing = number[cells].isna()
    held_back = counts.suppressed[cells].any(axis=1) | missing.all(axis=1)
    if not complete:
        held_back |= missing.any(axis=1)
    own = number[cells].sum(axis=1).mask(held_back)
    number[TOTAL] = number[TOTAL].fillna(own).fillna(other_total)
    return Counts(number, counts.suppressed, counts.recovered)


def recover_by_difference(counts: Counts, exact_total: pd.Series[bool]) -> Counts:
    """Find the one suppressed cell of a year as the total less all the others.

    Where ``exact_total`` is false the total comes from another release, and a difference is
    kept only if it is a number that publishers hold back (1 to 5).
    """
    cells = counts.cells
    number, suppressed = counts.number.copy(), counts.suppressed.copy()
    recovered = counts.recovered.copy()
    for year in number.index[suppressed[cells].sum(axis=1) == 1]:
        cell = next(name for name in cells if suppressed.at[year, name])
        difference = float(number.at[year, TOTAL] - number.loc[year, cells].sum())
        plausible = 1 <= difference <= LARGEST_SUPPRESSED
        if plausible or (exact_total[year] and difference >= 0):
            number.at[year, cell] = difference
            suppressed.at[year, cell] = False
            recovered.at[year, cell] = True
    return Counts(number, suppressed, recovered)


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
