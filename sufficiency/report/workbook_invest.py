"""Invest to save, month by month, with its present value and payback worked out by formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Any

from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.report.figures import Figures
from sufficiency.report.sheets import Book, Formula, Sheet, cell_at
from sufficiency.report.workbook_charts import add_payback_chart

INVEST_SHEET = "Invest to save"
_HEADS = (
    "Month",
    "Ends",
    "Placements cost less by",
    "Programme costs",
    "Saved less spent",
    "Worth at the start",
    "Present value",
    "So far, present value",
    "So far: low",
    "So far: high",
    "Share of futures that have paid back",
)
_STYLES = (
    "count",
    "date",
    "gbp_input",
    "gbp_input",
    "gbp",
    "factor",
    "gbp",
    "gbp",
    "gbp",
    "gbp",
    "percent",
)
NEVER = "not within the forecast"
NUMBER, SAVED, SPENT, NET, FACTOR, PRESENT, RUNNING = 0, 2, 3, 4, 5, 6, 7


def add_invest_sheet(book: Book, figures: Figures) -> None:
    """What the run's interventions cost and save against doing nothing; no sheet without one."""
    told = figures.manifest.get("invest_to_save")
    if not told:
        return
    sheet = book.sheet(INVEST_SHEET, (44, 14, *([18] * 9)))
    sheet.line("Invest to save", "title")
    names = ", ".join(str(name) for name in told["interventions"])
    sheet.line(
        f"Against doing nothing: the same children without {names}, in {told['replications']} "
        "paired futures. Expected values; money falls at each month's end. Costs and savings after "
        "the last month are not counted.",
        "note",
        across=7,
    )
    sheet.gap()
    rates = {}
    for label, key in (
        ("Discount rate a year", "discount_rate"),
        ("General rise of prices a year", "inflation_per_year"),
    ):
        rates[key] = cell_at(sheet.row, 1, fixed=True)
        sheet.cells([label, told[key]], ["wrapped", "share_input"])
    months: Sequence[Mapping[str, Any]] = told["months"]
    answers = sheet.row
    sheet.row += 8
    sheet.head(_HEADS, _STYLES)
    first = sheet.row
    _months(sheet, months, told, rates)
    last = sheet.row - 1
    _answers(sheet, told, rates, (first, last), answers)
    sheet.gap()
    add_payback_chart(book, sheet, (first, last), (RUNNING, 8, 9), sheet.row)


def _months(
    sheet: Sheet,
    months: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
    rates: Mapping[str, str],
) -> None:
    """A line a month; the factor is the Green Book's, a twelfth of a year at a time."""
    growth = f"(1+{rates['discount_rate']})*(1+{rates['inflation_per_year']})"
    a_year = (1 + told["discount_rate"]) * (1 + told["inflation_per_year"])
    running = list(
        accumulate(
            (m["saving_gbp"] - m["programme_cost_gbp"]) * a_year ** (-n / MONTHS_PER_YEAR)
            for n, m in enumerate(months, 1)
        )
    )
    first = sheet.row
    for number, month in enumerate(months, 1):
        row = sheet.row
        at = [cell_at(row, column) for column in range(RUNNING + 1)]
        net = month["saving_gbp"] - month["programme_cost_gbp"]
        factor = a_year ** (-number / MONTHS_PER_YEAR)
        sheet.cells(
            [
                number,
                date.fromisoformat(month["date"]),
                month["saving_gbp"],
                month["programme_cost_gbp"],
                Formula(f"={at[SAVED]}-{at[SPENT]}", net),
                Formula(f"=({growth})^(-{at[NUMBER]}/{MONTHS_PER_YEAR})", factor),
                Formula(f"={at[NET]}*{at[FACTOR]}", net * factor),
                Formula(f"=SUM({cell_at(first, PRESENT)}:{at[PRESENT]})", running[number - 1]),
                month["p10"],
                month["p90"],
                month["paid_back_share"],
            ],
            _STYLES,
        )


def _answers(
    sheet: Sheet,
    told: Mapping[str, Any],
    rates: Mapping[str, str],
    rows: tuple[int, int],
    at_row: int,
) -> None:
    """The net present value, twice over, the payback month and how sure they are."""

    def column(number: int) -> str:
        return f"{cell_at(rows[0], number)}:{cell_at(rows[1], number)}"

    a_month = (
        f"((1+{rates['discount_rate']})*(1+{rates['inflation_per_year']}))^(1/{MONTHS_PER_YEAR})-1"
    )
    npv, payback = told["net_present_value_gbp"], told["payback_month"]
    ends = cell_at(rows[1], RUNNING)
    owed = f"LOOKUP(2,1/({column(RUNNING)}<0),{column(NUMBER)})"
    lines: tuple[tuple[str, object, str], ...] = (
        ("Net present value", Formula(f"=SUM({column(PRESENT)})", npv["mean"]), "gbp"),
        (
            "The same by the function NPV",
            Formula(f"=NPV({a_month},{column(NET)})", npv["mean"]),
            "gbp",
        ),
        (
            "Payback month, expected",
            Formula(
                f'=IF(MIN({column(RUNNING)})>=0,0,IF({ends}<0,"{NEVER}",{owed}+1))',
                NEVER if payback is None else payback,
            ),
            "count",
        ),
        ("Chance that it pays back", told["pays_back_probability"], "percent"),
        (
            "Cost avoided against doing nothing",
            Formula(f"=SUM({column(SAVED)})", told["cost_avoided_gbp"]["mean"]),
            "gbp",
        ),
        (
            "Effect at which it breaks even, as a multiple of the simulated one (linear)",
            _break_even(told, column(SAVED), column(SPENT), column(FACTOR)),
            "general",
        ),
    )
    for place, (label, value, style) in enumerate(lines):
        sheet.put(at_row + place, 0, label, "wrapped")
        sheet.put(at_row + place, 1, value, style)


def _break_even(told: Mapping[str, Any], saved: str, spent: str, factor: str) -> object:
    multiple = told["break_even_multiple"]
    if multiple is None or multiple == float("inf"):
        return "nothing is saved"
    return Formula(f"=SUMPRODUCT({spent},{factor})/SUMPRODUCT({saved},{factor})", multiple)
