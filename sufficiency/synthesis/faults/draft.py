"""A return while it is damaged: its rows, and what was done to which of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from sufficiency.shipped import shipped_path
from sufficiency.synthesis.tables import TABLES, YearTables

RESPITE = ("V3", "V4")
_NEVER = np.datetime64("NaT")
_YEARS = (1990, 2101)
"""Collection years that a return can have, and the one before."""


@dataclass(frozen=True)
class FaultKind:
    """One class of faults, as it ships."""

    name: str
    share: float
    """Of the rows or files that could have it; at least one has."""
    meaning: str
    explained_by: tuple[str, ...]
    """The rules of which one should notice it; none if nothing is lost or changed by it."""


@cache
def fault_kinds() -> dict[str, FaultKind]:
    """`calibration/return_faults.yaml`, by name, in the order in which faults are injected."""
    path = shipped_path("calibration", "return_faults.yaml")
    read: Mapping[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["faults"]
    return {
        name: FaultKind(name, each["share"], each["meaning"], tuple(each["explained_by"]))
        for name, each in read.items()
    }


@dataclass(frozen=True)
class Injected:
    """One fault: in which row of which table, or in which year's file, or in a row taken out."""

    fault: str
    table: str
    year: int
    row: int | None


@dataclass
class Draft:
    """The tables of all years together, one row number for each row of each."""

    tables: dict[str, pd.DataFrame]
    """By name: the columns of the file (dates as dates), ``life``, ``year``; indexed by row."""
    chance: np.random.Generator
    factor: float
    first_year: int
    last_year: int
    injected: list[Injected] = field(default_factory=list)
    texts: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)
    """By table and column: what stands in a cell instead, by row."""
    touched: set[int] = field(default_factory=set)
    """Children who have a fault already; another would hide it."""
    next_row: int = 0
    short_years: frozenset[int] = frozenset()
    """Years whose Episodes will have years of two digits, which no future date survives."""
    _chains: pd.DataFrame | None = None

    @property
    def episodes(self) -> pd.DataFrame:
        """The episodes of all years."""
        return self.tables["episodes"]

    def pick(
        self, fault: str, candidates: pd.DataFrame, table: str = "episodes", *, note: bool = True
    ) -> list[int]:
        """Some of the candidates, at most one a child and none of a child touched before.

        They are noted as having the fault, unless it is in other rows.
        """
        rows = candidates[~candidates["life"].isin(self.touched)]
        rows = rows.iloc[self.chance.permutation(len(rows))].drop_duplicates("life")
        wanted = self.wanted(fault, len(candidates))
        chosen = rows.index[:wanted]
        self.touched |= {int(life) for life in rows.loc[chosen, "life"]}
        if note:
            self.note(fault, chosen, table)
        return [int(row) for row in chosen]

    def wanted(self, fault: str, candidates: int) -> int:
        """How many of so many candidates get the fault: its share of them, at least one."""
        if self.factor == 0:
            return 0
        return max(1, round(fault_kinds()[fault].share * self.factor * candidates))

    def note(self, fault: str, rows: Any, table: str = "episodes") -> None:
        """Enter rows into the key."""
        years = self.tables[table].loc[rows, "year"]
        self.injected += [
            Injected(fault, table, int(year), int(row)) for row, year in years.items()
        ]

    def set(self, rows: list[int], table: str = "episodes", **values: Any) -> None:
        """Change cells of rows."""
        self._chains = None
        for column, value in values.items():
            self.tables[table].loc[rows, column] = value

    def write(self, row: int, column: str, text: str, table: str = "episodes") -> None:
        """What the cell of a row will hold in the file, whatever it means."""
        self.texts.setdefault((table, column), {})[row] = text

    def cell(self, row: int, column: str, table: str = "episodes") -> str:
        """The code in a cell."""
        return str(self.tables[table].loc[row, column])

    def take_out(self, rows: list[int], table: str = "episodes") -> None:
        """Leave rows out of the file; the key then names the file without a line."""
        gone = set(rows)
        self.injected = [
            Injected(each.fault, each.table, each.year, None)
            if each.table == table and each.row in gone
            else each
            for each in self.injected
        ]
        self._chains = None
        self.tables[table] = self.tables[table].drop(index=rows)

    def add(self, rows: pd.DataFrame, table: str = "episodes") -> list[int]:
        """Put further rows in; returns their numbers."""
        if rows.empty:
            return []
        numbers = list(range(self.next_row, self.next_row + len(rows)))
        self.next_row += len(rows)
        self._chains = None
        self.touched |= {int(life) for life in rows["life"]}
        there = self.tables[table]
        new = rows[there.columns].astype(there.dtypes).set_axis(pd.Index(numbers))
        self.tables[table] = pd.concat([there, new])
        return numbers

    def copies(self, rows: list[int]) -> list[int]:
        """These episodes in every year's file: the same child and DECOM."""
        wanted = self.episodes.loc[rows, ["life", "DECOM"]].drop_duplicates()
        keys = pd.MultiIndex.from_frame(self.episodes[["life", "DECOM"]])
        return list(self.episodes.index[keys.isin(pd.MultiIndex.from_frame(wanted))])

    def chains(self) -> pd.DataFrame:
        """The episodes that are no short breaks, with what stands around each.

        Adds ``next_row, next_decom`` and ``previous_row`` in the same file, ``later_row`` and
        ``earlier_row`` (the same episode in next and last year's file), -1 where there is none;
        ``is_open``, ``nights``, ``last_of_child``, ``first_of_child``, ``year_end`` and
        ``year_before`` (31 March at the end of the file's year and of the year before).
        """
        if self._chains is None:
            self._chains = self._new_chains()
        return self._chains

    def _new_chains(self) -> pd.DataFrame:
        rows = self.episodes[~self.episodes["LS"].isin(RESPITE)]
        rows = rows.sort_values(["life", "year", "DECOM"], kind="stable")
        return rows.assign(row=rows.index, **_surroundings(rows))

    def days(self, low: int, high: int, n: int) -> pd.TimedeltaIndex:
        """(n,): spans of whole days, from ``low`` to ``high``."""
        return pd.to_timedelta(self.chance.integers(low, high + 1, n), unit="D")


