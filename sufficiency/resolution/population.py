"""The children in care at the start: what is published, what the scenario says instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.fitting import fit_table, whole_numbers
from sufficiency.calibration.needs import starting_needs
from sufficiency.domain import AGE_BANDS, AGE_GROUPS, SECTORS, Sector
from sufficiency.errors import ScenarioError
from sufficiency.report.words import AGE_LABELS, SETTING_LABELS
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StartingPopulation:
    """Children in care at the start. A age groups (5 bands, UASC apart), S sectors, N needs."""

    in_care: int
    by_age_group: Ints
    """(A,)."""
    by_sector: Ints
    """(S,)."""
    needs: Floats
    """(A, N, S): expected children, before rounding."""
    origins: tuple[Origin, ...]


def starting_population(scenario: Scenario, calibration: Calibration) -> StartingPopulation:
    """Children by age, sector and need at the start.

    Counts that the scenario gives hold; the rest are the published ones rescaled. Age by sector
    is an assumed seed fitted to the totals of each.

    Raises:
        ScenarioError: if the counts given leave fewer than no children for the rest.
    """
    given = scenario.population
    in_care = _in_care(scenario, calibration)
    uasc = _uasc(scenario, calibration, in_care)
    by_age = _by_age_group(scenario, calibration, in_care, uasc)
    by_sector = _by_sector(scenario, calibration, in_care)
    seed = assumed("age_by_sector_seed").table([str(group) for group in AGE_GROUPS])
    crossed = fit_table(seed, by_age.astype(float), by_sector.astype(float))
    other = by_sector[SECTORS.index(Sector.OTHER)]
    placed = (
        float(given.placed_for_adoption.value)
        if given.placed_for_adoption is not None
        else min(calibration.placed_for_adoption * in_care / calibration.in_care, float(other))
    )
    ages = assumed("placed_for_adoption_by_age").table([str(group) for group in AGE_GROUPS])[:, 0]
    overflow = given.overflow_share
    shares = [
        assumed(f"overflow_share_{name}").number if own is None else own.value
        for name, own in (("ifa", overflow.ifa), ("residential", overflow.residential))
    ]
    needs = starting_needs(crossed, shares[0], shares[1], ages * placed)
    return StartingPopulation(
        in_care=in_care,
        by_age_group=by_age,
        by_sector=by_sector,
        needs=needs,
        origins=tuple(_origins(scenario, calibration, by_age, by_sector, in_care, placed)),
    )


def _in_care(scenario: Scenario, calibration: Calibration) -> int:
    given = scenario.population
    if given.in_care is not None:
        return given.in_care.value
    for counts, kinds in ((given.sectors, len(SECTORS)), (given.age_bands, len(AGE_BANDS))):
        if len(counts) == kinds:
            return sum(count.value for count in counts.values())
    return round(calibration.latest_in_care)


def _uasc(scenario: Scenario, calibration: Calibration, in_care: int) -> int:
    given = scenario.population.uasc
    if given is not None:
        return given.value
    return round(float(calibration.counts.uasc[-1]) * in_care / calibration.in_care)


def _by_age_group(scenario: Scenario, calibration: Calibration, in_care: int, uasc: int) -> Ints:
    """(A,): the scenario's bands count unaccompanied children, who are then taken out of them."""
    given = scenario.population.age_bands
    under_16 = assumed("under_16_share_of_uasc").number
    published = calibration.by_age_group.copy()
    bands = published[:-1].copy()
    bands[-1] += (1 - under_16) * published[-1]
    bands[-2] += under_16 * published[-1]
    if given:
        wanted = np.array([float(given[b].value) if b in given else np.nan for b in AGE_BANDS])
        bands = _rest_shared("population.age_bands", wanted, bands, in_care)
    whole = whole_numbers(bands, in_care)
    young = min(round(under_16 * uasc), int(whole[-2]))
    old = min(uasc - young, int(whole[-1]))
    whole[-2] -= young
    whole[-1] -= old
    return np.append(whole, young + old)


def _by_sector(scenario: Scenario, calibration: Calibration, in_care: int) -> Ints:
    given = scenario.population.sectors
    wanted = np.array([float(given[s].value) if s in given else np.nan for s in SECTORS])
    counts = calibration.sector_stock
    if given:
        counts = _rest_shared("population.sectors", wanted, counts, in_care)
    return whole_numbers(counts, in_care)


