"""The workbook: a summary for finance, the assumptions, native charts and the tidy tables.

Numbers are numbers with a format, dates are dates, nothing is a macro. The figures are those of
the page; here they are not rounded, only shown rounded. Sheets that work something out (budget,
bridge, months, invest to save, audit) do so by live formulas of our own; no text of a user becomes
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sufficiency.report.figures import FLAG, Figures, RunResult, Spread
from sufficiency.report.formats import MONEY_UNITS, long_date
from sufficiency.report.headline import headline, plain
from sufficiency.report.page import authority_name, monte_carlo_sentence, scenario_name
from sufficiency.report.page_charts import comparison_label
from sufficiency.report.planned_ends import plans_sentences
from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.words import (
    GLOSSARY,
    HIDDEN_COUNTS,
    KIND_LABELS,
    KIND_ORDER,
    MEASURE_LABELS,
    NOT_A_TARGET,
    NOT_SAID,
    PERCENTILES_DO_NOT_ADD,
    SETTING_LABELS,
    SHORT_SETTING_LABELS,
    in_plain_words,
)
from sufficiency.report.workbook_audit import add_audit_sheet
from sufficiency.report.workbook_bridge import add_bridge_sheet
from sufficiency.report.workbook_budget import add_budget_sheet, add_months_sheet
from sufficiency.report.workbook_charts import (
    ROWS_PER_CHART,
    add_cost_chart,
    add_fan_chart,
    add_settings_chart,
)
from sufficiency.report.workbook_inputs import add_comparison_sheet, add_inputs_sheet
from sufficiency.report.workbook_invest import add_invest_sheet
from sufficiency.report.workbook_parts import workbook
from sufficiency.report.workbook_tidy import TIDY_SHEETS, add_tidy_sheet, as_list

LINE_WIDTH_COLUMNS = 7
ENDS = ("Low", "Expected", "High")
SUMMARY_WIDTHS = (46, *([17] * 12))


def write_workbook(forecast: RunResult, path: Path) -> None:
    """Write a run's workbook (XLSX, no macros).

    Args:
        forecast: a run: its manifest and tidy frames.
        path: the file to write; it is replaced if it exists.

    Raises:
        OSError: the file cannot be written.
    """
    figures = Figures.of(forecast)
    about = {
        "title": f"{authority_name(figures.manifest)}: {scenario_name(figures.manifest)}",
        "subject": "Forecast of placements for children in care",
    }
    with workbook(path, figures.manifest, start=figures.start, **about) as book:
        _summary(book, figures)
        add_inputs_sheet(book, figures)
        _assumptions(book, figures)
        add_budget_sheet(book, figures)
        add_bridge_sheet(book, figures)
        add_months_sheet(book, figures)
        add_invest_sheet(book, figures)
        add_comparison_sheet(book, figures)
        _in_care_by_sector(book, figures)
        _costs(book, figures)
        for name in TIDY_SHEETS:
            add_tidy_sheet(book, name, getattr(figures, name))
        add_audit_sheet(book, figures)
        _about(book, figures)


def _summary(book: Book, figures: Figures) -> None:
    """The headline, cost by year and setting, gaps: one sheet for finance."""
    sheet = book.sheet("Summary", SUMMARY_WIDTHS)
    if book.marking:
        sheet.line(book.marking, "section")
    sheet.line(f"{authority_name(figures.manifest)}: children in care and cost", "title")
    sheet.line(
        f"{scenario_name(figures.manifest)}: forecast from {long_date(figures.start)} "
        f"to {long_date(figures.end)}"
    )
    sheet.gap()
    for sentence in headline(figures):
        sheet.line(plain(sentence), "wrapped", across=LINE_WIDTH_COLUMNS)
    for line in plans_sentences(figures):
        sheet.line(line, "wrapped", across=LINE_WIDTH_COLUMNS)
    sheet.line(NOT_A_TARGET, "section")
    sheet.gap()
    _cost_table(sheet, figures)
    sheet.gap()
    _gap_table(sheet, figures)
    sheet.gap()
    sheet.line(PERCENTILES_DO_NOT_ADD, "note", across=LINE_WIDTH_COLUMNS)
    sheet.line(
        "Low and high are the 10th and 90th percentile: in 8 of 10 simulated futures the figure "
        "lies between them. Expected is the mean over all of them.",
        "note",
        across=LINE_WIDTH_COLUMNS,
    )
    if figures.hides_children:
        sheet.line(HIDDEN_COUNTS, "note", across=LINE_WIDTH_COLUMNS)
    sheet.worksheet.freeze_panes(3 if book.marking else 2, 1)


def _three(spread: Spread | None) -> list[float | None]:
    """Low, expected and high of the headline range, empty where there is none."""
    return [None] * 3 if spread is None else [spread.p10, spread.mean, spread.p90]


def _cost_table(sheet: Sheet, figures: Figures) -> None:
    """Cost by setting and financial year: low, expected, high; then the budget."""
    years = figures.years
    sheet.line("Cost of placements by financial year", "section")
    sheet.groups([year.label for year in years], len(ENDS))
    styles = ["wrapped", *(["gbp"] * len(ENDS) * len(years))]
    sheet.head(["Setting", *(ENDS * len(years))], styles)
    for setting in figures.settings:
        costs = [figures.annual("cost", year.name, setting) for year in years]
        if any(costs):
            amounts = [amount for cost in costs for amount in _three(cost)]
            sheet.cells([SETTING_LABELS[setting], *amounts], styles)
    total = [amount for y in years for amount in _three(figures.annual("cost", y.name))]
    sheet.cells(["All placements", *total], styles, total=True)
    extra = [figures.annual("extra_cost_of_gap", year.name) for year in years]
    if any(extra):
        amounts = [amount for spread in extra for amount in _three(spread)]
        sheet.cells(["of which extra cost of the gaps", *amounts], styles)
    outturns = [figures.annual("outturn", year.name) for year in years]
    if any(outturns):
        spent = [figures.annual("actual", year.name) for year in years]
        known = [cell for s in spent for cell in (None, s.mean if s else None, None)]
        sheet.cells(["Spent before, by the ledger", *known], styles)
        amounts = [amount for spread in outturns for amount in _three(spread)]
        sheet.cells(["Outturn: the ledger and the forecast", *amounts], styles, total=True)
    _budget_lines(sheet, figures)


def _budget_lines(sheet: Sheet, figures: Figures) -> None:
    """The budget, the chance of passing it and by how much, for whole years that have one."""
    years = [year if figures.with_ledger(year).is_whole else None for year in figures.years]
    budgets = [figures.annual("budget", year.name) if year else None for year in years]
    if not any(budgets):
        sheet.line("No year that is covered whole has a budget in the scenario.", "note")
        return
    costs = [
        figures.annual("outturn", year.name) or figures.annual("cost", year.name) if year else None
        for year in years
    ]
    chances = [
        figures.annual("over_budget_probability", year.name) if year else None for year in years
    ]
    lines: tuple[tuple[str, str, list[float | None]], ...] = (
        ("Budget", "gbp", [b.mean if b else None for b in budgets]),
        (
            "Expected cost less budget",
            "gbp",
            [c.mean - b.mean if c and b else None for c, b in zip(costs, budgets, strict=True)],
        ),
        (
            "Chance of spending more than the budget",
            "percent",
            [c.mean if c else None for c in chances],
        ),
    )
    for label, style, values in lines:
        spaced = [cell for value in values for cell in (None, value, None)]
        sheet.cells([label, *spaced], ["wrapped", *([style] * len(spaced))])


def _gap_table(sheet: Sheet, figures: Figures) -> None:
    """Both kinds of gap at each 31 March and the end, in columns of their own."""
    sheet.line("Gaps: children at a date (two kinds, never added together)", "section")
    kinds = ("in_house_shortfall", "unmet_need")
    sheet.groups([MEASURE_LABELS[kind] for kind in kinds], len(ENDS))
    styles = ["date", *(["count"] * len(ENDS) * len(kinds))]
    sheet.head(["Date", *(ENDS * len(kinds))], styles)
    for day in figures.year_ends:
        values = [number for kind in kinds for number in _three(figures.at(kind, day))]
        sheet.cells([day, *values], styles)


def _assumptions(book: Book, figures: Figures) -> None:
    """Every number that the run rests on, with its kind, plausible range and source."""
    sheet = book.sheet("Assumptions", (62, 14, 22, 12, 12, 12, 80, 50, 44))
    labels = ("What", "Value", "Unit", "Low", "High", "Kind", "Source", "Note", "Key")
    numbers = ("wrapped", "general", "indented", "general", "general")
    sheet.head(labels, numbers)
    rows = [row for kind in KIND_ORDER for row in figures.origins(kind)]
    for row in rows:
        kind = str(row.get("kind") or "")
        number = _style_of_unit(str(row.get("unit") or ""))
        styles = ["wrapped", number, "indented", number, number, *(["indented"] * 4)]
        values = [
            in_plain_words(str(row.get("label") or "")),
            row.get("value"),
            row.get("unit"),
            row.get("low"),
        ]
        values += [row.get("high"), KIND_LABELS.get(kind, kind), row.get("source")]
        sheet.cells([*values, row.get("note"), row.get("key")], styles)
    as_list(sheet, len(rows), len(labels))


def _style_of_unit(unit: str) -> str:
    if unit.startswith("share") or unit == "a year":
        return "share"
    return "gbp" if unit.lower().startswith(MONEY_UNITS) else "general"


def _in_care_by_sector(book: Book, figures: Figures) -> None:
    """A month a row: all children with the range, then the expected number in each setting."""
    settings = figures.settings
    sheet = book.sheet("In care by sector", (14, 12, 12, 12, 14, *([16] * (len(settings) + 1))))
    labels = ["Date", "All: low", "All: expected", "All: high", "All: high less low"]
    labels += [SHORT_SETTING_LABELS[setting] for setting in settings]
    labels += ["Own foster carers: usable places"]
    styles = ["date", *(["count"] * (len(labels) - 1))]
    if figures.hides_children:
        labels, styles = [*labels, f"{FLAG}: left out"], [*styles, "text"]
    sheet.head(labels, styles)
    for day in figures.dates:
        low, expected, high = _three(figures.at("in_care", day))
        spread = high - low if high is not None and low is not None else None
        by_setting = [figures.at("in_care", day, setting) for setting in settings]
        values: list[object] = [day, low, expected, high, spread]
        values += [figure.mean if figure else None for figure in by_setting]
        places = figures.at("places", day, "internal_fostering")
        values.append(places.mean if places else None)
        if figures.hides_children:
            values.append(_left_out(figures, day))
        sheet.cells(values, styles)
    as_list(sheet, len(figures.dates), len(labels), frozen_columns=1)
    sheet.gap()
    note = "Expected numbers by setting add up to all children; ranges do not add up."
    note += f" {HIDDEN_COUNTS}" if figures.hides_children else ""
    sheet.line(note, "note", across=LINE_WIDTH_COLUMNS)
    last = len(figures.dates)
    lowest = float(figures.series("in_care")["p10"].min())
    add_fan_chart(book, sheet, last, lowest, sheet.row + 1)
    add_settings_chart(book, sheet, last, 5, settings, sheet.row + 2 + ROWS_PER_CHART)


def _left_out(figures: Figures, day: date) -> str | None:
    """Which settings have no number at a date because it would show a few real children."""
    settings = [s for s in figures.settings if figures.is_hidden("in_care", day, s)]
    settings += ["all"] if figures.is_hidden("in_care", day) else []
    named = ", ".join(SHORT_SETTING_LABELS.get(setting, "all") for setting in settings)
    return f"{FLAG}: {named}" if named else None


def _costs(book: Book, figures: Figures) -> None:
    """Expected cost by setting and year, and the range of each year's total."""
    years = figures.years
    settings = [
        setting
        for setting in figures.settings
        if any(figures.annual("cost", year.name, setting) for year in years)
    ]
    sheet = book.sheet("Costs", (26, *([16] * (len(settings) + 4))))
    labels = ["Financial year", *(SHORT_SETTING_LABELS[s] for s in settings)]
    labels += ["All: expected", "All: low", "All: high", "Months"]
    styles = ["wrapped", *(["gbp"] * (len(labels) - 2)), "count"]
    sheet.head(labels, styles)
    for year in years:
        parts = [figures.annual("cost", year.name, setting) for setting in settings]
        values: list[object] = [year.label, *(part.mean if part else None for part in parts)]
        low, expected, high = _three(figures.annual("cost", year.name))
        values += [expected, low, high]
        sheet.cells([*values, year.months], styles)
    sheet.worksheet.freeze_panes(1, 1)
    sheet.gap()
    sheet.line(
        "Expected costs by setting add up to the total; low and high are the 10th and 90th "
        "percentile of the year's total and do not add up.",
        "note",
        across=LINE_WIDTH_COLUMNS,
    )
    add_cost_chart(book, sheet, len(years), settings, sheet.row + 1)


