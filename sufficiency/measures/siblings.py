"""Brothers and sisters who came into care together: whether they live in the same pool of places.

Only of those who enter after the start: who belongs together among the children of the start is
not known. The same pool need not be the same home. Two of whom neither has a registered place
count as together, as nothing says where they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.measures.dates import Counts, Dates
from sufficiency.simulation.compiled import Rows, by_reference, rows_of, shared, step
from sufficiency.simulation.record import BEGAN_ENTERED

NO_SLOT = -1
NOBODY_YET = -2
"""Where a pool would be."""

GROUP_DTYPE = np.dtype(
    [
        ("children", np.int32),
        ("slot", np.int32),  # of the groups of two and more
        ("pool", np.int32),  # where the first of them came to live
        ("split", np.int32),  # whether another came to live elsewhere
    ],
    align=True,
)


@by_reference
class Siblings(NamedTuple):
    """What is counted of sibling groups; G groups, of which at most S have two children or more."""

    groups: Rows
    """(G,) of `GROUP_DTYPE`."""
    in_care: NDArray[np.int16]
    """(S, T): how many of a group are in care."""
    pool: NDArray[np.int16]
    """(S, T): where the first of them lives."""
    split: NDArray[np.bool_]
    """(S, T): whether another lives elsewhere."""


def siblings_for(dates: Dates, groups: int, children: int) -> Siblings:
    """Room to count so many groups of so many children."""
    shape = (children // 2 + 1, len(dates.days))
    return Siblings(
        groups=rows_of(np.zeros(groups, dtype=GROUP_DTYPE)),
        in_care=np.zeros(shape, dtype=np.int16),
        pool=np.zeros(shape, dtype=np.int16),
        split=np.zeros(shape, dtype=np.bool_),
    )


@shared
def meet_groups(spells: Rows, children: int, siblings: Siblings) -> bool:
    """Find the groups of two or more who came into care together.

    Returns whether there is room for all groups and, where there is room for so many, children.
    """
    groups, found = siblings.groups, 0
    for number in range(groups.size):
        groups[number].children, groups[number].slot = 0, NO_SLOT
    for number in range(spells.size):
        spell = spells[number]
        if spell.group >= groups.size or spell.child >= children:
            return False
        if spell.began == BEGAN_ENTERED:
            group = groups[spell.group]
            group.children += 1
            if group.children == 2:
                group.slot, group.pool, group.split = found, NOBODY_YET, 0
                siblings.in_care[found] = 0
                siblings.split[found] = False
                found += 1
    return True


@step
def count_sibling(
    spell: Any, begins: int, ends: int, siblings: Siblings, together: Counts, started: Counts
) -> None:
    """Count where one of a group of brothers and sisters lives, on the dates from ``begins`` and
    before ``ends``.

    ``together`` (2, T) are groups with two or more in care on each date, and those of them who do
    not live in one pool; ``started`` (2, T) the groups that start to be looked after, and those
    that are split then.
    """
    group = siblings.groups[spell.group]
    if group.slot == NO_SLOT:
        return
    if spell.began == BEGAN_ENTERED:
        if group.pool == NOBODY_YET:
            group.pool = spell.pool
            started[0, begins] += 1
        elif group.pool != spell.pool and group.split == 0:
            group.split = 1
            started[1, begins] += 1
    slot = group.slot
    for date in range(begins, ends):
        siblings.in_care[slot, date] += 1
        if siblings.in_care[slot, date] == 1:
            siblings.pool[slot, date] = spell.pool
            continue
        if siblings.in_care[slot, date] == 2:
            together[0, date] += 1
        if siblings.pool[slot, date] != spell.pool and not siblings.split[slot, date]:
            siblings.split[slot, date] = True
            together[1, date] += 1
