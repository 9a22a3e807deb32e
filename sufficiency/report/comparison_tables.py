"""The tables of a comparison: a range of the difference first, then its average."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sufficiency.report.comparison_figures import COST, ComparisonFigures, Difference, When
from sufficiency.report.comparison_words import (
    LABELS,
    fewer_or_more,
    give_or_take,
    range_of_difference,
    times_as_sure,
    when_label,
)
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    gbp_range,
    long_date,
    value_with_unit,
)
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import (
    KIND_LABELS,
    PERCENTILES_DO_NOT_ADD,
    in_plain_words,
    setting_label,
)

MOST_NUMBERS_SHOWN = 60
NOT_THERE = "–"


def cell_of(found: Difference | None, *, money: bool = False) -> Cell:
    """A range of a difference, and the average below."""
    if found is None:
        return Cell(NOT_THERE)
    if found.is_none:
        return Cell(range_of_difference(0, 0))
    said = range_of_difference(found.p10, found.p90, money=money)
    return Cell(said, f"average: {fewer_or_more(found.mean, money=money)}")


def at_a_glance(figures: ComparisonFigures) -> Table:
    """Every scenario's headline differences, for a board."""
    day, year = figures.headline_date, figures.headline_year
    measures = list(figures.children_measures())
    columns = [Column("Scenario"), *(Column(LABELS[measure], measure) for measure in measures)]
    base = [level_cell(figures, figures.base, measure, day) for measure in measures]
    rows = [
        [cell_of(figures.difference(name, measure, day)) for measure in measures]
        for name in figures.others
    ]
    if figures.has_money and year is not None:
        columns.append(Column(f"Cost of placements, {year.label}", COST))
        base.append(level_cell(figures, figures.base, COST, year.name))
        for name, cells in zip(figures.others, rows, strict=True):
            cells.append(cell_of(figures.difference(name, COST, year.name), money=True))
    return Table(
        "at-a-glance",
        f"What each scenario changes on {long_date(day)}, in 8 of 10 futures",
        columns,
        [
            Row(f"{figures.base} (the base, by itself)", base),
            *(Row(name, cells) for name, cells in zip(figures.labels, rows, strict=True)),
        ],
        note="The first row is a forecast with its own, wider range; the others are differences "
        f"from it. {PERCENTILES_DO_NOT_ADD}",
    )


def level_cell(figures: ComparisonFigures, scenario: str, measure: str, when: When) -> Cell:
    """The range of a scenario by itself, and what is expected below."""
    level = figures.level(scenario, measure, when)
    if level is None:
        return Cell(NOT_THERE)
    if measure == COST:
        return Cell(gbp_range(level.p10, level.p90), f"expected: {gbp(level.mean)}")
    return Cell(children_range(level.p10, level.p90), f"expected: {children(level.mean)}")


def children_by_setting(figures: ComparisonFigures) -> Table:
    """What each scenario changes in where children live, at the headline date."""
    day = figures.headline_date
    rows = [
        Row(
            "All children in care" if setting == "all" else setting_label(setting),
            [cell_of(figures.difference(name, "in_care", day, setting)) for name in figures.others],
            is_total=setting == "all",
        )
        for setting in [*figures.settings, "all"]
    ]
    return Table(
        "children-by-setting",
        f"Where children live on {long_date(day)}: 8 of 10 futures of the difference",
        [Column("Setting", "settings"), *(Column(name) for name in figures.labels)],
        rows,
        note=PERCENTILES_DO_NOT_ADD,
    )


def by_month(figures: ComparisonFigures, measure: str) -> Table | None:
    """The difference in one measure on every date."""
    money = measure == COST
    rows = []
    for day in figures.dates:
        found = [figures.difference(name, measure, day) for name in figures.others]
        if any(each is not None for each in found):
            rows.append(Row(long_date(day), [cell_of(each, money=money) for each in found]))
    if not rows:
        return None
    what = "Cost of placements in the month to" if money else f"{LABELS[measure]} on"
    return Table(
        f"{measure.replace('_', '-')}-by-month",
        f"{what} each date: 8 of 10 futures of the difference",
        [Column("Date"), *(Column(name) for name in figures.labels)],
        rows,
        note=PERCENTILES_DO_NOT_ADD,
    )


