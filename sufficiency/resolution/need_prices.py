"""What children of some needs cost more, or less, than others who live in the same place."""

from __future__ import annotations

from dataclasses import replace

from sufficiency.measures.money import CostPlan
from sufficiency.resolution.other_money import unknown_need
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin


def with_prices_of_needs(
    costs: CostPlan, scenario: Scenario, need_names: tuple[str, ...]
) -> tuple[CostPlan, list[Origin]]:
    """The plan with the multiples of price that a scenario gives by need, and their origins.

    Raises:
        ScenarioError: a multiple for a need or planning group that does not exist.
    """
    given = scenario.costs.price_multiple_by_need
    if not given:
        return costs, []
    for name in given:
        if name not in need_names:
            key = f"costs.price_multiple_by_need.{name}"
            raise unknown_need(scenario, key, name, need_names)
    multiples = tuple(float(given[name].value) if name in given else 1.0 for name in need_names)
    origins = [
        given_or(
            own,
            f"costs.price_multiple_by_need.{name}",
            f"Price for children whose need is {name.replace('_', ' ')}, as a multiple of the "
            "price of where they live",
            own.value,
            "times",
            "",
        )
        for name, own in given.items()
    ]
    return replace(costs, need_multiples=multiples), origins
