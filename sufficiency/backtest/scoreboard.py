"""The scoreboard: scores of every method over many forecasts, and the ratio to "no change".

One row a slice of the forecasts, a count, a horizon, a method and a score. Slices are all
origins, those from 2019 on, each origin, and each size of authority.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.backtest.scores import RANGES, TARGET_COLUMNS
from sufficiency.backtest.targets import ALL, FROZEN_SHAPES_FROM

Floats = NDArray[np.float64]

OURS, NO_CHANGE = "sufficiency", "no_change"
SIZES = ("under_200", "200_to_399", "400_to_799", "800_and_over")
SIZE_EDGES = (200, 400, 800)
"""Sizes of authority by children in care at the origin, and the numbers that part them."""
PIT_BINS = 10
BOOTSTRAP_SAMPLES = 1000
BOOTSTRAP_SEED = 5
CELL = [*TARGET_COLUMNS, "years_ahead", "method"]
COLUMNS = ["origins", "size", *CELL, "score", "value", "standard_error", "forecasts"]
RATIOS = {
    "ratio_mae": "mae",
    "ratio_mape": "mape",
    "ratio_crps": "crps",
    "ratio_crps_per_child": "crps_per_child",
}
"""Scores over those of "no change": below 1 is better."""
_METHODS_OF_PARTS = (OURS, NO_CHANGE)
_SCORES_OF_PARTS = (
    *("mae", "mape", "crps", "bias_share", "coverage_50", "coverage_80", "coverage_90"),
    *("width_share_80", "ratio_mape", "ratio_crps"),
)
"""What is said of single origins and sizes, where the whole scoreboard would fill a disk."""
_BOOTSTRAPPED = ("coverage_50", "coverage_80", "coverage_90")


def with_scores(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The forecasts (columns `sufficiency.backtest.scores.COLUMNS`) with one column a score.

    Scores are means over forecasts; percentages are shares of 1. ``crps_per_child`` divides by
    the number in care at the origin, widths by the median.
    """
    outcome, error = forecasts["outcome"], forecasts["point"] - forecasts["outcome"]
    share = error / outcome.where(outcome > 0)
    found = {
        "mae": error.abs(),
        "mape": share.abs(),
        "mase": error.abs() / forecasts["mean_yearly_change"],
        "crps": forecasts["crps"],
        "crps_per_child": forecasts["crps"] / forecasts["in_care_at_origin"],
        "bias": error,
        "bias_share": share,
    }
    middle = forecasts["p50"].where(forecasts["p50"] > 0)
    for held, (low, high) in RANGES.items():
        found[f"coverage_{held}"] = outcome.between(forecasts[low], forecasts[high]).astype(float)
        found[f"width_{held}"] = forecasts[high] - forecasts[low]
        found[f"width_share_{held}"] = found[f"width_{held}"] / middle
    bins = np.minimum((forecasts["pit"] * PIT_BINS).astype(int), PIT_BINS - 1)
    for number in range(PIT_BINS):
        found[f"pit_{number + 1:02d}"] = (bins == number).astype(float)
    return pd.concat([forecasts[["origin", *CELL]], pd.DataFrame(found)], axis=1).assign(
        size=size_names(forecasts["in_care_at_origin"])
    )


def size_names(in_care: pd.Series[float]) -> list[str]:
    """The size of the authority of each forecast."""
    return [SIZES[place] for place in np.searchsorted(SIZE_EDGES, in_care, side="right")]


