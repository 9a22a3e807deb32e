"""What the shares that nobody observes change, as a table: low and high beside what is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sufficiency.report.figures import Figures, day_of
from sufficiency.report.formats import children, gbp, long_date
from sufficiency.report.tables import Cell, Column, Row, Table

_COST = "cost_gbp"
_LABELS = {
    "own_families": "Children with the council's own foster families",
    "agencies": "Children with agency families",
    "residential": "Children in residential care",
    "in_house_shortfall": "Suitable, but not the first choice",
    "unmet_need": "Unmet need",
    _COST: "Placements cost, whole forecast",
}


def overflow_table(figures: Figures) -> Table | None:
    """The forecast at the lowest and highest plausible shares; None if the run did not ask."""
    found = figures.manifest.get("overflow_range")
    if not found:
        return None
    ifa, homes = found["shares"]["ifa"], found["shares"]["residential"]
    return Table(
        key="overflow-range",
        caption=(
            "If fewer or more children live with agencies or in homes for want of a family of "
            f"your own, on {long_date(day_of(found['date']))}"
        ),
        columns=[
            Column("What is expected"),
            *(
                Column(f"{name}: {ifa[key]:.0%} of agency, {homes[key]:.0%} of residential")
                for name, key in (("Fewest", "low"), ("As used", "used"), ("Most", "high"))
            ),
        ],
        rows=[_row(row) for row in found["rows"]],
        note=(
            "Where children live is published, what they need is not, so these shares are assumed. "
            f"{found['replications']:,} futures were played again at each end with the same luck; "
            "the small print is the range of the difference in 8 of 10 of them."
        ),
    )


def _row(row: Mapping[str, Any]) -> Row:
    measure = str(row["measure"])
    return Row(
        _LABELS[measure],
        [
            _cell(measure, row["low"]),
            Cell(_number(measure, row["expected"])),
            _cell(measure, row["high"]),
        ],
    )


def _cell(measure: str, case: Mapping[str, float]) -> Cell:
    low, high = (_signed(measure, case[end]) for end in ("p10", "p90"))
    return Cell(_number(measure, case["expected"]), low if low == high else f"{low} to {high}")


def _number(measure: str, value: float) -> str:
    return gbp(value) if measure == _COST else children(value)


def _signed(measure: str, value: float) -> str:
    """A difference with its sign; less than half a child, or of a thousand pounds, is none."""
    unit = 1_000 if measure == _COST else 1
    if round(value / unit) == 0:
        return "0"
    shown = gbp(abs(value)) if measure == _COST else f"{round(abs(value)):,}"
    return f"{'−' if value < 0 else '+'}{shown}"
