"""Which collection year a table belongs to: told by its dates, a name only a check.

The collection year is the one that ends on 31 March of the year that names it: 2023 runs from
1 April 2022 to 31 March 2023.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.history.returns.coded import Coded, Flags
from sufficiency.history.returns.dates import Days

Years = NDArray[np.int16]
LEAST_SHARE_OF_BUSIEST = 0.02
"""A year with fewer dates than this share of the busiest year's holds only mistyped dates."""
LONE_SHARE_OF_BUSIEST = 0.2
"""The same for a year that no other year with dates stands next to."""
SPANS_SEVERAL_SHARE = 0.1
"""A yearly file holds no episode that ended before its year; a tenth of them is no mistake."""
EPISODES_AT_LEAST = 3
EARLIEST, LATEST = 1980, 2100
NAMED_YEAR = re.compile(r"(?<!\d)(20\d{2})(?:[-_/ ]?(20\d{2}|\d{2}))?(?!\d)")
NAMED_SHORT = re.compile(r"(?<!\d)(\d{2})[-_/ ]?(\d{2})(?!\d)")


@dataclass(frozen=True)
class FileYears:
    """The years of one table of episodes."""

    of_row: Years
    """(n_rows,)."""
    year: int | None
    """None if the table spans several."""
    moved: int | None = None
    """What was added to the labels of a YEAR column to give the collection year."""


def years_of(days: Days) -> NDArray[np.int64]:
    """(n,) collection years that hold some days; 0 where there is no date."""
    months = days.astype("datetime64[M]").astype(np.int64)
    years = 1970 + (months - 3) // 12 + 1
    return np.where(np.isnat(days), 0, years)


def last_day(years: Years) -> Days:
    """(n,) the 31 March that ends each collection year."""
    aprils = ((np.asarray(years, dtype=np.int64) - 1970) * 12 + 3).astype("datetime64[M]")
    return np.asarray(aprils.astype("datetime64[D]") - np.timedelta64(1, "D"))


def latest_year(days: Days) -> int | None:
    """The latest collection year that dates stand for, mistyped ones left aside; None if none."""
    found, counts = np.unique(years_of(days), return_counts=True)
    plausible = (found > EARLIEST) & (found < LATEST)
    found, counts = found[plausible], counts[plausible]
    if not found.size:
        return None
    busiest = int(counts.max())
    least = max(LEAST_SHARE_OF_BUSIEST * busiest, 2 if busiest > 10 else 1)
    for place in range(found.size - 1, 0, -1):
        alone = found[place] - found[place - 1] > 1
        if counts[place] >= (LONE_SHARE_OF_BUSIEST * busiest if alone else least):
            return int(found[place])
    return int(found[0])


def file_years(decom: Days, dec: Days, named: Coded | None) -> FileYears:
    """The collection year of each row of a table of episodes.

    With a YEAR column its labels are read as the start or the end of the year, whichever the
    dates say. Without one, a table in which many episodes ended before the last year is a history
    in one file: an episode then belongs to the year in which it ended, an open one to the last.
    """
    latest = latest_year(np.concatenate([decom, dec]))
    if latest is None:
        return FileYears(np.zeros(decom.size, dtype=np.int16), None)
    if named is not None:
        labels = np.array([label_year(value) or 0 for value in named.values])[named.codes]
        if np.count_nonzero(labels):
            return _labelled(labels, decom, dec, latest)
    ended = years_of(dec)
    earlier = (ended > 0) & (ended < latest)
    several = np.count_nonzero(earlier) >= EPISODES_AT_LEAST and np.count_nonzero(
        earlier
    ) > SPANS_SEVERAL_SHARE * np.count_nonzero(ended)
    if not several:
        return FileYears(np.full(decom.size, latest, dtype=np.int16), latest)
    first = _first_of_history(ended[ended > 0], latest)
    return FileYears(
        np.where(ended > 0, np.clip(ended, first, latest), latest).astype(np.int16), None
    )


def _first_of_history(ended: NDArray[np.int64], latest: int) -> int:
    """The first year of a history in one file: before it hardly an episode ended."""
    counts = np.bincount(np.clip(ended, 0, LATEST), minlength=LATEST + 1)
    usual = float(np.median(counts[counts > 0]))
    year = latest
    while year > EARLIEST and counts[year - 1] >= max(LONE_SHARE_OF_BUSIEST * usual, 1):
        year -= 1
    return year


def _labelled(labels: NDArray[np.int64], decom: Days, dec: Days, latest: int) -> FileYears:
    """Labels moved by nought or one year, so that the last label is the last year of the dates."""
    votes: list[int] = []
    for label in np.unique(labels[labels > 0]):
        those = labels == label
        found = latest_year(np.concatenate([decom[those], dec[those]]))
        if found is not None and found - label in (0, 1):
            votes.append(int(found - label))
    moved = 1 if votes and np.mean(votes) > 0.5 else 0
    years = np.where(labels > 0, labels + moved, latest).astype(np.int16)
    only = int(years[0]) if years.size and (years == years[0]).all() else None
    return FileYears(years, only, moved)


def label_year(text: str) -> int | None:
    """The year that a name or a YEAR column gives, the later one where it gives two.

    Reads ``2022``, ``2017-18``, ``2017/2018``, ``201819``, ``21-22`` and ``1920``.
    """
    for match in reversed(list(NAMED_YEAR.finditer(text))):
        first = int(match[1])
        if match[2] is None:
            return first
        second = int(match[2][-2:])
        if second == (first + 1) % 100:
            return first + 1
        return first
    for match in reversed(list(NAMED_SHORT.finditer(text))):
        if int(match[2]) == (int(match[1]) + 1) % 100:
            return 2000 + int(match[2])
    return None


def ends_after(days: Days, years: Years) -> Flags:
    """(n,): which days lie after the end of the row's collection year."""
    return np.asarray(days > last_day(years))
