"""The children of one world, as arrays: who they are, when they come and what chance gave them.

All of it is settled before the world starts, and nothing that happens in it can change it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import MOVE_REASONS, TICK
from sufficiency.simulation.birthdays import BAND_EDGES_YEARS, birthday_day
from sufficiency.simulation.draws import Draws, exponentials
from sufficiency.simulation.world import Floats, Ints, World

COHORT_STREAM = -1
PLACEMENTS_PER_BLOCK = 4
USES_PER_PLACEMENT = len(MOVE_REASONS) + 1
"""One exponential per move reason, then the uniform that draws the need group moved to."""
PERSONAL_BLOCK = 0
"""The block of draws that settles who a child is; blocks of placements follow."""


@dataclass(frozen=True)
class Children:
    """n children, in the order in which they are first seen in the world; shape (n,) or stated."""

    stream: Ints
    """-1 for the starting cohort, else the entry stream of the group's index child."""
    number: Ints
    """The child's number within its own stream; groups have `GROUP_SLOTS` numbers each."""
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
    """Where the starting cohort lives; -1 for others."""
    exits: Floats
    """(n, 5): one unit exponential per exit cause for the period of care."""
    purpose: Ints
    row: Ints
    """With ``purpose``, where the child's further draws are."""

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def at_start(self) -> int:
        """How many are in care at the start; they come first."""
        return int(np.sum(self.stream == COHORT_STREAM))

    @property
    def rank(self) -> Ints:
        """(n,): the order in which ties are settled: stream as listed, then number."""
        order = np.lexsort((self.number, self.stream))
        ranks = np.empty(len(self), dtype=np.int64)
        ranks[order] = np.arange(len(self))
        return ranks

    def chosen(self, which: Ints) -> Children:
        """These children only, in this order."""
        return Children(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


def birthdays(children: Children, world: World) -> Floats:
    """(n, 6): when each age band begins for each child, the first long ago, and the 18th.

    A birthday happens one tick after the midnight that begins its date.
    """
    start_day = day_of_start(world)
    born = (children.born_day + start_day)[:, None]
    days = birthday_day(born, BAND_EDGES_YEARS[None, :]) - start_day
    times = days - 1 + TICK
    times[:, 0] = -np.inf
    return np.ascontiguousarray(times)


def placement_draws(children: Children, draws: Draws, block: int) -> Floats:
    """(n, 4, 7): the draws of each child's placements ``4 block`` to ``4 block + 3``.

    Six unit exponentials, one a move reason, then a uniform for the need group moved to.
    """
    width = PLACEMENTS_PER_BLOCK * USES_PER_PLACEMENT
    numbers = np.empty((len(children), width))
    for purpose in np.unique(children.purpose):
        own = children.purpose == purpose
        rows = children.row[own]
        numbers[own] = draws.uniforms(
            int(purpose), PERSONAL_BLOCK + 1 + block, int(rows.max()) + 1, width
        )[rows]
    uses = numbers.reshape(len(children), PLACEMENTS_PER_BLOCK, USES_PER_PLACEMENT)
    uses[:, :, :-1] = exponentials(uses[:, :, :-1])
    return uses


def together(groups: list[Children]) -> Children:
    """Several groups of children as one."""
    return Children(
        **{
            field.name: np.concatenate([getattr(group, field.name) for group in groups])
            for field in fields(Children)
        }
    )


def day_of_start(world: World) -> int:
    """The start date in days from 1 January 1970."""
    return int(np.datetime64(world.start, "D").astype(np.int64))
