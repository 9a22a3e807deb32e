"""Why a forecast moved: two runs of one council with unlike starts, as of two months.

Their futures cannot be paired, as what happened in between is known to the later run alone. What
both say of the financial year can be: see `sufficiency.finance.movement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sufficiency.comparison.folders import RunRead
from sufficiency.finance.movement import explain


def started_apart(runs: Sequence[RunRead]) -> bool:
    """Whether these are two runs of one council with different starts."""
    if len(runs) != 2:
        return False
    before, after = runs
    return (
        before.authority_code == after.authority_code
        and before.values.calendar.start != after.values.calendar.start
    )


def movement_of(runs: Sequence[RunRead]) -> dict[str, Any]:
    """Why the later run expects another outturn of the year than the earlier, as plain values.

    Keys: ``financial_year, before, after`` (names of the folders), ``before_start, after_start``,
    ``before_gbp, after_gbp``, ``lines`` (name and amount in GBP, from the one to the other) and
    ``notes``. Raises `UserError` as `sufficiency.finance.movement.explain`.
    """
    found = explain(runs[0].folder, runs[1].folder)
    return {
        "financial_year": found.year,
        "before": found.before_name,
        "after": found.after_name,
        "before_start": found.before_start,
        "after_start": found.after_start,
        "before_gbp": found.before_gbp,
        "after_gbp": found.after_gbp,
        "lines": [{"line": line, "amount_gbp": amount} for line, amount in found.lines.items()],
        "notes": list(found.notes),
    }
