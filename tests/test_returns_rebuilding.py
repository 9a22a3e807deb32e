"""Each rule by which rows are mended or left out, on the smallest return that shows it."""

from __future__ import annotations

from datetime import date

import pytest
from returns_builder import Written, day, rebuilt

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


# The last day that the data reach.


@pytest.mark.parametrize(
    ("events", "reaches"), [(2, "2021-03-31"), (11, "2021-03-31"), (12, "2020-06-19")]
)
def test_a_return_made_within_the_year_is_told_by_a_dozen_events(events: int, reaches: str) -> None:
    """So many children come, the last on 19 June: a few would say little of how many are due."""
    written = Written()
    for child in range(events):
        written.child(child, year=2021)
        written.episode(2021, f"2020-06-{20 - events + child:02}", child=child)
    assert rebuilt(written).histories.last_day == date.fromisoformat(reaches)
