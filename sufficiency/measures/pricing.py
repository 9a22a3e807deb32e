"""What a replication's placements cost, night by night, from its record.

Every spell is priced on its own: its nights in a month (the midnights n = 1..H with
from <= n < to, as everywhere) times what a night costs where the child lives.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.measures.counting import FIRST_CHOICE, fit_of
from sufficiency.measures.dates import Dates, Floats, Ints
from sufficiency.simulation.children import COHORT_STREAM
from sufficiency.simulation.compiled import Rows, compiled, step
from sufficiency.simulation.record import BEGAN_AT_START, ENDED_OPEN


class Prices(NamedTuple):
    """What a night costs. P pools, unplaced after the last, M months, N need groups."""

    nightly_gbp: Floats
    """(P + 1, M): GBP a night at the pool's own price."""
    known_nightly_gbp: Floats
    """(n, M): GBP a night where each child of the starting cohort lives, NaN if its own price is
    not known; (0, M) if none is."""
    first_choice_pool: Ints
    """(N,): the pool that each need group's first choice begins with; -1 if it has no price."""


class Paid(NamedTuple):
    """What one replication costs, in GBP."""

    cost_gbp: Floats
    """(2, P + 1, M): by basis (committed, new), pool and month."""
    extra_cost_gbp: Floats
    """(P + 1, M): what nights in either gap cost more than one in the first choice would."""


@compiled
def pay(spells: Rows, dates: Dates, prices: Prices, paid: Paid) -> None:
    """Set what one replication costs, in place, from the spells of its record."""
    paid.cost_gbp[:] = 0.0
    paid.extra_cost_gbp[:] = 0.0
    last = dates.days[-1]
    unplaced = prices.nightly_gbp.shape[0] - 1
    for number in range(spells.size):
        spell = spells[number]
        pool = spell.pool if spell.pool >= 0 else unplaced
        night = max(math.ceil(spell.from_time), 1)
        after_last = last + 1 if spell.ended == ENDED_OPEN else math.ceil(spell.to_time)
        first_choice = in_a_gap_from(spell.need, spell.sector, spell, prices.first_choice_pool)
        known = knows_price(spell.stream, spell.began, spell.number, prices.known_nightly_gbp)
        basis = 0 if spell.began == BEGAN_AT_START else 1
        month = dates.not_before[min(night, last)] - 1
        while night < after_last and night <= last:
            until = min(after_last, dates.days[month + 1] + 1)
            price = prices.nightly_gbp[pool, month]
            if known:
                price = prices.known_nightly_gbp[spell.number, month]
            paid.cost_gbp[basis, pool, month] += (until - night) * price
            if first_choice >= 0:
                dearer = price - prices.nightly_gbp[first_choice, month]
                paid.extra_cost_gbp[pool, month] += (until - night) * dearer
            night = until
            month += 1


@step
def in_a_gap_from(need: int, sector: int, spell: Rows, first_choice_pool: Ints) -> int:
    """The pool of the first choice that a child goes without; -1 if it has it, or it has no price.

    A need group without a pool of its first choice has no price to set against.
    """
    if fit_of(sector, spell.first_choice, spell.suitable) == FIRST_CHOICE:
        return -1
    return int(first_choice_pool[need])


@step
def knows_price(stream: int, began: int, number: int, known_nightly_gbp: Floats) -> bool:
    """Whether a spell is the placement held at the start of a child whose own price is known."""
    if known_nightly_gbp.shape[0] == 0 or stream != COHORT_STREAM or began != BEGAN_AT_START:
        return False
    return not math.isnan(known_nightly_gbp[number, 0])
