"""Move hazards by sector, age and time in the placement, from the durations of placements ended.

The published durations are of placements that ended for any reason: leaving care and recorded
changes of status only are taken out by the counts of real changes, by type of placement and by
duration. A long-run renewal argument turns counts of ends by duration into hazards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import ADULT_YEARS, DAYS_PER_YEAR

Floats = NDArray[np.float64]

PLACEMENT_BAND_STARTS_DAYS: Floats = np.array(
    [0, 7, 30, 91, *(years * DAYS_PER_YEAR for years in (0.5, 1, 2, 5))]
)
"""Time in the placement, in the bands of the published durations."""
CHANGE_BAND_STARTS_DAYS: Floats = np.array(
    [0, 14, 56, *(years * DAYS_PER_YEAR for years in (0.5, 1, 2, 3, 5, 10))]
)
"""Time in the placement, in the bands of the published reasons for change."""

_RENEWAL_STEP_DAYS = 3.0
_LEAST_LAST_HAZARD = 1 / (ADULT_YEARS * DAYS_PER_YEAR - float(PLACEMENT_BAND_STARTS_DAYS[-1]))


@dataclass(frozen=True)
class PlacementEnds:
    """A year's placement ends of one type in England."""

    ended_by_duration: Floats
    """(8,): all placements that ended, by duration."""
    mean_days: float
    """Published mean duration of placements that ended."""
    real_moves: float
    """Changes of placement, changes of status only left out."""
    stock: float
    """Children in such placements on 31 March, mean of the years."""


def end_hazards(ends: PlacementEnds) -> Floats:
    """(8,): hazard a day of a placement's end, by time in the placement.

    In a steady state a year's ends by duration are the life table of a year's placements: those
    at risk in a band are those who end in it or later. The open last band has the constant
    hazard that makes the mean duration the published one.
    """
    counts = ends.ended_by_duration.astype(float)
    at_risk = counts[::-1].cumsum()[::-1]
    widths = np.diff(PLACEMENT_BAND_STARTS_DAYS)
    share_ending = np.divide(
        counts[:-1], at_risk[:-1], out=np.zeros(len(counts) - 1), where=at_risk[:-1] > 0
    )
    hazard = -np.log1p(-np.minimum(share_ending, 1 - 1e-9)) / widths
    return np.append(hazard, _last_hazard(hazard, widths, ends.mean_days))


def _last_hazard(hazard: Floats, widths: Floats, mean_days: float) -> float:
    """The constant hazard after the last cut that makes the mean duration ``mean_days``.

    Where the earlier bands already reach the mean (rounding, or no long stays), the last closed
    band's hazard goes on. Where hardly anybody stays that long, a rounded mean could ask for stays
    without end: their mean is at most what is left of childhood.
    """
    survival = np.exp(-np.concatenate([[0.0], np.cumsum(hazard * widths)]))
    lived = float(
        np.where(
            hazard > 0, -np.diff(survival) / np.where(hazard > 0, hazard, 1), survival[:-1] * widths
        ).sum()
    )
    beyond = mean_days - lived
    if beyond <= 0 or survival[-1] <= 0:
        return float(hazard[-1])
    return max(float(survival[-1] / beyond), _LEAST_LAST_HAZARD)


def mean_end_rate(hazard: Floats) -> float:
    """Ends a day per child in a steady state: one over the mean duration of the hazards (8,)."""
    widths = np.diff(PLACEMENT_BAND_STARTS_DAYS)
    survival = np.exp(-np.concatenate([[0.0], np.cumsum(hazard[:-1] * widths)]))
    spans = np.where(
        hazard[:-1] > 0,
        -np.diff(survival) / np.where(hazard[:-1] > 0, hazard[:-1], 1),
        survival[:-1] * widths,
    )
    return float(1 / (spans.sum() + survival[-1] / hazard[-1]))


def mean_hazard_until_ended(hazard: Floats, end_per_day: Floats) -> float:
    """Mean of a hazard (8,) over the time that placements with these ends (8,) a day last."""
    widths = np.append(np.diff(PLACEMENT_BAND_STARTS_DAYS), np.inf)
    reached = still_there(end_per_day, PLACEMENT_BAND_STARTS_DAYS)
    days = reached * -np.expm1(-end_per_day * widths) / end_per_day
    return float(hazard @ days / days.sum())


def real_move_share(ended: Floats, real_moves_by_change_band: Floats) -> Floats:
    """(8,): share of ended placements that were real moves, by time in the placement.

    The two tables cut durations differently below six months. Ends are read at the other table's
    cuts by linear interpolation of their cumulative count on the logarithm of time; between its
    cuts the share of ends that were moves is taken to be constant.

    Args:
        ended: (8,) all placements that ended, by `PLACEMENT_BAND_STARTS_DAYS`.
        real_moves_by_change_band: (9,) real moves, by `CHANGE_BAND_STARTS_DAYS`.
    """
    first, horizon = 0.5, ADULT_YEARS * DAYS_PER_YEAR
    own_cuts = np.log([first, *PLACEMENT_BAND_STARTS_DAYS[1:], horizon])
    other_cuts = np.log([first, *CHANGE_BAND_STARTS_DAYS[1:], horizon])
    ended_by = np.append(0.0, np.cumsum(ended))
    moved_by = np.append(0.0, np.cumsum(real_moves_by_change_band))
    moves = np.diff(np.interp(ended_by, np.interp(other_cuts, own_cuts, ended_by), moved_by))
    share: Floats = np.clip(moves / np.maximum(ended, 1e-9), 0, 1)
    return share


