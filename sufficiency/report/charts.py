"""The kinds of chart that pages share: fans over time, ranges side by side, shares of the range.

Lines are labelled where they end rather than in a legend. A chart is a Vega-Lite specification,
written as it is: making it from Altair's objects takes as long as all else on a page together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sufficiency.report.drawing import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    RULE,
    SKY,
    SOFT_INK,
    VERMILLION,
    Chart,
    drawing_library,
    finished,
    script_safe,
)
from sufficiency.report.fans import BANDS, Line, fan_chart, spread_apart

__all__ = [
    "BANDS",
    "BLUE",
    "GREEN",
    "INK",
    "ORANGE",
    "PURPLE",
    "RULE",
    "SKY",
    "SOFT_INK",
    "VERMILLION",
    "Chart",
    "Line",
    "RangeRow",
    "drawing_library",
    "fan_chart",
    "finished",
    "range_chart",
    "script_safe",
    "shares_chart",
    "spread_apart",
]

Spec = dict[str, Any]


@dataclass(frozen=True)
class RangeRow:
    """A range in a chart of ranges: ends, expected value, and what its label says.

    ``marker`` is a single figure to set against the range, such as a budget; a row may be that
    figure alone, without a range (``low == high == marker``).
    """

    label: str
    low: float
    expected: float
    high: float
    text: str
    marker: float | None = None

    @property
    def is_range(self) -> bool:
        """Whether there is more to draw than the marker."""
        return self.marker is None or self.low < self.high


def range_chart(
    rows: Sequence[RangeRow], *, label_expression: str, from_zero: bool = True, width: int = 660
) -> Spec:
    """Ranges one above the other: a bar from low to high, a dot where the figure is expected.

    What a bar says stands above it, so that nothing is cut off on a narrow screen.

    Args:
        rows: one row a bar, top to bottom; a marker is a single figure, drawn as a diamond.
        label_expression: a Vega expression that writes a tick of the value axis.
        from_zero: whether the value axis starts at zero.
        width: of the picture's plot in pixels.

    Returns:
        A layered Vega-Lite specification.
    """
    ends = [end for row in rows for end in (row.low, row.high, row.marker) if end is not None]
    lowest, highest = min(ends), max(ends)
    first = 0.0 if from_zero else max(0.0, lowest - (highest - lowest) * 0.15)
    scale = {"domain": [first, max(highest * 1.02, first + 1)], "nice": True, "zero": from_zero}
    along = {
        "type": "quantitative",
        "title": None,
        "scale": scale,
        "axis": {"labelExpr": label_expression, "tickCount": 5},
    }
    order = [row.label for row in rows]
    return {
        "data": {"values": [_range_record(row) for row in rows]},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": order, "title": None, "axis": None},
            "tooltip": {"field": "words", "type": "nominal", "title": " "},
        },
        "layer": _range_layers(along),
        "width": width,
        "height": {"step": 44},
    }


def _range_layers(along: Spec) -> list[Spec]:
    """The bar of a range, the dot in it, a single figure, and the words above."""
    dot = {"type": "point", "filled": True, "opacity": 1, "yOffset": 6}
    return [
        {
            "transform": [{"filter": "datum.is_range"}],
            "mark": {"type": "bar", "size": 12, "color": BANDS[1][2], "yOffset": 6},
            "encoding": {"x": {**along, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "transform": [{"filter": "datum.is_range"}],
            "mark": {**dot, "size": 70, "color": BLUE},
            "encoding": {"x": {**along, "field": "expected"}},
        },
        {
            "transform": [{"filter": "isValid(datum.marker)"}],
            "mark": {**dot, "color": VERMILLION, "shape": "diamond", "size": 90},
            "encoding": {"x": {**along, "field": "marker"}},
        },
        {
            "mark": {"type": "text", "dy": -11, "fontSize": 12, "color": INK, "align": "left"},
            "encoding": {"x": {"value": 0}, "text": {"field": "words", "type": "nominal"}},
        },
    ]


def _range_record(row: RangeRow) -> Spec:
    said = {"is_range": row.is_range, "words": f"{row.label}: {row.text}"}
    return {**vars(row), **said}


def _parts_of_bars(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Where each part of a bar begins and ends, and what is written on it."""
    order = {key: n for n, key in enumerate(names)}
    frame = rows.assign(order=rows["part"].map(order), name=rows["part"].map(names))
    frame = frame.sort_values(["label", "order"], kind="stable")
    frame["upper"] = frame.groupby("label", sort=False)["share"].cumsum()
    frame["lower"] = frame["upper"] - frame["share"]
    frame["middle"] = (frame["upper"] + frame["lower"]) / 2
    frame["text"] = [f"{share:.0%}" if share >= 0.06 else "" for share in frame["share"]]
    return frame


def shares_chart(rows: pd.DataFrame, names: Mapping[str, str], *, width: int = 660) -> Spec:
    """Bars that add up to 100%, each part named where it is wide enough.

    Args:
        rows: ``label`` (a bar), ``part`` (a key of ``names``) and ``share`` (0 to 1).
        names: the parts' plain names, in the order drawn.
        width: of the picture's plot in pixels.

    Returns:
        A layered Vega-Lite specification.
    """
    labels = list(dict.fromkeys(rows["label"]))
    along = {
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "tickCount": 5},
    }
    colour = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": list(names.values()),
            "range": [SKY, ORANGE, GREEN, PURPLE, BLUE][: len(names)],
        },
        "legend": {"orient": "top", "labelLimit": 320, "columns": 1},
    }
    tooltip = [
        {"field": "label", "type": "nominal"},
        {"field": "name", "type": "nominal"},
        {"field": "share", "type": "quantitative", "format": ".0%"},
    ]
    bar = {"x": {**along, "field": "lower"}, "x2": {"field": "upper"}, "color": colour}
    said = {"x": {**along, "field": "middle"}, "text": {"field": "text", "type": "nominal"}}
    y = {"field": "label", "type": "nominal", "sort": labels, "title": None}
    return {
        "data": {"values": _parts_of_bars(rows, names).to_dict("records")},
        "encoding": {"y": {**y, "axis": {"ticks": False, "domain": False}}, "tooltip": tooltip},
        "layer": [
            {"mark": {"type": "bar", "size": 22}, "encoding": bar},
            {"mark": {"type": "text", "color": INK, "fontWeight": 600}, "encoding": said},
        ],
        "width": width,
        "height": {"step": 38},
    }
