"""Is a tidy sheet that is written row by row the one that the writer makes cell by cell?"""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sufficiency.report import workbook_tidy
from sufficiency.report.sheets import Book
from sufficiency.report.workbook_rows import writes_rows
from sufficiency.report.workbook_tidy import add_tidy_sheet

TABLES = {
    "finance": pd.DataFrame(
        {
            "date": pd.to_datetime(["2020-04-30", "2020-05-31", None]),
            "measure": ["cost", "nights", "unmet_need_probability"],
            "sector": ["=1+1", 'a "b" <c> & d', "  äöü  "],
            "months": [12, 3, 1],
            "mean": [1234567.891234, -0.1, np.nan],
            "p95": [np.inf, 1e-17, 2 / 3],
        }
    ),
    "pools": pd.DataFrame({"pool": ["all"], "mean": [0.5], "flag": [""]}),
    "stories": pd.DataFrame(
        {"child": ["A"], "day": [date(2021, 2, 28)], "why": [None], "open": [True]}
    ),
    "flows": pd.DataFrame({"flow": [], "mean": []}),
}


def parts_of(path: Path) -> dict[str, bytes]:
    """Every file in the workbook, apart from when it was made."""
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}


def written(path: Path) -> dict[str, bytes]:
    book = Book.create(path, {}, "", str(path.parent))
    for name, table in TABLES.items():
        add_tidy_sheet(book, name, table)
    book.workbook.close()
    return parts_of(path)


def test_row_by_row_and_cell_by_cell_make_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writes_rows(), "the writer has other insides: workbooks take four times as long"
    by_row = written(tmp_path / "rows.xlsx")
    monkeypatch.setattr(workbook_tidy, "writes_rows", lambda: False)
    assert written(tmp_path / "cells.xlsx") == by_row
