"""From a base to all its changes together, one step a change: what drives the difference.

Up to `MOST_IN_ALL_ORDERS` changes are entered in every order and each is given what it adds on
average (see `sufficiency.comparison.shapley`), which takes a simulation of every set of changes.
More are entered one after another as they are listed. Everything is done future by future, so a
step has a range, and in each future the steps add up to the whole difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.comparison.changes import Change
from sufficiency.comparison.paired import ADDED_UP, years_of_months
from sufficiency.comparison.shapley import in_listed_order, shapley_values
from sufficiency.comparison.totals import COST, cost_by_setting_gbp
from sufficiency.measures.monthly import ALL, FORECAST_ROWS, Figures, Surroundings
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.summary import STATISTICS, summarise_cells

Floats = NDArray[np.float64]

MOST_IN_ALL_ORDERS = 5
EXPLAINED = ("in_care", "in_house_shortfall", "unmet_need", COST)
"""What is explained, all children together."""
BASE, CHANGE, COMBINATION = "base", "change", "combination"
ALL_ORDERS, LISTED_ORDER = "in all orders, averaged", "as listed"
COLUMNS: tuple[str, ...] = (
    *("combination", "base", "entered", "step", "change", "kind"),
    *("date", "financial_year", "months", "measure"),
    *STATISTICS,
    "standard_error",
)


@dataclass(frozen=True)
class Steps:
    """What each of n changes adds in every future, from the base to the combination."""

    base: str
    combination: str
    changes: tuple[str, ...]
    in_all_orders: bool
    calendar: ReportCalendar
    values: Mapping[str, Floats]
    """By measure of `EXPLAINED`: (n + 2, T, R), the base, what each change adds, and all of them
    together; what a month cost stands at its end."""


def sets_to_run(n_changes: int) -> tuple[tuple[int, ...], ...]:
    """Which changes are entered in each simulation that the steps of n changes need.

    In the order that `steps_of` wants: every set, by the bits of its position, or the first k for
    each k from 0 to n where there are more than `MOST_IN_ALL_ORDERS`.
    """
    if n_changes > MOST_IN_ALL_ORDERS:
        return tuple(tuple(range(k)) for k in range(n_changes + 1))
    return tuple(
        tuple(change for change in range(n_changes) if each >> change & 1)
        for each in range(2**n_changes)
    )


def explained_rows(figures: Figures, around: Surroundings, /) -> Mapping[str, NDArray[Any]]:
    """Wanted of a simulation that only explains: the measures of `EXPLAINED`, (n, T) each."""
    found = {
        measure: figures.forecast[:, FORECAST_ROWS.index((measure, ALL, ALL))]
        for measure in EXPLAINED
        if measure != COST
    }
    monthly = cost_by_setting_gbp(figures, around)[:, 0]
    return {**found, COST: np.concatenate([np.full_like(monthly[:, :1], np.nan), monthly], axis=1)}


def steps_of(
    base: str,
    combination: str,
    changes: Sequence[Change],
    outcomes: Mapping[str, Floats],
    calendar: ReportCalendar,
) -> Steps:
    """The steps from the outcomes of every set of `sets_to_run`.

    Args:
        base: the name of the scenario without any change.
        combination: the name of the scenario with all of them.
        changes: the n changes, in their order.
        outcomes: by measure of `EXPLAINED`, (sets, T, R).
        calendar: the T report dates.
    """
    in_all_orders = len(changes) <= MOST_IN_ALL_ORDERS
    added = shapley_values if in_all_orders else in_listed_order
    return Steps(
        base,
        combination,
        tuple(change.name for change in changes),
        in_all_orders,
        calendar,
        {
            measure: np.concatenate([sets[:1], added(sets), sets[-1:]])
            for measure, sets in outcomes.items()
        },
    )


def waterfall_table(steps: Steps) -> pd.DataFrame:
    """The steps on every date, and of money over every financial year: columns `COLUMNS`.

    ``kind`` is ``base``, ``change`` or ``combination``; ``entered`` says whether changes were
    entered in all orders and averaged, or as listed. The ``mean`` of the base and of the changes
    add up to that of the combination; percentiles do not.
    """
    names = (steps.base, *steps.changes, steps.combination)
    kinds = (BASE, *([CHANGE] * len(steps.changes)), COMBINATION)
    calendar = steps.calendar
    dates = pd.to_datetime(list(calendar.dates))
    blocks = []
    for measure, values in steps.values.items():
        for position, (name, kind) in enumerate(zip(names, kinds, strict=True)):
            about = {"step": position, "change": name, "kind": kind, "measure": measure}
            by_date = {"date": dates, "financial_year": "", "months": pd.NA}
            blocks.append(_block(about | by_date, values[position]))
            if measure in ADDED_UP:
                sums = years_of_months(calendar) @ values[position][1:]
                years = list(calendar.financial_years)
                months = [calendar.whole_months(year) for year in years]
                by_year = {"date": pd.NaT, "financial_year": years, "months": months}
                blocks.append(_block(about | by_year, sums))
    table = pd.concat(blocks, ignore_index=True)
    table["months"] = table["months"].astype("Int64")
    table["combination"], table["base"] = steps.combination, steps.base
    table["entered"] = ALL_ORDERS if steps.in_all_orders else LISTED_ORDER
    return table[list(COLUMNS)]


def _block(labels: Mapping[str, Any], values: Floats) -> pd.DataFrame:
    """The rows of one step of one measure: (times, R) summed up."""
    statistics = summarise_cells(values)
    n_futures = values.shape[-1]
    block = pd.DataFrame(dict(zip(STATISTICS, statistics, strict=True)))
    block["standard_error"] = block["sd"] / np.sqrt(n_futures)
    for name, label in labels.items():
        block[name] = (
            pd.Series(label, index=block.index, dtype=object) if name == "months" else label
        )
    block["date"] = pd.to_datetime(block["date"])
    return block
