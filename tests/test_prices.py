"""What a placement costs: its own price, prices that change, rise and differ, and the dearest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import (
    START,
    WEEKLY_COST_GBP,
    Spell,
    cost_plan,
    measured,
    one_pool_a_sector,
    record,
    surroundings,
)
from worlds import a_council

from sufficiency.domain import SECTORS, SETTINGS, begins
from sufficiency.measures.dearest import DEAREST_ROWS
from sufficiency.measures.money import (
    CostPlan,
    PriceChange,
    nightly_prices_gbp,
    price_factors,
)
from sufficiency.measures.monthly import Surroundings, figures
from sufficiency.measures.pricing import own_factor
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.spread import (
    PARTS,
    gamma_factors,
    list_factors,
    lognormal_factors,
    triangular_factors,
)
from sufficiency.simulation.effects import DrawnEffects
from sufficiency.simulation.record import BEGAN_ENTERED, Record
from sufficiency.simulation.simulate import simulate

PENNY = 0.005
IFA, RESIDENTIAL = SECTORS.index("ifa"), SECTORS.index("residential")
LEFT = 2
Z = 4


def with_chances(happened: Record, *chances: float) -> Record:
    happened.spells["price_chance"] = chances
    return happened


def spent(happened: Record, plan: CostPlan, **around: object) -> np.ndarray:
    """(P + 1, M) GBP."""
    return measured(happened, costs=plan, **around).figures.cost_gbp.sum(axis=0)


@given(st.floats(0.05, 2.0))
def test_drawn_prices_have_the_pools_price_as_their_mean(sd: float) -> None:
    for factors in (lognormal_factors(sd), gamma_factors(sd)):
        assert factors.mean() == pytest.approx(1, rel=1e-9)
        assert (np.diff(factors) >= -1e-9).all()
        # The parts' means lack the spread within the parts, which is in the tail.
        assert sd * 0.75 < factors.std() <= sd * (1 + 1e-6)


def test_the_distributions_are_those_of_scipy() -> None:
    from scipy import stats

    s = np.sqrt(np.log1p(0.6**2))
    middle = (np.arange(PARTS) + 0.5) / PARTS
    inner = slice(50, -50)
    expected = stats.lognorm(s, scale=np.exp(-(s**2) / 2)).ppf(middle)
    np.testing.assert_allclose(lognormal_factors(0.6)[inner], expected[inner], rtol=1e-3)
    expected = stats.gamma(1 / 0.36, scale=0.36).ppf(middle)
    np.testing.assert_allclose(gamma_factors(0.6)[inner], expected[inner], rtol=1e-3)
    low, mode, high = 300.0, 800.0, 4000.0
    triangle = stats.triang((mode - low) / (high - low), low, high - low)
    expected = triangle.ppf(middle) / triangle.mean()
    found = triangular_factors(low, mode, high)
    np.testing.assert_allclose(found[inner], expected[inner], rtol=1e-3)


@given(st.lists(st.floats(1, 20_000), min_size=1, max_size=60))
def test_a_list_of_prices_is_drawn_from_as_it_is(prices: list[float]) -> None:
    factors = list_factors(prices)
    assert factors.mean() == pytest.approx(1, rel=1e-9)
    mean = np.mean(prices)
    assert min(prices) <= factors.min() * mean * (1 + 1e-9)
    assert factors.max() * mean <= max(prices) * (1 + 1e-9)
    if PARTS % len(prices) == 0:
        each = factors.reshape(len(prices), -1) * mean
        np.testing.assert_allclose(each, np.sort(prices)[:, None] * np.ones_like(each), rtol=1e-9)


def test_a_placement_keeps_the_price_that_it_drew() -> None:
    """Chances 0.1 and 0.9 of a list of 1,000 and 3,000 pounds: 100 and 99 nights."""
    happened = with_chances(
        record(
            Spell(0, "residential", 0.5, 100.5, BEGAN_ENTERED, LEFT),
            Spell(1, "residential", 0.5, 99.5, BEGAN_ENTERED, LEFT),
        ),
        0.1,
        0.9,
    )
    plan = replace(
        cost_plan(),
        weekly_cost_gbp=(*WEEKLY_COST_GBP[:3], 2000.0, *WEEKLY_COST_GBP[4:]),
        factors={RESIDENTIAL: tuple(list_factors([1000, 3000]).tolist())},
    )
    paid = spent(happened, plan)[RESIDENTIAL].sum()
    assert paid == pytest.approx(100 * 1000 / 7 + 99 * 3000 / 7, abs=PENNY)


def test_children_at_the_start_share_out_the_prices_whatever_their_chances() -> None:
    """Their mean is what the pool costs today; the order of their chances says who is dear."""
    happened = with_chances(record(*(Spell(n, "residential", 0) for n in range(3))), 0.9, 0.1, 0.2)
    factors = lognormal_factors(0.8)
    plan = replace(cost_plan(), factors={RESIDENTIAL: tuple(factors.tolist())})
    total = spent(happened, plan)[RESIDENTIAL]
    nights = np.diff(report_calendar(START, 36).days)
    np.testing.assert_allclose(total, 3 * 600 * nights, rtol=1e-12)
    happened.spells["to_time"][1:], happened.spells["ended"][1:] = 0.5, LEFT
    dearest = spent(happened, plan)[RESIDENTIAL, -1] / (600 * nights[-1])
    third = np.sort(factors)[-(PARTS // 3) :].mean()
    assert dearest == pytest.approx(third, rel=2e-3)


def test_new_placements_cost_the_pools_price_on_average() -> None:
    """40 futures of a council: within 4 standard errors, themselves under 2%."""
    world = a_council()
    plain = replace(
        cost_plan(),
        pool_names=world.places.pool_names,
        pool_sector=tuple(world.places.pool_sector.tolist()),
    )
    spread = tuple(lognormal_factors(0.5).tolist())
    drawn = replace(plain, factors=dict.fromkeys(range(6), spread))
    around = Surroundings(report_calendar(START, 36), plain, np.zeros(7), np.zeros(7), 1.0)
    ratios = []
    for number in range(40):
        happened = simulate(world, 8, number)
        new = [
            figures(happened, world.places, replace(around, costs=plan)).cost_gbp[1].sum()
            for plan in (plain, drawn)
        ]
        ratios.append(new[1] / new[0])
    error = np.std(ratios, ddof=1) / np.sqrt(len(ratios))
    assert error < 0.02
    assert abs(np.mean(ratios) - 1) <= Z * error


def test_a_placement_costs_the_same_in_two_scenarios_that_share_it() -> None:
    """The draw is the placement's: a price that doubles elsewhere changes it by nothing."""
    world = a_council()
    spread = tuple(gamma_factors(0.5).tolist())
    plan = replace(
        cost_plan(),
        pool_names=world.places.pool_names,
        pool_sector=tuple(world.places.pool_sector.tolist()),
        factors={RESIDENTIAL: spread},
    )
    dearer = replace(plan, weekly_cost_gbp=(9999.0, *plan.weekly_cost_gbp[1:]))
    around = Surroundings(report_calendar(START, 36), plan, np.zeros(7), np.zeros(7), 1.0)
    happened = simulate(world, 8, 0)
    before = figures(happened, world.places, around).cost_gbp
    after = figures(happened, world.places, replace(around, costs=dearer)).cost_gbp
    np.testing.assert_array_equal(before[:, 1:], after[:, 1:])
    np.testing.assert_allclose(after[:, 0], before[:, 0] * 9999 / 560, rtol=1e-12)


