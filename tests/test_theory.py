"""Do averages over many replications agree with exact answers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from theory import (
    assert_agrees,
    cumulative_incidence,
    erlang_loss,
    poisson_excess,
    survival,
    z_of_mean,
    z_of_variance,
)
from worlds import CARE_BANDS_DAYS, START, a_world, cohort, entries, hazards, places

from sufficiency.domain import AGE_GROUPS, DAYS_PER_YEAR, EXIT_CAUSES, UNPLACED_CODE, birthday
from sufficiency.simulation import care
from sufficiency.simulation.allocation import Supply
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.places import supply_of
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import BEGAN_MOVED, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import UNLIMITED, Places, World

REPLICATIONS = 400
SEED = 20210331
MEAN_STAY_DAYS = 20.0


def replications(world: World) -> list[Record]:
    """By the clock that users run; `test_two_clocks` holds the other to it, row for row."""
    return [simulate(world, SEED, number, engine="compiled") for number in range(REPLICATIONS)]


def in_care(record: Record, time: float, stream: int | None = None) -> int:
    spells = record.spells
    here = (spells["from_time"] <= time) & (time < spells["to_time"])
    return int(np.sum(here if stream is None else here & (spells["stream"] == stream)))


# --- no limit on places ---------------------------------------------------------------------


def test_without_limit_the_number_in_care_is_poisson_with_the_mean_of_theory() -> None:
    """Entries for 40 days in every 240, so that each cycle is a fresh, empty beginning."""
    cycle, busy, cycles, rate = 240, 40, 5, 0.3
    calendar = tuple(float(cycle * c + part) for c in range(cycles) for part in (0, busy))
    world = a_world(
        days=cycle * cycles,
        hazards=hazards({"returned_home": 1 / MEAN_STAY_DAYS}),
        entries=entries({stream: [rate, 0.0] * cycles for stream in AGE_GROUPS}, calendar=calendar),
    )
    records = replications(world)
    for since in (10.0, 40.0, 60.0):
        counts = [
            in_care(record, cycle * c + since, stream)
            for record in records
            for c in range(cycles)
            for stream in range(len(AGE_GROUPS))
        ]
        mean = rate * MEAN_STAY_DAYS * (1 - np.exp(-min(since, busy) / MEAN_STAY_DAYS))
        mean *= np.exp(-max(since - busy, 0.0) / MEAN_STAY_DAYS)
        assert_agrees(z_of_mean(counts, mean))
        assert_agrees(z_of_variance(counts, mean))


def test_sibling_groups_bring_the_mean_and_the_variance_of_a_compound_process() -> None:
    sizes, rate, window, windows = np.array([0.5, 0.3, 0.0, 0.2]), 2.0, 5, 12
    mean_size, mean_square = float(np.array([1, 2, 3, 4]) @ sizes), float([1, 4, 9, 16] @ sizes)
    world = a_world(
        days=window * windows,
        entries=entries({"5_9": rate}, group_size=tuple(sizes), same_band=0.4),
    )
    edges = window * np.arange(windows + 1)
    numbers, over_9 = [], []
    for replication in range(2 * REPLICATIONS):
        children = children_of(world, Draws(SEED, replication))
        numbers += np.histogram(children.entered, edges)[0].tolist()
        over_9.append(int(np.sum(children.born_day < -9 * DAYS_PER_YEAR)))
    assert_agrees(z_of_mean(numbers, rate * window * mean_size))
    assert_agrees(z_of_variance(numbers, rate * window * mean_square))
    other_bands, of_10_or_more = 0.6, 0.3 + 0.1
    siblings = rate * window * windows * (mean_size - 1)
    assert_agrees(z_of_mean(over_9, siblings * other_bands * of_10_or_more))


# --- places in order ------------------------------------------------------------------------

LOSS_DAYS, LOSS_WARM_UP_DAYS, ENTRIES_PER_DAY = 600, 200, 0.5


def shares_missing(
    limited: tuple[int, ...], hazard_bands: Sequence[float], bands: Sequence[float]
) -> list[list[float]]:
    """By replication, the share of expected entrants who found each limited pool full."""
    world = a_world(
        days=LOSS_DAYS,
        hazards=hazards({"returned_home": list(hazard_bands)}, care_bands=tuple(bands)),
        entries=entries({"1_4": ENTRIES_PER_DAY}),
        places=places(*limited, UNLIMITED),
    )
    expected = ENTRIES_PER_DAY * (LOSS_DAYS - LOSS_WARM_UP_DAYS)
    found = []
    for record in replications(world):
        pools = record.spells["pool"][record.spells["from_time"] > LOSS_WARM_UP_DAYS]
        found.append([float(np.sum(pools > pool)) / expected for pool in range(len(limited))])
    return found


def test_one_full_pool_turns_away_what_erlang_says_whatever_the_shape_of_stays() -> None:
    bands, rates = (0.0, 10.0, 30.0), (0.08, 0.02, 0.10)
    days = np.arange(0, 1000, 0.01) + 0.005
    mean_stay = float(np.sum(survival(days, bands, rates)) * 0.01)
    missed = [share[0] for share in shares_missing((10,), rates, bands)]
    assert_agrees(z_of_mean(missed, erlang_loss(ENTRIES_PER_DAY * mean_stay, 10)))


def test_two_pools_in_order_overflow_as_erlang_says() -> None:
    shares = shares_missing((6, 3), (1 / MEAN_STAY_DAYS,), (0.0,))
    load = ENTRIES_PER_DAY * MEAN_STAY_DAYS
    assert_agrees(z_of_mean([share[0] for share in shares], erlang_loss(load, 6)))
    assert_agrees(z_of_mean([share[1] for share in shares], erlang_loss(load, 9)))


def with_one_place_too_many(places: Places, start: date, horizon_days: int) -> Supply:
    """A planted bug: the first pool opens with one place more than it has."""
    supply = supply_of(places, start, horizon_days)
    supply.usable[0] += 1
    return supply


def test_the_erlang_check_catches_one_place_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "supply_of", with_one_place_too_many)
    shares = shares_missing((6, 3), (1 / MEAN_STAY_DAYS,), (0.0,))
    load = ENTRIES_PER_DAY * MEAN_STAY_DAYS
    assert z_of_mean([share[0] for share in shares], erlang_loss(load, 6)) < -4
    assert z_of_mean([share[1] for share in shares], erlang_loss(load, 9)) < -4


def test_children_wait_only_while_more_are_in_care_than_there_are_places() -> None:
    """Leaving care takes no notice of waiting, so the number in care stays Poisson."""
    rate, usable = 0.5, 9
    world = a_world(
        days=700,
        hazards=hazards({"returned_home": 1 / MEAN_STAY_DAYS}),
        entries=entries({"1_4": rate}),
        places=places(usable),
    )
    waited = []
    for record in replications(world):
        waits = record.spells[record.spells["sector"] == UNPLACED_CODE]
        nights = np.clip(waits["to_time"], 200, None) - np.clip(waits["from_time"], 200, None)
        waited.append(float(np.sum(nights)) / 500)
    assert_agrees(z_of_mean(waited, poisson_excess(rate * MEAN_STAY_DAYS, usable)))


# --- time in care ---------------------------------------------------------------------------


def test_ageing_alone_is_an_exact_count() -> None:
    """One child of every age in days from 16 to 18: who is left is a matter of the calendar."""
    ages = np.arange(16 * 365 + 4, 18 * 365 + 4)
    start = cohort(len(ages), age_group=4)
    one_age_each = replace(
        start,
        profile=np.arange(len(ages)),
        cell_cdf=np.triu(np.ones((len(ages), len(ages)))),
        cell_age_days=ages.astype(float),
        cell_care_days=np.zeros(len(ages)),
    )
    record = simulate(a_world(days=800, cohort=one_age_each), SEED, 0)
    turns_18 = [birthday(START - timedelta(days=int(age)), 18) for age in ages]
    for midnight in range(0, 801, 25):
        day = START + timedelta(days=midnight)
        assert in_care(record, midnight) == sum(turned > day for turned in turns_18)
    assert in_care(record, 800) == 0


LEAVING = {"adoption": (0.0, 0.002, 0.004, 0.001), "returned_home": (0.02, 0.006, 0.002, 0.001)}


def test_leaving_by_reason_follows_the_closed_form_of_piecewise_hazards() -> None:
    """Bands of time in care, a fifth birthday on day 50 and a change of rates on day 120."""
    doubled_from_five, halved_later, fifth_birthday, change = 2.0, 0.5, 50, 120.0
    rates = {}
    for cause, by_band in LEAVING.items():
        rates[cause] = np.tile(by_band, (6, 6, 1)) * np.array([1, 1, 2, 1, 1, 1])[None, :, None]
    n = 200
    world = a_world(
        days=500,
        hazards=hazards(
            {**rates, "planned": 0.01},
            calendar=(0.0, change),
            calendar_factor={cause: [1.0, halved_later] for cause in LEAVING},
        ),
        cohort=cohort(n, age_group=1, age_days=float(5 * 365 + 1 - fifth_birthday)),
    )
    starts = sorted({*CARE_BANDS_DAYS, fifth_birthday - 1.0, change})
    by_cause = []
    for by_band in LEAVING.values():
        by_cause.append(
            [
                by_band[int(np.searchsorted(CARE_BANDS_DAYS, start, "right")) - 1]
                * (doubled_from_five if start >= fifth_birthday - 1 else 1.0)
                * (halved_later if start >= change else 1.0)
                for start in starts
            ]
        )
    records = replications(world)
    for time in (25.0, 70.0, 200.0, 450.0):
        exact = cumulative_incidence(time, starts, by_cause)
        for cause, probability in zip(LEAVING, exact, strict=True):
            if probability > 0:
                code = EXIT_CAUSES.index(cause)
                gone = [left_by(record, time, code) for record in records]
                assert_agrees(z_of_mean(gone, n * probability))


def left_by(record: Record, time: float, exit_code: int) -> int:
    return int(np.sum((record.spells["ended"] == exit_code) & (record.spells["to_time"] <= time)))


def test_time_already_served_counts_for_those_in_care_at_the_start() -> None:
    n, served, rates = 60, 60.0, LEAVING["returned_home"]
    world = a_world(
        days=500,
        hazards=hazards({"returned_home": list(rates)}),
        cohort=cohort(n, care_days=served),
    )
    records = replications(world)
    for time in (20.0, 100.0, 400.0):
        remain = survival(served + time, CARE_BANDS_DAYS, rates) / survival(
            served, CARE_BANDS_DAYS, rates
        )
        counts = [in_care(record, time) for record in records]
        assert_agrees(z_of_mean(counts, n * float(remain)))


# --- moving ---------------------------------------------------------------------------------


def test_placements_at_a_constant_rate_end_as_a_poisson_process() -> None:
    n, rate, days = 25, 0.02, 150
    world = a_world(
        days=days,
        hazards=hazards({"planned": rate / 2, "carer_ends": rate / 2}),
        cohort=cohort(n),
    )
    moves = []
    for record in replications(world):
        spells = record.spells
        moves += np.bincount(spells["child"][spells["began"] >= BEGAN_MOVED], minlength=n).tolist()
    assert_agrees(z_of_mean(moves, rate * days))
    assert_agrees(z_of_variance(moves, rate * days))


def test_the_present_placement_ends_by_its_own_time_served() -> None:
    """Time in the present placement is uniform up to the time in care in these worlds."""
    n, served, bands, rates = 100, 100.0, (0.0, 10.0, 60.0), (0.03, 0.01, 0.002)
    world = a_world(
        days=80, hazards=hazards({"planned": [*rates, 0.0]}), cohort=cohort(n, care_days=served)
    )
    records = replications(world)
    so_far = (np.arange(20000) + 0.5) / 20000 * served
    for time in (10.0, 60.0):
        still = survival(so_far + time, bands, rates) / survival(so_far, bands, rates)
        exact = n * float(np.mean(1 - still))
        moved = [
            int(np.sum((record.spells["began"] == 0) & (record.spells["to_time"] <= time)))
            for record in records
        ]
        assert_agrees(z_of_mean(moved, exact))
