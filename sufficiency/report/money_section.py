"""The page beside the cost of placements: the dearest, income, after care, real terms, left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sufficiency.report.figures import FLAG_COLUMN, Figures, Spread, YearOfMoney, spread_of
from sufficiency.report.formats import children, gbp, percent
from sufficiency.report.tables import Cell, Column, Row, Table, priced

AFTER_CARE_LABELS = {
    "special_guardianship_allowances": "Allowances of special guardians",
    "child_arrangements_allowances": "Allowances after leaving to family",
    "adoption_allowances": "Adoption allowances",
    "staying_put": "Places held after 18 (staying put)",
    "leaving_care_accommodation": "Leaving-care accommodation to 25",
}
INCOME_LABELS = {"uasc_grant": "Home Office grant for unaccompanied children"}
POSTS = {
    "social_worker_posts": "Social workers for the children in care (posts)",
    "reviewing_officer_posts": "Reviewing officers (posts)",
}


def money_section(figures: Figures) -> dict[str, Any]:
    """What the page says of money beside the cost of placements, by the template's names."""
    money = figures.manifest.get("money") or {}
    return {
        "dearest_table": dearest_by_year(figures),
        "beside_cost_table": beside_cost(figures, money.get("real_terms")),
        "left_out_of_cost": [str(words) for words in money.get("left_out") or ()],
    }


def dearest_by_year(figures: Figures) -> Table | None:
    """How many placements are dear, what they cost, and the dearest tenth, by financial year."""
    rows = figures.dearest_placements
    if rows.empty:
        return None

    def of(measure: str, year: YearOfMoney) -> Spread | None:
        return spread_of(rows[(rows["financial_year"] == year.name) & (rows["measure"] == measure)])

    def cells(measure: str, said: Any) -> list[Cell]:
        found = [of(measure, year) for year in figures.years]
        return [
            Cell("c" if _hides(rows) else "–")
            if spread is None
            else Cell(f"{said(spread.p10)} to {said(spread.p90)}", f"expected {said(spread.mean)}")
            for spread in found
        ]

    body = []
    for weekly in ("5000", "10000"):
        over = f"over £{int(weekly):,} a week"
        key = f"over_{weekly}_gbp_a_week"
        body += [
            Row(f"Placements {over}", cells(f"placements_{key}", children)),
            Row(f"What placements {over} cost", cells(f"cost_{key}", gbp)),
        ]
    body.append(
        Row("The dearest tenth's share of all spend", cells("dearest_tenth_share_of_cost", percent))
    )
    return Table(
        key="dearest",
        caption="The dearest placements by financial year: 8 of 10 simulated futures",
        columns=_columns(figures.years),
        rows=body,
        note="The dearest tenth of all nights in care. How prices differ between placements is an "
        "assumption unless the council's own list of prices is given.",
    )


def _hides(rows: Any) -> bool:
    return FLAG_COLUMN in rows.columns


def beside_cost(figures: Figures, real: dict[str, Any] | None) -> Table | None:
    """Income, money after care, posts and real terms by financial year; None if there is none."""
    years = figures.years
    body = [
        *_named_rows(figures, "income", INCOME_LABELS, "Income"),
        *_row(figures, "net_cost", "All placements less income"),
        *_real_row(figures, real),
        *_named_rows(figures, "after_care_cost", AFTER_CARE_LABELS, "After care, together"),
    ]
    for measure, label in POSTS.items():
        found = [figures.annual(measure, year.name) for year in years]
        if any(found):
            cells = [Cell(f"{spread.mean:.1f}") if spread else Cell("–") for spread in found]
            body.append(Row(label, cells))
    if not body:
        return None
    return Table(
        key="beside-cost",
        caption="Money beside the cost of placements by financial year: 8 of 10 simulated futures",
        columns=_columns(years),
        rows=body,
        note="Money after care is for children who leave care after the start. It is no part of "
        "the cost of placements, and goes on after this forecast ends.",
    )


def _columns(years: Sequence[YearOfMoney]) -> list[Column]:
    heads = (Column(year.label, "" if year.is_whole else "part_year") for year in years)
    return [Column("In the year"), *heads]


def _row(figures: Figures, measure: str, label: str, pool: str = "all") -> list[Row]:
    """One row of money, if the run has it and it is not nothing in every year."""
    rows = figures.finance
    chosen = (rows["measure"] == measure) & (rows["sector"] == "all") & (rows["pool"] == pool)
    found = [
        spread_of(rows[chosen & (rows["financial_year"] == year.name)]) for year in figures.years
    ]
    if not any(spread is not None and spread.mean for spread in found):
        return []
    return [Row(label, [priced(spread) for spread in found], term=measure)]


def _named_rows(figures: Figures, measure: str, labels: dict[str, str], together: str) -> list[Row]:
    """A row for each line of a measure, then their sum."""
    rows = figures.finance
    mine = rows[(rows["measure"] == measure) & (rows["sector"] == "all")]
    names = [str(name) for name in dict.fromkeys(mine["pool"]) if name != "all"]
    lines = [row for name in names for row in _row(figures, measure, labels.get(name, name), name)]
    total = _row(figures, measure, together) if len(lines) > 1 else []
    return [*lines, *(row._replace(is_total=True) for row in total)]


def _real_row(figures: Figures, real: dict[str, Any] | None) -> list[Row]:
    """The cost of placements in the prices of one year."""
    if not real:
        return []
    cells = []
    for year in figures.years:
        spread, index = figures.annual("cost", year.name), real["by_year"].get(year.name)
        if spread is None or index is None:
            cells.append(Cell("–"))
            continue
        low, high = gbp(spread.p10 / index), gbp(spread.p90 / index)
        cells.append(Cell(f"{low} to {high}", f"expected {gbp(spread.mean / index)}"))
    return [Row(f"All placements in prices of {real['prices_of']} (by {real['index']})", cells)]
