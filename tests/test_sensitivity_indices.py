"""Indices and the value of information against functions whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sufficiency.scenario.sourced import Kind
from sufficiency.sensitivity import tested as numbers
from sufficiency.sensitivity.indices import (
    morris_design,
    morris_indices,
    sobol_design,
    sobol_indices,
)
from sufficiency.sensitivity.information import value_of_information
from sufficiency.sensitivity.study import latin_hypercube

A, B = 7.0, 0.1
_PI4, _PI8 = np.pi**4, np.pi**8
ISHIGAMI_VARIANCE = A**2 / 8 + B * _PI4 / 5 + B**2 * _PI8 / 18 + 0.5
ISHIGAMI_FIRST = np.array([0.5 * (1 + B * _PI4 / 5) ** 2, A**2 / 8, 0.0]) / ISHIGAMI_VARIANCE
ISHIGAMI_TOTAL = ISHIGAMI_FIRST + np.array([1, 0, 1]) * (8 * B**2 * _PI8 / 225 / ISHIGAMI_VARIANCE)


def ishigami(shares: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), of three inputs from -pi to pi."""
    x = (2 * shares - 1) * np.pi
    answer: np.ndarray = np.sin(x[:, 0]) * (1 + B * x[:, 2] ** 4) + A * np.sin(x[:, 1]) ** 2
    return answer


def by_index(found: object, name: str, column: str = "value") -> np.ndarray:
    rows = found[found["index"] == name].sort_values("input")  # type: ignore[index]
    values: np.ndarray = rows[column].to_numpy()
    return values


def test_sobol_finds_the_known_indices_of_ishigami() -> None:
    found = sobol_indices(3, ishigami(sobol_design(3, 4096, seed=1)), seed=1)
    for name, known in (("first_order", ISHIGAMI_FIRST), ("total", ISHIGAMI_TOTAL)):
        error = (by_index(found, name, "high") - by_index(found, name, "low")) / 2 / 1.96
        assert error.max() < 0.03
        assert (np.abs(by_index(found, name) - known) <= 4 * error + 1e-3).all()


def test_morris_is_exact_where_the_answer_is_linear() -> None:
    weights = np.array([12.0, -3.0, 0.0, 0.5])
    design = morris_design(4, 6, seed=2)
    found = morris_indices(design, 100 + design @ weights, seed=2)
    np.testing.assert_allclose(by_index(found, "mu_star"), np.abs(weights), atol=1e-9)
    np.testing.assert_allclose(by_index(found, "sigma"), 0, atol=1e-9)


def test_morris_sees_that_an_input_matters_only_with_another() -> None:
    design = morris_design(2, 20, seed=3)
    found = morris_indices(design, 10 * design[:, 0] * design[:, 1], seed=3)
    assert (by_index(found, "sigma") > 0.25 * by_index(found, "mu_star")).all()


def test_nothing_that_moves_the_answer_has_no_indices() -> None:
    found = sobol_indices(2, np.full(16 * 4, 5.0), seed=1)
    assert (found["value"] == 0).all()


def test_knowing_a_part_of_a_sum_removes_its_variance() -> None:
    drawn = stats.norm.ppf(latin_hypercube(400, 3, seed=4))
    sds = np.array([3.0, 1.0, 0.0])
    noise = np.random.default_rng(5).normal(0, 0.5, 400)
    found = value_of_information(drawn, 50 + drawn @ sds + noise, seed=1)
    np.testing.assert_allclose(found.variance[:2], sds[:2] ** 2, rtol=0.05)
    assert found.variance[2] <= 0.01
    assert ((found.low <= sds**2 + 0.01) & (found.high >= sds**2 * 0.95)).all()
    error = found.total_variance * (2 / 400) ** 0.5
    assert abs(found.total_variance - (9 + 1 + 0.25)) <= 4 * error


def test_knowing_what_a_decision_hangs_on_is_worth_the_known_loss() -> None:
    """Of a normal answer with mean m over the limit and part s known: s phi(m/s) - m Phi(-m/s)."""
    drawn = stats.norm.ppf(latin_hypercube(2000, 2, seed=6))
    over, sds = 1.0, np.array([2.0, 0.7])
    found = value_of_information(drawn, 30 + over + drawn @ sds, limit=30.0)
    assert found.decision is not None
    assert found.decision_all is not None
    known = sds * stats.norm.pdf(over / sds) - over * stats.norm.cdf(-over / sds)
    np.testing.assert_allclose(found.decision, known, atol=0.02)
    both = float(np.hypot(*sds))
    all_known = both * stats.norm.pdf(over / both) - over * stats.norm.cdf(-over / both)
    assert found.decision_all == pytest.approx(all_known, abs=0.08)
    assert found.over_probability == pytest.approx(stats.norm.cdf(over / both), abs=0.02)


def test_a_decision_that_is_clear_is_not_worth_asking_about() -> None:
    drawn = latin_hypercube(100, 2, seed=7)
    found = value_of_information(drawn, 500 + drawn.sum(axis=1), limit=10.0)
    assert found.decision is not None
    np.testing.assert_allclose(found.decision, 0, atol=1e-9)


@pytest.mark.parametrize("kind", list(Kind))
def test_numbers_lie_where_their_range_says(kind: Kind) -> None:
    one = numbers.Tested("a.b", "a number", kind, "", 1.1, 0.8, 1.5, "a test")
    low, middle, high = one.quantile(np.array([0.1, 0.5, 0.9]))
    if kind is Kind.FITTED:
        assert high / low == pytest.approx(1.5 / 0.8)
    else:
        assert one.quantile(np.array([0.0, 1.0])) == pytest.approx([0.8, 1.5])
    assert low < middle < high
    assert one.along(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.8, 1.15, 1.5])
