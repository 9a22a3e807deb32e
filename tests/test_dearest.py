"""Which bin a price is counted in, however high it is."""

from __future__ import annotations

import math

import pytest

from sufficiency.measures.dearest import BINS_PER_E_FOLD, N_BINS, N_POUNDS, bin_of, price_bins

BINS = price_bins()


@pytest.mark.parametrize("weekly_gbp", [-1.0, 0.0, 0.99, 1.0])
def test_what_costs_a_pound_or_less_is_in_the_first(weekly_gbp: float) -> None:
    assert bin_of(weekly_gbp, BINS) == 0


@pytest.mark.parametrize("weekly_gbp", [1.5, 812.3, N_POUNDS - 0.5, N_POUNDS + 0.5, 1e5, 9e5])
def test_a_price_is_in_the_bin_of_its_logarithm(weekly_gbp: float) -> None:
    assert bin_of(weekly_gbp, BINS) == math.floor(math.log(weekly_gbp) * BINS_PER_E_FOLD) + 1


@pytest.mark.parametrize("weekly_gbp", [2e6, 1e18, 2.0**63, 1e300, math.inf])
def test_what_is_dearer_than_all_bins_is_in_the_last(weekly_gbp: float) -> None:
    assert bin_of(weekly_gbp, BINS) == N_BINS - 1
