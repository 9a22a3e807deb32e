"""What a replication's placements cost, night by night, from its record.

Every spell is priced on its own: its nights in a month (the midnights n = 1..H with
from <= n < to, as everywhere) times what a night costs where the child lives. A placement's price
is drawn once, from the chance that the record holds for it, so two scenarios that share a
placement share its price.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS
from sufficiency.measures.counting import FIRST_CHOICE, IN_HOUSE_SHORTFALL, N_GAPS, fit_of
from sufficiency.measures.dates import Dates, Floats, Ints
from sufficiency.measures.starting_prices import (
    AtStart,
    at_start_for,
    knows_price,
    set_factors_at_start,
)
from sufficiency.simulation.compiled import Rows, step
from sufficiency.simulation.record import BEGAN_AT_START

DAYS_PER_WEEK = 7
DEAR_WEEKLY_GBP = (5_000, 10_000)
"""A placement that costs more a week than one of these is counted as dear."""
DEAREST_ROWS: tuple[str, ...] = (
    "placements_over_5000_gbp_a_week",
    "children_over_5000_gbp_a_week",
    "cost_over_5000_gbp_a_week",
    "placements_over_10000_gbp_a_week",
    "children_over_10000_gbp_a_week",
    "cost_over_10000_gbp_a_week",
    "dearest_tenth_share_of_cost",
    "dearest_tenth_from_weekly_gbp",
)
"""By financial year: placements whose nights of the year cost more than so much a week on average,
how many children were in one on an average night, what they cost; the share of spend that goes to
the dearest tenth of all child-nights, and the weekly price at which that tenth begins."""
DEAREST_SHARE = 0.1
BINS_PER_E_FOLD = 100
"""Width of the bins of price: one per cent."""
N_BINS = 1_400
"""From £1 to £1.2 million a week."""
POUNDS_A_STEP, N_STEPS = 8, 2_048
"""How the bin of a price is looked up: from the one in which its eight pounds begin, up to £16,384
a week, and from there on for the few that are dearer."""


class Bins(NamedTuple):
    """Which bin a price is in, looked up many times sooner than its logarithm is taken."""

    first: Ints
    """(`N_STEPS`,): the bin in which each step begins."""
    ends_gbp: Floats
    """(`N_BINS`,): the price that each bin ends before; the last has no end."""


def price_bins() -> Bins:
    """Bins from £1 on, each one per cent wider than the one before; the first is below £1."""
    ends_gbp = np.exp(np.arange(N_BINS) / BINS_PER_E_FOLD)
    ends_gbp[-1] = np.inf
    steps_gbp = np.arange(N_STEPS) * float(POUNDS_A_STEP)
    return Bins(np.searchsorted(ends_gbp, steps_gbp, side="right"), ends_gbp)


class Prices(NamedTuple):
    """What a night costs. P pools, unplaced after the last, M months, N need groups, Y years."""

    nightly_gbp: Floats
    """(P + 1, M): GBP a night at the pool's own mean price."""
    factors: Floats
    """(P + 1, Q): a placement's price over its pool's mean, by its chance in Q equal parts."""
    cumulated: Floats
    """(P + 1, Q + 1): sums over the first 0, 1, .. Q of those parts."""
    differs: NDArray[np.bool_]
    """(P + 1,): whether placements in the pool differ in price."""
    premium: Floats
    """(P + 1,): rise of the price of a placement that begins while its sector is pressed."""
    known_nightly_gbp: Floats
    """(n, M): GBP a night where each child of the starting cohort lives, NaN if its own price is
    not known; (0, M) if none is."""
    first_choice_pool: Ints
    """(N,): the pool that each need group's first choice begins with; -1 if it has no price."""
    need_multiple: Floats
    """(N,): what children of each need group cost over the price of where they live."""
    setting: Ints
    """(P + 1,): of each pool, unplaced last."""
    uplifts: Ints
    """(M,): how many 1 Aprils lie after the start and not after each month."""
    year: Ints
    """(M,): the position of the financial year that holds each month."""
    first_month: Ints
    """(Y + 1,): the month that each financial year begins with, then M."""
    nights_in_year: Floats
    """(Y,): nights of the forecast in each financial year."""
    bins: Bins


class OfReplication(NamedTuple):
    """What differs between replications."""

    drift: Floats
    """(P + 1, years): what drift multiplies prices by, by financial years since the start's."""
    changed: Floats
    """(7, M): what interventions multiply prices by, by setting, on average of a month."""
    pressed: NDArray[np.bool_]
    """(S, H + 1): whether a sector's places were nearly full at each midnight; (0, 0) if no pool
    has a premium."""


class Paid(NamedTuple):
    """What one replication's placements cost, in GBP."""

    cost_gbp: Floats
    """(2, P + 1 + K, M): by basis (committed, new), pool and month; K lines that are not of the
    child-night stand after unplaced and are left at 0."""
    extra_cost_gbp: Floats
    """(P + 1, M): what nights in either gap cost more than one in the first choice would."""
    dearest: Floats
    """(rows of `DEAREST_ROWS`, Y)."""


