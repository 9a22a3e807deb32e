"""Brothers and sisters who came into care together: whether they live in the same pool of places.

Only of those who enter after the start: who belongs together among the children of the start is
not known. The same pool need not be the same home. Two of whom neither has a registered place
count as together, as nothing says where they are.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sufficiency.measures.dates import Counts, Dates, Ints, date_at
from sufficiency.simulation.compiled import Rows, rows_of, step
from sufficiency.simulation.record import BEGAN_ENTERED, ENDED_OPEN

NO_SLOT = -1
NOBODY_YET = -2
"""Where a pool would be."""

GROUP_DTYPE = np.dtype(
    [
        ("children", np.int64),
        ("slot", np.int64),  # of the groups of two and more
        ("pool", np.int64),  # where the first of them came to live
        ("split", np.int64),  # whether another came to live elsewhere
    ],
    align=True,
)


class Siblings(NamedTuple):
    """What is counted of sibling groups; G groups, of which at most S have two children or more."""

    groups: Rows
    """(G,) of `GROUP_DTYPE`."""
    in_care: Ints
    """(S, T): how many of a group are in care."""
    pool: Ints
    """(S, T): where the first of them lives."""
    split: Ints
    """(S, T): 1 if another lives elsewhere."""


def siblings_for(dates: Dates, groups: int, children: int) -> Siblings:
    """Room to count so many groups of so many children."""
    shape = (children // 2 + 1, len(dates.days))
    return Siblings(
        groups=rows_of(np.zeros(groups, dtype=GROUP_DTYPE)),
        in_care=np.zeros(shape, dtype=np.int64),
        pool=np.zeros(shape, dtype=np.int64),
        split=np.zeros(shape, dtype=np.int64),
    )


@step
def meet_groups(spells: Rows, siblings: Siblings) -> int:
    """Find the groups of two or more who came into care together; returns how many there are."""
    groups = siblings.groups
    for number in range(groups.size):
        groups[number].children, groups[number].slot = 0, NO_SLOT
    found = 0
    for number in range(spells.size):
        spell = spells[number]
        if spell.began == BEGAN_ENTERED:
            group = groups[spell.group]
            group.children += 1
            if group.children == 2:
                group.slot, group.pool, group.split = found, NOBODY_YET, 0
                siblings.in_care[found] = 0
                siblings.split[found] = 0
                found += 1
    return found


@step
def count_sibling(spell: Any, dates: Dates, siblings: Siblings, started: Counts) -> None:
    """Count where one of a group of brothers and sisters lives.

    ``started`` (2, T) are the groups that start to be looked after, and those that are split then.
    """
    group = siblings.groups[spell.group]
    if group.slot == NO_SLOT:
        return
    first = date_at(spell.from_time, dates)
    if spell.began == BEGAN_ENTERED:
        if group.pool == NOBODY_YET:
            group.pool = spell.pool
            started[0, first] += 1
        elif group.pool != spell.pool and group.split == 0:
            group.split = 1
            started[1, first] += 1
    to_time = math.inf if spell.ended == ENDED_OPEN else spell.to_time
    for date in range(first, date_at(to_time, dates)):
        if siblings.in_care[group.slot, date] == 0:
            siblings.pool[group.slot, date] = spell.pool
        elif siblings.pool[group.slot, date] != spell.pool:
            siblings.split[group.slot, date] = 1
        siblings.in_care[group.slot, date] += 1


@step
def add_up_siblings(groups: int, siblings: Siblings, together: Counts, split: Counts) -> None:
    """Set groups with two or more in care on each date, and those who do not live in one pool."""
    together[:] = 0
    split[:] = 0
    for slot in range(groups):
        for date in range(together.size):
            if siblings.in_care[slot, date] > 1:
                together[date] += 1
                split[date] += siblings.split[slot, date]
