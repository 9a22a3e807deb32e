"""What the placements of the children in care at the start cost over their pool's price.

The pool's price is the mean of what is paid today, so the n children of a pool share out its
distribution: each has the mean of one of n equal parts, by the order of their chances. Those whose
own price is known are not among them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.measures.dates import Floats, Ints, accumulate
from sufficiency.simulation.children import COHORT_STREAM
from sufficiency.simulation.compiled import Rows, by_reference, step
from sufficiency.simulation.record import BEGAN_AT_START

LEFT_OUT = -1
"""Where a drawer would be."""


@by_reference
class AtStart(NamedTuple):
    """Room for the placements at the start, which are the first n spells of every record."""

    factor: Floats
    """(n,): the price over the pool's."""
    order: Ints
    """(n,): spells by pool, then by chance."""
    drawers: Ints
    """(P + 1) x D + 2: where the spells of each pool and each of D equal parts of chance begin in
    that order."""


def at_start_for(pools: int, children: int) -> AtStart:
    """Room for so many children in so many pools, unplaced among them."""
    drawers_a_pool = max(1, children // pools)
    return AtStart(
        factor=np.ones(children),
        order=np.zeros(children, dtype=np.int64),
        drawers=np.zeros(pools * drawers_a_pool + 2, dtype=np.int64),
    )


@step
def set_factors_at_start(
    spells: Rows,
    cumulated: Floats,
    differs: NDArray[np.bool_],
    known_nightly_gbp: Floats,
    at_start: AtStart,
) -> int:
    """Set what each placement at the start costs over its pool's price, in place.

    Args:
        spells: of a record, those at the start before all others.
        cumulated: (P + 1, Q + 1) sums over the first 0, 1, .. Q equal parts of each pool's
            distribution.
        differs: (P + 1,) whether placements in the pool differ in price.
        known_nightly_gbp: (n, M) of the starting cohort, NaN where not known; (0, M) if none is.
        at_start: is changed.

    Returns:
        How many spells these are; 0 if placements differ in no pool.
    """
    if not differs.any():
        return 0
    start = put_in_order(spells, differs, known_nightly_gbp, at_start)
    at_start.factor[:start] = 1.0
    drawers_a_pool = (at_start.drawers.size - 2) // differs.size
    for pool in range(differs.size):
        first = at_start.drawers[pool * drawers_a_pool]
        children = at_start.drawers[(pool + 1) * drawers_a_pool] - first
        parts, below = cumulated.shape[1] - 1, cumulated[pool, 0]
        for place in range(children):
            above = cumulated[pool, parts]
            if place + 1 < children:
                above = sum_until((place + 1) * (parts / children), cumulated[pool])
            at_start.factor[at_start.order[first + place]] = (above - below) * children / parts
            below = above
    return start


@step
def sum_until(parts: float, cumulated: Floats) -> float:
    """The sum over so many parts and fractions of a part."""
    whole = int(parts)
    slope = cumulated[whole + 1] - cumulated[whole]
    return float(slope * (parts - whole) + cumulated[whole])


@step
def put_in_order(
    spells: Rows, differs: NDArray[np.bool_], known_nightly_gbp: Floats, at_start: AtStart
) -> int:
    """Set the order of the spells at the start, in place; returns how many these are.

    Into drawers first, of about one child each, then one by one: compiled code makes no array, as
    `numpy.argsort` would.
    """
    drawers, start = at_start.drawers, 0
    drawers[:] = 0
    while start < spells.size and spells[start].began == BEGAN_AT_START:
        drawer = drawer_of(spells[start], differs, known_nightly_gbp, drawers)
        if drawer != LEFT_OUT:
            drawers[drawer + 2] += 1
        start += 1
    # Each drawer begins where the number after its own says, until it is filled from there on.
    accumulate(drawers)
    for number in range(start):
        drawer = drawer_of(spells[number], differs, known_nightly_gbp, drawers)
        if drawer != LEFT_OUT:
            at_start.order[drawers[drawer + 1]] = number
            drawers[drawer + 1] += 1
    for drawer in range(drawers.size - 2):
        for place in range(drawers[drawer] + 1, drawers[drawer + 1]):
            put_in_place(place, drawers[drawer], spells, at_start.order)
    return start


@step
def drawer_of(
    spell: Any, differs: NDArray[np.bool_], known_nightly_gbp: Floats, drawers: Ints
) -> int:
    """The drawer that a spell at the start belongs to, by its pool and its chance."""
    if spell.pool < 0 or not differs[spell.pool]:
        return LEFT_OUT
    if knows_price(spell.stream, spell.began, spell.number, known_nightly_gbp):
        return LEFT_OUT
    drawers_a_pool = (drawers.size - 2) // differs.size
    within = min(int(spell.price_chance * drawers_a_pool), drawers_a_pool - 1)
    return int(spell.pool * drawers_a_pool + within)


@step
def put_in_place(place: int, first: int, spells: Rows, order: Ints) -> None:
    """Move one spell up among those before it, which are in order of chance, in place."""
    number = order[place]
    while place > first and spells[order[place - 1]].price_chance > spells[number].price_chance:
        order[place] = order[place - 1]
        place -= 1
    order[place] = number


@step
def knows_price(stream: int, began: int, number: int, known_nightly_gbp: Floats) -> bool:
    """Whether a spell is the placement held at the start of a child whose own price is known."""
    if known_nightly_gbp.shape[0] == 0 or stream != COHORT_STREAM or began != BEGAN_AT_START:
        return False
    return not math.isnan(known_nightly_gbp[number, 0])
