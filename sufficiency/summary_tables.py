"""The tables of a run from the figures of its replications, a few cells at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.chunks import KeptFigure
from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.executors import usable_processors
from sufficiency.finance.budgets import with_budgets
from sufficiency.finance.outturn import Outturn, with_actuals
from sufficiency.measures.finance import (
    Spend,
    dearest_table,
    finance_monthly_table,
    finance_table,
)
from sufficiency.measures.monthly import (
    FLOW_ROWS,
    FORECAST_ROWS,
    GAPS,
    PROBABILITY_ROWS,
    need_rows,
)
from sufficiency.measures.rows import first_row
from sufficiency.measures.summary import (
    STATISTICS,
    labelled_summary,
    range_end_standard_errors,
    summarise_cells,
)
from sufficiency.measures.supply_tables import moves_between_table, pools_table
from sufficiency.replication import Job, Layers, layers_asked, layers_in_turn

Floats = NDArray[np.float64]

LAST_MONTH_OF_FINANCIAL_YEAR = 3
_NUMBERS_AT_ONCE = 2**21
_MOST_THREADS = 4
_FORECAST_KEYS = ("measure", "sector", "age_band")


@dataclass(frozen=True)
class RunFigures:
    """The figures of every replication of a run, wherever they are kept."""

    figures: Mapping[str, KeptFigure]
    """By the names of `Figures`' fields."""
    layer_totals: Mapping[Layers, Floats]
    """Children in care (n, T) with each layer of uncertainty off or on."""

    def spend(self, job: Job) -> Spend:
        """The nights and the money of every replication, read as they are asked for."""
        other = self.figures.get("other_money_gbp")
        return Spend(
            self.figures["nights"].by_pool,
            self.figures["cost_gbp"].by_pool,
            self.figures["extra_cost_gbp"].by_pool,
            job.surroundings.costs,
            job.surroundings.calendar,
            None if other is None else other.by_pool,
        )


def tables(job: Job, run: RunFigures, spend: Spend) -> dict[str, pd.DataFrame]:
    """The tables of a `Forecast`, by the names of its fields."""
    dates = job.surroundings.calendar.dates
    actuals = getattr(job.resolved, "actuals", None)
    rows: Mapping[str, tuple[tuple[str, ...], Sequence[tuple[str, ...]]]] = {
        "flows": (("flow", "reason", "age_band", "group"), FLOW_ROWS),
        "needs": (("need_group", "sector", "measure"), need_rows(job.surroundings.need_names)),
    }
    by_name = {
        name: labelled_summary(_summary(run.figures[name]), names, of_name, dates)
        for name, (names, of_name) in rows.items()
    }
    return {
        "forecast": forecast_table(run.figures["forecast"], dates),
        **by_name,
        "pools": _pools(job, run),
        "moves_between": moves_between_table(
            _summary(run.figures["between"]), job.surroundings.calendar
        ),
        "finance": with_budgets(finance_table(spend), Outturn(spend, actuals)),
        "finance_monthly": with_actuals(finance_monthly_table(spend), actuals),
        "dearest_placements": dearest_table(
            run.figures["dearest"].replications(), job.surroundings.calendar
        ),
        "layers": layer_table(job, run.layer_totals),
    }


def forecast_table(figure: KeptFigure, dates: Sequence[date]) -> pd.DataFrame:
    """The forecast table: what every replication has, then how often there is any gap at all.

    Probabilities stand in ``mean``; their other statistics are empty.
    """
    n_rows, n_dates = figure.shape
    often = np.full((len(STATISTICS), len(PROBABILITY_ROWS), n_dates), np.nan)
    # The block of a gap begins with the rows of all children and of each setting, as these do.
    n_gap_rows = len(PROBABILITY_ROWS) // len(GAPS)
    for number, gap in enumerate(GAPS):
        first, here = first_row(gap), slice(number * n_gap_rows, (number + 1) * n_gap_rows)
        cells = figure.cells(first * n_dates, (first + n_gap_rows) * n_dates)
        often[0, here] = (cells > 0).mean(axis=1).reshape(n_gap_rows, n_dates)
    whole = np.concatenate([_summary(figure).reshape(-1, n_rows, n_dates), often], axis=1)
    return labelled_summary(whole, _FORECAST_KEYS, (*FORECAST_ROWS, *PROBABILITY_ROWS), dates)


