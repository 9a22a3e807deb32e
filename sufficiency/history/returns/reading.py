"""A council's SSDA903 files, read as they are: the first step of child-level calibration.

``read_return`` recognises tables by their headings, decodes, parses, replaces identifiers by
meaningless numbers, and applies the rules that concern one row or one child's Header. It leaves
to the rebuilding of histories whatever needs a child's other episodes: starts and ends that are
no dates or outside their year, repeated and stale rows, overlaps, gaps, periods of care, respite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sufficiency.errors import HistoryError
from sufficiency.history.returns import row_rules as rules
from sufficiency.history.returns.births import fold_repeats, settle_births
from sufficiency.history.returns.coded import Coded, Flags, Ints, RawTable
from sufficiency.history.returns.codes import UNKNOWN, coded, yes_or_no
from sufficiency.history.returns.dates import DateOrder, Days, order_of, parse
from sufficiency.history.returns.frames import (
    EPISODE_COLUMNS,
    HEADER_COLUMNS,
    UASC_COLUMNS,
    Return,
    SourceFile,
)
from sufficiency.history.returns.headings import EPISODES, HEADER, UASC, USED
from sufficiency.history.returns.labels import Labels, rounded, without_authority
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.recognising import NOT_USED, XML, FoundFile, found_files
from sufficiency.history.returns.row_warnings import (
    IMPOSSIBLE_POSTCODE,
    is_no_postcode,
    warn_of_ages,
    warn_of_rows,
)
from sufficiency.history.returns.table_years import ChildList, YearlyTable, list_years
from sufficiency.history.returns.years import FileYears, file_years

DATE_COLUMNS = ("DECOM", "DEC", "DOB", "DUC")
CODE_COLUMNS = {
    "rne": "RNE",
    "ls": "LS",
    "cin": "CIN",
    "place": "PLACE",
    "provider": "PLACE_PROVIDER",
    "rec": "REC",
    "reason": "REASON_PLACE_CHANGE",
}
MONTH_ONLY_AT_LEAST = 5
"""So many children born on the same day of the month, and none on another, are no chance."""


@dataclass(frozen=True)
class Placed:
    """A table with where its rows stand among all rows read, and how its file writes dates."""

    file: FoundFile
    table: RawTable
    first_row: int
    order: DateOrder

    @property
    def rows(self) -> Ints:
        """(n_rows,) numbers among all rows read."""
        return self.first_row + np.arange(self.table.n_rows, dtype=np.int64)

    @property
    def is_sound(self) -> Flags:
        """(n_rows,): neither blank nor broken."""
        sound = np.ones(self.table.n_rows, dtype=bool)
        sound[self.table.blank_rows] = False
        sound[self.table.broken_rows] = False
        return sound


@dataclass
class _Names:
    """The numbers that stand for children, places and registrations."""

    children: Labels
    posts: Labels
    urns: Labels
    by_authority: bool
    """Whether a child is told by the authority too: several share the files."""

    def of_children(self, table: RawTable) -> Ints:
        """(n_rows,) numbers of the children of a table."""
        child = without_authority(table.column("CHILD"))
        return self.children.of(child, table.column("LA") if self.by_authority else None)


def read_return(paths: Sequence[Path]) -> tuple[Return, RowLedger]:
    """Read one council's return: folders, files or zip files, of one year or many.

    Every row of the tables used is in the ledger: used, repaired by a named rule, or set aside.
    All rows of a child hold the same ``dob`` and ``sex``. A code that is in no year's list is
    ``codes.UNKNOWN``. Nothing is written, and no message holds what stands in a cell.

    Raises:
        HistoryError: there is no return among the files, or one cannot be read; the message says
            which, and what to give instead.
    """
    found = found_files(paths)
    placed, n_rows = _placed(found)
    ledger = RowLedger(n_rows)
    names = _Names(Labels(), Labels(), Labels(), _several_authorities(placed))
    episodes, tables = _all_episodes(placed, names, ledger)
    header, uasc, lent = _all_lists(placed, names, tables, ledger)
    files = _source_files(found, placed, [episodes, header, uasc])
    episodes = rules.settle_codes(rules.without_ancient(episodes, ledger), ledger)
    header = fold_repeats(header.drop(columns="duc"), ledger)
    header, episodes = settle_births(header, lent, episodes, ledger)
    warn_of_rows(episodes, ledger)
    uasc = warn_of_ages(header, uasc, episodes, ledger)
    if episodes.empty:
        raise HistoryError("every episode was set aside, so there is nothing to forecast from.")
    header = _flagged(header, uasc)
    return (
        Return(
            episodes=_typed(episodes, EPISODE_COLUMNS),
            header=_typed(header, HEADER_COLUMNS),
            uasc=_typed(uasc, UASC_COLUMNS),
            files=files,
            years=tuple(sorted({int(year) for year in episodes["year"].unique()})),
        ),
        ledger,
    )


def _placed(found: Sequence[FoundFile]) -> tuple[list[Placed], int]:
    """The tables to be used, one after the other, and how many rows they have together."""
    placed: list[Placed] = []
    n_rows = 0
    for file in found:
        dates = [
            table.columns[name]
            for table in file.tables
            for name in DATE_COLUMNS
            if name in table.columns
        ]
        order = order_of(dates)
        for table in file.tables:
            placed.append(Placed(file, table, n_rows, order))
            n_rows += table.n_rows if table.kind in USED else 0
    return placed, n_rows


def _several_authorities(placed: Sequence[Placed]) -> bool:
    """Whether every table used says which authority, and there are several."""
    used = [each.table for each in placed if each.table.kind in USED and each.table.n_rows]
    if not all("LA" in table.columns for table in used):
        return False
    return len({value for table in used for value in table.columns["LA"].values if value}) > 1


def _all_episodes(
    placed: Sequence[Placed], names: _Names, ledger: RowLedger
) -> tuple[pd.DataFrame, list[YearlyTable]]:
    frames: list[pd.DataFrame] = []
    tables: list[YearlyTable] = []
    for each in placed:
        if each.table.kind == EPISODES:
            frame, years = _episodes(each, names, ledger)
            frames.append(frame)
            child, year = frame["child"].to_numpy(), frame["year"].to_numpy()
            tables.append(YearlyTable(each.file, child, year, years.year, years.moved))
    episodes = pd.concat(frames, ignore_index=True)
    if not (episodes["year"] > 0).any():
        raise HistoryError(
            "none of the episodes has a date that can be read in its columns DECOM and DEC; "
            "expected dates such as 31/03/2023."
        )
    return episodes, tables


def _episodes(each: Placed, names: _Names, ledger: RowLedger) -> tuple[pd.DataFrame, FileYears]:
    """The sound rows of a table of episodes, and its collection years."""
    table = each.table
    decom, dec = _date(each, "DECOM", ledger), _date(each, "DEC", ledger)
    child = names.of_children(table)
    kept = _with_a_child(each, child, ledger)
    labels = table.columns.get("YEAR")
    years = file_years(decom, dec, labels)
    of_row = years.of_row.astype(np.int64)
    if years.year is None and labels is None:
        of_row = _before_their_end(of_row, child, decom, dec)
    unreadable = np.isnat(dec) & ~table.column("DEC").is_blank()
    columns: dict[str, Any] = {
        "row": each.rows,
        "year": of_row,
        "child": child,
        "decom": decom.astype("datetime64[s]"),
        "dec": dec.astype("datetime64[s]"),
        "dec_unreadable": unreadable,
    }
    for name, heading in CODE_COLUMNS.items():
        columns[name] = _code(each, heading, ledger)
    for heading in ("HOME_POST", "PL_POST"):
        impossible = is_no_postcode(table.column(heading))
        ledger.note(IMPOSSIBLE_POSTCODE, each.rows[impossible & kept])
    posts = names.posts
    columns |= {"home_post": posts.of(table.column("HOME_POST"))}
    columns |= {"pl_post": posts.of(table.column("PL_POST"))}
    columns |= {"urn": names.urns.of(_registrations(table.column("URN")))}
    return pd.DataFrame(columns)[kept], years


def _before_their_end(years: Ints, child: Ints, decom: Days, dec: Days) -> Ints:
    """In a history in one file: an open row, repeated with an end, is of an earlier year."""
    rows = pd.DataFrame({"child": child, "decom": decom.astype("datetime64[s]"), "year": years})
    is_open = np.isnat(dec)
    ends = rows[~is_open].groupby(["child", "decom"])["year"].min()
    twins = pd.MultiIndex.from_frame(rows.loc[is_open, ["child", "decom"]])
    ended = ends.reindex(twins).to_numpy()
    moved = years.copy()
    moved[is_open] = np.where(np.isnan(ended), years[is_open], np.nan_to_num(ended) - 1)
    return moved


def _registrations(column: Coded) -> Coded:
    """Registration numbers; the mark for "regulated elsewhere" tells no setting from another."""
    return Coded(
        column.codes, tuple("" if set(value.upper()) == {"X"} else value for value in column.values)
    )


def _with_a_child(each: Placed, child: Ints, ledger: RowLedger) -> Flags:
    """(n_rows,): rows that can be used; the others are set aside and counted."""
    shortened = rounded(each.table.column("CHILD"))
    sound = each.is_sound
    ledger.note(rules.BLANK_ROW, each.rows[each.table.blank_rows])
    ledger.note(rules.BROKEN_ROW, each.rows[each.table.broken_rows])
    ledger.note(rules.SHORT_ROW, each.rows[each.table.short_rows])
    ledger.note(rules.NO_CHILD, each.rows[sound & (child < 0)])
    ledger.note(rules.ROUNDED_CHILD, each.rows[sound & shortened])
    return np.asarray(sound & (child >= 0) & ~shortened)


def _date(each: Placed, heading: str, ledger: RowLedger) -> Days:
    days, unlike = parse(each.table.column(heading), each.order)
    ledger.note(rules.OTHER_DATE_FORM, each.rows[unlike & each.is_sound])
    return days


def _code(each: Placed, heading: str, ledger: RowLedger) -> pd.Categorical[object]:
    codes, tidied = coded(heading, each.table.column(heading))
    sound = each.is_sound
    ledger.note(rules.OTHER_CODE_FORM, each.rows[tidied & sound])
    ledger.note(rules.UNKNOWN_CODES[heading], each.rows[np.asarray(codes == UNKNOWN) & sound])
    return codes


def _all_lists(
    placed: Sequence[Placed], names: _Names, tables: Sequence[YearlyTable], ledger: RowLedger
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The Header, the UASC table, and the dates of birth that every other table tells."""
    header: list[pd.DataFrame] = []
    uasc: list[pd.DataFrame] = []
    lent: list[pd.DataFrame] = []
    has_header = any(each.table.kind == HEADER for each in placed)
    for each in placed:
        if "DOB" not in each.table.columns:
            continue
        kind = each.table.kind
        children = _children(each, names, tables, ledger if kind in (HEADER, UASC) else None)
        if kind == HEADER:
            header.append(children)
            uasc.append(children[children["uasc"].fillna(False).to_numpy(dtype=bool)])
        elif kind == UASC:
            uasc.append(children)
        elif kind == EPISODES and not has_header:
            header.append(children.drop_duplicates(["year", "child"], keep="last"))
        else:
            lent.append(children)
    whole = pd.concat(header, ignore_index=True)
    flagged = pd.concat(uasc, ignore_index=True) if uasc else whole[:0]
    return whole, flagged, pd.concat([flagged, *lent], ignore_index=True)


