"""The bridge from this year's budget to next year's need, worked out again by live formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sufficiency.domain import SETTINGS
from sufficiency.report.figures import Figures
from sufficiency.report.finance_words import bridge_label
from sufficiency.report.sheets import Book, Formula, Sheet, cell_at
from sufficiency.report.words import SETTING_LABELS
from sufficiency.report.workbook_charts import ROWS_PER_CHART, add_bridge_chart

BRIDGE_SHEET = "Bridge"
TOTAL_COLUMN = 1
_INPUT_HEADS = (
    "Setting",
    "Children on the last day",
    "£ a night then",
    "Nights next year",
    "Cost next year, without interventions",
    "Changed by interventions",
    "Already placed, all year",
    "Next year's nights at those prices",
)
_INPUT_STYLES = (
    "wrapped",
    "count_input",
    "pence_input",
    "count_input",
    *(["gbp_input"] * 2),
    "gbp",
    "gbp",
)
_NAMES = tuple(str(setting) for setting in SETTINGS)
_CHART_ROWS = ROWS_PER_CHART + 2


def add_bridge_sheet(book: Book, figures: Figures) -> None:
    """A block for each bridge of the run; no sheet where a run has none."""
    rows = figures.manifest.get("bridge") or []
    if not rows:
        return
    sheet = book.sheet(BRIDGE_SHEET, (56, *([18] * 9)))
    sheet.line("From this year's budget to next year's need", "title")
    sheet.line(
        "Blue figures are the run's; every step below is worked out from them in this sheet, and "
        "rounded to the pound. Volume, mix and price follow from children and prices on the year's "
        "last day.",
        "note",
        across=6,
    )
    inputs = figures.manifest.get("bridge_inputs") or []
    for from_year in dict.fromkeys(str(row["from_year"]) for row in rows):
        found = [row for row in rows if row["from_year"] == from_year]
        by_step = {(str(row["step"]), str(row["sector"])): float(row["mean"]) for row in found}
        worked = next((turn for turn in inputs if turn["from_year"] == from_year), None)
        sheet.gap()
        _block(book, sheet, from_year, str(found[0]["to_year"]), by_step, worked)


Steps = Mapping[tuple[str, str], float]


def _block(
    book: Book,
    sheet: Sheet,
    from_year: str,
    to_year: str,
    steps: Steps,
    inputs: Mapping[str, Any] | None,
) -> None:
    sheet.line(f"From the budget of {from_year} to the need of {to_year}", "section")
    formulas = {} if inputs is None else _inputs(sheet, inputs)
    sheet.gap()
    sheet.head(_STEP_HEADS, _STYLES)
    first = sheet.row
    order = [step for step in _ORDER if (step, "all") in steps]
    for step in order:
        label = bridge_label(step, from_year, to_year)
        amount = steps[step, "all"]
        formula = formulas.get(step)
        if step in ("rounding", "need", "net_need"):
            formula = _closing(step, first, order, formulas)
        value: object = Formula(formula, amount) if formula else amount
        _step(sheet, label, value, step, first, _sum_before(steps, order, step), amount)
    last = sheet.row - 1
    sheet.gap()
    ends = [_sum_before(steps, order, step) + steps[step, "all"] for step in order]
    add_bridge_chart(book, sheet, (first, last), min(ends), sheet.row)
    sheet.row += _CHART_ROWS


_ORDER = (
    *("budget", "this_year", "full_year_effect", "volume", "mix", "price", "interventions"),
    *("programme_costs", "rounding", "need", "income", "net_need"),
)
_STYLES = ("wrapped", "gbp", "text", *(["gbp_chart"] * 4))
_STEP_HEADS = ("Step", "All placements", "For the chart", "Base", "Budget, need", "More", "Less")
_SHORT = {
    "budget": "Budget",
    "this_year": "This year",
    "full_year_effect": "Already placed",
    "volume": "Volume",
    "mix": "Mix",
    "price": "Price",
    "interventions": "Interventions",
    "programme_costs": "Their cost",
    "rounding": "Rounding",
    "need": "Need",
    "income": "Income",
    "net_need": "Net need",
}
_ENDS = ("budget", "need", "net_need")


def _sum_before(steps: Steps, order: Sequence[str], step: str) -> float:
    """Where a step of the waterfall begins."""
    if step in _ENDS:
        return 0.0
    before = order[: order.index(step)]
    if step == "income":
        return steps["need", "all"]
    return sum(steps[one, "all"] for one in before)


def _step(
    sheet: Sheet, label: str, value: object, step: str, first: int, begins: float, amount: float
) -> None:
    """A line of the waterfall with the columns that its chart is drawn from."""
    row = sheet.row
    here = cell_at(row, TOTAL_COLUMN)
    if step in _ENDS:
        values: list[object] = [0.0, Formula(f"={here}", amount), 0.0, 0.0]
    else:
        above = f"SUM({cell_at(first, TOTAL_COLUMN)}:{cell_at(row - 1, TOTAL_COLUMN)})"
        above = cell_at(row - 1, TOTAL_COLUMN) if step == "income" else above
        base = Formula(f"=MIN({above},{above}+{here})", min(begins, begins + amount))
        up, down = max(amount, 0.0), max(-amount, 0.0)
        values = [base, 0.0, Formula(f"=MAX({here},0)", up), Formula(f"=MAX(-{here},0)", down)]
    sheet.cells([label, value, _SHORT[step], *values], _STYLES, total=step in _ENDS)


def _closing(
    step: str, first: int, order: Sequence[str], formulas: Mapping[str, str]
) -> str | None:
    """Rounding is what is missing to the need; the need is the sum of all steps."""
    at = {name: cell_at(first + place, TOTAL_COLUMN) for place, name in enumerate(order)}
    if step == "net_need":
        return f"={at['need']}+{at['income']}"
    last_step = order[order.index("rounding") - 1]
    parts = f"SUM({at['budget']}:{at[last_step]})"
    if step == "rounding":
        return f"={formulas['need']}-{parts}" if "need" in formulas else None
    return f"=SUM({at['budget']}:{at['rounding']})"


def _inputs(sheet: Sheet, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The figures that a bridge is made of, and a formula for each step."""
    pairs = {
        "Days of next year": ("count_input", inputs["days"]),
        "Budget": ("gbp_input", inputs["budget_gbp"]["all"]),
        "This year, expected": ("gbp_input", inputs["this_year_gbp"].get("all")),
        "Cost of interventions next year": ("gbp_input", inputs["programme_cost_gbp"]),
        "Income next year": ("gbp_input", inputs["income_gbp"]),
    }
    at = {}
    for label, (style, value) in pairs.items():
        at[label] = cell_at(sheet.row, 1, fixed=True)
        sheet.cells([label, value], ["wrapped", style])
    sheet.head(_INPUT_HEADS, _INPUT_STYLES)
    first = sheet.row
    for name in _NAMES:
        _input_line(sheet, name, inputs, at["Days of next year"])
    columns = {
        column: f"{cell_at(first, column, fixed=True)}:{cell_at(sheet.row - 1, column, fixed=True)}"
        for column in range(1, len(_INPUT_HEADS))
    }
    return _formulas(at, columns, has_this_year="all" in inputs["this_year_gbp"])


