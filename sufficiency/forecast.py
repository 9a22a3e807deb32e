"""What a run says, as tables: the same in Python and in the files of a run folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.chunks import KeptFigure
from sufficiency.measures.finance import cost_by_setting
from sufficiency.measures.monthly import FORECAST_ROWS
from sufficiency.measures.rows import COST_ROWS


@dataclass(frozen=True)
class ReplicationValues:
    """Every figure of the forecast table, and what placements cost each month, in every
    replication, in memory or in files."""

    scenario: str
    kept: KeptFigure
    dates: tuple[date, ...]
    cost: KeptFigure | None = None
    """`Figures.cost_gbp`; None if money is left out."""
    line_settings: tuple[str, ...] = ()
    """(P + 1,): the setting of each pool of ``cost``."""
    row_names: tuple[str, ...] = ("measure", "sector", "age_band")

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Those of `FORECAST_ROWS`, then those of `COST_ROWS` if money is there."""
        return FORECAST_ROWS if self.cost is None else (*FORECAST_ROWS, *COST_ROWS)

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def values(self) -> NDArray[np.float64]:
        """(R, rows, T); all in memory. What is spent in a month stands at its last day; NaN on
        the start date, as for flows."""
        return self.some()

    def some(self, first: int = 0, after_last: int | None = None) -> NDArray[np.float64]:
        """The values of some replications, all by default: (n, rows, T)."""
        found = self.kept.replications(first, after_last).astype(np.float64)
        if self.cost is None:
            return found
        monthly = cost_by_setting(
            self.cost.replications(first, after_last).sum(axis=1), self.line_settings
        )
        nothing_yet = np.full((*monthly.shape[:2], 1), np.nan)
        return np.concatenate([found, np.concatenate([nothing_yet, monthly], axis=2)], axis=1)

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
    drift, effects``, each the growth as that layer is switched on with the same draws. Empty if not
    asked for, or with too few replications."""
    replication_values: ReplicationValues
    pools: pd.DataFrame = field(default_factory=pd.DataFrame)
    """How full each pool of places is: ``date, sector, pool, measure``, then the statistics."""
    moves_between: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Moves between settings: ``financial_year, months, from_sector, to_sector``, then the
    statistics."""
    stories: pd.DataFrame = field(default_factory=pd.DataFrame)
    """A few lives of the first replication, as `sufficiency.measures.stories` tells them."""

    dearest_placements: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Placements over £5,000 and £10,000 a week and the dearest tenth: ``financial_year, months,
    measure``, then the statistics."""

    @property
    def replications(self) -> pd.DataFrame:
        """Every replication: ``scenario, replication, date, measure, sector, age_band, value``."""
        return self.replication_values.frame()

    def forget(self) -> None:
        """Remove the replications from the disk, once the run is written; the tables stay."""
        self.replication_values.kept.store.remove()
