"""The waterfall of a comparison: from the base to all changes together, a bar a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from sufficiency.report.comparison_charts import named_bars, short_name, value_axis
from sufficiency.report.comparison_figures import COST, ComparisonFigures, When
from sufficiency.report.comparison_words import range_of_difference, when_label
from sufficiency.report.drawing import GREEN, INK, ORANGE, Chart, finished
from sufficiency.report.formats import children, children_range, gbp, gbp_range

Spec = dict[str, Any]

PLAIN_CHILDREN_TICK = "format(datum.value, ',.1~f')"
PLAIN_POUNDS_TICK = (
    "abs(datum.value) >= 1000000 ? '£' + format(datum.value / 1000000, ',.3~f') + 'm'"
    " : '£' + format(datum.value, ',.0f')"
)


def waterfall_chart(figures: ComparisonFigures, measure: str, when: When) -> Chart | None:
    """The steps from the base to the combination of one figure; None where no step changes it."""
    steps = figures.steps(measure, when)
    if steps.empty or not steps.loc[steps["kind"] == "change", "sd"].any():
        return None
    money = measure == COST
    steps = steps.assign(
        change=[short_name(figures.label(str(each)), 30) for each in steps["change"]]
    )
    bars = _bars(steps, money)
    what = "Cost of placements" if money else _MEASURE_TITLES[measure]
    said = "; ".join(str(bar["words"]) for bar in bars)
    key = f"waterfall-{measure.replace('_', '-')}"
    return finished(
        key,
        f"{what}, {when_label(when)}",
        f"{said}.",
        _waterfall(bars, PLAIN_POUNDS_TICK if money else PLAIN_CHILDREN_TICK),
        term="drives",
        caption="Green: fewer or cheaper. Orange: more or dearer. Thin line: 8 of 10 futures of "
        "what that step changes. The steps add up exactly.",
    )


_MEASURE_TITLES = {
    "in_care": "Children in care",
    "in_house_shortfall": "In-house shortfall (children)",
    "unmet_need": "Unmet need (children)",
}


def _bars(steps: pd.DataFrame, money: bool) -> list[Spec]:
    """From where to where each step goes, and what its label says."""
    bars: list[Spec] = []
    running = 0.0
    for row in steps.to_dict("records"):
        mean, name = float(row["mean"]), str(row["change"])
        if row["kind"] == "change":
            start, running = running, running + mean
            words = f"{name}: {range_of_difference(row['p10'], row['p90'], money=money)}"
            ends = (start + float(row["p10"]), start + float(row["p90"]))
            direction = "down" if mean < 0 else "up"
        else:
            start = running = mean
            level = gbp(mean) if money else children(mean)
            between = (gbp_range if money else children_range)(row["p10"], row["p90"])
            words = f"{name}: {level} expected ({between})"
            ends, direction = (mean, mean), "level"
        bars.append(
            {
                "label": f"{row['step']} {name}",
                "start": start,
                "end": running,
                "low": ends[0],
                "high": ends[1],
                "direction": direction,
                "words": words,
            }
        )
    return bars


def _waterfall(bars: Sequence[Spec], tick: str, width: int = 560) -> Spec:
    """A bar from where each step begins to where it ends; diamonds for the base and the whole."""
    ends = [float(bar[name]) for bar in bars for name in ("start", "end", "low", "high")]
    along = value_axis(ends, tick)
    colour = {
        "field": "direction",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["down", "up", "level"], "range": [GREEN, ORANGE, INK]},
    }
    step = [{"filter": "datum.direction != 'level'"}]
    diamond = {"type": "point", "filled": True, "shape": "diamond", "size": 110, "opacity": 1}
    layers: list[Spec] = [
        {
            "transform": step,
            "mark": {"type": "bar", "size": 13, "yOffset": 6},
            "encoding": {
                "x": {**along, "field": "start"},
                "x2": {"field": "end"},
                "color": colour,
            },
        },
        {
            "transform": step,
            "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5, "yOffset": 6},
            "encoding": {"x": {**along, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "transform": [{"filter": "datum.direction == 'level'"}],
            "mark": {**diamond, "color": INK, "yOffset": 6},
            "encoding": {"x": {**along, "field": "end"}},
        },
    ]
    return named_bars(bars, layers, width)
