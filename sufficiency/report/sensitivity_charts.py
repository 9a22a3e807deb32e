"""The tornado: what each assumption changes at its low and at its high, widest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sufficiency.report.comparison_charts import (
    CHILDREN_TICK,
    POUNDS_TICK,
    short_name,
    value_axis,
)
from sufficiency.report.drawing import INK, ORANGE, SKY, SOFT_INK, Chart, finished
from sufficiency.report.sensitivity_report import AnswerAsked, Effect, SensitivityReport

Spec = dict[str, Any]

MOST_BARS = 10
_LONGEST_LABEL = 50
_ENDS = ("at its low", "at its high")
_TWICE = 2
_FIRST = [{"filter": "datum.is_first"}]
"""One record of each bar."""


def tornado_chart(report: SensitivityReport, answer: AnswerAsked) -> Chart | None:
    """Bars for the strongest assumptions of one answer; None where none changes it."""
    effects = [each for each in report.effects(answer) if each.is_beyond_chance][:MOST_BARS]
    if not effects:
        return None
    said = [f"{report.label(each.key)}: {_both(report, answer, each)}" for each in effects]
    tick = POUNDS_TICK if answer.is_money else CHILDREN_TICK
    return finished(
        f"tornado-{answer.key}",
        answer.label,
        "; ".join(said) + ".",
        _tornado(report, answer, effects, tick),
        term="tornado",
        caption="Blue: at the low end of its range. Orange: at the high end. Thin line: twice the "
        "error for want of more futures.",
    )


def _both(report: SensitivityReport, answer: AnswerAsked, effect: Effect) -> str:
    """What both ends do, in a few words."""
    one = report.tested[effect.key]
    return " · ".join(
        f"at {report.value(effect.key, one[end])}: {answer.change(mean)}"
        for end, mean in zip(("low", "high"), effect.mean, strict=True)
    )


def _tornado(
    report: SensitivityReport,
    answer: AnswerAsked,
    effects: Sequence[Effect],
    tick: str,
    width: int = 560,
) -> Spec:
    values = _ends(report, answer, effects)
    along = value_axis([0.0, *(float(v[e]) for v in values for e in ("low", "high"))], tick)
    order = list(dict.fromkeys(str(value["label"]) for value in values))
    return {
        "data": {"values": values},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": order, "title": None, "axis": None},
            "tooltip": {"field": "ends", "type": "nominal", "title": " "},
        },
        "layer": [*_bars(along), *_words()],
        "width": width,
        "height": {"step": 62},
    }


def _ends(report: SensitivityReport, answer: AnswerAsked, effects: Sequence[Effect]) -> list[Spec]:
    """A record for each end of each bar."""
    return [
        {
            "label": f"{position} {effect.key}",
            "words": short_name(report.label(effect.key), _LONGEST_LABEL),
            "ends": _both(report, answer, effect),
            "end": name,
            "zero": 0,
            "mean": mean,
            "low": mean - _TWICE * error,
            "high": mean + _TWICE * error,
            "is_first": name == _ENDS[0],
        }
        for position, effect in enumerate(effects)
        for name, mean, error in zip(_ENDS, effect.mean, effect.standard_error, strict=True)
    ]


def _bars(along: Spec) -> list[Spec]:
    """Both ends from the line of no change, and how sure they are."""
    colour = {
        "field": "end",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(_ENDS), "range": [SKY, ORANGE]},
    }
    low, zero = {**along, "field": "low"}, {**along, "field": "zero"}
    return [
        {
            "mark": {"type": "bar", "size": 12, "yOffset": 16},
            "encoding": {"x": zero, "x2": {"field": "mean"}, "color": colour},
        },
        {
            "mark": {"type": "rule", "color": INK, "yOffset": 16},
            "encoding": {"x": low, "x2": {"field": "high"}},
        },
        {
            "transform": _FIRST,
            "mark": {"type": "tick", "color": INK, "size": 20, "thickness": 2, "yOffset": 16},
            "encoding": {"x": zero},
        },
    ]


def _words() -> list[Spec]:
    """What a bar is, and what it says, above it."""
    text = {"type": "text", "align": "left"}
    return [
        {
            "transform": _FIRST,
            "mark": {**text, **looks},
            "encoding": {"x": {"value": 0}, "text": {"field": field, "type": "nominal"}},
        }
        for field, looks in (
            ("words", {"dy": -17, "color": INK, "fontWeight": 600}),
            ("ends", {"dy": -1, "color": SOFT_INK}),
        )
    ]
