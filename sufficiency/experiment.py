"""One scenario in many simulated worlds: replications, layers of uncertainty, a forecast.

Each replication is one function of the scenario, the seed and its own number. It is measured
where it was simulated, so that only figures travel between processes, never records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sufficiency
from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.errors import UserError
from sufficiency.forecast import Forecast, ReplicationValues
from sufficiency.manifest import ResolvedScenario, about_the_scenario, dated_records
from sufficiency.measures.finance import (
    Spend,
    finance_monthly_table,
    finance_table,
)
from sufficiency.measures.monthly import (
    FLOW_ROWS,
    FORECAST_ROWS,
    NEED_ROWS,
    Figures,
    Surroundings,
)
from sufficiency.measures.nights import BASES
from sufficiency.measures.summary import range_end_standard_errors, summary_table
from sufficiency.replication import (
    IN_CARE_ROW,
    Job,
    Layers,
    Task,
    simulate_and_measure,
    surroundings_of,
)
from sufficiency.simulation.simulate import (
    DEFAULT_ENGINE,
    ENGINES,
    engine_here,
    must_compile,
    why_another_engine,
)
from sufficiency.workers import usable_processors, work_out

__all__ = ["Forecast", "ResolvedScenario", "run", "simulate_scenario"]

Floats = NDArray[np.float64]
Counts = NDArray[np.float32]
Progress = Callable[[int, int], None]
MOST_LAYER_REPLICATIONS = 100
FEWEST_LAYER_REPLICATIONS = 20
"""The variance of fewer worlds says too little to be split into layers."""
HIGHEST_SEED = 2**64 - 1
LAST_MONTH_OF_FINANCIAL_YEAR = 3


@dataclass(frozen=True)
class _Results:
    """R replications' figures, in the order of their numbers; shapes as in `Figures`."""

    forecast: Floats
    flows: Counts
    needs: Counts
    nights: Floats
    extra_cost_gbp: Floats
    layer_totals: Mapping[Layers, Floats]
    """Children in care (n, T) with parameter and drift uncertainty off or on."""


def simulate_scenario(
    scenario: Any,
    *,
    replications: int = 200,
    seed: int = 1,
    engine: str = DEFAULT_ENGINE,
    workers: int = 1,
) -> Forecast:
    """Forecast a scenario from Python; also known as `sufficiency.simulate`.

    One worker by default, because more need the calling script to guard its entry by
    ``if __name__ == "__main__"``. Raises what `run` raises, and `UserError` for a scenario that
    cannot be resolved.
    """
    from sufficiency.resolution.resolve import resolve

    return run(
        resolve(scenario), replications=replications, seed=seed, workers=workers, engine=engine
    )


def run(
    resolved: ResolvedScenario,
    *,
    replications: int,
    seed: int,
    workers: int | None = None,
    engine: str = DEFAULT_ENGINE,
    progress: Progress | None = None,
    command: str = "",
) -> Forecast:
    """Simulate and measure ``replications`` worlds of a scenario.

    The result does not depend on ``workers`` (default: every processor). ``progress`` is told
    how many worlds are done, of how many. ``command`` is what the user typed, for the manifest.
    Raises `UserError` for a number that makes no sense.
    """
    n_workers = usable_processors() if workers is None else workers
    _check(replications, seed, n_workers, engine)
    started_at, clock = datetime.now(UTC), time.perf_counter()
    job = Job(resolved, surroundings_of(resolved), seed, engine_here(engine))
    if must_compile(engine):
        # Once here, and not in every worker at the same time.
        simulate_and_measure(job, Task(0, (False, False), whole=False))
    results = _replicate(job, replications, n_workers, progress)
    simulated = time.perf_counter()
    tables = _tables(job, results)
    about_the_run = {
        "package_version": sufficiency.__version__,
        "command": command,
        "seed": seed,
        "replications": replications,
        "engine": job.engine,
        "workers": n_workers,
        "started_at": started_at.isoformat(timespec="seconds"),
        "timings_s": {
            "simulate": round(simulated - clock, 3),
            "summarise": round(time.perf_counter() - simulated, 3),
        },
        "monte_carlo": _range_precision(job, results),
        "uncertainty_layers": dated_records(tables["layers"]),
    }
    manifest = {**about_the_run, **about_the_scenario(resolved, job.surroundings.calendar)}
    manifest["warnings"] += why_another_engine(engine)
    return Forecast(
        manifest=manifest,
        replication_values=ReplicationValues(
            resolved.scenario.name, results.forecast, job.surroundings.calendar.dates
        ),
        **tables,
    )


def _check(replications: int, seed: int, workers: int, engine: str) -> None:
    numbers = {"replications": (replications, 1), "seed": (seed, 0), "workers": (workers, 1)}
    for name, (found, least) in numbers.items():
        if found < least:
            raise UserError(f"{name}: found {found}, expected a whole number from {least} up.")
    if seed > HIGHEST_SEED:
        raise UserError(f"seed: found {seed}, expected a whole number up to {HIGHEST_SEED}.")
    if engine not in ENGINES:
        raise UserError(f"engine: found {engine!r}, expected one of {', '.join(ENGINES)}.")


