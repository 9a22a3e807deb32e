"""A table from delimited text, every line accounted for.

Each line is one row, so that a row's number and a line's number never part. A line with too many
or too few cells is not dropped: it is kept in its place and reported.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from sufficiency.errors import HistoryError
from sufficiency.history.returns.coded import Coded, RawTable
from sufficiency.history.returns.headings import KNOWN, plain_heading, recognise

DELIMITERS = (",", "\t", ";", "|")
CELL_END = "\x1f"
"""Stands between cells once quotes are resolved: the control character made for it."""
LINES_SEARCHED = 25
"""Headings stand within so many lines; above them may be titles and blank lines."""


def read_delimited(name: str, text: str) -> tuple[RawTable | None, list[str]]:
    """The table in a text, and the plain headings that were found.

    The table is None if the headings are those of no known table; the headings that are returned
    are then only ones that the return has, as what stands in the first line may be about a child.

    Raises:
        HistoryError: a line is longer than any row can be; the message names the file.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace(CELL_END, " ").split("\n")
    place, delimiter, headings = _find_headings(lines)
    kind = recognise(headings)
    if kind is None:
        return None, [name for name in headings if name in KNOWN]
    try:
        return _table(kind, headings, lines[place + 1 :], delimiter, place + 2), headings
    except pa.ArrowInvalid:
        # Its message may quote a line.
        raise HistoryError(
            f"{name}: a line is longer than a row of a return can be; it may not be a table."
        ) from None


def _find_headings(lines: Sequence[str]) -> tuple[int, str, list[str]]:
    """Where the headings are, what parts them, and the headings: the best line near the top."""
    best: tuple[int, int, str, list[str]] = (-1, 0, ",", [])
    for place, line in enumerate(lines[:LINES_SEARCHED]):
        for delimiter in DELIMITERS:
            headings = [plain_heading(cell) for cell in _cells(line, delimiter)]
            if recognise(headings) is not None:
                return place, delimiter, headings
            n_known = len(KNOWN.intersection(headings))
            if n_known > best[0]:
                best = (n_known, place, delimiter, headings)
    return best[1:]


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; a quote without its partner is taken as a letter that strayed in."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True), [""])
    except csv.Error:
        return line.replace('"', "").split(delimiter)
    return [cell.replace("\n", " ") for cell in cells]


def _table(
    kind: str, headings: Sequence[str], lines: list[str], delimiter: str, first_line: int
) -> RawTable:
    """The rows below the headings; lines after the last with anything in it are no rows."""
    width = len(headings)
    nothing = delimiter + ' "\t'
    while lines and not lines[-1].strip(nothing):
        lines.pop()
    blank: list[int] = []
    broken: list[int] = []
    short: list[int] = []
    ends = width - 1
    for row, line in enumerate(lines):
        if '"' in line:
            line = CELL_END.join(_cells(line, delimiter))
        else:
            line = line.replace(delimiter, CELL_END)
        found = line.count(CELL_END)
        if not line.strip(CELL_END + " "):
            blank.append(row)
            line = CELL_END * ends
        elif found < ends:
            short.append(row)
            line += CELL_END * (ends - found)
        elif found > ends:
            cells = line.split(CELL_END)
            if any(cell.strip() for cell in cells[width:]):
                broken.append(row)
            line = CELL_END.join(cells[:width])
        lines[row] = line
    columns = _columns(headings, lines)
    return RawTable(
        kind,
        columns,
        len(lines),
        first_line,
        *(np.array(x, dtype=np.int64) for x in (blank, broken, short)),
    )


def _columns(headings: Sequence[str], lines: list[str]) -> dict[str, Coded]:
    """The named columns, the first of each name; nameless ones are left out."""
    places: dict[str, int] = {}
    for place, name in enumerate(headings):
        if name in KNOWN:
            places.setdefault(name, place)
    if not lines:
        return {name: Coded.blank(0) for name in places}
    names = [str(place) for place in range(len(headings))]
    text = pa.dictionary(pa.int32(), pa.string())
    read = pa_csv.read_csv(
        pa.BufferReader(("\n".join(lines) + "\n").encode("utf-8", errors="replace")),
        read_options=pa_csv.ReadOptions(column_names=names),
        parse_options=pa_csv.ParseOptions(
            delimiter=CELL_END, quote_char=False, escape_char=False, ignore_empty_lines=False
        ),
        convert_options=pa_csv.ConvertOptions(
            include_columns=[str(place) for place in places.values()],
            column_types=dict.fromkeys(names, text),
            strings_can_be_null=False,
            auto_dict_encode=False,
        ),
    )
    return {name: _coded(read.column(str(place))) for name, place in places.items()}


def _coded(column: pa.ChunkedArray) -> Coded:
    whole = column.unify_dictionaries().combine_chunks()
    chunk = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    return Coded.trimmed(
        chunk.indices.to_numpy(zero_copy_only=False).astype(np.int64), chunk.dictionary.to_pylist()
    )
