"""Resolve a scenario: calibrate, apply what the scenario changes, and say where all came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import (
    Calibration,
    calibrate,
    entries_factor,
    returns_factor,
    year_ahead,
)
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.calibration.starting import children_at_start, whole_children
from sufficiency.calibration.tables import RateTables, rate_tables
from sufficiency.domain import DAYS_PER_YEAR, MONTHS_PER_YEAR, report_dates
from sufficiency.errors import ScenarioError
from sufficiency.history.authorities import Authority, find_authority
from sufficiency.history.monthly_table import read_monthly_table
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.resolution.calendar import calendar, intervention_origins
from sufficiency.resolution.entry_ages import entry_age_quantiles_days
from sufficiency.resolution.localities import locality_shares
from sufficiency.resolution.own_table import OwnTable, own_levels
from sufficiency.resolution.population import StartingPopulation, starting_population
from sufficiency.resolution.prices import cost_plan
from sufficiency.resolution.provenance import fitted_origins, manifest_extras
from sufficiency.resolution.supply import supply
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.simulation.world import World
from sufficiency.simulation.worlds import Levels, Siblings, WorldPlan, draw_world

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


def resolve(scenario: Scenario) -> Resolved:
    """Find every number of a scenario, from its file, the published statistics or an assumption.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        ScenarioError: the scenario contradicts what is published.
        HistoryError: the user's own table cannot be used.
    """
    authority = find_authority(scenario.authority)
    year = calibration_year(scenario)
    history = PublishedHistory.as_at(year)
    fit = calibrate(history, authority, scenario.calibration.base_window_years)
    start = scenario.start or date(fit.year, _LAST_MONTH, _LAST_DAY)
    if start < date(fit.year, _LAST_MONTH, _LAST_DAY):
        raise ScenarioError(
            f"calibration.history_to: history to 31 March {fit.year} is later than the start "
            f"({start}). Use a later start, or an earlier history_to."
        )
    table = scenario.table_path
    own = own_levels(read_monthly_table(table), fit) if table is not None else None
    people = starting_population(scenario, fit)
    levels, tables, notes = _levels(scenario, fit, people, own)
    horizon_days = (report_dates(start, scenario.months)[-1] - start).days
    places, supply_origins, statement, sector_places = supply(scenario, people.by_sector, start)
    costs, cost_origins, cost_warnings = cost_plan(scenario, fit, history, people.by_sector, start)
    shares, share_origins = locality_shares(
        scenario, fit, history, people.by_sector.astype(np.float64)
    )
    whole = whole_children(people.needs, people.by_sector, people.by_age_group)
    plan = WorldPlan(
        start=start,
        horizon_days=horizon_days,
        levels=levels,
        tables=tables,
        calendar=calendar(
            scenario, fit.damping, start, horizon_days, trend=_follows_trend(scenario, own)
        ),
        siblings=_siblings(scenario),
        entry_age_quantiles_days=entry_age_quantiles_days(),
        children=children_at_start(whole, fit.exits.opening, fit.uasc_stock, tables.end_per_day),
        places=places,
        drift=fit.drift,
    )
    origins = (
        *people.origins,
        *fitted_origins(scenario, fit, levels, own),
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
        population_0_17=_population(fit),
        origins=origins,
        warnings=(*notes, *cost_warnings, *_notes(authority, fit, scenario)),
        manifest_extras=manifest_extras(scenario, fit, history, statement, sector_places, own),
    )


def calibration_year(scenario: Scenario) -> int:
    """The last year ending 31 March that calibration may read."""
    limit = scenario.calibration.history_to or scenario.start
    if limit is None:
        return LATEST_YEAR
    ended = limit >= date(limit.year, _LAST_MONTH, _LAST_DAY)
    return min(limit.year if ended else limit.year - 1, LATEST_YEAR)


def _levels(
    scenario: Scenario, fit: Calibration, people: StartingPopulation, own: OwnTable | None
) -> tuple[Levels, RateTables, list[str]]:
    """The levels of all rates with the scenario's changes, and the tables they multiply."""
    ages = people.by_age_group.astype(np.float64)
    starters, notes = _starters(scenario, fit, ages, own)
    total = scenario.entries.starters_per_month
    fixed = None if total is None else total.value * MONTHS_PER_YEAR
    expected = starters.mean if fixed is None else starters.mean * fixed / starters.mean.sum()
    ahead = year_ahead(fit, ages, expected)
    tables = rate_tables(fit, people.needs, ahead, expected)
    leave, match = fit.exits.leave, fit.exits.match
    level = 1.0 if own is None else own.exit_level
    rate = scenario.exits.annual_exit_rate
    if rate is not None:
        fitted = (float(ahead.left.sum()) + ahead.adopted + ahead.uasc_left) / people.in_care
        level = rate.value / fitted
    return (
        Levels(
            starters_per_year=starters,
            starters_total_per_year=fixed,
            leave=leave,
            match=match,
            uasc_exit_per_day=fit.uasc_exit_per_year / DAYS_PER_YEAR,
            moves=fit.moves,
            first_need_weights=tables.first_need * assumed("prior_first_need").number,
            exit_level=level,
        ),
        tables,
        notes,
    )


def _starters(
    scenario: Scenario, fit: Calibration, ages: Floats, own: OwnTable | None
) -> tuple[GammaPosterior, list[str]]:
    """The posterior of starters a year in the first year of the forecast."""
    if own is not None:
        return own.starters, []
    returns = scenario.calibration.same_year_returns
    share = None if returns is True else (0.0 if returns is False else returns.value)
    factor = returns_factor(fit, share)
    if scenario.uncertainty.damping:
        factor *= entries_factor(fit, ages)
    return replace(fit.starters, exposure=fit.starters.exposure / factor), []


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
    if len(fit.counts.years) < fit.window_years + 1:
        notes.append(
            f"{authority.name} has only {len(fit.counts.years)} years of its own figures, so its "
            "rates lean on similar councils."
        )
    population = scenario.population
    if population.in_care is not None and not population.sectors:
        notes.append(
            f"The starting children are the published {fit.in_care:.0f} of 31 March {fit.year} "
            f"rescaled to {population.in_care.value}, with the same shares by age and sector."
        )
    return notes
