"""When care and placements begin and end, and where, on the smallest return that shows it."""

from __future__ import annotations

import pandas as pd
import pytest
from returns_builder import Written, day, rebuilt

HOME = "returned_home"


def care(written: Written) -> list[tuple[str, str]]:
    """Entered and left of each time in care."""
    return [(entered, left) for entered, left, _, _ in rebuilt(written).periods]


# Times in care: delayed entry, censoring, turning 18.


@pytest.mark.parametrize(
    ("decom", "rne", "kind", "seen_from"),
    [
        ("2019-06-01", "S", "observed", "2019-06-01"),
        ("2019-06-01", "P", "inferred", "2019-06-01"),
        ("2018-06-01", "S", "observed", "2019-04-01"),
        ("2018-06-01", "P", "left_truncated", "2019-04-01"),
    ],
)
def test_how_a_time_in_care_begins(decom: str, rne: str, kind: str, seen_from: str) -> None:
    written = Written()
    written.episode(2020, decom, rne=rne)
    period = rebuilt(written).histories.periods.iloc[0]
    assert (period["start_type"], day(period["seen_from"])) == (kind, seen_from)
    assert day(period["entered"]) == decom


def test_x1_with_nothing_after_is_open_on_31_march_only() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2020-03-31", rec="X1")
    written.episode(2020, "2019-06-01", "2020-03-30", rec="X1", child=2)
    assert rebuilt(written).periods == [
        ("2019-06-01", "", "censored", ""),
        ("2019-06-01", "2020-03-30", "observed", ""),
    ]


@pytest.mark.parametrize(
    ("born", "dec", "left", "how"),
    [
        ("2001-12-10", None, "2019-12-10", "aged_out"),  # still open past 18
        ("2001-12-10", "2020-02-01", "2019-12-10", "aged_out"),
        ("2001-12-10", "2019-12-09", "2019-12-09", "aged_out"),  # a day before
        ("2001-12-10", "2019-12-08", "2019-12-08", "observed"),
        ("2002-03-31", None, "2020-03-31", "aged_out"),  # on the last day
        ("2002-04-01", None, "", "censored"),
        ("2002-02-28", None, "2020-02-28", "aged_out"),
    ],
)
def test_nobody_stays_past_18(born: str, dec: str | None, left: str, how: str) -> None:
    written = Written()
    written.child(1, born)
    written.episode(2020, "2019-06-01", dec, rec="E17" if dec else "")
    (found,) = rebuilt(written).periods
    assert found[1:3] == (left, how)
    reason = {"aged_out": "turned_18", "observed": "other_reason", "censored": ""}
    assert found[3] == reason[how]


def test_a_29_february_birthday_falls_on_1_march() -> None:
    written = Written(years={2018})
    written.child(1, "2000-02-29")
    written.episode(2018, "2017-06-01")
    assert care(written) == [("2017-06-01", "2018-03-01")]


def test_after_18_in_a_home_is_allowed_but_not_counted() -> None:
    written = Written()
    written.child(1, "2001-12-10")
    written.episode(2020, "2019-06-01", ls="V2", place="K2")
    result = rebuilt(written)
    assert care(written) == [("2019-06-01", "2019-12-10")]
    assert set(result.rules) == {"in_a_home_past_18"}


def test_starts_at_18_are_left_out_and_adults_found_have_no_birthday() -> None:
    written = Written()
    written.child(1, "2001-05-01")
    written.episode(2020, "2019-06-01")
    written.child(2, "2001-05-01")
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E15", child=2)
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "2019-09-01", "observed", "other_reason")]
    assert result.histories.periods["born"].isna().all()
    assert set(result.rules) == {"start_at_18", "age_assessed_adult"}


def test_a_child_born_after_coming_into_care_is_left_out() -> None:
    written = Written()
    written.child(1, "2019-08-01")
    written.episode(2020, "2019-06-01")
    written.child(2, "2019-06-20", dob_is_month_only=True)
    written.episode(2020, "2019-06-01", child=2)
    result = rebuilt(written)
    assert result.histories.periods["child"].tolist() == [2]
    assert len(result.rules["born_after_first_episode"]) == 1


def test_unaccompanied_is_said_of_a_time_in_care_that_touches_a_flagged_year() -> None:
    written = Written()
    written.child(1)
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E4A")
    written.episode(2021, "2020-06-01")
    written.unaccompanied(1, 2021)
    assert rebuilt(written).histories.periods["uasc"].tolist() == [False, True]


