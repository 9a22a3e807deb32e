"""Bytes to text, in whichever encoding a council's system writes; what is not text is refused."""

from __future__ import annotations

import codecs

from sufficiency.errors import HistoryError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or a zip file under another name"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) under another name"),
    (b"%PDF", "a PDF under another name"),
    (b"\x1f\x8b", "a compressed file under another name"),
    (b"PAR1", "a Parquet file under another name"),
)
CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1a\x1c\x1d\x1e\x1f")
SAMPLE_BYTES = 65_536
ADVICE = (
    'Save the table again as "CSV UTF-8 (comma delimited)", or take the file out of the folder.'
)


def decode(name: str, raw: bytes) -> tuple[str, str]:
    """The text of a file and its encoding: by its byte-order mark, else UTF-8, else Windows-1252.

    Raises:
        HistoryError: it is no text; the message names the file and never quotes it.
    """
    for signature, what in SIGNATURES:
        if raw.startswith(signature):
            raise HistoryError(f"{name}: this is {what}, not a table of text. {ADVICE}")
    for mark, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return _in(name, raw, encoding), encoding
    if _is_utf_16_without_mark(raw):
        return _in(name, raw, "utf-16-le"), "utf-16-le"
    if CONTROL.intersection(raw[:SAMPLE_BYTES]):
        raise HistoryError(f"{name}: this is not a table of text. {ADVICE}")
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), "cp1252"


def _in(name: str, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise HistoryError(
            f"{name}: begins as {encoding} text and cannot be read as such; it may be cut short. "
            + ADVICE
        ) from None


def _is_utf_16_without_mark(raw: bytes) -> bool:
    """Whether every second byte of the first line is zero, as in UTF-16 of plain letters."""
    start = raw[:200]
    return len(start) >= 4 and not any(start[1::2]) and all(start[0::2])
