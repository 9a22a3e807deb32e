"""Are child-level files read whatever form a council's system gave them?"""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sufficiency.history.returns.frames import EPISODE_COLUMNS, HEADER_COLUMNS, UASC_COLUMNS
from sufficiency.history.returns.reading import read_return
from tests.return_files import (
    EPISODE_HEADINGS,
    HEADER_HEADINGS,
    UASC_HEADINGS,
    as_csv,
    assert_every_row_is_accounted_for,
    episode_row,
    episodes_csv,
    header_csv,
    header_row,
    read,
    write,
)

HEADER = header_csv(header_row("007"), header_row("8", "30/11/2006", "2"))
EPISODES = episodes_csv(
    episode_row("007", "01/06/2021", "13/09/2021", "X1", reason_place_change="CARPL"),
    episode_row("007", "13/09/2021", place="K2", provider="PR4", rne="P", urn="SC123456"),
    episode_row("8", "25/12/2020", "31/03/2022", "E4A", home_post="ZZ1 1AA", pl_post="zz11aa"),
)


def days(column: pd.Series[pd.Timestamp]) -> list[str]:
    return column.dt.strftime("%Y-%m-%d").fillna("").tolist()


def test_a_plain_return_is_read_as_it_stands(tmp_path: Path) -> None:
    returned, ledger = read(tmp_path, header=HEADER, episodes=EPISODES)
    episodes = returned.episodes
    assert {name: str(kind) for name, kind in episodes.dtypes.items()} == EPISODE_COLUMNS
    assert {name: str(kind) for name, kind in returned.header.dtypes.items()} == HEADER_COLUMNS
    assert {name: str(kind) for name, kind in returned.uasc.dtypes.items()} == UASC_COLUMNS
    assert days(episodes["decom"]) == ["2021-06-01", "2021-09-13", "2020-12-25"]
    assert days(episodes["dec"]) == ["2021-09-13", "", "2022-03-31"]
    assert episodes["place"].tolist() == ["U6", "K2", "U6"]
    assert episodes["reason"].tolist() == ["CARPL", "", ""]
    assert episodes["child"].tolist() == [0, 0, 1]
    assert episodes["year"].tolist() == [2022, 2022, 2022]
    assert episodes["home_post"].tolist() == [-1, -1, 0]
    assert episodes["pl_post"].tolist() == [-1, -1, 0], "one postcode, spelt in two ways"
    assert episodes["urn"].tolist() == [-1, 0, -1]
    assert returned.header["sex"].tolist() == ["M", "F"]
    assert days(returned.header["dob"]) == ["2010-05-14", "2006-11-30"]
    assert returned.years == (2022,)
    assert ledger.counts() == {"used": 5, "repaired": 0, "set_aside": 0}
    assert {(file.name, file.kind, file.year) for file in returned.files} == {
        ("header.csv", "header", 2022),
        ("episodes.csv", "episodes", 2022),
    }


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_encoding_gives_the_same_return(tmp_path: Path, encoding: str, said: str) -> None:
    text = EPISODES.replace("ZZ1 1AA", "ZZ1 1ÀÉ")
    expected, _ = read(tmp_path / "plain", header=HEADER, episodes=text)
    returned, _ = read(tmp_path / "other", header=HEADER, episodes=text.encode(encoding))
    pd.testing.assert_frame_equal(returned.episodes, expected.episodes)
    assert next(f.encoding for f in returned.files if f.kind == "episodes") == said


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_other_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    expected, _ = read(tmp_path / "plain", header=HEADER, episodes=EPISODES)
    returned, _ = read(tmp_path / "other", header=HEADER, episodes=EPISODES.replace(",", delimiter))
    pd.testing.assert_frame_equal(returned.episodes, expected.episodes)


def test_tables_are_known_by_their_columns(tmp_path: Path) -> None:
    """Names, order and capitals of columns, other columns and lines above do not matter."""
    headings = [f" {name.title()} " for name in reversed(EPISODE_HEADINGS)]
    lines = EPISODES.splitlines()[1:]
    rows = [[*reversed(line.split(",")), "x", "", ""] for line in lines]
    mixed = "\r\n,,,\r\nOur return 2022\r\n" + as_csv([*headings, "Team", "", ""], rows)
    expected, _ = read(tmp_path / "plain", header=HEADER, episodes=EPISODES)
    returned, _ = read(tmp_path / "other", thing=mixed, zz=HEADER)
    pd.testing.assert_frame_equal(
        returned.episodes.drop(columns="row"), expected.episodes.drop(columns="row")
    )
    episodes_file = next(file for file in returned.files if file.kind == "episodes")
    assert episodes_file.first_line == 5


