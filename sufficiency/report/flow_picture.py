"""Where children come from and go to in a year, as a picture of flows and as a table.

Left are the settings that children come from, right those that they go to; a band is as thick as
so many moves are expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from sufficiency.domain import SETTINGS
from sufficiency.measures.histories import CAME_INTO_CARE, LEFT_CARE
from sufficiency.report.figures import FLAG, FLAG_COLUMN, Figures
from sufficiency.report.formats import children
from sufficiency.report.svg import (
    EDGE,
    NARROW,
    SETTING_COLOURS,
    WIDE,
    Picture,
    rectangle,
    ribbon,
    svg,
    words,
)
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import HIDDEN_COUNTS, SHORT_SETTING_LABELS

LABELS = {
    **SHORT_SETTING_LABELS,
    CAME_INTO_CARE: "Came into care",
    LEFT_CARE: "Left care",
}
NARROW_LABELS = {
    **LABELS,
    "internal_fostering": "Own carers",
    "ifa": "Agencies",
    "connected_persons": "Family, friends",
    "supported_accommodation": "Supported",
    "unplaced": "No place",
}
"""Short enough for a name at either side of a narrow picture, whatever heights they are at."""
LEAST_DRAWN = 0.5
"""Moves a year; fewer would be a line that nobody sees."""
HEIGHT_OF_ALL, GAP, BAR = 360, 24, 10
"""Pixels: of all flows together, between two nodes, and of a node's breadth."""
LABEL_RISE = 6
TOLD = 4

Moves = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Node:
    """A setting at one side: where its bar stands, and how much of it is taken by bands yet."""

    key: str
    top: float
    height: float
    total: float


def moves_of_year(figures: Figures) -> tuple[str, Moves] | None:
    """The financial year of the headline and its expected moves; None where there are none.

    None too where a count of them is left out: bands would give it away.
    """
    moves, year = figures.moves_between, figures.headline_year
    if moves.empty or year is None:
        return None
    rows = moves[moves["financial_year"] == year.name]
    if rows.empty or _is_left_out(rows):
        return None
    pairs = zip(rows["from_sector"], rows["to_sector"], rows["mean"], strict=True)
    return year.label, {(str(origin), str(to)): float(mean) for origin, to, mean in pairs}


def _is_left_out(rows: pd.DataFrame) -> bool:
    return FLAG_COLUMN in rows.columns and bool((rows[FLAG_COLUMN] == FLAG).any())


def flow_picture(figures: Figures) -> Picture | None:
    """The moves of the headline year as a picture; None without moves."""
    found = moves_of_year(figures)
    if found is None:
        return None
    year, moves = found
    drawn = {ends: number for ends, number in moves.items() if number >= LEAST_DRAWN}
    if not drawn:
        return None
    description = _in_words(year, drawn)
    return Picture(
        key="moves-between",
        title=f"Where children move in {year}: expected moves",
        description=description,
        wide=_drawing(drawn, WIDE, description),
        narrow=_drawing(drawn, NARROW, description),
        term="moves_between",
        caption="Left: where children come from. Right: where they go. A band is as thick as so "
        "many moves are expected, and has the colour of where it begins. Moves within a kind of "
        "setting are drawn across. Bands of fewer than one move every two years are left out. "
        "Which kind of place follows which is an assumption: no such table is published.",
    )


def _in_words(year: str, drawn: Moves) -> str:
    """The thickest bands between settings, for readers who do not see them."""
    total = sum(drawn.values())
    between = {ends: n for ends, n in drawn.items() if ends[0] != ends[1]}
    most = sorted(between, key=lambda ends: -between[ends])[:TOLD]
    told = "; ".join(
        f"{LABELS[origin].lower()} to {LABELS[to].lower()}, {children(drawn[origin, to])}"
        for origin, to in most
    )
    return f"{children(total)} moves are expected in {year}. The most: {told}."


