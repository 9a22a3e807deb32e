"""Resolve a scenario: calibrate, apply what the scenario changes, and say where all came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import Assumption, assumed, assuming
from sufficiency.calibration.calibrate import (
    Calibration,
    calibrate,
    entries_factor,
    exit_level,
    returns_factor,
    year_ahead,
)
from sufficiency.calibration.needs import OwnNextNeeds
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.calibration.starting import (
    ChildrenAtStart,
    children_at_start,
    whole_children,
)
from sufficiency.calibration.tables import RateTables, rate_tables
from sufficiency.domain import DAYS_PER_YEAR, MONTHS_PER_YEAR, report_dates
from sufficiency.errors import ScenarioError
from sufficiency.history.authorities import Authority, find_authority
from sufficiency.history.monthly_table import read_monthly_table
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.report.formats import long_date
from sufficiency.resolution.calendar import calendar, intervention_origins
from sufficiency.resolution.entry_ages import entry_age_quantiles_days
from sufficiency.resolution.localities import locality_shares
from sufficiency.resolution.own_table import OwnTable, own_levels
from sufficiency.resolution.population import StartingPopulation, starting_population
from sufficiency.resolution.prices import cost_plan
from sufficiency.resolution.provenance import (
    fitted_origins,
    manifest_extras,
    population_origin,
)
from sufficiency.resolution.supply import supply
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.simulation.world import Places, World
from sufficiency.simulation.worlds import Calendar, Levels, Siblings, WorldPlan, draw_world

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

    def draw_world(self, seed: int, replication: int, *, parameter: bool, drift: bool) -> World:
        """The world of one replication, with or without each layer of uncertainty.

        A layer that the scenario turns off stays off.
        """
        on = self.scenario.uncertainty
        return draw_world(
            self.plan,
            seed,
            replication,
            parameter=parameter and on.parameter,
            drift=drift and on.drift,
        )


@dataclass(frozen=True)
class ResolvedChildren:
    """What a forecast of children alone needs: no price, distance or origin."""

    authority: Authority
    start: date
    fit: Calibration
    plan: WorldPlan


def resolve_children(scenario: Scenario) -> ResolvedChildren:
    """The worlds of a scenario without its prices, which are not published before 2017.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        ScenarioError: the scenario contradicts what is published.
        HistoryError: there are no figures by the start.
    """
    with assuming(_own_assumptions(scenario)):
        authority = find_authority(scenario.authority)
        history = PublishedHistory.as_at(calibration_year(scenario))
        fit = calibrate(history, authority, scenario.calibration.base_window_years)
        start = _start(scenario, fit)
        people = starting_population(scenario, fit)
        places, *_ = supply(scenario, people.by_sector, start)
        plan = _plan(scenario, fit, people, None, places, start)
    return ResolvedChildren(authority, start, fit, plan)


def resolve(scenario: Scenario) -> Resolved:
    """Find every number of a scenario, from its file, the published statistics or an assumption.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        ScenarioError: the scenario contradicts what is published.
        HistoryError: the user's own table cannot be used.
    """
    with assuming(_own_assumptions(scenario)):
        return _resolve(scenario)


def _own_assumptions(scenario: Scenario) -> dict[str, Assumption]:
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


def _resolve(scenario: Scenario) -> Resolved:
    authority = find_authority(scenario.authority)
    year = calibration_year(scenario)
    history = PublishedHistory.as_at(year)
    fit = calibrate(history, authority, scenario.calibration.base_window_years)
    _check_prices(history)
    start = _start(scenario, fit)
    table = scenario.table_path
    until = min(scenario.calibration.history_to or start, start)
    own = own_levels(read_monthly_table(table), fit, until) if table is not None else None
    people = starting_population(scenario, fit)
    places, supply_origins, statement, sector_places = supply(scenario, people.by_sector, start)
    costs, cost_origins, cost_warnings = cost_plan(scenario, fit, history, people.by_sector, start)
    shares, share_origins = locality_shares(
        scenario, fit, history, people.by_sector.astype(np.float64)
    )
    plan = _plan(scenario, fit, people, own, places, start)
    population = _population(fit)
    origins = (
        *people.origins,
        *([] if population is None else [population_origin(population)]),
        *fitted_origins(scenario, fit, plan.levels, own),
        *intervention_origins(scenario),
        *supply_origins,
        *share_origins,
        *cost_origins,
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
            *_notes(authority, fit, scenario),
            *_pull_of_starters(scenario, fit, plan.levels, own),
        ),
        manifest_extras=manifest_extras(scenario, fit, history, statement, sector_places, own),
    )


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


def _plan(
    scenario: Scenario,
    fit: Calibration,
    people: StartingPopulation,
    own: OwnTable | None,
    places: Places,
    start: date,
) -> WorldPlan:
    levels, tables = _levels(scenario, fit, people, own)
    return WorldPlan(
        start=start,
        horizon_days=(report_dates(start, scenario.months)[-1] - start).days,
        levels=levels,
        tables=tables,
        calendar=_calendar(scenario, fit, start, own),
        siblings=_siblings(scenario),
        entry_age_quantiles_days=entry_age_quantiles_days(),
        children=_children(people, fit, tables),
        places=places,
        drift=fit.drift,
        days_since_history=(start - date(fit.year, _LAST_MONTH, _LAST_DAY)).days,
    )


def _calendar(scenario: Scenario, fit: Calibration, start: date, own: OwnTable | None) -> Calendar:
    horizon_days = (report_dates(start, scenario.months)[-1] - start).days
    trend = _follows_trend(scenario, own)
    return calendar(scenario, fit.damping, start, horizon_days, trend=trend)


def _children(people: StartingPopulation, fit: Calibration, tables: RateTables) -> ChildrenAtStart:
    whole = whole_children(people.needs, people.by_sector, people.by_age_group)
    return children_at_start(whole, fit.exits.opening, fit.uasc_stock, tables.move_per_day)


def _levels(
    scenario: Scenario, fit: Calibration, people: StartingPopulation, own: OwnTable | None
) -> tuple[Levels, RateTables]:
    """The levels of all rates with the scenario's changes, and the tables they multiply.

    The tables are those of the fitted levels: a scenario's own number of starters or rate of exit
    changes that flow and no other.
    """
    ages = people.by_age_group.astype(np.float64)
    starters = _starters(scenario, fit, ages) if own is None else own.starters
    ahead = year_ahead(fit, ages, starters.mean)
    tables = rate_tables(fit, people.needs, ahead, starters.mean, _own_next_needs(scenario))
    total = scenario.entries.starters_per_month
    fixed = None if total is None else total.value * MONTHS_PER_YEAR
    expected = starters.mean if fixed is None else starters.mean * fixed / starters.mean.sum()
    level = 1.0 if own is None else own.exit_level
    rate = scenario.exits.annual_exit_rate
    if rate is not None:
        level = exit_level(fit, ages, expected, rate.value)
    return (
        Levels(
            starters_per_year=starters,
            starters_total_per_year=fixed,
            leave=fit.exits.leave,
            match=fit.exits.match,
            uasc_exit_per_day=fit.uasc_exit_per_year / DAYS_PER_YEAR,
            moves=fit.moves,
            first_need_weights=tables.first_need * assumed("prior_first_need").number,
            exit_level=level,
        ),
        tables,
    )


def _own_next_needs(scenario: Scenario) -> OwnNextNeeds:
    return {
        (reason, need): {after: float(weight) for after, weight in weights.items()}
        for reason, rows in scenario.moves.next_need.items()
        for need, weights in rows.items()
    }


def _starters(scenario: Scenario, fit: Calibration, ages: Floats) -> GammaPosterior:
    """The posterior of starters a year in the first year of the forecast."""
    returns = scenario.calibration.same_year_returns
    share = None if returns is True else (0.0 if returns is False else returns.value)
    factor = returns_factor(fit, share)
    if scenario.uncertainty.damping:
        factor *= entries_factor(fit, ages, share)
    return replace(fit.starters, exposure=fit.starters.exposure / factor)


def _follows_trend(scenario: Scenario, own: OwnTable | None) -> bool:
    """Whether entries grow by the national trend: not where the user gave their level."""
    given = scenario.entries.starters_per_month is not None or own is not None
    return scenario.uncertainty.damping and not given


def _siblings(scenario: Scenario) -> Siblings:
    sizes = scenario.entries.sibling_group_sizes
    share = scenario.entries.sibling_same_band_share
    return Siblings(
        np.array(sizes) if sizes is not None else assumed("sibling_group_sizes").row,
        share.value if share is not None else assumed("sibling_same_band_share").number,
    )


def _population(fit: Calibration) -> float | None:
    known = fit.counts.population_0_17[~np.isnan(fit.counts.population_0_17)]
    return float(known[-1]) if len(known) else None


def _notes(authority: Authority, fit: Calibration, scenario: Scenario) -> list[str]:
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


def _pull_of_starters(
    scenario: Scenario, fit: Calibration, levels: Levels, own: OwnTable | None
) -> list[str]:
    """Say so where the forecast begins with far more or fewer starters than the latest year had."""
    latest = float(fit.counts.started_total[-1])
    expected = float(levels.starters_per_year.mean.sum())
    if not _follows_trend(scenario, own) or not latest > 0:
        return []
    change = expected / latest - 1
    if abs(change) < _LARGE_PULL:
        return []
    return [
        f"{expected:.0f} children a year are expected to start care, {abs(change):.0%} "
        f"{'more' if change > 0 else 'fewer'} than the {latest:.0f} of the year to 31 March "
        f"{fit.year}: starters are drawn towards the level at which the number in care grows by "
        f"{fit.damping.trend_per_year:.1%} a year, which foretold better over all councils than "
        "the latest year alone, but not for each. Give entries.starters_per_month if you know "
        "better, or uncertainty.damping: false to keep the latest level."
    ]
