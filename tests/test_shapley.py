"""What drives a difference: the parts add up to the whole, and are fair."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sufficiency.comparison.shapley import Floats, in_listed_order, shapley_values
from sufficiency.comparison.waterfall import MOST_IN_ALL_ORDERS, sets_to_run

POUNDS = st.floats(-5e7, 5e7)


def outcomes(n: int) -> st.SearchStrategy[Floats]:
    """An outcome of every set of n changes, in three futures."""
    return arrays(np.float64, (2**n, 3), elements=POUNDS)


ANY = st.integers(1, 5).flatmap(outcomes)


@given(ANY)
def test_the_parts_add_up_to_the_whole(by_set: Floats) -> None:
    whole = by_set[-1] - by_set[0]
    parts = shapley_values(by_set)
    np.testing.assert_allclose(
        parts.sum(axis=0), whole, rtol=0, atol=1e-9 * (1 + np.abs(by_set).max())
    )


@given(st.integers(1, 4).flatmap(outcomes))
def test_each_part_is_the_average_over_all_orders(by_set: Floats) -> None:
    n = len(by_set).bit_length() - 1
    average = np.zeros((n, by_set.shape[1]))
    orders = list(permutations(range(n)))
    for order in orders:
        entered = 0
        for change in order:
            average[change] += by_set[entered | (1 << change)] - by_set[entered]
            entered |= 1 << change
    np.testing.assert_allclose(shapley_values(by_set), average / len(orders), atol=1e-6)


@given(st.integers(1, 4).flatmap(outcomes), POUNDS)
def test_a_change_gets_nothing_where_it_does_nothing_and_its_own_where_it_adds_that_to_any(
    without: Floats, adds: float
) -> None:
    for own in (0.0, adds):
        parts = shapley_values(np.concatenate([without, without + own]))
        np.testing.assert_allclose(parts[-1], own, atol=1e-6)
        np.testing.assert_allclose(parts[:-1], shapley_values(without), atol=1e-6)


@given(ANY)
def test_two_changes_that_do_the_same_get_the_same(by_set: Floats) -> None:
    n = len(by_set).bit_length() - 1
    alike = by_set.copy()
    for each in range(2**n):
        if n > 1 and each & 0b11 == 0b10:
            alike[each] = alike[each ^ 0b11]
    parts = shapley_values(alike)
    if n > 1:
        np.testing.assert_allclose(parts[0], parts[1], atol=1e-6)


def test_changes_that_get_in_each_others_way_share_the_loss() -> None:
    """Either saves 10, both together 12: each gets 6, whichever is listed first."""
    np.testing.assert_array_equal(shapley_values(np.array([0.0, -10.0, -10.0, -12.0])), [-6, -6])
    np.testing.assert_array_equal(in_listed_order(np.array([0.0, -10.0, -12.0])), [-10, -2])


def test_outcomes_of_no_whole_number_of_changes() -> None:
    with pytest.raises(ValueError, match="3 outcomes are not those of all sets"):
        shapley_values(np.zeros(3))


def test_few_changes_are_entered_in_every_order_and_many_as_listed() -> None:
    assert sets_to_run(2) == ((), (0,), (1,), (0, 1))
    assert len(sets_to_run(MOST_IN_ALL_ORDERS)) == 2**MOST_IN_ALL_ORDERS
    assert sets_to_run(6) == tuple(tuple(range(k)) for k in range(7))
