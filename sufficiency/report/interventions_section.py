"""The page's section on interventions, and their marks on the time axis of charts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sufficiency.report.drawing import PURPLE
from sufficiency.report.fans import local_midnight
from sufficiency.report.figures import Figures, day_of

Spec = dict[str, Any]

_LABEL_WIDTH = 0.1
"""Share of the time axis that a label takes."""
CERTAINTY_WORDS = {"high": "fairly sure", "medium": "not very sure", "low": "not sure"}
NOT_KNOWN = (
    "No comparison group has measured this effect. First ask how large it would have to be to pay "
    "back, and whether that is likely."
)
HOW_THEY_STACK = (
    "Where several reach the same rate, their factors multiply in the order listed; then children "
    "kept out by prevention are taken off, never more than would come; places add up. An effect "
    "given as a range is drawn anew in each simulated future. A change of children starting care "
    "stands for families helped, or for need that is seen or not; it is never a quota."
)


def interventions_section(figures: Figures) -> dict[str, Any]:
    """What the template of the section shows; without interventions the list is empty."""
    rows = figures.manifest.get("interventions") or ()
    return {
        "interventions": [
            {
                **row,
                "number": number,
                "when": str(row["when"])[:1].upper() + str(row["when"])[1:],
                "sureness": CERTAINTY_WORDS.get(str(row.get("certainty") or ""), ""),
            }
            for number, row in enumerate(rows, start=1)
        ],
        "interventions_note": HOW_THEY_STACK,
        "effect_not_known": NOT_KNOWN,
    }


def with_marks(chart: Spec, figures: Figures) -> Spec:
    """A fan over time with a numbered rule where each intervention begins, and one where it ends.

    Those that begin on the same day share a rule. The numbers are those of the table.
    """
    begun: dict[date, list[int]] = {}
    over: set[date] = set()
    for number, row in enumerate(figures.manifest.get("interventions") or (), start=1):
        first = max(day_of(row["first"]), figures.start)
        if first <= figures.end:
            begun.setdefault(first, []).append(number)
        if row.get("last") and figures.start < day_of(row["last"]) < figures.end:
            over.add(day_of(row["last"]))
    if not begun:
        return chart
    marks = [{"date": local_midnight(day)} for day in sorted(begun)]
    labels = [{"date": local_midnight(day), "label": label} for day, label in _labels(begun, chart)]
    ends = [{"date": local_midnight(day)} for day in sorted(over)]
    rule = {"type": "rule", "color": PURPLE, "strokeWidth": 1, "opacity": 0.7}
    layers: list[Spec] = [
        {"data": {"values": marks}, "mark": {**rule, "strokeDash": [4, 3]}},
        {"data": {"values": ends}, "mark": {**rule, "strokeDash": [1, 4]}},
        {
            "data": {"values": labels},
            "mark": {"type": "text", "align": "left", "dx": 3, "color": PURPLE, "fontWeight": 700},
            "encoding": {"y": {"value": 6}, "text": {"field": "label", "type": "nominal"}},
        },
    ]
    return {**chart, "layer": [*layers, *chart["layer"]]}


def _labels(begun: dict[date, list[int]], chart: Spec) -> Iterator[tuple[date, str]]:
    """The numbers to write at the marks: at the first of those too close to have one each."""
    ends = [date(end["year"], end["month"], end["date"]) for end in _domain(chart)]
    room = (ends[1] - ends[0]) * _LABEL_WIDTH
    days = sorted(begun)
    while days:
        together = [day for day in days if day - days[0] < room]
        numbers = sorted(number for day in together for number in begun[day])
        in_a_row = len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1
        label = f"{numbers[0]} to {numbers[-1]}" if in_a_row else ", ".join(map(str, numbers))
        yield together[0], label
        days = days[len(together) :]


def _domain(chart: Spec) -> list[dict[str, int]]:
    domain: list[dict[str, int]] = chart["encoding"]["x"]["scale"]["domain"]
    return domain


def marks_in_words(figures: Figures) -> str:
    """What the marks are, for a caption; empty without interventions."""
    rows = figures.manifest.get("interventions") or ()
    if not rows:
        return ""
    named = "; ".join(f"{number} {row['name']}" for number, row in enumerate(rows, start=1))
    return f" Dashed lines: where interventions begin ({named}); dotted: where they end."
