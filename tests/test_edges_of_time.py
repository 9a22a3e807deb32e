"""Are the edges of time as decided: the horizon, midnights, and the order within one instant?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from fixed_days import always_to, life, on_days, one_life
from worlds import N_NEEDS, START, a_world, cohort, entries, places

from sufficiency.domain import (
    EXIT_REASONS,
    MOVE_REASONS,
    TICK,
    begins,
)
from sufficiency.errors import ClosedRecordError
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    ENDED_TURNED_18,
)
from sufficiency.simulation.recorder import Recorder
from sufficiency.simulation.simulate import ENGINES, simulate

PLANNED = MOVE_REASONS.index("planned")
RETURNED_HOME = EXIT_REASONS.index("returned_home")


def test_the_horizon_itself_belongs_to_the_record() -> None:
    at_the_end = a_world(days=90, cohort=cohort(1), hazards=on_days(returned_home=90.0))
    assert one_life(at_the_end) == [(0, 90, 0, BEGAN_AT_START, RETURNED_HOME)]
    just_after = a_world(days=90, cohort=cohort(1), hazards=on_days(returned_home=90.0 + TICK))
    assert one_life(just_after) == [(0, 90, 0, BEGAN_AT_START, ENDED_OPEN)]


def test_a_spell_that_begins_at_the_horizon_is_open() -> None:
    world = a_world(days=90, cohort=cohort(1), hazards=on_days(planned=90.0))
    assert one_life(world) == [
        (0, 90, 0, BEGAN_AT_START, ENDED_MOVED + PLANNED),
        (90, 90, 0, BEGAN_MOVED + PLANNED, ENDED_OPEN),
    ]


def test_midnight_stocks_count_what_happened_at_or_before_them() -> None:
    """A birthday on the second day after the start: one midnight in care, not two."""
    leaves = START + timedelta(days=2)
    born = date(leaves.year - 18, leaves.month, leaves.day)
    world = a_world(days=5, cohort=cohort(1, age_group=4, age_days=float((START - born).days)))
    spell = simulate(world, 1, 0).spells[0]
    nights = [n for n in range(1, 6) if spell["from_time"] <= n < spell["to_time"]]
    assert nights == [1]


def test_of_two_causes_at_one_instant_an_exit_comes_before_a_move() -> None:
    world = a_world(
        days=90, cohort=cohort(1), hazards=on_days(planned=40.0, adoption=40.0, returned_home=40.0)
    )
    assert one_life(world) == [(0, 40, 0, BEGAN_AT_START, EXIT_REASONS.index("adoption"))]


def test_turning_18_comes_before_a_move_at_the_same_instant() -> None:
    leaves = begins(START, date(2021, 5, 1))
    age = float((START - date(2003, 5, 1)).days)
    world = a_world(
        days=90, cohort=cohort(1, age_group=4, age_days=age), hazards=on_days(planned=leaves)
    )
    assert one_life(world) == [(0, leaves, 0, BEGAN_AT_START, ENDED_TURNED_18)]


LEAVES, MOVES, WAITS = 1, 2, 3
WAITING_SINCE = 10.0


def a_crowded_instant(opened: int | None, engine: str) -> list[tuple[str, int]]:
    """Who begins to live where, in order, in one instant in which everything happens at once.

    Pool 0 has one child who leaves care; a child in pool 1 moves to need pool 0; a child waits
    for pool 0 since day 10; another enters and needs pool 0. Entries cannot be dated, so the
    instant is when the first child enters.
    """
    need_pool_0 = [[0]] * 2 + [[1]] + [[0]] * (N_NEEDS - 3)
    enters = entries({"1_4": 0.05})
    alone = a_world(days=90, entries=enters)
    seed, first = next(
        (seed, time)
        for seed in range(20)
        if (time := simulate(alone, seed, 0).spells["from_time"][0]) > WAITING_SINCE
    )
    start = replace(cohort(3), need=np.array([LEAVES, MOVES, WAITS]), sector=np.array([0, 1, 0]))
    moves_and_exits = on_days(
        need={"returned_home": [LEAVES], "planned": [MOVES], "step_down": [WAITS]},
        destination=always_to(WAITS),
        step_down=WAITING_SINCE,
        planned=float(first),
        returned_home=float(first),
    )
    changes = [(WAITING_SINCE - 1, 0, 1)]
    if opened is not None:
        changes.append((float(first), 0, opened))
    record = simulate(
        a_world(
            days=int(first) + 1,
            entries=enters,
            hazards=moves_and_exits,
            cohort=start,
            places=places(2, 1, preference=need_pool_0, changes=tuple(changes)),
        ),
        seed,
        0,
        engine=engine,
    )
    names = {0: "leaver", 1: "mover", 2: "waiter", 3: "entrant"}
    now = record.spells[record.spells["from_time"] == first]
    return [(names[int(spell["child"])], int(spell["pool"])) for spell in now]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("opened", "begin"),
    [
        (None, [("waiter", 0), ("mover", -1), ("entrant", -1)]),
        (0, [("mover", -1), ("entrant", -1)]),
        (1, [("waiter", 0), ("mover", -1), ("entrant", -1)]),
        (2, [("waiter", 0), ("mover", 0), ("entrant", -1)]),
        (3, [("waiter", 0), ("mover", 0), ("entrant", 0)]),
    ],
)
def test_at_one_instant_places_change_then_children_leave_the_queue_then_moves_then_entries(
    opened: int | None, begin: list[tuple[str, int]], engine: str
) -> None:
    assert a_crowded_instant(opened, engine) == begin


def test_moves_go_one_by_one_and_offer_what_they_leave_to_the_queue() -> None:
    """Three children change homes at once, with one spare place: by stream, then number."""
    swap = np.zeros((len(MOVE_REASONS), 2, N_NEEDS, N_NEEDS))
    swap[:, :, [0, 1], [1, 0]] = 1.0
    swap[:, :, range(2, N_NEEDS), range(2, N_NEEDS)] = 1.0
    world = a_world(
        days=30,
        cohort=replace(cohort(3), need=np.array([0, 1, 0]), sector=np.array([0, 1, 0])),
        hazards=on_days(swap, planned=10.0),
        places=places(2, 1, preference=[[0], [1]]),
    )
    record = simulate(world, 1, 0)
    moved = ENDED_MOVED + PLANNED
    # Child 0 finds pool 1 full and waits; child 1 takes the place that child 0 left and child 0
    # is served at once; child 2 then finds pool 1 full.
    assert life(record, 0) == [
        (0, 10, 0, BEGAN_AT_START, moved),
        (10, 10, -1, BEGAN_MOVED + PLANNED, ENDED_PLACE_FOUND),
        (10, 30, 1, BEGAN_PLACE_FOUND, ENDED_OPEN),
    ]
    assert [spell[2] for spell in life(record, 1)] == [1, 0]
    assert [spell[2] for spell in life(record, 2)] == [0, -1]


def test_nothing_can_be_written_into_a_closed_record() -> None:
    recorder, world = Recorder(), a_world(cohort=cohort(1))
    recorder.spell_begins(0, 0, 0, 0.0, BEGAN_AT_START)
    recorder.close(world, children_of(world, Draws(1, 0)))
    with pytest.raises(ClosedRecordError):
        recorder.spell_ends(0, 1.0, RETURNED_HOME)
