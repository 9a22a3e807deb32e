"""The folder of a run: whole or not at all, the same bytes, one clear message."""

from __future__ import annotations

import csv
import errno
import json
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_council import SmallCouncil
from xlsxwriter.exceptions import FileCreateError

import sufficiency.experiment
import sufficiency.report.page
import sufficiency.report.workbook
from sufficiency.errors import OutputError
from sufficiency.experiment import run
from sufficiency.forecast import Forecast, ReplicationValues
from sufficiency.report.run_folder import (
    RunWriter,
    check_writable,
    default_run_folder,
    write_manifest,
    write_run,
    write_table,
    written_whole,
)

FILES = {
    "manifest.json",
    "forecast.csv",
    "flows.csv",
    "needs.csv",
    "finance.csv",
    "finance_monthly.csv",
    "dearest_placements.csv",
    "pools.csv",
    "moves_between.csv",
    "stories.csv",
    "replications.parquet",
    "workbook.xlsx",
    "report.html",
}


def small_run() -> Forecast:
    """More replications than the Parquet file holds in one row group."""
    council = SmallCouncil(budget_gbp={"2021-22": 1_000_000.0}, layers=False)
    return run(council, replications=55, seed=5, workers=1)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return small_run()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and a workbook of one line: this file is about the folder."""

    def one_line(run: Any, path: Path) -> None:
        path.write_text("one line", encoding="utf-8")

    monkeypatch.setattr(sufficiency.report.page, "write_page", one_line)
    monkeypatch.setattr(sufficiency.report.workbook, "write_workbook", one_line)


def fail_with(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_run_writes_every_file_of_the_contract(forecast: Forecast, tmp_path: Path) -> None:
    out = write_run(forecast, tmp_path / "runs" / "first")
    assert {path.name for path in out.iterdir()} == FILES
    assert [path.name for path in out.parent.iterdir()] == ["first"]
    assert all(path.stat().st_size > 0 for path in out.iterdir())


@pytest.mark.usefixtures("quick")
def test_the_same_forecast_gives_the_same_bytes(forecast: Forecast, tmp_path: Path) -> None:
    first = write_run(forecast, tmp_path / "first")
    second = write_run(small_run(), tmp_path / "second")
    for path in first.glob("*.csv"):
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


@pytest.mark.usefixtures("quick")
def test_tables_read_back_as_they_were(forecast: Forecast, tmp_path: Path) -> None:
    out = write_run(forecast, tmp_path / "run")
    for name in ("forecast", "flows", "needs", "finance", "finance_monthly"):
        table = getattr(forecast, name)
        read = pd.read_csv(out / f"{name}.csv", parse_dates=["date"] if "date" in table else [])
        pd.testing.assert_frame_equal(read, table, check_dtype=False, rtol=0, atol=0.6e-4)


@pytest.mark.usefixtures("quick")
def test_csv_files_suit_readers_that_know_nothing_of_marks(
    forecast: Forecast, tmp_path: Path
) -> None:
    out = write_run(forecast, tmp_path / "run")
    raw = (out / "forecast.csv").read_bytes()
    raw.decode("ascii")
    assert b"\r" not in raw
    with (out / "forecast.csv").open(encoding="ascii", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["date"] == "2021-03-31"
    assert first["mean"] == "40.0000"


def test_nothing_and_minus_nothing_are_written_alike(tmp_path: Path) -> None:
    table = pd.DataFrame({"date": pd.to_datetime(["2021-03-31"] * 3), "mean": [-1e-9, np.nan, 1.5]})
    write_table(table, tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text(encoding="utf-8").split("\n")
    assert lines == ["date,mean", "2021-03-31,0.0000", "2021-03-31,", "2021-03-31,1.5000", ""]


@pytest.mark.usefixtures("quick")
def test_every_replication_is_in_the_parquet_file(forecast: Forecast, tmp_path: Path) -> None:
    out = write_run(forecast, tmp_path / "run")
    read = pd.read_parquet(out / "replications.parquet")
    expected = forecast.replications
    assert list(read.columns) == list(expected.columns)
    assert len(read) == len(expected)
    for name in ("scenario", "replication", "measure", "sector", "age_band"):
        assert (read[name].to_numpy() == expected[name].to_numpy()).all()
    assert read["value"].equals(expected["value"])
    assert read["date"].iloc[0] == date(2021, 3, 31)


@pytest.mark.usefixtures("quick")
def test_replications_are_written_before_the_tables_are_made(
    forecast: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tables = sufficiency.experiment.tables

    def tables_after_all_else(*made_of: Any) -> Any:
        (aside,) = tmp_path.iterdir()
        deadline = time.monotonic() + 30
        while not any(aside.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [path.name for path in aside.iterdir()] == ["replications.parquet"]
        return make_tables(*made_of)

    monkeypatch.setattr(sufficiency.experiment, "tables", tables_after_all_else)
    council = SmallCouncil(budget_gbp={"2021-22": 1_000_000.0}, layers=False)
    with RunWriter(tmp_path / "run") as writer:

        def begin(values: ReplicationValues) -> None:
            assert list(tmp_path.iterdir()) == []
            writer.begin(values)

        writer.finish(run(council, replications=55, seed=5, workers=1, simulated=begin))
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    read = pd.read_parquet(tmp_path / "run" / "replications.parquet")
    assert read["value"].equals(forecast.replications["value"])


def test_tables_that_cannot_be_made_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sufficiency.experiment, "tables", fail_with(RuntimeError("our fault")))
    with (
        pytest.raises(RuntimeError, match="our fault"),
        RunWriter(tmp_path / "new" / "run") as writer,
    ):
        run(SmallCouncil(layers=False), replications=3, seed=5, workers=1, simulated=writer.begin)
    assert writer.has_begun
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick")
def test_the_manifest_is_json_that_any_reader_takes(forecast: Forecast, tmp_path: Path) -> None:
    out = write_run(forecast, tmp_path / "run")
    text = (out / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text, parse_constant=fail_with(AssertionError("not JSON")))
    assert manifest["seed"] == 5
    assert manifest["authority"]["name"] == "Smallshire"


def test_values_of_many_kinds_become_json(tmp_path: Path) -> None:
    manifest = {
        "nan": float("nan"),
        "number": np.float64(1.5),
        "count": np.int64(3),
        "flag": np.bool_(True),
        "array": np.array([1.0, np.inf]),
        "day": date(2021, 3, 31),
        "file": Path("a") / "b.csv",
        "words": ("£", "é"),
    }
    write_manifest(manifest, tmp_path / "manifest.json")
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8")) == {
        "nan": None,
        "number": 1.5,
        "count": 3,
        "flag": True,
        "array": [1.0, None],
        "day": "2021-03-31",
        "file": "a/b.csv",
        "words": ["£", "é"],
    }


@pytest.mark.usefixtures("quick")
def test_an_existing_run_is_kept_unless_told_otherwise(forecast: Forecast, tmp_path: Path) -> None:
    out = write_run(forecast, tmp_path / "run")
    before = (out / "forecast.csv").stat().st_mtime_ns
    with pytest.raises(OutputError) as error:
        write_run(forecast, out)
    assert str(error.value) == (
        f"{out}: the folder exists already. Choose another with --out, or replace it with "
        "--overwrite."
    )
    assert (out / "forecast.csv").stat().st_mtime_ns == before
    (out / "forecast.csv").write_text("of the former run", encoding="utf-8")
    write_run(forecast, out, overwrite=True)
    assert {path.name for path in out.iterdir()} == FILES
    assert (out / "forecast.csv").stat().st_size > 100
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(OutputError, match=r"not a run \(it has no manifest.json\)"):
        check_writable(tmp_path, overwrite=True)


def test_what_somebody_puts_into_the_former_run_meanwhile_stays(
    forecast: Forecast, tmp_path: Path
) -> None:
    out = write_run(forecast, tmp_path / "run")

    def write_into_the_former() -> None:
        with written_whole(out, overwrite=True):
            (out / "notes.txt").touch()

    with pytest.raises(OutputError, match=r"found notes\.txt in the folder, which no run has"):
        write_into_the_former()
    assert {path.name for path in out.iterdir()} == {*FILES, "notes.txt"}


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="found a file or a link, expected a folder"):
        check_writable(tmp_path / "run", overwrite=True)
    with pytest.raises(OutputError, match="nothing can be written in"):
        check_writable(tmp_path / "run" / "inside", overwrite=False)


@pytest.mark.usefixtures("quick")
def test_an_empty_folder_may_be_used(forecast: Forecast, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_run(forecast, tmp_path / "run")
    assert (tmp_path / "run" / "forecast.csv").is_file()


def test_a_folder_without_permission_is_refused_before_simulating(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError) as error:
        check_writable(tmp_path / "new" / "run", overwrite=False)
    assert str(error.value) == (
        f"{tmp_path / 'new' / 'run'}: nothing can be written in {tmp_path}. "
        "Choose another folder with --out."
    )


FAILURES = [
    (OSError(errno.ENOSPC, "No space left on device"), "the disk is full. Free some space"),
    (PermissionError(errno.EACCES, "Permission denied"), "Close it in other programs, such as"),
    (OSError(errno.EROFS, "Read-only file system"), r"cannot be written \(Read-only file system\)"),
    (FileCreateError(OSError(errno.ENOSPC, "No space left")), "the disk is full"),
    (OSError("Error writing bytes. Detail: [errno 28] No space left on device"), "disk is full"),
    (FileCreateError("no good"), r"a file cannot be written \(no good\)"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("failure", "message"), FAILURES)
@pytest.mark.parametrize("where", ["write_workbook", "write_page"])
def test_a_failure_on_the_way_leaves_nothing_behind(
    forecast: Forecast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    failure: Exception,
    message: str,
) -> None:
    module = getattr(sufficiency.report, where.removeprefix("write_"))
    monkeypatch.setattr(module, where, fail_with(failure))
    with pytest.raises(OutputError, match=message) as error:
        write_run(forecast, tmp_path / "new" / "run")
    assert str(error.value).endswith("Nothing was written.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("our fault")])
def test_stopping_on_the_way_keeps_the_former_run(
    forecast: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    out = write_run(forecast, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    monkeypatch.setattr(sufficiency.report.page, "write_page", fail_with(stop))
    with pytest.raises(type(stop)):
        write_run(forecast, out, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("which", [1, 2])
def test_a_workbook_open_in_another_program_keeps_the_former_run(
    forecast: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    out = write_run(forecast, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    renames = []
    rename = Path.rename

    def refuse_one(self: Path, target: Path) -> Path:
        renames.append(target)
        if len(renames) == which:
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_one)
    with pytest.raises(OutputError, match="Close it in other programs, such as Excel"):
        write_run(forecast, out, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.usefixtures("quick")
def test_a_disk_that_fills_leaves_nothing_behind(
    forecast: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(_: Any, path: Path) -> None:
        path.symlink_to("/dev/full")
        path.write_text("x" * 100_000, encoding="utf-8")

    monkeypatch.setattr(sufficiency.report.page, "write_page", fill_the_disk)
    with pytest.raises(OutputError, match="the disk is full"):
        write_run(forecast, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Wolverhampton 2020: medium", "wolverhampton-2020-medium"),
        ("  Café / £40k!  ", "cafe-40k"),
        ("../../etc", "etc"),
        ("日本", "run"),
    ],
)
def test_the_default_folder_is_named_after_the_scenario(name: str, folder: str) -> None:
    assert default_run_folder(name) == Path("outputs") / folder


def test_a_name_that_no_system_allows_is_refused_and_a_made_one_is_short(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="expected at most 200 letters"):
        check_writable(tmp_path / ("x" * 300), overwrite=False)
    made = default_run_folder("compare " + "a long scenario name " * 20)
    assert len(made.name) <= 100
    assert not made.name.endswith("-")
    check_writable(tmp_path / made.name, overwrite=False)


def test_what_somebody_writes_meanwhile_stays(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def write_beside_them() -> None:
        with written_whole(out) as mine:
            (mine / "mine.txt").touch()
            out.mkdir()
            (out / "thesis.txt").touch()

    with pytest.raises(OutputError, match="the folder exists already"):
        write_beside_them()
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]
    assert list(tmp_path.iterdir()) == [out]
