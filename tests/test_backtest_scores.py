"""Scores against closed forms, and forecasters planted with a known fault."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from backtest_worlds import random_counts
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from sufficiency.backtest.scoreboard import (
    NO_CHANGE,
    OURS,
    PIT_BINS,
    SIZES,
    scoreboard,
    size_names,
    standard_errors,
    with_scores,
)
from sufficiency.backtest.scores import (
    COLUMNS,
    QUANTILES,
    RANGES,
    forecasts_table,
    judged,
    mean_yearly_change,
    rows_of,
)

FEWEST_Z = 4.0


def normal_crps(outcome: float, mean: float, sd: float) -> float:
    """The closed form for a normal forecast (Gneiting and Raftery 2007, equation 21)."""
    z = (outcome - mean) / sd
    return float(sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)))


def test_crps_of_normal_samples_is_the_closed_form_within_its_standard_error() -> None:
    draws = np.random.default_rng(3)
    repeats, members = 400, 60
    outcome = np.full(repeats, 530.0)
    samples = draws.normal(500, 20, (repeats, members))
    found = judged(samples, samples.mean(axis=1), outcome)["crps"]
    error = found.std(ddof=1) / np.sqrt(repeats)
    expected = normal_crps(530, 500, 20)
    assert error < 0.02 * expected
    assert abs(found.mean() - expected) <= FEWEST_Z * error


def test_crps_does_not_depend_on_the_number_of_samples() -> None:
    draws = np.random.default_rng(4)
    means, errors = [], []
    for members in (5, 200):
        samples = draws.normal(0, 1, (4000, members))
        found = judged(samples, samples.mean(axis=1), draws.normal(0, 1, 4000))["crps"]
        means.append(found.mean())
        errors.append(found.std(ddof=1) / np.sqrt(len(found)))
    assert abs(means[0] - means[1]) <= FEWEST_Z * np.hypot(*errors)


def test_a_forecast_of_one_number_has_its_error_as_crps() -> None:
    found = judged(np.full((1, 40), 500.0), np.array([500.0]), np.array([530.0]))
    assert found["crps"][0] == pytest.approx(30.0)
    assert found["pit"][0] == pytest.approx(40.5 / 41)


def test_an_outcome_among_equal_samples_counts_half_of_them_below() -> None:
    found = judged(np.array([[1.0, 2.0, 2.0, 3.0]]), np.array([2.0]), np.array([2.0]))
    assert found["pit"][0] == pytest.approx(0.5)


@pytest.mark.parametrize("members", [20, 30, 200])
def test_ranges_hold_one_more_draw_as_often_as_they_say_with_few_samples_too(members: int) -> None:
    n = 12_000
    draws = np.random.default_rng(6).normal(0, 1, (n, members + 1))
    found = judged(draws[:, 1:], draws[:, 1:].mean(axis=1), draws[:, 0])
    for held, (low, high) in RANGES.items():
        share = int(held) / 100
        inside = (draws[:, 0] >= found[low]) & (draws[:, 0] <= found[high])
        assert abs(inside.mean() - share) <= FEWEST_Z * np.sqrt(share * (1 - share) / n)
    in_tails = [np.mean(found["pit"] < 0.1), np.mean(found["pit"] >= 0.9)]
    assert abs(in_tails[0] - in_tails[1]) <= FEWEST_Z * np.sqrt(0.2 / n)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_shifting_forecast_and_outcome_alike_leaves_every_score(seed: int) -> None:
    draws = np.random.default_rng(seed)
    samples, outcome = draws.normal(50, 9, (6, 31)), draws.normal(50, 9, 6)
    shift = draws.uniform(1, 1000)
    here = judged(samples, samples.mean(axis=1), outcome)
    there = judged(samples + shift, samples.mean(axis=1) + shift, outcome + shift)
    np.testing.assert_allclose(here["crps"], there["crps"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(here["pit"], there["pit"])
    np.testing.assert_allclose(here["p90"] + shift, there["p90"])


def planted(
    shift: float, spread: float, method: str = OURS, n: int = 600, seed: int = 8
) -> pd.DataFrame:
    """Forecasts N(outcome's mean + shift, spread), outcomes N(400, 20), over six origins."""
    draws = np.random.default_rng(seed)
    outcome = draws.normal(400, 20, n)
    samples = np.random.default_rng(seed + 1).normal(400 + shift, spread, (n, 300))
    frame = pd.DataFrame(judged(samples, samples.mean(axis=1), outcome))
    frame["outcome"], frame["old_la_code"], frame["authority"] = outcome, "701", "Area"
    frame["origin"], frame["years_ahead"] = 2015 + np.arange(n) % 6, 1
    frame["method"], frame["date"] = method, "2016-03-31"
    frame["measure"], frame["placement_group"], frame["age_band"] = "in_care", "all", "all"
    frame["in_care_at_origin"] = frame["at_origin"] = 400.0
    frame["mean_yearly_change"] = 16.0
    return frame[COLUMNS]


def score(board: pd.DataFrame, name: str, method: str = OURS, origins: str = "all") -> pd.Series:
    wanted = (board["score"] == name) & (board["method"] == method)
    found = board[wanted & (board["origins"] == origins) & (board["size"] == "all")]
    assert len(found) == 1
    return found.iloc[0]


def test_a_forecaster_that_is_right_is_found_right() -> None:
    board = scoreboard(pd.concat([planted(0, 20), planted(0, 20, NO_CHANGE)]))
    for level, share in (("50", 0.5), ("80", 0.8), ("90", 0.9)):
        error = np.sqrt(share * (1 - share) / 600)
        assert abs(score(board, f"coverage_{level}")["value"] - share) <= FEWEST_Z * error
    for number in range(1, PIT_BINS + 1):
        found = score(board, f"pit_{number:02d}")["value"]
        assert abs(found - 0.1) <= FEWEST_Z * np.sqrt(0.1 * 0.9 / 600)
    assert abs(score(board, "bias")["value"]) <= FEWEST_Z * 20 / np.sqrt(600)
    assert score(board, "ratio_crps")["value"] == pytest.approx(1.0)
    assert score(board, "width_80")["value"] == pytest.approx(2 * 1.2816 * 20, rel=0.02)


def test_a_forecaster_who_is_too_high_too_sure_or_perfect_is_found_out() -> None:
    no_change = planted(0, 20, NO_CHANGE)
    high = scoreboard(pd.concat([planted(15, 20), no_change]))
    assert abs(score(high, "bias")["value"] - 15) <= FEWEST_Z * 20 / np.sqrt(600)
    assert score(high, "pit_01")["value"] > 0.18
    assert score(high, "ratio_crps")["value"] == pytest.approx(
        normal_mean_crps(15, 20) / normal_mean_crps(0, 20), rel=0.05
    )
    sure = scoreboard(pd.concat([planted(0, 5), no_change]))
    meant = 2 * norm.cdf(1.2816 * 5 / 20) - 1
    assert abs(score(sure, "coverage_80")["value"] - meant) <= FEWEST_Z * np.sqrt(meant / 600)
    right = planted(0, 20)
    right[[*QUANTILES, "point", "mean"]] = right[["outcome"] * (len(QUANTILES) + 2)].to_numpy()
    right["crps"] = 0.0
    perfect = scoreboard(pd.concat([right, no_change]))
    for name in ("mae", "mape", "mase", "crps", "ratio_crps", "width_80"):
        assert score(perfect, name)["value"] == 0.0
    assert score(perfect, "coverage_50")["value"] == 1.0


def normal_mean_crps(shift: float, sd: float) -> float:
    """The mean CRPS of N(shift, sd) where outcomes are N(0, 20)."""
    outcomes = norm.ppf((np.arange(4000) + 0.5) / 4000) * 20
    return float(np.mean([normal_crps(outcome, shift, sd) for outcome in outcomes]))


def test_errors_by_hand() -> None:
    rows = planted(0, 20).iloc[:2].copy()
    rows["point"], rows["outcome"] = [90.0, 120.0], [100.0, 100.0]
    rows["mean_yearly_change"], rows["in_care_at_origin"] = [5.0, 10.0], [50.0, 200.0]
    rows["crps"] = [4.0, 8.0]
    found = with_scores(rows)
    assert found["mae"].tolist() == [10, 20]
    assert found["mape"].tolist() == [0.1, 0.2]
    assert found["mase"].tolist() == [2, 2]
    assert found["bias"].tolist() == [-10, 20]
    assert found["crps_per_child"].tolist() == [0.08, 0.04]


def test_an_outcome_of_none_has_no_percentage_error() -> None:
    rows = planted(0, 20).iloc[:2].copy()
    rows["point"], rows["outcome"] = [10.0, 110.0], [0.0, 100.0]
    found = with_scores(rows)
    assert np.isnan(found["mape"].iloc[0])
    assert found["mape"].iloc[1] == pytest.approx(0.1)


def test_the_standard_error_of_coverage_is_that_of_the_years() -> None:
    rows = planted(0, 20)
    # Whole years held or missed: 3 of 6, so the years' spread is all there is.
    rows["p10"] = np.where(rows["origin"] < 2018, -1e9, 1e9)
    rows["p90"] = 1e9
    found = standard_errors(with_scores(pd.concat([rows, planted(0, 20, NO_CHANGE)])))
    ours = found[(found["method"] == OURS) & (found["score"] == "coverage_80")]
    exact = np.sqrt(0.25 / 6)
    assert ours["standard_error"].iloc[0] == pytest.approx(exact, rel=4 / np.sqrt(2 * 1000))


def test_a_single_origin_has_no_standard_error() -> None:
    rows = pd.concat([planted(0, 20), planted(0, 20, NO_CHANGE)])
    board = scoreboard(rows[rows["origin"] == 2016])
    assert np.isnan(score(board, "coverage_80")["standard_error"])


def test_sizes_of_authorities_meet_at_their_edges() -> None:
    assert size_names(pd.Series([1.0, 199, 200, 400, 799, 800])) == [
        SIZES[0],
        SIZES[0],
        SIZES[1],
        SIZES[2],
        SIZES[2],
        SIZES[3],
    ]


def test_the_scale_of_the_scaled_error_is_the_past_change() -> None:
    past = random_counts(3).as_at(2014)
    in_care = past.values[:, :, 0]
    by_hand = np.abs(np.diff(in_care, axis=1)).mean(axis=1)
    np.testing.assert_allclose(mean_yearly_change(past)[:, 0], by_hand)
    rows = rows_of(
        past,
        0,
        2,
        OURS,
        np.array([True, False, True]),
        judged(np.ones((2, 20)), np.ones(2), np.ones(2)),
        np.ones(2),
        mean_yearly_change(past),
    )
    table = forecasts_table([rows])
    assert table["mean_yearly_change"].tolist() == by_hand[[0, 2]].tolist()
    assert table["date"].tolist() == ["2016-03-31"] * 2
    assert table["authority"].tolist() == ["Area 0", "Area 2"]
    assert list(table.columns) == COLUMNS
