"""Differences between scenarios, future by future: exact where nothing changes, and far surer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fits import scenario
from small_council import SmallCouncil

from sufficiency.comparison.appraising import appraisal_of
from sufficiency.comparison.folders import read_run
from sufficiency.comparison.many import run_many
from sufficiency.comparison.paired import ADDED_UP, Paired
from sufficiency.comparison.tables import (
    COMPARISON_COLUMNS,
    SCENARIOS_COLUMNS,
    comparison_table,
    scenarios_table,
)
from sufficiency.comparison.totals import COST, COST_LINES
from sufficiency.comparison.values import (
    FORECAST,
    InMemory,
    ScenarioValues,
    every_row,
    over_the_same_dates,
)
from sufficiency.errors import UserError
from sufficiency.experiment import run
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.summary import STATISTICS
from sufficiency.report.run_folder import write_replications

REPLICATIONS = 60
BUSY, CALM = SmallCouncil(), SmallCouncil(drift=False)
SERIAL: Any = {"executor": "serial", "workers": 1}
IN_CARE = ("in_care", "all", "all")


def values_of(*councils: SmallCouncil, replications: int = REPLICATIONS) -> list[ScenarioValues]:
    many = run_many(councils, replications, 5, every_row, **SERIAL)
    return [
        ScenarioValues(
            f"council {number}",
            report_calendar(council.start, council.months),
            many.figures[number][FORECAST],
            many.figures[number][COST],
        )
        for number, council in enumerate(councils)
    ]


@pytest.fixture(scope="module")
def pair() -> Paired:
    return Paired(*values_of(BUSY, CALM))


@pytest.fixture(scope="module")
def table(pair: Paired) -> pd.DataFrame:
    return comparison_table([pair])


def test_a_scenario_does_not_differ_from_itself() -> None:
    same = comparison_table([Paired(*values_of(BUSY, BUSY, replications=8))])
    known = same[same["mean"].notna()]
    assert len(known) > len(same) / 2
    differences = known[[*STATISTICS, "standard_error", "probability_lower", "probability_higher"]]
    assert (differences == 0).all(axis=None)
    assert known["times_as_sure"].isna().all()
    np.testing.assert_array_equal(known["base_mean"], known["scenario_mean"])


def test_statistics_are_those_of_the_difference_in_each_future(
    pair: Paired, table: pd.DataFrame
) -> None:
    day = pair.calendar.dates[-1]
    (row,) = table[
        (table["date"] == pd.Timestamp(day))
        & (table[["measure", "sector", "age_band"]] == IN_CARE).all(axis=1)
    ].to_dict("records")
    base, other = pair.base.of(*IN_CARE)[-1], pair.other.of(*IN_CARE)[-1]
    difference = other - base
    assert row["mean"] == difference.mean()
    assert row["p10"] == np.percentile(difference, 10)
    assert row["sd"] == pytest.approx(difference.std(ddof=1))
    assert row["standard_error"] == pytest.approx(difference.std(ddof=1) / np.sqrt(REPLICATIONS))
    apart = np.sqrt(base.var(ddof=1) + other.var(ddof=1))
    assert row["times_as_sure"] == pytest.approx(apart / difference.std(ddof=1))
    assert row["probability_lower"] == (difference < 0).mean()
    assert row["probability_higher"] == (difference > 0).mean()
    assert (row["base_mean"], row["scenario_mean"]) == (base.mean(), other.mean())


def test_a_years_money_is_added_up_future_by_future(pair: Paired, table: pd.DataFrame) -> None:
    difference = pair.cost_difference_gbp
    assert difference.shape == (REPLICATIONS, BUSY.months)
    in_year = np.array(pair.calendar.month_years) == "2021-22"
    annual = difference[:, in_year].sum(axis=1)
    (row,) = table.query(
        "financial_year == '2021-22' and measure == 'cost' and sector == 'all'"
    ).to_dict("records")
    assert row["months"] == 12
    assert row["p90"] == pytest.approx(np.percentile(annual, 90))
    assert row["sd"] == pytest.approx(annual.std(ddof=1))
    assert row["base_mean"] == pytest.approx(pair.base.of(COST)[1:][in_year].sum(axis=0).mean())


def test_means_add_up_and_each_row_is_there_once(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COMPARISON_COLUMNS
    keys = ["scenario", "date", "financial_year", "measure", "sector", "age_band"]
    assert not table.duplicated(keys).any()
    for measure in ("in_care", COST):
        rows = table[(table["measure"] == measure) & table["date"].notna()]
        rows = rows[rows["mean"].notna() & (rows["age_band"] == "all")]
        parts = rows[rows["sector"] != "all"].groupby("date")["mean"].sum()
        whole = rows[rows["sector"] == "all"].set_index("date")["mean"]
        np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert set(table.loc[table["measure"] == COST, "sector"]) == set(COST_LINES)


def test_what_is_added_up_over_a_year_is_what_happens_in_a_month(pair: Paired) -> None:
    """Nothing has happened yet on the start date; what there is, is there."""
    rows = [row for row in pair.rows if row[1:] == ("all", "all") and row[0] != "places"]
    first = {row: pair.base.of(*row)[:2] for row in rows}
    nothing_yet = {row[0] for row, (day, month) in first.items() if np.isnan(day - month).all()}
    nothing_yet -= {row[0] for row, (_, month) in first.items() if np.isnan(month).all()}
    assert nothing_yet == {row[0] for row in rows} & set(ADDED_UP)


def test_each_scenario_by_itself_is_what_its_run_says(pair: Paired) -> None:
    levels = scenarios_table([pair.base, pair.other])
    assert tuple(levels.columns) == SCENARIOS_COLUMNS
    forecast = run(BUSY, replications=REPLICATIONS, seed=5, workers=1)
    mine = levels[(levels["scenario"] == "council 0") & levels["date"].notna()]
    keys = ["date", "measure", "sector", "age_band"]
    both = mine.merge(forecast.forecast, on=keys, suffixes=("", "_of_run"))
    assert len(both) == len(mine) - len(COST_LINES) * (BUSY.months + 1)
    for name in ("mean", "p10", "sd"):
        np.testing.assert_array_equal(both[name], both[f"{name}_of_run"])
    cost = levels.query("scenario == 'council 0' and measure == 'cost' and financial_year != ''")
    finance = forecast.finance.query("measure == 'cost' and pool == 'all'")
    merged = cost.merge(finance, on=["financial_year", "sector"], suffixes=("", "_of_run"))
    assert len(merged) == len(cost)
    np.testing.assert_allclose(merged["p90"], merged["p90_of_run"], rtol=1e-12)


def test_unpaired_futures_are_unrelated(pair: Paired) -> None:
    apart = replace(pair, is_paired=False)
    base, other = (each.of(*IN_CARE)[-1] for each in (pair.base, pair.other))
    np.testing.assert_array_equal(apart.sides(*IN_CARE).difference[-1], np.roll(other, 1) - base)
    alike = Paired(pair.base, pair.base, is_paired=False)
    ratio = comparison_table([alike]).query("measure == 'in_care' and sector == 'all'")
    last = ratio[(ratio["age_band"] == "all")].iloc[-1]
    # The variance of the difference of unrelated futures is the sum of theirs.
    assert last["times_as_sure"] == pytest.approx(1, abs=4 / np.sqrt(2 * REPLICATIONS))


def test_nobody_asks_whether_a_crisis_pays_back(pair: Paired) -> None:
    cost = {"per_month_gbp": 1000}
    programme = {"name": "A", "lever": "price", "start": "+0 days", "effect": 1, "cost": cost}
    crisis = {**programme, "name": "B", "is_choice": False}
    base, helped, hit, both = (
        scenario(interventions=items)
        for items in ((), (programme,), (crisis,), (crisis, programme))
    )
    asked = [appraisal_of(pair, *each) for each in ((base, helped), (base, hit), (hit, both))]
    assert [each and each["is_choice"] for each in asked] == [True, False, True]
    assert len({each["programme_cost_gbp"] for each in asked if each}) == 1


def test_only_the_dates_that_all_have_are_compared() -> None:
    long, short = values_of(BUSY, replace(BUSY, months=9), replications=6)
    cut, same = over_the_same_dates([long, short])
    assert cut.calendar.dates == same.calendar.dates == short.calendar.dates
    for row in (IN_CARE, ("starters", "all", "all"), (COST, "ifa", "all")):
        np.testing.assert_array_equal(cut.of(*row), long.of(*row)[: len(short.calendar.dates)])
    with pytest.raises(UserError, match="have no month in common"):
        over_the_same_dates([long, replace(short, calendar=report_calendar(BUSY.start, 0))])


def test_months_that_begin_before_the_first_shared_date_are_left_out() -> None:
    """Two forecasts of four months and of the last three: nothing of the first month is shared."""
    long = report_calendar(BUSY.start, 4)
    later = report_calendar(long.dates[1], 3)
    cost = np.arange(len(COST_LINES) * 4)[:, None] * np.ones(2)
    council = ScenarioValues(
        "long", long, InMemory(np.arange(5)[:, None] * np.ones(2)), InMemory(cost), (IN_CARE,)
    )
    cut, _ = over_the_same_dates([council, replace(council, calendar=later)])
    assert cut.calendar.dates == long.dates[1:]
    np.testing.assert_array_equal(cut.of(*IN_CARE), council.of(*IN_CARE)[1:])
    for line in COST_LINES:
        np.testing.assert_array_equal(cut.of(COST, line)[1:], council.of(COST, line)[2:])


def test_runs_are_read_back_as_they_were_written(tmp_path: Path, pair: Paired) -> None:
    forecast = run(BUSY, replications=REPLICATIONS, seed=5, workers=1)
    write_replications(forecast.replication_values, tmp_path / "replications.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"seed": 5}), encoding="utf-8")
    read = read_run(tmp_path)
    assert read.name == "Small council"
    assert read.values.calendar.dates == pair.calendar.dates
    for row in pair.base.all_rows:
        np.testing.assert_array_equal(read.values.of(*row), pair.base.of(*row))


def test_folders_that_are_no_runs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: there is no such folder\. Give the folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"found no manifest\.json"):
        read_run(tmp_path)
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=r"found no replications\.parquet"):
        read_run(tmp_path)
    (tmp_path / "replications.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UserError, match=r"a file of the run is damaged"):
        read_run(tmp_path)
