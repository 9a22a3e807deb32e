"""Nothing of a child leaves a return: no identifier, postcode, registration, odd cell or birthday.

A marker stands in every field of a return, in whole columns where any text may stand and in some
rows where a code or a date is expected. It must be nowhere in what is written or printed, not
even when the program fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sufficiency import cli
from sufficiency.history.returns import rebuilding
from sufficiency.synthesis import synthesise
from sufficiency.synthesis.tables import TABLES
from sufficiency.synthesis.writing import as_text, csv_bytes, file_name

MARKER = "QxZmark"
BORN = [pd.Timestamp(2011, 2, 17), pd.Timestamp(2010, 10, 23), pd.Timestamp(2009, 7, 12)]
"""The birthdays of the children in the marked return; not all on one day of the month, which would
be read as dates of the month only."""
ANY_TEXT = ("CHILD", "UPN", "ETHNIC", "HOME_POST", "PL_POST", "URN")
EVERY = 40
"""One row in so many has the marker in a field of codes or dates, another row for each field."""


def marked(table: pd.DataFrame) -> pd.DataFrame:
    found = table.copy()
    for place, column in enumerate(found.columns):
        cells = found[column]
        if column == "CHILD":
            found[column] = MARKER + cells
        elif column in ANY_TEXT:
            found[column] = cells.where(cells == "", MARKER + cells.str.replace(" ", ""))
        else:
            found[column] = cells.where(pd.RangeIndex(len(cells)) % EVERY != place, MARKER)
        if column == "DOB":
            digit = table["CHILD"].str[-2:].astype(int) % len(BORN)
            born = digit.map(lambda place: f"{BORN[place]:%d/%m/%Y}")
            found[column] = found[column].where(found[column] == MARKER, born)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = synthesise("Rutland", 2020, 2022, seed=1, in_care=150)
    where = tmp_path_factory.mktemp("returns")
    n_marked = 0
    for year in made.tables:
        for name in TABLES:
            content = csv_bytes(marked(as_text(getattr(year, name), name)))
            n_marked += content.count(MARKER.encode("ascii"))
            (where / file_name(year.year, name)).write_bytes(content)
    assert n_marked > 3_000
    return where


def calibrate(folder: Path, out: Path) -> list[str]:
    return [
        *("calibrate", str(folder), "--authority", "Rutland", "--to", str(out / "my-la.yaml")),
        *("--cohort", str(out / "my.cohort.parquet")),
    ]


def check(folder: Path, out: Path) -> list[str]:
    return ["check", str(folder), "--authority", "Rutland", "--out", str(out / "quality")]


COMMANDS = [calibrate, check]


def assert_says_nothing(text: str) -> None:
    assert MARKER.casefold() not in text.casefold()
    for born in BORN:
        for form in ("%d/%m/%Y", "%Y-%m-%d", "%d %B %Y", "%Y%m%d"):
            assert born.strftime(form) not in text


def assert_holds_nothing(path: Path) -> None:
    """Whatever kind of file it is, and whatever its name."""
    assert_says_nothing(path.name)
    content = path.read_bytes()
    assert MARKER.encode("ascii").lower() not in content.lower()
    if path.suffix == ".parquet":
        for name, column in pd.read_parquet(path).items():
            assert_says_nothing(f"{name} {column.astype(str).unique().tolist()}")
    else:
        assert_says_nothing(content.decode("utf-8", errors="replace"))


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_written_or_printed_shows_a_child(
    command: Callable[[Path, Path], list[str]],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(command(folder, tmp_path))
    printed = capsys.readouterr()
    assert stopped.value.code == 0, printed.err
    assert_says_nothing(printed.out + printed.err)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for path in written:
        assert_holds_nothing(path)
    # Five times the children that are published for Rutland: no command keeps that to itself.
    pages = " ".join(p.read_text(encoding="utf-8") for p in written if p.suffix == ".html")
    for said in (printed.out + printed.err, pages):
        assert "children of another council" in " ".join(said.split())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("debug", [False, True])
def test_a_failure_shows_no_cell(
    command: Callable[[Path, Path], list[str]],
    debug: bool,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Our own fault, in the midst of the children: one line, or the traceback if asked for."""

    def broken(rows: pd.DataFrame, *others: object) -> pd.Series:
        return rows["no such column"]

    monkeypatch.setattr(rebuilding.periods, "without_adults", broken)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    with pytest.raises(KeyError) as fault:
        cli.main([*(["--debug"] if debug else []), *command(folder, tmp_path)])
    sys.excepthook(fault.type, fault.value, fault.tb)
    printed = capsys.readouterr()
    assert ("Traceback" in printed.err) == debug
    assert "no such column" in printed.err
    assert_says_nothing(printed.out + printed.err)
    assert not list(tmp_path.iterdir())


def test_a_marked_return_that_is_refused_says_why_without_a_cell(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = tmp_path / "only episodes"
    only.mkdir()
    for path in folder.glob("*episodes*"):
        (only / path.name).write_bytes(path.read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    for command in COMMANDS:
        with pytest.raises(SystemExit) as stopped:
            cli.main(command(only, out))
        assert stopped.value.code == 2
        printed = capsys.readouterr()
        assert "Header" in printed.err
        assert_says_nothing(printed.out + printed.err)
        assert not list(out.iterdir())
