"""The charts of the page: fans over time, ranges side by side, shares of the range.

Each chart is drawn once with Altair and kept twice: as a Vega-Lite specification that the page
makes interactive, and as a picture (SVG) for print, for readers without scripts and for a first
view. Colours are Okabe and Ito's, which people with colour-blind vision can tell apart; lines are
labelled where they end rather than in a legend.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from sufficiency.report.figures import FLAG_COLUMN

BLUE, SKY, VERMILLION = "#0072B2", "#56B4E9", "#D55E00"
GREEN, ORANGE, PURPLE = "#009E73", "#E69F00", "#9b4f79"
INK, SOFT_INK, RULE = "#1f2933", "#52606d", "#d9dee4"
BANDS = (("p05", "p95", "#d3e6f3"), ("p10", "p90", "#a3cce6"), ("p25", "p75", "#66a9d3"))
"""Lower end, upper end and shade of the bands that hold 90, 80 and 50% of the futures."""
FONT = "system-ui, -apple-system, 'Segoe UI', Arial, sans-serif"
LABEL_SPACE = 0.14
"""Share of the time axis kept free on the right for the labels of line ends."""


@dataclass(frozen=True)
class Chart:
    """One chart, ready for the page.

    ``spec`` is Vega-Lite JSON that is safe inside a script element; ``picture`` a data URI;
    ``term`` the glossary's word for what is drawn.
    """

    key: str
    title: str
    description: str
    spec: str
    picture: str
    term: str
    caption: str = ""


@dataclass(frozen=True)
class Line:
    """A named line beside a fan: dates and values, a colour, and dashes or none."""

    name: str
    dates: Sequence[date]
    values: Sequence[float]
    colour: str = INK
    dash: tuple[int, int] = (1, 0)
    shows_points: bool = True


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


def fan_chart(
    rows: pd.DataFrame,
    lines: Sequence[Line] = (),
    *,
    height: int = 300,
    width: int = 660,
    from_zero: bool = False,
    axis_title: str = "Children",
) -> Any:
    """A fan of one measure over time, with lines beside it.

    Args:
        rows: one row a date with ``date``, ``mean`` and the quantiles of ``BANDS``.
        lines: history, other areas or places, each labelled where it begins.
        height: of the plot in pixels.
        width: of the picture's plot in pixels; the interactive chart fills its container.
        from_zero: whether the value axis starts at zero.
        axis_title: the unit of the value axis.

    Returns:
        An Altair layered chart.
    """
    known = rows.drop(columns=FLAG_COLUMN, errors="ignore").dropna(subset=["mean"])
    frame = known.assign(date=pd.to_datetime(known["date"]))
    low, high = _extent(frame, lines, from_zero)
    times = [*frame["date"], *(pd.Timestamp(day) for line in lines for day in line.dates)]
    x = _time_axis(min(times), max(times), narrow=width < 500)
    scale = alt.Scale(domain=[low, high], zero=False, nice=False)
    axis = alt.Axis(tickCount=5, format=",d")
    y = alt.Y("mean:Q", title=axis_title, scale=scale, axis=axis)
    base = alt.Chart(frame).encode(x=x)
    layers = [
        base.mark_area(color=shade).encode(
            y=alt.Y(f"{lower}:Q", title=axis_title, scale=scale, axis=axis), y2=f"{upper}:Q"
        )
        for lower, upper, shade in BANDS
    ]
    layers.append(base.mark_line(color=BLUE, strokeWidth=2.5).encode(y=y))
    gap = (high - low) / height * 13
    layers += _lines(lines, x, y, gap)
    layers += _fan_ends(frame, x, y, gap)
    layers.append(_hover(base, y))
    return alt.layer(*layers).properties(width=width, height=height)


def _lines(lines: Sequence[Line], x: Any, y: Any, gap: float) -> list[Any]:
    """Lines with their names above where they begin, kept apart from one another."""
    layers: list[Any] = []
    drawn = [line for line in lines if len(line.dates)]
    heights = spread_apart([line.values[0] for line in drawn], gap)
    for line, label_height in zip(drawn, heights, strict=True):
        points = pd.DataFrame({"date": pd.to_datetime(list(line.dates)), "mean": list(line.values)})
        chart = alt.Chart(points).encode(x=x, y=y)
        tooltip = [
            alt.Tooltip("date:T", format="%-d %B %Y", title=line.name),
            alt.Tooltip("mean:Q", format=",.0f", title="Value"),
        ]
        layers.append(
            chart.mark_line(
                color=line.colour,
                strokeDash=list(line.dash),
                strokeWidth=1.8,
                point={"color": line.colour, "size": 28} if line.shows_points else False,
            ).encode(tooltip=tooltip)
        )
        name = pd.DataFrame({"date": points["date"].iloc[:1], "mean": [label_height]})
        text = alt.Chart(name).encode(x=x, y=y, text=alt.value(line.name))
        place = {"align": "left", "dx": 2, "dy": -12, "fontWeight": 600}
        layers.append(text.mark_text(**place, stroke="white", strokeWidth=4, color="white"))
        layers.append(text.mark_text(**place, color=line.colour))
    return layers


def _fan_ends(frame: pd.DataFrame, x: Any, y: Any, gap: float) -> list[Any]:
    """The ends of the 8-in-10 range and the expected value, written where the fan ends."""
    last = frame.iloc[-1]
    values = [float(last["p10"]), float(last["mean"]), float(last["p90"])]
    labels = pd.DataFrame(
        {
            "date": [last["date"]] * 3,
            "mean": spread_apart(values, gap),
            "label": [f"{value:,.0f}" for value in values],
        }
    )
    layers = []
    for n, (colour, weight) in enumerate(((SOFT_INK, 400), (BLUE, 700), (SOFT_INK, 400))):
        text = alt.Chart(labels.iloc[[n]]).encode(x=x, y=y, text="label:N")
        layers.append(text.mark_text(align="left", dx=6, color=colour, fontWeight=weight))
    return layers


def _hover(base: Any, y: Any) -> Any:
    """A rule at the nearest date that tells its range, for readers with a pointer."""
    nearest = alt.selection_point(
        nearest=True, on="pointerover", fields=["date"], empty=False, clear="pointerout"
    )
    return (
        base.mark_rule(color=SOFT_INK, strokeWidth=1)
        .encode(
            opacity=alt.condition(nearest, alt.value(0.8), alt.value(0)),
            tooltip=[
                alt.Tooltip("date:T", format="%-d %B %Y", title="Date"),
                alt.Tooltip("p10:Q", format=",.0f", title="8 in 10 futures: from"),
                alt.Tooltip("p90:Q", format=",.0f", title="8 in 10 futures: to"),
                alt.Tooltip("mean:Q", format=",.0f", title="Expected"),
            ],
        )
        .add_params(nearest)
    )


def _extent(frame: pd.DataFrame, lines: Sequence[Line], from_zero: bool) -> tuple[float, float]:
    """The ends of the value axis, with a little room at both."""
    values = [*frame["p05"], *frame["p95"], *(value for line in lines for value in line.values)]
    top, bottom = max(values), min(values)
    room = max((top - (0 if from_zero else bottom)) * 0.08, 0.5)
    return (0.0 if from_zero else max(0.0, bottom - room)), max(top + room, 1.0)


def _time_axis(first: pd.Timestamp, last: pd.Timestamp, *, narrow: bool) -> Any:
    """Time, with a tick at each 31 March and room on the right for labels."""
    after = last + (last - first) * LABEL_SPACE
    marches = [pd.Timestamp(year, 3, 31) for year in range(first.year, last.year + 1)]
    shown = [day for day in marches if first <= day <= last] or [first, last]
    if len(shown) > 6:
        shown = shown[::-2][::-1]
    return alt.X(
        "date:T",
        title=None,
        scale=alt.Scale(domain=[_moment(first), _moment(after)], nice=False),
        axis=alt.Axis(
            values=[_moment(day) for day in shown],
            format="%b %y" if narrow else "%b %Y",
            grid=False,
            labelAngle=0,
            labelFlush=True,
        ),
    )


def _moment(day: pd.Timestamp) -> Any:
    return alt.DateTime(year=day.year, month=day.month, date=day.day)


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


def range_chart(
    rows: Sequence[RangeRow], *, label_expression: str, from_zero: bool = True, width: int = 660
) -> Any:
    """Ranges one above the other: a bar from low to high, a dot where the figure is expected.

    What a bar says stands above it, so that nothing is cut off on a narrow screen.

    Args:
        rows: one row a bar, top to bottom; a marker is a single figure, drawn as a diamond.
        label_expression: a Vega expression that writes a tick of the value axis.
        from_zero: whether the value axis starts at zero.
        width: of the picture's plot in pixels.

    Returns:
        An Altair layered chart.
    """
    frame = pd.DataFrame([{**vars(row), "is_range": row.is_range} for row in rows])
    frame["marker"] = frame["marker"].astype(float)
    frame["words"] = frame["label"] + ": " + frame["text"]
    values = frame[["low", "high", "marker"]]
    lowest, highest = float(values.min().min()), float(values.max().max())
    first = 0.0 if from_zero else max(0.0, lowest - (highest - lowest) * 0.15)
    scale = alt.Scale(domain=[first, max(highest * 1.02, first + 1)], nice=True, zero=from_zero)
    axis = alt.Axis(labelExpr=label_expression, tickCount=5)
    low, expected, marker = (
        alt.X(f"{field}:Q", title=None, scale=scale, axis=axis)
        for field in ("low", "expected", "marker")
    )
    y = alt.Y("label:N", sort=list(frame["label"]), title=None, axis=None)
    base = alt.Chart(frame).encode(y=y, tooltip=alt.Tooltip("words:N", title=" "))
    ranges = base.transform_filter("datum.is_range")
    diamond = {"shape": "diamond", "filled": True, "size": 90, "opacity": 1}
    return alt.layer(
        ranges.mark_bar(size=12, color=BANDS[1][2], yOffset=6).encode(x=low, x2="high:Q"),
        ranges.mark_point(filled=True, size=70, color=BLUE, opacity=1, yOffset=6).encode(
            x=expected
        ),
        base.transform_filter("isValid(datum.marker)")
        .mark_point(color=VERMILLION, yOffset=6, **diamond)
        .encode(x=marker),
        base.mark_text(dy=-11, fontSize=12, color=INK, align="left").encode(
            x=alt.value(0), text="words:N"
        ),
    ).properties(width=width, height=alt.Step(44))


def shares_chart(rows: pd.DataFrame, names: dict[str, str], *, width: int = 660) -> Any:
    """Bars that add up to 100%, each part named where it is wide enough.

    Args:
        rows: ``label`` (a bar), ``part`` (a key of ``names``) and ``share`` (0 to 1).
        names: the parts' plain names, in the order drawn.
        width: of the picture's plot in pixels.

    Returns:
        An Altair layered chart.
    """
    colours = [SKY, ORANGE, GREEN]
    order = {key: n for n, key in enumerate(names)}
    frame = rows.assign(order=rows["part"].map(order), name=rows["part"].map(names))
    frame = frame.sort_values(["label", "order"], kind="stable")
    frame["upper"] = frame.groupby("label", sort=False)["share"].cumsum()
    frame["lower"] = frame["upper"] - frame["share"]
    frame["middle"] = (frame["upper"] + frame["lower"]) / 2
    frame["text"] = [f"{share:.0%}" if share >= 0.06 else "" for share in frame["share"]]
    labels = list(dict.fromkeys(rows["label"]))
    y = alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(ticks=False, domain=False))
    axis = alt.Axis(format="%", tickCount=5)
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart(frame).encode(
        y=y, tooltip=["label:N", "name:N", alt.Tooltip("share:Q", format=".0%")]
    )
    colour = alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(domain=list(names.values()), range=colours[: len(names)]),
        legend=alt.Legend(orient="top", labelLimit=320, columns=1),
    )
    return alt.layer(
        base.mark_bar(size=22).encode(
            x=alt.X("lower:Q", title=None, scale=scale, axis=axis), x2="upper:Q", color=colour
        ),
        base.mark_text(color=INK, fontWeight=600).encode(
            x=alt.X("middle:Q", title=None, scale=scale, axis=axis), text="text:N"
        ),
    ).properties(width=width, height=alt.Step(38))


def finished(
    key: str, title: str, description: str, drawing: Any, *, term: str, caption: str = ""
) -> Chart:
    """Draw a chart for the page: its picture, and its specification at the container's width."""
    spec = drawing.configure(
        font=FONT,
        background="white",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=SOFT_INK,
            titleColor=SOFT_INK,
            titleFontWeight="normal",
            gridColor=RULE,
            domainColor=RULE,
            tickColor=RULE,
            labelFontSize=12,
            titleFontSize=12,
        ),
        text=alt.MarkConfig(fontSize=12),
    ).to_dict(validate=False)
    spec["description"] = description
    picture = vl_convert.vegalite_to_svg(spec)
    live = {**spec, "width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
    return Chart(
        key=key,
        title=title,
        description=description,
        spec=script_safe(json.dumps(live, separators=(",", ":"), ensure_ascii=True)),
        picture="data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode("ascii"),
        term=term,
        caption=caption,
    )


def script_safe(text: str) -> str:
    """JSON that cannot end the script element it is written into."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def drawing_library() -> str:
    """The scripts that make the charts interactive, safe inside one script element."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
