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
PLACES = 'a whole number of places from 0 to 200,000, or "unlimited"'
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
    "more groups than a need can be told by": (
        "planning_groups: ["
        + ", ".join(f"{{name: g{n}, of: family, share: 0.005}}" for n in range(101))
        + "]",
        "planning_groups: found 101 groups, expected at most 100; put together those that have the "
        "same order of sectors.",
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
    "places before they open": (
        homes(
            "{name: Oak, places: 2, opens: 2024-01-01, schedule: [{from: 2023-06-01, places: 3}]}"
        ),
        "sectors.residential.pools[1].schedule[1].from: found 2023-06-01, but these places open on "
        "2024-01-01, with the number under places. Give a later day, or take one of the two out.",
    ),
    "a provider without limit that closes": (
        homes("{name: Oak, providers: [{name: A, places: unlimited, closes: 2024-01-01}]}"),
        'sectors.residential.pools[1].providers[1].closes: "A" has places without limit, so there '
        "is nothing to close. Say how many places it has.",
    ),
    "a provider without places that closes at a rate": (
        homes("{name: Oak, providers: [{name: A, places: 0, closes_rate_per_year: 0.1}]}"),
        'sectors.residential.pools[1].providers[1].closes_rate_per_year: "A" has no places, so '
        "there is nothing to close. Say how many places it has.",
    ),
    "a pool that closes with a provider without limit": (
        homes("{name: Oak, closes: 2024-01-01, providers: [{name: A, places: unlimited}]}"),
        'sectors.residential.pools[1].providers[1].places: "A" has places without limit, and what '
        "has no limit cannot close on 2024-01-01. Say how many places it has.",
    ),
    "a provider that stops after it has closed": (
        homes(
            "{name: Oak, providers: [{name: A, places: 3, closes: 2024-01-01, "
            "stops_taking: 2024-06-01}]}"
        ),
        "sectors.residential.pools[1].providers[1].stops_taking: found 2024-06-01, expected a day "
        "before it closes (2024-01-01), from which it takes nobody anyway.",
    ),
    "a provider that closes before its pool opens": (
        homes(
            "{name: Oak, opens: 2024-01-01, providers: [{name: A, places: 3, closes: 2023-06-01}]}"
        ),
        "sectors.residential.pools[1].providers[1].closes: found 2023-06-01, expected a day after "
        "these places open (2024-01-01).",
    ),
    "others in places of providers": (
        homes(
            "{name: Oak, held_by_others: {at_start: 1, arrivals_per_month: 1, "
            "move_on_rate_per_year: 1}, providers: [{name: A, places: 3}]}"
        ),
        "sectors.residential.pools[1].held_by_others: all places here are those of named "
        "providers. Give places besides theirs, of which others hold some, or take "
        "held_by_others out.",
    ),
    "a pool named as children without a place are": (
        homes("{name: unplaced, places: 3}"),
        'sectors.residential.pools[1].name: "unplaced" has a meaning of its own in tables. Choose '
        "another.",
    ),
    "half a place held by others": (
        homes(
            "{name: Oak, places: 3, held_by_others: {at_start: 1.5, arrivals_per_month: 1, "
            "move_on_rate_per_year: 1}}"
        ),
        "sectors.residential.pools[1].held_by_others.at_start: found 1.5, expected a whole number "
        "of places, 0 or more.",
    ),
    "a later day without a rate": (
        "sectors: {internal_fostering: {carers: {approvals_per_month: 2, "
        "changes: [{from: 2024-01-01}]}}}",
        "sectors.internal_fostering.carers.changes[1].from: a date without a rate changes nothing, "
        "expected approvals_per_month or deregistrations_per_household_year from then on.",
    ),
    "a later number without a day": (
        homes("{name: Oak, places: 3, schedule: [{places: 4}]}"),
        "sectors.residential.pools[1].schedule[1].from: missing; expected the first day with this "
        "number of places. Add the key.",
    ),
    "a part of a sector's name": (
        "sectors: {foster: {places: 3}}",
        'sectors.foster: unknown key. Did you mean "internal_fostering"?',
    ),
    "an order of nothing": (
        "needs: {family: {order: []}}",
        "needs.family.order: found an empty list, expected at least one item.",
    ),
    "a need that nothing suits": (
        "needs: {family: {suitable: []}}",
        "needs.family.suitable: internal_fostering comes first in the order (internal_fostering, "
        "ifa, residential) but is not marked suitable. Mark it, or begin the order with a sector "
        "that suits.",
    ),
    "a first choice that does not suit": (
        "needs: {family: {order: [residential, ifa]}}",
        "needs.family.order: residential comes first in the order (residential, ifa) but is not "
        "marked suitable. Mark it, or begin the order with a sector that suits.",
    ),
    "a group whose first choice does not suit": (
        "planning_groups: [{name: a, of: residential, share: 0.7, order: [ifa, residential]}]",
        "planning_groups[1].order: ifa comes first in the order (ifa, residential) but is not "
        "marked suitable. Mark it, or begin the order with a sector that suits.",
    ),
    "emergencies of nobody": (
        "allocation: {emergency: {days: 7}}",
        "allocation.emergency: nobody needs a bed the same day, expected share (of children of "
        "every age who start care) or share_by_age.",
    ),
    "a programme that leads back": (
        "allocation: {step_down: {places_a_year: 6, success_share: 0.6, return_days: 90, "
        "to_need: residential}}",
        "allocation.step_down.to_need: found residential, whose first choice is residential, where "
        "the programme takes children from; expected one of connected, family, specialist_family, "
        "other_setting.",
    ),
    "a programme into what only some ages need": (
        "allocation: {step_down: {places_a_year: 6, success_share: 0.6, return_days: 90, "
        "to_need: supported_16_plus}}",
        "allocation.step_down.to_need: found supported_16_plus, which only some ages may need, but "
        "the programme takes on children of every age; expected one of connected, family, "
        "specialist_family, other_setting.",
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
        "s.yaml, line 3, sectors: no sector has any place from the start to the end, so no child "
        "could be placed. "
        'Give at least one of them places, or leave its places out ("unlimited").',
    ),
    "an age that nobody takes": (
        homes("{name: Oak, places: 4, youngest_age: 8}") + "needs: {residential: {order: "
        "[residential], suitable: [residential]}}",
        "s.yaml, line 6, sectors.residential.pools[1].youngest_age: a child aged 0 to 7 whose need "
        "is residential has nowhere to go: the pools for "
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
    "carers in a children's home": (
        homes("{name: Oak, places: 4, carers: {approvals_per_month: 2}}"),
        "s.yaml, line 6, sectors.residential.pools[1].carers: places here are not those of carers "
        "who are approved one by one. Give places, and a schedule of later numbers, in their "
        "stead.",
    ),
    "carers of family and friends": (
        "sectors: {connected_persons: {carers: {approvals_per_month: 2}}}",
        "s.yaml, line 3, sectors.connected_persons.carers: family and friends carers come with the "
        "child, so their approvals bring no place for another. Take carers out here; where "
        "approvals of both kinds are counted together, give "
        "sectors.internal_fostering.carers.connected_share.",
    ),
}


@pytest.mark.parametrize(("text", "expected"), IN_THE_WHOLE.values(), ids=IN_THE_WHOLE.keys())
def test_what_only_the_whole_shows_is_refused_too(write: Write, text: str, expected: str) -> None:
    scenario = load_scenario(write(HEAD + text + "\n"))
    with pytest.raises(ScenarioError) as caught:
        supply(scenario, CHILDREN, date(2023, 3, 31))
    assert str(caught.value) == expected


def test_a_provider_misspelt_by_an_extending_file_is_recognised(write: Write) -> None:
    write(HEAD + homes("{name: F, providers: [{name: Elm Lodge, places: 4}]}"), "base.yaml")
    changed = "extends: base.yaml\nname: more\n" + homes(
        "{name: F, providers: [{name: Elm Loge, closes: 2024-01-01}]}"
    )
    assert problem(write(changed)) == (
        "s.yaml, line 6, sectors.residential.pools[1].providers[2].places: missing; expected "
        "usable places with this provider at the start. Add the key. "
        'Or is "Elm Lodge" meant, which is listed already?'
    )


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
