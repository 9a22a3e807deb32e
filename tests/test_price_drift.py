"""Do prices wander as unit costs have, about what was planned, and only where they may?"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fits import resolved

from sufficiency.calibration.price_drift import (
    MOST_YEARS_BEFORE,
    N_NORMALS,
    PriceDrift,
    change_variance,
    load_price_drift,
    price_paths,
)
from sufficiency.errors import HistoryError
from sufficiency.measures.monthly import Figures
from sufficiency.replication import Job, Layers, measure_chunk, surroundings_of
from sufficiency.resolution.price_drift import with_price_drift

CALIBRATION = Path(__file__).resolve().parent.parent / "calibration"
sys.path.insert(0, str(CALIBRATION))

import fit_price_drift as fit  # noqa: E402

DRIFT = PriceDrift(2022, sigma=(0.12, 0.2), phi=(0.7, 0.85))
PATHS, YEARS = 40_000, 6
SERVICE, AGES = (0, 1, 1), (0, 0, 2)
SEED, FUTURES = 3, 40


@pytest.fixture(scope="module")
def paths() -> np.ndarray:
    normals = np.random.default_rng(8).standard_normal((PATHS, 2, N_NORMALS))
    return price_paths(DRIFT, SERVICE, AGES, YEARS, normals)


# --- paths against theory ---


def test_every_price_is_on_average_as_planned(paths: np.ndarray) -> None:
    varied = np.delete(paths.reshape(PATHS, -1), [0, YEARS], axis=1)
    z = (varied.mean(axis=0) - 1) / (varied.std(axis=0) / np.sqrt(PATHS))
    assert np.abs(z).max() < 4


def test_the_log_varies_as_the_change_of_an_autoregression(paths: np.ndarray) -> None:
    found = np.log(paths).var(axis=0)
    for row, (service, age) in enumerate(zip(SERVICE, AGES, strict=True)):
        for year in range(YEARS):
            # The covariance matrix of an AR(1) at two dates, by hand.
            sigma, phi = DRIFT.sigma[service], DRIFT.phi[service]
            both = sigma**2 * np.array([[1, phi ** (age + year)], [phi ** (age + year), 1]])
            expected = np.array([-1, 1]) @ both @ np.array([-1, 1])
            # A normal's sample variance has the relative standard error sqrt(2 / n).
            assert abs(found[row, year] - expected) <= 4 * expected * np.sqrt(2 / PATHS) + 1e-15
            assert change_variance(DRIFT, age + year)[service] == pytest.approx(expected)


def test_a_price_of_today_is_exact_until_the_first_of_april(paths: np.ndarray) -> None:
    np.testing.assert_array_equal(paths[:, :2, 0], 1)
    assert np.log(paths[:, 2, 0]).std() > 0.1


def test_one_service_has_one_path_and_two_have_two(paths: np.ndarray) -> None:
    log = np.log(paths[..., -1])
    sd = np.array(DRIFT.sigma)[list(SERVICE)]
    scaled = log + change_variance(DRIFT, YEARS - 1)[list(SERVICE)] / 2
    correlation = np.corrcoef(scaled.T / sd[:, None])
    assert abs(correlation[0, 1]) < 4 / np.sqrt(PATHS)
    # The same path ahead, from where it was two years before: theory of the AR(1) again.
    phi, ahead = DRIFT.phi[1], YEARS - 1
    shared = 1 - phi**ahead - phi ** (ahead + 2) + phi**2
    expected = shared / np.sqrt(4 * (1 - phi**ahead) * (1 - phi ** (ahead + 2)))
    assert correlation[1, 2] == pytest.approx(expected, abs=4 * (1 - expected**2) / np.sqrt(PATHS))


def test_an_older_price_changes_nothing_of_another_pool() -> None:
    normals = np.random.default_rng(8).standard_normal((2, N_NORMALS))
    one, other = (price_paths(DRIFT, (0, 1), ages, 3, normals) for ages in ((0, 0), (0, 5)))
    np.testing.assert_array_equal(one[0], other[0])
    assert not np.isclose(one[1], other[1]).any()
    oldest = price_paths(DRIFT, (0, 1), (0, MOST_YEARS_BEFORE + 9), 3, normals)
    assert np.isfinite(oldest).all()


# --- the fit ---


def test_no_fit_has_seen_a_later_year() -> None:
    children = fit.children_in_care()
    logs = fit.unit_costs("residential")
    later = logs.copy()
    later[[2021, 2022, 2023]] += np.random.default_rng(1).normal(size=(len(logs), 3))
    for table in (fit.changes, lambda each, _, cut: fit.common_variance(each, cut)):
        before, after = table(logs, children, 2020), table(later, children, 2020)
        assert np.array_equal(np.asarray(before), np.asarray(after))


def test_the_shipped_table_is_what_the_script_fits() -> None:
    shipped = pd.read_csv(CALIBRATION / "price_drift.csv").query("cut_year == 2022")
    children = fit.children_in_care()
    for row in shipped.itertuples():
        logs = fit.unit_costs(row.service)
        every = fit.changes(logs, children, 2022)
        large, per, phi = fit.fit(fit.spreads(every), fit.common_variance(logs, 2022))
        per *= 1 - fit.SIMULATED_SHARE[row.service]
        assert (row.variance_large, row.n_changes) == (pytest.approx(large, abs=1e-5), len(every))
        assert row.variance_times_children == pytest.approx(per, rel=1e-3)
        assert row.phi == pytest.approx(phi, abs=1e-3)


def test_the_fit_finds_what_made_the_changes() -> None:
    rng = np.random.default_rng(5)
    years, large, per, phi = 12, 0.002, 4.0, 0.75
    children = pd.Series(np.repeat([200.0, 400.0, 700.0, 1300.0], 1000))
    sigma = np.sqrt((large + per / children.to_numpy()) / (2 * (1 - phi)))
    logs = [rng.normal(size=len(children))]
    for _ in range(years - 1):
        logs.append(phi * logs[-1] + np.sqrt(1 - phi**2) * rng.normal(size=len(children)))
    names = range(2010, 2010 + years)
    table = pd.DataFrame(dict(zip(names, (sigma * each + 7 for each in logs), strict=True)))
    sizes = pd.DataFrame(dict.fromkeys(names, children))
    found = fit.fit(fit.spreads(fit.changes(table, sizes, 2030)), 0.0)
    for size in (200, 700, 1300):
        assert found[0] + found[1] / size == pytest.approx(large + per / size, rel=0.05)
    assert found[2] == pytest.approx(phi, abs=0.02)


def test_small_councils_wander_further_and_the_smallest_no_further_still() -> None:
    sd = [load_price_drift(2023, children).sigma[0] for children in (10, 100, 500, 2000)]
    assert sd[0] == sd[1] > sd[2] > sd[3]


def test_a_year_before_the_first_fit_is_refused() -> None:
    with pytest.raises(HistoryError, match=r"price_drift\.csv: no row fitted to years up to 2016"):
        load_price_drift(2016, 500)


# --- in a forecast ---


@cache
def figures(*, price_drift: bool, drift: bool = True, beds: bool = False) -> Figures:
    found = resolved()
    if not price_drift:
        found = replace(found, plan=replace(found.plan, prices=None))
    if beds:
        limit = np.array(found.plan.places.usable_at_start)
        limit[3] = 20
        places = replace(found.plan.places, usable_at_start=limit)
        found = replace(found, plan=replace(found.plan, places=places))
    job = Job(found, surroundings_of(found), SEED, "compiled")
    return measure_chunk(job, range(FUTURES), Layers(True, drift))


def test_children_and_their_nights_are_untouched() -> None:
    on, off = figures(price_drift=True), figures(price_drift=False)
    np.testing.assert_array_equal(on.nights, off.nights)
    np.testing.assert_array_equal(on.flows, off.flows)
    np.testing.assert_array_equal(on.needs, off.needs)


def test_money_is_what_it_was_times_the_path_of_each_future() -> None:
    on, off = figures(price_drift=True), figures(price_drift=False)
    found = resolved()
    worlds = found.draw_worlds(SEED, range(FUTURES), parameter=True, drift=True)
    factor = np.stack([world.price_drift for world in worlds])
    uplifts = surroundings_of(found).calendar.uplifts
    np.testing.assert_allclose(
        on.cost_gbp, off.cost_gbp * factor[:, None][..., uplifts], rtol=1e-9, atol=1e-6
    )


def test_without_the_layer_of_drift_prices_rise_as_planned() -> None:
    on, off = (figures(price_drift=each, drift=False) for each in (True, False))
    np.testing.assert_array_equal(on.cost_gbp, off.cost_gbp)


def test_two_scenarios_share_their_prices() -> None:
    one, other = figures(price_drift=True), figures(price_drift=True, beds=True)
    own_fostering = [
        each.cost_gbp[..., 0, :].sum(1) / each.nights[..., 0, :].sum(1) for each in (one, other)
    ]
    np.testing.assert_allclose(*own_fostering, rtol=1e-5)
    assert not np.array_equal(one.nights, other.nights)


def test_a_scenario_may_switch_it_off_and_is_told_so() -> None:
    found = resolved()
    plan = replace(found.plan, prices=None)
    for switch in ("drift", "price_drift"):
        off = found.scenario.uncertainty.model_copy(update={switch: False})
        scenario = found.scenario.model_copy(update={"uncertainty": off})
        without, origins = with_price_drift(plan, scenario, found.costs, 2023, 500.0)
        assert without.prices is None
        assert {origin.note for origin in origins} == {"switched off by the scenario"}


def test_prices_that_a_council_knows_of_its_children_are_those_of_today() -> None:
    found = resolved()
    old = replace(found.costs, price_age_years=(1,) * 7)
    for known, ages in (((), (1,) * 7), ((900.0,), (0,) * 7)):
        costs = replace(old, known_weekly_gbp=known)
        plan, _ = with_price_drift(found.plan, found.scenario, costs, 2023, 500.0)
        assert plan.prices is not None
        assert plan.prices.age_years == ages
