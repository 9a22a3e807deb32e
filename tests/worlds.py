"""Small worlds to test in: every argument is one plain fact, everything else is quiet.

By default nobody is in care, nobody enters, nothing happens to anyone, and one internal
fostering pool without limit takes every need group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_CAUSES,
    MOVE_REASONS,
    N_EXIT_CAUSES,
    NEED_GROUPS,
    SECTORS,
)
from sufficiency.simulation.world import (
    CARE_CLOCK,
    PLACEMENT_CLOCK,
    UNLIMITED,
    Entries,
    Floats,
    Hazards,
    Places,
    StartingCohort,
    World,
)

START = date(2021, 3, 31)
N_NEEDS, N_SECTORS, N_AGES = len(NEED_GROUPS), len(SECTORS), len(AGE_GROUPS)
CARE_BANDS_DAYS = (0.0, 30.0, 90.0, 365.0)
PLACEMENT_BANDS_DAYS = (0.0, 10.0, 60.0, np.inf)


def hazards(
    rates: Mapping[str, float | Sequence[float] | Floats] | None = None,
    *,
    care_bands: tuple[float, ...] = CARE_BANDS_DAYS,
    placement_bands: tuple[float, ...] | None = None,
    calendar: tuple[float, ...] = (0.0,),
    calendar_factor: Mapping[str, Sequence[float]] | None = None,
    destination: Floats | None = None,
) -> Hazards:
    """Hazards a day by cause: a number, one per band, or anything that fits (S, A, B).

    There are as many bands of time in the placement as of time in care.
    """
    if placement_bands is None:
        placement_bands = PLACEMENT_BANDS_DAYS[: len(care_bands)]
    per_day = np.zeros((len(CAUSES), N_SECTORS, N_AGES, len(care_bands)))
    for cause, rate in (rates or {}).items():
        per_day[CAUSES.index(cause)] = rate
    factor = np.ones((len(CAUSES), N_AGES, len(calendar)))
    for cause, factors in (calendar_factor or {}).items():
        factor[CAUSES.index(cause)] = factors
    stay = np.broadcast_to(np.eye(N_NEEDS), (len(MOVE_REASONS), 2, N_NEEDS, N_NEEDS))
    return Hazards(
        per_day=per_day,
        clock=np.array([CARE_CLOCK] * N_EXIT_CAUSES + [PLACEMENT_CLOCK] * len(MOVE_REASONS)),
        care_band_starts_days=np.array(care_bands),
        placement_band_starts_days=np.array(placement_bands),
        need_factor=np.ones((len(CAUSES), N_NEEDS)),
        calendar_starts_days=np.array(calendar),
        calendar_factor=factor,
        destination=stay.copy() if destination is None else destination,
    )


def entries(
    rates: Mapping[str, float | Sequence[float]] | None = None,
    *,
    calendar: tuple[float, ...] = (0.0,),
    group_size: tuple[float, ...] = (1.0,),
    same_band: float = 0.6,
    same_need: float = 0.0,
    ages_days: Floats | None = None,
    first_need: Floats | None = None,
) -> Entries:
    """Groups a day by stream; children enter at the youngest of their band unless given."""
    group_rate = np.zeros((N_AGES, len(calendar)))
    for stream, rate in (rates or {}).items():
        group_rate[AGE_GROUPS.index(stream)] = rate
    years = np.array([[0.0], [1], [5], [10], [16], [14]]) * np.ones(2)
    need = np.zeros((N_AGES, N_NEEDS))
    need[:, 0] = 1.0
    return Entries(
        group_rate_per_day=group_rate,
        calendar_starts_days=np.array(calendar),
        group_size_probability=np.array(group_size),
        sibling_same_band_share=same_band,
        band_share=np.array([0.2, 0.2, 0.2, 0.3, 0.1]),
        age_quantiles_days=years * DAYS_PER_YEAR if ages_days is None else ages_days,
        first_need=need if first_need is None else first_need,
        sibling_same_need_share=same_need,
    )


def cohort(
    n: int = 0,
    *,
    age_group: int = 1,
    age_days: float = 3 * DAYS_PER_YEAR,
    care_days: float = 0.0,
    width_days: float = 0.0,
    need: int = 0,
    sector: int = 0,
) -> StartingCohort:
    """So many children, all of one age and all as long in care, in one sector."""
    return StartingCohort(
        age_group=np.full(n, age_group),
        need=np.full(n, need),
        sector=np.full(n, sector),
        profile=np.zeros(n, dtype=np.int64),
        cell_cdf=np.array([[1.0]]),
        cell_age_days=np.array([age_days]),
        cell_care_days=np.array([care_days]),
        cell_width_days=width_days,
        placement_days=np.array([0.0, 5000.0]),
        placement_share=np.tile([0.0, 1.0], (N_SECTORS, 2, 1)),
        placement_unmoved=np.zeros((N_SECTORS, 2)),
    )


def places(
    *usable: int,
    sectors: tuple[int, ...] | None = None,
    preference: list[list[int]] | None = None,
    changes: tuple[tuple[float, int, int], ...] = (),
) -> Places:
    """Pools in order of use, one sector each from the first; every need group uses them all.

    ``preference`` gives the pools of the first need groups instead; ``changes`` are time, pool
    and usable places.
    """
    usable = usable or (UNLIMITED,)
    n = len(usable)
    pool_sector = np.array(range(n) if sectors is None else sectors)
    order = np.tile(np.arange(n), (N_NEEDS, 1))
    for need, pools in enumerate(preference or []):
        order[need] = pools + [-1] * (n - len(pools))
    first_choice = np.zeros((N_NEEDS, N_SECTORS), dtype=np.bool_)
    first_choice[np.arange(N_NEEDS), np.where(order[:, 0] >= 0, pool_sector[order[:, 0]], 0)] = True
    suitable = np.zeros((N_NEEDS, N_SECTORS), dtype=np.bool_)
    for need in range(N_NEEDS):
        suitable[need, pool_sector[order[need][order[need] >= 0]]] = True
    return Places(
        pool_names=tuple(f"pool {pool}" for pool in range(n)),
        pool_sector=pool_sector,
        usable_at_start=np.array(usable),
        change_time=np.array([time for time, _, _ in changes], dtype=np.float64),
        change_pool=np.array([pool for _, pool, _ in changes], dtype=np.int64),
        change_usable=np.array([number for _, _, number in changes], dtype=np.int64),
        preference=order,
        first_choice=first_choice,
        suitable=suitable,
    )


def a_world(
    *,
    days: int = 365,
    start: date = START,
    hazards: Hazards = hazards(),  # noqa: B008
    entries: Entries = entries(),  # noqa: B008
    cohort: StartingCohort = cohort(),  # noqa: B008
    places: Places = places(),  # noqa: B008
) -> World:
    return World(start, days, hazards, entries, cohort, places)


def a_council(days: int = 1096, scarce: bool = False) -> World:
    """A council of 585 children, about 400 entries and 1300 moves in three years."""
    # Internal fostering, IFA, connected persons and so on are pools 0 to 5, by sector.
    order = [[2, 0, 1, 3], [0, 1, 3], [1, 3], [3, 1], [4, 1, 3], [5], [5]]
    usable = (170, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED)
    if scarce:
        order = [[2, 0], [0, 2], [1], [3, 1], [4], [5], [5]]
        usable = (165, 220, 75, 60, 40, UNLIMITED)
    first_need = np.tile([0.2, 0.45, 0.2, 0.08, 0.02, 0.0, 0.05], (N_AGES, 1))
    return a_world(
        days=days,
        hazards=council_hazards(days),
        entries=entries(
            dict.fromkeys(AGE_GROUPS, 400 / 1096 / 6 / 1.45),
            group_size=(0.7, 0.2, 0.08, 0.02),
            first_need=first_need,
        ),
        cohort=council_cohort(585),
        places=places(*usable, preference=order),
    )


def council_hazards(days: int) -> Hazards:
    """A tenth of children leave and six in ten move in a year, sooner in the first months."""
    per_day = np.array([3.0, 2.0, 1.0, 0.6]) / 365
    rates: dict[str, float | Floats] = {
        cause: per_day * 0.1 / len(EXIT_CAUSES) for cause in EXIT_CAUSES
    }
    rates["planned"] = per_day * 0.35
    rates["unplanned_ending"] = per_day * 0.2
    rates["carer_ends"] = per_day * 0.05
    mixing = np.full((N_NEEDS, N_NEEDS), 0.2 / N_NEEDS) + 0.8 * np.eye(N_NEEDS)
    quarters = tuple(float(day) for day in range(0, days, 91))
    return hazards(
        rates, calendar=quarters, destination=np.tile(mixing, (len(MOVE_REASONS), 2, 1, 1))
    )


def council_cohort(n: int, cells: int = 200) -> StartingCohort:
    """Children of every age, in all sectors, with up to most of their lives in care."""
    rng = np.random.default_rng(n)
    age_group = rng.choice(N_AGES, size=n, p=[0.05, 0.13, 0.19, 0.39, 0.20, 0.04])
    sector = rng.choice(N_SECTORS, size=n, p=[0.28, 0.37, 0.12, 0.1, 0.06, 0.07])
    years = np.linspace(0, 17.9, cells)
    edges = [(0, 1), (1, 5), (5, 10), (10, 16), (16, 18), (14, 18)]
    weight = np.array([(years >= low) & (years < high) for low, high in edges], dtype=float)
    cumulative = np.cumsum(weight, axis=1)
    return StartingCohort(
        age_group=age_group,
        need=np.array([1, 2, 0, 3, 4, 6])[sector],
        sector=sector,
        profile=age_group,
        cell_cdf=cumulative / cumulative[:, -1:],
        cell_age_days=years * DAYS_PER_YEAR,
        cell_care_days=rng.random(cells) * years * DAYS_PER_YEAR * 0.8,
        cell_width_days=30.0,
        placement_days=np.array([0.0, 100.0, 500.0, 3000.0]),
        placement_share=np.tile([0.0, 0.1, 0.4, 1.0], (N_SECTORS, 4, 1)),
        placement_unmoved=np.zeros((N_SECTORS, 4)),
    )