def _replicate(job: Job, replications: int, workers: int, progress: Progress | None) -> _Results:
    """Work out every replication, and the layers of uncertainty if they are asked for."""
    uncertainty = job.resolved.scenario.uncertainty
    as_asked = (uncertainty.parameter, uncertainty.drift)
    split = uncertainty.layers and replications >= FEWEST_LAYER_REPLICATIONS
    n_layer = min(replications, MOST_LAYER_REPLICATIONS) if split else 0
    fewer_layers = dict.fromkeys(
        layer for layer in ((False, False), (uncertainty.parameter, False)) if layer != as_asked
    )
    tasks = [Task(number, as_asked, whole=True) for number in range(replications)]
    tasks += [
        Task(number, layer, whole=False) for layer in fewer_layers for number in range(n_layer)
    ]
    results = _room_for(job.surroundings, replications)
    totals = {
        layer: np.empty((n_layer, len(job.surroundings.calendar.days))) for layer in fewer_layers
    }
    # Closing ends the workers at once, also when Ctrl-C is heard between two results.
    with closing(work_out(simulate_and_measure, job, tasks, workers)) as by_position:
        for done, (position, result) in enumerate(by_position, start=1):
            task = tasks[position]
            if isinstance(result, Figures):
                _put(result, results, task.replication)
            else:
                totals[task.layers][task.replication] = result
            if progress is not None:
                progress(done, len(tasks))
    totals[as_asked] = results.forecast[:n_layer, IN_CARE_ROW]
    return replace(results, layer_totals=totals)


def _room_for(surroundings: Surroundings, replications: int) -> _Results:
    """Empty arrays for the figures of every replication."""
    n_dates = len(surroundings.calendar.days)
    n_settings = len(surroundings.costs.line_settings)
    return _Results(
        forecast=np.empty((replications, len(FORECAST_ROWS), n_dates)),
        flows=np.empty((replications, len(FLOW_ROWS), n_dates), dtype=np.float32),
        needs=np.empty((replications, len(NEED_ROWS), n_dates), dtype=np.float32),
        nights=np.empty((replications, len(BASES), n_settings, n_dates - 1)),
        extra_cost_gbp=np.empty((replications, n_settings, n_dates - 1)),
        layer_totals={},
    )


def _put(measured: Figures, results: _Results, replication: int) -> None:
    results.forecast[replication] = measured.forecast
    results.flows[replication] = measured.flows
    results.needs[replication] = measured.needs
    results.nights[replication] = measured.nights
    results.extra_cost_gbp[replication] = measured.extra_cost_gbp


def _spend(job: Job, results: _Results) -> Spend:
    surroundings = job.surroundings
    return Spend(results.nights, results.extra_cost_gbp, surroundings.costs, surroundings.calendar)


def _tables(job: Job, results: _Results) -> dict[str, pd.DataFrame]:
    """The tables of a `Forecast`, by the names of its fields."""
    dates = job.surroundings.calendar.dates
    spend = _spend(job, results)
    return {
        "forecast": summary_table(
            results.forecast, ("measure", "sector", "age_band"), FORECAST_ROWS, dates
        ),
        "flows": summary_table(
            results.flows, ("flow", "reason", "age_band", "group"), FLOW_ROWS, dates
        ),
        "needs": summary_table(
            results.needs, ("need_group", "sector", "measure"), NEED_ROWS, dates
        ),
        "finance": finance_table(spend),
        "finance_monthly": finance_monthly_table(spend),
        "layers": _layer_table(job, results.layer_totals),
    }


def _layer_table(job: Job, totals: Mapping[Layers, Floats]) -> pd.DataFrame:
    """The variance of children in care each year by layer, as each is switched on in turn."""
    uncertainty = job.resolved.scenario.uncertainty
    calendar = job.surroundings.calendar
    steps = (
        (False, False),
        (uncertainty.parameter, False),
        (uncertainty.parameter, uncertainty.drift),
    )
    columns = ("process", "parameter", "drift")
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


def _range_precision(job: Job, results: _Results) -> dict[str, dict[str, Any]]:
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
        values = results.forecast[:, FORECAST_ROWS.index((measure, "all", "all")), at]
        precision[measure] = {
            "date": calendar.dates[at].isoformat(),
            **range_end_standard_errors(values),
        }
    years = calendar.financial_years
    full = [n for n, year in enumerate(years) if calendar.whole_months(year) == MONTHS_PER_YEAR]
    if full:
        annual = _spend(job, results).annual_cost_gbp()[:, full[-1]]
        precision["cost"] = {
            "financial_year": years[full[-1]],
            **range_end_standard_errors(annual),
        }
    return precision
