"""Do the rules hold? No clock and no chance: one table of cases a rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import N_NEEDS, START, hazards, places

from sufficiency.domain import CAUSES, N_EXIT_CAUSES, TICK, TICKS_PER_DAY
from sufficiency.simulation import allocation, rules
from sufficiency.simulation.allocation import Seekers
from sufficiency.simulation.chances import drawn, first_reached, inverse
from sufficiency.simulation.children import NO_PLAN
from sufficiency.simulation.places import Pools, Queue, supply_of
from sufficiency.simulation.record import ENDED_MOVED, ENDED_OPEN, ENDED_TURNED_18
from sufficiency.simulation.risks import risks_of
from sufficiency.simulation.side_by_side import WIDTH
from sufficiency.simulation.world import UNLIMITED, Floats, Hazards, Places

# The first call of a rule compiles it, which says nothing about the speed of the examples.
ANY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


# --- places ---------------------------------------------------------------------------------


def pools_of(some: Places) -> Pools:
    return Pools(supply_of(some, START, 365))


def filled(usable: list[int], occupied: list[int], order: list[int] | None = None) -> Pools:
    pools = pools_of(places(*usable, preference=[order] if order else None))
    pools.supply.occupied[:] = occupied
    return pools


def seekers(n: int = 1, *, need: Sequence[int] = (), born_day: Sequence[int] = ()) -> Seekers:
    """Children who have nothing against any place, three years old unless given."""
    whole = np.zeros((4, n), dtype=np.int64)
    return Seekers(
        need=np.array(need or [0] * n),
        rank=np.arange(n),
        born_day=np.array(born_day or [-1100] * n),
        group=np.arange(n),
        pool=whole[0] + allocation.NO_POOL,
        held=whole[0] + allocation.NO_POOL,
        called=whole[1],
        placed=np.zeros(n),
        since=np.zeros(n),
        barred_pool=whole[0] + allocation.NO_POOL,
        barred_turnover=whole[2],
    )


def chosen(pools: Pools, who: Seekers | None = None, child: int = 0, now: float = 0.0) -> int:
    """The pool that a child alone goes to."""
    who = who or seekers()
    order = int(who.need[child])
    return allocation.choose_pool(child, order, allocation.ALONE, now, who, pools.supply)


@pytest.mark.parametrize(
    ("usable", "occupied", "order", "pool"),
    [
        ([2, 2], [1, 0], None, 0),
        ([2, 2], [2, 0], None, 1),
        ([2, 2], [2, 2], None, allocation.NO_POOL),
        ([0, UNLIMITED], [0, 900], None, 1),
        ([0], [0], None, allocation.NO_POOL),
        ([2, 2], [0, 0], [1, 0], 1),
        ([2, 2], [0, 2], [1], allocation.NO_POOL),
        ([1, 1], [3, 0], None, 1),
    ],
)
def test_a_child_goes_to_the_first_pool_in_order_with_a_place(
    usable: list[int], occupied: list[int], order: list[int] | None, pool: int
) -> None:
    assert chosen(filled(usable, occupied, order)) == pool


def test_a_full_pool_takes_nobody_and_an_empty_one_gives_nobody_up() -> None:
    pools = filled([1], [1])
    with pytest.raises(AssertionError, match="full"):
        pools.take(0)
    pools.give_up(0)
    with pytest.raises(AssertionError, match="nobody"):
        pools.give_up(0)


def barred_from(pool: int, pools: Pools) -> Seekers:
    """A child who may not retake the place just left in a pool."""
    who = seekers()
    allocation.bar_place(who, 0, pool, allocation.UNPLANNED, pools.supply)
    return who


def test_the_place_just_left_is_barred_until_someone_else_has_it() -> None:
    pools = filled([2], [2])
    pools.give_up(0)
    barred = barred_from(0, pools)
    assert chosen(pools) == 0
    assert chosen(pools, barred) == allocation.NO_POOL
    pools.take(0)
    pools.give_up(0)
    assert chosen(pools, barred) == 0


def test_a_place_that_closes_when_it_is_left_bars_nobody_from_the_next() -> None:
    pools = filled([1], [2])
    pools.give_up(0)
    barred = barred_from(0, pools)
    pools.give_up(0)
    assert chosen(pools, barred) == allocation.NO_POOL
    pools.change(0, 2)
    assert chosen(pools, barred) == 0


def next_served(queue: Queue, who: Seekers, pools: Pools) -> tuple[int, int]:
    return allocation.next_served(queue.children, queue.length, False, 0.0, who, pools.supply)


def served_in_order(since: list[float], ranks: list[int]) -> list[int]:
    who = seekers(len(since))._replace(since=np.array(since), rank=np.array(ranks, dtype=np.int64))
    waiting, pools, order = Queue(who.since, who.rank), filled([UNLIMITED], [0]), []
    for child in range(len(since)):
        waiting.join(child)
    while waiting.length:
        child, _ = next_served(waiting, who, pools)
        waiting.leave(child)
        order.append(child)
    return order


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), unique=True, max_size=12))
@ANY
def test_the_longest_wait_is_served_first_and_ties_go_by_rank(keys: list[tuple[int, int]]) -> None:
    order = served_in_order([float(time) for time, _ in keys], [rank for _, rank in keys])
    assert order == sorted(range(len(keys)), key=lambda child: keys[child])


def test_a_child_whose_pools_are_full_is_passed_over_not_waited_for() -> None:
    pools, who = pools_of(places(1, 1, preference=[[0], [1]])), seekers(2, need=[0, 1])
    pools.supply.occupied[:] = [1, 0]
    waiting = Queue(who.since, who.rank)
    waiting.join(0)
    waiting.join(1)
    assert next_served(waiting, who, pools) == (1, 1)
    waiting.leave(1)
    assert next_served(waiting, who, pools) == (allocation.NOBODY, allocation.NO_POOL)


@pytest.mark.parametrize(
    ("uniform", "need"), [(0.0, 1), (0.2, 1), (0.3, 3), (0.9999999999999999, 3)]
)
def test_a_new_need_is_drawn_by_inversion_and_never_one_of_probability_zero(
    uniform: float, need: int
) -> None:
    destination = np.zeros((6, 2, N_NEEDS, N_NEEDS))
    destination[:, :, 0] = [0, 0.25, 0, 0.75 - 1e-12, 0, 0, 0]
    assert rules.new_need(destination, 2, True, 0, uniform) == need


# --- hazards --------------------------------------------------------------------------------

LONG_AGO = -math.inf
AGED_3 = np.array([LONG_AGO, -800.0, 800.0, 2600.0, 4800.0, 5500.0])


def ending(
    table: Hazards, left: Floats, now: float = 0.0, entered: float = 0.0, placed: float = 0.0
) -> tuple[float, int]:
    return next_ending(now, 10_000.0, False, entered, placed, left, risks_of(table))


def next_ending(
    now: float,
    horizon: float,
    uasc: bool,
    entered: float,
    placed: float,
    left: Floats,
    risks: rules.Risks,
    plan: tuple[float, int] = (0.0, NO_PLAN),
) -> tuple[float, int]:
    """When and why, checking what is left then: as much as spending until then leaves."""
    after = np.empty_like(left)
    due, why = rules.next_ending(
        now, horizon, 0, 0, uasc, entered, placed, AGED_3, *plan, left, after, risks
    )
    if why != ENDED_OPEN:
        spent = left.copy()
        who = (0, 0, uasc, entered, placed, AGED_3, plan[0])
        rules.spend(spent, now, due, *who, risks)
        # The rate may change within the tick up to which the ending is put off.
        highest = (risks.by_care + risks.by_placement).max() * risks.factor.max()
        assert after == pytest.approx(spent, abs=1e-9 + 2 * TICK * highest)
    return due, why


def left_of(**causes: float) -> Floats:
    left = np.full(WIDTH, np.inf)
    for cause, exponential in causes.items():
        left[CAUSES.index(cause)] = exponential
    return left


@pytest.mark.parametrize(
    ("exponential", "time"),
    [(0.05, 5.0), (0.1, 10.0), (0.1 + 0.5, 20.0), (0.1 + 1.0, 30.0), (0.1 + 1.0 + 0.5, 80.0)],
)
def test_an_exponential_is_spent_band_by_band(exponential: float, time: float) -> None:
    table = hazards({"adoption": [0.01, 0.05, 0.01]}, care_bands=(0.0, 10.0, 30.0))
    found, why = ending(table, left_of(adoption=exponential))
    assert why == CAUSES.index("adoption")
    assert found == pytest.approx(time, abs=2 * TICK)


def test_time_served_puts_a_child_in_its_true_band() -> None:
    table = hazards({"adoption": [0.01, 0.05, 0.01]}, care_bands=(0.0, 10.0, 30.0))
    found, _ = ending(table, left_of(adoption=0.5), entered=-20.0)
    assert found == pytest.approx(10.0, abs=2 * TICK)


def test_time_in_the_placement_puts_a_child_in_its_true_band() -> None:
    bands = (0.0, 50.0, math.inf, math.inf)
    table = hazards({"planned": [0.1, 0.2, 0.2, 0.2]}, placement_bands=bands)
    found, _ = ending(table, left_of(planned=2.0), entered=-500.0, placed=-100.0)
    assert found == pytest.approx(10.0, abs=2 * TICK)


def test_what_is_spent_exactly_as_a_band_ends_is_not_put_off_by_a_tick() -> None:
    table = hazards({"adoption": [0.5, 0.5, 0.5]}, care_bands=(0.0, 2.0, 30.0))
    assert ending(table, left_of(adoption=1.0))[0] == 2.0


def test_those_over_16_live_by_rates_of_their_own() -> None:
    table = hazards({"adoption": np.array([0, 0, 0, 0, 0.01, 0])[None, :, None]})
    found, _ = ending(table, left_of(adoption=1.0))
    assert found == pytest.approx(AGED_3[rules.OVER_16] + 100.0, abs=2 * TICK)


def test_a_band_that_begins_later_than_ticks_can_tell_never_begins() -> None:
    table = hazards({"adoption": [0.001, 5.0]}, care_bands=(0.0, 1e13))
    found, _ = ending(table, left_of(adoption=1.0))
    assert found == pytest.approx(1000.0, abs=2 * TICK)


def test_moves_count_from_the_placement_and_exits_from_entry() -> None:
    table = hazards({"planned": [0.0, 1.0, 1.0, 1.0]}, placement_bands=(0.0, 50.0, np.inf, np.inf))
    found, why = ending(table, left_of(planned=2.0), entered=-500.0, placed=-30.0)
    assert found == pytest.approx(22.0, abs=2 * TICK)
    assert why == ENDED_MOVED + CAUSES.index("planned") - N_EXIT_CAUSES


def test_birthdays_the_calendar_and_the_need_group_change_the_rate() -> None:
    table = hazards(
        {"adoption": np.array([0, 0.001, 0.002, 0, 0, 0])[None, :, None]},
        calendar=(0.0, 900.0),
        calendar_factor={"adoption": [1.0, 10.0]},
    )
    # 800 days at 0.001, 100 at 0.002 and then at 0.02.
    found, _ = ending(table, left_of(adoption=0.8 + 0.2 + 0.4))
    assert found == pytest.approx(920.0, abs=2 * TICK)
    table.need_factor[:, 0] = 2.0
    assert ending(table, left_of(adoption=0.8))[0] == pytest.approx(400.0, abs=2 * TICK)
    table.need_factor[:, 0] = 0.0
    assert ending(table, left_of(adoption=0.8)) == (AGED_3[-1], ENDED_TURNED_18)


def test_unaccompanied_children_keep_their_own_row_at_every_age() -> None:
    risks = risks_of(hazards({"adoption": np.array([0, 9, 9, 9, 9, 0.001])[None, :, None]}))
    found, _ = next_ending(0.0, 1e4, True, 0.0, 0.0, left_of(adoption=1.0), risks)
    assert found == pytest.approx(1000.0, abs=2 * TICK)


def test_nothing_before_the_horizon_is_no_ending() -> None:
    risks = risks_of(hazards({"adoption": 0.001}))
    for horizon, why in ((999.0, ENDED_OPEN), (1001.0, CAUSES.index("adoption"))):
        found = next_ending(0.0, horizon, False, 0.0, 0.0, left_of(adoption=1.0), risks)
        assert found[1] == why


@given(
    stop=st.integers(1, 3000 * 16).map(lambda sixteenths: sixteenths / 16),
    exponential=st.floats(0.01, 5.0),
    entered=st.integers(-2000, 0).map(float),
    seed=st.integers(0, 10**6),
)
@ANY
def test_spending_a_part_and_then_the_rest_ends_at_the_same_time(
    stop: float, exponential: float, entered: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    table = replace(
        hazards({"adoption": 0.0}, calendar=(0.0, 100.0, 1500.0)),
        per_day=rng.random((len(CAUSES), 6, 6, 4)) * 2e-3,
        calendar_factor=rng.random((len(CAUSES), 6, 3)) * 2,
    )
    whole = left_of(adoption=exponential)
    time, why = ending(table, whole, entered=entered)
    part = whole.copy()
    rules.spend(part, 0.0, stop, 0, 0, False, entered, 0.0, AGED_3, 0.0, risks_of(table))
    if stop < time - TICK:
        again, why_again = ending(table, part, now=stop, entered=entered)
        assert again == pytest.approx(time, abs=4 * TICK)
        assert why_again == why
    else:
        assert part[0] == pytest.approx(0.0, abs=1e-8) or why == ENDED_TURNED_18
    assert np.all(part[1:] == np.inf)


def test_every_ending_is_at_least_a_tick_away() -> None:
    found, _ = ending(hazards({"adoption": 1e12}), left_of(adoption=1e-9), now=7.0)
    assert found == 7.0 + TICK
    assert rules.tick_up(1 / 3) * TICKS_PER_DAY == math.ceil(TICKS_PER_DAY / 3)


# --- from uniform numbers to categories -----------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "categories"),
    [((5, 3, 2), [0, 0, 1, 2]), ((0, 1, 0), [1, 1, 1, 1]), ((0, 0, 0), [2, 2, 2, 2])],
)
def test_a_category_is_drawn_by_its_share_of_all(
    weights: tuple[float, ...], categories: list[int]
) -> None:
    probability = np.array(weights, dtype=np.float64)
    assert [drawn(probability, uniform) for uniform in (2**-33, 0.1, 0.6, 1 - 2**-33)] == categories


# --- inverting an intensity -----------------------------------------------------------------


def test_an_intensity_is_inverted_past_its_flat_stretches() -> None:
    grid, rising = np.array([0.0, 10.0, 20.0, 30.0]), np.array([0.0, 1.0, 1.0, 3.0])
    levels = np.array([0.5, 1.0, 1.0000001, 2.0, 3.0])
    found = [inverse(level, first_reached(level, 1, rising), grid, rising) for level in levels]
    assert found == pytest.approx([5.0, 10.0, 20.0, 25.0, 30.0], abs=1e-5)
    assert first_reached(9.0, 1, rising) == len(rising) - 1
