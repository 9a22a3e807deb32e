"""Prices at the start: the published blend, uprating, and what replaces them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from fits import LEEDS, WOLVERHAMPTON, resolved

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import SECTORS, Sector
from sufficiency.history.authorities import find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import Resolved
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind

FOSTERING = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS)


def weekly(found: Resolved, sector: Sector) -> float:
    return found.costs.weekly_cost_gbp[SECTORS.index(sector)]


def rises_of(found: Resolved) -> tuple[float, ...]:
    rises = found.costs.inflation_per_year
    assert isinstance(rises, tuple)
    return rises


def of(found: Resolved, key: str) -> Origin:
    (row,) = [row for row in found.origins if row.key == f"costs.{key}"]
    return row


def published(code: str, column: str) -> float:
    costs = PublishedHistory.as_at(2023).unit_costs(find_authority(code))
    assert costs.index[-1] == "2022-23"
    return float(costs[f"{column}_weekly_cost_gbp"].iloc[-1])


def blend(found: Resolved) -> float:
    stock = np.bincount(found.plan.children.sector, minlength=6)
    children = np.array([stock[SECTORS.index(sector)] for sector in FOSTERING])
    prices = np.array([weekly(found, sector) for sector in FOSTERING])
    return float(children @ prices / children.sum())


@pytest.mark.parametrize("code", [WOLVERHAMPTON, LEEDS])
def test_the_kinds_of_fostering_blend_to_the_published_cost(code: str) -> None:
    """The start is in the financial year of the published cost: nothing is uprated."""
    found = resolved(code)
    assert blend(found) == pytest.approx(published(code, "fostering"))
    assert weekly(found, Sector.RESIDENTIAL) == pytest.approx(published(code, "residential"))
    own = weekly(found, Sector.INTERNAL_FOSTERING)
    assert weekly(found, Sector.IFA) / own == pytest.approx(assumed("ifa_to_internal_ratio").number)
    assert weekly(found, Sector.CONNECTED_PERSONS) / own == pytest.approx(
        assumed("connected_to_internal_ratio").number
    )


def test_the_blend_holds_whatever_the_ratios() -> None:
    split = {"ifa_to_internal_ratio": 3.0, "connected_to_internal_ratio": 0.2}
    found = resolved(costs={"fostering_split": split})
    assert blend(found) == pytest.approx(published(WOLVERHAMPTON, "fostering"))
    assert weekly(found, Sector.IFA) == pytest.approx(3 * weekly(found, Sector.INTERNAL_FOSTERING))
    assert of(found, "fostering_split.ifa_to_internal_ratio").kind is Kind.LEVER


def test_prices_rise_once_a_financial_year_to_the_start() -> None:
    plain = resolved(costs={"inflation_per_year": 0.1})
    later = resolved(start=date(2025, 4, 1), costs={"inflation_per_year": 0.1})
    assert weekly(later, Sector.RESIDENTIAL) == pytest.approx(
        weekly(plain, Sector.RESIDENTIAL) * 1.1**3
    )
    assert set(rises_of(later)) == {0.1}
    # The supported price is of 2023-24: one year down to the start, two up from it.
    price = assumed("supported_accommodation_weekly_cost_gbp").number
    assert weekly(plain, Sector.SUPPORTED_ACCOMMODATION) == pytest.approx(price / 1.1)
    assert weekly(later, Sector.SUPPORTED_ACCOMMODATION) == pytest.approx(price * 1.1**2)


def test_own_prices_hold_in_their_own_year_and_are_brought_to_the_start_with_their_range() -> None:
    given = {"value": 1000.0, "low": 900.0, "high": 1200.0, "source": "our contracts"}
    plain = resolved(costs={"weekly_cost_gbp": {"ifa": given}, "inflation_per_year": 0.05})
    assert weekly(plain, Sector.IFA) == 1000
    older = resolved(
        costs={
            "weekly_cost_gbp": {"ifa": given},
            "inflation_per_year": 0.05,
            "price_year": "2020-21",
        }
    )
    assert weekly(older, Sector.IFA) == pytest.approx(1000 * 1.05**2)
    row = of(older, "weekly_cost_gbp.ifa")
    assert (row.low, row.high) == (
        pytest.approx(900 * 1.05**2, abs=0.01),
        pytest.approx(1200 * 1.05**2, abs=0.01),
    )
    assert row.source == "our contracts"
    # The published prices of the others are of their own year whatever `price_year` says.
    assert weekly(older, Sector.RESIDENTIAL) == weekly(plain, Sector.RESIDENTIAL)


def test_an_unplaced_child_costs_what_residential_care_costs_unless_told() -> None:
    plain = resolved()
    assert plain.costs.unplaced_weekly_cost_gbp == weekly(plain, Sector.RESIDENTIAL) > 0
    assert of(plain, "unplaced_weekly_cost_gbp").kind is Kind.ASSUMED
    own = resolved(costs={"weekly_cost_gbp": {"residential": 7000.0}})
    assert own.costs.unplaced_weekly_cost_gbp == 7000
    told = resolved(costs={"unplaced_weekly_cost_gbp": 9000})
    assert told.costs.unplaced_weekly_cost_gbp == 9000
    assert of(told, "unplaced_weekly_cost_gbp").kind is Kind.LEVER


def test_each_sector_rises_as_its_index_did() -> None:
    index = PublishedHistory.as_at(2023).england_unit_cost_index().dropna().iloc[-5:]
    growth = (index.iloc[-1] / index.iloc[0]) ** (1 / 4) - 1
    found = resolved()
    rises = dict(zip([*SECTORS, "unplaced"], rises_of(found), strict=True))
    for sector in FOSTERING:
        assert rises[sector] == pytest.approx(growth["fostering"], abs=1e-4)
    assert rises[Sector.RESIDENTIAL] == pytest.approx(growth["residential"], abs=1e-4)
    assert rises["unplaced"] == rises[Sector.RESIDENTIAL]
    low, high = sorted(growth[["fostering", "residential"]])
    assert low < rises[Sector.SUPPORTED_ACCOMMODATION] < high
    rows = [row for row in found.origins if row.key == "costs.inflation_per_year"]
    assert len(rows) == 3
    assert {row.kind for row in rows} == {Kind.ASSUMED}


def test_budgets_are_kept_by_financial_year() -> None:
    found = resolved(costs={"budget": {"2023-24": 30_000_000, "2024-25": 31_000_000}})
    assert dict(found.costs.budget_gbp) == {"2023-24": 30e6, "2024-25": 31e6}
    assert of(found, "budget.2023-24").unit == "GBP"


def test_an_authority_without_unit_costs_gets_englands_and_says_so() -> None:
    found = resolved("420")
    index = PublishedHistory.as_at(2023).england_unit_cost_index().dropna()
    assert weekly(found, Sector.RESIDENTIAL) == pytest.approx(index["residential"].iloc[-1])
    assert any("no published unit costs" in warning for warning in found.warnings)


def test_settings_outside_the_market_cost_nothing_and_say_so() -> None:
    assert weekly(resolved(), Sector.OTHER) == 0
    assert of(resolved(), "weekly_cost_gbp.other").kind is Kind.ASSUMED


@pytest.mark.parametrize(("price", "doubted"), [(286_000, True), (5.5, True), (5_500, False)])
def test_a_price_that_may_be_a_years_or_thousands_is_doubted(price: float, doubted: bool) -> None:
    found = resolved(WOLVERHAMPTON, costs={"weekly_cost_gbp": {"residential": price}})
    said = [text for text in found.warnings if "costs.weekly_cost_gbp.residential" in text]
    assert bool(said) is doubted
    if doubted:
        assert f"£{price:,g} a week" in said[0]