def _children(
    each: Placed, names: _Names, tables: Sequence[YearlyTable], ledger: RowLedger | None
) -> pd.DataFrame:
    """The sound rows of a list of children; without a ledger its rows are not counted."""
    noted = RowLedger(0) if ledger is None else ledger
    table = each.table
    child = names.of_children(table)
    kept = _with_a_child(each, child, noted)
    dob = _date(each, "DOB", noted)
    flags = yes_or_no(table.column("UASC"))
    columns = {
        "row": each.rows,
        "year": list_years(tables, ChildList(each.file, child, table.columns.get("YEAR"))),
        "child": child,
        "sex": _code(each, "SEX", noted),
        "dob": dob.astype("datetime64[s]"),
        "dob_given": ~table.column("DOB").is_blank(),
        "dob_is_month_only": np.full(table.n_rows, _is_month_only(dob, child)),
        "uasc": pd.arrays.BooleanArray(flags == 1, flags < 0),
        "duc": _date(each, "DUC", noted).astype("datetime64[s]"),
    }
    frame = pd.DataFrame(columns)[kept]
    unknown = (frame["sex"] == UNKNOWN).to_numpy()
    frame.loc[unknown, "sex"] = "U"
    return frame


def _is_month_only(dob: Days, child: Ints) -> bool:
    """Whether all dates of birth of a table lie on one day of the month, as if moved there."""
    known = ~np.isnat(dob)
    days = (dob - dob.astype("datetime64[M]"))[known]
    several = np.unique(child[known]).size >= MONTH_ONLY_AT_LEAST
    return bool(several and (days == days[0]).all())


