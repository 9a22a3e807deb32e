"""Episodes as chains: one child after another, each child's in order of time, days as numbers.

The rules that rebuild care histories look at a row and its neighbours. They work on a frame with
the columns of `frames.EPISODE_COLUMNS`, where ``decom`` and ``dec`` are whole days since 1970
(`OPEN` while an episode goes on), sorted by child and ``decom``, and with one more column,
``closing``: how its end is known (`RECORDED`, `IMPUTED`). Every rule takes such a frame and gives
one back, and enters the rows that it touched in a `RowLedger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sufficiency.domain import ADULT_YEARS
from sufficiency.history.returns.frames import EPISODE_COLUMNS
from sufficiency.history.returns.ledger import Rows

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

OPEN = np.int64(2**31)
"""The day on which an episode that has not ended ends: later than every date."""
UNKNOWN = np.int64(-(2**31))
"""The day of something whose date is not known: earlier than every date."""
RECORDED, IMPUTED = 0, 1
"""How the end of an episode is known: from the return, or only that it had ended by then."""

CODES = tuple(name for name, kind in EPISODE_COLUMNS.items() if kind == "category")
ALWAYS_THERE = {"rne": ("P",), "rec": ("X1",)}
"""Codes that rules write and a return may lack."""


def day_number(day: date) -> int:
    """Whole days since 1970."""
    return (day - date(1970, 1, 1)).days


def as_days(dates: pd.Series, missing: np.int64) -> Days:
    """Dates as whole days since 1970, with a number for those that are not known."""
    found = dates.to_numpy(dtype="datetime64[D]")
    result: Days = np.where(np.isnat(found), missing, found.astype(np.int64))
    return result


def as_dates(days: ArrayLike) -> NDArray[np.datetime64]:
    """Whole days since 1970 as dates; `OPEN` and `UNKNOWN` as no date."""
    numbers = np.asarray(days, dtype=np.int64)
    known = (numbers > UNKNOWN) & (numbers < OPEN)
    found = np.where(known, numbers, 0).astype("datetime64[D]").astype("datetime64[s]")
    return np.where(known, found, np.datetime64("NaT", "s"))


def year_ends(years: ArrayLike) -> Days:
    """31 March of each collection year."""
    months = (np.asarray(years, dtype=np.int64) - 1970) * 12 + 3
    ends: Days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    return ends


def collection_years(days: ArrayLike) -> Days:
    """The collection year that holds each day: the one that ends on the next 31 March."""
    months = np.asarray(days, dtype="datetime64[D]").astype("datetime64[M]").astype(np.int64)
    years: Days = (months - 3) // 12 + 1971
    return years


def birthdays(born: Days, years: int = ADULT_YEARS) -> Days:
    """Each birthday; a 29 February one falls on 1 March in other years. `OPEN` if not known."""
    known = born > UNKNOWN
    dates = np.where(known, born, 0).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    into = (dates - months.astype("datetime64[D]")).astype(np.int64)
    found = (months + np.timedelta64(12 * years, "M")).astype("datetime64[D]").astype(np.int64)
    return np.where(known, found + into, OPEN)


def working_frame(episodes: pd.DataFrame) -> pd.DataFrame:
    """The episodes of a return as the rules take them, in order of child, ``decom`` and row.

    Args:
        episodes: `frames.EPISODE_COLUMNS`.

    Returns:
        The same columns; ``decom`` is `UNKNOWN` where it is not a date, ``dec`` is `OPEN` where
        it is blank or not a date. Codes are blank rather than missing.
    """
    columns: dict[str, object] = {name: episodes[name].to_numpy() for name in EPISODE_COLUMNS}
    columns["decom"] = as_days(episodes["decom"], UNKNOWN)
    columns["dec"] = as_days(episodes["dec"], OPEN)
    for name in CODES:
        columns[name] = _whole(episodes[name], ("", *ALWAYS_THERE.get(name, ())))
    columns["year"] = episodes["year"].to_numpy(np.int64)
    columns["closing"] = np.full(len(episodes), RECORDED, dtype=np.int8)
    return in_order(pd.DataFrame(columns))


def _whole(codes: pd.Series, needed: tuple[str, ...]) -> pd.Categorical:
    found = pd.Categorical(codes)
    names = list(found.categories)
    names += [code for code in needed if code not in names]
    return categories(np.where(found.codes < 0, names.index(""), found.codes), names)


def categories(codes: NDArray[Any], names: Sequence[str]) -> pd.Categorical:
    """A column of names from their positions."""
    kinds: Any = pd.Index(np.array(names, dtype=object))
    column: Any = pd.Categorical.from_codes(codes.astype(np.int64), categories=kinds)
    return cast(pd.Categorical, column)


def position(codes: pd.Series, name: str) -> int:
    """The position of a name among the categories of a column."""
    return list(codes.cat.categories).index(name)


def in_order(episodes: pd.DataFrame) -> pd.DataFrame:
    """Sorted by child, day and row."""
    order = np.lexsort((episodes["row"], episodes["decom"], episodes["child"]))
    return episodes.iloc[order].reset_index(drop=True)


def first_rows(episodes: pd.DataFrame, by: str = "child") -> Flags:
    """Which rows are the first of their child (or of another column that runs in order)."""
    values = episodes[by].to_numpy()
    return np.append(True, values[1:] != values[:-1])[: len(values)]


def last_rows(episodes: pd.DataFrame, by: str = "child") -> Flags:
    """Which rows are the last of their child (or of another column that runs in order)."""
    return np.append(first_rows(episodes, by)[1:], True)[: len(episodes)]


def previous(values: NDArray[Scalar]) -> NDArray[Scalar]:
    """Each row's predecessor's value; the first keeps its own (see `first_rows`)."""
    return values[np.maximum(np.arange(len(values)) - 1, 0)]


def following(values: NDArray[Scalar]) -> NDArray[Scalar]:
    """Each row's successor's value; the last keeps its own (see `last_rows`)."""
    return values[np.minimum(np.arange(len(values)) + 1, max(len(values) - 1, 0))]


def next_start(episodes: pd.DataFrame) -> Days:
    """The day on which the child's next episode begins; `OPEN` after the last."""
    decom = episodes["decom"].to_numpy()
    return np.where(last_rows(episodes), OPEN, following(decom))


