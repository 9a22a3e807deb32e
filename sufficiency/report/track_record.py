"""How good earlier forecasts made this way were, in a sentence and a small table.

The lines ship as ``calibration/backtest_lines.csv``, made by ``sufficiency backtest --all``: one
row an authority (and one of all together, under England's code) and years ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from sufficiency.history.reference import ENGLAND_CODE
from sufficiency.report.formats import percent
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.shipped import shipped_path

LINES_FILE = ("calibration", "backtest_lines.csv")
ALL_COUNCILS = ENGLAND_CODE
"""The code of the rows over all authorities."""
LONGEST_YEARS = 5
DAYS_PER_YEAR = 365.25
CAUTION = (
    "Forecasts from years next to one another share the same surprises, so the few of one council "
    "prove little alone: read them beside those of all councils."
)


@dataclass(frozen=True)
class TrackRecord:
    """One row of the shipped lines: forecasts of children in care some years ahead."""

    old_la_code: str
    authority: str
    years_ahead: int
    first_origin: int
    last_origin: int
    forecasts: int
    held_80: int
    """Forecasts whose 8-in-10 range held what happened."""
    mape: float
    """Mean of how far the expected figure was off, as a share of what happened."""
    bias_share: float
    """Mean of expected less what happened, as a share of it: above none is too high."""
    no_change_mape: float
    ratio_crps: float
    """Continuous ranked probability score over that of "no change": below 1 is better."""
    width_share_80: float
    coverage_80_standard_error: float
    replications: int
    seed: int
    version: str
    data_sha256: str

    @property
    def coverage_80(self) -> float:
        """Share of forecasts whose 8-in-10 range held what happened."""
        return self.held_80 / self.forecasts


def lines_from(path: Path) -> dict[tuple[str, int], TrackRecord]:
    """The lines of a file by code and years ahead; empty if there is no such file."""
    if not path.is_file():
        return {}
    table = pd.read_csv(path, encoding="utf-8", dtype={"old_la_code": "string"})
    names = [field.name for field in fields(TrackRecord)]
    rows = table[names].astype({"old_la_code": str}).to_dict("records")
    records = [TrackRecord(**{str(key): value for key, value in row.items()}) for row in rows]
    return {(line.old_la_code, line.years_ahead): line for line in records}


@cache
def shipped_lines() -> Mapping[tuple[str, int], TrackRecord]:
    """The lines that ship."""
    return lines_from(shipped_path(*LINES_FILE))


def nearest_years(days: int) -> int:
    """The years ahead whose record speaks for a forecast over ``days``: 1 to 5."""
    return min(max(round(days / DAYS_PER_YEAR), 1), LONGEST_YEARS)


def years_in_words(years: int) -> str:
    """``a year ahead``, ``2 years ahead``."""
    return "a year ahead" if years == 1 else f"{years} years ahead"


def verdict(line: TrackRecord) -> str:
    """What the forecasts of all councils, or of one, came to."""
    return (
        f"an 8-in-10 range held what happened in {_held(line)}, and the expected figure was "
        f"{percent(line.mape)} off on average (“no change”: {percent(line.no_change_mape)})"
    )


def _held(line: TrackRecord) -> str:
    if line.old_la_code == ALL_COUNCILS:
        return f"{percent(line.coverage_80)} of {line.forecasts:,} forecasts"
    return f"{line.held_80} of {line.forecasts}"


def sentence(authority: str, years: int, lines: Mapping[tuple[str, int], TrackRecord]) -> str:
    """The line that stands beside a run's headline; empty if nothing is known.

    ``authority`` is a three-digit code.
    """
    everyone, own = lines.get((ALL_COUNCILS, years)), lines.get((authority, years))
    if everyone is None:
        return ""
    ahead = years_in_words(years)
    if own is None:
        said = f"{verdict(everyone)}. This council's own figures are too few to be tested."
        return f"Tested on the past, over all councils {ahead}: {said} {made_by(everyone)}"
    since = f"{own.first_origin} to {own.last_origin}"
    return (
        f"Tested on the past: in forecasts made from published statistics for {own.authority}, "
        f"{ahead} (from {since}), {verdict(own)}. Over all councils, {verdict(everyone)}. "
        f"{CAUTION} {made_by(everyone)}"
    )


def made_by(line: TrackRecord) -> str:
    """Of what the record is: how many futures a forecast, and which version made them."""
    return f"({line.replications:,} simulated futures a forecast, version {line.version}.)"


def record_table(
    authority: str, lines: Mapping[tuple[str, int], TrackRecord], key: str = "track-record"
) -> Table | None:
    """How good forecasts were by years ahead: this council's beside all councils'."""
    columns = [
        Column("Years ahead"),
        Column("Forecasts"),
        Column("Held by the 8-in-10 range"),
        Column("Average miss"),
        Column("Average miss of “no change”"),
        Column("All councils: held"),
        Column("All councils: average miss"),
        Column("All councils: “no change”"),
    ]
    rows = [
        Row(str(years), _cells(lines.get((authority, years))) + _all_cells(everyone))
        for years in range(1, LONGEST_YEARS + 1)
        if (everyone := lines.get((ALL_COUNCILS, years))) is not None
    ]
    if not rows:
        return None
    caption = "Tested on the past: forecasts of children in care from published statistics"
    everyone = next(line for (code, _), line in sorted(lines.items()) if code == ALL_COUNCILS)
    return Table(key, caption, columns, rows, note=f"{CAUTION} {made_by(everyone)}")


def _cells(line: TrackRecord | None) -> list[Cell]:
    if line is None:
        return [Cell("none"), Cell(""), Cell(""), Cell("")]
    return [
        Cell(str(line.forecasts)),
        Cell(f"{line.held_80} of {line.forecasts}"),
        Cell(percent(line.mape)),
        Cell(percent(line.no_change_mape)),
    ]


def _all_cells(line: TrackRecord) -> list[Cell]:
    return [
        Cell(percent(line.coverage_80), f"of {line.forecasts:,}"),
        Cell(percent(line.mape)),
        Cell(percent(line.no_change_mape)),
    ]


def code_of(manifest: Mapping[str, Any]) -> str:
    """The three-digit code of a run's authority; empty if it names none."""
    return str((manifest.get("authority") or {}).get("old_la_code") or "")


def one_line_each(lines: Sequence[TrackRecord]) -> pd.DataFrame:
    """Lines as the table that ships, in order."""
    return pd.DataFrame([vars(line) for line in lines])
