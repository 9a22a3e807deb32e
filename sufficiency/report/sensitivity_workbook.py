"""The workbook of a study of the assumptions: what each changes, and every figure as tidy rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from xlsxwriter.exceptions import FileCreateError

from sufficiency.report import sensitivity_tables as tables
from sufficiency.report.headline import plain
from sufficiency.report.page import marking_of
from sufficiency.report.sensitivity_page import run_facts, title_of
from sufficiency.report.sensitivity_report import AnswerAsked, SensitivityReport, SensitivityResult
from sufficiency.report.sensitivity_words import method_words, summary_sentences
from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.tables import Table
from sufficiency.report.words import NOT_A_TARGET

WIDTHS = (60, 26, 18, 18, 18, 18, 18)
ACROSS = 5
_WIDE = {"assumption": 44, "label": 60}
_OWN_MEANS = ["base_mean", "changed_mean"]


def write_sensitivity_workbook(result: SensitivityResult, path: Path) -> None:
    """Write the workbook (XLSX, no macros). Raises OSError if the file cannot be written."""
    report = SensitivityReport(result)
    made = pd.to_datetime(str(report.manifest["started_at"]))
    properties = {
        "title": title_of(report),
        "subject": "Sensitivity of a forecast",
        "comments": NOT_A_TARGET,
        "category": marking_of(report.manifest),
        "created": made.to_pydatetime().replace(tzinfo=None),
    }
    book = Book.create(path, properties, marking_of(report.manifest))
    _summary(book, report)
    for answer in report.answers:
        _effects(book, report, answer)
    shown = result.sensitivity
    if report.manifest.get("personal_data"):
        # A start from real children could be read from the scenario's own figures.
        shown = shown.drop(columns=_OWN_MEANS)
    _tidy(book, "sensitivity_csv", shown)
    _tidy(book, "indices_csv", result.indices)
    _tidy(book, "information_csv", result.information)
    try:
        book.workbook.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _summary(book: Book, report: SensitivityReport) -> None:
    sheet = book.sheet("Summary", WIDTHS)
    if book.marking:
        sheet.line(book.marking, "section")
    sheet.line(title_of(report), "title")
    for sentence in summary_sentences(report):
        sheet.line(plain(sentence), "wrapped", across=ACROSS)
    sheet.line(NOT_A_TARGET, "section")
    sheet.gap()
    for answer in report.answers:
        _copied(sheet, tables.information_table(report, answer))
    for line in method_words(report):
        sheet.line(line, "note", across=ACROSS)
    sheet.gap()
    _copied(sheet, tables.left_out_table(report))
    for label, value in run_facts(report):
        sheet.cells([label, value], ["text", "text"])


def _effects(book: Book, report: SensitivityReport, answer: AnswerAsked) -> None:
    """What each number changes in one answer, as numbers."""
    style = "gbp" if answer.is_money else "rate"
    sheet = book.sheet(answer.measure.replace("_", " ").capitalize(), WIDTHS)
    sheet.line(answer.label, "title")
    sheet.line("What each number changes on average, in the same futures", "note", across=ACROSS)
    heads = ["Number", "Value (tested from, to)", "At its low", "Standard error"]
    sheet.head([*heads, "At its high", "Standard error"], ["text", "text", *[style] * 4])
    for effect in report.effects(answer):
        (low, high), (low_error, high_error) = effect.mean, effect.standard_error
        sheet.cells(
            [
                report.label(effect.key),
                report.range_of(effect.key),
                *(low, low_error, high, high_error),
            ],
            ["wrapped", "wrapped", *[style] * 4],
        )
    sheet.gap()
    _copied(sheet, tables.indices_table(report, answer))


def _copied(sheet: Sheet, table: Table | None) -> None:
    """A table of the page, as text."""
    if table is None:
        return
    sheet.line(table.caption, "section")
    sheet.head([column.label for column in table.columns])
    for row in table.rows:
        texts = [row.head, *(" ".join(part for part in cell if part) for cell in row.cells)]
        sheet.cells(texts, ["wrapped"] * len(texts))
    if table.note:
        sheet.line(table.note, "note", across=ACROSS)
    sheet.gap()


def _tidy(book: Book, name: str, frame: pd.DataFrame) -> None:
    """A tidy table, a row a line, to be filtered."""
    if frame.empty:
        return
    columns = [str(column) for column in frame.columns]
    sheet = book.sheet(name, [_WIDE.get(column, 14) for column in columns])
    sheet.head(columns)
    for values in frame.astype(object).where(frame.notna(), None).to_numpy().tolist():
        for column, value in enumerate(values):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            sheet.put(sheet.row, column, value, "general" if is_number else "text")
        sheet.row += 1
    sheet.worksheet.freeze_panes(1, 0)
    sheet.worksheet.autofilter(0, 0, max(sheet.row - 1, 0), len(columns) - 1)