def wholes(scored: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """All forecasts, and those of origins whose frozen shapes are their own: names and rows."""
    yield ALL, ALL, scored
    yield f"from_{FROZEN_SHAPES_FROM}", ALL, scored[scored["origin"] >= FROZEN_SHAPES_FROM]


def parts(scored: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Each origin, and each size of authority: names of both and the rows."""
    chosen = scored[scored["method"].isin(_METHODS_OF_PARTS)]
    for origin, rows in chosen.groupby("origin"):
        yield str(origin), ALL, rows
    for size in SIZES:
        yield ALL, size, chosen[chosen["size"] == size]


def scoreboard(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Every score of every method by slice, count and horizon; columns `COLUMNS`.

    The standard error (of coverage, and of ratios of CRPS) is a bootstrap over origins, since
    authorities of one year share its surprises; it is empty for a single origin.
    """
    scored = with_scores(forecasts)
    tables = [
        slice_scores(rows).assign(origins=origins, size=size)
        for origins, size, rows in wholes(scored)
        if len(rows)
    ]
    for origins, size, rows in parts(scored):
        if len(rows):
            found = slice_scores(rows).assign(origins=origins, size=size)
            tables.append(found[found["score"].isin(_SCORES_OF_PARTS)])
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def slice_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Every score of a slice of `with_scores`: `CELL`, score, value, forecasts, standard_error."""
    names = [name for name in rows.columns if name not in ("origin", "size", *CELL)]
    groups = rows.groupby(CELL, sort=False)
    means = groups[names].mean().reset_index()
    base = _of_no_change(means, list(RATIOS.values()))
    for ratio, name in RATIOS.items():
        below = base[name].to_numpy()
        means[ratio] = means[name].to_numpy() / np.where(below > 0, below, np.nan)
    sizes = groups.size().reset_index(name="forecasts")
    long = means.melt(id_vars=CELL, var_name="score", value_name="value")
    long = long.merge(sizes, on=CELL, how="left")
    return long.merge(standard_errors(rows), on=[*CELL, "score"], how="left")


def _of_no_change(table: pd.DataFrame, names: Sequence[Hashable]) -> pd.DataFrame:
    """For each row of a table by cell, the same columns of "no change" in its cell."""
    base = table.loc[table["method"] == NO_CHANGE, [*CELL[:-1], *names]]
    return table[CELL[:-1]].merge(base, on=CELL[:-1], how="left")


def standard_errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Bootstrap over origins: columns of a cell, ``score`` and ``standard_error``.

    ``rows`` is a table of `with_scores`. Missing where there is a single origin.
    """
    names = [*_BOOTSTRAPPED, "crps"]
    summed = rows.groupby([*CELL, "origin"])[names].sum()
    summed["forecasts"] = rows.groupby([*CELL, "origin"]).size()
    by_origin = summed.unstack("origin").fillna(0.0)
    n_origins = rows["origin"].nunique()
    draws = np.random.default_rng(BOOTSTRAP_SEED).integers(
        n_origins, size=(BOOTSTRAP_SAMPLES, n_origins)
    )
    weights = np.stack([np.bincount(draw, minlength=n_origins) for draw in draws], axis=1)
    cells = by_origin.index.to_frame(index=False)
    sums = {name: by_origin[name].to_numpy() for name in (*names, "forecasts")}
    plain = pd.concat([cells, pd.DataFrame(sums["crps"], columns=range(n_origins))], axis=1)
    of_base = _of_no_change(plain, range(n_origins))[list(range(n_origins))].to_numpy()
    found = {name: _deviation(sums[name], sums["forecasts"], weights) for name in _BOOTSTRAPPED}
    found["ratio_crps"] = _deviation(sums["crps"], of_base, weights)
    several = (sums["forecasts"] > 0).sum(axis=1) > 1
    errors = pd.DataFrame(
        {name: np.where(several, values, np.nan) for name, values in found.items()}
    )
    table = pd.concat([cells, errors], axis=1)
    return table.melt(id_vars=CELL, var_name="score", value_name="standard_error")


def _deviation(above: Floats, below: Floats, weights: NDArray[np.int64]) -> Floats:
    """(cells,): the standard deviation of sum(above) / sum(below) over resampled origins."""
    bottom = below @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.where(bottom > 0, (above @ weights) / bottom, np.nan)
    known = np.isfinite(drawn)
    n = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, drawn, 0).sum(axis=1) / n
    spread = np.where(known, (drawn - mean[:, None]) ** 2, 0).sum(axis=1)
    return np.asarray(np.sqrt(spread / np.maximum(n - 1, 1)))
