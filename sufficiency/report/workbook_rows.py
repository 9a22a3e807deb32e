"""Sheets of one long table, written as text row by row: a quarter of the time of cell by cell.

Tidy tables are some hundred thousand cells, most of a workbook. The file is the same, cell for
cell. This reaches into the writer, whose public methods take one cell each; where another version
of it has other insides, `writes_rows` is false and the public methods are used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from xlsxwriter.sharedstrings import SharedStringTable
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

EXCEL_DAY_0 = date(1899, 12, 30).toordinal()
"""Excel counts days from here, as far as it concerns dates after February 1900."""
EMPTY, TEXT = "/>", ' t="s"><v>'

Tail = tuple[str, str]
"""What a cell holds, as the end of its element, and the name of its style."""


def writes_rows() -> bool:
    """Whether this version of the writer has the insides that `TableSheet` uses."""
    return hasattr(Worksheet, "_write_rows") and hasattr(
        SharedStringTable, "_get_shared_string_index"
    )


class TableSheet(Worksheet):  # type: ignore[misc]  # the writer is not followed by mypy
    """A sheet whose first row is written as usual and whose others are one table."""

    def __init__(self) -> None:
        super().__init__()
        self._table_rows: list[Sequence[Tail]] = []
        self._table_formats: dict[str, Any] = {}
        self._distinct_texts = 0

    def set_table(self, rows: Iterable[Sequence[Tail]], formats: dict[str, Any]) -> None:
        """All rows after the first, of as many cells each, and the formats by their names."""
        self._table_rows = list(rows)
        self._table_formats = formats
        texts = sum(tail.startswith(TEXT) for cells in self._table_rows for tail, _ in cells)
        self.str_table.count += texts - self._distinct_texts
        if self._table_rows:
            # The last cell, so that the sheet knows how far it goes.
            self.write_blank(
                len(self._table_rows),
                len(self._table_rows[0]) - 1,
                None,
                formats[self._table_rows[-1][-1][1]],
            )

    def text_tail(self, text: str) -> str:
        """How every cell of the table with this text ends: to be asked for once."""
        self._distinct_texts += 1
        return f"{TEXT}{self.str_table._get_shared_string_index(text)}</v></c>"

    def _write_rows(self) -> None:
        if not self._table_rows:
            super()._write_rows()
            return
        self.dim_rowmax = 0
        super()._write_rows()
        self.dim_rowmax = len(self._table_rows)
        patterns: dict[tuple[str, ...], str] = {}
        for number, cells in enumerate(self._table_rows, 2):
            tails, styles = zip(*cells, strict=True)
            if styles not in patterns:
                patterns[styles] = self._pattern(styles)
            self.fh.write(patterns[styles].format(*tails, row=number))

    def _pattern(self, styles: tuple[str, ...]) -> str:
        """A row of cells in these styles, their ends yet to be filled in."""
        cells = [
            f'<c r="{xl_col_to_name(column)}{{row}}" '
            f's="{self._table_formats[style]._get_xf_index()}"{{{column}}}'
            for column, style in enumerate(styles)
        ]
        return f'<row r="{{row}}" spans="1:{len(styles)}">{"".join(cells)}</row>'


def number_tail(value: object) -> str:
    """How a cell with a number ends; what is missing or infinite is left empty."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return EMPTY
    if isinstance(value, bool):
        return f' t="b"><v>{int(value)}</v></c>'
    return f"><v>{value:.16G}</v></c>"


def day_tail(value: datetime | date) -> str:
    """How a cell with a date ends."""
    return EMPTY if pd.isna(value) else f"><v>{value.toordinal() - EXCEL_DAY_0}</v></c>"
