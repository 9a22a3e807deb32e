"""A small authority's places as they are found in a scenario, for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from sufficiency.resolution.supply import Supply, supply
from sufficiency.scenario.model import Scenario

START = date(2023, 3, 31)
CHILDREN = np.array([40, 20, 15, 12, 6, 7])


def scenario(**given: Any) -> Scenario:
    return Scenario.model_validate({"name": "a", "authority": "Wolverhampton", **given})


def supplied(policy: Any = None, **given: Any) -> Supply:
    return supply(scenario(**given), CHILDREN, START, policy)


def homes(*pools: dict[str, Any], **given: Any) -> Supply:
    return supplied(sectors={"residential": {"pools": list(pools)}}, **given)


def order_of(found: Supply, need: str) -> list[str]:
    row = found.places.need_names.index(need)
    listed = found.places.preference[row]
    return [found.places.pool_names[pool] for pool in listed if pool >= 0]


def changes_of(found: Supply, pool: str) -> list[tuple[float, int, int]]:
    places = found.places
    assert places.change_closes is not None
    at = places.change_pool == places.pool_names.index(pool)
    return list(
        zip(places.change_time[at], places.change_usable[at], places.change_closes[at], strict=True)
    )


def usable(found: Supply, pool: str) -> int:
    return int(found.places.usable_at_start[found.places.pool_names.index(pool)])
