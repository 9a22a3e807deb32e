"""A scenario's pools of places: what it says of each, and a labelled assumption where it does not.

A sector has one pool unless the scenario lists several; each named provider is a pool of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from sufficiency.domain import ADULT_YEARS, SECTORS, Sector, begins
from sufficiency.resolution.places_at_start import places_at_start
from sufficiency.resolution.pool import (
    PlannedChange,
    Pool,
    PoolSupply,
    as_written,
    assumed_lead_time,
    dated,
    label_of,
    number_of_places,
    pool_origins,
)
from sufficiency.resolution.pool_checks import (
    check_carers,
    check_closes,
    check_held,
    check_households,
    check_names,
    check_some_place,
)
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.supply import PoolKeys, ProviderPlan, SectorPlan
from sufficiency.simulation.record import PROVIDER_CLOSED, SCHEDULED
from sufficiency.simulation.supply_paths import ALL
from sufficiency.simulation.world import UNLIMITED

__all__ = ["Pool", "PoolSupply", "pools_of_scenario"]

FIRST_AGE_IN_SUPPORTED_ACCOMMODATION = 16
"""By law: the Supported Accommodation (England) Regulations 2023 are for 16 and 17 year olds."""
_OWN_BY_DEFAULT = (Sector.INTERNAL_FOSTERING, Sector.CONNECTED_PERSONS)


def pools_of_scenario(
    scenario: Scenario, children: Sequence[int], start: date
) -> tuple[PoolSupply, ...]:
    """Every pool of every sector, in order of use; ``children`` (6,) live there at the start.

    Raises:
        ScenarioError: places that are not given and cannot be assumed, a closure of what has no
            places, carers for a part of a sector only, or no place anywhere.
    """
    found: list[PoolSupply] = []
    for sector, number in zip(SECTORS, children, strict=True):
        plan = scenario.sectors.get(sector, SectorPlan())
        listed: list[tuple[str, str, PoolKeys]] = [
            (pool.name, f"sectors.{sector}.pools.{position}", pool)
            for position, pool in enumerate(plan.pools)
        ] or [(str(sector), f"sectors.{sector}", plan)]
        check_carers(scenario, sector, listed)
        for name, key, keys in listed:
            alone = len(listed) == 1
            found += _with_providers(
                scenario, sector, name, key, keys, number if alone else None, start
            )
    check_names(scenario, found)
    check_some_place(scenario, found)
    return tuple(found)


def _with_providers(
    scenario: Scenario,
    sector: Sector,
    name: str,
    key: str,
    keys: PoolKeys,
    children: int | None,
    start: date,
) -> Iterator[PoolSupply]:
    """The pool of each provider named, then that of the places besides theirs, if any."""
    for position, provider in enumerate(keys.providers):
        yield _of_provider(
            scenario, sector, name, f"{key}.providers.{position}", keys, provider, start
        )
    if not keys.has_places_of_its_own:
        return
    places, origins = places_at_start(scenario, sector, name, key, keys, children)
    check_households(scenario, key, keys, places)
    held = keys.held_by_others
    gross = places
    if held is not None and places != UNLIMITED:
        check_held(scenario, key, name, held.at_start.value, places)
        places -= held.at_start.value
    pool = _pool(sector, name, keys, places)
    supply = PoolSupply(
        pool=pool,
        key=key,
        written=keys,
        changes=(),
        origins=(*origins, *pool_origins(key, keys, pool)),
        is_given=keys.places is not None or bool(keys.schedule) or keys.carers is not None,
    )
    yield _with_schedule(scenario, supply, gross, start)


def _pool(sector: Sector, name: str, keys: PoolKeys, places: int) -> Pool:
    kind = keys.kind or ("own" if sector in _OWN_BY_DEFAULT else "spot")
    supported = sector is Sector.SUPPORTED_ACCOMMODATION
    youngest = FIRST_AGE_IN_SUPPORTED_ACCOMMODATION if supported else 0
    lead = keys.lead_time_days
    return Pool(
        name=name,
        sector=sector,
        kind=kind,
        in_area=keys.in_area,
        distance_band=keys.distance_band,
        lead_time_days=assumed_lead_time(sector, kind).number if lead is None else lead.value,
        youngest_years=youngest if keys.youngest_age is None else keys.youngest_age,
        oldest_years=ADULT_YEARS if keys.oldest_age is None else keys.oldest_age + 1,
        takes_emergencies=keys.takes_emergencies,
        places_at_start=None if places == UNLIMITED else places,
    )


def _of_provider(
    scenario: Scenario,
    sector: Sector,
    pool_name: str,
    key: str,
    keys: PoolKeys,
    provider: ProviderPlan,
    start: date,
) -> PoolSupply:
    places = number_of_places(provider.places.value)
    pool = _pool(sector, f"{pool_name}: {provider.name}", keys, places)
    origins = _provider_origins(provider, key, pool)
    supply = PoolSupply(pool, key, keys, (), (), True, provider)
    changes: list[PlannedChange] = []
    if keys.opens is not None and begins(start, keys.opens) > 0:
        changes.append(PlannedChange(begins(start, keys.opens), places))
        supply = _starting_with(supply, 0)
    for what, day in _ends(provider, keys):
        closes = ALL if what == "closes" else 0
        why = PROVIDER_CLOSED if closes else SCHEDULED
        changes.append(PlannedChange(max(begins(start, day), 0.0), 0, closes, why))
        words = "closes" if closes else "takes no more children"
        origins.append(dated(f"{key}.{what}", f"{pool.name} {words} on {day.isoformat()}", 0))
    ordered = tuple(sorted(changes, key=lambda change: change.time))
    return _folded(replace(supply, changes=ordered, origins=tuple(origins)))


def _ends(provider: ProviderPlan, keys: PoolKeys) -> list[tuple[str, date]]:
    """When a provider takes no more children, and when it closes: by itself, or with its pool."""
    days = [day for day in (provider.closes, keys.closes) if day is not None]
    closes = min(days, default=None)
    stops = provider.stops_taking
    ends = [("stops_taking", stops)] if stops is not None and stops < (closes or date.max) else []
    return [*ends, *([("closes", closes)] if closes is not None else [])]


def _provider_origins(provider: ProviderPlan, key: str, pool: Pool) -> list[Origin]:
    """A provider's places at the start, and how often it closes."""
    origins = [
        given_or(
            provider.places,
            f"{key}.places",
            f"Usable places at the start: {label_of(pool)}",
            provider.places.value,
            "places",
            "",
        )
    ]
    if provider.closes_rate_per_year is not None:
        rate = provider.closes_rate_per_year
        label = f"How often it closes, a year: {label_of(pool)}"
        origins.append(
            given_or(rate, f"{key}.closes_rate_per_year", label, rate.value, "a year", "")
        )
    return origins


