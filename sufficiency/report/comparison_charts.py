"""The charts of a comparison: each scenario's path, what it changes, and what drives the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sufficiency.report.charts import BANDS, RangeRow
from sufficiency.report.comparison_figures import COST, ComparisonFigures
from sufficiency.report.comparison_words import (
    LABELS,
    fewer_or_more,
    range_of_difference,
)
from sufficiency.report.drawing import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SOFT_INK,
    VERMILLION,
    Chart,
    finished,
)
from sufficiency.report.fans import local_midnight, spread_apart, time_axis
from sufficiency.report.formats import children, children_range, gbp, long_date

Spec = dict[str, Any]

BASE_BAND, BASE_LINE = "#e3e7eb", SOFT_INK
_PATHS_HEIGHT = 260
"""Of the picture of all paths, in pixels."""
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
SMALL_WIDTH, SMALL_HEIGHT = 330, 190
_SIGN = "(datum.value > 0 ? '+' : datum.value < 0 ? '−' : '')"
CHILDREN_TICK = f"{_SIGN} + format(abs(datum.value), ',.1~f')"
POUNDS_TICK = (
    f"{_SIGN} + (abs(datum.value) >= 1000000"
    " ? '£' + format(abs(datum.value) / 1000000, ',.3~f') + 'm'"
    " : '£' + format(abs(datum.value), ',.0f'))"
)


def paths_chart(figures: ComparisonFigures) -> Chart:
    """Children in care in every scenario: the base's range, and each expected path, named."""
    base = figures.levels_over_time(figures.base, "in_care")
    paths = {
        figures.label(name): figures.levels_over_time(name, "in_care")
        for name in (figures.base, *figures.others)
    }
    first, last = pd.Timestamp(base["date"].iloc[0]), pd.Timestamp(base["date"].iloc[-1])
    said = "; ".join(
        f"{name} {children(float(rows['mean'].iloc[-1]))}" for name, rows in paths.items()
    )
    return finished(
        "paths",
        "Children in care, expected",
        f"On {long_date(figures.end)}: {said}. The base's 8-in-10 range is "
        f"{children_range(float(base['p10'].iloc[-1]), float(base['p90'].iloc[-1]))}.",
        {
            "encoding": {"x": _with_room(time_axis(first, last, narrow=False), last, 0.55)},
            "layer": _path_layers(base, paths),
            "width": 620,
            "height": _PATHS_HEIGHT,
        },
        term="in_care",
        caption=f"Shaded: 8 of 10 futures of {figures.base} by itself. Lines: expected. The "
        "difference between two lines is far surer than the shaded range, as the charts of "
        "differences show.",
    )


def _path_layers(base: pd.DataFrame, paths: Mapping[str, pd.DataFrame]) -> list[Spec]:
    """The base's range, and over it each path with its name where it ends."""
    low = min(float(base["p10"].min()), *(float(rows["mean"].min()) for rows in paths.values()))
    high = max(float(base["p90"].max()), *(float(rows["mean"].max()) for rows in paths.values()))
    room = max((high - low) * 0.08, 0.5)
    scale = {"domain": [max(0.0, low - room), high + room], "zero": False, "nice": False}
    y: Spec = {
        "type": "quantitative",
        "title": "Children in care",
        "scale": scale,
        "axis": {"tickCount": 5, "format": ",d"},
    }
    layers: list[Spec] = [
        {
            "data": {"values": _records(base, ("p10", "p90"))},
            "mark": {"type": "area", "color": BASE_BAND},
            "encoding": {"y": {**y, "field": "p10"}, "y2": {"field": "p90"}},
        }
    ]
    gap = (high - low + 2 * room) / _PATHS_HEIGHT * 14
    ends = spread_apart([float(rows["mean"].iloc[-1]) for rows in paths.values()], gap)
    for number, ((name, rows), end) in enumerate(zip(paths.items(), ends, strict=True)):
        layers += _named_path(name, rows, end, y, _colour(number), is_base=number == 0)
    return layers


def _colour(number: int) -> str:
    return BASE_LINE if number == 0 else COLOURS[(number - 1) % len(COLOURS)]


def _with_room(axis: Spec, last: pd.Timestamp, share: float) -> Spec:
    """A time axis with room on the right for labels, as a share of its own length."""
    first = axis["scale"]["domain"][0]
    begin = pd.Timestamp(first["year"], first["month"], first["date"])
    after = last + (last - begin) * share
    end = {"year": after.year, "month": after.month, "date": after.day}
    return {**axis, "scale": {**axis["scale"], "domain": [first, end]}}


