"""The return as XML, in the form of the 2021 schema: children, each with a header and episodes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from sufficiency.errors import HistoryError
from sufficiency.history.returns.coded import Coded, RawTable
from sufficiency.history.returns.headings import EPISODES, HEADER, plain_heading

CHILD = "CHILD"
HEADER_TAGS = ("CHILD", "SEX", "DOB", "UASC", "DUC", "LA", "YEAR")
EPISODE_TAGS = (
    *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PL_POST", "HOME_POST", "URN"),
    *("PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "LA", "YEAR"),
)
Cells = dict[str, str]


def looks_like_xml(raw: bytes) -> bool:
    """Whether a file's first sign is an angle bracket, in whichever encoding."""
    return raw[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def read_xml(name: str, raw: bytes) -> tuple[RawTable, RawTable] | None:
    """The Header and the Episodes of an XML return; None if it is some other XML.

    Raises:
        HistoryError: it is broken, or declares entities or a document type, which can be used to
            exhaust a computer or to read its files and which no return needs.
    """
    headers: list[Cells] = []
    episodes: list[Cells] = []
    try:
        for child in _children(raw):
            header, own = _child(child)
            headers.append(header)
            episodes.extend(own)
    except DefusedXmlException:
        raise HistoryError(
            f"{name}: declares entities or a document type, which no return needs and which can "
            "harm a computer. It was refused; export the return again, or ask who made it."
        ) from None
    except ParseError as fault:
        raise HistoryError(
            f"{name}, line {fault.position[0]}: broken XML; it may be cut short. Export the "
            "return again."
        ) from None
    if not headers:
        return None
    return _table(HEADER, HEADER_TAGS, headers), _table(EPISODES, EPISODE_TAGS, episodes)


def _children(raw: bytes) -> Iterator[Element]:
    """Each child's block, forgotten once it is read."""
    depth = 0
    for event, element in iterparse(
        io.BytesIO(raw), events=("start", "end"), forbid_dtd=True, forbid_entities=True
    ):
        if _tag(element) != CHILD:
            continue
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 0 and len(element):
            yield element
            element.clear()


def _tag(element: Element) -> str:
    """A tag's name as the CSV form has it, without a namespace."""
    return plain_heading(str(element.tag).rpartition("}")[2])


def _child(child: Element) -> tuple[Cells, list[Cells]]:
    """The header and the episodes of one child. Repeated blocks stay apart."""
    header: Cells = {}
    episodes: list[Cells] = []
    for block in child:
        if _tag(block) == "HEADER":
            header |= _cells(block, HEADER_TAGS)
        elif _tag(block) == "EPISODE":
            episodes.append(_cells(block, EPISODE_TAGS))
    for episode in episodes:
        episode[CHILD] = header.get(CHILD, "")
    return header, episodes


def _cells(block: Element, tags: tuple[str, ...]) -> Cells:
    return {_tag(cell): cell.text or "" for cell in block if _tag(cell) in tags}


def _table(kind: str, tags: tuple[str, ...], rows: list[Cells]) -> RawTable:
    none = np.array([], dtype=np.int64)
    has = set().union(*rows) if rows else set()
    columns = {tag: Coded.of([row.get(tag, "") for row in rows]) for tag in tags if tag in has}
    return RawTable(kind, columns, len(rows), 0, none, none, none)
