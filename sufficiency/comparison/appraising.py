"""Whether what a scenario does pays for itself: savings in placements against programme costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from sufficiency.comparison.paired import Paired
from sufficiency.doing_nothing import said_of
from sufficiency.finance.invest_to_save import appraise
from sufficiency.resolution.budgets import appraisal_rates
from sufficiency.resolution.programme_costs import programme_costs
from sufficiency.scenario.model import Scenario


def appraisal_of(pair: Paired, base: Scenario, other: Scenario) -> dict[str, Any] | None:
    """What a scenario saves and costs beyond its base over the whole comparison, as plain numbers.

    Savings are what placements cost less, future by future; programme costs what the council pays
    for interventions, others' payments and grants taken off. Money is discounted at the base's
    rates. Keys: those of `sufficiency.doing_nothing.said_of`, ``discount_rate,
    inflation_per_year, saving_gbp`` (mean, p10, p90) and ``interventions``, the names of those that
    cost anything, and ``is_choice``: false where a crisis is part of the difference, which nobody
    chooses for what it saves. None where neither scenario pays for anything, or money is not known.
    """
    if pair.base.cost is None or pair.other.cost is None:
        return None
    mine, theirs = (programme_costs(scenario, pair.calendar) for scenario in (base, other))
    if not mine.total_gbp.any() and not theirs.total_gbp.any():
        return None
    cost = theirs.council_gbp.sum(axis=0) - mine.council_gbp.sum(axis=0)
    rates = appraisal_rates(base)
    saved = -pair.cost_difference_gbp
    found = appraise(saved, cost, rates.discount_rate, rates.inflation_per_year)
    paid = [
        name
        for name, total in zip(theirs.names, theirs.total_gbp.sum(axis=1), strict=True)
        if total > 0
    ]
    crises = [[item for item in each.interventions if not item.is_choice] for each in (base, other)]
    low, high = np.quantile(saved.sum(axis=1), (0.1, 0.9))
    return {
        "scenario": pair.other.name,
        "interventions": [name for name in paid if name not in mine.names],
        "is_choice": crises[0] == crises[1],
        "discount_rate": rates.discount_rate,
        "inflation_per_year": rates.inflation_per_year,
        "saving_gbp": {
            "mean": float(saved.sum(axis=1).mean()),
            "p10": float(low),
            "p90": float(high),
        },
        **said_of(found),
    }
