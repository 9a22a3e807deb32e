"""From a fit and the children at the start to the plan that worlds are drawn from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.balance import starters_factors
from sufficiency.calibration.calibrate import (
    Calibration,
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
from sufficiency.resolution.calendar import calendar
from sufficiency.resolution.effects import effect_plan
from sufficiency.resolution.entry_ages import entry_age_quantiles_days
from sufficiency.resolution.own_return import OwnReturn, own_children
from sufficiency.resolution.own_table import OwnTable
from sufficiency.resolution.planning_groups import planning_groups, with_groups_at_start
from sufficiency.resolution.population import StartingPopulation
from sufficiency.resolution.supply import Supply
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.worlds import Calendar, Levels, Siblings, WorldPlan

Floats = NDArray[np.float64]

_LAST_MONTH, _LAST_DAY = 3, 31


def world_plan(
    scenario: Scenario,
    fit: Calibration,
    people: StartingPopulation,
    table: OwnTable | None,
    own: OwnReturn,
    there: Supply,
    start: date,
) -> WorldPlan:
    """All that a scenario's replications share.

    Args:
        scenario: whose.
        fit: the published fit, at the levels of the council's own returns if it has any.
        people: the children at the start.
        table: levels from the council's own months, if any.
        own: rates and children from its own returns, if any.
        there: the places there are.
        start: the start date.
    """
    pull = _pull(scenario, fit, people.by_age_group.astype(np.float64), own)
    levels, tables = _levels(scenario, fit, people, table, own, float(pull[0]))
    counted_to = date(fit.year, _LAST_MONTH, _LAST_DAY)
    drift = fit.drift
    if own.calibrated is not None:
        counted_to = own.calibrated.fitted.as_at
        drift = replace(drift, window_years=own.calibrated.entries_window_years)
    horizon_days = (report_dates(start, scenario.months)[-1] - start).days
    children, groups = _children(people, fit, tables, own), planning_groups(scenario, people.needs)
    if groups is not None:
        children = with_groups_at_start(children, groups)
    plan = WorldPlan(
        start=start,
        horizon_days=horizon_days,
        levels=levels,
        tables=tables,
        calendar=_calendar(scenario, start, table, pull),
        siblings=_siblings(scenario, own),
        entry_age_quantiles_days=entry_age_quantiles_days(),
        children=children,
        places=there.places,
        drift=drift,
        days_since_history=max((start - counted_to).days, 0),
        own=own_children(own, next_needs(scenario), start, horizon_days),
        supply=there.plan,
        groups=groups,
    )
    return replace(plan, effects=effect_plan(scenario, plan))


def _pull(scenario: Scenario, fit: Calibration, ages: Floats, own: OwnReturn) -> Floats:
    """(Y,): each year's expected starters as a multiple of recent ones; ones without damping."""
    years = max(int(np.ceil(scenario.months / MONTHS_PER_YEAR)), 1)
    if not scenario.uncertainty.damping:
        return np.ones(years)
    return starters_factors(fit, ages, years, _returns_share(scenario, own))


def _calendar(scenario: Scenario, start: date, table: OwnTable | None, pull: Floats) -> Calendar:
    horizon_days = (report_dates(start, scenario.months)[-1] - start).days
    growth = pull / pull[0] if follows_path(scenario, table) else np.ones(1)
    return calendar(scenario, growth, horizon_days)


def _children(
    people: StartingPopulation, fit: Calibration, tables: RateTables, own: OwnReturn
) -> ChildrenAtStart:
    whole = whole_children(people.needs, people.by_sector, people.by_age_group)
    drawn = children_at_start(
        whole,
        fit.exits.opening,
        fit.uasc_stock,
        float(fit.moves.mean[0]),
    )
    if own.start is None:
        return drawn
    return replace(
        drawn,
        age_group=own.start.age_group,
        need=own.start.need,
        sector=own.start.sector,
        profile=np.zeros_like(own.start.sector),
    )


def _levels(
    scenario: Scenario,
    fit: Calibration,
    people: StartingPopulation,
    table: OwnTable | None,
    own: OwnReturn,
    first_year_pull: float,
) -> tuple[Levels, RateTables]:
    """The levels of all rates with the scenario's changes, and the tables they multiply.

    The tables are those of the fitted levels: a scenario's own number of starters or rate of exit
    changes that flow and no other.
    """
    ages = people.by_age_group.astype(np.float64)
    starters = _starters(scenario, fit, own, first_year_pull) if table is None else table.starters
    ahead = year_ahead(fit, ages, starters.mean)
    tables = rate_tables(fit, people.needs, ahead, starters.mean, next_needs(scenario))
    total = scenario.entries.starters_per_month
    fixed = None if total is None else total.value * MONTHS_PER_YEAR
    expected = starters.mean if fixed is None else starters.mean * fixed / starters.mean.sum()
    level = 1.0 if table is None else table.exit_level
    rate = scenario.exits.annual_exit_rate
    if rate is not None:
        level = exit_level(fit, ages, expected, rate.value)
    first_need = tables.first_need * assumed("prior_first_need").number
    if own.calibrated is not None:
        first_need = own.calibrated.fitted.rates.first_need_weights
    return (
        Levels(
            starters_per_year=starters,
            starters_total_per_year=fixed,
            leave=fit.exits.leave,
            match=fit.exits.match,
            uasc_exit_per_day=fit.uasc_exit_per_year / DAYS_PER_YEAR,
            moves=fit.moves,
            first_need_weights=first_need,
            exit_level=level,
        ),
        tables,
    )


def next_needs(scenario: Scenario) -> OwnNextNeeds:
    """The next needs that a scenario gives."""
    return {
        (reason, need): {after: float(weight) for after, weight in weights.items()}
        for reason, rows in scenario.moves.next_need.items()
        for need, weights in rows.items()
    }


def _starters(
    scenario: Scenario, fit: Calibration, own: OwnReturn, first_year_pull: float
) -> GammaPosterior:
    """The posterior of starters a year in the first year of the forecast."""
    factor = returns_factor(fit, _returns_share(scenario, own)) * first_year_pull
    return replace(fit.starters, exposure=fit.starters.exposure / factor)


def _returns_share(scenario: Scenario, own: OwnReturn) -> float | None:
    """The scenario's share of same-year returns; none where it takes the fitted one.

    They are added where the counts leave them out, as published ones do.
    """
    if own.calibrated is not None:
        return 0.0
    returns = scenario.calibration.same_year_returns
    return None if returns is True else (0.0 if returns is False else returns.value)


def follows_path(scenario: Scenario, table: OwnTable | None) -> bool:
    """Whether starters follow the expected path: not where the user gave their level."""
    given = scenario.entries.starters_per_month is not None or table is not None
    return scenario.uncertainty.damping and not given


def _siblings(scenario: Scenario, own: OwnReturn) -> Siblings:
    sizes = scenario.entries.sibling_group_sizes
    band_share = scenario.entries.sibling_same_band_share
    need_share = scenario.entries.sibling_same_need_share
    if sizes is not None:
        chances = np.array(sizes)
    elif own.calibrated is not None:
        chances = own.calibrated.fitted.sibling_group_sizes
    else:
        chances = assumed("sibling_group_sizes").row
    return Siblings(
        chances,
        band_share.value if band_share else assumed("sibling_same_band_share").number,
        need_share.value if need_share else assumed("sibling_same_need_share").number,
    )
