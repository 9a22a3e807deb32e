"""The children of one world, as arrays: who they are, when they come and what chance gave them.

All of it is settled before the world starts, and nothing that happens in it can change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import MOVE_REASONS, N_EXIT_CAUSES, UASC_ROW
from sufficiency.simulation.birthdays import write_birthdays
from sufficiency.simulation.compiled import by_reference, compiled, step
from sufficiency.simulation.draws import AT_ONCE, Key, Numbers, draw, further_uniform
from sufficiency.simulation.world import Floats, Ints

COHORT_STREAM = -1
NOT_AT_START = -1
NO_PLAN = -1
GROUP_SLOTS = 16
"""Numbers set aside for each sibling group, so that a larger group renumbers nobody else."""

COHORT, FIRST_OF_GROUP, UASC_ALONE, SIBLINGS = range(4)
"""What blocks of draws are for; see `row_of`."""
EXITS = 4
PERSONAL_USES = EXITS + N_EXIT_CAUSES
"""Four uniforms that settle who a child is, then one exponential per exit cause."""
NEED_USE = len(MOVE_REASONS)
USES_PER_PLACEMENT = NEED_USE + 1
"""One exponential per move reason, then the uniform that draws the need group moved to."""
PRICE, PRICE_UNPLACED, PRICE_UNPLACED_ON_ENTRY = range(3)
"""Further uses of a placement's numbers; see `further_chance`."""
FIRST_USES = PERSONAL_USES + USES_PER_PLACEMENT
"""What every child needs at once: a row of the first block, two counters of Philox."""
FURTHER_PLACEMENTS = 8
"""Placements in a row of each block that follows, a counter each."""
BANDS = UASC_ROW
"""Entry streams that bring groups of brothers and sisters: the age bands."""


@by_reference
class People(NamedTuple):
    """`Children` as compiled code reads and writes them."""

    stream: Ints
    number: Ints
    rank: Ints
    uasc: NDArray[np.bool_]
    born_day: Ints
    entered: Floats
    placed: Floats
    need: Ints
    sector: Ints
    birthdays: Floats
    planned: Floats
    planned_cause: Ints
    purpose: Ints
    row: Ints
    group: Ints
    numbers: Numbers


@dataclass(frozen=True)
class Children:
    """n children, in the order in which they are first seen in the world; shape (n,) or stated."""

    at_start: int
    """How many are in care at the start; they come first."""
    stream: Ints
    """-1 for the starting cohort, else the entry stream of the group's index child."""
    number: Ints
    """The child's number within its own stream; groups have `GROUP_SLOTS` numbers each."""
    rank: Ints
    """The order in which ties are settled: stream as listed, then number."""
    uasc: NDArray[np.bool_]
    born_day: Ints
    """The date of birth in days from the start date."""
    entered: Floats
    """When care began; not above 0 for the starting cohort."""
    placed: Floats
    """When the present placement began (starting cohort), or ``entered``."""
    need: Ints
    """The first need group."""
    sector: Ints
    """Where the starting cohort lives; `NOT_AT_START` for others."""
    birthdays: Floats
    """(n, 6): when each age band begins for each child, the first long ago, and the 18th."""
    planned: Floats
    """When a child leaves care as its placements team plans, or would have; 0 without a plan."""
    planned_cause: Ints
    """Why; `NO_PLAN` where there is no plan or, as chance has it, the plan fails."""
    purpose: Ints
    row: Ints
    """With ``purpose``, where the child's draws are."""
    group: Ints
    """Brothers and sisters who enter together share one, and nobody else has it."""
    numbers: Numbers
    """(n, 16): the draws for the child itself, then those for its first placement."""

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def people(self) -> People:
        """The same arrays."""
        return People(*(getattr(self, name) for name in People._fields))


@step
def settle(child: int, starts: Ints, people: People) -> None:
    """A child's birthdays; nothing is planned."""
    people.planned[child], people.planned_cause[child] = 0.0, NO_PLAN
    write_birthdays(people.birthdays[child], people.born_day[child], starts)


@compiled
def row_of(stream: int, number: int) -> int:
    """The row of a number in one of the bands' streams: they share blocks in turn."""
    return number * BANDS + stream


@step
def draw_first(key: Key, purpose: int, row: int, numbers: Numbers) -> None:
    """Fill ``numbers`` in place with the first of a row: (8,), or (16,) for those of `Children`."""
    draw(key, purpose, 0, row * (FIRST_USES // AT_ONCE), numbers)


@step
def draw_rest(key: Key, purpose: int, row: int, numbers: Numbers) -> None:
    """Fill ``numbers`` (8,) in place with what follows the first 8 of a row."""
    draw(key, purpose, 0, row * (FIRST_USES // AT_ONCE) + 1, numbers)


@step
def draw_placement(key: Key, purpose: int, row: int, placement: int, numbers: Numbers) -> None:
    """Fill ``numbers`` (8,) in place with those of a child's placement after the first, which is
    0: the uses of a placement, and one for nothing."""
    block, within = 1 + (placement - 1) // FURTHER_PLACEMENTS, (placement - 1) % FURTHER_PLACEMENTS
    draw(key, purpose, block, row * FURTHER_PLACEMENTS + within, numbers)


@step
def further_chance(numbers: Numbers, use: int) -> float:
    """A uniform number made of a placement's own (7,)."""
    return further_uniform(numbers[0], numbers[NEED_USE], use)


@step
def price_chance(numbers: Numbers, placement: int, placed: bool) -> float:
    """The draw for the price of a placement, or of being unplaced after it (-1 for on entry).

    ``numbers`` (7,) are the placement's; those of the first for one who is unplaced on entry.
    """
    use = PRICE
    if not placed:
        use = PRICE_UNPLACED if placement >= 0 else PRICE_UNPLACED_ON_ENTRY
    return further_chance(numbers, use)
