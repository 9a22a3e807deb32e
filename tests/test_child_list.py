"""The placements team's own list: read as it is kept, refused without showing a child."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from returns_builder import Written, rebuilt

from sufficiency import calibrating
from sufficiency.calibrating import calibrate_files, doubts_of_list
from sufficiency.calibration.children.cohort import cohort_of_list, read_cohort, write_cohort
from sufficiency.calibration.children.provenance import place_sectors_used
from sufficiency.errors import HistoryError
from sufficiency.history.children_now import Headings, read_children_now, read_headings
from sufficiency.history.returns.place_sectors import as_source, read_sectors
from sufficiency.resolution.own_return import cohort_start
from sufficiency.shipped import shipped_path

AS_AT = date(2024, 9, 30)
HEADINGS = (
    "child,date_of_birth,entered_care_on,placement_type,provider,placement_started_on,uasc,"
    "need_group,weekly_cost_gbp"
)
GOOD = (
    "101,14/02/2012,03/05/2021,U6,PR4,01/09/2023,no,,950",
    "102,29/02/2008,11/11/2019,K2,PR1,11/11/2019,,residential,4200",
    "103,01/07/2007,20/08/2024,supported accommodation,,20/08/2024,yes,,",
    "104,05/12/2022,06/12/2022,A5,PR1,01/02/2024,no,,",
)


def written(folder: Path, rows: tuple[str, ...] = GOOD, headings: str = HEADINGS) -> Path:
    path = folder / "placements.csv"
    path.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_list_becomes_the_children_at_the_start(tmp_path: Path) -> None:
    read = read_children_now(written(tmp_path), AS_AT)
    assert read.not_used == ()
    assert read.children["weekly_cost_gbp"].fillna(-1).tolist() == [950.0, 4200.0, -1, -1]
    assert read.children["sector"].tolist() == [
        "ifa",
        "residential",
        "supported_accommodation",
        "other",
    ]
    assert read.children["placed_for_adoption"].tolist() == [False, False, False, True]
    path = tmp_path / "today.cohort.parquet"
    write_cohort(cohort_of_list(read, AS_AT), path)
    kept = read_cohort(path)
    assert kept.as_at == AS_AT
    start = cohort_start(kept, 0.0, 0.0)
    assert sorted(start.times.care_days.tolist()) == sorted(
        (pd.Timestamp(AS_AT) - read.children["entered_on"]).dt.days.astype(float).tolist()
    )
    assert sorted(start.age_group.tolist()) == [1, 3, 4, 5]
    assert sorted(start.need.tolist()) == [2, 3, 4, 5]


def test_a_case_systems_headings_and_words_are_mapped(tmp_path: Path) -> None:
    mapping = tmp_path / "headings.yaml"
    mapping.write_text(
        "columns: {child: Person ID, date_of_birth: D.O.B., entered_care_on: CLA start,\n"
        "  placement_type: Placement, provider: Owner, placement_started_on: Since}\n"
        "placement_types: {in-house foster: U6, agency foster: ifa, kinship: U3}\n"
        "providers: {the council: PR1}\n",
        encoding="utf-8",
    )
    path = written(
        tmp_path,
        (
            "A7,2012-02-14,2021-05-03,In-House Foster,The Council,2023-09-01",
            "A8,2012-02-14,2021-05-03,Agency foster,,2023-09-01",
            "A9,2012-02-14,2021-05-03,Kinship,,2023-09-01",
        ),
        "Person ID,D.O.B.,CLA start,Placement,Owner,Since",
    )
    found = read_children_now(path, AS_AT, read_headings(mapping)).children["sector"]
    assert found.tolist() == ["internal_fostering", "ifa", "connected_persons"]


def test_excel_reads_as_csv_does(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS.split(",")[:6])
    sheet.append([101, date(2012, 2, 14), date(2021, 5, 3), "U6", "PR4", date(2023, 9, 1)])
    path = tmp_path / "placements.xlsx"
    book.save(path)
    from_excel = read_children_now(path, AS_AT).children
    row = "101,14/02/2012,03/05/2021,U6,PR4,01/09/2023"
    from_csv = read_children_now(written(tmp_path, (row,)), AS_AT).children
    pd.testing.assert_frame_equal(from_excel, from_csv)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("MARKER,31/31/2012,03/05/2021,U6,PR4,01/09/2023,,,", "row 3: date_of_birth is no date"),
        ("MARKER,14/02/2012,03/05/2011,U6,PR4,01/09/2023,,,", "before date_of_birth"),
        ("MARKER,14/02/2012,03/05/2021,U6,PR4,01/09/2020,,,", "before entered_care_on"),
        ("MARKER,14/02/2012,03/05/2021,U6,PR4,01/12/2024,,,", "after 2024-09-30"),
        ("MARKER,14/02/2006,03/05/2021,U6,PR4,01/09/2023,,,", "18 or over on 2024-09-30"),
        ("MARKER,30/09/2006,03/05/2021,U6,PR4,01/09/2023,,,", "18 or over on 2024-09-30"),
        ("MARKER,14/02/2012,03/05/2021,MARKER,PR4,01/09/2023,,,", "is no sector and no code"),
        ("MARKER,14/02/2012,03/05/2021,U6,MARKER,01/09/2023,,,", "give the provider's code"),
        ("MARKER,14/02/2012,03/05/2021,U6,PR4,01/09/2023,MARKER,,", "neither yes nor no"),
        ("MARKER,14/02/2012,03/05/2021,U6,PR4,01/09/2023,,MARKER,", "need_group is none of"),
        ("101,14/02/2012,03/05/2021,U6,PR4,01/09/2023,,,", "rows 2, 3: the same child"),
        (",14/02/2012,03/05/2021,U6,PR4,01/09/2023,,,", "the child has no number"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_not_shown(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(HistoryError, match=said) as wrong:
        read_children_now(written(tmp_path, (GOOD[0], row)), AS_AT)
    assert "MARKER" not in str(wrong.value)


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no column is headed entered_care_on"):
        read_children_now(written(tmp_path, headings="child,date_of_birth"), AS_AT)
    with pytest.raises(HistoryError, match="no child stands below"):
        read_children_now(written(tmp_path, ()), AS_AT)
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(HistoryError, match="the file is empty"):
        read_children_now(tmp_path / "empty.csv", AS_AT)
    (tmp_path / "junk.xlsx").write_bytes(b"PK\x03\x04 junk")
    with pytest.raises(HistoryError, match="damaged or locked"):
        read_children_now(tmp_path / "junk.xlsx", AS_AT)
    with pytest.raises(HistoryError, match="cannot be read"):
        read_children_now(tmp_path / "none.csv", AS_AT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums: {}", "Did you mean columns"),
        ("columns: {date_of_brith: x}", "Did you mean date_of_birth"),
        ("columns: 3", "each with pairs"),
        ("placement_types: {foster: fostering}", "is no sector"),
        ("[", "cannot be read as YAML"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "headings.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError, match=said):
        read_headings(path)


def test_headings_are_found_however_they_are_written(tmp_path: Path) -> None:
    shouted = written(tmp_path, GOOD[:1], HEADINGS.upper().replace("_", " "))
    assert len(read_children_now(shouted, AS_AT, Headings()).children) == 1


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "placements.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(30 * 2**20))
    with pytest.raises(HistoryError, match=r"placements\.xlsx: would unpack to 30 MB"):
        read_children_now(path, AS_AT)


# --- the council's own table of settings ----------------------------------------------------


@pytest.fixture
def own_table(tmp_path: Path) -> Path:
    """A table in which the council's own families are agencies' and Q9 is a family."""
    text = shipped_path("calibration", "place_sectors.csv").read_text(encoding="utf-8")
    text = text.replace(",internal_fostering,own", ",ifa,own").replace("U1|U2", "Q9|U1|U2")
    path = tmp_path / "our own table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_councils_own_table_of_settings_reads_its_list(tmp_path: Path, own_table: Path) -> None:
    rows = ("1,14/02/2012,03/05/2021,U6,PR1,01/09/2023", "2,14/02/2012,03/05/2021,Q9,,01/09/2023")
    path = written(tmp_path, rows, HEADINGS.partition(",uasc")[0])
    mapping = read_sectors(own_table)
    found = read_children_now(path, AS_AT, None, mapping).children["sector"]
    assert found.tolist() == ["ifa", "connected_persons"]
    with pytest.raises(HistoryError, match="row 3: placement_type"):
        read_children_now(path, AS_AT)
    words = tmp_path / "words.yaml"
    words.write_text("placement_types: {kinship: Q9}", encoding="utf-8")
    assert read_headings(words, mapping).placement_types == {"kinship": "Q9"}
    with pytest.raises(HistoryError, match="no code of the return"):
        read_headings(words)


def test_calibrate_reads_the_list_with_the_table_that_it_is_given(
    tmp_path: Path, own_table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is read first: with the table that ships, its code would be refused."""

    def stop(*_: object) -> None:
        raise HistoryError("the list was read")

    monkeypatch.setattr(calibrating, "read_return", stop)
    row = "1,14/02/2012,03/05/2021,Q9,,01/09/2023"
    path = written(tmp_path, (row,), HEADINGS.partition(",uasc")[0])
    for table, said in ((own_table, "the list was read"), (None, "row 2: placement_type")):
        with pytest.raises(HistoryError, match=said):
            calibrate_files(
                [tmp_path],
                "Leeds",
                tmp_path / "rates.yaml",
                as_at=AS_AT,
                cohort_path=tmp_path / "now.cohort.parquet",
                children_now=path,
                place_sectors=table,
            )


