"""What the compiled loop holds: everybody and every place, as arrays; before, meanwhile, after.

The loop itself is `sufficiency.simulation.compiled_model`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS, UNPLACED_CODE
from sufficiency.simulation import rules
from sufficiency.simulation.agenda import Agenda, empty_agenda
from sufficiency.simulation.allocation import Seekers, Supply
from sufficiency.simulation.children import Children, People
from sufficiency.simulation.compiled import RUNS_COMPILED, Rows, by_reference, floats, rows_of
from sufficiency.simulation.draws import AT_ONCE, Draws, Key, Numbers
from sufficiency.simulation.matching import Matching, matching_of
from sufficiency.simulation.places import changes_of, room_for_seekers, supply_of
from sufficiency.simulation.record import (
    AT_START,
    HOLD_DTYPE,
    POOL_CHANGE_DTYPE,
    SPELL_DTYPE,
    Record,
)
from sufficiency.simulation.risks import Rates, rates_of, room_for_risks
from sufficiency.simulation.side_by_side import WIDTH
from sufficiency.simulation.world import REMEMBERED, Floats, Ints, Places, World

NO_SPELL, NO_RANK, NEVER = -1, 0, -1.0
SPELLS_A_CHILD = 3
"""Room to begin with; more is made when it runs out."""

LIFE_DTYPE = np.dtype(
    [
        ("placement", np.int64),  # how many came before the present one; -1 before the first
        ("spell", np.int64),  # the row of the present spell
        ("since", np.float64),  # when it began
        ("due", np.float64),  # when it will end if nothing intervenes
        ("ending", np.int64),  # and why: an ``ENDED_`` code
        ("as_arranged", np.int64),  # 1 if that is what was arranged for the placement
        ("until", np.float64),  # when it was arranged to end; infinity if it was not
        ("until_reason", np.int64),  # why
        ("need_then", np.int64),  # the need group from then on
        ("row", np.int64),  # of the two of `Care.left`: that of the present spell
        ("settled", np.int64),  # 1 for a child who is to move back to its first choice
        ("hold", np.int64),  # the row of the place held after the 18th birthday
    ],
    align=True,
)
TALLY_DTYPE = np.dtype(
    [
        ("now", np.float64),
        ("in_queue", np.int64),
        ("settled", np.int64),  # children in the queue for their first choice
        ("entered", np.int64),  # children, those in care at the start included
        ("spells_begun", np.int64),
        ("holds_begun", np.int64),
        ("changes_made", np.int64),
        ("slots_offered", np.int64),  # of the step-down programme
        ("offering", np.int64),  # 1 while what is free is offered to those who wait
        ("queue_due", np.float64),  # the instant whose moment to do so is on the agenda
        ("moves_back_due", np.float64),  # the same of moves back to the first choice
    ],
    align=True,
)


@by_reference
class Care(NamedTuple):
    """The children in care, the places they live in, and the record; n children."""

    horizon: float
    people: People
    key: Key
    """Whose the draws are."""
    numbers: Numbers
    """(n, 8), of those seen so far: the present placement's, or the first's for whoever has had
    none."""
    lives: Rows
    """(n,) of `LIFE_DTYPE`, of those seen so far; those in care at the start come first."""
    left: Floats
    """(n, 2, `WIDTH`), of those seen so far: what was left of the exponentials as the present spell
    began, and in the other row what will be when it ends, if nothing intervenes."""
    rates: Rates
    """The world's hazards, which the loop lays out as it begins."""
    risks: rules.Risks
    destination: Floats
    supply: Supply
    suitable: NDArray[np.bool_]
    """(N, 7), by setting, as ``first_choice``; unplaced is neither."""
    first_choice: NDArray[np.bool_]
    seekers: Seekers
    matching: Matching
    queue: Ints
    """Children who wait for a place, in order."""
    settled: Ints
    """Children who are to move back, in order; (0,) where nobody ever does."""
    going: Ints
    """Room for those whose places close at once."""
    changes: Rows
    """(X,) of `CHANGE_DTYPE`: places that open and close, in order of time."""
    agenda: Agenda
    spells: Rows
    """`SPELL_DTYPE` in the order in which they began, with rows to spare at the end."""
    holds: Rows
    """`HOLD_DTYPE`, the same."""
    tally: Rows
    """(1,) of `TALLY_DTYPE`."""


def tally_of() -> Rows:
    """Nothing has happened yet."""
    tally = np.zeros(1, dtype=TALLY_DTYPE)
    tally["queue_due"] = tally["moves_back_due"] = NEVER
    return rows_of(tally)


def care_of(world: World, children: Children, draws: Draws) -> Care:
    """Every place as the world begins, and room for everybody, whom the loop lets in."""
    n, people, places = len(children), children.people, world.places
    rooms = SPELLS_A_CHILD * n + 1
    matching, (suitable, first_choice) = matching_of(places), by_setting(places)
    holds = n if matching.stays_on_share.size else 0
    return Care(
        horizon=float(world.horizon_days),
        people=people,
        key=draws.key,
        numbers=np.empty((n, AT_ONCE), dtype=np.uint32),
        lives=_rows(n, LIFE_DTYPE),
        left=np.empty((n, 2, WIDTH)),
        rates=rates_of(world.hazards),
        risks=room_for_risks(world.hazards),
        destination=floats(world.hazards.destination),
        supply=supply_of(places, world.start, world.horizon_days),
        suitable=suitable,
        first_choice=first_choice,
        seekers=room_for_seekers(people),
        matching=matching,
        queue=np.empty(n, dtype=np.int64),
        settled=np.empty(n, dtype=np.int64),
        going=np.empty(n, dtype=np.int64),
        changes=rows_of(changes_of(places)),
        agenda=empty_agenda(room_for_moments(rooms, n)),
        spells=_rows(rooms, SPELL_DTYPE),
        holds=_rows(holds, HOLD_DTYPE),
        tally=tally_of(),
    )


@lru_cache(maxsize=REMEMBERED)
def by_setting(places: Places) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What is suitable, and what the first choice, (N, S + 1) each: unplaced is no sector."""
    suitable, first_choice = np.zeros((2, len(places.suitable), len(SETTINGS)), dtype=np.bool_)
    suitable[:, :UNPLACED_CODE] = places.suitable
    first_choice[:, :UNPLACED_CODE] = places.first_choice
    return suitable, first_choice


def room_for_moments(spells: int, children: int) -> int:
    """Room for all that may be to come at once: of each spell its ending, its place closing and
    the child being settled; of each child a place held; the next change of places, the next slot,
    the queue, moves back and the horizon."""
    return 3 * spells + children + 5


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
    at_start = {"time": 0.0, "pool": np.arange(pools), "usable": usable, "why": AT_START}
    for name, values in at_start.items():
        pool_changes[name][:pools], pool_changes[name][pools:] = values, made[name]
    spells = care.spells[: care.tally["spells_begun"][0]]
    holds = care.holds[: care.tally["holds_begun"][0]]
    if not RUNS_COMPILED:
        spells, holds = spells.view(SPELL_DTYPE, np.ndarray), holds.view(HOLD_DTYPE, np.ndarray)
    return Record(world.horizon_days, spells, pool_changes, holds)


def _rows(number: int, columns: np.dtype[Any]) -> Rows:
    return rows_of(np.empty(number, dtype=columns))
