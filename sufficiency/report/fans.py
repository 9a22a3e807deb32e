"""A fan: one measure over time with the ranges that hold its futures, and lines beside it.

Lines are labelled where they begin and the fan where it ends, rather than in a legend.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from sufficiency.report.drawing import BLUE, INK, SOFT_INK
from sufficiency.report.figures import FLAG_COLUMN

Spec = dict[str, Any]

BANDS = (("p05", "p95", "#d3e6f3"), ("p10", "p90", "#a3cce6"), ("p25", "p75", "#66a9d3"))
"""Lower end, upper end and shade of the bands that hold 90, 80 and 50% of the futures."""
LABEL_SPACE = 0.14
"""Share of the time axis kept free on the right for the labels of line ends."""
_FAN_COLUMNS = ("mean", "p05", "p10", "p25", "p75", "p90", "p95")
_DECIMALS = 3
"""Of numbers that are drawn: less than can be seen."""


@dataclass(frozen=True)
class Line:
    """A named line beside a fan: dates and values, a colour, and dashes or none."""

    name: str
    dates: Sequence[date]
    values: Sequence[float]
    colour: str = INK
    dash: tuple[int, int] = (1, 0)
    shows_points: bool = True


def fan_chart(
    rows: pd.DataFrame,
    lines: Sequence[Line] = (),
    *,
    height: int = 300,
    width: int = 660,
    from_zero: bool = False,
    axis_title: str = "Children",
) -> Spec:
    """A fan of one measure over time, with lines beside it.

    Args:
        rows: one row a date with ``date``, ``mean`` and the quantiles of ``BANDS``.
        lines: history, other areas or places, each labelled where it begins.
        height: of the plot in pixels.
        width: of the picture's plot in pixels; the interactive chart fills its container.
        from_zero: whether the value axis starts at zero.
        axis_title: the unit of the value axis.

    Returns:
        A layered Vega-Lite specification.
    """
    known = rows.drop(columns=FLAG_COLUMN, errors="ignore").dropna(subset=["mean"])
    frame = known.assign(date=pd.to_datetime(known["date"]))
    low, high = _extent(frame, lines, from_zero)
    times = [*frame["date"], *(pd.Timestamp(day) for line in lines for day in line.dates)]
    scale = {"domain": [low, high], "zero": False, "nice": False}
    y = {
        "type": "quantitative",
        "title": axis_title,
        "scale": scale,
        "axis": {"tickCount": 5, "tickMinStep": 1, "format": ",d"},
    }
    middle = {"y": {**y, "field": "mean"}}
    gap = (high - low) / height * 13
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "color": shade},
            "encoding": {"y": {**y, "field": lower}, "y2": {"field": upper}},
        }
        for lower, upper, shade in BANDS
    ]
    layers.append({"mark": {"type": "line", "color": BLUE, "strokeWidth": 2.5}, "encoding": middle})
    layers += _lines(lines, middle, gap)
    layers += _fan_ends(frame, middle, gap, low)
    layers.append(_hover())
    return {
        "data": {"values": _records(frame)},
        "encoding": {"x": time_axis(min(times), max(times), narrow=width < 500)},
        "layer": layers,
        "width": width,
        "height": height,
    }


def _records(frame: pd.DataFrame) -> list[Spec]:
    """The rows of a fan as it draws them."""
    columns = [frame[name].round(_DECIMALS).tolist() for name in _FAN_COLUMNS]
    return [
        {"date": local_midnight(day), **dict(zip(_FAN_COLUMNS, numbers, strict=True))}
        for day, *numbers in zip(frame["date"], *columns, strict=True)
    ]


def local_midnight(day: date) -> str:
    """A day as the browser reads it in its own zone, and so never a day early."""
    return f"{day:%Y-%m-%d}T00:00:00"


def _points(days: Iterable[date], values: Iterable[float], **more: Sequence[str]) -> Spec:
    names = list(more)
    return {
        "values": [
            {
                "date": local_midnight(day),
                "mean": round(float(value), _DECIMALS),
                **dict(zip(names, words, strict=True)),
            }
            for day, value, *words in zip(days, values, *more.values(), strict=True)
        ]
    }


def _lines(lines: Sequence[Line], middle: Spec, gap: float) -> list[Spec]:
    """Lines with their names above where they begin, kept apart from one another."""
    layers: list[Spec] = []
    drawn = [line for line in lines if len(line.dates)]
    heights = spread_apart([line.values[0] for line in drawn], gap)
    for line, label_height in zip(drawn, heights, strict=True):
        tooltip = [
            {"field": "date", "type": "temporal", "format": "%-d %B %Y", "title": line.name},
            {"field": "mean", "type": "quantitative", "format": ",.0f", "title": "Value"},
        ]
        mark = {
            "type": "line",
            "color": line.colour,
            "strokeDash": list(line.dash),
            "strokeWidth": 1.8,
            "point": {"color": line.colour, "size": 28} if line.shows_points else False,
        }
        layers.append(
            {
                "data": _points(line.dates, line.values),
                "mark": mark,
                "encoding": {**middle, "tooltip": tooltip},
            }
        )
        at = _points(line.dates[:1], [label_height])
        place = {"type": "text", "align": "left", "dx": 2, "dy": -12, "fontWeight": 600}
        halo = {"stroke": "white", "strokeWidth": 4, "color": "white"}
        layers += [
            {
                "data": at,
                "mark": {**place, **look},
                "encoding": {**middle, "text": {"value": line.name}},
            }
            for look in (halo, {"color": line.colour})
        ]
    return layers


def _fan_ends(frame: pd.DataFrame, middle: Spec, gap: float, bottom: float) -> list[Spec]:
    """The ends of the 8-in-10 range and the expected value, written where the fan ends.

    What reads alike is written once, and nothing below ``bottom``, where the time axis is.
    """
    last = frame.iloc[-1]
    ends = [("p10", SOFT_INK, 400), ("mean", BLUE, 700), ("p90", SOFT_INK, 400)]
    if f"{last['p10']:,.0f}" == f"{last['p90']:,.0f}":
        ends = [end for end in ends if end[0] == "mean"]
    values = [float(last[name]) for name, _, _ in ends]
    heights = spread_apart(values, gap)
    lift = max(bottom - min(heights), 0.0)
    return [
        {
            "data": _points([last["date"]], [height + lift], label=[f"{value:,.0f}"]),
            "mark": {
                "type": "text",
                "align": "left",
                "dx": 6,
                "color": colour,
                "fontWeight": weight,
            },
            "encoding": {**middle, "text": {"field": "label", "type": "nominal"}},
        }
        for value, height, (_, colour, weight) in zip(values, heights, ends, strict=True)
    ]


def _hover() -> Spec:
    """A rule at the nearest date that tells its range, for readers with a pointer."""
    nearest = {
        "type": "point",
        "nearest": True,
        "on": "pointerover",
        "fields": ["date"],
        "clear": "pointerout",
    }
    told = (("p10", "8 in 10 futures: from"), ("p90", "8 in 10 futures: to"), ("mean", "Expected"))
    shown = {"param": "nearest", "empty": False, "value": 0.8}
    return {
        "params": [{"name": "nearest", "select": nearest}],
        "mark": {"type": "rule", "color": SOFT_INK, "strokeWidth": 1},
        "encoding": {
            "opacity": {"condition": shown, "value": 0},
            "tooltip": [
                {"field": "date", "type": "temporal", "format": "%-d %B %Y", "title": "Date"},
                *(
                    {"field": field, "type": "quantitative", "format": ",.0f", "title": title}
                    for field, title in told
                ),
            ],
        },
    }


def _extent(frame: pd.DataFrame, lines: Sequence[Line], from_zero: bool) -> tuple[float, float]:
    """The ends of the value axis, with a little room at both."""
    values = [*frame["p05"], *frame["p95"], *(value for line in lines for value in line.values)]
    top, bottom = max(values), min(values)
    room = max((top - (0 if from_zero else bottom)) * 0.08, 0.5)
    return (0.0 if from_zero else max(0.0, float(bottom - room))), max(float(top + room), 1.0)


def time_axis(first: pd.Timestamp, last: pd.Timestamp, *, narrow: bool) -> Spec:
    """Time, with a tick at each 31 March and room on the right for labels."""
    after = last + (last - first) * LABEL_SPACE
    marches = [pd.Timestamp(year, 3, 31) for year in range(first.year, last.year + 1)]
    shown = [day for day in marches if first <= day <= last] or [first, last]
    if len(shown) > 6:
        shown = shown[::-2][::-1]
    return {
        "field": "date",
        "type": "temporal",
        "title": None,
        "scale": {"domain": [_moment(first), _moment(after)], "nice": False},
        "axis": {
            "values": [_moment(day) for day in shown],
            "format": "%b %y" if narrow else "%b %Y",
            "grid": False,
            "labelAngle": 0,
            "labelFlush": True,
        },
    }


def _moment(day: pd.Timestamp) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "date": day.day}


def spread_apart(values: Sequence[float], gap: float) -> list[float]:
    """Heights near ``values``, in the same order, no two closer than ``gap``.

    Labels move as little as need be: from the bottom up, then the whole back by half of the
    largest push.
    """
    order = sorted(range(len(values)), key=lambda n: values[n])
    placed = [float(value) for value in values]
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    push = max((placed[n] - values[n] for n in order), default=0.0)
    return [height - push / 2 for height in placed]
