"""What a scenario may say of prices, income and money after care, and what it may not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fits import resolved
from scenario_texts import HEAD, Write, problem, scenario_writer

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import Calibration, calibrate
from sufficiency.domain import NEED_GROUPS, SECTORS, Sector
from sufficiency.errors import HistoryError, ScenarioError
from sufficiency.history.price_list import read_price_list
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.resolution.other_money import Around, published_grant, with_other_money
from sufficiency.resolution.pool_prices import with_pool_prices, with_the_latest
from sufficiency.resolution.prices import cost_plan
from sufficiency.resolution.supply import priced_by_pool, supply
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind

RESIDENTIAL, IFA = SECTORS.index("residential"), SECTORS.index("ifa")
POOLS = "sectors: {residential: {pools: [{name: Own homes, kind: own, places: 8}, {name: Spot}]}}\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


@dataclass(frozen=True)
class Money:
    """What a scenario's money was resolved to."""

    costs: CostPlan
    origins: list[Origin]


@cache
def wolverhampton() -> tuple[Calibration, PublishedHistory, np.ndarray, date]:
    """What prices are resolved from."""
    found = resolved()
    history = PublishedHistory.as_at(2023)
    by_sector = np.bincount(found.plan.children.sector, minlength=len(SECTORS))
    return calibrate(history, found.authority), history, by_sector, found.start


def of_file(write: Write, costs: str, other: str = "") -> Money:
    """The money of a scenario file for Wolverhampton, as `resolve` finds it."""
    scenario = load_scenario(write(f"{HEAD}months: 24\n{other}costs: {costs}\n"))
    fit, history, by_sector, start = wolverhampton()
    pools = supply(scenario, by_sector, start).pools
    plan, origins, _ = cost_plan(scenario, fit, history, by_sector, start)
    plan, more, _ = with_pool_prices(priced_by_pool(plan, pools), scenario, history, pools, start)
    around = Around(scenario, history, start, tuple(NEED_GROUPS), 20, 60_000.0)
    plan, others = with_other_money(plan, around)
    return Money(plan, [*with_the_latest(origins, more), *others])


def origin(found: Money, key: str) -> Origin:
    (row,) = [row for row in found.origins if row.key == key]
    return row


def test_a_pool_has_its_own_price_and_the_sectors_where_it_has_none(write: Write) -> None:
    costs = "{weekly_cost_gbp: {residential: 5000}, prices: {Own homes: {weekly_cost_gbp: 3000}}}"
    found = of_file(write, costs, POOLS).costs
    weekly = dict(zip(found.pool_names, found.weekly_cost_gbp, strict=True))
    assert (weekly["Own homes"], weekly["Spot"]) == (3000, 5000)
    assert found.unplaced_weekly_cost_gbp == 5000


def test_no_registered_place_costs_what_the_dearest_home_does(write: Write) -> None:
    spot = "{weekly_cost_gbp: 9000, uplift_per_year: 0.2}"
    found = of_file(write, f"{{prices: {{Spot: {spot}}}}}", POOLS)
    assert found.costs.unplaced_weekly_cost_gbp == 9000
    assert isinstance(found.costs.inflation_per_year, tuple)
    assert found.costs.inflation_per_year[-1] == 0.2
    assert origin(found, "costs.unplaced_weekly_cost_gbp").value == 9000
    told = of_file(
        write, "{unplaced_weekly_cost_gbp: 7000, prices: {Spot: {weekly_cost_gbp: 9000}}}", POOLS
    ).costs
    assert told.unplaced_weekly_cost_gbp == 7000


def test_a_price_rises_changes_and_differs_as_its_pool_says(write: Write) -> None:
    costs = """
  price_year: "2021-22"
  indexes: {wages: {"2022-23": 100, "2023-24": 110, "2024-25": 121}}
  prices:
    residential: {uplift_per_year: 0.1, weekly_cost_gbp: 4000, spread: {shape: none}}
    ifa:
      uplift_index: wages
      changes: [{from: 2023-10-01, weekly_cost_gbp: 950}]
      spread: {shape: triangular, low_gbp: 700, mode_gbp: 800, high_gbp: 1200}"""
    found = of_file(write, costs)
    plan = found.costs
    assert plan.weekly_cost_gbp[RESIDENTIAL] == pytest.approx(4400)
    assert RESIDENTIAL not in plan.factors
    assert plan.weekly_cost_gbp[IFA] == 900
    np.testing.assert_allclose(plan.rises[IFA], [0.1, 0.1])
    (change,) = plan.changes
    assert (change.pool, change.night, change.weekly_gbp) == (IFA, 184, 950)
    assert origin(found, "costs.prices.residential.uplift_per_year").kind is Kind.LEVER
    assert "brought from 2021-22" in origin(found, "costs.prices.residential.weekly_cost_gbp").note


