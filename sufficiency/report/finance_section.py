"""The finance desk on the page: budgets and outturns, the bridge to next year, invest to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sufficiency.domain import SETTINGS
from sufficiency.report.figures import Figures, YearOfMoney
from sufficiency.report.finance_words import bridge_label
from sufficiency.report.formats import gbp, gbp_range, long_date, percent
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import setting_label
from sufficiency.report.workbook_budget import years_of_money

NOTHING = Cell("–")
_SETTINGS = tuple(str(setting) for setting in SETTINGS)


def finance_section(figures: Figures) -> dict[str, Any]:
    """Everything of the page's finance part; what a run does not have is None or empty."""
    return {
        "budget_tables": _budget_tables(figures),
        "bridge_tables": _bridge_tables(figures.manifest),
        "invest": _invest(figures.manifest.get("invest_to_save"), figures),
    }


def _budget_tables(figures: Figures) -> list[Table]:
    """Budget against outturn by setting, a table for each year that has a budget."""
    years = [year for year in years_of_money(figures) if year.is_whole]
    found = (_budget_table(figures, year) for year in years)
    return [table for table in found if table is not None]


def _budget_table(figures: Figures, year: YearOfMoney) -> Table | None:
    lines = [name for name in (*_SETTINGS, "all") if figures.annual("budget", year.name, name)]
    if not lines:
        return None
    columns = (
        *("", "Budget", "Outturn", "Over (+) or under (−)", "Chance of overspending"),
        *("Overspend to expect", "To set aside: enough in 50, 80 and 95 of 100 futures"),
    )
    known = any(figures.annual("actual", year.name, name) for name in lines)
    return Table(
        key=f"budget-{year.name}",
        caption=f"Budget of {year.name} and what is expected",
        columns=[Column(label) for label in columns],
        rows=[_budget_row(figures, year.name, line) for line in lines],
        note="The overspend to expect is its chance times its size. What to set aside for one line "
        "does not add up with another's: bad luck seldom comes to all at once."
        + (" The outturn is what the ledger says was spent and the forecast." if known else ""),
    )


def _budget_row(figures: Figures, year: str, line: str) -> Row:
    def mean(measure: str) -> float:
        found = figures.annual(measure, year, line)
        return float("nan") if found is None else found.mean

    outturn = figures.annual("outturn", year, line) or figures.annual("cost", year, line)
    aside = " · ".join(gbp(mean(f"contingency_p{at}")) for at in (50, 80, 95))
    over = mean("over_budget")
    return Row(
        "All placements" if line == "all" else setting_label(line),
        [
            Cell(gbp(mean("budget"))),
            NOTHING
            if outturn is None
            else Cell(gbp_range(outturn.p10, outturn.p90), f"expected {gbp(outturn.mean)}"),
            Cell(signed(over)),
            Cell(percent(mean("over_budget_probability"))),
            Cell(gbp(mean("expected_overspend"))),
            Cell(aside),
        ],
        is_total=line == "all",
    )


def signed(amount: float) -> str:
    """Money with its sign, as ``+£1.2m``; a true minus where it is less."""
    text = gbp(abs(amount)) if amount == amount else gbp(amount)
    return f"+{text}" if amount > 0 else f"−{text}" if amount < 0 else text


def pounds(amount: float) -> str:
    """Whole pounds with their sign: a bridge adds up to the pound."""
    text = f"£{abs(amount):,.0f}"
    return f"−{text}" if amount < 0 else text


def _bridge_tables(manifest: Mapping[str, Any]) -> list[Table]:
    rows: Sequence[Mapping[str, Any]] = manifest.get("bridge") or ()
    years = dict.fromkeys((str(row["from_year"]), str(row["to_year"])) for row in rows)
    return [
        Table(
            key=f"bridge-{to_year}",
            caption=f"From the budget of {from_year} to the need of {to_year}",
            columns=[Column(""), Column("All placements")],
            rows=[
                Row(
                    bridge_label(str(row["step"]), from_year, to_year),
                    [Cell(pounds(float(row["mean"])))],
                    is_total=row["step"] in ("budget", "need", "net_need"),
                )
                for row in rows
                if row["sector"] == "all" and row["from_year"] == from_year
                if row["mean"] or row["step"] in ("budget", "need")
            ],
            note="Adds up to the pound. More or fewer children, settings and prices are against "
            "the children and prices of the year's last day; the workbook has it by setting, with "
            "formulas." + (WHOLE_EFFECT if _has_interventions(rows, to_year) else ""),
        )
        for from_year, to_year in years
    ]


WHOLE_EFFECT = (
    " More or fewer children are those that would be there without the interventions, whose whole "
    "effect of the year, also on children whom they kept out before it, stands in one line."
)


def _has_interventions(rows: Sequence[Mapping[str, Any]], to_year: str) -> bool:
    steps = (row for row in rows if row["to_year"] == to_year and row["step"] == "interventions")
    return any(row["mean"] for row in steps)


def _invest(told: Mapping[str, Any] | None, figures: Figures) -> Table | None:
    """Invest to save in a table."""
    if not told:
        return None
    names = ", ".join(str(name) for name in told["interventions"])
    return Table(
        key="invest-to-save",
        caption=f"Invest to save, to {long_date(figures.end)}",
        columns=[Column(""), Column(names)],
        rows=_invest_rows(told),
        note=f"Against doing nothing, in {told['replications']} paired futures. Present values: "
        f"{told['discount_rate']:.1%} a year (HM Treasury's Green Book) after a general rise of "
        f"prices of {told['inflation_per_year']:.1%}. Break-even takes savings to grow in step "
        "with the effect. What comes after the last month is not counted.",
    )


def _invest_rows(told: Mapping[str, Any]) -> list[Row]:
    """Worth, payback, cost and break-even, each in a line."""
    multiple = told["break_even_multiple"]
    breaks_even = "no size of effect: nothing is saved"
    if not _endless(multiple):
        breaks_even = f"{multiple:.0%} of the effect assumed"
    return [
        Row("Net present value", [_ranged(told["net_present_value_gbp"])]),
        Row("Pays back, as expected", [Cell(_payback(told))]),
        Row("Chance that it pays back", [Cell(percent(told["pays_back_probability"]))]),
        Row("Programme costs", [Cell(gbp(told["programme_cost_gbp"]))]),
        Row("Cost avoided against doing nothing", [_ranged(told["cost_avoided_gbp"])]),
        Row("Breaks even at", [Cell(breaks_even)]),
    ]


def _ranged(spread: Mapping[str, float]) -> Cell:
    return Cell(gbp_range(spread["p10"], spread["p90"]), f"expected {gbp(spread['mean'])}")


def _payback(told: Mapping[str, Any]) -> str:
    month = told["payback_month"]
    if month is None:
        return "not within the forecast"
    if month == 0:
        return "from the start"
    by = date.fromisoformat(str(told["months"][month - 1]["date"]))
    return f"in month {month}, by {long_date(by)}"


def _endless(multiple: float | None) -> bool:
    return multiple is None or multiple == float("inf")
