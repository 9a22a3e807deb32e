"""Why an outturn moved, as a folder: a page that can be sent, and the lines as CSV."""

from __future__ import annotations

from pathlib import Path

from sufficiency import __version__
from sufficiency.finance.movement import Movement
from sufficiency.report.finance_section import pounds
from sufficiency.report.finance_words import MOVEMENT_LABELS
from sufficiency.report.formats import long_date
from sufficiency.report.html import rendered
from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.run_folder import write_manifest, written_whole
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.writing import explained

TABLE, PAGE = "movement.csv", "report.html"


def write_movement(
    movement: Movement, out: Path, overwrite: bool = False, command: str = ""
) -> Path:
    """Write the folder ``out``, whole or not at all: movement.csv, report.html, manifest.json.

    Raises `OutputError` as a run's folder does.
    """
    manifest = {
        "kind": Results.COMPARISON,
        "package_version": __version__,
        "command": command,
        "financial_year": movement.year,
        "before": movement.before_name,
        "after": movement.after_name,
        "before_start": movement.before_start.isoformat(),
        "after_start": movement.after_start.isoformat(),
        "notes": list(movement.notes),
    }
    with (
        written_whole(out, overwrite, Results.COMPARISON) as folder,
        explained(out, "Nothing was written."),
    ):
        movement.table().to_csv(folder / TABLE, index=False, lineterminator="\n", encoding="utf-8")
        page = render_movement(movement)
        (folder / PAGE).write_text(page, encoding="utf-8", newline="\n")
        write_manifest(manifest, folder / MANIFEST)
    return out


def render_movement(movement: Movement) -> str:
    """The page as HTML."""
    return rendered(
        "movement",
        title=f"Why the expected outturn of {movement.year} moved",
        sentence=movement_sentence(movement),
        table=_table(movement),
        notes=movement.notes,
    )


def movement_sentence(movement: Movement) -> str:
    """The answer in a sentence."""
    change = movement.change_gbp
    moved = "stayed as it was"
    if change:
        moved = f"{'rose' if change > 0 else 'fell'} by {pounds(abs(change))}"
    return (
        f"Between the forecasts from {long_date(movement.before_start)} and from "
        f"{long_date(movement.after_start)} the expected outturn of {movement.year} {moved}, from "
        f"{pounds(movement.before_gbp)} to {pounds(movement.after_gbp)}."
    )


def _table(movement: Movement) -> Table:
    ends = [("before", movement.before_gbp)], [("after", movement.after_gbp)]
    lines = [(line, amount) for line, amount in movement.lines.items() if amount]
    return Table(
        key="movement",
        caption=f"Expected outturn of {movement.year}, before and now",
        columns=[Column(""), Column("£")],
        rows=[
            Row(MOVEMENT_LABELS[line], [Cell(pounds(amount))], line in ("before", "after"))
            for line, amount in (*ends[0], *lines, *ends[1])
        ],
        note="Adds up to the pound. The change in prices is at the nights of the later forecast, "
        "setting by setting, and is in no other line.",
    )
