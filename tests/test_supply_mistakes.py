"""A mistake about places or matching is one message that a commissioner understands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scenario_texts import HEAD, Write, problem, scenario_writer

from sufficiency.errors import ScenarioError
from sufficiency.resolution.supply import supply
from sufficiency.scenario.files import load_scenario

CHILDREN = np.array([40, 20, 15, 12, 6, 7])
PLACES = 'a whole number of places or "unlimited"'
SECTORS = "internal_fostering, ifa, connected_persons, residential, supported_accommodation, other"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


def homes(*pools: str) -> str:
    return "sectors:\n  residential:\n    pools:\n" + "".join(f"      - {pool}\n" for pool in pools)


IN_THE_FILE = {
    "negative places": (
        homes("{name: Oak, places: -2}"),
        f"sectors.residential.pools[1].places: found -2, expected {PLACES}.",
    ),
    "half a place": (
        homes("{name: Oak, places: 2.5}"),
        f"sectors.residential.pools[1].places: found 2.5, expected {PLACES}.",
    ),
    "overlapping schedules": (
        homes(
            "{name: Oak, places: 2, schedule: [{from: 2024-01-01, places: 3}, "
            "{from: 2023-06-01, places: 4}]}"
        ),
        "sectors.residential.pools[1].schedule[2].from: found 2023-06-01 after 2024-01-01, "
        "expected dates in rising order.",
    ),
    "places after it has closed": (
        homes(
            "{name: Oak, places: 2, closes: 2024-01-01, schedule: [{from: 2024-02-01, places: 3}]}"
        ),
        "sectors.residential.pools[1].schedule[1].from: found 2024-02-01, but these places close "
        "for good on 2024-01-01. Take one of the two out.",
    ),
    "closed before it opens": (
        homes("{name: Oak, places: 2, opens: 2024-01-01, closes: 2023-06-01}"),
        "sectors.residential.pools[1].closes: found 2023-06-01, expected a day after these places "
        "open (2024-01-01).",
    ),
    "the sector's places twice": (
        "sectors: {residential: {places: 3, pools: [{name: Oak, places: 2}]}}",
        "sectors.residential.places: the sector's places are listed under pools, so places cannot "
        "be given for the sector as well. Move it to the pool that it is for.",
    ),
    "a pool named twice": (
        homes("{name: Oak, places: 2}", "{name: Oak, places: 3}"),
        'sectors.residential.pools[2].name: "Oak" is named twice, expected each pool once.',
    ),
    "a pool without a name": (
        homes("{places: 2}"),
        "sectors.residential.pools[1].name: missing; expected what the pool is called. "
        "Add the key.",
    ),
    "a pool named as a sector": (
        homes("{name: ifa, places: 2}"),
        'sectors.residential.pools[1].name: "ifa" is the name of another sector. Choose another.',
    ),
    "ages the wrong way round": (
        homes("{name: Oak, places: 2, youngest_age: 12, oldest_age: 8}"),
        "sectors.residential.pools[1].oldest_age: found 8, expected an age not below youngest_age "
        "(12), or nobody can be placed here.",
    ),
    "an age over 17": (
        homes("{name: Oak, places: 2, oldest_age: 18}"),
        "sectors.residential.pools[1].oldest_age: found 18, expected an age in whole years from 0 "
        "to 17.",
    ),
    "an unknown kind of pool": (
        homes("{name: Oak, kind: blok}"),
        'sectors.residential.pools[1].kind: found "blok", expected one of own, block, framework, '
        'spot. Did you mean "block"?',
    ),
    "unlimited carers": (
        "sectors: {internal_fostering: {places: unlimited, carers: {approvals_per_month: 2}}}",
        'sectors.internal_fostering.places: found "unlimited", expected the number of places that '
        "the carers have at the start.",
    ),
    "carers and a schedule": (
        "sectors: {internal_fostering: {carers: {approvals_per_month: 2}, "
        "schedule: [{from: 2024-01-01, places: 3}]}}",
        "sectors.internal_fostering.schedule: carers who are approved and de-registered say how "
        "many places there are, so schedule cannot be given too. Take one of the two out.",
    ),
    "carers without approvals": (
        "sectors: {internal_fostering: {carers: {usable_share: 0.7}}}",
        "sectors.internal_fostering.carers.approvals_per_month: missing; expected households "
        "approved a month at the start. Add the key.",
    ),
    "an order that names an unknown sector": (
        "needs: {family: {order: [internal_fostering, fostering]}}",
        f'needs.family.order[2]: found "fostering", expected one of {SECTORS}. '
        'Did you mean "internal_fostering"?',
    ),
    "an unknown policy": (
        "allocation: {policy: cheapest_first}",
        'allocation.policy: found "cheapest_first", expected one of internal_first, '
        'suitability_first, local_first. Did you mean "local_first"?',
    ),
    "a group without a share": (
        "planning_groups: [{name: complex, of: residential}]",
        "planning_groups[1].share: expected either share (of children of every age) or "
        "share_by_age, and found neither.",
    ),
    "groups beyond the whole": (
        "planning_groups: [{name: a, of: residential, share: 0.7}, "
        "{name: b, of: residential, share_by_age: {10_15: 0.4}}]",
        "planning_groups[2].share_by_age: the planning groups of residential add up to 1.1 of the "
        "children of age 10_15, expected at most 1.",
    ),
    "a group that suits nowhere in its order": (
        "planning_groups: [{name: a, of: residential, share: 0.7, order: [ifa], "
        "suitable: [residential]}]",
        "planning_groups[1].suitable: residential is marked suitable but is not in the order "
        "(ifa); add it there or take it out here.",
    ),
    "a programme that ends first": (
        "allocation: {step_down: {places_a_year: 6, success_share: 0.6, return_days: 90, "
        "start: 2024-01-01, end: 2023-01-01}}",
        "allocation.step_down.end: found 2023-01-01, expected a date not before the programme's "
        "start (2024-01-01).",
    ),
}


@pytest.mark.parametrize(("text", "expected"), IN_THE_FILE.values(), ids=IN_THE_FILE.keys())
def test_a_mistake_in_the_file_is_one_message(write: Write, text: str, expected: str) -> None:
    found = problem(write(HEAD + text + "\n"))
    assert found.split(", ", 2)[2] == expected


IN_THE_WHOLE = {
    "closing a home that does not exist": (
        homes("{name: Oak House, kind: own, places: 4}", "{name: Oak Hose, closes: 2024-01-01}"),
        's.yaml, line 7, sectors.residential.pools[2].closes: "Oak Hose" has places without limit, '
        'so there is nothing to close. Did you mean "Oak House"?',
    ),
    "closing a home of one's own that does not exist": (
        homes(
            "{name: Oak House, kind: own, places: 4}", "{name: Elm, kind: own, closes: 2024-01-01}"
        ),
        's.yaml, line 7, sectors.residential.pools[2]: the pool "Elm" does not say how many usable '
        "places it has. Add places: a whole number. The other pools here are: Oak House.",
    ),
    "own homes without a number": (
        homes("{name: Oak, kind: own}", "{name: Spot}"),
        's.yaml, line 6, sectors.residential.pools[1]: the pool "Oak" does not say how many usable '
        "places it has. Add places: a whole number.",
    ),
    "no place anywhere": (
        "sectors: {" + ", ".join(f"{name}: {{places: 0}}" for name in SECTORS.split(", ")) + "}",
        "sectors: no sector has any place from the start to the end, so no child could be placed. "
        'Give at least one of them places, or leave its places out ("unlimited").',
    ),
    "an age that nobody takes": (
        homes("{name: Oak, places: 4, youngest_age: 8}") + "needs: {residential: {order: "
        "[residential], suitable: [residential]}}",
        "sectors: a child aged 0 to 7 whose need is residential has nowhere to go: the pools for "
        "that need are Oak (ages 8 to 17). Widen the ages that one of them takes (youngest_age, "
        "oldest_age), or add a pool that takes them.",
    ),
    "carers for a part of a sector": (
        "sectors:\n  internal_fostering:\n    pools:\n"
        "      - {name: A, places: 9, carers: {approvals_per_month: 2}}\n"
        "      - {name: B, places: 3}\n",
        "s.yaml, line 6, sectors.internal_fostering.pools[1].carers: carers who come and go are "
        'given here but not for "B" of the same sector, whose carers would go on giving up at the '
        "published rate of all the sector. Give carers for every pool of the sector, or for none.",
    ),
    "others in places without limit": (
        "sectors: {ifa: {held_by_others: {at_start: 1, arrivals_per_month: 1, "
        "move_on_rate_per_year: 1}}}",
        's.yaml, line 3, sectors.ifa.held_by_others: the places of "ifa" have no limit, so that '
        "others hold some makes no difference. Say how many places there are, theirs included.",
    ),
    "others in more places than there are": (
        "sectors: {residential: {places: 4, held_by_others: {at_start: 6, arrivals_per_month: 1, "
        "move_on_rate_per_year: 1}}}",
        "s.yaml, line 3, sectors.residential.held_by_others.at_start: others hold 6 places of "
        '"residential" at the start, which has 4. Places held by others are counted among the '
        "places: give at least as many.",
    ),
    "places without a household": (
        "sectors: {internal_fostering: {places: 4, carers: {households_at_start: 0, "
        "approvals_per_month: 2}}}",
        "s.yaml, line 3, sectors.internal_fostering.carers.households_at_start: found 0 "
        "households, which cannot have the 4 places at the start. Give the number of households, "
        "or leave it out.",
    ),
    "an emergency that nobody takes": (
        "allocation: {emergency: {share: 0.1, days: 14}}",
        "s.yaml, line 3, allocation.emergency: no pool takes a child the same day, so there is "
        "nowhere for an emergency placement. Write takes_emergencies: true for at least one pool.",
    ),
    "a provider without limit that closes": (
        homes("{name: Oak, providers: [{name: A, places: unlimited, closes: 2024-01-01}]}"),
        's.yaml, line 6, sectors.residential.pools[1].providers[1].closes: "A" has places without '
        "limit, and what has no limit cannot close. Say how many places it has.",
    ),
}


@pytest.mark.parametrize(("text", "expected"), IN_THE_WHOLE.values(), ids=IN_THE_WHOLE.keys())
def test_what_only_the_whole_shows_is_refused_too(write: Write, text: str, expected: str) -> None:
    scenario = load_scenario(write(HEAD + text + "\n"))
    with pytest.raises(ScenarioError) as caught:
        supply(scenario, CHILDREN, date(2023, 3, 31))
    assert str(caught.value) == expected


def test_an_extending_file_changes_pools_and_providers_by_name(write: Write) -> None:
    write(
        HEAD
        + homes(
            "{name: Oak, kind: own, places: 4, in_area: true}",
            "{name: Spot, providers: [{name: A, places: 3}, {name: B, places: 5}]}",
        ),
        "base.yaml",
    )
    changed = write(
        "extends: base.yaml\nname: more\n"
        + homes(
            "{name: Spot, providers: [{name: B, closes: 2024-01-01}]}", "{name: New, places: 1}"
        )
    )
    (_, plan), *_ = load_scenario(changed).sectors.items()
    assert [pool.name for pool in plan.pools] == ["Oak", "Spot", "New"]
    assert [provider.name for provider in plan.pools[1].providers] == ["A", "B"]
    assert plan.pools[1].providers[1].places.value == 5
    assert plan.pools[1].providers[1].closes == date(2024, 1, 1)
    assert (
        problem(
            write("extends: base.yaml\nname: x\n" + homes("{name: Oak, places: some}"), "x.yaml")
        )
        == f'x.yaml, line 6, sectors.residential.pools[1].places: found "some", expected {PLACES}.'
    )
