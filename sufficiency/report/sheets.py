"""Writing cells: text as text, numbers as numbers, dates as dates, in one house style.

Text that begins with ``= + - @`` is written as text and stays text when it is edited, so no cell
of a run can become a formula.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXCEL_LONGEST_TEXT = 32_767
HEAD_COLOUR, TOTAL_COLOUR, NOTE_COLOUR = "#DCE9F3", "#F2F4F7", "#52606D"

STYLES: dict[str, dict[str, Any]] = {
    "text": {"valign": "top"},
    "wrapped": {"valign": "top", "text_wrap": True},
    "guarded": {"valign": "top", "text_wrap": True, "quote_prefix": True},
    "title": {"bold": True, "font_size": 16},
    "section": {"bold": True, "font_size": 12},
    "note": {"font_color": NOTE_COLOUR, "text_wrap": True, "valign": "top"},
    "head": {
        "bold": True,
        "bg_color": HEAD_COLOUR,
        "text_wrap": True,
        "valign": "top",
        "bottom": 1,
    },
    "count": {"num_format": "#,##0", "valign": "top"},
    "rate": {"num_format": "#,##0.0", "valign": "top"},
    "decimal": {"num_format": "#,##0.00", "valign": "top"},
    "general": {"num_format": "#,##0.####", "valign": "top"},
    "gbp": {"num_format": "£#,##0", "valign": "top"},
    "percent": {"num_format": "0%", "valign": "top"},
    "date": {"num_format": "d mmm yyyy", "align": "left", "valign": "top"},
}
TOTAL = {"bold": True, "top": 1, "bg_color": TOTAL_COLOUR}


@dataclass
class Book:
    """An open workbook and its formats."""

    workbook: Any
    formats: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def create(cls, path: Path, properties: dict[str, Any]) -> Book:
        """Open a new workbook in which no text is read as a formula, link or number."""
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "d mmm yyyy",
        }
        book = cls(xlsxwriter.Workbook(str(path), options))
        book.workbook.set_properties(properties)
        for name, style in STYLES.items():
            book.formats[name] = book.workbook.add_format(style)
            book.formats[f"{name}_total"] = book.workbook.add_format({**style, **TOTAL})
        return book

    def sheet(self, name: str, widths: Sequence[float]) -> Sheet:
        """A new sheet with column widths in characters, set up to print on A4, landscape."""
        worksheet = self.workbook.add_worksheet(name)
        for column, width in enumerate(widths):
            worksheet.set_column(column, column, width)
        worksheet.set_paper(9)
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
        worksheet.set_footer("&L&A&RPage &P of &N")
        worksheet.hide_gridlines(2)
        return Sheet(self, worksheet)


@dataclass
class Sheet:
    """A sheet that is written from top to bottom; ``row`` is the next free row."""

    book: Book
    worksheet: Any
    row: int = 0

    def line(self, text: str, style: str = "text", *, across: int = 1, height: float = 0) -> None:
        """One line of text in the first column, or across several."""
        cell = self.book.formats[style]
        if across > 1:
            self.worksheet.merge_range(self.row, 0, self.row, across - 1, "", cell)
            self.worksheet.write_string(self.row, 0, text[:EXCEL_LONGEST_TEXT], cell)
        else:
            self.put(self.row, 0, text, style)
        if height:
            self.worksheet.set_row(self.row, height)
        self.row += 1

    def head(self, labels: Sequence[str]) -> None:
        """A row of column heads."""
        for column, label in enumerate(labels):
            self.put(self.row, column, label, "head")
        self.row += 1

    def cells(
        self, values: Sequence[object], styles: Sequence[str], *, total: bool = False
    ) -> None:
        """One row of values, each in its style."""
        for column, (value, style) in enumerate(zip(values, styles, strict=True)):
            self.put(self.row, column, value, f"{style}_total" if total else style)
        self.row += 1

    def gap(self, rows: int = 1) -> None:
        """Leave rows empty."""
        self.row += rows

    def put(self, row: int, column: int, value: object, style: str) -> None:
        """One cell; what is missing (None, NaN, infinite) is left empty."""
        cell = self.book.formats[style]
        if value is None or value is pd.NaT:
            self.worksheet.write_blank(row, column, None, cell)
        elif isinstance(value, bool):
            self.worksheet.write_boolean(row, column, value, cell)
        elif isinstance(value, datetime | date):
            day = datetime(value.year, value.month, value.day)
            self.worksheet.write_datetime(row, column, day, self.book.formats["date"])
        elif isinstance(value, int | float):
            if math.isfinite(value):
                self.worksheet.write_number(row, column, value, cell)
            else:
                self.worksheet.write_blank(row, column, None, cell)
        else:
            self._text(row, column, str(value), style)

    def _text(self, row: int, column: int, text: str, style: str) -> None:
        guarded = text.startswith(FORMULA_STARTS) and not style.endswith("_total")
        name = "guarded" if guarded and style != "head" else style
        self.worksheet.write_string(row, column, text[:EXCEL_LONGEST_TEXT], self.book.formats[name])
