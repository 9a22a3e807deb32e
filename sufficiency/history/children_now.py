"""The list that a placements team keeps: who is in care today, where and since when.

CSV or Excel, one row a child, under headings of the council's own that a small YAML file maps to
ours. Messages name rows and columns, never what stands in a cell of a row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sufficiency.domain import (
    ADULT_YEARS,
    EXIT_REASONS,
    NEED_GROUPS,
    SECTORS,
    Sector,
    birthday,
)
from sufficiency.errors import HistoryError
from sufficiency.history.children_plans import (
    END_ON,
    PRICES_AND_PLANS,
    is_move,
    prices_and_plans,
    reason_of,
)
from sufficiency.history.children_plans import plain as _plain
from sufficiency.history.returns.coded import Coded
from sufficiency.history.returns.dates import order_of, parse
from sufficiency.history.returns.place_sectors import PlaceSectors, shipped_sectors
from sufficiency.history.returns.workbooks import sheets

Flags = NDArray[np.bool_]

CHILD, BORN, ENTERED = "child", "date_of_birth", "entered_care_on"
PLACEMENT, PROVIDER, PLACED = "placement_type", "provider", "placement_started_on"
UASC, NEED = "uasc", "need_group"
REQUIRED = (CHILD, BORN, ENTERED, PLACEMENT, PLACED)
OPTIONAL = (PROVIDER, UASC, NEED, *PRICES_AND_PLANS)
NOT_USED = ("sibling_group",)
"""Columns of the list that a forecast does not use: brothers and sisters who are in care are taken
to leave independently of each other. The user is told."""
ADOPTION = "placed_for_adoption"
_TRUE = frozenset(("1", "y", "yes", "true", "uasc"))
_FALSE = frozenset(("", "0", "n", "no", "false", "not uasc"))
_MOST_ROWS_NAMED = 5
_MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Headings:
    """How a council's own list reads."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our name to the heading in the file; a name left out is its own heading."""
    placement_types: Mapping[str, str] = field(default_factory=dict)
    """Words for a kind of placement, in small letters, to a sector, ``placed_for_adoption``, or
    a code of the return such as U6."""
    providers: Mapping[str, str] = field(default_factory=dict)
    """Words for a provider, in small letters, to a code of the return such as PR1."""
    planned_end_reasons: Mapping[str, str] = field(default_factory=dict)
    """Words for a reason to leave care, in small letters, to ours or a code such as E4A."""


@dataclass(frozen=True)
class ChildrenNow:
    """A team's list as read; n children."""

    children: pd.DataFrame
    """``born, uasc, entered_on, sector, placed_for_adoption, placed_on, need_group``, then
    `PRICES_AND_PLANS`."""
    not_used: tuple[str, ...]
    """Columns of the list that the forecast does not use."""


def read_headings(path: Path, place_sectors: PlaceSectors | None = None) -> Headings:
    """Read the YAML file that maps a council's headings and words to ours.

    Keys: ``columns`` (our name: your heading), ``placement_types`` (your word: a sector,
    ``placed_for_adoption`` or a code such as U6), ``providers`` (your word: PR1 and so on) and
    ``planned_end_reasons`` (your word: a reason for leaving care or a code such as E4A). Codes of
    placements are those of ``place_sectors``, by default the table that ships.

    Raises:
        HistoryError: it is not such a file.
    """
    try:
        read = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8-sig")) or {}
    except (OSError, UnicodeDecodeError, YAMLError):
        raise HistoryError(f"{path.name}: cannot be read as YAML in UTF-8.") from None
    known = ("columns", "placement_types", "providers", "planned_end_reasons")
    if not isinstance(read, dict) or not all(isinstance(read.get(k, {}), dict) for k in known):
        raise HistoryError(f"{path.name}: expected the keys {', '.join(known)}, each with pairs.")
    unknown = [str(key) for key in read if key not in known]
    columns = {str(ours): str(theirs) for ours, theirs in read.get("columns", {}).items()}
    unknown += [name for name in columns if name not in (*REQUIRED, *OPTIONAL, *NOT_USED)]
    if unknown:
        near = get_close_matches(unknown[0], [*known, *REQUIRED, *OPTIONAL, *NOT_USED], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise HistoryError(f"{path.name}: unknown key {unknown[0]}.{hint}")
    targets = {str(sector) for sector in SECTORS} | {ADOPTION}
    types = {_plain(word): str(to) for word, to in read.get("placement_types", {}).items()}
    table = place_sectors or shipped_sectors()
    for to in types.values():
        if to not in targets and table.line_of(to.upper(), "") == _unknown_line(table):
            raise HistoryError(
                f'{path.name}, placement_types: "{to}" is no sector ({", ".join(sorted(targets))}) '
                "and no code of the return such as U6."
            )
    providers = {_plain(word): str(to) for word, to in read.get("providers", {}).items()}
    reasons = {_plain(word): str(to) for word, to in read.get("planned_end_reasons", {}).items()}
    for to in reasons.values():
        if not reason_of(to, {}) and not is_move(to, {}):
            raise HistoryError(
                f'{path.name}, planned_end_reasons: "{to}" is no reason for leaving care '
                f"({', '.join(map(str, EXIT_REASONS))}) and no code of the return such as E4A."
            )
    return Headings(columns, types, providers, reasons)


def read_children_now(
    path: Path,
    as_at: date,
    headings: Headings | None = None,
    place_sectors: PlaceSectors | None = None,
) -> ChildrenNow:
    """Read a list of the children in care at the end of ``as_at``.

    ``place_sectors`` says which codes of placements belong to which setting: the table that the
    returns are read with, by default the one that ships.

    Raises:
        HistoryError: a column is missing or a row cannot be; rows are named by their number in
            the file, the headings being row 1.
    """
    mapped = headings or Headings()
    rows = _rows(path)
    columns = _columns(rows[0], mapped, path.name)
    body = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]
    if not body:
        raise HistoryError(f"{path.name}: no child stands below the headings.")
    numbers = np.array([number for number, _ in body])
    cells = {
        name: Coded.of([row[at] if at < len(row) else "" for _, row in body])
        for name, at in columns.items()
    }
    for name in OPTIONAL:
        cells.setdefault(name, Coded.blank(len(body)))
    check = _Checked(path.name, numbers)
    frame = _frame(cells, mapped, place_sectors or shipped_sectors(), as_at, check)
    _check_times(frame, as_at, check)
    used = tuple(name for name in NOT_USED if name in columns)
    return ChildrenNow(frame.reset_index(drop=True), used)