def test_need_is_the_first_valid_one() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01", cin="?")
    written.episode(2020, "2019-09-01", "2019-10-01", rne="L", cin="N5")
    written.episode(2020, "2019-10-01", rne="L", cin="N1")
    assert rebuilt(written).histories.periods["need_code"].tolist() == ["N5"]


def test_a_return_made_within_the_year_is_followed_to_its_last_event() -> None:
    written = Written()
    for child in range(60):
        written.episode(2020, f"2019-{4 + child % 6:02d}-{1 + child % 28:02d}", child=child)
    assert str(rebuilt(written).histories.last_day) == "2019-09-26"
    written.episode(2020, "2020-03-20", child=99)
    assert str(rebuilt(written).histories.last_day) == "2020-03-31"


# Placements.


def test_a_legal_change_ends_no_placement() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01", ls="V2")
    written.episode(2020, "2019-09-01", rne="L", ls="C1")
    assert rebuilt(written).placements == [("2019-06-01", "", "internal_fostering")]


@pytest.mark.parametrize(
    ("kind", "nights", "back", "sectors"),
    [
        ("T1", 42, "U6", ["internal_fostering"]),
        ("T1", 43, "U6", ["internal_fostering", "other", "internal_fostering"]),
        ("T4", 8, "U6", ["internal_fostering", "other", "internal_fostering"]),
        ("T3", 21, "K2", ["internal_fostering", "other", "residential"]),
    ],
)
def test_temporary_placements(kind: str, nights: int, back: str, sectors: list[str]) -> None:
    written = Written()
    came_back = day(pd.Timestamp("2019-07-01") + pd.Timedelta(days=nights))
    written.episode(2020, "2019-06-01", "2019-07-01")
    written.episode(2020, "2019-07-01", came_back, rne="P", place=kind, provider="")
    written.episode(2020, came_back, rne="P", place=back)
    result = rebuilt(written)
    assert [sector for _, _, sector in result.placements] == sectors
    away = nights if len(sectors) == 1 else 0
    assert result.histories.placements["nights_away"].sum() == away


def test_a_temporary_placement_at_an_edge_is_part_of_the_one_beside_it() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-06-05", place="T4", provider="")
    written.episode(2020, "2019-06-05", "2019-08-01", rne="P")
    written.episode(2020, "2019-08-01", "2019-08-04", rne="P", place="T1", rec="E4A")
    result = rebuilt(written)
    assert result.placements == [("2019-06-01", "2019-08-04", "internal_fostering")]
    assert result.rules == {"temporary_placement_at_an_edge": [0, 2]}
    assert result.histories.placements["nights_away"].tolist() == [7]


def test_setting_spells_end_with_t_and_u_but_the_carer_stays() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01", provider="PR4", urn=1, pl_post=1)
    written.episode(2020, "2019-07-01", "2019-08-01", rne="T", provider="PR1", urn=2, pl_post=1)
    written.episode(2020, "2019-08-01", "2019-09-01", rne="U", place="A5", urn=2, pl_post=1)
    written.episode(2020, "2019-09-01", rne="P", place="K2", urn=3, pl_post=2)
    placements = rebuilt(written).histories.placements
    assert placements["sector"].tolist() == ["ifa", "internal_fostering", "other", "residential"]
    assert placements["same_carer_as_before"].tolist() == [False, True, True, False]
    assert placements["move_reason"].tolist() == ["", "", "planned", ""]


def test_a_carer_who_moves_house_is_a_new_setting_and_no_move() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01", urn=1, pl_post=1)
    written.episode(2020, "2019-07-01", "2019-08-01", rne="T", urn=1, pl_post=2)
    written.episode(2020, "2019-08-01", rne="T", urn=1, pl_post=2)  # says so, changes nothing
    placements = rebuilt(written).histories.placements
    assert [day(began) for began in placements["began"]] == ["2019-06-01", "2019-07-01"]
    assert placements["same_carer_as_before"].tolist() == [False, True]
    assert placements["move_reason"].tolist() == ["", ""]


def test_a_code_alone_makes_no_move_and_fields_alone_do() -> None:
    written = Written()
    same = {"urn": 1, "pl_post": 1}
    written.episode(2020, "2019-06-01", "2019-07-01", **same)
    idle = written.episode(2020, "2019-07-01", "2019-08-01", rne="P", **same)
    unsaid = written.episode(2020, "2019-08-01", rne="L", place="K2", urn=2, pl_post=2)
    result = rebuilt(written)
    assert [sector for _, _, sector in result.placements] == ["internal_fostering", "residential"]
    assert result.histories.placements["same_carer_as_before"].tolist() == [False, False]
    assert result.rules["new_placement_without_a_change"] == [idle]
    assert result.rules["change_of_placement_without_code"] == [unsaid]


