"""Each rule by which care histories are rebuilt, on the smallest return that shows it."""

from __future__ import annotations

import pandas as pd
import pytest
from returns_builder import Written, day, rebuilt

from sufficiency.history.returns.spells import sector_phases

HOME = "returned_home"


def care(written: Written) -> list[tuple[str, str]]:
    """Entered and left of each time in care."""
    return [(entered, left) for entered, left, _, _ in rebuilt(written).periods]


# One row an episode.


def test_an_open_episode_is_closed_by_next_years_row() -> None:
    written = Written()
    old = written.episode(2020, "2019-06-01")
    written.episode(2021, "2019-06-01", "2020-06-01", rec="E4A")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "2020-06-01", "observed", HOME)]
    assert result.rules == {"repeated_in_later_year": [old]}


def test_a_later_year_takes_an_end_back() -> None:
    written = Written()
    old = written.episode(2020, "2019-06-01", "2020-02-01", rec="E4A")
    written.episode(2021, "2019-06-01")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "", "censored", "")]
    assert result.rules == {"end_amended_in_later_year": [old]}


def test_a_later_year_amends_the_kind_of_placement() -> None:
    written = Written()
    old = written.episode(2020, "2019-06-01", place="U6")
    written.episode(2021, "2019-06-01", place="K2")
    result = rebuilt(written)
    assert result.placements == [("2019-06-01", "", "residential")]
    assert result.rules == {"amended_in_later_year": [old]}


def test_a_new_code_for_the_same_thing_is_no_amendment_and_no_move() -> None:
    written = Written(years={2024, 2025})
    written.child(1, "2008-06-15", 2025)
    written.episode(2024, "2024-01-10", place="H5", urn=3)
    written.episode(2025, "2024-01-10", place="K3", urn=3)
    result = rebuilt(written)
    assert result.placements == [("2024-01-10", "", "supported_accommodation")]
    assert set(result.rules) == {"repeated_in_later_year"}


def test_of_two_rows_of_one_year_the_closed_one_counts_not_the_short_break() -> None:
    written = Written()
    open_row = written.episode(2020, "2019-06-01")
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E4A")
    break_row = written.episode(2020, "2019-06-01", "2019-10-01", ls="V4", rec="E4A")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "2019-09-01", "observed", HOME)]
    assert result.rules == {"twice_in_one_year": [open_row, break_row]}


def test_an_episode_that_was_found_to_be_a_short_break_goes() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", ls="V2")
    written.episode(2021, "2019-06-01", "2020-05-01", ls="V4", rec="E4A")
    assert rebuilt(written).periods == []


def test_short_breaks_neither_join_nor_part_times_in_care() -> None:
    written = Written()
    written.episode(2020, "2019-05-01", "2019-06-01", rec="E4A")
    gone = written.episode(2020, "2019-06-01", "2019-06-10", ls="V3", rec="E4A")
    written.episode(2020, "2019-06-10", "2019-08-01", rec="E4A")
    result = rebuilt(written)
    assert len(result.periods) == 2
    assert result.rules == {"short_breaks": [gone]}


def test_a_row_that_last_years_return_should_have_had_is_noted() -> None:
    written = Written()
    written.episode(2020, "2019-05-01", child=2)
    written.episode(2021, "2019-05-01", child=2)
    late = written.episode(2021, "2019-06-01", child=1)
    assert rebuilt(written).rules["missing_from_the_year_before"] == [late]


# Dates that cannot be.


def test_an_end_before_its_start_is_the_next_start() -> None:
    written = Written()
    wrong = written.episode(2020, "2019-06-01", "2019-05-01")
    written.episode(2020, "2019-09-01", rne="P", provider="PR4")
    result = rebuilt(written)
    assert result.placements == [
        ("2019-06-01", "2019-09-01", "internal_fostering"),
        ("2019-09-01", "", "ifa"),
    ]
    assert result.rules["end_before_start"] == [wrong]


def test_an_end_before_its_start_with_nothing_after_is_left_out() -> None:
    written = Written()
    wrong = written.episode(2020, "2019-06-01", "2019-05-01", rec="E4A")
    result = rebuilt(written)
    assert result.periods == []
    assert result.rules == {"end_before_start_with_nothing_after": [wrong]}


def test_an_end_that_is_no_date_is_the_next_start_or_open() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", dec_unreadable=True, rec="X1")
    written.episode(2020, "2019-09-01", rne="P", provider="PR4", dec_unreadable=True, rec="E4A")
    result = rebuilt(written)
    assert care(written) == [("2019-06-01", "")]
    assert result.rules["end_unreadable"] == [0, 1]


