"""The dearest placements of a replication: how many are dear, and what the dearest tenth costs.

All nights are counted by price, in narrow bins, so that no placement has to be kept to be put in
order.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.measures.dates import Floats, Ints
from sufficiency.simulation.compiled import by_reference, step

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
N_POUNDS = 16_384
"""How the bin of a price is looked up: from the one in which its pound begins, up to so many a
week, and from there on for the few that are dearer."""


@by_reference
class Bins(NamedTuple):
    """Which bin a price is in, looked up many times sooner than its logarithm is taken."""

    first: NDArray[np.int16]
    """(`N_POUNDS`,): the bin in which each pound begins; small, to stay at hand."""
    ends_gbp: Floats
    """(`N_BINS`,): the price that each bin ends before; the last has no end."""


@cache
def price_bins() -> Bins:
    """Bins from £1 on, each one per cent wider than the one before; the first is below £1."""
    ends_gbp = np.exp(np.arange(N_BINS) / BINS_PER_E_FOLD)
    ends_gbp[-1] = np.inf
    first = np.searchsorted(ends_gbp, np.arange(N_POUNDS), side="right")
    return Bins(first.astype(np.int16), ends_gbp)


@by_reference
class ByPrice(NamedTuple):
    """Room to count the nights of each of Y financial years by price."""

    counted: Floats
    """(Y, N_BINS, 2): nights and cost."""
    used: Ints
    """(Y, 2): the first bin that is not empty, and the one after the last."""


def by_price_for(years: int) -> ByPrice:
    """Room for so many years."""
    return ByPrice(np.zeros((years, N_BINS, 2)), np.zeros((years, 2), dtype=np.int64))


@step
def forget_prices(by_price: ByPrice) -> None:
    """Nothing is counted yet."""
    for year in range(by_price.used.shape[0]):
        by_price.counted[year, by_price.used[year, 0] : by_price.used[year, 1]] = 0.0
        by_price.used[year, 0], by_price.used[year, 1] = N_BINS, 0


@step
def count_year(
    nights: int, cost: float, year: int, bins: Bins, by_price: ByPrice, dearest: Floats
) -> None:
    """Count the nights of one placement in one year by their mean price, and if it is dear."""
    weekly_gbp = cost / nights * DAYS_PER_WEEK
    place = bin_of(weekly_gbp, bins)
    by_price.counted[year, place, 0] += nights
    by_price.counted[year, place, 1] += cost
    by_price.used[year, 0] = min(by_price.used[year, 0], place)
    by_price.used[year, 1] = max(by_price.used[year, 1], place + 1)
    for level in range(len(DEAR_WEEKLY_GBP)):
        if weekly_gbp > DEAR_WEEKLY_GBP[level]:
            dearest[3 * level, year] += 1
            dearest[3 * level + 1, year] += nights
            dearest[3 * level + 2, year] += cost


@step
def bin_of(weekly_gbp: float, bins: Bins) -> int:
    """The bin of a price: from where its pound begins, to the first that ends above it."""
    if not weekly_gbp > 1:
        return 0
    place = int(bins.first[int(min(weekly_gbp, bins.first.size - 1.0))])
    while place < N_BINS - 1 and weekly_gbp >= bins.ends_gbp[place]:
        place += 1
    return place


@step
def set_dearest(nights_in_year: Floats, by_price: ByPrice, dearest: Floats) -> None:
    """Set every year's rows of the dearest: children on an average night, and the dearest tenth.

    The bin in which the tenth begins counts in part, at its mean price. ``dearest`` is (rows of
    `DEAREST_ROWS`, Y), ``nights_in_year`` (Y,).
    """
    for year in range(nights_in_year.size):
        for level in range(len(DEAR_WEEKLY_GBP)):
            dearest[3 * level + 1, year] /= nights_in_year[year]
        counted, first, place = (
            by_price.counted[year],
            by_price.used[year, 0],
            by_price.used[year, 1],
        )
        total, spent = 0.0, 0.0
        for used in range(first, place):
            total += counted[used, 0]
            spent += counted[used, 1]
        left, dear = DEAREST_SHARE * total, 0.0
        while left > 0 and place > first:
            place -= 1
            nights, cost = counted[place, 0], counted[place, 1]
            if nights > 0:
                part = min(left / nights, 1.0)
                dear += part * cost
                left -= part * nights
                dearest[7, year] = cost / nights * DAYS_PER_WEEK
        if spent > 0:
            dearest[6, year] = dear / spent
