"""What is held back comes later: how much faster, so that as many come out as were held back.

Orders that a closed court does not make are made once it opens again. As a rule on hazards that is
a factor below 1 and then one above 1. How far above follows from how fast those who wait would have
left: with many of them gone early in the release, the same factor brings out fewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import ADULT_YEARS, DAYS_PER_YEAR, N_EXIT_CAUSES, UASC_ROW
from sufficiency.simulation.worlds import WorldPlan

Floats = NDArray[np.float64]

_STEPS = 120
"""Steps of time over the closure and the release; the answer moves by under 0.5% with more."""
_MOST_DAYS_WAITED = 6 * 365
_HALVINGS = 18


@dataclass(frozen=True)
class Leaving:
    """How children leave for one reason, and otherwise, by the time that they are at risk.

    Children are taken to come to be at risk at a steady rate.
    """

    band_starts_days: Floats
    """(B,): first 0, rising; infinity for bands that are not used."""
    reason_per_day: Floats
    """(B,)."""
    other_per_day: Floats
    """(B,)."""


def release_factors(
    leaving: Leaving,
    held_back: Floats,
    closed_days: Floats,
    closed_weight: Floats,
    release_days: float,
    share: float,
) -> Floats:
    """(Q,): the factor in the release that lets come out what was held back.

    Args:
        leaving: the hazards.
        held_back: (Q,) shares of those due who are held back while closed.
        closed_days: (W,) lengths of the stretches of the closure.
        closed_weight: (W,) share of the whole effect in each.
        release_days: how long the release takes.
        share: which share of those held back comes out.
    """
    edges = np.append(np.cumsum(closed_days), closed_days.sum() + release_days)
    step = edges[-1] / _STEPS
    times = np.arange(_STEPS + 1) * step
    summed = np.append(0.0, np.cumsum(np.append(closed_days * closed_weight, 0.0)))
    weight = np.diff(np.interp(times, np.append(0.0, edges), summed)) / step
    releasing = np.diff(np.clip(times - closed_days.sum(), 0.0, None)) / step
    during = 1.0 - held_back[:, None] * weight
    usual = _leavers(leaving, np.ones((1, _STEPS)), step)
    unreleased = _leavers(leaving, during, step)
    wanted = usual - (1.0 - share) * (usual - unreleased)
    # Where few of those at risk leave, it is 1 + held back x closed / release; else it is less.
    most = 2.0 + 2.0 * closed_days.sum() / release_days
    low, high = np.ones(len(held_back)), np.full(len(held_back), most)
    for _ in range(_HALVINGS):
        tried = (low + high) / 2
        released = during + (tried - 1.0)[:, None] * releasing
        enough = _leavers(leaving, released, step) >= wanted
        low, high = np.where(enough, low, tried), np.where(enough, tried, high)
    result: Floats = np.where(held_back > 0, high, 1.0)
    return result


def _leavers(leaving: Leaving, factor: Floats, step: float) -> Floats:
    """(Q,): how many leave for the reason while its hazard has the factors (Q, steps).

    One child a day comes to be at risk; those at risk when it begins came so before it.
    """
    waited = np.arange(0.0, _MOST_DAYS_WAITED, step)
    band = np.searchsorted(leaving.band_starts_days, waited, side="right") - 1
    reason, other = leaving.reason_per_day[band], leaving.other_per_day[band]
    spent = np.append(0.0, np.cumsum((reason + other) * step))[:-1]
    at_risk = np.repeat(step * np.exp(-spent)[None], len(factor), axis=0)
    total = np.zeros(len(factor))
    for now in factor.T:
        fast = reason * now[:, None]
        both = fast + other
        gone = at_risk * -np.expm1(-both * step)
        total += (gone * np.divide(fast, both, out=np.zeros_like(both), where=both > 0)).sum(axis=1)
        left = at_risk - gone
        at_risk = np.concatenate([np.full((len(factor), 1), step), left[:, :-1]], axis=1)
    return total


def leaving_for(plan: WorldPlan, cause: int, where: NDArray[np.bool_]) -> Leaving:
    """How the children at the start leave for one reason, those it can happen to taken together.

    Args:
        plan: whose rates and children.
        cause: the reason's place among all causes.
        where: (S, N) the sectors and needs to count.
    """
    tables, children = plan.tables, plan.children
    rates = tables.per_day if plan.own.rates is None else plan.own.rates.mean().per_day
    needs = children.need if plan.groups is None else plan.groups.base[children.need]
    at_risk = where[children.sector, children.need] & (tables.need_factor[cause, needs] > 0)
    if not at_risk.any():
        return Leaving(np.array([0.0]), np.zeros(1), np.zeros(1))
    sector, age = children.sector[at_risk], children.age_group[at_risk]
    leave = np.append(plan.levels.leave.mean, 1.0) * plan.levels.exit_level
    by_cause = rates[:N_EXIT_CAUSES, sector, age].mean(axis=1)
    own = rates[cause][sector, age]
    clock = tables.placement_clock[cause]
    same_clock = [
        other
        for other in range(N_EXIT_CAUSES)
        if other != cause and tables.placement_clock[other] == clock
    ]
    starts = tables.placement_band_starts_days if clock else tables.care_band_starts_days
    level = leave[age].mean() if 0 < cause < N_EXIT_CAUSES else plan.levels.exit_level
    turning_18 = float(np.isin(age, (UASC_ROW - 1, UASC_ROW)).mean()) / (
        (ADULT_YEARS - 16) * DAYS_PER_YEAR
    )
    return Leaving(
        starts,
        own.mean(axis=0) * level,
        by_cause[same_clock].sum(axis=0) * leave[age].mean() + turning_18,
    )
