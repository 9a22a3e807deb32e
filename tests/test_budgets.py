"""Budgets and outturns: are the odds, the sizes and the sums those of the futures themselves?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import START, Spell, cost_plan, measured, record

from sufficiency.finance.budgets import (
    budget_warnings,
    budgets_of_all,
    overspend,
    with_budgets,
)
from sufficiency.finance.outturn import Outturn, actuals_warnings, with_actuals
from sufficiency.history.actuals import Actuals
from sufficiency.measures.finance import Spend, finance_monthly_table, finance_table
from sufficiency.measures.money import CostPlan
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.summary import STATISTICS
from sufficiency.simulation.record import Record

IFA_A_NIGHT, RESIDENTIAL_A_NIGHT = 130.0, 600.0
YEAR_OF_ONE = 365 * IFA_A_NIGHT


def outturn_of(
    *happened: Record,
    plan: CostPlan | None = None,
    start: date = START,
    months: int = 36,
    actuals: Actuals | None = None,
) -> Outturn:
    """The money of these replications, and of a ledger before them."""
    plan = plan or cost_plan()
    found = [measured(each, start, months, costs=plan).figures for each in happened]
    spend = Spend(
        nights=np.stack([each.nights for each in found]),
        cost_gbp=np.stack([each.cost_gbp for each in found]),
        extra_cost_gbp=np.stack([each.extra_cost_gbp for each in found]),
        plan=plan,
        calendar=report_calendar(start, months),
    )
    return Outturn(spend, actuals)


def table_of(outturn: Outturn) -> pd.DataFrame:
    return with_budgets(finance_table(outturn.spend), outturn)


def value(table: pd.DataFrame, statistic: str = "mean", **where: object) -> float:
    """The one number of a table in the row where the columns have these values."""
    where = {"sector": "all", "pool": "all"} | where
    chosen = table[np.logical_and.reduce([table[name] == wanted for name, wanted in where.items()])]
    assert len(chosen) == 1, (where, len(chosen))
    return float(chosen[statistic].iloc[0])


def children(sizes: tuple[int, ...], sector: str = "ifa") -> list[Record]:
    """As many replications, each with so many children who stay throughout."""
    return [record(*(Spell(n, sector, 0) for n in range(size))) for size in sizes]


def half_a_year(sectors: tuple[str, ...] = ("ifa", "residential")) -> Actuals:
    """£10,000 a month in each sector from April to September 2021."""
    months = tuple(date(2021, month, 1) for month in range(4, 10))
    return Actuals(
        file="ledger.csv",
        months=months,
        sectors=sectors,
        cost_gbp=tuple((10_000.0,) * len(sectors) for _ in months),
        nights=tuple((60.0, float("nan"))[: len(sectors)] for _ in months),
    )


def test_the_chance_of_overspending_is_the_share_of_worlds_above_the_budget() -> None:
    plan = cost_plan(**{"2021-22": 2 * YEAR_OF_ONE, "2022-23": 0.0})
    table = table_of(outturn_of(*children((1, 2, 3, 4)), plan=plan))
    first = {"financial_year": "2021-22"}
    assert value(table, **first, measure="over_budget_probability") == 0.5
    assert value(table, **first, measure="budget") == 2 * YEAR_OF_ONE
    # Overspent by nothing, nothing, one and two years of a placement.
    assert value(table, **first, measure="expected_overspend") == pytest.approx(YEAR_OF_ONE * 0.75)
    assert value(table, **first, measure="overspend_if_over") == pytest.approx(YEAR_OF_ONE * 1.5)
    assert value(table, **first, measure="over_budget") == pytest.approx(YEAR_OF_ONE * 0.5)
    assert value(table, "p90", **first, measure="over_budget") == pytest.approx(YEAR_OF_ONE * 1.7)
    assert value(table, **first, measure="contingency_p50") == pytest.approx(YEAR_OF_ONE * 0.5)
    assert value(table, **first, measure="contingency_p80") == pytest.approx(YEAR_OF_ONE * 1.4)
    assert value(table, financial_year="2022-23", measure="over_budget_probability") == 1.0
    quantiles = table.loc[table["measure"] == "over_budget_probability", list(STATISTICS[1:])]
    assert quantiles.isna().all().all()


def test_budgets_by_sector_are_each_set_against_their_own_sector() -> None:
    by_sector = {"ifa": 2.5 * YEAR_OF_ONE, "residential": 1.0}
    plan = replace(cost_plan(), sector_budget_gbp={"2021-22": by_sector})
    table = table_of(outturn_of(*children((2, 3)), plan=plan))
    year = {"financial_year": "2021-22"}
    assert value(table, **year, sector="ifa", measure="over_budget_probability") == 0.5
    assert value(table, **year, sector="residential", measure="over_budget") == -1.0
    # Together they are a budget for everything, as nothing else costs anything.
    assert value(table, **year, measure="budget") == 2.5 * YEAR_OF_ONE + 1


def test_sector_budgets_that_leave_out_a_sector_are_not_a_budget_for_everything() -> None:
    plan = replace(cost_plan(), sector_budget_gbp={"2021-22": {"residential": 1.0}})
    table = table_of(outturn_of(*children((2,)), plan=plan))
    assert table.loc[table["measure"] == "budget", "sector"].tolist() == ["residential"]


def test_a_part_year_is_never_set_against_a_budget() -> None:
    plan = cost_plan(**{"2020-21": 1.0, "2021-22": 1.0, "2022-23": 1.0})
    part = outturn_of(*children((1,)), plan=plan, start=date(2020, 6, 30), months=27)
    table = table_of(part)
    months = table.groupby("financial_year")["months"].first().to_dict()
    assert months == {"2020-21": 9, "2021-22": 12, "2022-23": 6}
    compared = table[table["measure"].isin(["budget", "over_budget_probability"])]
    assert set(compared["financial_year"]) == {"2021-22"}
    assert budget_warnings(plan, part.spend.calendar) == [
        f"The budget for {year} is not compared with the forecast, which covers "
        f"{covered} of its 12 months."
        for year, covered in (("2020-21", 9), ("2022-23", 6))
    ]


def test_a_year_that_a_ledger_completes_has_an_outturn_and_is_set_against_its_budget() -> None:
    plan = cost_plan(**{"2021-22": 150_000.0})
    start = date(2021, 9, 30)
    found = outturn_of(*children((1, 2)), plan=plan, start=start, months=18, actuals=half_a_year())
    table = table_of(found)
    year = {"financial_year": "2021-22"}
    half = 182 * IFA_A_NIGHT
    assert value(table, **year, measure="actual") == 120_000
    assert value(table, **year, measure="cost") == pytest.approx(1.5 * half)
    assert value(table, **year, measure="outturn") == pytest.approx(120_000 + 1.5 * half)
    assert value(table, **year, sector="ifa", measure="outturn") == pytest.approx(
        60_000 + 1.5 * half
    )
    assert value(table, **year, sector="residential", measure="outturn") == 60_000
    assert value(table, **year, measure="over_budget_probability") == 0.5
    months = table.loc[table["financial_year"] == "2021-22"].groupby("measure")["months"].first()
    assert (months["actual"], months["cost"], months["outturn"]) == (6, 6, 12)
    assert budget_warnings(plan, found.spend.calendar, half_a_year()) == []
    assert list(table["financial_year"]) == sorted(table["financial_year"])


def test_the_ledger_is_in_the_monthly_table_with_what_it_knows() -> None:
    found = outturn_of(*children((1,)), start=date(2021, 9, 30), months=6, actuals=half_a_year())
    monthly = with_actuals(finance_monthly_table(found.spend), found.actuals)
    known = monthly[monthly["basis"] == "actual"]
    assert known["date"].iloc[0] == pd.Timestamp("2021-04-30")
    costs = known[known["measure"] == "cost"]
    assert costs.groupby("sector")["mean"].sum().to_dict() == {
        "all": 120_000, "ifa": 60_000, "residential": 60_000,
    }  # fmt: skip
    assert costs.loc[costs["sector"] == "all", "period"].tolist() == [1, 2, 3, 4, 5, 6]
    nights = known[known["measure"] == "nights"]
    assert set(nights["sector"]) == {"ifa"}
    assert known[list(STATISTICS[1:])].isna().all().all()


def test_a_ledger_without_sectors_completes_the_total_alone() -> None:
    found = outturn_of(
        *children((1,)), start=date(2021, 9, 30), months=6, actuals=half_a_year(("all",))
    )
    outturns = table_of(found).query("measure == 'outturn'")
    assert outturns["sector"].tolist() == ["all"]
    assert outturns["mean"].iloc[0] == pytest.approx(60_000 + 182 * IFA_A_NIGHT)


def test_a_gap_between_ledger_and_forecast_is_said_and_no_budget_is_judged() -> None:
    plan = cost_plan(**{"2021-22": 1.0})
    late = outturn_of(
        *children((1,)), plan=plan, start=date(2021, 11, 30), months=16, actuals=half_a_year()
    )
    assert not late.is_whole("2021-22")
    (gap,) = actuals_warnings(late.actuals, late.spend.calendar.start)
    assert gap.startswith("ledger.csv ends in September 2021 and the forecast begins after 30 Nov")
    (budget,) = budget_warnings(plan, late.spend.calendar, late.actuals)
    assert budget.endswith("which covers 4 of its 12 months, and the ledger 6.")
    assert "budget" not in set(table_of(late)["measure"])


@settings(max_examples=60, deadline=None)
@given(
    costs=st.lists(st.floats(0, 1e8), min_size=1, max_size=30),
    budget=st.floats(0, 1e8),
)
def test_an_expected_overspend_is_its_chance_times_its_size(
    costs: list[float], budget: float
) -> None:
    found = overspend(np.array(costs), budget)
    chance, size = found["over_budget_probability"], found["overspend_if_over"]
    assert found["expected_overspend"] == pytest.approx(chance * size)
    contingencies = [found[f"contingency_p{at}"] for at in (50, 80, 95)]
    assert contingencies == sorted(contingencies)
    # Budget and contingency together are enough in at least so many futures.
    for at, contingency in zip((50, 80, 95), contingencies, strict=True):
        enough = np.array(costs) <= budget + contingency + 1e-6
        assert enough.mean() >= at / 100 - 1 / len(costs)


def test_budgets_of_every_priced_sector_are_one_for_all() -> None:
    """What sensitivity takes as the limit of a year's cost; a part of a budget is none."""
    priced = [
        setting
        for setting, price in zip(
            cost_plan().line_settings, cost_plan().weekly_cost_gbp, strict=False
        )
        if price > 0
    ]
    assert len(priced) > 1
    whole = dict.fromkeys(priced, 1000000.0)
    plan = replace(
        cost_plan(**{"2021-22": 5e6}),
        sector_budget_gbp={"2022-23": whole, "2023-24": {priced[0]: 1e6}},
    )
    assert budgets_of_all(plan) == {"2021-22": 5e6, "2022-23": 1e6 * len(priced)}
