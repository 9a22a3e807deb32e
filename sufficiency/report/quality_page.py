"""The page of a data-quality report: one self-contained file for the council's own data team.

It shows row numbers and counts, never a child's number or what stands in a cell. Counts of one to
five children are real ones: the page is marked, and not for sending on outside the council.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from sufficiency.history.returns.quality import Quality
from sufficiency.report.formats import long_date
from sufficiency.report.html import rendered
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import MARKING, SHORT_SETTING_LABELS

KIND_LABELS = {
    "fostering": "Foster placements",
    "placed_for_adoption": "Placed for adoption",
    "with_parents": "With parents",
    "secure_and_childrens_homes": "Secure units and children's homes",
    "supported": "Independent, semi-independent and supported",
    "other_residential": "Other residential settings",
    "residential_schools": "Residential schools",
    "other": "Other placements",
}
LEAST_FOR_PERCENT = 20
"""A percentage of fewer children than this says little."""
ACTION_LABELS = {
    "set_aside": "Left out",
    "repaired": "Repaired",
    "noted": "Used as it is",
}
TABLE_LABELS = {
    "episodes": "Episodes",
    "header": "Header",
    "uasc": "UASC",
    "xml": "XML of all tables",
    "not_used": "Not used",
}


def write_quality_page(quality: Quality, path: Path) -> None:
    """Write the page. Raises OSError if the file cannot be written."""
    path.write_text(render_quality_page(quality), encoding="utf-8", newline="\n")


def render_quality_page(quality: Quality) -> str:
    """The page as HTML."""
    whose = f" of {quality.authority}" if quality.authority else ""
    return rendered(
        "quality",
        title=f"The SSDA903 return{whose}: can it be forecast from?",
        marking=MARKING,
        verdict=quality.verdict,
        fates=fate_sentence(quality.fates),
        gates=quality.gates,
        totals=totals_table(quality),
        by_sector=by_sector_table(quality),
        by_kind=by_kind_table(quality),
        rules=_rules(quality.rules),
        n_set_aside=f"{len(quality.set_aside):,}",
        files=_files(quality.files),
        years=years_table(quality),
        periods=[(f"{row.number:,}", row.what) for row in quality.periods.itertuples()],
        authority=quality.authority,
    )


def fate_sentence(fates: Mapping[str, int]) -> str:
    """What became of all rows, in one sentence that adds up."""
    total = sum(fates.values())
    return (
        f"{total:,} rows were read: {fates['used']:,} are used as they stand, "
        f"{fates['repaired']:,} are used after a repair, and {fates['set_aside']:,} are left out."
    )


def totals_table(quality: Quality) -> Table:
    """Children in care on each 31 March, started and ceased, beside the published figures."""
    heads = (("in_care", "In care on 31 March"), ("started", "Started"), ("ceased", "Ceased"))
    cells = {
        measure: _beside(quality.counts, measure, "all", bool(quality.authority))
        for measure, _ in heads
    }
    years = sorted(quality.counts["year"].unique())
    rows = [
        Row(_year(year), [cells[measure].get(year, Cell("not over yet")) for measure, _ in heads])
        for year in years
    ]
    note = (
        "Started and ceased are counted as the Department does: a child once a year, at the first "
        "start and the last end. Short breaks are left out."
    )
    return Table("totals", "Counted from the return", _columns("Year", heads), rows, note)


def by_sector_table(quality: Quality) -> Table:
    """Children in care on each 31 March by sector."""
    counts = quality.counts[quality.counts["measure"] == "in_care"]
    years = sorted(counts["year"].unique())
    rows = [
        Row(
            SHORT_SETTING_LABELS[group] if group != "uasc" else "Of them unaccompanied",
            list(_across(counts, group, years, beside=group == "uasc" and bool(quality.authority))),
            is_total=group == "all",
        )
        for group in [*(key for key in SHORT_SETTING_LABELS if key != "unplaced"), "uasc"]
    ]
    heads = [(year, _march(year)) for year in years]
    return Table("sectors", "Children in care by setting", _columns("Setting", heads), rows)


def by_kind_table(quality: Quality) -> Table | None:
    """Children in care on each 31 March by the published kinds of placement; None if no year."""
    counts = quality.counts[quality.counts["group"].str.startswith("kind: ")]
    if counts.empty:
        return None
    years = sorted(counts["year"].unique())
    rows = [
        Row(label, list(_across(counts, f"kind: {kind}", years, beside=bool(quality.authority))))
        for kind, label in KIND_LABELS.items()
    ]
    heads = [(year, _march(year)) for year in years]
    note = (
        "The Department's own grouping, in which temporary placements are other placements; here "
        "a child on a holiday or in hospital for some nights is counted at home with the carer."
    )
    return Table(
        "kinds", "Children in care by kind of placement", _columns("Kind", heads), rows, note
    )


def years_table(quality: Quality) -> Table:
    """Rows of each table by year, and what became of the episodes."""
    names = (
        ("episode_rows", "Episodes"),
        ("children", "Children"),
        ("header_rows", "Header"),
        ("uasc_rows", "UASC"),
        ("repaired", "Episodes repaired"),
        ("set_aside", "Episodes left out"),
    )
    rows = [
        Row(_year(row["year"]), [Cell(f"{row[name]:,}") for name, _ in names])
        for row in quality.years.to_dict("records")
    ]
    return Table("years", "Rows by year", _columns("Year", names), rows)


def _columns(first: str, heads: Sequence[tuple[Any, str]]) -> list[Column]:
    return [Column(first), *(Column(label) for _, label in heads)]


def _beside(counts: pd.DataFrame, measure: str, group: str, compared: bool) -> dict[int, Cell]:
    rows = counts[(counts["measure"] == measure) & (counts["group"] == group)]
    return {
        int(row["year"]): _cell(int(row["counted"]), float(row["published"]), compared)
        for row in rows.to_dict("records")
    }


def _across(counts: pd.DataFrame, group: str, years: Sequence[int], *, beside: bool) -> list[Cell]:
    cells = _beside(counts, "in_care", group, beside)
    return [cells.get(year, Cell("")) for year in years]


def _cell(counted: int, published: float, compared: bool) -> Cell:
    """A count, and below it the published one and how far apart they are."""
    if not compared:
        return Cell(f"{counted:,}")
    if math.isnan(published):
        return Cell(f"{counted:,}", "none published")
    tells = published >= LEAST_FOR_PERCENT and counted != published
    apart = f", {counted / published - 1:+.0%}" if tells else ""
    return Cell(f"{counted:,}", f"published {published:,.0f}{apart}")


def _year(year: int) -> str:
    return f"April {year - 1} to March {year}"


def _march(year: int) -> str:
    return long_date(date(year, 3, 31))


def _rules(rules: pd.DataFrame) -> dict[str, list[dict[str, str]]]:
    """Rules by what they do, in words."""
    return {
        label: [
            {
                "meaning": str(row["meaning"]),
                "codes": str(row["codes"]),
                "rows": f"{row['rows']:,}",
                "first_rows": str(row["first_rows"]),
            }
            for row in rules[rules["action"] == action].to_dict("records")
        ]
        for action, label in ACTION_LABELS.items()
    }


def _files(files: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "file": str(row["file"]),
            "kind": TABLE_LABELS.get(str(row["kind"]), str(row["kind"])),
            "year": "" if pd.isna(row["year"]) else str(row["year"]),
            "rows": f"{row['rows']:,}",
            "form": ", ".join(filter(None, (str(row["encoding"]), str(row["dates"])))),
            "note": str(row["note"]),
        }
        for row in files.to_dict("records")
    ]
