"""Planning groups part need groups and change nothing else; members keep their group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from fits import scenario as a_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import hazards

from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    MOVE_REASONS,
    NEED_GROUPS,
    SECTORS,
    UASC_ROW,
    NeedGroup,
    Sector,
)
from sufficiency.resolution.planning_groups import planning_groups, with_groups_at_start
from sufficiency.resolution.resolve import resolve
from sufficiency.resolution.supply import needs_of
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.planning_groups import PlanningGroups, parted_entries, parted_hazards
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import Entries, Floats, Hazards

N_AGES, SEVEN = len(AGE_GROUPS), len(NEED_GROUPS)
FAMILY, RESIDENTIAL, SUPPORTED = (
    NEED_GROUPS.index(need)
    for need in (NeedGroup.FAMILY, NeedGroup.RESIDENTIAL, NeedGroup.SUPPORTED_16_PLUS)
)


def grouped(needs: Floats, *groups: dict[str, Any]) -> PlanningGroups:
    scenario = Scenario.model_validate(
        {"name": "a", "authority": "Wolverhampton", "planning_groups": list(groups)}
    )
    found = planning_groups(scenario, needs)
    assert found is not None
    return found


def some_needs(seed: int = 1) -> Floats:
    return np.random.default_rng(seed).uniform(0, 9, (N_AGES, SEVEN, len(SECTORS)))


@dataclass(frozen=True)
class Rates:
    """Only what parting reads."""

    need_factor: Floats
    destination: Floats
    calendar_group: None = None


def some_hazards(seed: int = 1) -> Hazards:
    rng = np.random.default_rng(seed)
    destination = rng.uniform(0.1, 1, (len(MOVE_REASONS), 2, SEVEN, SEVEN))
    destination /= destination.sum(axis=-1, keepdims=True)
    need_factor = rng.uniform(0, 2, (len(CAUSES), SEVEN))
    return replace(hazards(destination=destination), need_factor=need_factor)


shares = st.dictionaries(
    st.sampled_from([str(age) for age in AGE_GROUPS]), st.floats(0, 0.5), min_size=1
)
parts = st.lists(st.tuples(st.sampled_from(list(NEED_GROUPS)), shares), min_size=1, max_size=5)


@given(parts=parts, seed=st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_groups_that_only_relabel_change_no_total(
    parts: list[tuple[NeedGroup, dict[str, float]]], seed: int
) -> None:
    """The process of the seven need groups is the same in law: each group moves on among them, and
    leaves, exactly as the one that it is part of."""
    kept: list[dict[str, Any]] = []
    used: dict[NeedGroup, int] = {}
    for number, (need, by_age) in enumerate(parts):
        used[need] = used.get(need, 0) + 1
        if used[need] <= 2:  # two halves at most
            kept.append({"name": f"g{number}", "of": need, "share_by_age": by_age})
    groups = grouped(some_needs(seed), *kept)
    before, after = some_hazards(seed), parted_hazards(some_hazards(seed), groups)
    part_of = np.eye(SEVEN)[groups.base]
    to_seven = after.destination @ part_of
    assert np.allclose(to_seven, before.destination[:, :, groups.base], atol=1e-12)
    assert np.array_equal(after.need_factor, before.need_factor[:, groups.base])
    first = np.random.default_rng(seed).dirichlet(np.ones(SEVEN), N_AGES)
    entries = cast(Entries, _Entering(first))
    parted = _parted_first(entries, groups)
    assert np.allclose(parted @ part_of, first, atol=1e-12)
    assert (parted >= 0).all()


@dataclass(frozen=True)
class _Entering:
    first_need: Floats


def _parted_first(entries: Entries, groups: PlanningGroups) -> Floats:
    return parted_entries(entries, groups).first_need


def test_who_keeps_the_need_keeps_the_group() -> None:
    groups = grouped(some_needs(), {"name": "complex", "of": "residential", "share": 0.3})
    before, after = some_hazards(), parted_hazards(some_hazards(), groups)
    stays = before.destination[:, :, RESIDENTIAL, RESIDENTIAL]
    assert np.allclose(after.destination[:, :, SEVEN, SEVEN], stays)
    assert np.allclose(after.destination[:, :, RESIDENTIAL, RESIDENTIAL], stays)
    assert np.array_equal(after.destination[:, :, RESIDENTIAL, SEVEN], np.zeros_like(stays))


def test_unaccompanied_children_stay_unaccompanied_whatever_they_need() -> None:
    alone = {"share_by_age": {"uasc": 1.0}}
    groups = grouped(
        some_needs(),
        {"name": "uasc_family", "of": "family", **alone},
        {"name": "uasc_supported", "of": "supported_16_plus", **alone},
    )
    family, supported = SEVEN, SEVEN + 1
    older = groups.after_a_move[1]
    assert older[family, SUPPORTED, supported] == 1
    assert older[FAMILY, SUPPORTED, supported] == 0
    assert older[FAMILY, SUPPORTED, SUPPORTED] == 1


def test_ages_of_a_group_say_which_groups_may_follow() -> None:
    groups = grouped(
        some_needs(),
        {"name": "young", "of": "residential", "share_by_age": {"5_9": 0.5}},
        {"name": "teens", "of": "family", "share_by_age": {"10_15": 0.4}},
    )
    young, teens = SEVEN, SEVEN + 1
    under_16 = groups.after_a_move[0]
    assert under_16[young, FAMILY, teens] == 0
    assert 0 < under_16[RESIDENTIAL, FAMILY, teens] < 0.4


def test_what_suits_a_group_is_what_it_says_or_else_what_suits_those_it_is_of() -> None:
    own = {"share_by_age": {"5_9": 0.1}, "of": "family"}
    scenario = Scenario.model_validate(
        {
            "name": "a",
            "authority": "Wolverhampton",
            "planning_groups": [
                {**own, "name": "any_family"},
                {**own, "name": "known_carers", "suitable": ["internal_fostering"]},
            ],
        }
    )
    *_, family, plain, known = (needs_of(scenario)[at] for at in (FAMILY, SEVEN, SEVEN + 1))
    assert plain.suitable == family.suitable == {Sector.INTERNAL_FOSTERING, Sector.IFA}
    assert known.suitable == {Sector.INTERNAL_FOSTERING}
    assert known.order == family.order


def children(age_group: list[int], need: list[int], sector: list[int]) -> ChildrenAtStart:
    nothing = np.zeros(1)
    return ChildrenAtStart(
        *(np.array(column, dtype=np.int64) for column in (age_group, need, sector, sector)),
        *(nothing, nothing, nothing, 1.0, nothing, nothing, nothing),
    )


def test_children_of_the_start_are_parted_in_whole_numbers_over_every_sector() -> None:
    n = 40
    ages, sectors = [3] * n, [1] * 20 + [3] * 20
    groups = grouped(
        some_needs(),
        {"name": "a", "of": "residential", "share_by_age": {"10_15": 0.25}},
        {"name": "b", "of": "residential", "share_by_age": {"10_15": 0.10}},
    )
    found = with_groups_at_start(children(ages, [RESIDENTIAL] * n, sectors), groups)
    assert list(np.bincount(found.need, minlength=SEVEN + 2)[[RESIDENTIAL, SEVEN, SEVEN + 1]]) == [
        26,
        10,
        4,
    ]
    for sector in (1, 3):
        there = found.need[found.sector == sector]
        assert 4 <= np.sum(there == SEVEN) <= 6
    others = with_groups_at_start(children([UASC_ROW], [FAMILY], [0]), groups)
    assert list(others.need) == [FAMILY]


def test_effects_reach_the_planning_groups_of_the_needs_they_name() -> None:
    item = {
        "name": "homes",
        "lever": "unplanned_endings",
        "applies_to": {"need_groups": ["residential"]},
        "start": "+3 months",
        "effect": 3,
    }
    part = {"name": "part", "of": "residential", "share_by_age": {"10_15": 0.5}}
    parted = resolve(a_scenario(interventions=[item], planning_groups=[part]))
    world = parted.draw_world(2, 0, parameter=True, drift=True, effects=True)
    group = world.hazards.calendar_group
    assert group is not None
    assert group.shape == (len(SECTORS), SEVEN + 1)
    np.testing.assert_array_equal(
        group[0] != group[0, 0], np.isin(np.arange(SEVEN + 1), (RESIDENTIAL, SEVEN))
    )
    assert (simulate(world, 2, 0, "compiled").spells["need"] == SEVEN).sum() > 10
