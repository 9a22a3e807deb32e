"""Many replications in a few numbers: mean, spread, percentiles, and how sure these are.

Percentiles interpolate linearly between the ordered replications (Hyndman and Fan 1996, type 7,
the default of numpy, R and Excel's PERCENTILE.INC). They do not add up across rows; means do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
STATISTICS: tuple[str, ...] = ("mean", "sd", *(f"p{percentile:02d}" for percentile in PERCENTILES))
_BLOCK_NUMBERS = 2**21
_SORTED_AT_ONCE = 2**16
"""Numbers that stay in a processor's cache while they are sorted and added up."""


def summarise(values: NDArray[np.floating]) -> Floats:
    """The statistics of R replications.

    ``values`` is (R, ...); returns (9, ...) in the order of `STATISTICS`. The sd divides by
    R - 1 and is NaN for a single replication; a cell that is NaN in any replication is NaN.
    """
    flat = values.reshape(len(values), -1)
    summary = np.empty((len(STATISTICS), flat.shape[1]))
    # Blocks bound the memory of what is turned round.
    width = max(1, _BLOCK_NUMBERS // len(values))
    for first in range(0, flat.shape[1], width):
        by_cell = np.ascontiguousarray(flat[:, first : first + width].T)
        summary[:, first : first + width] = summarise_cells(by_cell)
    return summary.reshape(len(STATISTICS), *values.shape[1:])


def summarise_cells(by_cell: NDArray[np.floating]) -> Floats:
    """The statistics of cells in R replications: (cells, R) to (9, cells), as in `summarise`.

    A cell's statistics depend on its own numbers alone, so they are the same whatever cells are
    summarised together. Leaves GIL-free work for threads: several may call it at once.
    """
    n_cells, n_replications = by_cell.shape
    summary = np.empty((len(STATISTICS), n_cells))
    places = np.array(PERCENTILES) / 100 * (n_replications - 1)
    lower = np.floor(places).astype(np.int64)
    upper = np.minimum(lower + 1, n_replications - 1)
    width = max(1, _SORTED_AT_ONCE // n_replications)
    for first in range(0, n_cells, width):
        part = summary[:, first : first + width]
        # Of at least single precision, which holds counts of children exactly.
        ordered = np.sort(by_cell[first : first + width], axis=1)
        part[0] = ordered.mean(axis=1, dtype=np.float64)
        part[1] = np.nan
        if n_replications > 1:
            part[1] = ordered.std(axis=1, ddof=1, dtype=np.float64)
        below = ordered[:, lower].astype(np.float64)
        above = ordered[:, upper].astype(np.float64)
        part[2:] = (below + (above - below) * (places - lower)).T
        # Sorting puts NaN last.
        part[:, np.isnan(ordered[:, -1])] = np.nan
    return summary


def labelled_summary(
    summary: Floats,
    row_names: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    dates: Sequence[date],
) -> pd.DataFrame:
    """The tidy table of what `summarise` found, (9, rows, T), of named rows on T dates.

    Columns: ``date``, ``row_names``, then `STATISTICS`; in order of date, then of ``rows``.
    """
    by_date = np.swapaxes(summary, 1, 2).reshape(len(STATISTICS), -1)
    columns: dict[str, ArrayLike] = {
        "date": np.repeat(pd.to_datetime(list(dates)).to_numpy(), len(rows))
    }
    for position, name in enumerate(row_names):
        columns[name] = [row[position] for row in rows] * len(dates)
    columns.update(zip(STATISTICS, by_date, strict=True))
    return pd.DataFrame(columns)


def range_end_standard_errors(values: Floats) -> dict[str, float | None]:
    """Monte Carlo standard errors of the 10th and 90th percentile of R replications.

    Maritz and Jarrett (1978): the sampling variance of an order statistic under the empirical
    distribution. None where there are too few replications (under 20) to say. The same as
    `scipy.stats.mstats.mjci`, whose import alone takes most of a second of every run.
    """
    too_few = 20
    if len(values) < too_few:
        return {"p10_se": None, "p90_se": None}
    ordered, n = np.sort(np.asarray(values, dtype=np.float64)), len(values)
    edges = np.arange(n + 1) / n
    errors = []
    for share in (0.1, 0.9):
        rank = int(share * n + 0.5)
        weight = np.diff(special.betainc(rank - 1, n - rank, edges))
        centred = ordered - weight @ ordered
        errors.append(float(np.sqrt(weight @ centred**2)))
    return {"p10_se": errors[0], "p90_se": errors[1]}
