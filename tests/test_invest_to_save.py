"""Invest to save: is the money discounted, paid back and broken even as a spreadsheet would?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sufficiency.finance.invest_to_save import (
    appraise,
    discount_factors,
)

Floats = NDArray[np.float64]

amounts = st.floats(-1e6, 1e6).map(lambda pounds: round(pounds, 2))


def test_a_pound_in_a_year_is_worth_what_the_green_book_says() -> None:
    factors = discount_factors(24, 0.035)
    assert factors[11] == pytest.approx(1 / 1.035)
    assert factors[23] == pytest.approx(1 / 1.035**2)
    assert discount_factors(12, 0.035, 0.02)[11] == pytest.approx(1 / 1.035 / 1.02)


def test_npv_is_the_spreadsheets_function_at_the_rate_a_month() -> None:
    saving, cost = np.linspace(-5_000, 30_000, 36), np.full(36, 9_000.0)
    rate = 1.035 ** (1 / 12) - 1
    by_hand = sum(net / (1 + rate) ** n for n, net in enumerate(saving - cost, start=1))
    assert appraise(saving, cost).net_present_value_gbp[0] == pytest.approx(by_hand, rel=1e-12)


def test_a_programme_pays_back_in_the_month_that_makes_up_for_what_was_spent() -> None:
    saving = np.array([[0.0, 0, 40, 40, 40, 40]])
    cost = np.array([100.0, 0, 0, 0, 0, 0])
    assert appraise(saving, cost, discount_rate=0).payback_months.tolist() == [5.0]
    assert appraise(saving, cost, discount_rate=0).expected_payback_month == 5
    # 104 saved later is worth less than 100 spent at once, at 60% a year.
    assert appraise(0.65 * saving, cost, discount_rate=0).expected_payback_month == 6
    assert appraise(0.65 * saving, cost, discount_rate=0.6).expected_payback_month is None


def test_who_falls_into_debt_again_has_not_paid_back() -> None:
    saving, cost = np.array([[10.0, 0, 30]]), np.array([0.0, 20, 0])
    assert appraise(saving, cost, discount_rate=0).payback_months.tolist() == [3.0]


def test_what_costs_nothing_has_paid_back_before_it_begins() -> None:
    found = appraise(np.ones((2, 3)), np.zeros(3))
    assert found.payback_months.tolist() == [0.0, 0.0]
    assert found.paid_back_by_month.tolist() == [1.0, 1.0, 1.0]
    assert found.break_even_multiple == 0.0


def test_it_pays_back_in_the_share_of_futures_in_which_it_does() -> None:
    saving = np.array([[0.0, 90], [0, 110], [0, 130], [200, 0]])
    found = appraise(saving, np.array([100.0, 0]), discount_rate=0)
    assert found.pays_back_probability == 0.75
    assert found.paid_back_by_month.tolist() == [0.25, 0.75]
    assert found.cost_avoided_gbp.tolist() == [90, 110, 130, 200]


def test_half_the_effect_breaks_even_where_savings_are_twice_the_costs() -> None:
    found = appraise(np.full((3, 12), 20.0), np.full(12, 10.0))
    assert found.break_even_multiple == pytest.approx(0.5)
    assert appraise(np.full((3, 12), -1.0), np.full(12, 10.0)).break_even_multiple == np.inf


@settings(max_examples=60, deadline=None)
@given(
    net=st.lists(st.lists(amounts, min_size=8, max_size=8), min_size=1, max_size=6),
    rate=st.floats(0, 0.2),
)
def test_to_pay_back_is_to_have_a_present_value_that_is_not_negative(
    net: list[list[float]], rate: float
) -> None:
    found = appraise(np.array(net), np.zeros(8), rate)
    last = found.running_present_gbp[:, -1]
    assert (np.isfinite(found.payback_months) == (last >= 0)).all()
    assert last == pytest.approx(found.net_present_value_gbp, abs=1e-6)
    assert (np.diff(found.paid_back_by_month) >= 0).all()
    assert found.paid_back_by_month[-1] == found.pays_back_probability


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        appraise(np.zeros((3, 12)), np.zeros(11))
    with pytest.raises(ValueError, match="leaves nothing"):
        appraise(np.zeros((3, 12)), np.zeros(12), discount_rate=-1.5)
