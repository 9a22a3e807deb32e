"""Every kind of bad input is repaired by a named rule, set aside and counted, or refused.

Read and rebuilt as a user would; what is refused as it is opened has its tests in
`test_returns_reading_refused.py`.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sufficiency.errors import HistoryError
from sufficiency.history.returns.frames import CareHistories
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.reading import read_return
from sufficiency.history.returns.rebuilding import rebuild
from tests.return_files import episode_row, episodes_csv, header_csv, header_row, write

GOOD = [
    episode_row(f"G{number}", f"{number:02d}/06/2021", "01/02/2022", "E4A")
    for number in range(1, 21)
]
"""Twenty children about whom nothing is wrong, so that there is something to read."""
GOOD_HEADER = [header_row(f"G{number}") for number in range(1, 21)]
N_GOOD = len(GOOD)


def rebuilt(folder: Path, *episodes: list, header: list | None = None) -> tuple:
    """Histories and rules of a return of these rows and the good children's; no row is lost."""
    write(
        folder,
        episodes=episodes_csv(*GOOD, *episodes),
        header=header_csv(*GOOD_HEADER, *(header or [])),
    )
    histories, ledger = read_and_rebuilt(folder)
    return histories, {rule.name for rule, _ in ledger.rules()}


def read_and_rebuilt(folder: Path) -> tuple[CareHistories, RowLedger]:
    returned, ledger = read_return([folder])
    histories = rebuild(returned, ledger)
    assert sum(ledger.counts().values()) == ledger.n_rows
    assert ledger.n_rows == sum(file.n_rows for file in returned.files)
    assert_sound(histories)
    return histories, ledger


def assert_sound(histories: CareHistories) -> None:
    """Nobody twice in care, in two places, or in care outside what was seen."""
    periods, placements = histories.periods, histories.placements
    last_day = pd.Timestamp(histories.last_day)
    left = periods["left"].fillna(last_day + pd.Timedelta(days=1))
    assert (left > periods["entered"]).all()
    in_order = periods.assign(left=left).sort_values(["child", "entered"])
    same = in_order["child"] == in_order["child"].shift()
    assert (in_order["entered"] >= in_order["left"].shift())[same].all()
    assert placements["period"].isin(periods["period"]).all()
    assert set(placements["period"]) == set(periods["period"])
    next_began = placements.groupby("period")["began"].shift(-1)
    assert (placements["ended"] == next_began)[next_began.notna()].all()


def test_a_child_who_is_five_and_one_who_is_thirty(tmp_path: Path) -> None:
    histories, rules = rebuilt(
        tmp_path,
        episode_row("young", "01/06/2021"),
        episode_row("old", "01/06/2021"),
        header=[header_row("young", "14/05/2016"), header_row("old", "14/05/1991")],
    )
    assert histories.periods["born"].dt.year.tolist().count(2016) == 1
    assert histories.periods["born"].dt.year.tolist().count(1991) == 0
    assert {"start_at_18", "birth_date_wrong"} & rules
    assert len(histories.periods) == N_GOOD + 1


def test_a_child_of_thirty_in_the_header_alone_is_a_care_leaver(tmp_path: Path) -> None:
    histories, _ = rebuilt(tmp_path, header=[header_row("old", "14/05/1991")])
    assert len(histories.periods) == N_GOOD


def test_born_after_coming_into_care(tmp_path: Path) -> None:
    histories, rules = rebuilt(
        tmp_path, episode_row("late", "01/06/2021"), header=[header_row("late", "14/05/2022")]
    )
    assert len(histories.periods) == N_GOOD
    assert {"birth_date_wrong", "decom_before_birth"} & rules


def test_dates_in_2099(tmp_path: Path) -> None:
    """A start then is set aside; an end then is an episode that goes on."""
    histories, rules = rebuilt(
        tmp_path,
        episode_row("ends", "01/06/2021", "01/01/2099", "E4A"),
        episode_row("starts", "01/01/2099"),
        episode_row("both", "01/01/2099", "02/02/2099", "E4A"),
        header=[header_row("ends"), header_row("starts"), header_row("both")],
    )
    assert {"end_after_year_end", "start_after_year_end"} <= rules
    assert histories.last_day == date(2022, 3, 31)
    assert histories.periods["left"].isna().sum() == 1
    assert len(histories.periods) == N_GOOD + 1


def test_every_end_blank(tmp_path: Path) -> None:
    """A child's open row ends when the next begins; the last goes on."""
    days = ["01/06/2021", "01/08/2021", "01/10/2021"]
    rows = [
        episode_row(child, day, rne="S" if day == days[0] else "P", place=place)
        for child in ("a", "b")
        for day, place in zip(days, ("U6", "K2", "U4"), strict=True)
    ]
    write(
        tmp_path,
        episodes=episodes_csv(*rows),
        header=header_csv(header_row("a"), header_row("b")),
    )
    histories, ledger = read_and_rebuilt(tmp_path)
    assert "open_closed_by_the_next" in {rule.name for rule, _ in ledger.rules()}
    assert histories.periods["left"].isna().tolist() == [True, True]
    assert len(histories.placements) == 6
    assert histories.placements["ended"].isna().sum() == 2


