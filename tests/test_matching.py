"""Are children matched to places as the rules say? Fixed stays, no chance, both clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from clocks import told_twice
from fixed_days import (
    PLANNED,
    always_to,
    born_on,
    life,
    on_days,
    pools_of,
    settling,
)
from worlds import N_AGES, N_NEEDS, START, a_world, cohort, entries, places

from sufficiency.domain import (
    CAUSES,
    MOVE_REASONS,
    TICK,
    begins,
    birthday,
)
from sufficiency.simulation import allocation
from sufficiency.simulation.places import supply_of
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
)
from sufficiency.simulation.world import (
    UNLIMITED,
    World,
)

# --- any number of need groups --------------------------------------------------------------


def test_a_scenario_may_have_need_groups_of_its_own() -> None:
    """Nine of them: children move to the ninth, which has a pool to itself."""
    n, plain = 9, places(UNLIMITED, 2)
    destination = np.zeros((len(MOVE_REASONS), 2, n, n))
    destination[..., 8] = 1.0
    moves = on_days(planned=20.0)
    order = np.vstack([plain.preference, [[0, -1], [1, -1]]])
    marks = np.zeros((n, plain.suitable.shape[1]), dtype=np.bool_)
    marks[8, 1] = True
    world = a_world(
        days=50,
        hazards=replace(moves, need_factor=np.ones((len(CAUSES), n)), destination=destination),
        entries=entries(first_need=np.eye(n)[np.zeros(N_AGES, dtype=int)]),
        cohort=cohort(3),
        places=replace(
            plain,
            preference=order,
            first_choice=marks,
            suitable=marks,
            need_names=(*plain.need_names, "leaving custody", "complex needs"),
        ),
    )
    record = told_twice(world)
    assert [pools_of(record, child) for child in range(3)] == [[0, 1], [0, 1], [0, -1]]
    moved = record.spells[record.spells["from_time"] == 20]
    assert moved["need"].tolist() == [8, 8, 8]
    assert moved["first_choice"].tolist() == [True, True, False]


# --- ages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("born", [date(2005, 5, 1), date(2004, 2, 29), date(2004, 12, 31)])
def test_a_pool_takes_a_child_from_a_birthday_on_and_until_one(born: date) -> None:
    limited = replace(
        places(UNLIMITED, UNLIMITED),
        youngest_years=np.array([16, 0]),
        oldest_years=np.array([18, 16]),
    )
    supply = supply_of(limited, START, 2000)
    sixteen = begins(START, birthday(born, 16))
    born_day = (born - START).days
    for pool, of_age in ((0, True), (1, False)):
        assert allocation.takes_age(born_day, pool, sixteen, supply) is of_age
        assert allocation.takes_age(born_day, pool, sixteen - TICK, supply) is not of_age


def test_a_child_who_outgrows_a_pool_stays_until_it_moves() -> None:
    limited = replace(places(UNLIMITED, UNLIMITED), oldest_years=np.array([10, 18]))
    world = a_world(
        days=90,
        hazards=on_days(planned=60.0),
        cohort=born_on(date(2011, 5, 1)),
        places=limited,
    )
    assert life(told_twice(world)) == [
        (0, 60, 0, BEGAN_AT_START, ENDED_MOVED + PLANNED),
        (60, 90, 1, BEGAN_MOVED + PLANNED, ENDED_OPEN),
    ]


def test_a_child_whom_no_pool_takes_at_its_age_waits_and_is_served_at_its_birthday_or_later() -> (
    None
):
    """Turned away at 15, it waits; a place is offered again when another child leaves."""
    supported = replace(places(UNLIMITED, 1), youngest_years=np.array([0, 16]))
    supported = replace(supported, preference=np.array([[0, -1]] + [[1, -1]] * (N_NEEDS - 1)))
    world = a_world(
        days=90,
        hazards=on_days(always_to(1), {"returned_home": [0]}, planned=10.0, returned_home=70.0),
        cohort=born_on(date(2005, 5, 15)),
        places=replace(
            supported,
            change_time=np.array([30.0, 60.0]),
            change_pool=np.array([1, 1]),
            change_usable=np.array([2, 3]),
        ),
    )
    assert life(told_twice(world)) == [
        (0, 10, 0, BEGAN_AT_START, ENDED_MOVED + PLANNED),
        (10, 60, -1, BEGAN_MOVED + PLANNED, ENDED_PLACE_FOUND),
        (60, 90, 1, BEGAN_PLACE_FOUND, ENDED_OPEN),
    ]


def test_at_the_start_children_live_in_a_pool_for_their_age_if_the_sector_has_one() -> None:
    limited = replace(
        places(5, 1, sectors=(0, 0)), youngest_years=np.array([16, 0]), oldest_years=None
    )
    record = told_twice(a_world(days=3, cohort=cohort(3), places=limited))
    assert [pools_of(record, child) for child in range(3)] == [[1], [1], [1]]


# --- back to the first choice ---------------------------------------------------------------


def overflowing(days: float, opens: float, usable: int = 1) -> World:
    """Three children in the first pool move on day 10; then it has room for nobody until later."""
    return a_world(
        days=100,
        cohort=cohort(3),
        hazards=on_days(planned=10.0),
        places=settling(places(3, 9, changes=((5.0, 0, 0), (opens, 0, usable))), days),
    )


def test_a_child_settled_outside_its_first_choice_moves_back_when_a_place_frees() -> None:
    record = told_twice(overflowing(30.0, opens=60.0))
    assert life(record, 0)[1:] == [
        (10, 60, 1, BEGAN_MOVED + PLANNED, ENDED_MOVED + PLANNED),
        (60, 100, 0, BEGAN_MOVED + PLANNED, ENDED_OPEN),
    ]
    assert pools_of(record, 1) == pools_of(record, 2) == [0, 1]


def test_if_the_place_is_free_already_the_child_moves_back_once_it_has_settled() -> None:
    record = told_twice(overflowing(30.0, opens=20.0, usable=2))
    for child in (0, 1):
        assert life(record, child)[1:] == [
            (10, 40, 1, BEGAN_MOVED + PLANNED, ENDED_MOVED + PLANNED),
            (40, 100, 0, BEGAN_MOVED + PLANNED, ENDED_OPEN),
        ]
    assert pools_of(record, 2) == [0, 1]


def test_a_child_settled_at_the_horizon_moves_back_and_one_settled_after_it_does_not() -> None:
    record = told_twice(overflowing(90.0, opens=20.0, usable=3))
    assert [pools_of(record, child) for child in range(3)] == [[0, 1, 0]] * 3
    record = told_twice(overflowing(90.0 + TICK, opens=20.0, usable=3))
    assert [pools_of(record, child) for child in range(3)] == [[0, 1]] * 3


def test_without_a_settling_time_nobody_moves_back() -> None:
    record = told_twice(overflowing(np.inf, opens=20.0, usable=3))
    assert [pools_of(record, child) for child in range(3)] == [[0, 1]] * 3


@pytest.mark.parametrize("settling_days", [0.5, 600.0])
def test_time_in_the_placement_before_the_start_counts_and_the_first_day_is_not_the_start(
    settling_days: float,
) -> None:
    world = a_world(
        days=700,
        cohort=cohort(9, sector=1, care_days=900.0),
        places=settling(places(9, 9), settling_days),
    )
    record = told_twice(world)
    for child in range(9):
        first, moved = record.spells[record.spells["child"] == child]
        assert moved["pool"] == 0
        assert moved["from_time"] == max(first["placed"] + settling_days, TICK)


# --- the order within one instant -----------------------------------------------------------


def test_in_one_instant_the_queue_comes_first_then_moves_back_then_entries() -> None:
    """A child waits, one has settled elsewhere, one enters: one, two or three places open."""
    enters = entries({"1_4": 0.05})
    entrance = float(told_twice(a_world(days=90, entries=enters)).spells["from_time"][0])
    assert entrance > 12
    for opened, pools in ((1, [0, 1, -1]), (2, [0, 0, -1]), (3, [0, 0, 0])):
        start = replace(cohort(2), need=np.array([2, 0]))
        some = places(
            2,
            1,
            preference=[[0, 1], [1], [0]] + [[0]] * (N_NEEDS - 3),
            changes=((5.0, 0, 0), (entrance, 0, opened)),
        )
        world = a_world(
            days=int(entrance) + 1,
            entries=replace(enters, first_need=np.eye(N_NEEDS)[np.full(N_AGES, 2)]),
            cohort=start,
            hazards=on_days(planned=10.0),
            places=settling(some, entrance - 11.0),
        )
        record = told_twice(world)
        assert [pools_of(record, child)[-1] for child in range(3)] == pools
