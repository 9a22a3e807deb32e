"""Small pasts and forecasters whose scores are known, for tests of the backtest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.backtest.counts import FIRST_YEAR, N_AGES, ObservedCounts
from sufficiency.backtest.targets import (
    AGES,
    GROUP_ROWS,
    IN_CARE_ROW,
    LEAVERS_ROW,
    N_TARGETS,
    PARTED_ROWS,
    STARTERS_ROW,
)
from sufficiency.history.authorities import Authority

Floats = NDArray[np.float64]

AGE_SHARES = np.array([0.05, 0.15, 0.2, 0.4, 0.2])
GROUP_SHARES = np.array([0.7, 0.06, 0.04, 0.15])


def areas(number: int) -> tuple[Authority, ...]:
    """Authorities that do not exist."""
    return tuple(
        Authority(f"Area {n}", f"{700 + n}", f"E0000{700 + n}", "Nowhere") for n in range(number)
    )


def counts_of(in_care: Floats, starters: Floats, leavers: Floats) -> ObservedCounts:
    """Observed counts (A, Y) with every part in fixed proportion to the number in care."""
    values = np.full((*in_care.shape, N_TARGETS), np.nan)
    values[..., IN_CARE_ROW], values[..., STARTERS_ROW] = in_care, starters
    values[..., LEAVERS_ROW] = leavers
    values[..., AGES] = in_care[..., None] * AGE_SHARES
    values[..., GROUP_ROWS] = in_care[..., None] * GROUP_SHARES
    values[..., PARTED_ROWS] = in_care[..., None] * np.array([0.1, 0.05])
    leavers_by_age = np.zeros((*in_care.shape, N_AGES + 1))
    leavers_by_age[..., :N_AGES] = leavers[..., None] * 0.7 * AGE_SHARES
    leavers_by_age[..., N_AGES] = leavers * 0.3
    return ObservedCounts(
        authorities=areas(len(in_care)),
        first_year=FIRST_YEAR,
        values=values,
        suppressed=np.zeros(values.shape, dtype=bool),
        starters_by_age=starters[..., None] * AGE_SHARES,
        leavers_by_age=leavers_by_age,
        leavers_over_16=leavers_by_age[..., N_AGES - 1] + leavers_by_age[..., N_AGES],
    )


def random_counts(n_authorities: int = 60, n_years: int = 14, seed: int = 1) -> ObservedCounts:
    """Numbers in care that wander by 6% a year, each authority from its own size."""
    draws = np.random.default_rng(seed)
    steps = draws.normal(0, 0.06, (n_authorities, n_years)).cumsum(axis=1)
    in_care = np.round(draws.uniform(60, 1500, (n_authorities, 1)) * np.exp(steps))
    starters = np.round(in_care * 0.35)
    before = np.concatenate([in_care[:, :1], in_care[:, :-1]], axis=1)
    return counts_of(in_care, starters, starters - (in_care - before))
