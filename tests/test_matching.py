"""Are children matched to places as the rules say? Fixed stays, no chance, both clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from clocks import told_twice
from fixed_days import Life, always_to, life, on_days
from numpy.typing import NDArray
from worlds import N_AGES, N_NEEDS, START, a_world, cohort, entries, hazards, places

from sufficiency.domain import (
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_REASONS,
    MOVE_REASONS,
    TICK,
    begins,
    birthday,
)
from sufficiency.simulation import allocation
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.places import supply_of
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
    Record,
)
from sufficiency.simulation.world import (
    UNLIMITED,
    Emergencies,
    Places,
    StartingCohort,
    StepDown,
    World,
)

PLANNED, STEPS_DOWN, UNPLANNED, CARER_ENDS = (
    MOVE_REASONS.index(reason)
    for reason in ("planned", "step_down", "unplanned_ending", "carer_ends")
)
RETURNED_HOME = EXIT_REASONS.index("returned_home")


def pools_of(record: Record, child: int) -> list[int]:
    """Where a child lives, one spell after the other."""
    return [spell[2] for spell in life(record, child)]


def born_on(day: date, n: int = 1) -> StartingCohort:
    """Children of one date of birth."""
    age = (START - day).days
    group = int(np.searchsorted([1, 5, 10, 16], age / DAYS_PER_YEAR, "right"))
    return cohort(n, age_group=group, age_days=float(age))


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


# --- brothers and sisters -------------------------------------------------------------------


def first_places_of_groups(size: int, *usable: int, together: bool = True) -> list[list[int]]:
    """Where the first group of brothers and sisters of one age and need goes, pool by pool."""
    chances = [0.0] * (size - 1) + [1.0]
    world = a_world(
        days=60,
        entries=entries({"1_4": 0.1}, group_size=tuple(chances), same_band=1.0),
        places=replace(places(*usable), siblings_together=together),
    )
    spells = told_twice(world).spells
    groups = [spells[spells["group"] == group] for group in np.unique(spells["group"])]
    assert len(groups) > 2
    assert all(len(np.unique(group["entered"])) == 1 for group in groups)
    return [group["pool"][group["began"] == BEGAN_ENTERED].tolist() for group in groups]


@pytest.mark.parametrize(
    ("usable", "where"),
    [
        ((2, 3), [[1, 1, 1], [0, 0, -1], [-1, -1, -1]]),
        ((2, 2), [[0, 0, 1], [1, -1, -1], [-1, -1, -1]]),
        ((3, 1, UNLIMITED), [[0, 0, 0], [2, 2, 2], [2, 2, 2]]),
        ((7, 0), [[0, 0, 0], [0, 0, 0], [0, -1, -1]]),
    ],
)
def test_three_go_together_to_the_first_pool_with_room_for_all_or_one_by_one(
    usable: tuple[int, ...], where: list[list[int]]
) -> None:
    assert first_places_of_groups(3, *usable)[:3] == where


def test_where_nobody_minds_brothers_and_sisters_fill_the_pools_in_order() -> None:
    assert first_places_of_groups(3, 2, 3, together=False)[:2] == [[0, 0, 1], [1, 1, -1]]


def test_a_brother_of_another_need_does_not_take_the_place_that_is_kept() -> None:
    """Children of one group with the needs 0, 1 and 0; one pool with two places is for both."""
    bands = np.zeros((N_AGES, N_NEEDS))
    bands[:, 0] = bands[:, 1] = 0.5
    world = a_world(
        days=200,
        entries=entries({"1_4": 0.2}, group_size=(0.0, 0.0, 1.0), same_band=1.0, first_need=bands),
        places=replace(
            places(2, UNLIMITED, UNLIMITED, preference=[[0, 1], [0, 2]]), siblings_together=True
        ),
        hazards=on_days(returned_home=199.0),
    )
    spells = told_twice(world).spells
    first = spells[spells["group"] == 0]
    needs = first["need"].tolist()
    # The first group of this world is such a one; else the test says nothing.
    assert needs in ([0, 1, 0], [1, 0, 1])
    other = first["pool"][1]
    assert first["pool"].tolist() == [0, other, 0]
    assert other == 1 + needs[1]


def test_brothers_and_sisters_need_the_same_as_often_as_the_world_says() -> None:
    """Needs by age stay as they are; a pair of an age shares one if its number is shared, or by
    chance: p + (1 - p) x sum of squares."""
    bands = np.zeros((N_AGES, N_NEEDS))
    bands[:, :3] = 0.5, 0.3, 0.2
    for share in (0.0, 0.6, 1.0):
        coming = entries(
            {"1_4": 4.0},
            group_size=(0.0, 1.0),
            same_band=1.0,
            same_need=share,
            first_need=bands,
        )
        pairs = pairs_of_needs(a_world(days=400, entries=coming))
        assert len(pairs) > 1400
        for need, expected in enumerate((0.5, 0.3, 0.2)):
            assert_share(pairs[:, 1] == need, expected)
        same = pairs[:, 0] == pairs[:, 1]
        if share == 1.0:
            assert same.all()
        else:
            assert_share(same, share + (1 - share) * 0.38)


def pairs_of_needs(world: World) -> NDArray[np.int64]:
    """(groups, 2): the first needs of each two who came together."""
    return children_of(world, Draws(1, 0)).need.reshape(-1, 2)


def assert_share(found: NDArray[np.bool_], expected: float) -> None:
    z = (found.mean() - expected) / (expected * (1 - expected) / len(found)) ** 0.5
    assert abs(z) <= 4, (found.mean(), expected, z)


def test_a_pool_must_be_for_the_ages_of_all_who_go_together() -> None:
    """Brothers and sisters of every age; nobody under 5 in the first pool."""
    ages = np.array([[100.0, 100], [700, 700], [2500, 2500], [4500, 4500], [6000, 6000], [0, 0]])
    limited = replace(
        places(UNLIMITED, UNLIMITED), youngest_years=np.array([5, 0]), siblings_together=True
    )
    world = a_world(
        days=300,
        entries=entries({"5_9": 0.3}, group_size=(0.0, 1.0), same_band=0.3, ages_days=ages),
        places=limited,
    )
    spells = told_twice(world).spells
    for group in np.unique(spells["group"]):
        pair = spells[spells["group"] == group]
        youngest = np.min(pair["entered"] - pair["born_day"])
        expected = 0 if youngest > 5 * DAYS_PER_YEAR else 1
        assert pair["pool"].tolist() == [expected, expected]


# --- places that close with whoever lives there ---------------------------------------------


def closing(*usable: int, closes: list[int], changes: tuple[tuple[float, int, int], ...]) -> Places:
    """Pools of which places close with whoever lives in them."""
    n = len(changes)
    return replace(
        places(*usable, changes=changes),
        change_closes=np.array(closes),
        change_chance=np.linspace(0.1, 0.9, n),
    )


def test_a_home_that_closes_ends_its_childrens_placements_and_they_move_in_order() -> None:
    world = a_world(
        days=90, cohort=cohort(3), places=closing(3, 2, closes=[-1], changes=((20.0, 0, 0),))
    )
    record = told_twice(world)
    ends = (0, 20, 0, BEGAN_AT_START, ENDED_MOVED + CARER_ENDS)
    began = BEGAN_MOVED + CARER_ENDS
    assert life(record, 0) == [ends, (20, 90, 1, began, ENDED_OPEN)]
    assert life(record, 1) == [ends, (20, 90, 1, began, ENDED_OPEN)]
    assert life(record, 2) == [ends, (20, 90, -1, began, ENDED_OPEN)]


def test_as_many_placements_end_as_places_with_children_in_them_close() -> None:
    for closes, remain in ((0, 4), (1, 3), (3, 1), (9, 0)):
        world = a_world(
            days=90,
            cohort=cohort(4),
            places=closing(4, 9, closes=[closes], changes=((20.0, 0, max(4 - closes, 0)),)),
        )
        record = told_twice(world)
        assert [pools_of(record, child) for child in range(4)].count([0]) == remain


def test_two_carers_who_go_in_one_instant_take_two_children_not_one_twice() -> None:
    world = a_world(
        days=90,
        cohort=cohort(4),
        places=closing(4, 9, closes=[1, 1, 1], changes=((20.0, 0, 3), (20.0, 0, 2), (20.0, 0, 1))),
    )
    record = told_twice(world)
    assert [pools_of(record, child) for child in range(4)].count([0]) == 1


def test_a_child_who_leaves_or_moves_in_the_instant_of_the_closure_does_so_once() -> None:
    for cause, ending in (("returned_home", RETURNED_HOME), ("planned", ENDED_MOVED + PLANNED)):
        world = a_world(
            days=90,
            cohort=cohort(1),
            hazards=on_days(**{cause: 20.0}),
            places=closing(1, 2, closes=[-1], changes=((20.0, 0, 0),)),
        )
        told = life(told_twice(world))
        assert told[0] == (0, 20, 0, BEGAN_AT_START, ending)
        assert [spell[2] for spell in told[1:]] == ([1] if ending >= ENDED_MOVED else [])


def test_a_closure_moves_no_exit_and_starts_a_new_placement() -> None:
    """The exit comes on its day; the next placement's clock begins with the closure."""
    in_its_tenth_day = hazards(
        {"planned": [0.0, 1e9, 0.0, 0.0]}, placement_bands=(0.0, 10.0, 10.0 + TICK, np.inf)
    )
    world = a_world(
        days=40,
        cohort=cohort(1),
        hazards=in_its_tenth_day,
        places=closing(1, 2, closes=[-1], changes=((4.0, 0, 0),)),
    )
    times = [spell[:2] for spell in life(told_twice(world))]
    assert times[:2] == [(0, 4), (4, 14 + TICK)]


