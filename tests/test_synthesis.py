"""A synthetic return says exactly what the simulated world did, in codes that are valid."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sufficiency import cli
from sufficiency.domain import SECTORS, UNPLACED_CODE, Sector
from sufficiency.errors import OutputError, UserError
from sufficiency.simulation.record import BEGAN_ENTERED, ENDED_OPEN, ENDED_TURNED_18
from sufficiency.synthesis import SyntheticReturn, synthesise, write_return
from sufficiency.synthesis.lives import OPEN, lives_of
from sufficiency.synthesis.synthesise import return_of
from sufficiency.synthesis.writing import clean_files

OTHER_CODE = SECTORS.index(Sector.OTHER)
RESPITE = ("V3", "V4")
SECTOR_OF_PLACE = {
    **dict.fromkeys(["U1", "U2", "U3"], "connected_persons"),
    **dict.fromkeys(["K1", "K2", "S1", "R1", "R3"], "residential"),
    **dict.fromkeys(["H5", "P2", "K3"], "supported_accommodation"),
}


@pytest.fixture(scope="module")
def made() -> SyntheticReturn:
    return synthesise("Wolverhampton", 2017, 2025, seed=3)


@pytest.fixture(scope="module")
def files(made: SyntheticReturn) -> dict[str, bytes]:
    return clean_files(made.tables)


def read(files: dict[str, bytes], year: int, table: str) -> pd.DataFrame:
    text = files[f"903_{year}_{table}.csv"]
    frame = pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False)
    for column in frame.columns.intersection(["DECOM", "DEC", "DOB", "DUC"]):
        frame[column] = pd.to_datetime(frame[column], format="%d/%m/%Y")
    return frame


def all_rows(files: dict[str, bytes], years: range) -> pd.DataFrame:
    """Every episode once, as the last year that has it shows it."""
    rows = pd.concat([read(files, year, "episodes").assign(year=year) for year in years])
    rows = rows.drop_duplicates(["CHILD", "DECOM"], keep="last")
    return rows.sort_values(["CHILD", "DECOM"], ignore_index=True)


def sector(place: str, provider: str) -> str:
    if place in ("U4", "U5", "U6"):
        return "internal_fostering" if provider == "PR1" else "ifa"
    return SECTOR_OF_PLACE.get(place, "other")


def record_rows(made: SyntheticReturn) -> pd.DataFrame:
    """The record's spells, times in days, without those that saw no midnight.

    Of a child who saw none, the last spell stands for all.
    """
    spells = made.simulated.record.spells
    codes = np.where(spells["sector"] == UNPLACED_CODE, OTHER_CODE, spells["sector"])
    open_still = spells["ended"] == ENDED_OPEN
    rows = pd.DataFrame(
        {
            "child": spells["child"],
            "sector": np.array(SECTORS, dtype=object)[codes],
            "entered": spells["entered"],
            "from_time": spells["from_time"],
            "to_time": np.where(open_still, np.inf, spells["to_time"]),
        }
    )
    a_night = np.ceil(rows["to_time"]) > np.ceil(rows["from_time"])
    never = ~a_night.groupby(rows["child"]).transform("any")
    return rows[a_night | (never & ~rows["child"].duplicated(keep="last"))]


def test_stock_starters_and_leavers_are_those_of_the_record(made: SyntheticReturn) -> None:
    rows, start = record_rows(made), np.datetime64(made.simulated.start)
    first, last = rows.drop_duplicates("child"), rows.drop_duplicates("child", keep="last")
    assert len(first) == len(np.unique(made.simulated.record.spells["child"]))
    before = 0
    for year in made.years:
        day = int((np.datetime64(f"{year}-03-31") - start).astype(int))
        expected = {
            "stock": rows[(rows["from_time"] <= day) & (rows["to_time"] > day)],
            "starters": first[(first["entered"] > before) & (first["entered"] <= day)],
            "leavers": last[(last["to_time"] > before) & (last["to_time"] <= day)],
        }
        for measure, there in expected.items():
            by_sector = there.groupby("sector").size().reindex(list(SECTORS), fill_value=0)
            found = getattr(made, measure)().loc[year]
            assert found[list(SECTORS)].tolist() == by_sector.tolist(), (measure, year)
            assert found["all"] == len(there)
        before = day


def test_a_year_s_open_rows_are_its_stock(made: SyntheticReturn, files: dict[str, bytes]) -> None:
    """Read as the statistics are made: the last episode open, and no short break."""
    for year in made.years:
        rows = read(files, year, "episodes")
        there = rows[rows["DEC"].isna() & ~rows["LS"].isin(RESPITE)]
        assert not there["CHILD"].duplicated().any()
        assert len(there) == made.stock().loc[year, "all"]
        settled = there[~there["PLACE"].str.match("T|Z1")]
        found = pd.Series(
            [sector(*row) for row in settled[["PLACE", "PLACE_PROVIDER"]].itertuples(index=False)]
        ).value_counts()
        least = made.stock().loc[year, list(SECTORS)] - found.reindex(list(SECTORS)).fillna(0)
        assert least.sum() == len(there) - len(settled)
        assert (least >= 0).all()


def test_flows_of_the_files_are_those_of_the_record(
    made: SyntheticReturn, files: dict[str, bytes]
) -> None:
    rows = all_rows(files, made.years)
    rows = rows[~rows["LS"].isin(RESPITE)]
    first, last = rows.drop_duplicates("CHILD"), rows.drop_duplicates("CHILD", keep="last")
    for year in made.years:
        low, high = pd.Timestamp(year - 1, 3, 31), pd.Timestamp(year, 3, 31)
        came = first[(first["RNE"] == "S") & (first["DECOM"] > low) & (first["DECOM"] <= high)]
        assert len(came) == made.starters().loc[year, "all"]
        went = last[(last["REC"] != "X1") & (last["DEC"] > low) & (last["DEC"] <= high)]
        assert len(went) == made.leavers().loc[year, "all"]


def test_episodes_of_a_child_follow_one_another(
    made: SyntheticReturn, files: dict[str, bytes]
) -> None:
    rows = all_rows(files, made.years)
    rows = rows[~rows["LS"].isin(RESPITE)].reset_index(drop=True)
    follows = rows["CHILD"] == rows["CHILD"].shift()
    # One code in place of another from 2025 on is no change; registrations came in 2024.
    supported = rows["PLACE"].isin(["H5", "K3"])
    rows.loc[supported, ["PLACE", "URN"]] = ["K3", ""]
    before = rows.shift()
    assert (rows["DECOM"] == before["DEC"])[follows].all()
    assert (before["REC"] == "X1")[follows].all()
    assert (rows["RNE"] != "S")[follows].all()
    assert not (rows.drop_duplicates("CHILD", keep="last")["REC"] == "X1").any()
    assert ((rows["DEC"] > rows["DECOM"]) | rows["DEC"].isna()).all()
    assert (rows["DEC"].isna() == (rows["REC"] == "")).all()
    moved = rows[["PLACE", "PLACE_PROVIDER", "URN", "PL_POST"]].ne(
        before[["PLACE", "PLACE_PROVIDER", "URN", "PL_POST"]]
    )
    carer = rows["RNE"].isin(["P", "B"])
    assert moved.any(axis=1)[follows & carer].all()
    assert not moved.any(axis=1)[follows & (rows["RNE"] == "L")].any()
    status = rows["LS"] != before["LS"]
    assert status[follows & rows["RNE"].isin(["L", "B", "U"])].all()
    assert not status[follows & rows["RNE"].isin(["P", "T"])].any()


def test_an_open_episode_comes_back_next_year_as_it_was(
    made: SyntheticReturn, files: dict[str, bytes]
) -> None:
    same = ["RNE", "LS", "CIN", "PLACE_PROVIDER", "HOME_POST", "PL_POST"]
    for year in list(made.years)[:-1]:
        now, after = read(files, year, "episodes"), read(files, year + 1, "episodes")
        pairs = now[now["DEC"].isna()].merge(after, on=["CHILD", "DECOM"], how="left")
        for column in same:
            assert (pairs[f"{column}_x"] == pairs[f"{column}_y"]).all()
        recoded = pairs["PLACE_x"] != pairs["PLACE_y"]
        assert set(pairs.loc[recoded, "PLACE_y"]) == ({"K3"} if year == 2024 else set())


def test_codes_are_valid_in_their_year(made: SyntheticReturn, files: dict[str, bytes]) -> None:
    for year in made.years:
        rows, header = read(files, year, "episodes"), read(files, year, "header")
        places = set(rows["PLACE"])
        assert {"U4", "U6", "K2"} < places
        assert ("K3" in places) == (year >= 2025)
        assert not ({"H5", "P2"} & places if year >= 2025 else {"K3"} & places)
        endings = set(rows["REC"])
        assert endings & {"E43", "E45"} == ({"E43"} if year < 2019 else {"E45"})
        assert set(header["SEX"]) == ({"M", "F"} if year >= 2025 else {"1", "2"})
        without = rows["PLACE"].str.match("T|Z")
        assert (rows["PLACE_PROVIDER"] == "")[without].all()
        assert (rows["PLACE_PROVIDER"] != "")[~without].all()
        assert (rows["PLACE_PROVIDER"] == "PR0").equals(rows["PLACE"] == "P1")
        needs_urn = rows["PLACE"].str.match("U|A|K|S1|R3") | (
            (rows["PLACE"] == "H5") & (year >= 2024)
        )
        assert ((rows["URN"] != "") == needs_urn).all()
        assert rows["CHILD"].isin(header["CHILD"]).all()
        assert not header["CHILD"].duplicated().any()


def test_what_the_model_does_not_say_is_there_too(
    made: SyntheticReturn, files: dict[str, bytes]
) -> None:
    rows = all_rows(files, made.years)
    assert {"V2", "V3", "V4", "C1", "C2", "E1", "L1", "L2"} <= set(rows["LS"])
    assert {"S", "L", "P", "T", "B"} <= set(rows["RNE"])
    assert {"T1", "T3", "Z1", "A6", "P1"} <= set(rows["PLACE"])
    assert (rows.loc[rows["REASON_PLACE_CHANGE"] != "", "REC"] == "X1").all()
    adopted = rows["REC"].isin(["E11", "E12"])
    # All but those who were adopted on the day on which they were placed.
    assert rows.loc[adopted, "PLACE"].isin(["A4", "A6"]).mean() > 0.98
    assert (rows.loc[rows["PLACE"] == "A6", "LS"] == "E1").all()
    uasc = pd.concat([read(files, year, "uasc") for year in made.years])["CHILD"]
    assert (rows.loc[rows["CHILD"].isin(uasc), "HOME_POST"] == "").all()
    assert (rows.loc[rows["LS"].isin(RESPITE), ["HOME_POST", "PL_POST"]] == "").all(axis=None)


def test_ids_and_postcodes_say_that_nobody_is_meant(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        assert frame["CHILD"].str.fullmatch(r"SYN\d{6}").all(), name
        for column in frame.columns.intersection(["HOME_POST", "PL_POST"]):
            assert frame[column].str.fullmatch(r"(ZZ\d{1,2} \d[A-Z]{2})?").all()
            assert frame[column].str.len().max() <= 8


def test_the_same_seed_gives_the_same_bytes(made: SyntheticReturn, files: dict[str, bytes]) -> None:
    again = return_of(made.simulated, seed=3)
    assert clean_files(again.tables) == files
    other = return_of(made.simulated, seed=4)
    assert clean_files(other.tables) != files


def test_a_child_who_stayed_for_no_midnight_has_one_night_and_the_years_keep_their_counts(
    made: SyntheticReturn,
) -> None:
    """On a 31 March the night is the one before, so that the child is in no stock."""
    record = made.simulated.record
    leaving = np.flatnonzero(
        (record.spells["began"] == BEGAN_ENTERED)
        & (record.spells["ended"] >= 0)
        & (record.spells["ended"] <= ENDED_TURNED_18)
    )[:2]
    spells = record.spells.copy()
    ordinary, on_stock_day = 100.25, 364.25
    spells["from_time"][leaving] = spells["entered"][leaving] = [ordinary, on_stock_day]
    spells["to_time"][leaving] = [ordinary + 0.5, on_stock_day + 0.5]
    simulated = dataclasses.replace(
        made.simulated, record=dataclasses.replace(record, spells=spells)
    )
    lives = lives_of(simulated)
    children = lives.children.loc[spells["child"][leaving]]
    assert (children["left"] - children["entered"]).tolist() == [1, 1]
    assert (children["entered"] - lives.start_day).tolist() == [101, 364]
    assert (lives.placements["ended"] > lives.placements["began"]).all()


def test_the_command_writes_the_folder_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "practice files"
    arguments = ["synthesise", "--authority", "Rutland", "--years", "2022-2023", "--out", str(out)]
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 0
    assert "children who never lived" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["practice files"]
    names = {
        f"903_{y}_{table}.csv" for y in (2022, 2023) for table in ("episodes", "header", "uasc")
    }
    assert {path.name for path in out.iterdir()} == names
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "not empty" in capsys.readouterr().err


@pytest.mark.parametrize("years", ["2016-2020", "2020-2019", "2020-2027", "20-21", "soon"])
def test_years_that_cannot_be_are_refused(
    years: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stopped:
        cli.main(["synthesise", "--authority", "Leeds", "--years", years, "--out", str(out)])
    assert stopped.value.code == 2
    assert "expected a first and a last year" in capsys.readouterr().err
    assert not out.exists()


def test_python_refuses_the_same(made: SyntheticReturn, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="2017 to 2026"):
        synthesise("Leeds", 2016, 2018)
    with pytest.raises(UserError, match="Isles of Scilly has no child in care from 2020 to 2021"):
        synthesise("Isles of Scilly", 2020, 2021)
    (tmp_path / "there.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="not empty"):
        write_return(made, tmp_path)


def test_nobody_is_in_care_at_18_but_for_the_open_day(made: SyntheticReturn) -> None:
    children = made.lives.children
    left = children["left"].where(children["left"] < OPEN, made.lives.last_day + 1)
    assert ((left - children["born"]) <= 18 * 366).all()
