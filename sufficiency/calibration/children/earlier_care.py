"""How long children had been in care before the first return: drawn, for no return says.

A child in care when the returns begin is first seen with an episode that is not the start of care.
From then on the time is known, and before it nothing is. Each such child's whole time in care is
drawn from what the published figures say of children of the same age who have been there at least
as long as was seen: the distribution that a forecast without a cohort starts from
(`calibration.starting.children_at_start`). What is seen first is a move, and children move most
soon after they come, so a time is the likelier the more children move after so much of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.children.lexis import Floats, Ints
from sufficiency.calibration.cohort import N_AGE_BANDS, N_STEPS, STEP_DAYS
from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import AGE_BAND_STARTS_YEARS, DAYS_PER_YEAR

_SEED = 903
"""The same returns give the same times whenever they are calibrated."""
_EDGES_DAYS = np.arange(N_STEPS + 1) * STEP_DAYS
_UASC_ELSEWHERE, _UASC_SUPPORTED = 2 * N_AGE_BANDS, 2 * N_AGE_BANDS + 1


def drawn_care_days(
    published: ChildrenAtStart,
    age_days: Floats,
    seen_days: Floats,
    profile: Ints,
) -> Floats:
    """(n,): time in care of children of whom only the last ``seen_days`` of it are known.

    Each time t is as likely as children of the same age, to four weeks, have been in care for t,
    times the rate at which children move who have been in care for t less what was seen (Bayes'
    rule, the placement first seen having begun with a move). The shares up to t are inverted at a
    number drawn for the child.
    Where the published have nobody like that, the time seen is all there is.

    Args:
        published: the children that the published figures expect, by age and time in care.
        age_days: (n,) ages; nobody has been in care for longer than that.
        seen_days: (n,) time in care that was seen.
        profile: (n,) rows of ``published.cell_cdf``.
    """
    uniforms = np.random.Generator(np.random.Philox(key=_SEED)).random(len(age_days))
    shares = _by_age_and_time(published)
    moved = _moves_by_time_in_care(published)
    middle = (_EDGES_DAYS[:-1] + _EDGES_DAYS[1:]) / 2
    step = np.clip((age_days // STEP_DAYS).astype(np.int64), 0, N_STEPS - 1)
    result = seen_days.copy()
    for child, chance in enumerate(uniforms):
        since = np.maximum((middle - seen_days[child]) // STEP_DAYS, 0).astype(np.int64)
        likely = shares[profile[child], step[child]] * moved[since]
        until = np.append(0.0, np.cumsum(likely))
        low, high = np.interp([seen_days[child], age_days[child]], _EDGES_DAYS, until)
        if high > low:
            # Levels without children leave flat stretches, which no number falls on.
            result[child] = np.interp(low + chance * (high - low), until, _EDGES_DAYS)
    within: Floats = np.clip(result, seen_days, np.maximum(age_days, seen_days))
    return within


def profiles_of(
    age_days: Floats,
    uasc: NDArray[np.bool_],
    adoptive: NDArray[np.bool_],
    supported: NDArray[np.bool_],
) -> Ints:
    """(n,): the row of ``cell_cdf`` of each child, in the order of `children_at_start`.

    Args:
        age_days: (n,) ages.
        uasc: (n,) unaccompanied.
        adoptive: (n,) placed for adoption.
        supported: (n,) in supported accommodation.
    """
    band = np.searchsorted(AGE_BAND_STARTS_YEARS[1:], age_days / DAYS_PER_YEAR, side="right")
    unaccompanied = np.where(supported, _UASC_SUPPORTED, _UASC_ELSEWHERE)
    row = np.where(uasc, unaccompanied, band + N_AGE_BANDS * adoptive)
    return np.asarray(row, dtype=np.int64)


def _moves_by_time_in_care(published: ChildrenAtStart) -> Floats:
    """(234,): expected moves in each step of time in care, of children who go on in care.

    The renewal equation m = f + f * m, where f is how long a placement lasts until a move, over
    the settings that children are in.
    """
    sectors = len(published.placement_unmoved) - 1
    weight = np.bincount(published.sector, minlength=sectors) / max(len(published.sector), 1)
    unmoved = np.array(
        [
            np.interp(_EDGES_DAYS, published.placement_days, stay)
            for stay in published.placement_unmoved[:sectors]
        ]
    )
    first = -np.diff(weight @ unmoved)
    moves = np.zeros(N_STEPS)
    for step in range(N_STEPS):
        moves[step] = first[step] + moves[:step] @ first[:step][::-1]
    return moves


def _by_age_and_time(published: ChildrenAtStart) -> Floats:
    """(R, 234, 234): children of each profile by present age and time in care, in steps."""
    shares = np.diff(published.cell_cdf, axis=1, prepend=0.0)
    age = np.rint(published.cell_age_days / STEP_DAYS).astype(np.int64)
    care = np.rint(published.cell_care_days / STEP_DAYS).astype(np.int64)
    table = np.zeros((len(shares), N_STEPS, N_STEPS))
    table[:, age, care] = shares
    return table