def test_other_names_of_columns_are_known(tmp_path: Path) -> None:
    text = EPISODES.replace("PLACE,", "PLACEMENT,", 1).replace(",DEC,", ",Date Episode Ceased,", 1)
    expected, _ = read(tmp_path / "plain", header=HEADER, episodes=EPISODES)
    returned, _ = read(tmp_path / "other", header=HEADER, episodes=text)
    pd.testing.assert_frame_equal(returned.episodes, expected.episodes)


def test_several_authorities_in_one_table_keep_their_children_apart(tmp_path: Path) -> None:
    episodes = as_csv(
        [*EPISODE_HEADINGS, "LA"], [[*episode_row("1"), "AAA"], [*episode_row("1"), "BBB"]]
    )
    header = as_csv(
        [*HEADER_HEADINGS, "LA"],
        [[*header_row("1"), "AAA"], [*header_row("1", "01/01/2012"), "BBB"]],
    )
    returned, _ = read(tmp_path, header=header, episodes=episodes)
    assert returned.episodes["child"].nunique() == 2
    assert days(returned.header["dob"]) == ["2010-05-14", "2012-01-01"]


def test_one_table_for_everything(tmp_path: Path) -> None:
    rows = [[*cells, "2", "14/05/2010"] for cells in (episode_row("1"), episode_row("1"))]
    returned, _ = read_return(
        [write(tmp_path, all=as_csv([*EPISODE_HEADINGS, "SEX", "DOB"], rows))]
    )
    assert days(returned.header["dob"]) == ["2010-05-14"]
    assert returned.header["sex"].tolist() == ["F"]


def test_unaccompanied_children_by_table_and_by_flag(tmp_path: Path) -> None:
    uasc = as_csv(UASC_HEADINGS, [("8", "1", "30/11/2006", "")])
    by_table, _ = read(tmp_path / "table", header=HEADER, episodes=EPISODES, uasc=uasc)
    assert by_table.header["uasc"].tolist() == [False, True]
    assert by_table.uasc["child"].tolist() == [1]
    flagged = as_csv(
        [*HEADER_HEADINGS, "UASC_STATUS"],
        [[*header_row("007"), "0"], [*header_row("8", "30/11/2006"), "1.0"]],
    )
    by_flag, _ = read(tmp_path / "flag", header=flagged, episodes=EPISODES)
    assert by_flag.header["uasc"].tolist() == [False, True]
    without, _ = read(tmp_path / "without", header=HEADER, episodes=EPISODES)
    assert without.header["uasc"].isna().all()


XML = """<?xml version="1.0" encoding="utf-8"?>
<EXPSSDA903>
 <CHILD><HEADER><CHILDID>007</CHILDID><UPN>UN1</UPN><SEX>1</SEX><DOB>14/05/2010</DOB>
  <ETHNIC>WBRI</ETHNIC><UASC>0</UASC><AMISSING><MISSING>M</MISSING></AMISSING>
  <AMISSING><MISSING>A</MISSING></AMISSING></HEADER>
  <EPISODE><DECOM>01/06/2021</DECOM><RNE>S</RNE><LS>C2</LS><CIN>N1</CIN><PL>U6</PL><PL_POST/>
   <PLACE_PROVIDER>PR1</PLACE_PROVIDER><DEC>13/09/2021</DEC><REC>X1</REC></EPISODE>
  <EPISODE><DECOM>13/09/2021</DECOM><RNE>P</RNE><LS>C2</LS><CIN>N1</CIN><PL>K2</PL>
   <URN>SC123456</URN><PLACE_PROVIDER>PR4</PLACE_PROVIDER><DEC/><REC/></EPISODE></CHILD>
 <CHILD><HEADER><CHILDID>8</CHILDID><SEX>2</SEX><DOB>30/11/2006</DOB><UASC>1</UASC></HEADER>
  <EPISODE><DECOM>25/12/2020</DECOM><RNE>S</RNE><LS>V2</LS><CIN>N8</CIN><PL>P2</PL>
   <PLACE_PROVIDER>PR4</PLACE_PROVIDER><DEC>31/03/2022</DEC><REC>E6</REC></EPISODE></CHILD>
</EXPSSDA903>
"""


def test_xml_is_read_with_the_flag_as_a_value(tmp_path: Path) -> None:
    path = tmp_path / "return.xml"
    path.write_text(XML, encoding="utf-8")
    returned, ledger = read_return([path])
    assert_every_row_is_accounted_for(returned, ledger)
    assert returned.episodes["place"].tolist() == ["U6", "K2", "P2"]
    assert returned.episodes["child"].tolist() == [0, 0, 1]
    assert days(returned.episodes["dec"]) == ["2021-09-13", "", "2022-03-31"]
    assert returned.header["uasc"].tolist() == [False, True]
    assert returned.uasc["child"].tolist() == [1]
    assert [file.kind for file in returned.files] == ["xml"]
    assert returned.files[0].n_rows == ledger.n_rows == 5


