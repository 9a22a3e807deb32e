"""What it costs: nights x price, the gap in pounds, years against budgets, and the ranges."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from records import START, Spell, cost_plan, measured, one_pool_a_sector, record
from worlds import a_council

from sufficiency.domain import SETTINGS
from sufficiency.measures.finance import (
    Spend,
    finance_lines,
    finance_monthly_table,
    finance_table,
)
from sufficiency.measures.money import CostPlan, first_choice_pools, nightly_prices_gbp
from sufficiency.measures.monthly import Surroundings, figures
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.summary import (
    STATISTICS,
    labelled_summary,
    range_end_standard_errors,
    summarise,
)
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate

ENTERED, RETURNED_HOME = 1, 2
IFA_A_NIGHT, RESIDENTIAL_A_NIGHT, UNPLACED_A_NIGHT, FOSTERING_A_NIGHT = 130.0, 600.0, 1000.0, 80.0
PENNY = 0.005


def spend(
    *happened: Record, plan: CostPlan | None = None, start: date = START, months: int = 36
) -> Spend:
    """The spend of these replications."""
    plan = plan or cost_plan()
    found = [measured(each, start, months, costs=plan).figures for each in happened]
    return Spend(
        nights=np.stack([each.nights for each in found]),
        cost_gbp=np.stack([each.cost_gbp for each in found]),
        extra_cost_gbp=np.stack([each.extra_cost_gbp for each in found]),
        plan=plan,
        calendar=report_calendar(start, months),
    )


def value(table: pd.DataFrame, statistic: str = "mean", **where: object) -> float:
    """The one number of a table in the row where the columns have these values."""
    where = {"sector": "all", "pool": "all"} | where
    chosen = table[np.logical_and.reduce([table[name] == wanted for name, wanted in where.items()])]
    assert len(chosen) == 1, (where, len(chosen))
    return float(chosen[statistic].iloc[0])


@pytest.fixture(scope="module")
def council_spend() -> Spend:
    """Six replications of a council in which places run short, with prices rising by 5%."""
    world = a_council(scarce=True)
    plan = CostPlan(
        pool_names=world.places.pool_names,
        pool_sector=tuple(world.places.pool_sector.tolist()),
        weekly_cost_gbp=(601.13, 949.77, 401.91, 4601.33, 1101.01, 251.57),
        unplaced_weekly_cost_gbp=6203.19,
        inflation_per_year=0.05,
        budget_gbp={"2021-22": 26e6},
    )
    around = Surroundings(report_calendar(START, 36), plan, np.zeros(7), np.zeros(7), 50_000.0)
    found = [figures(simulate(world, 3, n), world.places, around) for n in range(6)]
    return Spend(
        np.stack([each.nights for each in found]),
        np.stack([each.cost_gbp for each in found]),
        np.stack([each.extra_cost_gbp for each in found]),
        plan,
        around.calendar,
    )


def test_a_known_stay_costs_its_nights_times_the_price() -> None:
    happened = record(Spell(0, "ifa", 0, 100.5, ended=RETURNED_HOME))
    table = finance_table(spend(happened))
    assert value(table, financial_year="2021-22", measure="nights") == 100
    assert value(table, financial_year="2021-22", measure="cost") == 100 * IFA_A_NIGHT
    assert value(table, financial_year="2022-23", measure="cost") == 0


def test_prices_rise_on_each_1_april_after_the_start() -> None:
    calendar = report_calendar(date(2021, 1, 31), 28)
    prices = nightly_prices_gbp(cost_plan(inflation_per_year=0.1), calendar)
    residential = prices[3] / RESIDENTIAL_A_NIGHT
    expected = [1.0] * 2 + [1.1] * 12 + [1.21] * 12 + [1.331] * 2
    np.testing.assert_allclose(residential, expected, rtol=1e-12)


def test_each_line_rises_at_its_own_rate() -> None:
    calendar = report_calendar(date(2021, 3, 31), 24)
    flat = nightly_prices_gbp(cost_plan(), calendar)
    lines = len(flat)
    rises = tuple(0.01 * line for line in range(lines))
    plan = replace(cost_plan(), inflation_per_year=rises)
    second_year = nightly_prices_gbp(plan, calendar)[:, 12] / np.where(
        flat[:, 12] > 0, flat[:, 12], 1
    )
    dear = flat[:, 12] > 0
    np.testing.assert_allclose(second_year[dear], (1 + np.array(rises)[dear]) ** 2, rtol=1e-12)


def test_the_night_of_31_march_has_the_old_price_and_that_of_1_april_the_new() -> None:
    plan = cost_plan(inflation_per_year=0.1)
    start = date(2021, 3, 29)
    night_of_30_march = record(Spell(0, "ifa", 0, 1.5, ended=RETURNED_HOME))
    night_of_31_march = record(Spell(0, "ifa", 1.5, 2.5, ENTERED, RETURNED_HOME))
    night_of_1_april = record(Spell(0, "ifa", 2.5, 3.5, ENTERED, RETURNED_HOME))
    costs = [
        spend(each, plan=plan, start=start, months=2).cost_gbp.sum()
        for each in (night_of_30_march, night_of_31_march, night_of_1_april)
    ]
    np.testing.assert_allclose(costs, [IFA_A_NIGHT, IFA_A_NIGHT, IFA_A_NIGHT * 1.1])


def test_unplaced_nights_have_a_price_on_their_own_line() -> None:
    happened = record(
        Spell(0, "unplaced", 0, 10.5, ENTERED, 6, fit="none"), Spell(0, "ifa", 10.5, began=2)
    )
    table = finance_table(spend(happened))
    assert (
        value(table, financial_year="2021-22", sector="unplaced", measure="cost")
        == 10 * UNPLACED_A_NIGHT
    )


def test_the_extra_cost_of_a_gap_is_the_difference_to_the_first_choice() -> None:
    happened = record(
        Spell(0, "internal_fostering", 0, 100.5, ended=RETURNED_HOME),
        Spell(1, "ifa", 0, 100.5, ended=RETURNED_HOME, fit="suitable"),
        Spell(2, "residential", 0, 10.5, ended=RETURNED_HOME, fit="none"),
        Spell(3, "unplaced", 0, 2.5, ended=RETURNED_HOME, fit="none"),
        Spell(4, "connected_persons", 0, 10.5, ended=RETURNED_HOME, fit="suitable"),
    )
    table = finance_table(spend(happened))
    extra = {
        sector: value(table, financial_year="2021-22", sector=sector, measure="extra_cost_of_gap")
        for sector in ("all", *SETTINGS)
    }
    expected = dict.fromkeys(SETTINGS, 0.0) | {
        "ifa": 100 * (IFA_A_NIGHT - FOSTERING_A_NIGHT),
        "residential": 10 * (RESIDENTIAL_A_NIGHT - FOSTERING_A_NIGHT),
        "unplaced": 2 * (UNPLACED_A_NIGHT - FOSTERING_A_NIGHT),
        "connected_persons": 10 * (50.0 - FOSTERING_A_NIGHT),
    }
    assert extra == pytest.approx(expected | {"all": sum(expected.values())})


def test_the_first_choice_is_the_first_pool_of_the_first_choice_sector() -> None:
    places = one_pool_a_sector()
    places.preference[0] = [3, 1, -1, -1, -1, -1]
    places.first_choice[0] = [False, True, False, False, False, False]
    places.first_choice[1] = False
    assert first_choice_pools(places).tolist() == [1, -1, 0, 0, 0, 0, 0]


def test_money_is_nights_times_price(council_spend: Spend) -> None:
    table = finance_table(council_spend)
    weekly = (*council_spend.plan.weekly_cost_gbp, council_spend.plan.unplaced_weekly_cost_gbp)
    for rises, year in enumerate(("2021-22", "2022-23", "2023-24"), start=1):
        for setting, price in zip(SETTINGS, weekly, strict=True):
            where = {"financial_year": year, "sector": setting}
            nights = value(table, measure="nights", **where)
            expected = nights * price / 7 * 1.05**rises
            assert value(table, measure="cost", **where) == pytest.approx(expected, rel=1e-12)


def test_sectors_add_up_to_the_total_to_the_penny_in_each_replication(
    council_spend: Spend,
) -> None:
    for replication in range(len(council_spend.nights)):
        one = slice(replication, replication + 1)
        table = finance_table(
            Spend(
                council_spend.nights[one],
                council_spend.cost_gbp[one],
                council_spend.extra_cost_gbp[one],
                council_spend.plan,
                council_spend.calendar,
            )
        )
        for measure in ("cost", "nights", "extra_cost_of_gap"):
            rows = table[table["measure"] == measure]
            total = rows[rows["sector"] == "all"].set_index("financial_year")["mean"]
            parts = rows[rows["sector"] != "all"].groupby("financial_year")["mean"].sum()
            np.testing.assert_allclose(parts, total[parts.index], rtol=0, atol=PENNY)


def test_months_committed_and_new_add_up_to_the_years(council_spend: Spend) -> None:
    annual = finance_table(council_spend)
    monthly = finance_monthly_table(council_spend)
    for measure in ("cost", "nights"):
        of_year = annual[(annual["measure"] == measure)].groupby("sector")["mean"].sum()
        of_months = monthly[monthly["measure"] == measure].groupby("sector")["mean"].sum()
        np.testing.assert_allclose(of_months[of_year.index], of_year, rtol=0, atol=PENNY)
    assert set(monthly["basis"]) == {"committed", "new"}
    assert monthly["period"].unique().tolist() == list(range(1, 13))


def test_committed_is_the_placement_at_the_start_and_nothing_after_a_move() -> None:
    happened = record(
        Spell(0, "ifa", 0, 40.5, ended=9),
        Spell(0, "ifa", 40.5, began=5),
        Spell(1, "ifa", 10.5, began=ENTERED),
    )
    table = finance_monthly_table(spend(happened, months=2))
    nights = [
        value(table, period=period, basis=basis, measure="nights")
        for period in (1, 2)
        for basis in ("committed", "new")
    ]
    assert nights == [30, 20, 10, 31 + 21]


def test_annual_percentiles_are_those_of_annual_sums() -> None:
    early = record(Spell(0, "ifa", 0, 200.5, ended=RETURNED_HOME))
    late = record(Spell(0, "ifa", 200.5, 365.5, ENTERED, RETURNED_HOME))
    table = finance_table(spend(early, late))
    annual = [200 * IFA_A_NIGHT, 165 * IFA_A_NIGHT]
    for statistic, percentile in (("p10", 10), ("p50", 50), ("p90", 90)):
        found = value(table, statistic, financial_year="2021-22", measure="cost")
        assert found == pytest.approx(np.percentile(annual, percentile))


def test_a_month_that_began_before_the_start_is_not_a_whole_month() -> None:
    calendar = report_calendar(date(2021, 4, 15), 12)
    assert calendar.whole_months("2021-22") == 11
    assert report_calendar(date(2021, 3, 31), 12).whole_months("2021-22") == 12


def test_several_pools_of_a_sector_have_lines_of_their_own() -> None:
    plan = CostPlan(("own homes", "spot", "carers"), (3, 3, 0), (1.0, 2.0, 3.0), 4.0, 0.0)
    lines, members = finance_lines(plan)
    assert lines[:2] == (("all", "all"), ("internal_fostering", "all"))
    assert [line for line in lines if line[0] == "residential"] == [
        ("residential", "all"),
        ("residential", "own homes"),
        ("residential", "spot"),
    ]
    assert members[lines.index(("residential", "all"))].tolist() == [1, 1, 0, 0]
    assert members[lines.index(("residential", "spot"))].tolist() == [0, 1, 0, 0]
    assert members[lines.index(("unplaced", "all"))].tolist() == [0, 0, 0, 1]


def test_percentiles_interpolate_between_ordered_replications() -> None:
    found = dict(zip(STATISTICS, summarise(np.array([[4.0], [1.0], [3.0], [2.0]])), strict=True))
    expected = {
        "mean": 2.5, "sd": np.sqrt(5 / 3), "p05": 1.15, "p10": 1.3, "p25": 1.75, "p50": 2.5,
        "p75": 3.25, "p90": 3.7, "p95": 3.85,
    }  # fmt: skip
    assert {name: found[name][0] for name in expected} == pytest.approx(expected)


def test_one_replication_has_no_spread_to_state_and_an_empty_cell_stays_empty() -> None:
    found = summarise(np.array([[7.0, np.nan]]))
    assert found[0].tolist()[0] == 7.0
    assert np.isnan(found[1]).all()
    assert np.isnan(found[:, 1]).all()


def test_summaries_in_blocks_are_those_of_the_whole() -> None:
    values = np.random.default_rng(5).normal(size=(11, 100, 37))
    whole = np.quantile(values, 0.9, axis=0)
    np.testing.assert_array_equal(summarise(values)[STATISTICS.index("p90")], whole)


def test_a_summary_table_is_in_order_of_date_then_row() -> None:
    values = np.arange(4.0).reshape(1, 2, 2)
    dates = (date(2021, 3, 31), date(2021, 4, 30))
    summary = summarise(values)
    table = labelled_summary(summary, ("need_group", "sector"), (("a", "x"), ("b", "y")), dates)
    assert table["mean"].tolist() == [0, 2, 1, 3]
    assert table["need_group"].tolist() == ["a", "b", "a", "b"]
    assert table["date"].dt.date.tolist() == [dates[0], dates[0], dates[1], dates[1]]
    assert list(table.columns) == ["date", "need_group", "sector", *STATISTICS]


def test_the_error_of_the_range_ends_is_the_one_that_repeating_shows() -> None:
    rng = np.random.default_rng(11)
    n, repeats = 200, 400
    samples = rng.normal(size=(repeats, n))
    observed = np.percentile(samples, 90, axis=1).std(ddof=1)
    stated = [range_end_standard_errors(sample)["p90_se"] for sample in samples[:100]]
    mean = float(np.mean(stated))
    standard_error = np.hypot(
        np.std(stated, ddof=1) / np.sqrt(len(stated)), observed / np.sqrt(2 * (repeats - 1))
    )
    assert abs(mean - observed) / standard_error <= 4


def test_too_few_replications_have_no_stated_error() -> None:
    assert range_end_standard_errors(np.arange(19.0)) == {"p10_se": None, "p90_se": None}
