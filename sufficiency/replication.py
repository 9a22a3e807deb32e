"""Some replications: worlds are drawn, simulated and measured where they were simulated.

A pure function of what all replications share and of the replications' own numbers, so that only
figures travel between threads, processes and machines, never records, and no result depends on
how replications are put together in chunks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sufficiency.manifest import ResolvedScenario
from sufficiency.measures.monthly import FORECAST_ROWS, Figures, Surroundings, figures
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.simulate import simulate

Floats = NDArray[np.float64]
Counts = NDArray[np.float32]
Layers = tuple[bool, bool]
"""Whether parameter uncertainty and drift are on; chance always is."""

IN_CARE_ROW = FORECAST_ROWS.index(("in_care", "all", "all"))


@dataclass(frozen=True)
class Job:
    """What all replications share."""

    resolved: ResolvedScenario
    surroundings: Surroundings
    seed: int
    engine: str


@dataclass(frozen=True)
class Task:
    """One replication, measured whole or for its children in care alone."""

    replication: int
    layers: Layers
    whole: bool


def surroundings_of(resolved: ResolvedScenario) -> Surroundings:
    """What is measured around a record of this scenario: its dates, prices and shares."""
    population = resolved.population_0_17
    return Surroundings(
        calendar=report_calendar(resolved.start, resolved.months),
        costs=resolved.costs,
        outside_area_share=np.asarray(resolved.shares["outside_area_share"], dtype=np.float64),
        over_20_miles_share=np.asarray(resolved.shares["over_20_miles_share"], dtype=np.float64),
        population_0_17=math.nan if population is None else float(population),
    )


def measure_chunk(job: Job, numbers: Sequence[int], layers: Layers) -> Figures:
    """The figures of the replications with these numbers, in their order.

    Every array of `Figures` has the replications as its first axis. May be called from several
    threads at once.
    """
    measured = [_figures(job, number, layers) for number in numbers]
    return Figures(
        **{
            field.name: np.stack([getattr(one, field.name) for one in measured])
            for field in fields(Figures)
        }
    )


def children_in_care_chunk(job: Job, numbers: Sequence[int], layers: Layers) -> Counts:
    """Children in care on each report date in the replications with these numbers: (n, T)."""
    totals = [_figures(job, number, layers).forecast[IN_CARE_ROW] for number in numbers]
    return np.stack(totals).astype(np.float32)


def simulate_and_measure(job: Job, task: Task) -> Figures | Floats:
    """One world's figures, or only its children in care (T,) when it serves a layer."""
    measured = _figures(job, task.replication, task.layers)
    return measured if task.whole else measured.forecast[IN_CARE_ROW].astype(np.float64)


def _figures(job: Job, number: int, layers: Layers) -> Figures:
    parameter, drift = layers
    world = job.resolved.draw_world(job.seed, number, parameter=parameter, drift=drift)
    record = simulate(world, job.seed, number, engine=job.engine)
    return figures(record, world.places, job.surroundings)
