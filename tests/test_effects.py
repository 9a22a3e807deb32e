"""Interventions as the simulation has them: drawn, stacked, dated; none leave no trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from fits import resolved, scenario
from worlds import N_NEEDS, N_SECTORS, a_council

from sufficiency.domain import AGE_GROUPS, CAUSES, SECTORS, TICK, ExitReason, begins
from sufficiency.resolution.effects import effect_plan, expected_starters
from sufficiency.resolution.release import Leaving, release_factors
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.simulation import compiled_model, model
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.effects import DrawnEffects, draw_effects, named_block
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate

START = date(2023, 3, 31)
HOME = CAUSES.index(ExitReason.RETURNED_HOME)
UNSURE = {"distribution": "uniform", "low": 0.6, "high": 1.0}
NOTHING = [
    {"name": "a", "lever": "entries", "start": "2023-09-01", "effect": 1},
    {"name": "b", "lever": "exits", "start": "2023-09-01", "factor": 1, "ramp_days": 200},
    {"name": "c", "lever": "price", "start": "+2 months", "effect": 1},
    {
        "name": "d",
        "lever": "court_delay",
        "start": "+2 months",
        "length_months": 3,
        "after_end": {"what": "returns", "over_days": 90},
        "effect": 0,
    },
    {
        "name": "e",
        "lever": "places",
        "unit": "places",
        "applies_to": {"sectors": ["internal_fostering"]},
        "start": "+2 months",
        "effect": 0,
    },
]


def several(n: int, *interventions: dict[str, object], drawn: bool = True) -> DrawnEffects:
    """What interventions do in n replications of a forecast of 36 months from 31 March 2023."""
    plan = effect_plan(scenario(interventions=list(interventions)), resolved().plan)
    assert plan is not None
    return draw_effects(plan, [Draws(1, number) for number in range(n)], drawn=drawn)


def one(*interventions: dict[str, object]) -> DrawnEffects:
    return several(1, *interventions).of(0)


@cache
def with_effect(lever: str, day: str) -> Resolved:
    item = {"name": "it", "lever": lever, "start": day, "effect": 0.5}
    return resolve(scenario(interventions=[item]))


def test_interventions_that_change_nothing_leave_no_trace() -> None:
    quiet = resolve(scenario(interventions=NOTHING))
    assert quiet.plan.effects is None
    same, base = (
        each.draw_world(3, 1, parameter=True, drift=True, effects=True)
        for each in (quiet, resolved())
    )
    assert records_equal(simulate(same, 3, 1, "compiled"), simulate(base, 3, 1, "compiled"))


def records_equal(one: Record, other: Record) -> bool:
    return one.spells.tobytes() == other.spells.tobytes() and (
        one.pool_changes.tobytes() == other.pool_changes.tobytes()
    )


@pytest.mark.parametrize("lever", ["entries", "exits", "moves"])
def test_nothing_differs_before_the_day_of_a_change(lever: str) -> None:
    day = date(2023, 10, 15)
    changed = with_effect(lever, day.isoformat())
    until = begins(START, day)
    differs = 0
    for number in range(4):
        before, after = (
            simulate(
                each.draw_world(3, number, parameter=True, drift=True, effects=True),
                3,
                number,
                "compiled",
            ).spells
            for each in (resolved(), changed)
        )
        for column in ("child", "pool", "need", "from_time", "began"):
            early = [spells[column][spells["from_time"] < until] for spells in (before, after)]
            np.testing.assert_array_equal(*early)
        ended = [spells[spells["to_time"] < until] for spells in (before, after)]
        np.testing.assert_array_equal(ended[0]["to_time"], ended[1]["to_time"])
        differs += len(before) != len(after)
    assert differs


def test_a_lever_on_entries_moves_when_children_come_and_not_who_they_are() -> None:
    changed = with_effect("entries", "2023-10-15")
    one, other = (
        children_of(each.draw_world(3, 0, parameter=True, drift=True), Draws(3, 0))
        for each in (resolved(), changed)
    )
    rows = {
        (int(purpose), int(row)): (int(need), bool(uasc))
        for purpose, row, need, uasc in zip(
            one.purpose, one.row, one.need, one.people.uasc, strict=True
        )
    }
    for purpose, row, need, uasc in zip(
        other.purpose, other.row, other.need, other.people.uasc, strict=True
    ):
        assert rows[int(purpose), int(row)] == (int(need), bool(uasc))


def test_an_effect_is_drawn_by_its_name() -> None:
    item = {"name": "Power2", "lever": "entries", "start": "+0 days", "effect": UNSURE}
    other = {"name": "Other", "lever": "entries", "start": "+0 days", "effect": UNSURE}
    alone, later = several(50, item), several(50, other, {**item, "start": "+5 months"})
    np.testing.assert_allclose(
        alone.entries[:, 0, -1], later.entries[:, 0, -1] / several(50, other).entries[:, 0, -1]
    )
    assert np.unique(alone.entries[:, 0, -1]).size == 50
    assert (
        abs(np.corrcoef(alone.entries[:, 0, -1], several(50, other).entries[:, 0, -1])[0, 1]) < 0.5
    )
    assert named_block("Power2") != named_block("Other")
    np.testing.assert_allclose(several(3, item, drawn=False).entries[..., -1], 0.8)


def test_factors_multiply_then_prevention_subtracts_and_nothing_falls_below_none() -> None:
    kept = {
        "name": "kept out",
        "lever": "entries",
        "age_bands": ["10_15"],
        "start": "+0 days",
        "prevention": {
            "children_served_per_month": 4,
            "would_enter_share": 0.5,
            "kept_out_share": 0.25,
        },
    }
    half = {"name": "half", "lever": "entries", "start": "+0 days", "effect": 0.5}
    both = one(kept, half)
    a_month = expected_starters(resolved().plan, both.starts_days)[3]
    np.testing.assert_allclose(both.entries[3, 1:], 0.5 - 0.5 / a_month[1:])
    np.testing.assert_allclose(both.entries[0, 1:], 0.5)
    flood = {**kept, "prevention": {**kept["prevention"], "children_served_per_month": 4000}}
    np.testing.assert_array_equal(one(flood).entries[3, 1:], 0)


@pytest.mark.parametrize("served", [1, 5000])
def test_children_kept_out_for_a_time_come_as_many_later(served: int) -> None:
    """However many the chain says, nobody comes later who was not kept out."""
    kept = {
        "name": "kept out",
        "lever": "entries",
        "start": "+0 days",
        "length_months": 6,
        "prevention": {
            "children_served_per_month": served,
            "would_enter_share": 1,
            "kept_out_share": 1,
            "months_kept_out": 12,
            "return_share": 0.4,
        },
    }
    found, plan = one(kept), resolved().plan
    a_month = expected_starters(plan, found.starts_days)
    lengths = np.diff(np.append(found.starts_days, plan.horizon_days)) / (365.25 / 12)
    missed = ((1 - found.entries) * a_month * lengths).sum(axis=0)
    away, back = missed[missed > 0].sum(), -missed[missed < 0].sum()
    all_of_half_a_year = (a_month * lengths).sum(axis=0)[found.starts_days < 182].sum()
    assert away == pytest.approx(min(6 * served, all_of_half_a_year), rel=0.01)
    assert back == pytest.approx(0.4 * away, rel=1e-6)
    first_back = found.starts_days[np.flatnonzero(missed < 0)[0]]
    assert 335 <= first_back <= 366


def test_expected_starters_of_a_day_on_which_rates_change_are_the_new_ones() -> None:
    plan = resolved().plan
    starts = plan.calendar.starts_days
    growing = np.tile(1.5 ** np.arange(len(starts)), (len(AGE_GROUPS), 1))
    changing = replace(plan, calendar=replace(plan.calendar, entries=growing))
    at_once = expected_starters(changing, starts)
    np.testing.assert_allclose(at_once, at_once[:, :1] * growing, rtol=1e-12)
    np.testing.assert_array_equal(expected_starters(changing, starts[1:] - 1), at_once[:, :-1])


def test_a_ramp_rises_evenly_in_monthly_steps_and_fades_as_evenly() -> None:
    found = one(
        {
            "name": "ramp",
            "lever": "price",
            "applies_to": {"sectors": ["ifa"]},
            "start": date(2023, 6, 15),
            "full_from": date(2023, 12, 15),
            "end": date(2024, 6, 30),
            "after_end": {"what": "fades", "over_days": 184},
            "effect": 2,
        }
    )
    ifa = found.price_factor[SECTORS.index("ifa")] - 1
    lengths = np.diff(np.append(found.starts_days, 1096))
    rising = (found.starts_days < begins(START, date(2023, 12, 15))) & (ifa > 0)
    falling = (found.starts_days >= begins(START, date(2024, 7, 1))) & (ifa > 0)
    assert (ifa * lengths)[rising].sum() == pytest.approx(183 / 2)
    assert (ifa * lengths)[falling].sum() == pytest.approx(184 / 2)
    assert (np.diff(ifa[rising]) > 0).all()
    assert rising.sum() == 7
    np.testing.assert_array_equal(np.delete(found.price_factor, SECTORS.index("ifa"), 0), 1)


def test_what_is_held_back_of_entries_comes_back_in_full_or_in_part() -> None:
    held = {
        "name": "hidden need",
        "lever": "entries",
        "start": date(2023, 5, 1),
        "end": date(2023, 9, 30),
        "after_end": {"what": "returns", "over_days": 100, "share": 0.5},
        "effect": 0.7,
    }
    found = one(held)
    expected = expected_starters(resolved().plan, found.starts_days)
    lengths = np.diff(np.append(found.starts_days, 1096))
    balance = ((found.entries - 1) * expected * lengths).sum(axis=0)
    assert balance[balance > 0].sum() == pytest.approx(-0.5 * balance[balance < 0].sum())


@pytest.mark.parametrize("drawn", [0.2, 0.9])
def test_an_effect_that_stays_keeps_what_it_had_reached(drawn: float) -> None:
    item = {
        "name": "stays",
        "lever": "exits",
        "start": date(2023, 4, 1),
        "ramp_days": 200,
        "end": date(2023, 7, 9),
        "after_end": "stays",
        "effect": drawn,
    }
    np.testing.assert_allclose(one(item).causes[0, HOME, 0, -1], 1 + (drawn - 1) / 2)


def test_effects_reach_the_sectors_and_needs_they_name_in_both_clocks() -> None:
    item = {
        "name": "homes",
        "lever": "unplanned_endings",
        "applies_to": {"sectors": ["residential"], "need_groups": ["residential"]},
        "start": "+3 months",
        "effect": 3,
    }
    changed = resolve(scenario(interventions=[item]))
    world = changed.draw_world(2, 0, parameter=True, drift=True, effects=True)
    group = world.hazards.calendar_group
    assert group is not None
    expected = np.zeros((N_SECTORS, N_NEEDS), dtype=int)
    expected[3, 3] = 1
    np.testing.assert_array_equal(group != group[0, 0], expected == 1)
    ending = world.hazards.calendar_factor[:, CAUSES.index("unplanned_ending"), :, -1]
    np.testing.assert_allclose(ending[group[3, 3]] / ending[group[0, 0]], 3)
    records = [
        run(world, children_of(world, Draws(2, 0)), Draws(2, 0))
        for run in (compiled_model.run, model.run)
    ]
    assert records_equal(*records)
    one_group = replace(world.hazards, calendar_factor=world.hazards.calendar_factor[group[0, 0]])
    plain = replace(world, hazards=replace(one_group, calendar_group=None))
    usual = compiled_model.run(plain, children_of(plain, Draws(2, 0)), Draws(2, 0))
    assert not records_equal(records[0], usual)
    early = begins(START, date(2023, 7, 1))
    for column in ("child", "pool", "from_time"):
        kept = [each.spells[column][each.spells["from_time"] < early] for each in (*records, usual)]
        np.testing.assert_array_equal(kept[0], kept[2])


def test_groups_of_hazards_that_are_alike_are_one() -> None:
    plain = a_council(days=200)
    factor = np.stack([plain.hazards.calendar_factor] * 2)
    group = np.arange(N_SECTORS * N_NEEDS).reshape(N_SECTORS, N_NEEDS) % 2
    parted = replace(
        plain, hazards=replace(plain.hazards, calendar_factor=factor, calendar_group=group)
    )
    assert records_equal(*(simulate(each, 1, 0, "compiled") for each in (plain, parted)))


def test_where_few_of_those_at_risk_leave_the_release_is_what_was_lost_spread_over_it() -> None:
    rare = Leaving(np.array([0.0]), np.array([1e-7]), np.array([1e-7]))
    found = release_factors(
        rare, np.array([0.0, 0.5, 1.0]), np.array([100.0, 80.0]), np.array([1.0, 0.5]), 70.0, 1.0
    )
    np.testing.assert_allclose(found, [1, 1 + 0.5 * 140 / 70, 1 + 140 / 70], rtol=1e-3)
    half = release_factors(rare, np.array([1.0]), np.array([140.0]), np.array([1.0]), 70.0, 0.5)
    np.testing.assert_allclose(half, 1 + 0.5 * 140 / 70, rtol=1e-3)


def test_a_release_of_those_who_leave_fast_agrees_with_the_equation_of_their_number() -> None:
    """One comes a day and waits for a mean of 240 days: x' = 1 - f x / 240 is solved by hand."""
    rate, closed, release, held = 1 / 240, 270.0, 270.0, 0.8
    leaving = Leaving(np.array([0.0]), np.array([rate]), np.array([0.0]))
    (factor,) = release_factors(
        leaving, np.array([held]), np.array([closed]), np.array([1.0]), release, 1.0
    )
    slow, fast = rate * (1 - held), rate * factor
    waiting = 1 / slow + (1 / rate - 1 / slow) * np.exp(-slow * closed)
    left = 1 / fast + (waiting - 1 / fast) * np.exp(-fast * release)
    assert left == pytest.approx(1 / rate, rel=0.01)
    assert factor < 1 + held * closed / release


