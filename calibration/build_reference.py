"""Make the compact files of ``calibration/reference/`` from the published ones.

``python calibration/build_reference.py SOURCE_FOLDER``

Publishers' words become short names by ``calibration/reference_names.csv``; a word that is not
listed there stops the build, so that nothing is left out unseen. Several tables hold one year
in two releases under different category names: only the last release of a year is taken.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
TARGET = HERE / "reference"
ENGLAND_CODE = "970"
SUPPRESSED, NOT_APPLICABLE = ("c", "x"), "z"
DAYS_PER_YEAR, DAYS_PER_WEEK, MONTHS_PER_YEAR = 365.25, 7, 12
NUMBERING = re.compile(r"^(\d+\.[ivx]* +|\d+[a-z]?(\.\d+)?[ivx]*\.? +(?=[A-Z]))")
PLACEMENTS = "Placement"


def read_names() -> dict[tuple[str, str], str]:
    """Short names by set of words and publisher's words in lower case."""
    with (HERE / "reference_names.csv").open(encoding="utf-8", newline="") as file:
        return {(row["words"], row["published"]): row["cell"] for row in csv.DictReader(file)}


NAMES = read_names()


def published_words(text: object) -> str:
    """Publisher's words without numbering, curly quotes, doubled spaces and capitals."""
    plain = re.sub(r"\s+", " ", str(text).replace("’", "'")).strip()
    return NUMBERING.sub("", plain).lower()


def short_name(words: str, text: object) -> str | None:
    """The short name of a publisher's category; None if the set of words does not hold it."""
    return NAMES.get((words, published_words(text)))


