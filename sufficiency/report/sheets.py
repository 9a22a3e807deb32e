"""Writing cells: text as text, numbers as numbers, dates as dates, in one house style.

Text that begins with ``= + - @`` is written as text and stays text when it is edited, so nothing
that a user wrote can become a formula. Only a `Formula` is one, and it carries its value, for
programs that do not work it out when they open the file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBERS = frozenset(
    {
        *("count", "rate", "general", "gbp", "percent", "share", "pence", "factor", "gbp_chart"),
        *("gbp_input", "pence_input", "count_input", "share_input"),
    }
)
WRAPPED = frozenset({"wrapped", "indented", "guarded", "note"})
EXCEL_LONGEST_TEXT = 32_767
POINTS_PER_LINE, HIGHEST_ROW_POINTS = 15, 400
BOLD_IS_WIDER = 0.85
"""Characters of bold text that fit where one of plain text would."""
HEAD_COLOUR, TOTAL_COLOUR, NOTE_COLOUR = "#DCE9F3", "#F2F4F7", "#52606D"
INPUT_COLOUR = "#1F4E9E"
"""Figures that formulas read are blue, as finance teams know it."""

STYLES: dict[str, dict[str, Any]] = {
    "text": {"valign": "top"},
    "wrapped": {"valign": "top", "text_wrap": True},
    "indented": {"valign": "top", "text_wrap": True, "indent": 1},
    "guarded": {"valign": "top", "text_wrap": True, "quote_prefix": True},
    "title": {"bold": True, "font_size": 16},
    "section": {"bold": True, "font_size": 12},
    "note": {"font_color": NOTE_COLOUR, "text_wrap": True, "valign": "top"},
    "group": {"bold": True, "bg_color": HEAD_COLOUR, "align": "center", "left": 1},
    "head": {
        "bold": True,
        "bg_color": HEAD_COLOUR,
        "text_wrap": True,
        "valign": "top",
        "bottom": 1,
    },
    "head_number": {
        "bold": True,
        "align": "right",
        "bg_color": HEAD_COLOUR,
        "text_wrap": True,
        "valign": "top",
        "bottom": 1,
    },
    "count": {"num_format": "#,##0", "valign": "top"},
    "rate": {"num_format": "#,##0.0", "valign": "top"},
    "general": {"num_format": "#,##0.####", "valign": "top"},
    "gbp": {"num_format": "£#,##0", "valign": "top"},
    "pence": {"num_format": "£#,##0.00", "valign": "top"},
    "factor": {"num_format": "0.0000", "valign": "top"},
    "gbp_input": {"num_format": "£#,##0", "valign": "top", "font_color": INPUT_COLOUR},
    "pence_input": {"num_format": "£#,##0.00", "valign": "top", "font_color": INPUT_COLOUR},
    "count_input": {"num_format": "#,##0.0", "valign": "top", "font_color": INPUT_COLOUR},
    "share_input": {"num_format": "0.0%", "valign": "top", "font_color": INPUT_COLOUR},
    "gbp_chart": {
        "num_format": "£#,##0;-£#,##0;",
        "valign": "top",
        "font_color": NOTE_COLOUR,
    },
    "check": {"bold": True, "align": "center", "valign": "top"},
    "share": {"num_format": "0.0%", "valign": "top"},
    "percent": {"num_format": "0%", "valign": "top"},
    "date": {"num_format": "d mmm yyyy", "align": "left", "valign": "top"},
}
TOTAL = {"bold": True, "top": 1, "bg_color": TOTAL_COLOUR}


class Formula(NamedTuple):
    """A live formula of our own making, never of a user's text, and what it comes to."""

    text: str
    """Beginning with ``=``."""
    value: float | str


def cell_at(row: int, column: int, *, fixed: bool = False) -> str:
    """The name of a cell counted from 0: ``B3``, or ``$B$3`` if it stays put when copied."""
    name: str = xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed)
    return name


@dataclass
class Book:
    """An open workbook and its formats."""

    workbook: Any
    marking: str = ""
    """Printed on every page, above and below."""
    formats: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def create(cls, path: Path, properties: dict[str, Any], marking: str, sheets: str) -> Book:
        """Open a new workbook in which no text is read as a formula, link or number.

        ``sheets`` is the folder to write its sheets in before they are put together.
        """
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "d mmm yyyy",
            "tmpdir": sheets,
        }
        book = cls(xlsxwriter.Workbook(str(path), options), marking)
        book.workbook.set_properties(properties)
        for name, style in STYLES.items():
            book.formats[name] = book.workbook.add_format(style)
            book.formats[f"{name}_total"] = book.workbook.add_format({**style, **TOTAL})
        return book

    def sheet(self, name: str, widths: Sequence[float], kind: type[Any] | None = None) -> Sheet:
        """A new sheet with column widths in characters, set up to print on A4, landscape.

        ``kind`` is the writer's class for it, if not its usual one.
        """
        worksheet = self.workbook.add_worksheet(name, worksheet_class=kind)
        for column, width in enumerate(widths):
            worksheet.set_column(column, column, width)
        worksheet.set_paper(9)
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
        worksheet.set_footer(f"&L&A&C{self.marking}&RPage &P of &N")
        if self.marking:
            worksheet.set_header(f"&C&B{self.marking}")
        worksheet.hide_gridlines(2)
        return Sheet(self, worksheet, widths)


