"""The tables of a plan: targets, places to find, options, and a market position statement."""

from __future__ import annotations

import pandas as pd

from sufficiency.report.formats import gbp, gbp_range, long_date, month_name, percent
from sufficiency.report.plan_report import MarketLine, PlanReport
from sufficiency.report.plan_words import (
    KIND_LABELS,
    MARKET_NOTE,
    WHAT_IS_SAME_DAY,
    signed_gbp,
    stay_in_words,
)
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import AGE_LABELS, need_label, own_need_labels

LESS_THAN_THIS_IS_NO_CHANGE = 0.5


def targets_table(report: PlanReport) -> Table:
    """How often each target is met, without and with the plan."""
    rows = [
        Row(
            line.in_words,
            [
                Cell(percent(line.certainty_asked)),
                Cell(percent(line.without)),
                Cell(percent(line.with_plan), f"standard error {100 * line.standard_error:.1f}"),
                Cell(line.reachable or "–"),
            ],
        )
        for line in report.targets
    ]
    further = report.manifest["further_replications"]
    return Table(
        key="targets",
        caption="How often the target is met",
        columns=[
            Column("Target"),
            Column("Asked for"),
            Column("If nothing changes"),
            Column("With the plan"),
            Column("What can be reached instead"),
        ],
        rows=rows,
        note=f"Shares of {further:,} further futures. Each month, and each year, for itself.",
    )


def places_table(report: PlanReport) -> Table | None:
    """Places to find by when, and when work must start: None without places."""
    if not report.places:
        return None
    rows = [
        Row(
            line.label,
            [
                Cell(f"{line.places:+d}", f"{line.so_far:+d} in all"),
                Cell(month_name(line.needed_by)),
                Cell(f"{line.lead_time_days:,.0f} days", KIND_LABELS.get(line.kind, line.kind)),
                Cell(
                    long_date(line.start_by),
                    "before the forecast begins" if line.too_late else "",
                ),
            ],
        )
        for line in report.places
    ]
    plan = report.options[1]
    met = "With these places every target is met in at least"
    if not report.is_met:
        met = "They come nearest and do not meet the target: it is met in"
    return Table(
        key="places-to-find",
        caption="Places to find by when",
        columns=[
            Column("Kind of place"),
            Column("Places"),
            Column("Usable from"),
            Column("Lead time"),
            Column("Work must start by"),
        ],
        rows=rows,
        note="Lead times, from deciding to a child living there, are assumptions unless the "
        f"scenario gives them (lead_time_days). {met} {percent(plan.certainty)} of futures "
        f"(standard error {100 * plan.standard_error:.1f} points).",
    )


def options_table(report: PlanReport) -> Table:
    """The plan beside no change and the next-best alternatives."""
    years = [cost for cost in report.options[0].costs if cost.is_whole]
    rows = [
        Row(
            option.name,
            [
                Cell(str(option.places), option.changes if option.places else ""),
                Cell(
                    percent(option.certainty),
                    f"standard error {100 * option.standard_error:.1f}",
                ),
                Cell("yes" if option.meets else "no"),
                *(
                    Cell(
                        gbp(cost.mean) if number == 0 else signed_gbp(cost.more_mean),
                        gbp_range(cost.p10, cost.p90)
                        if number == 0
                        else f"{signed_gbp(cost.more_p10)} to {signed_gbp(cost.more_p90)}",
                    )
                    for cost in option.costs
                    if cost.is_whole
                ),
            ],
        )
        for number, option in enumerate(report.options)
    ]
    met = "Meets it" if report.is_met else "As near as places come"
    return Table(
        key="options",
        caption="The plan and its alternatives",
        columns=[
            Column(""),
            Column("Places changed"),
            Column("Target met in (worst month)"),
            Column(met),
            *(Column(f"Cost of placements {cost.year}") for cost in years),
        ],
        rows=rows,
        note="Costs: no change in full, the others as the difference from it, on average and in 8 "
        "of 10 futures. An alternative is judged on the same futures as the plan.",
    )


