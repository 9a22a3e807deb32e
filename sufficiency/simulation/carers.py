"""Fostering households that come and go: an immigration-death process, household by household.

Households come forward at a rate, are approved a number of days later and bring usable places; each
is de-registered at a rate, and its places close with it. So their number at t, with constant rates
a (approvals) and d (de-registrations) and h at the start, has mean h e^-dt + (a / d)(1 - e^-dt) and
variance h e^-dt (1 - e^-dt) + (a / d)(1 - e^-dt).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sufficiency.simulation.draws import FIRST_FREE_PURPOSE, Draws
from sufficiency.simulation.record import CARER_APPROVED, CARER_DEREGISTERED
from sufficiency.simulation.world import Floats, Ints

_AT_START, _APPROVED = range(FIRST_FREE_PURPOSE + 32, FIRST_FREE_PURPOSE + 34)
MOST_PLACES = 20
_GAP, _LIFETIME, _PLACES, _CHANCE, _THERE = range(5)
_USES = 5 + MOST_PLACES


class RecruitmentEffects(Protocol):
    """What interventions do to recruitment in one replication, on K calendar periods."""

    @property
    def starts_days(self) -> Floats:
        """(K,): first 0, rising."""

    @property
    def approvals_factor(self) -> Floats:
        """(K,): factor on the households that come forward and will be approved."""

    @property
    def approval_days_added(self) -> Floats:
        """(K,): further days from coming forward to approval."""


@dataclass(frozen=True)
class CarerProcess:
    """How the households of a pool come and go. K periods."""

    pool: int
    block: int
    places_of_first: Ints
    """(h,): usable places of each household at the start."""
    starts_days: Floats
    """(K,): first 0, rising."""
    approvals_per_day: Floats
    """(K,): households that come forward and will be approved; the first rate holds before the
    start too."""
    deregistrations_per_day: Floats
    """(K,): by household."""
    days_to_approve: float
    places_per_household: float
    usable_share: float
    children_there_share: float
    """Of de-registrations, those that end the placements of children who live there."""


class Households(NamedTuple):
    """Everyone who fosters at any time; n households, those of the start first."""

    approved: Floats
    """(n,): days; 0 for those of the start."""
    ended: Floats
    """(n,): days; infinite if after the horizon."""
    places: Ints
    """(n,): usable places."""
    chance: Floats
    """(n,): which places close with it, where not all are filled."""
    with_children: NDArray[np.bool_]
    """(n,): whether those who live there move when it ends."""


def households(
    process: CarerProcess,
    draws: Draws,
    horizon_days: int,
    effects: RecruitmentEffects | None = None,
) -> Households:
    """The households of one replication, drawn by index: more approvals keep everyone's luck."""
    cuts, intensity = approvals(process, horizon_days, effects)
    luck, approved = _approved(process.block, cuts, intensity, draws)
    first = draws.uniforms(_AT_START, process.block, len(process.places_of_first), _USES)
    both = np.concatenate([first, luck])
    since = np.concatenate([np.zeros(len(first)), approved])
    ended = _ends(process, since, -np.log1p(-both[:, _LIFETIME]), horizon_days)
    places = np.concatenate([process.places_of_first, _usable_places(process, luck)])
    there = both[:, _THERE] < process.children_there_share
    return Households(since, ended, places, both[:, _CHANCE], there)


def approvals(
    process: CarerProcess, horizon_days: int, effects: RecruitmentEffects | None = None
) -> tuple[Floats, Floats]:
    """Households approved a day, piecewise constant: cuts (J + 1,) from 0 on, rates (J,).

    Who comes forward in a period is approved `days_to_approve` later, and later still while an
    intervention adds days; who came forward before the start did so at the first rate.
    """
    effect_starts = np.zeros(1) if effects is None else effects.starts_days
    starts = np.union1d(process.starts_days, effect_starts)
    rate = process.approvals_per_day[_period(process.starts_days, starts)]
    days = np.full(len(starts), process.days_to_approve)
    if effects is not None:
        at = _period(effects.starts_days, starts)
        rate = rate * effects.approvals_factor[at]
        days = days + effects.approval_days_added[at]
    begins = np.concatenate([[-np.inf], starts + days])
    ends = np.concatenate([[process.days_to_approve], (np.append(starts[1:], np.inf) + days)])
    rates = np.concatenate([process.approvals_per_day[:1], rate])
    edges = np.concatenate([begins, ends])
    inside = edges[(edges > 0) & (edges < horizon_days)]
    cuts = np.union1d(inside, [0.0, float(horizon_days)])
    middle = (cuts[:-1] + cuts[1:]) / 2
    covered = (begins[:, None] <= middle) & (middle < ends[:, None])
    intensity: Floats = rates @ covered
    return cuts, intensity