def last_release(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Only the rows of the last release that holds each combination of ``keys``."""
    latest = table.groupby(keys, dropna=False)["release"].transform("max")
    return table[table["release"] == latest]


def with_numbers(table: pd.DataFrame, marks: str) -> pd.DataFrame:
    """Add ``number`` as a float and ``suppressed``; rows that do not apply are dropped.

    ``marks`` is the column that holds the marks of suppression. An average duration printed as
    ``years:months`` becomes years.
    """
    kept = table[table[marks].astype(object) != NOT_APPLICABLE].copy()
    kept["suppressed"] = kept[marks].astype(object).isin(SUPPRESSED)
    text = kept["number"].astype(object)
    years_months = text.astype(str).str.extract(r"^(\d+):(\d+)$").astype(float)
    years = years_months[0] + years_months[1] / MONTHS_PER_YEAR
    kept["number"] = pd.to_numeric(text, errors="coerce").astype(float).fillna(years)
    lost = kept[kept["number"].isna() & ~kept["suppressed"]]
    if len(lost):
        raise ValueError(f"no number and no mark of suppression:\n{lost.head()}")
    return kept


@dataclass(frozen=True)
class AuthorityTable:
    """Where a table by authority comes from: the publisher's groups and the set of words."""

    name: str
    groups: tuple[str, ...]
    words: str


AGE, UASC = "age", "uasc"
UASC_GROUP = ("Unaccompanied asylum-seeking children",)
CHARACTERISTICS = {
    "starters": (
        "cla_started_characteristics_2010_2023",
        [
            AuthorityTable("starters_by_age", ("Age on starting",), AGE),
            AuthorityTable("starters_uasc", UASC_GROUP, UASC),
        ],
    ),
    "leavers": (
        "cla_ceased_characteristics_2010_2023",
        [
            AuthorityTable("leavers_by_age", ("Age on ceasing",), AGE),
            AuthorityTable("leavers_by_reason", ("Reason episode ceased",), "reason"),
            AuthorityTable("leavers_uasc", UASC_GROUP, UASC),
        ],
    ),
    "stock": (
        "cla_31_march_characteristics_2010_2023",
        [
            AuthorityTable("stock_by_age", ("Age group",), AGE),
            AuthorityTable(
                "stock_by_placement",
                (PLACEMENTS, "Placement (pre-2020 classification)"),
                "placement",
            ),
            AuthorityTable("stock_by_provider", ("Place providers",), "provider"),
            AuthorityTable("stock_by_locality", ("Locality of placement",), "locality"),
            AuthorityTable(
                "stock_by_distance", ("Distance between home and placement",), "distance"
            ),
            AuthorityTable("stock_uasc", UASC_GROUP, UASC),
        ],
    ),
}
IN_YEAR = {
    "cla_new_placements_location_and_reason_2018_2023": [
        AuthorityTable(
            "new_placements_by_distance",
            ("Location of new placements during the year",),
            "distance_and_locality",
        ),
        AuthorityTable(
            "placement_changes_by_reason",
            ("Reason for placement change during the year",),
            "change_reason",
        ),
    ],
    "cla_placement_stability_2018_2023": [
        AuthorityTable(
            "stability_in_year",
            ("CLA on 31 March", "Children looked after on 31 March"),
            "stability",
        ),
        AuthorityTable("stability_2_years", ("CLA 2 years on 31 March",), "stability"),
        AuthorityTable(
            "stability_long_term",
            (
                "Children looked after continuously for at least 2.5 years on 31 March "
                "aged under 16 years",
            ),
            "stability",
        ),
    ],
}


def authority_rows(
    raw: pd.DataFrame, table: AuthorityTable, group_column: str, cell_column: str
) -> pd.DataFrame:
    """One table by authority: year, old_la_code, table, cell, number, suppressed."""
    rows = raw[raw[group_column].isin(table.groups)].copy()
    if table.name == "stock_by_placement":
        rows = rows[rows["year"] > 2010]  # 2010 is held by code of placement, not by group
    rows["cell"] = [short_name(table.words, text) for text in rows[cell_column]]
    unknown = rows[rows["cell"].isna()][cell_column].unique()
    if len(unknown):
        raise ValueError(f"{table.name}: not in reference_names.csv: {sorted(unknown)}")
    rows["table"] = table.name
    columns = ["year", "old_la_code", "table", "cell", "number", "suppressed"]
    return rows[columns]


def code_of_area(rows: pd.DataFrame, level: str) -> pd.Series[str]:
    """DfE's three-digit code, ``970`` for England, missing for regions."""
    code = pd.to_numeric(rows["old_la_code"]).astype("Int64").astype("string")
    return code.where(rows[level].astype(object) != "National", ENGLAND_CODE)


def read_characteristics(path: Path) -> pd.DataFrame:
    """A table of characteristics by authority, plain columns, England as ``970``."""
    raw = pd.read_parquet(path)
    raw = raw.astype(dict.fromkeys(raw.select_dtypes("category").columns, object))
    raw["old_la_code"] = code_of_area(raw, "level")
    return with_numbers(raw[raw["old_la_code"].notna()], "flag")


def read_in_year(path: Path) -> pd.DataFrame:
    """A table of placements in the year by authority, the last release of each year."""
    raw = pd.read_parquet(path).rename(columns={"time_period": "year"})
    raw["old_la_code"] = code_of_area(raw, "geographic_level")
    raw = raw[raw["old_la_code"].notna()]
    raw["words"] = [
        published_words(text).replace("childs ", "child's ") for text in raw["breakdown"]
    ]
    raw = last_release(raw, ["year", "old_la_code"])
    return with_numbers(raw, "number")


def write_counts(rows: list[pd.DataFrame], name: str) -> None:
    """Write tables by authority as one compact Parquet file, in a fixed order."""
    counts = pd.concat(rows, ignore_index=True)
    keys = ["table", "old_la_code", "year", "cell"]
    repeated = counts[counts.duplicated(keys, keep=False)]
    if len(repeated):
        raise ValueError(f"{name}: one cell given twice:\n{repeated.head(8)}")
    counts = counts.sort_values(keys, ignore_index=True)
    counts["year"] = counts["year"].astype("int16")
    counts["number"] = counts["number"].astype("float32")
    for column in ("table", "old_la_code", "cell"):
        counts[column] = counts[column].astype(str).astype("category")
    counts.to_parquet(TARGET / f"{name}.parquet", compression="zstd", index=False)


def build_authority_tables(source: Path) -> None:
    """``starters``, ``leavers``, ``stock`` and ``placements``: Parquet, by authority and year."""
    for name, (file, tables) in CHARACTERISTICS.items():
        raw = read_characteristics(source / "dfe" / f"{file}.parquet")
        rows = [authority_rows(raw, table, "cla_group", "characteristic") for table in tables]
        write_counts(rows, name)
    rows = []
    for file, tables in IN_YEAR.items():
        raw = read_in_year(source / "dfe" / f"{file}.parquet")
        rows += [authority_rows(raw, table, "cla_group", "words") for table in tables]
    write_counts(rows, "placements")


def write_table(table: pd.DataFrame, name: str) -> None:
    """Write a small table as CSV: UTF-8, LF, whole numbers without a point."""
    text = table.copy()
    for column in text.select_dtypes("float").columns:
        text[column] = [f"{x:.10g}" if pd.notna(x) else "" for x in text[column]]
    path = TARGET / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    text.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def known_codes() -> list[str]:
    """Codes of the authorities of the panel, and England's."""
    panel = pd.read_csv(TARGET / "panel.csv")
    local = panel[panel["level"] == "Local authority"]
    return [*sorted(set(local["old_la_code"].astype(int).astype(str))), ENGLAND_CODE]


def build_costs(source: Path) -> None:
    """``unit_costs`` by authority and financial year, and ``published_prices``."""
    costs = pd.read_csv(source / "costs" / "s251_weekly_unit_costs_2015_2023.csv")
    costs["old_la_code"] = costs["old_la_code"].astype(str)
    names = {
        "Fostering_weekly_unit_cost_gbp": "fostering_weekly_cost_gbp",
        "Residential_weekly_unit_cost_gbp": "residential_weekly_cost_gbp",
        "CLA_weekly_unit_cost_gbp": "all_weekly_cost_gbp",
        "Total_CLA_gross_expenditure_gbp": "gross_spend_gbp",
        "Leaving_care_gross_expenditure_gbp": "leaving_care_spend_gbp",
    }
    costs = costs[costs["old_la_code"].isin(known_codes())].rename(columns=names)
    columns = ["financial_year", "old_la_code", *names.values()]
    write_table(costs[columns].sort_values(columns[:2]), "unit_costs")

    prices = pd.read_csv(source / "costs" / "published_unit_costs.csv")
    for column in ("source", "url"):
        text = prices[column].where(~prices[column].str.startswith("same", na=False))
        prices[column] = text.ffill()
    per_week = prices["unit"].str.startswith("GBP/week")
    per_year = prices["unit"].str.startswith("GBP/year")
    weekly = prices["value"].where(per_week, prices["value"] * DAYS_PER_WEEK / DAYS_PER_YEAR)
    prices["weekly_gbp"] = weekly.round(2)
    usable = (per_week | per_year) & ~prices["trust"].str.startswith("low")
    write_table(prices[usable], "published_prices")


def build_neighbours(source: Path) -> None:
    """``neighbours``: each authority's ten nearest statistical neighbours, in order."""
    wide = pd.read_csv(source / "population" / "statistical_neighbours_2021.csv")
    wide = wide[pd.to_numeric(wide["LA num"], errors="coerce").notna()]
    parts = []
    for rank in range(1, 11):
        close = "SNP" if rank == 1 else f"SNP.{rank - 1}"
        part = wide[["LA num", f"SN{rank}", close]].copy()
        part.columns = pd.Index(["old_la_code", "neighbour_code", "closeness"])
        parts.append(part.assign(rank=rank))
    table = pd.concat(parts).astype({"old_la_code": int, "neighbour_code": int})
    columns = ["old_la_code", "rank", "neighbour_code", "closeness"]
    write_table(table[columns].sort_values(columns[:2]), "neighbours")


def build_population_and_homes(source: Path) -> None:
    """``population`` (under 18s at mid-year) and ``childrens_homes`` (homes in the area)."""
    people = pd.read_csv(source / "population" / "population_0_17_2012_2023.csv")
    people["old_la_code"] = code_of_area(people, "level")
    people = people[people["old_la_code"].isin(known_codes())]
    columns = ["mid_year", "old_la_code", "population"]
    write_table(
        people[columns]
        .rename(columns={"population": "population_0_17"})
        .sort_values(["old_la_code", "mid_year"]),
        "population",
    )
    homes = pd.read_csv(source / "supply" / "childrens_homes_places_2015_2023.csv")
    homes.loc[homes["year"] == 2015, "places"] = float("nan")  # places were not published
    write_table(homes.rename(columns={"sector2": "provider"}), "childrens_homes")


COPIED = (
    ("dfe/cla_panel_2010_2023.csv", "panel.csv"),
    ("wolverhampton/children_in_care.csv", "wolverhampton/children_in_care.csv"),
    ("wolverhampton/fostering_placements.csv", "wolverhampton/fostering_placements.csv"),
    (
        "wolverhampton/council_projection_2020_21.csv",
        "wolverhampton/council_projection_2020_21.csv",
    ),
    ("wolverhampton/foster_carers.csv", "wolverhampton/foster_carers.csv"),
    ("wolverhampton/stability_and_distance.csv", "wolverhampton/stability_and_distance.csv"),
)


def copy_tables(source: Path) -> None:
    """Tables that ship as published, with the line ends of this repository."""
    for origin, target in COPIED:
        text = (source / origin).read_text(encoding="utf-8")
        path = TARGET / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: Iterable[str]) -> None:
    """Build every file; the one argument is the folder of the published files."""
    from national_tables import build_national

    (folder,) = arguments
    source = Path(folder)
    copy_tables(source)
    build_authority_tables(source)
    build_costs(source)
    build_neighbours(source)
    build_population_and_homes(source)
    build_national(source)


if __name__ == "__main__":
    main(sys.argv[1:])
