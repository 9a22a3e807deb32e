"""Is what is no return refused with one clear message, and nothing of a child ever shown?"""

from __future__ import annotations

import io
import logging
import traceback
import zipfile
from pathlib import Path

import pytest

from sufficiency.errors import HistoryError
from sufficiency.history.returns import sources
from sufficiency.history.returns.headings import NOT_NEEDED
from sufficiency.history.returns.reading import read_return
from tests.return_files import (
    EPISODE_HEADINGS,
    HEADER_HEADINGS,
    UASC_HEADINGS,
    as_csv,
    episode_row,
    episodes_csv,
    header_csv,
    header_row,
    write,
)

HEADER = header_csv(header_row("1"))
EPISODES = episodes_csv(episode_row("1"))


def refusal(*paths: Path) -> str:
    with pytest.raises(HistoryError) as refused:
        read_return(list(paths))
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_nothing_is_refused(tmp_path: Path) -> None:
    assert "no file was given" in refusal()
    assert "no such file or folder" in refusal(tmp_path / "none")
    message = refusal(tmp_path)
    assert "no file in the folder" in message
    assert "at least Episodes and Header" in message


def test_episodes_without_header_and_header_without_episodes(tmp_path: Path) -> None:
    message = refusal(write(tmp_path / "a", episodes=EPISODES))
    assert message.startswith("there is no Header table")
    assert "CHILD, SEX, DOB" in message
    assert "episodes.csv (episodes)" in message
    assert refusal(write(tmp_path / "b", header=HEADER)).startswith("there is no Episodes table")


def test_tables_without_rows(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, header=HEADER, episodes=episodes_csv()))
    assert "no Episodes table with rows" in message
    assert "no rows under the headings" in message


def test_the_wrong_table(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, starters="month,starters,leavers\n2020-04,3,4\n"))
    assert "starters.csv (whose headings are those of no table of the return)" in message


def test_episodes_that_lack_columns_are_told_which(tmp_path: Path) -> None:
    headings = [name for name in EPISODE_HEADINGS if name not in ("LS", "REC")]
    text = as_csv(headings, [episode_row("1")[:11]])
    message = refusal(write(tmp_path, header=HEADER, episodes=text))
    assert "Looks like Episodes without the columns LS, REC" in message


def test_a_validators_export(tmp_path: Path) -> None:
    exports = (
        "Code,Error Count,Error Description,Affected Fields\n102,3,Date of birth,DOB\n",
        "Child,Affected Table,Error Row,Error Code,Error Description\n77,Episodes,3,102,DOB\n",
    )
    for number, export in enumerate(exports):
        folder = write(tmp_path / str(number), export=export, header=HEADER, episodes=EPISODES)
        message = refusal(folder)
        assert message.startswith("export.csv: this is the validator's list of faults")


def test_an_extract_from_the_departments_portal(tmp_path: Path) -> None:
    text = (
        "CHILD_LA_CODE,POC_START,DATE_PERIOD_OF_CARE_CEASED,PLACEMENT_TYPE,LEGAL_STATUS\n"
        "77,01/02/2020,,U6,C2\n"
    )
    message = refusal(write(tmp_path, extract=text))
    assert message.startswith("extract.csv: this is an extract from the Department's portal")
    assert "Export the Episodes and Header files" in message


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (bytes(range(256)) * 40, "not a table of text"),
        (b"PK\x03\x04" + bytes(300), "an Excel workbook or a zip file under another name"),
        (b"\xd0\xcf\x11\xe0" + bytes(300), "an old Excel workbook"),
        (b"%PDF-1.7\n" + bytes(300), "a PDF"),
        (b"\xff\xfeC\x00H\x00\x00\xd8x", "cannot be read as such"),
    ],
)
def test_junk_under_the_name_of_a_table(tmp_path: Path, raw: bytes, what: str) -> None:
    message = refusal(write(tmp_path, header=HEADER, episodes=EPISODES, junk=raw))
    assert message.startswith("junk.csv: ")
    assert what in message


def zipped(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../episodes.csv", "a/../../episodes.csv", "/etc/episodes.csv", "C:/episodes.csv"]
)
def test_a_zip_that_climbs_out(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "return.zip", {name: EPISODES.encode(), "header.csv": b"x"})
    assert "names a path outside the zip file" in refusal(path)


def test_a_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"episodes.csv": bytes(30 * 2**20)})
    assert "would unpack to 30 MB" in refusal(bomb)
    monkeypatch.setattr(sources, "MOST_UNPACKED_BYTES", 1000)
    large = zipped(tmp_path / "large.zip", {"episodes.csv": bytes(range(256)) * 8})
    assert "which no return does" in refusal(large)
    monkeypatch.setattr(sources, "MOST_FILES", 2)
    many = zipped(tmp_path / "many.zip", {f"{n}.csv": b"" for n in range(3)})
    assert "holds 3 files, more than 2" in refusal(many)


def test_a_damaged_zip(tmp_path: Path) -> None:
    path = tmp_path / "return.zip"
    path.write_bytes(zipped(tmp_path / "whole.zip", {"a.csv": EPISODES.encode()}).read_bytes()[:60])
    assert refusal(path).startswith("return.zip: this zip file is damaged")


