"""What a run says, as tables: the same in Python and in the files of a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.measures.monthly import FORECAST_ROWS


@dataclass(frozen=True)
class ReplicationValues:
    """Every figure of the forecast table in every replication."""

    scenario: str
    values: NDArray[np.float64]
    """(R, rows of `FORECAST_ROWS`, T)."""
    dates: tuple[date, ...]

    def frame(self, first: int = 0, after_last: int | None = None) -> pd.DataFrame:
        """The long table of some replications (all by default).

        Columns: ``scenario, replication, date, measure, sector, age_band, value``; the value is
        NaN where the forecast table is empty.
        """
        chosen = self.values[first:after_last]
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
        for position, name in enumerate(("measure", "sector", "age_band")):
            words = pd.Categorical([str(row[position]) for row in FORECAST_ROWS])
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
