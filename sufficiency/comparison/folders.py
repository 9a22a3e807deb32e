"""Runs read back from their folders, to be compared as scenarios are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sufficiency.comparison.paired import Paired
from sufficiency.comparison.totals import COST, COST_LINES
from sufficiency.comparison.values import InMemory, Row, ScenarioValues
from sufficiency.errors import UserError
from sufficiency.measures.reporting import report_calendar
from sufficiency.report.formats import long_date

MANIFEST, REPLICATIONS = "manifest.json", "replications.parquet"
_LABELS = ("date", "measure", "sector", "age_band")


@dataclass(frozen=True)
class RunRead:
    """A run's folder as it was written."""

    folder: Path
    manifest: Mapping[str, Any]
    values: ScenarioValues

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.values.name

    @property
    def authority_code(self) -> str:
        """The three-digit code of the authority."""
        return str((self.manifest.get("authority") or {}).get("old_la_code") or "")


def read_run(folder: Path) -> RunRead:
    """The manifest of a run and every replication of it.

    Raises `UserError` if it is no such folder, or a file of it is missing or damaged.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder}: there is no such folder. Give the folder of a run, such as "
            "outputs/wolverhampton, or the path of a scenario ending in .yaml."
        )
    for name in (MANIFEST, REPLICATIONS):
        if not (folder / name).is_file():
            raise UserError(
                f"{folder}: found no {name}, so this is not the folder of a run. Give a folder "
                "that `sufficiency run` has written, such as outputs/wolverhampton."
            )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return RunRead(folder, manifest, _values(folder / REPLICATIONS))
    except (OSError, ValueError, KeyError, pa.ArrowException) as fault:
        raise UserError(
            f"{folder}: a file of the run is damaged, or of an earlier version "
            f"({type(fault).__name__}). Run the scenario again."
        ) from None


def _values(path: Path) -> ScenarioValues:
    """Every replication of a run. Raises ValueError for a table that is not laid out as one."""
    with pq.ParquetFile(path) as file:
        head = file.read_row_group(0)
        numbers = file.read(columns=["value"])["value"].to_numpy()
    first = pc.fill_null(head["replication"], 0).to_numpy()
    one = int((first == first[0]).sum())
    if one == 0 or len(numbers) % one:
        raise ValueError("replications of unlike lengths")
    labels = {name: head[name].slice(0, one).to_pylist() for name in _LABELS}
    dates = list(dict.fromkeys(labels["date"]))
    rows = [
        (str(measure), str(sector), str(band))
        for measure, sector, band in zip(
            *(labels[name][:: len(dates)] for name in _LABELS[1:]), strict=True
        )
    ]
    if one != len(dates) * len(rows) or len(set(rows)) != len(rows):
        raise ValueError("rows that are not each on every date")
    by_replication = numbers.reshape(-1, len(rows), len(dates))
    return _split(str(head["scenario"][0].as_py()), dates, rows, by_replication)


def _split(name: str, dates: Sequence[date], rows: Sequence[Row], values: Any) -> ScenarioValues:
    """Counts and money apart, as a comparison reads them."""
    counted = [place for place, row in enumerate(rows) if row[0] != COST]
    places = {row: place for place, row in enumerate(rows)}
    money = [places.get((COST, line, "all")) for line in COST_LINES]
    calendar = report_calendar(dates[0], len(dates) - 1)
    if tuple(dates) != calendar.dates:
        raise ValueError("dates that are not the ends of months")
    cost = None
    if None not in money:
        cost = InMemory(_by_cell(values[:, money, 1:]))
    counts = _by_cell(values[:, counted].astype(np.float32))
    return ScenarioValues(
        name, calendar, InMemory(counts), cost, tuple(rows[place] for place in counted)
    )


def _by_cell(values: Any) -> Any:
    return values.reshape(len(values), -1).T


def check_comparable(runs: Sequence[RunRead]) -> None:
    """Refuse runs whose futures are not the same futures. Raises `UserError`."""
    base = runs[0]
    for run in runs[1:]:
        why = _why_not_paired(base, run)
        if why:
            raise UserError(
                f"{run.folder}: {why}, so its futures are not those of {base.folder}. Run both "
                "with the same start, --seed and --replications, or add --unpaired to compare them "
                "all the same; the ranges of differences are then far wider."
            )


def _why_not_paired(base: RunRead, run: RunRead) -> str:
    """In what a run differs from the base that must be the same; empty if in nothing."""
    start, other_start = base.values.calendar.start, run.values.calendar.start
    if base.authority_code != run.authority_code:
        return "this run is of another authority"
    if start != other_start:
        return f"this run starts on {long_date(other_start)}, not on {long_date(start)}"
    for key, words in (
        ("seed", "seed"),
        ("replications", "number of replications"),
        ("package_version", "version of sufficiency"),
    ):
        if base.manifest.get(key) != run.manifest.get(key):
            return f"this run has the {words} {run.manifest.get(key)}, not {base.manifest.get(key)}"
    return ""


def told_apart(runs: Sequence[RunRead]) -> list[ScenarioValues]:
    """The runs' values, called by their folders where scenarios have the same name."""
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        names = [run.folder.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    return [replace(run.values, name=name) for run, name in zip(runs, names, strict=True)]


def check_same_children(pairs: Sequence[Paired], runs: Sequence[RunRead]) -> None:
    """Refuse paired runs whose children at the start are not as many of the same ages and sectors.

    Raises `UserError`.
    """
    for pair, run in zip(pairs, runs[1:], strict=True):
        if pair.is_paired and not pair.same_start:
            raise UserError(
                f"{run.folder}: this run starts from other children than {runs[0].folder}, so the "
                "difference cannot be taken between futures of the same children. Run both with "
                "the same population, or add --unpaired to compare them all the same; the ranges "
                "of differences are then far wider."
            )
