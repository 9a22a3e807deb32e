"""Lives without chance: what happens is certain at given times and impossible otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from worlds import N_NEEDS, START, cohort, hazards

from sufficiency.domain import CAUSES, DAYS_PER_YEAR, MOVE_REASONS, TICK
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import Floats, Hazards, Places, StartingCohort, World

PLANNED, STEPS_DOWN, UNPLANNED, CARER_ENDS = (
    MOVE_REASONS.index(reason)
    for reason in ("planned", "step_down", "unplanned_ending", "carer_ends")
)
CERTAIN_PER_DAY = 1e9
Life = list[tuple[float, float, int, int, int]]


def on_days(
    destination: Floats | None = None, need: dict[str, Sequence[int]] | None = None, **days: float
) -> Hazards:
    """Hazards that are spent for certain at exactly the given time of each cause.

    ``need`` limits a cause to need groups.
    """
    starts = sorted({0.0, *(day - TICK for day in days.values()), *days.values()})
    factor = {
        cause: [1.0 if start == day - TICK else 0.0 for start in starts]
        for cause, day in days.items()
    }
    certain = hazards(
        dict.fromkeys(days, CERTAIN_PER_DAY),
        calendar=tuple(starts),
        calendar_factor=factor,
        destination=destination,
    )
    for cause, groups in (need or {}).items():
        certain.need_factor[CAUSES.index(cause)] = np.isin(np.arange(N_NEEDS), groups)
    return certain


def always_to(need: int) -> Floats:
    """Every move leads to one need group."""
    to = np.zeros((len(MOVE_REASONS), 2, N_NEEDS, N_NEEDS))
    to[..., need] = 1.0
    return to


def life(record: Record, child: int = 0) -> Life:
    """From, to, pool, why it began and why it ended, of each spell."""
    spells = record.spells[record.spells["child"] == child]
    columns = ("from_time", "to_time", "pool", "began", "ended")
    return [tuple(spell[name].item() for name in columns) for spell in spells]


def one_life(world: World) -> Life:
    return life(simulate(world, 1, 0))


def pools_of(record: Record, child: int) -> list[int]:
    """Where a child lives, one spell after the other."""
    return [spell[2] for spell in life(record, child)]


def born_on(day: date, n: int = 1) -> StartingCohort:
    """Children of one date of birth."""
    age = (START - day).days
    group = int(np.searchsorted([1, 5, 10, 16], age / DAYS_PER_YEAR, "right"))
    return cohort(n, age_group=group, age_days=float(age))


def settling(plain: Places, days: float) -> Places:
    return replace(plain, settling_days=days)
