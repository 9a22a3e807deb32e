"""Who must move when places close, and who holds a place after 18? Fixed stays, both clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from clocks import told_twice
from fixed_days import (
    CARER_ENDS,
    PLANNED,
    born_on,
    life,
    on_days,
    pools_of,
)
from worlds import START, a_world, cohort, hazards, places

from sufficiency.domain import (
    EXIT_REASONS,
    TICK,
    begins,
)
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    ENDED_TURNED_18,
)
from sufficiency.simulation.world import (
    Places,
    World,
)

RETURNED_HOME = EXIT_REASONS.index("returned_home")


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


def test_a_place_is_held_for_as_long_as_its_own_pools_mean_says() -> None:
    """The same young people in two worlds: ten times the mean in their pool, ten times as long."""
    some = replace(born_on(date(2003, 5, 1), 20), sector=np.full(20, 1))
    held = []
    for mean_days in (3.0, 30.0):
        pools = replace(
            places(50, 50),
            stays_on_share=np.ones(2),
            stays_on_days_mean=np.array([1e6, mean_days]),
        )
        holds = told_twice(a_world(days=2000, cohort=some, places=pools)).holds
        assert len(holds) == 20
        held.append(holds["to_time"] - holds["from_time"])
    np.testing.assert_allclose(held[1], 10 * held[0], atol=11 * TICK)


def test_nobody_holds_a_place_that_closes_at_the_instant_of_the_18th_birthday() -> None:
    adult = begins(START, date(2021, 5, 1))
    some = places(1, 1, changes=((adult, 0, 0),))
    closes = replace(some, change_closes=np.array([-1]), change_chance=np.array([0.5]))
    world = a_world(days=400, cohort=born_on(date(2003, 5, 1)), places=staying_on(closes, 1.0, 1e6))
    record = told_twice(world)
    assert life(record) == [(0, adult, 0, BEGAN_AT_START, ENDED_TURNED_18)]
    assert len(record.holds) == 0


def test_a_child_settled_elsewhere_moves_back_when_a_held_place_is_left() -> None:
    adult = born_on(date(2003, 5, 1), 2)
    start = replace(
        adult,
        age_group=np.array([4, 3]),
        sector=np.array([0, 1]),
        profile=np.array([0, 1]),
        cell_cdf=np.array([[1.0, 1.0], [0.0, 1.0]]),
        cell_age_days=np.array([adult.cell_age_days[0], 4500.0]),
        cell_care_days=np.zeros(2),
    )
    some = staying_on(places(1, 1), 1.0, 20.0)
    record = told_twice(a_world(days=400, cohort=start, places=replace(some, settling_days=1.0)))
    leaves = record.holds["to_time"].item()
    assert begins(START, date(2021, 5, 1)) < leaves < 400
    assert [spell[:3] for spell in life(record, 1)] == [(0, leaves, 1), (leaves, 400, 0)]
