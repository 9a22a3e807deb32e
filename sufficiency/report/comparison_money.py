"""The tables of a comparison that finance reads: cost by year and setting, payback, movement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sufficiency.report.comparison_figures import COST, ComparisonFigures, Difference
from sufficiency.report.comparison_tables import NOT_THERE, cell_of, level_cell
from sufficiency.report.comparison_words import fewer_or_more, give_or_take, in_futures
from sufficiency.report.formats import gbp, gbp_range, long_date
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import setting_label


def cost_by_year(figures: ComparisonFigures) -> Table | None:
    """What each scenario changes in the cost of each financial year, and how likely it saves."""
    if not figures.has_money:
        return None
    columns = [Column("Scenario"), *(Column(year.label, "part_year") for year in figures.years)]
    rows = [
        Row(
            f"{figures.base} (the base, by itself)",
            [level_cell(figures, figures.base, COST, year.name) for year in figures.years],
        )
    ]
    for name in figures.others:
        found = [figures.difference(name, COST, year.name) for year in figures.years]
        rows.append(Row(figures.label(name), [_cost_cell(each) for each in found]))
    return Table(
        "cost-by-year",
        "Cost of placements by financial year: 8 of 10 futures of the difference",
        columns,
        rows,
        note="The average differences of years add up; ends of ranges do not. Money is in the "
        "prices of the year in which it is spent.",
    )


def _cost_cell(found: Difference | None) -> Cell:
    cell = cell_of(found, money=True)
    if found is None or found.is_none:
        return cell
    return Cell(cell.text, f"{cell.below}; cheaper {in_futures(found.probability_lower)}")


def cost_by_setting(figures: ComparisonFigures) -> Table | None:
    """Where the difference in a year's cost comes from: expected figures, which add up."""
    year = figures.headline_year
    if not figures.has_money or year is None:
        return None
    rows = []
    for setting in [*figures.settings, "all"]:
        found = [figures.difference(name, COST, year.name, setting) for name in figures.others]
        cells = [
            Cell(NOT_THERE)
            if each is None
            else Cell(
                fewer_or_more(each.mean, money=True),
                f"give or take {give_or_take(each, money=True)}",
            )
            for each in found
        ]
        label = "All placements" if setting == "all" else setting_label(setting)
        rows.append(Row(label, cells, is_total=setting == "all"))
    return Table(
        "cost-by-setting",
        f"Where the difference in the cost of {year.label} comes from: averages",
        [Column("Setting", "settings"), *(Column(name) for name in figures.labels)],
        rows,
        note="Averages add up. “Give or take” is how far the average could move with other random "
        "numbers, 19 times out of 20.",
    )


def invest_to_save(figures: ComparisonFigures) -> Table | None:
    """How large an effect must be to pay back, and whether what is assumed would."""
    listed: list[Mapping[str, Any]] = list(figures.manifest.get("appraisals") or ())
    if not listed:
        return None
    rate = f"{float(listed[0]['discount_rate']) * 100:.3g}%"
    if not any(row.get("is_choice", True) for row in listed):
        return _cost_of_crises(figures, listed, rate)
    return Table(
        "invest-to-save",
        f"Invest to save, {long_date(figures.start)} to {long_date(figures.end)}: how large must "
        "the effect be to pay back?",
        [
            Column("Scenario"),
            Column("Pays back at", "break_even"),
            Column("Costs the council beside placements"),
            Column("Placements cost less by"),
            Column("Saved less spent, present value"),
            Column("Pays back within the forecast"),
        ],
        [_appraised(figures, row) for row in listed],
        note="Costs and savings after the last month are not counted. Present value: later money "
        f"counts less, {rate} a year after the general rise of prices (HM Treasury, the Green "
        "Book). What others pay, and grants, are taken off. Of a crisis nobody asks whether it "
        "pays back.",
    )


def _cost_of_crises(
    figures: ComparisonFigures, listed: list[Mapping[str, Any]], rate: str
) -> Table:
    """What crises cost altogether; as nobody chose them, nobody asks whether they pay back."""
    rows = []
    for row in listed:
        more, together = _negated(row["saving_gbp"]), _negated(row["net_present_value_gbp"])
        cells = [
            Cell(gbp(float(row["programme_cost_gbp"]))),
            Cell(_money_range(more), f"average: {gbp(more['mean'])}"),
            Cell(_money_range(together), f"average: {gbp(together['mean'])}"),
        ]
        rows.append(Row(figures.label(str(row["scenario"])), cells))
    return Table(
        "invest-to-save",
        f"What it costs the council altogether, {long_date(figures.start)} to "
        f"{long_date(figures.end)}",
        [
            Column("Scenario"),
            Column("Beside placements"),
            Column("Placements cost more by"),
            Column("Together, present value"),
        ],
        rows,
        note=f"Present value: later money counts less, {rate} a year after the general rise of "
        "prices (HM Treasury, the Green Book). What others pay, and grants, are taken off.",
    )


def _negated(spread: Mapping[str, float]) -> dict[str, float]:
    return {"mean": -spread["mean"], "p10": -spread["p90"], "p90": -spread["p10"]}


def _appraised(figures: ComparisonFigures, row: Mapping[str, Any]) -> Row:
    saved, worth = row["saving_gbp"], row["net_present_value_gbp"]
    month = row["payback_month"]
    when = f"on average by month {month}" if month else "on average from the start"
    if month is None:
        when = "not on average"
    spent = float(row["programme_cost_gbp"])
    is_choice = bool(row.get("is_choice", True))
    pays_back = Cell(in_futures(float(row["pays_back_probability"])), when)
    return Row(
        figures.label(str(row["scenario"])),
        [
            Cell(_multiple(row["break_even_multiple"]) if is_choice else "a crisis, not a choice"),
            Cell(f"{gbp(-spent)} less" if spent < 0 else gbp(spent)),
            Cell(_money_range(saved), f"average: {gbp(saved['mean'])}"),
            Cell(_money_range(worth), f"average: {gbp(worth['mean'])}"),
            pays_back if is_choice else Cell(NOT_THERE),
        ],
    )


def _multiple(multiple: float) -> str:
    if multiple <= 0:
        return "any effect: it costs nothing"
    if not math.isfinite(multiple):
        return "no effect of this kind: nothing is saved"
    return f"{multiple:.2g} times the effect that is assumed"


def _money_range(spread: Mapping[str, float]) -> str:
    return gbp_range(spread["p10"], spread["p90"])
