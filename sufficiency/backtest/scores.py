"""How good each forecast was: error, CRPS, where the outcome fell in the range.

One row a forecast (authority, origin, years ahead, method, count). All methods are judged on the
same forecasts: those whose outcome was published and for which every method has an answer.
The continuous ranked probability score is scoringrules', in the form whose expectation does not
depend on the number of samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scoringrules
from numpy.typing import NDArray

from sufficiency.backtest.counts import ObservedCounts
from sufficiency.backtest.targets import IN_CARE_ROW, TARGETS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = Mapping[str, NDArray[Any]]

QUANTILES = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
RANGES = {"50": ("p25", "p75"), "80": ("p10", "p90"), "90": ("p05", "p95")}
"""Share of futures that a range is meant to hold (%), and its ends."""
KEYS = ["old_la_code", "authority", "origin", "years_ahead", "method"]
TARGET_COLUMNS = ["measure", "placement_group", "age_band"]
COLUMNS = [
    *KEYS,
    *TARGET_COLUMNS,
    "date",
    "point",
    "mean",
    "sd",
    *QUANTILES,
    "in_care_at_origin",
    "at_origin",
    "outcome",
    "mean_yearly_change",
    "crps",
    "pit",
]
"""The columns of ``backtest.csv``; ``point`` is the single figure that errors are taken from."""


def judged(samples: Floats, point: Floats, outcome: Floats) -> dict[str, Floats]:
    """Statistics and scores of n forecasts.

    Args:
        samples: (n, m) possible outcomes of each, equally likely.
        point: (n,) the single figure each method gives.
        outcome: (n,) what happened.

    Returns:
        (n,) arrays: point, mean, sd, the quantiles, crps (in the unit of the count), and pit, the
        outcome's middle rank among itself and the samples, over m + 1, ties counted half.

    Quantiles are read at the place p (m + 1) of the ordered samples (Weibull), so that an outcome
    that is one more draw falls in the range as often as it says whatever m is: numpy's default,
    p (m - 1) + 1, holds 75% in a range for 80% where there are 30 samples.
    """
    ordered, n_samples = np.sort(samples, axis=1), samples.shape[1]
    ends = np.quantile(ordered, list(QUANTILES.values()), axis=1, method="weibull")
    below = (ordered < outcome[:, None]).sum(axis=1)
    up_to = (ordered <= outcome[:, None]).sum(axis=1)
    crps = scoringrules.crps_ensemble(
        outcome, ordered, estimator="pwm", sorted_ensemble=True, backend="numpy"
    )
    return {
        "point": point,
        "mean": ordered.mean(axis=1),
        "sd": ordered.std(axis=1, ddof=1),
        **dict(zip(QUANTILES, ends, strict=True)),
        "crps": np.asarray(crps, dtype=np.float64),
        "pit": ((below + up_to) / 2 + 0.5) / (n_samples + 1),
    }


def mean_yearly_change(past: ObservedCounts) -> Floats:
    """(A, targets): mean absolute change from one year to the next up to the origin, the scale of
    the mean absolute scaled error; NaN where it is none or not known."""
    changes = np.abs(np.diff(past.values, axis=1))
    known = np.isfinite(changes)
    total = np.where(known, changes, 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = total / known.sum(axis=1)
    return np.where(scale > 0, scale, np.nan)


def rows_of(
    past: ObservedCounts,
    target: int,
    years_ahead: int,
    method: str,
    chosen: Flags,
    statistics: Mapping[str, Floats],
    outcome: Floats,
    yearly_change: Floats,
) -> Rows:
    """The rows of one method's forecasts of one target from one origin, as `COLUMNS`.

    ``chosen`` (A,) are the authorities judged; ``statistics`` and ``outcome`` are theirs;
    ``yearly_change`` is `mean_yearly_change` of all.
    """
    authorities = [area for area, is_in in zip(past.authorities, chosen, strict=True) if is_in]
    here, n = past.at(past.last_year)[chosen], len(outcome)
    rows: dict[str, NDArray[Any]] = {
        "old_la_code": np.array([area.old_la_code for area in authorities], dtype=object),
        "authority": np.array([area.name for area in authorities], dtype=object),
        "origin": np.full(n, past.last_year),
        "years_ahead": np.full(n, years_ahead),
        "method": np.full(n, method, dtype=object),
        "date": np.full(n, f"{past.last_year + years_ahead}-03-31", dtype=object),
        **statistics,
        "in_care_at_origin": here[:, IN_CARE_ROW],
        "at_origin": here[:, target],
        "outcome": outcome,
        "mean_yearly_change": yearly_change[chosen, target],
    }
    for column, value in zip(TARGET_COLUMNS, TARGETS[target], strict=True):
        rows[column] = np.full(n, value, dtype=object)
    return rows


def forecasts_table(parts: Sequence[Rows]) -> pd.DataFrame:
    """The rows of many parts as one table."""
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in COLUMNS})
