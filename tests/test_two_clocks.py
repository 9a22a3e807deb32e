"""Do both clocks tell the same story? The same draws give the same record, row for row."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from clocks import assert_same, both
from drawn_places import with_all_that_places_can_do
from fixed_days import on_days
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import N_AGES, N_NEEDS, N_SECTORS, a_council, a_world, cohort, entries, hazards, places

from sufficiency import experiment
from sufficiency.commands import run
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    MOVE_REASONS,
    N_EXIT_CAUSES,
    TICK,
)
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.shipped import shipped_path
from sufficiency.simulation.children import FURTHER_PLACEMENTS
from sufficiency.simulation.record import (
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_TURNED_18,
    Record,
)
from sufficiency.simulation.simulate import DEFAULT_ENGINE, ENGINES, simulate
from sufficiency.simulation.world import (
    UNLIMITED,
    Emergencies,
    Hazards,
    KnownTimes,
    Places,
    PlannedEnds,
    StartingCohort,
    StepDown,
    World,
)

SEED = 13
TIED_DAYS = (1.0, 5.0, 5.0 + TICK, 30.0)
# The first example compiles the loop, which says nothing about the speed of the others.
ANY = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

MANY_MOVES = 3
LOOKED_AT = 1000
LEAST_WORLDS = 4
"""One, on average, among those that are compared."""


# --- any small world ------------------------------------------------------------------------


@st.composite
def some_places(draw: st.DrawFn, days: int) -> Places:
    """One to four pools, with ties among up to five changes before, on and after any day."""
    usable = draw(st.lists(st.sampled_from([UNLIMITED, 0, 1, 2, 5]), min_size=1, max_size=4))
    pools = st.integers(0, len(usable) - 1)
    orders = draw(st.lists(st.lists(pools, unique=True), min_size=N_NEEDS, max_size=N_NEEDS))
    times = st.sampled_from([-3.0, 0.0, *TIED_DAYS, days - TICK, float(days), days + 2.0])
    numbers = st.sampled_from([UNLIMITED, 0, 0, 1, 3])
    changes = draw(st.lists(st.tuples(times, pools, numbers), max_size=5))
    sectors = tuple(draw(st.integers(0, 2)) for _ in usable)
    sectors = (0, *sectors[1:])
    plain = places(*usable, sectors=sectors, preference=orders, changes=tuple(sorted(changes)))
    return draw(with_all_that_places_can_do(plain, days, TIED_DAYS))


@st.composite
def some_hazards(draw: st.DrawFn) -> Hazards:
    """By chance, at any pace or none; or without chance, to many children at the same instant."""
    numbers = np.random.default_rng(draw(st.integers(0, 10**6)))
    mixing = numbers.dirichlet(np.full(N_NEEDS, 0.5), (len(MOVE_REASONS), 2, N_NEEDS))
    if draw(st.booleans()):
        causes = st.sampled_from(["returned_home", "adoption", "planned", "unplanned_ending"])
        certain = st.dictionaries(causes, st.sampled_from(TIED_DAYS), min_size=1)
        return on_days(mixing, **draw(certain))
    moves = draw(st.sampled_from([0.0, 0.01, 0.5, 0.5]))
    exits = draw(st.sampled_from([0.0, 0.01, 0.1]))
    pace = {cause: moves if cause in MOVE_REASONS else exits for cause in CAUSES}
    often = {
        cause: pace[cause] * numbers.random((N_SECTORS, N_AGES, 4)) * numbers.integers(0, 2)
        for cause in CAUSES
    }
    found = hazards(
        often,
        calendar=(0.0, 5.0, 40.0),
        calendar_factor={cause: numbers.integers(0, 3, 3) for cause in CAUSES},
        destination=mixing,
    )
    found.need_factor[:] = numbers.integers(0, 3, found.need_factor.shape)
    if numbers.random() < 0.4:
        # What an intervention changes may reach some sectors and needs only.
        several = numbers.integers(0, 3, (2, *found.calendar_factor.shape)).astype(float)
        group = numbers.integers(0, 2, (N_SECTORS, found.need_factor.shape[1]))
        found = replace(found, calendar_factor=several, calendar_group=group)
    return found


@st.composite
def some_times(draw: st.DrawFn, n: int, years: float) -> KnownTimes:
    """Times that are known, of children whose exits are planned for days on which much happens:
    the first, the horizon, a birthday (the 18th among them) or the instant after one."""

    def each(one: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(one, min_size=n, max_size=n))

    # Nobody is 18 already, however many leap years there were.
    born = 3 - int(years * DAYS_PER_YEAR)
    birthdays = [math.ceil(born + age * DAYS_PER_YEAR) - 1 + TICK for age in (1, 10, 16, 18)]
    days = [0.0, 0.0, TICK, *TIED_DAYS, 31.0, 120.0, *(day for day in birthdays if day > 0)]
    return KnownTimes(
        first_born_day=np.full(n, born),
        birth_days=np.array(each(st.sampled_from([1, 1, 1, 20])), int),
        care_days=np.full(n, min(40.0, -born)),
        placement_days=np.full(n, 7.0),
        planned=PlannedEnds(
            time=np.array(each(st.sampled_from(days)), float),
            cause=np.array(each(st.integers(0, N_EXIT_CAUSES)), int),
            probability=np.array(each(st.sampled_from([0.0, 0.5, 1.0])), float),
        ),
    )


@st.composite
def some_cohort(draw: st.DrawFn, sectors: list[int]) -> StartingCohort:
    """Up to a dozen children of one age, so that birthdays tie, in sectors that have pools."""
    group = draw(st.integers(0, N_AGES - 1))
    years = [[0.5], [1.0], [5.0], [10.0], [16.5, 17.9, 17.999], [14.0]][group]
    some = cohort(
        draw(st.integers(0, 12)),
        age_group=group,
        age_days=draw(st.sampled_from(years)) * DAYS_PER_YEAR,
        care_days=draw(st.sampled_from([0.0, 40.0, 900.0])),
        width_days=draw(st.sampled_from([0.0, 0.0, 300.0])),
    )
    n = len(some.need)
    if draw(st.booleans()):
        some = replace(some, known=draw(some_times(n, draw(st.sampled_from(years)))))
    needs = st.lists(st.integers(0, N_NEEDS - 1), min_size=n, max_size=n)
    homes = st.lists(st.sampled_from(sectors), min_size=n, max_size=n)
    return replace(some, need=np.array(draw(needs), int), sector=np.array(draw(homes), int))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Nobody or a dozen children at the start, entries by siblings, one day to four months."""
    days = draw(st.sampled_from([1, 2, 31, 120]))
    places = draw(some_places(days))
    chance = np.random.default_rng(draw(st.integers(0, 10**6)))
    ages = np.array([[0, 364], [366, 1826], [1827, 3652], [3653, 5843], [6200, 6574], [5114, 6574]])
    return a_world(
        days=days,
        start=draw(st.dates(date(2019, 1, 1), date(2024, 12, 31))),
        hazards=draw(some_hazards()),
        entries=entries(
            dict.fromkeys(AGE_GROUPS, draw(st.sampled_from([0.0, 0.02, 0.2]))),
            group_size=(0.5, 0.2, 0.2, 0.1),
            ages_days=ages.astype(float),
            first_need=chance.dirichlet(np.ones(N_NEEDS), N_AGES),
        ),
        cohort=draw(some_cohort(sorted(set(places.pool_sector.tolist())))),
        places=places,
    )


