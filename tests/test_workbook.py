"""Are the workbook's numbers numbers, its text text, and its totals those of the run?"""

from __future__ import annotations

import errno
import tempfile
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sample_forecast import SampleForecast, sample_forecast, with_ledger

from sufficiency.report.figures import Figures
from sufficiency.report.headline import headline, plain
from sufficiency.report.words import SETTING_LABELS
from sufficiency.report.workbook import write_workbook

DATA_SHEETS = ("forecast", "flows", "needs", "finance", "finance_monthly")
OTHER_DATA = ("dearest_placements", "pools", "moves_between", "stories")
SHEETS = [
    *("Summary", "Inputs", "Assumptions", "Budget", "Monthly profile", "Comparison"),
    *("In care by sector", "Costs", *DATA_SHEETS, *OTHER_DATA, "Audit", "About"),
]
FORMULA_SHEETS = {"Budget", "Monthly profile", "Comparison", "Audit"}


@pytest.fixture(scope="module")
def run() -> SampleForecast:
    return sample_forecast(months=24)


@pytest.fixture(scope="module")
def path(run: SampleForecast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "workbook.xlsx"
    write_workbook(run, path)
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def rows_of(book: Any, sheet: str) -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def row_named(book: Any, sheet: str, name: str) -> tuple[Any, ...]:
    (row,) = (row for row in rows_of(book, sheet) if row[0] == name)
    return row


def test_the_sheets_are_there_in_order_without_macros_or_links(path: Path, book: Any) -> None:
    assert book.sheetnames == SHEETS
    parts = zipfile.ZipFile(path).namelist()
    assert not [part for part in parts if "vba" in part.lower() or "externalLink" in part]
    assert len([part for part in parts if part.startswith("xl/charts/chart")]) == 4


def test_no_text_is_a_formula_even_when_it_looks_like_one(book: Any) -> None:
    for sheet in book:
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
        assert kinds - {"n", "s", "d"} == ({"f"} if sheet.title in FORMULA_SHEETS else set())
    texts = {
        cell.value: cell
        for row in book["Assumptions"].iter_rows()
        for cell in row
        if cell.data_type == "s"
    }
    for written in ("=1+1", "@SUM(A1)", "+44 source"):
        assert texts[written].quotePrefix


def test_a_scenario_named_like_a_formula_stays_text(run: SampleForecast, tmp_path: Path) -> None:
    manifest = {**run.manifest, "authority": {"name": "=HYPERLINK(1)"}, "warnings": ["-1+cmd"]}
    few = replace(
        run,
        manifest=manifest,
        flows=run.flows.head(3),
        needs=run.needs.head(3),
        finance_monthly=run.finance_monthly.head(3),
    )
    write_workbook(few, tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert book["Summary"]["A1"].data_type == "s"
    assert "f" not in {cell.data_type for row in book["About"].iter_rows() for cell in row}


@pytest.mark.parametrize("name", DATA_SHEETS)
def test_a_data_sheet_is_the_table_of_the_run(run: SampleForecast, book: Any, name: str) -> None:
    frame: pd.DataFrame = getattr(run, name)
    head, *body = rows_of(book, name)
    assert list(head) == list(frame.columns)
    assert len(body) == len(frame)
    written = pd.DataFrame(body, columns=list(head))
    for column in ("mean", "p10", "p90"):
        assert written[column].astype(float).to_numpy() == pytest.approx(
            frame[column].to_numpy(), nan_ok=True
        )
    if "date" in frame:
        assert isinstance(body[0][head.index("date")], datetime)
        assert list(written["date"]) == list(pd.to_datetime(frame["date"]))
    sheet = book[name]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")


def test_the_summary_says_the_headline_and_its_totals_are_the_runs(
    run: SampleForecast, book: Any
) -> None:
    figures = Figures.of(run)
    texts = {row[0] for row in rows_of(book, "Summary")}
    assert {plain(sentence) for sentence in headline(figures)} <= texts
    total = row_named(book, "Summary", "All placements")
    for n, year in enumerate(figures.years):
        spread = figures.annual("cost", year.name)
        assert spread is not None
        wanted = (spread.p10, spread.mean, spread.p90)
        assert total[1 + 3 * n : 4 + 3 * n] == pytest.approx(wanted)
    names = set(SETTING_LABELS.values())
    settings = [row for row in rows_of(book, "Summary") if row[0] in names]
    expected = [sum(row[column] for row in settings) for column in (2, 5, 8)]
    assert expected == pytest.approx([total[column] for column in (2, 5, 8)])


def test_a_budget_stands_only_beside_a_whole_year(book: Any) -> None:
    budget = row_named(book, "Summary", "Budget")
    difference = row_named(book, "Summary", "Expected cost less budget")
    total = row_named(book, "Summary", "All placements")
    assert budget[1:10] == (None, None, None, None, 31_000_000, None, None, None, None)
    assert difference[5] == pytest.approx(total[5] - 31_000_000)


def test_a_year_that_a_ledger_has_begun_is_whole_and_has_its_budget(
    run: SampleForecast, tmp_path: Path
) -> None:
    part = Figures.of(run).years[0]
    begun = with_ledger(run, 12 - part.months, budget_gbp=32e6)
    write_workbook(begun, tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx", read_only=True)
    spent = row_named(book, "Summary", "Spent before, by the ledger")
    assert spent[1:4] == (None, 8e6, None)
    outturn = row_named(book, "Summary", "Outturn: the ledger and the forecast")
    assert outturn[1:4] == (29e6, 31e6, 32e6)
    assert row_named(book, "Summary", "Budget")[2] == 32e6
    assert row_named(book, "Summary", "Expected cost less budget")[2] == -1e6
    book.close()


def test_expected_children_by_setting_add_up_each_month(book: Any) -> None:
    head, *body = rows_of(book, "In care by sector")
    months = [row for row in body if isinstance(row[0], datetime)]
    assert len(months) == 25
    settings = slice(5, 5 + len(head) - 6)
    for row in months:
        assert sum(row[settings]) == pytest.approx(row[head.index("All: expected")])
        low, high = row[head.index("All: low")], row[head.index("All: high")]
        assert row[head.index("All: high less low")] == pytest.approx(high - low)


def test_money_and_shares_have_formats_that_people_expect(book: Any) -> None:
    costs = book["Costs"]
    assert costs["B2"].number_format == "£#,##0"
    assert isinstance(costs["B2"].value, int | float)
    assumptions = {row[0].value: row for row in book["Assumptions"].iter_rows()}
    share = assumptions["Children in agency care or homes for want of a family place"]
    assert (share[1].value, share[1].number_format) == (0.3, "0.0%")
    assert [cell.value for cell in share[3:6]] == [0.15, 0.45, "Assumed"]
    lever = assumptions["Starters a month"]
    assert (lever[1].value, lever[5].value) == (12, "Lever")


def test_the_same_run_makes_the_same_workbook(
    run: SampleForecast, path: Path, tmp_path: Path
) -> None:
    write_workbook(run, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_an_unwritable_place_is_an_error_of_the_system(run: SampleForecast, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        write_workbook(run, tmp_path / "absent" / "workbook.xlsx")


def test_nothing_is_written_but_in_the_folder_of_the_workbook(
    run: SampleForecast, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's folder for what is temporary may lie on a disk that is small, or full."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    (tmp_path / "run").mkdir()
    write_workbook(run, tmp_path / "run" / "workbook.xlsx")
    assert (tmp_path / "run" / "workbook.xlsx").read_bytes() == path.read_bytes()
    assert [each.name for each in tmp_path.rglob("*")] == ["run", "workbook.xlsx"]


def test_sheets_of_a_workbook_that_cannot_be_put_together_do_not_stay(
    run: SampleForecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **how: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("zipfile.ZipFile.write", full)
    monkeypatch.setattr("zipfile.ZipFile.writestr", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "run").mkdir()
    with pytest.raises(OSError, match="No space left"):
        write_workbook(run, tmp_path / "run" / "workbook.xlsx")
    assert [each.name for each in tmp_path.rglob("*") if each.suffix != ".xlsx"] == ["run"]
