"""What the simulation must agree with: exact answers, short, independent of the code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
LARGEST_Z = 4.0
LARGEST_RELATIVE_ERROR = 0.02


def erlang_loss(load: float, places: int) -> float:
    """Share of arrivals who find all places taken (Erlang B, by the usual recursion)."""
    blocked = 1.0
    for place in range(1, places + 1):
        blocked = load * blocked / (place + load * blocked)
    return blocked


def poisson_excess(mean: float, places: int) -> float:
    """Expected children beyond the places when the number in care is Poisson."""
    probability, short, within = np.exp(-mean), 0.0, 0.0
    for number in range(places):
        short += (places - number) * probability
        within += probability
        probability *= mean / (number + 1)
    return mean - places + short


def batch_in_service(batches_per_stay: float, sizes: ArrayLike) -> tuple[float, float]:
    """Mean and variance of the number in an M^X/M/infinity system at rest.

    ``sizes`` are the probabilities of 1, 2, ... in a batch. Each pair of a batch is in the system
    together for half a mean stay, so the variance is the mean and E[X (X - 1)] / 2 for each batch
    that comes in one mean stay.
    """
    probability = np.asarray(sizes, dtype=float)
    size = np.arange(1, len(probability) + 1)
    mean = batches_per_stay * float(size @ probability)
    return mean, mean + batches_per_stay * float((size * (size - 1)) @ probability) / 2


def survival(times: ArrayLike, starts: Sequence[float], rates: Sequence[float]) -> Floats:
    """Probability of a stay longer than each time, for hazards constant from each start on."""
    spent = [
        np.clip(np.asarray(times, dtype=float) - start, 0.0, end - start) * rate
        for start, end, rate in zip(starts, [*starts[1:], np.inf], rates, strict=True)
    ]
    return np.asarray(np.exp(-np.sum(spent, axis=0)))


def cumulative_incidence(
    time: float, starts: Sequence[float], rates_by_cause: Sequence[Sequence[float]]
) -> list[float]:
    """Probability of having left by ``time`` for each cause, all hazards piecewise constant."""
    total = [sum(rates) for rates in zip(*rates_by_cause, strict=True)]
    left = [0.0] * len(rates_by_cause)
    for band, start in enumerate(starts):
        end = min(time, starts[band + 1] if band + 1 < len(starts) else np.inf)
        if end <= start or total[band] == 0.0:
            continue
        gone = float(survival(start, starts, total) - survival(end, starts, total))
        for cause, rates in enumerate(rates_by_cause):
            left[cause] += gone * rates[band] / total[band]
    return left


def z_of_mean(samples: ArrayLike, exact: float) -> float:
    """How many standard errors the mean lies from the exact answer.

    Refuses to judge if the standard error exceeds 2% of the answer: such a test could not fail.
    """
    values = np.asarray(samples, dtype=float)
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    assert error <= LARGEST_RELATIVE_ERROR * abs(exact), f"too few to judge: {error} of {exact}"
    return (float(values.mean()) - exact) / error


def z_of_variance(samples: ArrayLike, exact: float) -> float:
    """The same for a variance, its standard error taken from the fourth moment."""
    values = np.asarray(samples, dtype=float)
    squares = (values - values.mean()) ** 2
    return z_of_mean(squares * values.size / (values.size - 1), exact)


def assert_agrees(z: float) -> None:
    assert abs(z) <= LARGEST_Z, f"{z:.1f} standard errors from theory"
