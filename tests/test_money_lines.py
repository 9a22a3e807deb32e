"""Money that is not a child-night times a price: who pays, for what, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from records import START, Spell, cost_plan, measured, one_pool_a_sector, record

from sufficiency.domain import DAYS_PER_YEAR, EXIT_REASONS, SECTORS, SETTINGS, NeedGroup
from sufficiency.measures.finance import Spend, finance_monthly_table, finance_table
from sufficiency.measures.money import CostPlan
from sufficiency.measures.money_lines import (
    AfterCareLine,
    Allowance,
    EmptyPlaces,
    FixedCost,
    IncomeLine,
    JointFunding,
    LeavingCare,
    NightlyGrant,
    OneOff,
    PlaceLine,
    RecruitedCarers,
    StayingOn,
)
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.record import BEGAN_ENTERED, CARER_APPROVED, HOLD_DTYPE, Record
from sufficiency.simulation.world import Places

PENNY = 0.005
IFA, RESIDENTIAL = SECTORS.index("ifa"), SECTORS.index("residential")
ADOPTED, GUARDIAN, RETURNED, TURNED_18 = 0, 1, 2, 5
NIGHTS_OF_YEARS = (365, 365, 366)


def spend(happened: Record, plan: CostPlan, places: Places | None = None) -> Spend:
    """The spend of one replication over 36 months."""
    found = measured(happened, places=places, costs=plan).figures
    return Spend(
        found.nights[None],
        found.cost_gbp[None],
        found.extra_cost_gbp[None],
        plan,
        report_calendar(START, 36),
        found.other_money_gbp[None],
    )


def means(table: pd.DataFrame, measure: str, sector: str = "all", pool: str = "all") -> list[float]:
    """The means of one row, year by year."""
    where = (table["measure"] == measure) & (table["sector"] == sector) & (table["pool"] == pool)
    return table.loc[where, "mean"].tolist()


def test_empty_block_places_are_paid_on_a_line_of_their_own() -> None:
    """Three places, then two from day 100.5; one child leaves on day 50.5, one stays."""
    places = one_pool_a_sector((-1, -1, -1, 3, -1, -1))
    happened = record(
        Spell(0, "residential", 0, 50.5, ended=RETURNED),
        Spell(1, "residential", 0),
        changes=[(100.5, RESIDENTIAL, 2)],
    )
    line = PlaceLine("empty", "residential", 0, EmptyPlaces(RESIDENTIAL, 0.8))
    plan = replace(cost_plan(), place_lines=(line,))
    table = finance_table(spend(happened, plan, places))
    # Nights 1 to 50 one empty, 51 to 100 two, from 101 one again; 600 a night.
    empty = [50 + 2 * 50 + 265, 365, 366]
    expected = [nights * 600 * 0.8 for nights in empty]
    assert means(table, "cost", "residential", "empty") == pytest.approx(expected, abs=PENNY)
    lived_in = [(50 + 365) * 600, 365 * 600, 366 * 600]
    total = np.add(lived_in, expected)
    assert means(table, "cost", "residential") == pytest.approx(total, abs=PENNY)
    assert means(table, "cost") == pytest.approx(total, abs=PENNY)
    assert means(table, "nights", "residential") == [415, 365, 366]
    monthly = finance_monthly_table(spend(happened, plan, places))
    own = monthly[(monthly["pool"] == "empty") & (monthly["measure"] == "cost")]
    assert own.loc[own["basis"] == "committed", "mean"].sum() == pytest.approx(sum(expected))
    assert own.loc[own["basis"] == "new", "mean"].sum() == 0


def test_more_children_than_block_places_leave_none_empty() -> None:
    places = one_pool_a_sector((-1, -1, -1, 1, -1, -1))
    happened = record(Spell(0, "residential", 0), Spell(1, "residential", 0))
    line = PlaceLine("empty", "residential", 0, EmptyPlaces(RESIDENTIAL, 1.0))
    table = finance_table(spend(happened, replace(cost_plan(), place_lines=(line,)), places))
    assert means(table, "cost", "residential", "empty") == [0, 0, 0]


def test_homes_of_the_councils_own_cost_something_whoever_lives_there() -> None:
    places = one_pool_a_sector((-1, -1, -1, 4, -1, -1))
    line = PlaceLine("fixed", "residential", 0, FixedCost(RESIDENTIAL, 100_000, 50_000, 0.1))
    plan = replace(cost_plan(), place_lines=(line,))
    table = finance_table(spend(record(Spell(0, "ifa", 0)), plan, places))
    rises = (1.1, 1.1**2, 1.1**3)
    expected = [
        450_000 * nights / DAYS_PER_YEAR * rise
        for nights, rise in zip(NIGHTS_OF_YEARS, rises, strict=True)
    ]
    assert means(table, "cost", "residential") == pytest.approx(expected, abs=PENNY)


def test_recruited_carers_cost_once_and_each_year() -> None:
    happened = record(Spell(0, "ifa", 0), changes=[(99.5, 0, 2), (365.5, 0, 3)])
    happened.pool_changes["why"] = CARER_APPROVED
    line = PlaceLine("carers", "internal_fostering", 1, RecruitedCarers(-1, 3652.5, 1000.0, 0.0))
    table = finance_table(spend(happened, replace(cost_plan(), place_lines=(line,))))
    # Nights 100 to 365 of the first, then of both: 10 pounds a night each.
    expected = [1000 + 266 * 10, 1000 + 2 * 365 * 10, 2 * 366 * 10]
    assert means(table, "cost", "internal_fostering") == pytest.approx(expected, abs=PENNY)


def test_an_amount_paid_once_is_paid_in_its_month() -> None:
    night = (date(2022, 3, 31) - START).days
    line = PlaceLine("once", "residential", 1, OneOff(night, 250_000.0))
    table = finance_table(spend(record(), replace(cost_plan(), place_lines=(line,))))
    assert means(table, "cost", "residential") == [250_000, 0, 0]


def test_partners_pay_a_share_of_what_some_children_cost() -> None:
    happened = record(
        Spell(0, "residential", 0, need=NeedGroup.RESIDENTIAL),
        Spell(1, "residential", 0, need=NeedGroup.FAMILY),
        Spell(2, "ifa", 0, need=NeedGroup.RESIDENTIAL),
    )
    shares = tuple(0.25 * (need is NeedGroup.RESIDENTIAL) for need in NeedGroup)
    plan = replace(
        cost_plan(),
        income_lines=(IncomeLine("health", "residential", JointFunding(shares, RESIDENTIAL)),),
    )
    table = finance_table(spend(happened, plan))
    paid = [0.25 * 600 * nights for nights in NIGHTS_OF_YEARS]
    for sector, pool in (("all", "all"), ("residential", "all"), ("all", "health")):
        assert means(table, "income", sector, pool) == pytest.approx(paid, abs=PENNY)
    net = np.subtract(means(table, "cost"), paid)
    assert means(table, "net_cost") == pytest.approx(net, abs=PENNY)


def test_the_grant_is_for_nights_of_unaccompanied_children_alone() -> None:
    happened = record(
        Spell(0, "ifa", 0, 10.5, ended=RETURNED, uasc=True),
        Spell(1, "ifa", 0),
        Spell(2, "unplaced", 0, 5.5, ended=RETURNED, uasc=True),
    )
    lines = tuple(
        IncomeLine("grant", str(setting), NightlyGrant(114.0, code))
        for code, setting in enumerate(SETTINGS)
    )
    table = finance_table(spend(happened, replace(cost_plan(), income_lines=lines)))
    assert means(table, "income", "ifa") == pytest.approx([10 * 114, 0, 0])
    assert means(table, "income", "unplaced") == pytest.approx([5 * 114, 0, 0])
    assert means(table, "income") == pytest.approx([15 * 114, 0, 0])
    assert means(table, "income", "all", "grant") == pytest.approx([15 * 114, 0, 0])


def after(*lines: AfterCareLine) -> CostPlan:
    return replace(cost_plan(), after_care_lines=lines)


def test_an_allowance_is_paid_from_leaving_to_the_18th_birthday_and_never_in_the_total() -> None:
    """One leaves on day 10.5 and turns 18 on 1 March 2022 (born on 29 February 2004)."""
    born = (date(2004, 2, 29) - START).days
    happened = record(
        Spell(0, "ifa", 0, 10.5, ended=GUARDIAN, born_day=born),
        Spell(1, "ifa", 0, 10.5, ended=ADOPTED, born_day=born),
    )
    what = Allowance(GUARDIAN, 0.8, 210.0, 0.0)
    table = finance_table(spend(happened, after(AfterCareLine("allowances", what))))
    nights = (date(2022, 3, 1) - START).days - 11
    expected = [nights * 0.8 * 30, 0, 0]
    assert means(table, "after_care_cost") == pytest.approx(expected, abs=PENNY)
    assert means(table, "after_care_cost", "all", "allowances") == pytest.approx(expected)
    assert means(table, "cost") == pytest.approx([2 * 10 * 130, 0, 0])


def test_allowances_of_a_young_child_go_on_to_the_end_and_rise() -> None:
    happened = record(Spell(0, "ifa", 0, 10.5, ended=GUARDIAN))
    what = Allowance(GUARDIAN, 1.0, 70.0, 0.1)
    table = finance_table(spend(happened, after(AfterCareLine("allowances", what))))
    expected = [355 * 10 * 1.1, 365 * 10 * 1.21, 366 * 10 * 1.331]
    assert means(table, "after_care_cost") == pytest.approx(expected, abs=PENNY)


def test_places_held_after_18_and_housing_to_an_age_follow_one_another() -> None:
    """Both turn 18 on day 100; one holds its place to day 200.5, and is housed after that."""
    eighteen = 101 - 18 * 365 - 5
    happened = record(
        Spell(0, "ifa", 0, 100.5, ended=TURNED_18, born_day=eighteen),
        Spell(1, "ifa", 0, 100.5, ended=TURNED_18, born_day=eighteen),
    )
    holds = np.zeros(1, dtype=HOLD_DTYPE)
    holds["child"], holds["pool"], holds["from_time"], holds["to_time"] = 1, IFA, 100.5, 200.5
    happened = replace(happened, holds=holds)
    staying = AfterCareLine("staying", StayingOn(0.5))
    housed = AfterCareLine("housed", LeavingCare(0.5, 140.0, 0.0, 25))
    table = finance_table(spend(happened, after(staying, housed)))
    assert means(table, "after_care_cost", "all", "staying")[0] == pytest.approx(100 * 130 * 0.5)
    nights = (365 - 100) + (365 - 200)
    assert means(table, "after_care_cost", "all", "housed")[0] == pytest.approx(nights * 10)
    until_19 = replace(happened, holds=holds[:0])
    housed = AfterCareLine("housed", LeavingCare(1.0, 7.0, 0.0, 19))
    table = finance_table(spend(until_19, after(housed)))
    birthday = np.datetime64(START) + eighteen
    years_19 = birthday.astype("datetime64[M]") + 19 * 12
    day = (years_19.astype("datetime64[D]") + (birthday - birthday.astype("datetime64[M]"))) - (
        np.datetime64(START)
    )
    assert sum(means(table, "after_care_cost")) == pytest.approx(2 * (day.astype(int) - 101))


def test_posts_follow_from_children_on_an_average_night() -> None:
    happened = record(Spell(0, "ifa", 0), Spell(1, "unplaced", 0, 182.5, BEGAN_ENTERED, RETURNED))
    plan = replace(cost_plan(), children_per_social_worker=16.0)
    table = finance_table(spend(happened, plan))
    children = [(365 + 182) / 365, 1, 1]
    expected = [number / 16 for number in children]
    assert means(table, "social_worker_posts") == pytest.approx(expected)
    assert means(table, "reviewing_officer_posts") == []


def test_exit_reasons_are_those_of_the_record() -> None:
    assert EXIT_REASONS[GUARDIAN] == "special_guardianship"
    assert EXIT_REASONS[TURNED_18] == "turned_18"