def test_a_price_changes_for_everyone_there_on_its_day() -> None:
    """From 10 May 2021: the 9 nights to the 9th at 130, those from the 10th at 200."""
    happened = record(Spell(0, "ifa", 0))
    night = (date(2021, 5, 10) - START).days
    plan = replace(cost_plan(0.1), changes=(PriceChange(IFA, night, 1400.0),))
    paid = spent(happened, plan)[IFA]
    assert paid[0] == pytest.approx(30 * 130 * 1.1, abs=PENNY)
    assert paid[1] == pytest.approx(9 * 130 * 1.1 + 22 * 200, abs=PENNY)
    assert paid[11] == pytest.approx(31 * 200, abs=PENNY)
    assert paid[12] == pytest.approx(30 * 200 * 1.1, abs=PENNY)


def test_a_price_may_rise_as_an_index_does() -> None:
    plan = replace(cost_plan(0.5), rises={IFA: (0.02, 0.10, -0.05)})
    prices = nightly_prices_gbp(plan, report_calendar(date(2021, 1, 31), 36))
    expected = 130 * np.cumprod([1, 1.02, 1.10, 0.95])
    np.testing.assert_allclose(prices[IFA], np.repeat(expected, [2, 12, 12, 10]), rtol=1e-12)


def test_interventions_multiply_prices_from_their_day_on() -> None:
    happened = record(Spell(0, "ifa", 0), Spell(1, "residential", 0))
    around = surroundings()
    begins_at = begins(START, date(2021, 5, 10))
    factor = np.ones((len(SETTINGS), 3))
    factor[IFA] = 1.0, 1.2, 1.0
    nothing, starts = np.ones(3), np.array([0.0, begins_at, 400.0])
    effects = DrawnEffects(starts, nothing, nothing, nothing, nothing, nothing, nothing, factor)
    world = replace(a_council(), places=one_pool_a_sector(), effects=effects)
    found = figures(happened, world.places, around, world)
    paid = found.cost_gbp.sum(axis=0)
    assert paid[IFA, 0] == pytest.approx(30 * 130, abs=PENNY)
    assert paid[IFA, 1] == pytest.approx(130 * (9 + 22 * 1.2), abs=PENNY)
    assert paid[IFA, 14] == pytest.approx(130 * 30, abs=PENNY)
    np.testing.assert_allclose(paid[RESIDENTIAL], 600 * np.diff(around.calendar.days), rtol=1e-12)