def needs_table(report: PlanReport) -> Table | None:
    """New placements needed a year by need and age: None if there are none."""
    frame = report.needs
    if frame.empty:
        return None
    bands = [band for band in AGE_LABELS if band in set(frame["age_band"])]
    groups = list(dict.fromkeys(frame["need_group"]))
    labels = own_need_labels(report.manifest)
    rows = [
        _need_row(need_label(group, labels), frame[frame["need_group"] == group], bands)
        for group in groups
    ]
    rows.append(_need_row("All", frame, bands)._replace(is_total=True))
    return Table(
        key="new-placements",
        caption="New placements needed a year, by what the child needs",
        columns=[
            Column("What the child needs"),
            *(Column(AGE_LABELS[band]) for band in bands),
            Column("All ages"),
            Column("With brothers or sisters"),
            Column("Same-day"),
            Column("Planned"),
        ],
        rows=rows,
        note=f"{MARKET_NOTE} With brothers or sisters: children who enter care together. "
        f"{WHAT_IS_SAME_DAY}",
    )


def _need_row(label: str, frame: pd.DataFrame, bands: list[str]) -> Row:
    def total(column: str, value: str) -> Cell:
        return _number(frame.loc[frame[column] == value, "placements"].sum())

    return Row(
        label,
        [
            *(total("age_band", band) for band in bands),
            _number(frame["placements"].sum()),
            total("siblings", "with_siblings"),
            total("urgency", "same_day"),
            total("urgency", "planned"),
        ],
    )


def _number(value: float) -> Cell:
    if 0 < value < 0.5:
        return Cell("under 1")
    return Cell(f"{value:,.0f}")


def market_table(report: PlanReport) -> Table:
    """Where, for how long and at what price, and what there will be more or less of."""
    rows = [
        Row(
            line.label,
            [
                _number(line.new_placements_a_year),
                Cell(percent(line.same_day_share)),
                _stay(line),
                Cell(percent(line.in_area_share)),
                Cell(percent(line.outside_share)),
                Cell(percent(line.over_20_miles_share)),
                _price(line),
                _buying(line),
            ],
        )
        for line in report.market
    ]
    return Table(
        key="market",
        caption="Where, for how long, at what price",
        columns=[
            Column("Kind of place"),
            Column("New placements a year"),
            Column("Same-day"),
            Column("Usual stay"),
            Column("In the area"),
            Column("Outside, within 20 miles"),
            Column("Over 20 miles"),
            Column("Price a week at the start"),
            Column("What we will buy"),
        ],
        rows=rows,
        note="Usual stay: the median, and between which lengths half of the placements lie. Price: "
        "the mean, and between which prices 8 of 10 placements lie where they differ. Places "
        "over 20 miles away are taken to be outside the boundary. What we will buy: children on an "
        "average night of the last financial year, with the plan against no change.",
    )


def _stay(line: MarketLine) -> Cell:
    low, middle, high = (stay_in_words(days) for days in line.stay_days)
    return Cell(middle, f"{low} to {high}")


def _price(line: MarketLine) -> Cell:
    if not line.weekly_price_gbp:
        return Cell("–")
    text = f"£{line.weekly_price_gbp:,.0f}"
    if line.price_low_gbp is None or line.price_high_gbp is None:
        return Cell(text)
    return Cell(text, f"£{line.price_low_gbp:,.0f} to £{line.price_high_gbp:,.0f}")


def _buying(line: MarketLine) -> Cell:
    change = line.children_with - line.children_without
    if abs(change) < LESS_THAN_THIS_IS_NO_CHANGE:
        return Cell("no change", f"{line.children_without:,.0f} children")
    below = f"{line.children_with:,.0f} children instead of {line.children_without:,.0f}"
    return Cell("more" if change > 0 else "less", below)
