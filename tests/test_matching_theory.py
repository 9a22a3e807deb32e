"""Does the matching of children to places agree with exact answers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import comb

import numpy as np
from scipy import stats
from theory import Floats, assert_agrees, batch_in_service, z_of_mean, z_of_variance
from worlds import a_council, a_world, cohort, entries, hazards, places

from sufficiency.domain import DAYS_PER_YEAR, TICK
from sufficiency.simulation import allocation, matching
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.places import seekers_of, supply_of
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import BEGAN_ENTERED, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import UNLIMITED, World

SEED, REPLICATIONS = 20210331, 400
MEAN_STAY_DAYS, GROUPS_PER_DAY, SIZE = 20.0, 0.15, 3
DAYS, WARM_UP_DAYS = 1000, 200


def replications(world: World, number: int = REPLICATIONS) -> list[Record]:
    return [simulate(world, SEED, number, engine="compiled") for number in range(number)]


# --- brothers and sisters -------------------------------------------------------------------


def groups_of_three(*usable: int) -> World:
    """Three of one age and need enter together, and each leaves on its own."""
    return a_world(
        days=DAYS,
        hazards=hazards({"returned_home": 1 / MEAN_STAY_DAYS}),
        entries=entries({"1_4": GROUPS_PER_DAY}, group_size=(0.0, 0.0, 1.0), same_band=1.0),
        places=replace(places(*usable), siblings_together=True),
    )


def steady_state(most: int, room: int) -> Floats:
    """Of a chain that rises by three from up to ``room`` and falls by one: (most + 1,)."""
    rates = np.zeros((most + 1, most + 1))
    for number in range(most + 1):
        if number <= room and number + SIZE <= most:
            rates[number, number + SIZE] = GROUPS_PER_DAY
        if number:
            rates[number, number - 1] = number / MEAN_STAY_DAYS
    np.fill_diagonal(rates, -rates.sum(axis=1))
    balance = np.vstack([rates.T, np.ones(most + 1)])
    share: Floats = np.linalg.lstsq(balance, np.append(np.zeros(most + 1), 1.0), rcond=None)[0]
    return share


def shares_of_groups(record: Record, numbers_placed: Sequence[int]) -> float:
    """Of the expected groups, how many had so many of the three in the first pool on entry."""
    entered = record.spells[record.spells["began"] == BEGAN_ENTERED]
    placed = (entered["pool"] == 0).reshape(-1, SIZE).sum(axis=1)
    late = entered["entered"][::SIZE] > WARM_UP_DAYS
    expected = GROUPS_PER_DAY * (DAYS - WARM_UP_DAYS)
    return float(np.sum(np.isin(placed[late], numbers_placed))) / expected


def test_groups_of_three_are_split_as_often_as_one_or_two_places_are_free() -> None:
    """Whoever has no place waits and still leaves, so children in care are M3/M/infinity."""
    usable = 10
    share = steady_state(most=90, room=90)
    split = float(share[usable - 2] + share[usable - 1])
    records = replications(groups_of_three(usable))
    assert_agrees(z_of_mean([shares_of_groups(record, [1, 2]) for record in records], split))
    together = float(share[: usable - 2].sum())
    assert_agrees(z_of_mean([shares_of_groups(record, [3]) for record in records], together))


def test_a_pool_without_room_for_three_is_passed_by_all_three() -> None:
    usable = 10
    share = steady_state(most=usable, room=usable - SIZE)
    records = replications(groups_of_three(usable, UNLIMITED))
    first = float(share[: usable - 2].sum())
    assert_agrees(z_of_mean([shares_of_groups(record, [3]) for record in records], first))
    assert all(shares_of_groups(record, [1, 2]) == 0 for record in records)


def test_children_in_care_of_sibling_batches_vary_as_the_batch_formula_says() -> None:
    sizes = np.array([0.5, 0.2, 0.0, 0.3])
    world = a_world(
        days=6 * DAYS,
        hazards=hazards({"returned_home": 1 / MEAN_STAY_DAYS}),
        entries=entries({"1_4": GROUPS_PER_DAY}, group_size=tuple(sizes), same_band=1.0),
        places=replace(places(4), siblings_together=True),
    )
    mean, variance = batch_in_service(GROUPS_PER_DAY * MEAN_STAY_DAYS, sizes)
    # Eight mean stays apart, counts are as good as independent.
    days = np.arange(WARM_UP_DAYS, 6 * DAYS, 8 * MEAN_STAY_DAYS)
    counts = []
    for record in replications(world):
        spells = record.spells
        begun = np.searchsorted(np.sort(spells["from_time"]), days, "right")
        ended = np.searchsorted(np.sort(spells["to_time"]), days, "right")
        counts += (begun - ended).tolist()
    assert_agrees(z_of_mean(counts, mean))
    assert_agrees(z_of_variance(counts, variance))


# --- places held after 18 -------------------------------------------------------------------


def test_places_held_are_as_many_as_an_endless_server_would_hold() -> None:
    """Children enter 31 days short of their 18th birthday; a share of them stays on."""
    per_day, share, mean_days, short = 1.5, 0.6, 15.0, 31
    ages = np.full((6, 2), 18 * 365.0 + 5 - short)
    world = a_world(
        days=200,
        start=date(2021, 3, 31),
        entries=entries({"16_17": per_day}, ages_days=ages),
        places=replace(
            places(),
            stays_on_share=np.array([share]),
            stays_on_days_mean=np.array([mean_days]),
        ),
    )
    records = replications(world, 3 * REPLICATIONS)
    for day in (60, 90, 200):
        turned_18 = np.arange(1, day - short + 1) + short - 1 + TICK
        exact = per_day * share * float(np.sum(np.exp(-(day - turned_18) / mean_days)))
        counts = [
            int(np.sum((record.holds["from_time"] <= day) & (day < record.holds["to_time"])))
            if day < 200
            else int(np.sum(record.holds["to_time"] == 200))
            for record in records
        ]
        assert_agrees(z_of_mean(counts, exact))


# --- places that close with whoever lives there ---------------------------------------------

PLACES, CHILDREN, CLOSE = 10, 6, 4


def who_goes(chances: Floats) -> list[list[int]]:
    """Who must go when 4 of 10 places close, of which 6 have children in them."""
    world = a_world(cohort=cohort(CHILDREN))
    people = children_of(world, Draws(SEED, 0)).people
    seekers, supply = seekers_of(people), supply_of(places(PLACES), world.start, 365)
    seekers.pool[:] = 0
    going = np.zeros(CHILDREN, dtype=np.int64)
    numbers = people.stream, people.number
    found = []
    for chance in chances:
        many = matching.who_must_go(0, CLOSE, chance, numbers, seekers, supply, going)
        found.append(going[:many].tolist())
    return found


def test_of_the_places_that_close_each_is_as_likely_as_another() -> None:
    chances = np.random.default_rng(SEED).random(20_000)
    going = who_goes(chances)
    many = np.bincount([len(some) for some in going], minlength=CLOSE + 1)
    exact = [
        comb(CHILDREN, k) * comb(PLACES - CHILDREN, CLOSE - k) / comb(PLACES, CLOSE)
        for k in range(CLOSE + 1)
    ]
    assert stats.chisquare(many, np.array(exact) * len(going)).pvalue > 1e-4
    each = np.bincount([child for some in going for child in some], minlength=CHILDREN)
    assert_agrees(float(np.max(np.abs(each - 8000) / np.sqrt(8000 * 0.6))))
    together = sum(0 in some and 1 in some for some in going)
    pair = (CLOSE / PLACES) * ((CLOSE - 1) / (PLACES - 1))
    assert_agrees((together / len(going) - pair) / np.sqrt(pair * (1 - pair) / len(going)))


def test_the_same_child_goes_whoever_else_lives_there() -> None:
    """So a closure does in two scenarios what it can do alike."""
    world = a_world(cohort=cohort(12))
    people = children_of(world, Draws(SEED, 0)).people
    supply, going = supply_of(places(12), world.start, 365), np.zeros(12, dtype=np.int64)
    numbers = people.stream, people.number

    def one_of_all_but(absent: list[int], chance: float) -> int:
        seekers = seekers_of(people)
        seekers.pool[:] = 0
        seekers.pool[absent] = allocation.NO_POOL
        found = matching.who_must_go(0, 1, chance, numbers, seekers, supply, going)
        return int(going[0]) if found else allocation.NOBODY

    chances = np.linspace(0.001, 0.999, 300)
    pairs = [(one_of_all_but([], chance), one_of_all_but([3], chance)) for chance in chances]
    differ = [pair for pair in pairs if pair[0] != pair[1]]
    assert all(before == 3 or now == allocation.NOBODY for before, now in differ)
    # The place of child 3 is empty now, so it closes as often, with nobody or somebody in it.
    assert len(differ) < 300 * 4 / 12


# --- the draws that were made of others -----------------------------------------------------


def test_a_placements_price_chance_is_uniform_and_says_nothing_of_anything_else() -> None:
    spells = simulate(a_council(), SEED, 0, engine="compiled").spells
    chance = spells["price_chance"]
    placed = spells["pool"] >= 0
    assert stats.kstest(chance[placed], "uniform").pvalue > 1e-4
    others = (
        spells["to_time"] - spells["from_time"],
        spells["need"],
        spells["ended"] >= 0,
        (spells["entered"] - spells["born_day"]) / DAYS_PER_YEAR,
    )
    for other in others:
        rank = stats.spearmanr(chance[placed], np.asarray(other, dtype=float)[placed])
        assert abs(rank.statistic) * np.sqrt(placed.sum()) < 4
    following = spells[placed & (spells["began"] > 2)]
    first = {int(spell["child"]): float(spell["price_chance"]) for spell in spells[::-1]}
    pairs = [(first[int(spell["child"])], float(spell["price_chance"])) for spell in following]
    assert abs(stats.spearmanr(*zip(*pairs, strict=True)).statistic) * np.sqrt(len(pairs)) < 4


def price_chances(world: World) -> dict[tuple[int, int, int], float]:
    """By the child's stream and number in it, and how many placements came before."""
    spells = simulate(world, SEED, 0, engine="compiled").spells
    placed: dict[tuple[int, int, int], float] = {}
    for spell in spells[spells["pool"] >= 0]:
        before = 0
        while (key := (int(spell["stream"]), int(spell["number"]), before)) in placed:
            before += 1
        placed[key] = float(spell["price_chance"])
    return placed


def test_a_placement_has_the_same_price_chance_whatever_else_a_scenario_says() -> None:
    ample, scarce = price_chances(a_council()), price_chances(a_council(scarce=True))
    shared = ample.keys() & scarce.keys()
    assert len(shared) > 1000
    assert all(ample[key] == scarce[key] for key in shared)
