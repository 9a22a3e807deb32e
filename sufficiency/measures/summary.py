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

Floats = NDArray[np.float64]

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
STATISTICS: tuple[str, ...] = ("mean", "sd", *(f"p{percentile:02d}" for percentile in PERCENTILES))
_BLOCK_ROWS = 32


def summarise(values: NDArray[np.floating]) -> Floats:
    """The statistics of R replications.

    ``values`` is (R, ...); returns (9, ...) in the order of `STATISTICS`. The sd divides by
    R - 1 and is NaN for a single replication; a cell that is NaN in any replication is NaN.
    """
    flat = values.reshape(len(values), -1)
    summary = np.empty((len(STATISTICS), flat.shape[1]))
    # Blocks bound the memory: a percentile needs a sorted copy of what it looks at.
    width = max(1, _BLOCK_ROWS * values.shape[-1])
    for first in range(0, flat.shape[1], width):
        block = flat[:, first : first + width].astype(np.float64)
        part = summary[:, first : first + width]
        part[0] = block.mean(axis=0)
        part[1] = block.std(axis=0, ddof=1) if len(block) > 1 else np.nan
        part[2:] = np.quantile(block, np.array(PERCENTILES) / 100, axis=0)
    return summary.reshape(len(STATISTICS), *values.shape[1:])


def summary_table(
    values: NDArray[np.floating],
    row_names: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    dates: Sequence[date],
) -> pd.DataFrame:
    """The tidy table of R replications of named rows on T dates.

    ``values`` is (R, rows, T). Columns: ``date``, ``row_names``, then `STATISTICS`; in order of
    date, then of ``rows``.
    """
    by_date = np.swapaxes(summarise(values), 1, 2).reshape(len(STATISTICS), -1)
    columns: dict[str, ArrayLike] = {
        "date": np.repeat(pd.to_datetime(list(dates)).to_numpy(), len(rows))
    }
    for position, name in enumerate(row_names):
        columns[name] = [row[position] for row in rows] * len(dates)
    columns.update(zip(STATISTICS, by_date, strict=True))
    return pd.DataFrame(columns)


def range_end_standard_errors(values: Floats) -> dict[str, float | None]:
    """Monte Carlo standard errors of the 10th and 90th percentile of R replications.

    Maritz and Jarrett (1978), by scipy. None where there are too few replications (under 20) to
    say.
    """
    from scipy.stats.mstats import mjci

    too_few = 20
    if len(values) < too_few:
        return {"p10_se": None, "p90_se": None}
    low, high = mjci(values, prob=[0.1, 0.9])
    return {"p10_se": float(low), "p90_se": float(high)}
