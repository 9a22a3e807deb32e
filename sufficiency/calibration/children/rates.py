"""A council's own rates: counts of its children pooled toward what is published for it.

Every rate of the model is a published rate (at the authority's own levels) times a factor by cell:
exits by age and time in care for each reason, moves by sector and time in the placement for each
reason. Beside the cells, a factor by sector for each reason to leave and one by age for moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.children.assumptions import child_assumed
from sufficiency.calibration.children.counts import ADOPTION_SETTING, ChildCounts
from sufficiency.calibration.children.lexis import N_PLACEMENT_BANDS, N_SETTINGS
from sufficiency.calibration.children.pooling import Family, pooled
from sufficiency.calibration.cohort import N_AGE_BANDS, N_CARE_BANDS
from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    EXIT_CAUSES,
    MOVE_REASONS,
    N_EXIT_CAUSES,
    NEED_GROUPS,
    SECTORS,
    UASC_ROW,
    ExitReason,
    MoveReason,
    NeedGroup,
    Sector,
)

Floats = NDArray[np.float64]

ADOPTION, MATCH = 0, len(CAUSES) - 1
LEAVING = range(ADOPTION + 1, N_EXIT_CAUSES)
MOVING = range(N_EXIT_CAUSES, MATCH)
UNPLANNED = N_EXIT_CAUSES + MOVE_REASONS.index(MoveReason.UNPLANNED_ENDING)
_OTHER = SECTORS.index(Sector.OTHER)
_OTHER_REASON = EXIT_CAUSES.index(ExitReason.OTHER_REASON)
_ADOPTION_NEED = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
UASC_FAMILY, ADOPTION_FAMILY, ENDING_FAMILY = "uasc", "adoption", "adoptive_ending"
_LEAST_RATE_SHARE = 0.02
_ROUNDS = 4


@dataclass(frozen=True)
class PriorRates:
    """What is published for the authority, as rates. C causes, S sectors, A age groups, B bands,
    N need groups."""

    per_day: Floats
    """(C, S, A, B): at the authority's own levels."""
    need_factor: Floats
    """(C, N)."""
    need_of_setting: Floats
    """(7, N): share of a setting's children by need group; rows sum to 1."""
    first_need: Floats
    """(A, N)."""
    destination: Floats
    """(M, 2, N, N)."""
    starters_per_year: Floats
    """(A,): children who start in a year, those who come back within it included."""
    at_start: ChildrenAtStart
    """The children in care whom the published figures expect: ages, and times in care."""

    def by_setting(self) -> Floats:
        """(C, 7, A, B): mean rate of the children of each setting."""
        factor = self.need_factor @ self.need_of_setting.T
        settings = np.concatenate([self.per_day, self.per_day[:, [_OTHER]]], axis=1)
        return np.asarray(settings * factor[:, :, None, None])


@dataclass(frozen=True)
class ChildRates:
    """The fitted rates: posteriors, not points."""

    base_per_day: Floats
    """(C, S, A, B): what the families' factors multiply."""
    families: Mapping[str, Family]
    """By name: each reason to leave (5, 9) and ``uasc`` (9,), ``placed_for_adoption`` (5, 9),
    ``adoption`` (8,), each reason to move (S, 8), ``adoptive_ending`` (1,)."""
    sector_factor: Floats
    """(C, S): exits by sector, in ``base_per_day`` already."""
    age_factor: Floats
    """(A,): moves by age, in ``base_per_day`` already."""
    first_need_weights: Floats
    """(A, N): Dirichlet weights."""
    destination_weights: Floats
    """(M, 2, N, N): Dirichlet weights."""
    adoptive_ending_factor: float
    """Takes what other unplanned endings are fitted at out of those of adoptive placements, whose
    own level is ``adoptive_ending``."""


