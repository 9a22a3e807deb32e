"""What a placements team knows of its children's prices and planned ends, in a scenario."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.children.cohort import Cohort
from sufficiency.domain import EXIT_REASONS, TICK
from sufficiency.measures.money import CostPlan
from sufficiency.report.suppression import FEWEST_SHOWN
from sufficiency.resolution.own_return import OwnReturn
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.world import PlannedEnds

_REASON = {str(reason): code for code, reason in enumerate(EXIT_REASONS)}
_RISE, _PROBABILITY = "known_price_rise_per_year", "planned_end_probability"
ONLY_OF_A_COHORT = (_RISE, _PROBABILITY)
"""Assumptions that nothing rests on unless the children at the start are known one by one."""


def planned_ends(scenario: Scenario, cohort: Cohort) -> PlannedEnds | None:
    """The team's plans as a world takes them; None if there are none, or they are switched off."""
    if not scenario.population.planned_ends or not cohort.planned_ends:
        return None
    children = cohort.children
    reason = children["planned_end_reason"].astype(str)
    origin = np.datetime64(cohort.as_at, "D")
    on = children["planned_end_on"].to_numpy().astype("datetime64[D]")
    days = np.where(np.isnat(on), 1, (on - origin).astype(np.int64)).astype(np.float64)
    probability = children["planned_end_probability"].fillna(_probability(scenario))
    return PlannedEnds(
        # As any dated event: one tick after the midnight that begins the day.
        time=np.where(reason == "", 0.0, days - 1 + TICK),
        cause=np.array([_REASON.get(name, 0) for name in reason], dtype=np.int64),
        probability=probability.to_numpy(np.float64),
    )


def with_plans(scenario: Scenario, own: OwnReturn) -> OwnReturn:
    """The same own return whose children at the start have their planned ends."""
    if own.cohort is None or own.start is None:
        return own
    times = replace(own.start.times, planned=planned_ends(scenario, own.cohort))
    return replace(own, start=replace(own.start, times=times))


def with_known_prices(costs: CostPlan, scenario: Scenario, cohort: Cohort | None) -> CostPlan:
    """The same prices with each child's own where the cohort knows it."""
    if cohort is None or not cohort.known_prices:
        return costs
    weekly = cohort.children["weekly_cost_gbp"].to_numpy(np.float64)
    return replace(
        costs,
        known_weekly_gbp=tuple(weekly.tolist()),
        known_rise_per_year=_rise(scenario),
    )


def plan_origins(scenario: Scenario, cohort: Cohort | None) -> list[Origin]:
    """How many prices and plans are known, and what is assumed about them."""
    if cohort is None:
        return []
    source = f"The council's own children in care on {cohort.as_at} ({cohort.name})"
    origins = [
        Origin(
            "population.cohort",
            "Brothers and sisters in care at the start leave independently of each other",
            "yes",
            "",
            Kind.ASSUMED,
            "Assumption. Who is whose brother or sister (sibling_group) is not used; where "
            "families leave together, ranges are a little wider than shown",
        )
    ]
    if cohort.known_prices:
        origins += _price_origins(scenario, cohort, source)
    if cohort.planned_ends:
        origins += _end_origins(scenario, cohort, source)
    return origins


def _price_origins(scenario: Scenario, cohort: Cohort, source: str) -> list[Origin]:
    known = cohort.known_prices
    label = "Children at the start whose own price is known: it holds until their placement ends"
    origins = [given_or(None, "population.known_prices", label, known, "children", source)]
    if known >= FEWEST_SHOWN:
        mean = round(float(cohort.children["weekly_cost_gbp"].mean()), 2)
        label = "Weekly cost: mean of the prices known"
        key = "population.known_weekly_cost_gbp"
        origins.append(given_or(None, key, label, mean, "GBP a week", source))
    given = scenario.costs.known_price_rise_per_year
    assumption = assumed(_RISE)
    if given is None:
        return [*origins, assumed_origin(assumption, assumption.number, "a year")]
    own = given_or(given, assumption.key, assumption.label, given.value, "a year", "")
    return [*origins, own]


def _end_origins(scenario: Scenario, cohort: Cohort, source: str) -> list[Origin]:
    used = "" if scenario.population.planned_ends else "switched off by the scenario"
    label = "Children at the start whose leaving care is planned, or that they stay until 18"
    key, planned = "population.planned_ends", cohort.planned_ends
    origins = [given_or(None, key, label, planned, "children", source, used)]
    given, assumption = scenario.population.planned_end_probability, assumed(_PROBABILITY)
    reasons = cohort.children["planned_end_reason"] != ""
    if not (reasons & cohort.children["planned_end_probability"].isna()).any():
        return origins
    if given is None:
        return [*origins, assumed_origin(assumption, assumption.number, "share")]
    own = given_or(given, assumption.key, assumption.label, given.value, "share", "")
    return [*origins, own]


def _probability(scenario: Scenario) -> float:
    given = scenario.population.planned_end_probability
    return assumed(_PROBABILITY).number if given is None else given.value


def _rise(scenario: Scenario) -> float:
    given = scenario.costs.known_price_rise_per_year
    return assumed(_RISE).number if given is None else given.value
