"""Are the laws kept, in any small world?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
from drawn_places import with_all_that_places_can_do
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from worlds import N_NEEDS, N_SECTORS, a_world, cohort, entries, hazards, places

from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    MOVE_REASONS,
    TICKS_PER_DAY,
    UNPLACED_CODE,
    MoveReason,
    begins,
    birthday,
)
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_MOVED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    ENDED_TURNED_18,
    Record,
)
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import UNLIMITED, Places, World

SEED = 7
# The first call of a rule compiles it, which says nothing about the speed of the examples.
ANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
Spells = NDArray[np.void]


@st.composite
def some_places(draw: st.DrawFn, days: int) -> Places:
    """One to four pools, scarce or without limit, changing up to three times; half of them with
    closures, holds, programmes and whatever else places can do."""
    usable = draw(st.lists(st.sampled_from([UNLIMITED, 0, 1, 2, 5]), min_size=1, max_size=4))
    pools = st.integers(0, len(usable) - 1)
    orders = draw(st.lists(st.lists(pools, unique=True), min_size=N_NEEDS, max_size=N_NEEDS))
    changes = draw(
        st.lists(
            st.tuples(
                st.integers(0, days * 4).map(lambda quarter: quarter / 4),
                pools,
                st.sampled_from([UNLIMITED, 0, 1, 3]),
            ),
            max_size=3,
        )
    )
    sectors = tuple(draw(st.integers(0, 2)) for _ in usable)
    sectors = (0, *sectors[1:])
    plain = places(*usable, sectors=sectors, preference=orders, changes=tuple(sorted(changes)))
    return draw(with_all_that_places_can_do(plain, days)) if draw(st.booleans()) else plain


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to a dozen children at the start, busy entries and moves, over two months to a year."""
    days = draw(st.integers(60, 365))
    numbers = np.random.default_rng(draw(st.integers(0, 10**6)))
    pace = draw(st.sampled_from([0.0, 0.01, 0.2]))
    rates = {cause: pace * numbers.random((N_SECTORS, len(AGE_GROUPS), 4)) for cause in CAUSES}
    mixing = numbers.dirichlet(np.ones(N_NEEDS), (len(MOVE_REASONS), 2, N_NEEDS))
    group = draw(st.integers(0, 5))
    youngest = np.array([0, 365, 1827, 3653, 5844, 5114])[group]
    ages = np.array([[0, 364], [366, 1826], [1827, 3652], [3653, 5843], [6200, 6574], [5114, 6574]])
    return a_world(
        days=days,
        start=draw(st.dates(date(2018, 1, 1), date(2026, 12, 31))),
        hazards=hazards(rates, calendar=(0.0, 45.0), destination=mixing),
        entries=entries(
            dict.fromkeys(AGE_GROUPS, draw(st.sampled_from([0.0, 0.01, 0.05]))),
            group_size=(0.5, 0.3, 0.2),
            ages_days=ages.astype(float),
            first_need=numbers.dirichlet(np.ones(N_NEEDS), len(AGE_GROUPS)),
        ),
        cohort=cohort(
            draw(st.integers(0, 12)),
            age_group=group,
            age_days=float(youngest),
            care_days=draw(st.sampled_from([0.0, 40.0, 900.0])),
            width_days=float(draw(st.integers(0, 700))),
            need=draw(st.integers(0, N_NEEDS - 1)),
        ),
        places=draw(some_places(days)),
    )


def lives(record: Record) -> list[Spells]:
    """The spells of each child, in order."""
    children = np.unique(record.spells["child"])
    return [record.spells[record.spells["child"] == child] for child in children]


@ANY
@given(worlds())
def test_every_life_is_one_chain_of_spells_from_entry_to_exit_or_the_horizon(world: World) -> None:
    for life in lives(simulate(world, SEED, 0)):
        assert np.all(life["from_time"][1:] == life["to_time"][:-1])
        assert np.all(life["from_time"] <= life["to_time"])
        assert life["began"][0] == (BEGAN_AT_START if life["stream"][0] < 0 else BEGAN_ENTERED)
        assert life["from_time"][0] == max(0.0, life["entered"][0])
        moved = life["ended"][:-1] >= ENDED_MOVED
        assert np.all(moved | (life["ended"][:-1] == ENDED_PLACE_FOUND))
        began = np.where(moved, life["ended"][:-1] - ENDED_MOVED + BEGAN_MOVED, BEGAN_PLACE_FOUND)
        assert np.array_equal(life["began"][1:], began)
        assert ENDED_OPEN <= life["ended"][-1] <= ENDED_TURNED_18
        assert (life["ended"][-1] != ENDED_OPEN) or life["to_time"][-1] == world.horizon_days


