"""Returns in the shape of the public samples of two demand models, with their peculiarities.

The older keeps a folder a year, called after the year in which it starts; every open row has a
reason for its end; an episode that spans a whole year is not in that year's file. The regional one
has one file of all years with columns LA and YEAR, dates year first, and a Header that lacks three
children in ten.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sufficiency.synthesis import SyntheticReturn
from sufficiency.synthesis.tables import EPISODES, YearTables
from sufficiency.synthesis.writing import as_text, csv_bytes

LEGAL_STATUSES = ("C1", "C2", "D1", "E1", "V2", "V3", "V4", "J1", "L1", "L2")
LISTED_SHARE = 0.7


def write_older(
    made: SyntheticReturn, folder: Path, *, random_status: bool, gaps: bool
) -> dict[str, int]:
    """Write the older sample's shape; returns how many rows and files there are.

    ``random_status`` draws legal statuses, short breaks among them, as the sample does; ``gaps``
    leaves out rows that span a year.
    """
    chance = np.random.default_rng(1)
    n_rows = 0
    for year in made.tables:
        rows = without_breaks(year)
        if gaps:
            rows = rows[~spans(rows, year.year)]
        text = as_text(rows, "episodes")
        still_open = text["DEC"] == ""
        text.loc[still_open, "REC"] = chance.choice(["X1", "E4A", "E13"], int(still_open.sum()))
        text["LS"] = chance.choice(LEGAL_STATUSES, len(text)) if random_status else "V2"
        header = as_text(year.header, "header")
        header["MOTHER"] = header["MOTHER"].where(header["MOTHER"] == "", header["MOTHER"] + ".0")
        where = folder / str(year.year - 1)
        where.mkdir(parents=True)
        (where / "episodes.csv").write_bytes(csv_bytes(text))
        (where / "header.csv").write_bytes(csv_bytes(header))
        n_rows += len(text) + len(header)
    return {"rows": n_rows, "files": 2 * len(made.tables)}


def write_regional(made: SyntheticReturn, folder: Path) -> list[str]:
    """Write the regional sample's shape; returns the children whom its Header lacks."""
    chance = np.random.default_rng(2)
    episodes, headers = [], []
    for year in made.tables:
        rows = without_breaks(year)
        rows = rows[[*EPISODES]].assign(LA="ZZZ", YEAR=year.year)
        episodes.append(rows)
        headers.append(year.header[["CHILD", "SEX", "DOB", "ETHNIC"]].assign(LA="ZZZ"))
    header = pd.concat(headers).drop_duplicates("CHILD", keep="last")
    listed = chance.random(len(header)) < LISTED_SHARE
    folder.mkdir(parents=True)
    for name, table in (("episodes", pd.concat(episodes)), ("header", header[listed])):
        table.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    return header.loc[~listed, "CHILD"].tolist()


def without_breaks(year: YearTables) -> pd.DataFrame:
    """The episodes of a year without the children in short breaks, whom the samples lack."""
    return year.episodes[~year.episodes["LS"].isin(["V3", "V4"])]


def spans(rows: pd.DataFrame, year: int) -> pd.Series:
    """Which episodes began before the year and are open at its end."""
    return (rows["DECOM"] < pd.Timestamp(year - 1, 4, 1)) & rows["DEC"].isna()
