"""The charts of the backtest page: fans beside what happened, coverage, and where outcomes fell."""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from sufficiency.report.backtest_figures import BacktestFigures
from sufficiency.report.backtest_words import OURS
from sufficiency.report.charts import (
    BLUE,
    INK,
    ORANGE,
    VERMILLION,
    Chart,
    Line,
    fan_chart,
    finished,
)
from sufficiency.report.figures import QUANTILES
from sufficiency.report.formats import children, children_range, percent

SMALL_WIDTH, SMALL_HEIGHT = 330, 190
PIT_BINS = 10
RANGES = (50, 80, 90)


def origin_charts(figures: BacktestFigures) -> list[Chart]:
    """One small fan for each origin of an authority, with what happened drawn over it."""
    rows = figures.of_target()
    ours = rows[rows["method"] == OURS].sort_values("years_ahead")
    charts = []
    for origin, mine in ours.groupby("origin"):
        begun = float(mine["at_origin"].iloc[0])
        start: dict[str, Any] = {"date": date(int(str(origin)), 3, 31), "mean": begun}
        start |= dict.fromkeys(QUANTILES, begun)
        fan = pd.concat([pd.DataFrame([start]), mine[["date", "mean", *QUANTILES]]])
        days = [start["date"], *(date.fromisoformat(str(day)) for day in mine["date"])]
        happened = Line(
            "What happened", days, [begun, *mine["outcome"].astype(float)], VERMILLION, (4, 2)
        )
        last = mine.iloc[-1]
        words = (
            f"From 31 March {origin}: {children_range(last['p10'], last['p90'])} in 8 of 10 "
            f"futures on 31 March {days[-1].year}; {children(float(last['outcome']))} happened."
        )
        drawing = fan_chart(fan, [happened], height=SMALL_HEIGHT, width=SMALL_WIDTH)
        charts.append(
            finished(
                f"origin-{origin}", f"Made on 31 March {origin}", words, drawing, term="origin"
            )
        )
    return charts


def held_chart(figures: BacktestFigures) -> Chart:
    """Share of outcomes that each range held, by years ahead, beside what it promised."""
    rows = [
        {
            "years": year,
            "range": f"{level}% range",
            "held": held,
            "meant": level / 100,
        }
        for year in figures.years
        for level in RANGES
        if (held := figures.score(f"coverage_{level}", OURS, year)) is not None
    ]
    frame = pd.DataFrame(rows)
    names = [f"{level}% range" for level in RANGES]
    colour = alt.Color(
        "range:N",
        title=None,
        scale=alt.Scale(domain=names, range=[ORANGE, BLUE, VERMILLION]),
        legend=alt.Legend(orient="top"),
    )
    x = alt.X("years:O", title="Years ahead", axis=alt.Axis(labelAngle=0, grid=False))
    scale = alt.Scale(domain=[0, 1])
    y = alt.Y("held:Q", title="Outcomes held", scale=scale, axis=alt.Axis(format="%"))
    base = alt.Chart(frame).encode(x=x)
    tooltip = [
        alt.Tooltip("range:N", title="Range"),
        alt.Tooltip("years:O", title="Years ahead"),
        alt.Tooltip("held:Q", format=".0%", title="Held"),
        alt.Tooltip("meant:Q", format=".0%", title="Meant to hold"),
    ]
    drawing = alt.layer(
        base.mark_line(strokeDash=[4, 4], strokeWidth=1.5).encode(y="meant:Q", color=colour),
        base.mark_line(strokeWidth=2.5, point={"size": 60}).encode(
            y=y, color=colour, tooltip=tooltip
        ),
    ).properties(width=560, height=270)
    said = "; ".join(
        f"{row['range']} {row['years']} ahead {percent(float(str(row['held'])))}" for row in rows
    )
    return finished(
        "held",
        "How often each range held what happened",
        f"Share of outcomes within the range: {said}.",
        drawing,
        term="held",
        caption="Dashed: what the range promises. A line below its dashes: a range too narrow.",
    )


