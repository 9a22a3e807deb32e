"""Tables fitted once for each cut year, read as at a year: the last row that saw nothing later."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from sufficiency.errors import HistoryError


def rows_as_at(path: Path, cut_year: int) -> pd.DataFrame:
    """The rows of the last cut year not after ``cut_year``.

    Raises `HistoryError` if every fit in the table has seen later years.
    """
    table = _table(path)
    usable: pd.DataFrame = table.loc[table["cut_year"] <= cut_year]
    if usable.empty:
        raise HistoryError(
            f"{path.name}: no row fitted to years up to {cut_year}; the first is "
            f"{table['cut_year'].min()}. Start the forecast from a later year, or turn drift and "
            "damping off (uncertainty: drift: false, damping: false)."
        )
    latest: pd.DataFrame = usable.loc[usable["cut_year"] == usable["cut_year"].max()]
    return latest


@cache
def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8")
