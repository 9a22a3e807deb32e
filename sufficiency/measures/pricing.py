"""What a replication's placements cost, night by night, from its record.

Every spell is priced on its own: its nights in a month (the midnights n = 1..H with
from <= n < to, as everywhere) times what a night costs where the child lives. A placement's price
is drawn once, from the chance that the record holds for it, so two scenarios that share a
placement share its price.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.measures.counting import FIRST_CHOICE, IN_HOUSE_SHORTFALL, fit_of
from sufficiency.measures.dates import Dates, Floats, Ints
from sufficiency.simulation.children import COHORT_STREAM
from sufficiency.simulation.compiled import Rows, compiled, step
from sufficiency.simulation.record import BEGAN_AT_START, ENDED_OPEN

DAYS_PER_WEEK = 7
DEAR_WEEKLY_GBP = (5_000, 10_000)
"""A placement that costs more a week than one of these is counted as dear."""
BINS_PER_E_FOLD = 200
"""Width of the bins of price: half a per cent."""
N_BINS = 2_800
"""From £1 to £1.2 million a week."""


class Prices(NamedTuple):
    """What a night costs. P pools, unplaced after the last, M months, N need groups."""

    nightly_gbp: Floats
    """(P + 1, M): GBP a night at the pool's own mean price."""
    factors: Floats
    """(P + 1, Q): a placement's price over its pool's mean, by its chance in Q equal parts."""
    premium: Floats
    """(P + 1,): rise of the price of a placement that begins while its sector is pressed."""
    known_nightly_gbp: Floats
    """(n, M): GBP a night where each child of the starting cohort lives, NaN if its own price is
    not known; (0, M) if none is."""
    first_choice_pool: Ints
    """(N,): the pool that each need group's first choice begins with; -1 if it has no price."""
    year: Ints
    """(M,): the position of the financial year that holds each month."""


class OfReplication(NamedTuple):
    """What differs between replications."""

    effect: Floats
    """(P + 1, M): what interventions multiply prices by."""
    pressed: NDArray[np.bool_]
    """(S, H + 1): whether a sector's places were nearly full at each midnight; (0, 0) if no pool
    has a premium."""
    at_start: Floats
    """(n,): of the first n spells, which are those at the start, the price over the pool's."""


class Paid(NamedTuple):
    """What one replication costs, in GBP."""

    cost_gbp: Floats
    """(2, P + 1 + K, M): by basis (committed, new), pool and month; K lines that are not of the
    child-night stand after unplaced and are left as they are."""
    extra_cost_gbp: Floats
    """(P + 1, M): what nights in either gap cost more than one in the first choice would."""
    gap_cost_gbp: Floats
    """(2, 7, M): the same by kind of gap (in-house shortfall, unmet need) and setting."""
    by_need_gbp: Floats
    """(N, 7, M): by need group and setting; (0, 7, M) where nobody asks."""
    uasc_nights: Floats
    """(7, M): nights of unaccompanied asylum-seeking children by setting; (0, M) where nobody
    asks."""
    dear: Floats
    """(2, 3, Y): by threshold, placements that were dear in the year, nights in them and their
    cost."""
    bins: Floats
    """(Y, N_BINS, 2): nights and cost by price."""


@compiled
def pay(
    spells: Rows, dates: Dates, prices: Prices, of_replication: OfReplication, paid: Paid
) -> None:
    """Set what one replication costs, in place, from the spells of its record."""
    unplaced = prices.nightly_gbp.shape[0] - 1
    paid.cost_gbp[:, : unplaced + 1] = 0.0
    paid.extra_cost_gbp[:] = 0.0
    paid.gap_cost_gbp[:] = 0.0
    paid.by_need_gbp[:] = 0.0
    paid.uasc_nights[:] = 0.0
    paid.dear[:] = 0.0
    paid.bins[:] = 0.0
    last = dates.days[-1]
    for number in range(spells.size):
        spell = spells[number]
        pool = spell.pool if spell.pool >= 0 else unplaced
        night = max(math.ceil(spell.from_time), 1)
        after_last = last + 1 if spell.ended == ENDED_OPEN else math.ceil(spell.to_time)
        if night < after_last and night <= last:
            factor = own_factor(spell.price_chance, prices.factors[pool])
            if number < of_replication.at_start.size:
                factor = of_replication.at_start[number]
            pay_spell(spell, pool, factor, night, after_last, dates, prices, of_replication, paid)


