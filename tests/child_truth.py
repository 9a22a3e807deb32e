"""A council whose rates are known, its histories, and what is published for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
from child_histories import histories_of

from sufficiency.calibration.calibrate import recent_starters
from sufficiency.calibration.children.rates import PriorRates
from sufficiency.domain import CAUSES
from sufficiency.history.returns.frames import CareHistories
from sufficiency.resolution.children import prior_rates
from sufficiency.resolution.resolve import ResolvedChildren, resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import World
from sufficiency.simulation.worlds import draw_world

AUTHORITY, START, END = "Wolverhampton", date(2013, 3, 31), date(2023, 3, 31)
"""Ten years that end where the published rates do, which the truth lies about."""
EXIT_CELLS = (1, 2, 3, 4, 10)
"""Causes by age and time in care: four reasons to leave, and being placed for adoption."""
MOVE_CELLS = tuple(range(5, 10))
LEVEL_EVENTS = 25.0
PLANNED = (5, 6, 9)
"""Planned moves, steps down and moves at 16: a return tells them apart by where they lead only."""


@dataclass(frozen=True)
class Truth:
    """A council of known rates, lived through once."""

    world: World
    prior: PriorRates
    histories: CareHistories
    record: Record


@cache
def published(in_care: int = 600) -> ResolvedChildren:
    """The forecast from published statistics that the truth departs from; entries as of late."""
    asked = scenario_for_authority(AUTHORITY, in_care=in_care, as_at=END, months=120)
    steady = asked.uncertainty.model_copy(update={"damping": False})
    return resolve_children(asked.model_copy(update={"uncertainty": steady}))


def truth(seed: int, spread: float, in_care: int = 600, further_days: int = 0) -> Truth:
    """Rates that lie about the published ones: each kind at a level of its own (sd 0.2), each
    cell about that by ``spread``. Its histories end ten years on, its record ``further_days``
    later."""
    base = published(in_care)
    prior = prior_rates(base.plan, recent_starters(base.fit))
    world = draw_world(base.plan, seed, 0, parameter=False, drift=False)
    world = replace(world, start=START, horizon_days=(END - START).days + further_days)
    per_day = prior.per_day.copy()
    rng = np.random.default_rng(seed)
    for cause in EXIT_CELLS:
        per_day[cause, :, :5] *= _factors(rng, spread, (5, 9))
    for cause in MOVE_CELLS:
        per_day[cause, :, :, :8] *= _factors(rng, spread, (6, 8))[:, None, :]
    world = replace(world, hazards=replace(world.hazards, per_day=per_day, also_by_care=None))
    record = simulate(world, seed, 0, engine="compiled")
    children = children_of(world, Draws(seed, 0))
    return Truth(world, prior, histories_of(record, children, START, END), record)


def _factors(rng: np.random.Generator, spread: float, shape: tuple[int, ...]) -> np.ndarray:
    own = rng.gamma(spread**-2, spread**2, shape) if spread > 0 else np.ones(shape)
    return own * rng.gamma(LEVEL_EVENTS, 1 / LEVEL_EVENTS)


def cell_rates(per_day: np.ndarray, prior: PriorRates, days: np.ndarray) -> dict[str, np.ndarray]:
    """Expected events by cell over some child-days (7, 6, 10, 8): each kind of event by name."""
    factor = (prior.need_factor @ prior.need_of_setting.T)[:, :6]
    in_care = days[:6, ..., :9, :].sum(-1)[:, :5]
    in_placement = days[:6].sum(axis=2)
    found: dict[str, np.ndarray] = {}
    for cause in EXIT_CELLS:
        rate = per_day[cause] * factor[cause][:, None, None]
        found[CAUSES[cause]] = (in_care * rate[:, :5]).sum(axis=0)
    for cause in MOVE_CELLS:
        rate = per_day[cause] * factor[cause][:, None, None]
        name = "planned" if cause in PLANNED else CAUSES[cause]
        cells = (in_placement * rate[..., :8]).sum(axis=1)
        found[name] = found.get(name, 0) + cells
    return found
