"""The national tables of ``calibration/reference/national.csv`` and the series from 1994.

Run through ``build_reference.py``. One tidy file: ``table, year, row, column, number,
suppressed``. A table with one dimension has the column ``number``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from build_reference import last_release, short_name, with_numbers, write_table

COUNT = "number"


@dataclass(frozen=True)
class NationalTable:
    """Which rows of a published national table are taken, and the words of its dimensions."""

    name: str
    file: str
    row: str
    row_words: str
    column: str = ""
    column_words: str = ""
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prefix: str = ""
    row_numbering: str = ""
    """Only rows whose number in the publication begins so, such as ``2`` for 2a, 2b, ..."""
    partial: bool = False
    """Rows without a short name are left out on purpose (another table takes them)."""


CEASED = "children_who_ceased_to_be_looked_after_during_the_year"
STARTED = "cla_started_to_be_looked_after"
STOCK = "cla_on_31_march_by_characteristics"
UASC_STOCK = "cla_on_31_march_who_were_unaccompanied_asylum_seeking_children"
DURATIONS = "duration_of_placements_by_type_ceasing_during_the_year"
PROVIDERS = "cla_on_31_march_by_placement_provider_placement_type_and_locality"
DISTANCES = "cla_on_31_march_by_placement_distance_and_placement_locality"
NEW = "cla_during_year_by_placement_type_and_locality_of_placement"
CHANGES = "reason_for_placement_change_during_year"
ADOPTED = "cla_who_were_adopted_during_the_year"
SGO = "cla_who_were_the_subject_of_a_sgo_during_the_year"
COUNTS = "cla_ceased_during_year_placements_care_periods"
IN_YEAR = "cla_pl_count_by_characteristics"


def of(*groups: str) -> dict[str, tuple[str, ...]]:
    """Rows of these publisher's groups."""
    return {"cla_group": groups}


def permanence_tables(name: str, file: str, age_groups: tuple[str, ...]) -> list[NationalTable]:
    """Age, age on starting and duration of adoptions or special guardianship orders."""
    character = "characteristic"
    start, last = "Age on starting final period of care", "Duration of final period of care"
    return [
        NationalTable(f"{name}_by_age", file, character, "age", where=of(*age_groups)),
        NationalTable(f"{name}_by_age_on_starting", file, character, "age", where=of(start)),
        NationalTable(f"{name}_by_duration", file, character, "care_duration", where=of(last)),
    ]


def placement_tables(name: str, file: str, group: str) -> list[NationalTable]:
    """Headings and leaves of a table of detailed placements."""
    where = of(group)
    row = "characteristic"
    return [
        NationalTable(
            f"{name}_placement", file, row, "placement_heading", where=where, partial=True
        ),
        NationalTable(
            f"{name}_placement_detail", file, row, "placement_detail", where=where, partial=True
        ),
    ]


def change_tables() -> list[NationalTable]:
    """Reasons for a change of placement by kind of placement, its duration and age."""
    by = {
        "placement": ("Placement type", "placement"),
        "duration": ("Duration of Placement", "care_duration"),
        "age": ("Age", "age"),
    }
    return [
        NationalTable(
            f"changes_by_{name}",
            CHANGES,
            "characteristic",
            words,
            "reason_for_change",
            "change_reason",
            of(group),
        )
        for name, (group, words) in by.items()
    ]


def in_year_tables() -> list[NationalTable]:
    """Children on 31 March by number of placements in the year, by age and UASC."""
    groups = {
        "placements_in_year": "CLA on 31 March",
        "placements_in_year_under_12_months": "CLA less than 12 months on 31 March",
        "placements_in_year_12_months_and_over": "CLA 12 months on 31 March",
    }
    parts = {"age": ("Age group", "age"), "uasc": (UASC_GROUP, "uasc")}
    return [
        NationalTable(
            f"{name}_by_{part}",
            IN_YEAR,
            "characteristic",
            words,
            "placement_stability",
            "times_in_year",
            {"cla_group": (group,), "population_group": (population,)},
        )
        for name, group in groups.items()
        for part, (population, words) in parts.items()
    ]


