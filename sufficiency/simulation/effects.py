"""What interventions do in one replication, as factors on calendar periods.

An effect may be a distribution: it is drawn before the world begins, from a block of random
numbers keyed by the intervention's name, so that two scenarios that share an intervention share
its luck, and a scenario that adds one changes no other draw.

Effects stack in one order: factors multiply in listed order; then children kept out by prevention
are taken from entries, which never fall below 0; places and days add up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_GROUPS, CAUSES, DAYS_PER_YEAR, MONTHS_PER_YEAR, SECTORS
from sufficiency.scenario.distributions import Distribution
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.world import Floats, Ints

DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
HELD_BACK_GRID = np.linspace(0.0, 1.0, 6)
"""Shares held back for which the release that follows was worked out; between them, a line."""
Target = Literal[
    "entries",
    "causes",
    "places_factor",
    "places_added",
    "approvals_factor",
    "approval_days_added",
    "price_factor",
]
_ADDED = ("places_added", "approval_days_added")
_FIRST_PURPOSE = 2**15
"""Purposes from here on belong to interventions, each in the place that its name hashes to."""


class DrawnEffects(NamedTuple):
    """The effects of one replication on K calendar periods.

    A age groups, C causes, S sectors. A factor of 1 and an addition of 0 change nothing. Of
    several replications, every array but ``starts_days`` has them as its first axis.
    """

    starts_days: Floats
    """(K,): first 0, rising."""
    entries: Floats
    """(A, K): factors on starters, already in the world's entries."""
    causes: Floats
    """(G, C, A, K): factors on hazards by group of sector and need, already in the world's."""
    places_factor: Floats
    """(S, K): factors on usable places."""
    places_added: Floats
    """(S, K): usable places added after the factors; below 0 taken away."""
    approvals_factor: Floats
    """(K,): factors on carers approved."""
    approval_days_added: Floats
    """(K,): days added to the time that an approval takes."""
    price_factor: Floats
    """(S + 1, K): factors on prices by setting, unplaced last; the engine never reads them."""

    def of(self, number: int) -> DrawnEffects:
        """The effects of one of several replications."""
        starts, *several = self
        return DrawnEffects(starts, *(array[number] for array in several))


@dataclass(frozen=True)
class Release:
    """What was held back comes later: a further factor in some periods."""

    periods: NDArray[np.bool_]
    """(K,): those in which it comes."""
    extra: Floats
    """(rows, `HELD_BACK_GRID`): what is added to the factor of each row that the effect changes."""


@dataclass(frozen=True)
class Prevented:
    """Children kept out of care, who may come in after all."""

    per_child: Floats
    """(A, K): the share of entries of an age group that one child a month is."""
    return_share: Distribution | None
    months_kept_out: Distribution | None
    """None: they never come."""


@dataclass(frozen=True)
class PlannedEffect:
    """One intervention as the periods see it."""

    name: str
    target: Target
    amounts: tuple[Distribution, ...]
    """Drawn apart and multiplied: one, or the links of a chain."""
    rows: NDArray[np.bool_]
    """Which rows of the target it changes: its shape without the periods."""
    weight: Floats
    """(K,): the share of its whole effect in each period."""
    held_back: bool = False
    """Whether the amount is a share held back: the factor is 1 less it."""
    release: Release | None = None
    prevented: Prevented | None = None

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """All that may be drawn, in the order of the uniforms that they take."""
        after = self.prevented
        ends = () if after is None else (after.return_share, after.months_kept_out)
        return (*self.amounts, *(each for each in ends if each is not None))


@dataclass(frozen=True)
class EffectPlan:
    """The interventions of a scenario, in listed order, on K common periods."""

    starts_days: Floats
    """(K,): first 0, rising."""
    horizon_days: int
    effects: tuple[PlannedEffect, ...]
    group: Ints
    """(S, N): which group of hazards a child in a sector with a need belongs to."""
    n_groups: int

    @property
    def is_drawn(self) -> bool:
        """Whether any effect is drawn from a distribution."""
        return any(each.is_drawn for effect in self.effects for each in effect.distributions)


