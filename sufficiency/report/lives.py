"""A few simulated lives: a picture along time and the same event by event, for a sceptic to check.

Only children whom the model drew after the start: none is a real child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup

from sufficiency.domain import SETTINGS
from sufficiency.measures.stories import CAME, LEFT, MOVED, PLACE_FOUND, STILL
from sufficiency.report.figures import Figures
from sufficiency.report.formats import long_date
from sufficiency.report.svg import (
    EDGE,
    NARROW,
    SETTING_COLOURS,
    WIDE,
    Picture,
    rectangle,
    svg,
    words,
)
from sufficiency.report.words import SETTING_LABELS, SHORT_SETTING_LABELS, need_label

LANE, BAR, TOP, AXIS = 40, 14, 10, 26
"""Pixels: of a child's lane and bar, above the first and below the last."""
A_LETTER = 6.4
"""Pixels of a letter in a label, about."""

EXIT_WORDS = {
    "adoption": "is adopted",
    "special_guardianship": "leaves to a special guardian",
    "returned_home": "returns home",
    "family_arrangement": "leaves to relatives or by another family arrangement",
    "other_reason": "leaves for another reason",
    "turned_18": "turns 18 and leaves care",
}
MOVE_WORDS = {
    "planned": "a planned move",
    "step_down": "a step down, as planned",
    "unplanned_ending": "the placement ends unplanned",
    "carer_ends": "the carer or home stops",
    "turning_16": "a move on towards supported accommodation",
    "placed_for_adoption": "placed for adoption",
}
FIT_WORDS = {
    "first_choice": "the first choice",
    "in_house_shortfall": "suitable, but not the first choice",
    "unmet_need": "not suitable",
}


@dataclass(frozen=True)
class Life:
    """One simulated child: its name, a summary and its events in sentences."""

    key: str
    summary: str
    events: Sequence[tuple[str, str]]
    """A date and what happens on it."""


def lives(figures: Figures) -> list[Life]:
    """The simulated children of a run that tells of some."""
    stories = figures.stories
    if stories.empty:
        return []
    labels = figures.own_need_labels
    return [_life(str(child), rows, labels) for child, rows in stories.groupby("child", sort=True)]


def _life(child: str, rows: pd.DataFrame, labels: Mapping[str, str]) -> Life:
    events = rows.to_dict("records")
    placements = sum(row["event"] in (CAME, MOVED, PLACE_FOUND) for row in events)
    counted = "one placement" if placements == 1 else f"{placements} placements"
    summary = f"Child {child}: comes into care aged {_age(events[0])}, {counted}"
    said = []
    for before, row in zip([None, *events], events, strict=False):
        said.append((long_date(row["date"]), _sentence(row, before, labels)))
    return Life(child, summary, said)


def _age(row: Any) -> str:
    years = int(row["age_years"])
    return "under 1" if years == 0 else str(years)


def _sentence(row: Any, before: Any, labels: Mapping[str, str]) -> str:
    """What happens on one day."""
    aged = f"Aged {_age(row)}"
    if row["event"] == LEFT:
        return f"{aged}, {EXIT_WORDS.get(str(row['reason']), 'leaves care')}."
    if row["event"] == STILL:
        return f"{aged}, still in care when the forecast ends."
    where = _where(row)
    if row["event"] == CAME:
        return f"{aged}, comes into care and {where}."
    if row["event"] == PLACE_FOUND:
        return f"{aged}, a place is found: {where}."
    why = MOVE_WORDS.get(str(row["reason"]), "a move")
    changed = ""
    if before is not None and before["need_group"] != row["need_group"]:
        changed = f" Now needs: {_lower(need_label(str(row['need_group']), labels))}."
    return f"{aged}, {why}; {where}.{changed}"


def _where(row: Any) -> str:
    """Where a child lives from now on, and how well that meets the need."""
    sector, pool = str(row["sector"]), str(row["pool"])
    if sector == "unplaced":
        return "no registered place is found"
    inside = "" if pool in (sector, "", "nan") else f" ({pool})"
    fit = FIT_WORDS.get(str(row["fit"]), "")
    return f"lives with: {_lower(SETTING_LABELS[sector])}{inside}, {fit}"


