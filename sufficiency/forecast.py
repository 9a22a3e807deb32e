"""What a run says, as tables: the same in Python and in the files of a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.chunks import KeptFigure
from sufficiency.measures.monthly import FORECAST_ROWS


@dataclass(frozen=True)
class ReplicationValues:
    """Every figure of the forecast table in every replication, in memory or in files."""

    scenario: str
    kept: KeptFigure
    dates: tuple[date, ...]
    row_names: tuple[str, ...] = ("measure", "sector", "age_band")
    rows: tuple[tuple[str, ...], ...] = FORECAST_ROWS

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def values(self) -> NDArray[np.float64]:
        """(R, rows of `FORECAST_ROWS`, T); all in memory."""
        return self.some()

    def some(self, first: int = 0, after_last: int | None = None) -> NDArray[np.float64]:
        """The values of some replications, all by default: (n, rows, T)."""
        return self.kept.replications(first, after_last).astype(np.float64)

    def frame(self, first: int = 0, after_last: int | None = None) -> pd.DataFrame:
        """The long table of some replications (all by default).

        Columns: ``scenario, replication, date, measure, sector, age_band, value``; the value is
        NaN where the forecast table is empty.
        """
        chosen = self.some(first, after_last)
        n_replications, n_rows, n_dates = chosen.shape
        rows = np.tile(np.repeat(np.arange(n_rows), n_dates), n_replications)
        days = pd.to_datetime(list(self.dates)).to_numpy()
        numbers = np.arange(first, first + n_replications, dtype=np.int32)
        columns: dict[str, Any] = {
            "scenario": pd.Categorical.from_codes(
                np.zeros(chosen.size, dtype=np.int8), categories=pd.Index([self.scenario])
            ),
            "replication": np.repeat(numbers, n_rows * n_dates),
            "date": np.tile(days, n_replications * n_rows),
        }
        for position, name in enumerate(self.row_names):
            words = pd.Categorical([str(row[position]) for row in self.rows])
            columns[name] = words.take(rows)
        columns["value"] = chosen.reshape(-1)
        return pd.DataFrame(columns)


@dataclass(frozen=True)
class Forecast:
    """The manifest of a run, and tidy tables in the shape of the run folder's files."""

    manifest: dict[str, Any]
    forecast: pd.DataFrame
    flows: pd.DataFrame
    needs: pd.DataFrame
    finance: pd.DataFrame
    finance_monthly: pd.DataFrame
    layers: pd.DataFrame
    """Variance of children in care by layer of uncertainty: ``date, process, parameter,
    drift``, each the growth as that layer is switched on with the same draws. Empty if not
    asked for, or with too few replications."""
    replication_values: ReplicationValues

    @property
    def replications(self) -> pd.DataFrame:
        """Every replication: ``scenario, replication, date, measure, sector, age_band, value``."""
        return self.replication_values.frame()

    def forget(self) -> None:
        """Remove the replications from the disk, once the run is written; the tables stay."""
        self.replication_values.kept.store.remove()