def child_rates(counts: ChildCounts, first_setting: Floats, prior: PriorRates) -> ChildRates:
    """Fit every rate.

    Args:
        counts: child-days and events of the window.
        first_setting: (A, 7) starters by where they lived first.
        prior: what is published.
    """
    days, events = counts.days.sum(axis=0), counts.events.sum(axis=1)
    base = _base(prior, events)
    rates = _with_base(prior, base)
    families: dict[str, Family] = {}
    sector_factor = np.ones((len(CAUSES), len(SECTORS)))
    for cause in LEAVING:
        family, factor = _exits(cause, days, events[cause], rates)
        families[str(CAUSES[cause])] = family
        sector_factor[cause] = factor
        base[cause, :, :N_AGE_BANDS] *= factor[:, None, None]
    families[str(CAUSES[MATCH])] = _matches(days, events[MATCH], rates)
    families[UASC_FAMILY] = _unaccompanied(days, events, rates)
    families[ADOPTION_FAMILY] = _adoptions(days, events[ADOPTION], rates)
    families[ENDING_FAMILY] = _adoptive_endings(days, events[UNPLANNED], rates)
    age_factor = _age_factor(days, events, rates)
    base[list(MOVING)] *= age_factor[:, None]
    rates = _with_base(prior, base)
    for cause in MOVING:
        families[str(CAUSES[cause])] = _moves(cause, days, events[cause], rates)
    return ChildRates(
        base_per_day=base,
        families=families,
        sector_factor=sector_factor,
        age_factor=age_factor,
        first_need_weights=_first_needs(first_setting, prior),
        destination_weights=_destinations(counts.destinations, prior),
        adoptive_ending_factor=_ending_factor(days, families[CAUSES[UNPLANNED]], prior, base),
    )


def _with_base(prior: PriorRates, base: Floats) -> Floats:
    """(C, 7, A, B): rates by setting at other base rates."""
    factor = prior.need_factor @ prior.need_of_setting.T
    settings = np.concatenate([base, base[:, [_OTHER]]], axis=1)
    return np.asarray(settings * factor[:, :, None, None])


def _base(prior: PriorRates, events: Floats) -> Floats:
    """(C, S, A, B): published rates; a trace where they are 0 and yet something happened.

    Unaccompanied children's one published rate is parted between the reasons as seen, with the
    published reason worth as many events as their prior.
    """
    base = prior.per_day.copy()
    uasc_rate = base[:N_EXIT_CAUSES, :, UASC_ROW].sum(axis=0)
    seen = events[list(LEAVING)][:, :, UASC_ROW].sum(axis=(1, 2, 3))
    seen[_OTHER_REASON - 1] += assumed("prior_events_uasc_exits").number
    base[list(LEAVING), :, UASC_ROW] = (seen / seen.sum())[:, None, None] * uasc_rate
    by_cell = events.sum(axis=(1, 4))[..., :N_CARE_BANDS]
    for cause in (*LEAVING, MATCH):
        typical = base[cause, :, :N_AGE_BANDS].mean()
        empty = (by_cell[cause] > 0) & (base[cause].max(axis=0) <= 0)
        empty[UASC_ROW] = False
        base[cause][:, empty] = _LEAST_RATE_SHARE * typical
    for cause in MOVING:
        by_sector = events[cause][:_OTHER].sum(axis=(1, 2))
        empty_cells = (by_sector > 0) & (
            base[cause, :_OTHER, :, :N_PLACEMENT_BANDS].sum(axis=1) <= 0
        )
        typical = base[cause].mean()
        for sector, band in np.argwhere(empty_cells):
            base[cause, sector, :, band] = _LEAST_RATE_SHARE * typical
    return base


def _exits(cause: int, days: Floats, events: Floats, rates: Floats) -> tuple[Family, Floats]:
    """A reason to leave by age and time in care, and by sector; each given the other in turn."""
    known = days[..., :N_CARE_BANDS, :].sum(axis=-1)[:, :N_AGE_BANDS]
    seen = events[..., :N_CARE_BANDS, :].sum(axis=-1)[:, :N_AGE_BANDS]
    expected = known * rates[cause, :, :N_AGE_BANDS]
    factor, even = np.ones(N_SETTINGS), child_assumed("prior_events_factors")
    strength = assumed("prior_events_exits").number
    family = pooled(seen.sum(axis=0), expected.sum(axis=0), strength)
    for _ in range(_ROUNDS):
        by_setting = (expected * family.mean).sum(axis=(1, 2))
        if not by_setting.any():  # nobody who could leave so was seen
            break
        found = (seen.sum(axis=(1, 2)) + even) / (by_setting + even)
        factor = found / (float(found @ by_setting) / max(float(by_setting.sum()), 1e-12))
        weighted = (expected * factor[:, None, None]).sum(axis=0)
        family = pooled(seen.sum(axis=0), weighted, strength)
    return family, factor[:ADOPTION_SETTING]


def _matches(days: Floats, events: Floats, rates: Floats) -> Family:
    """Being placed for adoption by age and time in care."""
    known = days[..., :N_CARE_BANDS, :].sum(axis=-1)[:, :N_AGE_BANDS]
    seen = events[..., :N_CARE_BANDS, :].sum(axis=(0, -1))[:N_AGE_BANDS]
    expected = (known * rates[MATCH, :, :N_AGE_BANDS]).sum(axis=0)
    return pooled(seen, expected, assumed("prior_events_exits").number)


