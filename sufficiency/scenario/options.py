"""Scenarios without a file, and scenarios restarted from what the user knows today."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sufficiency.domain import AgeBand, Sector
from sufficiency.errors import ScenarioError
from sufficiency.history.authorities import find_authority
from sufficiency.scenario.files import load_overlaid
from sufficiency.scenario.model import DEFAULT_MONTHS, Scenario
from sufficiency.scenario.parts import Population
from sufficiency.scenario.problems import explain_without_file
from sufficiency.scenario.sourced import Count

GIVEN_WHEN_RUN = "given when the forecast was run"


def scenario_for_authority(
    authority: str,
    *,
    in_care: int | None = None,
    as_at: date | None = None,
    months: int = DEFAULT_MONTHS,
    overlays: Sequence[str | Path] = (),
) -> Scenario:
    """A scenario for any authority with no file: published figures and default assumptions.

    ``overlays`` are files laid over it, in their order.

    Raises:
        UnknownAuthority: no such authority, or one that was merged or split.
        ScenarioError: a number or date out of range, or what is wrong with an overlay.
    """
    name = find_authority(authority).name
    blank = load_overlaid({"name": name, "authority": name, "months": months}, overlays)
    return with_options(blank, in_care=in_care, as_at=as_at)


def with_options(
    scenario: Scenario,
    *,
    in_care: int | None = None,
    as_at: date | None = None,
    months: int | None = None,
    actuals: Path | None = None,
) -> Scenario:
    """The scenario started from ``in_care`` children at ``as_at``, over ``months``.

    Children by sector and age band that the scenario gives are rescaled to the new number, by
    largest remainders, and their source says so. ``actuals`` is a ledger of what was spent before
    the start. None leaves a value as it is.

    Raises:
        ScenarioError: a number or date out of range, or a start before `calibration.history_to`.
    """
    changed: dict[str, Any] = {}
    if months is not None:
        changed["months"] = months
    if as_at is not None:
        changed["start"] = as_at
    population: dict[str, Any] = {}
    if in_care is not None:
        population = {**_rescaled(scenario.population, in_care), "as_at": as_at or scenario.start}
        population["in_care"] = {"value": in_care, "source": GIVEN_WHEN_RUN}
    if not changed and not population and actuals is None:
        return scenario
    written = scenario.model_dump(by_alias=True, exclude_unset=True)
    if actuals is not None:
        written["costs"] = {**written.get("costs", {}), "actuals": str(actuals)}
    written["population"] = {**written.get("population", {}), **population}
    options = ("months",) * ("months" in changed) + ("start",) * ("start" in changed)
    options += ("population.in_care",) * (in_care is not None)
    options += ("costs.actuals",) * (actuals is not None)
    given = {**scenario.given, **dict.fromkeys(options, (GIVEN_WHEN_RUN, 0))}
    named = scenario.named_paths if actuals is None else _with_ledger(scenario, actuals)
    return _checked({**written, **changed}).read_from(scenario.files, given, named)


def _with_ledger(scenario: Scenario, actuals: Path) -> dict[str, Path]:
    """The data files that a scenario names, and a ledger where the user typed it."""
    return {**scenario.named_paths, "costs.actuals": actuals}


def _checked(values: dict[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate(values)
    except ValidationError as wrong:
        raise ScenarioError(explain_without_file(wrong)) from None


def _rescaled(population: Population, in_care: int) -> dict[str, Any]:
    """The counts of a population in proportion to another number of children in care."""
    everyone = _everyone(population)
    if not everyone:
        return {}
    factor = in_care / everyone
    rescaled: dict[str, Any] = {
        key: _scaled(counts, factor)
        for key, counts in (("sectors", population.sectors), ("age_bands", population.age_bands))
        if counts
    }
    for key, count in (
        ("uasc", population.uasc),
        ("placed_for_adoption", population.placed_for_adoption),
    ):
        if count is not None:
            # Rounded down, so that a part never exceeds the whole it belongs to.
            rescaled[key] = _restated(count, math.floor(count.value * factor))
    return rescaled


def _everyone(population: Population) -> int:
    """Children in care as the counts stand; 0 if the scenario does not say."""
    if population.in_care is not None:
        return population.in_care.value
    for counts, kinds in ((population.sectors, Sector), (population.age_bands, AgeBand)):
        if len(counts) == len(kinds):
            return sum(count.value for count in counts.values())
    return 0


def _scaled(counts: Mapping[Any, Count], factor: float) -> dict[str, Any]:
    """Counts times a factor as whole numbers that keep the sum, by largest remainders."""
    exact = {key: count.value * factor for key, count in counts.items()}
    whole = {key: math.floor(number) for key, number in exact.items()}
    spare = round(sum(exact.values())) - sum(whole.values())
    by_remainder = sorted(exact, key=lambda key: (whole[key] - exact[key], str(key)))
    for key in by_remainder[:spare]:
        whole[key] += 1
    return {str(key): _restated(counts[key], number) for key, number in whole.items()}


def _restated(count: Count, number: int) -> dict[str, Any]:
    source = f"{count.source}; rescaled to the number {GIVEN_WHEN_RUN}"
    return {"value": number, "kind": count.kind, "source": source}
