"""The places of one replication: carers, closures and others' stays against their closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sufficiency.domain import SECTORS, TICK
from sufficiency.simulation.carers import CarerProcess, households
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.record import (
    CARER_APPROVED,
    CARER_DEREGISTERED,
    INTERVENTION,
    PROVIDER_CLOSED,
    SCHEDULED,
)
from sufficiency.simulation.supply_paths import (
    ALL,
    ClosingAtRate,
    HeldPlaces,
    StepDownSlots,
    SupplyPlan,
    drawn_places,
)
from sufficiency.simulation.world import UNLIMITED, Floats, Places, StepDown

HORIZON = 1096
YEAR = 365.25


class Effects(NamedTuple):
    """Effects on two sectors' places, for tests."""

    starts_days: Floats
    places_factor: Floats
    places_added: Floats
    approvals_factor: Floats
    approval_days_added: Floats


def effects(starts: list[float], **given: Any) -> Effects:
    k = len(starts)
    neutral: dict[str, Any] = {
        "places_factor": np.ones((2, k)),
        "places_added": np.zeros((2, k)),
        "approvals_factor": np.ones(k),
        "approval_days_added": np.zeros(k),
    }
    return Effects(np.array(starts), **{**neutral, **given})


def carers(
    *,
    at_start: int = 100,
    approved: float = 27.0,
    ended: float = 0.15,
    each: float = 1.9,
    usable: float = 0.75,
    there: float = 0.3,
    days: float = 150.0,
) -> CarerProcess:
    """Households a year approved, de-registrations a household a year."""
    return CarerProcess(
        pool=0,
        block=7,
        places_of_first=np.full(at_start, 2),
        starts_days=np.zeros(1),
        approvals_per_day=np.array([approved / YEAR]),
        deregistrations_per_day=np.array([ended / YEAR]),
        days_to_approve=days,
        places_per_household=each,
        usable_share=usable,
        children_there_share=there,
    )


def places(*usable: int, changes: list[tuple[float, int, int]] | None = None) -> Places:
    planned = changes or []
    n = len(usable)
    return Places(
        pool_names=tuple(f"pool {pool}" for pool in range(n)),
        pool_sector=np.arange(n) % 2,
        usable_at_start=np.array(usable),
        change_time=np.array([time for time, _, _ in planned], dtype=float),
        change_pool=np.array([pool for _, pool, _ in planned], dtype=np.int64),
        change_usable=np.array([number for _, _, number in planned], dtype=np.int64),
        preference=np.arange(n)[None],
        first_choice=np.eye(1, len(SECTORS), dtype=bool),
        suitable=np.ones((1, len(SECTORS)), dtype=bool),
    )


def path_of(drawn: Places, pool: int) -> list[tuple[float, int]]:
    at = drawn.change_pool == pool
    return list(zip(drawn.change_time[at], drawn.change_usable[at], strict=True))


def usable_on(drawn: Places, pool: int, day: float) -> int:
    now = int(drawn.usable_at_start[pool])
    for time, usable in path_of(drawn, pool):
        if time <= day:
            now = int(usable)
    return now


def within(sample: Floats, mean: float, variance: float) -> None:
    """Mean and variance of independent draws agree with theory, |z| <= 4."""
    n = len(sample)
    error = np.sqrt(variance / n)
    assert error < 0.02 * mean
    assert abs(sample.mean() - mean) <= 4 * error
    # The fourth moment of the sample gives the error of its variance.
    spread = (sample - mean) ** 2
    assert abs(spread.mean() - variance) <= 4 * spread.std() / np.sqrt(n)


# Carers.


@pytest.mark.parametrize("day", [30, 365, 1096])
def test_households_are_an_immigration_death_process(day: int) -> None:
    process = carers()
    counts = np.array(
        [
            np.sum((found.approved <= day) & (found.ended > day))
            for number in range(1200)
            for found in [households(process, Draws(5, number), HORIZON)]
        ],
        dtype=float,
    )
    stays = np.exp(-0.15 * day / YEAR)
    come = 27 / 0.15 * (1 - stays)
    within(counts, 100 * stays + come, 100 * stays * (1 - stays) + come)


