"""Providers by name, and places that open, close or take no more children on a date."""

from __future__ import annotations

from datetime import date

import numpy as np
from supply_found import START, changes_of, homes, usable

from sufficiency.domain import SECTORS, Sector, begins
from sufficiency.simulation.supply_paths import ALL


def test_named_providers_alone_leave_no_pool_for_others() -> None:
    found = homes({"name": "Homes", "providers": [{"name": "Oak", "places": 4}]})
    assert "Homes" not in found.places.pool_names
    assert found.sector_places[SECTORS.index(Sector.RESIDENTIAL)]["places"] == 4


def test_what_closes_closes_with_those_who_live_there_and_what_stops_taking_does_not() -> None:
    found = homes(
        {
            "name": "Homes",
            "kind": "own",
            "places": 6,
            "schedule": [{"from": "2023-06-01", "places": 8}],
            "closes": "2024-01-01",
            "providers": [
                {"name": "Oak", "places": 4, "closes": "2023-09-01"},
                {"name": "Elm", "places": 5, "stops_taking": "2023-10-01"},
                {"name": "Ash", "places": 2, "closes_rate_per_year": 0.1},
            ],
        },
        {"name": "Spot"},
    )
    day = {
        name: begins(START, date.fromisoformat(name))
        for name in ("2023-06-01", "2023-09-01", "2023-10-01", "2024-01-01")
    }
    assert changes_of(found, "Homes") == [(day["2023-06-01"], 8, 0), (day["2024-01-01"], 0, ALL)]
    assert changes_of(found, "Homes: Oak") == [(day["2023-09-01"], 0, ALL)]
    assert changes_of(found, "Homes: Elm") == [
        (day["2023-10-01"], 0, 0),
        (day["2024-01-01"], 0, ALL),
    ]
    assert changes_of(found, "Homes: Ash") == [(day["2024-01-01"], 0, ALL)]
    assert [closing.pool for closing in found.plan.closing] == [
        found.places.pool_names.index("Homes: Ash")
    ]
    assert np.all(np.diff(found.places.change_time) >= 0)


def test_a_home_that_opens_later_has_no_places_before() -> None:
    found = homes({"name": "New", "kind": "own", "places": 5, "opens": "2024-02-01"}, {"name": "S"})
    assert usable(found, "New") == 0
    assert changes_of(found, "New") == [(begins(START, date(2024, 2, 1)), 5, 0)]
    long_open = {"name": "New", "kind": "own", "places": 5, "opens": "2020-02-01"}
    assert usable(homes(long_open, {"name": "S"}), "New") == 5


def test_providers_open_and_close_with_their_pool() -> None:
    found = homes(
        {
            "name": "Framework",
            "opens": "2023-06-01",
            "closes": "2024-01-01",
            "providers": [
                {"name": "Oak", "places": 4},
                {"name": "Elm", "places": 5, "stops_taking": "2023-10-01"},
                {"name": "Ash", "places": 2, "closes": "2023-09-01"},
                {"name": "Yew", "places": 1, "closes": "2025-09-01", "stops_taking": "2025-01-01"},
            ],
        },
        {"name": "Spot"},
    )
    opens, ash, elm, closes = (
        begins(START, date.fromisoformat(day))
        for day in ("2023-06-01", "2023-09-01", "2023-10-01", "2024-01-01")
    )
    names = [f"Framework: {name}" for name in ("Oak", "Elm", "Ash", "Yew")]
    assert [usable(found, name) for name in names] == [0, 0, 0, 0]
    assert [changes_of(found, name) for name in names] == [
        [(opens, 4, 0), (closes, 0, ALL)],
        [(opens, 5, 0), (elm, 0, 0), (closes, 0, ALL)],
        [(opens, 2, 0), (ash, 0, ALL)],
        [(opens, 1, 0), (closes, 0, ALL)],
    ]


def test_places_besides_those_of_providers_are_none_until_some_are_given() -> None:
    found = homes(
        {
            "name": "Framework",
            "schedule": [{"from": "2024-01-01", "places": 4}],
            "providers": [{"name": "Oak", "places": 3}],
        }
    )
    assert [usable(found, name) for name in ("Framework: Oak", "Framework")] == [3, 0]
    assert changes_of(found, "Framework") == [(begins(START, date(2024, 1, 1)), 4, 0)]


def test_a_share_that_stays_on_with_providers_has_its_source() -> None:
    found = homes(
        {
            "name": "Framework",
            "stays_on": {"share": 0.5},
            "providers": [{"name": "Oak", "places": 3}, {"name": "Elm", "places": 3}],
        },
        {"name": "Spot"},
    )
    said = [origin for origin in found.origins if "stays_on" in origin.key]
    assert [origin.key for origin in said] == [
        "sectors.residential.pools.0.stays_on.share",
        "sectors.residential.pools.0.stays_on.mean_days",
    ]
    assert said[0].label.endswith(", Framework")
    assert found.places.stays_on_share is not None
    assert found.places.stays_on_share[-4:-1].tolist() != [0, 0, 0]
