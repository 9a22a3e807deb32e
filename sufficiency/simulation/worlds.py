"""From a plan to the world of one replication: parameters drawn, drift applied.

A plan holds what all replications share: posteriors, tables, the children and places at the
start. Its draws are keyed by seed and replication, apart from the children's own, so that a layer
of uncertainty can be switched on while everyone keeps their luck.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sufficiency.calibration.children.drawing import RateSampler, ending_need_factor
from sufficiency.calibration.children.lexis import N_PLACEMENT_BANDS
from sufficiency.calibration.drift import FLOWS, drift_paths
from sufficiency.calibration.move_levels import early_moves, moves_by_duration
from sufficiency.calibration.posterior import dirichlet_quantile
from sufficiency.calibration.price_drift import N_NORMALS, SERVICES, price_paths
from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    N_EXIT_CAUSES,
    NEED_GROUPS,
    ExitReason,
    MoveReason,
)
from sufficiency.simulation.compiled import floats
from sufficiency.simulation.draws import FIRST_FREE_PURPOSE, Draws
from sufficiency.simulation.effects import DrawnEffects, draw_effects
from sufficiency.simulation.planning_groups import (
    parted_entries,
    parted_hazards,
)
from sufficiency.simulation.supply_paths import drawn_places
from sufficiency.simulation.world import (
    CARE_CLOCK,
    PLACEMENT_CLOCK,
    REMEMBERED,
    Entries,
    Hazards,
    KnownTimes,
    StartingCohort,
    World,
)
from sufficiency.simulation.world_plan import (
    Calendar,
    EntriesSeason,
    Levels,
    OwnChildren,
    Siblings,
    WorldPlan,
)

__all__ = [
    "Calendar",
    "EntriesSeason",
    "Levels",
    "OwnChildren",
    "Siblings",
    "WorldPlan",
    "draw_world",
    "draw_worlds",
    "drift_factors",
]

Floats = NDArray[np.float64]

_PARAMETERS, _DRIFT, _OWN_RATES, _PRICES = range(FIRST_FREE_PURPOSE, FIRST_FREE_PURPOSE + 4)
_MOST_YEARS = 11
_CAUSE = {str(cause): code for code, cause in enumerate(CAUSES)}
_ADOPTION = _CAUSE[ExitReason.ADOPTION]
_MATCH = _CAUSE[MoveReason.PLACED_FOR_ADOPTION]
_CARER_ENDS = _CAUSE[MoveReason.CARER_ENDS]
_BANDS = len(AGE_GROUPS) - 1
_WITH_LEVEL = slice(N_EXIT_CAUSES, _CAUSE[MoveReason.TURNING_16])
"""Moves of which an authority has more or fewer than England; turning 16 comes to all."""


@dataclass(frozen=True)
class _Drawn:
    """The levels of R replications."""

    starters_per_year: Floats
    """(R, A)."""
    leave: Floats
    """(R, 5)."""
    match: Floats
    """(R,)."""
    moves: Floats
    """(R,)."""
    first_need: Floats
    """(R, A, N)."""


def draw_world(
    plan: WorldPlan,
    seed: int,
    replication: int,
    *,
    parameter: bool,
    drift: bool,
    effects: bool = False,
) -> World:
    """The world of one replication, with or without each layer of uncertainty.

    Without ``parameter`` every level is its posterior mean; without ``drift`` rates stay; without
    ``effects`` those of interventions are their means.
    """
    return next(
        draw_worlds(plan, seed, [replication], parameter=parameter, drift=drift, effects=effects)
    )


def draw_worlds(
    plan: WorldPlan,
    seed: int,
    replications: Sequence[int],
    *,
    parameter: bool,
    drift: bool,
    effects: bool = False,
) -> Iterator[World]:
    """The worlds of some replications, in their order, one by one.

    Each is as `draw_world` gives it, to the last bit. Levels and drift are drawn for all at once,
    in compiled code that lets other threads go on; one by one they would be half a millisecond of
    Python each.
    """
    every = [Draws(seed, replication) for replication in replications]
    drawn = _draw_levels(plan.levels, every, parameter=parameter)
    calendar = _several(plan.calendar, len(every))
    drawn_effects = None
    if plan.effects is not None:
        drawn_effects = draw_effects(plan.effects, every, drawn=effects)
        calendar = _with_effects(calendar, drawn_effects)
    if drift:
        calendar = _drifting(calendar, *drift_factors(plan, every))
    prices = _price_drift(plan, every) if drift else None
    entries = _entries(plan, drawn, calendar)
    hazards = _hazards(plan, drawn, calendar)
    if plan.own.rates is not None:
        hazards = _own_hazards(plan, plan.own.rates, hazards, every, parameter=parameter)
    cohort = _cohort(plan.children, plan.own.times)
    of_each = (None if drawn_effects is None else drawn_effects.of(at) for at in range(len(every)))
    together = zip(every, hazards, entries, of_each, strict=True)
    for at, (draws, of_one, coming, changed) in enumerate(together):
        of_one, coming = _parted(plan, of_one, coming)
        yield World(
            start=plan.start,
            horizon_days=plan.horizon_days,
            hazards=of_one,
            entries=coming,
            cohort=cohort,
            effects=changed,
            places=drawn_places(plan.places, plan.supply, draws, plan.horizon_days, changed),
            price_drift=None if prices is None else prices[at],
        )


def _parted(plan: WorldPlan, hazards: Hazards, entries: Entries) -> tuple[Hazards, Entries]:
    """Rates for all need groups; those of carers who give up stand aside for carers modelled."""
    for pool in plan.supply.carer_pools:
        hazards.per_day[_CARER_ENDS, plan.places.pool_sector[pool]] = 0
        if hazards.also_by_care is not None:
            hazards.also_by_care[_CARER_ENDS, plan.places.pool_sector[pool]] = 0
    if plan.groups is None:
        return hazards, entries
    return parted_hazards(hazards, plan.groups), parted_entries(entries, plan.groups)


def _draw_levels(levels: Levels, every: Sequence[Draws], *, parameter: bool) -> _Drawn:
    n_groups, n_needs = len(AGE_GROUPS), len(NEED_GROUPS)
    if parameter:
        sizes = [n_groups, _BANDS, 1, 1, n_groups * n_needs]
        uniforms = _uniforms(every, _PARAMETERS, 1, sum(sizes))[:, 0]
        starters_u, leave_u, match_u, moves_u, first_u = np.split(
            uniforms, np.cumsum(sizes)[:-1], axis=1
        )
        starters = levels.starters_per_year.quantile(starters_u)
        leave, match = levels.leave.quantile(leave_u), levels.match.quantile(match_u)
        moves = levels.moves.quantile(moves_u)
        first = dirichlet_quantile(
            levels.first_need_weights, first_u.reshape(-1, n_groups, n_needs)
        )
    else:
        n = len(every)
        starters, leave = _copies(levels.starters_per_year.mean, n), _copies(levels.leave.mean, n)
        match, moves = _copies(levels.match.mean, n), _copies(levels.moves.mean, n)
        weights = levels.first_need_weights
        first = _copies(weights / weights.sum(axis=1, keepdims=True), n)
    if levels.starters_total_per_year is not None:
        total = starters.sum(axis=1, keepdims=True)
        starters = starters * (levels.starters_total_per_year / np.maximum(total, 1e-12))
    return _Drawn(starters, leave, match[:, 0], moves[:, 0], first)


def _uniforms(every: Sequence[Draws], purpose: int, rows: int, columns: int) -> Floats:
    """(R, rows, columns): each replication's own, the first block of a purpose."""
    return np.stack([draws.uniforms(purpose, 0, rows, columns) for draws in every])


