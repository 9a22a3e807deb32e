"""A column of text as whole numbers and the few different texts that they stand for.

A return of a million rows has a few hundred different codes and some thousand different days, so
everything that looks at text looks at each different text once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
BLANKS = frozenset(("", "NULL", "NONE", "NAN", "NAT", "N/A", "#N/A", "<NA>", "-"))
"""What systems write where there is nothing."""


@dataclass(frozen=True)
class Coded:
    """One column: row ``i`` holds ``values[codes[i]]``, trimmed, ``""`` where blank."""

    codes: Ints
    """(n_rows,)."""
    values: tuple[str, ...]
    padded: frozenset[int] = frozenset()
    """Places in ``values`` of texts that had spaces around them."""

    @classmethod
    def of(cls, cells: Sequence[str]) -> Coded:
        """A column from its cells."""
        codes, values = pd.factorize(np.asarray(cells, dtype=object))
        return cls.trimmed(codes.astype(np.int64), values)

    @classmethod
    def trimmed(cls, codes: Ints, values: Iterable[str]) -> Coded:
        """A column from its parts, the values as they stand in the file."""
        texts = [str(value) for value in values]
        plain = [text.strip() for text in texts]
        padded = frozenset(n for n, text in enumerate(texts) if text != plain[n] != "")
        return cls(codes, tuple("" if v.upper() in BLANKS else v for v in plain), padded)

    @classmethod
    def blank(cls, n_rows: int) -> Coded:
        """A column that the file does not have."""
        return cls(np.zeros(n_rows, dtype=np.int64), ("",))

    def take(self, rows: Ints | Flags) -> Coded:
        """Some of the rows."""
        return Coded(self.codes[rows], self.values, self.padded)

    def flags(self, is_so: Callable[[str], bool]) -> Flags:
        """(n_rows,): of which cells something is true."""
        return np.array([is_so(value) for value in self.values], dtype=bool)[self.codes]

    def is_blank(self) -> Flags:
        """(n_rows,): which cells hold nothing."""
        return self.flags(lambda value: value == "")


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in a file, its headings in the return's own names."""

    kind: str
    columns: dict[str, Coded]
    n_rows: int
    first_line: int
    """The line of the file on which the first data row stands; 0 if rows are not lines."""
    blank_rows: Ints
    """Rows with nothing in them, between others."""
    broken_rows: Ints
    """Rows with more cells than headings: what stands where cannot be known."""
    short_rows: Ints
    """Rows that end early; the rest is taken as blank."""

    def column(self, name: str) -> Coded:
        """A column by its name; blank if the file has none."""
        return self.columns.get(name) or Coded.blank(self.n_rows)