def test_a_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    whole = bytearray(zipped(tmp_path / "whole.zip", {"a.csv": EPISODES.encode()}).read_bytes())
    whole[45] ^= 0xFF
    path = tmp_path / "return.zip"
    path.write_bytes(bytes(whole))
    assert refusal(path).startswith("return.zip: this zip file is damaged")


def test_xml_that_declares_entities(tmp_path: Path) -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
        "<EXPSSDA903><CHILD><HEADER><CHILDID>&b;</CHILDID></HEADER></CHILD></EXPSSDA903>"
    )
    outside = bomb.replace('<!ENTITY a "ha">', '<!ENTITY a SYSTEM "file:///etc/passwd">')
    plain = '<!DOCTYPE EXPSSDA903 SYSTEM "x.dtd"><EXPSSDA903/>'
    for number, text in enumerate((bomb, outside, plain)):
        path = tmp_path / f"{number}.xml"
        path.write_text(text, encoding="utf-8")
        assert refusal(path).startswith(f"{number}.xml: declares entities or a document type")


def test_broken_xml(tmp_path: Path) -> None:
    path = tmp_path / "return.xml"
    path.write_text("<EXPSSDA903>\n<CHILD>\n<HEADER>", encoding="utf-8")
    assert refusal(path).startswith("return.xml, line 3: broken XML")


def test_other_xml(tmp_path: Path) -> None:
    path = tmp_path / "other.xml"
    path.write_text("<rows><row>1</row></rows>", encoding="utf-8")
    assert "other.xml (XML, but no children of a return in it)" in refusal(path)


def test_no_date_at_all(tmp_path: Path) -> None:
    text = episodes_csv(episode_row("1", "soon"), episode_row("1", "later"))
    message = refusal(write(tmp_path, header=HEADER, episodes=text))
    assert "none of the episodes has a date that can be read" in message


MARKER = "Zq7marker"


def marked_tables() -> dict[str, str]:
    """Tables with a marker in every field, and rows of every broken kind."""
    tables = {
        "header": as_csv(HEADER_HEADINGS, [[f"{MARKER}{n}" for n in HEADER_HEADINGS]] * 2),
        "uasc": as_csv(UASC_HEADINGS, [[f"{MARKER}{n}" for n in UASC_HEADINGS]]),
        "nothing": f"{MARKER},{MARKER}a\n{MARKER},1\n",
    }
    cells = [f"{MARKER}{name}" for name in EPISODE_HEADINGS]
    dated = dict(zip(EPISODE_HEADINGS, cells, strict=True)) | {"DECOM": "01/06/2021"}
    rows = [cells, list(dated.values()), [*cells, MARKER], cells[:4], [f'"{MARKER}', *cells[1:]]]
    tables["episodes"] = as_csv(EPISODE_HEADINGS, rows)
    for kind, tells in NOT_NEEDED.items():
        tables[kind] = as_csv(["CHILD", "DOB", *tells], [[MARKER] * (2 + len(tells))])
    return tables


def everything_said(folder: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Whatever reading a folder logs, raises or gives back, as text."""
    said = io.StringIO()
    try:
        returned, ledger = read_return([folder])
    except HistoryError as fault:
        said.write("".join(traceback.TracebackException.from_exception(fault).format()))
        said.write(repr(fault.__cause__))
    else:
        said.write(repr(returned) + repr(ledger))
        for frame in (returned.episodes, returned.header, returned.uasc):
            said.write(frame.to_csv())
            codes = frame.select_dtypes("category")
            said.write(str([list(codes[name].cat.categories) for name in codes]))
    return said.getvalue() + caplog.text


@pytest.mark.parametrize("left_out", ["", "header", "episodes", "dates"])
def test_no_cell_is_ever_shown(
    tmp_path: Path,
    left_out: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    tables = marked_tables()
    tables.pop(left_out, None)
    if left_out == "dates":
        tables["episodes"] = tables["episodes"].replace("01/06/2021", f"{MARKER}2")
    said = everything_said(write(tmp_path, **tables), caplog)
    printed = capsys.readouterr()
    assert MARKER.casefold() not in (said + printed.out + printed.err).casefold()
    assert said


def test_a_damaged_workbook_and_one_that_unpacks_without_end(tmp_path: Path) -> None:
    path = tmp_path / "return.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(300))
    assert refusal(path).startswith("return.xlsx: this workbook is damaged")
    bomb = zipped(tmp_path / "bomb.xlsx", {"xl/worksheets/sheet1.xml": bytes(30 * 2**20)})
    assert "would unpack to 30 MB" in refusal(bomb)
    other = zipped(tmp_path / "other.xlsx", {"readme.txt": b"no workbook"})
    assert refusal(other).startswith("other.xlsx: this workbook is damaged")


def test_a_line_without_end(tmp_path: Path) -> None:
    long = episodes_csv(episode_row("1", place=MARKER * 500_000))
    message = refusal(write(tmp_path, header=HEADER, episodes=long))
    assert message.startswith("episodes.csv: a line is longer than a row")
    assert MARKER not in message
