"""Places that can do whatever places can, drawn for tests that must hold in any world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
from hypothesis import strategies as st
from worlds import N_AGES, N_NEEDS, N_SECTORS

from sufficiency.domain import TICK
from sufficiency.simulation.world import Emergencies, Places, StepDown


@st.composite
def with_all_that_places_can_do(
    draw: st.DrawFn, plain: Places, days: int, tied_days: Sequence[float] = ()
) -> Places:
    """Any of it, or nothing; ``tied_days`` are among those on which a programme has a slot."""
    # Whole numbers that are drawn repeat themselves, what else was drawn of a world does so less.
    drawn = (plain.preference, plain.usable_at_start, plain.change_time)
    about = crc32(b"".join(table.tobytes() for table in drawn))
    chance = np.random.default_rng([draw(st.integers(0, 10**9)), about])
    pools, changes = len(plain.pool_names), len(plain.change_time)
    first = chance.random((N_NEEDS, N_SECTORS)) < 0.5
    more: dict[str, Any] = {"siblings_together": bool(chance.integers(0, 2)), "first_choice": first}
    if chance.integers(0, 2):
        more["youngest_years"] = chance.choice([0, 0, 5, 11, 16], pools)
        more["oldest_years"] = chance.choice([18, 18, 16, 10, 6], pools)
    if chance.integers(0, 2):
        more["change_closes"] = chance.choice([0, 1, 1, 2, 5, -1], changes)
        more["change_chance"] = chance.random(changes)
        more["change_why"] = chance.integers(1, 6, changes)
    if chance.integers(0, 2):
        more["stays_on_share"] = chance.choice([0.0, 0.5, 1.0, 1.0], pools)
        more["stays_on_days_mean"] = chance.choice([0.001, 3.0, 500.0], pools)
    if chance.integers(0, 4):
        more["settling_days"] = float(chance.choice([0.0, 1.0, 4.0, 4.0 + TICK, 25.0, 200.0]))
    if chance.integers(0, 2):
        slots = np.sort(chance.choice([-1.0, 0.0, 0.1, *tied_days, days, days + 1.0, 2.4], 8))
        more["step_down"] = StepDown(
            time=slots,
            chance=chance.random(8),
            from_sector=int(chance.choice(plain.pool_sector)),
            to_need=int(np.argmax((plain.preference >= 0).sum(axis=1))),
            success_share=float(chance.choice([0.0, 0.0, 1.0])),
            return_days=float(chance.choice([0.001, 1.0, 9.0])),
        )
    if chance.integers(0, 2):
        more["emergencies"] = Emergencies(
            share=chance.choice([0.0, 0.5, 1.0], N_AGES),
            taken_by=chance.random(pools) < 0.5,
            days=float(chance.choice([0.001, 1.0, 9.0])),
        )
    return replace(plain, **more)
