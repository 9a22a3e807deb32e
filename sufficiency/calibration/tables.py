"""The fit as tables that a world is drawn from: hazards by cause, first and next needs.

Everything is at a multiplier of one; a replication multiplies exits, placements for adoption and
moves by what it drew from their posteriors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import TRACE, Calibration, YearAhead
from sufficiency.calibration.cohort import CARE_BAND_STARTS_DAYS, N_CARE_BANDS, sum_by_age_band
from sufficiency.calibration.move_levels import IN_FIRST_YEAR
from sufficiency.calibration.moves import PLACEMENT_BAND_STARTS_DAYS, mean_hazard_until_ended
from sufficiency.calibration.national_table import shipped_hazards, shipped_rates
from sufficiency.calibration.needs import (
    AGE_16_OF_ROW,
    N_NEEDS,
    OwnNextNeeds,
    balanced_next_needs,
    with_own_next_needs,
)
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
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
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

_CAUSE = {str(cause): code for code, cause in enumerate(CAUSES)}
_NEED = {need: code for code, need in enumerate(NEED_GROUPS)}
_SECTOR = {sector: code for code, sector in enumerate(SECTORS)}
_MOVE = {reason: code for code, reason in enumerate(MOVE_REASONS)}
_ADOPTION_NEED = _NEED[NeedGroup.PLACED_FOR_ADOPTION]
_OTHER = _SECTOR[Sector.OTHER]
_UNMATCHED = (NeedGroup.RESIDENTIAL, NeedGroup.SUPPORTED_16_PLUS, NeedGroup.PLACED_FOR_ADOPTION)
_OVER_16_ROWS = (4, 5)
_YOUNG_ROWS = 3
_MARKET = [
    code
    for code, sector in enumerate(SECTORS)
    if sector not in (Sector.SUPPORTED_ACCOMMODATION, Sector.OTHER)
]
_TRACE = 1e-9


@dataclass(frozen=True)
class RateTables:
    """C causes, S sectors, A age groups, B time bands (9), N need groups, M move reasons."""

    per_day: Floats
    """(C, S, A, B)."""
    placement_clock: NDArray[np.bool_]
    """(C,): time bands count from the start of the placement, else from entry."""
    care_band_starts_days: Floats
    placement_band_starts_days: Floats
    """(B,): padded with infinity."""
    need_factor: Floats
    """(C, N)."""
    destination: Floats
    """(M, 2, N, N)."""
    first_need: Floats
    """(A, N): expected shares."""
    also_by_care: Floats
    """(C, S, A, B): moves by time in care, on top of ``per_day``."""
    early_moves_by_level: float
    """How much more often placements of under a year end where children move more often by one."""


def rate_tables(
    calibration: Calibration,
    needs: Floats,
    ahead: YearAhead,
    starters_per_year: Floats,
    own_next_needs: OwnNextNeeds | None = None,
) -> RateTables:
    """Build the tables for an authority's children as they are at the start.

    Args:
        calibration: the fit.
        needs: (A, N, S) children at the start.
        ahead: the year ahead of them without chance.
        starters_per_year: (A,) expected starters in that year.
        own_next_needs: rows of the next needs that a scenario gives, which hold as they are.
    """
    first = first_need_shares(needs)
    per_year, clock = _hazards(needs, first)
    moves = _moves_per_year(needs, float(calibration.moves.mean[0]))
    arrivals = _wanted_arrivals(needs, ahead, starters_per_year, first, moves)
    padding = np.full(N_CARE_BANDS - len(PLACEMENT_BAND_STARTS_DAYS), np.inf)
    return RateTables(
        per_day=per_year / DAYS_PER_YEAR,
        placement_clock=clock,
        care_band_starts_days=CARE_BAND_STARTS_DAYS,
        placement_band_starts_days=np.append(PLACEMENT_BAND_STARTS_DAYS, padding),
        need_factor=_need_factors(),
        destination=with_own_next_needs(balanced_next_needs(moves, arrivals), own_next_needs or {}),
        first_need=first,
        also_by_care=_first_year_moves() / DAYS_PER_YEAR,
        early_moves_by_level=assumed("early_moves_by_level").number,
    )


def first_need_shares(needs: Floats) -> Floats:
    """(A, N): first need group by age: England's first placements, fostering parted as here.

    Fostered starters are parted into ``family`` and ``specialist_family`` as the authority's
    fostered children are at the start (their overflow counted as ``family``).
    """
    placements = shipped_rates().first_placement
    family = float(needs[:, _NEED[NeedGroup.FAMILY]].sum())
    specialist = float(needs[:, _NEED[NeedGroup.SPECIALIST_FAMILY]].sum())
    family_share = family / max(family + specialist, 1e-9)
    first = np.zeros((len(AGE_GROUPS), N_NEEDS))
    first[:, _NEED[NeedGroup.CONNECTED]] = placements[:, 0]
    first[:, _NEED[NeedGroup.FAMILY]] = placements[:, 1] * family_share
    first[:, _NEED[NeedGroup.SPECIALIST_FAMILY]] = placements[:, 1] * (1 - family_share)
    first[:, _NEED[NeedGroup.RESIDENTIAL]] = placements[:, 2]
    first[:, _NEED[NeedGroup.SUPPORTED_16_PLUS]] = placements[:, 3]
    first[:, _NEED[NeedGroup.OTHER_SETTING]] = placements[:, 4]
    return first


def exit_sector_factor(needs: Floats, first: Floats) -> Floats:
    """(S, A, B): a sector's factor on exits, one on average over the children of an age and time.

    England's factor by sector is divided by its mean over the sectors in which children of that
    age are: first placements for the newest, the children in care for those of a year or more.
    """
    england = shipped_rates().exit_factor
    staying = needs.sum(axis=1) - _adoption_only(needs)
    by_need = needs.sum(axis=0)
    sector_of_need = by_need / np.maximum(by_need.sum(axis=1, keepdims=True), 1e-9)
    newest = first @ sector_of_need
    stock_share = staying / np.maximum(staying.sum(axis=1, keepdims=True), 1e-9)
    blend, level = _share_of_newest(), shipped_exit_levels()
    factor = np.ones((len(SECTORS), len(AGE_GROUPS), N_CARE_BANDS))
    for row in range(UASC_ROW):
        for band in range(N_CARE_BANDS):
            shares = blend[band] * newest[row] + (1 - blend[band]) * stock_share[row]
            mean = float(shares @ england) / max(float(shares.sum()), 1e-9)
            factor[:, row, band] = level[band] * england / mean if mean > 0 else level[band]
    return factor


@cache
def shipped_exit_levels() -> Floats:
    """(B,): factors by time in care at which the simulation's exits are the cohort's.

    Children in sectors with more exits leave sooner, so those who are left leave less than the
    average that the factors by sector are divided by (``calibration/fit_exit_levels.py``).
    """
    table = pd.read_csv(shipped_path("calibration", "exit_levels.csv"), encoding="utf-8")
    return table["level"].to_numpy(np.float64)


def _share_of_newest() -> Floats:
    """(B,): how much a time band's children live as starters do: all of the first eight weeks'
    children, none of those of a year or more, and part of those between."""
    return np.array([1.0, 1.0, 0.67, 0.33, *np.zeros(N_CARE_BANDS - 4)])


def _adoption_only(needs: Floats) -> Floats:
    return needs[:, _ADOPTION_NEED, :]


def _hazards(needs: Floats, first: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """(C, S, A, B) hazards a year and which causes count time from the placement's start."""
    hazards, rates = shipped_hazards(), shipped_rates()
    per_year = np.zeros((len(CAUSES), len(SECTORS), len(AGE_GROUPS), N_CARE_BANDS))
    bands = slice(0, UASC_ROW)
    placement_bands = slice(0, len(PLACEMENT_BAND_STARTS_DAYS))
    sector_factor = exit_sector_factor(needs, first)[:, bands]
    per_year[_CAUSE[ExitReason.SPECIAL_GUARDIANSHIP], :, bands] = (
        hazards.guardianship * sector_factor
    )
    rest = (ExitReason.RETURNED_HOME, ExitReason.FAMILY_ARRANGEMENT, ExitReason.OTHER_REASON)
    for reason, part in zip(rest, rates.rest_split, strict=True):
        per_year[_CAUSE[reason], :, bands] = part * hazards.rest * sector_factor
    adopted_share = hazards.adopt_per_year / (hazards.adopt_per_year + hazards.disrupt_per_year)
    per_year[_CAUSE[ExitReason.ADOPTION], _OTHER, :, placement_bands] = (
        rates.adoptive_end_per_day * DAYS_PER_YEAR * adopted_share
    )
    per_year[_CAUSE[MoveReason.PLACED_FOR_ADOPTION], :, bands] = hazards.match
    for move, share in _reason_shares().items():
        per_year[_CAUSE[move], :, :, placement_bands] = (
            _by_time_in_placement(move) * rates.age_move_level[None, :, None] * share[..., None]
        )
    clock = np.zeros(len(CAUSES), dtype=bool)
    clock[N_EXIT_CAUSES:] = True
    clock[_CAUSE[ExitReason.ADOPTION]] = True
    clock[_CAUSE[MoveReason.PLACED_FOR_ADOPTION]] = False
    return per_year, clock


