"""The folder of a run: every file of it, or nothing.

Files are written into a hidden folder beside the target, which then takes the target's name in
one step. CSV files are UTF-8 without a byte order mark, with ``\\n`` line ends and four
decimals: their words are plain ASCII keys, so they open right in Excel and the first column
keeps its name in readers that do not know the mark; pounds signs live in the workbook.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sufficiency.errors import OutputError
from sufficiency.report.figures import RunResult
from sufficiency.report.kinds import MANIFEST, Results, check_replaceable
from sufficiency.report.replacing import HALF, take_name
from sufficiency.report.suppression import shown
from sufficiency.report.writing import explained

DECIMALS = 4
_FIGURES = f".{DECIMALS}f"
RUNS_FOLDER = Path("outputs")
LONGEST_NAME, LONGEST_DEFAULT = 200, 100
"""Letters of a folder's name: systems allow 255 bytes, and what lies beside it while it is written
has a longer one; Windows allows 260 for a whole path, so a name that is made is shorter still."""
TABLES = (
    "forecast",
    "flows",
    "needs",
    "finance",
    "finance_monthly",
    "pools",
    "moves_between",
    "dearest_placements",
    "stories",
)
_REPLICATIONS_A_ROW_GROUP = 50


EndPage = Callable[[], None]
"""Waits until a page is written, and raises what went wrong."""
BeginPage = Callable[[RunResult, Path], EndPage]
"""Begins to write the page of a run as a file."""


class LongValues(Protocol):
    """Every replication's values, some at a time."""

    @property
    def scenario(self) -> str:
        """The scenario's name."""

    @property
    def dates(self) -> Sequence[date]:
        """(T,)."""

    @property
    def row_names(self) -> Sequence[str]:
        """The columns that tell rows apart."""

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """What each row has in those columns."""

    def __len__(self) -> int:
        """How many replications there are."""

    def some(self, first: int, after_last: int) -> Any:
        """(n, rows, T)."""


class WritableRun(RunResult, Protocol):
    """What a run hands over to be written."""

    @property
    def replication_values(self) -> LongValues:
        """Every replication of every figure."""


