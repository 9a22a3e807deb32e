"""What the compiled loop holds: everybody and every place, as arrays; before, meanwhile, after.

The loop itself is `sufficiency.simulation.compiled_model`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import N_EXIT_CAUSES, SETTINGS, UNPLACED_CODE
from sufficiency.simulation import allocation, rules
from sufficiency.simulation.agenda import Agenda, empty_agenda
from sufficiency.simulation.children import Children, Luck, People
from sufficiency.simulation.compiled import RUNS_COMPILED, Rows, rows_of
from sufficiency.simulation.model import risks_of
from sufficiency.simulation.places import Pools, WaitingList
from sufficiency.simulation.record import POOL_CHANGE_DTYPE, SPELL_DTYPE, Record
from sufficiency.simulation.recorder import AT_START, SCHEDULED
from sufficiency.simulation.world import Floats, Ints, Places, World

NO_SPELL = -1
SPELLS_A_CHILD = 3
"""Room to begin with; more is made when it runs out."""

LIFE_DTYPE = np.dtype(
    [
        ("pool", np.int64),  # where the child lives, or `allocation.NO_POOL`
        ("placed", np.float64),  # when the present placement began
        ("placement", np.int64),  # how many came before it
        ("spell", np.int64),  # the row of the present spell
        ("since", np.float64),  # when it began
        ("due", np.float64),  # when it will end if nothing intervenes
        ("ending", np.int64),  # and why: an ``ENDED_`` code
    ],
    align=True,
)
CHANGE_DTYPE = np.dtype(
    [("time", np.float64), ("pool", np.int64), ("usable", np.int64)], align=True
)
TALLY_DTYPE = np.dtype(
    [
        ("in_queue", np.int64),
        ("entered", np.int64),  # children, those in care at the start included
        ("spells_begun", np.int64),
        ("changes_made", np.int64),
        ("short_of_draws", np.int64),  # 1 if a child who waits has none for a next placement
    ],
    align=True,
)


class Care(NamedTuple):
    """The children in care, the places they live in, and the record; n children."""

    horizon: float
    people: People
    luck: Luck
    lives: Rows
    """(n,) of `LIFE_DTYPE`; those in care at the start come first."""
    left: Floats
    """(n, C): what is left of the exponentials."""
    left_after: Floats
    """(n, C): what will be left when the present spell ends, if nothing intervenes."""
    risks: rules.Risks
    destination: Floats
    supply: allocation.Supply
    first_choice: NDArray[np.bool_]
    """(N, 7), by setting, as ``suitable``; unplaced is neither."""
    suitable: NDArray[np.bool_]
    waiting: allocation.Waiting
    queue: Ints
    changes: Rows
    """(X,) of `CHANGE_DTYPE`: places that open and close, in order of time."""
    agenda: Agenda
    spells: Rows
    """`SPELL_DTYPE` in the order in which they began, with rows to spare at the end."""
    tally: Rows
    """(1,) of `TALLY_DTYPE`."""


def care_of(world: World, children: Children) -> Care:
    """Everybody and every place as the world begins, with nobody settled yet."""
    pools, n = Pools(world.places), len(children)
    waiting_list = WaitingList(children.need.copy(), children.rank)
    rooms = SPELLS_A_CHILD * n + 1
    return Care(
        horizon=float(world.horizon_days),
        people=children.people,
        luck=children.luck,
        lives=lives_of(n),
        left=left_of(children),
        left_after=np.empty((n, rules.N_CAUSES)),
        risks=risks_of(world.hazards),
        destination=np.ascontiguousarray(world.hazards.destination, dtype=np.float64),
        supply=pools.supply,
        first_choice=by_setting(world.places.first_choice),
        suitable=by_setting(world.places.suitable),
        waiting=waiting_list.waiting,
        queue=waiting_list.queue,
        changes=changes_of(world.places),
        agenda=empty_agenda(room_for_moments(rooms, n)),
        spells=_rows(rooms, SPELL_DTYPE),
        tally=rows_of(np.zeros(1, dtype=TALLY_DTYPE)),
    )


def lives_of(children: int) -> Rows:
    """Lives in care that are yet to begin."""
    lives = np.zeros(children, dtype=LIFE_DTYPE)
    lives["pool"], lives["placement"], lives["spell"] = allocation.NO_POOL, -1, NO_SPELL
    return rows_of(lives)


def left_of(children: Children) -> Floats:
    """(n, C): the exponentials of each child for the period of care, and none yet for moves."""
    left = np.full((len(children), rules.N_CAUSES), np.inf)
    left[:, :N_EXIT_CAUSES] = children.exits
    return left


def by_setting(of_sectors: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N, S) as (N, S + 1): unplaced is no sector."""
    settings = np.zeros((len(of_sectors), len(SETTINGS)), dtype=np.bool_)
    settings[:, :UNPLACED_CODE] = of_sectors
    return settings


def changes_of(places: Places) -> Rows:
    """The changes in places, of which those dated before the start happen as it begins."""
    changes = np.empty(len(places.change_time), dtype=CHANGE_DTYPE)
    if changes.size:
        changes["time"] = np.maximum.accumulate(np.maximum(places.change_time, 0.0))
        changes["pool"], changes["usable"] = places.change_pool, places.change_usable
    return rows_of(changes)


def room_for_moments(spells: int, children: int) -> int:
    """Room for an ending of each spell, a queue to be served as each child leaves in one instant,
    a change of places and the horizon."""
    return spells + children + 2


def with_more_room(care: Care) -> Care:
    """The same care with room for twice as many spells and one for each child who waits."""
    rooms, begun = 2 * care.spells.size + care.queue.size, care.tally["spells_begun"][0]
    spells = _rows(rooms, SPELL_DTYPE)
    spells[:begun] = care.spells[:begun]
    agenda = empty_agenda(room_for_moments(rooms, care.queue.size))
    for column, before in zip(agenda, care.agenda, strict=True):
        column[: before.size] = before
    return care._replace(spells=spells, agenda=agenda)


def record_of(care: Care, world: World) -> Record:
    """The record of what happened."""
    made = care.changes[: care.tally["changes_made"][0]]
    usable = world.places.usable_at_start
    pools = len(usable)
    pool_changes = np.empty(pools + len(made), dtype=POOL_CHANGE_DTYPE)
    for name, at_start in (("time", 0.0), ("pool", np.arange(pools)), ("usable", usable)):
        pool_changes[name][:pools], pool_changes[name][pools:] = at_start, made[name]
    pool_changes["why"][:pools], pool_changes["why"][pools:] = AT_START, SCHEDULED
    spells = care.spells[: care.tally["spells_begun"][0]]
    if not RUNS_COMPILED:
        spells = spells.view(SPELL_DTYPE, np.ndarray)
    return Record(world.horizon_days, spells, pool_changes)


def _rows(number: int, columns: np.dtype[Any]) -> Rows:
    return rows_of(np.empty(number, dtype=columns))