def is_code(codes: pd.Series, *wanted: str) -> Flags:
    """Which rows have one of these codes."""
    flags = np.isin(codes.cat.categories.to_numpy(dtype=object), wanted)
    return flags[codes.cat.codes.to_numpy()] if len(flags) else np.zeros(len(codes), dtype=bool)


def same_as_previous(values: pd.Series) -> Flags:
    """Which rows hold what the row before holds."""
    held = values.cat.codes.to_numpy() if values.dtype == "category" else values.to_numpy()
    return np.append(False, held[1:] == held[:-1])[: len(held)]


def known(values: pd.Series) -> Flags:
    """Which rows hold something: a code that is not blank, a number that is not negative."""
    return ~is_code(values, "") if values.dtype == "category" else values.to_numpy() >= 0


def replaced(episodes: pd.DataFrame, where: Flags, **values: object) -> pd.DataFrame:
    """A copy with other values in some rows."""
    changed = episodes.copy()
    for name, value in values.items():
        new = value[where] if isinstance(value, np.ndarray) else value
        if changed[name].dtype == "category":
            codes = changed[name].cat.codes.to_numpy().copy()
            codes[where] = position(changed[name], str(new))
            changed[name] = categories(codes, list(changed[name].cat.categories))
        else:
            column = changed[name].to_numpy().copy()
            column[where] = new
            changed[name] = column
    return changed


def kept(episodes: pd.DataFrame, wanted: Flags) -> pd.DataFrame:
    """Some of the rows, numbered anew."""
    return episodes if wanted.all() else episodes[wanted].reset_index(drop=True)


def rows_gone(episodes: pd.DataFrame, where: Flags, dropped: Flags) -> Rows:
    """The numbers of some rows of which no part stays when ``dropped`` ones go."""
    rows = episodes["row"].to_numpy()
    found: Rows = np.setdiff1d(rows[where], rows[~dropped])
    return found


def rows_of(episodes: pd.DataFrame, where: Flags) -> Rows:
    """The numbers in the ledger of some rows."""
    found: Rows = episodes["row"].to_numpy()[where]
    return found
