"""What changes on dates without an intervention: the trend of entries, and a scenario's factors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_GROUPS, CAUSES, DAYS_PER_YEAR
from sufficiency.report.words import AGE_LABELS
from sufficiency.resolution.effects import hazards_named
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Factor
from sufficiency.simulation.worlds import Calendar

Floats = NDArray[np.float64]


def calendar(scenario: Scenario, starters_growth: Floats, horizon_days: int) -> Calendar:
    """Factors on entries and hazards, a year at a time over the horizon.

    Args:
        scenario: whose factors; its interventions are `sufficiency.resolution.effects`.
        starters_growth: (Y,) each year's expected starters over the first year's.
        horizon_days: length of the forecast.
    """
    years = int(np.ceil(horizon_days / DAYS_PER_YEAR))
    starts = np.array([DAYS_PER_YEAR * year for year in range(years)])
    entries = np.ones((len(AGE_GROUPS), len(starts)))
    causes = np.ones((len(CAUSES), len(AGE_GROUPS), len(starts)))
    year = np.minimum((starts / DAYS_PER_YEAR).astype(int), len(starters_growth) - 1)
    entries *= starters_growth[year]
    for group, factor in scenario.entries.factor.items():
        entries[AGE_GROUPS.index(group)] *= factor.value
    for reason, factor in (*scenario.exits.factor.items(), *scenario.moves.factor.items()):
        causes[hazards_named([reason])] *= factor.value
    return Calendar(starts, entries, causes)


def factor_origins(scenario: Scenario) -> list[Origin]:
    """The factors of a scenario on whole flows, each with its source."""
    rows = [
        (
            f"entries.factor.{group}",
            f"Factor on starters, {AGE_LABELS.get(group, group.upper())}",
            factor,
        )
        for group, factor in scenario.entries.factor.items()
    ]
    rows += [
        (f"exits.factor.{reason}", f"Factor on exits, {str(reason).replace('_', ' ')}", factor)
        for reason, factor in scenario.exits.factor.items()
    ]
    rows += [
        (f"moves.factor.{move}", f"Factor on moves, {str(move).replace('_', ' ')}", factor)
        for move, factor in scenario.moves.factor.items()
    ]
    return [_factor_origin(key, label, factor) for key, label, factor in rows]


def _factor_origin(key: str, label: str, factor: Factor) -> Origin:
    return Origin(
        key,
        label,
        factor.value,
        "factor",
        factor.kind,
        factor.source,
        low=factor.low,
        high=factor.high,
    )
