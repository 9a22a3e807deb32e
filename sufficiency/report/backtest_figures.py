"""The figures of a backtest, looked up by count, years ahead, method and score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import pandas as pd

Key = tuple[str, str, str]
IN_CARE: Key = ("in_care", "all", "all")
TARGET_COLUMNS = ["measure", "placement_group", "age_band"]
ALL = "all"


class BacktestResult(Protocol):
    """What a backtest hands to its page: how it was made, and its tables."""

    @property
    def manifest(self) -> dict[str, Any]:
        """How it was made."""

    @property
    def forecasts(self) -> pd.DataFrame:
        """Every forecast (``backtest.csv``)."""

    @property
    def scoreboard(self) -> pd.DataFrame:
        """Every score (``scoreboard.csv``)."""

    @property
    def left_out(self) -> pd.DataFrame:
        """What was not scored (``left_out.csv``)."""


@dataclass(frozen=True)
class BacktestFigures:
    """A backtest's tables, indexed for looking up."""

    manifest: Mapping[str, Any]
    forecasts: pd.DataFrame
    scores: pd.DataFrame
    left_out: pd.DataFrame

    @classmethod
    def of(cls, result: BacktestResult) -> BacktestFigures:
        """Read a backtest; its frames are left as they are."""
        board = result.scoreboard
        wanted = ["origins", "size", *TARGET_COLUMNS, "years_ahead", "method", "score"]
        return cls(
            result.manifest,
            result.forecasts,
            board.set_index(wanted).sort_index(),
            result.left_out,
        )

    def score(
        self,
        score: str,
        method: str,
        years: int,
        target: Key = IN_CARE,
        *,
        origins: str = ALL,
        size: str = ALL,
        column: str = "value",
    ) -> float | None:
        """One figure of the scoreboard; None if there is none."""
        key = (origins, size, *target, years, method, score)
        if key not in self._values[column]:
            return None
        found = self._values[column][key]
        return None if pd.isna(found) else float(found)

    @cached_property
    def _values(self) -> dict[str, dict[Any, Any]]:
        return {
            column: dict(zip(self.scores.index, self.scores[column], strict=True))
            for column in ("value", "standard_error", "forecasts")
        }

    @cached_property
    def years(self) -> list[int]:
        """Years ahead that were scored."""
        return sorted(int(year) for year in self.forecasts["years_ahead"].unique())

    @cached_property
    def origins(self) -> list[int]:
        """Years whose 31 March forecasts were made on."""
        return sorted(int(year) for year in self.forecasts["origin"].unique())

    @cached_property
    def methods(self) -> list[str]:
        """Methods that were scored."""
        return list(dict.fromkeys(self.forecasts["method"]))

    def of_target(self, target: Key = IN_CARE) -> pd.DataFrame:
        """The forecasts of one count."""
        rows = self.forecasts
        for column, value in zip(TARGET_COLUMNS, target, strict=True):
            rows = rows[rows[column] == value]
        return rows

    @property
    def authority(self) -> str:
        """The name of the one authority scored; empty if several are."""
        return str(self.manifest.get("authority") or "")
