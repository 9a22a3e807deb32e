"""What placements have cost so far: a council's own ledger by month and sector.

The file is CSV: ``month,sector,cost,nights``. ``cost`` is in pounds for the whole month; ``nights``
(child-nights) may be left empty or out. ``sector`` is one of the names of the vocabulary, or
``all`` where the ledger does not part the sectors. Other columns are ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from sufficiency.domain import SETTINGS, month_end
from sufficiency.errors import HistoryError
from sufficiency.history.months import (
    MONTH,
    absent_months,
    month_named,
    month_text,
    rows_of_csv,
)

SECTOR, COST, NIGHTS = "sector", "cost", "nights"
COLUMNS = (MONTH, SECTOR, COST, NIGHTS)
REQUIRED = (MONTH, SECTOR, COST)
EXAMPLE = "month,sector,cost,nights"
ALL = "all"
SECTOR_NAMES: tuple[str, ...] = tuple(str(setting) for setting in SETTINGS)


@dataclass(frozen=True)
class Actuals:
    """Months without a gap, in order, each with the same sectors. M months, S sectors."""

    file: str
    """The file's name."""
    months: tuple[date, ...]
    """(M,): the first days."""
    sectors: tuple[str, ...]
    """(S,): names of the vocabulary in its order, or ``("all",)``."""
    cost_gbp: tuple[tuple[float, ...], ...]
    """(M, S): pounds in the month."""
    nights: tuple[tuple[float, ...], ...]
    """(M, S): child-nights in the month; NaN where not known."""

    @property
    def last_day(self) -> date:
        """The last day that is known."""
        return month_end(self.months[-1])


@dataclass(frozen=True)
class _Row:
    month: date
    sector: str
    cost_gbp: float
    nights: float
    line: int