def _rest_shared(key: str, wanted: Floats, published: Floats, in_care: int) -> Floats:
    """Counts given, the others sharing what is left as the published counts do."""
    missing = np.isnan(wanted)
    left = in_care - float(np.nansum(wanted))
    if left < 0 or (not missing.any() and left != 0):
        raise ScenarioError(
            f"{key}: the numbers given add up to {np.nansum(wanted):g}, but {in_care} children "
            "are in care at the start (population.in_care, or the published number). Make the "
            "two agree."
        )
    shared = np.where(missing, published, 0.0)
    filled: Floats = np.where(missing, left * shared / max(shared.sum(), 1e-12), wanted)
    return filled


def _origins(
    scenario: Scenario,
    calibration: Calibration,
    by_age: Ints,
    by_sector: Ints,
    in_care: int,
    placed: float,
) -> list[Origin]:
    given = scenario.population
    dfe = f"DfE, Children looked after in England, {calibration.authority.name}"
    published = f"{dfe}, 31 March {calibration.year}"
    latest = f"{dfe}, 31 March {calibration.latest_year}"
    rescaled = (
        ""
        if in_care == round(calibration.in_care)
        else f"published shares rescaled from {calibration.in_care:.0f} to {in_care} children"
    )
    sectors = _source_of_sectors(scenario, published)
    young = "unaccompanied children apart"
    counts = [
        ("in_care", given.in_care, "Children in care at the start", in_care, latest, ""),
        *(
            (f"sectors.{sector}", given.sectors.get(sector), label, int(count), sectors, rescaled)
            for sector, count in zip(SECTORS, by_sector, strict=True)
            for label in [f"Children at the start: {SETTING_LABELS[sector]}"]
        ),
        *(
            (f"age_bands.{band}", given.age_bands.get(band), label, int(count), published, rescaled)
            for band, count in zip(AGE_BANDS, by_age[:-1], strict=True)
            for label in [f"Children at the start aged {AGE_LABELS[band].lower()}, {young}"]
        ),
        (
            *("uasc", given.uasc, "Unaccompanied asylum-seeking children at the start"),
            *(int(by_age[-1]), published, rescaled),
        ),
        (
            *("placed_for_adoption", given.placed_for_adoption),
            *("Children placed for adoption at the start", round(placed), published, rescaled),
        ),
    ]
    return [
        *(
            given_or(own, f"population.{key}", label, count, "children", source, note)
            for key, own, label, count, source, note in counts
        ),
        *_assumed_origins(scenario),
    ]


def _source_of_sectors(scenario: Scenario, published: str) -> str:
    fitted = f"{published}: placements and providers fitted together with England's table"
    if not scenario.population.sectors:
        return fitted
    return (
        "What the sectors that the scenario gives leave of the children in care, shared as "
        f"published ({fitted})"
    )


def _assumed_origins(scenario: Scenario) -> list[Origin]:
    overflow = scenario.population.overflow_share
    origins = [
        assumed_origin(assumed("age_by_sector_seed"), "a table of weights", ""),
        assumed_origin(assumed("placed_for_adoption_by_age"), "shares by age", ""),
    ]
    for name, own in (("ifa", overflow.ifa), ("residential", overflow.residential)):
        assumption = assumed(f"overflow_share_{name}")
        origins.append(
            assumed_origin(assumption, assumption.number, "share")
            if own is None
            else given_or(own, assumption.key, assumption.label, own.value, "share", "")
        )
    return origins


def given_or(
    given: object,
    key: str,
    label: str,
    value: float | int | str,
    unit: str,
    source: str,
    note: str = "",
) -> Origin:
    """The origin that the scenario states, or a fitted one from ``source``."""
    if given is None:
        return Origin(key, label, value, unit, Kind.FITTED, source, note)
    return Origin(
        key,
        label,
        value,
        unit,
        getattr(given, "kind", Kind.LEVER),
        getattr(given, "source", "the scenario file"),
        low=getattr(given, "low", None),
        high=getattr(given, "high", None),
    )