@ANY
@given(worlds())
def test_children_are_conserved(world: World) -> None:
    record = simulate(world, SEED, 0)
    spells = record.spells
    everyone = children_of(world, Draws(SEED, 0))
    assert len(lives(record)) == len(everyone)
    assert np.sum(spells["began"] == BEGAN_AT_START) == len(world.cohort.age_group)
    came = np.sum(spells["began"] <= BEGAN_ENTERED)
    left = np.sum((spells["ended"] >= 0) & (spells["ended"] <= ENDED_TURNED_18))
    assert came == left + np.sum(spells["ended"] == ENDED_OPEN)
    first_seen = np.unique(spells["child"], return_index=True)[1]
    assert np.all(np.diff(first_seen) > 0)
    assert np.all(np.diff(spells["from_time"]) >= 0)


@ANY
@given(worlds())
def test_nobody_is_in_care_after_turning_18(world: World) -> None:
    for life in lives(simulate(world, SEED, 0)):
        born = np.datetime64(world.start) + np.timedelta64(int(life["born_day"][0]), "D")
        adult = begins(world.start, birthday(born.astype(object), 18))
        assert life["to_time"][-1] <= adult
        assert (life["ended"][-1] == ENDED_TURNED_18) == (
            adult <= world.horizon_days and life["to_time"][-1] == adult
        )


def usable_at(record: Record, pool: int, time: float) -> int:
    changes = record.pool_changes
    past = changes[(changes["pool"] == pool) & (changes["time"] <= time)]
    return int(past["usable"][-1])


def occupied_after(record: Record, pool: int, time: float) -> int:
    spells = record.spells
    here = (spells["from_time"] <= time) & (time < spells["to_time"])
    open_at_end = (spells["ended"] == ENDED_OPEN) & (spells["from_time"] <= time)
    children = int(np.sum((spells["pool"] == pool) & (here | open_at_end)))
    return children + held_after(record, pool, time)


def held_after(record: Record, pool: int, time: float) -> int:
    holds = record.holds[record.holds["pool"] == pool]
    over = (holds["to_time"] <= time) & (holds["to_time"] < record.horizon_days)
    return int(np.sum((holds["from_time"] <= time) & ~over))


@ANY
@given(worlds())
def test_nobody_comes_to_a_pool_beyond_its_usable_places(world: World) -> None:
    record = simulate(world, SEED, 0)
    placed = record.spells[(record.spells["began"] > 0) & (record.spells["pool"] >= 0)]
    for pool, time in zip(placed["pool"], placed["from_time"], strict=True):
        usable = usable_at(record, pool, time)
        assert usable == UNLIMITED or occupied_after(record, pool, time) <= usable


@ANY
@given(worlds())
def test_a_place_is_held_from_the_18th_birthday_by_whoever_lived_there(world: World) -> None:
    record = simulate(world, SEED, 0)
    for held in record.holds:
        last = record.spells[record.spells["child"] == held["child"]][-1]
        assert (last["ended"], last["pool"]) == (ENDED_TURNED_18, held["pool"])
        assert last["to_time"] == held["from_time"] <= held["to_time"]


@ANY
@given(worlds())
def test_a_pool_takes_children_of_its_ages_alone(world: World) -> None:
    young, old = world.places.youngest_years, world.places.oldest_years
    if young is None or old is None:
        return
    spells = simulate(world, SEED, 0).spells
    came = spells[(spells["began"] != BEGAN_AT_START) & (spells["pool"] >= 0)]
    for spell in came:
        born = (np.datetime64(world.start) + int(spell["born_day"])).astype(object)
        today = math.ceil(spell["from_time"])
        assert day_of(world, birthday(born, int(young[spell["pool"]]))) <= today
        assert day_of(world, birthday(born, int(old[spell["pool"]]))) > today


def day_of(world: World, day: date) -> int:
    return (day - world.start).days


