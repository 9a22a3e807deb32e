"""Is each fault of a row or of a Header repaired, set aside or noted by a named rule?"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sufficiency.errors import HistoryError
from sufficiency.history.returns.reading import read_return
from tests.return_files import (
    HEADER_HEADINGS,
    UASC_HEADINGS,
    as_csv,
    assert_every_row_is_accounted_for,
    episode_row,
    episodes_csv,
    found_by,
    header_csv,
    header_row,
    read,
    write,
)

HEADER = header_csv(header_row("1"))


def rules_of_episodes(tmp_path: Path, *rows: list[str]) -> dict[str, list[int]]:
    """What rules find in some episodes of child 1: rows from 0, the Header after them."""
    _, ledger = read(tmp_path, a_episodes=episodes_csv(*rows), b_header=HEADER)
    return found_by(ledger)


def test_lines_that_are_no_whole_rows_keep_their_place(tmp_path: Path) -> None:
    whole = ",".join(episode_row("1"))
    lines = (
        episodes_csv().strip()
        + "\r\n"
        + "\r\n".join(
            [
                whole,
                "",
                ",,,,,,,,,,,,",
                whole + ",,,",
                whole + ",extra",
                whole[: whole.index("PR1") + 3],
                whole.replace("U6", '"U6'),
                f'"{whole.replace(",", chr(34) + "," + chr(34))}"',
                ",,,,,,,,,,,,",
                "",
            ]
        )
    )
    returned, ledger = read(tmp_path, a_episodes=lines, b_header=HEADER)
    found = found_by(ledger)
    assert found["blank_row"] == [1, 2]
    assert found["too_many_cells"] == [4]
    assert found["row_ends_early"] == [5]
    assert returned.episodes["row"].tolist() == [0, 3, 5, 6, 7]
    assert (returned.episodes["place"] == "U6").all()
    assert ledger.n_rows == 9, "blank lines at the end are no rows"


def test_rows_without_a_child_are_set_aside(tmp_path: Path) -> None:
    rows = [episode_row("1"), episode_row(""), episode_row("1.23457E+09"), episode_row("1.0")]
    returned, ledger = read(tmp_path, a=episodes_csv(*rows), b=HEADER)
    found = found_by(ledger)
    assert (found["child_missing"], found["child_shortened"]) == ([1], [2])
    assert returned.episodes["child"].nunique() == 1, "1.0 is child 1"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"rne": "Q"}, "rne_unknown"),
        ({"ls": "C9"}, "ls_unknown"),
        ({"cin": "N9"}, "cin_unknown"),
        ({"place": "ZZ"}, "place_unknown"),
        ({"provider": "PR9"}, "provider_unknown"),
        ({"dec": "01/07/2021", "rec": "E99X"}, "rec_unknown"),
        ({"dec": "01/07/2021", "rec": "X1", "reason_place_change": "WHY"}, "reason_unknown"),
        ({"reason_place_change": "CARPL"}, "reason_on_open_episode"),
        ({"place": "P1"}, "provider_of_parents"),
        ({"provider": "PR0"}, "provider_impossible"),
        ({"place": "R5"}, "provider_impossible"),
        ({"place": "K2", "provider": "PR3"}, "provider_impossible"),
        ({"place": "T1"}, "provider_on_temporary"),
        ({"provider": ""}, "provider_missing"),
        ({"decom": "01/06/1990"}, "decom_too_long_ago"),
        ({"place": " u6"}, "code_tidied"),
        ({"decom": "2021-06-01"}, "date_in_another_form"),
    ],
)
def test_each_fault_of_a_row_has_its_rule(
    tmp_path: Path, changes: dict[str, str], rule: str
) -> None:
    sound = episode_row("1", "02/06/2021", "17/06/2021", "X1", urn="SC1", pl_post="ZZ1 1AA")
    assert rule not in rules_of_episodes(tmp_path / "sound", sound, sound)
    assert rules_of_episodes(tmp_path / "wrong", sound, episode_row("1", **changes))[rule] == [1]


UNDER_14 = {"decom": "01/06/2021", "dec": "01/07/2021"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"pl_post": ""}, "postcode_missing"),
        ({"pl_post": "nowhere"}, "postcode_impossible"),
        ({"home_post": "00000"}, "postcode_impossible"),
        ({"urn": ""}, "registration_missing"),
        ({"ls": "L1", "dec": "05/06/2021", "rec": "X1"}, "emergency_too_long"),
        ({"place": "P1", "provider": "PR0", "ls": "V2"}, "with_parents_by_agreement"),
        ({"dec": "01/07/2021", "rec": "E11"}, "adopted_without_placement"),
        ({"place": "K2", "dec": "01/07/2021", "rec": "E45"}, "guardian_was_no_carer"),
        ({"place": "Q2"}, "place_of_another_year"),
        ({"place": "Z11", "provider": ""}, "place_of_another_year"),
        ({"dec": "01/07/2021", "rec": "E43"}, "rec_of_another_year"),
        ({"place": "H5"}, "too_young_for_placement"),
        ({"place": "P3"}, "too_young_for_placement"),
        ({**UNDER_14, "rec": "E5"}, "exit_unlike_age"),
        ({**UNDER_14, "rec": "E17"}, "exit_unlike_age"),
    ],
)
def test_what_cannot_be_quite_right_is_noted_and_used(
    tmp_path: Path, changes: dict[str, str], rule: str
) -> None:
    sound = {"pl_post": "ZZ1 2AB", "home_post": "ZZ1", "urn": "SC123456"}
    rows = [episode_row("1", **sound), episode_row("1", **{**sound, **changes})]
    returned, ledger = read(tmp_path, a=episodes_csv(*rows), b=HEADER)
    assert found_by(ledger) == {rule: [1]}
    assert len(returned.episodes) == 2
    assert ledger.counts() == {"used": 3, "repaired": 0, "set_aside": 0}


def test_the_least_ages_are_those_of_the_day(tmp_path: Path) -> None:
    """Child 1 is 14 on 14 May 2024; semi-independent living asked for 14, and for 16 from 2024."""
    before = [
        episode_row("1", "13/05/2024", place="P3"),
        episode_row("1", "14/05/2024", place="P3"),
    ]
    assert rules_of_episodes(tmp_path / "a", *before)["too_young_for_placement"] == [0]
    old = header_csv(header_row("1", dob="01/01/2008"))
    episodes = episodes_csv(episode_row("1", "01/06/2022", place="H5"))
    assert "too_young_for_placement" not in found_by(read(tmp_path / "b", a=episodes, b=old)[1])
    episodes = episodes_csv(episode_row("1", "01/06/2023", place="H5"))
    assert "too_young_for_placement" in found_by(read(tmp_path / "c", a=episodes, b=old)[1])


def test_what_an_unaccompanied_childs_row_says_against_itself(tmp_path: Path) -> None:
    uasc = as_csv(
        UASC_HEADINGS,
        [("1", "1", "14/05/2010", ""), ("2", "1", "14/05/2004", "15/05/2022"), ("3", "1", "", "")],
    )
    header = header_csv(
        header_row("1", dob="01/06/2011"),
        header_row("2", "14/05/2004"),
        header_row("3", "14/05/2004"),
    )
    episodes = episodes_csv(episode_row("1"), episode_row("2"), episode_row("3", "01/04/2021"))
    returned, ledger = read(tmp_path, a=episodes, b=header, c=uasc)
    found = found_by(ledger)
    assert (found["uasc_under_11"], found["uasc_until_after_18"]) == ([6], [7])
    assert returned.uasc["duc"].isna().all()


def test_a_missing_provider_is_that_of_the_same_registration(tmp_path: Path) -> None:
    rows = [
        episode_row("1", provider="PR4", urn="SC000001"),
        episode_row("1", provider="", urn="SC000001"),
        episode_row("1", provider="PR1", urn="SC000002"),
        episode_row("1", provider="PR4", urn="SC000002"),
        episode_row("1", provider="", urn="SC000002"),
        episode_row("1", provider="PR4", urn="XXXXXXX"),
        episode_row("1", provider="", urn="XXXXXXX"),
    ]
    returned, ledger = read(tmp_path, a=episodes_csv(*rows), b=HEADER)
    found = found_by(ledger)
    assert found["provider_from_urn"] == [1]
    assert found["provider_missing"] == [4, 6], "several providers, or no registration at all"
    assert returned.episodes["provider"].tolist()[1] == "PR4"


def test_a_child_twice_in_one_header_is_folded(tmp_path: Path) -> None:
    header = header_csv(header_row("1", sex="2"), header_row("1", dob="", sex=""))
    returned, ledger = read(tmp_path, a=episodes_csv(episode_row("1")), b=header)
    assert returned.header[["row", "sex"]].to_numpy().tolist() == [[2, "F"]]
    assert str(returned.header["dob"][0].date()) == "2010-05-14"
    assert found_by(ledger)["header_row_repeated"] == [1]
    assert ledger.counts() == {"used": 1, "repaired": 1, "set_aside": 1}


def two_years(first: list[str], second: list[str]) -> dict[str, str]:
    """Child 1 in the returns of two years, with these Header rows."""
    return {
        "2021__a": episodes_csv(episode_row("1", "03/05/2020")),
        "2021__b": header_csv(first),
        "2022__a": episodes_csv(episode_row("1", "03/05/2020"), episode_row("2", "01/06/2021")),
        "2022__b": header_csv(second, header_row("2")),
    }


@pytest.mark.parametrize("wrong", ["", "31/02/2010", "01/01/2022", "01/01/1990", "01/01/2023"])
def test_a_wrong_birth_date_is_taken_from_another_year(tmp_path: Path, wrong: str) -> None:
    files = two_years(header_row("1"), header_row("1", dob=wrong))
    returned, ledger = read(tmp_path, **files)
    births = returned.header.loc[returned.header["child"] == 0, "dob"].dt.strftime("%d/%m/%Y")
    assert births.tolist() == ["14/05/2010"] * 2
    assert found_by(ledger)["birth_date_repaired"] == [4]


def test_where_two_years_differ_the_latest_counts(tmp_path: Path) -> None:
    files = two_years(header_row("1", sex="F"), header_row("1", dob="15/05/2010", sex="1"))
    returned, ledger = read(tmp_path, **files)
    own = returned.header[returned.header["child"] == 0]
    assert own["dob"].dt.strftime("%d/%m/%Y").tolist() == ["15/05/2010"] * 2
    assert own["sex"].tolist() == ["M", "M"]
    found = found_by(ledger)
    assert (found["birth_date_differs"], found["sex_differs"]) == ([1], [1])


@pytest.mark.parametrize("table", ["uasc", "oc2", "reviews"])
def test_another_table_tells_the_birth_date(tmp_path: Path, table: str) -> None:
    other = {
        "uasc": as_csv(UASC_HEADINGS, [("1", "1", "14/05/2010", "")]),
        "oc2": "CHILD,DOB,SDQ_SCORE\n1,14/05/2010,7\n",
        "reviews": "CHILD,DOB,REVIEW\n1,14/05/2010,01/01/2022\n",
    }
    header = header_csv(header_row("1", dob="soon"), header_row("2"))
    returned, ledger = read(tmp_path, a=episodes_csv(episode_row("1")), b=header, c=other[table])
    assert str(returned.header["dob"][0].date()) == "2010-05-14"
    assert found_by(ledger)["birth_date_repaired"] == [1]


@pytest.mark.parametrize("wrong", ["soon", "02/07/2021", "01/01/1990", "01/01/2090"])
def test_a_child_whose_birth_date_cannot_be_is_set_aside(tmp_path: Path, wrong: str) -> None:
    header = header_csv(header_row("1", dob=wrong), header_row("2"))
    episodes = episodes_csv(episode_row("1"), episode_row("2"), episode_row("1", "01/07/2021"))
    returned, ledger = read(tmp_path, a=episodes, b=header)
    assert found_by(ledger)["birth_date_wrong"] == [0, 2, 3]
    assert returned.episodes["row"].tolist() == [1]


def test_a_child_without_a_birth_date_is_kept(tmp_path: Path) -> None:
    header = header_csv(header_row("1", dob=""), header_row("2"))
    episodes = episodes_csv(episode_row("1"), episode_row("3"))
    returned, ledger = read(tmp_path, a=episodes, b=header)
    found = found_by(ledger)
    assert found["birth_date_missing"] == [2]
    assert found["child_not_in_header"] == [1]
    assert found["no_episodes"] == [3]
    assert returned.episodes["row"].tolist() == [0, 1]
    assert returned.header["dob"].isna().tolist() == [True, False]


def test_a_start_before_birth_among_sound_ones_is_the_row_at_fault(tmp_path: Path) -> None:
    rows = [episode_row("1", f"0{n}/06/2021") for n in range(1, 4)]
    found = rules_of_episodes(tmp_path, *rows, episode_row("1", "01/06/2002"))
    assert found["decom_before_birth"] == [3]
    assert "birth_date_wrong" not in found


def test_an_unlisted_child_is_known_by_another_table(tmp_path: Path) -> None:
    uasc = as_csv(UASC_HEADINGS, [("2", "1", "30/11/2006", "")])
    episodes = episodes_csv(episode_row("1"), episode_row("2"))
    returned, _ = read(tmp_path, a=episodes, b=HEADER, c=uasc)
    own = returned.header[returned.header["child"] == 1]
    assert own["dob"].dt.strftime("%d/%m/%Y").tolist() == ["30/11/2006"]
    assert own["uasc"].tolist() == [True]


def test_birth_dates_of_the_month_only_are_marked(tmp_path: Path) -> None:
    months = [header_row(str(n), dob=f"01/0{n}/2010") for n in range(1, 7)]
    episodes = episodes_csv(episode_row("1"))
    moved, _ = read(tmp_path / "moved", a=episodes, b=header_csv(*months))
    real, _ = read(tmp_path / "real", a=episodes, b=header_csv(*months, header_row("9")))
    assert moved.header["dob_is_month_only"].all()
    assert not real.header["dob_is_month_only"].any()


SOUND_LINES = [
    ",".join(episode_row(str(n % 7), f"{n + 1:02d}/06/2021", f"{n + 2:02d}/06/2021", "X1"))
    for n in range(20)
]
STRAY = st.text(alphabet="019/-.,;\"'\t |EeUuXx\u00e9\u2028\x00\x1f\x85", max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 40), STRAY), max_size=12))
def test_no_row_is_ever_lost(blows: list[tuple[int, int, str]]) -> None:
    """Whatever is struck into a file, every line of it is used, repaired or set aside."""
    lines = list(SOUND_LINES)
    for line, place, text in blows:
        lines[line] = lines[line][:place] + text.replace("\x00", "") + lines[line][place + 2 :]
    episodes = episodes_csv() + "\n".join([*lines, ",".join(episode_row("6"))])
    header = as_csv(HEADER_HEADINGS, [header_row(str(n)) for n in range(7)])
    with tempfile.TemporaryDirectory() as folder:
        returned, ledger = read_return([write(Path(folder), a=episodes, b=header)])
    assert_every_row_is_accounted_for(returned, ledger)
    assert ledger.n_rows == 21 + 7


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_bytes_struck_at_random_never_break_it(seed: int, n_bytes: int) -> None:
    """Any file is read or refused, in words; never anything else."""
    chance = random.Random(seed)
    raw = bytearray(episodes_csv().encode() + "\n".join(SOUND_LINES).encode())
    for _ in range(n_bytes):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), a=bytes(raw), b=header_csv(*(header_row(str(n)) for n in range(7))))
        try:
            returned, ledger = read_return([Path(folder)])
        except HistoryError:
            return
    assert_every_row_is_accounted_for(returned, ledger)
