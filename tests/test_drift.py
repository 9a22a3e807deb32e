"""Does drift wander as theory says, and is it fitted to no year that a forecast must not see?"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sufficiency.calibration.damping import TERMS, load_damping
from sufficiency.calibration.drift import (
    Drift,
    drift_paths,
    load_drift,
    log_covariance,
    log_variance,
)
from sufficiency.errors import HistoryError

CALIBRATION = Path(__file__).resolve().parent.parent / "calibration"
sys.path.insert(0, str(CALIBRATION))

import annual_panel  # noqa: E402
import fit_drift_and_damping as fit  # noqa: E402

DRIFT = Drift(2020, sigma=(0.27, 0.22), phi=(0.84, 0.7), correlation=0.4, window_years=3)
YEARS = 5
REPLICATIONS = 40_000


@pytest.fixture(scope="module")
def log_paths() -> np.ndarray:
    normals = np.random.default_rng(20).standard_normal((REPLICATIONS, 2, YEARS))
    return np.log(drift_paths(DRIFT, YEARS, normals))


@cache
def panel() -> annual_panel.Panel:
    return annual_panel.read_panel(CALIBRATION / "reference")


def autoregression_given_window(sigma: float, phi: float, window: int) -> np.ndarray:
    """Covariance of the years ahead given the window's mean, by linear algebra alone."""
    years = np.arange(window + YEARS)
    everything = sigma**2 * phi ** np.abs(years[:, None] - years[None, :])
    mean = np.where(years < window, 1 / window, 0.0)
    told = everything @ mean
    given = everything - np.outer(told, told) / (mean @ told)
    return np.asarray(given[window:, window:])


# --- drift paths against theory ---


def test_multipliers_have_mean_one(log_paths: np.ndarray) -> None:
    multipliers = np.exp(log_paths)
    standard_error = multipliers.std(0) / np.sqrt(REPLICATIONS)
    assert np.abs((multipliers.mean(0) - 1) / standard_error).max() < 4


@pytest.mark.parametrize("window", [1, 2, 5])
def test_variance_is_that_of_an_autoregression_given_its_base_window(window: int) -> None:
    drift = replace(DRIFT, window_years=window)
    for flow in (0, 1):
        expected = autoregression_given_window(drift.sigma[flow], drift.phi[flow], window)
        np.testing.assert_allclose(log_variance(drift, YEARS)[flow], np.diag(expected), rtol=1e-12)


def test_paths_have_the_covariance_of_theory_between_all_years(log_paths: np.ndarray) -> None:
    for flow in (0, 1):
        expected = autoregression_given_window(DRIFT.sigma[flow], DRIFT.phi[flow], 3)
        found = np.cov(log_paths[:, flow].T)
        variance = np.diag(expected)
        standard_error = np.sqrt((np.outer(variance, variance) + expected**2) / REPLICATIONS)
        assert np.abs((found - expected) / standard_error).max() < 4


def test_the_two_flows_move_together_as_their_correlation_says(log_paths: np.ndarray) -> None:
    expected = log_covariance(DRIFT, YEARS)
    centred = log_paths - log_paths.mean(0)
    products = centred[:, 0] * centred[:, 1]
    standard_error = products.std(0) / np.sqrt(REPLICATIONS)
    assert np.abs((products.mean(0) - expected) / standard_error).max() < 4
    assert (expected > 0).all()


def test_the_range_grows_with_the_years_and_towards_a_limit() -> None:
    variance = log_variance(DRIFT, 60)
    assert (np.diff(variance[:, :20], axis=1) > 0).all()
    np.testing.assert_allclose(variance[:, -1], np.square(DRIFT.sigma), rtol=1e-6)


def test_what_the_base_window_holds_is_not_counted_again() -> None:
    """Less is still to come than a stranger to the window, or a change from it, would have."""
    drift = replace(DRIFT, window_years=1)
    sigma, phi = np.array(drift.sigma), np.array(drift.phi)
    first_year = log_variance(drift, 1)[:, 0]
    assert (first_year < sigma**2).all()
    assert (first_year < 2 * sigma**2 * (1 - phi)).all()


def test_the_same_normals_give_the_same_path_and_replications_do_not_mix() -> None:
    normals = np.random.default_rng(3).standard_normal((4, 2, YEARS))
    together = drift_paths(DRIFT, YEARS, normals)
    for replication in range(4):
        alone = drift_paths(DRIFT, YEARS, normals[replication])
        np.testing.assert_array_equal(alone, together[replication])


def test_a_longer_path_begins_like_a_shorter_one() -> None:
    normals = np.random.default_rng(4).standard_normal((2, 10))
    long, short = drift_paths(DRIFT, 10, normals), drift_paths(DRIFT, 3, normals[:, :3])
    np.testing.assert_array_equal(long[:, :3], short)


