"""What a calibrated file says of itself: sources, window, counts, rules applied, assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sufficiency.calibration.children.assumptions import child_assumptions
from sufficiency.calibration.children.fit import ChildCalibration
from sufficiency.domain import AGE_GROUPS, DAYS_PER_YEAR, EXIT_CAUSES, MOVE_REASONS, N_EXIT_CAUSES
from sufficiency.history.returns.frames import SourceFile
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.place_sectors import PLACE_SECTORS, as_source
from sufficiency.shipped import shipped_path


def about_the_fit(
    fit: ChildCalibration, files: Sequence[SourceFile], ledger: RowLedger, made_with: str
) -> dict[str, Any]:
    """Keys of the head of a calibrated file beside what was fitted; no folder, no child.

    Args:
        fit: the calibration.
        files: what was read.
        ledger: what became of each row.
        made_with: the version of the package.
    """
    return {
        "made_with": f"sufficiency {made_with}",
        "window": {
            "after": fit.counts.window.after.isoformat(),
            "until": fit.counts.window.until.isoformat(),
            "entries_after": fit.arrivals.window.after.isoformat(),
            "entries_years": round(fit.arrivals.window.years, 4),
        },
        "sources": [
            {"file": file.name, "kind": file.kind, "year": file.year, "sha256": file.sha256}
            for file in files
        ],
        "place_sectors": place_sectors_used(files),
        "rows": ledger.counts(),
        "rules": [
            {"rule": rule.name, "action": str(rule.action), "rows": len(rows)}
            for rule, rows in ledger.rules()
        ],
        "counts": counts_of(fit),
        "assumptions": {name: item.value for name, item in child_assumptions().items()},
    }


def place_sectors_used(files: Sequence[SourceFile]) -> dict[str, str]:
    """Which table said what setting a placement belongs to: ``file, sha256, whose``."""
    own = [file for file in files if file.kind == PLACE_SECTORS]
    table = own[0] if own else as_source(shipped_path("calibration", "place_sectors.csv"))
    whose = "the council's own" if own else "ships with sufficiency"
    return {"file": table.name, "sha256": table.sha256, "whose": whose}


def counts_of(fit: ChildCalibration) -> dict[str, Any]:
    """Child-years, starters, leavers and moves of the window."""
    events = fit.counts.events.sum(axis=(1, 2, 3, 4, 5))
    starters = fit.arrivals_whole.total
    return {
        "child_years": round(float(fit.counts.days.sum()) / DAYS_PER_YEAR, 1),
        "child_years_with_time_in_care_known": round(
            float(fit.counts.days[..., :-1, :].sum()) / DAYS_PER_YEAR, 1
        ),
        "starters": {
            str(group): round(float(count))
            for group, count in zip(AGE_GROUPS, starters, strict=True)
        },
        "leavers_before_18": {
            str(reason): round(float(events[code])) for code, reason in enumerate(EXIT_CAUSES)
        },
        "turned_18": round(fit.counts.turned_18),
        "moves": {
            str(reason): round(float(events[N_EXIT_CAUSES + code]))
            for code, reason in enumerate(MOVE_REASONS)
        },
    }
