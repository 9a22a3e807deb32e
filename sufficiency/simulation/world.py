"""One replication's inputs: every rate, probability, child and place, as arrays.

A `World` is complete: the engine reads nothing else but the keyed random blocks. Parameters
have been drawn from their posteriors and drift applied before it is made, so that the same
world in two engines must give the same record.

Codes are positions in the tuples of `sufficiency.domain`: sectors 0-5 (6 = unplaced), age
groups 0-4 the age bands and 5 UASC, causes 0-4 exits and 5-10 moves. Need groups are positions in
``Places.need_names``: 0-6 those of the domain, then a scenario's own planning groups.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_GROUPS, MOVE_REASONS, NEED_GROUPS, SECTORS, TICK

if TYPE_CHECKING:
    from sufficiency.simulation.effects import DrawnEffects

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNLIMITED = -1
CARE_CLOCK, PLACEMENT_CLOCK = 0, 1
_OF_POOLS = (
    "pool_sector",
    "usable_at_start",
    "youngest_years",
    "oldest_years",
    "stays_on_share",
    "stays_on_days_mean",
)
_OF_CHANGES = ("change_pool", "change_usable", "change_closes", "change_chance", "change_why")
REMEMBERED = 8
"""What is worked out of the cohort alone, or of the places alone, serves all worlds that share
them; it is remembered of so many, told apart by which they are and not by what they hold: that is
never changed."""


@dataclass(frozen=True)
class Hazards:
    """Competing risks with piecewise-constant hazards.

    The rate of a cause at time t is the product of its table entry (by sector, age group and
    time band), its need factor and its calendar factor (by age group). Shapes:
    C causes (11), S sectors (6), A age groups (6), B time bands, N need groups, K calendar
    periods.
    """

    per_day: Floats
    """(C, S, A, B): rate per day."""
    clock: Ints
    """(C,): `CARE_CLOCK` if the cause's time bands count from entry, `PLACEMENT_CLOCK` if from
    the start of the placement."""
    care_band_starts_days: Floats
    """(B,): first is 0, rising. Of all times here the first tick counts that is not before."""
    placement_band_starts_days: Floats
    """(B,): first is 0, rising; padded with infinity when there are fewer bands."""
    need_factor: Floats
    """(C, N): 0 where a cause cannot happen to a need group."""
    calendar_starts_days: Floats
    """(K,): first is 0, rising; drift and dated changes of rate."""
    calendar_factor: Floats
    """(C, A, K); or (G, C, A, K) where it differs by ``calendar_group``."""
    destination: Floats
    """(M moves = 6, 2, N, N): probability of the new need group by reason, under 16 (0) or 16
    and over (1), and present need group. Rows sum to 1."""
    calendar_group: Ints | None = None
    """(S, N): the group, 0 to G - 1, of children in a sector with a need; None: all are one."""
    also_by_care: Floats | None = None
    """(C, S, A, B): rate per day by time in care, on top of ``per_day``; None: nothing."""

    def __post_init__(self) -> None:
        """Raises ValueError where tables differ in shape: compiled code reads on, unasked."""
        causes, sectors, ages, bands = self.per_day.shape
        needs, periods = self.need_factor.shape[-1], len(self.calendar_starts_days)
        also, group = self.also_by_care, self.calendar_group
        _check_shape("clock", self.clock.shape, (causes,))
        _check_shape("care_band_starts_days", self.care_band_starts_days.shape, (bands,))
        _check_shape("placement_band_starts_days", self.placement_band_starts_days.shape, (bands,))
        _check_shape("need_factor", self.need_factor.shape, (causes, needs))
        _check_shape("destination", self.destination.shape, (len(MOVE_REASONS), 2, needs, needs))
        _check_shape("calendar_factor", self.calendar_factor.shape[-3:], (causes, ages, periods))
        if also is not None:
            _check_shape("also_by_care", also.shape, self.per_day.shape)
        if group is not None:
            # Needs that are yet to be parted are fewer than those that they are parted into.
            found = (len(group), min(group.shape[1], needs))
            _check_shape("calendar_group", found, (sectors, needs))


@dataclass(frozen=True)
class Entries:
    """A non-homogeneous Poisson process of sibling groups per stream (age groups, UASC last)."""

    group_rate_per_day: Floats
    """(A, K): groups a day, by stream of the index child, piecewise constant."""
    calendar_starts_days: Floats
    """(K,): first is 0, rising."""
    group_size_probability: Floats
    """(G,): probability that a group has 1, 2, ... G children. UASC come alone."""
    sibling_same_band_share: float
    """Chance that a sibling is of the index child's band; others follow `band_share`."""
    band_share: Floats
    """(5,): starters by age band, UASC apart."""
    age_quantiles_days: Floats
    """(A, Q): age at entry in days at Q evenly spaced probabilities from 0 to 1, by stream;
    interpolated linearly."""
    first_need: Floats
    """(A, N): probability of the first need group by the child's own age group."""
    sibling_same_need_share: float = 0.0
    """Chance that a sibling's need is drawn with the index child's number; else with its own."""

    def __post_init__(self) -> None:
        """Raises ValueError where tables differ in shape: compiled code reads on, unasked."""
        wanted = (len(AGE_GROUPS), len(self.calendar_starts_days))
        _check_shape("group_rate_per_day", self.group_rate_per_day.shape, wanted)
        for name in ("age_quantiles_days", "first_need"):
            table = getattr(self, name)
            _check_shape(name, table.shape, (len(AGE_GROUPS), *table.shape[1:]))
        _check_shape("band_share", self.band_share.shape, (len(AGE_GROUPS) - 1,))


