"""Children live in the pools that a scenario describes: one forecast with everything in it."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from sufficiency.domain import MOVE_REASONS, NEED_GROUPS, MoveReason, NeedGroup, begins
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.record import BEGAN_ENTERED, CARER_APPROVED, CARER_DEREGISTERED, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import World

START = date(2023, 3, 31)
SEED = 3
EVERYTHING = {
    "name": "everything",
    "authority": "Wolverhampton",
    "start": "2023-03-31",
    "months": 24,
    "sectors": {
        "internal_fostering": {
            "carers": {"approvals_per_month": 2.5, "connected_share": 0.5},
            "stays_on": {"share": 0.5},
        },
        "residential": {
            "pools": [
                {"name": "Own", "kind": "own", "places": 6, "oldest_age": 15},
                {
                    "name": "Framework",
                    "kind": "framework",
                    "takes_emergencies": True,
                    "providers": [
                        {"name": "Oak", "places": 6, "closes": "2023-10-01"},
                        {"name": "Ash", "places": 6, "stops_taking": "2023-06-01"},
                    ],
                    "places": 3,
                },
                {"name": "Spot"},
            ]
        },
        "supported_accommodation": {
            "places": 30,
            "held_by_others": {
                "at_start": 5,
                "arrivals_per_month": 1,
                "move_on_rate_per_year": 3,
            },
        },
    },
    "allocation": {
        "siblings_together": True,
        "settling_days": 60,
        "emergency": {"share": 0.2, "days": 14},
        "step_down": {"places_a_year": 6, "success_share": 0.6, "return_days": 90},
    },
    "planning_groups": [
        {"name": "complex", "of": "residential", "share": 0.3, "order": ["residential"]},
        {"name": "alone", "of": "supported_16_plus", "share_by_age": {"uasc": 1.0}},
    ],
}


@cache
def resolved() -> Resolved:
    return resolve(Scenario.model_validate(EVERYTHING))


@cache
def world() -> World:
    return resolved().draw_world(SEED, 0, parameter=True, drift=True)


@cache
def record(engine: str = "compiled") -> Record:
    return simulate(world(), SEED, 0, engine=engine)


def pool(name: str) -> int:
    return world().places.pool_names.index(name)


def at(day: str) -> float:
    return begins(START, date.fromisoformat(day))


def spells_in(name: str) -> NDArray[np.void]:
    return record().spells[record().spells["pool"] == pool(name)]


def test_both_clocks_tell_the_same_lives() -> None:
    one, other = record("compiled"), record("simpy")
    for name in one.spells.dtype.names or ():
        assert np.array_equal(one.spells[name], other.spells[name]), name
    assert np.array_equal(one.pool_changes, other.pool_changes)
    assert np.array_equal(one.holds, other.holds)


def test_nobody_lives_with_a_provider_that_has_closed() -> None:
    lived, closed = spells_in("Framework: Oak"), at("2023-10-01")
    assert lived["to_time"].max() == closed
    moved = lived[lived["to_time"] == closed]
    assert len(moved) >= 2
    assert len({*moved["ended"]}) == 1
    after = record().spells[record().spells["from_time"] == closed]
    assert {*moved["child"]} <= {*after["child"]}


def test_a_provider_that_stops_taking_keeps_those_who_live_there() -> None:
    lived, stopped = spells_in("Framework: Ash"), at("2023-06-01")
    assert lived["from_time"].max() < stopped
    assert lived["to_time"].max() > stopped


def test_children_are_placed_by_their_age_on_the_day() -> None:
    placed = record().spells[(record().spells["pool"] >= 0) & (record().spells["from_time"] > 0)]
    years = (placed["from_time"] - placed["born_day"]) / 365.25
    youngest, oldest = world().places.youngest_years, world().places.oldest_years
    assert youngest is not None
    assert oldest is not None
    assert np.all(years > youngest[placed["pool"]] - 0.01)
    assert np.all(years < oldest[placed["pool"]] + 0.01)
    own = placed["pool"] == pool("Own")
    assert own.any()


def test_carers_come_and_go_while_the_published_rate_of_carers_giving_up_stands_aside() -> None:
    why = set(record().pool_changes["why"][record().pool_changes["pool"] == 0])
    assert {CARER_APPROVED, CARER_DEREGISTERED} <= why
    carer_ends = 5 + MOVE_REASONS.index(MoveReason.CARER_ENDS)
    sector = world().places.pool_sector[0]
    assert not world().hazards.per_day[carer_ends, sector].any()
    assert world().hazards.per_day[carer_ends, sector + 1].any()


def test_places_are_held_after_18_and_children_enter_in_emergencies() -> None:
    assert set(record().holds["pool"]) == {0}
    entered = record().spells[record().spells["began"] == BEGAN_ENTERED]
    emergency = [pool("Framework"), pool("Framework: Oak"), pool("Framework: Ash")]
    family = entered["need"] == NEED_GROUPS.index(NeedGroup.FAMILY)
    assert np.isin(entered["pool"][family], emergency).any()


@pytest.mark.parametrize("name", ["complex", "alone"])
def test_planning_groups_have_children_throughout(name: str) -> None:
    code = world().places.need_names.index(name)
    spells = record().spells[record().spells["need"] == code]
    assert (spells["from_time"] == 0).any()
    assert (spells["from_time"] > 0).any()
