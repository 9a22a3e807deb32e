"""Sheets on what went in, and on what others forecast or what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sufficiency.report.figures import Figures, day_of
from sufficiency.report.formats import long_date
from sufficiency.report.page_charts import comparison_label
from sufficiency.report.sheets import Book, Formula, Sheet, cell_at
from sufficiency.report.words import KIND_LABELS, in_plain_words

INPUTS_SHEET, COMPARISON_SHEET = "Inputs", "Comparison"


def add_inputs_sheet(book: Book, figures: Figures) -> None:
    """What whoever ran it chose: the council, the months, levers, budgets, interventions."""
    manifest = figures.manifest
    sheet = book.sheet(INPUTS_SHEET, (58, 18, 26, 60))
    sheet.line("Inputs", "title")
    scenario: Mapping[str, Any] = manifest.get("scenario") or {}
    authority: Mapping[str, Any] = manifest.get("authority") or {}
    for label, value in (
        ("Council", authority.get("name")),
        ("Scenario", scenario.get("name")),
        ("What it explores", scenario.get("description")),
        ("Forecast from the end of", long_date(figures.start)),
        ("to the end of", long_date(figures.end)),
        ("Ledger of what was spent", (scenario.get("costs") or {}).get("actuals")),
    ):
        if value:
            sheet.cells([label, str(value)], ["text", "text"])
    sheet.gap()
    sheet.line("Chosen by the scenario", "section")
    sheet.head(("What", "Value", "Unit", "Source"), ("wrapped", "general", "indented", "indented"))
    levers = list(figures.origins("lever"))
    for row in levers:
        sheet.cells(
            [
                in_plain_words(str(row.get("label") or "")),
                row.get("value"),
                row.get("unit"),
                row.get("source"),
            ],
            ["wrapped", "general", "indented", "indented"],
        )
    if not levers:
        sheet.line("Nothing: every number is fitted or assumed.", "note")
    sheet.gap()
    _prices(sheet, figures)


def _prices(sheet: Sheet, figures: Figures) -> None:
    """The prices that money is made of, wherever they come from."""
    sheet.line("Prices", "section")
    sheet.head(("What", "Value", "Unit", "Kind"), ("wrapped", "pence", "indented", "indented"))
    for row in figures.manifest.get("origins") or ():
        if not str(row.get("key") or "").startswith("costs.") or not isinstance(
            row.get("value"), int | float
        ):
            continue
        money = str(row.get("unit") or "").lower().startswith("gbp")
        kind = str(row.get("kind") or "")
        label = in_plain_words(str(row.get("label") or ""))
        style = "pence" if money else "general"
        sheet.cells(
            [label, row["value"], row.get("unit"), KIND_LABELS.get(kind, kind)],
            ["wrapped", style, "indented", "indented"],
        )


def add_comparison_sheet(book: Book, figures: Figures) -> None:
    """What others forecast, or what happened, beside this forecast; no sheet without any."""
    rows = [
        row
        for row in figures.manifest.get("comparisons") or ()
        if isinstance(row.get("value"), int | float)
    ]
    if not rows:
        return
    sheet = book.sheet(COMPARISON_SHEET, (44, 16, 14, 14, 14, 14, 18, 60))
    labels = (
        "Whose figure",
        "Date",
        "Children",
        "This forecast",
        "Low",
        "High",
        "Ours less theirs",
    )
    styles = ("wrapped", "date", "count", "count", "count", "count", "count", "indented")
    sheet.head((*labels, "Note"), styles)
    for row in rows:
        day = day_of(row["date"])
        ours = figures.at("in_care", day)
        theirs, here = cell_at(sheet.row, 2), cell_at(sheet.row, 3)
        values: list[object] = [comparison_label(row), day, float(row["value"])]
        if ours is None:
            values += [None] * 4
        else:
            less = Formula(f"={here}-{theirs}", ours.mean - float(row["value"]))
            values += [ours.mean, ours.p10, ours.p90, less]
        sheet.cells([*values, row.get("note")], styles)
    sheet.worksheet.freeze_panes(1, 1)
