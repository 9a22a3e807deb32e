"""Where the gap is, in children, nights, chances and money: a table for each kind of gap."""

from __future__ import annotations

from datetime import date

from sufficiency.domain import SETTINGS, financial_year
from sufficiency.report.figures import FLAG, Figures
from sufficiency.report.formats import children, gbp, long_date, percent
from sufficiency.report.tables import Cell, Column, Row, Table, counted_at
from sufficiency.report.words import HIDDEN_COUNTS, PERCENTILES_DO_NOT_ADD, setting_label

LEAST_SHOWN = 0.05
"""Children at a date, on average; a setting with fewer on every date has no row."""


def gap_where(figures: Figures, gap: str, caption: str) -> Table:
    """One kind of gap by setting at each 31 March and the end.

    Children at the date with their range, how likely it is that there is any, and the nights and
    extra cost of the financial year up to the date.
    """
    settings = [setting for setting in map(str, SETTINGS) if _is_ever(figures, gap, setting)]
    rows = []
    for day in figures.year_ends:
        rows.append(_row(figures, gap, day, "all", long_date(day))._replace(is_total=True))
        rows += [_row(figures, gap, day, s, setting_label(s)) for s in settings]
    peak = figures.peak(gap)
    if peak is not None and peak not in figures.year_ends:
        rows.append(
            _row(figures, gap, peak, "all", f"Peak: {long_date(peak)}")._replace(is_total=True)
        )
    notes = [
        "By the setting the children live in.",
        "Nights and extra cost are of the financial year up to the date, as far as the forecast "
        "covers it; both are expected figures, which add up.",
        PERCENTILES_DO_NOT_ADD,
    ]
    return Table(
        key=f"where-{gap}".replace("_", "-"),
        caption=caption,
        columns=[
            Column("Date and setting", "settings"),
            Column("Children, 8 of 10 futures", gap),
            Column("Chance that there is any", "gap_probability"),
            Column("Nights in the year", "gap_nights"),
            Column("Extra cost in the year", "extra_cost_of_gap"),
        ],
        rows=rows,
        note=" ".join([*notes, *([HIDDEN_COUNTS] if figures.hides_children else [])]),
    )


def _is_ever(figures: Figures, gap: str, setting: str) -> bool:
    return bool((figures.series(gap, setting)["mean"] > LEAST_SHOWN).any())


def _row(figures: Figures, gap: str, day: date, setting: str, head: str) -> Row:
    hidden = figures.is_hidden(gap, day, setting)
    often = figures.at(f"{gap}_probability", day, setting)
    chance = Cell(FLAG) if hidden else Cell(percent(often.mean) if often else "–")
    return Row(
        head,
        [
            counted_at(figures, gap, day, setting),
            chance,
            _of_year(figures, f"{gap}_nights", day, setting, money=False),
            _of_year(figures, f"{gap}_extra_cost", day, setting, money=True),
        ],
    )


def _of_year(figures: Figures, measure: str, day: date, setting: str, *, money: bool) -> Cell:
    """The expected sum over the months of a date's financial year up to it."""
    total = sum_of_year(figures, measure, day, setting)
    if total is None:
        return Cell("–")
    if isinstance(total, str):
        return Cell(total)
    return Cell(gbp(total) if money else children(total))


def sum_of_year(figures: Figures, measure: str, day: date, setting: str) -> float | str | None:
    """The same as a number; a flag if some month is left out, None without any month."""
    rows = figures.series(measure, setting)
    until = [
        financial_year(month) == financial_year(day) and figures.start < month <= day
        for month in rows["date"]
    ]
    within = rows[until]
    if within.empty:
        return None
    if any(figures.is_hidden(measure, month, setting) for month in within["date"]):
        return FLAG
    return float(within["mean"].sum())
