"""Many worlds at once: the same answer on any number of workers, layers, errors, stopping."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_council
from small_council import SmallCouncil, in_bytes
from worlds import START

import sufficiency
from sufficiency.errors import UserError
from sufficiency.experiment import run
from sufficiency.forecast import Forecast
from sufficiency.measures.monthly import FORECAST_ROWS
from sufficiency.measures.rows import COST_ROWS
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority


@dataclass(frozen=True)
class FromFile(SmallCouncil):
    """A council whose scenario was read from a file."""

    path: Path = Path(__file__)

    @property
    def scenario(self) -> Any:
        return replace(super().scenario, files=(self.path,))


@pytest.fixture(scope="module")
def serial() -> Forecast:
    return run(SmallCouncil(), replications=30, seed=5, workers=1)


@pytest.mark.parametrize(
    ("executor", "workers", "chunk_size"),
    [("serial", 1, 7), ("threads", 2, 4), ("threads", 3, 1), ("processes", 2, 11)],
)
def test_the_bytes_do_not_depend_on_who_works_or_how_much_at_a_time(
    serial: Forecast, executor: str, workers: int, chunk_size: int
) -> None:
    other = run(
        SmallCouncil(),
        replications=30,
        seed=5,
        workers=workers,
        executor=executor,
        chunk_size=chunk_size,
    )
    assert in_bytes(other) == in_bytes(serial)
    assert other.manifest["executor"] == executor
    assert other.manifest["chunks"] == -(-30 // chunk_size) * 3
    assert multiprocessing.active_children() == []


def test_another_seed_is_another_future(serial: Forecast) -> None:
    other = run(SmallCouncil(), replications=30, seed=6, workers=1)
    assert not other.forecast.equals(serial.forecast)


def test_a_longer_run_begins_with_the_shorter_one(serial: Forecast) -> None:
    longer = run(SmallCouncil(layers=False), replications=35, seed=5, workers=1)
    first = longer.replications.query("replication < 30").reset_index(drop=True)
    assert first.equals(serial.replications)


def test_a_longer_forecast_begins_with_the_shorter_one() -> None:
    short, longer = (
        run(
            resolve(scenario_for_authority("Rutland", months=months)),
            replications=3,
            seed=5,
            workers=1,
        ).replication_values.values
        for months in (2, 14)
    )
    np.testing.assert_array_equal(longer[..., :3], short)


def test_the_summary_is_that_of_the_replications(serial: Forecast) -> None:
    each = serial.replications.query("measure == 'in_care' and sector == 'ifa'")
    summary = serial.forecast.query("measure == 'in_care' and sector == 'ifa'")
    by_date = each.groupby("date")["value"]
    assert len(each) == 30 * 15
    np.testing.assert_allclose(summary["mean"], by_date.mean(), rtol=1e-12)
    np.testing.assert_allclose(summary["p90"], by_date.quantile(0.9), rtol=1e-12)
    assert summary["date"].tolist() == sorted(by_date.groups)


def test_the_long_table_has_the_columns_and_rows_of_the_contract(serial: Forecast) -> None:
    table = serial.replications
    assert list(table.columns) == [
        "scenario", "replication", "date", "measure", "sector", "age_band", "value",
    ]  # fmt: skip
    assert len(table) == 30 * (len(FORECAST_ROWS) + len(COST_ROWS)) * 15
    assert set(table["scenario"]) == {"Small council"}


def test_the_tables_have_the_columns_of_the_contract(serial: Forecast) -> None:
    statistics = ["mean", "sd", "p05", "p10", "p25", "p50", "p75", "p90", "p95"]
    expected = {
        "forecast": ["date", "measure", "sector", "age_band"],
        "flows": ["date", "flow", "reason", "age_band", "group"],
        "needs": ["date", "need_group", "sector", "measure"],
        "finance": ["financial_year", "months", "sector", "pool", "measure"],
        "finance_monthly": ["date", "period", "sector", "pool", "basis", "measure"],
    }
    for name, columns in expected.items():
        assert list(getattr(serial, name).columns) == columns + statistics


def test_flows_are_empty_on_the_start_date(serial: Forecast) -> None:
    started = serial.forecast["date"].dt.date == START
    flow = serial.forecast["measure"].isin(["starters", "leavers", "moves"])
    assert serial.forecast.loc[started & flow, "mean"].isna().all()
    assert serial.forecast.loc[~started & flow, "mean"].notna().all()
    assert serial.flows.loc[serial.flows["date"].dt.date == START, "mean"].isna().all()


def test_layers_add_up_to_the_variance_with_all_of_them(serial: Forecast) -> None:
    layers = serial.layers.set_index("date")
    total = serial.replications.query(
        "measure == 'in_care' and sector == 'all' and age_band == 'all'"
    )
    variance = total.groupby("date")["value"].var()
    np.testing.assert_allclose(layers.sum(axis=1), variance[layers.index], rtol=1e-9)
    assert [day.date() for day in layers.index] == [date(2022, 3, 31), date(2022, 5, 31)]
    assert serial.manifest["uncertainty_layers"][0]["date"] == "2022-03-31"


def test_a_layer_that_is_off_adds_nothing() -> None:
    no_drift = run(SmallCouncil(drift=False), replications=20, seed=5, workers=1)
    assert (no_drift.layers["drift"] == 0).all()
    assert (no_drift.layers["parameter"] != 0).any()
    chance = run(SmallCouncil(drift=False, parameter=False), replications=20, seed=5, workers=1)
    assert (chance.layers[["parameter", "drift"]] == 0).all().all()
    assert (chance.layers["process"] > 0).all()


def test_layers_are_only_simulated_when_asked_for() -> None:
    heard: list[tuple[int, int]] = []
    without = run(
        SmallCouncil(layers=False),
        replications=21,
        seed=5,
        workers=1,
        progress=lambda *now: heard.append(now),
    )
    assert without.layers.empty
    assert heard == [(0, 21), (21, 21)]


def test_too_few_replications_are_not_split_into_layers() -> None:
    heard: list[tuple[int, int]] = []
    few = run(
        SmallCouncil(months=12),
        replications=19,
        seed=5,
        workers=1,
        progress=lambda *now: heard.append(now),
    )
    assert few.layers.empty
    assert few.manifest["uncertainty_layers"] == []
    assert heard[-1] == (19, 19)


def test_the_manifest_says_what_was_run(serial: Forecast) -> None:
    manifest = serial.manifest
    assert manifest["package_version"] == sufficiency.__version__
    assert (manifest["seed"], manifest["replications"], manifest["engine"]) == (5, 30, "compiled")
    assert manifest["warnings"] == ["The data are old."]
    of_its_file = hashlib.sha256(Path(small_council.__file__).read_bytes()).hexdigest()
    assert manifest["inputs"] == [{"file": "small_council.py", "sha256": of_its_file}]
    assert manifest["data_age"] == "old"
    assert manifest["authority"]["name"] == "Smallshire"
    assert manifest["scenario"] == {"name": "Small council"}
    precision = manifest["monte_carlo"]
    assert set(precision) == {"in_care", "in_house_shortfall", "unmet_need", "cost"}
    assert precision["in_care"]["date"] == "2022-03-31"
    assert 0 < precision["in_care"]["p10_se"] < 10
    assert precision["cost"]["financial_year"] == "2021-22"


def test_a_file_that_is_changed_while_a_run_goes_on_is_named_as_it_was_read(
    tmp_path: Path,
) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("name: as it was run", encoding="utf-8")
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    found = run(
        FromFile(layers=False, path=file),
        replications=2,
        seed=5,
        workers=1,
        progress=lambda done, of: file.unlink(missing_ok=True),
    )
    assert found.manifest["inputs"] == [{"file": "scenario.yaml", "sha256": before}]


def test_a_budget_that_cannot_be_compared_is_a_warning() -> None:
    part = replace(SmallCouncil(layers=False), budget_gbp={"2022-23": 1.0})
    found = run(part, replications=2, seed=5, workers=1)
    assert found.manifest["warnings"][1].startswith("The budget for 2022-23 is not compared")


def test_one_replication_is_enough() -> None:
    alone = run(SmallCouncil(months=1), replications=1, seed=0, workers=2)
    rows = alone.forecast.query("measure == 'in_care' and sector == 'all' and age_band == 'all'")
    assert rows["sd"].isna().all()
    assert (rows["p05"] == rows["p95"]).all()
    assert alone.layers.empty
    assert alone.manifest["monte_carlo"]["in_care"]["p10_se"] is None


def test_no_population_gives_no_rate() -> None:
    found = run(
        SmallCouncil(months=1, population_0_17=None, layers=False),
        replications=2,
        seed=0,
        workers=1,
    )
    rates = found.forecast.query("measure == 'in_care_rate_per_10k'")
    assert rates["mean"].isna().all()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"replications": 0}, "replications: found 0, expected a whole number from 1 up."),
        ({"seed": -1}, "seed: found -1, expected a whole number from 0 up."),
        ({"seed": 2**64}, f"seed: found {2**64}, expected a whole number up to {2**64 - 1}."),
        ({"workers": 0}, "workers: found 0, expected a whole number from 1 up."),
        ({"engine": "steam"}, "engine: found 'steam', expected one of compiled, simpy"),
        ({"executor": "magic"}, "executor: found 'magic', expected one of serial, threads, proc"),
        ({"executor": "dask"}, "executor: Dask needs the address of a running scheduler, such as"),
        (
            {"executor": "threads", "scheduler": "tcp://here:1"},
            "scheduler: found tcp://here:1 with the executor threads; a scheduler goes with",
        ),
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        run(SmallCouncil(), **{"replications": 10, "seed": 1, "workers": 1} | numbers)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("executor", ["serial", "threads", "processes"])
def test_an_error_in_a_world_comes_out_and_leaves_no_worker(executor: str) -> None:
    with pytest.raises(UserError, match="cannot be drawn"):
        run(
            SmallCouncil(fails_at=25),
            replications=40,
            seed=1,
            workers=2,
            executor=executor,
            chunk_size=10,
        )
    assert multiprocessing.active_children() == []
    assert not [thread for thread in threading.enumerate() if "simulation" in thread.name]


@pytest.mark.parametrize("executor", ["serial", "threads", "processes"])
def test_stopping_between_two_chunks_leaves_no_worker(executor: str) -> None:
    def stop(done: int, of: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            SmallCouncil(),
            replications=500,
            seed=1,
            workers=2,
            executor=executor,
            chunk_size=10,
            progress=stop,
        )
    assert multiprocessing.active_children() == []
    assert not [thread for thread in threading.enumerate() if "simulation" in thread.name]


def test_the_package_offers_its_api_without_importing_it_first() -> None:
    script = (
        "import sys, sufficiency; before = 'numpy' in sys.modules;"
        "from sufficiency import load_scenario, simulate, Forecast;"
        "sys.exit(before)"
    )
    root = str(Path(__file__).parent.parent)
    done = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": root})
    assert done.returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'guess'"):
        sufficiency.guess  # noqa: B018
