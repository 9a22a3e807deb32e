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
from sufficiency.measures.dearest import (
    Bins,
    ByPrice,
    by_price_for,
    count_year,
    forget_prices,
    set_dearest,
)
from sufficiency.measures.nights import BASES, count_nights_within, set_nights
from sufficiency.measures.starting_prices import (
    AtStart,
    at_start_for,
    knows_price,
    set_factors_at_start,
)
from sufficiency.simulation.compiled import Rows, by_reference, shared, step
from sufficiency.simulation.record import BEGAN_AT_START

PARTS_OF_A_NIGHT = 2**36
"""Nights at a placement's own price are counted in such parts of a night at its pool's: in whole
numbers, so that their sum does not depend on their order, to within 1 in 100,000,000,000."""


@by_reference
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


@by_reference
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


@by_reference
class Till(NamedTuple):
    """Room to add up what one replication costs."""

    effect: Floats
    """(P + 1, M): what interventions and drift multiply prices by."""
    nightly_gbp: Floats
    """(P + 2, M): GBP a night at the pool's own mean price, with that effect; the last line is of
    one placement with a price of its own at a time."""
    gap_cost_gbp: Floats
    """(2, 7, M): the extra cost of gaps by kind (in-house shortfall, unmet need) and setting."""
    by_need_gbp: Floats
    """(N, 7, M): cost by need group and setting, of those settings that others help to pay."""
    spent_gbp: Floats
    """(P + 2, M + 1): the sum of that over all nights up to each report date."""
    nights: Ints
    """(2, P + 1, 2, T + 1): nights by basis and pool as `nights.count_nights` counts them, each as
    many `PARTS_OF_A_NIGHT` as its price is of the pool's."""
    in_month: Floats
    """(M,): the same of one basis and pool at a time, added up."""
    by_price: ByPrice
    at_start: AtStart


def till_for(prices: Prices, children: int) -> Till:
    """Room to add up the money of so many children."""
    n_lines, n_months = prices.nightly_gbp.shape
    n_settings, needs = len(SETTINGS), len(prices.first_choice_pool)
    return Till(
        effect=np.ones((n_lines, n_months)),
        nightly_gbp=np.zeros((n_lines + 1, n_months)),
        gap_cost_gbp=np.zeros((N_GAPS, n_settings, n_months)),
        by_need_gbp=np.zeros((needs, n_settings, n_months)),
        spent_gbp=np.zeros((n_lines + 1, n_months + 1)),
        nights=np.zeros((len(BASES), n_lines, 2, n_months + 2), dtype=np.int64),
        in_month=np.zeros(n_months),
        by_price=by_price_for(len(prices.nights_in_year)),
        at_start=at_start_for(n_lines, children),
    )


@shared
def open_till(
    spells: Rows,
    dates: Dates,
    prices: Prices,
    of_replication: OfReplication,
    till: Till,
    paid: Paid,
) -> int:
    """Nothing is paid yet, and prices are those of this replication.

    Returns how many of the spells have their price from `set_factors_at_start`.
    """
    paid.cost_gbp[:] = 0.0
    paid.extra_cost_gbp[:] = 0.0
    paid.dearest[:] = 0.0
    till.gap_cost_gbp[:] = 0.0
    till.by_need_gbp[:] = 0.0
    till.nights[:] = 0
    forget_prices(till.by_price)
    for pool in range(till.effect.shape[0]):
        changed = of_replication.changed[prices.setting[pool]]
        for month in range(changed.size):
            drift = of_replication.drift[pool, prices.uplifts[month]]
            till.effect[pool, month] = drift * changed[month]
            nightly_gbp = prices.nightly_gbp[pool, month] * till.effect[pool, month]
            set_price(pool, month, nightly_gbp, dates, till)
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
    line = pool
    if knows_price(spell.stream, spell.began, spell.number, prices.known_nightly_gbp):
        line, factor = till.nightly_gbp.shape[0] - 1, 1.0
        pay_known_price(spell.number, pool, line, night, after_last, dates, prices, till, paid)
    else:
        basis, parts = int(spell.began != BEGAN_AT_START), int(factor * PARTS_OF_A_NIGHT + 0.5)
        count_nights_within(night, after_last, dates, till.nights[basis, pool], parts)
    pay_by_year(line, factor, night, after_last, dates, prices, till, paid.dearest)
    pay_some_again(
        spell, pool, line, factor, night, after_last, dates, prices, jointly_paid, till, paid
    )