@step
def pay_spell(
    spell: Rows,
    pool: int,
    factor: float,
    night: int,
    after_last: int,
    dates: Dates,
    prices: Prices,
    of_replication: OfReplication,
    paid: Paid,
) -> None:
    """Add what one spell costs, month by month."""
    effect, year_dear = of_replication.effect, (-1, -1)
    basis = 0 if spell.began == BEGAN_AT_START else 1
    fit = fit_of(spell.sector, spell.first_choice, spell.suitable)
    first_choice = -1 if fit == FIRST_CHOICE else prices.first_choice_pool[spell.need]
    known = knows_price(spell.stream, spell.began, spell.number, prices.known_nightly_gbp)
    if basis == 1 and prices.premium[pool] > 0:
        begins = math.floor(spell.from_time)
        factor *= 1 + prices.premium[pool] * of_replication.pressed[spell.sector, begins]
    month = dates.not_before[night] - 1
    while night < after_last and month < effect.shape[1]:
        until = min(after_last, dates.days[month + 1] + 1)
        nights, price = until - night, prices.nightly_gbp[pool, month] * factor
        if known:
            price = prices.known_nightly_gbp[spell.number, month]
        price *= effect[pool, month]
        cost = nights * price
        paid.cost_gbp[basis, pool, month] += cost
        if first_choice >= 0:
            instead = prices.nightly_gbp[first_choice, month] * effect[first_choice, month]
            extra = nights * (price - instead)
            paid.extra_cost_gbp[pool, month] += extra
            paid.gap_cost_gbp[fit - IN_HOUSE_SHORTFALL, spell.sector, month] += extra
        if paid.by_need_gbp.shape[0] > 0:
            paid.by_need_gbp[spell.need, spell.sector, month] += cost
        if spell.uasc and paid.uasc_nights.shape[0] > 0:
            paid.uasc_nights[spell.sector, month] += nights
        year = prices.year[month]
        year_dear = count_dear(price * DAYS_PER_WEEK, nights, cost, year, year_dear, paid)
        night = until
        month += 1


@step
def own_factor(chance: float, factors: Floats) -> float:
    """A placement's price over its pool's mean."""
    return float(factors[min(int(chance * factors.size), factors.size - 1)])


@step
def count_dear(
    weekly_gbp: float,
    nights: int,
    cost: float,
    year: int,
    year_dear: tuple[int, int],
    paid: Paid,
) -> tuple[int, int]:
    """Count nights by price, and those above each threshold; the year last counted for each."""
    place = 0
    if weekly_gbp > 1:
        place = min(int(math.log(weekly_gbp) * BINS_PER_E_FOLD) + 1, N_BINS - 1)
    paid.bins[year, place, 0] += nights
    paid.bins[year, place, 1] += cost
    lower, upper = year_dear
    if weekly_gbp > DEAR_WEEKLY_GBP[0]:
        lower = add_dear(0, nights, cost, year, lower, paid.dear)
        if weekly_gbp > DEAR_WEEKLY_GBP[1]:
            upper = add_dear(1, nights, cost, year, upper, paid.dear)
    return lower, upper


@step
def add_dear(level: int, nights: int, cost: float, year: int, counted: int, dear: Floats) -> int:
    """Add nights of a dear placement, which is counted once a year; the year last counted."""
    if counted != year:
        dear[level, 0, year] += 1
    dear[level, 1, year] += nights
    dear[level, 2, year] += cost
    return year


@step
def knows_price(stream: int, began: int, number: int, known_nightly_gbp: Floats) -> bool:
    """Whether a spell is the placement held at the start of a child whose own price is known."""
    if known_nightly_gbp.shape[0] == 0 or stream != COHORT_STREAM or began != BEGAN_AT_START:
        return False
    return not math.isnan(known_nightly_gbp[number, 0])
