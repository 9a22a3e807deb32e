"""Does a published copy hold no small real count, in any of its files?"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sufficiency.errors import OutputError, UserError
from sufficiency.report.kinds import Results, check_replaceable
from sufficiency.report.publishing import publish
from sufficiency.report.run_folder import TABLES, write_manifest, write_table
from tests.command_line import leave_out_the_report, status
from tests.test_suppression import started_from

REPLICATIONS = 3


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of real children, as it is written: numbers in CSV and Parquet."""
    folder = tmp_path_factory.mktemp("run") / "run"
    folder.mkdir()
    run = started_from(
        [100, 120, 3, 40, 9, 20],
        [4, 60, 80, 100, 48],
        command="sufficiency run my-children.yaml",
        inputs=[{"file": "my-children.yaml", "sha256": "00"}],
        cells=[{"events": 3}],
        starting_figures=[
            {"date": "2020-06-30", "figure": 292, "source": "The list"},
            {"date": "2020-06-30", "figure": 3, "source": "Of them in one home"},
        ],
    )
    for name in TABLES:
        write_table(getattr(run, name), folder / f"{name}.csv")
    write_manifest(run.manifest, folder / "manifest.json")
    keys = run.forecast[["date", "measure", "sector", "age_band"]]
    long = pd.concat(
        [keys.assign(scenario="s", replication=n, value=run.forecast["mean"]) for n in range(3)]
    )
    costs = pd.concat(
        [
            rows[rows["measure"] == "in_care"].assign(measure="cost", value=1000.0)
            for _, rows in long.groupby("replication")
        ]
    )
    long = pd.concat([long, costs[costs["age_band"] == "all"]])
    long["date"] = pd.to_datetime(long["date"]).dt.date
    order = ["scenario", "replication", "date", "measure", "sector", "age_band", "value"]
    # As a run writes it: nothing is missing (what is not known is NaN), and the file says so.
    arrays = {name: pa.array(long[name], from_pandas=False) for name in order}
    fields = [pa.field(name, array.type, nullable=False) for name, array in arrays.items()]
    table = pa.table(list(arrays.values()), schema=pa.schema(fields))
    pq.write_table(table, folder / "replications.parquet")
    return folder


@pytest.fixture(scope="module")
def copy(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(run_folder, tmp_path_factory.mktemp("copy") / "board").folder


def test_every_file_goes_over(run_folder: Path, copy: Path) -> None:
    names = {path.name for path in copy.iterdir()}
    assert names == {path.name for path in run_folder.iterdir()} | {"report.html", "workbook.xlsx"}
    check_replaceable(copy, Results.PUBLISHED)


def test_csv_and_parquet_leave_out_the_same_figures(run_folder: Path, copy: Path) -> None:
    forecast = pd.read_csv(copy / "forecast.csv")
    hidden = forecast[forecast["flag"] == "c"]
    assert {"connected_persons", "supported_accommodation"} <= set(hidden["sector"])
    assert hidden[["mean", "sd", "p50"]].isna().all().all()
    long = pd.read_parquet(copy / "replications.parquet")
    before = pd.read_parquet(run_folder / "replications.parquet")
    known = long["value"].notna()
    lost = ~known & before["value"].notna()
    had_one = pd.read_csv(run_folder / "forecast.csv").loc[hidden.index, "mean"].notna()
    assert int((lost & (long["measure"] != "cost")).sum()) == REPLICATIONS * int(had_one.sum())
    few = set(hidden.loc[hidden["measure"] == "in_care", "sector"]) - {"all"}
    assert len(few) > 1
    assert set(long.loc[lost & (long["measure"] == "cost"), "sector"]) == few
    assert not long.loc[known & (long["measure"] == "cost"), "sector"].isin(few).any()
    np.testing.assert_array_equal(long.loc[known, "value"], before.loc[known, "value"])
    left = long[known & (long["measure"] == "in_care") & (long["date"] == long["date"].min())]
    assert not left["value"].between(0.5, 5.5).any()


def test_the_manifest_tells_no_names_and_no_cells(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert not {"command", "inputs", "cells"} & manifest.keys()
    assert [row["figure"] for row in manifest["starting_figures"]] == [292]
    assert manifest["published"] is True


def test_a_published_page_is_not_marked_but_says_what_c_means(copy: Path) -> None:
    page = (copy / "report.html").read_text(encoding="utf-8")
    assert "OFFICIAL-SENSITIVE" not in page
    assert "my-children" not in page
    assert "c: left out" in page
    book = openpyxl.load_workbook(copy / "workbook.xlsx", read_only=True)
    assert book["Summary"]["A1"].value != "OFFICIAL-SENSITIVE"
    book.close()


def test_a_copy_of_a_copy_is_the_same(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_the_report(monkeypatch)
    again = publish(copy, tmp_path / "again").folder
    for name in TABLES:
        assert (again / f"{name}.csv").read_bytes() == (copy / f"{name}.csv").read_bytes()


def test_a_copy_replaces_an_earlier_copy_and_nothing_around_its_run(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_the_report(monkeypatch)
    nest = publish(run_folder, tmp_path / "nest").folder
    publish(run_folder, nest, overwrite=True)
    run = shutil.copytree(run_folder, nest / "run")
    with pytest.raises(OutputError, match=r"nest: holds the run itself"):
        publish(run, nest, overwrite=True)
    assert {path.name for path in run.iterdir()} == {path.name for path in run_folder.iterdir()}
    other = shutil.copytree(run_folder, tmp_path / "other")
    with pytest.raises(OutputError, match="holds a run, not a published copy"):
        publish(run_folder, other, overwrite=True)


def test_whoever_publishes_is_told_of_the_option_that_there_is(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    assert status("publish", str(run_folder), "--to", str(tmp_path / "there")) == 2
    said = capsys.readouterr().err
    assert "Choose another with --to" in said
    assert "--out" not in said


def test_what_cannot_be_published_is_refused(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"found no manifest\.json"):
        publish(tmp_path, tmp_path / "to")
    with pytest.raises(OutputError, match="choose another with --to"):
        publish(run_folder, run_folder / "inside")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"):
        publish(run_folder, tmp_path / "there")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=r"found no forecast\.csv, so this is not the folder of a"):
        publish(damaged, tmp_path / "to")
    (damaged / "forecast.csv").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="missing or damaged"):
        publish(damaged, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_the_command_says_what_it_did(
    run_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leave_out_the_report(monkeypatch)
    assert status("publish", str(run_folder), "--to", str(tmp_path / "copy")) == 0
    assert "figures were left out. The copy is in" in capsys.readouterr().out
