"""Do brothers and sisters go together where there is room for all? Both clocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from clocks import told_twice
from fixed_days import (
    on_days,
)
from numpy.typing import NDArray
from worlds import N_AGES, N_NEEDS, a_world, entries, places

from sufficiency.domain import (
    AGE_BANDS,
    DAYS_PER_YEAR,
)
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import (
    BEGAN_ENTERED,
)
from sufficiency.simulation.world import (
    UNLIMITED,
    World,
)


def first_places_of_groups(size: int, *usable: int, together: bool = True) -> list[list[int]]:
    """Where the first group of brothers and sisters of one age and need goes, pool by pool."""
    chances = [0.0] * (size - 1) + [1.0]
    world = a_world(
        days=60,
        entries=entries({"1_4": 0.1}, group_size=tuple(chances), same_band=1.0),
        places=replace(places(*usable), siblings_together=together),
    )
    spells = told_twice(world).spells
    groups = [spells[spells["group"] == group] for group in np.unique(spells["group"])]
    assert len(groups) > 2
    assert all(len(np.unique(group["entered"])) == 1 for group in groups)
    return [group["pool"][group["began"] == BEGAN_ENTERED].tolist() for group in groups]


@pytest.mark.parametrize(
    ("usable", "where"),
    [
        ((2, 3), [[1, 1, 1], [0, 0, -1], [-1, -1, -1]]),
        ((2, 2), [[0, 0, 1], [1, -1, -1], [-1, -1, -1]]),
        ((3, 1, UNLIMITED), [[0, 0, 0], [2, 2, 2], [2, 2, 2]]),
        ((7, 0), [[0, 0, 0], [0, 0, 0], [0, -1, -1]]),
    ],
)
def test_three_go_together_to_the_first_pool_with_room_for_all_or_one_by_one(
    usable: tuple[int, ...], where: list[list[int]]
) -> None:
    assert first_places_of_groups(3, *usable)[:3] == where


def test_where_nobody_minds_brothers_and_sisters_fill_the_pools_in_order() -> None:
    assert first_places_of_groups(3, 2, 3, together=False)[:2] == [[0, 0, 1], [1, 1, -1]]


def test_a_brother_of_another_need_does_not_take_the_place_that_is_kept() -> None:
    """Children of one group with the needs 0, 1 and 0; one pool with two places is for both."""
    bands = np.zeros((N_AGES, N_NEEDS))
    bands[:, 0] = bands[:, 1] = 0.5
    found = 0
    for band in AGE_BANDS:
        coming = entries({band: 0.2}, group_size=(0.0, 0.0, 1.0), same_band=1.0, first_need=bands)
        world = a_world(
            days=200,
            entries=coming,
            places=replace(
                places(2, UNLIMITED, UNLIMITED, preference=[[0, 1], [0, 2]]), siblings_together=True
            ),
            hazards=on_days(returned_home=199.0),
        )
        spells = told_twice(world).spells
        first = spells[spells["group"] == 0]
        needs = first["need"].tolist()
        if needs in ([0, 1, 0], [1, 0, 1]):
            assert first["pool"].tolist() == [0, 1 + needs[1], 0]
            found += 1
    assert found > 0, "no first group is such a one: the test says nothing"


def test_brothers_and_sisters_need_the_same_as_often_as_the_world_says() -> None:
    """Needs by age stay as they are; a pair of an age shares one if its number is shared, or by
    chance: p + (1 - p) x sum of squares."""
    bands = np.zeros((N_AGES, N_NEEDS))
    bands[:, :3] = 0.5, 0.3, 0.2
    for share in (0.0, 0.6, 1.0):
        coming = entries(
            {"1_4": 4.0},
            group_size=(0.0, 1.0),
            same_band=1.0,
            same_need=share,
            first_need=bands,
        )
        pairs = pairs_of_needs(a_world(days=400, entries=coming))
        assert len(pairs) > 1400
        for need, expected in enumerate((0.5, 0.3, 0.2)):
            assert_share(pairs[:, 1] == need, expected)
        same = pairs[:, 0] == pairs[:, 1]
        if share == 1.0:
            assert same.all()
        else:
            assert_share(same, share + (1 - share) * 0.38)


def pairs_of_needs(world: World) -> NDArray[np.int64]:
    """(groups, 2): the first needs of each two who came together."""
    return children_of(world, Draws(1, 0)).need.reshape(-1, 2)


def assert_share(found: NDArray[np.bool_], expected: float) -> None:
    z = (found.mean() - expected) / (expected * (1 - expected) / len(found)) ** 0.5
    assert abs(z) <= 4, (found.mean(), expected, z)


def test_a_pool_must_be_for_the_ages_of_all_who_go_together() -> None:
    """Brothers and sisters of every age; nobody under 5 in the first pool."""
    ages = np.array([[100.0, 100], [700, 700], [2500, 2500], [4500, 4500], [6000, 6000], [0, 0]])
    limited = replace(
        places(UNLIMITED, UNLIMITED), youngest_years=np.array([5, 0]), siblings_together=True
    )
    world = a_world(
        days=300,
        entries=entries({"5_9": 0.3}, group_size=(0.0, 1.0), same_band=0.3, ages_days=ages),
        places=limited,
    )
    spells = told_twice(world).spells
    for group in np.unique(spells["group"]):
        pair = spells[spells["group"] == group]
        youngest = np.min(pair["entered"] - pair["born_day"])
        expected = 0 if youngest > 5 * DAYS_PER_YEAR else 1
        assert pair["pool"].tolist() == [expected, expected]
