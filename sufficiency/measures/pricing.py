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

from sufficiency.domain import ADULT_YEARS
from sufficiency.measures.counting import FIRST_CHOICE, IN_HOUSE_SHORTFALL, fit_of
from sufficiency.measures.dates import Dates, Floats, Ints
from sufficiency.simulation.birthdays import birthday
from sufficiency.simulation.children import COHORT_STREAM
from sufficiency.simulation.compiled import Rows, compiled, step
from sufficiency.simulation.record import BEGAN_AT_START, ENDED_OPEN, ENDED_TURNED_18

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
    need_multiple: Floats
    """(N,): what children of each need group cost over the price of where they live."""
    year: Ints
    """(M,): the position of the financial year that holds each month."""
    nights_in_year: Floats
    """(Y,): nights of the forecast in each financial year."""


class OfReplication(NamedTuple):
    """What differs between replications."""

    effect: Floats
    """(P + 1, M): what interventions and drift multiply prices by."""
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
    after_nights: Floats
    """(6, M): nights between leaving care and turning 18, by the reason for leaving; (0, M) where
    nobody asks."""
    dearest: Floats
    """(rows of `DEAREST_ROWS`, Y)."""
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
    paid.after_nights[:] = 0.0
    paid.dearest[:] = 0.0
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
        if 0 <= spell.ended < ENDED_TURNED_18 and paid.after_nights.shape[0] > 0:
            count_after_care(spell.ended, spell.to_time, spell.born_day, dates, paid.after_nights)
    for year in range(paid.bins.shape[0]):
        set_dearest(year, prices.nights_in_year[year], paid)


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
    effect, year, in_year, cost_in_year = of_replication.effect, -1, 0, 0.0
    basis = 0 if spell.began == BEGAN_AT_START else 1
    multiple = prices.need_multiple[spell.need]
    factor *= multiple
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
            instead *= multiple
            extra = nights * (price - instead)
            paid.extra_cost_gbp[pool, month] += extra
            paid.gap_cost_gbp[fit - IN_HOUSE_SHORTFALL, spell.sector, month] += extra
        if paid.by_need_gbp.shape[0] > 0:
            paid.by_need_gbp[spell.need, spell.sector, month] += cost
        if spell.uasc and paid.uasc_nights.shape[0] > 0:
            paid.uasc_nights[spell.sector, month] += nights
        if year != prices.year[month]:
            if in_year > 0:
                count_year(in_year, cost_in_year, year, paid)
            year, in_year, cost_in_year = prices.year[month], 0, 0.0
        in_year += nights
        cost_in_year += cost
        night = until
        month += 1
    if in_year > 0:
        count_year(in_year, cost_in_year, year, paid)


@step
def own_factor(chance: float, factors: Floats) -> float:
    """A placement's price over its pool's mean."""
    return float(factors[min(int(chance * factors.size), factors.size - 1)])


@step
def count_year(nights: int, cost: float, year: int, paid: Paid) -> None:
    """Count the nights of one placement in one year by their mean price, and if it is dear."""
    weekly_gbp, place = cost / nights * DAYS_PER_WEEK, 0
    if weekly_gbp > 1:
        place = min(int(math.log(weekly_gbp) * BINS_PER_E_FOLD) + 1, N_BINS - 1)
    paid.bins[year, place, 0] += nights
    paid.bins[year, place, 1] += cost
    for level in range(len(DEAR_WEEKLY_GBP)):
        if weekly_gbp > DEAR_WEEKLY_GBP[level]:
            paid.dearest[3 * level, year] += 1
            paid.dearest[3 * level + 1, year] += nights
            paid.dearest[3 * level + 2, year] += cost


@step
def count_after_care(
    reason: int, to_time: float, born_day: int, dates: Dates, after_nights: Floats
) -> None:
    """Count the nights between leaving care and the 18th birthday, by reason and month."""
    night = max(math.ceil(to_time), 1)
    adult, last = birthday(born_day, ADULT_YEARS, dates.month_starts), dates.days[-1]
    month = dates.not_before[min(night, last)] - 1
    while night < adult and night <= last:
        until = min(adult, dates.days[month + 1] + 1)
        after_nights[reason, month] += until - night
        night = until
        month += 1


@step
def set_dearest(year: int, nights_in_year: float, paid: Paid) -> None:
    """Set a year's rows of the dearest: children on an average night, and the dearest tenth.

    The bin in which the tenth begins counts in part, at its mean price.
    """
    for level in range(len(DEAR_WEEKLY_GBP)):
        paid.dearest[3 * level + 1, year] /= nights_in_year
    total, spent = 0.0, 0.0
    for place in range(N_BINS):
        total += paid.bins[year, place, 0]
        spent += paid.bins[year, place, 1]
    left, dear, place = DEAREST_SHARE * total, 0.0, N_BINS
    while left > 0 and place > 0:
        place -= 1
        nights, cost = paid.bins[year, place, 0], paid.bins[year, place, 1]
        if nights > 0:
            part = min(left / nights, 1.0)
            dear += part * cost
            left -= part * nights
            paid.dearest[7, year] = cost / nights * DAYS_PER_WEEK
    if spent > 0:
        paid.dearest[6, year] = dear / spent


@step
def knows_price(stream: int, began: int, number: int, known_nightly_gbp: Floats) -> bool:
    """Whether a spell is the placement held at the start of a child whose own price is known."""
    if known_nightly_gbp.shape[0] == 0 or stream != COHORT_STREAM or began != BEGAN_AT_START:
        return False
    return not math.isnan(known_nightly_gbp[number, 0])