def test_a_price_changed_before_the_start_has_risen_since(write: Write) -> None:
    """1,000 from May 2020, and 10% more each 1 April: 2021 and 2022 before the start."""
    ifa = "{uplift_per_year: 0.1, changes: [{from: 2020-05-01, weekly_cost_gbp: 1000}]}"
    plan = of_file(write, f"{{prices: {{ifa: {ifa}}}}}").costs
    assert plan.weekly_cost_gbp[IFA] == pytest.approx(1000 * 1.1**2)
    assert plan.price_age_years[IFA] == 2
    assert plan.changes == ()


@pytest.mark.parametrize(("day", "nights"), [("2023-03-31", []), ("2023-04-01", [1])])
def test_a_price_of_the_start_date_is_the_starts_and_of_the_next_day_is_a_change(
    write: Write, day: str, nights: list[int]
) -> None:
    ifa = f"{{weekly_cost_gbp: 900, changes: [{{from: {day}, weekly_cost_gbp: 1000}}]}}"
    plan = of_file(write, f"{{prices: {{ifa: {ifa}}}}}").costs
    assert [change.night for change in plan.changes] == nights
    assert plan.weekly_cost_gbp[IFA] == (900 if nights else 1000)


def test_a_block_contract_is_paid_for_used_or_not_unless_told(write: Write) -> None:
    pools = "[{name: Block, kind: block, places: 6}, {name: Spot}]"
    block = f"sectors: {{residential: {{pools: {pools}}}}}\n"
    found = of_file(write, "{}", block)
    (line,) = found.costs.place_lines
    assert (line.name, line.setting, line.basis) == ("Block: empty places", "residential", 0)
    assert origin(found, "costs.prices.Block.empty_place_share").kind is Kind.ASSUMED
    free = of_file(write, "{prices: {Block: {empty_place_share: 0}}}", block)
    assert free.costs.place_lines == ()


def test_spreads_are_assumed_where_nobody_says_and_are_shown(write: Write) -> None:
    found = of_file(write, "{}")
    assert set(found.costs.factors) == {IFA, RESIDENTIAL, 4, 6}
    for sector in ("ifa", "residential", "supported_accommodation"):
        assert origin(found, f"costs.prices.{sector}.spread").kind is Kind.ASSUMED


def test_a_list_of_current_prices_gives_the_price_and_its_spread(write: Write) -> None:
    write(
        'sector,weekly_price_gbp,name\nresidential,"£3,000",x\nresidential,5000,y\nifa,900,z\n',
        "now.csv",
    )
    found = of_file(write, "{price_list: now.csv}")
    assert found.costs.weekly_cost_gbp[RESIDENTIAL] == 4000
    factors = found.costs.factors[RESIDENTIAL]
    assert {round(factor * 4000) for factor in factors} == {3000, 5000}
    assert found.costs.weekly_cost_gbp[IFA] == 900


def test_the_grant_is_that_of_the_start_and_higher_for_those_with_many(write: Write) -> None:
    scenario = load_scenario(write(HEAD))
    history: Any = None

    def rate(year: int, uasc: int) -> float | None:
        around = Around(scenario, history, date(year, 3, 31), (), uasc, 60_000.0)
        return published_grant(around)[0]

    assert rate(2018, 10) is None
    assert rate(2020, 100) == 114
    assert (rate(2023, 41), rate(2023, 42)) == (114, 143)
    assert rate(2021, 42) == 114
    own = of_file(write, "{uasc_grant: 130.5}").costs
    assert {line.what.nightly_gbp for line in own.income_lines} == {130.5}
    assert of_file(write, "{uasc_grant: false}").costs.income_lines == ()


def test_joint_funding_is_by_sector_and_need_group(write: Write) -> None:
    plan = "{name: health, share: 0.3, sectors: [residential], need_groups: [residential]}"
    found = of_file(write, f"{{uasc_grant: false, joint_funding: [{plan}]}}").costs
    (line,) = found.income_lines
    assert (line.name, line.setting) == ("health", "residential")
    assert sum(line.what.share_by_need) == pytest.approx(0.3)


