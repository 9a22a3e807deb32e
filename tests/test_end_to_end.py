"""From a command to a folder of results: what DESIGN's contract promises to whoever scripts us."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import COLUMNS, FILES, in_a_process, leave_out_the_report, status

from sufficiency.domain import AGE_BANDS, SETTINGS, next_month
from sufficiency.shipped import shipped_path

MEDIUM = shipped_path("scenarios", "wolverhampton-2020-medium.yaml")
SCENARIOS = sorted(shipped_path("scenarios").glob("*.yaml"))
REPLICATIONS = 12
"""Enough that two workers have work, as a chunk is ten."""
OPTIONS = ("--replications", str(REPLICATIONS), "--seed", "7")


@pytest.fixture(autouse=True)
def _keep_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to run in, and no time spent on pages."""
    leave_out_the_report(monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration as a user runs it, in a process of its own."""
    folder = tmp_path_factory.mktemp("a folder with spaces")
    scenarios = folder / "scenarios"
    shutil.copytree(MEDIUM.parent, scenarios)
    arguments = ["run", f"scenarios/{MEDIUM.name}", *OPTIONS, "--workers", "1"]
    done = in_a_process(arguments, folder, environment={"PYTHONHASHSEED": "1"})
    assert done.returncode == 0, done.stderr
    out = folder / "outputs" / MEDIUM.stem
    assert str(Path("outputs", MEDIUM.stem, "report.html")) in done.stdout
    assert "31 March 2023" in done.stdout
    assert f"{REPLICATIONS}/" in done.stderr or "Simulating" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["outputs", "scenarios"]
    return out


@pytest.fixture(scope="session")
def forecast(whole_run: Path) -> pd.DataFrame:
    return pd.read_csv(whole_run / "forecast.csv", parse_dates=["date"])


def csv_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def test_every_file_of_the_contract_is_there_and_no_other(whole_run: Path) -> None:
    assert {path.name for path in whole_run.iterdir()} == FILES
    for name, columns in COLUMNS.items():
        with (whole_run / name).open(encoding="utf-8", newline="") as file:
            assert file.readline() == columns + "\n", name
    with zipfile.ZipFile(whole_run / "workbook.xlsx") as workbook:
        assert not any("vba" in name.lower() for name in workbook.namelist())
    page = (whole_run / "report.html").read_text(encoding="utf-8")
    assert "On 31 March 2023 we expect" in page
    assert 'src="http' not in page
    assert '<link rel="stylesheet"' not in page


def test_dates_are_the_start_and_each_month_end(forecast: pd.DataFrame) -> None:
    dates = [day.date() for day in forecast["date"].drop_duplicates()]
    assert [dates[0].isoformat(), dates[-1].isoformat(), len(dates)] == [
        "2020-06-30", "2023-03-31", 34,
    ]  # fmt: skip
    assert all(next_month(day).month != day.month for day in dates)
    assert dates == sorted(dates)


def test_children_in_care_add_up_over_settings_and_over_ages(forecast: pd.DataFrame) -> None:
    in_care = forecast[forecast["measure"] == "in_care"]
    parts = {
        "sector": in_care[(in_care["sector"] != "all")],
        "age_band": in_care[(in_care["age_band"] != "all")],
    }
    total = in_care[(in_care["sector"] == "all") & (in_care["age_band"] == "all")]
    assert set(parts["sector"]["sector"]) == set(SETTINGS)
    assert set(parts["age_band"]["age_band"]) == set(AGE_BANDS)
    for name, rows in parts.items():
        summed = rows.groupby("date")["mean"].sum()
        np.testing.assert_allclose(summed, total["mean"], atol=0.001, err_msg=name)


def test_rows_are_marginals_and_flows_begin_empty(forecast: pd.DataFrame) -> None:
    assert ((forecast["sector"] == "all") | (forecast["age_band"] == "all")).all()
    assert not forecast.duplicated(["date", "measure", "sector", "age_band"]).any()
    first = forecast["date"].min()
    flows = forecast[forecast["measure"].isin(["starters", "leavers", "moves"])]
    begins_empty = flows.groupby(flows["date"] == first)["mean"].apply(lambda mean: mean.isna())
    assert begins_empty[True].all()
    assert not begins_empty[False].any()


def test_stock_changes_by_starters_less_leavers(forecast: pd.DataFrame) -> None:
    total = forecast[(forecast["sector"] == "all") & (forecast["age_band"] == "all")]
    by_measure = total.pivot_table(index="date", columns="measure", values="mean")
    change = by_measure["in_care"].diff().iloc[1:]
    flow = (by_measure["starters"] - by_measure["leavers"]).iloc[1:]
    np.testing.assert_allclose(change, flow, atol=0.001)


def test_a_start_is_known_and_quantiles_rise(forecast: pd.DataFrame) -> None:
    start = forecast[forecast["date"] == forecast["date"].min()].set_index(
        ["measure", "sector", "age_band"]
    )
    everyone = start.loc[("in_care", "all", "all")]
    assert (everyone[["mean", "p05", "p50", "p95"]] == 585).all()
    quantiles = forecast[["p05", "p10", "p25", "p50", "p75", "p90", "p95"]].dropna()
    assert (quantiles.diff(axis=1).iloc[:, 1:] >= 0).all().all()


def test_replications_hold_what_the_table_sums_up(whole_run: Path, forecast: pd.DataFrame) -> None:
    each = pd.read_parquet(whole_run / "replications.parquet")
    assert list(each.columns) == [
        "scenario", "replication", "date", "measure", "sector", "age_band", "value",
    ]  # fmt: skip
    assert set(each["replication"]) == set(range(REPLICATIONS))
    chosen = "measure == 'in_care' and sector == 'residential'"
    per_date = each.query(chosen).groupby("date")["value"].mean()
    np.testing.assert_allclose(forecast.query(chosen)["mean"], per_date, atol=0.0001)


def test_money_by_year_is_the_sum_of_its_months(whole_run: Path) -> None:
    annual = pd.read_csv(whole_run / "finance.csv")
    monthly = pd.read_csv(whole_run / "finance_monthly.csv")
    assert dict(zip(annual["financial_year"], annual["months"], strict=True)) == {
        "2020-21": 9, "2021-22": 12, "2022-23": 12,
    }  # fmt: skip
    cost = annual.query("measure == 'cost' and pool == 'all'")
    total = cost[cost["sector"] == "all"]["mean"].sum()
    parts = cost[cost["sector"] != "all"]["mean"].sum()
    np.testing.assert_allclose(parts, total, rtol=1e-6)
    by_month = monthly.query("measure == 'cost' and sector == 'all' and pool == 'all'")
    every_basis = by_month.groupby("basis")["mean"].sum()
    assert set(every_basis.index) <= {"actual", "committed", "new"}
    np.testing.assert_allclose(every_basis.sum(), total, rtol=1e-6)


def test_the_manifest_says_what_was_run_and_from_what(whole_run: Path) -> None:
    manifest = json.loads((whole_run / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["seed"], manifest["replications"]) == (7, REPLICATIONS)
    assert {each["file"] for each in manifest["inputs"]} >= {
        "wolverhampton-2020-medium.yaml",
        "wolverhampton-2020.yaml",
    }
    assert all(len(each["sha256"]) == 64 for each in manifest["inputs"])
    assert {origin["kind"] for origin in manifest["origins"]} == {"fitted", "lever", "assumed"}
    assert str(whole_run.parent) not in json.dumps(manifest)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_command_gives_the_same_bytes_on_any_number_of_workers(
    whole_run: Path, quick: Path, workers: int
) -> None:
    assert status("run", str(MEDIUM), *OPTIONS, "--workers", str(workers), "--out", "again") == 0
    again = csv_bytes(quick / "again")
    assert again.keys() == COLUMNS.keys()
    assert again == csv_bytes(whole_run)
    parquet = "replications.parquet"
    assert (quick / "again" / parquet).read_bytes() == (whole_run / parquet).read_bytes()


def test_another_seed_is_another_run(whole_run: Path, quick: Path) -> None:
    assert status("run", str(MEDIUM), "--replications", "2", "--seed", "8", "--workers", "1") == 0
    other = csv_bytes(quick / "outputs" / MEDIUM.stem)
    assert other["forecast.csv"] != csv_bytes(whole_run)["forecast.csv"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_that_ships_runs_and_checks(
    quick: Path, scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("check", str(scenario)) == 0
    resolved = capsys.readouterr().out
    assert all(kind in resolved for kind in ("fitted", "assumed"))
    assert status("run", scenario.stem, "--replications", "2", "--workers", "1") == 0
    written = quick / "outputs" / scenario.stem
    assert {path.name for path in written.iterdir()} == FILES


def test_an_authority_by_name_and_by_either_code_is_the_same_forecast(quick: Path) -> None:
    runs = {}
    for number, authority in enumerate(("Wolverhampton", "336", "E08000031", "wolverhampton")):
        options = ("--replications", "2", "--months", "3", "--workers", "1", "--out", str(number))
        assert status("run", "--authority", authority, *options) == 0
        runs[authority] = csv_bytes(quick / str(number))
    assert all(files == runs["Wolverhampton"] for files in runs.values())


def test_an_authority_is_forecast_for_36_months_from_its_latest_figures(quick: Path) -> None:
    assert status("run", "--authority", "Leeds", "--replications", "2", "--workers", "1") == 0
    table = pd.read_csv(quick / "outputs" / "leeds" / "forecast.csv")
    assert table["date"].nunique() == 37
    assert (table["date"].min(), table["date"].max()) == ("2023-03-31", "2026-03-31")


def test_what_the_user_knows_today_moves_the_start(
    quick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = ("--in-care", "600", "--as-at", "2023-09-30", "--months", "6")
    options = ("--replications", "2", "--workers", "1", "--out", "out")
    assert status("run", "--authority", "Wolverhampton", *known, *options) == 0
    assert "rescaled to 600" in capsys.readouterr().err
    table = pd.read_csv(quick / "out" / "forecast.csv")
    total = table.query("measure == 'in_care' and sector == 'all' and age_band == 'all'")
    assert (total["date"].iloc[0], total["mean"].iloc[0]) == ("2023-09-30", 600)
    assert total["date"].iloc[-1] == "2024-03-31"


OWN_TABLE = "month,starters,leavers\n" + "".join(
    f"2022-{month:02},30,5\n" for month in range(4, 13)
)


def test_a_council_s_own_months_set_the_level_of_its_forecast(quick: Path) -> None:
    (quick / "months.csv").write_text(OWN_TABLE, encoding="utf-8")
    head = "name: Own months\nauthority: Wolverhampton\nmonths: 12\n"
    off = "uncertainty: {parameter: false, drift: false}\n"
    own = f"{head}{off}calibration:\n  table: months.csv\n"
    (quick / "own.yaml").write_text(own, encoding="utf-8")
    (quick / "published.yaml").write_text(head + off, encoding="utf-8")
    ends = {}
    for name in ("own", "published"):
        arguments = ("run", f"{name}.yaml", "--replications", "4", "--workers", "1")
        assert status(*arguments, "--out", name) == 0
        table = pd.read_csv(quick / name / "forecast.csv")
        total = table.query("measure == 'in_care' and sector == 'all' and age_band == 'all'")
        ends[name] = total["mean"].iloc[-1]
    # 30 starters a month and 5 leavers, against about 14 of each: some 300 more in a year.
    assert ends["own"] > ends["published"] + 100
    manifest = json.loads((quick / "own" / "manifest.json").read_text(encoding="utf-8"))
    assert "months.csv" in {each["file"] for each in manifest["inputs"]}


def test_overwrite_replaces_an_earlier_run_whole(quick: Path) -> None:
    run = ("run", MEDIUM.stem, "--replications", "2", "--months", "2", "--workers", "1")
    assert status(*run, "--out", "r") == 0
    first = csv_bytes(quick / "r")
    assert status(*run, "--seed", "9", "--out", "r") == 2
    assert csv_bytes(quick / "r") == first
    assert status(*run, "--seed", "9", "--out", "r", "--overwrite") == 0
    assert csv_bytes(quick / "r")["forecast.csv"] != first["forecast.csv"]
    assert [path.name for path in quick.iterdir()] == ["r"]