@given(st.lists(st.floats(1, 1000), min_size=0, max_size=5, unique=True), st.integers(0, 99))
def test_monthly_factors_are_the_mean_of_their_nights(edges: list[float], seed: int) -> None:
    starts = np.array([0.0, *sorted(edges)])
    factor = np.random.default_rng(seed).uniform(0.5, 2, (2, len(starts)))
    calendar = report_calendar(START, 36)
    nights = np.arange(1, calendar.days[-1] + 1)
    by_night = factor[:, np.searchsorted(starts, nights, side="right") - 1]
    expected = [
        by_night[:, (nights > first) & (nights <= last)].mean(axis=1)
        for first, last in zip(calendar.days[:-1], calendar.days[1:], strict=True)
    ]
    found = price_factors(factor, starts, calendar)
    np.testing.assert_allclose(found, np.array(expected).T, rtol=1e-12)


def test_a_spot_placement_that_begins_under_pressure_costs_more_as_long_as_it_lasts() -> None:
    """Two of two limited places are taken until day 50: one that begins then pays the premium."""
    places = one_pool_a_sector((-1, -1, -1, 2, -1, -1))
    places = replace(
        places,
        pool_names=(*places.pool_names, "spot"),
        pool_sector=np.array([0, 1, 2, 3, 4, 5, 3]),
        usable_at_start=np.array([-1, -1, -1, 2, -1, -1, -1]),
    )
    happened = record(
        Spell(0, "residential", 0, 50.5, ended=LEFT),
        Spell(1, "residential", 0),
        Spell(2, "residential", 40.5, 140.5, BEGAN_ENTERED, LEFT, pool=6),
        Spell(3, "residential", 60.5, 160.5, BEGAN_ENTERED, LEFT, pool=6),
    )
    plan = replace(
        cost_plan(),
        pool_names=places.pool_names,
        pool_sector=tuple(places.pool_sector.tolist()),
        weekly_cost_gbp=(*WEEKLY_COST_GBP, 7000.0),
        premium={6: 0.15},
        premium_above_occupied_share={RESIDENTIAL: 0.95},
    )
    paid = measured(happened, places=places, costs=plan).figures.cost_gbp.sum(axis=(0, 2))
    assert paid[6] == pytest.approx(100 * 1000 * 1.15 + 100 * 1000, abs=PENNY)


