"""Baselines against numbers worked by hand, and the spread that each is given."""

from __future__ import annotations

import numpy as np
import pytest
from backtest_worlds import AGE_SHARES, counts_of, random_counts
from scipy.integrate import solve_ivp

from sufficiency.backtest.baselines import (
    CouncilMethod,
    NoChange,
    StockFlow,
    same_year_returns,
)
from sufficiency.backtest.markov import AGEING_PER_YEAR, MarkovCohort, group_shares, year_matrix
from sufficiency.backtest.smoothing import METHODS, Smoothed, smooth_authority, smooth_series
from sufficiency.backtest.spread import FEWEST_ERRORS, pools_as_at, size_of, spread_out
from sufficiency.backtest.targets import (
    AGES,
    BY_AGE,
    GROUP_ROWS,
    IN_CARE_ROW,
    LEAVERS_ROW,
    N_HORIZONS,
    N_TARGETS,
    PARTED_ROWS,
    STARTERS_ROW,
    TOGETHER_ROW,
)


def steady(in_care: float = 500, starters: float = 150, leavers: float = 150, years: int = 8):
    ones = np.ones((1, years))
    return counts_of(in_care * ones, starters * ones, leavers * ones)


def test_no_change_keeps_every_count() -> None:
    past = random_counts(4)
    said = NoChange().forecast(past)
    for step in range(N_HORIZONS):
        np.testing.assert_array_equal(said[:, :, step], past.at(2023))


def test_recent_rates_by_hand() -> None:
    in_care = np.array([[400.0, 440.0, 460.0]])
    starters, leavers = np.array([[0.0, 140.0, 130.0]]), np.array([[0.0, 100.0, 110.0]])
    past = counts_of(in_care, starters, leavers)
    assert same_year_returns(past) == 0.0
    rate = 110 / 450
    after = (460 * (1 - rate / 2) + 130) / (1 + rate / 2)
    last = StockFlow(1, "last").forecast(past)[0]
    assert last[IN_CARE_ROW, 0] == pytest.approx(after)
    assert last[STARTERS_ROW, 0] == 130
    assert last[LEAVERS_ROW, 0] == pytest.approx(460 + 130 - after)
    three = StockFlow(3, "three").forecast(past)[0]
    rate = 210 / (420 + 450)
    assert three[IN_CARE_ROW, 0] == pytest.approx((460 * (1 - rate / 2) + 135) / (1 + rate / 2))


def test_returns_within_a_year_are_added() -> None:
    # 500 stay 500 although 150 started and 154 left: 4 a year came back unseen.
    past = steady(500, 150, 154)
    assert same_year_returns(past) == pytest.approx(4 / 500)
    said = StockFlow(1, "last").forecast(past)[0]
    np.testing.assert_allclose(said[IN_CARE_ROW], 500.0)
    np.testing.assert_allclose(said[LEAVERS_ROW], 154.0)


def test_the_council_method_repeats_its_multiplications() -> None:
    past = counts_of(np.array([[585.0]]), np.array([[144.0]]), np.array([[154.0]]))
    said = CouncilMethod().forecast(past)[0]
    # 585 + 12 x 12 x 0.75 - 118: the council's printed medium case.
    assert said[IN_CARE_ROW, 0] == pytest.approx(575)
    assert said[IN_CARE_ROW, 1] == pytest.approx(565)


def test_a_markov_year_solves_its_differential_equation() -> None:
    draws = np.random.default_rng(2)
    leaving, entries = draws.uniform(0, 0.6, 5), draws.uniform(5, 60, 5)
    start = draws.uniform(10, 200, 5)

    def change(_: float, children: np.ndarray) -> np.ndarray:
        aged = AGEING_PER_YEAR * children
        return entries - leaving * children - aged + np.concatenate([[0.0], aged[:-1]])

    exact = solve_ivp(change, (0, 1), start, rtol=1e-10, atol=1e-10).y[:, -1]
    matrix = year_matrix(leaving[None], entries[None])[0]
    np.testing.assert_allclose(matrix[:, :5] @ start + matrix[:, 5], exact, rtol=1e-7)


def test_a_band_of_one_ages_by_hand() -> None:
    # Nobody enters or leaves: after a year exp(-1) of the under-1s are still there.
    matrix = year_matrix(np.zeros((1, 5)), np.zeros((1, 5)))[0]
    assert matrix[0, 0] == pytest.approx(np.exp(-1))
    # From under 1 to 1-4: rates 1 and 1/4, the difference of exponentials.
    assert matrix[1, 0] == pytest.approx((np.exp(-0.25) - np.exp(-1)) / 0.75)


def test_the_markov_model_conserves_children() -> None:
    past = random_counts(30)
    said = MarkovCohort().forecast(past)
    total = said[:, IN_CARE_ROW]
    np.testing.assert_allclose(said[:, AGES].sum(axis=1), total)
    before = np.concatenate([past.at(2023)[:, [IN_CARE_ROW]], total[:, :-1]], axis=1)
    returns = same_year_returns(past) * past.at(2023)[:, [IN_CARE_ROW]]
    grown = said[:, STARTERS_ROW] + returns - said[:, LEAVERS_ROW]
    np.testing.assert_allclose(total - before, grown, atol=1e-6)


def test_groups_of_the_markov_model_start_from_the_published_ones() -> None:
    past = random_counts(12)
    shares = group_shares(past)
    here = past.at(past.last_year)
    np.testing.assert_allclose(
        np.einsum("agb,ab->ag", shares, here[:, AGES]), here[:, GROUP_ROWS], rtol=1e-3
    )
    # Nobody over 10 is placed for adoption.
    assert np.abs(shares[:, 2, 3:]).max() == 0.0