@ANY
@given(worlds())
def test_any_small_world_is_the_same_row_for_row(world: World) -> None:
    assert_same(*both(world))


def what_places_did(world: World, record: Record) -> list[str]:
    """Which of what places can do has happened: at least that, for chance may have done it too."""
    spells, seen = record.spells, []
    moved = spells[spells["began"] >= BEGAN_MOVED]
    reasons = moved["began"] - BEGAN_MOVED
    ends, planned, steps = (
        moved[reasons == MOVE_REASONS.index(reason)]
        for reason in ("carer_ends", "planned", "step_down")
    )
    chance_moves = world.hazards.per_day[CAUSES.index("planned")].any()
    programme, emergencies = world.places.step_down, world.places.emergencies
    if np.isin(ends["from_time"], record.pool_changes["time"][1:]).any():
        seen.append("closed")
    if emergencies is not None and not chance_moves and len(planned):
        seen.append("same day")
    if programme is not None:
        slots = np.ceil(programme.time / TICK) * TICK
        if np.isin(steps["from_time"], slots).any():
            seen.append("step")
    return seen


def test_the_worlds_drawn_are_worth_comparing() -> None:
    """Among them are waits, ties, birthdays, many moves and people who find the door shut.

    Places held after 18 and moves back are rarer: the council whose places can do everything has
    them.
    """
    seen: dict[str, int] = dict.fromkeys(("unplaced", "found", "18", "tied", "many", "empty"), 0)
    seen |= dict.fromkeys(("planned", "closed", "step", "same day"), 0)

    @settings(ANY, max_examples=LOOKED_AT, database=None)
    @given(worlds())
    def look(world: World) -> None:
        record = simulate(world, SEED, 0, engine="compiled")
        spells = record.spells
        for name in what_places_did(world, record):
            seen[name] += 1
        known = world.cohort.known
        if known is not None and known.planned is not None:
            left = spells[(spells["stream"] < 0) & (spells["ended"] >= 0)]
            seen["planned"] += bool(np.isin(left["to_time"], known.planned.time).any())
        moved = spells[spells["began"] >= BEGAN_MOVED]
        seen["unplaced"] += bool(np.any(spells["pool"] < 0))
        seen["found"] += bool(np.any(spells["began"] == BEGAN_PLACE_FOUND))
        seen["18"] += bool(np.any(spells["ended"] == ENDED_TURNED_18))
        seen["tied"] += len(np.unique(moved["from_time"])) < len(moved)
        counts = np.bincount(moved["child"]) if len(moved) else np.zeros(1)
        seen["many"] += bool(counts.max() >= MANY_MOVES)
        seen["empty"] += not len(spells)

    look()
    # Hypothesis draws on constants of whatever modules are loaded, so the counts vary: by as much
    # as ten times of what is rare in as many worlds as are compared.
    assert min(seen.values()) >= LEAST_WORLDS, seen


