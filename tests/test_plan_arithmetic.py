"""When a number is reached: against the equation, step by step, and against its own answer."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sufficiency.planning.arithmetic import Flows, reach

START, BY = date(2020, 6, 30), date(2023, 6, 30)
YEARS = (BY - START).days / 365.25
FLOWS = Flows(in_care=585, entries_per_year=150, exits_per_child_year=0.3)


def stepped(flows: Flows, years: float, steps: int = 20_000) -> float:
    """The number in care by small steps of the equation."""
    number, step = flows.in_care, years / steps
    for _ in range(steps):
        number += (flows.entries_per_year - flows.exits_per_child_year * number) * step
    return number


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.3, 2.0])
def test_the_number_in_care_follows_its_equation(rate: float) -> None:
    flows = Flows(585, 150, rate)
    assert flows.in_care_after(3.0) == pytest.approx(stepped(flows, 3.0), rel=2e-4)


def test_it_settles_at_entries_times_the_mean_stay() -> None:
    assert FLOWS.settles_at == pytest.approx(150 / 0.3)
    assert FLOWS.in_care_after(100) == pytest.approx(500)


@given(
    number=st.floats(200, 900),
    entries=st.floats(20, 400),
    rate=st.floats(0.05, 0.8),
)
def test_a_number_that_is_reached_is_the_number_then(
    number: float, entries: float, rate: float
) -> None:
    flows = Flows(585, entries, rate)
    years = flows.years_until(number)
    between = sorted((585, flows.settles_at))
    if math.isinf(years):
        assert not between[0] < number < between[1]
    else:
        assert flows.in_care_after(years) == pytest.approx(number, rel=1e-9)


@given(number=st.floats(300, 900))
def test_the_flows_that_it_takes_do_it(number: float) -> None:
    found = reach(number, "", FLOWS, START, BY)
    if found.entries_needed_per_year is not None:
        changed = Flows(585, found.entries_needed_per_year, 0.3)
        assert changed.in_care_after(YEARS) == pytest.approx(number)
    if found.exits_needed_per_child_year is not None:
        changed = Flows(585, 150, found.exits_needed_per_child_year)
        assert changed.in_care_after(YEARS) == pytest.approx(number)


def test_what_no_change_of_one_flow_can_do_is_not_offered() -> None:
    # With nobody leaving, 585 and three years of entries are the most there can be; with nobody
    # entering, the least are those who have not left.
    assert reach(585 + 150 * YEARS + 1, "", FLOWS, START, BY).exits_needed_per_child_year is None
    stay = 585 * math.exp(-0.3 * YEARS)
    assert reach(stay - 1, "", FLOWS, START, BY).entries_needed_per_year is None
    assert reach(stay + 1, "", FLOWS, START, BY).entries_needed_per_year is not None


def test_a_number_beyond_where_it_settles_is_never_reached() -> None:
    assert reach(499, "", FLOWS, START, BY).at_these_flows is None
    reached = reach(510, "", FLOWS, START, BY).at_these_flows
    # ln(85 / 10) / 0.3 = 7.1336 years, or 2605.5 days
    assert reached == date(2027, 8, 19)