def _flagged(header: pd.DataFrame, uasc: pd.DataFrame) -> pd.DataFrame:
    """The Header with the flag of the UASC table, where there is one for the year."""
    listed = pd.MultiIndex.from_frame(uasc[["year", "child"]])
    own = pd.MultiIndex.from_frame(header[["year", "child"]])
    flags = header["uasc"].mask(own.isin(listed), True)
    told = header["uasc"].isna().to_numpy() & header["year"].isin(uasc["year"].unique()).to_numpy()
    return header.assign(uasc=flags.mask(told & ~own.isin(listed), False))


def _typed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """The columns of an interface, in its order and types, rows in order of ``row``."""
    return frame[list(columns)].astype(columns).sort_values("row").reset_index(drop=True)


def _source_files(
    found: Sequence[FoundFile], placed: Sequence[Placed], frames: Sequence[pd.DataFrame]
) -> tuple[SourceFile, ...]:
    """What was found, in order, each file once: an XML file stands for both its tables."""
    files: list[SourceFile] = []
    for file in found:
        own = [each for each in placed if each.file is file and each.table.kind in USED]
        kinds = [each.table.kind for each in placed if each.file is file]
        kind = XML if len(kinds) > 1 else kinds[0] if kinds else NOT_USED
        files.append(
            SourceFile(
                name=file.name,
                kind=kind,
                sha256=file.sha256,
                encoding=file.encoding,
                date_format=own[0].order.shape if own else "",
                year=_only_year(own, frames),
                first_row=own[0].first_row if own else 0,
                n_rows=sum(each.table.n_rows for each in own),
                first_line=own[0].table.first_line if own else 0,
                note=file.note,
            )
        )
    return tuple(files)


def _only_year(own: Sequence[Placed], frames: Sequence[pd.DataFrame]) -> int | None:
    """The collection year of all rows of a file; None if there are several or none."""
    if not own:
        return None
    first, after_last = own[0].first_row, own[-1].first_row + own[-1].table.n_rows
    years: set[int] = set()
    for frame in frames:
        years.update(frame.loc[frame["row"].between(first, after_last - 1), "year"].unique())
    return int(years.pop()) if len(years) == 1 else None
