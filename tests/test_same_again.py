"""Is it reproducible, and do scenarios share their children?"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import surroundings
from worlds import START, a_council, a_world, cohort, entries, hazards, places

from sufficiency.domain import AGE_GROUPS, DAYS_PER_YEAR
from sufficiency.measures.monthly import figures
from sufficiency.simulation.children import (
    FURTHER_PLACEMENTS,
    GROUP_SLOTS,
    PERSONAL_USES,
    USES_PER_PLACEMENT,
    Children,
    draw_placement,
)
from sufficiency.simulation.draws import AT_ONCE, Draws, draw
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import BEGAN_MOVED
from sufficiency.simulation.simulate import simulate

SEED = 11
DIGEST_OF_A_COUNCIL = "from test_same_again import digest; print(digest())"


def digest() -> str:
    """Of what happened in a council and of its figures, compiled where that can be."""
    world = a_council(days=91, scarce=True)
    record = simulate(world, SEED, 4, engine="compiled")
    found = figures(record, world.places, surroundings(months=3))
    arrays = [record.spells, record.pool_changes, *(getattr(found, f.name) for f in fields(found))]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


@pytest.mark.parametrize(
    "elsewhere",
    [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"}, {"NUMBA_DISABLE_JIT": "1"}],
    ids=lambda elsewhere: "-".join(*elsewhere.items()),
)
def test_another_process_gives_the_same_bytes_compiled_or_not(
    elsewhere: dict[str, str],
) -> None:
    tests = Path(__file__).parent
    there = subprocess.run(
        [sys.executable, "-c", DIGEST_OF_A_COUNCIL],
        env={**os.environ, **elsewhere, "PYTHONPATH": os.pathsep.join(map(str, path_to(tests)))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == digest()


def path_to(tests: Path) -> list[Path]:
    return [tests, tests.parent]


def test_equal_scenarios_differ_by_exactly_zero() -> None:
    for replication in range(20):
        ours = simulate(a_council(days=120), SEED, replication)
        theirs = simulate(a_council(days=120), SEED, replication)
        assert ours.spells.tobytes() == theirs.spells.tobytes()


def test_seeds_and_replications_differ() -> None:
    world = a_council(days=60)
    digests = {
        simulate(world, seed, replication).spells.tobytes()
        for seed in (0, 1, 2**63)
        for replication in (0, 1, 2)
    }
    assert len(digests) == 9


def known_by_number(children: Children, stream: int) -> dict[int, tuple[float, ...]]:
    own = np.flatnonzero(children.stream == stream)
    return {
        int(children.number[child]): (
            float(children.need[child]),
            float(np.ceil(children.entered[child]) - children.born_day[child]),
            *children.numbers[child].tolist(),
        )
        for child in own
    }


def some_entries(rate: float, **others: float) -> Children:
    need = np.tile([0.3, 0.3, 0.2, 0.2, 0.0, 0.0, 0.0], (len(AGE_GROUPS), 1))
    ages = np.array([[0.1, 0.9], [1.1, 4.8], [5.1, 9.8], [10.1, 15.8], [16.1, 17.8], [14, 17.8]])
    world = a_world(
        entries=entries(
            {"1_4": rate, **others},
            group_size=(0.4, 0.3, 0.2, 0.1),
            first_need=need,
            ages_days=ages * DAYS_PER_YEAR,
        )
    )
    return children_of(world, Draws(SEED, 0))


def test_entries_moved_in_time_keep_their_children() -> None:
    few, many = known_by_number(some_entries(0.2), 1), known_by_number(some_entries(0.3), 1)
    assert len(few) < len(many)
    assert all(many[number] == child for number, child in few.items())


def test_adding_entries_to_one_stream_leaves_the_others_alone() -> None:
    alone, busier = some_entries(0.2), some_entries(0.2, **{"10_15": 0.5, "uasc": 0.2})
    assert known_by_number(alone, 1) == known_by_number(busier, 1)
    ours, theirs = alone.stream == 1, busier.stream == 1
    assert np.array_equal(alone.entered[ours], busier.entered[theirs])
    assert np.sum(busier.stream == 3) > 100


def test_siblings_arrive_together_and_unaccompanied_children_alone() -> None:
    children = some_entries(0.5, uasc=0.5)
    group = children.number // GROUP_SLOTS
    for stream in (1, 5):
        own = children.stream == stream
        for number in np.unique(group[own]):
            together = own & (group == number)
            assert len(np.unique(children.entered[together])) == 1
            assert np.array_equal(
                children.number[together] % GROUP_SLOTS, np.arange(together.sum())
            )
            assert stream != 5 or together.sum() == 1
    assert np.array_equal(children.uasc, children.stream == 5)


def numbers_of(children: Children, placements: int) -> np.ndarray:
    """(n, placements, 7): the numbers of everybody's first placements."""
    key = Draws(SEED, 0).key
    numbers = np.zeros((len(children), placements, AT_ONCE), dtype=np.uint32)
    numbers[:, 0, :USES_PER_PLACEMENT] = children.numbers[:, PERSONAL_USES:]
    for own, purpose, row in zip(numbers, children.purpose, children.row, strict=True):
        for placement in range(1, placements):
            draw_placement(key, int(purpose), int(row), placement, own[placement])
    return numbers[..., :USES_PER_PLACEMENT]