def read_actuals(path: Path, start: date) -> Actuals:
    """Read what was spent in the months before a forecast that begins when ``start`` ends.

    Raises:
        HistoryError: the file is missing or empty, lacks a column, has text or a negative amount
            where a number should be, a month that cannot be read, is there twice, is missing, or
            is forecast; the message names the file and row.
    """
    (_, header), *body = rows_of_csv(path, EXAMPLE)
    columns = _columns(path, header)
    rows = [_row(path, line, cells, columns) for line, cells in body]
    if not rows:
        raise HistoryError(f"{path}: there are no rows under the column names; expected months.")
    _check_unique(path, rows)
    _check_not_forecast(path, rows, start)
    return _whole(path, rows)


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Where each column is; ``cost_gbp`` and ``cost (£)`` are cost too."""
    plain = [re.sub(r"[\s_-]+", "_", name.casefold()) for name in header]
    names = [re.sub(r"_?\(?(gbp|£)\)?$", "", name) for name in plain]
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise HistoryError(f'{path}: the column "{twice[0]}" is there twice; keep one.')
    for required in REQUIRED:
        if required in names:
            continue
        near = get_close_matches(required, names, n=1, cutoff=0.6)
        like = header[names.index(near[0])] if near else ""
        hint = f' Is it the column "{like}"?' if like else ""
        if re.search(r"eur|usd|[€$]", like, re.IGNORECASE):
            hint = f' The column "{like}" is not in pounds: turn it into pounds first.'
        if len(header) == 1 and re.search(r"[;\t]", header[0]):
            hint = ' The columns are not parted by commas: save it as "CSV UTF-8".'
        raise HistoryError(
            f'{path}: the column "{required}" is missing; found {", ".join(header)}; expected '
            f"{EXAMPLE}, with the cost in pounds for the whole month.{hint}"
        )
    return {name: names.index(name) for name in COLUMNS if name in names}


def _row(path: Path, line: int, cells: Sequence[str], columns: Mapping[str, int]) -> _Row:
    values = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
    where = f"{path}, row {line}"
    nights = values.get(NIGHTS, "")
    return _Row(
        month=month_named(where, values[MONTH]),
        sector=_sector(where, values[SECTOR]),
        cost_gbp=_amount(where, COST, values[COST], "pounds, 0 or more"),
        nights=_amount(where, NIGHTS, nights, "child-nights, 0 or more") if nights else math.nan,
        line=line,
    )


def _sector(where: str, text: str) -> str:
    name = re.sub(r"[\s-]+", "_", text.casefold())
    if name in SECTOR_NAMES or name == ALL:
        return name
    near = get_close_matches(name, SECTOR_NAMES, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise HistoryError(
        f'{where}, column {SECTOR}: found "{text}", expected one of {", ".join(SECTOR_NAMES)}, or '
        f"{ALL}.{hint}"
    )


def _amount(where: str, column: str, text: str, expected: str) -> float:
    """A number with or without a pound sign and thousands separators."""
    plain = re.sub(r"[£, ]", "", text)
    if not plain:
        raise HistoryError(f"{where}, column {column}: nothing there; expected {expected}.")
    if re.fullmatch(r"\d+(\.\d*)?|\.\d+", plain):
        return float(plain)
    if re.fullmatch(r"-\d+(\.\d*)?|\(\d+(\.\d*)?\)", plain):
        raise HistoryError(
            f'{where}, column {column}: found "{text}", a negative amount; expected {expected}. '
            "Take a credit off the month that it belongs to."
        )
    raise HistoryError(
        f'{where}, column {column}: found "{text}", which is not a number in pounds; expected '
        f"{expected}."
        if column == COST
        else f'{where}, column {column}: found "{text}", not a number; expected {expected}.'
    )


def _check_unique(path: Path, rows: Sequence[_Row]) -> None:
    """Refuse a month and sector that is given twice, and ``all`` beside sectors."""
    first: dict[tuple[date, str], int] = {}
    for row in rows:
        key = (row.month, row.sector)
        if key in first:
            raise HistoryError(
                f"{path}, row {row.line}: {month_text(row.month)}, {row.sector}, is there twice "
                f"(first in row {first[key]}); give each month and sector once."
            )
        first[key] = row.line
    mixed = [row for row in rows if (row.sector == ALL) != (rows[0].sector == ALL)]
    if mixed:
        raise HistoryError(
            f'{path}, row {mixed[0].line}: found "{mixed[0].sector}", but row {rows[0].line} says '
            f'"{rows[0].sector}"; give either each sector or only {ALL}, or money counts twice.'
        )


def _check_not_forecast(path: Path, rows: Sequence[_Row], start: date) -> None:
    """Refuse a month of which the forecast has any day."""
    late = min((row for row in rows if month_end(row.month) > start), key=_by_month, default=None)
    if late is None:
        return
    within = "within that month, " if late.month <= start else ""
    raise HistoryError(
        f"{path}, row {late.line}: {month_text(late.month)} overlaps the forecast, which starts "
        f"{within}when {start.isoformat()} ends. Leave out {month_text(late.month)} and later, or "
        f"start the forecast on {month_end(max(row.month for row in rows)).isoformat()}."
    )


def _by_month(row: _Row) -> date:
    return row.month


def _whole(path: Path, rows: Sequence[_Row]) -> Actuals:
    """The months in order; refuses one that is missing, or lacks a sector that others have."""
    months = sorted({row.month for row in rows})
    absent = absent_months(set(months))
    if absent:
        raise HistoryError(f"{path}: there is a gap: no row for {absent}. Add these months.")
    order = (*SECTOR_NAMES, ALL)
    sectors = sorted({row.sector for row in rows}, key=order.index)
    by_key = {(row.month, row.sector): row for row in rows}
    for month in months:
        missing = [sector for sector in sectors if (month, sector) not in by_key]
        if missing:
            raise HistoryError(
                f"{path}: {month_text(month)} has no row for {', '.join(missing)}, which other "
                "months have. Add it, with 0 where nothing was spent."
            )
    return Actuals(
        file=path.name,
        months=tuple(months),
        sectors=tuple(sectors),
        cost_gbp=tuple(tuple(by_key[month, s].cost_gbp for s in sectors) for month in months),
        nights=tuple(tuple(by_key[month, s].nights for s in sectors) for month in months),
    )
