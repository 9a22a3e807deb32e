"""Is a programme worth its money: net present value, payback, and how large its effect must be.

Arrays in, numbers out: what a scenario saves against doing nothing comes from paired replications,
so most of what is uncertain in either cancels. Money of a month falls at the month's end, and is
discounted at a real rate after the general rise of prices is taken out (HM Treasury, The Green
Book, 2022, annex A6: 3.5% a year, real, for up to 30 years). A spreadsheet says the same with
``NPV(rate a month, flows)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sufficiency.domain import MONTHS_PER_YEAR

Floats = NDArray[np.float64]

GREEN_BOOK_DISCOUNT_RATE = 0.035
"""Real, a year; HM Treasury, The Green Book, for up to 30 years."""


@dataclass(frozen=True)
class Appraisal:
    """What a programme costs and saves over M months, in R replications. GBP.

    Present values are in prices of the start. To pay back means that what was saved, discounted,
    makes up for what was spent and stays so to the last month: the same futures as those in which
    the net present value is not negative.
    """

    discount_factors: Floats
    """(M,): what a pound at the end of each month is worth at the start."""
    saving_gbp: Floats
    """(R, M): what placements cost less than if nothing were done, in money of the day."""
    programme_cost_gbp: Floats
    """(R, M) or (1, M): what the programme costs, in money of the day."""

    @property
    def net_gbp(self) -> Floats:
        """(R, M): saving less cost, in money of the day."""
        net: Floats = self.saving_gbp - self.programme_cost_gbp
        return net

    @property
    def running_present_gbp(self) -> Floats:
        """(R, M): the sum of saving less cost up to each month, as present values."""
        running: Floats = np.cumsum(self.net_gbp * self.discount_factors, axis=1)
        return running

    @property
    def net_present_value_gbp(self) -> Floats:
        """(R,): the present value of all savings less that of all costs."""
        value: Floats = self.net_gbp @ self.discount_factors
        return value

    @property
    def cost_avoided_gbp(self) -> Floats:
        """(R,): what placements cost less than if nothing were done, in money of the day."""
        avoided: Floats = self.saving_gbp.sum(axis=1)
        return avoided

    @property
    def expected_payback_month(self) -> int | None:
        """The payback month of the expected savings and costs; None if they do not pay back."""
        month = _payback_months(self.running_present_gbp.mean(axis=0, keepdims=True))[0]
        return None if np.isnan(month) else int(month)

    @property
    def payback_months(self) -> Floats:
        """(R,): the month, counted from 1, from whose end on it has paid back; NaN if never.

        0 where nothing is ever owed: it costs nothing before it saves.
        """
        return _payback_months(self.running_present_gbp)

    @property
    def paid_back_by_month(self) -> Floats:
        """(M,): share of replications in which it has paid back by the end of each month."""
        months = np.arange(1, self.saving_gbp.shape[1] + 1)
        # NaN compares as not yet.
        by_month: Floats = (self.payback_months[:, None] <= months).mean(axis=0)
        return by_month

    @property
    def pays_back_probability(self) -> float:
        """Share of replications in which it pays back within the M months."""
        return float(np.isfinite(self.payback_months).mean())

    @property
    def break_even_multiple(self) -> float:
        """How many times the effect that was simulated it takes for expected savings to pay costs.

        Linear: savings are taken to grow in step with the effect, and costs not to; 0.5 means that
        half of the effect would do. Infinite where nothing is saved, 0 where nothing is spent.
        """
        saved = float((self.saving_gbp @ self.discount_factors).mean())
        spent = float((self.programme_cost_gbp @ self.discount_factors).mean())
        if spent <= 0:
            return 0.0
        return spent / saved if saved > 0 else float("inf")


def appraise(
    saving_gbp: ArrayLike,
    programme_cost_gbp: ArrayLike,
    discount_rate: float = GREEN_BOOK_DISCOUNT_RATE,
    inflation_per_year: float = 0.0,
) -> Appraisal:
    """Weigh what a programme saves, in paired replications, against what it costs.

    Args:
        saving_gbp: (R, M), what placements cost without it less what they cost with it, in each
            replication and month, in money of the day. One replication may be given as (M,).
        programme_cost_gbp: (M,), or (R, M) where it depends on the future, in money of the day.
        discount_rate: real, a year; 0.035 is 3.5%.
        inflation_per_year: the general rise of prices, which is taken out before discounting; 0
            if the money is in prices of the start already.

    Raises:
        ValueError: the shapes do not fit, or a rate is -100% or less.
    """
    saving = np.atleast_2d(np.asarray(saving_gbp, dtype=np.float64))
    cost = np.atleast_2d(np.asarray(programme_cost_gbp, dtype=np.float64))
    if cost.shape[1] != saving.shape[1] or len(cost) not in (1, len(saving)):
        raise ValueError(f"costs of shape {cost.shape} do not fit savings of shape {saving.shape}")
    if discount_rate <= -1 or inflation_per_year <= -1:
        raise ValueError("a rate of -100% or less leaves nothing")
    factors = discount_factors(saving.shape[1], discount_rate, inflation_per_year)
    return Appraisal(factors, saving, cost)


def discount_factors(
    months: int, discount_rate: float = GREEN_BOOK_DISCOUNT_RATE, inflation_per_year: float = 0.0
) -> Floats:
    """What a pound at the end of month 1, 2, ... is worth at the start: (months,).

    ((1 + discount rate) (1 + inflation)) ** (-month / 12).
    """
    a_year = (1 + discount_rate) * (1 + inflation_per_year)
    factors: Floats = a_year ** (-np.arange(1, months + 1) / MONTHS_PER_YEAR)
    return factors


def _payback_months(running: Floats) -> Floats:
    """For each row of (R, M) running sums the month from whose end on they are not negative."""
    owed = running < 0
    n_months = running.shape[1]
    last_owed = n_months - np.argmax(owed[:, ::-1], axis=1)
    month = np.where(owed.any(axis=1), last_owed + 1.0, 0.0)
    return np.where(month > n_months, np.nan, month)
