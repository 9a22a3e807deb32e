"""The tables of a comparison: what each scenario changes, how sure that is, and each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.comparison.paired import ADDED_UP, Paired, Sides, years_of_months
from sufficiency.comparison.values import Row, ScenarioValues
from sufficiency.executors import usable_processors
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.summary import STATISTICS, summarise_cells

Floats = NDArray[np.float64]

WHEN = ("date", "financial_year", "months", "measure", "sector", "age_band")
SURENESS = ("standard_error", "times_as_sure")
CHANCES = ("probability_lower", "probability_higher")
BOTH_MEANS = ("base_mean", "scenario_mean")
COMPARISON_COLUMNS: tuple[str, ...] = (
    *("scenario", "base", *WHEN),
    *STATISTICS,
    *SURENESS,
    *CHANCES,
    *BOTH_MEANS,
)
SCENARIOS_COLUMNS: tuple[str, ...] = ("scenario", *WHEN, *STATISTICS)
_MOST_THREADS = 4


def comparison_table(pairs: Sequence[Paired]) -> pd.DataFrame:
    """What each scenario changes: a row for each figure on each date, and for each sum of a year.

    Columns: `COMPARISON_COLUMNS`. The statistics are of the difference, scenario less base, in the
    same future. ``date`` is a report date and the statistics those of that date, or of the month
    that ends on it for flows and ``cost``; or ``date`` is empty and they are of the sum over the
    ``months`` of a ``financial_year`` in the forecast, taken future by future. ``standard_error``
    is that of ``mean`` for want of more futures; ``times_as_sure`` how many times larger it would
    be had both been forecast apart, empty where no future differs. ``probability_lower`` and
    ``_higher`` are shares of the futures. Children; GBP for ``cost``.
    """
    parts = []
    for pair in pairs:
        blocks = _blocks(pair.rows, pair.sides, pair.by_year, _compared)
        table = _joined(blocks, pair.rows, pair.calendar, COMPARISON_COLUMNS[8:])
        table.insert(0, "base", pair.base.name)
        table.insert(0, "scenario", pair.other.name)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def scenarios_table(scenarios: Sequence[ScenarioValues]) -> pd.DataFrame:
    """Each scenario by itself, in the same rows: columns `SCENARIOS_COLUMNS`."""
    parts = []
    for values in scenarios:
        calendar = values.calendar
        in_year = years_of_months(calendar)

        def by_year(*row: str, values: ScenarioValues = values, sums: Floats = in_year) -> Floats:
            return np.asarray(sums @ values.of(*row)[1:])

        blocks = _blocks(values.all_rows, values.of, by_year, summarise_cells)
        table = _joined(blocks, values.all_rows, calendar, STATISTICS)
        table.insert(0, "scenario", values.name)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _blocks(
    rows: Sequence[Row],
    by_date: Callable[..., Any],
    by_year: Callable[..., Any],
    summed_up: Callable[[Any], Floats],
) -> tuple[Floats, Floats]:
    """Statistics of every row by date (rows, statistics, T), then of sums by financial year."""

    def of_dates(row: Row) -> Floats:
        return summed_up(by_date(*row))

    def of_years(row: Row) -> Floats:
        return summed_up(by_year(*row))

    with ThreadPoolExecutor(min(usable_processors(), _MOST_THREADS)) as threads:
        dates = np.stack(list(threads.map(of_dates, rows)))
        years = np.stack(list(threads.map(of_years, _added_up(rows))))
    return dates, years


def _compared(sides: Sides) -> Floats:
    """Statistics of differences (n, R), in the order of the columns: (15, n)."""
    difference = sides.difference
    n_futures = difference.shape[-1]
    statistics = summarise_cells(difference)
    sd = statistics[STATISTICS.index("sd")]
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.sqrt(_variance(sides.base) + _variance(sides.other))
        surer = np.where(sd > 0, apart / sd, np.nan)
        known = np.where(np.isnan(statistics[0]), np.nan, 1.0)
        lower = (difference < 0).mean(axis=-1) * known
        higher = (difference > 0).mean(axis=-1) * known
    return np.stack(
        [
            *statistics,
            sd / np.sqrt(n_futures),
            surer,
            lower,
            higher,
            sides.base.mean(axis=-1),
            sides.other.mean(axis=-1),
        ]
    )


def _variance(values: Floats) -> Floats:
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan)
    return np.asarray(values.var(axis=-1, ddof=1))


def _joined(
    blocks: tuple[Floats, Floats],
    rows: Sequence[Row],
    calendar: ReportCalendar,
    columns: Iterable[str],
) -> pd.DataFrame:
    """Rows by date, then by year, in order of time and then of ``rows``."""
    dates, years = blocks
    added_up = _added_up(rows)
    n_dates, names = len(calendar.dates), calendar.financial_years
    days = pd.to_datetime(list(calendar.dates)).to_numpy()
    nothing = np.array("NaT", dtype=days.dtype)
    n_by_year = len(names) * len(added_up)
    labels = [*rows] * n_dates + [*added_up] * len(names)
    months = [calendar.whole_months(name) for name in names]
    empty = n_dates * len(rows)
    values = np.concatenate([_in_time(dates), _in_time(years)], axis=1)
    return pd.DataFrame(
        {
            "date": np.concatenate([np.repeat(days, len(rows)), np.repeat(nothing, n_by_year)]),
            "financial_year": [*([""] * empty), *np.repeat(list(names), len(added_up))],
            "months": pd.array(
                [*([pd.NA] * empty), *np.repeat(months, len(added_up)).tolist()], dtype="Int64"
            ),
            "measure": [row[0] for row in labels],
            "sector": [row[1] for row in labels],
            "age_band": [row[2] for row in labels],
            **dict(zip(columns, values, strict=True)),
        }
    )


def _in_time(block: Floats) -> Floats:
    """(rows, statistics, times) as (statistics, times x rows)."""
    turned = np.transpose(block, (1, 2, 0))
    return turned.reshape(len(turned), -1)


def _added_up(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row[0] in ADDED_UP]