COURT = {
    "name": "courts closed",
    "lever": "court_delay",
    "reasons": ["adoption"],
    "start": "+0 days",
    "length_months": 9,
    "after_end": {"what": "returns", "over_days": 270},
    "effect": 0.8,
}


def test_orders_are_slower_while_courts_are_closed_and_faster_after_by_no_more_than_were_held() -> (
    None
):
    found = one(COURT)
    starts, orders = found.starts_days, found.causes[0, CAUSES.index(ExitReason.ADOPTION), 0]
    np.testing.assert_allclose(orders[(starts > 0) & (starts < 270)], 0.2)
    released = orders[(starts > 270) & (starts < 540)]
    assert (released > 1.2).all()
    assert (released <= 1 + 0.8 * 274 / 270).all()
    np.testing.assert_array_equal(orders[starts > 545], 1)
    others = np.delete(found.causes[0], CAUSES.index(ExitReason.ADOPTION), axis=0)
    np.testing.assert_array_equal(others, 1)


def test_orders_held_back_are_made_by_the_end_of_the_release() -> None:
    changed = resolve(scenario(interventions=[COURT]))
    ends = (round(9 * 365.25 / 12), round(9 * 365.25 / 12) + 270)
    orders = np.zeros((2, 2, 60))
    for at, each in enumerate((resolved(), changed)):
        for number in range(60):
            world = each.draw_world(4, number, parameter=False, drift=False)
            spells = simulate(world, 4, number, "compiled").spells
            left = spells["to_time"][spells["ended"] == 0]
            orders[at, :, number] = [(left <= end).sum() for end in ends]
    held = orders[0, 0].mean() - orders[1, 0].mean()
    assert held > 0.6 * orders[0, 0].mean()
    late = orders[1, 1] - orders[0, 1]
    error = late.std(ddof=1) / np.sqrt(60)
    # The release is worked out for a steady number of children who wait, which this is not quite.
    assert abs(late.mean()) <= 4 * error + 0.05 * held