def default_run_folder(scenario_name: str) -> Path:
    """``outputs/`` and the scenario's name in lower case, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", scenario_name).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return RUNS_FOLDER / (slug[:LONGEST_DEFAULT].rstrip("-") or "run")


def check_writable(
    out: Path, overwrite: bool, kind: Results = Results.RUN, reads: Iterable[Path] = ()
) -> None:
    """Fail before anything is simulated. Raises `OutputError` if ``out`` cannot be written.

    With ``overwrite`` it may hold results of the same kind, but nothing that the command ``reads``.
    """
    if len(out.name.encode()) > LONGEST_NAME:
        raise OutputError(
            f"{out.name[:40]}...: the folder's name is too long, expected at most {LONGEST_NAME} "
            "letters. Choose another with --out."
        )
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(
            f"{out}: found a file or a link, expected a folder or nothing. "
            "Choose another folder with --out."
        )
    if out.is_dir() and any(out.iterdir()):
        if not overwrite:
            raise OutputError(
                f"{out}: the folder exists already. Choose another with --out, or replace it "
                "with --overwrite."
            )
        check_replaceable(out, kind, reads)
    parent = next(folder for folder in out.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(
            f"{out}: nothing can be written in {parent}. Choose another folder with --out."
        )


class RunWriter:
    """Writes every file of a run into the folder ``out``, whole or not at all.

    A context: nothing is on the disk before `begin`, and ``out`` is there when the block ends.
    ``page`` writes the page beside the other files; by default it is written after them.

    All raise `OutputError`, with nothing left behind, if the folder exists already (unless
    ``overwrite`` and it is a run), cannot be written, is open in another program, or the disk
    fills.
    """

    def __init__(self, out: Path, overwrite: bool = False, page: BeginPage | None = None) -> None:
        self.has_begun = False
        self._out, self._overwrite = out, overwrite
        self._page = page or _page_here
        self._opened = ExitStack()
        self._given_up = Event()

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, *raised: Any) -> None:
        if raised[0] is not None:
            self._given_up.set()
        self._opened.__exit__(*raised)

    def begin(self, values: LongValues) -> None:
        """Begin to write every replication, beside whatever is done meanwhile."""
        self.has_begun = True
        self._folder = self._opened.enter_context(written_whole(self._out, self._overwrite))
        beside = self._opened.enter_context(ThreadPoolExecutor(1, "writing"))
        # Parquet is written outside Python's lock.
        self._every = beside.submit(
            write_replications, values, self._folder / "replications.parquet", self._given_up
        )

    def finish(self, run: WritableRun) -> None:
        """Write all else, and wait for the replications."""
        sent_on = shown(run)
        for name in TABLES:
            write_table(getattr(run, name), self._folder / f"{name}.csv")
        # A page begun sooner would hold up the tables.
        end_page = self._page(sent_on, self._folder / "report.html")
        self._every.result()
        from sufficiency.report.workbook import write_workbook

        write_workbook(sent_on, self._folder / "workbook.xlsx")
        end_page()
        write_manifest({"kind": Results.RUN, **run.manifest}, self._folder / MANIFEST)


def write_run(run: WritableRun, out: Path, overwrite: bool = False) -> Path:
    """Write every file of a run whose tables are made; raises what `RunWriter` does."""
    with RunWriter(out, overwrite) as writer:
        writer.begin(run.replication_values)
        writer.finish(run)
    return out


@contextmanager
def written_whole(
    out: Path, overwrite: bool = False, kind: Results = Results.RUN
) -> Iterator[Path]:
    """A folder to write into, which takes the name ``out`` when the block ends, or is removed.

    With ``overwrite`` it replaces results of the same kind.
    Raises `OutputError` as `RunWriter` does.
    """
    check_writable(out, overwrite, kind)
    made = [folder for folder in out.absolute().parents if not folder.exists()]
    aside = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}{HALF}")
    try:
        with explained(out, "Nothing was written."):
            aside.mkdir(parents=True)
            yield aside
            # Somebody may have written there meanwhile.
            check_writable(out, overwrite, kind)
            take_name(aside, out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        raise


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, the same bytes for the same numbers on every system."""
    columns = [_written(table[name]) for name in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(table.columns)
        rows.writerows(zip(*columns, strict=True))


def _written(column: pd.Series[Any]) -> list[Any]:
    """A column as it stands in a CSV file, empty where nothing is known; `DataFrame.to_csv` takes
    twice as long over the same."""
    if column.dtype.kind == "f":
        # Adding zero turns a rounded -0.0 into 0.0.
        rounded = (column.to_numpy().round(DECIMALS) + 0.0).tolist()
        return ["" if math.isnan(number) else format(number, _FIGURES) for number in rounded]
    if column.dtype.kind == "M":
        distinct, which = np.unique(column.to_numpy(), return_inverse=True)
        days = pd.Series(distinct).dt.strftime("%Y-%m-%d").fillna("").to_numpy(dtype=object)
        return list(days[which])
    words = column.tolist()
    return [
        "" if empty else word for word, empty in zip(words, column.isna().tolist(), strict=True)
    ]


def write_replications(values: LongValues, path: Path, given_up: Event | None = None) -> None:
    """Write every replication as Parquet, a few at a time so that memory stays bounded.

    Once ``given_up`` is set, as by Ctrl-C, no more are written: nobody waits for the rest.
    Columns: ``scenario, replication, date``, those of the rows, ``value``. The columns of words
    are the same in every row group, so they are made once and cut to length.
    """
    n_rows, n_dates = len(values.rows), len(values.dates)
    labels = _labels(values, _REPLICATIONS_A_ROW_GROUP)
    kinds = {"scenario": pa.string(), "replication": pa.int32(), "date": pa.date32()}
    kinds |= dict.fromkeys(values.row_names, pa.string()) | {"value": pa.float64()}
    kinds |= {name: column.type for name, column in labels.items()}
    # Said to be never missing (a number that is not known is NaN): a quarter less to write.
    schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        # Looking up each number in a dictionary takes longer than compressing it.
        use_dictionary=["scenario", *values.row_names],
        write_statistics=["replication"],
        store_schema=False,
    ) as writer:
        for first in range(0, len(values), _REPLICATIONS_A_ROW_GROUP):
            if given_up is not None and given_up.is_set():
                return
            some = values.some(first, first + _REPLICATIONS_A_ROW_GROUP)
            numbers = np.arange(first, first + len(some), dtype=np.int32)
            columns = {name: column.slice(0, some.size) for name, column in labels.items()}
            columns["replication"] = pa.array(np.repeat(numbers, n_rows * n_dates))
            columns["value"] = pa.array(some.reshape(-1))
            writer.write_table(pa.table([columns[name] for name in kinds], schema=schema))


def _labels(values: LongValues, replications: int) -> dict[str, Any]:
    """The columns of words and dates of some replications' long table."""
    n_rows, n_dates = len(values.rows), len(values.dates)
    one = n_rows * n_dates
    row = np.tile(np.repeat(np.arange(n_rows), n_dates), replications)
    dates = np.array(values.dates, dtype="datetime64[D]")
    labels = {
        "scenario": _coded(np.zeros(one * replications, np.int32), [values.scenario]),
        "date": pa.array(np.tile(dates, n_rows * replications)),
    }
    for position, name in enumerate(values.row_names):
        words = [str(each[position]) for each in values.rows]
        distinct = list(dict.fromkeys(words))
        code = np.array([distinct.index(word) for word in words], dtype=np.int32)
        labels[name] = _coded(code[row], distinct)
    return labels


def _coded(codes: Any, words: list[str]) -> Any:
    """Words by their codes, as small as they can be: the time to write goes with their size."""
    small = codes.astype(np.int8 if len(words) <= np.iinfo(np.int8).max else np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(small), pa.array(words, pa.string()))


def write_manifest(manifest: Mapping[str, Any], path: Path) -> None:
    """Write the manifest as JSON; a number that is not known is null."""
    text = json.dumps(_plain(manifest), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _page_here(run: RunResult, path: Path) -> EndPage:
    def written() -> None:
        # Charts take long to import, and `check_writable` should answer at once.
        from sufficiency.report.page import write_page

        write_page(run, path)

    return written


def _plain(value: Any) -> Any:
    """A value of the manifest as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