def _pools(job: Job, run: RunFigures) -> pd.DataFrame:
    """How full each pool is."""

    usable, occupied = run.figures["usable"].by_pool, run.figures["occupied"].by_pool
    plan = job.surroundings.costs
    return pools_table(
        plan.pool_names,
        plan.pool_sector,
        job.surroundings.calendar,
        lambda pool: usable[:, pool].T,
        lambda pool: occupied[:, pool].T,
    )


def _summary(figure: KeptFigure) -> Floats:
    """The statistics of one figure: (9, *shape)."""
    n_cells = figure.n_cells
    width = max(1, _NUMBERS_AT_ONCE // len(figure))
    summary = np.empty((len(STATISTICS), n_cells))

    def fill(first: int) -> None:
        after_last = min(first + width, n_cells)
        summary[:, first:after_last] = summarise_cells(figure.cells(first, after_last))

    with ThreadPoolExecutor(min(usable_processors(), _MOST_THREADS)) as threads:
        list(threads.map(fill, range(0, n_cells, width)))
    return summary.reshape(len(STATISTICS), *figure.shape)


def layer_table(job: Job, totals: Mapping[Layers, Floats]) -> pd.DataFrame:
    """The variance of children in care each year by layer, as each is switched on in turn."""
    calendar = job.surroundings.calendar
    steps = layers_in_turn(layers_asked(job.resolved))
    columns = ("process", *Layers._fields)
    if any(len(totals.get(step, ())) == 0 for step in steps):
        return pd.DataFrame({"date": pd.to_datetime([]), **{name: [] for name in columns}})
    last = len(calendar.dates) - 1
    yearly = sorted({*range(MONTHS_PER_YEAR, last + 1, MONTHS_PER_YEAR), last})
    variances = np.array([totals[step][:, yearly].var(axis=0, ddof=1) for step in steps])
    growth = np.diff(variances, axis=0, prepend=0.0)
    return pd.DataFrame(
        {
            "date": pd.to_datetime([calendar.dates[position] for position in yearly]),
            **dict(zip(columns, growth, strict=True)),
        }
    )


def range_precision(job: Job, run: RunFigures, spend: Spend) -> dict[str, dict[str, Any]]:
    """Monte Carlo errors of the headline ranges: stocks at the last 31 March, a full year's cost.

    The last 31 March that the forecast reaches, or its end; the last full year, if any.
    """
    calendar = job.surroundings.calendar
    marches = [
        position
        for position, day in enumerate(calendar.dates)
        if position and day.month == LAST_MONTH_OF_FINANCIAL_YEAR
    ]
    at = marches[-1] if marches else len(calendar.dates) - 1
    precision: dict[str, dict[str, Any]] = {}
    for measure in ("in_care", "in_house_shortfall", "unmet_need"):
        cell = FORECAST_ROWS.index((measure, "all", "all")) * len(calendar.dates) + at
        values = run.figures["forecast"].cells(cell, cell + 1)[0].astype(np.float64)
        precision[measure] = {
            "date": calendar.dates[at].isoformat(),
            **range_end_standard_errors(values),
        }
    years = calendar.financial_years
    full = [n for n, year in enumerate(years) if calendar.whole_months(year) == MONTHS_PER_YEAR]
    if full:
        annual = spend.annual_cost_gbp()[:, full[-1]]
        precision["cost"] = {
            "financial_year": years[full[-1]],
            **range_end_standard_errors(annual),
        }
    return precision
