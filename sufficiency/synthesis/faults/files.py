"""Faults of whole files: encodings, headings, forms of dates, stray lines and columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from sufficiency.synthesis.tables import DATES

ALIASES = {"PLACE": "PLACEMENT", "DEC": "DATE_EPISODE_CEASED"}


@dataclass(frozen=True)
class FileForm:
    """How one file is written."""

    name: str
    year: int
    encoding: str = "utf-8"
    date_format: str = "%d/%m/%Y"
    headings: Callable[[str], str] = str
    blank_first_line: bool = False
    extra: tuple[tuple[str, str], ...] = ()
    """Columns added at the end, with what stands in each of their cells."""
    stray: tuple[tuple[int, str], ...] = ()
    """Lines put in before the row of that position."""
    twice: bool = False


def bytes_of(table: pd.DataFrame, form: FileForm) -> bytes:
    """A table of text as the bytes of its file."""
    frame = table.rename(columns=form.headings)
    for heading, cell in form.extra:
        frame[heading] = cell
    lines = frame.to_csv(index=False, lineterminator="\n").splitlines()
    for position, line in sorted(form.stray, reverse=True):
        lines.insert(1 + position, line)
    if form.blank_first_line:
        lines.insert(0, "," * (frame.shape[1] - 1))
    text = "\n".join(lines) + "\n"
    # Python's own "utf-16" writes the bytes in the order of the machine.
    mark = "\ufeff" if form.encoding == "utf-16-le" else ""
    return (mark + text).encode(form.encoding)


def line_of(form: FileForm, position: int) -> int:
    """The line of the file, from 1, on which the row of a position stands."""
    before = sum(1 for place, _ in form.stray if place <= position)
    return 2 + position + before + form.blank_first_line


def alias(heading: str) -> str:
    """Another name that newer rules use for a heading."""
    return ALIASES.get(heading, heading)


def padded(heading: str) -> str:
    """A heading with spaces around it."""
    return f" {heading} "


def without_name(number: int) -> tuple[tuple[str, str], ...]:
    """Columns that nobody named."""
    return tuple((f"Unnamed: {each}", "") for each in range(number))


FORMS: dict[str, Callable[[FileForm], FileForm]] = {
    "file_with_byte_order_mark": lambda form: replace(form, encoding="utf-8-sig"),
    "file_in_utf_16": lambda form: replace(form, encoding="utf-16-le"),
    "file_in_windows_1252": lambda form: replace(
        form, encoding="cp1252", extra=(("TEAM", "Children’s services"),)
    ),
    "headings_in_lower_case": lambda form: replace(form, headings=str.lower),
    "headings_padded": lambda form: replace(form, headings=padded),
    "headings_by_another_name": lambda form: replace(form, headings=alias),
    "blank_first_line": lambda form: replace(form, blank_first_line=True),
    "columns_without_name": lambda form: replace(form, extra=without_name(2)),
    "columns_too_many": lambda form: replace(form, extra=(("LA", "ZZZ"), ("YEAR", str(form.year)))),
    "dates_year_first": lambda form: replace(form, date_format="%Y-%m-%d"),
    "dates_with_time": lambda form: replace(form, date_format="%d/%m/%Y 00:00:00"),
    "dates_of_two_digit_years": lambda form: replace(form, date_format="%d/%m/%y"),
    "file_given_twice": lambda form: replace(form, twice=True),
}
"""Faults of a file as a whole; no file has more than one."""
ONLY_EPISODES = ("headings_by_another_name", "columns_too_many", "dates_of_two_digit_years")
STRAY = ("blank_line_between", "line_with_too_many_cells")
"""Lines that are no rows."""
DATE_COLUMNS = frozenset(DATES)