def test_a_zip_file_holds_the_files(tmp_path: Path) -> None:
    expected, _ = read(tmp_path / "plain", header=HEADER, episodes=EPISODES)
    path = tmp_path / "our return.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2022/episodes.csv", EPISODES)
        archive.writestr("2022/header.csv", HEADER)
        archive.writestr("__MACOSX/._header.csv", b"\0\1")
        archive.writestr("notes.docx", b"PK\3\4")
    returned, _ = read_return([path])
    pd.testing.assert_frame_equal(returned.episodes, expected.episodes)
    assert [file.name for file in returned.files] == ["episodes.csv", "header.csv", "notes.docx"]


def test_the_same_file_twice_is_read_once(tmp_path: Path) -> None:
    returned, _ = read(tmp_path, episodes=EPISODES, episodes_copy=EPISODES, header=HEADER)
    assert len(returned.episodes) == 3
    notes = [file.note for file in returned.files if file.kind == "not_used"]
    assert notes == ["The same as episodes.csv, byte for byte."]


def test_the_same_list_in_two_years_is_no_copy(tmp_path: Path) -> None:
    uasc = as_csv(UASC_HEADINGS, [("8", "1", "30/11/2006", "")])
    returned, _ = read(
        tmp_path,
        episodes_2021=episodes_csv(episode_row("8", "03/05/2020")),
        episodes_2022=episodes_csv(episode_row("8", "03/05/2021")),
        header_2021=HEADER,
        header_2022=HEADER,
        uasc_2021=uasc,
        uasc_2022=uasc,
    )
    assert returned.uasc["year"].tolist() == [2021, 2022]
    assert returned.header["uasc"].tolist() == [False, True, False, True]


def test_other_tables_are_named_and_left_out(tmp_path: Path) -> None:
    returned, _ = read(
        tmp_path,
        header=HEADER,
        episodes=EPISODES,
        missing="CHILD,DOB,MISSING,MIS_START,MIS_END\n1,14/05/2010,M,01/01/2022,\n",
        reviews="CHILD,DOB,REVIEW,REVIEW_CODE\n1,14/05/2010,01/01/2022,PN1\n",
        budget="sector,money\nfostering,3\n",
    )
    kinds = {file.name: file.kind for file in returned.files}
    assert kinds["missing.csv"] == "missing"
    assert kinds["reviews.csv"] == "reviews"
    assert kinds["budget.csv"] == "not_used"


def test_inputs_are_only_read(tmp_path: Path) -> None:
    write(tmp_path, header=HEADER, episodes=EPISODES)
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()}
    read_return([tmp_path])
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()} == before


def test_numbers_do_not_follow_the_identifiers(tmp_path: Path) -> None:
    """What stands for a child says nothing of the identifier, its order or its digits."""
    first, _ = read(tmp_path / "a", header=HEADER, episodes=EPISODES)
    renamed = [text.replace("007", "995") for text in (HEADER, EPISODES)]
    second, _ = read(tmp_path / "b", header=renamed[0], episodes=renamed[1])
    pd.testing.assert_frame_equal(first.episodes, second.episodes)
    assert np.issubdtype(first.episodes["child"].dtype, np.integer)


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: Path) -> None:
    """Dates and numbers as spreadsheets keep them; a sheet with something else does no harm."""
    expected, _ = read(tmp_path / "plain", a_header=HEADER, b_episodes=EPISODES)
    book = openpyxl.Workbook()
    tables = (("Notes", "Our return\n"), ("Header", HEADER), ("Episodes", EPISODES))
    for title, text in tables:
        sheet = book.create_sheet(title)
        for line in text.splitlines():
            sheet.append([_as_typed(cell) for cell in line.split(",")])
    path = tmp_path / "return.xlsx"
    book.save(path)
    returned, ledger = read_return([path])
    assert_every_row_is_accounted_for(returned, ledger)
    pd.testing.assert_frame_equal(returned.episodes, expected.episodes)
    pd.testing.assert_frame_equal(returned.header, expected.header)
    kinds = {file.name: file.kind for file in returned.files}
    assert kinds["return.xlsx, sheet 3"] == "header"
    assert kinds["return.xlsx, sheet 4"] == "episodes"
    assert kinds["return.xlsx, sheet 2"] == "not_used"


def _as_typed(cell: str) -> object:
    """A cell as somebody who types it into a spreadsheet gets it, but for identifiers."""
    if "/" in cell:
        return datetime.strptime(cell, "%d/%m/%Y")
    return float(cell) if cell in ("1", "2") else cell or None