def changes_by_carers(
    process: CarerProcess,
    draws: Draws,
    horizon_days: int,
    effects: RecruitmentEffects | None = None,
) -> tuple[Floats, Ints, Ints, Floats, Ints]:
    """Changes in usable places: times, places added, how many close with whoever lives in them,
    the chance of which, and why; (X,) each, in order of time."""
    everyone = households(process, draws, horizon_days, effects)
    some = everyone.places > 0
    approved = some & (everyone.approved > 0)
    ended = some & np.isfinite(everyone.ended)
    time = np.concatenate([everyone.approved[approved], everyone.ended[ended]])
    gained, lost = everyone.places[approved], everyone.places[ended]
    moved = np.where(everyone.with_children[ended], lost, 0)
    closes = np.concatenate([np.zeros(len(gained), dtype=np.int64), moved])
    chance = np.concatenate([everyone.chance[approved], everyone.chance[ended]])
    why = np.repeat([CARER_APPROVED, CARER_DEREGISTERED], [len(gained), len(lost)])
    order = np.argsort(time, kind="stable")
    added = np.concatenate([gained, -lost])
    return time[order], added[order], closes[order], chance[order], why[order]


def _approved(block: int, cuts: Floats, intensity: Floats, draws: Draws) -> tuple[Floats, Floats]:
    """The luck of every household approved (n, uses), and when it is (n,)."""
    path = _Rates.of(cuts, intensity)
    expected = float(path.spent[-1])
    rows = int(expected + 8 * np.sqrt(expected) + 16)
    while True:
        luck = draws.uniforms(_APPROVED, block, rows, _USES)
        spent = np.cumsum(-np.log1p(-luck[:, _GAP]))
        if spent[-1] >= expected:
            break
        rows *= 2
    number = int(np.searchsorted(spent, expected))
    return luck[:number], path.when(spent[:number])


def _ends(process: CarerProcess, since: Floats, lifetime: Floats, horizon_days: int) -> Floats:
    """When each unit exponential is spent along the rate of de-registration; infinite if later."""
    starts = process.starts_days[process.starts_days < horizon_days]
    rate = process.deregistrations_per_day[: len(starts)]
    return _Rates.of(np.append(starts, float(horizon_days)), rate).when_spent(since, lifetime)


class _Rates(NamedTuple):
    """A rate from cut to cut (J + 1,), and what is spent of it by each cut.

    Neighbours of one rate are one part, so that a cut at which nothing changes moves no time by
    as much as a rounding error: nothing may differ before the day of a change.
    """

    cuts: Floats
    rate: Floats
    spent: Floats

    @classmethod
    def of(cls, cuts: Floats, rate: Floats) -> _Rates:
        """The parts, cumulated."""
        changes = np.concatenate([[True], rate[1:] != rate[:-1]])
        starts, rate = cuts[:-1][changes], rate[changes]
        edges = np.append(starts, cuts[-1])
        return cls(edges, rate, np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))]))

    def when(self, spent: Floats) -> Floats:
        """When so much is spent; infinite if not by the last cut."""
        part = np.searchsorted(self.spent, spent, side="right") - 1
        inside = part < len(self.rate)
        part = np.minimum(part, len(self.rate) - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            time = self.cuts[part] + (spent - self.spent[part]) / self.rate[part]
        result: Floats = np.where(inside, time, np.inf)
        return result

    def when_spent(self, since: Floats, spent: Floats) -> Floats:
        """The same of what begins to be spent at ``since``."""
        part = np.searchsorted(self.cuts, since, side="right") - 1
        part = np.clip(part, 0, len(self.rate) - 1)
        begun = self.spent[part] + (since - self.cuts[part]) * self.rate[part]
        return self.when(begun + spent)


def _usable_places(process: CarerProcess, luck: Floats) -> Ints:
    """(n,): a household has a whole number of places, each usable or not, with the given means."""
    whole, part = divmod(process.places_per_household, 1)
    approved = int(whole) + (luck[:, _PLACES] < part)
    usable = luck[:, _USES - MOST_PLACES :] < process.usable_share
    counted: Ints = (usable & (np.arange(MOST_PLACES) < approved[:, None])).sum(axis=1)
    return counted.astype(np.int64)


def _period(starts: Floats, at: Floats) -> Ints:
    found: Ints = np.maximum(np.searchsorted(starts, at, side="right") - 1, 0)
    return found
