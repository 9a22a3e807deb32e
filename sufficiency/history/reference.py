"""The published tables that ship, loaded when first needed and kept.

Nothing outside this package reads the files of ``calibration/reference/``: the rest of the
program sees them through `sufficiency.history.published`, which hides later years.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from sufficiency.shipped import shipped_path

ENGLAND_CODE = "970"
"""The code under which the tables hold England."""
CODE_COLUMNS = {"old_la_code": "string", "neighbour_code": "string"}


class ReferenceData:
    """Tables by name, such as ``panel``, ``starters``, ``national``; see ``SOURCES.md`` there.

    ``frames`` replace the files of those names, so that a test can plant its own past.
    """

    def __init__(self, folder: Path, frames: Mapping[str, pd.DataFrame] | None = None) -> None:
        self._folder = folder
        self._frames = dict(frames or {})

    def table(self, name: str) -> pd.DataFrame:
        """The table called ``name``. Callers must not change it."""
        if name not in self._frames:
            self._frames[name] = self._read(name)
        return self._frames[name]

    def _read(self, name: str) -> pd.DataFrame:
        parquet = self._folder / f"{name}.parquet"
        if parquet.is_file():
            # `pandas.read_parquet` would load what reads whole folders of files, too.
            read: pd.DataFrame = pq.ParquetFile(parquet).read().to_pandas()
            return read
        path = self._folder / f"{name}.csv"
        columns = pd.read_csv(path, nrows=0, encoding="utf-8").columns
        types = {column: kind for column, kind in CODE_COLUMNS.items() if column in columns}
        table = pd.read_csv(path, encoding="utf-8", dtype=types)
        return _panel_codes(table) if name == "panel" else table


def _panel_codes(panel: pd.DataFrame) -> pd.DataFrame:
    """The panel without regions, codes as text, England under its code."""
    kept = panel[panel["level"].isin(["Local authority", "National"])].copy()
    code = kept["old_la_code"].str.removesuffix(".0")
    kept["old_la_code"] = code.where(kept["level"] != "National", ENGLAND_CODE)
    return kept


@lru_cache(maxsize=1)
def shipped_reference() -> ReferenceData:
    """The tables that ship with the package."""
    return ReferenceData(shipped_path("calibration", "reference"))