def _by_time_in_placement(move: MoveReason) -> Floats:
    """(S, A, 8): a sector's hazard of moves of a reason, if all were of it.

    At 16 and 17 part of the planned moves come with age, those into supported accommodation first.
    """
    rates = shipped_rates()
    shape = (len(SECTORS), len(AGE_GROUPS), len(PLACEMENT_BAND_STARTS_DAYS))
    by_time = np.broadcast_to(rates.move_per_year[:, None, :], shape).copy()
    published = rates.mean_moves_per_year[:, None] * rates.age_move_factor / rates.age_move_level
    with_age = np.broadcast_to(published[..., None], shape)
    if move == MoveReason.TURNING_16:
        by_time[:] = with_age
    if move == MoveReason.PLANNED:
        to_supported = assumed("turning_16_share").number
        all_with_age = assumed("moves_with_age_share").number
        share = max(all_with_age - to_supported, 0.0) / max(1 - to_supported, _TRACE)
        older = np.ix_(_MARKET, _OVER_16_ROWS)
        by_time[older] += share * (with_age - by_time)[older]
    return by_time


def _first_year_moves() -> Floats:
    """(C, S, A, B): moves a year in the first year of care, beside those of `_hazards`."""
    rates = shipped_rates()
    per_year = np.zeros((len(CAUSES), len(SECTORS), len(AGE_GROUPS), N_CARE_BANDS))
    for move, share in _reason_shares().items():
        if move != MoveReason.TURNING_16:
            by_age = rates.first_year_move_per_year[:, None] * rates.age_move_level * share
            per_year[_CAUSE[move]] = by_age[..., None] * IN_FIRST_YEAR
    return per_year


