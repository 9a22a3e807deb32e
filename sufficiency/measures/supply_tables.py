"""Tables of how full places are, and of moves between settings, from R replications."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS
from sufficiency.measures.histories import DESTINATIONS, ORIGINS
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.summary import STATISTICS, summarise_cells

Floats = NDArray[np.float64]
Cells = Callable[[int], NDArray[np.floating]]

FREE, FULL = "free", "full_probability"
POOL_MEASURES = ("places", "occupied", FREE, FULL)


def pools_table(
    pool_names: Sequence[str],
    pool_sector: Sequence[int],
    calendar: ReportCalendar,
    usable: Cells,
    occupied: Cells,
) -> pd.DataFrame:
    """How full each pool is on each report date.

    Args:
        pool_names: (P,) names.
        pool_sector: (P,) codes.
        calendar: the T report dates.
        usable: of a pool, (T, R) usable places; NaN without a limit.
        occupied: of a pool, (T, R) places taken, those held after a child turned 18 too.

    Returns:
        ``date, sector, pool, measure``, then the statistics, for `POOL_MEASURES`: ``free`` are
        usable places that nobody has (never below 0); ``full_probability`` is the share of
        replications in which there is none, in ``mean``. Empty where a pool has no limit, but for
        ``occupied``.
    """
    summary = np.full(
        (len(STATISTICS), len(pool_names), len(POOL_MEASURES), len(calendar.days)), 0.0
    )
    for pool in range(len(pool_names)):
        places, taken = usable(pool).astype(np.float64), occupied(pool).astype(np.float64)
        free = np.maximum(places - taken, 0.0)
        for number, values in enumerate((places, taken, free)):
            summary[:, pool, number] = summarise_cells(values)
        full = np.where(np.isnan(free), np.nan, free <= 0).mean(axis=1)
        summary[:, pool, -1] = np.nan
        summary[0, pool, -1] = full
    return _labelled(summary, pool_names, pool_sector, calendar)


def _labelled(
    summary: Floats,
    pool_names: Sequence[str],
    pool_sector: Sequence[int],
    calendar: ReportCalendar,
) -> pd.DataFrame:
    """(9, P, measures, T) as a table in order of date, pool and measure."""
    n_dates, n_pools, n_measures = len(calendar.days), len(pool_names), len(POOL_MEASURES)
    sectors = [str(SETTINGS[code]) for code in pool_sector]
    days = pd.to_datetime(list(calendar.dates)).to_numpy()
    columns = {
        "date": np.repeat(days, n_pools * n_measures),
        "sector": np.tile(np.repeat(sectors, n_measures), n_dates),
        "pool": np.tile(np.repeat(list(pool_names), n_measures), n_dates),
        "measure": np.tile(POOL_MEASURES, n_dates * n_pools),
    }
    by_date = np.moveaxis(summary, -1, 1).reshape(len(STATISTICS), -1)
    return pd.DataFrame({**columns, **dict(zip(STATISTICS, by_date, strict=True))})


def moves_between_table(summary: Floats, calendar: ReportCalendar) -> pd.DataFrame:
    """Moves between settings by financial year.

    ``summary`` is (9, 8, 8, Y) in the order of `ORIGINS` and `DESTINATIONS`. Columns:
    ``financial_year, months, from_sector, to_sector``, then the statistics. Coming into care and
    leaving it are moves too (``came_into_care``, ``left_care``), so what comes to a setting and
    what goes from it, less each other, is its growth.
    """
    rows = [
        (year, calendar.whole_months(year), origin, destination, *summary[:, row, column, number])
        for number, year in enumerate(calendar.financial_years)
        for row, origin in enumerate(ORIGINS)
        for column, destination in enumerate(DESTINATIONS)
        if row or column
    ]
    names = ("financial_year", "months", "from_sector", "to_sector", *STATISTICS)
    return pd.DataFrame(rows, columns=list(names))
