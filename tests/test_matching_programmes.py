"""Do step-down programmes and emergencies place whom the rules say? Fixed stays, both clocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from clocks import told_twice
from fixed_days import (
    PLANNED,
    STEPS_DOWN,
    UNPLANNED,
    Life,
    always_to,
    life,
    on_days,
    pools_of,
)
from worlds import N_AGES, a_world, cohort, entries, hazards, places

from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_MOVED,
    ENDED_MOVED,
    ENDED_OPEN,
    Record,
)
from sufficiency.simulation.world import (
    UNLIMITED,
    Emergencies,
    StepDown,
    World,
)


def stepping_down(success: float, slots: list[float], usable: int = 9) -> World:
    """Three children in residential care (sector 1); the programme moves them to pool 0."""
    start = replace(cohort(3, sector=1, need=1), placement_share=np.tile([0.0, 1.0], (6, 2, 1)))
    return a_world(
        days=100,
        cohort=start,
        places=replace(
            places(usable, UNLIMITED, preference=[[0], [1]]),
            step_down=StepDown(
                time=np.array(slots),
                chance=np.full(len(slots), 0.5),
                from_sector=1,
                to_need=0,
                success_share=success,
                return_days=30.0,
            ),
        ),
    )


def test_each_slot_of_the_programme_steps_one_child_down_for_good() -> None:
    record = told_twice(stepping_down(1.0, [20.0, 40.0]))
    stays = (0, 100, 1, BEGAN_AT_START, ENDED_OPEN)
    assert life(record, 2) == [stays]
    for child, slot in ((0, 20), (1, 40)):
        assert life(record, child) == [
            (0, slot, 1, BEGAN_AT_START, ENDED_MOVED + STEPS_DOWN),
            (slot, 100, 0, BEGAN_MOVED + STEPS_DOWN, ENDED_OPEN),
        ]
    assert record.spells["need"][record.spells["pool"] == 0].tolist() == [0, 0]


def test_a_step_down_that_fails_ends_unplanned_and_the_need_is_as_before() -> None:
    record = told_twice(stepping_down(0.0, [20.0]))
    assert life(record, 0) == [
        (0, 20, 1, BEGAN_AT_START, ENDED_MOVED + STEPS_DOWN),
        (20, 50, 0, BEGAN_MOVED + STEPS_DOWN, ENDED_MOVED + UNPLANNED),
        (50, 100, 1, BEGAN_MOVED + UNPLANNED, ENDED_OPEN),
    ]
    assert record.spells["need"][record.spells["child"] == 0].tolist() == [1, 0, 1]


def test_a_slot_passes_where_no_place_is_free_for_the_new_need() -> None:
    record = told_twice(stepping_down(1.0, [20.0, 40.0, 60.0], usable=1))
    assert [pools_of(record, child) for child in range(3)] == [[1, 0], [1], [1]]


def test_the_longest_placement_steps_down_first_of_those_young_enough() -> None:
    world = stepping_down(1.0, [50.0])
    later = replace(world, hazards=on_days(need={"planned": [2]}, planned=10.0))
    start = replace(world.cohort, need=np.array([2, 1, 1]))
    order = world.places.preference.copy()
    order[2] = order[1]
    record = told_twice(
        replace(later, cohort=start, places=replace(world.places, preference=order))
    )
    # Child 0 moved within the sector on day 10, so child 1 has been there longest.
    assert [pools_of(record, child) for child in range(3)] == [[1, 1], [1, 0], [1]]
    limited = replace(world.places, youngest_years=np.array([16, 0]))
    nobody = told_twice(replace(world, places=limited))
    assert [pools_of(nobody, child) for child in range(3)] == [[1], [1], [1]]


def same_day(share: float, *usable: int) -> Record:
    taken_by = np.arange(len(usable)) == len(usable) - 1
    world = a_world(
        days=60,
        entries=entries({"1_4": 0.1}),
        places=replace(
            places(*usable),
            emergencies=Emergencies(np.full(N_AGES, share), taken_by, 12.0),
        ),
    )
    return told_twice(world)


def expected_stay(entered: float) -> Life:
    moved = min(entered + 12, 60)
    first = (entered, moved, 1, BEGAN_ENTERED, ENDED_MOVED + PLANNED if moved < 60 else ENDED_OPEN)
    return [first, (moved, 60, 0, BEGAN_MOVED + PLANNED, ENDED_OPEN)][: 2 if moved < 60 else 1]


def test_an_emergency_is_placed_the_same_day_and_moved_as_planned_later() -> None:
    record = same_day(1.0, UNLIMITED, UNLIMITED)
    children = np.unique(record.spells["child"])
    assert len(children) > 3
    for child in children:
        entered = record.spells["entered"][record.spells["child"] == child][0].item()
        assert life(record, child) == expected_stay(entered)
    assert set(record.spells["need"].tolist()) == {0}


def test_an_emergency_for_whom_no_such_place_is_free_goes_on_as_any_child() -> None:
    record = same_day(1.0, UNLIMITED, 0)
    assert set(record.spells["pool"].tolist()) == {0}
    assert np.all(record.spells["ended"] == ENDED_OPEN)
    assert set(same_day(0.0, UNLIMITED, UNLIMITED).spells["pool"].tolist()) == {0}


def test_brothers_and_sisters_are_an_emergency_together_or_not_at_all() -> None:
    world = a_world(
        days=200,
        entries=entries({"1_4": 0.3}, group_size=(0.0, 0.5, 0.5), same_band=1.0),
        places=replace(
            places(UNLIMITED, UNLIMITED),
            emergencies=Emergencies(np.full(N_AGES, 0.5), np.array([False, True]), 500.0),
        ),
    )
    spells = told_twice(world).spells
    same_day = [set(spells["pool"][spells["group"] == group]) for group in set(spells["group"])]
    assert {0} in same_day
    assert {1} in same_day
    assert {0, 1} not in same_day


def test_a_closure_before_an_arranged_move_draws_the_need_as_any_closure_does() -> None:
    closes = replace(
        places(UNLIMITED, UNLIMITED, changes=((30.0, 1, 0),)),
        change_closes=np.array([-1]),
        change_chance=np.array([0.5]),
        emergencies=Emergencies(np.ones(N_AGES), np.array([False, True]), 25.0),
    )
    enter = entries({"1_4": 0.2})
    spells = told_twice(
        a_world(days=60, hazards=hazards(destination=always_to(2)), entries=enter, places=closes)
    ).spells
    moved = spells[spells["from_time"] == 30]
    assert len(moved) > 1
    assert set(moved["need"].tolist()) == {2}
