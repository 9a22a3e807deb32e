"""The data-quality report of a return: what adds up, what stops a forecast, and what is written."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from command_line import status
from returns_builder import Written, rebuilt

from sufficiency import calibrating
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.history.returns.frames import CareHistories, SourceFile
from sufficiency.history.returns.place_sectors import as_source, read_sectors, shipped_sectors
from sufficiency.history.returns.quality import Quality, quality_report, told_rows
from sufficiency.history.returns.stocks import flows_by_year, in_care_on, stock_by_sector
from sufficiency.report.quality_page import render_quality_page
from sufficiency.shipped import shipped_path

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
EPISODES = (
    "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,"
    "HOME_POST,PL_POST,URN\n"
)
MARKER = "ZQXWMARKER"


def quality(written: Written, authority: str | None = None) -> Quality:
    """The report of a return written line by line."""
    result = rebuilt(written)
    council = find_authority(authority) if authority else None
    return quality_report(written.as_return(), result.ledger, result.histories, council)


def many(children: int, years: tuple[int, ...] = (2020,)) -> Written:
    """Children who come into care in the first year, one a day, and stay."""
    written = Written(years=set(years))
    for child in range(children):
        came = pd.Timestamp(years[0] - 1, 4, 1) + pd.Timedelta(days=child % 365)
        for year in years:
            written.episode(year, str(came.date()), child=child)
    return written


def test_in_care_is_half_open_and_ends_with_what_is_known() -> None:
    written = Written(years={2021})
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E4A")
    written.episode(2020, "2019-06-01", child=2)  # vanishes
    written.episode(2021, "2019-06-01", child=3)
    periods = rebuilt(written).histories.periods
    days = ("2019-05-31", "2019-06-01", "2019-08-31", "2019-09-01", "2020-03-30", "2021-03-31")
    held = [int(in_care_on(periods, date.fromisoformat(day)).sum()) for day in days]
    assert held == [0, 3, 3, 2, 2, 1]


def test_flows_count_a_child_once_a_year_each_way() -> None:
    written = Written(years={2020, 2021})
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E4A")
    written.episode(2020, "2019-10-01", "2020-03-31", rec="E4A")
    written.episode(2021, "2020-04-01", "2020-04-01", rec="E4A", child=9)  # no night
    written.episode(2021, "2020-05-01", "2021-03-31", rec="E4A")
    flows = flows_by_year(rebuilt(written).histories)
    assert flows["started"].tolist() == [1, 1]
    assert flows["ceased"].tolist() == [1, 1]
    assert flows["starts"].tolist() == [2, 1]
    assert flows["ends"].tolist() == [2, 1]


def test_sectors_add_up_to_all() -> None:
    written = many(366)
    written.episode(2020, "2019-06-01", child=900, place="K2")
    stock = stock_by_sector(rebuilt(written).histories, [date(2020, 3, 31)])
    by_sector = stock.set_index("sector")["children"]
    assert by_sector["all"] == 367
    assert by_sector.drop("all").sum() == 367
    assert by_sector["residential"] == 1


def test_a_clean_return_can_be_used_and_the_published_figures_are_missed() -> None:
    report = quality(many(366))
    assert report.verdict[0] == "This return can be used."
    assert "--authority" in report.verdict[1]
    assert {gate.name: gate.passed for gate in report.gates}["stock"] is None
    assert sum(report.fates.values()) == 2 * 366


@pytest.mark.parametrize(("children", "stops"), [(585, False), (540, True)])
def test_a_stock_more_than_5_percent_off_stops(children: int, stops: bool) -> None:
    written = many(children)
    report = quality(written, "Wolverhampton")
    row = report.counts.query("measure == 'in_care' and group == 'all'").iloc[0]
    assert (row["counted"], row["published"]) == (children, 588)
    assert row["difference"] == pytest.approx(children / 588 - 1)
    assert report.verdict[0].startswith("Do not forecast") is stops


@pytest.mark.parametrize(("apart", "passed"), [(5, True), (-5, True), (-6, False)])
def test_a_few_children_more_or_fewer_stop_no_small_council(apart: int, passed: bool) -> None:
    published = PublishedHistory.as_at(2023).panel(find_authority("Rutland")).loc[2020, "in_care"]
    written = Written(years={2020})
    for child in range(int(published) + apart):
        written.episode(2020, f"2019-{4 + child % 9:02d}-05", child=child)
    written.episode(2020, "2020-03-20", "2020-03-30", rec="E4A", child=999)
    report = quality(written, "Rutland")
    row = report.counts.query("measure == 'in_care' and group == 'all'").iloc[0]
    assert abs(row["difference"]) > 0.05
    assert {gate.name: gate.passed for gate in report.gates}["stock"] is passed


def test_more_than_2_percent_of_rows_rejected_stops() -> None:
    written = many(40)
    for child in range(100, 102):
        written.episode(2020, "2019-06-01", "2019-05-01", rec="E4A", child=child)
    gates = {gate.name: gate for gate in quality(written).gates}
    assert gates["rejected"].passed is False
    written = many(400)
    for child in range(1000, 1040):
        written.episode(2020, "2019-06-01", "2019-06-08", ls="V4", rec="E4A", child=child)
    gates = {gate.name: gate for gate in quality(written).gates}
    assert gates["rejected"].passed is True  # short breaks are as they should be


def test_missing_years_vanished_children_providers_and_transfers_are_found() -> None:
    written = many(60, (2018, 2020))
    for child in range(200, 212):
        written.episode(2020, "2019-06-01", "2020-01-05", rec="E3", child=child, provider="")
    failed = {gate.name: gate for gate in quality(written).gates if gate.passed is False}
    assert set(failed) == {"years", "providers", "transfers"}
    assert "2019" in failed["years"].found
    assert "05 January 2020" in failed["transfers"].found
    gone = many(60, (2019,))
    gone.episode(2020, "2019-06-01", child=900)
    failed = {gate.name: gate for gate in quality(gone).gates if gate.passed is False}
    assert "vanished" in failed


def test_rows_are_told_by_file_and_line() -> None:
    def file(name: str, first_row: int, n_rows: int) -> SourceFile:
        return SourceFile(name, "episodes", "", "utf-8", "", 2020, first_row, n_rows, 2)

    files = (file("b.csv", 10, 5), file("a.csv", 0, 10), file("none.csv", 0, 0))
    rows = pd.Series([0, 9, 10, 14]).to_numpy()
    assert told_rows(rows, files) == "a.csv 2, 11; b.csv 2, 6"


def test_the_mapping_ships_and_can_be_replaced(tmp_path: Path) -> None:
    shipped = shipped_sectors()
    named = {
        ("U3", ""): "connected_persons",
        ("U6", "PR1"): "internal_fostering",
        ("U6", "PR2"): "ifa",
        ("U6", "PR3"): "as_other_fostering",
        ("K2", ""): "residential",
        ("R2", "PR3"): "other",
        ("R3", "PR4"): "residential",
        ("P2", "PR4"): "supported_accommodation",
        ("A5", "PR1"): "other",
        ("", ""): "other",
    }
    for (place, provider), sector in named.items():
        assert shipped.sectors[shipped.line_of(place, provider)] == sector, place
    own = tmp_path / "own mapping.csv"
    text = shipped_path("calibration", "place_sectors.csv").read_text(encoding="utf-8")
    own.write_text(text.replace("R1|R3,*,residential", "R1|R3,*,other"), encoding="utf-8")
    assert read_sectors(own).sectors[shipped.line_of("R1", "")] == "other"
    own.write_text(text.replace(",ifa,other_la", ",agency,other_la"), encoding="utf-8")
    with pytest.raises(HistoryError, match=r'own mapping.csv, line 6: found sector "agency"'):
        read_sectors(own)
    own.write_text("place,sector\nU1,ifa\n", encoding="utf-8")
    with pytest.raises(HistoryError, match="found columns place, sector"):
        read_sectors(own)


def written_files(folder: Path) -> Path:
    """A return of one year in two files, with a fault in it and a marker in every field."""
    folder.mkdir(parents=True)
    header, episodes = [HEADER], [EPISODES]
    for child in range(8):
        header.append(f"{MARKER}{child},2,15/06/2008,WBRI,{MARKER},0,\n")
        end = "01/02/2019" if child == 3 else ""  # before its start
        rec = "E4A" if end else ""
        episodes.append(
            f"{MARKER}{child},01/06/2019,S,C2,N1,U6,PR1,{end},{rec},,"
            f"ZZ{child} 1AA,ZZ{child} 2AA,SC12345{child}\n"
        )
    (folder / "header table.csv").write_text("".join(header), encoding="utf-8")
    (folder / "some episodes.csv").write_text("".join(episodes), encoding="utf-8")
    return folder


def test_check_of_a_folder_writes_a_page_and_tables_without_a_childs_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = written_files(tmp_path / "my 903"), tmp_path / "out" / "the check"
    assert status("check", str(folder), "--out", str(out)) == 0
    printed = capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    tables = ("files", "years", "rules", "set_aside", "counts", "periods", "gates")
    assert names == {"quality.html", "manifest.json", *(f"{name}.csv" for name in tables)}
    everything = printed + "".join(path.read_text(encoding="utf-8") for path in out.iterdir())
    assert MARKER not in everything
    assert "SC12345" not in everything
    assert "ZZ1" not in everything
    assert str(tmp_path) not in (out / "quality.html").read_text(encoding="utf-8")
    aside = pd.read_csv(out / "set_aside.csv")
    assert aside[["file", "line", "rule"]].to_numpy().tolist() == [
        ["some episodes.csv", 5, "end_before_start_with_nothing_after"]
    ]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["marking"] == "OFFICIAL-SENSITIVE"
    assert manifest["rows"] == {"used": 15, "repaired": 0, "set_aside": 1}
    assert "16 rows were read: 15 are used as they stand, 0 are used after a repair" in printed


def test_check_of_a_folder_again_needs_overwrite(tmp_path: Path) -> None:
    folder, out = written_files(tmp_path / "903"), tmp_path / "out"
    assert status("check", str(folder), "--out", str(out)) == 0
    assert status("check", str(folder), "--out", str(out)) == 2
    assert status("check", str(folder), "--out", str(out), "--overwrite") == 0


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (("--months", "12"), "--months"),
        (("--authority", "Atlantis"), "Atlantis"),
        (("--place-sectors", "{folder}/header table.csv"), "header table.csv: found columns"),
    ],
)
def test_check_of_a_folder_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: tuple[str, ...], said: str
) -> None:
    folder = written_files(tmp_path / "903")
    words = [word.format(folder=folder) for word in extra]
    assert status("check", str(folder), *words) == 2
    assert said in capsys.readouterr().err


def test_a_scenario_is_still_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("check", "--authority", "Leeds", "--out", "somewhere") == 2
    assert "leave out --out" in capsys.readouterr().err


def test_the_page_says_the_answer_first_and_is_marked() -> None:
    page = render_quality_page(quality(many(585), "Wolverhampton"))
    assert page.index("OFFICIAL-SENSITIVE") < page.index("This return can be used")
    assert "published 588" in page
    assert "http" not in page.replace("http-equiv", "")


def test_calibrate_takes_the_councils_own_table_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written_files(tmp_path / "903")
    own, to = tmp_path / "own.csv", tmp_path / "rates.yaml"
    text = shipped_path("calibration", "place_sectors.csv").read_text(encoding="utf-8")
    own.write_text(text.replace(",internal_fostering,own", ",ifa,own"), encoding="utf-8")
    found = set()

    def stop(histories: CareHistories, *_: object, **__: object) -> None:
        found.update(histories.placements["sector"])
        raise HistoryError("far enough")

    monkeypatch.setattr(calibrating, "calibrate", stop)
    words = ("calibrate", str(folder), "--authority", "Leeds", "--to", str(to))
    assert status(*words, "--place-sectors", str(own)) == 2
    assert found == {"ifa"}
    assert (as_source(own).name, as_source(own).kind) == ("own.csv", "place_sectors")