UASC_GROUP = "Unaccompanied asylum-seeking children"
TABLES = [
    NationalTable("leavers_by_age", CEASED, "characteristic", "age", where=of("Age on ceasing")),
    NationalTable(
        "leavers_by_duration",
        CEASED,
        "characteristic",
        "care_duration",
        where=of("Duration of last period of care"),
    ),
    NationalTable(
        "leavers_by_reason", CEASED, "characteristic", "reason", where=of("Reason episode ceased")
    ),
    *placement_tables("leavers_by_last", CEASED, "Placement group"),
    NationalTable("starters_by_age", STARTED, "characteristic", "age", where=of("Age on starting")),
    NationalTable("starters_uasc", STARTED, "characteristic", "uasc", where=of(UASC_GROUP)),
    *placement_tables("starters_by_first", STARTED, "Placement group"),
    NationalTable("stock_by_age", STOCK, "characteristic", "age", where=of("Age group")),
    *placement_tables("stock_by", STOCK, "Placement"),
    NationalTable("uasc_by_age", UASC_STOCK, "characteristic", "age", where=of("Age group")),
    NationalTable(
        "uasc_by_placement", UASC_STOCK, "characteristic", "placement", where=of("Placements")
    ),
    NationalTable(
        "placement_durations",
        DURATIONS,
        "placement_group",
        "placement",
        "placement_duration",
        "placement_duration",
    ),
    *(
        NationalTable(
            f"placement_by_provider_{name}",
            PROVIDERS,
            "placement_type",
            "placement",
            "placement_provider",
            "provider",
            row_numbering=number,
        )
        for name, number in (("all", "1"), ("inside", "2"), ("outside", "3"), ("other", "4"))
    ),
    NationalTable(
        "distance_by_placement",
        DISTANCES,
        "cla_group",
        "placement",
        "characteristic",
        "distance_and_locality",
        partial=True,
    ),
    NationalTable(
        "new_placements_by_distance",
        NEW,
        "cla_group",
        "placement",
        "characteristic",
        "distance_and_locality",
        partial=True,
    ),
    *change_tables(),
    *permanence_tables("adoptions", ADOPTED, ("Age at adoption", "Age at Adoption")),
    *permanence_tables("special_guardianship", SGO, ("Age at special guardianship order",)),
    NationalTable(
        "leavers_by_number_of_placements",
        COUNTS,
        "age_on_ceasing",
        "age",
        "periods_or_placements",
        "number",
        of("Number of placements"),
    ),
    NationalTable(
        "leavers_by_number_of_periods",
        COUNTS,
        "age_on_ceasing",
        "age",
        "periods_or_placements",
        "number",
        of("Number of periods of care"),
    ),
    *in_year_tables(),
]


def national_rows(raw: pd.DataFrame, table: NationalTable) -> pd.DataFrame:
    """One national table in tidy form, the last release of each year."""
    rows = raw
    for column, values in table.where.items():
        rows = rows[rows[column].isin(values)]
    if table.row_numbering:
        rows = rows[rows[table.row].str.startswith(table.row_numbering)]
    rows = with_numbers(rows, "number")
    rows["year"] = rows["time_period"]
    rows["table"] = table.name
    published = rows[table.row]
    rows["row"] = [short_name(table.row_words, text) for text in published]
    rows["column"] = (
        [short_name(table.column_words, text) for text in rows[table.column]]
        if table.column
        else COUNT
    )
    unknown = rows[rows["row"].isna() | rows["column"].isna()]
    if len(unknown) and not table.partial:
        raise ValueError(f"{table.name}: not in reference_names.csv:\n{unknown.head()}")
    rows = rows.dropna(subset=["row", "column"])
    return rows[["table", "year", "row", "column", "number", "suppressed"]]


def build_national(source: Path) -> None:
    """``national.csv`` and ``england_time_series.csv``."""
    folder = source / "dfe" / "national"
    files = {table.file for table in TABLES}
    raw = {file: pd.read_csv(folder / f"{file}.csv") for file in files}
    raw = {file: last_release(table, ["time_period"]) for file, table in raw.items()}
    rows = pd.concat([national_rows(raw[table.file], table) for table in TABLES])
    keys = ["table", "year", "row", "column"]
    repeated = rows[rows.duplicated(keys, keep=False)]
    if len(repeated):
        raise ValueError(f"national: one cell given twice:\n{repeated.head(8)}")
    rows["suppressed"] = rows["suppressed"].astype(int)
    write_table(rows.sort_values(keys), "national")

    series = pd.read_csv(folder / "cla_time_series_1994_2024.csv")
    series["column"] = [short_name("time_series", text) for text in series["population_count"]]
    series["number"] = pd.to_numeric(series["number"], errors="coerce")
    wide = series.pivot(index="time_period", columns="column", values="number")
    wide = wide.rename_axis(index="year", columns=None).reset_index()
    order = ["year", "in_care", "started", "ceased", "uasc", "adopted"]
    write_table(wide[order], "england_time_series")
