"""The tables of the page: captions, heads and cells as people read them.

A cell with a range has the range first and the expected figure below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sufficiency.domain import SECTORS
from sufficiency.report.figures import FLAG, Figures, Spread, day_of
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    gbp_range,
    long_date,
    percent,
    rate,
)
from sufficiency.report.words import (
    HIDDEN_COUNTS,
    PERCENTILES_DO_NOT_ADD,
    SHORT_SETTING_LABELS,
    need_label,
    setting_label,
)


class Cell(NamedTuple):
    """What a cell says, and a second line in small type."""

    text: str
    below: str = ""


class Column(NamedTuple):
    """A column's head and the glossary term it links to."""

    label: str
    term: str = ""


class Row(NamedTuple):
    """A row's head, its cells, whether it sums the others, and the term its head links to."""

    head: str
    cells: Sequence[Cell]
    is_total: bool = False
    term: str = ""


@dataclass(frozen=True)
class Table:
    """A table ready for the page; ``columns`` includes the head of the row heads."""

    key: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""


def counted_at(figures: Figures, measure: str, day: date, sector: str = "all") -> Cell:
    """A range of children and the expected number at a date; ``c`` where it is left out."""
    if figures.is_hidden(measure, day, sector):
        return Cell(FLAG)
    return counted(figures.at(measure, day, sector))


def expected_at(figures: Figures, measure: str, day: date, sector: str = "all") -> Cell:
    """The expected number at a date; ``c`` where it is left out."""
    if figures.is_hidden(measure, day, sector):
        return Cell(FLAG)
    spread = figures.at(measure, day, sector)
    return Cell(children(spread.mean)) if spread else Cell("–")


def _with_hidden(figures: Figures, note: str) -> str:
    """A note that says what ``c`` means, in a run that leaves counts out."""
    return f"{note} {HIDDEN_COUNTS}" if figures.hides_children else note


def counted(spread: Spread | None) -> Cell:
    """A range of children and the expected number."""
    if spread is None:
        return Cell("–")
    expected = f"expected {children(spread.mean)}"
    return Cell(children_range(spread.p10, spread.p90), expected)


def priced(spread: Spread | None) -> Cell:
    """A range of money and the expected amount."""
    if spread is None:
        return Cell("–")
    return Cell(gbp_range(spread.p10, spread.p90), f"expected {gbp(spread.mean)}")


def children_by_setting(figures: Figures) -> Table:
    """Children in care by setting at the start, each 31 March and the end, beside places."""
    days = [figures.start, *figures.year_ends]
    rows = []
    for setting in [*figures.settings, "all"]:
        cells = [counted_at(figures, "in_care", day, setting) for day in days]
        cells[0] = Cell(cells[0].text)
        rows.append(Row(setting_label(setting), [*cells, _limit(figures, setting)]))
    rows[-1] = rows[-1]._replace(is_total=True)
    return Table(
        key="in-care-by-setting",
        caption="Children in care by setting: 8 of 10 simulated futures",
        columns=[
            Column("Setting", "settings"),
            *(Column(long_date(day)) for day in days),
            Column(f"Usable places, {long_date(figures.end)}", "places"),
        ],
        rows=rows,
        note=_with_hidden(figures, PERCENTILES_DO_NOT_ADD),
    )


def _limit(figures: Figures, setting: str) -> Cell:
    """Usable places in a sector at the end; the total and ``unplaced`` have none."""
    if setting not in SECTORS:
        return Cell("–")
    if figures.is_hidden("places", figures.end, setting):
        return Cell(FLAG)
    places = figures.at("places", figures.end, setting)
    return Cell(children(places.mean)) if places else Cell("no limit set")


def children_by_month(figures: Figures) -> Table:
    """Children in care at the start and each month's end: the range of all, settings expected."""
    rows = []
    for day in figures.dates:
        cells = [expected_at(figures, "in_care", day, setting) for setting in figures.settings]
        total = Cell(counted_at(figures, "in_care", day).text)
        rows.append(Row(long_date(day), [total, expected_at(figures, "in_care", day), *cells]))
    return Table(
        key="in-care-by-month",
        caption="Children in care month by month: the range of all, and expected numbers",
        columns=[
            Column("Date"),
            Column("All, 8 of 10 futures", "range"),
            Column("All, expected", "expected"),
            *(Column(SHORT_SETTING_LABELS[setting], "settings") for setting in figures.settings),
        ],
        rows=rows,
        note=_with_hidden(figures, PERCENTILES_DO_NOT_ADD),
    )


def gap_by_need(figures: Figures) -> Table | None:
    """What the children in each gap should have, at the headline date; None without needs."""
    needs = figures.needs
    if needs.empty:
        return None
    rows = needs[(needs["date"] == figures.headline_date) & (needs["sector"] == "all")]
    expected = rows.set_index(["need_group", "measure"])["mean"]
    body = [
        Row(
            need_label(need, figures.own_need_labels),
            [
                Cell(children(float(expected.get((need, measure), 0.0))))
                for measure in ("in_care", "in_house_shortfall", "unmet_need")
            ],
        )
        for need in dict.fromkeys(map(str, rows["need_group"]))
        if need != "all" and expected.get((need, "in_care"), 0.0) > 0
    ]
    return Table(
        key="gap-by-need",
        caption=f"What children should have, {long_date(figures.headline_date)}: expected children",
        columns=[
            Column("Should have"),
            Column("In care", "in_care"),
            Column("In-house shortfall", "in_house_shortfall"),
            Column("Unmet need", "unmet_need"),
        ],
        rows=body,
        note="To close a gap, find places of the kind in the first column. "
        "Need is assumed, not observed; "
        + (
            "the table of fewest and most for want of a family shows how the gap moves with it."
            if "overflow_range" in figures.manifest
            else "a scenario that says `uncertainty: {overflow_range: true}` shows how the gap "
            "moves with it."
        ),
    )


