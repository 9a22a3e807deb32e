"""What it costs: child-nights x price, by pool, month and financial year.

Money is nominal: a price is uplifted each 1 April. Prices may differ between the placements of a
pool (`sufficiency.measures.spread`), change on dates and rise under pressure; places may cost
something whoever lives there (`sufficiency.measures.money_lines`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS, UNPLACED_CODE
from sufficiency.measures.dearest import DAYS_PER_WEEK, price_bins
from sufficiency.measures.money_lines import AfterCareLine, IncomeLine, PlaceLine
from sufficiency.measures.pricing import Prices
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.world import Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PriceChange:
    """A pool's price from a date on."""

    pool: int
    night: int
    """The first night at this price, above 0; the midnight that ends the day of the change."""
    weekly_gbp: float
    """At prices of that day; later 1 Aprils raise it."""


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
    price_age_years: tuple[int, ...] = ()
    """(P + 1,): financial years from the one that each price is known for to that of the start."""
    known_rise_per_year: float = 0.0
    """Rise of those prices on each 1 April, 0.03 is 3%."""

    rises: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    """By pool (unplaced P): the rise on each 1 April after the start, one for each, where prices
    follow an index in place of one rise a year."""
    changes: tuple[PriceChange, ...] = ()
    """Later prices, in order of date."""
    factors: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    """By pool (unplaced P): a placement's price over the pool's, in Q equal parts of its chance."""
    premium: Mapping[int, float] = field(default_factory=dict)
    """By pool: the rise of the price of a placement that begins while its sector is pressed."""
    premium_above_occupied_share: Mapping[int, float] = field(default_factory=dict)
    """By sector code: the share of its limited places from which on it is pressed."""
    need_multiples: tuple[float, ...] = ()
    """(N,): what children of each need group cost over the price of where they live; empty: 1."""
    place_lines: tuple[PlaceLine, ...] = ()
    """(K,): in the placement total, whoever lives there."""
    income_lines: tuple[IncomeLine, ...] = ()
    after_care_lines: tuple[AfterCareLine, ...] = ()
    left_out: tuple[str, ...] = ()
    """What the placement total leaves out, in words for the user."""
    children_per_social_worker: float | None = None
    children_per_reviewing_officer: float | None = None
    real_index: tuple[float, ...] = ()
    """By financial year of the forecast: prices over those of ``real_prices_of``; empty if no
    index is named."""
    real_prices_of: str = ""
    real_index_name: str = ""

    @property
    def other_lines(self) -> tuple[str, ...]:
        """(L,): the lines of money outside the placement total: income, then after care."""
        income = (line.name for line in self.income_lines)
        return (*income, *(line.name for line in self.after_care_lines))

    @property
    def line_names(self) -> tuple[str, ...]:
        """(P + 1 + K,): each pool, unplaced, then the lines that are not of the child-night."""
        return (*self.pool_names, SETTINGS[-1], *(line.name for line in self.place_lines))

    @property
    def line_settings(self) -> tuple[str, ...]:
        """(P + 1 + K,): the setting of each of them."""
        lines = (line.setting for line in self.place_lines)
        return (*(str(SETTINGS[code]) for code in self.pool_sector), SETTINGS[-1], *lines)


def nightly_prices_gbp(plan: CostPlan, calendar: ReportCalendar) -> Floats:
    """GBP a child-night by pool (unplaced last) and month: (P + 1, M).

    A seventh of the weekly price x (1 + inflation) to the number of 1 Aprils since the start, or
    since the price changed. A month in which it changes has the mean of its nights.
    """
    weekly = np.array([*plan.weekly_cost_gbp, plan.unplaced_weekly_cost_gbp], dtype=np.float64)
    index = price_index(plan, calendar)
    prices: Floats = weekly[:, None] / DAYS_PER_WEEK * index
    for change in plan.changes:
        month = int(np.searchsorted(calendar.days, change.night)) - 1
        if month >= prices.shape[1]:
            continue
        later = change.weekly_gbp / DAYS_PER_WEEK * index[change.pool] / index[change.pool, month]
        nights = calendar.days[month + 1] - calendar.days[month]
        at_new = (calendar.days[month + 1] + 1 - change.night) / nights
        before = prices[change.pool, month]
        prices[change.pool, month:] = later[month:]
        prices[change.pool, month] = (1 - at_new) * before + at_new * later[month]
    return prices


def price_index(plan: CostPlan, calendar: ReportCalendar) -> Floats:
    """Prices over those at the start, by pool (unplaced last) and month: (P + 1, M)."""
    n_lines = len(plan.pool_names) + 1
    rise = np.broadcast_to(np.array(plan.inflation_per_year, dtype=np.float64), (n_lines,))
    index: Floats = (1 + rise[:, None]) ** calendar.uplifts
    for pool, rises in plan.rises.items():
        index[pool] = np.cumprod([1.0, *(1 + np.array(rises))])[calendar.uplifts]
    return index


def price_factors(factor: Floats, starts_days: Floats, calendar: ReportCalendar) -> Floats:
    """The mean of each month's nights of factors on periods: (S, K) to (S, M)."""
    edges = np.append(np.ceil(starts_days), np.inf)
    first, last = calendar.days[:-1, None] + 1, calendar.days[1:, None] + 1
    within = np.clip(np.minimum(last, edges[1:]) - np.maximum(first, edges[:-1]), 0, None)
    found: Floats = factor @ (within / within.sum(axis=1, keepdims=True)).T
    return found


def money_facts(plan: CostPlan, calendar: ReportCalendar) -> dict[str, Any]:
    """What a reader of the money should know beside it: what it leaves out, and the real index.

    ``real_terms`` is None, or its ``index``, the year ``prices_of`` and the index ``by_year``.
    """
    by_year = dict(zip(calendar.financial_years, plan.real_index, strict=False))
    real = {
        "index": plan.real_index_name,
        "prices_of": plan.real_prices_of,
        "by_year": by_year,
    }
    return {"left_out": list(plan.left_out), "real_terms": real if by_year else None}


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
    n_lines = len(plan.pool_names) + 1
    parts = max((len(factors) for factors in plan.factors.values()), default=1)
    factors, premium = np.ones((n_lines, parts)), np.zeros(n_lines)
    for pool, own in plan.factors.items():
        factors[pool] = own
    for pool, share in plan.premium.items():
        premium[pool] = share
    years = calendar.financial_years
    year = np.array([years.index(name) for name in calendar.month_years], dtype=np.int64)
    return Prices(
        nightly_gbp=np.ascontiguousarray(nightly_prices_gbp(plan, calendar)),
        factors=factors,
        cumulated=np.concatenate([np.zeros((n_lines, 1)), np.cumsum(factors, axis=1)], axis=1),
        differs=factors[:, 0] != factors[:, -1],
        premium=premium,
        known_nightly_gbp=known_nightly_prices_gbp(plan, calendar),
        first_choice_pool=first_choice_pools(places),
        need_multiple=np.array(plan.need_multiples or np.ones(len(places.preference)), dtype=float),
        setting=np.array([*plan.pool_sector, UNPLACED_CODE], dtype=np.int64),
        uplifts=calendar.uplifts,
        year=year,
        first_month=np.searchsorted(year, np.arange(len(years) + 1)),
        nights_in_year=np.bincount(year, weights=np.diff(calendar.days)).astype(np.float64),
        bins=price_bins(),
    )