def test_money_after_care_is_assumed_unless_told_and_what_is_left_out_is_listed(
    write: Write,
) -> None:
    found = of_file(write, "{}")
    names = [line.name for line in found.costs.after_care_lines]
    assert names == [
        "special_guardianship_allowances",
        "child_arrangements_allowances",
        "adoption_allowances",
        "staying_put",
    ]
    assert any("18 to 25" in words for words in found.costs.left_out)
    assert any("price is 0" in words for words in found.costs.left_out)
    own = "{after_care: {leaving_care: {share: 0.3, weekly_gbp: 200, until_age: 21}}}"
    told = of_file(write, own).costs
    assert told.after_care_lines[-1].name == "leaving_care_accommodation"
    assert not any("18 to 25" in words for words in told.left_out)
    none = of_file(write, "{after_care: {counted: false}, weekly_cost_gbp: {other: 100}}").costs
    assert none.after_care_lines == ()
    assert not any("price is 0" in words for words in none.left_out)


def test_an_allowance_is_brought_from_the_year_of_its_prices_to_the_start(write: Write) -> None:
    known = assumed("allowance_after_care_weekly_gbp")
    assert str(known.price_year) == "2025-26"
    found = of_file(write, "{inflation_per_year: 0.1}")
    row = origin(found, "costs.after_care.adoption.weekly_gbp")
    assert row.value == pytest.approx(known.number / 1.1**3, abs=0.01)
    assert "2025-26 prices by 10.0% a year" in row.note


def test_real_terms_are_by_a_named_index(write: Write) -> None:
    index = '{deflator: {"2022-23": 100, "2023-24": 105, "2024-25": 108}}'
    told = "{index: deflator, prices_of: '2023-24'}"
    found = of_file(write, f"{{indexes: {index}, real_terms: {told}}}").costs
    np.testing.assert_allclose(found.real_index, [1.0, 108 / 105])
    assert (found.real_prices_of, found.real_index_name) == ("2023-24", "deflator")


IN_THE_FILE = {
    "negative price": (
        "{weekly_cost_gbp: {ifa: -1}}",
        "costs.weekly_cost_gbp.ifa: found -1, expected an amount in pounds, 0 or more",
    ),
    "uplift of 300": (
        "{inflation_per_year: 300}",
        "costs.inflation_per_year: found 300, expected a share a year between -0.2 and 1 (5% a "
        "year is written 0.05) (300 would be 30,000% a year; 300% is written 3).",
    ),
    "uplift of 3": (
        "{prices: {ifa: {uplift_per_year: 3}}}",
        "(3 would be 300% a year; 3% is written 0.03).",
    ),
    "text for a price": (
        "{prices: {ifa: {weekly_cost_gbp: about 900}}}",
        'costs.prices.ifa.weekly_cost_gbp: found "about 900", expected an amount in pounds',
    ),
    "shape without its numbers": (
        "{prices: {ifa: {spread: {shape: gamma}}}}",
        "costs.prices.ifa.spread.shape: sd_share is missing; expected sd_share for the shape",
    ),
    "numbers of another shape": (
        "{prices: {ifa: {spread: {shape: gamma, sd_share: 0.5, low_gbp: 3}}}}",
        "costs.prices.ifa.spread.low_gbp: low_gbp has no meaning; expected only sd_share for the "
        "shape gamma.",
    ),
    "triangle upside down": (
        "{prices: {ifa: {spread: {shape: triangular, low_gbp: 3, mode_gbp: 2, high_gbp: 9}}}}",
        "found low, mode and high 3, 2, 9; expected each at least as high as the one before",
    ),
    "two rises": (
        "{prices: {ifa: {uplift_per_year: 0.1, uplift_index: x}}}",
        "costs.prices.ifa.uplift_index: the price follows an index, so uplift_per_year cannot be",
    ),
    "changes out of order": (
        "{prices: {ifa: {changes: [{from: 2024-05-01, weekly_cost_gbp: 1}, "
        "{from: 2024-04-01, weekly_cost_gbp: 2}]}}}",
        "costs.prices.ifa.changes[2].from: found 2024-04-01 after 2024-05-01",
    ),
    "no such list": ("{price_list: none.csv}", 'costs.price_list: found "none.csv", but there is'),
}


@pytest.mark.parametrize(("costs", "expected"), IN_THE_FILE.values(), ids=IN_THE_FILE)
def test_a_mistake_in_the_file_is_one_clear_message(
    write: Write, costs: str, expected: str
) -> None:
    said = problem(write(f"{HEAD}costs: {costs}\n"))
    assert expected in said
    assert said.startswith("s.yaml, line 3, ")
    assert "\n" not in said