def _reason_shares() -> dict[MoveReason, Floats]:
    """(S, A) for each move reason with time in the placement: its share of a sector's moves."""
    rates = shipped_rates()
    shape = (len(SECTORS), len(AGE_GROUPS))
    planned, unplanned, carer = (
        np.broadcast_to(rates.reason_share[:, kind, None], shape).copy() for kind in range(3)
    )
    step_down, turning_16 = np.zeros(shape), np.zeros(shape)
    residential = _SECTOR[Sector.RESIDENTIAL]
    step_down[residential] = assumed("step_down_share").number * planned[residential]
    for row in _OVER_16_ROWS:
        turning_16[_MARKET, row] = assumed("turning_16_share").number * planned[_MARKET, row]
    return {
        MoveReason.PLANNED: planned - step_down - turning_16,
        MoveReason.STEP_DOWN: step_down,
        MoveReason.UNPLANNED_ENDING: unplanned,
        MoveReason.CARER_ENDS: carer,
        MoveReason.TURNING_16: turning_16,
    }


def _need_factors() -> Floats:
    """(C, N): 0 where a cause cannot happen to a need group."""
    hazards, rates = shipped_hazards(), shipped_rates()
    factor = np.ones((len(CAUSES), N_NEEDS))
    factor[_CAUSE[ExitReason.ADOPTION]] = 0
    factor[:, _ADOPTION_NEED] = 0
    factor[_CAUSE[ExitReason.ADOPTION], _ADOPTION_NEED] = 1
    for need in _UNMATCHED:
        factor[_CAUSE[MoveReason.PLACED_FOR_ADOPTION], _NEED[need]] = 0
    # An adoptive placement ends at England's rate of disruptions, whatever other moves do.
    unplanned = mean_hazard_until_ended(rates.move_per_year[_OTHER], rates.adoptive_end_per_day)
    unplanned *= float(rates.reason_share[_OTHER, 1] * rates.age_move_level[1])
    factor[_CAUSE[MoveReason.UNPLANNED_ENDING], _ADOPTION_NEED] = (
        hazards.disrupt_per_year / unplanned
    )
    return factor


