"""The workbook of a plan: places to find, alternatives, and a market position statement."""

from __future__ import annotations

from pathlib import Path

from sufficiency.report import plan_tables as tables
from sufficiency.report.plan_page import run_facts, title_of
from sufficiency.report.plan_report import PlanReport
from sufficiency.report.plan_words import (
    HOW_JUDGED,
    HOW_LEAST,
    IT_IS_ARITHMETIC,
    reach_sentences,
    summary_sentences,
)
from sufficiency.report.sheets import Book
from sufficiency.report.words import NOT_A_TARGET
from sufficiency.report.workbook_parts import add_rows_sheet, copy_table, workbook

WIDTHS = (44, 20, 18, 18, 22, 18, 18, 18, 26, 18)
ACROSS = 6


def write_plan_workbook(report: PlanReport, path: Path) -> None:
    """Write the workbook (XLSX, no macros). Raises OSError if the file cannot be written."""
    subject = "Sufficiency plan"
    with workbook(path, report.manifest, title=title_of(report), subject=subject) as book:
        _plan(book, report)
        _alternatives(book, report)
        _market(book, report)
        if report.reach:
            _reach(book, report)
        add_rows_sheet(book, "plan_csv", report.table, {}, 20)
        add_rows_sheet(book, "market_position_csv", report.market_table, {}, 20)


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
    copy_table(sheet, tables.targets_table(report), ACROSS)
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
    copy_table(sheet, tables.needs_table(report), ACROSS)
    copy_table(sheet, tables.market_table(report), ACROSS)


def _reach(book: Book, report: PlanReport) -> None:
    sheet = book.sheet("When reached", WIDTHS)
    sheet.line("When a number of children in care is reached", "title")
    for line in report.reach:
        sheet.line(" ".join(reach_sentences(line, report.in_care_now)), "wrapped", across=ACROSS)
    sheet.line(IT_IS_ARITHMETIC, "note", across=ACROSS)