def how_sure(figures: ComparisonFigures) -> Table:
    """How well each difference is known, beside what two forecasts made apart would tell."""
    day, year = figures.headline_date, figures.headline_year
    asked: list[tuple[str, When, bool]] = [
        (measure, day, False)
        for measure in figures.children_measures()
        if measure not in ("outside_area", "over_20_miles")
    ]
    if figures.has_money and year is not None:
        asked.append((COST, year.name, True))
    rows = []
    for name in figures.others:
        for measure, when, money in asked:
            found = figures.difference(name, measure, when)
            if found is None or found.is_none:
                continue
            alone = level_cell(figures, name, measure, when)
            rows.append(
                Row(
                    f"{figures.label(name)}: {LABELS[measure].lower()}, {when_label(when)}",
                    [
                        Cell(alone.text),
                        Cell(range_of_difference(found.p10, found.p90, money=money)),
                        Cell(fewer_or_more(found.mean, money=money)),
                        Cell(give_or_take(found, money=money)),
                        Cell(times_as_sure(found) if figures.is_paired else NOT_THERE),
                    ],
                )
            )
    return Table(
        "how-sure",
        "How sure the differences are",
        [
            Column("Figure"),
            Column("The scenario by itself, 8 of 10 futures", "range"),
            Column("The difference, 8 of 10 futures", "difference"),
            Column("Average difference"),
            Column("Give or take"),
            Column("Than if forecast apart", "times_as_sure"),
        ],
        rows,
        note="“Give or take” is how far the average difference could move with other random "
        "numbers, 19 times out of 20; more futures make it smaller.",
    )


def interventions(figures: ComparisonFigures, scenario: str) -> list[Mapping[str, Any]]:
    """The interventions of a scenario that the base has not, as its manifest describes them."""
    known = list(figures.about(figures.base).get("interventions") or ())
    return [row for row in figures.about(scenario).get("interventions") or () if row not in known]


def differing_numbers(figures: ComparisonFigures, scenario: str) -> Table | None:
    """The numbers in which a scenario differs from the base, levers first, with their sources."""
    listed: Iterable[Mapping[str, Any]] = figures.about(scenario).get("differs_in") or ()
    order = {kind: place for place, kind in enumerate(("lever", "assumed", "fitted"))}
    found = sorted(listed, key=lambda row: order.get(str(row.get("kind")), len(order)))
    if not found:
        return None
    rows = [
        Row(
            in_plain_words(str(row["label"])),
            [
                Cell(_number(row.get("base_value"), str(row["unit"]))),
                Cell(_number(row.get("value"), str(row["unit"]))),
                Cell(KIND_LABELS.get(str(row["kind"]), str(row["kind"])), ""),
                Cell(str(row["source"]), str(row["note"])),
            ],
        )
        for row in found[:MOST_NUMBERS_SHOWN]
    ]
    more = len(found) - len(rows)
    return Table(
        f"differs-{figures.others.index(scenario)}",
        f"{figures.label(scenario)}: numbers that are not those of {figures.base}",
        [
            Column("What"),
            Column(_short(figures.base)),
            Column(_short(figures.label(scenario))),
            Column("Kind", "kinds"),
            Column("Source"),
        ],
        rows,
        note=f"{more} more are in manifest.json." if more > 0 else "",
    )


def _number(value: object, unit: str) -> str:
    return NOT_THERE if value is None else value_with_unit(value, unit)


def _short(name: str, longest: int = 40) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def waterfall_table(figures: ComparisonFigures, day: date, year: str) -> Table | None:
    """What each change adds, expected and in 8 of 10 futures, for children and money."""
    known: list[tuple[str, When, bool]] = [
        (measure, day, False) for measure in ("in_care", "in_house_shortfall", "unmet_need")
    ]
    known.append((COST, year, True))
    steps = {(measure, when): figures.steps(measure, when) for measure, when, _ in known}
    first = next(iter(steps.values()))
    if first.empty:
        return None
    rows = []
    for position, about in enumerate(first.to_dict("records")):
        cells = []
        for measure, when, money in known:
            row = steps[measure, when].iloc[position]
            cells.append(_step_cell(row, money=money, is_change=about["kind"] == "change"))
        rows.append(
            Row(figures.label(str(about["change"])), cells, is_total=about["kind"] != "change")
        )
    return Table(
        "waterfall",
        f"From {rows[0].head} to {rows[-1].head}: what each change adds",
        [
            Column("Step", "drives"),
            *(Column(f"{LABELS[m]}, {when_label(w)}", m) for m, w, _ in known),
        ],
        rows,
        note=f"Changes are entered {first['entered'].iloc[0]}. Expected figures add up from the "
        "first row to the last; ranges do not.",
    )


def _step_cell(row: Any, *, money: bool, is_change: bool) -> Cell:
    mean, low, high = float(row["mean"]), float(row["p10"]), float(row["p90"])
    if is_change:
        if mean == low == high == 0:
            return Cell(range_of_difference(0, 0))
        return Cell(fewer_or_more(mean, money=money), range_of_difference(low, high, money=money))
    if money:
        return Cell(gbp(mean), gbp_range(low, high))
    return Cell(children(mean), children_range(low, high))
