"""What it is worth to know an assumption better: how much surer the answer, how much better the
decision.

The answer is asked at many draws of all assumptions together, and the part that hangs on each is
found by regression: the expected value of partial perfect information without an inner loop
(Strong, Oakley and Brennan, 2014). The regression is a sum of smooth curves, one an assumption, so
that what the others do is not taken for chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEGREE = 2
"""Of the polynomial of each assumption."""
_RESAMPLES = 200
_ENDS = (0.025, 0.975)
FEWEST_A_TERM = 4
"""Draws for each term of the regression."""


@dataclass(frozen=True)
class Information:
    """What knowing each of k assumptions for certain would be worth."""

    variance: Floats
    """(k,): by how much the variance of the answer would fall on average."""
    low: Floats
    """(k,): the lower end of that by bootstrap, 95%."""
    high: Floats
    total_variance: float
    """Of the answer over all assumptions, chance averaged out."""
    decision: Floats | None = None
    """(k,): by how much less a decision about a limit would be wrong on average, in the answer's
    unit; None without a limit."""
    decision_all: float | None = None
    """The same if all assumptions were known."""
    over_probability: float | None = None
    """The chance that the answer is over the limit, chance averaged out."""


def value_of_information(
    inputs: Floats, answers: Floats, limit: float | None = None, seed: int = 0
) -> Information:
    """What knowing each assumption would be worth.

    A decision about a limit is to act as if the answer will be over it, or as if it will not; it is
    wrong by the distance to the limit where the answer lies on the other side. Acting costs as much
    for each unit too much as not acting does for each unit too little.

    Args:
        inputs: (n, k) values of the assumptions, drawn independently.
        answers: (n,) the answer at each.
        limit: what a decision hangs on, in the answer's unit.
        seed: of the bootstrap.
    """
    variance, parts, mean = _parts(inputs, answers)
    rng = np.random.default_rng(seed)
    again = np.array(
        [
            _parts(inputs[rows], answers[rows])[0]
            for rows in rng.integers(len(answers), size=(_RESAMPLES, len(answers)))
        ]
    )
    low, high = np.quantile(again, _ENDS, axis=0)
    found = Information(
        variance, np.minimum(low, variance), np.maximum(high, variance), float(answers.var(ddof=1))
    )
    if limit is None:
        return found
    over = answers - limit
    now = max(0.0, float(over.mean()))
    gains = np.maximum(0.0, mean - limit + parts).mean(axis=0) - max(0.0, mean - limit)
    return Information(
        variance,
        found.low,
        found.high,
        found.total_variance,
        decision=np.maximum(gains, 0.0),
        decision_all=float(np.maximum(over, 0.0).mean()) - now,
        over_probability=float((over > 0).mean()),
    )


def fewest_draws(inputs: int) -> int:
    """How many draws the regression wants for so many assumptions."""
    return FEWEST_A_TERM * (inputs * DEGREE + 1)


def _parts(inputs: Floats, answers: Floats) -> tuple[Floats, Floats, float]:
    """Variance of each input's curve (k,), the curve at each draw (n, k), and the mean answer.

    A curve that is fitted to noise varies too; what it would is taken out of the variance.
    """
    n, k = inputs.shape
    spread = inputs.std(axis=0)
    scaled = (inputs - inputs.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    terms = np.stack([scaled**power for power in range(1, DEGREE + 1)], axis=2)
    terms = terms - terms.mean(axis=0)
    design = terms.reshape(n, k * DEGREE)
    mean = float(answers.mean())
    weights, *_ = np.linalg.lstsq(design, answers - mean, rcond=None)
    left = answers - mean - design @ weights
    noise = float(left @ left) / max(n - 1 - k * DEGREE, 1)
    covariance = noise * np.linalg.pinv(design.T @ design).reshape(k, DEGREE, k, DEGREE)
    curves = np.einsum("nkd,kd->nk", terms, weights.reshape(k, DEGREE))
    fitted_noise = [
        float(np.einsum("nd,de,ne->n", terms[:, i], covariance[i, :, i], terms[:, i]).mean())
        for i in range(k)
    ]
    variance = np.maximum(curves.var(axis=0) - np.array(fitted_noise), 0.0)
    return variance, curves, mean
