"""Which of a user's files make up a return; what is none is refused, or named and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sufficiency.errors import HistoryError
from sufficiency.history.returns.coded import RawTable
from sufficiency.history.returns.decoding import decode
from sufficiency.history.returns.delimited import read_delimited
from sufficiency.history.returns.headings import (
    EPISODES,
    HEADER,
    OTHER,
    PORTAL,
    REQUIRED,
    USED,
    VALIDATOR,
    missing_for_episodes,
)
from sufficiency.history.returns.sources import (
    TABLE_SUFFIXES,
    WHAT_TO_GIVE,
    ZIP_SUFFIX,
    Source,
    sources,
)
from sufficiency.history.returns.workbooks import SUFFIX as WORKBOOK_SUFFIX
from sufficiency.history.returns.workbooks import sheets
from sufficiency.history.returns.xml_form import looks_like_xml, read_xml
from sufficiency.history.returns.years import label_year

NOT_USED = "not_used"
XML = "xml"
OPENED = ", ".join((*TABLE_SUFFIXES, ZIP_SUFFIX))
ADVICE = {
    VALIDATOR: (
        "this is the validator's list of faults, not the return. Give the files that were put "
        "into the validator."
    ),
    PORTAL: (
        "this is an extract from the Department's portal, with other columns than the return: its "
        "rows are not the episodes. Export the Episodes and Header files of the return from your "
        "case system, with the headings CHILD, DECOM, RNE, LS, CIN, PLACE, ..."
    ),
}


@dataclass(frozen=True)
class FoundFile:
    """A file with what was recognised in it."""

    name: str
    folder: str
    sha256: str
    encoding: str
    tables: tuple[RawTable, ...]
    note: str = ""
    sheet: int = 0
    """Which sheet of a workbook it is, from 1; 0 for other files."""

    @property
    def is_used(self) -> bool:
        """Whether rows of it enter the return."""
        return any(table.kind in USED for table in self.tables)


def found_files(paths: Sequence[Path]) -> list[FoundFile]:
    """Every file, read if it is a table; Episodes that repeat others, byte for byte, only once.

    Two years' lists of children may be the same and mean two years, so they are taken for copies
    only in one folder under one year.

    Raises:
        HistoryError: a file cannot be read, or is no return but something taken for one; or
            among the files there is no Episodes or no Header table.
    """
    found: list[FoundFile] = []
    first: dict[tuple[object, ...], str] = {}
    for source in sources(paths):
        for file in _recognised(source):
            earlier = first.get(_same_if(file)) if file.is_used else None
            if earlier is None:
                first.setdefault(_same_if(file), file.name)
                found.append(file)
            else:
                note = f"The same as {earlier}, byte for byte."
                found.append(replace(file, encoding="", tables=(), note=note))
    _check_complete(found)
    return found


def _same_if(file: FoundFile) -> tuple[object, ...]:
    """What two files must share for one to be a copy of the other."""
    if any(table.kind == EPISODES for table in file.tables):
        return (file.sha256, file.sheet)
    return (file.sha256, file.sheet, file.folder, label_year(file.name))


def _recognised(source: Source) -> list[FoundFile]:
    """What is in a file: a workbook has a table a sheet, XML has two, other files have one."""
    raw = source.raw
    file = FoundFile(source.name, source.folder, source.sha256, "", ())
    if raw is None:
        return [replace(file, note=f"Not a table by its name; only {OPENED} files are opened.")]
    if not raw.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        return [replace(file, note="The file is empty.")]
    if looks_like_xml(raw):
        tables = read_xml(source.name, raw)
        note = "" if tables else "XML, but no children of a return in it."
        return [replace(file, encoding=XML, tables=tables or (), note=note)]
    if source.name.casefold().endswith(WORKBOOK_SUFFIX):
        return [
            _with_table(replace(file, name=f"{file.name}, sheet {n}", sheet=n), text)
            for n, text in enumerate(sheets(source.name, raw), start=1)
        ]
    text, encoding = decode(source.name, raw)
    return [_with_table(replace(file, encoding=encoding), text)]


def _with_table(file: FoundFile, text: str) -> FoundFile:
    table, headings = read_delimited(file.name, text)
    if table is not None and table.kind in ADVICE:
        raise HistoryError(f"{file.name}: {ADVICE[table.kind]}")
    tables = () if table is None else (table,)
    return replace(file, tables=tables, note=_note(table, headings))


def _note(table: RawTable | None, headings: Sequence[str]) -> str:
    if table is None:
        absent = missing_for_episodes(headings)
        if absent:
            return f"Looks like Episodes without the columns {', '.join(absent)}."
        return "Its headings are those of no table of the return."
    if table.kind in USED:
        return "" if table.n_rows else "There are no rows under the headings."
    if table.kind == OTHER:
        return f"{table.n_rows:,} rows; only dates of birth may be taken from it."
    return f"{table.n_rows:,} rows; not needed, but for dates of birth that the Header lacks."


def _check_complete(found: Sequence[FoundFile]) -> None:
    if not found:
        raise HistoryError(f"there is no file in the folder. {WHAT_TO_GIVE}")
    kinds = {table.kind for file in found for table in file.tables if table.n_rows}
    for kind, called in ((EPISODES, "Episodes"), (HEADER, "Header")):
        if kind in kinds or (kind == HEADER and _episodes_tell_births(found)):
            continue
        raise HistoryError(
            f"there is no {called} table with rows among the {_files(found)}: none has the "
            f"headings {', '.join(REQUIRED[kind])}. {_what_was_found(found)}{WHAT_TO_GIVE}"
        )


def _episodes_tell_births(found: Sequence[FoundFile]) -> bool:
    """Whether the Episodes carry the Header's columns too: everything in one table."""
    tables = [table for file in found for table in file.tables if table.kind == EPISODES]
    return bool(tables) and all({"DOB", "SEX"} <= table.columns.keys() for table in tables)


def _files(found: Sequence[FoundFile]) -> str:
    return "one file" if len(found) == 1 else f"{len(found)} files"


def _what_was_found(found: Sequence[FoundFile]) -> str:
    shown = [f"{file.name} ({_what(file)})" for file in found[:5]]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return f"Found {', '.join(shown)}{more}. "


def _what(file: FoundFile) -> str:
    kinds = [table.kind for table in file.tables if table.n_rows]
    return ", ".join(kinds) or file.note.rstrip(".").replace("Its headings", "whose headings")