@pytest.mark.parametrize(
    ("children", "doubted"), [(24, False), (36, False), (23, True), (37, True)]
)
def test_a_list_of_far_fewer_or_more_children_than_the_returns_is_doubted(
    tmp_path: Path, children: int, doubted: bool
) -> None:
    """A list of one team, or of all who ever were, would pass for the council's children."""
    made = Written(years={2024})
    for child in range(30):
        made.episode(2024, "2023-05-01", child=child)
    rows = tuple(GOOD[0].replace("101", str(200 + child), 1) for child in range(children))
    listed = cohort_of_list(read_children_now(written(tmp_path, rows), AS_AT), AS_AT)
    said = doubts_of_list(rebuilt(made).histories, listed)
    assert bool(said) is doubted
    if doubted:
        assert f"{children} children in care on 2024-09-30; the returns end with 30" in said[0]


def test_a_calibrated_file_says_which_table_it_was_made_with(own_table: Path) -> None:
    own = place_sectors_used([as_source(own_table)])
    assert (own["file"], own["whose"]) == ("our own table.csv", "the council's own")
    shipped = place_sectors_used([])
    assert (shipped["file"], shipped["whose"]) == ("place_sectors.csv", "ships with sufficiency")
    assert own["sha256"] != shipped["sha256"]


# --- brothers and sisters -------------------------------------------------------------------


def test_sibling_groups_are_kept_in_no_file(tmp_path: Path) -> None:
    path = written(tmp_path, (GOOD[0] + ",MARKER",), HEADINGS + ",sibling_group")
    read = read_children_now(path, AS_AT)
    assert read.not_used == ("sibling_group",)
    assert "MARKER" not in read.children.to_csv()
    cohort = cohort_of_list(read, AS_AT)
    write_cohort(cohort, tmp_path / "now.cohort.parquet")
    kept = pd.read_parquet(tmp_path / "now.cohort.parquet")
    assert "MARKER" not in kept.to_csv()
    assert not [name for name in kept if "sibling" in name]
