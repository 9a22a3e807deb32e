"""The tables of a world: compiled code reads on past the end of one that is too short, unasked, so
whoever makes a world is told; and it is compiled once, whatever makes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from worlds import N_AGES, N_NEEDS, a_world, cohort, entries, hazards, places

from sufficiency.domain import CAUSES
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation import compiled_model, population
from sufficiency.simulation.compiled import RUNS_COMPILED
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.places import supply_of
from sufficiency.simulation.population import children_of, everybody
from sufficiency.simulation.world import Emergencies, KnownTimes, PlannedEnds, StepDown, World
from sufficiency.simulation.worlds import draw_worlds

C = len(CAUSES)
DRAWS = Draws(1, 0)


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        ("clock", (1,)),
        ("care_band_starts_days", (3,)),
        ("placement_band_starts_days", (5,)),
        ("need_factor", (C - 1, N_NEEDS)),
        ("destination", (6, 2, N_NEEDS, N_NEEDS - 1)),
        ("destination", (6, N_NEEDS, N_NEEDS)),
        ("calendar_factor", (1, N_AGES, 1)),
        ("calendar_factor", (C, 1, 1)),
        ("calendar_factor", (C, N_AGES, 2)),
        ("also_by_care", (C, 6, N_AGES, 1)),
        ("calendar_group", (1, N_NEEDS)),
    ],
)
def test_tables_of_hazards_that_do_not_fit_are_refused(table: str, shape: tuple[int, ...]) -> None:
    short: dict[str, Any] = {table: np.zeros(shape, dtype=np.int64)}
    with pytest.raises(ValueError, match=f"{table} has the shape"):
        replace(hazards(), **short)


@pytest.mark.parametrize("shape", [(N_AGES, 1), (N_AGES - 1, 2), (N_AGES, 3)])
def test_rates_of_entry_that_do_not_fit_the_calendar_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="group_rate_per_day has the shape"):
        replace(entries(calendar=(0.0, 10.0)), group_rate_per_day=np.zeros(shape))


@pytest.mark.parametrize(
    ("table", "shape"),
    [("age_quantiles_days", (1, 2)), ("first_need", (N_AGES - 1, N_NEEDS)), ("band_share", (4,))],
)
def test_tables_of_those_who_enter_that_do_not_fit_are_refused(
    table: str, shape: tuple[int, ...]
) -> None:
    short: dict[str, Any] = {table: np.zeros(shape)}
    with pytest.raises(ValueError, match=f"{table} has the shape"):
        replace(entries(), **short)


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        ("need", (2,)),
        ("sector", (4,)),
        ("profile", (3, 1)),
        ("cell_age_days", (2,)),
        ("cell_care_days", (2,)),
        ("placement_share", (6, 3, 2)),
        ("placement_unmoved", (5, 2)),
    ],
)
def test_tables_of_the_cohort_that_do_not_fit_are_refused(
    table: str, shape: tuple[int, ...]
) -> None:
    short: dict[str, Any] = {table: np.zeros(shape, dtype=np.int64)}
    with pytest.raises(ValueError, match=f"{table} has the shape"):
        replace(cohort(3), **short)


def test_what_is_known_of_too_few_children_is_refused() -> None:
    three, two = np.ones(3, dtype=np.int64), np.ones(2, dtype=np.int64)
    planned = PlannedEnds(three * 9.0, three, three * 0.5)
    known = KnownTimes(-900 * three, three, three * 9.0, three * 9.0, planned)
    replace(cohort(3), known=known)
    for given, table, short in (
        (known, "birth_days", two),
        (known, "care_days", two * 9.0),
        (known, "placement_days", two * 9.0),
        (planned, "cause", two),
        (planned, "probability", two * 0.5),
    ):
        parts: dict[str, Any] = {table: short}
        with pytest.raises(ValueError, match=f"{table} has the shape"):
            replace(given, **parts)
    with pytest.raises(ValueError, match="time has the shape"):
        replace(known, planned=PlannedEnds(two * 9.0, two, two * 0.5))
    with pytest.raises(ValueError, match="care_days has the shape"):
        replace(cohort(2), known=known)


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        ("pool_sector", (1,)),
        ("usable_at_start", (3,)),
        ("youngest_years", (1,)),
        ("oldest_years", (3,)),
        ("stays_on_share", (1,)),
        ("stays_on_days_mean", (1,)),
        ("change_pool", (2,)),
        ("change_usable", (0,)),
        ("change_closes", (0,)),
        ("change_chance", (2,)),
        ("change_why", (0,)),
        ("outside_area_share", (2,)),
        ("over_20_miles_share", (4,)),
        ("first_choice", (N_NEEDS - 1, 6)),
        ("suitable", (N_NEEDS, 7)),
    ],
)
def test_tables_of_places_that_do_not_fit_are_refused(table: str, shape: tuple[int, ...]) -> None:
    two_pools = places(4, 2, changes=((10.0, 0, 3),))
    short: dict[str, Any] = {table: np.zeros(shape, dtype=np.int64)}
    with pytest.raises(ValueError, match=f"{table} has the shape"):
        replace(two_pools, **short)


def test_programmes_that_do_not_fit_their_pools_or_slots_are_refused() -> None:
    two_pools = places(4, 2)
    for share, taken_by, short in ((N_AGES - 1, 2, "share"), (N_AGES, 3, "taken_by")):
        emergencies = Emergencies(np.zeros(share), np.zeros(taken_by, dtype=np.bool_), 9.0)
        with pytest.raises(ValueError, match=f"{short} has the shape"):
            replace(two_pools, emergencies=emergencies)
    programme = StepDown(np.ones(2), np.ones(1), 3, 0, 0.5, 9.0)
    with pytest.raises(ValueError, match="chance has the shape"):
        replace(two_pools, step_down=programme)


@pytest.mark.skipif(not RUNS_COMPILED, reason="nothing is compiled here")
def test_tables_that_cannot_be_written_to_are_compiled_for_once() -> None:
    world = a_world(
        days=50,
        hazards=replace(hazards({"planned": 0.1}), also_by_care=np.zeros((C, 6, N_AGES, 4))),
        entries=entries({"5_9": 0.5}),
        cohort=cohort(3),
    )
    expected = spells(world)
    sealed = replace(world, cohort=replace(world.cohort), places=replace(world.places))
    for part in (sealed.hazards, sealed.entries, sealed.cohort, sealed.places):
        for table in vars(part).values():
            if isinstance(table, np.ndarray):
                table.flags.writeable = False
    assert spells(sealed) == expected
    for loop in (compiled_model.live_on, everybody):
        kinds: Any = loop
        assert len(kinds.signatures) == 1


def test_a_short_surge_takes_no_more_room_than_who_comes_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    made = {name: getattr(population, name) for name in ("_room_for", "_room_for_groups")}
    for name, room in made.items():
        monkeypatch.setattr(population, name, lambda n, room=room: asked.append(n) or room(n))
    surge = entries({"5_9": [1e6, 0.0]}, calendar=(0.0, 1e-3))
    children = children_of(a_world(days=3650, entries=surge), DRAWS)
    groups, people = asked
    assert 800 < len(children) < groups < 1200
    assert len(children) < people < 1600


@pytest.mark.parametrize("few", ["groups", "children"])
def test_those_who_come_are_the_same_where_room_runs_out(
    few: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_groups = replace(
        entries({"5_9": 0.5, "16_17": 0.2}), group_size_probability=np.array([0.5, 0.0, 0.5])
    )
    world = a_world(days=300, entries=in_groups, cohort=cohort(3))
    expected, asked = children_of(world, DRAWS), []

    def too_little(coming: Any, at_start: int, factor: int) -> Any:
        asked.append(factor)
        room, scarce = 500, 4 * factor
        return (
            population._room_for_groups(scarce if few == "groups" else room),
            population._room_for(at_start + (scarce if few == "children" else room)),
        )

    monkeypatch.setattr(population, "_likely_room", too_little)
    found = children_of(world, DRAWS)
    assert len(asked) > 3
    for own, whole in zip(found.people, expected.people, strict=True):
        np.testing.assert_array_equal(own, whole)


@pytest.mark.parametrize("one_less", [0, 1])
@pytest.mark.parametrize("scarce", ["groups", "children"])
def test_room_for_everybody_is_enough_and_room_for_one_less_is_not(
    scarce: str, one_less: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = a_world(days=300, entries=entries({"5_9": 0.5}), cohort=cohort(3))
    enter, asked = len(children_of(world, DRAWS)) - 3, []

    def room(coming: Any, at_start: int, factor: int) -> Any:
        asked.append(factor)
        # The group that comes too late is drawn as well.
        groups, children = enter + 1, at_start + enter
        if scarce == "groups":
            groups, children = factor * (groups - one_less), 2 * children
        else:
            groups, children = 2 * groups, factor * (children - one_less)
        return population._room_for_groups(groups), population._room_for(children)

    monkeypatch.setattr(population, "_likely_room", room)
    assert len(children_of(world, DRAWS)) == enter + 3
    assert len(asked) == 1 + one_less


def test_room_is_doubled_where_there_is_too_little() -> None:
    coming = population._coming(a_world(days=300, entries=entries({"5_9": 0.5})))
    (groups, people), (more_groups, more_people) = (
        population._likely_room(coming, 7, factor) for factor in (1, 2)
    )
    assert more_groups.times.shape[1] == 2 * groups.times.shape[1]
    assert more_people.rank.size - 7 == 2 * (people.rank.size - 7)


def test_what_is_not_known_of_a_cohort_is_not_read_where_its_times_are() -> None:
    three, nothing = np.full(3, 1), np.zeros(0)
    known = KnownTimes(-900 * three, three, 40.0 * three, 9.0 * three)
    empty: dict[str, Any] = {"cell_age_days": nothing, "placement_days": nothing}
    children = children_of(a_world(cohort=replace(cohort(3), known=known, **empty)), DRAWS)
    assert children.entered.tolist() == [-40.0] * 3
    assert children.placed.tolist() == [-9.0] * 3


@pytest.mark.parametrize("grid", [[], [0.0], [5.0, 90.0]])
def test_a_grid_of_times_in_care_begins_at_0_and_goes_on(grid: list[float]) -> None:
    tables: dict[str, Any] = {
        "placement_days": np.array(grid),
        "placement_share": np.zeros((6, len(grid), 2)),
        "placement_unmoved": np.zeros((6, len(grid))),
    }
    with pytest.raises(ValueError, match="expected 0 and at least one time more"):
        replace(cohort(2), **tables)


def test_a_cohort_is_one_for_all_worlds_of_a_scenario() -> None:
    plan = resolve(scenario_for_authority("Rutland", months=12)).plan
    (first,), (second,) = (
        draw_worlds(plan, 1, [number], parameter=True, drift=True) for number in (0, 1)
    )
    assert first.cohort is second.cohort


def test_nobody_enters_after_the_horizon_in_periods_that_begin_there() -> None:
    rates = {"5_9": [0.1, 5.0, 7.0]}
    world = a_world(days=300, entries=entries(rates, calendar=(0.0, 400.0, 900.0)))
    found = children_of(world, DRAWS)
    expected = children_of(replace(world, entries=entries({"5_9": 0.1})), DRAWS)
    np.testing.assert_array_equal(found.entered, expected.entered)
    assert 0 < found.entered.max() <= 300


def test_a_calendar_without_periods_brings_nobody() -> None:
    nobody = replace(entries(), group_rate_per_day=np.zeros((N_AGES, 0)), calendar_starts_days=[])
    assert len(children_of(a_world(entries=nobody, cohort=cohort(3)), DRAWS)) == 3


def test_what_is_worked_out_of_places_once_serves_every_world_of_theirs() -> None:
    world = a_world(
        days=200,
        hazards=hazards({"planned": 0.1}),
        entries=entries({"5_9": 0.5}),
        cohort=cohort(3),
        places=places(4, 2, 1),
    )
    expected = spells(world)
    assert spells(world) == expected
    assert spells(replace(world, places=replace(world.places))) == expected

    found = [supply_of(world.places, world.start, 200) for _ in range(2)]
    assert found[0].orders is found[1].orders
    found[0].occupied[0] = found[0].turnover[0] = found[0].usable[0] = 3
    assert found[1].occupied[0] == found[1].turnover[0] == 0
    assert found[1].usable[0] == world.places.usable_at_start[0] == 4

    more = replace(world.places, preference=world.places.preference[:, ::-1])
    assert not np.array_equal(supply_of(more, world.start, 200).orders, found[1].orders)


def test_a_world_without_pools() -> None:
    none, some = np.zeros(0, dtype=np.int64), places()
    without = replace(
        some,
        pool_names=(),
        pool_sector=none,
        usable_at_start=none,
        preference=np.zeros((N_NEEDS, 0), dtype=np.int64),
    )
    world = a_world(days=50, places=without)
    assert spells(world) == b""
    with pytest.raises(ValueError, match="has no pool of places"):
        spells(replace(world, cohort=cohort(2)))


def spells(world: World) -> bytes:
    """What the compiled clock records."""
    return compiled_model.run(world, children_of(world, DRAWS), DRAWS).spells.tobytes()
