"""Which charts the page has, and what each says in words for readers who do not see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from sufficiency.domain import SECTORS
from sufficiency.report.charts import (
    INK,
    PURPLE,
    SOFT_INK,
    VERMILLION,
    Chart,
    Line,
    RangeRow,
    fan_chart,
    finished,
    range_chart,
    shares_chart,
)
from sufficiency.report.figures import Figures, day_of
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    gbp_range,
    long_date,
    percent,
    rate,
)
from sufficiency.report.interventions_section import marks_in_words, with_marks
from sufficiency.report.words import METHOD_LABELS, SETTING_LABELS, SHORT_SETTING_LABELS

MOST_YEARS_OF_HISTORY = 8
POUNDS_OF_TICK = (
    "datum.value >= 1000000 ? '£' + format(datum.value / 1000000, ',.3~f') + 'm'"
    " : '£' + format(datum.value, ',.0f')"
)
CHILDREN_OF_TICK = "format(datum.value, ',.0f')"
LAYER_NAMES = {
    "process": "Chance: who needs care, and for how long",
    "parameter": "Estimation: how well the past tells today's rates",
    "drift": "Drift: rates change from year to year",
    "effects": "Effects: how much interventions change",
}
SMALL_WIDTH, SMALL_HEIGHT = 400, 190


def in_care_chart(figures: Figures) -> Chart:
    """Children in care: published history, then the fan."""
    past = _history_line(figures, "in_care", "Published", INK)
    start = figures.at("in_care", figures.start)
    if past is not None and start is not None and max(past.dates) < figures.start:
        past = Line(
            past.name, [*past.dates, figures.start], [*past.values, start.mean], past.colour
        )
    return finished(
        "in-care",
        "Children in care",
        _fan_in_words(figures, "in_care", "children in care"),
        with_marks(
            fan_chart(figures.series("in_care"), [past] if past else [], height=330), figures
        ),
        term="in_care",
        caption="Dots: published counts, then where the forecast starts. "
        "The axis does not start at 0." + marks_in_words(figures),
    )


def rate_chart(figures: Figures, authority: str) -> Chart | None:
    """The rate per 10,000: the authority's history and fan, England and the neighbours."""
    rows = figures.series("in_care_rate_per_10k")
    named = (
        ("rate_per_10k", authority, INK),
        ("england_rate_per_10k", "England", SOFT_INK),
        ("neighbours_rate_per_10k", "Statistical neighbours", PURPLE),
    )
    lines = [_history_line(figures, key, name, colour) for key, name, colour in named]
    drawn = [line for line in lines if line is not None]
    if rows["mean"].isna().all() or not drawn:
        return None
    last = "; ".join(
        f"{line.name} {rate(line.values[-1])} in {line.dates[-1]:%Y}" for line in drawn
    )
    words = _fan_in_words(figures, "in_care_rate_per_10k", "in care for every 10,000 children")
    return finished(
        "rate",
        "Children in care for every 10,000 children",
        f"{words} Published rates: {last}.",
        with_marks(fan_chart(rows, drawn, height=280, axis_title="Rate per 10,000"), figures),
        term="in_care_rate_per_10k",
        caption="Lines with dots are published rates; the fan is the forecast. "
        "The axis does not start at 0.",
    )


def setting_charts(figures: Figures) -> list[Chart]:
    """A fan for each setting, with usable places drawn in where they are limited."""
    charts = []
    for setting in figures.settings:
        rows = figures.series("in_care", setting)
        if rows["mean"].isna().all():
            continue
        places = figures.series("places", setting).dropna(subset=["mean"])
        limit = (
            [
                Line(
                    "Usable places",
                    list(places["date"]),
                    list(places["mean"]),
                    VERMILLION,
                    (6, 3),
                    False,
                )
            ]
            if not places.empty
            else []
        )
        name = SETTING_LABELS[setting]
        words = _fan_in_words(figures, "in_care", f"children with: {name}", setting)
        if limit:
            words += f" Usable places at the end: {children(limit[0].values[-1])}."
        drawing = with_marks(
            fan_chart(rows, limit, height=SMALL_HEIGHT, width=SMALL_WIDTH, from_zero=True),
            figures,
        )
        caption = "" if limit else "No limit on places is set."
        key = f"setting-{setting}"
        term = "settings" if setting in SECTORS else setting
        charts.append(finished(key, name, words, drawing, term=term, caption=caption))
    return charts


def gap_charts(figures: Figures) -> list[Chart]:
    """A fan for each kind of gap, on an axis of its own: they are never added."""
    charts = []
    for measure, title in (
        ("in_house_shortfall", "Suitable, but not the first choice"),
        ("unmet_need", "No suitable place"),
    ):
        rows = figures.series(measure)
        if rows["mean"].isna().all():
            continue
        charts.append(
            finished(
                f"gap-{measure}",
                title,
                _fan_in_words(figures, measure, f"children ({title.lower()})"),
                with_marks(
                    fan_chart(rows, height=SMALL_HEIGHT, width=SMALL_WIDTH, from_zero=True),
                    figures,
                ),
                term=measure,
            )
        )
    return charts


def cost_chart(figures: Figures) -> Chart | None:
    """The range of each financial year's cost, with its budget."""
    rows: list[RangeRow] = []
    for year in figures.years:
        cost = figures.annual("cost", year.name)
        if cost is None:
            continue
        budget = figures.annual("budget", year.name) if year.is_whole else None
        words = gbp_range(cost.p10, cost.p90)
        words += f" (budget {gbp(budget.mean)})" if budget else ""
        limit = budget.mean if budget else None
        rows.append(RangeRow(year.label, cost.p10, cost.mean, cost.p90, words, limit))
    title = "Cost of placements by financial year"
    return _ranges("cost", title, rows, POUNDS_OF_TICK, term="cost", diamonds="budgets")


