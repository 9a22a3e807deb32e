"""Writing a return: a file a table and year, the folder whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sufficiency.errors import OutputError
from sufficiency.report.run_folder import written_whole
from sufficiency.synthesis.tables import DATES, TABLES, YearTables

DATE_FORMAT = "%d/%m/%Y"


def check_folder(out: Path) -> None:
    """Raises `OutputError` if the folder exists already and is not empty."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(
            f"{out}: found a file or a link, expected a new folder. Choose another with --out."
        )
    if out.is_dir() and any(out.iterdir()):
        raise OutputError(
            f"{out}: the folder is not empty, and nothing in it will be replaced. Choose a new "
            "folder with --out."
        )


def file_name(year: int, table: str) -> str:
    """The name of a file, which says its collection year and table."""
    return f"903_{year}_{table}.csv"


def as_text(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """A table of one year with the columns of its file, every cell as text, dates day first."""
    frame = table[list(TABLES[name])].copy()
    for column in frame.columns.intersection(list(DATES)):
        frame[column] = frame[column].dt.strftime(DATE_FORMAT).fillna("")
    return frame.astype(object)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table of text as CSV in UTF-8."""
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def clean_files(years: list[YearTables]) -> dict[str, bytes]:
    """Every file of a return as it should be, by name."""
    return {
        file_name(year.year, name): csv_bytes(as_text(getattr(year, name), name))
        for year in years
        for name in TABLES
    }


def write_files(files: Mapping[str, bytes], out: Path) -> None:
    """Write files into a new folder, whole or not at all.

    Raises:
        OutputError: the folder is not empty or cannot be written.
    """
    check_folder(out)
    with written_whole(out) as aside:
        for name, content in files.items():
            (aside / name).write_bytes(content)
