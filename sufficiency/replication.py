"""One replication: a world is drawn, simulated and measured where it was simulated.

A pure function of what all replications share and of the replication's own number, so that only
figures travel between threads, processes and machines, never records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.manifest import ResolvedScenario
from sufficiency.measures.monthly import FORECAST_ROWS, Figures, Surroundings, figures
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.simulate import simulate

Floats = NDArray[np.float64]
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


def simulate_and_measure(job: Job, task: Task) -> Figures | Floats:
    """One world's figures, or only its children in care (T,) when it serves a layer."""
    parameter, drift = task.layers
    world = job.resolved.draw_world(job.seed, task.replication, parameter=parameter, drift=drift)
    record = simulate(world, job.seed, task.replication, engine=job.engine)
    measured = figures(record, world.places, job.surroundings)
    return measured if task.whole else measured.forecast[IN_CARE_ROW]