def move_hazards(ends: PlacementEnds, share_by_duration: Floats) -> Floats:
    """(8,): hazard a year of a real move, by time in the placement.

    The shape is that of the ends times the share that were moves; the level is set so that a
    steady stock of these placements has the published number of real moves a year.
    """
    hazard = end_hazards(ends)
    wanted_share = ends.real_moves / ends.ended_by_duration.sum()
    found_share = float((ends.ended_by_duration * share_by_duration).sum()) / float(
        ends.ended_by_duration.sum()
    )
    moves_per_child_year = mean_end_rate(hazard) * DAYS_PER_YEAR * wanted_share
    level = (ends.real_moves / ends.stock) / moves_per_child_year
    shape = np.clip(share_by_duration * wanted_share / found_share, 0, 1)
    result: Floats = hazard * shape * level * DAYS_PER_YEAR
    return result


def still_there(hazard_per_day: Floats, grid_days: Floats) -> Floats:
    """(G,): chance that a placement has not ended by then.

    Args:
        hazard_per_day: (8,) hazard of an end of the placement.
        grid_days: (G,).
    """
    widths = np.append(np.diff(PLACEMENT_BAND_STARTS_DAYS), np.inf)
    spent = np.clip(grid_days[:, None] - PLACEMENT_BAND_STARTS_DAYS, 0, widths)
    survival: Floats = np.exp(-(spent @ hazard_per_day))
    return survival


def comers_by_time_in_care(
    hazard_per_day: Floats, first_year_per_day: float = 0.0
) -> tuple[Floats, Floats]:
    """Moves a day at each time in care, of children whose every placement ends at these hazards.

    The renewal equation m = f + m * f (Cox, Renewal Theory, 1962, ch. 4), f the density of a
    placement's length. Hazards fall with time, so children move most soon after they enter care.
    With a further hazard q in the first year of care, and Q what it comes to by then, a placement
    that began at s is still there at t with the chance S(t - s) exp(Q(s) - Q(t)). Every child is in
    some placement, so n = m exp(Q) solves S + n * S = exp(Q): it is n that is given, as what of
    those who came then is left is n(s) S(t - s), up to one factor for all s.

    Args:
        hazard_per_day: (8,) hazard of a move by time in the placement.
        first_year_per_day: q.

    Returns:
        (K,) times in days over childhood, and (K,) n at each: moves a day, where q is nought.
    """
    edges = np.arange(0.0, ADULT_YEARS * DAYS_PER_YEAR, _RENEWAL_STEP_DAYS)
    stay = still_there(hazard_per_day, edges)
    between = still_there(hazard_per_day, edges + _RENEWAL_STEP_DAYS / 2)
    next_move = -np.diff(between, prepend=1.0)
    before = np.append(1 - next_move[0], -next_move[1:-1])
    further = np.exp(first_year_per_day * np.minimum(edges, DAYS_PER_YEAR))
    wanted = np.diff(further) - np.diff(stay)
    moved, latest_first = np.empty_like(wanted), before[:0:-1].copy()
    for step in range(len(wanted)):
        earlier = latest_first[len(wanted) - 1 - step :] @ moved[:step]
        moved[step] = (wanted[step] - earlier) / before[0]
    return (edges[:-1] + edges[1:]) / 2, moved / _RENEWAL_STEP_DAYS


def share_of_care_since_move(
    hazard_per_day: Floats, moves: tuple[Floats, Floats] | None, care_days: Floats, points: int
) -> Floats:
    """(C, U): time since the last move as a share of time in care, of those who have moved, at
    evenly spaced chances from 0 to 1.

    Of children so long in care, those who came to their placement so many days ago are as many as
    moved that day and have not moved since.

    Args:
        hazard_per_day: (8,) hazard of an end of the placement.
        moves: who comes to such placements by time in care, from `comers_by_time_in_care`; None if
            as many at every time.
        care_days: (C,) times in care.
        points: U, the number of chances.
    """
    # Points lie close at both ends, where placements begin and where children entered care.
    share = (1 - np.cos(np.linspace(0, np.pi, 401))) / 2
    days = np.linspace(0, float(care_days.max()), 4001)
    stay = np.interp(care_days[:, None] * share, days, still_there(hazard_per_day, days))
    came = 1.0 if moves is None else np.interp(care_days[:, None] * (1 - share), *moves)
    density = stay * came
    area = np.cumsum((density[:, 1:] + density[:, :-1]) * np.diff(share), axis=1)
    cumulative = np.insert(area / area[:, -1:], 0, 0.0, axis=1)
    chances = np.linspace(0, 1, points)
    return np.array([np.interp(chances, row, share) for row in cumulative])