def pit_chart(figures: BacktestFigures) -> Chart:
    """Where outcomes fell among the simulated futures, a year ahead and further."""
    near, far = figures.years[0], figures.years[min(2, len(figures.years) - 1)]
    years = list(dict.fromkeys((near, far)))
    rows = [
        {
            "tenth": bin_number,
            "share": share,
            "ahead": "1 year ahead" if year == 1 else f"{year} years ahead",
        }
        for year in years
        for bin_number in range(1, PIT_BINS + 1)
        if (share := figures.score(f"pit_{bin_number:02d}", OURS, year)) is not None
    ]
    frame = pd.DataFrame(rows)
    order = list(dict.fromkeys(frame["ahead"]))
    base = alt.Chart(frame).encode(
        x=alt.X(
            "tenth:O",
            title="Tenth of the simulated futures, from the lowest",
            axis=alt.Axis(labelAngle=0, grid=False),
        )
    )
    bars = base.mark_bar().encode(
        y=alt.Y("share:Q", title="Outcomes", axis=alt.Axis(format="%")),
        xOffset=alt.XOffset("ahead:N", sort=order),
        color=alt.Color(
            "ahead:N",
            title=None,
            scale=alt.Scale(domain=order, range=[BLUE, ORANGE][: len(order)]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["ahead:N", "tenth:O", alt.Tooltip("share:Q", format=".0%")],
    )
    level = pd.DataFrame({"level": [1 / PIT_BINS]})
    rule = alt.Chart(level).mark_rule(color=INK, strokeDash=[4, 4]).encode(y="level:Q")
    said = ", ".join(f"{row['share']:.0%}" for row in rows if row["ahead"] == order[0])
    return finished(
        "pit",
        "Where outcomes fell in the range",
        f"Share of outcomes in each tenth of the simulated futures, {order[0]}: {said}.",
        alt.layer(bars, rule).properties(width=560, height=240),
        term="pit",
        caption="Dashed: a tenth in each, as it should be.",
    )


def all_together_chart(figures: BacktestFigures) -> Chart | None:
    """Councils added up: what each origin expected, and what happened.

    Only expected figures add up, so there is no range. The councils are those scored from every
    origin at every year ahead.
    """
    rows = figures.of_target()
    rows = rows[rows["method"] == OURS]
    scored = rows.groupby("old_la_code")["origin"].transform("size")
    whole = rows[scored == scored.max()]
    if whole.empty:
        return None
    expected, outcomes = _added_up(whole)
    said = "; ".join(
        f"from 31 March {origin} {children(path['children'].iloc[-1])} expected on 31 March "
        f"{path['date'].iloc[-1].year}"
        for origin, path in expected.groupby("origin")
    )
    councils = whole["old_la_code"].nunique()
    return finished(
        "together",
        f"{councils} councils added up: expected, and what happened",
        f"At the furthest year of each origin: {said}. What happened: "
        f"{children(outcomes['children'].iloc[-1])} on 31 March {outcomes['date'].iloc[-1].year}.",
        _paths(expected, outcomes),
        term="origin",
        caption="Blue: what the forecasts of each 31 March expected. Dashed, with dots: what "
        "happened. Only expected figures add up, so no ranges are drawn. The axis does not start "
        "at 0.",
    )


def _added_up(whole: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paths of each origin, and what happened: columns origin (of paths), date, children."""
    begun = whole[whole["years_ahead"] == whole["years_ahead"].min()]
    starts = begun.groupby("origin")["at_origin"].sum()
    sums = whole.groupby(["origin", "years_ahead"])[["point", "outcome"]].sum()
    expected = [(int(str(origin)), int(str(origin)), number) for origin, number in starts.items()]
    outcomes = {origin: number for origin, _, number in expected}
    for (origin, years), point, outcome in zip(
        sums.index, sums["point"], sums["outcome"], strict=True
    ):
        expected.append((int(origin), int(origin) + int(years), point))
        outcomes[int(origin) + int(years)] = outcome
    paths = pd.DataFrame(expected, columns=["origin", "year", "children"])
    happened = pd.DataFrame(sorted(outcomes.items()), columns=["year", "children"])
    for table in (paths, happened):
        table["date"] = [pd.Timestamp(year, 3, 31) for year in table["year"]]
    return paths.sort_values(["origin", "year"], ignore_index=True), happened


def _paths(expected: pd.DataFrame, outcomes: pd.DataFrame) -> Any:
    """Lines of expected figures by origin, and the line of what happened."""
    marches = [alt.DateTime(year=day.year, month=3, date=31) for day in outcomes["date"]]
    axis = alt.Axis(format="March %Y", values=marches, grid=False, labelAngle=0)
    x = alt.X("date:T", title=None, axis=axis)
    y = alt.Y(
        "children:Q",
        title="Children",
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format=",d"),
    )
    when = alt.Tooltip("date:T", format="%-d %B %Y", title="For")
    number = alt.Tooltip("children:Q", format=",.0f", title="Children")
    made = alt.Tooltip("origin:N", title="Made on 31 March")
    paths = alt.Chart(expected).encode(x=x, y=y, detail="origin:N", tooltip=[made, when, number])
    happened = alt.Chart(outcomes).encode(x=x, y=y, tooltip=[when, number])
    return alt.layer(
        paths.mark_line(color=BLUE, strokeWidth=1.8),
        happened.mark_line(
            color=VERMILLION,
            strokeWidth=2,
            strokeDash=[4, 3],
            point={"color": VERMILLION, "size": 50},
        ),
    ).properties(width=660, height=300)