class Till(NamedTuple):
    """Room to add up what one replication costs."""

    effect: Floats
    """(P + 1, M): what interventions and drift multiply prices by."""
    nightly_gbp: Floats
    """(P + 1, M): GBP a night at the pool's own mean price, with that effect."""
    gap_cost_gbp: Floats
    """(2, 7, M): the extra cost of gaps by kind (in-house shortfall, unmet need) and setting."""
    by_need_gbp: Floats
    """(N, 7, M): cost by need group and setting, of those settings that others help to pay."""
    bins: Floats
    """(Y, N_BINS, 2): nights and cost by price."""
    bins_used: Ints
    """(Y, 2): the first of them that is not empty, and the one after the last."""
    at_start: AtStart


def till_for(prices: Prices, children: int) -> Till:
    """Room to add up the money of so many children."""
    n_lines, n_months = prices.nightly_gbp.shape
    n_years, n_settings = len(prices.nights_in_year), len(SETTINGS)
    needs = len(prices.first_choice_pool)
    return Till(
        effect=np.ones((n_lines, n_months)),
        nightly_gbp=np.zeros((n_lines, n_months)),
        gap_cost_gbp=np.zeros((N_GAPS, n_settings, n_months)),
        by_need_gbp=np.zeros((needs, n_settings, n_months)),
        bins=np.zeros((n_years, N_BINS, 2)),
        bins_used=np.zeros((n_years, 2), dtype=np.int64),
        at_start=at_start_for(n_lines, children),
    )


@step
def open_till(
    spells: Rows, prices: Prices, of_replication: OfReplication, till: Till, paid: Paid
) -> int:
    """Nothing is paid yet, and prices are those of this replication.

    Returns how many of the spells have their price from `set_factors_at_start`.
    """
    paid.cost_gbp[:] = 0.0
    paid.extra_cost_gbp[:] = 0.0
    paid.dearest[:] = 0.0
    till.gap_cost_gbp[:] = 0.0
    till.by_need_gbp[:] = 0.0
    for year in range(till.bins.shape[0]):
        till.bins[year, till.bins_used[year, 0] : till.bins_used[year, 1]] = 0.0
        till.bins_used[year, 0], till.bins_used[year, 1] = N_BINS, 0
    for pool in range(till.effect.shape[0]):
        changed = of_replication.changed[prices.setting[pool]]
        for month in range(changed.size):
            drift = of_replication.drift[pool, prices.uplifts[month]]
            till.effect[pool, month] = drift * changed[month]
            till.nightly_gbp[pool, month] = (
                prices.nightly_gbp[pool, month] * till.effect[pool, month]
            )
    return set_factors_at_start(
        spells, prices.cumulated, prices.differs, prices.known_nightly_gbp, till.at_start
    )


@step
def pay(
    spell: Any,
    factor: float,
    night: int,
    after_last: int,
    dates: Dates,
    prices: Prices,
    of_replication: OfReplication,
    jointly_paid: NDArray[np.bool_],
    till: Till,
    paid: Paid,
) -> None:
    """Add what one spell costs in its nights from ``night`` and before ``after_last``, in place.

    ``factor`` is the placement's price over its pool's mean, whoever lives there and whenever it
    began. ``jointly_paid`` (7,) are the settings whose cost by need group is asked for.
    """
    night, pool = max(night, 1), spell.pool
    if night >= after_last or night > dates.days[-1]:
        return
    if pool < 0:
        pool = prices.nightly_gbp.shape[0] - 1
    factor *= prices.need_multiple[spell.need]
    if spell.began != BEGAN_AT_START and prices.premium[pool] > 0:
        pressed = of_replication.pressed[spell.sector, math.floor(spell.from_time)]
        factor *= 1 + prices.premium[pool] * pressed
    pay_by_month(spell, pool, factor, night, after_last, dates, prices, till, paid)
    pay_some_again(spell, pool, factor, night, after_last, dates, prices, jointly_paid, till, paid)


@step
def close_till(prices: Prices, till: Till, dearest: Floats) -> None:
    """Set the rows of the dearest placements, in place, once everything is paid."""
    for year in range(till.bins.shape[0]):
        set_dearest(year, prices.nights_in_year[year], till, dearest)


@step
def pay_by_month(
    spell: Any,
    pool: int,
    factor: float,
    night: int,
    after_last: int,
    dates: Dates,
    prices: Prices,
    till: Till,
    paid: Paid,
) -> None:
    """Add what the nights of one spell from ``night`` and before ``after_last`` cost, by month."""
    nightly, effect = prices.nightly_gbp[pool], till.effect[pool]
    if knows_price(spell.stream, spell.began, spell.number, prices.known_nightly_gbp):
        nightly, factor = prices.known_nightly_gbp[spell.number], 1.0
    row = paid.cost_gbp[0 if spell.began == BEGAN_AT_START else 1, pool]
    month, after = dates.not_before[night] - 1, int(dates.not_before[after_last - 1])
    while month < after:
        year, nights_in_year, cost_in_year = prices.year[month], 0, 0.0
        until = min(after, prices.first_month[year + 1])
        while month < until:
            nights = nights_within(month, night, after_last, dates)
            cost = nights * (nightly[month] * factor * effect[month])
            row[month] += cost
            nights_in_year += nights
            cost_in_year += cost
            month += 1
        count_year(nights_in_year, cost_in_year, year, prices, till, paid.dearest)


