"""The tables of the run folder as sheets: the same keys and numbers, to filter and to pivot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from sufficiency.report.figures import STATISTICS
from sufficiency.report.sheets import Book, Sheet, plain_text, text_style
from sufficiency.report.workbook_rows import (
    TableSheet,
    Tail,
    day_tail,
    number_tail,
    writes_rows,
)

TIDY_SHEETS = (
    "forecast",
    "flows",
    "needs",
    "finance",
    "finance_monthly",
    "dearest_placements",
    "pools",
    "moves_between",
    "stories",
)
MONEY_MEASURES = frozenset(
    {
        *("cost", "income", "net_cost", "after_care_cost", "budget", "extra_cost_of_gap"),
        *("actual", "outturn", "over_budget", "expected_overspend", "overspend_if_over"),
        *("contingency_p50", "contingency_p80", "contingency_p95"),
        *("in_house_shortfall_extra_cost", "unmet_need_extra_cost"),
    }
)


def add_tidy_sheet(book: Book, name: str, frame: pd.DataFrame) -> None:
    """A table of the run folder as it is: keys, not plain names, so that pivots match the CSVs."""
    columns = [str(column) for column in frame.columns]
    widths = [13 if column in STATISTICS else 26 for column in columns]
    sheet = book.sheet(name, widths, TableSheet if writes_rows() else None)
    sheet.head(columns, ["rate" if column in STATISTICS else "text" for column in columns])
    measure = columns.index("measure") if "measure" in columns else None
    n_keys = next((at for at, name in enumerate(columns) if name in STATISTICS), len(columns))
    keys = [_key_style(column) for column in columns[:n_keys]]
    if writes_rows():
        sheet.worksheet.set_table(_rows(sheet, frame, keys, measure), book.formats)
        sheet.gap(len(frame))
    else:
        _put_rows(sheet, frame, keys, measure)
    as_list(sheet, len(frame), len(columns))


def _rows(
    sheet: Sheet, frame: pd.DataFrame, keys: Sequence[str], measure: int | None
) -> Iterator[list[Tail]]:
    """The rows of a table, each its keys and then its numbers."""
    of_key: dict[tuple[object, str], Tail] = {}
    for values in frame.itertuples(index=False, name=None):
        cells: list[Tail] = []
        number = _number_style(str(values[measure])) if measure is not None else "rate"
        for column, value in enumerate(values):
            style = keys[column] if column < len(keys) else number
            if style == number and (not isinstance(value, str) or value == ""):
                cells.append((number_tail(value), number))
                continue
            tail = of_key.get((value, style))
            if tail is None:
                tail = of_key[value, style] = _key_cell(sheet.worksheet, value, style)
            cells.append(tail)
        yield cells


def _key_cell(worksheet: TableSheet, value: Any, style: str) -> Tail:
    """What `Sheet.put` writes for a key."""
    if isinstance(value, datetime | date):
        return day_tail(value), "date"
    if value is None or isinstance(value, int | float):
        return number_tail(value), style
    return worksheet.text_tail(plain_text(str(value))), text_style(str(value), style)


def _put_rows(sheet: Sheet, frame: pd.DataFrame, keys: Sequence[str], measure: int | None) -> None:
    """`_rows`, cell by cell."""
    for values in frame.itertuples(index=False, name=None):
        number = _number_style(str(values[measure])) if measure is not None else "rate"
        for column, style in enumerate(keys):
            sheet.put(sheet.row, column, values[column], style)
        sheet.figures(values, len(keys), number)
        sheet.gap()


def _number_style(measure: str) -> str:
    if measure in MONEY_MEASURES:
        return "gbp"
    return "percent" if measure.endswith("_probability") else "rate"


def _key_style(column: str) -> str:
    return {"date": "date", "months": "count", "period": "count"}.get(column, "text")


def as_list(sheet: Sheet, n_rows: int, n_columns: int, frozen_columns: int = 0) -> None:
    """A sheet that is one list: its head stays in view and filters."""
    sheet.worksheet.freeze_panes(1, frozen_columns)
    sheet.worksheet.repeat_rows(0)
    if n_rows:
        sheet.worksheet.autofilter(0, 0, n_rows, n_columns - 1)
