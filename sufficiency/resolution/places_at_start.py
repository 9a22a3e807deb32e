"""How many places there are at the start: as given, as used then, or as many as are asked for."""

from __future__ import annotations

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import Sector
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.pool import name_or_sector, number_of_places
from sufficiency.resolution.pool_checks import meant, refused
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind
from sufficiency.scenario.supply import PoolKeys, PoolPlan, SectorPlan
from sufficiency.simulation.world import UNLIMITED

_NOT_LIMITED = {
    Sector.CONNECTED_PERSONS: "Assumption: family and friends carers come with the child",
    Sector.OTHER: "Assumption: these settings are not places that are bought",
}
_MARKET = (
    "Assumption: bought places are not limited; the number used is what the market is asked for"
)


def places_at_start(
    scenario: Scenario,
    sector: Sector,
    name: str,
    key: str,
    keys: PoolKeys,
    children: int | None,
) -> tuple[int, list[Origin]]:
    """Usable places before any schedule, those that others hold included, and where the number
    comes from. ``children`` live in the pool at the start, if it is the sector's only one."""
    label = f"Usable places at the start: {name_or_sector(sector, name)}"
    if keys.places is not None:
        given = keys.places
        return number_of_places(given.value), [
            given_or(given, f"{key}.places", label, given.value, "places", "")
        ]
    if keys.carers is not None and keys.carers.households_at_start is not None:
        return _of_households(keys, f"{key}.places", label)
    if not keys.has_places_of_its_own or keys.providers:
        besides = "No places besides those of the providers named"
        return 0, [Origin(f"{key}.places", label, 0, "places", Kind.LEVER, besides)]
    own_vacancy = keys.vacancy_share if isinstance(keys, SectorPlan) else None
    keeps = (
        sector is Sector.INTERNAL_FOSTERING or own_vacancy is not None or keys.carers is not None
    )
    if children is not None and keeps:
        return _kept(sector, keys, key, label, children, own_vacancy)
    if isinstance(keys, PoolPlan) and (keys.kind in ("own", "block") or keeps):
        hint = "" if keys.closes is None else meant(scenario, sector, name)
        raise refused(
            scenario,
            key,
            f'the pool "{name}" does not say how many usable places it has. Add places: a whole '
            f"number{' or unlimited' if keys.kind not in ('own', 'block') else ''}.{hint}",
        )
    source = _NOT_LIMITED.get(sector, _MARKET)
    return UNLIMITED, [Origin(f"{key}.places", label, "unlimited", "places", Kind.ASSUMED, source)]


def _kept(
    sector: Sector, keys: PoolKeys, key: str, label: str, children: int, own_vacancy: object
) -> tuple[int, list[Origin]]:
    """As many places as are used at the start, with the vacancy share and what others hold."""
    assumption = assumed("vacancy_share")
    given = keys.vacancy_share if isinstance(keys, SectorPlan) else None
    vacancy = assumption.number if given is None else given.value
    held = keys.held_by_others.at_start.value if keys.held_by_others is not None else 0
    number = round(children * (1 + vacancy)) + held
    note = f"{children} children there at the start and {vacancy:.0%} vacant"
    note += f", and {held} held by others" if held else ""
    vacant_key = f"sectors.{sector}.vacancy_share"
    vacant_label = f"Vacant places: {SETTING_LABELS[sector]}"
    return number, [
        Origin(
            f"{key}.places",
            label,
            number,
            "places",
            Kind.ASSUMED,
            assumption.source if given is None else given.source,
            note,
        ),
        assumed_origin(assumption, vacancy, "share")
        if given is None
        else given_or(given, vacant_key, vacant_label, vacancy, "share", ""),
    ]


def _of_households(keys: PoolKeys, key: str, label: str) -> tuple[int, list[Origin]]:
    """The places that the households at the start have."""
    carers = keys.carers
    assert carers is not None
    assert carers.households_at_start is not None
    each, share = carers.places_per_household, carers.usable_share
    places = assumed("places_per_household").number if each is None else each.value
    usable = assumed("usable_share_of_places").number if share is None else share.value
    number = round(carers.households_at_start.value * places * usable)
    note = (
        f"{carers.households_at_start.value} households with {places:g} places each, of which "
        f"{usable:.0%} can be used"
    )
    source = carers.households_at_start.source
    return number, [Origin(key, label, number, "places", Kind.ASSUMED, source, note)]