def _copies(values: Floats, n: int) -> Floats:
    """(n, ...): for each replication the same, each its own."""
    return np.repeat(values[None], n, axis=0)


def _several(calendar: Calendar, n: int) -> Calendar:
    """The calendar of each of n replications."""
    return replace(
        calendar, entries=_copies(calendar.entries, n), causes=_copies(calendar.causes, n)
    )


def drift_factors(plan: WorldPlan, every: Sequence[Draws]) -> tuple[Floats, Floats]:
    """Starts of the yearly periods (Y,), and the factors on entries and exits (R, 2, Y).

    Years count from the last date that rates were fitted to, so that a forecast from a later
    date begins with what has drifted since; the period that holds the start begins there.
    """
    lead = plan.days_since_history
    years = min(int(np.ceil((plan.horizon_days + lead) / DAYS_PER_YEAR)), _MOST_YEARS)
    normals = _normals(every, _DRIFT, len(FLOWS), _MOST_YEARS)
    paths = drift_paths(plan.drift, years, normals[..., :years])
    first = min(int(lead // DAYS_PER_YEAR), years - 1)
    starts: Floats = np.maximum(np.arange(first, years) * DAYS_PER_YEAR - lead, 0.0)
    return starts, paths[..., first:]


def _price_drift(plan: WorldPlan, every: Sequence[Draws]) -> Floats | None:
    """(R, P + 1, years): what drift multiplies prices by; None if they rise as planned."""
    prices = plan.prices
    if prices is None:
        return None
    normals = _normals(every, _PRICES, len(SERVICES), N_NORMALS)
    return price_paths(prices.drift, prices.service, prices.age_years, prices.years, normals)


def _normals(every: Sequence[Draws], purpose: int, rows: int, columns: int) -> Floats:
    """(R, rows, columns): standard normals by inversion, each replication's own."""
    # Half the step of the uniforms keeps the normal of a zero finite.
    found: Floats = special.ndtri(_uniforms(every, purpose, rows, columns) + 2.0**-54)
    return found


def _with_effects(calendar: Calendar, effects: DrawnEffects) -> Calendar:
    """The calendars of several replications with what interventions change laid over them."""
    merged = np.union1d(calendar.starts_days, effects.starts_days)
    period = np.searchsorted(calendar.starts_days, merged, side="right") - 1
    changed = np.searchsorted(effects.starts_days, merged, side="right") - 1
    by_group = effects.causes[..., changed]
    causes = calendar.causes[:, None, ..., period] * by_group
    return Calendar(
        merged,
        calendar.entries[..., period] * effects.entries[..., changed],
        causes[:, 0] if by_group.shape[1] == 1 else causes,
    )


def _drifting(calendar: Calendar, starts_days: Floats, factors: Floats) -> Calendar:
    """The calendars with yearly factors on entries and exits (R, 2, Y) laid over them.

    Adoption drifts once, where a child is placed for adoption.
    """
    merged = np.union1d(calendar.starts_days, starts_days)
    period = np.searchsorted(calendar.starts_days, merged, side="right") - 1
    year = np.searchsorted(starts_days, merged, side="right") - 1
    by_period = factors[:, :, None, year]
    drifting = [cause for cause in range(N_EXIT_CAUSES) if cause != _ADOPTION] + [_MATCH]
    causes = calendar.causes[..., period]
    on_exits = by_period[:, 1].reshape(-1, *[1] * (causes.ndim - 2), len(merged))
    causes[..., drifting, :, :] *= on_exits
    return Calendar(merged, calendar.entries[..., period] * by_period[:, 0], causes)


def _hazards(plan: WorldPlan, drawn: _Drawn, calendar: Calendar) -> Iterator[Hazards]:
    """The hazards of each replication, at the published rates with the levels drawn."""
    tables, by_level = plan.tables, plan.tables.early_moves_by_level
    clock = np.where(tables.placement_clock, PLACEMENT_CLOCK, CARE_CLOCK).astype(np.int64)
    leaving = slice(_ADOPTION + 1, N_EXIT_CAUSES)
    bands = slice(0, _BANDS)
    group = plan.effects.group if plan.effects is not None and calendar.causes.ndim > 4 else None
    per_day = _copies(tables.per_day, len(calendar.causes))
    per_day[:, leaving, :, bands] *= drawn.leave[:, None, None, :, None]
    per_day[:, _CAUSE[ExitReason.OTHER_REASON], :, _BANDS] = plan.levels.uasc_exit_per_day
    per_day[:, :N_EXIT_CAUSES] *= plan.levels.exit_level
    by_duration = moves_by_duration(drawn.moves, by_level)
    per_day[:, _WITH_LEVEL, ..., :N_PLACEMENT_BANDS] *= by_duration[:, None, None, None]
    per_day[:, _MATCH] *= (drawn.match * plan.levels.exit_level)[:, None, None, None]
    early = early_moves(drawn.moves, by_level)
    also_by_care = tables.also_by_care * early[:, None, None, None, None]
    for number, causes in enumerate(floats(calendar.causes)):
        yield Hazards(
            per_day=per_day[number],
            clock=clock,
            care_band_starts_days=tables.care_band_starts_days,
            placement_band_starts_days=tables.placement_band_starts_days,
            need_factor=tables.need_factor,
            calendar_starts_days=calendar.starts_days,
            calendar_factor=causes,
            calendar_group=group,
            destination=tables.destination,
            also_by_care=also_by_care[number],
        )


def _own_hazards(
    plan: WorldPlan,
    rates: RateSampler,
    published: Iterator[Hazards],
    every: Sequence[Draws],
    *,
    parameter: bool,
) -> Iterator[Hazards]:
    """The same with the council's own rates; a scenario's level of exits and its own next needs
    still hold. They count moves by time in the placement alone."""
    if parameter:
        several = rates.draw_several(_uniforms(every, _OWN_RATES, 1, rates.n_uniforms)[:, 0])
    else:
        several = (rates.mean() for _ in every)
    for hazards, drawn in zip(published, several, strict=True):
        drawn.per_day[:N_EXIT_CAUSES] *= plan.levels.exit_level
        drawn.per_day[_MATCH] *= plan.levels.exit_level
        yield replace(
            hazards,
            per_day=drawn.per_day,
            need_factor=ending_need_factor(hazards.need_factor, drawn),
            destination=drawn.destination,
            also_by_care=None,
        )


def _entries(plan: WorldPlan, drawn: _Drawn, calendar: Calendar) -> Iterator[Entries]:
    """Groups a day by stream, such that children by age band come out at the drawn starters."""
    expected = plan.levels.starters_per_year.mean[:_BANDS]
    band_share = expected / expected.sum()
    groups = drawn.starters_per_year / DAYS_PER_YEAR
    groups[:, :_BANDS] /= plan.siblings.mean_size
    starts, factor = _seasonal(calendar, plan.own.season)
    for rate, first_need in zip(groups[..., None] * factor, drawn.first_need, strict=True):
        yield Entries(
            group_rate_per_day=rate,
            calendar_starts_days=starts,
            group_size_probability=plan.siblings.group_size_probability,
            sibling_same_band_share=plan.siblings.same_band_share,
            band_share=band_share,
            age_quantiles_days=plan.entry_age_quantiles_days,
            first_need=first_need,
            sibling_same_need_share=plan.siblings.same_need_share,
        )


def _seasonal(calendar: Calendar, season: EntriesSeason | None) -> tuple[Floats, Floats]:
    """Starts of the periods (K,), factors on entries (R, A, K), with the season laid over them."""
    if season is None:
        return calendar.starts_days, calendar.entries
    merged = np.union1d(calendar.starts_days, season.starts_days)
    period = np.searchsorted(calendar.starts_days, merged, side="right") - 1
    month = np.searchsorted(season.starts_days, merged, side="right") - 1
    factor = calendar.entries[..., period]
    factor[:, :_BANDS] *= season.factor[month]
    return merged, factor


@lru_cache(maxsize=REMEMBERED)
def _cohort(children: ChildrenAtStart, known: KnownTimes | None) -> StartingCohort:
    """One for all the worlds of a scenario, so that what is worked out of it is remembered."""
    return StartingCohort(
        age_group=children.age_group,
        need=children.need,
        sector=children.sector,
        profile=children.profile,
        cell_cdf=children.cell_cdf,
        cell_age_days=children.cell_age_days,
        cell_care_days=children.cell_care_days,
        cell_width_days=children.cell_width_days,
        placement_days=children.placement_days,
        placement_share=children.placement_share,
        placement_unmoved=children.placement_unmoved,
        known=known,
    )
