"""What it costs: child-nights x price, by pool, month and financial year.

Money is nominal: a price is uplifted each 1 April. The range carries how many children there
are and where they live, not how prices differ between children.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS
from sufficiency.measures.pricing import Prices
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.world import Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class CostPlan:
    """Prices at the start date, how they rise, and what is budgeted. P pools."""

    pool_names: tuple[str, ...]
    """(P,): as in `Places`."""
    pool_sector: tuple[int, ...]
    """(P,): sector codes, as in `Places`."""
    weekly_cost_gbp: tuple[float, ...]
    """(P,): GBP a week for a place in use, at the start date's prices."""
    unplaced_weekly_cost_gbp: float
    """GBP a week for a child without a registered place, at the start date's prices."""
    inflation_per_year: float | tuple[float, ...]
    """Rise of prices on each 1 April, 0.03 is 3%: one for all, or one a pool with unplaced last
    (P + 1,)."""
    budget_gbp: Mapping[str, float] = field(default_factory=dict)
    """Budget for all placements by financial year, such as ``{"2020-21": 30e6}``."""
    sector_budget_gbp: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Budgets by financial year and setting, where a year's is given sector by sector."""
    known_weekly_gbp: tuple[float, ...] = ()
    """(n,): what the placement of each child of the starting cohort costs a week, in place of its
    pool's price for as long as that placement lasts; NaN if not known. Empty if none is."""
    known_rise_per_year: float = 0.0
    """Rise of those prices on each 1 April, 0.03 is 3%."""

    @property
    def other_lines(self) -> tuple[str, ...]:
        """(L,): the lines of money that is not paid by the child-night."""
        return ()

    @property
    def line_settings(self) -> tuple[str, ...]:
        """(P + 1,): the setting of each pool, then unplaced."""
        return (*(str(SETTINGS[code]) for code in self.pool_sector), SETTINGS[-1])


def nightly_prices_gbp(plan: CostPlan, calendar: ReportCalendar) -> Floats:
    """GBP a child-night by pool (unplaced last) and month: (P + 1, M).

    A seventh of the weekly price x (1 + inflation) to the number of 1 Aprils since the start.
    """
    weekly = np.array([*plan.weekly_cost_gbp, plan.unplaced_weekly_cost_gbp], dtype=np.float64)
    rise = np.broadcast_to(np.array(plan.inflation_per_year, dtype=np.float64), weekly.shape)
    prices: Floats = weekly[:, None] / DAYS_PER_WEEK * (1 + rise[:, None]) ** calendar.uplifts
    return prices


def known_nightly_prices_gbp(plan: CostPlan, calendar: ReportCalendar) -> Floats:
    """GBP a night in the placement of each child whose price is known, by month: (n, M).

    A seventh of the weekly price x (1 + rise) to the number of 1 Aprils since the start; NaN for
    children whose price is not known.
    """
    weekly = np.array(plan.known_weekly_gbp, dtype=np.float64)
    rise = (1 + plan.known_rise_per_year) ** calendar.uplifts
    prices: Floats = weekly[:, None] / DAYS_PER_WEEK * rise
    return np.ascontiguousarray(prices)


def first_choice_pools(places: Places) -> Ints:
    """(N,): the pool of its first choice that each need group tries first; -1 if it has none."""
    pools = np.full(len(places.preference), -1, dtype=np.int64)
    for need, order in enumerate(places.preference):
        listed = order[order >= 0]
        best = listed[places.first_choice[need, places.pool_sector[listed]]]
        if len(best):
            pools[need] = best[0]
    return pools


def prices_of(plan: CostPlan, places: Places, calendar: ReportCalendar) -> Prices:
    """What every night costs, as the pass over a record reads it."""
    return Prices(
        nightly_gbp=np.ascontiguousarray(nightly_prices_gbp(plan, calendar)),
        known_nightly_gbp=known_nightly_prices_gbp(plan, calendar),
        first_choice_pool=first_choice_pools(places),
    )