def _named_path(
    name: str, rows: pd.DataFrame, end: float, y: Spec, colour: str, *, is_base: bool
) -> list[Spec]:
    """A line and its name and last value where it ends."""
    middle = {"y": {**y, "field": "mean"}}
    tooltip = [
        {"field": "date", "type": "temporal", "format": "%-d %B %Y", "title": name},
        {"field": "mean", "type": "quantitative", "format": ",.0f", "title": "Expected"},
    ]
    last = rows.iloc[-1]
    label = f"{children(float(last['mean']))}  {short_name(name)}"
    at = {"date": local_midnight(last["date"]), "mean": end, "label": label}
    line = {
        "type": "line",
        "color": colour,
        "strokeWidth": 2.5,
        "strokeDash": [5, 3] if is_base else [1, 0],
    }
    return [
        {
            "data": {"values": _records(rows, ("mean",))},
            "mark": line,
            "encoding": {**middle, "tooltip": tooltip},
        },
        {
            "data": {"values": [at]},
            "mark": {
                "type": "text",
                "align": "left",
                "dx": 6,
                "color": colour,
                "fontWeight": 600,
            },
            "encoding": {**middle, "text": {"field": "label", "type": "nominal"}},
        },
    ]


def short_name(name: str, longest: int = 22) -> str:
    """A name that fits beside a line or above a bar."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def difference_charts(figures: ComparisonFigures, measure: str) -> list[Chart]:
    """What each scenario changes over time, as a fan around the line of no difference.

    All have the same scale, so that they can be set side by side.
    """
    every = {
        name: figures.over_time(name, measure).dropna(subset=["mean"]) for name in figures.others
    }
    every = {name: rows for name, rows in every.items() if len(rows)}
    if not any(rows["sd"].any() for rows in every.values()):
        return []
    low = min(0.0, *(float(rows["p05"].min()) for rows in every.values()))
    high = max(0.0, *(float(rows["p95"].max()) for rows in every.values()))
    room = max((high - low) * 0.08, 0.5)
    domain = [low - room, high + room]
    return [_difference_chart(figures, measure, name, rows, domain) for name, rows in every.items()]


def _difference_chart(
    figures: ComparisonFigures, measure: str, name: str, rows: pd.DataFrame, domain: list[float]
) -> Chart:
    money = measure == COST
    last = rows.iloc[-1]
    mean, ends = float(last["mean"]), (float(last["p10"]), float(last["p90"]))
    y: Spec = {
        "type": "quantitative",
        "title": None,
        "scale": {"domain": domain, "zero": False, "nice": False},
        "axis": {"tickCount": 5, "labelExpr": POUNDS_TICK if money else CHILDREN_TICK},
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "color": shade},
            "encoding": {"y": {**y, "field": lower}, "y2": {"field": upper}},
        }
        for lower, upper, shade in BANDS
    ]
    layers += [
        {"mark": {"type": "rule", "color": INK}, "encoding": _line_across(y)},
        {
            "mark": {"type": "line", "color": BLUE, "strokeWidth": 2.5},
            "encoding": {"y": {**y, "field": "mean"}, "tooltip": _fan_tooltip(money)},
        },
    ]
    layers += _ends((ends[0], mean, ends[1]), last["date"], y, money=money)
    first, end = pd.Timestamp(rows["date"].iloc[0]), pd.Timestamp(last["date"])
    room_for_label = 0.42 if money else 0.2
    fields = ("mean", "p05", "p10", "p25", "p75", "p90", "p95")
    number, label = figures.others.index(name), figures.label(name)
    if len(figures.others) == 1:
        label = LABELS[measure]
    what = "a month's cost of placements" if money else LABELS[measure].lower()
    return finished(
        f"difference-{measure.replace('_', '-')}-{number}",
        label,
        f"{label}, {what}: {range_of_difference(*ends, money=money)} in 8 of 10 futures on "
        f"{long_date(end.date())}, on average {fewer_or_more(mean, money=money)}.",
        {
            "data": {"values": _records(rows, fields)},
            "encoding": {"x": _with_room(time_axis(first, end, narrow=True), end, room_for_label)},
            "layer": layers,
            "width": SMALL_WIDTH,
            "height": SMALL_HEIGHT,
        },
        term="difference",
    )


def _ends(values: Sequence[float], day: Any, y: Spec, *, money: bool) -> list[Spec]:
    """The ends of the 8-in-10 range and the average between them, written where the fan ends."""
    low, high = y["scale"]["domain"]
    looks = ((SOFT_INK, 400), (BLUE, 700), (SOFT_INK, 400))
    heights = spread_apart(values, (high - low) / SMALL_HEIGHT * 13)
    layers: list[Spec] = []
    for value, height, (colour, weight) in zip(values, heights, looks, strict=True):
        at = {"date": local_midnight(day), "mean": height, "label": _signed(value, money)}
        text = {"type": "text", "align": "left", "dx": 5, "color": colour, "fontWeight": weight}
        encoding = {"y": {**y, "field": "mean"}, "text": {"field": "label", "type": "nominal"}}
        layers.append({"data": {"values": [at]}, "mark": text, "encoding": encoding})
    return layers


def _line_across(y: Spec) -> Spec:
    """The line of no difference, from one side of the chart to the other."""
    return {"x": {"value": 0}, "x2": {"value": "width"}, "y": {**y, "datum": 0}}


def _fan_tooltip(money: bool) -> list[Spec]:
    number = "+,.0f"
    unit = " (£)" if money else ""
    told = (("p10", "8 in 10 futures: from"), ("p90", "8 in 10 futures: to"), ("mean", "Expected"))
    return [
        {"field": "date", "type": "temporal", "format": "%-d %B %Y", "title": "Date"},
        *(
            {"field": field, "type": "quantitative", "format": number, "title": f"{title}{unit}"}
            for field, title in told
        ),
    ]


def _signed(value: float, money: bool) -> str:
    rounded = gbp(abs(value)) if money and abs(value) >= 500 else f"{abs(value):,.0f}"
    if rounded == "0":
        return "0"
    return f"{'+' if value > 0 else '−'}{rounded}"


def _records(rows: pd.DataFrame, fields: Sequence[str]) -> list[Spec]:
    columns = [rows[name].astype(float).round(3).tolist() for name in fields]
    return [
        {"date": local_midnight(day), **dict(zip(fields, numbers, strict=True))}
        for day, *numbers in zip(rows["date"], *columns, strict=True)
    ]


def cost_by_year_chart(figures: ComparisonFigures) -> Chart | None:
    """What each scenario changes in the cost of each financial year: ranges around 0."""
    rows, several = [], len(figures.others) > 1
    for year in figures.years:
        for name in figures.others:
            found = figures.difference(name, COST, year.name)
            if found is not None:
                said = range_of_difference(found.p10, found.p90, money=True)
                whose = f"{short_name(figures.label(name), 40)}, " if several else ""
                label = f"{whose}{year.label}"
                rows.append(RangeRow(label, found.p10, found.mean, found.p90, said))
    if not rows:
        return None
    return finished(
        "cost-differences",
        "Difference in the cost of each financial year",
        "; ".join(f"{row.label}: {row.text}" for row in rows) + ".",
        signed_ranges(rows, POUNDS_TICK),
        term="difference",
        caption="Bar: 8 of 10 futures. Dot: expected. Left of the line: cheaper than "
        f"{figures.base}.",
    )


def signed_ranges(rows: Sequence[RangeRow], tick: str, width: int = 520) -> Spec:
    """Ranges one above the other around the line of no difference, each named above its bar."""
    along = value_axis([0.0, *(end for row in rows for end in (row.low, row.high))], tick)
    values = [
        {
            "label": row.label,
            "low": row.low,
            "expected": row.expected,
            "high": row.high,
            "words": f"{row.label}: {row.text}",
        }
        for row in rows
    ]
    across = {"x": {**along, "datum": 0}, "y": {"value": 0}, "y2": {"value": "height"}}
    dot = {"type": "point", "filled": True, "opacity": 1, "size": 70, "color": BLUE, "yOffset": 6}
    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": INK}, "encoding": across},
        {
            "mark": {"type": "bar", "size": 12, "color": BANDS[1][2], "yOffset": 6},
            "encoding": {"x": {**along, "field": "low"}, "x2": {"field": "high"}},
        },
        {"mark": dot, "encoding": {"x": {**along, "field": "expected"}}},
    ]
    return named_bars(values, layers, width)


def value_axis(values: Sequence[float], tick: str) -> Spec:
    """A value axis along the bars, with a little room at both ends."""
    room = max((max(values) - min(values)) * 0.05, 1e-9)
    return {
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [min(values) - room, max(values) + room], "zero": False, "nice": False},
        "axis": {"labelExpr": tick, "tickCount": 5, "grid": False},
    }


def named_bars(values: Sequence[Spec], layers: Sequence[Spec], width: int) -> Spec:
    """Bars one above the other, each with its ``words`` above it, in the order of ``values``."""
    order = [value["label"] for value in values]
    said = {"x": {"value": 0}, "text": {"field": "words", "type": "nominal"}}
    words = {
        "mark": {"type": "text", "dy": -11, "color": INK, "align": "left"},
        "encoding": said,
    }
    return {
        "data": {"values": list(values)},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": order, "title": None, "axis": None},
            "tooltip": {"field": "words", "type": "nominal", "title": " "},
        },
        "layer": [*layers, words],
        "width": width,
        "height": {"step": 45},
    }
