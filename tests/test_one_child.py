"""Does one life unfold correctly? Everything happens on known days; whole lives are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from fixed_days import CERTAIN_PER_DAY, always_to, life, on_days, one_life
from worlds import N_NEEDS, START, a_world, cohort, entries, hazards, places

from sufficiency.domain import (
    EXIT_REASONS,
    MOVE_REASONS,
    NEED_GROUPS,
    TICK,
    UNPLACED_CODE,
    begins,
)
from sufficiency.domain import birthday as birthday_of
from sufficiency.simulation.birthdays import birthday, latest_birth, month_starts
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    ENDED_TURNED_18,
)
from sufficiency.simulation.recorder import AT_START, SCHEDULED
from sufficiency.simulation.simulate import simulate

PLANNED, UNPLANNED = MOVE_REASONS.index("planned"), MOVE_REASONS.index("unplanned_ending")
RETURNED_HOME = EXIT_REASONS.index("returned_home")
FAMILY, RESIDENTIAL = NEED_GROUPS.index("family"), NEED_GROUPS.index("residential")


# --- staying, leaving, turning 18 -----------------------------------------------------------


def test_a_child_to_whom_nothing_happens_stays_until_the_horizon() -> None:
    world = a_world(days=90, cohort=cohort(1))
    assert one_life(world) == [(0, 90, 0, BEGAN_AT_START, ENDED_OPEN)]


def test_a_child_goes_home_on_the_day() -> None:
    world = a_world(days=90, cohort=cohort(1), hazards=on_days(returned_home=40.0))
    assert one_life(world) == [(0, 40, 0, BEGAN_AT_START, RETURNED_HOME)]


@pytest.mark.parametrize(
    ("born", "leaves"),
    [
        (date(2003, 4, 1), date(2021, 4, 1)),
        (date(2004, 2, 28), date(2022, 2, 28)),
        (date(2004, 2, 29), date(2022, 3, 1)),
        (date(2004, 3, 1), date(2022, 3, 1)),
    ],
)
def test_turning_18_is_a_tick_into_the_birthday(born: date, leaves: date) -> None:
    world = a_world(days=400, cohort=cohort(1, age_group=4, age_days=float((START - born).days)))
    turned_18 = begins(START, leaves)
    assert turned_18 == (leaves - START).days - 1 + TICK
    assert one_life(world) == [(0, turned_18, 0, BEGAN_AT_START, ENDED_TURNED_18)]


def test_a_leap_day_child_turns_18_on_the_leap_day_of_a_leap_year() -> None:
    start, born = date(2023, 6, 30), date(2006, 2, 28) + timedelta(days=1)
    world = a_world(
        start=start, days=400, cohort=cohort(1, age_group=4, age_days=float((start - born).days))
    )
    assert one_life(world)[-1][1] == begins(start, date(2024, 3, 1))


def test_an_age_that_does_not_fit_the_group_gives_way_to_the_calendar() -> None:
    """All 0 days and all 30 years of age: each child is kept within its own age group."""
    for age_days in (0.0, 30 * 365.0):
        for group, (low, high) in enumerate([(0, 1), (1, 5), (5, 10), (10, 16), (16, 18)]):
            record = simulate(a_world(cohort=cohort(1, age_group=group, age_days=age_days)), 1, 0)
            born = START + timedelta(days=int(record.spells["born_day"][0]))
            assert birthday_of(born, low) <= START < birthday_of(born, high)


def test_nobody_is_in_care_before_birth() -> None:
    babies = cohort(50, age_group=0, age_days=10.0, care_days=300.0, width_days=20.0)
    children = children_of(a_world(cohort=babies), Draws(1, 0))
    assert np.all(children.entered >= children.born_day)


def test_birthdays_are_those_of_the_calendar() -> None:
    starts = month_starts(START, 400)
    for back in range(6500, 5000, -1):
        born = START - timedelta(days=back)
        for years in (0, 1, 5, 16, 18):
            expected = (birthday_of(born, years) - START).days
            assert birthday(-back, years, starts) == expected
            latest = latest_birth(-30, years, starts)
            assert birthday(latest, years, starts) <= -30 < birthday(latest + 1, years, starts)


# --- moving ---------------------------------------------------------------------------------


def test_a_move_reveals_a_new_need_and_allocation_chooses_the_place() -> None:
    world = a_world(
        days=90,
        cohort=cohort(1),
        hazards=on_days(always_to(RESIDENTIAL), planned=30.0, returned_home=60.0),
        places=places(5, 5, preference=[[0]] * RESIDENTIAL + [[1]] * (N_NEEDS - RESIDENTIAL)),
    )
    assert one_life(world) == [
        (0, 30, 0, BEGAN_AT_START, ENDED_MOVED + PLANNED),
        (30, 60, 1, BEGAN_MOVED + PLANNED, RETURNED_HOME),
    ]
    spells = simulate(world, 1, 0).spells
    assert spells["need"].tolist() == [0, RESIDENTIAL]
    assert spells["first_choice"].tolist() == [True, True]


def test_the_need_moved_to_depends_on_reaching_16() -> None:
    to = always_to(FAMILY)
    to[:, 1] = always_to(RESIDENTIAL)[:, 1]
    for days_to_16, need in ((40, FAMILY), (30, RESIDENTIAL)):
        age = (START - date(2005, 3, 31)).days - days_to_16
        world = a_world(
            days=60,
            cohort=cohort(1, age_group=3, age_days=float(age)),
            hazards=on_days(to, planned=35.0),
        )
        assert simulate(world, 1, 0).spells["need"].tolist() == [0, need]


def test_a_full_pool_passes_the_child_on_to_the_next() -> None:
    world = a_world(days=90, cohort=cohort(2), hazards=on_days(planned=30.0), places=places(1, 5))
    record = simulate(world, 1, 0)
    # Both live in the one place of pool 0 at the start: when the first leaves it is still full.
    assert [spell[2] for spell in life(record, 0)] == [0, 1]
    assert [spell[2] for spell in life(record, 1)] == [0, 0]


@pytest.mark.parametrize(
    ("reason", "usable", "pools"),
    [
        ("planned", (1, 5), [0, 0]),
        ("unplanned_ending", (1, 5), [0, 1]),
        ("unplanned_ending", (2, 5), [0, 0]),
        ("unplanned_ending", (-1, 5), [0, 0]),
        ("unplanned_ending", (1,), [0, -1]),
        ("unplanned_ending", (2,), [0, 0]),
    ],
)
def test_a_child_may_not_retake_the_place_just_left_after_an_unplanned_ending(
    reason: str, usable: tuple[int, ...], pools: list[int]
) -> None:
    world = a_world(
        days=90,
        cohort=cohort(1),
        hazards=on_days(None, None, **{reason: 30.0}),
        places=places(*usable),
    )
    assert [spell[2] for spell in one_life(world)] == pools


def test_a_barred_child_waits_for_another_place_and_the_one_just_left_goes_to_others() -> None:
    """Two children, one pool of two: the first leaves unplanned when the second leaves care."""
    world = a_world(
        days=90,
        cohort=replace(cohort(2), need=np.array([0, 1])),
        hazards=on_days(
            need={"unplanned_ending": [0], "returned_home": [1]},
            unplanned_ending=30.0,
            returned_home=50.0,
        ),
        places=places(2),
    )
    record = simulate(world, 1, 0)
    assert life(record, 0) == [
        (0, 30, 0, BEGAN_AT_START, ENDED_MOVED + UNPLANNED),
        (30, 50, -1, BEGAN_MOVED + UNPLANNED, ENDED_PLACE_FOUND),
        (50, 90, 0, BEGAN_PLACE_FOUND, ENDED_OPEN),
    ]
    assert life(record, 1) == [(0, 50, 0, BEGAN_AT_START, RETURNED_HOME)]


def test_each_placement_has_its_own_clock() -> None:
    """No placement ends in its first ten days, and none lasts a tick longer."""
    world = a_world(
        days=25,
        cohort=cohort(1),
        hazards=hazards(
            {"planned": [0.0, CERTAIN_PER_DAY, 0.0, 0.0]},
            placement_bands=(0.0, 10.0, 10.0 + TICK, np.inf),
        ),
    )
    ten = 10 + TICK
    assert [spell[:2] for spell in one_life(world)] == [(0, ten), (ten, 2 * ten), (2 * ten, 25)]


# --- places and waiting ---------------------------------------------------------------------


def test_with_no_places_at_all_a_child_enters_unplaced_and_still_leaves() -> None:
    world = a_world(
        days=90,
        entries=entries({"1_4": 0.1}),
        hazards=on_days(planned=50.0, returned_home=60.0),
        places=places(0),
    )
    record = simulate(world, 1, 0)
    early = record.spells[record.spells["from_time"] < 60]
    assert len(early) > 2
    assert np.all(early["sector"] == UNPLACED_CODE)
    assert np.all(early["began"] == BEGAN_ENTERED)
    assert np.all(early["ended"] == RETURNED_HOME)
    assert np.all(early["to_time"] == 60)
    assert not np.any(early["first_choice"] | early["suitable"])


def test_a_place_that_opens_goes_to_the_child_who_waits() -> None:
    opens = begins(START, date(2021, 5, 1))
    world = a_world(
        days=90,
        cohort=cohort(1),
        hazards=on_days(planned=10.0, returned_home=60.0),
        places=places(1, changes=((5.0, 0, 0), (opens, 0, 1))),
    )
    assert one_life(world) == [
        (0, 10, 0, BEGAN_AT_START, ENDED_MOVED + PLANNED),
        (10, opens, -1, BEGAN_MOVED + PLANNED, ENDED_PLACE_FOUND),
        (opens, 60, 0, BEGAN_PLACE_FOUND, RETURNED_HOME),
    ]


def test_a_fall_in_usable_places_moves_nobody() -> None:
    world = a_world(
        days=90, cohort=cohort(3), places=places(3, changes=((20.0, 0, 1), (90.0, 0, 0)))
    )
    record = simulate(world, 1, 0)
    assert [life(record, child) for child in range(3)] == [
        [(0, 90, 0, BEGAN_AT_START, ENDED_OPEN)]
    ] * 3
    assert record.pool_changes.tolist() == [
        (0, 0, 3, AT_START),
        (20, 0, 1, SCHEDULED),
        (90, 0, 0, SCHEDULED),
    ]


def test_more_children_than_places_may_live_in_a_pool_at_the_start() -> None:
    world = a_world(days=30, cohort=cohort(3), places=places(1, 5))
    assert simulate(world, 1, 0).spells["pool"].tolist() == [0, 0, 0]


def test_a_sector_with_two_pools_is_filled_in_order_at_the_start() -> None:
    world = a_world(days=30, cohort=cohort(3), places=places(1, -1, sectors=(0, 0)))
    assert simulate(world, 1, 0).spells["pool"].tolist() == [0, 1, 1]


def test_children_in_a_sector_without_pools_are_refused() -> None:
    with pytest.raises(ValueError, match="no pool"):
        simulate(a_world(cohort=cohort(1, sector=3)), 1, 0)


def test_while_unplaced_exits_follow_the_first_choice_sector_and_no_move_happens() -> None:
    home = np.zeros((6, 6, 4))
    home[1] = 0.05
    unplaced_exits = hazards({"returned_home": home, "planned": 10.0})
    preference = [[1]] * N_NEEDS
    waiting = a_world(
        days=1000,
        entries=entries({"1_4": 0.5}),
        hazards=unplaced_exits,
        places=places(0, 0, preference=preference),
    )
    spells = simulate(waiting, 1, 0).spells
    left = spells["ended"] == RETURNED_HOME
    assert np.all(spells["began"] == BEGAN_ENTERED)
    assert left.sum() > 400
    stays = (spells["to_time"] - spells["from_time"])[left]
    assert abs(stays.mean() - 20) < 4 * 20 / np.sqrt(left.sum())