@step
def pay_some_again(
    spell: Any,
    pool: int,
    factor: float,
    night: int,
    after_last: int,
    dates: Dates,
    prices: Prices,
    jointly_paid: NDArray[np.bool_],
    till: Till,
    paid: Paid,
) -> None:
    """Add what a spell costs to what else is asked for of some: if others help to pay, by need; if
    it is not the first choice, what it costs more."""
    fit = fit_of(spell.sector, spell.first_choice, spell.suitable)
    instead = prices.first_choice_pool[spell.need]
    costs_more, jointly = fit != FIRST_CHOICE and instead >= 0, jointly_paid[spell.sector]
    if not costs_more and not jointly:
        return
    nightly, effect = prices.nightly_gbp[pool], till.effect[pool]
    if knows_price(spell.stream, spell.began, spell.number, prices.known_nightly_gbp):
        nightly, factor = prices.known_nightly_gbp[spell.number], 1.0
    for month in range(dates.not_before[night] - 1, dates.not_before[after_last - 1]):
        nights = nights_within(month, night, after_last, dates)
        price = nightly[month] * factor * effect[month]
        if jointly:
            till.by_need_gbp[spell.need, spell.sector, month] += nights * price
        if costs_more:
            in_first_choice = till.nightly_gbp[instead, month] * prices.need_multiple[spell.need]
            extra = nights * (price - in_first_choice)
            paid.extra_cost_gbp[pool, month] += extra
            till.gap_cost_gbp[fit - IN_HOUSE_SHORTFALL, spell.sector, month] += extra


@step
def nights_within(month: int, night: int, after_last: int, dates: Dates) -> int:
    """How many nights of a month are from ``night`` and before ``after_last``, if any are."""
    first, after = dates.days[month] + 1, dates.days[month + 1] + 1
    return int(min(after_last, after) - max(night, first))


@step
def own_factor(pool: int, chance: float, factors: Floats) -> float:
    """A placement's price over its pool's mean; unplaced is the last of the pools, or -1."""
    parts = factors.shape[1]
    return float(factors[pool, min(int(chance * parts), parts - 1)])


@step
def count_year(
    nights: int, cost: float, year: int, prices: Prices, till: Till, dearest: Floats
) -> None:
    """Count the nights of one placement in one year by their mean price, and if it is dear."""
    weekly_gbp = cost / nights * DAYS_PER_WEEK
    place = bin_of(weekly_gbp, prices.bins)
    till.bins[year, place, 0] += nights
    till.bins[year, place, 1] += cost
    till.bins_used[year, 0] = min(till.bins_used[year, 0], place)
    till.bins_used[year, 1] = max(till.bins_used[year, 1], place + 1)
    for level in range(len(DEAR_WEEKLY_GBP)):
        if weekly_gbp > DEAR_WEEKLY_GBP[level]:
            dearest[3 * level, year] += 1
            dearest[3 * level + 1, year] += nights
            dearest[3 * level + 2, year] += cost


@step
def bin_of(weekly_gbp: float, bins: Bins) -> int:
    """The bin of a price: from where its pounds begin, to the first that ends above it."""
    if not weekly_gbp > 1:
        return 0
    place = int(bins.first[min(int(weekly_gbp / POUNDS_A_STEP), bins.first.size - 1)])
    while weekly_gbp >= bins.ends_gbp[place]:
        place += 1
    return place


@step
def set_dearest(year: int, nights_in_year: float, till: Till, dearest: Floats) -> None:
    """Set a year's rows of the dearest: children on an average night, and the dearest tenth.

    The bin in which the tenth begins counts in part, at its mean price.
    """
    for level in range(len(DEAR_WEEKLY_GBP)):
        dearest[3 * level + 1, year] /= nights_in_year
    first, place = till.bins_used[year, 0], till.bins_used[year, 1]
    total, spent = 0.0, 0.0
    for used in range(first, place):
        total += till.bins[year, used, 0]
        spent += till.bins[year, used, 1]
    left, dear = DEAREST_SHARE * total, 0.0
    while left > 0 and place > first:
        place -= 1
        nights, cost = till.bins[year, place, 0], till.bins[year, place, 1]
        if nights > 0:
            part = min(left / nights, 1.0)
            dear += part * cost
            left -= part * nights
            dearest[7, year] = cost / nights * DAYS_PER_WEEK
    if spent > 0:
        dearest[6, year] = dear / spent