@shared
def close_till(dates: Dates, prices: Prices, till: Till, paid: Paid) -> None:
    """Price the nights that were counted, and set the rows of the dearest, in place."""
    for basis in range(till.nights.shape[0]):
        for pool in range(till.nights.shape[1]):
            set_nights(dates.days, till.nights[basis, pool], till.in_month)
            row = paid.cost_gbp[basis, pool]
            for month in range(till.in_month.size):
                nights = till.in_month[month] / PARTS_OF_A_NIGHT
                row[month] += nights * till.nightly_gbp[pool, month]
    set_dearest(prices.nights_in_year, till.by_price, paid.dearest)


@step
def pay_by_year(
    line: int,
    factor: float,
    night: int,
    after_last: int,
    dates: Dates,
    prices: Prices,
    till: Till,
    dearest: Floats,
) -> None:
    """Count what the nights from ``night`` and before ``after_last`` of one placement cost in each
    financial year: ``factor`` times what they cost at the prices of a line of the till."""
    before = spent_before(night, line, dates, till)
    at_last = spent_before(after_last, line, dates, till)
    year = prices.year[dates.not_before[night] - 1]
    while night < after_last:
        turn = prices.first_month[year + 1]
        after, spent = int(dates.days[turn]) + 1, till.spent_gbp[line, turn]
        if after >= after_last:
            after, spent = after_last, at_last
        cost = factor * (spent - before)
        count_year(after - night, cost, year, prices.bins, till.by_price, dearest)
        before, night, year = spent, after, year + 1


@step
def spent_before(night: int, line: int, dates: Dates, till: Till) -> float:
    """What all nights before one cost at the prices of a line of the till, from the start on."""
    date = dates.not_before[night - 1]
    if date == 0:
        return 0.0
    left = dates.days[date] - (night - 1)
    return float(till.spent_gbp[line, date] - left * till.nightly_gbp[line, date - 1])


@step
def pay_known_price(
    number: int,
    pool: int,
    line: int,
    night: int,
    after_last: int,
    dates: Dates,
    prices: Prices,
    till: Till,
    paid: Paid,
) -> None:
    """Add what the nights of a placement held at the start cost at a price of its own, by month.

    Its prices take their line of the till.
    """
    for month in range(till.in_month.size):
        own_gbp = prices.known_nightly_gbp[number, month] * till.effect[pool, month]
        set_price(line, month, own_gbp, dates, till)
    for month in range(dates.not_before[night] - 1, dates.not_before[after_last - 1]):
        nights = nights_within(month, night, after_last, dates)
        paid.cost_gbp[0, pool, month] += nights * till.nightly_gbp[line, month]


@step
def set_price(line: int, month: int, nightly_gbp: float, dates: Dates, till: Till) -> None:
    """Set what a night costs in one month, those of the months before being set."""
    nights = dates.days[month + 1] - dates.days[month]
    till.nightly_gbp[line, month] = nightly_gbp
    till.spent_gbp[line, month + 1] = till.spent_gbp[line, month] + nights * nightly_gbp


@step
def pay_some_again(
    spell: Any,
    pool: int,
    line: int,
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
    for month in range(dates.not_before[night] - 1, dates.not_before[after_last - 1]):
        nights = nights_within(month, night, after_last, dates)
        price = till.nightly_gbp[line, month] * factor
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
    line, parts = pool if pool >= 0 else factors.shape[0] - 1, factors.shape[1]
    return float(factors[line, min(int(chance * parts), parts - 1)])
