"""A copy of a run that may leave the building: small real counts are in none of its files.

Only what is known to be safe is copied. The tables are read back from the run's CSV files and
shown as in its page and workbook; of the manifest of a run that knows real children only named
keys go over, and neither the command nor the names of input files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sufficiency.errors import OutputError, UserError
from sufficiency.report.figures import FLAG, FLAG_COLUMN, RunResult
from sufficiency.report.holding import held
from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.run_folder import (
    TABLES,
    write_manifest,
    write_table,
    written_whole,
)
from sufficiency.report.suppression import ShownRun, is_small, knows_children, shown

FORECAST, REPLICATIONS = "forecast.csv", "replications.parquet"
KEYS = ["date", "measure", "sector", "age_band"]
ALL, COST = "all", "cost"
SAFE_KEYS = (
    *("package_version", "engine", "seed", "replications", "started_at", "authority", "warnings"),
    *("origins", "key_assumptions", "frozen_set", "data_age", "history", "comparisons"),
    *("places_statement", "monte_carlo", "uncertainty_layers", "starting_figures"),
    *("personal_data",),
)
"""What of a manifest goes over from a run that knows real children."""
SAFE_OF_SCENARIO = ("name", "description", "authority", "start", "months")
TEXT_COLUMNS = (
    *("flow", "reason", "group", "need_group", "measure", "sector", "age_band", "pool"),
    *("from_sector", "to_sector", "child", "event", "fit"),
)
STORIES = "stories"
"""The table that holds events and no statistics."""


@dataclass(frozen=True)
class Publication:
    """What was published, and how many figures were left out of its tables."""

    folder: Path
    n_left_out: int


def publish(run: Path, to: Path, overwrite: bool = False) -> Publication:
    """Write a copy of a run's folder without small real counts, whole or not at all.

    In every CSV a column ``flag`` says ``c`` where a figure was left out; in
    ``replications.parquet`` its value is null. A run that knows no real child is copied with
    nothing left out.

    Raises:
        UserError: ``run`` is not the folder of a run.
        OutputError: ``to`` exists already, is the run itself, inside it or around it, or
            cannot be written, or another command works on it.
    """
    read = read_run(run)
    if run.resolve() == to.resolve() or run.resolve() in to.resolve().parents:
        raise OutputError(f"{to}: is the run's own folder or inside it; choose another with --to.")
    if to.resolve() in run.resolve().parents:
        raise OutputError(f"{to}: holds the run itself ({run}); choose another with --to.")
    safe = shown(_with_safe_manifest(read))
    with held(to), written_whole(to, overwrite, Results.PUBLISHED) as aside:
        _write(safe, run, aside)
    tables = [getattr(safe, name) for name in TABLES]
    hidden = sum(int((t[FLAG_COLUMN] == FLAG).sum()) for t in tables if FLAG_COLUMN in t)
    return Publication(to, hidden)


def read_run(folder: Path) -> ShownRun:
    """The manifest and the tables of a run's folder, as they were written.

    Raises `UserError` if it is no such folder, or a file of it is missing or damaged.
    """
    # A comparison, a plan and others have a manifest too.
    for name in (MANIFEST, FORECAST):
        if not (folder / name).is_file():
            raise UserError(
                f"{folder}: found no {name}, so this is not the folder of a run. Give a folder "
                "that `sufficiency run` has written, such as outputs/wolverhampton."
            )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = {name: _read_table(folder / f"{name}.csv") for name in TABLES}
    except (OSError, ValueError, KeyError) as fault:
        raise UserError(
            f"{folder}: a file of the run is missing or damaged ({type(fault).__name__}). Run the "
            "scenario again."
        ) from None
    layers = pd.DataFrame(manifest.get("uncertainty_layers") or ())
    columns = ["date", "process", "parameter", "drift", "effects"]
    return ShownRun(manifest=manifest, layers=layers.reindex(columns=columns), **tables)


def _read_table(path: Path) -> pd.DataFrame:
    table = pd.read_csv(
        path,
        encoding="utf-8",
        dtype=dict.fromkeys(TEXT_COLUMNS, str),
        keep_default_na=False,
        na_values=[""],
    )
    missing = {"mean", "sd"} - set(table.columns)
    if missing and path.stem != STORIES:
        raise KeyError(*missing)
    words = [name for name in TEXT_COLUMNS if name in table.columns]
    table[words] = table[words].fillna("")
    if "date" in table.columns:
        table["date"] = pd.to_datetime(table["date"], format="%Y-%m-%d")
    return table


def _with_safe_manifest(run: ShownRun) -> ShownRun:
    as_published = {
        "kind": Results.PUBLISHED,
        "published": True,
        "internal": False,
        "marking": "",
    }
    manifest = {**run.manifest, **as_published}
    if not knows_children(manifest):
        return _replaced(run, manifest)
    safe = {key: run.manifest[key] for key in SAFE_KEYS if key in run.manifest}
    scenario = run.manifest.get("scenario") or {}
    safe["scenario"] = {key: scenario[key] for key in SAFE_OF_SCENARIO if key in scenario}
    safe["starting_figures"] = [
        row for row in safe.get("starting_figures") or () if not _is_small_figure(row)
    ]
    return _replaced(run, {**safe, **as_published})


def _is_small_figure(row: Mapping[str, Any]) -> bool:
    return bool(is_small(np.array([float(row["figure"])])).any())


def _replaced(run: ShownRun, manifest: dict[str, Any]) -> ShownRun:
    tables = {name: getattr(run, name) for name in TABLES}
    return ShownRun(manifest=manifest, layers=run.layers, **tables)


def _write(safe: RunResult, run: Path, folder: Path) -> None:
    # Charts take seconds to import, and a wrong folder should be told at once.
    from sufficiency.report.page import write_page
    from sufficiency.report.workbook import write_workbook

    for name in TABLES:
        write_table(getattr(safe, name), folder / f"{name}.csv")
    if (run / REPLICATIONS).is_file():
        _copy_replications(run / REPLICATIONS, folder / REPLICATIONS, safe.forecast)
    write_workbook(safe, folder / "workbook.xlsx")
    write_page(safe, folder / "report.html")
    write_manifest(safe.manifest, folder / MANIFEST)


def _copy_replications(source: Path, target: Path, forecast: pd.DataFrame) -> None:
    """Every replication, null where the forecast table leaves a figure out, a part at a time.

    What a sector with a hidden count costs tells that count, and so does what all cost beside the
    others if there is only one such sector.
    """
    costs = _costs_that_tell(forecast)
    hidden = forecast[_is_left_out(forecast)][KEYS].drop_duplicates()
    hidden = hidden.assign(date=pd.to_datetime(hidden["date"]).dt.date)
    # A run's own values are never missing, and its file says so; a copy's may be.
    schema = pq.read_schema(source)
    place = schema.get_field_index("value")
    schema = schema.set(place, pa.field("value", pa.float64()))
    with (
        pq.ParquetFile(source) as read,
        pq.ParquetWriter(target, schema, compression="zstd", store_schema=False) as out,
    ):
        for group in range(read.num_row_groups):
            table = read.read_row_group(group)
            keys = table.select(KEYS).to_pandas().astype(dict.fromkeys(KEYS[1:], str))
            found = keys.merge(hidden, how="left", on=KEYS, indicator=True)["_merge"] == "both"
            told = (keys["measure"] == COST) & keys["sector"].isin(costs)
            values = table.column("value").to_pandas().mask((found | told).to_numpy())
            column = pa.array(values, pa.float64(), from_pandas=True)
            out.write_table(table.set_column(place, schema.field(place), column))


def _costs_that_tell(forecast: pd.DataFrame) -> frozenset[str]:
    """The sectors whose cost in a month is left out of every replication."""
    counts = forecast[_is_left_out(forecast) & (forecast["measure"] == "in_care")]
    sectors = frozenset(str(sector) for sector in counts["sector"] if sector != ALL)
    return sectors | {ALL} if len(sectors) == 1 else sectors


def _is_left_out(table: pd.DataFrame) -> pd.Series[bool]:
    if FLAG_COLUMN not in table.columns:
        return pd.Series(False, index=table.index)
    return table[FLAG_COLUMN] == FLAG
