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
from sufficiency.simulation.compiled import compiled, step
from sufficiency.simulation.draws import Draws, Numbers, exponential, further_uniform
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
FIRST_PLACEMENTS = 3
"""Placements that the first block provides for, after the personal uses."""
FURTHER_PLACEMENTS = 8
"""Placements in each block that follows."""
_FIRST_WIDTH = PERSONAL_USES + FIRST_PLACEMENTS * USES_PER_PLACEMENT
_FURTHER_WIDTH = FURTHER_PLACEMENTS * USES_PER_PLACEMENT
BANDS = UASC_ROW
"""Entry streams that bring groups of brothers and sisters: the age bands."""


class Luck(NamedTuple):
    """The numbers drawn so far for everybody's lives, to be turned into chances when needed."""

    numbers: Numbers
    """All blocks one after the other."""
    begins: Ints
    """(blocks, purposes): where in ``numbers`` each block of each purpose begins."""


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
    exits: Floats
    birthdays: Floats
    planned: Floats
    planned_cause: Ints
    purpose: Ints
    row: Ints
    group: Ints


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
    exits: Floats
    """(n, 5): one unit exponential per exit cause for the period of care."""
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
    luck: Luck
    """The first block of draws."""
    rows: tuple[int, int, int, int]
    """How many rows of each purpose are anybody's, at most."""

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def people(self) -> People:
        """The same arrays."""
        return People(*(getattr(self, name) for name in People._fields))


@step
def settle(child: int, own: Numbers, starts: Ints, people: People) -> None:
    """A child's exponentials for the period of care, and its birthdays; nothing is planned."""
    people.planned[child], people.planned_cause[child] = 0.0, NO_PLAN
    for cause in range(N_EXIT_CAUSES):
        people.exits[child, cause] = exponential(own[EXITS + cause])
    write_birthdays(people.birthdays[child], people.born_day[child], starts)


@compiled
def row_of(stream: int, number: int) -> int:
    """The row of a number in one of the bands' streams: they share blocks in turn."""
    return number * BANDS + stream


def first_numbers(draws: Draws, purpose: int, rows: int) -> Numbers:
    """The first block of a purpose: (rows, 30)."""
    return draws.numbers(purpose, 0, rows, _FIRST_WIDTH)


def luck_of(blocks: list[Numbers]) -> Luck:
    """What the first blocks hold, in the order of their purposes."""
    begins = np.cumsum([0, *(block.size for block in blocks)])[None, :-1]
    return Luck(np.concatenate([block.reshape(-1) for block in blocks]), begins)


def with_further_placements(luck: Luck, children: Children, draws: Draws) -> Luck:
    """The same luck with a further block for everybody."""
    number = len(luck.begins)
    blocks = [
        draws.numbers(purpose, number, rows, _FURTHER_WIDTH)
        for purpose, rows in enumerate(children.rows)
    ]
    further = luck_of(blocks)
    return Luck(
        np.concatenate([luck.numbers, further.numbers]),
        np.concatenate([luck.begins, further.begins + luck.numbers.size]),
    )


@compiled
def placements_drawn(luck: Luck) -> int:
    """How many placements of each child the luck drawn so far provides for."""
    return FIRST_PLACEMENTS + FURTHER_PLACEMENTS * (len(luck.begins) - 1)


@compiled
def first_of_placement(luck: Luck, purpose: int, row: int, placement: int) -> int:
    """Where among the numbers the seven of a child's placement begin, the first being 0."""
    if placement < FIRST_PLACEMENTS:
        uses = row * _FIRST_WIDTH + PERSONAL_USES + placement * USES_PER_PLACEMENT
        return int(luck.begins[0, purpose] + uses)
    block, within = divmod(placement - FIRST_PLACEMENTS, FURTHER_PLACEMENTS)
    uses = row * _FURTHER_WIDTH + within * USES_PER_PLACEMENT
    return int(luck.begins[1 + block, purpose] + uses)


@step
def further_chance(luck: Luck, first: int, use: int) -> float:
    """A uniform number made of a placement's own, which begin at ``first``."""
    return further_uniform(luck.numbers[first], luck.numbers[first + NEED_USE], use)


@step
def price_chance(luck: Luck, purpose: int, row: int, placement: int, placed: bool) -> float:
    """The draw for the price of a placement, or of being unplaced after it (-1 for on entry)."""
    use = PRICE
    if not placed:
        use = PRICE_UNPLACED if placement >= 0 else PRICE_UNPLACED_ON_ENTRY
    first = first_of_placement(luck, purpose, row, max(placement, 0))
    return further_chance(luck, first, use)