def cost_by_year(figures: Figures) -> Table:
    """Cost by financial year and setting, with the budget and the chance of passing it."""
    years = figures.years
    settings = [
        setting
        for setting in figures.settings
        if any(figures.annual("cost", year.name, setting) for year in years)
    ]
    rows = [
        Row(setting_label(s), [priced(figures.annual("cost", year.name, s)) for year in years])
        for s in settings
    ]
    total = [priced(figures.annual("cost", year.name)) for year in years]
    rows.append(Row("All placements", total, is_total=True, term="cost"))
    for measure, label in (
        ("extra_cost_of_gap", "of which extra cost of the gaps"),
        ("income", "Income"),
    ):
        amounts = [figures.annual(measure, year.name) for year in years]
        if any(amount is not None for amount in amounts):
            rows.append(Row(label, [priced(amount) for amount in amounts], term=measure))
    return Table(
        key="cost-by-year",
        caption="Cost of placements by financial year: 8 of 10 simulated futures",
        columns=[
            Column("Setting", "settings"),
            *(Column(year.label, "" if year.is_whole else "part_year") for year in years),
        ],
        rows=[*rows, *_budget_rows(figures)],
        note=f"{PERCENTILES_DO_NOT_ADD} Each year's total is the range of the yearly sums.",
    )


def _budget_rows(figures: Figures) -> list[Row]:
    """The budget and the chance of passing it, where a scenario gives one; whole years only."""
    budgets = [figures.annual("budget", y.name) if y.is_whole else None for y in figures.years]
    if not any(budgets):
        return []
    chances = [
        figures.annual("over_budget_probability", y.name) if y.is_whole else None
        for y in figures.years
    ]
    return [
        Row("Budget", [Cell(gbp(b.mean)) if b else Cell("–") for b in budgets], term="budget"),
        Row(
            "Chance of spending more than the budget",
            [Cell(percent(c.mean)) if c else Cell("–") for c in chances],
            term="over_budget_probability",
        ),
    ]


def flows_by_year(figures: Figures) -> Table:
    """Expected starters, leavers and moves by financial year."""
    years = figures.years
    labels = {
        "starters": "Children who start to be looked after",
        "leavers": "Children who leave care",
        "moves": "Moves between placements",
    }
    return Table(
        key="flows-by-year",
        caption="Children coming into care, leaving and moving: expected number by financial year",
        columns=[
            Column("In the year"),
            *(Column(year.label, "" if year.is_whole else "part_year") for year in years),
        ],
        rows=[
            Row(
                label,
                [Cell(children(figures.expected_in_year(flow, y.name))) for y in years],
                term=flow,
            )
            for flow, label in labels.items()
        ],
    )


def distance_by_date(figures: Figures) -> Table | None:
    """Shares outside the boundary and over 20 miles, always side by side."""
    rows = []
    for day in [figures.start, *figures.year_ends]:
        total = figures.at("in_care", day)
        outside, far = figures.at("outside_area", day), figures.at("over_20_miles", day)
        if total is None or outside is None or far is None or total.mean == 0:
            continue
        cells = [
            Cell(percent(part.mean / total.mean), f"{children(part.mean)} children")
            for part in (outside, far)
        ]
        rows.append(Row(long_date(day), cells))
    if not rows:
        return None
    return Table(
        key="distance",
        caption="Placements outside the council's boundary, and over 20 miles from home: expected",
        columns=[
            Column("Date"),
            Column("Outside the council's boundary", "outside_area"),
            Column("Over 20 miles from home", "over_20_miles"),
        ],
        rows=rows,
        note="From the share of each setting or pool of places; a placement over the boundary may "
        "be near home.",
    )


def rates_beside_others(figures: Figures, authority: str) -> Table | None:
    """Published rates per 10,000 of the authority, England and its neighbours, and the counts."""
    history = figures.manifest.get("history") or []
    if not history:
        return None
    rows = [
        Row(
            long_date(day_of(year["date"])),
            [
                *(Cell(rate(_number(year.get(name)))) for name in _RATES),
                *(Cell(children(_number(year.get(name)))) for name in ("in_care", "started")),
                Cell(children(_number(year.get("ceased")))),
            ],
        )
        for year in history
    ]
    return Table(
        key="history",
        caption="Published history",
        columns=[
            Column("31 March"),
            Column(f"{authority}: rate per 10,000", "in_care_rate_per_10k"),
            Column("England: rate"),
            Column("Neighbours: rate", "neighbours"),
            Column("Children in care", "in_care"),
            Column("Started in the year", "starters"),
            Column("Left in the year", "leavers"),
        ],
        rows=rows,
    )


_RATES = ("rate_per_10k", "england_rate_per_10k", "neighbours_rate_per_10k")


def _number(value: object) -> float:
    """A number of the manifest; what is missing there is not a number here."""
    return float(value) if isinstance(value, int | float) else float("nan")
