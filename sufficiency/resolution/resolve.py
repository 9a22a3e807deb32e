"""Resolve a scenario: calibrate, apply what the scenario changes, and say where all came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import Assumption, assumed, assuming
from sufficiency.calibration.calibrate import Calibration, calibrate
from sufficiency.errors import ScenarioError
from sufficiency.history.actuals import Actuals
from sufficiency.history.authorities import Authority, find_authority
from sufficiency.history.monthly_table import read_monthly_table
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.resolution.budgets import actuals_before, check_budget_years
from sufficiency.resolution.calendar import factor_origins
from sufficiency.resolution.effect_checks import check_effects
from sufficiency.resolution.intervention_words import intervention_origins, intervention_rows
from sufficiency.resolution.localities import locality_shares
from sufficiency.resolution.money import money_of
from sufficiency.resolution.notes import age_of_the_figures, notes, pull_of_starters
from sufficiency.resolution.own_plans import plan_origins
from sufficiency.resolution.own_population import people_at_start
from sufficiency.resolution.own_return import (
    OwnReturn,
    read_own_return,
    starting_on,
    with_own_rates,
)
from sufficiency.resolution.own_table import OwnTable, own_levels, table_notes
from sufficiency.resolution.page_facts import manifest_extras
from sufficiency.resolution.planning import world_plan
from sufficiency.resolution.planning_groups import group_origins
from sufficiency.resolution.policies import AllocationPolicy
from sufficiency.resolution.pools import Pool
from sufficiency.resolution.population import StartingPopulation
from sufficiency.resolution.price_drift import with_price_drift
from sufficiency.resolution.provenance import (
    fitted_origins,
    population_origin,
)
from sufficiency.resolution.supply import supply
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.simulation.world import World
from sufficiency.simulation.worlds import WorldPlan, draw_worlds

Floats = NDArray[np.float64]

LATEST_YEAR = 2023
_LAST_MONTH, _LAST_DAY = 3, 31


@dataclass(frozen=True)
class Resolved:
    """A scenario with every number found. It can be pickled."""

    scenario: Scenario
    authority: Authority
    start: date
    months: int
    plan: WorldPlan
    costs: CostPlan
    shares: Mapping[str, Floats]
    population_0_17: float | None
    origins: tuple[Origin, ...]
    warnings: tuple[str, ...]
    manifest_extras: Mapping[str, Any]
    pools: tuple[Pool, ...] = ()
    """The pools of places, in the order of ``plan.places``."""
    personal_data: bool = False
    """Whether its start or its rates come from the council's own children."""
    actuals: Actuals | None = None
    """What was spent before the start."""

    def draw_world(
        self,
        seed: int,
        replication: int,
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> World:
        """The world of one replication, with or without each layer of uncertainty.

        A layer that the scenario turns off stays off.
        """
        return next(
            self.draw_worlds(seed, [replication], parameter=parameter, drift=drift, effects=effects)
        )

    def draw_worlds(
        self,
        seed: int,
        replications: Sequence[int],
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> Iterator[World]:
        """The same of several, in their order: what `draw_world` gives, sooner."""
        on = self.scenario.uncertainty
        return draw_worlds(
            self.plan,
            seed,
            replications,
            parameter=parameter and on.parameter,
            drift=drift and on.drift,
            effects=effects and on.effects,
        )

    @property
    def has_drawn_effects(self) -> bool:
        """Whether an intervention's effect is a distribution, and is drawn from it."""
        effects = self.plan.effects
        return self.scenario.uncertainty.effects and effects is not None and effects.is_drawn

    @property
    def planned_ends(self) -> int:
        """For how many children of the start a plan to leave care, or to stay, is followed."""
        times = self.plan.own.times
        planned = None if times is None else times.planned
        return 0 if planned is None else int((planned.time > 0).sum())

    def without_planned_ends(self) -> Resolved:
        """The same children by the fitted rates alone."""
        times = self.plan.own.times
        if times is None:
            return self
        own = replace(self.plan.own, times=replace(times, planned=None))
        return replace(self, plan=replace(self.plan, own=own))


@dataclass(frozen=True)
class ResolvedChildren:
    """What a forecast of children alone needs: no price, distance or origin."""

    authority: Authority
    start: date
    fit: Calibration
    plan: WorldPlan


def resolve_children(scenario: Scenario, own: OwnReturn | None = None) -> ResolvedChildren:
    """The worlds of a scenario without its prices, which are not published before 2017.

    ``own`` stands for the council's own children that the scenario's files would give.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        ScenarioError: the scenario contradicts what is published.
        HistoryError: there are no figures by the start.
    """
    with assuming(own_assumptions(scenario)):
        authority = find_authority(scenario.authority)
        own = own or read_own_return(scenario, authority)
        scenario = starting_on(scenario, own)
        history = PublishedHistory.as_at(calibration_year(scenario))
        fit = _fit(scenario, history, authority, own)
        start = _start(scenario, fit)
        people, own = people_at_start(scenario, fit, own)
        there = supply(scenario, people.by_sector, start)
        plan = world_plan(scenario, fit, people, None, own, there, start)
    return ResolvedChildren(authority, start, fit, plan)


def resolve(
    scenario: Scenario,
    policy: AllocationPolicy | None = None,
    published: Calibration | None = None,
) -> Resolved:
    """Find every number of a scenario, from its file, the published statistics or an assumption.

    ``policy`` is a user's own, in place of the allocation policy that the scenario names.
    ``published`` is what `calibrate` found for a scenario of the same authority, history, window
    and assumptions; it is most of the work.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        ScenarioError: the scenario contradicts what is published.
        HistoryError: the user's own table cannot be used.
        UserError: the user's policy gives no pool, or one that is none.
    """
    with assuming(own_assumptions(scenario)):
        return _resolve(scenario, policy, published)


def own_assumptions(scenario: Scenario) -> dict[str, Assumption]:
    """The assumptions that the scenario replaces."""
    return {
        name: replace(
            assumed(name),
            value=own.value,
            source=own.source,
            low=own.low,
            high=own.high,
            kind=str(own.kind),
        )
        for name, own in scenario.assumptions.items()
    }


@dataclass(frozen=True)
class _Known:
    """What is known of a scenario before its places and prices."""

    scenario: Scenario
    authority: Authority
    own: OwnReturn
    history: PublishedHistory
    fit: Calibration
    start: date
    table: OwnTable | None
    people: StartingPopulation


def _known(scenario: Scenario, published: Calibration | None) -> _Known:
    """Read an authority's past, published and its own, and who is in care at the start."""
    authority = find_authority(scenario.authority)
    own = read_own_return(scenario, authority)
    scenario = starting_on(scenario, own)
    history = PublishedHistory.as_at(calibration_year(scenario))
    fit = _fit(scenario, history, authority, own, published)
    _check_prices(history)
    start = _start(scenario, fit)
    check_budget_years(scenario, start)
    path = scenario.table_path
    until = min(scenario.calibration.history_to or start, start)
    people, own = people_at_start(scenario, fit, own)
    ages = people.by_age_group.astype(np.float64)
    table = own_levels(read_monthly_table(path), fit, until, ages) if path is not None else None
    return _Known(scenario, authority, own, history, fit, start, table, people)


def _resolve(
    scenario: Scenario, policy: AllocationPolicy | None, published: Calibration | None
) -> Resolved:
    known = _known(scenario, published)
    scenario, own, fit, history = known.scenario, known.own, known.fit, known.history
    people, start = known.people, known.start
    there = supply(scenario, people.by_sector, start, policy)
    shares, share_origins = locality_shares(
        scenario, fit, history, people.by_sector.astype(np.float64)
    )
    there = there.located(shares)
    plan = world_plan(scenario, fit, people, known.table, own, there, start)
    population = _population(fit)
    needs = plan.places.need_names
    costs, cost_origins, cost_warnings = money_of(
        scenario, fit, history, people, own.cohort, there.pools, needs, start, population
    )
    plan, drift_origins = with_price_drift(
        plan, scenario, costs, calibration_year(scenario), fit.latest_in_care
    )
    return Resolved(
        scenario=scenario,
        authority=known.authority,
        start=start,
        months=scenario.months,
        plan=plan,
        costs=costs,
        shares=shares,
        population_0_17=population,
        origins=(
            *_origins(known, plan, population),
            *there.origins,
            *group_origins(scenario),
            *share_origins,
            *cost_origins,
            *drift_origins,
        ),
        warnings=(*cost_warnings, *there.warnings, *_warnings(known, plan)),
        manifest_extras={
            **manifest_extras(
                scenario, fit, history, there.statement, there.sector_places, own.calibrated
            ),
            "interventions": intervention_rows(scenario, start),
        },
        pools=there.pools,
        personal_data=own.is_used,
        actuals=actuals_before(scenario, start),
    )


def _origins(known: _Known, plan: WorldPlan, population: float | None) -> list[Origin]:
    """Where the numbers came from that decide who comes, stays and leaves."""
    scenario, fit, own = known.scenario, known.fit, known.own
    return [
        *known.people.origins,
        *plan_origins(scenario, own.cohort),
        *([] if population is None else [population_origin(population)]),
        *fitted_origins(scenario, fit, plan.levels, known.table, own.calibrated),
        *factor_origins(scenario),
        *intervention_origins(scenario),
    ]


def _warnings(known: _Known, plan: WorldPlan) -> list[str]:
    """What the user should know of the figures, places and prices apart."""
    scenario, fit, own = known.scenario, known.fit, known.own
    return [
        *notes(known.authority, fit, scenario, own),
        *age_of_the_figures(plan),
        *table_notes(known.table, known.start),
        *pull_of_starters(scenario, fit, plan, known.table, own),
        *check_effects(scenario, plan),
    ]


def _fit(
    scenario: Scenario,
    history: PublishedHistory,
    authority: Authority,
    own: OwnReturn,
    published: Calibration | None = None,
) -> Calibration:
    """The published fit, at the levels of the council's own returns if it has any."""
    fit = published or calibrate(history, authority, scenario.calibration.base_window_years)
    return fit if own.calibrated is None else with_own_rates(fit, own.calibrated.fitted)


def calibration_year(scenario: Scenario) -> int:
    """The last year ending 31 March that calibration may read."""
    limit = scenario.calibration.history_to or scenario.start
    if limit is None:
        return LATEST_YEAR
    ended = limit >= date(limit.year, _LAST_MONTH, _LAST_DAY)
    return min(limit.year if ended else limit.year - 1, LATEST_YEAR)


def _check_prices(history: PublishedHistory) -> None:
    """Refuse a start before two years of unit costs, which the rise of prices needs."""
    if len(history.england_unit_cost_index().dropna()) > 1:
        return
    _, second = PublishedHistory.as_at(LATEST_YEAR).england_unit_cost_index().dropna().index[:2]
    raise ScenarioError(
        f"start: the published figures up to 31 March {history.year} hold fewer than two years of "
        "unit costs, so prices and their rise are not known. Start on 31 March "
        f"{int(second[:4]) + 1} or later."
    )


def _start(scenario: Scenario, fit: Calibration) -> date:
    """The scenario's start, else the last 31 March with a number in care."""
    latest = date(fit.latest_year, _LAST_MONTH, _LAST_DAY)
    start = scenario.start or latest
    if start < latest:
        raise ScenarioError(
            f"calibration.history_to: history to 31 March {fit.latest_year} is later than the "
            f"start ({start}). Use a later start, or an earlier history_to."
        )
    return start


def _population(fit: Calibration) -> float | None:
    known = fit.counts.population_0_17[~np.isnan(fit.counts.population_0_17)]
    return float(known[-1]) if len(known) else None
