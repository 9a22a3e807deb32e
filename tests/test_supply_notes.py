"""What is no mistake but should be known of a scenario's places is said in a note."""

from __future__ import annotations

from typing import Any

import pytest
from supply_found import supplied


def notes(months: int = 24, **keys: Any) -> list[str]:
    return list(supplied(months=months, **keys).warnings)


def homes(*pools: dict[str, Any]) -> dict[str, Any]:
    return {"residential": {"pools": [*pools, {"name": "Spot"}]}}


def test_what_is_dated_after_the_forecast_ends_is_named() -> None:
    framework = {
        "name": "Framework",
        "providers": [
            {"name": "Oak", "places": 4, "closes": "2025-04-01"},
            {"name": "Elm", "places": 4, "stops_taking": "2025-05-01"},
            {"name": "Ash", "places": 4, "closes": "2025-03-31"},
        ],
    }
    new = {"name": "New", "kind": "own", "places": 3, "opens": "2025-06-01"}
    block = {"name": "Block", "places": 3, "schedule": [{"from": "2026-01-01", "places": 5}]}
    assert notes(sectors=homes(framework, new, block)) == [
        'The forecast ends on 2025-03-31, so these change nothing in it: "Framework: Oak" closes '
        'on 2025-04-01; "Framework: Elm" takes no more children on 2025-05-01; "New" opens on '
        '2025-06-01; "Block" has 5 places on 2026-01-01.'
    ]
    assert notes(months=36, sectors=homes(framework, new, block)) == []


def test_what_was_over_at_the_start_is_named() -> None:
    framework = {
        "name": "Framework",
        "providers": [
            {"name": "Oak", "places": 4, "closes": "2023-03-31"},
            {"name": "Elm", "places": 4, "closes": "2023-04-01"},
        ],
    }
    old = {"name": "Old", "places": 3, "closes": "2020-01-01"}
    assert notes(sectors=homes(framework, old)) == [
        '"Framework: Oak" and "Old" take nobody from the start (2023-03-31) or earlier on, so '
        "nobody lives there in this forecast: the children of the start are with others of the "
        "same kind."
    ]


@pytest.mark.parametrize(
    ("households", "said"), [(10, True), (28, True), (29, False), (110, False), (120, True)]
)
def test_households_that_could_not_have_the_places_are_named(households: int, said: bool) -> None:
    """Half and twice the usual 2 x 0.7 = 1.4 places a household are still believed."""
    carers = {
        "approvals_per_month": 2,
        "households_at_start": households,
        "places_per_household": 2.0,
        "usable_share": 0.7,
    }
    plan = {"internal_fostering": {"places": 80, "carers": carers}}
    found = notes(sectors=plan)
    assert len(found) == said
    if said:
        assert f"{80 / households:.1f} each, but one that is approved later brings 1.4" in found[0]


def test_pools_for_emergencies_without_emergencies_are_named() -> None:
    bed = {"name": "Night bed", "places": 1, "takes_emergencies": True}
    emergency = {"share": 0.1, "days": 14}
    assert notes(sectors=homes(bed), allocation={"emergency": emergency}) == []
    assert notes(sectors=homes(bed)) == [
        '"Night bed" may take children the same day, but the scenario does not say how many need '
        "that (allocation.emergency), so it changes nothing."
    ]


def test_a_group_of_16_and_17_year_olds_may_have_supported_accommodation_alone() -> None:
    group = {"name": "sixteen", "of": "supported_16_plus", "share": 1.0}
    only = {"order": ["supported_accommodation"], "suitable": ["supported_accommodation"]}
    assert notes(planning_groups=[{**group, **only}]) == []
