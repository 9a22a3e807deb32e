"""A start far from the published figures: refused with a reason, or said for what it is."""

from __future__ import annotations

from datetime import date

import pytest

from sufficiency.errors import ScenarioError
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority

PUBLISHED = 498


@pytest.mark.parametrize("start", [date(2014, 3, 31), date(2015, 9, 30), date(2016, 3, 31)])
def test_a_start_before_two_years_of_prices_says_when_to_start(start: date) -> None:
    with pytest.raises(ScenarioError, match=r"^start: .* Start on 31 March 2017 or later\.$"):
        resolve(scenario_for_authority("Wolverhampton", as_at=start))


def test_the_start_that_is_advised_is_accepted() -> None:
    found = resolve(scenario_for_authority("Wolverhampton", as_at=date(2017, 3, 31)))
    assert found.start == date(2017, 3, 31)


@pytest.mark.parametrize(
    ("in_care", "start", "is_said"),
    [
        (None, None, False),
        (None, date(2023, 3, 31), False),
        (None, date(2024, 9, 30), True),
        (512, date(2024, 9, 30), False),
    ],
)
def test_children_counted_long_before_the_start_are_said_to_be(
    in_care: int | None, start: date | None, is_said: bool
) -> None:
    found = resolve(scenario_for_authority("Wolverhampton", in_care=in_care, as_at=start))
    said = (
        f"The {PUBLISHED} children published for 31 March 2023 are taken to be those in care on "
        "30 September 2024."
    )
    assert any(said in warning for warning in found.warnings) is is_said


def test_only_a_price_that_changes_is_said_to_be_brought_to_the_start() -> None:
    notes = {
        start: {
            origin.key.removeprefix("costs.weekly_cost_gbp."): origin.note
            for origin in resolve(scenario_for_authority("Wolverhampton", as_at=start)).origins
        }
        for start in (date(2023, 3, 31), date(2024, 9, 30))
    }
    assert notes[date(2023, 3, 31)]["residential"] == ""
    later = notes[date(2024, 9, 30)]
    assert later["residential"].startswith("brought from 2022-23 to 2024-25 prices by ")
    assert later["other"] == ""