def test_a_start_that_is_no_date_is_the_end_before() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01")
    written.episode(2020, None, "2019-12-01", rne="P", provider="PR4", rec="E4A")
    result = rebuilt(written)
    assert result.placements[1] == ("2019-09-01", "2019-12-01", "ifa")
    assert result.rules == {"start_from_the_end_before": [1]}


def test_a_start_that_is_no_date_and_follows_nothing_is_left_out() -> None:
    written = Written()
    written.episode(2020, None, "2019-12-01", rec="E4A")
    written.episode(2020, "2019-06-01", child=2)
    assert rebuilt(written).rules == {"start_unreadable": [0]}


def test_dates_after_the_returns_31_march() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2020-05-01", rec="E4A")
    written.episode(2020, "2020-06-01", child=2)
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "", "censored", "")]
    assert result.rules == {"end_after_year_end": [0], "start_after_year_end": [1]}


def test_an_end_without_a_reason_goes_on_only_where_the_next_touches() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01", rec="")
    written.episode(2020, "2019-07-01", "2019-08-01", rne="L", rec="")
    written.episode(2020, "2019-09-01", rne="S")
    result = rebuilt(written)
    assert result.periods[0] == ("2019-06-01", "2019-08-01", "observed", "")
    assert result.rules["end_without_reason"] == [0, 1]


def test_a_reason_without_an_end_is_ignored() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", rec="E4A")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "", "censored", "")]
    assert result.rules == {"reason_without_end": [0]}


def test_a_row_without_a_night_goes_or_lasts_until_the_next() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01")
    written.episode(2020, "2019-07-01", "2019-07-01", rne="P", place="K2")
    written.episode(2020, "2019-07-03", rne="P", provider="PR4")
    written.episode(2020, "2019-05-01", "2019-05-01", rec="E4A", child=2)
    result = rebuilt(written)
    sectors = [sector for _, _, sector in result.placements]
    assert sectors == ["internal_fostering", "residential", "ifa"]
    assert result.rules == {"no_nights_carried_on": [1], "no_nights": [3]}


# Open episodes of which later returns say nothing more (4.3 a to f).


def test_a_an_open_near_copy_is_left_out() -> None:
    written = Written()
    stale = written.episode(2020, "2019-06-01", pl_post=4)
    written.episode(2021, "2019-06-05", pl_post=4)
    result = rebuilt(written)
    assert care(written) == [("2019-06-05", "")]
    assert result.rules["open_copy_with_another_start"] == [stale]


def test_b_an_open_row_in_a_rewritten_history_is_left_out() -> None:
    written = Written()
    first = written.episode(2020, "2019-08-01", rne="P", place="K2")
    second = written.episode(2020, "2019-09-01", rne="P", place="H5")
    written.episode(2021, "2019-06-01", "2020-06-01", rec="E4A")
    result = rebuilt(written)
    assert care(written) == [("2019-06-01", "2020-06-01")]
    assert result.rules["open_in_rewritten_history"] == [first, second]


def test_c_an_open_row_ends_when_a_continuation_begins() -> None:
    written = Written()
    stale = written.episode(2020, "2019-06-01")
    written.episode(2021, "2020-07-01", rne="P", place="K2")
    result = rebuilt(written)
    assert care(written) == [("2019-06-01", "")]
    assert result.placements[0] == ("2019-06-01", "2020-07-01", "internal_fostering")
    assert result.rules["open_closed_by_the_next"] == [stale]


@pytest.mark.parametrize(
    ("returned", "left"), [("2020-07-01", "2020-03-31"), ("2020-02-01", "2020-01-31")]
)
def test_d_an_open_row_ends_before_a_new_start(returned: str, left: str) -> None:
    written = Written()
    stale = written.episode(2020, "2019-06-01")
    written.episode(2021, returned, rne="S", place="K2")
    result = rebuilt(written)
    assert result.periods == [
        ("2019-06-01", left, "imputed", ""),
        (returned, "", "censored", ""),
    ]
    assert result.rules["open_closed_before_a_new_start"] == [stale]


def test_e_a_child_who_vanishes_is_followed_to_31_march_and_is_no_exit() -> None:
    written = Written(years={2021})
    stale = written.episode(2020, "2019-06-01")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "2020-03-31", "imputed", "")]
    assert day(result.histories.periods["seen_to"][0]) == "2020-03-31"
    assert result.rules == {"vanished": [stale]}


