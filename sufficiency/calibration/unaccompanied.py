"""Unaccompanied asylum-seeking children: how long they have been there, and how soon they go.

Most stay until they turn 18. Councils at ports of entry are different: nearly all their children
are moved on to other councils within weeks and are counted among the leavers, so the rate of
exit before 18 is each council's own, pooled toward England's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.cohort import (
    IN_CARE_AGE,
    N_AGE_BANDS,
    N_STEPS,
    STEPS_PER_YEAR,
    GridHazards,
    StartersByYear,
    Stock,
    YearFlows,
    entrants_by_cell,
    run_year,
    sum_by_age_band,
)
from sufficiency.calibration.national_counts import uasc_entry_ages

Floats = NDArray[np.float64]

_ROUNDS = 6
# A trace keeps a shape for authorities with no unaccompanied children yet.
_TRACE = 1e-3


@dataclass(frozen=True)
class UnaccompaniedExits:
    """How unaccompanied children left before 18."""

    per_year: float
    """Exits before 18 a year per child."""
    left_before_18: Floats
    """(W, 5): leavers before 18 in the window's years, by age band."""


def uasc_hazards(exit_per_year: float) -> GridHazards:
    """Hazards of unaccompanied children by cell: one rate, no adoption."""
    leave = np.full((N_STEPS, N_STEPS), exit_per_year / STEPS_PER_YEAR)
    return GridHazards(leave, np.zeros_like(leave), 0.0, 0.0)


def uasc_stock(starters: Floats, in_care: float, exit_per_year: float) -> Floats:
    """(E, D): unaccompanied children by entry age and time in care.

    Args:
        starters: (Y,) starters by year, the last being the year that ends at the date.
        in_care: children at the date.
        exit_per_year: exits before 18 a year per child.
    """
    by_band = np.zeros((len(starters), N_AGE_BANDS))
    by_band[:, -1] = starters + _TRACE
    entry_age = np.zeros((N_AGE_BANDS, N_STEPS))
    entry_age[-1] = uasc_entry_age()
    past = entrants_by_cell(StartersByYear(by_band), entry_age, at_year_end=True)
    middles = (np.arange(N_STEPS) + 0.5) / STEPS_PER_YEAR
    raw: Floats = past * np.exp(-exit_per_year * middles) * IN_CARE_AGE
    return raw * in_care / raw.sum() if in_care > 0 else raw


def uasc_year(opening: Floats, starters: float, exit_per_year: float) -> YearFlows:
    """Run unaccompanied children (E, D) on by a year in which ``starters`` enter."""
    nobody = np.zeros_like(opening)
    entrants = starters * uasc_entry_age()
    return run_year(Stock(opening, nobody), uasc_hazards(exit_per_year), entrants)


def unaccompanied_exits(
    starters: Floats, in_care: Floats, leavers: Floats, window: range, england_per_year: float
) -> UnaccompaniedExits:
    """The rate at which unaccompanied children leave before 18, pooled toward England's.

    Published leavers count 18th birthdays: those that the rate itself implies are taken out, and
    the two are brought into line by fixed-point iteration.

    Args:
        starters: (Y,) by year.
        in_care: (Y,) at the end of each year.
        leavers: (Y,) of any age; missing where not published.
        window: the years (positions) to read.
        england_per_year: England's rate.
    """
    prior = assumed("prior_events_uasc_exits").number
    rate = england_per_year
    flows: list[YearFlows] = []
    for _ in range(_ROUNDS):
        flows = [
            uasc_year(
                uasc_stock(starters[:year], float(in_care[year - 1]), rate),
                float(starters[year]),
                rate,
            )
            for year in window
        ]
        known = [
            (flow, _before_18(flow, float(leavers[year])))
            for flow, year in zip(flows, window, strict=True)
            if not np.isnan(leavers[year])
        ]
        seen = sum(left for _, left in known)
        exposure = sum(float(flow.left.sum()) for flow, _ in known) / rate
        rate = (seen + prior) / (exposure + prior / england_per_year)
    left = [_by_age(flow, float(leavers[year])) for flow, year in zip(flows, window, strict=True)]
    return UnaccompaniedExits(rate, np.array(left).reshape(-1, N_AGE_BANDS))


def _before_18(flow: YearFlows, leavers: float) -> float:
    """Published leavers without the birthdays expected; the model's own where not published."""
    if np.isnan(leavers):
        return float(flow.left.sum())
    return max(leavers - float(flow.turned_18.sum()), 0.0)


def _by_age(flow: YearFlows, leavers: float) -> Floats:
    by_age = sum_by_age_band(flow.left)
    result: Floats = by_age * (_before_18(flow, leavers) / max(float(by_age.sum()), 1e-12))
    return result


def uasc_entry_age() -> Floats:
    """(E,): ages of unaccompanied children at entry; sums to 1."""
    return uasc_entry_ages(assumed("under_16_share_of_uasc").number)