def draw_effects(plan: EffectPlan, every: Sequence[Draws], *, drawn: bool) -> DrawnEffects:
    """The effects of several replications; without ``drawn`` each distribution is at its mean."""
    n, periods, n_sectors = len(every), len(plan.starts_days), len(SECTORS)
    shapes: dict[str, tuple[int, ...]] = {
        "entries": (len(AGE_GROUPS),),
        "causes": (plan.n_groups, len(CAUSES), len(AGE_GROUPS)),
        "places_factor": (n_sectors,),
        "places_added": (n_sectors,),
        "approvals_factor": (),
        "approval_days_added": (),
        "price_factor": (n_sectors + 1,),
    }
    arrays: dict[str, Floats] = {}
    kept_out = [effect for effect in plan.effects if effect.prevented is not None]
    factors = [effect for effect in plan.effects if effect.prevented is None]
    for effect in (*factors, *kept_out):
        values = _values(effect, every, drawn=drawn)
        neutral = 0.0 if effect.target in _ADDED else 1.0
        shape = (n, *shapes[effect.target], periods)
        array = arrays.setdefault(effect.target, np.full(shape, neutral))
        if effect.prevented is not None:
            _keep_out(array, effect, effect.prevented, values, plan)
        elif effect.target in _ADDED:
            array[:, effect.rows] += values[0][:, None, None] * effect.weight
        else:
            array[:, effect.rows] *= _factors(effect, values[0])
    for name, shape in shapes.items():
        neutral = np.float64(0.0 if name in _ADDED else 1.0)
        arrays.setdefault(name, np.broadcast_to(neutral, (n, *shape, periods)))
    return DrawnEffects(plan.starts_days, **arrays)


def _values(effect: PlannedEffect, every: Sequence[Draws], *, drawn: bool) -> list[Floats]:
    """(R,) each: the amount, and where children are kept out the share and months of a return."""
    several = effect.distributions
    if drawn and any(each.is_drawn for each in several):
        purpose, block = named_block(effect.name)
        uniforms = np.stack([one.uniforms(purpose, block, 1, len(several))[0] for one in every])
        values = [each.quantile(uniforms[:, at]) for at, each in enumerate(several)]
    else:
        values = [np.full(len(every), each.mean) for each in several]
    amount = np.prod(values[: len(effect.amounts)], axis=0)
    return [amount, *values[len(effect.amounts) :]]


def named_block(name: str) -> tuple[int, int]:
    """The purpose and block of random numbers that belong to an intervention's name."""
    hashed = int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:4], "big")
    return _FIRST_PURPOSE + (hashed >> 17), hashed & 0xFFFF


def _factors(effect: PlannedEffect, amount: Floats) -> Floats:
    """(R, rows or 1, K): what the rows of the target are multiplied by."""
    change = -amount if effect.held_back else amount - 1.0
    factor = 1.0 + change[:, None, None] * effect.weight
    if effect.release is None:
        return factor
    extra = np.stack(
        [np.interp(-change, HELD_BACK_GRID, row) for row in effect.release.extra], axis=1
    )
    released: Floats = factor + extra[..., None] * effect.release.periods
    return released


def _keep_out(
    entries: Floats,
    effect: PlannedEffect,
    prevented: Prevented,
    values: list[Floats],
    plan: EffectPlan,
) -> None:
    """Take the children kept out from the entries (R, A, K) in place, and let some come later.

    No more are kept out than would come, and of those who come later none was not kept out. They
    come in the age group in which they would have come.
    """
    amount, *after = values
    per_child = prevented.per_child[effect.rows]
    kept = np.minimum(
        (amount[:, None] * effect.weight)[:, None] * per_child, entries[:, effect.rows]
    )
    entries[:, effect.rows] -= kept
    if prevented.months_kept_out is None:
        return
    share = after[0] if prevented.return_share is not None else np.ones(len(amount))
    children = np.divide(kept, per_child, out=np.zeros_like(kept), where=per_child > 0)
    later = _later(children, after[-1], plan)
    entries[:, effect.rows] += share[:, None, None] * later * per_child


def _later(values: Floats, months: Floats, plan: EffectPlan) -> Floats:
    """(R, rows, K): values as they were so many months before, averaged over each period."""
    edges = np.append(plan.starts_days, plan.horizon_days)
    lengths = np.diff(edges)
    summed = np.cumsum(values * lengths, axis=-1)
    summed = np.concatenate([np.zeros_like(summed[..., :1]), summed], axis=-1)
    before = np.maximum(edges - months[:, None] * DAYS_PER_MONTH, 0.0)
    period = np.minimum(np.searchsorted(edges, before, side="right") - 1, len(lengths) - 1)
    at_start = np.take_along_axis(summed, period[:, None], axis=-1)
    rate = np.take_along_axis(values, period[:, None], axis=-1)
    reached = at_start + rate * (before - edges[period])[:, None]
    later: Floats = np.diff(reached, axis=-1) / lengths
    return later
