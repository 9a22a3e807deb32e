"""The children in care at the start: whole children by age, need and sector, and how long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.cohort import (
    AGE_BAND_OF_CELL,
    IN_CARE_AGE,
    N_AGE_BANDS,
    N_STEPS,
    STEP_DAYS,
    STEPS_PER_YEAR,
    Stock,
)
from sufficiency.calibration.fitting import whole_numbers
from sufficiency.calibration.move_levels import early_moves, moves_by_duration
from sufficiency.calibration.moves import (
    comers_by_time_in_care,
    share_of_care_since_move,
    still_there,
)
from sufficiency.calibration.national_table import shipped_rates
from sufficiency.domain import AGE_BANDS, DAYS_PER_YEAR, NEED_GROUPS, UASC_ROW, NeedGroup

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
_SUPPORTED = NEED_GROUPS.index(NeedGroup.SUPPORTED_16_PLUS)
_FIRST_16_STEP = 16 * STEPS_PER_YEAR
_PLACEMENT_CHANCES = 101
_TRACE = 1e-6
_PLACEMENT_GRID_DAYS = np.concatenate([[0.0], np.geomspace(1, 18 * 365.25, 200)])


@dataclass(frozen=True, eq=False)
class ChildrenAtStart:
    """n children by kind, and the distributions that their ages and times are drawn from."""

    age_group: Ints
    need: Ints
    sector: Ints
    profile: Ints
    """(n,): row of ``cell_cdf``."""
    cell_cdf: Floats
    cell_age_days: Floats
    cell_care_days: Floats
    cell_width_days: float
    placement_days: Floats
    placement_share: Floats
    """(S + 1, P, U): how long those who have moved have been in their present placement, by sector
    and time in care, as a share of the time in care at evenly spaced chances from 0 to 1; the last
    row for children placed for adoption, whose placements last as adoption takes."""
    placement_unmoved: Floats
    """(S + 1, P): chance of not having moved by then."""


def whole_children(needs: Floats, sector_totals: Ints, age_totals: Ints) -> Ints:
    """(A, N, S): whole children with the sectors' totals and, as nearly as can be, the ages'.

    Each sector is rounded by largest remainder; then children are moved between ages within a
    sector and need, where rounding has erred most, until the ages agree or nobody can move.

    Args:
        needs: (A, N, S) expected children.
        sector_totals: (S,) whole children by sector.
        age_totals: (A,) whole children by age group; both sum to the children in care.
    """
    whole = np.zeros(needs.shape, dtype=np.int64)
    for sector, total in enumerate(sector_totals):
        whole[:, :, sector] = whole_numbers(needs[:, :, sector], int(total))
    for _ in range(int(np.abs(whole.sum(axis=(1, 2)) - age_totals).sum())):
        excess = whole.sum(axis=(1, 2)) - age_totals
        over, under = int(excess.argmax()), int(excess.argmin())
        if excess[over] <= 0 or excess[under] >= 0:
            break
        gain = (whole[over] - needs[over]) + (needs[under] - whole[under])
        gain = np.where((whole[over] > 0) & (needs[under] > 0), gain, -np.inf)
        if not np.isfinite(gain.max()):
            break
        need, sector = divmod(int(gain.argmax()), gain.shape[1])
        whole[over, need, sector] -= 1
        whole[under, need, sector] += 1
    return whole


def children_at_start(
    whole: Ints,
    opening: Stock,
    uasc_stock: Floats,
    moves_level: float,
) -> ChildrenAtStart:
    """Give every child a kind and the cells that its age and time in care are drawn from.

    Args:
        whole: (A, N, S) children.
        opening: the authority's children by entry age and time in care, UASC apart.
        uasc_stock: (E, D) unaccompanied children by the same.
        moves_level: the authority's moves against England's rates. Those in care are those who
            have not left, so moves alone say how long they have been where they are.
    """
    kinds = np.argwhere(np.ones(whole.shape, dtype=bool))
    age_group, need, sector = np.repeat(kinds, whole.ravel(), axis=0).T
    profiles = [
        np.where(band == AGE_BAND_OF_CELL, cells, 0.0)
        for cells in (opening.waiting, opening.matched)
        for band in range(N_AGE_BANDS)
    ]
    supported = int(whole[UASC_ROW, _SUPPORTED].sum())
    profiles += _uasc_profiles(uasc_stock, supported / max(int(whole[UASC_ROW].sum()), 1))
    profile = np.where(need == _ADOPTION, N_AGE_BANDS + age_group, age_group)
    uasc_profile = np.where(need == _SUPPORTED, 2 * N_AGE_BANDS + 1, 2 * N_AGE_BANDS)
    profile = np.where(age_group == UASC_ROW, uasc_profile, profile)
    cdf = np.array(
        [_cdf(cells, fallback) for cells, fallback in zip(profiles, _fallbacks(), strict=True)]
    )
    entry, duration = np.nonzero(IN_CARE_AGE)
    placed = _times_placed(whole.sum(axis=1).astype(np.float64), moves_level)
    return ChildrenAtStart(
        age_group=age_group.astype(np.int64),
        need=need.astype(np.int64),
        sector=sector.astype(np.int64),
        profile=profile.astype(np.int64),
        cell_cdf=cdf,
        cell_age_days=(entry + duration).astype(np.float64) * STEP_DAYS,
        cell_care_days=duration.astype(np.float64) * STEP_DAYS,
        cell_width_days=STEP_DAYS,
        placement_days=_PLACEMENT_GRID_DAYS,
        placement_share=np.array([share for share, _ in placed]),
        placement_unmoved=np.array([unmoved for _, unmoved in placed]),
    )


def _times_placed(by_age_and_sector: Floats, moves_level: float) -> list[tuple[Floats, Floats]]:
    """Of every sector, and of children placed for adoption, a row of ``placement_share`` and one of
    ``placement_unmoved``.

    A sector's moves are those of its children's ages. Nobody enters care in an adoptive placement,
    and a child is matched for adoption at any time in care.
    """
    rates = shipped_rates()
    by_level, children = assumed("early_moves_by_level").number, by_age_and_sector + _TRACE
    by_age = (rates.age_move_level @ children) / children.sum(axis=0) / DAYS_PER_YEAR
    of_sectors = [
        _time_placed(tuple(moves.tolist()), float(first_year))
        for moves, first_year in zip(
            rates.move_per_year * by_age[:, None] * moves_by_duration(moves_level, by_level),
            rates.first_year_move_per_year * by_age * early_moves(moves_level, by_level),
            strict=True,
        )
    ]
    matched = share_of_care_since_move(
        rates.adoptive_end_per_day, None, _PLACEMENT_GRID_DAYS, _PLACEMENT_CHANCES
    )
    return [*of_sectors, (matched, np.zeros_like(_PLACEMENT_GRID_DAYS))]


@lru_cache(maxsize=64)
def _time_placed(
    move_per_day: tuple[float, ...], first_year_per_day: float
) -> tuple[Floats, Floats]:
    """(P, U) and (P,): a sector's rows of `_times_placed`."""
    moves = np.array(move_per_day)
    came = comers_by_time_in_care(moves, first_year_per_day)
    share = share_of_care_since_move(moves, came, _PLACEMENT_GRID_DAYS, _PLACEMENT_CHANCES)
    spent_first_year = first_year_per_day * np.minimum(_PLACEMENT_GRID_DAYS, DAYS_PER_YEAR)
    return share, still_there(moves, _PLACEMENT_GRID_DAYS) * np.exp(-spent_first_year)


