"""The children at the start as the council's own list gives them, with where each count is from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.children.cohort import Cohort
from sufficiency.domain import AGE_BANDS, AGE_GROUPS, NEED_GROUPS, SECTORS, NeedGroup
from sufficiency.report.words import AGE_LABELS, SETTING_LABELS
from sufficiency.resolution.own_plans import with_plans
from sufficiency.resolution.own_return import CohortStart, OwnReturn, cohort_start
from sufficiency.resolution.population import StartingPopulation, given_or, starting_population
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def people_at_start(
    scenario: Scenario, fit: Calibration, own: OwnReturn
) -> tuple[StartingPopulation, OwnReturn]:
    """The children at the start: the council's own if the scenario names a cohort, else published
    or given totals; and the same own return with what a world takes of them.

    Raises:
        ScenarioError: if counts that the scenario gives leave fewer than no children for the rest.
    """
    cohort = own.cohort
    if cohort is None:
        return starting_population(scenario, fit), own
    overflow = scenario.population.overflow_share
    shares = [
        assumed(f"overflow_share_{name}").number if given is None else given.value
        for name, given in (("ifa", overflow.ifa), ("residential", overflow.residential))
    ]
    start = cohort_start(cohort, *shares)
    counts = np.zeros((len(AGE_GROUPS), len(NEED_GROUPS), len(SECTORS)), dtype=np.int64)
    np.add.at(counts, (start.age_group, start.need, start.sector), 1)
    people = StartingPopulation(
        in_care=len(start.sector),
        by_age_group=counts.sum(axis=(1, 2)),
        by_sector=counts.sum(axis=(0, 1)),
        needs=counts.astype(np.float64),
        origins=tuple(_origins(scenario, cohort, start, counts)),
    )
    return people, with_plans(scenario, replace(own, start=start))


def _origins(scenario: Scenario, cohort: Cohort, start: CohortStart, counts: Ints) -> list[Origin]:
    source = f"The council's own children in care on {cohort.as_at} ({cohort.name})"
    unknown = cohort.children["need_group"].astype(str).to_numpy() == ""
    adoptive = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
    rows = [
        ("in_care", "Children in care at the start", len(start.sector)),
        *(
            (f"sectors.{sector}", f"Children at the start: {SETTING_LABELS[sector]}", int(count))
            for sector, count in zip(SECTORS, counts.sum(axis=(0, 1)), strict=True)
        ),
        *(
            (
                f"age_bands.{band}",
                f"Children at the start aged {AGE_LABELS[band].lower()}, "
                "unaccompanied children apart",
                int(count),
            )
            for band, count in zip(AGE_BANDS, counts.sum(axis=(1, 2))[:-1], strict=True)
        ),
        ("uasc", "Unaccompanied asylum-seeking children at the start", int(counts[-1].sum())),
        (
            "placed_for_adoption",
            "Children placed for adoption at the start",
            int(np.sum(start.need == adoptive)),
        ),
    ]
    origins = [
        given_or(None, f"population.{key}", label, value, "children", source)
        for key, label, value in rows
    ]
    if cohort.times_drawn:
        origins.append(_times_drawn(cohort))
    if not unknown.any():
        return origins
    overflow = scenario.population.overflow_share
    for name, given in (("ifa", overflow.ifa), ("residential", overflow.residential)):
        assumption = assumed(f"overflow_share_{name}")
        origins.append(
            assumed_origin(assumption, assumption.number, "share")
            if given is None
            else given_or(given, assumption.key, assumption.label, given.value, "share", "")
        )
    return origins


def _times_drawn(cohort: Cohort) -> Origin:
    """Of how many children the time in care is drawn, and from what."""
    return Origin(
        "population.cohort.time_in_care",
        "Children at the start whose time in care was drawn",
        cohort.times_drawn,
        "children",
        Kind.ASSUMED,
        "Assumption. Their care began before the council's first return: their time in care is "
        "drawn from the published ages and durations, given their age and at least what was seen",
        "their present placement is taken to have begun on the day it was first seen; returns of "
        "earlier years say it for certain",
    )