def test_a_move_whose_address_is_not_known_is_believed() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01", reason="CREQB")
    written.episode(2020, "2019-07-01", rne="P")
    placements = rebuilt(written).histories.placements
    assert placements["move_reason"].tolist() == ["unplanned_ending", ""]


def test_a_change_of_status_only_is_no_move() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01", reason="PLACE")
    written.episode(2020, "2019-07-01", rne="P", place="U4")
    placements = rebuilt(written).histories.placements
    assert placements["same_carer_as_before"].tolist() == [False, True]
    assert placements["move_reason"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("place", "reason", "to", "found"),
    [
        ("U6", "CARPL", {"place": "K2"}, "planned"),
        ("U6", "OTHER", {"place": "K2"}, "planned"),
        ("U6", "CHILD", {"place": "K2"}, "unplanned_ending"),
        ("U6", "APPRR", {"place": "K2"}, "carer_ends"),
        ("K2", "CARPL", {"place": "U6"}, "step_down"),
        ("K2", "LAREQ", {"place": "U6"}, "unplanned_ending"),
        ("U6", "CARPL", {"place": "H5"}, "turning_16"),
        ("U6", "CARPL", {"place": "A6"}, "placed_for_adoption"),
    ],
)
def test_why_a_placement_ended(place: str, reason: str, to: dict[str, str], found: str) -> None:
    written = Written()
    written.child(1, "2003-01-01")
    written.episode(2020, "2019-06-01", "2019-07-01", place=place, reason=reason)
    written.episode(2020, "2019-07-01", rne="P", **to)
    placements = rebuilt(written).histories.placements
    assert placements["move_reason"].tolist() == [found, ""]


# Sectors.


def supported(beside: str, other_post: int, born: str = "2007-01-01") -> Written:
    """A Z1 episode at an address, after an episode of another kind."""
    written = Written(years={2024})
    written.child(1, born, 2024)
    written.episode(2024, "2023-08-01", "2023-12-01", place=beside, urn=1, pl_post=5)
    written.episode(2024, "2023-12-01", rne="P", place="Z1", provider="", pl_post=6)
    written.child(2, "2007-01-01", 2024)
    written.episode(2024, "2023-06-01", child=2, place="H5", urn=1, pl_post=other_post)
    return written


@pytest.mark.parametrize(
    ("written", "sector", "rule"),
    [
        (supported("H5", 9), "supported_accommodation", "supported_accommodation_coded_other"),
        (supported("K2", 6), "supported_accommodation", "supported_accommodation_coded_other"),
        (supported("K2", 9), "other", "other_setting_at_16"),
        (supported("H5", 9, born="2008-01-01"), "other", "other_setting_under_16"),
    ],
)
def test_supported_accommodation_coded_as_other(written: Written, sector: str, rule: str) -> None:
    result = rebuilt(written)
    placements = result.histories.placements
    assert placements["sector"].tolist()[1] == sector
    assert (placements["subsector"].tolist()[1] == "sa_unregistered") is (sector != "other")
    assert result.rules[rule] == [2]


def test_a_missing_provider_is_that_of_the_same_carer_or_registration() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01", provider="PR4")
    written.episode(2020, "2019-07-01", rne="L", provider="")
    written.episode(2020, "2019-07-01", child=2, provider="PR1", urn=7)
    written.episode(2020, "2019-07-01", child=3, provider="?", urn=7)
    result = rebuilt(written)
    assert [sector for _, _, sector in result.placements] == ["ifa", *["internal_fostering"] * 2]
    assert result.rules == {"provider_from_other_rows": [1, 3]}


def test_fostering_by_unknown_providers_is_shared_out_as_the_known() -> None:
    written = Written()
    for child in range(40):
        written.episode(2020, "2019-06-01", child=child, provider="PR4" if child < 30 else "PR1")
    for child in range(40, 60):
        written.episode(2020, "2019-06-01", child=child, provider="")
    result = rebuilt(written)
    given = result.histories.placements["sector"][40:].value_counts()
    assert given["ifa"] == 15
    assert given["internal_fostering"] == 5
    assert len(result.rules["provider_shared_out"]) == 20