def lives_picture(figures: Figures) -> Picture | None:
    """Where each of the simulated children lives along time; None if a run tells of none."""
    stories = figures.stories
    if stories.empty:
        return None
    told = lives(figures)
    description = (
        f"{len(told)} children of one simulated future who come into care after the start. "
        + "; ".join(life.summary for life in told)
        + ". Their events are listed below."
    )
    return Picture(
        key="lives",
        title="A few lives of one simulated future",
        description=description,
        wide=_drawing(stories, figures.start, figures.end, WIDE, description),
        narrow=_drawing(stories, figures.start, figures.end, NARROW, description),
        term="simulated_lives",
        caption="A bar is one placement. A dot ends a life in care; without one it goes on.",
    )


def _drawing(stories: pd.DataFrame, start: date, end: date, width: int, description: str) -> Markup:
    """A lane for each child, from the start of the forecast to its end."""
    used = [setting for setting in map(str, SETTINGS) if setting in set(stories["sector"])]
    parts, top = _key(used, width)
    days = max((end - start).days, 1)

    def at(day: date) -> float:
        return 1 + (width - 10) * (day - start).days / days

    for child, rows in stories.groupby("child", sort=True):
        events = rows.to_dict("records")
        came = events[0]
        label = f"Child {child}, aged {_age(came)} on coming into care"
        anchor = "start" if at(came["date"]) + len(label) * A_LETTER < width else "end"
        x = at(came["date"]) if anchor == "start" else float(width)
        parts.append(words(x, top + 12, label, anchor=anchor, strong=True))
        for row in events:
            parts += _mark(row, at, top + 18, end)
        top += LANE
    parts += _axis(start, end, at, top + 4, width)
    return svg(parts, width, top + AXIS, description)


def _mark(row: Any, at: Any, y: float, end: date) -> list[str]:
    """The bar of a placement, or the dot at the end of a life in care."""
    if row["event"] == STILL:
        return []
    x = at(row["date"])
    if row["event"] == LEFT:
        return [
            f'<circle cx="{x:.1f}" cy="{y + BAR / 2:.1f}" r="5" fill="#fff" '
            f'stroke="{EDGE}" stroke-width="2"/>'
        ]
    until = row["until"] if isinstance(row["until"], date) and not pd.isna(row["until"]) else end
    sector = str(row["sector"])
    told = f"{SHORT_SETTING_LABELS[sector]}, {long_date(row['date'])} to {long_date(until)}"
    wide = max(at(until) - x - 1.5, 1.5)
    return [rectangle(x, y, wide, BAR, SETTING_COLOURS[sector], told)]


def _key(used: Sequence[str], width: int) -> tuple[list[str], float]:
    """What the colours mean, in as many lines as it takes, and where they end."""
    parts: list[str] = []
    x, y = 0.0, float(TOP)
    for setting in used:
        label = SHORT_SETTING_LABELS[setting]
        needed = 18 + len(label) * A_LETTER + 14
        if x and x + needed > width:
            x, y = 0.0, y + 20
        parts.append(rectangle(x, y - 9, 12, 12, SETTING_COLOURS[setting], label))
        parts.append(words(x + 18, y + 1, label))
        x += needed
    return parts, y + 16


def _axis(start: date, end: date, at: Any, y: float, width: int) -> list[str]:
    """A line with the years' beginnings of April, as the forecast counts."""
    parts = [f'<line x1="0" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9dee4"/>']
    years = [date(year, 4, 1) for year in range(start.year, end.year + 1)]
    shown = [day for day in years if start <= day <= end]
    step = max(1, len(shown) // (6 if width > NARROW else 3))
    for day in shown[::step]:
        x = at(day)
        tick = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{y + 4:.1f}" stroke="{EDGE}"/>'
        anchor = "end" if x > width - 40 else "middle" if x > 40 else "start"
        parts += [tick, words(x, y + 16, f"Apr {day.year}", anchor=anchor, colour=EDGE)]
    return parts


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