def test_a_child_with_300_episodes(tmp_path: Path) -> None:
    first, rows = date(2021, 4, 2), []
    for number in range(300):
        start = first + timedelta(days=number)
        end = start + timedelta(days=1)
        last = number == 299
        rows.append(
            episode_row(
                "busy",
                f"{start:%d/%m/%Y}",
                "" if last else f"{end:%d/%m/%Y}",
                "" if last else "X1",
                rne="S" if number == 0 else "P",
                pl_post=f"ZZ{number % 9 + 1} {number % 10}A{chr(65 + number % 26)}",
                reason_place_change="" if last else "CREQB",
            )
        )
    histories, _ = rebuilt(tmp_path, *rows, header=[header_row("busy")])
    assert len(histories.periods) == N_GOOD + 1
    assert len(histories.placements) == N_GOOD + 300


def test_files_in_different_encodings(tmp_path: Path) -> None:
    kinds = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
    for number, kind in enumerate(kinds):
        child = f"Zoë{number}"
        text = episodes_csv(episode_row(child, "01/06/2021", "01/02/2022", "E4A"))
        write(tmp_path, **{f"episodes{number}": text.encode(kind)})
        write(tmp_path, **{f"header{number}": header_csv(header_row(child)).encode(kind)})
    histories, ledger = read_and_rebuilt(tmp_path)
    assert len(histories.periods) == len(kinds)
    assert "child_not_in_header" not in {rule.name for rule, _ in ledger.rules()}


def test_binary_junk_among_good_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, episodes=episodes_csv(*GOOD), header=header_csv(*GOOD_HEADER))
    junk = np.random.default_rng(1).integers(0, 256, 5_000, dtype=np.uint8).tobytes()
    (tmp_path / "junk.csv").write_bytes(junk)
    with pytest.raises(HistoryError, match=r"junk\.csv"):
        read_and_rebuilt(tmp_path)


def test_a_zip_that_holds_the_files_is_as_good_as_the_folder(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a folder/episodes.csv", episodes_csv(*GOOD))
        archive.writestr("a folder/header.csv", header_csv(*GOOD_HEADER))
    folder = tmp_path / "returns of the council"
    folder.mkdir()
    (folder / "return.zip").write_bytes(packed.getvalue())
    histories, _ = read_and_rebuilt(folder)
    assert len(histories.periods) == N_GOOD


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no file"):
        read_return([tmp_path])


def test_everything_wrong_at_once_leaves_one_message(tmp_path: Path) -> None:
    rows = [episode_row("x", "n/k", "n/k", "E77", place="??", provider="??", rne="?")]
    write(tmp_path, episodes=episodes_csv(*rows), header=header_csv(header_row("x", "n/k", "?")))
    with pytest.raises(HistoryError) as refused:
        read_return([tmp_path])
    assert "\n" not in str(refused.value).strip()


cells = st.sampled_from(
    ["", "S", "P", "L", "X1", "E4A", "E2", "V4", "C2", "U6", "K2", "T4", "Z1", "PR1", "PR0", "??"]
)
DATES = (
    *("", "n/k", "01/01/1990", "31/03/2021", "01/04/2021", "15/06/2021", "1/7/2021", "02/07/2021"),
    *("31/03/2022", "01/04/2022", "01/01/2099", "2021-08-01"),
)
dates = st.sampled_from(DATES)
episode_rows = st.tuples(st.sampled_from("abc"), dates, dates, cells, cells, cells, cells, cells)
births = st.sampled_from(["14/05/2010", "14/05/2016", "01/07/2003", "14/05/1991", "01/01/2030", ""])


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.lists(episode_rows, min_size=1, max_size=8), min_size=1, max_size=2),
    born=st.lists(births, min_size=3, max_size=3),
)
def test_no_row_of_any_mess_is_lost(
    rows: list[list[tuple]], born: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mess")
    for number, year in enumerate(rows):
        written = [
            episode_row(child, decom, dec, rec, place, provider, rne=rne, ls=ls)
            for child, decom, dec, rec, place, provider, rne, ls in year
        ]
        good = [
            episode_row(child, f"01/06/{2021 + number}", f"01/02/{2022 + number}", "E4A")
            for child in (row[0] for row in GOOD)
        ]
        write(folder, **{f"{2022 + number}__episodes": episodes_csv(*good, *written)})
    people = [header_row(child, dob) for child, dob in zip("abc", born, strict=True)]
    write(folder, header=header_csv(*GOOD_HEADER, *people))
    read_and_rebuilt(folder)
