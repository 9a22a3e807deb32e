"""What happened in one replication: facts in flat tables, closed once at the horizon.

Nothing is counted here. Every measure and every pound is a pure function of a `Record`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Why a spell began: 0 in care at the start, 1 entered care, 2 a place was found after being
# unplaced, then 3 + move reason. Why it ended: -1 still open at the horizon, 0-4 exit causes,
# 5 turned 18, 6 a place was found after being unplaced, then 7 + move reason.
BEGAN_AT_START, BEGAN_ENTERED, BEGAN_PLACE_FOUND, BEGAN_MOVED = 0, 1, 2, 3
ENDED_OPEN, ENDED_TURNED_18, ENDED_PLACE_FOUND, ENDED_MOVED = -1, 5, 6, 7

SPELL_DTYPE = np.dtype(
    [
        ("child", np.int64),  # number of the child in this world, in order of first appearance
        ("stream", np.int8),  # -1 starting cohort, 0-4 entry band of the index child, 5 UASC
        ("number", np.int64),  # the child's number within its own stream
        ("uasc", np.bool_),
        ("born_day", np.int64),  # the date of birth as a day number (start date = 0)
        ("entered", np.float64),  # days; negative for children in care at the start
        ("need", np.int8),
        ("sector", np.int8),  # 6 = unplaced
        ("pool", np.int16),  # -1 = unplaced
        ("from_time", np.float64),  # days; when the spell began (0 at the start for the cohort)
        ("to_time", np.float64),  # days; the horizon if open
        ("began", np.int8),
        ("ended", np.int8),
        ("first_choice", np.bool_),
        ("suitable", np.bool_),
        ("price_chance", np.float64),  # in (0, 1): the placement's own draw, whatever the scenario
        ("group", np.int64),  # brothers and sisters who entered together; unique in the world
        ("placed", np.float64),  # days; when the placement began, before 0 for some at the start
    ]
)

POOL_CHANGE_DTYPE = np.dtype(
    [("time", np.float64), ("pool", np.int16), ("usable", np.int64), ("why", np.int8)]
)
AT_START, SCHEDULED, CARER_APPROVED, CARER_DEREGISTERED, PROVIDER_CLOSED, INTERVENTION = range(6)
"""Why the usable places of a pool changed."""

HOLD_DTYPE = np.dtype(
    [
        ("child", np.int64),
        ("pool", np.int16),
        ("from_time", np.float64),  # days; the 18th birthday
        ("to_time", np.float64),  # days; the horizon if the place is still held
    ]
)


def no_holds() -> NDArray[np.void]:
    """No place is held by anyone who has turned 18."""
    return np.empty(0, dtype=HOLD_DTYPE)


@dataclass(frozen=True)
class Record:
    """One replication's facts."""

    horizon_days: int
    spells: NDArray[np.void]
    """Structured array of `SPELL_DTYPE`, in order of from_time, then of being recorded."""
    pool_changes: NDArray[np.void]
    """Structured array of `POOL_CHANGE_DTYPE`, in order of time."""
    holds: NDArray[np.void] = field(default_factory=no_holds)
    """Structured array of `HOLD_DTYPE`: places held after the 18th birthday, in order of
    from_time."""