# --- edges ----------------------------------------------------------------------------------


def test_children_who_move_beyond_several_blocks_of_draws() -> None:
    world = a_world(
        days=200,
        hazards=hazards({"planned": 0.3, "returned_home": 0.002}),
        entries=entries({"5_9": 0.2}, group_size=(0.5, 0.5)),
        cohort=cohort(9),
        places=places(3, 2, 1, changes=((50.0, 0, 0), (90.0, 0, 6))),
    )
    ours, theirs = both(world)
    placements = np.bincount(ours.spells["child"][ours.spells["pool"] >= 0])
    assert placements.max() > 1 + 2 * FURTHER_PLACEMENTS
    assert_same(ours, theirs)


def test_places_that_open_and_close_in_one_instant_take_nobody_who_waits() -> None:
    world = a_world(
        days=40,
        entries=entries({"5_9": 0.5}),
        places=places(0, changes=((20.0, 0, 3), (20.0, 0, 0), (30.0, 0, 1), (30.0, 0, 2))),
    )
    ours, theirs = both(world)
    found = ours.spells[ours.spells["began"] == BEGAN_PLACE_FOUND]
    assert found["from_time"].tolist() == [30.0, 30.0]
    assert_same(ours, theirs)


@pytest.mark.parametrize("scarce", [False, True], ids=["free", "scarce"])
def test_a_council(scarce: bool) -> None:
    for replication in range(2):
        assert_same(*both(a_council(days=731, scarce=scarce), replication=replication))


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_council_whose_places_can_do_everything(seed: int) -> None:
    """Pools of own homes and of agencies, by age; hundreds of closures, holds and moves back."""
    chance, n_changes = np.random.default_rng(seed), 120
    council = a_council(days=731)
    shared = places(
        *(90, 60, 200, 80, 70, 40, 30, 45, UNLIMITED),
        sectors=(0, 0, 1, 1, 2, 3, 3, 4, 5),
        preference=[[4, 0, 1, 2], [0, 1, 2, 3, 5], [2, 3, 6], [5, 6, 2], [7, 3], [8], [8]],
    )
    changed = chance.integers(0, 8, n_changes)
    crowded = replace(
        shared,
        change_time=np.sort(chance.integers(0, 731, n_changes) + chance.choice([0.0, TICK, 0.3])),
        change_pool=changed,
        change_usable=np.maximum(shared.usable_at_start[changed] + chance.integers(-30, 10), 0),
        change_closes=chance.choice([0, 1, 2, 5, -1], n_changes, p=[0.3, 0.4, 0.2, 0.08, 0.02]),
        change_chance=chance.random(n_changes),
        youngest_years=np.array([0, 8, 0, 5, 0, 7, 10, 16, 0]),
        oldest_years=np.array([18, 18, 14, 18, 18, 18, 16, 18, 18]),
        stays_on_share=np.full(9, 0.5),
        stays_on_days_mean=np.full(9, 60.0),
        settling_days=90.0,
        siblings_together=True,
        step_down=StepDown(np.arange(5.0, 700, 9), chance.random(78), 3, 2, 0.5, 30.0),
        emergencies=Emergencies(np.full(N_AGES, 0.4), np.arange(9) % 2 == 1, 12.0),
    )
    ours, theirs = both(replace(council, places=crowded), replication=seed)
    assert_same(ours, theirs)
    assert len(ours.holds) > 20
    assert np.any(ours.holds["to_time"] < ours.horizon_days)
    nobody_settles = replace(crowded, settling_days=np.inf)
    without = simulate(replace(council, places=nobody_settles), SEED, seed, engine="compiled")
    assert len(ours.spells) > len(without.spells)


