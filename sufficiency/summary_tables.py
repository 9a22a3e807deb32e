"""The tables of a run from the figures of its replications, a few cells at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.chunks import KeptFigure
from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.executors import usable_processors
from sufficiency.finance.budgets import with_budgets
from sufficiency.finance.outturn import Outturn, with_actuals
from sufficiency.measures.finance import Spend, finance_monthly_table, finance_table
from sufficiency.measures.monthly import FLOW_ROWS, FORECAST_ROWS, NEED_ROWS
from sufficiency.measures.summary import (
    STATISTICS,
    labelled_summary,
    range_end_standard_errors,
    summarise_cells,
)
from sufficiency.replication import Job, Layers, layers_asked, layers_in_turn

Floats = NDArray[np.float64]

LAST_MONTH_OF_FINANCIAL_YEAR = 3
_NUMBERS_AT_ONCE = 2**21
_MOST_THREADS = 4
_ROWS: Mapping[str, tuple[tuple[str, ...], Sequence[tuple[str, ...]]]] = {
    "forecast": (("measure", "sector", "age_band"), FORECAST_ROWS),
    "flows": (("flow", "reason", "age_band", "group"), FLOW_ROWS),
    "needs": (("need_group", "sector", "measure"), NEED_ROWS),
}


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
    by_name = {
        name: labelled_summary(_summary(run.figures[name]), names, rows, dates)
        for name, (names, rows) in _ROWS.items()
    }
    return {
        **by_name,
        "finance": with_budgets(finance_table(spend), Outturn(spend, actuals)),
        "finance_monthly": with_actuals(finance_monthly_table(spend), actuals),
        "layers": layer_table(job, run.layer_totals),
    }


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