def test_being_unplaced_is_priced_by_the_last_line_however_it_is_told() -> None:
    factors = np.array([[0.5, 1.5], [0.8, 1.2], [0.1, 1.9]])
    assert [own_factor(pool, 0.7, factors) for pool in (0, 1, 2, -1)] == [1.5, 1.2, 1.9, 1.9]
    assert own_factor(-1, 0.2, factors) == 0.1


def test_the_dearest_placements_are_counted_by_year() -> None:
    """A place at 14,000 a week for a year, one at 6,300 from 1 October, eight at 910 (ifa)."""
    spells = [Spell(n, "ifa", 0) for n in range(8)]
    spells += [Spell(8, "residential", 0.0, 365.5, ended=LEFT)]
    october = (date(2021, 10, 1) - START).days - 0.5
    spells += [Spell(9, "supported_accommodation", october, 365.5, BEGAN_ENTERED, LEFT)]
    plan = replace(
        cost_plan(), weekly_cost_gbp=(*WEEKLY_COST_GBP[:3], 14_000.0, 6_300.0, WEEKLY_COST_GBP[5])
    )
    found = dict(
        zip(DEAREST_ROWS, measured(record(*spells), costs=plan).figures.dearest, strict=True)
    )
    assert found["placements_over_5000_gbp_a_week"].tolist() == [2, 0, 0]
    assert found["placements_over_10000_gbp_a_week"].tolist() == [1, 0, 0]
    nights = 365 - int(october + 0.5) + 1
    assert found["children_over_5000_gbp_a_week"][0] == pytest.approx((365 + nights) / 365)
    assert found["cost_over_5000_gbp_a_week"][0] == pytest.approx(365 * 2000 + nights * 900)
    tenth = 0.1 * (9 * 365 + nights)
    total = 365 * 2000 + nights * 900 + 8 * 365 * 130
    share = found["dearest_tenth_share_of_cost"]
    assert share[0] == pytest.approx(tenth * 2000 / total, rel=1e-9)
    assert found["dearest_tenth_from_weekly_gbp"][0] == pytest.approx(14_000)
    assert share[1] == pytest.approx(0.1)


@given(st.floats(0, 1094), st.floats(1, 1200), st.floats(0, 1), st.integers(2, 1095))
def test_a_dear_placement_costs_in_a_year_what_it_costs_in_its_months(
    begins_at: float, length: float, chance: float, changes: int
) -> None:
    """At a price of its own in a pool whose price rises each 1 April and changes on a day."""
    ends_at = begins_at + length
    spell = Spell(0, "residential", begins_at, min(ends_at, 1096.0), BEGAN_ENTERED, LEFT)
    if ends_at > 1096:
        spell = Spell(0, "residential", begins_at, began=BEGAN_ENTERED)
    plan = replace(
        cost_plan(inflation_per_year=0.05),
        weekly_cost_gbp=(*WEEKLY_COST_GBP[:3], 30_000.0, *WEEKLY_COST_GBP[4:]),
        factors={RESIDENTIAL: tuple(lognormal_factors(0.2))},
        changes=(PriceChange(RESIDENTIAL, changes, 36_000.0),),
    )
    found = measured(with_chances(record(spell), chance), costs=plan).figures
    dear = dict(zip(DEAREST_ROWS, found.dearest, strict=True))
    by_year = found.cost_gbp.sum(axis=(0, 1)).reshape(3, 12).sum(axis=1)
    nights = found.nights.sum(axis=(0, 1)).reshape(3, 12).sum(axis=1)
    assert dear["cost_over_5000_gbp_a_week"] == pytest.approx(by_year, rel=1e-9)
    days = np.array([365, 365, 366])
    assert dear["children_over_5000_gbp_a_week"] * days == pytest.approx(nights, rel=1e-9)
    assert dear["placements_over_5000_gbp_a_week"].tolist() == (nights > 0).tolist()