@ANY
@given(worlds())
def test_nobody_waits_while_a_place_that_could_be_theirs_is_free(world: World) -> None:
    """In worlds without unplanned endings, which bar a child from the place just left, and of
    pools without limits of age: a child who grows into one is served when a place frees."""
    calm = world.hazards.per_day.copy()
    calm[CAUSES.index(MoveReason.UNPLANNED_ENDING)] = 0.0
    world = replace(
        world,
        hazards=replace(world.hazards, per_day=calm),
        places=replace(world.places, step_down=None, youngest_years=None, oldest_years=None),
    )
    record = simulate(world, SEED, 0)
    waits = record.spells[record.spells["sector"] == UNPLACED_CODE]
    ends = record.spells["to_time"][record.spells["ended"] != ENDED_OPEN]
    for time in np.unique(np.concatenate([ends, waits["from_time"]])):
        for wait in waits[(waits["from_time"] <= time) & (time < waits["to_time"])]:
            for pool in world.places.preference[wait["need"]]:
                if pool >= 0:
                    usable = usable_at(record, pool, time)
                    assert usable != UNLIMITED
                    assert occupied_after(record, pool, time) >= usable


@ANY
@given(worlds())
def test_the_sector_pool_and_marks_of_a_spell_agree(world: World) -> None:
    spells = simulate(world, SEED, 0).spells
    placed = spells[spells["pool"] >= 0]
    assert np.array_equal(placed["sector"], world.places.pool_sector[placed["pool"]])
    chosen = placed[placed["began"] != BEGAN_AT_START]
    in_order = np.any(world.places.preference[chosen["need"]] == chosen["pool"][:, None], 1)
    if world.places.emergencies is not None:
        takes = world.places.emergencies.taken_by[chosen["pool"]]
        in_order |= takes & (chosen["began"] == BEGAN_ENTERED)
    assert np.all(in_order)
    first = world.places.first_choice[placed["need"], placed["sector"]]
    assert np.array_equal(placed["first_choice"], first)
    unplaced = spells[spells["pool"] < 0]
    assert np.all(unplaced["sector"] == UNPLACED_CODE)
    assert not np.any(unplaced["suitable"] | unplaced["first_choice"])


@ANY
@given(worlds())
def test_times_are_whole_ticks_up_to_the_horizon(world: World) -> None:
    spells = simulate(world, SEED, 0).spells
    for times in (spells["from_time"], spells["to_time"], spells["entered"]):
        assert np.array_equal(times * TICKS_PER_DAY, np.rint(times * TICKS_PER_DAY))
        assert np.all(times <= world.horizon_days)


@ANY
@given(worlds())
def test_the_same_seed_gives_the_same_record(world: World) -> None:
    first, again = simulate(world, SEED, 3), simulate(world, SEED, 3)
    assert first.spells.tobytes() == again.spells.tobytes()
    assert first.pool_changes.tobytes() == again.pool_changes.tobytes()
    assert first.holds.tobytes() == again.holds.tobytes()


@ANY
@given(worlds(), st.integers(0, 59), st.sampled_from([UNLIMITED, 0, 4]))
def test_nothing_differs_before_the_day_of_a_change(world: World, day: int, usable: int) -> None:
    when = [*world.places.change_time, float(day)]
    order = np.argsort(when, kind="stable")
    closes, chance = world.places.change_closes, world.places.change_chance
    changed = replace(
        world,
        places=replace(
            world.places,
            change_time=np.array(when)[order],
            change_pool=np.array([*world.places.change_pool, 0])[order],
            change_usable=np.array([*world.places.change_usable, usable])[order],
            change_closes=None if closes is None else np.array([*closes, 0])[order],
            change_chance=None if chance is None else np.array([*chance, 0.5])[order],
            change_why=None,
        ),
    )
    ours, theirs = simulate(world, SEED, 0), simulate(changed, SEED, 0)
    assert known_before(ours, day) == known_before(theirs, day)


def known_before(record: Record, day: float) -> list[tuple[float, ...]]:
    """What an observer knew of each spell just before a time."""
    spells = record.spells[record.spells["from_time"] < day]
    return [
        (
            *(float(spell[name]) for name in ("child", "need", "pool", "from_time", "began")),
            *((float(spell["to_time"]), float(spell["ended"])) if spell["to_time"] < day else ()),
        )
        for spell in spells
    ]


@ANY
@given(worlds())
def test_a_longer_horizon_only_adds_to_the_record(world: World) -> None:
    longer = replace(world, horizon_days=world.horizon_days + 40)
    day = float(world.horizon_days)
    ours, theirs = simulate(world, SEED, 0), simulate(longer, SEED, 0)
    assert known_before(ours, day) == known_before(theirs, day)
