"""The workbook of a comparison: what each scenario changes, and every difference as tidy rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from sufficiency.report import comparison_tables as tables
from sufficiency.report.comparison_figures import (
    COST,
    HEADLINES,
    ComparisonFigures,
    ComparisonResult,
)
from sufficiency.report.comparison_page import title_of
from sufficiency.report.comparison_words import (
    LABELS,
    cautions,
    scenario_sentences,
    sureness_sentence,
)
from sufficiency.report.formats import long_date
from sufficiency.report.headline import plain
from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.tables import Table
from sufficiency.report.words import NOT_A_TARGET, setting_label
from sufficiency.report.workbook_parts import add_rows_sheet, workbook

SUMMARY_WIDTHS = (46, *([18] * 10))
ACROSS = 7
PARTS = ("Low", "Average", "High")
TIDY_MEASURES = (*HEADLINES, "starters", "leavers", COST)
TIDY_COLUMNS = (
    *("scenario", "base", "date", "financial_year", "months", "measure", "sector"),
    *("mean", "p10", "p90", "standard_error", "probability_lower"),
)
OWN_MEANS = ("base_mean", "scenario_mean")
TIDY_WIDTHS = {"scenario": 26, "base": 26, "combination": 30, "change": 36, "sector": 24}


def write_comparison_workbook(result: ComparisonResult, path: Path) -> None:
    """Write the workbook (XLSX, no macros). Raises OSError if the file cannot be written."""
    figures = ComparisonFigures.of(result)
    about = {
        "title": title_of(figures),
        "subject": "Comparison of forecasts of placements for children in care",
    }
    with workbook(path, figures.manifest, start=figures.start, **about) as book:
        _summary(book, figures)
        _costs(book, figures)
        for name in figures.others:
            table = tables.differing_numbers(figures, name)
            if table is not None:
                _numbers(book, figures, name, table)
        if not figures.waterfall.empty:
            add_rows_sheet(book, "waterfall", figures.waterfall, TIDY_WIDTHS)
        add_rows_sheet(book, "comparison", _headlines(figures), TIDY_WIDTHS)


def _summary(book: Book, figures: ComparisonFigures) -> None:
    """What each scenario changes, in words and in a table."""
    sheet = book.sheet("Summary", SUMMARY_WIDTHS)
    if book.marking:
        sheet.line(book.marking, "section")
    sheet.line(title_of(figures), "title")
    sheet.line(
        f"Compared with {figures.base}, {long_date(figures.start)} to {long_date(figures.end)}, "
        f"{figures.replications:,} simulated futures"
    )
    for name in figures.others:
        sheet.gap()
        sheet.line(figures.label(name), "section")
        for sentence in scenario_sentences(figures, name):
            sheet.line(plain(sentence), "wrapped", across=ACROSS)
    sheet.gap()
    for line in dict.fromkeys((sureness_sentence(figures), *cautions(figures))):
        sheet.line(line, "wrapped", across=ACROSS)
    sheet.line(NOT_A_TARGET, "section")
    sheet.gap()
    measures = list(figures.children_measures())
    sheet.line(
        f"Difference from {figures.base} on {long_date(figures.headline_date)} "
        "(Low and High: 8 of 10 futures)",
        "section",
    )
    sheet.groups([LABELS[measure] for measure in measures[:3]], len(PARTS))
    sheet.head(["Scenario", *(PARTS * len(measures[:3]))], ["text", *["general"] * 9])
    for name in figures.others:
        values: list[object] = [figures.label(name)]
        for measure in measures[:3]:
            values += _ends(figures, name, measure, figures.headline_date)
        sheet.cells(values, ["wrapped", *["general"] * (len(values) - 1)])


def _ends(
    figures: ComparisonFigures, name: str, measure: str, when: Any, sector: str = "all"
) -> list[object]:
    found = figures.difference(name, measure, when, sector)
    return [None] * len(PARTS) if found is None else [found.p10, found.mean, found.p90]


def _costs(book: Book, figures: ComparisonFigures) -> None:
    """The difference in cost by financial year and setting: ranges of the total, averages below."""
    if not figures.has_money:
        return
    sheet = book.sheet("Cost", SUMMARY_WIDTHS)
    sheet.line(f"Cost of placements: difference from {figures.base}", "title")
    sheet.line("Low and High: 8 of 10 futures. Averages add up; Low and High do not.", "note")
    for year in figures.years:
        sheet.gap()
        sheet.line(year.label, "section")
        sheet.head(
            ["Scenario", *PARTS, "Standard error", "Cheaper in"],
            ["text", *["gbp"] * 4, "percent"],
        )
        for name in figures.others:
            found = figures.difference(name, COST, year.name)
            if found is None:
                continue
            sure: list[object] = [found.standard_error, found.probability_lower]
            values = [figures.label(name), *_ends(figures, name, COST, year.name), *sure]
            sheet.cells(values, ["wrapped", *["gbp"] * 4, "percent"])
        _by_setting(sheet, figures, year.name)


def _by_setting(sheet: Sheet, figures: ComparisonFigures, year: str) -> None:
    sheet.head(["Average by setting", *figures.labels], ["text", *["gbp"] * len(figures.others)])
    for setting in [*figures.settings, "all"]:
        found = [figures.difference(name, COST, year, setting) for name in figures.others]
        values = [None if each is None else each.mean for each in found]
        label = "All placements" if setting == "all" else setting_label(setting)
        styles = ["indented", *["gbp"] * len(values)]
        if setting == "all":
            styles[0] = "wrapped"
        sheet.cells([label, *values], styles)


def _numbers(book: Book, figures: ComparisonFigures, name: str, table: Table) -> None:
    """The numbers in which a scenario differs, as on the page."""
    number = figures.others.index(name) + 1
    sheet = book.sheet(f"Differs {number}", (52, 18, 18, 12, 60, 40))
    sheet.line(table.caption, "title")
    sheet.head([*(column.label for column in table.columns), "Note"])
    for row in table.rows:
        texts = [row.head, *(cell.text for cell in row.cells), row.cells[-1].below]
        sheet.cells(texts, ["wrapped"] * len(texts))


def _headlines(figures: ComparisonFigures) -> pd.DataFrame:
    """The differences that people filter and chart; comparison.csv has them all.

    A sheet of every row takes longer to write than all futures to simulate. A start from real
    children could be read from each scenario's own figures, so these are then left out.
    """
    rows = figures.comparison
    known = rows["mean"].notna() & (rows["age_band"] == "all")
    own = () if figures.manifest.get("personal_data") else OWN_MEANS
    return rows.loc[known & rows["measure"].isin(TIDY_MEASURES), [*TIDY_COLUMNS, *own]]