def cost_by_setting_chart(figures: Figures) -> Chart | None:
    """The range of each setting's cost in the headline year."""
    year = figures.headline_year
    if year is None:
        return None
    rows = []
    for setting in figures.settings:
        cost = figures.annual("cost", year.name, setting)
        if cost is not None and cost.p95 > 0:
            ends = gbp_range(cost.p10, cost.p90)
            name = SHORT_SETTING_LABELS[setting]
            rows.append(RangeRow(name, cost.p10, cost.mean, cost.p90, ends))
    title = f"Cost by setting, {year.label}"
    return _ranges("cost-by-setting", title, rows, POUNDS_OF_TICK, term="cost")


def comparison_chart(figures: Figures, comparisons: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Other people's figures, and what happened, beside this forecast at the same dates."""
    rows: list[RangeRow] = []
    for day in sorted({day_of(other["date"]) for other in comparisons}):
        ours = figures.at("in_care", day)
        if ours is not None:
            ends = f"{children_range(ours.p10, ours.p90)} (expected {children(ours.mean)})"
            label = f"This forecast, {long_date(day)}"
            rows.append(RangeRow(label, ours.p10, ours.mean, ours.p90, ends))
        rows += [
            _single(
                f"{comparison_label(other)}, {long_date(day)}",
                float(other["value"]),
                children(float(other["value"])),
            )
            for other in comparisons
            if day_of(other["date"]) == day
        ]
    title = "Children in care: this forecast beside other figures"
    return _ranges(
        "comparisons",
        title,
        rows,
        CHILDREN_OF_TICK,
        term="in_care",
        diamonds="single figures",
        from_zero=False,
    )


def comparison_label(comparison: Mapping[str, Any]) -> str:
    """Whose figure it is and which, as ``Council's own method: medium``."""
    label = str(comparison.get("label") or "")
    whose = METHOD_LABELS.get(str(comparison.get("method") or ""), "")
    if not whose or label.lower() == whose.lower():
        return whose or label
    return f"{whose}: {label}" if label else whose


def layers_chart(figures: Figures) -> Chart | None:
    """What share of the variance each layer of uncertainty adds, a year apart."""
    shares = layer_shares(figures)
    if shares.empty:
        return None
    words = [
        f"{row['label']}: {LAYER_NAMES[row['part']].split(':')[0].lower()} {percent(row['share'])}"
        for row in shares.to_dict("records")
    ]
    return finished(
        "layers",
        "What makes the range wide: share of the variance of children in care",
        f"{'; '.join(words)}.",
        shares_chart(shares, {part: LAYER_NAMES[part] for part in shares["part"].unique()}),
        term="layers",
    )


def layer_shares(figures: Figures) -> pd.DataFrame:
    """Shares of the variance by date: ``label, part, share``.

    A layer whose growth came out below 0 by chance counts as 0. Empty without layers; without
    effects where no intervention has one that is drawn.
    """
    parts = [part for part in LAYER_NAMES if part in figures.layers]
    if "effects" in parts and not figures.layers["effects"].any():
        parts.remove("effects")
    rows = [
        {"label": long_date(row["date"]), "part": part, "share": max(float(row[part]), 0) / total}
        for row in figures.layers.to_dict("records")
        if (total := sum(max(float(row[layer]), 0) for layer in parts)) > 0
        for part in parts
    ]
    return pd.DataFrame(rows, columns=["label", "part", "share"])


def _single(label: str, value: float, text: str) -> RangeRow:
    return RangeRow(label, value, value, value, text, marker=value)


def _ranges(
    key: str,
    title: str,
    rows: list[RangeRow],
    tick: str,
    *,
    term: str,
    diamonds: str = "",
    from_zero: bool = True,
) -> Chart | None:
    if not rows:
        return None
    distinct = list({row.label: row for row in rows}.values())
    words = "; ".join(f"{row.label}: {row.text}" for row in distinct)
    return finished(
        key,
        title,
        f"{words}.",
        range_chart(distinct, label_expression=tick, from_zero=from_zero, width=520),
        term=term,
        caption="Bars hold 8 of 10 simulated futures; dots are expected figures"
        + (
            f"; diamonds are {diamonds}."
            if any(row.marker is not None for row in distinct)
            else "."
        )
        + ("" if from_zero else " The axis does not start at 0."),
    )


def _history_line(figures: Figures, key: str, name: str, colour: str) -> Line | None:
    """One column of the published history as a line; None if nothing of it is known."""
    known: list[tuple[date, float]] = [
        (day_of(row["date"]), float(row[key]))
        for row in figures.manifest.get("history") or ()
        if isinstance(row.get(key), int | float) and row[key] == row[key]
    ]
    recent = sorted(known)[-MOST_YEARS_OF_HISTORY:]
    if not recent:
        return None
    return Line(name, [day for day, _ in recent], [value for _, value in recent], colour)


def _fan_in_words(figures: Figures, measure: str, what: str, sector: str = "all") -> str:
    """A fan's start and end, for readers who do not see it."""
    first = figures.at(measure, figures.start, sector)
    last = figures.at(measure, figures.end, sector)
    if first is None or last is None:
        return ""
    return (
        f"{children(first.mean)} {what} on {long_date(figures.start)}; on "
        f"{long_date(figures.end)} {children_range(last.p10, last.p90)} in 8 of 10 simulated "
        f"futures, {children(last.mean)} expected."
    )
