"""What the placements team's own plans change: children in care with and without them, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sufficiency.report.figures import FLAG, Figures, day_of
from sufficiency.report.formats import children, long_date
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import HIDDEN_COUNTS

_FIRST_MONTHS = (3, 6, 12)
_NOTHING = 0.5
"""Less than half a child is no difference to speak of."""


def plans_sentences(figures: Figures) -> list[str]:
    """How many plans there are and what they change, most and in the end; empty without any."""
    planned = figures.manifest.get("planned_ends")
    if not planned:
        return []
    who = (
        f"The placements team's list says of {_count(planned['children'])} when they are planned "
        "to leave care, or that they are to stay until 18. Here each leaves on that day with the "
        "probability given, and in no other way before it but by turning 18; everybody else as the "
        "fitted rates have it."
    )
    rows = [row for row in planned["rows"] if not _is_hidden(row)]
    if not rows:
        return [who, "What that changes is too little to be shown here."]
    most = max(rows, key=lambda row: abs(row["difference"]))
    if abs(most["difference"]) < _NOTHING:
        return [who, "The number in care is as good as the same without these plans."]
    said = (
        f"The plans change the number in care most by {_day(most)}: {_by(most)} "
        f"({children(most['with_plans'])} expected with them, "
        f"{children(most['without_plans'])} without)."
    )
    last = rows[-1]
    if last is most:
        return [who, said]
    return [who, f"{said} By {_day(last)} it is {_by(last)}."]


def plans_table(figures: Figures) -> Table | None:
    """Children in care with and without the plans, at a few dates; None without plans."""
    planned = figures.manifest.get("planned_ends")
    if not planned or not planned["rows"]:
        return None
    note = (
        f"Expected numbers over {planned['replications']:,} futures, each played twice with the "
        "same children and the same luck, so that the difference is the plans' alone."
    )
    hidden = any(_is_hidden(row) for row in planned["rows"])
    return Table(
        key="planned-ends",
        caption="Children in care with and without the placements team's plans",
        columns=[
            Column("Date"),
            Column("With the plans, expected", "expected"),
            Column("Without them, expected", "expected"),
            Column("Difference, 8 of 10 futures", "range"),
        ],
        rows=[_row(row) for row in _chosen(planned["rows"])],
        note=f"{note} {HIDDEN_COUNTS}" if hidden else note,
    )


def _row(row: Mapping[str, Any]) -> Row:
    if _is_hidden(row):
        return Row(_day(row), [Cell(FLAG)] * 3)
    low, high = _signed(row["p10"]), _signed(row["p90"])
    ends = Cell(
        low if low == high else f"{low} to {high}", f"expected {_signed(row['difference'])}"
    )
    both = [Cell(children(row[name])) for name in ("with_plans", "without_plans")]
    return Row(_day(row), [*both, ends])


def _chosen(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first year's quarter, half and end, each year after it, and the end."""
    last = len(rows) - 1
    wanted = {*_FIRST_MONTHS, *range(12, last + 1, 12), last}
    return [row for at, row in enumerate(rows) if at and at in wanted]


def _is_hidden(row: Mapping[str, Any]) -> bool:
    return row.get("flag") == FLAG


def _count(number: object) -> str:
    return f"{number:,} children" if isinstance(number, int) else "1 to 5 children"


def _day(row: Mapping[str, Any]) -> str:
    return long_date(day_of(row["date"]))


def _by(row: Mapping[str, Any]) -> str:
    size = children(abs(row["difference"]))
    return f"{size} {'fewer' if row['difference'] < 0 else 'more'}"


def _signed(number: float) -> str:
    whole = round(number)
    return f"−{-whole:,}" if whole < 0 else f"+{whole:,}" if whole > 0 else "0"
