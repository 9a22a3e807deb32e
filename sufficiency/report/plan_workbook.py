"""The workbook of a plan: places to find, alternatives, and a market position statement."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from xlsxwriter.exceptions import FileCreateError

from sufficiency.report import plan_tables as tables
from sufficiency.report.page import marking_of
from sufficiency.report.plan_page import run_facts, title_of
from sufficiency.report.plan_report import PlanReport
from sufficiency.report.plan_words import (
    HOW_JUDGED,
    HOW_LEAST,
    IT_IS_ARITHMETIC,
    reach_sentences,
    summary_sentences,
)
from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.tables import Table
from sufficiency.report.words import NOT_A_TARGET

WIDTHS = (44, 20, 18, 18, 22, 18, 18, 18, 26, 18)
ACROSS = 6


def write_plan_workbook(report: PlanReport, path: Path) -> None:
    """Write the workbook (XLSX, no macros). Raises OSError if the file cannot be written."""
    made = pd.to_datetime(str(report.manifest["started_at"]))
    properties = {
        "title": title_of(report),
        "subject": "Sufficiency plan",
        "comments": NOT_A_TARGET,
        "category": marking_of(report.manifest),
        "created": made.to_pydatetime().replace(tzinfo=None),
    }
    book = Book.create(path, properties, marking_of(report.manifest))
    _plan(book, report)
    _alternatives(book, report)
    _market(book, report)
    if report.reach:
        _reach(book, report)
    _tidy(book, "plan_csv", report.table)
    _tidy(book, "market_position_csv", report.market_table)
    try:
        book.workbook.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _plan(book: Book, report: PlanReport) -> None:
    sheet = book.sheet("Plan", WIDTHS)
    if book.marking:
        sheet.line(book.marking, "section")
    sheet.line(title_of(report), "title")
    for line in summary_sentences(report):
        sheet.line(line, "wrapped", across=ACROSS)
    sheet.line(f"Asked for: {'; '.join(report.manifest['targets'])}", "wrapped", across=ACROSS)
    sheet.line(NOT_A_TARGET, "section")
    sheet.gap()
    if report.places:
        sheet.line("Places to find by when", "section")
        heads = ("Kind of place", "Places", "In all", "Usable from", "Lead time, days")
        sheet.head([*heads, "Work must start by"])
        for place in report.places:
            values: list[object] = [place.label, place.places, place.so_far, place.needed_by]
            sheet.cells(
                [*values, place.lead_time_days, place.start_by],
                ["wrapped", "count", "count", "date", "count", "date"],
            )
        sheet.gap()
    _copied(sheet, tables.targets_table(report))
    sheet.gap()
    for line in (HOW_LEAST[str(report.manifest["least"])], HOW_JUDGED, *report.notes):
        sheet.line(line, "note", across=ACROSS)
    for label, value in run_facts(report):
        sheet.cells([label, value], ["text", "text"])


def _alternatives(book: Book, report: PlanReport) -> None:
    years = [cost.year for cost in report.options[0].costs if cost.is_whole]
    sheet = book.sheet("Alternatives", (30, 14, 60, 16, 14, *([20] * len(years))))
    sheet.line("The plan and its alternatives", "title")
    sheet.line(
        "Cost of placements: no change in full, the others as the average difference from it.",
        "note",
        across=4,
    )
    heads = ["", "Places changed", "Which", "Target met in (worst month)", "Meets it"]
    sheet.head([*heads, *(f"Cost {year}" for year in years)])
    for number, option in enumerate(report.options):
        costs = [
            cost.mean if number == 0 else cost.more_mean for cost in option.costs if cost.is_whole
        ]
        values: list[object] = [option.name, option.places, option.changes, option.certainty]
        sheet.cells(
            [*values, "yes" if option.meets else "no", *costs],
            ["wrapped", "count", "wrapped", "share", "text", *["gbp"] * len(costs)],
        )


def _market(book: Book, report: PlanReport) -> None:
    sheet = book.sheet("Market position", WIDTHS)
    sheet.line("For a market position statement", "title")
    needs = tables.needs_table(report)
    if needs is not None:
        _copied(sheet, needs)
        sheet.gap()
    _copied(sheet, tables.market_table(report))


def _reach(book: Book, report: PlanReport) -> None:
    sheet = book.sheet("When reached", WIDTHS)
    sheet.line("When a number of children in care is reached", "title")
    for line in report.reach:
        sheet.line(" ".join(reach_sentences(line, report.in_care_now)), "wrapped", across=ACROSS)
    sheet.line(IT_IS_ARITHMETIC, "note", across=ACROSS)


def _copied(sheet: Sheet, table: Table) -> None:
    """A table of the page, as it is read there."""
    sheet.line(table.caption, "section")
    sheet.head([column.label for column in table.columns])
    for row in table.rows:
        texts = [row.head, *(_text(cell.text, cell.below) for cell in row.cells)]
        sheet.cells(texts, ["wrapped"] * len(texts))
    if table.note:
        sheet.line(table.note, "note", across=ACROSS)


def _text(text: str, below: str) -> str:
    return f"{text} ({below})" if below else text


def _tidy(book: Book, name: str, frame: pd.DataFrame) -> None:
    """A tidy table as it is in the CSV file, to be filtered."""
    columns = [str(column) for column in frame.columns]
    sheet = book.sheet(name, [20] * len(columns))
    sheet.head(columns)
    shown = frame.astype(object).where(frame.notna(), None)
    for values in shown.itertuples(index=False, name=None):
        for column, value in enumerate(values):
            style = "general" if isinstance(value, int | float) else "text"
            sheet.put(sheet.row, column, value, style)
        sheet.row += 1
    sheet.worksheet.freeze_panes(1, 0)
    sheet.worksheet.autofilter(0, 0, max(sheet.row - 1, 0), len(columns) - 1)