@pytest.mark.parametrize("engine", ENGINES)
def test_children_in_a_sector_without_a_pool_are_refused(engine: str) -> None:
    world = a_world(cohort=cohort(2, sector=3))
    with pytest.raises(ValueError, match="children start in sector 3, which has no pool"):
        simulate(world, SEED, 0, engine=engine)


def test_the_command_line_offers_both_and_the_compiled_one_first() -> None:
    option = next(one for one in run.command.params if one.name == "engine")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(ENGINES)
    assert option.default == DEFAULT_ENGINE == "compiled"


# --- what ships -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted(shipped_path("scenarios").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_scenario_that_ships(path: Path) -> None:
    resolved = resolve(load_scenario(path))
    for replication in range(2):
        world = resolved.draw_world(SEED, replication, parameter=True, drift=True)
        assert_same(*both(world, replication=replication))


def test_a_large_authority() -> None:
    resolved = resolve(scenario_for_authority("Kent"))
    assert_same(*both(resolved.draw_world(SEED, 0, parameter=True, drift=True)))


def test_the_same_figures_come_of_either_engine() -> None:
    scenario = load_scenario(shipped_path("scenarios", "wolverhampton-2020-medium.yaml"))
    resolved = resolve(scenario.model_copy(update={"months": 9}))
    ours, theirs = (
        experiment.run(resolved, replications=6, seed=SEED, workers=1, engine=engine)
        for engine in ENGINES
    )
    assert [ours.manifest["engine"], theirs.manifest["engine"]] == ["compiled", "simpy"]
    for table in ("forecast", "flows", "needs", "finance", "finance_monthly", "layers"):
        same = (getattr(found, table).to_csv(index=False) for found in (ours, theirs))
        assert len(set(same)) == 1, table
    np.testing.assert_array_equal(ours.replication_values.values, theirs.replication_values.values)
