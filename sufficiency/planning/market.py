"""What a market position statement prints: placements to find a year, for whom, for how long.

Everything is counted from the records of simulated futures. A placement is new when a child enters
care, moves, or has a place found after waiting; the placements that children have at the start are
not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sufficiency.domain import AGE_BAND_STARTS_YEARS, AGE_BANDS, DAYS_PER_YEAR, MoveReason
from sufficiency.executors import Workers, work_out
from sufficiency.measures.reporting import ReportCalendar, report_calendar
from sufficiency.measures.rows import MOVED_REASONS
from sufficiency.replication import layers_asked
from sufficiency.resolution.resolve import Resolved
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_PLACE_FOUND,
    ENDED_OPEN,
    Record,
)
from sufficiency.simulation.simulate import DEFAULT_ENGINE, engine_here, simulate

Floats = NDArray[np.float64]

ALONE, WITH_SIBLINGS = FAMILIES = ("alone", "with_siblings")
SAME_DAY, PLANNED = URGENCIES = ("same_day", "planned")
SAME_DAY_MOVES = (MoveReason.UNPLANNED_ENDING, MoveReason.CARER_ENDS)
"""Moves that nobody planned; entries to care are counted with them."""
QUARTILES = (0.25, 0.5, 0.75)
_FUTURES_AT_ONCE = 20


@dataclass(frozen=True)
class Market:
    """Placements made in n futures. P pools, N need groups, Y financial years."""

    futures: int
    years: tuple[str, ...]
    whole_years: tuple[str, ...]
    """Those that the forecast covers whole."""
    new_placements: Floats
    """(Y, P + 1, N, 5, 2, 2): expected new placements by year, pool (unplaced last), need group,
    age band, alone or with brothers and sisters, same-day or planned."""
    children: Floats
    """(Y, P + 1): expected children on an average night, by year and pool."""
    stay_days: Floats
    """(P, 3): the quartiles of how long new placements last, in days; infinite where more last
    beyond the forecast than would say."""


def market_of(
    resolved: Resolved,
    futures: int,
    seed: int,
    workers: Workers,
    done: Callable[[int], None] | None = None,
) -> Market:
    """Count the placements made in the first futures of a seed."""
    calendar = report_calendar(resolved.start, resolved.months)
    pieces = [
        range(first, min(first + _FUTURES_AT_ONCE, futures))
        for first in range(0, futures, _FUTURES_AT_ONCE)
    ]
    shared = _Shared(resolved, calendar, seed)
    counted = []
    with closing(work_out(_count_some, shared, pieces, workers)) as results:
        for position, found in results:
            counted.append((position, found))
            if done is not None:
                done(len(pieces[position]))
    # In the order of the futures, so that sums do not depend on who finished first.
    every = [found for _, found in sorted(counted, key=lambda each: each[0])]
    years = calendar.financial_years
    return Market(
        futures=futures,
        years=years,
        whole_years=tuple(year for year in years if calendar.whole_months(year) == 12),
        new_placements=np.sum([each.new for each in every], axis=0) / futures,
        children=np.sum([each.nights for each in every], axis=0)
        / futures
        / np.array(_nights_in_years(calendar))[:, None],
        stay_days=np.array(
            [
                _quartiles(
                    np.concatenate([each.stays[pool][0] for each in every]),
                    np.concatenate([each.stays[pool][1] for each in every]),
                )
                for pool in range(len(resolved.plan.places.pool_names))
            ]
        ),
    )


@dataclass(frozen=True)
class _Shared:
    resolved: Resolved
    calendar: ReportCalendar
    seed: int


@dataclass(frozen=True)
class _Counted:
    """What was counted of some futures."""

    new: Floats
    nights: Floats
    """(Y, P + 1)."""
    stays: tuple[tuple[Floats, NDArray[np.bool_]], ...]
    """(P,): days of new placements, and whether each had ended by the end of the forecast."""


def _count_some(shared: _Shared, numbers: Sequence[int]) -> _Counted:
    """What a worker does."""
    resolved = shared.resolved
    worlds = resolved.draw_worlds(shared.seed, numbers, **layers_asked(resolved)._asdict())
    engine = engine_here(DEFAULT_ENGINE)
    places = resolved.plan.places
    pools, needs = len(places.pool_names), len(places.need_names)
    year_ends = _year_ends(shared.calendar)
    new = np.zeros(
        (len(year_ends), pools + 1, needs, len(AGE_BANDS), len(FAMILIES), len(URGENCIES))
    )
    nights = np.zeros((len(year_ends), pools + 1))
    stays: list[list[tuple[Floats, NDArray[np.bool_]]]] = [[] for _ in range(pools)]
    for number, world in zip(numbers, worlds, strict=True):
        record = simulate(world, shared.seed, number, engine=engine)
        np.add.at(new, _cells(record, pools, year_ends), 1.0)
        _add_nights(record, pools, year_ends, nights)
        for pool, found in enumerate(_stays(record, pools)):
            stays[pool].append(found)
    return _Counted(
        new,
        nights,
        tuple(
            (
                np.concatenate([days for days, _ in of_pool]),
                np.concatenate([ended for _, ended in of_pool]),
            )
            for of_pool in stays
        ),
    )


def _cells(record: Record, pools: int, year_ends: Floats) -> tuple[NDArray[np.int64], ...]:
    """Where each new placement is counted in `Market.new_placements`."""
    spells = record.spells[record.spells["began"] != BEGAN_AT_START]
    began = spells["began"]
    entered = began == BEGAN_ENTERED
    same_day = entered | np.isin(
        began, [BEGAN_PLACE_FOUND + MOVED_REASONS.index(reason) for reason in SAME_DAY_MOVES]
    )
    age_years = (spells["from_time"] - spells["born_day"]) / DAYS_PER_YEAR
    return (
        np.minimum(np.searchsorted(year_ends, spells["from_time"]), len(year_ends) - 1),
        np.where(spells["pool"] < 0, pools, spells["pool"]).astype(np.int64),
        spells["need"].astype(np.int64),
        np.searchsorted(AGE_BAND_STARTS_YEARS, age_years, side="right") - 1,
        (entered & _with_siblings(spells)).astype(np.int64),
        np.where(same_day, URGENCIES.index(SAME_DAY), URGENCIES.index(PLANNED)),
    )


def _with_siblings(spells: NDArray[np.void]) -> NDArray[np.bool_]:
    """Whether a child came with brothers or sisters: others of its group entered as it did."""
    entered = spells["began"] == BEGAN_ENTERED
    groups, sizes = np.unique(spells["group"][entered], return_counts=True)
    if not len(groups):
        return np.zeros(len(spells), dtype=bool)
    at = np.minimum(np.searchsorted(groups, spells["group"]), len(groups) - 1)
    found: NDArray[np.bool_] = (groups[at] == spells["group"]) & (sizes[at] > 1)
    return found


def _add_nights(record: Record, pools: int, year_ends: Floats, nights: Floats) -> None:
    """Add the days that children spent in each pool in each year, in place: (Y, P + 1)."""
    spells = record.spells
    pool = np.where(spells["pool"] < 0, pools, spells["pool"])
    before = 0.0
    for year, end in enumerate(year_ends):
        days = np.minimum(spells["to_time"], end) - np.maximum(spells["from_time"], before)
        nights[year] += np.bincount(pool, np.maximum(days, 0.0), minlength=pools + 1)
        before = end


def _stays(record: Record, pools: int) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """Days of the new placements of each pool, and whether they had ended."""
    spells = record.spells[record.spells["began"] != BEGAN_AT_START]
    days = spells["to_time"] - spells["from_time"]
    ended = spells["ended"] != ENDED_OPEN
    return [(days[spells["pool"] == p], ended[spells["pool"] == p]) for p in range(pools)]


def _quartiles(days: Floats, ended: NDArray[np.bool_]) -> list[float]:
    """The quartiles of durations of which some had not ended, by Kaplan and Meier (1958)."""
    if not ended.any():
        return [np.inf] * len(QUARTILES)
    survival = stats.ecdf(stats.CensoredData.right_censored(days, ~ended)).sf
    gone = 1 - survival.probabilities
    found = []
    for share in QUARTILES:
        at = int(np.searchsorted(gone, share - 1e-12))
        found.append(float(survival.quantiles[at]) if at < len(gone) else np.inf)
    return found


def _year_ends(calendar: ReportCalendar) -> Floats:
    """(Y,): the last day of each financial year, or of the forecast, in days from the start."""
    ends = dict(zip(calendar.month_years, calendar.days[1:], strict=True))
    return np.array([float(ends[year]) for year in calendar.financial_years])


def _nights_in_years(calendar: ReportCalendar) -> list[float]:
    return [float(nights) for nights in np.diff(_year_ends(calendar), prepend=0.0)]