def _uasc_profiles(uasc_stock: Floats, supported_share: float) -> list[Floats]:
    """(E, D) each: unaccompanied children elsewhere, then those in supported accommodation.

    Those in supported accommodation are 16 and over, so the others are younger than the average:
    both together have the ages of the stock.
    """
    step = np.add.outer(np.arange(N_STEPS), np.arange(N_STEPS))
    older = np.where(step >= _FIRST_16_STEP, uasc_stock, 0.0)
    left = max(1 - supported_share * uasc_stock.sum() / max(older.sum(), 1e-12), 0.0)
    return [uasc_stock - older + left * older, older]


def _fallbacks() -> list[Floats]:
    """Where a scenario has children of a kind that history never had: even over the band."""
    step = np.add.outer(np.arange(N_STEPS), np.arange(N_STEPS))
    bands = [np.where(band == AGE_BAND_OF_CELL, 1.0, 0.0) for band in range(len(AGE_BANDS))]
    oldest = np.where(step >= _FIRST_16_STEP, 1.0, 0.0)
    return [*bands, *bands, oldest, oldest]


def _cdf(cells: Floats, fallback: Floats) -> Floats:
    weights = cells[IN_CARE_AGE]
    if weights.sum() <= 0:
        weights = fallback[IN_CARE_AGE]
    total = np.cumsum(weights)
    result: Floats = total / total[-1]
    result[-1] = 1.0
    return result
