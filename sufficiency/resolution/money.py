"""All money of a scenario: prices by sector and pool, income, what comes after care."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.children.cohort import Cohort
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.resolution.need_prices import with_prices_of_needs
from sufficiency.resolution.other_money import Around, with_other_money
from sufficiency.resolution.own_plans import with_known_prices
from sufficiency.resolution.pool import Pool
from sufficiency.resolution.pool_prices import with_pool_prices, with_the_latest
from sufficiency.resolution.population import StartingPopulation
from sufficiency.resolution.prices import cost_plan
from sufficiency.resolution.supply import priced_by_pool
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin


def money_of(
    scenario: Scenario,
    fit: Calibration,
    history: PublishedHistory,
    people: StartingPopulation,
    cohort: Cohort | None,
    pools: Sequence[Pool],
    need_names: tuple[str, ...],
    start: date,
    population_0_17: float | None,
) -> tuple[CostPlan, list[Origin], list[str]]:
    """The cost plan of a scenario with every number's origin, and warnings for the user.

    Raises:
        ScenarioError, HistoryError: what `with_pool_prices` and `with_other_money` refuse.
    """
    costs, origins, warnings = cost_plan(scenario, fit, history, people.by_sector, start)
    costs = with_known_prices(priced_by_pool(costs, pools), scenario, cohort)
    costs, of_pools, more = with_pool_prices(costs, scenario, history, pools, start)
    uasc = int(people.by_age_group[-1])
    around = Around(scenario, history, start, need_names, uasc, population_0_17)
    costs, others = with_other_money(costs, around)
    costs, of_needs = with_prices_of_needs(costs, scenario, need_names)
    return costs, [*with_the_latest(origins, of_pools), *of_needs, *others], [*warnings, *more]