# --- after the 18th birthday ----------------------------------------------------------------


def staying_on(plain: Places, share: float, days: float) -> Places:
    n = len(plain.pool_names)
    return replace(plain, stays_on_share=np.full(n, share), stays_on_days_mean=np.full(n, days))


def turning_18_with_a_brother_who_waits(share: float, closes: int = 0) -> World:
    """Child 0 turns 18 on 1 May; child 1 loses the second place on day 10 and waits for one."""
    adult = born_on(date(2003, 5, 1), 2)
    start = replace(
        adult,
        age_group=np.array([4, 3]),
        need=np.array([0, 1]),
        profile=np.array([0, 1]),
        cell_cdf=np.array([[1.0, 1.0], [0.0, 1.0]]),
        cell_age_days=np.array([adult.cell_age_days[0], 4500.0]),
        cell_care_days=np.zeros(2),
    )
    some = places(2, changes=((5.0, 0, 1), (300.0, 0, 1)))
    if closes:
        some = replace(
            some, change_closes=np.array([0, closes]), change_chance=np.array([0.5, 0.5])
        )
    return a_world(
        days=400,
        cohort=start,
        hazards=on_days(need={"planned": [1]}, planned=10.0),
        places=staying_on(some, share, 1e6),
    )


def test_whoever_stays_on_after_18_holds_the_place_and_nobody_else_has_it() -> None:
    adult = begins(START, date(2021, 5, 1))
    without = told_twice(turning_18_with_a_brother_who_waits(0.0))
    assert life(without, 1)[1:] == [
        (10, adult, -1, BEGAN_MOVED + PLANNED, ENDED_PLACE_FOUND),
        (adult, 400, 0, BEGAN_PLACE_FOUND, ENDED_OPEN),
    ]
    assert len(without.holds) == 0
    held = told_twice(turning_18_with_a_brother_who_waits(1.0))
    assert life(held, 0) == [(0, adult, 0, BEGAN_AT_START, ENDED_TURNED_18)]
    assert life(held, 1)[1:] == [(10, 400, -1, BEGAN_MOVED + PLANNED, ENDED_OPEN)]
    assert held.holds.tolist() == [(0, 0, adult, 400)]


