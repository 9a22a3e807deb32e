"""Some replications: worlds are drawn, simulated and measured where they were simulated.

A pure function of what all replications share and of the replications' own numbers, so that only
figures travel between threads, processes and machines, never records, and no result depends on
how replications are put together in chunks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.manifest import ResolvedScenario
from sufficiency.measures.dates import dates_of
from sufficiency.measures.monthly import (
    FORECAST_ROWS,
    Figures,
    Measuring,
    Surroundings,
    set_children_in_care,
)
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.stories import stories_table
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import World

Counts = NDArray[np.float32]


class Layers(NamedTuple):
    """Which layers of uncertainty are on; chance always is."""

    parameter: bool
    """Rates are drawn from what the data allow, else they are their means."""
    drift: bool
    """Rates change from year to year, else they stay."""
    effects: bool = False
    """Effects of interventions are drawn from their distributions, else they are their means."""


IN_CARE_ROW = FORECAST_ROWS.index(("in_care", "all", "all"))


@dataclass(frozen=True)
class Job:
    """What all replications share."""

    resolved: ResolvedScenario
    surroundings: Surroundings
    seed: int
    engine: str


def surroundings_of(resolved: ResolvedScenario) -> Surroundings:
    """What is measured around a record of this scenario: its dates, prices and shares."""
    population = resolved.population_0_17
    places = resolved.draw_world(0, 0, parameter=False, drift=False).places
    return Surroundings(
        calendar=report_calendar(resolved.start, resolved.months),
        costs=resolved.costs,
        outside_area_share=np.asarray(resolved.shares["outside_area_share"], dtype=np.float64),
        over_20_miles_share=np.asarray(resolved.shares["over_20_miles_share"], dtype=np.float64),
        population_0_17=math.nan if population is None else float(population),
        need_names=places.need_names,
    )


def layers_asked(resolved: ResolvedScenario) -> Layers:
    """The layers of a scenario's forecast: those it does not switch off.

    Effects of interventions count as a layer only where a scenario has an effect that is drawn.
    """
    uncertainty: Any = resolved.scenario.uncertainty
    drawn = bool(getattr(resolved, "has_drawn_effects", False))
    return Layers(uncertainty.parameter, uncertainty.drift, drawn)


def layers_in_turn(asked: Layers) -> tuple[Layers, Layers, Layers, Layers]:
    """Chance alone, then with parameter uncertainty, drift and effects, if asked, in that order."""
    return (
        Layers(False, False),
        Layers(asked.parameter, False),
        Layers(asked.parameter, asked.drift),
        asked,
    )


def stories_of(job: Job, layers: Layers) -> pd.DataFrame:
    """A few lives of the first replication, of children who come into care after the start."""
    world, record = next(_simulated(job, [0], layers))
    return stories_table(record, world.places, job.surroundings.calendar.start)


def measure_chunk(job: Job, numbers: Sequence[int], layers: Layers) -> Figures:
    """The figures of the replications with these numbers (at least one), in their order.

    Every array of `Figures` has the replications as its first axis. May be called from several
    threads at once.
    """
    futures = _simulated(job, numbers, layers)
    world, _ = first = next(futures)
    measuring = Measuring(job.surroundings, world.places)
    measured = measuring.room(len(numbers))
    for position, (world, record) in enumerate(chain([first], futures)):
        measuring.set_figures(record, measured, world, position)
    return measured


def children_in_care_chunk(job: Job, numbers: Sequence[int], layers: Layers) -> Counts:
    """Children in care on each report date in the replications with these numbers: (n, T)."""
    dates = dates_of(job.surroundings.calendar)
    totals = np.empty((len(numbers), len(dates.days)), dtype=np.float32)
    for position, (_, record) in enumerate(_simulated(job, numbers, layers)):
        set_children_in_care(record, dates, totals[position])
    return totals


def _simulated(job: Job, numbers: Sequence[int], layers: Layers) -> Iterator[tuple[World, Record]]:
    """What happened in each replication, in their order, and the world it happened in."""
    on = Layers(*layers)
    worlds = job.resolved.draw_worlds(
        job.seed, numbers, parameter=on.parameter, drift=on.drift, effects=on.effects
    )
    for number, world in zip(numbers, worlds, strict=True):
        yield world, simulate(world, job.seed, number, engine=job.engine)