def test_a_rate_that_changes_is_spent_along_its_path() -> None:
    """With approvals of 36 a year and nobody at the start the number on day 600 is Poisson, with
    mean the integral of approvals x survival."""
    process = replace(
        carers(at_start=0),
        starts_days=np.array([0.0, 200.0]),
        approvals_per_day=np.array([36.0, 36.0]) / YEAR,
        deregistrations_per_day=np.array([0.1, 0.6]) / YEAR,
    )
    day, change, slow, fast = 600.0, 200.0, 0.1 / YEAR, 0.6 / YEAR
    early = np.exp(-fast * (day - change)) * (1 - np.exp(-slow * change)) / slow
    late = (1 - np.exp(-fast * (day - change))) / fast
    expected = 36 / YEAR * (early + late)
    counts = np.array(
        [
            np.sum((found.approved <= day) & (found.ended > day))
            for number in range(1200)
            for found in [households(process, Draws(5, number), HORIZON)]
        ],
        dtype=float,
    )
    within(counts, expected, expected)


def test_a_household_brings_its_share_of_places_that_can_be_used() -> None:
    process = carers(at_start=0, each=1.9, usable=0.75)
    brought = np.concatenate(
        [households(process, Draws(5, number), HORIZON).places for number in range(400)]
    ).astype(float)
    # One place always and a second with chance 0.9, each usable with chance 0.75.
    variance = 0.75 * 0.25 * 1.9 + 0.75**2 * 0.9 * 0.1
    within(brought, 1.9 * 0.75, variance)


def test_more_approvals_bring_the_same_households_sooner() -> None:
    few, many = (households(carers(approved=rate), Draws(1, 2), HORIZON) for rate in (20.0, 40.0))
    n = len(few.places)
    assert len(many.places) > n
    assert np.array_equal(few.places, many.places[:n])
    assert np.array_equal(few.chance, many.chance[:n])
    assert np.allclose(few.approved[100:] / 2, many.approved[100:n])
    assert np.array_equal(few.ended[:100], many.ended[:100])


def test_a_change_of_recruitment_shows_only_after_the_time_to_approve() -> None:
    more = effects([0.0, 200.0], approvals_factor=np.array([1.0, 3.0]))
    draws = Draws(1, 2)
    before = households(carers(days=150.0), draws, HORIZON)
    after = households(carers(days=150.0), draws, HORIZON, more)
    early = before.approved < 350
    n = int(early.sum())
    assert np.array_equal(before.approved[:n], after.approved[:n])
    assert after.approved[n] >= 350
    assert len(after.places) > len(before.places)


def test_nobody_is_approved_while_approval_takes_longer() -> None:
    slower = effects([0.0, 100.0], approval_days_added=np.array([0.0, 90.0]))
    process = carers(approved=200.0, days=50.0)
    found = households(process, Draws(1, 2), HORIZON, slower)
    come = found.approved[100:]
    assert not np.any((come >= 150) & (come < 240))
    assert np.any((come > 0) & (come < 150))
    assert np.any(come >= 240)


def test_places_follow_the_households_and_say_why() -> None:
    process = carers()
    found = households(process, Draws(1, 2), HORIZON)
    drawn = drawn_places(places(200), SupplyPlan(carers=(process,)), Draws(1, 2), HORIZON)
    for day in (1.0, 300.0, 800.0, float(HORIZON)):
        there = (found.approved <= day - TICK) & (found.ended > day)
        assert usable_on(drawn, 0, day) == found.places[there].sum()
    assert drawn.change_why is not None
    assert drawn.change_closes is not None
    assert set(drawn.change_why) == {CARER_APPROVED, CARER_DEREGISTERED}
    left = drawn.change_why == CARER_DEREGISTERED
    assert set(drawn.change_closes[left]) == {0, 1, 2}
    assert not drawn.change_closes[~left].any()
    moved = np.mean(drawn.change_closes[left] > 0)
    assert abs(moved - 0.3) < 4 * np.sqrt(0.3 * 0.7 / left.sum())


# Others who hold places, and closures.


def test_places_held_by_others_are_a_queue_without_limit() -> None:
    plan = SupplyPlan(held=(HeldPlaces(0, 3, 12, 24 / YEAR, 4 / YEAR),))
    free = np.array(
        [
            usable_on(drawn_places(places(88), plan, Draws(3, number), HORIZON), 0, 200)
            for number in range(1000)
        ],
        dtype=float,
    )
    stays = np.exp(-4 * 200 / YEAR)
    come = 24 / 4 * (1 - stays)
    within(free, 100 - 12 * stays - come, 12 * stays * (1 - stays) + come)