def _check_shape(name: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if found != wanted:
        raise ValueError(f"{name} has the shape {found}, expected {wanted}")


def _check_one_each(of: object, names: Iterable[str], number: int) -> None:
    """Raises ValueError where a table that is there has not so many entries, and no more axes."""
    for name in names:
        table = getattr(of, name)
        if table is not None:
            _check_shape(name, np.shape(table), (number,))


@dataclass(frozen=True)
class PlannedEnds:
    """What a placements team plans for the children of the cohort, and how sure it is; n children.

    Until the day of a plan the child leaves care by it or by turning 18 and in no other way; if it
    fails, the ordinary hazards run from that day on.
    """

    time: Floats
    """(n,): when the child would leave, above 0; 0 where nothing is planned."""
    cause: Ints
    """(n,): the exit reason, read only where something is planned; one who is planned to turn 18
    in care leaves in no other way, if the plan holds."""
    probability: Floats
    """(n,): that the plan holds."""

    def __post_init__(self) -> None:
        """Raises ValueError where tables differ in shape: compiled code reads on, unasked."""
        _check_one_each(self, ("cause", "probability"), len(self.time))


@dataclass(frozen=True, eq=False)
class KnownTimes:
    """When each child of the cohort was born, entered care and was placed; n children.

    The day of birth is drawn from the days that the month of birth leaves open.
    """

    first_born_day: Ints
    """(n,): the first date of birth possible, as a day number (start date = 0)."""
    birth_days: Ints
    """(n,): how many dates from there on are possible, at least 1."""
    care_days: Floats
    """(n,): time in care at the start, not below 0."""
    placement_days: Floats
    """(n,): time in the present placement, not above ``care_days``."""
    planned: PlannedEnds | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where tables differ in shape: compiled code reads on, unasked."""
        n = len(self.first_born_day)
        _check_one_each(self, ("birth_days", "care_days", "placement_days"), n)
        if self.planned is not None:
            _check_one_each(self.planned, ("time",), n)


@dataclass(frozen=True, eq=False)
class StartingCohort:
    """The children in care at the start, known by age group, need and sector only.

    n children; each draws one cell of its profile (age and time in care), and a time in the
    present placement not longer than that. Where ``known`` is given, those times are each
    child's own and the profiles and distributions are not read.
    """

    age_group: Ints
    """(n,)."""
    need: Ints
    """(n,)."""
    sector: Ints
    """(n,): never unplaced."""
    profile: Ints
    """(n,): row of `cell_cdf`."""
    cell_cdf: Floats
    """(profiles, cells): cumulative probability over cells; the last is 1."""
    cell_age_days: Floats
    """(cells,): lower edge of the age at the start."""
    cell_care_days: Floats
    """(cells,): lower edge of the time in care at the start."""
    cell_width_days: float
    """Both edges spread uniformly over this width (time in care never exceeds age)."""
    placement_days: Floats
    """(P,): rising grid of times in care, first 0."""
    placement_share: Floats
    """(S, P, U): time in the present placement of those who have moved, by sector and time in care
    on that grid: its share of the time in care, at evenly spaced chances from 0 to 1."""
    placement_unmoved: Floats
    """(S, P): chance on that grid of being in the first placement still, by sector."""
    known: KnownTimes | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where tables differ in shape: compiled code reads on, unasked."""
        _check_one_each(self, ("need", "sector", "profile"), len(self.age_group))
        if self.known is not None:
            _check_one_each(self.known, ("care_days",), len(self.age_group))
            return
        _check_one_each(self, ("cell_age_days", "cell_care_days"), self.cell_cdf.shape[1])
        grid = self.placement_days
        if len(grid) < 2 or grid[0] != 0:
            raise ValueError(f"placement_days is {grid}, expected 0 and at least one time more")
        wanted = (len(self.placement_share), len(grid))
        _check_shape("placement_share", self.placement_share.shape[:2], wanted)
        _check_shape("placement_unmoved", self.placement_unmoved.shape, wanted)


@dataclass(frozen=True)
class StepDown:
    """A programme that moves children out of one sector, one child at a time; Y slots.

    Each slot goes to the child in the sector with the longest placement who may by age live in a
    pool for the new need; it passes if no such pool has a place.
    """

    time: Floats
    """(Y,): days, rising."""
    chance: Floats
    """(Y,): uniform in (0, 1); the move succeeds where it is below ``success_share``."""
    from_sector: int
    to_need: int
    success_share: float
    return_days: float
    """A move that fails ends as unplanned after so many days, and the need is as before."""


@dataclass(frozen=True)
class Emergencies:
    """Placements made the same day, and left for one that was looked for."""

    share: Floats
    """(A,): of those who enter, by age group; brothers and sisters as the first of them."""
    taken_by: NDArray[np.bool_]
    """(P,): the pools that take them, in the order of pools."""
    days: float
    """After so many days a planned move follows, by the need's own order of pools."""


@dataclass(frozen=True, eq=False)
class Places:
    """Pools of places, their usable number over time, and who may use them in which order.

    P pools, N need groups, S sectors, X changes. What is None is not in this world.
    """

    pool_names: tuple[str, ...]
    pool_sector: Ints
    """(P,)."""
    usable_at_start: Ints
    """(P,): `UNLIMITED` or a number of places."""
    change_time: Floats
    """(X,): days, sorted."""
    change_pool: Ints
    """(X,)."""
    change_usable: Ints
    """(X,): the number of usable places from then on (or `UNLIMITED`)."""
    preference: Ints
    """(N, P): pools in order of use by need group, padded with -1."""
    first_choice: NDArray[np.bool_]
    """(N, S): the sector is the need group's first choice."""
    suitable: NDArray[np.bool_]
    """(N, S): the sector is suitable for the need group."""
    need_names: tuple[str, ...] = tuple(NEED_GROUPS)
    """(N,): the seven of the domain, then a scenario's planning groups."""
    youngest_years: Ints | None = None
    """(P,): a pool takes a child of at least so many years on the day."""
    oldest_years: Ints | None = None
    """(P,): and below so many. A child who grows out of a pool stays until it moves."""
    change_closes: Ints | None = None
    """(X,): so many places close with whoever lives in them, whose placements end; -1 all of the
    pool; 0 a change that moves nobody."""
    change_chance: Floats | None = None
    """(X,): uniform in (0, 1); settles who lives in the places that close."""
    change_why: Ints | None = None
    """(X,): the codes of `sufficiency.simulation.record`; `SCHEDULED` unless given."""
    stays_on_share: Floats | None = None
    """(P,): of those who turn 18 in the pool, how many stay on and hold the place."""
    stays_on_days_mean: Floats | None = None
    """(P,): for how long, exponentially distributed."""
    settling_days: float = math.inf
    """A child outside its first choice for so long is moved there when there is a place."""
    siblings_together: bool = False
    """Brothers and sisters who enter with the same need go to the first pool with room for all."""
    step_down: StepDown | None = None
    emergencies: Emergencies | None = None
    outside_area_share: Floats | None = None
    """(P + 1,): of the children in each pool, unplaced last; None where only sectors are known."""
    over_20_miles_share: Floats | None = None
    """(P + 1,): the same."""

    def __post_init__(self) -> None:
        """Raises ValueError where tables differ in shape: compiled code reads on, unasked."""
        pools, needs = len(self.pool_names), len(self.preference)
        _check_one_each(self, _OF_POOLS, pools)
        _check_one_each(self, _OF_CHANGES, len(self.change_time))
        _check_one_each(self, ("outside_area_share", "over_20_miles_share"), pools + 1)
        for name in ("first_choice", "suitable"):
            _check_shape(name, getattr(self, name).shape, (needs, len(SECTORS)))
        if self.emergencies is not None:
            _check_one_each(self.emergencies, ("share",), len(AGE_GROUPS))
            _check_one_each(self.emergencies, ("taken_by",), pools)
        if self.step_down is not None:
            _check_one_each(self.step_down, ("chance",), len(self.step_down.time))


@dataclass(frozen=True)
class World:
    """All that one replication needs besides its random blocks."""

    start: date
    horizon_days: int
    hazards: Hazards
    entries: Entries
    cohort: StartingCohort
    places: Places
    effects: DrawnEffects | None = None
    """What interventions do in this replication; the engine reads it nowhere."""
    price_drift: Floats | None = None
    """(P + 1, years): what drift multiplies each pool's price by (unplaced last), by financial
    years since that of the start; the engine reads it nowhere."""


def to_ticks(days: Floats) -> Floats:
    """Round times up to a multiple of 2**-20 day, so no two clocks can disagree about them."""
    return np.ceil(np.asarray(days) / TICK) * TICK