def _input_line(sheet: Sheet, name: str, inputs: Mapping[str, Any], days: str) -> None:
    row = sheet.row
    keys = ("children", "nightly_gbp", "nights", "cost_gbp", "interventions_gbp")
    known = [float(inputs[key][name]) for key in keys]
    children, price, nights = (cell_at(row, column) for column in (1, 2, 3))
    already = Formula(f"={children}*{price}*{days}", known[0] * known[1] * inputs["days"])
    at_old = Formula(f"={nights}*{price}", known[2] * known[1])
    sheet.cells([SETTING_LABELS[name], *known, already, at_old], _INPUT_STYLES)


def _formulas(
    at: Mapping[str, str], columns: Mapping[int, str], *, has_this_year: bool
) -> dict[str, str]:
    """Each step from the inputs; by setting and rounded there, as the run does it."""
    children, nights, cost, changed, already, at_old = (columns[n] for n in (1, 3, 4, 5, 6, 7))
    days = at["Days of next year"]
    growth = f"IF(SUM({children})>0,SUM({nights})/(SUM({children})*{days}),1)"
    this_year = at["This year, expected"]
    here = this_year if has_this_year else at["Budget"]
    programme = f"ROUND({at['Cost of interventions next year']},0)"
    return {
        "budget": f"=ROUND({at['Budget']},0)",
        "this_year": f"=ROUND({this_year}-{at['Budget']},0)",
        "full_year_effect": f"=ROUND(SUM({already})-{here},0)",
        "volume": f"=SUMPRODUCT(ROUND(({growth}-1)*{already},0))",
        "mix": f"=SUMPRODUCT(ROUND({at_old}-{growth}*{already},0))",
        "price": f"=SUMPRODUCT(ROUND({cost}-{at_old},0))",
        "interventions": f"=SUMPRODUCT(ROUND({changed},0))",
        "programme_costs": f"={programme}",
        "income": f"=-ROUND({at['Income next year']},0)",
        "need": f"=ROUND(SUM({cost})+SUM({changed}),0)+{programme}",
    }
