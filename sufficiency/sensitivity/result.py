"""What a study of the assumptions says, as tables and as the numbers behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.measures.summary import STATISTICS
from sufficiency.sensitivity.answers import Answer
from sufficiency.sensitivity.tested import LeftOut, Tested

Floats = NDArray[np.float64]

ENDS = ("low", "high")
WHEN = ("date", "financial_year", "months", "measure", "sector", "age_band")
SENSITIVITY_COLUMNS: tuple[str, ...] = (
    *("assumption", "label", "kind", "end", "tested_value", "scenario_value"),
    *WHEN,
    *STATISTICS,
    *("standard_error", "base_mean", "changed_mean"),
)
INDICES_COLUMNS: tuple[str, ...] = (
    *("assumption", "label", "method", *WHEN, "index", "value", "low", "high"),
)
INFORMATION_COLUMNS: tuple[str, ...] = (
    *("assumption", "label", *WHEN),
    *("variance_removed", "low", "high", "share_of_assumptions", "share_of_all"),
    *("range_now", "range_then", "limit", "over_probability", "wrong_now", "less_wrong"),
)


@dataclass(frozen=True)
class Effects:
    """What A tested numbers change in K answers, at both ends, in R paired futures."""

    base: Floats
    """(R, K): the scenario's own answers."""
    changed: Floats
    """(A, 2, R, K): with one number at its low, at its high."""

    @property
    def difference(self) -> Floats:
        """(A, 2, R, K): changed less base, in the same future."""
        return self.changed - self.base

    @property
    def mean(self) -> Floats:
        """(A, 2, K)."""
        return np.asarray(self.difference.mean(axis=2))

    @property
    def standard_error(self) -> Floats:
        """(A, 2, K): of the mean, for want of more futures; NaN of a single one."""
        futures = self.base.shape[0]
        if futures < 2:
            return np.full_like(self.mean, np.nan)
        return np.asarray(self.difference.std(axis=2, ddof=1) / futures**0.5)

    @property
    def width(self) -> Floats:
        """(A, K): how far the answer moves from one end to the other, the scenario's own among
        them."""
        mean = self.mean
        return np.asarray(np.maximum(mean.max(axis=1), 0.0) - np.minimum(mean.min(axis=1), 0.0))

    @property
    def is_beyond_chance(self) -> Floats:
        """(A, K): whether either end changes the answer by more than twice its error."""
        return np.asarray((np.abs(self.mean) > 2 * self.standard_error).any(axis=1))


@dataclass(frozen=True)
class Sensitivity:
    """A study of the assumptions of one scenario."""

    manifest: dict[str, Any]
    answers: tuple[Answer, ...]
    """(K,)."""
    tested: tuple[Tested, ...]
    """(A,)."""
    left_out: tuple[LeftOut, ...]
    strongest: tuple[int, ...]
    """Positions of the numbers that indices and information are about, strongest first."""
    effects: Effects
    sensitivity: pd.DataFrame
    """Columns `SENSITIVITY_COLUMNS`: statistics of the paired difference that each end makes."""
    indices: pd.DataFrame
    """Columns `INDICES_COLUMNS`; empty where nothing moves an answer."""
    information: pd.DataFrame
    """Columns `INFORMATION_COLUMNS`; empty where nothing moves an answer."""

    def order(self, answer: int) -> list[int]:
        """Positions of the numbers that move an answer, widest first."""
        width = self.effects.width[:, answer]
        return [int(at) for at in np.argsort(-width, kind="stable") if width[at] > 0]
