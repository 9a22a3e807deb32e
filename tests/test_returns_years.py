"""Which year does a row of a return belong to?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sufficiency.history.returns.years import (
    ends_after,
    label_year,
    last_day,
    latest_year,
    years_of,
)
from tests.return_files import (
    EPISODE_HEADINGS,
    HEADER_HEADINGS,
    as_csv,
    episode_row,
    episodes_csv,
    found_by,
    header_csv,
    header_row,
    read,
)


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("2022", 2022),
        ("2017-18", 2018),
        ("2017/2018", 2018),
        ("201819 episodes.csv", 2019),
        ("SSDA903 21-22", 2022),
        ("1920", 2020),
        ("episodes.csv", None),
        ("version 3", None),
    ],
)
def test_years_in_names(name: str, year: int | None) -> None:
    assert label_year(name) == year


def test_years_come_from_the_data_and_lists_from_their_episodes(tmp_path: Path) -> None:
    """Folders named by the start of the year, as in the public samples."""
    returned, _ = read(
        tmp_path,
        **{
            "2020__header": header_csv(header_row("1"), header_row("2")),
            "2020__episodes": episodes_csv(episode_row("1", "03/05/2020")),
            "2021__header": header_csv(header_row("2")),
            "2021__episodes": episodes_csv(episode_row("2", "03/05/2021")),
        },
    )
    assert returned.years == (2021, 2022)
    assert returned.header["year"].tolist() == [2021, 2021, 2022]


def test_lists_in_one_folder_take_the_year_of_their_name_or_of_their_children(
    tmp_path: Path,
) -> None:
    named, _ = read(
        tmp_path / "named",
        episodes_2021=episodes_csv(episode_row("1", "03/05/2020")),
        episodes_2022=episodes_csv(episode_row("1", "03/05/2021")),
        header_2021=header_csv(header_row("1")),
        header_2022=header_csv(header_row("1", sex="2")),
    )
    assert named.header["year"].tolist() == [2021, 2022]
    nameless, _ = read(
        tmp_path / "nameless",
        a=episodes_csv(episode_row("1", "03/05/2020")),
        b=episodes_csv(episode_row("2", "03/05/2021")),
        c=header_csv(header_row("2")),
        d=header_csv(header_row("1")),
    )
    assert nameless.header["year"].tolist() == [2022, 2021]


def test_one_file_of_many_years_with_their_labels(tmp_path: Path) -> None:
    """LA and YEAR columns of a shared extract, ISO dates, the authority on the identifier."""
    headings = [*EPISODE_HEADINGS, "LA", "YEAR"]
    rows = [
        [*episode_row("1_XYZ", "2019-06-01"), "XYZ", "2019"],
        [*episode_row("1_XYZ", "2019-06-01", "2020-07-09", "E4A"), "XYZ", "2020"],
        [*episode_row("2_XYZ", "2020-04-01"), "XYZ", "2020"],
    ]
    header = as_csv(
        [*HEADER_HEADINGS, "LA", "YEAR"],
        [
            [*header_row("1", "2010-05-01"), "XYZ", "2019"],
            [*header_row("1", "2010-05-01"), "XYZ", "2020"],
            *([*header_row(f"{c}", "2009-02-01"), "XYZ", "2020"] for c in range(2, 9)),
        ],
    )
    returned, ledger = read(tmp_path, header=header, episodes=as_csv(headings, rows))
    assert returned.years == (2020, 2021)
    assert returned.episodes["year"].tolist() == [2020, 2021, 2021]
    assert returned.header["year"].tolist() == [2020] + [2021] * 8
    assert returned.header["dob_is_month_only"].all()
    assert "child_not_in_header" not in found_by(ledger), "1_XYZ is child 1"


def test_a_history_in_one_file_without_labels(tmp_path: Path) -> None:
    """Each episode belongs to the year in which it ended; an open copy to the year before."""
    rows = [
        episode_row("1", "01/06/2018", "01/02/2019", "E4A"),
        episode_row("2", "01/06/2018"),
        episode_row("2", "01/06/2018", "01/09/2020", "E4A"),
        episode_row("3", "01/07/2019", "01/02/2020", "E4A"),
        episode_row("4", "01/05/2020", "01/03/2021", "E4A"),
        episode_row("5", "01/05/2020"),
        episode_row("1", "01/08/2019", "01/03/2020", "E4A"),
    ]
    header = header_csv(*(header_row(str(child)) for child in range(1, 6)))
    returned, _ = read(tmp_path, header=header, episodes=episodes_csv(*rows))
    assert returned.episodes["year"].tolist() == [2019, 2020, 2021, 2020, 2021, 2021, 2020]
    assert next(file for file in returned.files if file.kind == "episodes").year is None


def test_a_collection_year_ends_on_31_march() -> None:
    days = np.array(["2021-03-31", "2021-04-01", "2022-03-31", "NaT"], dtype="datetime64[D]")
    assert years_of(days).tolist() == [2021, 2022, 2022, 0]
    years = np.array([2021, 2021, 2021, 2021], dtype=np.int16)
    assert (last_day(years) == np.datetime64("2021-03-31")).all()
    assert ends_after(days, years).tolist() == [False, True, True, False]
    assert latest_year(days) == 2022


def test_a_mistyped_year_does_not_move_the_return(tmp_path: Path) -> None:
    rows = [episode_row(str(i), f"{i % 28 + 1:02d}/06/2021") for i in range(40)]
    rows.append(episode_row("41", "01/06/2021", "01/06/2099", "E4A"))
    rows.append(episode_row("42", "01/06/2022"))
    header = header_csv(*(header_row(str(i)) for i in range(43)))
    returned, _ = read(tmp_path, header=header, episodes=episodes_csv(*rows))
    assert returned.years == (2022,)
