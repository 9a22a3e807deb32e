"""What workbooks share: what the file says of itself, and sheets of a page's or a CSV's tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from sufficiency.report.page import marking_of
from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.tables import Table
from sufficiency.report.words import NOT_A_TARGET


@contextmanager
def workbook(
    path: Path, manifest: Mapping[str, Any], *, title: str, subject: str, start: object = None
) -> Iterator[Book]:
    """A book to fill, written when the block ends.

    Its date is when the run was made (or else ``start``), so that a run makes one workbook. Raises
    OSError if the file cannot be written.
    """
    from xlsxwriter.exceptions import FileCreateError

    made = pd.to_datetime(str(manifest.get("started_at") or start)).to_pydatetime()
    properties = {
        "title": title,
        "subject": subject,
        "comments": NOT_A_TARGET,
        "category": marking_of(manifest),
        "created": made.replace(tzinfo=None),
    }
    # Sheets are written there first: on the disk that the user chose, and nothing of them stays.
    with TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True) as sheets:
        book = Book.create(path, properties, marking_of(manifest), sheets)
        yield book
        try:
            book.workbook.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error


def copy_table(sheet: Sheet, table: Table | None, across: int) -> None:
    """A table of the page, as it is read there; its note across so many columns."""
    if table is None:
        return
    sheet.line(table.caption, "section")
    sheet.head([column.label for column in table.columns])
    for row in table.rows:
        cells = [f"{cell.text} ({cell.below})" if cell.below else cell.text for cell in row.cells]
        sheet.cells([row.head, *cells], ["wrapped"] * (1 + len(cells)))
    if table.note:
        sheet.line(table.note, "note", across=across)
    sheet.gap()


def add_rows_sheet(
    book: Book, name: str, frame: pd.DataFrame, widths: Mapping[str, float], width: float = 14
) -> None:
    """A tidy table with the keys of its CSV, a row a line, to be filtered.

    Columns are as wide, in characters, as ``widths`` says, else ``width``.
    """
    columns = [str(column) for column in frame.columns]
    sheet = book.sheet(name, [widths.get(column, width) for column in columns])
    sheet.head(columns)
    for values in frame.astype(object).where(frame.notna(), None).to_numpy().tolist():
        for column, value in enumerate(values):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            sheet.put(sheet.row, column, value, "general" if is_number else "text")
        sheet.row += 1
    sheet.worksheet.freeze_panes(1, 0)
    sheet.worksheet.autofilter(0, 0, max(sheet.row - 1, 0), len(columns) - 1)
