"""The places there are: the scenario's, or those used at the start."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import NEED_GROUPS, SECTORS, Sector, begins
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.parts import PlacesFrom
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.world import UNLIMITED, Places

Ints = NDArray[np.int64]

KEEP_PLACES = (
    "We assumed that you keep the places you use today: your own foster families go on taking as "
    "many children as they do at the start, family and friends carers come with the child, and "
    "agencies and homes sell as many places as are asked for."
)
GIVEN_PLACES = (
    "Places in {given} are as the scenario gives them; elsewhere we assumed that you keep the "
    "places you use today and buy as many as are asked for."
)


_NOT_LIMITED = {
    Sector.CONNECTED_PERSONS: "Assumption: family and friends carers come with the child",
    Sector.OTHER: "Assumption: these settings are not places that are bought",
}
_MARKET = (
    "Assumption: bought places are not limited; the number used is what the market is asked for"
)


def supply(
    scenario: Scenario, by_sector: Ints, start: date
) -> tuple[Places, list[Origin], str, list[dict[str, object]]]:
    """One pool a sector, with its usable places over time.

    Returns:
        the places, their origins, a sentence for the first screen, and one row a sector
        (sector, places or "unlimited") for the manifest.
    """
    at_start: list[int] = []
    changes: list[tuple[float, int, int]] = []
    origins: list[Origin] = []
    given: list[str] = []
    for code, sector in enumerate(SECTORS):
        plan = scenario.sectors.get(sector)
        places, own_origins = _at_start(scenario, sector, int(by_sector[code]))
        origins += own_origins
        for change in plan.schedule if plan else ():
            usable = _number(change.places)
            if begins(start, change.from_) <= 0:
                places = usable
            else:
                changes.append((begins(start, change.from_), code, usable))
            origins.append(_scheduled(sector, change))
        if plan is not None and (plan.places is not None or plan.schedule):
            given.append(SETTING_LABELS[sector].lower())
        at_start.append(places)
    changes.sort()
    statement = GIVEN_PLACES.format(given=", ".join(given)) if given else KEEP_PLACES
    rows: list[dict[str, object]] = [
        {"sector": str(sector), "places": "unlimited" if places == UNLIMITED else places}
        for sector, places in zip(SECTORS, at_start, strict=True)
    ]
    return _places(scenario, at_start, changes), origins, statement, rows


def _scheduled(sector: Sector, change: PlacesFrom) -> Origin:
    return Origin(
        f"sectors.{sector}.schedule",
        f"Usable places: {SETTING_LABELS[sector]}, from {change.from_.isoformat()}",
        change.places,
        "places",
        Kind.LEVER,
        "the scenario file",
    )


def _at_start(scenario: Scenario, sector: Sector, children: int) -> tuple[int, list[Origin]]:
    """Usable places before any schedule, and where the number comes from."""
    plan = scenario.sectors.get(sector)
    key, label = f"sectors.{sector}.places", f"Usable places at the start: {SETTING_LABELS[sector]}"
    if plan is not None and plan.places is not None:
        places = plan.places
        return _number(places.value), [given_or(places, key, label, places.value, "places", "")]
    own = plan.vacancy_share if plan is not None else None
    if sector is not Sector.INTERNAL_FOSTERING and own is None:
        source = _NOT_LIMITED.get(sector, _MARKET)
        return UNLIMITED, [Origin(key, label, "unlimited", "places", Kind.ASSUMED, source)]
    assumption = assumed("vacancy_share")
    vacancy = assumption.number if own is None else own.value
    number = round(children * (1 + vacancy))
    vacant_key = f"sectors.{sector}.vacancy_share"
    return number, [
        Origin(
            key,
            label,
            number,
            "places",
            Kind.ASSUMED,
            assumption.source if own is None else own.source,
            f"{children} children there at the start and {vacancy:.0%} vacant",
        ),
        assumed_origin(assumption, vacancy, "share")
        if own is None
        else given_or(
            own, vacant_key, f"Vacant places: {SETTING_LABELS[sector]}", vacancy, "share", ""
        ),
    ]


def _places(
    scenario: Scenario, at_start: list[int], changes: list[tuple[float, int, int]]
) -> Places:
    n_needs, n_pools = len(NEED_GROUPS), len(SECTORS)
    preference = np.full((n_needs, n_pools), -1, dtype=np.int64)
    first = np.zeros((n_needs, n_pools), dtype=bool)
    suitable = np.zeros((n_needs, n_pools), dtype=bool)
    plans = scenario.need_plans()
    for row, need in enumerate(NEED_GROUPS):
        order, suits = plans[need]
        codes = [SECTORS.index(sector) for sector in order]
        preference[row, : len(codes)] = codes
        first[row, codes[0]] = True
        suitable[row, [SECTORS.index(sector) for sector in suits]] = True
    columns = list(zip(*changes, strict=True)) if changes else [(), (), ()]
    return Places(
        pool_names=tuple(str(sector) for sector in SECTORS),
        pool_sector=np.arange(n_pools),
        usable_at_start=np.array(at_start, dtype=np.int64),
        change_time=np.array(columns[0], dtype=np.float64),
        change_pool=np.array(columns[1], dtype=np.int64),
        change_usable=np.array(columns[2], dtype=np.int64),
        preference=preference,
        first_choice=first,
        suitable=suitable,
    )


def _number(places: int | str) -> int:
    return UNLIMITED if isinstance(places, str) else places
