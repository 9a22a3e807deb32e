"""Worlds drawn from a plan: keyed, with the posteriors' means, drift of mean one, and paired."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from fits import resolved

from sufficiency.calibration.drift import drift_paths
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import (
    CAUSES,
    DAYS_PER_YEAR,
    N_EXIT_CAUSES,
    UASC_ROW,
    ExitReason,
    MoveReason,
)
from sufficiency.simulation.world import World
from sufficiency.simulation.worlds import (
    EntriesSeason,
    OwnChildren,
    WorldPlan,
    draw_world,
    draw_worlds,
)

REPLICATIONS = 2_000
HOME, ADOPTION = CAUSES.index(ExitReason.RETURNED_HOME), CAUSES.index(ExitReason.ADOPTION)
MATCH = CAUSES.index(MoveReason.PLACED_FOR_ADOPTION)
PLANNED = CAUSES.index(MoveReason.PLANNED)


@pytest.fixture(scope="module")
def plan() -> WorldPlan:
    return resolved().plan


@pytest.fixture(scope="module")
def worlds(plan: WorldPlan) -> list[World]:
    return list(draw_worlds(plan, 11, range(REPLICATIONS), parameter=True, drift=True))


def centre(plan: WorldPlan) -> World:
    return draw_world(plan, 0, 0, parameter=False, drift=False)


def same(one: World, other: World) -> bool:
    return all(
        np.array_equal(getattr(getattr(one, part), name), getattr(getattr(other, part), name))
        for part, names in {
            "hazards": (
                "per_day",
                "also_by_care",
                "calendar_factor",
                "destination",
                "calendar_starts_days",
            ),
            "entries": (
                "group_rate_per_day",
                "calendar_starts_days",
                "first_need",
                "age_quantiles_days",
            ),
            "cohort": ("age_group", "need", "sector", "cell_cdf"),
        }.items()
        for name in names
    )


def z_of_mean(drawn: np.ndarray, mean: float) -> float:
    return float((drawn.mean() - mean) / (drawn.std(ddof=1) / np.sqrt(len(drawn))))


def test_the_same_key_gives_the_same_world(plan: WorldPlan) -> None:
    one = draw_world(plan, 5, 3, parameter=True, drift=True)
    assert same(one, draw_world(plan, 5, 3, parameter=True, drift=True))
    assert not same(one, draw_world(plan, 5, 4, parameter=True, drift=True))
    assert not same(one, draw_world(plan, 6, 3, parameter=True, drift=True))


@pytest.mark.parametrize("drift", [True, False])
@pytest.mark.parametrize("parameter", [True, False])
@pytest.mark.parametrize("at_once", [1, 7, 23])
def test_a_world_is_the_same_whichever_worlds_it_is_drawn_with(
    plan: WorldPlan, at_once: int, parameter: bool, drift: bool
) -> None:
    """To the last bit; with a season of entries and a start some time after the history too."""
    season = EntriesSeason(np.arange(12) * 30.5, 1 + np.arange(12) / 7)
    later = replace(plan, days_since_history=500, own=OwnChildren(season=season))
    total = replace(plan, levels=replace(plan.levels, starters_total_per_year=77.7))
    numbers = [40, 3, *range(10, 31)]
    for each in (plan, later, total):
        alone = [draw_world(each, 6, n, parameter=parameter, drift=drift) for n in numbers]
        together = [
            world
            for first in range(0, len(numbers), at_once)
            for world in draw_worlds(
                each, 6, numbers[first : first + at_once], parameter=parameter, drift=drift
            )
        ]
        assert all(same(one, other) for one, other in zip(alone, together, strict=True))


def test_worlds_drawn_together_are_each_their_own(plan: WorldPlan) -> None:
    """What one world's figures are changed to is not seen in the next one's."""
    one, other = draw_worlds(plan, 6, [1, 2], parameter=False, drift=False)
    assert one.hazards.also_by_care is not None
    for rates in (one.hazards.per_day, one.hazards.also_by_care, one.hazards.calendar_factor):
        rates[:] = -1
    one.entries.group_rate_per_day[:] = one.entries.first_need[:] = -1
    assert same(other, centre(plan))


def test_without_either_layer_all_worlds_are_the_posterior_means(plan: WorldPlan) -> None:
    one, other = (draw_world(plan, 1, r, parameter=False, drift=False) for r in (0, 1))
    assert same(one, other)
    levels = plan.levels
    starters = one.entries.group_rate_per_day[:, 0] * DAYS_PER_YEAR
    starters[:UASC_ROW] *= plan.siblings.mean_size
    np.testing.assert_allclose(starters, levels.starters_per_year.mean)
    band = one.hazards.per_day[HOME, :, 2] / plan.tables.per_day[HOME, :, 2]
    np.testing.assert_allclose(band, levels.leave.mean[2])


def test_drawn_parameters_have_their_posterior_means(plan: WorldPlan, worlds: list[World]) -> None:
    levels, tables = plan.levels, plan.tables
    flat = centre(plan)
    for row in range(5):
        drawn = np.array([w.hazards.per_day[HOME, 0, row, 1] for w in worlds])
        mean = float(levels.leave.mean[row] * tables.per_day[HOME, 0, row, 1])
        assert abs(z_of_mean(drawn, mean)) <= 4, row
    drawn = np.array([w.hazards.per_day[PLANNED, 1, 3, 2] for w in worlds])
    assert abs(z_of_mean(drawn, float(flat.hazards.per_day[PLANNED, 1, 3, 2]))) <= 4
    drawn = np.array([w.hazards.per_day[MATCH, 0, 1, 4] for w in worlds])
    assert abs(z_of_mean(drawn, float(flat.hazards.per_day[MATCH, 0, 1, 4]))) <= 4
    for need in (0, 1, 3):
        drawn = np.array([w.entries.first_need[3, need] for w in worlds])
        assert abs(z_of_mean(drawn, float(flat.entries.first_need[3, need]))) <= 4, need


def test_parameters_spread_as_their_posteriors(plan: WorldPlan, worlds: list[World]) -> None:
    leave = plan.levels.leave
    drawn = np.array([w.hazards.per_day[HOME, 0, 3, 1] for w in worlds])
    spread = drawn.std(ddof=1) / drawn.mean()
    assert spread == pytest.approx(1 / np.sqrt(leave.events[3]), rel=0.08)


def test_drift_has_mean_one_and_grows_with_the_years(plan: WorldPlan, worlds: list[World]) -> None:
    flat = centre(plan)
    years = (flat.hazards.calendar_starts_days / DAYS_PER_YEAR).astype(int)
    drifting = np.array([w.hazards.calendar_factor[HOME, 2] for w in worlds])
    undrifted = plan.calendar.causes[HOME, 2]
    assert drifting.shape[1] == len(undrifted)
    for period in range(drifting.shape[1]):
        assert abs(z_of_mean(drifting[:, period], float(undrifted[period]))) <= 4
    spread = np.log(drifting).std(axis=0)
    assert spread[-1] > spread[0] > 0.05
    # 36 months with a leap day are a quarter of a day more than three years of 365.25.
    assert years.tolist() == [0, 1, 2, 3]


def test_drift_of_exits_moves_every_reason_alike_and_adoption_once(worlds: list[World]) -> None:
    factor = worlds[0].hazards.calendar_factor
    for cause in range(N_EXIT_CAUSES):
        if cause != ADOPTION:
            np.testing.assert_array_equal(factor[cause], factor[HOME])
    np.testing.assert_array_equal(factor[MATCH], factor[HOME])
    np.testing.assert_array_equal(factor[ADOPTION], 1)
    np.testing.assert_array_equal(factor[PLANNED], 1)
    assert not np.allclose(factor[HOME], 1)


def test_drift_is_the_plans_paths_by_year(plan: WorldPlan) -> None:
    """Entries' factor in a world over the same world's without drift is one path of the two."""
    drift, still = (
        draw_world(plan, 2, 9, parameter=True, drift=on).entries for on in (True, False)
    )
    factor = drift.group_rate_per_day / still.group_rate_per_day
    assert (np.abs(factor / factor[:1] - 1) < 1e-12).all()
    assert len(np.unique(factor[0].round(12))) == factor.shape[1]
    none = replace(plan, drift=replace(plan.drift, sigma=(0.0, 0.0)))
    calm = draw_world(none, 2, 9, parameter=True, drift=True).entries
    np.testing.assert_allclose(calm.group_rate_per_day, still.group_rate_per_day)
    assert drift_paths(plan.drift, 3, np.zeros((2, 3))).shape == (2, 3)


def test_layers_are_switched_apart(plan: WorldPlan) -> None:
    """Switching drift off leaves the parameters drawn as they were, and the other way round."""
    both, no_drift, no_parameter = (
        draw_world(plan, 4, 7, parameter=parameter, drift=drift)
        for parameter, drift in ((True, True), (True, False), (False, True))
    )
    np.testing.assert_array_equal(both.hazards.per_day, no_drift.hazards.per_day)
    np.testing.assert_array_equal(
        both.hazards.calendar_factor, no_parameter.hazards.calendar_factor
    )
    assert not np.array_equal(both.hazards.per_day, no_parameter.hazards.per_day)


def test_a_scenario_can_switch_its_layers_off() -> None:
    quiet = resolved(uncertainty={"parameter": False, "drift": False})
    one, other = (quiet.draw_world(1, r, parameter=True, drift=True) for r in (1, 2))
    assert same(one, other)


def test_scenarios_are_paired() -> None:
    """Two scenarios draw the same parameters and drift: they differ by the lever alone."""
    plain = resolved()
    lever = resolved(
        interventions=[
            {
                "name": "more returns home",
                "lever": "exits",
                "reasons": ["returned_home"],
                "start": date(2023, 10, 1),
                "factor": 1.25,
            }
        ]
    )
    for replication in range(3):
        one, other = (
            found.draw_world(8, replication, parameter=True, drift=True) for found in (plain, lever)
        )
        np.testing.assert_array_equal(one.hazards.per_day, other.hazards.per_day)
        for day in (0.0, 400.0, 900.0):
            before, after = (
                world.hazards.calendar_factor[
                    :, :, np.searchsorted(world.hazards.calendar_starts_days, day, "right") - 1
                ]
                for world in (one, other)
            )
            wanted = np.ones_like(before)
            wanted[HOME] = 1.25 if day > 200 else 1.0
            np.testing.assert_allclose(after / before, wanted)


def test_the_expected_flow_of_starters_by_band_is_the_posteriors(plan: WorldPlan) -> None:
    """Siblings of other bands come with an index child, yet each band gets its own starters."""
    entries = centre(plan).entries
    size = plan.siblings.mean_size
    groups = entries.group_rate_per_day[:UASC_ROW, 0]
    stay, others = entries.sibling_same_band_share, 1 - entries.sibling_same_band_share
    children = groups * (1 + (size - 1) * stay)
    children = children + groups.sum() * (size - 1) * others * entries.band_share
    np.testing.assert_allclose(
        children * DAYS_PER_YEAR, plan.levels.starters_per_year.mean[:UASC_ROW]
    )
    np.testing.assert_allclose(
        entries.age_quantiles_days[:5, -1] / DAYS_PER_YEAR, [1, 5, 10, 16, 18]
    )
    assert (np.diff(entries.age_quantiles_days) >= 0).all()


def test_certain_levels_leave_nothing_to_draw(plan: WorldPlan) -> None:
    sure = replace(
        plan,
        levels=replace(
            plan.levels,
            leave=GammaPosterior(plan.levels.leave.mean * 1e9, np.full(5, 1e9)),
        ),
    )
    drawn = draw_world(sure, 1, 1, parameter=True, drift=False).hazards.per_day[HOME]
    np.testing.assert_allclose(drawn, centre(plan).hazards.per_day[HOME], rtol=1e-3)
