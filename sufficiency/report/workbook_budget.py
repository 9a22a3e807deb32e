"""Sheets on the budget and the months: what was spent, what is to come, and what is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sufficiency.domain import financial_year
from sufficiency.report.figures import Figures, YearOfMoney
from sufficiency.report.sheets import Book, Formula, Sheet, cell_at
from sufficiency.report.words import SETTING_LABELS
from sufficiency.report.workbook_charts import add_profile_chart

BUDGET_SHEET, MONTHS_SHEET = "Budget", "Monthly profile"
ALL_PLACEMENTS = "All placements"
CONTINGENCIES = ("contingency_p50", "contingency_p80", "contingency_p95")
_BUDGET_COLUMNS = (
    ("Setting", "wrapped"),
    ("Budget", "gbp_input"),
    ("Spent so far", "gbp_input"),
    ("Still to come, expected", "gbp_input"),
    ("Outturn, expected", "gbp"),
    ("Over (+) or under (-) budget", "gbp"),
    ("Chance of spending more", "percent"),
    ("Overspend on average, over all futures", "gbp"),
    ("Overspend where there is one", "gbp"),
    ("To set aside: enough in 50 of 100 futures", "gbp"),
    ("... in 80 of 100", "gbp"),
    ("... in 95 of 100", "gbp"),
    ("Budget and what is enough in 80 of 100", "gbp"),
)


def add_budget_sheet(book: Book, figures: Figures) -> None:
    """Budget, outturn and contingency by setting, a block for each financial year."""
    sheet = book.sheet(BUDGET_SHEET, (48, *([16] * (len(_BUDGET_COLUMNS) - 1))))
    sheet.line("Budget and expected outturn", "title")
    note = (
        "Blue figures are the run's; black ones are worked out from them in this sheet. What to "
        "set aside for one line does not add up with another's: bad luck seldom comes to all at "
        "once."
    )
    sheet.line(note, "note", across=8)
    for year in years_of_money(figures):
        sheet.gap()
        sheet.line(f"Financial year {year.label}", "section")
        labels, styles = zip(*_BUDGET_COLUMNS, strict=True)
        sheet.head(labels, styles)
        first = sheet.row
        lines = [name for name in figures.settings if _has_money(figures, year, name)]
        for setting in lines:
            _budget_line(sheet, figures, year, setting, styles)
        _budget_line(sheet, figures, year, "all", styles, first, sheet.row)
    sheet.worksheet.freeze_panes(0, 1)


def years_of_money(figures: Figures) -> list[YearOfMoney]:
    """The years of the forecast, whole where the ledger makes them so."""
    return [figures.with_ledger(year) for year in figures.years]


def _has_money(figures: Figures, year: YearOfMoney, setting: str) -> bool:
    measures = ("cost", "actual", "budget")
    found = (figures.annual(measure, year.name, setting) for measure in measures)
    return any(amount is not None and amount.mean for amount in found)


def _budget_line(
    sheet: Sheet,
    figures: Figures,
    year: YearOfMoney,
    setting: str,
    styles: Sequence[str],
    first: int | None = None,
    after_last: int = 0,
) -> None:
    """One line of a year's block; the total adds up what is forecast by setting."""

    def mean(measure: str) -> float | None:
        found = figures.annual(measure, year.name, setting)
        return None if found is None else found.mean

    row = sheet.row
    at = {name: cell_at(row, column) for column, name in enumerate("ABCDEF")}
    budget, spent, to_come = mean("budget"), mean("actual"), mean("cost")
    forecast: object = to_come
    if first is not None and not figures.hides_children:
        summed = f"=SUM({cell_at(first, 3)}:{cell_at(after_last - 1, 3)})"
        forecast = Formula(summed, to_come or 0.0)
    outturn = (spent or 0.0) + (to_come or 0.0)
    # A ledger that does not part the sectors leaves theirs unknown.
    is_known = spent is not None or figures.annual("actual", year.name) is None
    values: list[object] = [
        ALL_PLACEMENTS if setting == "all" else SETTING_LABELS[setting],
        budget,
        spent,
        forecast,
        Formula(f"={at['C']}+{at['D']}", outturn) if is_known else None,
    ]
    if budget is None or not year.is_whole or not is_known:
        values += [None] * (len(styles) - len(values))
    else:
        measures = ("over_budget_probability", "expected_overspend", "overspend_if_over")
        aside = [mean(measure) for measure in CONTINGENCIES]
        with_80 = Formula(f"={at['B']}+{cell_at(row, 10)}", budget + (aside[1] or 0.0))
        over = Formula(f"={at['E']}-{at['B']}", outturn - budget)
        values += [over, *map(mean, measures), *aside, with_80]
    sheet.cells(values, styles, total=setting == "all")


def add_months_sheet(book: Book, figures: Figures) -> None:
    """Money a month: spent, committed and new, with live totals and the year to date."""
    labels = (
        *("Financial year", "Period", "Month ends", "Spent", "Children placed at the start"),
        *("Later placements", "Month", "Year to date"),
    )
    styles = ("text", "count", "date", *(["gbp_input"] * 3), "gbp", "gbp")
    sheet = book.sheet(MONTHS_SHEET, (16, 9, 14, 16, 18, 18, 16, 18))
    sheet.head(labels, styles)
    to_date, year_before, first = 0.0, "", 1
    rows = money_by_month(figures)
    for day, amounts in rows:
        year, row = financial_year(day), sheet.row
        if year != year_before:
            to_date, year_before, first = 0.0, year, row
        month = sum(amount or 0.0 for amount in amounts)
        to_date += month
        values: list[object] = [year, (day.month - 4) % 12 + 1, day, *amounts]
        values.append(Formula(f"=SUM({cell_at(row, 3)}:{cell_at(row, 5)})", month))
        running = f"=SUM({cell_at(first, 6)}:{cell_at(row, 6)})"
        sheet.cells([*values, Formula(running, to_date)], styles)
    sheet.worksheet.freeze_panes(1, 3)
    sheet.worksheet.repeat_rows(0)
    sheet.gap()
    note = "Expected values, in money of the day. A month is spent, where the ledger knows it, or "
    note += "forecast."
    sheet.line(note, "note", across=len(labels))
    add_profile_chart(book, sheet, len(rows), sheet.row + 1)


def money_by_month(figures: Figures) -> list[tuple[date, list[float | None]]]:
    """Each month's end with what was spent, is committed and is new; None where not said."""
    rows = figures.finance_monthly
    rows = rows[(rows["measure"] == "cost") & (rows["sector"] == "all") & (rows["pool"] == "all")]
    keys = zip(rows["date"], rows["basis"], strict=True)
    by_key = dict(zip(keys, rows["mean"].astype(float), strict=True))
    days = sorted({day for day, _ in by_key})
    bases = ("actual", "committed", "new")
    return [(day, [by_key.get((day, basis)) for basis in bases]) for day in days]
