"""The workbook of a study of the assumptions: what each changes, and every figure as tidy rows."""

from __future__ import annotations

from pathlib import Path

from sufficiency.report import sensitivity_tables as tables
from sufficiency.report.headline import plain
from sufficiency.report.sensitivity_page import run_facts, title_of
from sufficiency.report.sensitivity_report import AnswerAsked, SensitivityReport, SensitivityResult
from sufficiency.report.sensitivity_words import method_words, summary_sentences
from sufficiency.report.sheets import Book
from sufficiency.report.words import NOT_A_TARGET
from sufficiency.report.workbook_parts import add_rows_sheet, copy_table, workbook

WIDTHS = (60, 26, 18, 18, 18, 18, 18)
ACROSS = 5
_WIDE = {"assumption": 44, "label": 60}
_OWN_MEANS = ["base_mean", "changed_mean"]


def write_sensitivity_workbook(result: SensitivityResult, path: Path) -> None:
    """Write the workbook (XLSX, no macros). Raises OSError if the file cannot be written."""
    report = SensitivityReport(result)
    shown = result.sensitivity
    if report.manifest.get("personal_data"):
        # A start from real children could be read from the scenario's own figures.
        shown = shown.drop(columns=_OWN_MEANS)
    tidy = {
        "sensitivity_csv": shown,
        "indices_csv": result.indices,
        "information_csv": result.information,
    }
    subject = "Sensitivity of a forecast"
    with workbook(path, report.manifest, title=title_of(report), subject=subject) as book:
        _summary(book, report)
        for answer in report.answers:
            _effects(book, report, answer)
        for name, frame in tidy.items():
            if not frame.empty:
                add_rows_sheet(book, name, frame, _WIDE)


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
        copy_table(sheet, tables.information_table(report, answer), ACROSS)
    for line in method_words(report):
        sheet.line(line, "note", across=ACROSS)
    sheet.gap()
    copy_table(sheet, tables.left_out_table(report), ACROSS)
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
    copy_table(sheet, tables.indices_table(report, answer), ACROSS)
