"""A user's own table of what happened: monthly starters and leavers, by age band or not.

The file is CSV: ``month,starters,leavers``, one row a month, or one row a month and age band
with the extra column ``age_band``. Column order, capitals and spaces do not matter; other
columns are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from sufficiency.domain import AGE_BANDS
from sufficiency.errors import HistoryError
from sufficiency.history.months import (
    MONTH,
    absent_months,
    month_named,
    month_text,
    rows_of_csv,
)

STARTERS, LEAVERS, AGE_BAND = "starters", "leavers", "age_band"
REQUIRED = (MONTH, STARTERS, LEAVERS)
ALL_AGES = "all"
BANDS = tuple(str(band) for band in AGE_BANDS)
EXAMPLE = "month,starters,leavers"


@dataclass(frozen=True)
class MonthlyTable:
    """Months without a gap, in order.

    Attributes:
        file: where it was read from.
        counts: one row a month and age band (``all`` if the file has no bands), sorted; columns
            month (first day of the month, a `date`), age_band, starters, leavers (children).
    """

    file: Path
    counts: pd.DataFrame

    @property
    def months(self) -> list[date]:
        """The first days of the months."""
        return list(dict.fromkeys(self.counts[MONTH]))

    @property
    def by_age_band(self) -> bool:
        """Whether the file says which age band."""
        return bool((self.counts[AGE_BAND] != ALL_AGES).any())

    def totals(self) -> pd.DataFrame:
        """Starters and leavers by month, all ages."""
        return self.counts.groupby(MONTH)[[STARTERS, LEAVERS]].sum()


@dataclass(frozen=True)
class _Row:
    month: date
    age_band: str
    starters: int
    leavers: int
    line: int


def read_monthly_table(path: Path) -> MonthlyTable:
    """Read a CSV of monthly starters and leavers. A byte-order mark or Windows text is fine.

    Raises:
        HistoryError: the file is missing or empty, lacks a column, or has text where a number
            should be, a negative or fractional number, a month or age band that cannot be
            read, a month twice, or a gap; the message names the file, row and column.
    """
    numbered = rows_of_csv(path, EXAMPLE)
    columns = _columns(path, numbered[0][1])
    rows = [_row(path, line, cells, columns) for line, cells in numbered[1:]]
    if not rows:
        raise HistoryError(f"{path}: there are no rows under the column names; expected months.")
    _check_unique(path, rows)
    _check_gaps(path, rows)
    return MonthlyTable(path, _frame(rows))


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    """Where each column is."""
    names = [re.sub(r"[\s_-]+", "_", name.casefold()) for name in header]
    twice = [name for name in (*REQUIRED, AGE_BAND) if names.count(name) > 1]
    if twice:
        raise HistoryError(f'{path}: the column "{twice[0]}" is there twice; keep one.')
    for required in REQUIRED:
        if required not in names:
            raise HistoryError(_missing_column(path, required, header, names))
    if AGE_BAND not in names:
        near = get_close_matches(AGE_BAND, names, n=1, cutoff=0.75)
        if near:
            meant = header[names.index(near[0])]
            raise HistoryError(
                f'{path}: the column "{meant}" looks like "{AGE_BAND}". Call it {AGE_BAND}, or '
                "give it another name if it is not an age band."
            )
    return {name: names.index(name) for name in (*REQUIRED, AGE_BAND) if name in names}


def _missing_column(path: Path, required: str, header: list[str], names: list[str]) -> str:
    near = get_close_matches(required, names, n=1, cutoff=0.6)
    hint = (
        f' Is it the column "{header[names.index(near[0])]}"? Call it {required}.' if near else ""
    )
    found = ", ".join(header)
    if len(header) == 1 and (";" in found or "\t" in found):
        hint = ' The columns are not parted by commas: save it as "CSV UTF-8 (comma delimited)".'
    return f'{path}: the column "{required}" is missing; found {found}; expected {EXAMPLE}.{hint}'


def _row(path: Path, line: int, cells: list[str], columns: dict[str, int]) -> _Row:
    values = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
    where = f"{path}, row {line}"
    return _Row(
        month=month_named(where, values[MONTH]),
        age_band=_band(where, values[AGE_BAND]) if AGE_BAND in values else ALL_AGES,
        starters=_count(where, STARTERS, values[STARTERS]),
        leavers=_count(where, LEAVERS, values[LEAVERS]),
        line=line,
    )


def _count(where: str, column: str, text: str) -> int:
    """A whole number of children, thousands separators allowed."""
    plain = text.replace(",", "").replace(" ", "")
    expected = "expected a whole number of children, 0 or more"
    if not plain:
        raise HistoryError(f"{where}, column {column}: nothing there; {expected} (0 if none).")
    if re.fullmatch(r"\d+(\.0*)?", plain):
        return int(float(plain))
    if re.fullmatch(r"-\d+(\.\d*)?", plain):
        problem = f'found "{text}", a negative number'
    elif re.fullmatch(r"\d*\.\d+", plain):
        problem = f'found "{text}", part of a child'
    else:
        problem = f'found "{text}", which is not a number'
    raise HistoryError(f"{where}, column {column}: {problem}; {expected}.")


def _band(where: str, text: str) -> str:
    """The age band that the text names: ``under_1``, ``1_4``, ``5_9``, ``10_15``, ``16_17``."""
    plain = re.sub(r"(\s*(to|-|–|_)\s*)", "_", text.casefold().strip())
    plain = re.sub(r"\s*(years?|yrs?)$", "", plain)
    plain = {"under 1": "under_1", "<1": "under_1", "0": "under_1", "16+": "16_17"}.get(
        plain, plain
    )
    if plain in BANDS:
        return plain
    raise HistoryError(
        f'{where}, column {AGE_BAND}: found "{text}"; expected one of {", ".join(BANDS)}.'
    )


def _check_unique(path: Path, rows: list[_Row]) -> None:
    """Refuse a month (and age band) that is given twice."""
    first: dict[tuple[date, str], int] = {}
    for row in rows:
        key = (row.month, row.age_band)
        if key in first:
            band = "" if row.age_band == ALL_AGES else f", age band {row.age_band},"
            raise HistoryError(
                f"{path}, row {row.line}: {month_text(row.month)}{band} is there twice (first "
                f"in row {first[key]}); give each month once."
            )
        first[key] = row.line


def _check_gaps(path: Path, rows: list[_Row]) -> None:
    """Refuse missing months between the first and the last, and missing age bands of a month."""
    months = sorted({row.month for row in rows})
    absent = absent_months(set(months))
    if absent:
        raise HistoryError(
            f"{path}: there is a gap: no row for {absent}. Add these months, with 0 where nobody "
            "started or left."
        )
    if all(row.age_band == ALL_AGES for row in rows):
        return
    given = {(row.month, row.age_band) for row in rows}
    for month in months:
        missing = [band for band in BANDS if (month, band) not in given]
        if missing:
            raise HistoryError(
                f"{path}: {month_text(month)} has no row for age band {', '.join(missing)}. Add "
                "it, with 0 where nobody started or left."
            )


def _frame(rows: list[_Row]) -> pd.DataFrame:
    order = (ALL_AGES, *BANDS)
    kept = sorted(rows, key=lambda row: (row.month, order.index(row.age_band)))
    return pd.DataFrame(
        {
            MONTH: [row.month for row in kept],
            AGE_BAND: [row.age_band for row in kept],
            STARTERS: [row.starters for row in kept],
            LEAVERS: [row.leavers for row in kept],
        }
    )
