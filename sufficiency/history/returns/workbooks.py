"""Spreadsheets: each sheet as the text that saving it as CSV would have given."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime

from sufficiency.errors import HistoryError
from sufficiency.history.returns.sources import check_members

SUFFIX = ".xlsx"
ADVICE = 'Save each sheet as "CSV UTF-8 (comma delimited)" and give those files.'


def sheets(name: str, raw: bytes) -> Iterator[str]:
    """The text of each sheet, in order; rows keep their numbers as lines.

    Raises:
        HistoryError: it is damaged, locked with a password, or would unpack without end.
    """
    # Takes a moment to import, and most returns are CSV.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            check_members(name, archive.infolist())
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            yield _as_csv(sheet.iter_rows(values_only=True))
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise HistoryError(
            f"{name}: this workbook is damaged or locked with a password. {ADVICE}"
        ) from None


def _as_csv(rows: Iterator[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> str:
    """A cell as text: dates in the one form that has one reading, whole numbers without .0."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())
