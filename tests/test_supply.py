"""A scenario's places as pools: who they belong to, in which order, from which day."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
from supply_found import (
    START,
    changes_of,
    homes,
    order_of,
    scenario,
    supplied,
    usable,
)

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import NEED_GROUPS, SECTORS, NeedGroup, Sector, begins
from sufficiency.errors import UserError
from sufficiency.resolution.places_added import PlacesAdded, with_places_added
from sufficiency.resolution.policies import POLICIES, Need, pools_in_order
from sufficiency.resolution.pools import Pool
from sufficiency.resolution.processes import ONLY_OF_GIVEN_SUPPLY
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.resolution.supply import priced_by_pool, shares_by_pool
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.world import UNLIMITED


def test_a_scenario_without_pools_has_one_for_each_sector() -> None:
    found = supplied()
    assert found.places.pool_names == tuple(str(sector) for sector in SECTORS)
    assert list(found.places.usable_at_start) == [40, *[UNLIMITED] * 5]
    assert len(found.places.change_time) == 0
    assert not found.plan.carers
    assert [pool.youngest_years for pool in found.pools] == [0, 0, 0, 0, 16, 0]


def test_pools_are_used_in_the_order_listed_providers_before_the_rest() -> None:
    found = homes(
        {"name": "Own homes", "kind": "own", "places": 6},
        {
            "name": "Framework",
            "kind": "framework",
            "places": 3,
            "providers": [{"name": "Oak", "places": 4}, {"name": "Elm", "places": 5}],
        },
        {"name": "Spot"},
    )
    listed = ["Own homes", "Framework: Oak", "Framework: Elm", "Framework", "Spot"]
    assert order_of(found, "residential") == [*listed, "ifa"]
    assert order_of(found, "family") == ["internal_fostering", "ifa", *listed]
    assert [usable(found, name) for name in listed] == [6, 4, 5, 3, UNLIMITED]
    assert found.sector_places[SECTORS.index(Sector.RESIDENTIAL)]["places"] == "unlimited"


def test_others_hold_places_that_are_counted_among_those_given() -> None:
    held = {"at_start": 5, "arrivals_per_month": 2, "move_on_rate_per_year": 4}
    plan = {
        "places": 30,
        "held_by_others": held,
        "schedule": [{"from": "2023-09-01", "places": 40}],
    }
    found = supplied(sectors={"supported_accommodation": plan})
    assert usable(found, "supported_accommodation") == 25
    assert changes_of(found, "supported_accommodation")[0][1] == 35
    kept = supplied(sectors={"internal_fostering": {"held_by_others": held}})
    assert usable(kept, "internal_fostering") == 40


def test_carers_have_the_places_of_the_start_between_them() -> None:
    carers = {"approvals_per_month": 2, "connected_share": 0.5, "places_per_household": 2.0}
    found = supplied(sectors={"internal_fostering": {"carers": {**carers, "usable_share": 0.5}}})
    (process,) = found.plan.carers
    assert usable(found, "internal_fostering") == 40
    assert process.places_of_first.sum() == 40
    assert len(process.places_of_first) == 40
    assert process.approvals_per_day[0] * 365.25 / 12 == pytest.approx(1.0)
    known = {**carers, "usable_share": 0.75, "households_at_start": 30}
    found = supplied(sectors={"internal_fostering": {"carers": known}})
    assert usable(found, "internal_fostering") == 45


def test_every_number_of_supply_has_an_origin_of_its_own() -> None:
    found = supplied(
        sectors={
            "internal_fostering": {
                "carers": {
                    "approvals_per_month": 2,
                    "changes": [{"from": "2023-09-01", "approvals_per_month": 4}],
                },
                "stays_on": {"share": 0.3},
            },
            "residential": {
                "pools": [
                    {
                        "name": "A",
                        "kind": "own",
                        "places": 3,
                        "youngest_age": 8,
                        "closes": "2024-01-01",
                    },
                    {
                        "name": "B",
                        "providers": [{"name": "C", "places": 2, "closes_rate_per_year": 0.1}],
                        "places": "unlimited",
                        "takes_emergencies": True,
                    },
                ]
            },
        },
        allocation={
            "settling_days": 60,
            "emergency": {"share": 0.1, "days": 14},
            "step_down": {"places_a_year": 6, "success_share": 0.6, "return_days": 90},
        },
    )
    keys = [origin.key for origin in found.origins]
    for key in (
        "sectors.internal_fostering.carers.approvals_per_month",
        "sectors.internal_fostering.carers.usable_share",
        "sectors.internal_fostering.carers.changes.0.approvals_per_month",
        "sectors.internal_fostering.stays_on.share",
        "sectors.residential.pools.0.places",
        "sectors.residential.pools.0.closes",
        "sectors.residential.pools.0.youngest_age",
        "sectors.residential.pools.1.providers.0.closes_rate_per_year",
        "sectors.residential.pools.1.lead_time_days",
        "allocation.policy",
        "allocation.settling_days",
        "allocation.emergency.share",
        "allocation.step_down.success_share",
    ):
        assert keys.count(key) == 1, key
    named = [(origin.key, origin.label) for origin in found.origins]
    assert len(named) == len(set(named))
    assert all(origin.source for origin in found.origins)
    assumed = {origin.key for origin in found.origins if origin.kind is Kind.ASSUMED}
    assert "sectors.internal_fostering.carers.usable_share" in assumed
    assert "sectors.internal_fostering.carers.approvals_per_month" not in assumed


def test_every_assumption_about_places_is_shown_where_it_is_in_use() -> None:
    kinds = ("own", "block", "framework", "spot")
    homes = [{"name": kind, "kind": kind, "places": 1} for kind in kinds]
    found = supplied(
        sectors={
            "internal_fostering": {
                "pools": [
                    {
                        "name": "Carers",
                        "carers": {"approvals_per_month": 2},
                        "stays_on": {"share": 0.3},
                    }
                ]
            },
            "residential": {"pools": homes},
        }
    )
    shown = {origin.source for origin in found.origins if origin.kind is Kind.ASSUMED}
    for name in ONLY_OF_GIVEN_SUPPLY:
        assert assumed(name).source in shown, name


# Policies.


def pool(name: str, sector: Sector, in_area: bool | None = None) -> Pool:
    return Pool(name, sector, "spot", in_area, None, 0.0, 0, 18, False, None)


POOLS = (
    pool("own", Sector.INTERNAL_FOSTERING, True),
    pool("far agency", Sector.IFA, False),
    pool("near agency", Sector.IFA, True),
    pool("some agency", Sector.IFA),
    pool("home", Sector.RESIDENTIAL, True),
)
FAMILY = Need(
    "family",
    (Sector.INTERNAL_FOSTERING, Sector.RESIDENTIAL, Sector.IFA),
    frozenset({Sector.INTERNAL_FOSTERING, Sector.IFA}),
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("internal_first", ["own", "home", "far agency", "near agency", "some agency"]),
        ("suitability_first", ["own", "far agency", "near agency", "some agency", "home"]),
        ("local_first", ["own", "near agency", "some agency", "far agency", "home"]),
    ],
)
def test_each_policy_offers_places_in_its_own_order(policy: Any, expected: list[str]) -> None:
    assert [found.name for found in pools_in_order(POLICIES[policy], FAMILY, POOLS)] == expected


def test_a_policy_of_the_users_own_may_leave_pools_out_but_not_invent_them() -> None:
    class OnlyNear:
        def order(self, need: Need, pools: Any) -> Any:
            return [found for found in pools if found.in_area is not False]

    class Inventing:
        def order(self, need: Need, pools: Any) -> Any:
            return [*pools, pool("castle", Sector.IFA)]

    assert "far agency" not in [p.name for p in pools_in_order(OnlyNear(), FAMILY, POOLS)]
    with pytest.raises(UserError, match=r"Inventing gave .*castle.* for the need family"):
        pools_in_order(Inventing(), FAMILY, POOLS)
    found = supplied(policy=OnlyNear())
    assert order_of(found, "family") == ["internal_fostering", "ifa", "residential"]


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(UserError, match=r"expected an object with a method order\(need, pools\)"):
        pools_in_order("local_first", FAMILY, POOLS)  # type: ignore[arg-type]


def test_local_first_without_any_place_says_so() -> None:
    (warning,) = supplied(allocation={"policy": "local_first"}).warnings
    assert "no pool says whether it is in the area" in warning


def test_fewer_places_than_children_at_the_start_are_noted() -> None:
    (note,) = supplied(sectors={"residential": {"places": 9}}).warnings
    assert note.startswith("12 children live in the sector residential at the start, and it has 9")
    assert supplied(sectors={"residential": {"places": 12}}).warnings == ()


def test_first_choice_and_suitable_are_the_needs_own_whatever_the_policy() -> None:
    found = supplied(allocation={"policy": "suitability_first"})
    row = NEED_GROUPS.index(NeedGroup.FAMILY)
    assert [SECTORS[code] for code in np.flatnonzero(found.places.first_choice[row])] == [
        Sector.INTERNAL_FOSTERING
    ]


def test_where_a_pool_is_stands_in_for_the_sectors_share() -> None:
    found = homes({"name": "Near", "places": 3, "in_area": True}, {"name": "Spot"})
    shares = {name: np.full(7, 0.4) for name in ("outside_area_share", "over_20_miles_share")}
    outside, over = shares_by_pool(found.pools, shares)
    assert outside is not None
    assert over is None
    assert len(outside) == len(found.pools) + 1
    assert outside[found.places.pool_names.index("Near")] == 0
    assert outside[found.places.pool_names.index("Spot")] == 0.4
    assert found.located(shares).places.outside_area_share is not None


# Places added.


@cache
def resolved() -> Resolved:
    sectors = {
        "internal_fostering": {
            "places": 100,
            "schedule": [
                {"from": "2023-09-01", "places": 90},
                {"from": "2024-03-01", "places": 120},
            ],
        },
        "residential": {"pools": [{"name": "Own", "kind": "own", "places": 4}, {"name": "Spot"}]},
    }
    return resolve(scenario(start="2023-03-31", months=24, sectors=sectors))


def path_of(found: Resolved, name: str) -> dict[float, int]:
    places = found.plan.places
    at = places.pool_names.index(name)
    later = places.change_pool == at
    times, numbers = places.change_time[later], places.change_usable[later]
    return {0.0: int(places.usable_at_start[at]), **dict(zip(times, numbers, strict=True))}


def test_added_places_last_and_raise_what_is_planned_later() -> None:
    base, day = resolved(), date(2024, 1, 1)
    more = with_places_added(base, [PlacesAdded("internal_fostering", day, 7)])
    at = begins(START, day)
    before, after = path_of(base, "internal_fostering"), path_of(more, "internal_fostering")
    assert {time: n for time, n in after.items() if time < at} == {
        time: n for time, n in before.items() if time < at
    }
    assert after[at] == 97
    assert after[max(after)] == 127
    assert path_of(more, "Own") == path_of(base, "Own")
    assert more.costs == base.costs
    back = with_places_added(more, [PlacesAdded("internal_fostering", day, -7)])
    assert list(path_of(back, "internal_fostering").values())[-1] == 120


def test_places_added_before_the_start_hold_from_it_and_never_fall_below_none() -> None:
    more = with_places_added(resolved(), [PlacesAdded("Own", START, 3)])
    assert path_of(more, "Own") == {0.0: 7}
    assert next(p for p in more.pools if p.name == "Own").places_at_start == 7
    fewer = with_places_added(resolved(), [PlacesAdded("Own", date(2023, 6, 1), -9)])
    assert list(path_of(fewer, "Own").values()) == [4, 0]


def test_places_can_be_added_only_to_a_pool_with_a_limit() -> None:
    with pytest.raises(UserError, match='The pool "Spot" has no limit'):
        with_places_added(resolved(), [PlacesAdded("Spot", START, 3)])
    with pytest.raises(UserError, match=r'There is no pool "Onw".*Did you mean "Own"'):
        with_places_added(resolved(), [PlacesAdded("Onw", START, 3)])


def test_prices_known_by_sector_hold_for_each_of_its_pools() -> None:
    costs = resolved().costs
    at = {name: code for code, name in enumerate(costs.pool_names)}
    assert costs.pool_names == resolved().plan.places.pool_names
    assert costs.weekly_cost_gbp[at["Own"]] == costs.weekly_cost_gbp[at["Spot"]]
    assert priced_by_pool(costs, resolved().pools) is costs