class _Checked:
    """Refuses rows by kind of fault, never by value."""

    def __init__(self, file: str, numbers: NDArray[np.int64]) -> None:
        self.file, self.numbers = file, numbers

    def refuse(self, wrong: Flags, fault: str) -> None:
        """Raise if any row is wrong."""
        found = self.numbers[wrong]
        if not len(found):
            return
        named = ", ".join(str(number) for number in found[:_MOST_ROWS_NAMED])
        more = len(found) - _MOST_ROWS_NAMED
        rest = f" and {more} more" if more > 0 else ""
        plural = "s" if len(found) > 1 else ""
        raise HistoryError(f"{self.file}, row{plural} {named}{rest}: {fault}")


# --- the file -------------------------------------------------------------------------------


def _rows(path: Path) -> list[list[str]]:
    """All rows as trimmed text, the headings first."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise HistoryError(f"{path.name}: cannot be read. Check the name and folder.") from None
    if len(raw) > _MAX_BYTES:
        raise HistoryError(f"{path.name}: {len(raw):,} bytes, far too large for a list.")
    # Workbooks of returns are read by the same function, which refuses those made to harm.
    rows = _cells(next(sheets(path.name, raw), "")) if raw[:2] == b"PK" else _csv(raw)
    while rows and not any(rows[0]):
        rows.pop(0)
    if not rows:
        raise HistoryError(f"{path.name}: the file is empty.")
    return rows


def _csv(raw: bytes) -> list[list[str]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    return _cells(text, max(",;\t", key=first.count))


def _cells(text: str, delimiter: str = ",") -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [[cell.strip() for cell in row] for row in reader]


def _columns(found: Sequence[str], mapped: Headings, file: str) -> dict[str, int]:
    """Where each of our columns stands."""
    places = {_plain(heading): at for at, heading in reversed(list(enumerate(found)))}
    columns, missing = {}, []
    for name in (*REQUIRED, *OPTIONAL, *NOT_USED):
        heading = mapped.columns.get(name, name)
        if _plain(heading) in places:
            columns[name] = places[_plain(heading)]
        elif name in REQUIRED or name in mapped.columns:
            missing.append(heading)
    if missing:
        raise HistoryError(
            f"{file}: no column is headed {', '.join(missing)}. Say under `columns` of a YAML file "
            "(--headings) which heading stands for which of "
            f"{', '.join((*REQUIRED, *OPTIONAL))}."
        )
    return columns


# --- the rows -------------------------------------------------------------------------------


def _frame(
    cells: Mapping[str, Coded],
    mapped: Headings,
    place_sectors: PlaceSectors,
    as_at: date,
    check: _Checked,
) -> pd.DataFrame:
    child = cells[CHILD]
    check.refuse(child.is_blank(), "the child has no number. Give each child one of its own.")
    doubled = pd.Series(child.codes).duplicated(keep=False).to_numpy()
    check.refuse(doubled, "the same child stands on several rows. Keep the present placement.")
    order = order_of([cells[name] for name in (BORN, ENTERED, PLACED, END_ON)])
    days = {}
    for name in (BORN, ENTERED, PLACED):
        days[name], _ = parse(cells[name], order)
        check.refuse(
            np.isnat(days[name]), f"{name} is no date, expected one such as 30/09/2024 (day first)."
        )
    sector, adoptive = _settings(cells[PLACEMENT], cells[PROVIDER], mapped, place_sectors, check)
    need = _in(cells[NEED], [str(name) for name in NEED_GROUPS])
    check.refuse(need < 0, f"{NEED} is none of {', '.join(map(str, NEED_GROUPS))}.")
    needs = np.array(["", *map(str, NEED_GROUPS)])
    planned = prices_and_plans(cells, order, as_at, mapped.planned_end_reasons, check.refuse)
    known = pd.DataFrame(
        {
            "born": days[BORN],
            "uasc": _yes(cells[UASC], check),
            "entered_on": days[ENTERED],
            "sector": sector,
            "placed_for_adoption": adoptive,
            "placed_on": days[PLACED],
            "need_group": needs[need],
        }
    )
    return known.join(planned)


def _in(column: Coded, names: Sequence[str]) -> NDArray[np.int64]:
    """(n,): 0 for a blank, the place of a name from 1, -1 for anything else."""
    places = {_plain(name): at + 1 for at, name in enumerate(names)} | {"": 0}
    return np.array([places.get(_plain(value), -1) for value in column.values])[column.codes]


def _yes(column: Coded, check: _Checked) -> Flags:
    known = column.flags(lambda value: value.lower() in _TRUE | _FALSE)
    check.refuse(~known, f"{UASC} is neither yes nor no.")
    return column.flags(lambda value: value.lower() in _TRUE)


def _settings(
    placement: Coded,
    provider: Coded,
    mapped: Headings,
    place_sectors: PlaceSectors,
    check: _Checked,
) -> tuple[NDArray[np.object_], Flags]:
    """(n,) sector, and whether placed for adoption."""
    kinds = [_kind(value, mapped) for value in placement.values]
    codes = [_provider(value, mapped) for value in provider.values]
    table = np.full((len(kinds), len(codes)), "", dtype=object)
    for row, kind in enumerate(kinds):
        for column, code in enumerate(codes):
            table[row, column] = _sector_of(kind, code, place_sectors)
    found = table[placement.codes, provider.codes]
    check.refuse(
        found == "",
        f"{PLACEMENT} (with {PROVIDER}) is no sector and no code of the return. Add the word under "
        "`placement_types` of the YAML file (--headings), or give the provider's code.",
    )
    adoptive = found == ADOPTION
    return np.where(adoptive, str(Sector.OTHER), found), np.asarray(adoptive, dtype=bool)


def _kind(value: str, mapped: Headings) -> str:
    return mapped.placement_types.get(_plain(value), value)


def _provider(value: str, mapped: Headings) -> str:
    return mapped.providers.get(_plain(value), value).upper()


def _sector_of(kind: str, provider: str, mapping: PlaceSectors) -> str:
    """The sector of a kind of placement and a provider's code; empty if there is none."""
    words = {_plain(name): name for name in (*map(str, SECTORS), ADOPTION)}
    if _plain(kind) in words:
        return words[_plain(kind)]
    line = mapping.line_of(kind.upper(), provider)
    if line == _unknown_line(mapping):
        return ""
    if mapping.subsectors[line] == ADOPTION:
        return ADOPTION
    sector = mapping.sectors[line]
    return sector if sector in {str(name) for name in SECTORS} else ""


def _unknown_line(mapping: PlaceSectors) -> int:
    """The line of the mapping that takes what no other does."""
    return len(mapping.sectors) - 1


def _check_times(frame: pd.DataFrame, as_at: date, check: _Checked) -> None:
    day = pd.Timestamp(as_at)
    adult = pd.Timestamp(birthday(as_at, -ADULT_YEARS))
    faults: Iterable[tuple[pd.Series[bool], str]] = (
        (frame["entered_on"] < frame["born"], f"{ENTERED} is before {BORN}."),
        (frame["placed_on"] < frame["entered_on"], f"{PLACED} is before {ENTERED}."),
        (frame["placed_on"] > day, f"{PLACED} is after {as_at}, the day of the list (--as-at)."),
        (frame["entered_on"] > day, f"{ENTERED} is after {as_at}, the day of the list (--as-at)."),
        (frame["born"] <= adult, f"the child is 18 or over on {as_at}. Take the row out."),
    )
    for wrong, fault in faults:
        check.refuse(wrong.to_numpy(bool), fault)