@dataclass
class Sheet:
    """A sheet that is written from top to bottom; ``row`` is the next free row.

    ``widths`` are the columns' in characters. Rows with wrapped text get their height here,
    because not every program works it out when it opens the file.
    """

    book: Book
    worksheet: Any
    widths: Sequence[float]
    row: int = 0

    def line(self, text: str, style: str = "text", *, across: int = 1) -> None:
        """One line of text in the first column, or wrapped across several."""
        cell = self.book.formats[style]
        if across > 1:
            self.worksheet.merge_range(self.row, 0, self.row, across - 1, "", cell)
            self._text(self.row, 0, text, style)
            self._grow([text], [sum(self.widths[:across])])
        else:
            self.put(self.row, 0, text, style)
        self.row += 1

    def head(self, labels: Sequence[str], styles: Sequence[str] = ()) -> None:
        """A row of column heads, each to the side where its column's values stand."""
        for column, label in enumerate(labels):
            is_number = column < len(styles) and styles[column] in NUMBERS
            self.put(self.row, column, label, "head_number" if is_number else "head")
        self._grow(labels, [width * BOLD_IS_WIDER for width in self.widths])
        self.row += 1

    def groups(self, labels: Sequence[str], columns_each: int) -> None:
        """A row of heads over groups of columns, after the first column."""
        self.put(self.row, 0, "", "head")
        for n, label in enumerate(labels):
            first = 1 + n * columns_each
            cell = self.book.formats["group"]
            self.worksheet.merge_range(
                self.row, first, self.row, first + columns_each - 1, label, cell
            )
        self.row += 1

    def cells(
        self, values: Sequence[object], styles: Sequence[str], *, total: bool = False
    ) -> None:
        """One row of values, each in its style."""
        for column, (value, style) in enumerate(zip(values, styles, strict=True)):
            self.put(self.row, column, value, f"{style}_total" if total else style)
        wrapped = [v if s in WRAPPED else "" for v, s in zip(values, styles, strict=True)]
        self._grow(wrapped, self.widths)
        self.row += 1

    def figures(self, values: Sequence[object], first: int, style: str) -> None:
        """The numbers of the current row, and its flag, from column ``first`` on, in one style.

        What `put` does, in half the time: tidy tables have hundreds of thousands of them.
        """
        worksheet, cell = self.worksheet, self.book.formats[style]
        for column in range(first, len(values)):
            value = values[column]
            if isinstance(value, float) and math.isfinite(value):
                worksheet.write_number(self.row, column, value, cell)
            else:
                self.put(self.row, column, None if value == "" else value, style)

    def gap(self, rows: int = 1) -> None:
        """Leave rows empty."""
        self.row += rows

    def put(self, row: int, column: int, value: object, style: str) -> None:
        """One cell; what is missing (None, NaN, infinite) is left empty."""
        cell = self.book.formats[style]
        if value is None or value is pd.NaT:
            self.worksheet.write_blank(row, column, None, cell)
        elif isinstance(value, Formula):
            self.worksheet.write_formula(row, column, value.text, cell, value.value)
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

    def _grow(self, values: Sequence[object], widths: Sequence[float]) -> None:
        """Make the current row high enough for its longest wrapped text."""
        lines = max(
            (
                math.ceil(len(value) / (width - 1))
                for value, width in zip(values, widths, strict=False)
                if isinstance(value, str)
            ),
            default=1,
        )
        if lines > 1:
            self.worksheet.set_row(self.row, min(lines * POINTS_PER_LINE, HIGHEST_ROW_POINTS))

    def _text(self, row: int, column: int, text: str, style: str) -> None:
        name = text_style(text, style)
        self.worksheet.write_string(row, column, plain_text(text), self.book.formats[name])


def plain_text(text: str) -> str:
    """As much of a text as a cell holds."""
    return text[:EXCEL_LONGEST_TEXT]


def text_style(text: str, style: str) -> str:
    """The style of a text: guarded where it could be read as a formula."""
    guarded = text.startswith(FORMULA_STARTS) and not style.endswith("_total")
    return "guarded" if guarded and not style.startswith("head") else style