def test_f_where_the_next_year_is_not_loaded_care_is_only_censored() -> None:
    written = Written(years={2022})
    written.episode(2020, "2019-06-01")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "", "censored", "")]
    assert day(result.histories.periods["seen_to"][0]) == "2020-03-31"
    assert result.rules == {}


# Overlaps and gaps.


def test_the_earlier_row_ends_when_the_next_begins() -> None:
    written = Written()
    over = written.episode(2020, "2019-06-01", "2019-09-01")
    written.episode(2020, "2019-08-01", "2020-01-01", rne="P", provider="PR4", rec="E4A")
    result = rebuilt(written)
    assert result.placements[0] == ("2019-06-01", "2019-08-01", "internal_fostering")
    assert result.rules == {"overlap_in_one_year": [over]}


def test_an_older_row_inside_a_newer_one_is_left_out() -> None:
    written = Written()
    written.episode(2021, "2019-06-01", "2020-06-01", rec="E4A")
    inside = written.episode(2020, "2019-08-01", "2019-09-01", rne="P", rec="E4A")
    result = rebuilt(written)
    assert care(written) == [("2019-06-01", "2020-06-01")]
    assert result.rules["inside_a_later_years_episode"] == [inside]


def test_a_placement_goes_on_after_a_shorter_one_entered_inside_it() -> None:
    written = Written()
    outer = written.episode(2020, "2019-06-01", "2020-01-01", rec="E4A")
    written.episode(2020, "2019-08-01", "2019-08-08", rne="P", place="T1", provider="")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "2020-01-01", "observed", HOME)]
    assert result.placements == [("2019-06-01", "2020-01-01", "internal_fostering")]
    assert result.histories.placements["nights_away"].tolist() == [7]
    assert result.rules["taken_up_again_after_overlap"] == [outer]


@pytest.mark.parametrize(
    ("next_year", "begins", "rne", "joined"),
    [
        (2020, "2019-09-08", "P", True),  # a week
        (2020, "2019-09-09", "P", False),
        (2021, "2019-12-01", "P", True),  # from a later year, which continues
        (2021, "2019-12-01", "S", False),
    ],
)
def test_gaps(next_year: int, begins: str, rne: str, joined: bool) -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01", rec="X1")
    written.episode(next_year, begins, rne=rne, provider="PR4")
    result = rebuilt(written)
    assert len(result.periods) == (1 if joined else 2)
    assert ("gap_closed" in result.rules) is joined
    assert ("gap_too_long" in result.rules) is not joined
    if not joined:
        assert result.periods[0] == ("2019-06-01", "2019-09-01", "observed", "")


@pytest.mark.parametrize(("rec", "times"), [("E4A", 1), ("E11", 2), ("E12", 2)])
def test_dates_that_touch_are_one_time_in_care_unless_adopted(rec: str, times: int) -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01", rec=rec)
    written.episode(2020, "2019-09-01", rne="S", place="K2")
    result = rebuilt(written)
    assert len(result.periods) == times
    assert ("left_and_back_on_one_day" in result.rules) is (times == 1)
    assert ("after_adoption" in result.rules) is (times == 2)


def test_nothing_follows_a_death() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E2")
    after = written.episode(2020, "2019-11-01", rne="S")
    result = rebuilt(written)
    assert result.periods == [("2019-06-01", "2019-09-01", "observed", "other_reason")]
    assert result.rules == {"after_death_or_adult": [after]}


def test_times_in_care_some_days_apart_can_be_joined_for_counting_beds() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-09-01", rec="E4A")
    written.episode(2020, "2019-09-11", rne="S")
    assert len(rebuilt(written, readmission_days=9).periods) == 2
    joined = rebuilt(written, readmission_days=10)
    assert joined.periods == [("2019-06-01", "", "censored", "")]
    assert [began for began, _, _ in joined.placements] == ["2019-06-01", "2019-09-11"]


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


def test_sector_phases_join_placements_of_one_sector() -> None:
    written = Written()
    written.episode(2020, "2019-06-01", "2019-07-01")
    written.episode(2020, "2019-07-01", "2019-08-01", rne="P", place="U4")
    written.episode(2020, "2019-08-01", rne="P", place="K2")
    phases = sector_phases(rebuilt(written).histories.placements)
    assert [(day(row.began), day(row.ended), row.sector) for row in phases.itertuples()] == [
        ("2019-06-01", "2019-08-01", "internal_fostering"),
        ("2019-08-01", "", "residential"),
    ]


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
