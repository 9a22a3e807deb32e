"""What interventions do in one replication, as factors on calendar periods.

An effect may be a distribution: it is drawn before the world begins, from a block of random
numbers keyed by the intervention's name, so that two scenarios that share an intervention share
its luck, and a scenario that adds one changes no other draw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sufficiency.domain import AGE_GROUPS, CAUSES, SECTORS
from sufficiency.simulation.world import Floats


class DrawnEffects(NamedTuple):
    """The effects of one replication on K calendar periods.

    A age groups, C causes, S sectors. A factor of 1 and an addition of 0 change nothing.
    """

    starts_days: Floats
    """(K,): first 0, rising."""
    entries: Floats
    """(A, K): factors on starters, already in the world's entries."""
    causes: Floats
    """(C, A, K): factors on hazards, already in the world's hazards."""
    places_factor: Floats
    """(S, K): factors on usable places."""
    places_added: Floats
    """(S, K): usable places added after the factors; below 0 taken away."""
    approvals_factor: Floats
    """(K,): factors on carers approved."""
    approval_days_added: Floats
    """(K,): days added to the time that an approval takes."""
    price_factor: Floats
    """(S + 1, K): factors on prices by setting, unplaced last; the engine never reads them."""


def neutral_effects(starts_days: Floats) -> DrawnEffects:
    """Effects that change nothing, on periods with these starts (K,)."""
    periods = len(starts_days)
    n_sectors = len(SECTORS)
    return DrawnEffects(
        starts_days=starts_days,
        entries=np.ones((len(AGE_GROUPS), periods)),
        causes=np.ones((len(CAUSES), len(AGE_GROUPS), periods)),
        places_factor=np.ones((n_sectors, periods)),
        places_added=np.zeros((n_sectors, periods)),
        approvals_factor=np.ones(periods),
        approval_days_added=np.zeros(periods),
        price_factor=np.ones((n_sectors + 1, periods)),
    )