@given(
    seed=st.integers(0, 2**64 - 1),
    replication=st.integers(0, 2**32 - 1),
    purpose=st.integers(0, 2**16 - 1),
    block=st.integers(0, 2**16 - 1),
    counter=st.integers(0, 12),
    count=st.integers(1, 3),
)
def test_a_number_is_what_numpy_draws_wherever_a_child_begins(
    seed: int, replication: int, purpose: int, block: int, counter: int, count: int
) -> None:
    draws, numbers = Draws(seed, replication), np.empty(count * AT_ONCE, dtype=np.uint32)
    draw(draws.key, purpose, block, counter, numbers)
    whole = draws.numbers(purpose, block, 15, AT_ONCE)
    assert np.array_equal(numbers, whole[counter : counter + count].ravel())


def test_what_compiled_code_draws_for_everybody_is_what_numpy_draws() -> None:
    draws = Draws(2**64 - 1, 2**32 - 1)
    children = children_of(a_council(days=400), draws)
    for purpose in np.unique(children.purpose):
        own = children.purpose == purpose
        rows = children.row[own]
        whole = draws.numbers(int(purpose), 0, int(rows.max()) + 1, 16)
        assert np.array_equal(children.numbers[own], whole[rows])
    assert len(np.unique(children.purpose)) == 4


@pytest.mark.parametrize("placement", [1, FURTHER_PLACEMENTS, FURTHER_PLACEMENTS + 1, 30])
def test_each_further_placement_has_numbers_of_its_own_in_a_row_of_a_further_block(
    placement: int,
) -> None:
    draws, numbers = Draws(SEED, 3), np.empty(AT_ONCE, dtype=np.uint32)
    draw_placement(draws.key, 2, 7, placement, numbers)
    block, within = divmod(placement - 1, FURTHER_PLACEMENTS)
    whole = draws.numbers(2, 1 + block, 9, FURTHER_PLACEMENTS * AT_ONCE)
    first = within * AT_ONCE
    assert np.array_equal(numbers, whole[7, first : first + AT_ONCE])


def test_the_draws_of_a_placement_do_not_depend_on_who_else_is_there() -> None:
    few, many = some_entries(0.2), some_entries(0.3, under_1=0.3)
    ours, theirs = (numbers_of(children, FURTHER_PLACEMENTS + 2) for children in (few, many))
    shared = np.flatnonzero((many.stream == 1) & np.isin(many.number, few.number))
    order = {int(many.number[child]): child for child in shared}
    for child in np.flatnonzero(few.stream == 1):
        assert np.array_equal(ours[child], theirs[order[int(few.number[child])]])


def test_no_two_children_share_their_luck() -> None:
    world = a_council(days=400)
    numbers = children_of(world, Draws(SEED, 0)).numbers
    assert len(np.unique(numbers, axis=0)) == len(numbers)
    streams = some_entries(0.5, **{"5_9": 0.5, "16_17": 0.5})
    # One number of 32 bits may come twice by chance, but not the seven of a placement.
    placements = numbers_of(streams, FURTHER_PLACEMENTS + 2).reshape(-1, USES_PER_PLACEMENT)
    assert len(np.unique(placements, axis=0)) == len(placements)


def test_a_child_who_moves_often_has_fresh_draws_every_time() -> None:
    world = a_world(days=300, hazards=hazards({"planned": 0.2}), cohort=cohort(3))
    spells = simulate(world, SEED, 0).spells
    stays = (spells["to_time"] - spells["from_time"])[spells["began"] >= BEGAN_MOVED]
    assert len(stays) > 120
    assert len(np.unique(stays)) == len(stays)
    assert abs(float(np.mean(stays)) - 5) < 4 * 5 / np.sqrt(len(stays))


def test_a_change_of_places_leaves_entries_and_exits_of_the_others_alone() -> None:
    """Exits that do not depend on sector come at the same times however places are cut."""
    free = a_world(
        days=200,
        start=START,
        hazards=hazards({"returned_home": 0.01, "unplanned_ending": 0.02}),
        entries=entries({"5_9": 0.4}),
        cohort=cohort(20),
    )
    cut = replace(free, places=places(10, changes=((50.0, 0, 4), (120.0, 0, 12))))

    def exits(world_record: np.ndarray) -> list[tuple[float, ...]]:
        left = world_record[(world_record["ended"] >= 0) & (world_record["ended"] <= 5)]
        return sorted((s["stream"], s["number"], round(float(s["to_time"]), 4)) for s in left)

    assert exits(simulate(free, SEED, 0).spells) == exits(simulate(cut, SEED, 0).spells)


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**32)])
def test_a_seed_out_of_range_is_refused(seed: int, replication: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        simulate(a_world(), seed, replication)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="steam"):
        simulate(a_world(), 1, 0, engine="steam")