def _about(book: Book, figures: Figures) -> None:
    """How the run was made, what the words mean and what the forecast does not say."""
    sheet = book.sheet("About", (40, 110))
    manifest = figures.manifest
    sheet.line("About this run", "title")
    _pairs(
        sheet,
        [
            (key.replace("_", " ").capitalize(), manifest.get(key))
            for key in ("command", "package_version", "engine", "seed", "replications")
        ]
        + [("Started at", manifest.get("started_at")), ("Data", manifest.get("data_age"))]
        + [(f"Input: {row['file']}", row["sha256"]) for row in manifest.get("inputs") or ()]
        + [("How sure the range is", monte_carlo_sentence(figures))],
    )
    for title, lines in (
        ("To know about this run", manifest.get("warnings")),
        ("Known only later, and used all the same", manifest.get("frozen_set")),
        ("What the forecast does not say", NOT_SAID),
    ):
        _listed(sheet, title, lines or ())
    starts = manifest.get("starting_figures") or ()
    _section(sheet, "Children in care at or near the start, by source", starts)
    _pairs(sheet, [(f"{row['source']}, {row['date']}", row["figure"]) for row in starts])
    others = manifest.get("comparisons") or ()
    _section(sheet, "Other figures for children in care", others)
    _pairs(sheet, [(f"{comparison_label(row)}, {row['date']}", row["value"]) for row in others])
    _section(sheet, "What the words mean", GLOSSARY)
    _pairs(sheet, [(entry.term, entry.meaning) for entry in GLOSSARY])


def _section(sheet: Sheet, title: str, content: Sequence[object]) -> None:
    if content:
        sheet.gap()
        sheet.line(title, "section")


def _listed(sheet: Sheet, title: str, lines: Sequence[str]) -> None:
    _section(sheet, title, lines)
    for line in lines:
        sheet.cells([None, line], ["wrapped", "wrapped"])


def _pairs(sheet: Sheet, pairs: Sequence[tuple[str, object]]) -> None:
    for label, value in pairs:
        if value not in (None, ""):
            style = "general" if isinstance(value, int | float) else "wrapped"
            sheet.cells([label, value], ["wrapped", style])