def test_a_sure_effect_is_no_layer_and_an_unsure_one_is() -> None:
    sure = {"name": "it", "lever": "entries", "start": "+0 days", "effect": 0.8}
    unsure = {**sure, "effect": UNSURE}
    assert not resolve(scenario(interventions=[sure])).has_drawn_effects
    found = resolve(scenario(interventions=[unsure]))
    assert found.has_drawn_effects
    off = resolve(scenario(interventions=[unsure], uncertainty={"effects": False}))
    assert not off.has_drawn_effects
    worlds = [
        each.draw_world(1, 0, parameter=False, drift=False, effects=True)
        for each in (resolve(scenario(interventions=[sure])), off)
    ]
    np.testing.assert_allclose(*(world.entries.group_rate_per_day for world in worlds))
    drawn = found.draw_world(1, 0, parameter=False, drift=False, effects=True)
    assert drawn.effects is not None
    assert drawn.effects.entries[0, -1] != 0.8


def test_an_effect_begins_one_tick_after_the_midnight_that_begins_its_day() -> None:
    found = one({"name": "it", "lever": "entries", "start": "+0 days", "effect": 0.8})
    assert found.starts_days.tolist() == [0.0, TICK]
    np.testing.assert_array_equal(found.entries[:, 0], 1)
    np.testing.assert_array_equal(found.entries[:, 1], np.full(len(AGE_GROUPS), 0.8))
