"""What the compiled loop holds: everybody and every place, as arrays; before, meanwhile, after.

The loop itself is `sufficiency.simulation.compiled_model`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sufficiency.domain import CAUSES, N_EXIT_CAUSES
from sufficiency.simulation import rules
from sufficiency.simulation.children import Children, birthdays, placement_draws
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.model import risks_of
from sufficiency.simulation.places import Pools, WaitingList
from sufficiency.simulation.record import POOL_CHANGE_DTYPE, Record
from sufficiency.simulation.recorder import AT_START, SCHEDULED, finished_record
from sufficiency.simulation.world import Floats, Ints, Places, World

TO_ENTER = -2
"""Beside the ``ENDED_`` codes: what a child awaits who is yet to come into care."""
NO_SPELL = -1

Rows = np.recarray[Any, Any]
"""A structured array whose rows have their columns as attributes, compiled or not."""

LIFE_DTYPE = np.dtype(
    [
        ("uasc", np.bool_),
        ("entered", np.float64),
        ("start_sector", np.int64),
        ("pool", np.int64),  # where the child lives, or `rules.NO_POOL`
        ("placed", np.float64),  # when the present placement began
        ("placement", np.int64),  # how many came before it
        ("spell", np.int64),  # the row of the present spell
        ("since", np.float64),  # when it began
        ("due", np.float64),  # when it will end if nothing intervenes
        ("ending", np.int64),  # and why: an ``ENDED_`` code, or `TO_ENTER`
    ],
    align=True,
)
CHANGE_DTYPE = np.dtype(
    [("time", np.float64), ("pool", np.int64), ("usable", np.int64)], align=True
)
STAY_DTYPE = np.dtype(
    [
        ("child", np.int64),
        ("need", np.int64),
        ("pool", np.int64),
        ("from_time", np.float64),
        ("to_time", np.float64),
        ("began", np.int64),
        ("ended", np.int64),
    ],
    align=True,
)
TALLY_DTYPE = np.dtype(
    [
        ("in_queue", np.int64),
        ("spells_begun", np.int64),
        ("changes_made", np.int64),
        ("most_placements", np.int64),  # of any child
    ],
    align=True,
)


class Care(NamedTuple):
    """The children in care, the places they live in, and the record; n children."""

    horizon: float
    lives: Rows
    """(n,) of `LIFE_DTYPE`; those in care at the start come first."""
    birthdays: Floats
    """(n, 6)."""
    draws: Floats
    """(n, placements, 7): a block is added when a child runs out of placements."""
    left: Floats
    """(n, C): what is left of the exponentials."""
    risks: rules.Risks
    destination: Floats
    supply: rules.Supply
    waiting: rules.Waiting
    queue: Ints
    changes: Rows
    """(X,) of `CHANGE_DTYPE`: places that open and close, in order of time."""
    spells: Rows
    """`STAY_DTYPE` in the order in which they began, with rows to spare at the end."""
    tally: Rows
    """(1,) of `TALLY_DTYPE`."""


def care_of(world: World, children: Children, draws: Draws) -> Care:
    """Everybody and every place as the world begins, with nobody settled yet."""
    pools, n = Pools(world.places), len(children)
    waiting_list = WaitingList(np.array(children.need, dtype=np.int64), children.rank)
    left = np.full((n, len(CAUSES)), np.inf)
    left[:, :N_EXIT_CAUSES] = children.exits
    block = placement_draws(children, draws, block=0)
    return Care(
        horizon=float(world.horizon_days),
        lives=lives_of(children),
        birthdays=birthdays(children, world),
        draws=block,
        left=left,
        risks=risks_of(world.hazards),
        destination=np.array(world.hazards.destination, dtype=np.float64, order="C"),
        supply=pools.supply,
        waiting=waiting_list.waiting,
        queue=waiting_list.queue,
        changes=changes_of(world.places),
        spells=room_for_spells(n, block.shape[1]),
        tally=np.zeros(1, dtype=TALLY_DTYPE).view(np.recarray),
    )


def lives_of(children: Children) -> Rows:
    """The children, as if all were yet to enter."""
    lives = np.zeros(len(children), dtype=LIFE_DTYPE).view(np.recarray)
    lives.uasc, lives.start_sector = children.uasc, children.sector
    lives.entered, lives.placed, lives.due = children.entered, children.placed, children.entered
    lives.pool, lives.placement, lives.spell = rules.NO_POOL, -1, NO_SPELL
    lives.ending = TO_ENTER
    return lives


def changes_of(places: Places) -> Rows:
    """The changes in places, of which those dated before the start happen as it begins."""
    changes = np.empty(len(places.change_time), dtype=CHANGE_DTYPE).view(np.recarray)
    changes.time = np.maximum.accumulate(np.maximum(places.change_time, 0.0))
    changes.pool, changes.usable = places.change_pool, places.change_usable
    return changes


def room_for_spells(children: int, placements: int) -> Rows:
    """Room for all spells of so many placements a child, and to be unplaced before each."""
    rows = children * (2 * placements + 1)
    return np.empty(rows, dtype=STAY_DTYPE).view(np.recarray)


def with_room(care: Care, further: Floats) -> Care:
    """The same care with a further block of draws, and room for as many spells as it can give."""
    draws = np.concatenate([care.draws, further], axis=1)
    begun = care.tally[0].spells_begun
    spells = room_for_spells(*draws.shape[:2])
    spells[:begun] = care.spells[:begun]
    return care._replace(draws=draws, spells=spells)


def record_of(care: Care, world: World, children: Children) -> Record:
    """The record of what happened."""
    tally, usable = care.tally[0], world.places.usable_at_start
    made, pools = care.changes[: tally.changes_made], len(usable)
    pool_changes = np.empty(pools + len(made), dtype=POOL_CHANGE_DTYPE)
    pool_changes["time"] = np.append(np.zeros(pools), made["time"])
    pool_changes["pool"] = np.append(np.arange(pools), made["pool"])
    pool_changes["usable"] = np.append(usable, made["usable"])
    pool_changes["why"] = np.repeat([AT_START, SCHEDULED], [pools, len(made)])
    spells = care.spells[: tally.spells_begun]
    return finished_record(
        world,
        children,
        (spells["child"], spells["need"], spells["pool"]),
        (spells["from_time"], spells["to_time"]),
        (spells["began"], spells["ended"]),
        pool_changes,
    )
