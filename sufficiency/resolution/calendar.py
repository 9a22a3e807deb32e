"""What changes on dates: the trend of entries and the scenario's interventions, as factors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_CAUSES,
    MOVE_REASONS,
    ExitReason,
    MoveReason,
    begins,
)
from sufficiency.report.words import AGE_LABELS
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.plans import Intervention
from sufficiency.scenario.sourced import Factor
from sufficiency.simulation.worlds import Calendar

Floats = NDArray[np.float64]


def calendar(
    scenario: Scenario, starters_growth: Floats, start: date, horizon_days: int
) -> Calendar:
    """Factors on entries and hazards, piecewise constant over the horizon.

    Args:
        scenario: whose factors and interventions.
        starters_growth: (Y,) each year's expected starters over the first year's.
        start: the start date.
        horizon_days: length of the forecast.
    """
    spans = [_span(start, intervention, horizon_days) for intervention in scenario.interventions]
    years = int(np.ceil(horizon_days / DAYS_PER_YEAR))
    cuts = {0.0, *(DAYS_PER_YEAR * year for year in range(years))}
    cuts |= {edge for span in spans for edge in span if 0 < edge < horizon_days}
    starts = np.array(sorted(cuts))
    entries = np.ones((len(AGE_GROUPS), len(starts)))
    causes = np.ones((len(CAUSES), len(AGE_GROUPS), len(starts)))
    year = np.minimum((starts / DAYS_PER_YEAR).astype(int), len(starters_growth) - 1)
    entries *= starters_growth[year]
    for group, factor in scenario.entries.factor.items():
        entries[AGE_GROUPS.index(group)] *= factor.value
    for reason, factor in (*scenario.exits.factor.items(), *scenario.moves.factor.items()):
        causes[_rows([reason])] *= factor.value
    for intervention, (first, last) in zip(scenario.interventions, spans, strict=True):
        during = (starts >= first) & (starts < last)
        groups = _groups(intervention)
        if intervention.lever == "entries":
            entries[groups[:, None] & during] *= intervention.factor.value
        else:
            which = _rows(_reasons(intervention))
            cells = which[:, None, None] & groups[:, None] & during
            causes[cells] *= intervention.factor.value
    return Calendar(starts, entries, causes)


def _groups(intervention: Intervention) -> NDArray[np.bool_]:
    """(A,): the age groups that an intervention changes."""
    return np.array([not intervention.age_bands or g in intervention.age_bands for g in AGE_GROUPS])


def _rows(reasons: Iterable[str]) -> NDArray[np.bool_]:
    """(C,): the hazards that reasons to leave or move multiply.

    Adoption has two stages. A factor on it multiplies both, so that adoptions a year follow the
    factor at once (the order) and go on doing so (the children placed for adoption).
    """
    named = {str(reason) for reason in reasons}
    if str(ExitReason.ADOPTION) in named:
        named.add(str(MoveReason.PLACED_FOR_ADOPTION))
    return np.array([cause in named for cause in CAUSES])


def _span(start: date, intervention: Intervention, horizon_days: int) -> tuple[float, float]:
    """When an intervention begins and ends, in days; its last day is inside it."""
    first = begins(start, intervention.start)
    if intervention.end is None:
        return first, float(horizon_days + 1)
    return first, begins(start, intervention.end + timedelta(days=1))


def _reasons(intervention: Intervention) -> list[str]:
    """The reasons that an intervention changes: those it names, else all of its lever's."""
    if intervention.reasons:
        return [str(reason) for reason in intervention.reasons]
    if intervention.lever == "exits":
        return [str(reason) for reason in EXIT_CAUSES]
    return [str(r) for r in MOVE_REASONS if r is not MoveReason.PLACED_FOR_ADOPTION]


def intervention_origins(scenario: Scenario) -> list[Origin]:
    """The factors of a scenario, each with its source."""
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
    return [
        *(_factor_origin(key, label, factor) for key, label, factor in rows),
        *(
            _factor_origin(
                f"interventions.{position}.factor",
                f"{item.name}: factor on {item.lever}{_whom(item)} from {item.start} to "
                f"{item.end or 'the end'}",
                item.factor,
                item.evidence or "",
            )
            for position, item in enumerate(scenario.interventions)
        ),
    ]


def _whom(intervention: Intervention) -> str:
    """The ages and reasons an intervention is limited to, in words."""
    limits = [
        *(AGE_LABELS.get(group, group.upper()) for group in intervention.age_bands),
        *(reason.replace("_", " ") for reason in intervention.reasons),
    ]
    return f" ({', '.join(limits)})" if limits else ""


def _factor_origin(key: str, label: str, factor: Factor, note: str = "") -> Origin:
    return Origin(
        key,
        label,
        factor.value,
        "factor",
        factor.kind,
        factor.source,
        note,
        low=factor.low,
        high=factor.high,
    )