def _with_schedule(scenario: Scenario, supply: PoolSupply, gross: int, start: date) -> PoolSupply:
    """The pool with its dated numbers; what is dated before the start holds from the start."""
    keys, name = supply.written, supply.pool.name
    held = keys.held_by_others.at_start.value if keys.held_by_others is not None else 0
    changes, origins = [], list(supply.origins)

    def net(places: int) -> int:
        return places if places == UNLIMITED else max(places - held, 0)

    if keys.opens is not None:
        opens = begins(start, keys.opens)
        origins.append(
            dated(
                f"{supply.key}.opens",
                f"{name} opens on {keys.opens.isoformat()}",
                as_written(gross),
            )
        )
        if opens > 0:
            changes.append(PlannedChange(opens, net(gross)))
            supply = _starting_with(supply, 0)
    for change in keys.schedule:
        usable = number_of_places(change.places)
        changes.append(PlannedChange(begins(start, change.from_), net(usable)))
        words = f"Usable places: {label_of(supply.pool)}, from {change.from_.isoformat()}"
        origins.append(dated(f"{supply.key}.schedule", words, change.places))
    if keys.closes is not None:
        check_closes(scenario, supply, gross)
        changes.append(PlannedChange(begins(start, keys.closes), 0, ALL, PROVIDER_CLOSED))
        words = f"{name} closes on {keys.closes.isoformat()}"
        origins.append(dated(f"{supply.key}.closes", words, 0))
    ordered = tuple(sorted(changes, key=lambda change: change.time))
    return _folded(replace(supply, changes=ordered, origins=tuple(origins)))


def _folded(supply: PoolSupply) -> PoolSupply:
    """Changes dated before the start folded into the places at the start."""
    for change in supply.changes:
        if change.time <= 0:
            supply = _starting_with(supply, change.usable)
    later = tuple(change for change in supply.changes if change.time > 0)
    return replace(supply, changes=later)


def _starting_with(supply: PoolSupply, usable: int) -> PoolSupply:
    places = None if usable == UNLIMITED else usable
    return replace(supply, pool=replace(supply.pool, places_at_start=places))