def test_a_held_back_group_is_not_forecast_and_its_neighbours_are() -> None:
    past = random_counts(3)
    past.values[1, -1, GROUP_ROWS.start + 1] = np.nan
    said = MarkovCohort().forecast(past)
    assert np.isnan(said[1, GROUP_ROWS.start + 1]).all()
    assert np.isfinite(said[1, GROUP_ROWS.start]).all()
    assert np.isfinite(said[0, GROUP_ROWS]).all()


@pytest.mark.parametrize("baseline", [StockFlow(1, "last"), MarkovCohort(), CouncilMethod()])
def test_parts_published_apart_keep_their_shares(baseline: StockFlow) -> None:
    past = random_counts(5)
    said = baseline.forecast(past)
    grown = said[:, TOGETHER_ROW] / past.at(2023)[:, [TOGETHER_ROW]]
    np.testing.assert_allclose(
        said[:, PARTED_ROWS], past.at(2023)[:, PARTED_ROWS, None] * grown[:, None]
    )


def test_smoothing_finds_a_level_and_a_trend() -> None:
    flat = smooth_series(np.full(9, 240.0))
    np.testing.assert_allclose(flat, 240.0)
    rising = smooth_series(100 * 1.05 ** np.arange(12))
    np.testing.assert_allclose(
        rising[METHODS.index("ets")], 100 * 1.05 ** np.arange(12, 12 + N_HORIZONS), rtol=0.01
    )


def test_a_short_series_stays_and_a_gap_cuts_the_past_off() -> None:
    short = smooth_series(np.array([np.nan, 50.0, 60.0]))
    np.testing.assert_array_equal(short, 60.0)
    values = np.array([900.0, 20, 900, np.nan, 100, 100, 100, 100, 100])
    np.testing.assert_allclose(smooth_series(values), 100.0)
    assert np.isnan(smooth_series(np.array([100.0, np.nan]))).all()


def test_smoothed_forecasts_see_no_later_year() -> None:
    past = random_counts(1)
    changed = past.values[0].copy()
    changed[2018 - past.first_year + 1 :] = 99_999.0
    origins = range(2017, 2019)
    np.testing.assert_array_equal(
        smooth_authority(past.values[0], origins, past.first_year),
        smooth_authority(changed, origins, past.first_year),
    )


def test_smoothed_forecasts_are_handed_out_by_year() -> None:
    past = random_counts(1)
    made = np.full((1, N_TARGETS, N_HORIZONS), 7.0)
    method = Smoothed("ets", {2023: made})
    np.testing.assert_array_equal(method.forecast(past)[:, : PARTED_ROWS.start], 7.0)
    assert np.isnan(method.forecast(past.as_at(2022))).all()


def no_change_pools(past, **options):
    made = {
        year: NoChange().forecast(past.as_at(year))
        for year in range(past.first_year, past.last_year)
    }
    return pools_as_at(made, past, **options)


def test_earlier_errors_by_hand() -> None:
    past = random_counts(90).as_at(2018)
    pools = no_change_pools(past, keep_mean=True)
    in_care = past.values[:, :, IN_CARE_ROW]
    changes = (in_care[:, 2:] - in_care[:, :-2]) / in_care[:, :-2]
    largest = size_of(in_care[:, :-2]) == size_of(np.array([900.0]))[0]
    assert largest.sum() >= FEWEST_ERRORS
    found = pools.errors(IN_CARE_ROW, 1, int(size_of(np.array([900.0]))[0]))
    np.testing.assert_allclose(np.sort(found), np.sort(changes[largest]))
    centred = no_change_pools(past).errors(IN_CARE_ROW, 1, int(size_of(np.array([900.0]))[0]))
    assert centred.mean() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(np.sort(centred), np.sort(found - found.mean()))


def test_a_horizon_without_outcomes_widens_the_last_that_has_them() -> None:
    past = random_counts(90).as_at(2012)
    pools = no_change_pools(past, keep_mean=True)
    size = int(size_of(np.array([900.0]))[0])
    np.testing.assert_allclose(
        pools.errors(IN_CARE_ROW, 4, size), pools.errors(IN_CARE_ROW, 1, size) * np.sqrt(5 / 2)
    )


def test_few_errors_of_a_size_borrow_those_of_all() -> None:
    past = random_counts(20).as_at(2012)
    pools = no_change_pools(past)
    under_1 = BY_AGE[0]
    assert under_1.age_band == "under_1"
    empty_size = 6
    assert len(pools.errors(AGES.start, 0, empty_size)) >= 20


def test_a_spread_is_the_point_and_its_errors() -> None:
    found = spread_out(np.array([110.0, 0.5]), np.array([100.0, 0.0]), np.array([-0.2, 0.0, 0.1]))
    np.testing.assert_allclose(found, [[90, 110, 120], [0.3, 0.5, 0.6]])
    assert spread_out(np.array([5.0]), np.array([50.0]), np.array([-0.9])).min() == 0.0


def test_a_perfect_forecaster_has_no_spread() -> None:
    past = random_counts(40)
    perfect = {}
    for origin in range(past.first_year, past.last_year):
        said = np.full((40, N_TARGETS, N_HORIZONS), np.nan)
        for ahead in range(1, N_HORIZONS + 1):
            said[:, :, ahead - 1] = past.at(origin + ahead)
        perfect[origin] = said
    pools = pools_as_at(perfect, past)
    errors = np.concatenate([pools.errors(0, step, size) for step in range(3) for size in range(7)])
    assert np.abs(errors).max() < 1e-12
    assert AGE_SHARES.sum() == pytest.approx(1.0)
