"""Which collection year a list of children belongs to: it has no dates of care to tell by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sufficiency.history.returns.coded import Coded, Ints
from sufficiency.history.returns.recognising import FoundFile
from sufficiency.history.returns.years import Years, label_year

MOST_YET_TO_COME = 0.01
"""Share of a year's list who may have their first episode later: mistyped identifiers."""


@dataclass(frozen=True)
class YearlyTable:
    """A table of episodes whose years are known."""

    file: FoundFile
    children: Ints
    """(n_rows,)."""
    years: Years
    """(n_rows,)."""
    year: int | None
    moved: int | None
    """What was added to the labels of its YEAR column, if it has one."""


@dataclass(frozen=True)
class ChildList:
    """A Header or UASC table whose year is wanted."""

    file: FoundFile
    children: Ints
    labels: Coded | None
    """Its YEAR column, if it has one."""


def list_years(tables: Sequence[YearlyTable], child_list: ChildList) -> Years:
    """(n_rows,) the collection year of each row of a list of children.

    By its YEAR column; else by the episodes in the same file, else in the same folder, else under
    a name with the same year; else the year in which most of the same children have episodes.
    """
    known = sorted({int(year) for table in tables for year in np.unique(table.years) if year})
    n_rows = child_list.children.size
    if child_list.labels is not None:
        labels = np.array([label_year(v) or 0 for v in child_list.labels.values])
        latest = int(labels.max(initial=0))
        if latest:
            told = next((table.moved for table in tables if table.moved is not None), None)
            moved = int(latest not in known and latest + 1 in known) if told is None else told
            filled = np.where(labels > 0, labels + moved, known[-1])
            return filled[child_list.labels.codes].astype(np.int16)
    return np.full(n_rows, _one_year(tables, child_list, known), dtype=np.int16)


def _one_year(tables: Sequence[YearlyTable], child_list: ChildList, known: list[int]) -> int:
    if len(known) == 1:
        return known[0]
    file = child_list.file
    beside = (
        [t for t in tables if t.file.sha256 == file.sha256],
        [t for t in tables if t.file.folder == file.folder],
    )
    for near in beside:
        years = {table.year for table in near}
        if len(years) == 1 and None not in years:
            return int(next(iter(years)) or 0)
    label = label_year(file.name)
    if label is not None:
        year = label + _usual_move(tables)
        if year in known:
            return year
    return _shared_children(tables, child_list.children, known)


def _late_enough(tables: Sequence[YearlyTable], listed: Ints, known: list[int]) -> list[int]:
    """The years by which nearly all who are listed and have episodes have had their first."""
    child = np.concatenate([table.children for table in tables])
    year = np.concatenate([table.years for table in tables]).astype(np.int64)
    among = np.isin(child, listed) & (year > 0)
    order = np.lexsort((year[among], child[among]))
    _, first = np.unique(child[among][order], return_index=True)
    begins = year[among][order][first]
    if not begins.size:
        return known
    return [each for each in known if (begins > each).mean() <= MOST_YET_TO_COME]


def _usual_move(tables: Sequence[YearlyTable]) -> int:
    """Whether names give the year's start (1) or its end (0), as the Episodes files show."""
    moves = [
        table.year - label
        for table in tables
        if table.year is not None and (label := label_year(table.file.name)) is not None
    ]
    return 1 if moves and sum(move == 1 for move in moves) > len(moves) / 2 else 0


def _shared_children(tables: Sequence[YearlyTable], children: Ints, known: list[int]) -> int:
    """The year whose episodes are most of the same children's; the latest of equals.

    A list of several years is of the last of them: no year's list knows who is yet to come.
    """
    listed = np.unique(children[children >= 0])
    best, best_share = known[-1], -1.0
    for year in _late_enough(tables, listed, known):
        parts = [table.children[table.years == year] for table in tables]
        there = np.unique(np.concatenate(parts))
        both = np.intersect1d(listed, there, assume_unique=True).size
        share = both / max(listed.size + there.size - both, 1)
        if share >= best_share:
            best, best_share = year, share
    return best
