"""Many worlds at once: the same answer on any number of workers, layers, errors, stopping."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from records import FAR_SHARE, OUTSIDE_SHARE, cost_plan
from worlds import START, a_world, cohort, entries, hazards, places

import sufficiency
from sufficiency.domain import UASC
from sufficiency.errors import SufficiencyError, UserError
from sufficiency.experiment import run
from sufficiency.forecast import Forecast
from sufficiency.measures.money import CostPlan
from sufficiency.measures.monthly import FORECAST_ROWS
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.world import World
from sufficiency.workers import work_out

TABLES = ("forecast", "flows", "needs", "finance", "finance_monthly", "layers")


@dataclass(frozen=True)
class SmallCouncil:
    """Forty children, four entries a month; parameters and drift stretch the entries."""

    months: int = 14
    parameter: bool = True
    drift: bool = True
    layers: bool = True
    budget_gbp: Mapping[str, float] = field(default_factory=dict)
    start: date = START
    population_0_17: float | None = 20_000.0
    fails_at: int = -1

    @property
    def scenario(self) -> Any:
        uncertainty = SimpleNamespace(
            parameter=self.parameter, drift=self.drift, layers=self.layers
        )
        return _Scenario("Small council", uncertainty)

    @property
    def authority(self) -> Mapping[str, str]:
        return {"name": "Smallshire", "old_la_code": "1", "new_la_code": "E1", "region": "R"}

    @property
    def costs(self) -> CostPlan:
        return cost_plan(0.03, **self.budget_gbp)

    shares = {"outside_area_share": OUTSIDE_SHARE, "over_20_miles_share": FAR_SHARE}  # noqa: RUF012
    origins = ()
    warnings = ("The data are old.",)
    manifest_extras = {"data_age": "old"}  # noqa: RUF012

    def draw_world(self, seed: int, replication: int, *, parameter: bool, drift: bool) -> World:
        if replication == self.fails_at:
            raise UserError("this world cannot be drawn")
        normals = np.random.default_rng([seed, replication]).normal(size=2)
        stretch = np.exp(normals @ [0.3 * parameter, 0.6 * drift])
        return a_world(
            days=int(report_calendar(self.start, self.months).days[-1]),
            start=self.start,
            hazards=hazards({"returned_home": 0.5 / 365, "planned": 1 / 365}),
            entries=entries({"5_9": 0.12 * stretch, UASC: 0.01}),
            cohort=cohort(40),
            places=places(45, -1, 0, 0, 0, 0),
        )


@dataclass(frozen=True)
class _Scenario:
    name: str
    uncertainty: Any
    files: tuple[Path, ...] = (Path(__file__),)
    table_path: Path | None = None

    def model_dump(self, mode: str) -> dict[str, str]:
        return {"name": self.name}


def in_bytes(forecast: Forecast) -> list[bytes]:
    tables = [getattr(forecast, name).to_csv().encode() for name in TABLES]
    return [*tables, forecast.replications.to_csv().encode()]


@pytest.fixture(scope="module")
def serial() -> Forecast:
    return run(SmallCouncil(), replications=30, seed=5, workers=1)


def test_one_worker_and_two_give_the_same_bytes(serial: Forecast) -> None:
    parallel = run(SmallCouncil(), replications=30, seed=5, workers=2)
    assert in_bytes(parallel) == in_bytes(serial)
    assert multiprocessing.active_children() == []


def test_another_seed_is_another_future(serial: Forecast) -> None:
    other = run(SmallCouncil(), replications=30, seed=6, workers=1)
    assert not other.forecast.equals(serial.forecast)


def test_a_longer_run_begins_with_the_shorter_one(serial: Forecast) -> None:
    longer = run(SmallCouncil(layers=False), replications=35, seed=5, workers=1)
    first = longer.replications.query("replication < 30").reset_index(drop=True)
    assert first.equals(serial.replications)


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
    assert len(table) == 30 * len(FORECAST_ROWS) * 15
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
    assert heard == [(done, 21) for done in range(1, 22)]


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
    of_this_file = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    assert manifest["inputs"] == [{"file": "test_experiment.py", "sha256": of_this_file}]
    assert manifest["data_age"] == "old"
    assert manifest["authority"]["name"] == "Smallshire"
    assert manifest["scenario"] == {"name": "Small council"}
    precision = manifest["monte_carlo"]
    assert set(precision) == {"in_care", "in_house_shortfall", "unmet_need", "cost"}
    assert precision["in_care"]["date"] == "2022-03-31"
    assert 0 < precision["in_care"]["p10_se"] < 10
    assert precision["cost"]["financial_year"] == "2021-22"


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
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        run(SmallCouncil(), **{"replications": 10, "seed": 1, "workers": 1} | numbers)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_world_comes_out_and_leaves_no_worker(workers: int) -> None:
    with pytest.raises(UserError, match="cannot be drawn"):
        run(SmallCouncil(fails_at=25), replications=40, seed=1, workers=workers)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_stopping_between_two_results_leaves_no_worker(workers: int) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(SmallCouncil(), replications=2000, seed=1, workers=workers, progress=stop)
    assert multiprocessing.active_children() == []


def _die(shared: None, item: int) -> int:
    if item == 5:
        os._exit(9)
    return item


def test_a_worker_that_dies_is_one_clear_message() -> None:
    with pytest.raises(SufficiencyError, match="for want of memory"):
        list(work_out(_die, None, range(40), workers=2))
    assert multiprocessing.active_children() == []


def _sleep(shared: float, item: int) -> int:
    time.sleep(shared)
    return os.getpid()


INTERRUPTED = """
    import sys, time
    from test_experiment import _sleep
    from sufficiency.workers import work_out

    if __name__ == "__main__":
        try:
            for _, worker in work_out(_sleep, 0.05, range(2000), workers=2):
                print(worker, flush=True)
        except KeyboardInterrupt:
            sys.exit(130)
"""


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


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes are POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_is_quick_and_leaves_no_worker(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "interrupted.py"
    script.write_text(textwrap.dedent(INTERRUPTED), encoding="utf-8")
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent)])
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=True,
    )
    assert process.stdout is not None
    workers = {int(process.stdout.readline()) for _ in range(30)}
    began = time.monotonic()
    if how is signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.kill()
    _, complaint = process.communicate(timeout=10)
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert time.monotonic() - began < 5
    assert "Traceback" not in complaint
    deadline = time.monotonic() + 5
    while any(_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(worker) for worker in workers)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text(encoding="utf-8").split()[2] != "Z"
