"""Calibration from a council's own children, which stands on what is published for it."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import recent_starters
from sufficiency.calibration.children.counts import ADOPTION_SETTING
from sufficiency.calibration.children.fit import ChildCalibration, fit_children
from sufficiency.calibration.children.lexis import N_SETTINGS
from sufficiency.calibration.children.rates import PriorRates
from sufficiency.calibration.national_table import shipped_rates
from sufficiency.domain import NEED_GROUPS, SECTORS, NeedGroup, Sector
from sufficiency.history.returns.frames import CareHistories
from sufficiency.resolution.own_return import NEED_OF_SECTOR
from sufficiency.resolution.resolve import resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.world import Hazards
from sufficiency.simulation.worlds import WorldPlan, draw_world

Floats = NDArray[np.float64]

FIRST_PUBLISHED = date(2014, 3, 31)
"""Returns that end earlier are pooled toward the first published rates that can be fitted."""
_NEED = {need: code for code, need in enumerate(NEED_GROUPS)}
_SECTOR = {sector: code for code, sector in enumerate(SECTORS)}


def need_of_setting(overflow_ifa: float, overflow_residential: float) -> Floats:
    """(7, N): share of a setting's children by need group, as at the start of a forecast."""
    share = np.zeros((N_SETTINGS, len(NEED_GROUPS)))
    for sector, need in NEED_OF_SECTOR.items():
        share[_SECTOR[sector], _NEED[need]] = 1.0
    for sector, overflow in (
        (Sector.IFA, overflow_ifa),
        (Sector.RESIDENTIAL, overflow_residential),
    ):
        share[_SECTOR[sector], _NEED[NEED_OF_SECTOR[sector]]] = 1 - overflow
        share[_SECTOR[sector], _NEED[NeedGroup.FAMILY]] = overflow
    share[ADOPTION_SETTING, _NEED[NeedGroup.PLACED_FOR_ADOPTION]] = 1.0
    return share


def prior_rates(plan: WorldPlan, starters_per_year: Floats) -> PriorRates:
    """What is published for an authority, as rates at its own levels.

    Args:
        plan: its forecast from published statistics alone.
        starters_per_year: (A,) recent starters, same-year returns added.
    """
    world = draw_world(plan, 0, 0, parameter=False, drift=False)
    shares = (assumed("overflow_share_ifa").number, assumed("overflow_share_residential").number)
    return PriorRates(
        per_day=_by_one_clock(world.hazards),
        need_factor=world.hazards.need_factor,
        need_of_setting=need_of_setting(*shares),
        first_need=plan.tables.first_need,
        destination=plan.tables.destination,
        starters_per_year=starters_per_year,
        at_start=plan.children,
    )


def _by_one_clock(hazards: Hazards) -> Floats:
    """(C, S, A, B): rates with moves by time in the placement alone, as returns are counted.

    Those of the first year in care are spread over the placements that are in it.
    """
    per_day = hazards.per_day.copy()
    if hazards.also_by_care is not None:
        share = shipped_rates().in_first_year
        per_day[..., : len(share)] += hazards.also_by_care[..., :1] * share
    return per_day


def calibrate(
    histories: CareHistories,
    authority: str,
    *,
    as_at: date | None = None,
    window_months: int | None = None,
    entries_window_months: int | None = None,
) -> ChildCalibration:
    """Fit a council's own rates: histories in, counts and posteriors out.

    Every rate is pooled toward the authority's published rates, and those toward its neighbours'
    and England's.

    Args:
        histories: rebuilt from the council's returns.
        authority: its name, three-digit code or ONS code.
        as_at: the last day to count; by default the last that the histories reach.
        window_months: how far back exits and moves are counted; by default 60.
        entries_window_months: how far back the level of entries is; by default 24.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        HistoryError: the histories hold no time in the window, or nothing is published by then.
    """
    until = min(as_at or histories.last_day, histories.last_day)
    told = max(until, FIRST_PUBLISHED)
    scenario = scenario_for_authority(authority, as_at=told, months=1)
    published = resolve_children(scenario)
    prior = prior_rates(published.plan, recent_starters(published.fit))
    return fit_children(
        histories, published.authority.name, prior, until, window_months, entries_window_months
    )
