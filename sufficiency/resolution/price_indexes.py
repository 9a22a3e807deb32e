"""Price indexes by name: the scenario's own, and those that the published statistics give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from sufficiency.errors import ScenarioError
from sufficiency.history.published import PublishedHistory
from sufficiency.scenario.model import Scenario

SHIPPED = {
    "england_fostering_unit_costs": "fostering",
    "england_residential_unit_costs": "residential",
}
"""Medians of English councils' weekly unit costs (section 251), by column."""


def named_index(
    scenario: Scenario, history: PublishedHistory, name: str, key: str, years: Sequence[str]
) -> list[float]:
    """The numbers of an index for these financial years.

    ``key`` is the scenario key that names it, for messages. Raises `ScenarioError` for a name that
    nobody knows, or a year that the index does not have.
    """
    known: dict[str, Mapping[str, float]] = dict(scenario.costs.indexes)
    medians = history.england_unit_cost_index().dropna()
    for shipped, column in SHIPPED.items():
        known.setdefault(shipped, {str(year): float(n) for year, n in medians[column].items()})
    where = _where(scenario, key)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise ScenarioError(
            f'{where}: found "{name}", expected the name of an index: {", ".join(known)}.{hint} '
            "Give your own under costs.indexes."
        )
    absent = [year for year in years if year not in known[name]]
    if absent:
        has = sorted(known[name])
        raise ScenarioError(
            f'{where}: the index "{name}" has no number for {", ".join(absent)} (it has {has[0]} '
            f"to {has[-1]}), which the forecast needs. Add the years under costs.indexes, or give "
            "a share a year instead."
        )
    return [float(known[name][year]) for year in years]


def _where(scenario: Scenario, key: str) -> str:
    """File, line and key, as messages about a scenario begin."""
    file, line = scenario.given.get(key, ("", 0))
    return f"{file}, line {line}, {key}" if file else key