def test_a_provider_closes_at_its_rate_with_everybody_who_lives_there() -> None:
    plan = SupplyPlan(closing=(ClosingAtRate(0, 3, 0.4 / YEAR),))
    closed = 0
    n = 1000
    for number in range(n):
        drawn = drawn_places(
            places(9, 5, changes=[(500.0, 0, 12)]), plan, Draws(3, number), HORIZON
        )
        if drawn.change_closes is not None and (drawn.change_closes == ALL).any():
            closed += 1
            assert drawn.change_why is not None
            assert drawn.change_why[-1] == PROVIDER_CLOSED
            assert path_of(drawn, 0)[-1][1] == 0
    share = 1 - np.exp(-0.4 * HORIZON / YEAR)
    assert abs(closed - n * share) <= 4 * np.sqrt(n * share * (1 - share))


def test_step_down_slots_are_spread_over_the_year() -> None:
    programme = StepDown(np.empty(0), np.empty(0), 3, 2, 0.6, 90.0)
    plan = SupplyPlan(step_down=StepDownSlots(100.0, 100 + 2 * YEAR, 8 / YEAR))
    drawn = drawn_places(replace(places(5), step_down=programme), plan, Draws(1, 1), HORIZON)
    assert drawn.step_down is not None
    assert len(drawn.step_down.time) == 16
    eighth = np.floor((drawn.step_down.time - 100) / (YEAR / 8))
    assert np.array_equal(eighth, np.arange(16))
    assert len(drawn.step_down.chance) == 16


# What is planned, and interventions.


def test_without_chance_the_planned_places_are_left_alone() -> None:
    planned = places(3, UNLIMITED, changes=[(5.0, 0, 4)])
    assert drawn_places(planned, SupplyPlan(), Draws(1, 1), HORIZON) is planned


def test_an_intervention_reaches_limited_pools_and_adds_to_the_first() -> None:
    planned = places(10, UNLIMITED, 20, UNLIMITED, changes=[(50.0, 0, 30)])
    more = effects(
        [0.0, 100.0],
        places_factor=np.array([[1.0, 0.5], [1.0, 0.5]]),
        places_added=np.array([[0.0, 4.0], [0.0, 0.0]]),
    )
    drawn = drawn_places(planned, SupplyPlan(), Draws(1, 1), HORIZON, more)
    assert path_of(drawn, 0) == [(50.0, 30), (100.0, 19)]
    assert path_of(drawn, 2) == [(100.0, 10)]
    assert path_of(drawn, 1) == path_of(drawn, 3) == []
    assert drawn.change_why is not None
    assert list(drawn.change_why) == [SCHEDULED, INTERVENTION, INTERVENTION]


def test_effects_in_force_at_the_start_hold_from_it() -> None:
    more = effects([0.0], places_added=np.array([[3.0], [0.0]]))
    drawn = drawn_places(places(10), SupplyPlan(), Draws(1, 1), HORIZON, more)
    assert list(drawn.usable_at_start) == [13]
    assert len(drawn.change_time) == 0


@given(
    usable=st.integers(0, 30),
    planned=st.lists(st.tuples(st.integers(1, HORIZON), st.integers(-1, 40)), max_size=4),
    at_start=st.integers(0, 20),
    held=st.integers(0, 40),
    number=st.integers(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_paths_are_in_order_and_never_below_nothing(
    usable: int, planned: list[tuple[int, int]], at_start: int, held: int, number: int
) -> None:
    changes = [(float(day), 0, n) for day, n in sorted(set(planned))]
    plan = SupplyPlan(
        carers=(carers(at_start=at_start),),
        held=(HeldPlaces(0, 3, held, 30 / YEAR, 2 / YEAR),),
        closing=(ClosingAtRate(0, 4, 0.3 / YEAR),),
    )
    drawn = drawn_places(places(usable, changes=changes), plan, Draws(9, number), HORIZON)
    assert np.all(np.diff(drawn.change_time) >= 0)
    assert np.all(drawn.change_time > 0)
    assert np.all(drawn.change_usable >= UNLIMITED)
    assert np.all((drawn.change_time / TICK) % 1 == 0)
    again = drawn_places(places(usable, changes=changes), plan, Draws(9, number), HORIZON)
    assert np.array_equal(drawn.change_usable, again.change_usable)
