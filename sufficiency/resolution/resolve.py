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
from sufficiency.report.formats import long_date
from sufficiency.resolution.budgets import actuals_before, check_budget_years
from sufficiency.resolution.calendar import factor_origins
from sufficiency.resolution.effect_checks import check_effects
from sufficiency.resolution.intervention_words import intervention_origins, intervention_rows
from sufficiency.resolution.localities import locality_shares
from sufficiency.resolution.money import money_of
from sufficiency.resolution.own_plans import plan_origins
from sufficiency.resolution.own_population import people_at_start
from sufficiency.resolution.own_return import (
    OwnReturn,
    read_own_return,
    starting_on,
    with_own_rates,
)
from sufficiency.resolution.own_table import OwnTable, own_levels
from sufficiency.resolution.page_facts import manifest_extras
from sufficiency.resolution.planning import follows_path, world_plan
from sufficiency.resolution.planning_groups import group_origins
from sufficiency.resolution.policies import AllocationPolicy
from sufficiency.resolution.pools import Pool
from sufficiency.resolution.price_drift import with_price_drift
from sufficiency.resolution.provenance import (
    fitted_origins,
    population_origin,
)
from sufficiency.resolution.supply import supply
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.simulation.world import World
from sufficiency.simulation.worlds import Levels, WorldPlan, draw_worlds

Floats = NDArray[np.float64]

LATEST_YEAR = 2023
_LAST_MONTH, _LAST_DAY = 3, 31
_LARGE_PULL = 0.15


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


def _resolve(
    scenario: Scenario, policy: AllocationPolicy | None, published: Calibration | None
) -> Resolved:
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
    table = own_levels(read_monthly_table(path), fit, until) if path is not None else None
    people, own = people_at_start(scenario, fit, own)
    there = supply(scenario, people.by_sector, start, policy)
    shares, share_origins = locality_shares(
        scenario, fit, history, people.by_sector.astype(np.float64)
    )
    there = there.located(shares)
    plan = world_plan(scenario, fit, people, table, own, there, start)
    population = _population(fit)
    needs = plan.places.need_names
    costs, cost_origins, cost_warnings = money_of(
        scenario, fit, history, people, own.cohort, there.pools, needs, start, population
    )
    plan, drift_origins = with_price_drift(
        plan, scenario, costs, calibration_year(scenario), fit.latest_in_care
    )
    origins = (
        *people.origins,
        *plan_origins(scenario, own.cohort),
        *([] if population is None else [population_origin(population)]),
        *fitted_origins(scenario, fit, plan.levels, table, own.calibrated),
        *factor_origins(scenario),
        *intervention_origins(scenario),
        *there.origins,
        *group_origins(scenario),
        *share_origins,
        *cost_origins,
        *drift_origins,
    )
    return Resolved(
        scenario=scenario,
        authority=authority,
        start=start,
        months=scenario.months,
        plan=plan,
        costs=costs,
        shares=shares,
        population_0_17=population,
        origins=origins,
        warnings=(
            *cost_warnings,
            *there.warnings,
            *_notes(authority, fit, scenario, own),
            *_pull_of_starters(scenario, fit, plan.levels, table, own),
            *check_effects(scenario, plan),
        ),
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


def _notes(authority: Authority, fit: Calibration, scenario: Scenario, own: OwnReturn) -> list[str]:
    if own.cohort is not None:
        return [*([authority.note] if authority.note else []), *_cohort_notes(own)]
    notes = [*([authority.note] if authority.note else []), *fit.notes]
    years = len(fit.counts.years)
    if years < fit.window_years + 1:
        notes.append(
            f"{authority.name} has only {years} year{'s' if years > 1 else ''} of its own figures, "
            "so its rates lean on similar councils."
        )
    if fit.year < fit.latest_year:
        notes.append(
            f"{authority.name} has no published ages and placements after 31 March {fit.year}: its "
            f"rates are those of that time, and its {fit.latest_in_care:,.0f} children of 31 March "
            f"{fit.latest_year} are taken to have the same shares by age and sector."
        )
    population = scenario.population
    given = population.in_care
    if given is not None and not population.sectors and given.value != round(fit.latest_in_care):
        notes.append(
            f"The starting children are the published {fit.latest_in_care:,.0f} of 31 March "
            f"{fit.latest_year} rescaled to {given.value:,}, with the same shares by age and "
            "sector."
        )
    counted = date(fit.latest_year, _LAST_MONTH, _LAST_DAY)
    if given is None and not population.sectors and (scenario.start or counted) > counted:
        notes.append(
            f"The {fit.latest_in_care:,.0f} children published for {long_date(counted)} are taken "
            f"to be those in care on {long_date(scenario.start or counted)}. Give the number of "
            "that day (--in-care, or population.in_care in the scenario) if you know it."
        )
    return notes


def _cohort_notes(own: OwnReturn) -> list[str]:
    """What the user should know about a start from the council's own list."""
    if own.calibrated is not None:
        return []
    return [
        "The children at the start are the council's own, but the rates are those published: give "
        "calibration.file for rates of its own returns."
    ]


def _pull_of_starters(
    scenario: Scenario, fit: Calibration, levels: Levels, table: OwnTable | None, own: OwnReturn
) -> list[str]:
    """Say so where the forecast begins with far more or fewer starters than were counted last."""
    latest = float(fit.counts.started_total[-1])
    counted = f"of the year to 31 March {fit.year}"
    if own.calibrated is not None:
        latest = float(own.calibrated.fitted.starters.mean.sum())
        counted = f"that {own.calibrated.name} counts"
    expected = float(levels.starters_per_year.mean.sum())
    if not follows_path(scenario, table) or not latest > 0:
        return []
    change = expected / latest - 1
    if abs(change) < _LARGE_PULL:
        return []
    return [
        f"{expected:.0f} children a year are expected to start care, {abs(change):.0%} "
        f"{'more' if change > 0 else 'fewer'} than the {latest:.0f} {counted}: starters are drawn "
        "towards the level at which the number in care goes the way that England's trend, similar "
        "councils' rates and the children about to turn 18 foretell, which was nearer over all "
        "councils than the latest year alone, but not for each. Give entries.starters_per_month if "
        "you know better, or uncertainty.damping: false to keep the latest level."
    ]
