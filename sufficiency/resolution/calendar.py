"""What changes on dates: the trend of entries and the scenario's interventions, as factors."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.drift import Damping, trend_factors
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_CAUSES,
    MOVE_REASONS,
    MoveReason,
    begins,
)
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.plans import Intervention
from sufficiency.simulation.worlds import Calendar

Floats = NDArray[np.float64]

_CAUSE = {str(cause): code for code, cause in enumerate(CAUSES)}


def calendar(
    scenario: Scenario, damping: Damping, start: date, horizon_days: int, *, trend: bool
) -> Calendar:
    """Factors on entries and hazards, piecewise constant over the horizon.

    Args:
        scenario: whose factors and interventions.
        damping: whose trend, if ``trend``.
        start: the start date.
        horizon_days: length of the forecast.
        trend: whether entries grow by the trend each year.
    """
    spans = [_span(start, intervention, horizon_days) for intervention in scenario.interventions]
    years = int(np.ceil(horizon_days / DAYS_PER_YEAR))
    cuts = {0.0, *(DAYS_PER_YEAR * year for year in range(years))}
    cuts |= {edge for span in spans for edge in span if 0 < edge < horizon_days}
    starts = np.array(sorted(cuts))
    entries = np.ones((len(AGE_GROUPS), len(starts)))
    causes = np.ones((len(CAUSES), len(AGE_GROUPS), len(starts)))
    if trend:
        year = np.minimum((starts / DAYS_PER_YEAR).astype(int), years - 1)
        entries *= trend_factors(damping, years)[year]
    for group, factor in scenario.entries.factor.items():
        entries[AGE_GROUPS.index(group)] *= factor.value
    for reason, factor in (*scenario.exits.factor.items(), *scenario.moves.factor.items()):
        causes[_CAUSE[str(reason)]] *= factor.value
    for intervention, (first, last) in zip(scenario.interventions, spans, strict=True):
        during = (starts >= first) & (starts < last)
        groups = [AGE_GROUPS.index(g) for g in intervention.age_bands] or [*range(len(AGE_GROUPS))]
        if intervention.lever == "entries":
            entries[np.ix_(groups, during)] *= intervention.factor.value
        else:
            which = [_CAUSE[reason] for reason in _reasons(intervention)]
            causes[np.ix_(which, groups, during)] *= intervention.factor.value
    return Calendar(starts, entries, causes)


def _span(start: date, intervention: Intervention, horizon_days: int) -> tuple[float, float]:
    """When an intervention begins and ends, in days; its last day is inside it."""
    first = begins(start, intervention.start)
    if intervention.end is None:
        return first, float(horizon_days + 1)
    return first, begins(start, intervention.end + timedelta(days=1))


def _reasons(intervention: Intervention) -> list[str]:
    """The causes an intervention changes; adoption is slowed where a child is placed for it."""
    if intervention.reasons:
        return [str(reason) for reason in intervention.reasons]
    if intervention.lever == "exits":
        return [str(reason) for reason in EXIT_CAUSES]
    return [str(r) for r in MOVE_REASONS if r is not MoveReason.PLACED_FOR_ADOPTION]


def intervention_origins(scenario: Scenario) -> list[Origin]:
    """The factors of a scenario, each with its source."""
    rows = [
        (f"entries.factor.{group}", f"Factor on starters, {group}", factor)
        for group, factor in scenario.entries.factor.items()
    ]
    rows += [
        (f"exits.factor.{reason}", f"Factor on exits, {reason}", factor)
        for reason, factor in scenario.exits.factor.items()
    ]
    rows += [
        (f"moves.factor.{move}", f"Factor on moves, {move}", factor)
        for move, factor in scenario.moves.factor.items()
    ]
    rows += [
        (
            f"interventions.{position}.factor",
            f"{item.name}: factor on {item.lever} from {item.start} to {item.end or 'the end'}",
            item.factor,
        )
        for position, item in enumerate(scenario.interventions)
    ]
    return [
        Origin(key, label, factor.value, "factor", factor.kind, factor.source,
               low=factor.low, high=factor.high)
        for key, label, factor in rows
    ]  # fmt: skip
