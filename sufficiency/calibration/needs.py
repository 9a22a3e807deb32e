"""What children need: from where they live at the start, and after each move.

Only where children live is published. Their need groups at the start follow from the sector and
the stated shares of overflow; the next need after a move is an assumed table, balanced so that
unchanged rates keep the shares of the need groups.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.fitting import fit_table
from sufficiency.domain import (
    AGE_GROUPS,
    MOVE_REASONS,
    NEED_GROUPS,
    SECTORS,
    MoveReason,
    NeedGroup,
    Sector,
)

Floats = NDArray[np.float64]

N_NEEDS, N_SECTORS, N_AGE_GROUPS = len(NEED_GROUPS), len(SECTORS), len(AGE_GROUPS)
UNDER_16, AGE_16_AND_OVER = 0, 1
_FIRST_16_ROW = 4
_NEED = {need: code for code, need in enumerate(NEED_GROUPS)}
_SECTOR = {sector: code for code, sector in enumerate(SECTORS)}

OwnNextNeeds = Mapping[tuple[MoveReason, NeedGroup], Mapping[NeedGroup, float]]
"""Weights of the next need by reason and present need, as a scenario gives them."""
AGE_16_OF_ROW = np.array([UNDER_16] * _FIRST_16_ROW + [AGE_16_AND_OVER] * 2)
"""(6,): whether an age group counts as 16 and over in the table of next needs (UASC do)."""


def starting_needs(
    by_age_and_sector: Floats,
    overflow_ifa: float,
    overflow_residential: float,
    placed_for_adoption: Floats,
) -> Floats:
    """(A, N, S): children at the start by age group, need group and sector.

    Args:
        by_age_and_sector: (A, S) children.
        overflow_ifa: share of children in IFA whose need group is ``family``.
        overflow_residential: the same for residential.
        placed_for_adoption: (A,) children placed for adoption, part of ``other``.
    """
    needs = np.zeros((N_AGE_GROUPS, N_NEEDS, N_SECTORS))
    whole = {
        Sector.INTERNAL_FOSTERING: NeedGroup.FAMILY,
        Sector.CONNECTED_PERSONS: NeedGroup.CONNECTED,
        Sector.SUPPORTED_ACCOMMODATION: NeedGroup.SUPPORTED_16_PLUS,
    }
    parted = {
        Sector.IFA: (NeedGroup.SPECIALIST_FAMILY, overflow_ifa),
        Sector.RESIDENTIAL: (NeedGroup.RESIDENTIAL, overflow_residential),
    }
    for sector, need in whole.items():
        needs[:, _NEED[need], _SECTOR[sector]] = by_age_and_sector[:, _SECTOR[sector]]
    for sector, (need, overflow) in parted.items():
        there = by_age_and_sector[:, _SECTOR[sector]]
        needs[:, _NEED[need], _SECTOR[sector]] = there * (1 - overflow)
        needs[:, _NEED[NeedGroup.FAMILY], _SECTOR[sector]] = there * overflow
    other = by_age_and_sector[:, _SECTOR[Sector.OTHER]]
    adoption = np.minimum(placed_for_adoption, other)
    needs[:, _NEED[NeedGroup.PLACED_FOR_ADOPTION], _SECTOR[Sector.OTHER]] = adoption
    needs[:, _NEED[NeedGroup.OTHER_SETTING], _SECTOR[Sector.OTHER]] = other - adoption
    return needs


def next_need_seed() -> Floats:
    """(M, 2, N, N): assumed weights of the next need by reason, age and present need."""
    assumption = assumed("next_need_seed")
    columns = [_NEED[NeedGroup(name)] for name in assumption.columns]
    seed = np.zeros((len(MOVE_REASONS), 2, N_NEEDS, N_NEEDS))
    for reason, rows in assumption.value.items():
        for need, weights in rows.items():
            seed[MOVE_REASONS.index(MoveReason(reason)), :, _NEED[NeedGroup(need)], columns] = (
                np.array(weights, dtype=float)[:, None]
            )
    same = np.eye(N_NEEDS)
    supported, adoption = _NEED[NeedGroup.SUPPORTED_16_PLUS], _NEED[NeedGroup.PLACED_FOR_ADOPTION]
    seed[:, UNDER_16, :, supported] = 0
    seed[MOVE_REASONS.index(MoveReason.CARER_ENDS)] = same
    seed[MOVE_REASONS.index(MoveReason.TURNING_16), :, :, supported] = 1
    seed[MOVE_REASONS.index(MoveReason.PLACED_FOR_ADOPTION), :, :, adoption] = 1
    # An adoptive placement that ends is followed by a family, as before it.
    seed[MOVE_REASONS.index(MoveReason.UNPLANNED_ENDING), :, adoption, _NEED[NeedGroup.FAMILY]] = 1
    nowhere = seed.sum(axis=-1) == 0
    seed[nowhere] = np.broadcast_to(same, seed.shape)[nowhere]
    return seed


def balanced_next_needs(moves: Floats, wanted_arrivals: Floats) -> Floats:
    """(M, 2, N, N): next needs whose arrivals keep the need groups in balance.

    Args:
        moves: (M, 2, N) moves a year by reason, age and present need.
        wanted_arrivals: (N,) arrivals a year by moves at which the shares of the need groups
            stay as they are. Those that structural zeros forbid are met as nearly as can be.
    """
    seed = next_need_seed()
    shares = seed / seed.sum(axis=-1, keepdims=True)
    reasons = [MOVE_REASONS.index(MoveReason(r)) for r in ("planned", "unplanned_ending")]
    fixed = np.ones(len(MOVE_REASONS), dtype=bool)
    fixed[reasons] = False
    arrivals_fixed = np.einsum("man,mant->t", moves[fixed], shares[fixed])
    rows = moves[reasons].reshape(-1)
    start = (shares[reasons] * moves[reasons][..., None]).reshape(-1, N_NEEDS)
    columns = np.maximum(wanted_arrivals - arrivals_fixed, 0.02 * rows.sum() / N_NEEDS)
    columns[_NEED[NeedGroup.PLACED_FOR_ADOPTION]] = 0
    fitted = fit_table(start, rows, columns).reshape(shares[reasons].shape)
    totals = fitted.sum(axis=-1, keepdims=True)
    shares[reasons] = np.divide(fitted, totals, out=shares[reasons].copy(), where=totals > 0)
    result: Floats = shares
    return result


def with_own_next_needs(shares: Floats, own: OwnNextNeeds) -> Floats:
    """(M, 2, N, N): next needs, with the rows that a scenario gives in place of the balanced.

    Under 16 nobody goes to supported accommodation: its weight falls to the row's other needs, or
    the row stays as it was if there is no other.
    """
    result = shares.copy()
    supported = _NEED[NeedGroup.SUPPORTED_16_PLUS]
    for (reason, need), weights in own.items():
        row = np.zeros(N_NEEDS)
        for after, weight in weights.items():
            row[_NEED[after]] = weight
        for age in (UNDER_16, AGE_16_AND_OVER):
            allowed = row.copy()
            if age == UNDER_16:
                allowed[supported] = 0
            if allowed.sum() > 0:
                at = MOVE_REASONS.index(reason), age, _NEED[need]
                result[at] = allowed / allowed.sum()
    return result
