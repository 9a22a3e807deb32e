"""What a target may say, what it means, and what is said of one that cannot be read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sufficiency.domain import SECTORS, Sector
from sufficiency.errors import UserError
from sufficiency.measures.reporting import report_calendar
from sufficiency.planning.target import UNITS, Target, check_targets, parse_target

CALENDAR = report_calendar(date(2020, 6, 30), 36)


def wrong(*texts: str) -> str:
    with pytest.raises(UserError) as caught:
        check_targets([parse_target(text) for text in texts], CALENDAR)
    return str(caught.value)


def test_a_target_reads_as_it_is_meant() -> None:
    assert parse_target("unmet_need <= 2 with 90% by 2022-04") == Target(
        text="unmet_need <= 2 with 90% by 2022-04",
        measure="unmet_need",
        sectors=(),
        sign="<=",
        bound=2.0,
        of_children_in_care=False,
        certainty=0.9,
        first=date(2022, 4, 30),
        last=date(2022, 4, 30),
    )


def test_sectors_percentages_and_spans() -> None:
    target = parse_target(
        " in_house_share (internal_fostering+ifa) ≥ 60 % with 80% certainty by 2021-12 to 2022-02 "
    )
    assert target.sectors == (Sector.INTERNAL_FOSTERING, Sector.IFA)
    assert (target.sign, target.bound, target.certainty) == (">=", 0.6, 0.8)
    assert target.dates == (date(2021, 12, 31), date(2022, 1, 31), date(2022, 2, 28))


@pytest.mark.parametrize("written", ["£31.5m", "31500000", "£31,500,000", "£31500k"])
def test_pounds_are_written_in_several_ways(written: str) -> None:
    target = parse_target(f"cost <= {written} with 75% by 2022-03")
    assert target.bound == 31_500_000
    assert target.years == ("2021-22",)


def test_children_may_be_a_share_of_those_in_care() -> None:
    target = parse_target("unmet_need <= 5% with 90% by 2022-04")
    assert target.of_children_in_care
    assert "at most 5% of the children in care" in target.in_words


@given(
    measure=st.sampled_from([name for name in UNITS if name != "unplaced"]),
    sectors=st.lists(st.sampled_from(SECTORS), max_size=3, unique=True),
    sign=st.sampled_from(["<=", ">="]),
    number=st.integers(0, 100),
    certainty=st.integers(1, 99),
    month=st.integers(1, 12),
)
def test_whatever_the_grammar_allows_is_read(
    measure: str, sectors: list[Sector], sign: str, number: int, certainty: int, month: int
) -> None:
    where = f"({'+'.join(sectors)})" if sectors else ""
    percent = "%" if UNITS[measure] == "share" else ""
    sign = sign if percent else "<="
    target = parse_target(
        f"{measure}{where} {sign} {number}{percent} with {certainty}% by 2021-{month:02d}"
    )
    assert (target.measure, list(target.sectors), target.sign) == (measure, sectors, sign)
    assert target.bound == pytest.approx(number / (100 if percent else 1))
    assert target.certainty == pytest.approx(certainty / 100)
    assert target.first.month == month


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected <= or >= and a number"),
        ("unmet_need 2", "expected <= or >= and a number"),
        ("unmet_need <= 2 by 2022-04", 'expected the certainty, such as "with 90%"'),
        ("unmet_need <= 2 with 90%", 'expected the month, such as "by 2022-04"'),
        ("unmet_need <= two with 90% by 2022-04", "it cannot be read"),
        ("unmet_needs <= 2 with 90% by 2022-04", "did you mean unmet_need?"),
        ("unmet_need(ifaa) <= 2 with 90% by 2022-04", "did you mean ifa?"),
        ("unplaced(ifa) <= 2 with 90% by 2022-04", "children with no place are in no sector"),
        ("in_house_share >= 60 with 90% by 2022-04", "is a percentage, such as 60%"),
        ("in_house_share >= 160% with 90% by 2022-04", "expected 0% to 100%"),
        ("unmet_need <= -1 with 90% by 2022-04", "expected 0 or more"),
        ("unmet_need >= 2 with 90% by 2022-04", "more of unmet_need is no aim; did you mean <=?"),
        ("cost ≥ £30m with 90% by 2022-03", "more of cost is no aim; did you mean <=?"),
        ("unmet_need <= £2 with 90% by 2022-04", "not an amount of money"),
        ("cost <= 30% with 90% by 2022-03", "a cost is in pounds"),
        ("unmet_need <= 2 with 100% by 2022-04", "nothing is ever certain"),
        ("unmet_need <= 2 with 90% by 2022-13", "2022-13 is no month"),
        ("unmet_need <= 2 with 90% by 2022-04 to 2022-01", "2022-01 is before 2022-04"),
    ],
)
def test_what_cannot_be_read_shows_the_grammar_and_an_example(text: str, said: str) -> None:
    message = wrong(text)
    assert said in message
    assert "MEASURE[(SECTOR[+SECTOR])] <=|>= NUMBER" in message
    assert '--target "unmet_need <= 2 with 90% by 2022-04"' in message


@pytest.mark.parametrize("month", ["2020-06", "2023-07"])
def test_a_month_outside_the_forecast_is_refused(month: str) -> None:
    message = wrong(f"unmet_need <= 2 with 90% by {month}")
    assert f"{month} is outside the forecast, which runs from 2020-07 to 2023-06" in message


def test_a_part_of_a_year_is_not_set_against_a_full_year() -> None:
    assert "covers 9 of the 12 months of 2020-21" in wrong("cost <= £30m with 80% by 2021-03")
    check_targets([parse_target("cost <= £30m with 80% by 2022-03")], CALENDAR)


def test_targets_that_no_future_can_meet_at_once_contradict_each_other() -> None:
    low = "occupancy <= 80% with 60% by 2022-04"
    high = "occupancy >= 90% with {}% by 2022-03 to 2022-06"
    assert "contradict each other" in wrong(low, high.format(60))
    # Two futures in five may have the one and two in five the other.
    check_targets([parse_target(low), parse_target(high.format(40))], CALENDAR)


@pytest.mark.parametrize(
    "other",
    [
        "occupancy >= 90% with 90% by 2022-05",
        "occupancy(ifa) >= 90% with 90% by 2022-04",
        "occupancy <= 90% with 90% by 2022-04",
        "occupancy >= 70% with 90% by 2022-04",
    ],
)
def test_targets_of_other_months_sectors_or_ways_do_not_contradict(other: str) -> None:
    texts = ("occupancy <= 80% with 90% by 2022-04", other)
    check_targets([parse_target(text) for text in texts], CALENDAR)
