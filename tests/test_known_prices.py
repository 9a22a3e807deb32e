"""Does a price that is known hold for the placement held at the start, and for no night more?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from records import START, Spell, cost_plan, one_pool_a_sector, record, surroundings
from worlds import a_council

from sufficiency.calibration.children.cohort import cohort_of_list, write_cohort
from sufficiency.domain import SECTORS
from sufficiency.history.children_now import read_children_now
from sufficiency.measures.finance import Spend, finance_monthly_table, finance_table
from sufficiency.measures.money import CostPlan, nightly_prices_gbp
from sufficiency.measures.monthly import Surroundings, figures
from sufficiency.measures.reporting import report_calendar
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.simulation.record import BEGAN_AT_START, BEGAN_MOVED, ENDED_OPEN, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import Places

UNKNOWN = math.nan
PENNY = 0.005
MOVED, RETURNED_HOME = 7, 2
IFA, RESIDENTIAL = SECTORS.index("ifa"), SECTORS.index("residential")


def of_the_cohort(happened: Record) -> Record:
    """The same with its children in care at the start."""
    happened.spells["stream"] = np.where(happened.spells["began"] == BEGAN_AT_START, -1, 3)
    return happened


def spend(happened: list[Record], plan: CostPlan, places: Places | None = None) -> Spend:
    """The spend of these replications over 36 months."""
    around = surroundings(costs=plan)
    found = [figures(each, places or one_pool_a_sector(), around) for each in happened]
    return Spend(
        np.stack([each.nights for each in found]),
        np.stack([each.cost_gbp for each in found]),
        np.stack([each.extra_cost_gbp for each in found]),
        plan,
        around.calendar,
    )


def test_a_known_price_holds_until_the_placement_ends_and_no_longer() -> None:
    happened = of_the_cohort(
        record(
            Spell(0, "ifa", 0, 100.5, ended=MOVED),
            Spell(0, "ifa", 100.5, 200.0, began=BEGAN_MOVED, ended=RETURNED_HOME),
            Spell(1, "ifa", 0, 50.0, ended=RETURNED_HOME),
        )
    )
    happened.spells["stream"] = -1
    plan = replace(cost_plan(), known_weekly_gbp=(1400.0, UNKNOWN))
    cost = spend([happened], plan).cost_gbp[0, :, IFA].sum(axis=1)
    # Midnights 1 to 100 at 200 a night and 1 to 49 at the sector's 130; then 101 to 199 at 130.
    np.testing.assert_allclose(cost, [100 * 200 + 49 * 130, 99 * 130], atol=PENNY)


def test_a_known_price_stays_unless_it_is_said_to_rise() -> None:
    happened = of_the_cohort(record(Spell(0, "ifa", 0)))
    dear = replace(cost_plan(inflation_per_year=0.05), known_weekly_gbp=(1400.0,))
    flat = spend([happened], dear)
    rising = spend([happened], replace(dear, known_rise_per_year=0.1))
    nights = flat.nights[0, 0, IFA]
    np.testing.assert_allclose(flat.cost_gbp[0, 0, IFA], nights * 200, atol=PENNY)
    risen = 1.1 ** report_calendar(START, 36).uplifts
    np.testing.assert_allclose(rising.cost_gbp[0, 0, IFA], nights * 200 * risen, atol=PENNY)


def test_what_a_gap_costs_extra_goes_by_the_price_that_is_paid() -> None:
    happened = of_the_cohort(
        record(
            Spell(0, "residential", 0, 31.0, ended=RETURNED_HOME, fit="not suitable"),
            Spell(1, "residential", 0, 31.0, ended=RETURNED_HOME),
        )
    )
    plan = replace(cost_plan(), known_weekly_gbp=(7000.0, 7000.0))
    found = spend([happened], plan)
    # Its first choice, internal fostering, costs 80 a night.
    extra = found.extra_cost_gbp[0].sum(axis=1)
    assert extra[RESIDENTIAL] == pytest.approx(30 * (1000 - 80), abs=PENNY)
    assert found.cost_gbp[0, 0, RESIDENTIAL].sum() == pytest.approx(2 * 30 * 1000, abs=PENNY)


def night_by_night(happened: Record, plan: CostPlan) -> float:
    """What a record costs, each spell priced on its own."""
    calendar = report_calendar(START, 36)
    prices = nightly_prices_gbp(plan, calendar)
    month = np.searchsorted(calendar.days, np.arange(1, happened.horizon_days + 1)) - 1
    total = 0.0
    for spell in happened.spells:
        last = happened.horizon_days if spell["ended"] == ENDED_OPEN else spell["to_time"]
        nights = np.arange(1, happened.horizon_days + 1)
        there = (nights >= spell["from_time"]) & (nights < spell["to_time"])
        there |= (spell["ended"] == ENDED_OPEN) & (nights == last)
        own = spell["stream"] == -1 and spell["began"] == BEGAN_AT_START
        weekly = plan.known_weekly_gbp[spell["number"]] if own else UNKNOWN
        if math.isnan(weekly):
            total += float(prices[spell["pool"], month[there]].sum())
        else:
            rise = (1 + plan.known_rise_per_year) ** calendar.uplifts[month[there]]
            total += float((weekly / 7 * rise).sum())
    return total


def test_tables_add_up_to_the_penny_whatever_is_known() -> None:
    world = a_council(scarce=True)
    chance = np.random.default_rng(5)
    known = np.where(chance.random(585) < 0.6, chance.uniform(0, 9000, 585), UNKNOWN)
    plan = replace(
        cost_plan(inflation_per_year=0.04),
        known_weekly_gbp=tuple(known.tolist()),
        known_rise_per_year=0.02,
    )
    happened = [simulate(world, 3, number, engine="compiled") for number in range(2)]
    found = spend(happened, plan, world.places)
    expected = np.mean([night_by_night(each, plan) for each in happened])
    yearly, monthly = finance_table(found), finance_monthly_table(found)
    for table in (yearly, monthly):
        cost = table[(table["measure"] == "cost") & (table["pool"] == "all")]
        total = cost.loc[cost["sector"] == "all", "mean"].sum()
        assert total == pytest.approx(expected, abs=PENNY)
        assert cost.loc[cost["sector"] != "all", "mean"].sum() == pytest.approx(total, abs=PENNY)
    without = spend(happened, replace(plan, known_weekly_gbp=()), world.places)
    new = slice(1, None)
    np.testing.assert_array_equal(found.cost_gbp[:, new], without.cost_gbp[:, new])


def a_scenario(folder: Path, costs: str = "") -> Path:
    rows = [
        f"c{n},14/02/2012,03/05/2021,{place},01/09/2022,{price}"
        for n, (place, price) in enumerate(
            [("U6,PR4", "1000"), ("U6,PR4", ""), ("K2,PR4", "6000")] * 4
        )
    ]
    heads = (
        "child,date_of_birth,entered_care_on,placement_type,provider,placement_started_on,"
        "weekly_cost_gbp"
    )
    (folder / "now.csv").write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    as_at = date(2023, 3, 31)
    listed = read_children_now(folder / "now.csv", as_at)
    write_cohort(cohort_of_list(listed, as_at), folder / "now.cohort.parquet")
    path = folder / "own.yaml"
    path.write_text(
        "name: own\nauthority: Wolverhampton\nmonths: 1\n"
        f"population: {{cohort: now.cohort.parquet}}\n{costs}",
        encoding="utf-8",
    )
    return path


def test_prices_of_the_list_are_paid_and_said(tmp_path: Path) -> None:
    resolved = resolve(load_scenario(a_scenario(tmp_path)))
    weekly = pd.Series(resolved.costs.known_weekly_gbp)
    assert weekly.notna().sum() == 8
    assert weekly.sum() == 4 * 7000
    said = {origin.key: origin for origin in resolved.origins}
    assert said["population.known_prices"].value == 8
    assert said["population.known_weekly_cost_gbp"].value == 3500
    rise = said["costs.known_price_rise_per_year"]
    assert (rise.value, str(rise.kind)) == (0.0, "assumed")
    world = resolved.draw_world(1, 0, parameter=False, drift=False)
    alike = replace(resolved.costs, factors={})
    around = Surroundings(
        report_calendar(resolved.start, 1), alike, np.zeros(7), np.zeros(7), 50_000.0
    )
    paid = figures(simulate(world, 1, 0), world.places, around)
    prices = nightly_prices_gbp(resolved.costs, around.calendar)
    spells = simulate(world, 1, 0).spells
    spells = spells[(spells["stream"] < 0) & (spells["began"] == BEGAN_AT_START)]
    nights = np.where(spells["ended"] == ENDED_OPEN, 30, np.ceil(spells["to_time"]) - 1)
    for sector in (IFA, RESIDENTIAL):
        here = spells["sector"] == sector
        # The sector's price has risen on 1 April, the day after the start; a known one has not.
        dearer = weekly[spells["number"][here]] / 7 - prices[sector, 0]
        expected = np.nansum(nights[here] * dearer)
        dearer_by = paid.cost_gbp[0, sector, 0] - paid.nights[0, sector, 0] * prices[sector, 0]
        assert dearer_by == pytest.approx(expected, abs=PENNY)
        assert abs(expected) > 1000


def test_a_rise_that_the_scenario_names_is_used(tmp_path: Path) -> None:
    path = a_scenario(tmp_path, "costs: {known_price_rise_per_year: 0.03}\n")
    resolved = resolve(load_scenario(path))
    assert resolved.costs.known_rise_per_year == 0.03
    said = {origin.key: origin for origin in resolved.origins}
    assert str(said["costs.known_price_rise_per_year"].kind) == "lever"
