"""Dates as councils' systems write them.

Whether a file writes the day or the month first is decided once for the whole file, by its cells
that can only be read one way, and never guessed for a single cell; where none tells, the day is
first, as everywhere in Britain. Shapes with one reading (2019-04-03, 3 Apr 2019, a spreadsheet's
day number) are read as they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sufficiency.history.returns.coded import Coded, Flags

Days = NDArray[np.datetime64]
"""``datetime64[D]``; NaT where there is no date."""
TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?)?"
ISO, DAY_FIRST, MONTH_FIRST = "yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy"
SHORT_DAY_FIRST, SHORT_MONTH_FIRST = "dd/mm/yy", "mm/dd/yy"
NAMED, SERIAL, COMPACT = "dd mmm yyyy", "spreadsheet day numbers", "yyyymmdd"
SHAPES = (
    (re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})" + TIME), DAY_FIRST),
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + TIME), ISO),
    (re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2})" + TIME), SHORT_DAY_FIRST),
    (re.compile(r"(\d{1,2})[-/. ]*([A-Z]{3,9})[-/., ]*(\d{4}|\d{2})" + TIME), NAMED),
    (re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:\.0*)?"), COMPACT),
    (re.compile(r"([2-5]\d{4})(?:\.\d*)?"), SERIAL),
)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SERIAL_ZERO = date(1899, 12, 30)
"""Day 0 of spreadsheets, for every day after February 1900."""
FIRST_OF_LAST_CENTURY = 70
"""A year of two digits is of the 1900s from here: nobody in a return was born before 1970, and
what then lies after the return's own end is found by the rules on dates."""


@dataclass(frozen=True)
class DateOrder:
    """How one file writes its dates."""

    month_first: bool
    shape: str
    """The shape of most of its dates, for the report; ``""`` if it has none."""


def order_of(columns: Iterable[Coded]) -> DateOrder:
    """The vote of all date columns of a file."""
    only_day_first = only_month_first = 0
    shapes: Counter[str] = Counter()
    for column in columns:
        counts = np.bincount(column.codes, minlength=len(column.values))
        for value, count in zip(column.values, counts, strict=True):
            match, shape = _shape(value)
            if match is None or not count:
                continue
            shapes[shape] += int(count)
            if shape in (DAY_FIRST, SHORT_DAY_FIRST):
                first, second = int(match[1]), int(match[2])
                only_day_first += int(count) * (first > 12 >= second)
                only_month_first += int(count) * (second > 12 >= first)
    month_first = only_month_first > only_day_first
    shape = shapes.most_common(1)[0][0] if shapes else ""
    return DateOrder(month_first, _as_ordered(shape, month_first))


def parse(column: Coded, order: DateOrder) -> tuple[Days, Flags]:
    """(n_rows,) days, and which cells are written in another shape than most of the file."""
    days = np.empty(len(column.values), dtype="datetime64[D]")
    unlike = np.zeros(len(column.values), dtype=bool)
    for place, value in enumerate(column.values):
        day, shape = parse_one(value, order.month_first)
        days[place] = np.datetime64("NaT") if day is None else np.datetime64(day)
        unlike[place] = day is not None and shape != order.shape
    return days[column.codes], unlike[column.codes]


def parse_one(text: str, month_first: bool) -> tuple[date | None, str]:
    """The date that a cell holds and its shape; None if it is no date of the calendar."""
    match, shape = _shape(text)
    if match is None:
        return None, ""
    shape = _as_ordered(shape, month_first)
    if shape == SERIAL:
        return SERIAL_ZERO + timedelta(days=int(match[1])), shape
    try:
        return _calendar_date(match, shape), shape
    except ValueError:
        return None, shape


def _shape(text: str) -> tuple[re.Match[str] | None, str]:
    plain = text.upper()
    for pattern, shape in SHAPES:
        match = pattern.fullmatch(plain)
        if match:
            return match, shape
    return None, ""


def _as_ordered(shape: str, month_first: bool) -> str:
    if not month_first:
        return shape
    return {DAY_FIRST: MONTH_FIRST, SHORT_DAY_FIRST: SHORT_MONTH_FIRST}.get(shape, shape)


def _calendar_date(match: re.Match[str], shape: str) -> date:
    """The date of a match; ValueError if there is no such day."""
    first, second, third = match[1], match[2], match[3]
    if shape in (ISO, COMPACT):
        return date(int(first), int(second), int(third))
    if shape == NAMED:
        return date(_year(third), MONTHS.index(second[:3]) + 1, int(first))
    if shape in (MONTH_FIRST, SHORT_MONTH_FIRST):
        return date(_year(third), int(first), int(second))
    return date(_year(third), int(second), int(first))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= FIRST_OF_LAST_CENTURY else 2000)