def _moves_per_year(needs: Floats, multiplier: float) -> Floats:
    """(M, 2, N): expected moves a year by reason, age and present need; adoption apart."""
    rates = shipped_rates()
    by_reason = _reason_shares()
    moves = np.zeros((len(MOVE_REASONS), 2, N_NEEDS))
    for reason, share in by_reason.items():
        rate = rates.mean_moves_per_year[:, None] * rates.age_move_factor[None, :] * share
        per_need = np.einsum("ans,sa->an", needs, rate) * multiplier
        per_need[:, _ADOPTION_NEED] = 0
        for older in (0, 1):
            moves[_MOVE[reason], older] = per_need[older == AGE_16_OF_ROW].sum(axis=0)
    return moves


def _wanted_arrivals(
    needs: Floats, ahead: YearAhead, starters: Floats, first: Floats, moves: Floats
) -> Floats:
    """(N,): arrivals by moves a year at which the shares of the need groups stay as they are."""
    rates = shipped_rates()
    by_need_sector = needs.sum(axis=0)
    total = max(float(needs.sum()), TRACE)
    staying = needs.copy()
    staying[:, _ADOPTION_NEED] = 0
    left_by_age = np.append(sum_by_age_band(ahead.left), ahead.uasc_left)
    weight = staying * rates.exit_factor[None, None, :]
    per_age = weight.sum(axis=(1, 2))
    exits = np.einsum("ans,a->n", weight, left_by_age / np.maximum(per_age, 1e-9))
    exits[_ADOPTION_NEED] += ahead.adopted
    oldest = staying[list(_OVER_16_ROWS)].sum(axis=0) * rates.turned_18_factor[None, :]
    birthdays = ahead.turned_18 * oldest.sum(axis=1) / max(oldest.sum(), 1e-9)
    matchable = staying[:_YOUNG_ROWS].sum(axis=(0, 2))
    for need in _UNMATCHED:
        matchable[_NEED[need]] = 0
    matched = float(ahead.matched.sum())
    to_adopters = matched * matchable / max(matchable.sum(), 1e-9)
    entries = starters @ first
    growth = (ahead.in_care - total) * by_need_sector.sum(axis=1) / total
    wanted = exits + birthdays + moves.sum(axis=(0, 1)) + to_adopters - entries + growth
    wanted[_ADOPTION_NEED] = 0
    result: Floats = np.maximum(wanted, 0)
    return result
