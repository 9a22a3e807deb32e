"""Reading a synthetic return back, and what the model did beside what was read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sufficiency.domain import SECTORS
from sufficiency.history.returns.frames import CareHistories, Return
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.reading import read_return
from sufficiency.history.returns.rebuilding import rebuild
from sufficiency.synthesis.faults.draft import fault_kinds
from sufficiency.synthesis.faults.inject import KEY

SUPERSEDED = {
    "repeated_in_later_year",
    "amended_in_later_year",
    "end_amended_in_later_year",
}
"""A row that a later year's takes the place of, whatever was wrong with it."""


@dataclass(frozen=True)
class Reading:
    """A folder of files, read and rebuilt."""

    folder: Path
    returned: Return
    ledger: RowLedger
    histories: CareHistories


def reading(folder: Path) -> Reading:
    returned, ledger = read_return([folder])
    return Reading(folder, returned, ledger, rebuild(returned, ledger))


def stock(histories: CareHistories, years: list[int]) -> pd.DataFrame:
    placements, found = histories.placements, {}
    for year in years:
        day = pd.Timestamp(year, 3, 31)
        there = placements["began"] <= day
        there &= placements["ended"].isna() | (placements["ended"] > day)
        found[year] = placements.loc[there, "sector"].astype(str).value_counts()
    return by_sector(found)


def flow(histories: CareHistories, years: list[int], event: str) -> pd.DataFrame:
    periods, placements = histories.periods, histories.placements
    keep = "first" if event == "entered" else "last"
    sector = placements.drop_duplicates("period", keep=keep).set_index("period")["sector"]
    found = {}
    for year in years:
        in_year = periods[event] > pd.Timestamp(year - 1, 3, 31)
        in_year &= periods[event] <= pd.Timestamp(year, 3, 31)
        if event == "entered":
            in_year &= periods["start_type"] != "left_truncated"
        found[year] = sector.reindex(periods.loc[in_year, "period"]).astype(str).value_counts()
    return by_sector(found)


def by_sector(found: dict[int, pd.Series]) -> pd.DataFrame:
    frame = pd.DataFrame(found).T.reindex(columns=list(map(str, SECTORS))).fillna(0).astype(int)
    return frame.assign(all=frame.sum(axis=1))


def unnoticed(read: Reading) -> list[tuple[str, str, int]]:
    """Faults of the key that no rule they ship with noticed: fault, file, line.

    In their own row or another of the child's; faults that change nothing need no rule.
    """
    key = pd.read_csv(read.folder / KEY).dropna(subset=["line"])
    files = {file.name: file for file in read.returned.files}
    tables = (read.returned.episodes, read.returned.header, read.returned.uasc)
    child_of = {row: child for t in tables for row, child in zip(t["row"], t["child"], strict=True)}
    by_row: dict[int, set[str]] = defaultdict(set)
    by_child: dict[int, set[str]] = defaultdict(set)
    for rule, rows in read.ledger.rules():
        for row in rows.tolist():
            by_row[row].add(rule.name)
            if row in child_of:
                by_child[child_of[row]].add(rule.name)
    found = []
    for fault in key.itertuples():
        expected = set(fault_kinds()[fault.fault].explained_by)
        file = files[fault.file]
        if file.kind == "not_used" or not expected:
            continue
        row = file.first_row + int(fault.line) - file.first_line
        seen = by_row[row] | by_child[child_of.get(row, -1)]
        if not seen & expected and not by_row[row] & SUPERSEDED:
            found.append((fault.fault, fault.file, int(fault.line)))
    return found