def _drawing(drawn: Moves, width: int, description: str) -> Markup:
    """The picture at one width: labels above the bars, so that it can be narrow."""
    labels = LABELS if width > NARROW else NARROW_LABELS
    scale = HEIGHT_OF_ALL / sum(drawn.values())
    left = _nodes([CAME_INTO_CARE, *map(str, SETTINGS)], drawn, 0, scale)
    right = _nodes([*map(str, SETTINGS), LEFT_CARE], drawn, 1, scale)
    across = (float(BAR), float(width - BAR))
    parts = _ribbons(drawn, left, right, across, scale)
    for nodes, x, anchor in ((left, 0.0, "start"), (right, float(width - BAR), "end")):
        for node in nodes:
            told = f"{labels[node.key]}: {children(node.total)}"
            colour = SETTING_COLOURS.get(node.key, EDGE)
            parts.append(rectangle(x, node.top, BAR, node.height, colour, told))
            at = x if anchor == "start" else x + BAR
            parts.append(words(at, node.top - LABEL_RISE, told, anchor=anchor, strong=True))
    height = max(side[-1].top + side[-1].height for side in (left, right)) + 2
    return svg(parts, width, height, description)


def _nodes(keys: Sequence[str], drawn: Moves, side: int, scale: float) -> list[Node]:
    """The bars of one side from the top down, with room above each for its label."""
    nodes: list[Node] = []
    top = float(GAP)
    for key in keys:
        total = sum(number for ends, number in drawn.items() if ends[side] == key)
        if total > 0:
            nodes.append(Node(key, top, max(total * scale, 1.0), total))
            top += nodes[-1].height + GAP
    return nodes


def _ribbons(
    drawn: Moves,
    left: Sequence[Node],
    right: Sequence[Node],
    across: tuple[float, float],
    scale: float,
) -> list[str]:
    """Bands in the order of both sides, so that they cross as little as may be."""
    taken_left = {node.key: node.top for node in left}
    taken_right = {node.key: node.top for node in right}
    parts = []
    for origin in left:
        for to in right:
            number = drawn.get((origin.key, to.key), 0.0)
            if number <= 0:
                continue
            thickness = number * scale
            told = f"{LABELS[origin.key]} to {LABELS[to.key].lower()}: {children(number)}"
            colour = SETTING_COLOURS.get(origin.key, EDGE)
            ends = taken_left[origin.key], taken_right[to.key]
            parts.append(ribbon(across, *ends, thickness, colour, told))
            taken_left[origin.key] += thickness
            taken_right[to.key] += thickness
    return parts


def moves_table(figures: Figures) -> Table | None:
    """Expected moves of the headline year from each setting to each; None without moves."""
    year = figures.headline_year
    moves = figures.moves_between
    if moves.empty or year is None:
        return None
    rows = moves[moves["financial_year"] == year.name]
    hidden = _is_left_out(rows)
    cells = {
        (str(row["from_sector"]), str(row["to_sector"])): _cell(row)
        for row in rows.to_dict("records")
    }
    used = [
        setting
        for setting in map(str, SETTINGS)
        if (rows.loc[(rows[["from_sector", "to_sector"]] == setting).any(axis=1), "mean"] > 0).any()
        or hidden
    ]
    return Table(
        key="moves-between",
        caption=f"Moves from each setting to each, {year.label}: expected number",
        columns=[
            Column("From", "moves_between"),
            *(Column(f"To: {_lower(LABELS[to])}", "settings") for to in used),
            Column(LABELS[LEFT_CARE], "leavers"),
        ],
        rows=[
            Row(LABELS[origin], [cells.get((origin, to), Cell("–")) for to in (*used, LEFT_CARE)])
            for origin in (CAME_INTO_CARE, *used)
        ],
        note="A move within a kind of setting, such as from one of our own foster families to "
        "another, stands where row and column meet." + (f" {HIDDEN_COUNTS}" if hidden else ""),
    )


def _cell(row: Mapping[Any, Any]) -> Cell:
    if row.get(FLAG_COLUMN) == FLAG:
        return Cell(FLAG)
    return Cell(children(float(row["mean"])))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
