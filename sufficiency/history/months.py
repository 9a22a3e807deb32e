"""Cells of a user's own monthly tables: the file as text, and the months that people write."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

from sufficiency.domain import next_month
from sufficiency.errors import HistoryError

MONTH = "month"
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
CENTURY = 2000
"""Spreadsheets rewrite Apr 2020 as Apr-20."""
MONTH_FORMS = "2020-04, 2020-04-01, Apr 2020 or 01/04/2020 (day/month/year)"
MOST_LISTED = 6


def rows_of_csv(path: Path, example: str) -> list[tuple[int, list[str]]]:
    """The rows of a CSV that are not empty, each with its number in the file; the head first.

    UTF-8 with or without a byte-order mark, else Windows-1252. ``example`` is the head that is
    expected. Raises `HistoryError` for a file that is missing, is not text or not CSV, or empty.
    """
    lines = csv.reader(io.StringIO(_text(path, example)))
    try:
        numbered = [
            (lines.line_num, [cell.strip() for cell in cells]) for cells in lines if any(cells)
        ]
    except csv.Error as fault:
        raise HistoryError(
            f"{path}, row {lines.line_num}: not a CSV file that can be read ({fault}). "
            f'Save it as "CSV UTF-8" with the columns {example}.'
        ) from None
    numbered = [(line, cells) for line, cells in numbered if any(cells)]
    if not numbered:
        raise HistoryError(f"{path}: the file is empty; expected the columns {example}.")
    return numbered


def _text(path: Path, example: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise HistoryError(
            f"{path}: no such file. Give the path of a CSV with the columns {example}."
        ) from None
    except OSError as fault:
        raise HistoryError(f"{path}: cannot be read ({fault.strerror}).") from None
    if b"\0" in raw:
        raise HistoryError(f'{path}: this is not text. Save the table as "CSV UTF-8".')
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def month_named(where: str, text: str) -> date:
    """The first day of the month that the text names. ``where`` begins what is said if it names
    none."""
    for pattern, order in _MONTH_PATTERNS:
        match = re.fullmatch(pattern, text.casefold())
        if match:
            parts = dict(zip(order, match.groups(), strict=True))
            day = int(parts.get("day", 1))
            try:
                year = int(parts["year"]) + (CENTURY if len(parts["year"]) == 2 else 0)
                return date(year, _month_number(parts["month"]), day).replace(day=1)
            except ValueError:
                break
    raise HistoryError(
        f'{where}, column {MONTH}: found "{text}", which is not a month; '
        f"write months as {MONTH_FORMS}."
    )


_MONTH_PATTERNS = (
    (r"(\d{4})[-/](\d{1,2})", ("year", "month")),
    (r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[t ]00:00(?::00)?)?", ("year", "month", "day")),
    (r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", ("day", "month", "year")),
    (r"(\d{1,2})[-/](\d{4})", ("month", "year")),
    (r"([a-z]{3,9})[-. ]+(\d{4}|\d{2})", ("month", "year")),
    (r"(\d{4})[-. ]+([a-z]{3,9})", ("year", "month")),
    (r"(\d{1,2})[-. ]+([a-z]{3,9})[-. ]+(\d{4})", ("day", "month", "year")),
)


def _month_number(text: str) -> int:
    """1 to 12, from a number or a name in English of three letters or more."""
    if text.isdigit():
        return int(text)
    plain = "september" if text == "sept" else text
    return next((i for i, name in enumerate(MONTH_NAMES, 1) if name.startswith(plain)), 0)


def month_text(month: date) -> str:
    """A month as ``2020-04``."""
    return f"{month:%Y-%m}"


def absent_months(months: set[date]) -> str:
    """The months missing between the first and the last, listed; empty if there is no gap."""
    expected, absent = min(months), []
    while expected < max(months):
        expected = next_month(expected)
        if expected not in months:
            absent.append(month_text(expected))
    more = len(absent) - MOST_LISTED
    return ", ".join(absent[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