def _unaccompanied(days: Floats, events: Floats, rates: Floats) -> Family:
    """Unaccompanied children leaving before 18, by time in care."""
    known = days[:, UASC_ROW, :N_CARE_BANDS].sum(axis=-1)
    leaving = list(LEAVING)
    seen = events[leaving][:, :, UASC_ROW, :N_CARE_BANDS].sum(axis=(0, 1, 3))
    expected = (known * rates[leaving][:, :, UASC_ROW].sum(axis=0)).sum(axis=0)
    return pooled(seen, expected, assumed("prior_events_uasc_exits").number)


def _adoptions(days: Floats, events: Floats, rates: Floats) -> Family:
    """Adoption of children who are placed for it, by time in that placement."""
    placed = days[ADOPTION_SETTING].sum(axis=1)
    expected = (placed * rates[ADOPTION, ADOPTION_SETTING, :, :N_PLACEMENT_BANDS]).sum(axis=0)
    seen = events[ADOPTION_SETTING].sum(axis=(0, 1))
    return pooled(seen, expected, assumed("prior_events_exits").number)


def _adoptive_endings(days: Floats, events: Floats, rates: Floats) -> Family:
    """Placements for adoption that end while care goes on."""
    placed = days[ADOPTION_SETTING].sum(axis=1)
    expected = placed * rates[UNPLANNED, ADOPTION_SETTING, :, :N_PLACEMENT_BANDS]
    seen = events[ADOPTION_SETTING].sum()
    return pooled(
        np.array([seen]), np.array([expected.sum()]), assumed("prior_events_exits").number
    )


def _ending_factor(days: Floats, unplanned: Family, prior: PriorRates, base: Floats) -> float:
    placed = days[ADOPTION_SETTING].sum(axis=1)
    bands = slice(0, N_PLACEMENT_BANDS)
    before = float((placed * prior.per_day[UNPLANNED, _OTHER, :, bands]).sum())
    after = float((placed * base[UNPLANNED, _OTHER, :, bands] * unplanned.mean[_OTHER]).sum())
    return before / after if after > 0 else 1.0


def _age_factor(days: Floats, events: Floats, rates: Floats) -> Floats:
    """(A,): moves by age against those expected, one on average."""
    moving, even = list(MOVING), child_assumed("prior_events_factors")
    by_age = days[:ADOPTION_SETTING].sum(axis=2)
    expected = (by_age[None] * rates[moving][:, :ADOPTION_SETTING, :, :N_PLACEMENT_BANDS]).sum(
        axis=(0, 1, 3)
    )
    seen = events[moving][:, :ADOPTION_SETTING].sum(axis=(0, 1, 3, 4))
    level = (seen.sum() + even) / (expected.sum() + even)
    found = (seen + even) / (expected * level + even)
    mean = float(found @ expected) / max(float(expected.sum()), 1e-12)
    return np.asarray(found / mean) if expected.sum() > 0 else np.ones(len(AGE_GROUPS))


def _moves(cause: int, days: Floats, events: Floats, rates: Floats) -> Family:
    """A reason to move by sector and time in the placement."""
    by_age = days[:ADOPTION_SETTING].sum(axis=2)
    expected = (by_age * rates[cause, :ADOPTION_SETTING, :, :N_PLACEMENT_BANDS]).sum(axis=1)
    seen = events[:ADOPTION_SETTING].sum(axis=(1, 2))
    return pooled(seen, expected, assumed("prior_events_moves").number)


def _first_needs(first_setting: Floats, prior: PriorRates) -> Floats:
    """(A, N): starters by what they needed, read from where they lived first."""
    strength = assumed("prior_first_need").number
    return np.asarray(first_setting @ prior.need_of_setting + strength * prior.first_need)


def _destinations(moves: Floats, prior: PriorRates) -> Floats:
    """(M, 2, N, N): moves by need before and after, read from where children lived."""
    share = prior.need_of_setting
    seen = np.einsum("mast,sn,tk->mank", moves, share, share)
    seen[..., 0, :, NEED_GROUPS.index(NeedGroup.SUPPORTED_16_PLUS)] = 0
    adoptive = MOVE_REASONS.index(MoveReason.PLACED_FOR_ADOPTION)
    seen[adoptive] = 0
    seen[:, :, :, _ADOPTION_NEED] = 0
    strength = child_assumed("prior_events_destinations")
    return np.asarray(seen + strength * prior.destination)