def test_a_held_place_that_is_left_or_closes_is_no_longer_held() -> None:
    adult = begins(START, date(2021, 5, 1))
    closed = told_twice(turning_18_with_a_brother_who_waits(1.0, closes=-1))
    assert closed.holds.tolist() == [(0, 0, adult, 300)]
    short = turning_18_with_a_brother_who_waits(1.0)
    left = told_twice(replace(short, places=staying_on(short.places, 1.0, 20.0)))
    leaves = left.holds["to_time"].item()
    assert adult < leaves < 400
    assert life(left, 1)[-1] == (leaves, 400, 0, BEGAN_PLACE_FOUND, ENDED_OPEN)


# --- back to the first choice ---------------------------------------------------------------


def settling(plain: Places, days: float) -> Places:
    return replace(plain, settling_days=days)


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


def test_without_a_settling_time_nobody_moves_back() -> None:
    record = told_twice(overflowing(np.inf, opens=20.0, usable=3))
    assert [pools_of(record, child) for child in range(3)] == [[0, 1]] * 3


def test_time_in_the_placement_before_the_start_counts_and_the_first_day_is_not_the_start() -> None:
    world = a_world(
        days=50,
        cohort=cohort(2, sector=1, care_days=900.0),
        places=settling(places(2, 9), 0.5),
    )
    record = told_twice(world)
    for child in (0, 1):
        moved = record.spells[(record.spells["child"] == child) & (record.spells["began"] > 0)]
        assert moved["pool"].tolist() == [0]
        assert TICK <= moved["from_time"].item() <= 0.5


# --- programmes and emergencies -------------------------------------------------------------


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