def _surroundings(rows: pd.DataFrame) -> dict[str, Any]:
    """The columns that `Draft.chains` adds to rows in the order of child, year and DECOM."""
    number, life, year = rows.index.to_numpy(), rows["life"].to_numpy(), rows["year"].to_numpy()
    decom = rows["DECOM"].to_numpy()
    of_child = life[1:] == life[:-1]
    in_file = of_child & (year[1:] == year[:-1])
    by_start = np.lexsort((year, decom, life))
    again = life[by_start][1:] == life[by_start][:-1]
    again &= decom[by_start][1:] == decom[by_start][:-1]
    later, earlier = np.full(len(rows), -1), np.full(len(rows), -1)
    later[by_start[:-1][again]] = number[by_start[1:][again]]
    earlier[by_start[1:][again]] = number[by_start[:-1][again]]
    begins = np.flatnonzero(np.append(True, ~of_child)[: len(rows)])
    n_rows = np.diff(begins, append=len(rows))
    year_end = np.array([f"{each}-03-31" for each in range(*_YEARS)], decom.dtype)
    return {
        "next_row": np.append(np.where(in_file, number[1:], -1), -1),
        "next_decom": np.append(np.where(in_file, decom[1:], _NEVER), _NEVER),
        "previous_row": np.append(-1, np.where(in_file, number[:-1], -1)),
        "later_row": later,
        "earlier_row": earlier,
        "is_open": rows["DEC"].isna(),
        "nights": (rows["DEC"] - rows["DECOM"]).dt.days,
        "last_of_child": (decom == np.repeat(np.maximum.reduceat(decom, begins), n_rows))
        & (later < 0),
        "first_of_child": decom == np.repeat(np.minimum.reduceat(decom, begins), n_rows),
        "year_end": year_end[year - _YEARS[0]],
        "year_before": year_end[year - 1 - _YEARS[0]],
    }


def open_again(rows: pd.DataFrame) -> pd.DataFrame:
    """The same episodes without an end."""
    found = rows.assign(REC="", REASON_PLACE_CHANGE="")
    found["DEC"] = pd.NaT
    return found


FaultMaker = Callable[[Draft], None]


def draft_of(years: list[YearTables], chance: np.random.Generator, factor: float) -> Draft:
    """The clean tables, ready to be damaged."""
    tables, row = {}, 0
    for name, columns in TABLES.items():
        parts = [getattr(year, name).assign(year=year.year) for year in years]
        table = pd.concat(parts, ignore_index=True)[[*columns, "life", "year"]]
        tables[name] = table.set_axis(pd.RangeIndex(row, row + len(table)))
        row += len(table)
    return Draft(tables, chance, factor, years[0].year, years[-1].year, next_row=row)