def test_no_drift_leaves_rates_alone() -> None:
    still = replace(DRIFT, sigma=(0.0, 0.0))
    normals = np.random.default_rng(5).standard_normal((2, YEARS))
    np.testing.assert_array_equal(drift_paths(still, YEARS, normals), np.ones((2, YEARS)))


def test_normals_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"normals have shape \(5, 2\); expected"):
        drift_paths(DRIFT, 5, np.zeros((5, 2)))


# --- the shipped tables ---


@pytest.mark.parametrize("year", [2014, 2020, 2023])
def test_tables_load_for_their_own_year(year: int) -> None:
    drift, damping = load_drift(year), load_damping(year)
    assert drift.cut_year == damping.cut_year == year
    assert drift.window_years == damping.window_years
    assert all(0.1 < sigma < 0.5 for sigma in drift.sigma)
    assert all(0 < phi < 1 for phi in drift.phi)
    assert len(damping.effect_per_year) == len(damping.persistence) == len(TERMS)


def test_a_year_after_the_last_fit_takes_the_last() -> None:
    assert load_drift(2031) == load_drift(2023)
    assert load_damping(2031) == load_damping(2023)


@pytest.mark.parametrize("load", [load_drift, load_damping])
def test_a_year_before_the_first_fit_is_a_clear_mistake(load: object) -> None:
    with pytest.raises(HistoryError, match=r"up to 2013; the first is 2014.*drift: false"):
        load(2013)  # type: ignore[operator]


# --- the fit ---


def test_the_fit_finds_the_drift_that_made_the_errors() -> None:
    """Errors made from known drift and chance, 3,000 authorities, give that drift back."""
    authorities, generator = 3000, np.random.default_rng(8)
    normals = generator.standard_normal((authorities, 2, YEARS))
    paths = np.log(drift_paths(DRIFT, YEARS, normals)) + log_variance(DRIFT, YEARS) / 2
    who, horizon = np.indices((authorities, YEARS)).reshape(2, -1).astype(float)
    noise = generator.uniform(0.005, 0.04, (2, who.size))
    entry, exit_ = (
        fit.Errors(
            authority=who,
            origin=np.zeros_like(who),
            horizon=horizon + 1,
            log_error=paths[:, flow].ravel()
            + np.sqrt(noise[flow]) * generator.standard_normal(who.size),
            noise=noise[flow],
            shared_noise=np.zeros_like(who),
        )
        for flow in (0, 1)
    )
    fitted = [fit.fit_flow(errors, DRIFT.window_years) for errors in (entry, exit_)]
    for flow in (0, 1):
        shape = replace(DRIFT, sigma=(fitted[flow][0],) * 2, phi=(fitted[flow][1],) * 2)
        assert log_variance(shape, YEARS)[0] == pytest.approx(
            log_variance(DRIFT, YEARS)[flow], rel=0.08
        )
    correlation = fit.fit_correlation(entry, exit_, replace(DRIFT, correlation=1.0))
    assert correlation == pytest.approx(DRIFT.correlation, abs=0.06)


@cache
def cut_2016() -> fit.Cut:
    return fit.fit_cut(panel(), 2016)


def test_the_shipped_rows_come_back() -> None:
    shipped = {
        name: pd.read_csv(CALIBRATION / f"{name}.csv", encoding="utf-8")
        for name in ("drift", "damping")
    }
    for name, found in {
        "drift": fit.drift_rows([cut_2016()]),
        "damping": fit.damping_rows([cut_2016()]),
    }.items():
        expected = shipped[name][shipped[name]["cut_year"] == 2016].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, expected, rtol=2e-3, check_dtype=False)


def test_later_years_cannot_change_an_earlier_fit() -> None:
    true = panel()
    later = true.column(2017)
    wrong = {
        name: getattr(true, name).copy()
        for name in (
            *("in_care", "started", "ceased", "before_18", "under_16"),
            *("aged_16_and_over", "peer_rate", "population"),
        )
    }
    for counts in wrong.values():
        counts[:, later:] = 7777.0
    misled = fit.fit_cut(replace(true, **wrong), 2016)
    assert misled == cut_2016()


def test_a_forecast_from_2016_beats_no_change_and_last_years_rates() -> None:
    scores = fit.score_rows(panel(), [cut_2016()]).set_index(["method", "horizon_years"])
    error = scores["mean_absolute_percentage_error"].unstack()
    for rival in ("no_change", "last_rates"):
        assert (error.loc["damped", [1, 2, 3]] < error.loc[rival, [1, 2, 3]]).all()


def test_merged_and_split_authorities_are_left_out() -> None:
    names = pd.read_csv(CALIBRATION / "reference" / "panel.csv", encoding="utf-8")
    last = names[(names["level"] == "Local authority") & (names["year"] == 2023)]
    assert len(panel().in_care) == 144 < len(last)
    for counts in (panel().in_care, panel().started, panel().ceased):
        assert np.isfinite(counts).all()