WHEN_RESOLVED = {
    "no such pool": (
        "{prices: {Spott: {}}}",
        'costs.prices.Spott: found "Spott", expected a sector, a pool or unplaced',
    ),
    "no such index": (
        "{prices: {ifa: {uplift_index: CPI}}}",
        'costs.prices.ifa.uplift_index: found "CPI", expected the name of an index: '
        "england_fostering_unit_costs, england_residential_unit_costs.",
    ),
    "an index that ends too soon": (
        "{prices: {ifa: {uplift_index: england_fostering_unit_costs}}}",
        "has no number for 2023-24, 2024-25 (it has 2015-16 to 2022-23)",
    ),
    "empty places without a number": (
        "{prices: {ifa: {empty_place_share: 1}}}",
        'usable places of "ifa" are to be paid for whoever lives there, but their number is not',
    ),
    "no such need group": (
        "{joint_funding: [{name: health, share: 0.2, need_groups: [residental]}]}",
        'costs.joint_funding[1].need_groups[1]: found "residental", expected one of',
    ),
    "partners who pay more than it costs": (
        "{joint_funding: [{name: health, share: 0.7}, "
        "{name: education, share: 0.4, sectors: [residential]}]}",
        "costs.joint_funding[2].share: found 0.4, with which partners pay 110% of what some "
        "children cost; expected 100% or less of any placement from all together.",
    ),
}


@pytest.mark.parametrize(("costs", "expected"), WHEN_RESOLVED.values(), ids=WHEN_RESOLVED)
def test_a_mistake_found_when_resolved_is_one_clear_message(
    write: Write, costs: str, expected: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        of_file(write, costs)
    said = str(caught.value)
    assert expected in said
    assert said.startswith("s.yaml, line 4, costs.")


LISTS = {
    "by the month": (
        "sector,monthly_cost\nifa,4000\n",
        'the column "weekly_price_gbp" is missing; found sector, monthly_cost; expected '
        "weekly_price_gbp,sector (or pool), with pounds a week for one placement in "
        'weekly_price_gbp. The column "monthly_cost" is not by the week: turn it into pounds a '
        "week first (a month is 4.348 weeks, a year 52.18).",
    ),
    "in euros": ("sector,price_eur\nifa,4000\n", 'The column "price_eur" is not in pounds'),
    "nearly": ("sector,price\nifa,4000\n", 'Is it the column "price"? Call it weekly_price_gbp'),
    "for nobody": ("weekly_price_gbp\n4000\n", 'neither a column "sector" nor a column "pool"'),
    "negative": ("sector,weekly_price_gbp\nifa,-5\n", "row 2, column weekly_price_gbp: a negative"),
    "text": ("sector,weekly_price_gbp\nifa,tbc\n", "row 2, column weekly_price_gbp: not a number"),
    "currency": ("sector,weekly_price_gbp\nifa,€90\n", "weekly_price_gbp: another currency"),
    "nothing": ("sector,weekly_price_gbp\nifa,\n", "column weekly_price_gbp: nothing there"),
    "no sector": ("sector,weekly_price_gbp\n,5\n", "row 2, column sector: nothing there"),
    "misspelt": ("sector,weekly_price_gbp\nifaa,5\n", 'found "ifaa", expected one of'),
    "no rows": ("sector,weekly_price_gbp\n", "there are no rows under the column names"),
    "semicolons": ("sector;weekly_price_gbp\nifa;5\n", "The columns are not parted by commas"),
    "twice": ("sector,sector,weekly_price_gbp\nifa,ifa,5\n", 'column "sector" is there twice'),
}


@pytest.mark.parametrize(("text", "expected"), LISTS.values(), ids=LISTS)
def test_a_wrong_list_of_prices_is_one_clear_message(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError) as caught:
        read_price_list(path, ["ifa"])
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_free_place_is_a_price(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Pool,Weekly price GBP\nCarers,0\nCarers,100\n", encoding="utf-8-sig")
    assert read_price_list(path, ["Carers"]).of("Carers") == (0.0, 100.0)


def test_default_prices_are_near_what_is_published() -> None:
    """England's averages, in the prices of Wolverhampton's start in 2022-23."""
    found = resolved()
    weekly = dict(zip(SECTORS, found.costs.weekly_cost_gbp, strict=True))
    assert 3_800 < weekly[Sector.RESIDENTIAL] < 7_000
    assert 700 < weekly[Sector.IFA] < 1_200
    assert 350 < weekly[Sector.INTERNAL_FOSTERING] < 800
