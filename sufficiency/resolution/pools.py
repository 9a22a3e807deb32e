"""A scenario's pools of places: what it says of each, and a labelled assumption where it does not.

A sector has one pool unless the scenario lists several; each named provider is a pool of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import ADULT_YEARS, SECTORS, Sector, begins
from sufficiency.errors import ScenarioError
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind
from sufficiency.scenario.supply import PoolKeys, PoolPlan, ProviderPlan, SectorPlan
from sufficiency.simulation.record import PROVIDER_CLOSED, SCHEDULED
from sufficiency.simulation.supply_paths import ALL
from sufficiency.simulation.world import UNLIMITED

FIRST_AGE_IN_SUPPORTED_ACCOMMODATION = 16
"""By law: the Supported Accommodation (England) Regulations 2023 are for 16 and 17 year olds."""
_OWN_BY_DEFAULT = (Sector.INTERNAL_FOSTERING, Sector.CONNECTED_PERSONS)
_NOT_LIMITED = {
    Sector.CONNECTED_PERSONS: "Assumption: family and friends carers come with the child",
    Sector.OTHER: "Assumption: these settings are not places that are bought",
}
_MARKET = (
    "Assumption: bought places are not limited; the number used is what the market is asked for"
)


@dataclass(frozen=True)
class Pool:
    """Places inside a sector that are bought alike, or those of one provider among them."""

    name: str
    sector: Sector
    kind: str
    """own, block, framework or spot."""
    in_area: bool | None
    """Whether inside the council's boundary; None where nobody says."""
    distance_band: str | None
    """``up_to_20_miles`` or ``over_20_miles``; None where nobody says."""
    lead_time_days: float
    """From deciding on a place to a child living in it."""
    youngest_years: int
    """A child is taken from this age on, in whole years,"""
    oldest_years: int
    """and below this one (18: of every age)."""
    takes_emergencies: bool
    places_at_start: int | None
    """Usable places at the start, places that others hold taken out; None: not limited."""

    def takes(self, age_years: int) -> bool:
        """Whether a child of that age may be placed here."""
        return self.youngest_years <= age_years < self.oldest_years


@dataclass(frozen=True)
class PlannedChange:
    """A dated change in a pool's usable places."""

    time: float
    """Days from the start, above 0."""
    usable: int
    """From then on, or `UNLIMITED`."""
    closes: int = 0
    """As `Places.change_closes`."""
    why: int = SCHEDULED


@dataclass(frozen=True)
class PoolSupply:
    """A pool with what is planned for it, the keys it was read from, and where its numbers are
    from."""

    pool: Pool
    key: str
    """The dotted key of the scenario that holds it."""
    written: PoolKeys
    changes: tuple[PlannedChange, ...]
    origins: tuple[Origin, ...]
    is_given: bool
    """Whether the scenario says how many places there are."""
    provider: ProviderPlan | None = None

    @property
    def usable_at_start(self) -> int:
        """Usable places at the start, or `UNLIMITED`."""
        places = self.pool.places_at_start
        return UNLIMITED if places is None else places


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
        _check_carers(scenario, sector, listed)
        for name, key, keys in listed:
            alone = len(listed) == 1
            found += _with_providers(
                scenario, sector, name, key, keys, number if alone else None, start
            )
    _check_names(scenario, found)
    _check_some_place(found)
    return tuple(found)


def refused(scenario: Scenario, key: str, message: str) -> ScenarioError:
    """The error of a key that a file gives, with its file and line."""
    shown = "".join(
        f"[{int(step) + 1}]" if step.isdigit() else f".{step}" for step in key.split(".")
    ).removeprefix(".")
    parts = key.split(".")
    while parts and ".".join(parts) not in scenario.given:
        parts.pop()
    file, line = scenario.given.get(".".join(parts), ("", 0))
    where = f"{file}, line {line}, {shown}" if file and line else shown
    return ScenarioError(f"{where}: {message}")


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
    if keys.providers and keys.places is None and not keys.schedule and keys.carers is None:
        return
    places, origins = _places_at_start(scenario, sector, name, key, keys, children)
    held = keys.held_by_others
    gross = places
    if held is not None and places != UNLIMITED:
        places = max(places - held.at_start.value, 0)
    pool = _pool(sector, name, keys, places)
    supply = PoolSupply(
        pool=pool,
        key=key,
        written=keys,
        changes=(),
        origins=(*origins, *_pool_origins(key, keys, pool)),
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
        lead_time_days=assumed_lead_time(sector, kind) if lead is None else lead.value,
        youngest_years=youngest if keys.youngest_age is None else keys.youngest_age,
        oldest_years=ADULT_YEARS if keys.oldest_age is None else keys.oldest_age + 1,
        takes_emergencies=keys.takes_emergencies,
        places_at_start=None if places == UNLIMITED else places,
    )


def assumed_lead_time(sector: Sector, kind: str) -> float:
    """Days from deciding on a place to a child living in it, where the scenario does not say."""
    homes = sector in (Sector.RESIDENTIAL, Sector.SUPPORTED_ACCOMMODATION)
    own = "own_home" if homes else "own_family"
    return assumed(f"lead_time_days_{own if kind == 'own' else kind}").number


def _of_provider(
    scenario: Scenario,
    sector: Sector,
    pool_name: str,
    key: str,
    keys: PoolKeys,
    provider: ProviderPlan,
    start: date,
) -> PoolSupply:
    places = _number(provider.places.value)
    pool = _pool(sector, f"{pool_name}: {provider.name}", keys, places)
    changes: list[PlannedChange] = []
    origins = [
        given_or(
            provider.places,
            f"{key}.places",
            f"Usable places at the start: {pool.name}",
            provider.places.value,
            "places",
            "",
        )
    ]
    if provider.closes_rate_per_year is not None:
        rate = provider.closes_rate_per_year
        label = f"How often it closes, a year: {pool.name}"
        origins.append(
            given_or(rate, f"{key}.closes_rate_per_year", label, rate.value, "a year", "")
        )
    for what, day in (("stops_taking", provider.stops_taking), ("closes", provider.closes)):
        if day is None:
            continue
        if pool.places_at_start is None and what == "closes":
            raise refused(
                scenario,
                f"{key}.closes",
                f'"{provider.name}" has places without limit, and what has no limit cannot close. '
                "Say how many places it has",
            )
        closes = ALL if what == "closes" else 0
        why = PROVIDER_CLOSED if closes else SCHEDULED
        changes.append(PlannedChange(max(begins(start, day), 0.0), 0, closes, why))
        words = "closes" if closes else "takes no more children"
        origins.append(_dated(f"{key}.{what}", f"{pool.name} {words} on {day.isoformat()}", 0))
    supply = PoolSupply(
        pool,
        key,
        keys,
        tuple(sorted(changes, key=lambda change: change.time)),
        tuple(origins),
        True,
        provider,
    )
    return _folded(supply)


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
            _dated(
                f"{supply.key}.opens", f"{name} opens on {keys.opens.isoformat()}", _shown(gross)
            )
        )
        if opens > 0:
            changes.append(PlannedChange(opens, net(gross)))
            supply = _starting_with(supply, 0)
    for change in keys.schedule:
        usable = _number(change.places)
        changes.append(PlannedChange(begins(start, change.from_), net(usable)))
        words = f"Usable places: {_label(supply.pool)}, from {change.from_.isoformat()}"
        origins.append(_dated(f"{supply.key}.schedule", words, change.places))
    if keys.closes is not None:
        _check_closes(scenario, supply, gross)
        changes.append(PlannedChange(begins(start, keys.closes), 0, ALL, PROVIDER_CLOSED))
        words = f"{name} closes on {keys.closes.isoformat()}"
        origins.append(_dated(f"{supply.key}.closes", words, 0))
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


def _places_at_start(
    scenario: Scenario,
    sector: Sector,
    name: str,
    key: str,
    keys: PoolKeys,
    children: int | None,
) -> tuple[int, list[Origin]]:
    """Usable places before any schedule, those that others hold included, and where the number
    comes from. ``children`` live in the pool at the start, if it is the sector's only one."""
    label = f"Usable places at the start: {_name_or_sector(sector, name)}"
    if keys.places is not None:
        given = keys.places
        return _number(given.value), [
            given_or(given, f"{key}.places", label, given.value, "places", "")
        ]
    if keys.carers is not None and keys.carers.households_at_start is not None:
        return _of_households(keys, f"{key}.places", label)
    own_vacancy = keys.vacancy_share if isinstance(keys, SectorPlan) else None
    keeps = (
        sector is Sector.INTERNAL_FOSTERING or own_vacancy is not None or keys.carers is not None
    )
    if children is not None and keeps:
        return _kept(sector, keys, key, label, children, own_vacancy)
    if isinstance(keys, PoolPlan) and (keys.kind in ("own", "block") or keeps):
        hint = "" if keys.closes is None else _meant(scenario, sector, name)
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


def _pool_origins(key: str, keys: PoolKeys, pool: Pool) -> list[Origin]:
    """Numbers of a listed pool other than its places."""
    origins = []
    if isinstance(keys, PoolPlan) or keys.lead_time_days is not None:
        label = f"Days from deciding on a place to its use: {_label(pool)}"
        given = keys.lead_time_days
        if given is None:
            homes = pool.sector in (Sector.RESIDENTIAL, Sector.SUPPORTED_ACCOMMODATION)
            own = "own_home" if homes else "own_family"
            name = f"lead_time_days_{own if pool.kind == 'own' else pool.kind}"
            origin = assumed_origin(assumed(name), pool.lead_time_days, "days")
            origins.append(replace(origin, key=f"{key}.lead_time_days", label=label))
        else:
            origins.append(given_or(given, f"{key}.lead_time_days", label, given.value, "days", ""))
    limits = (("youngest_age", keys.youngest_age), ("oldest_age", keys.oldest_age))
    for name, age in limits:
        if age is not None:
            label = f"{name.replace('_', ' ').capitalize()} taken: {_label(pool)}"
            origins.append(
                given_or(None, f"{key}.{name}", label, age, "years", "the scenario file")
            )
            origins[-1] = replace(origins[-1], kind=Kind.LEVER)
    return origins


def _dated(key: str, label: str, places: int | str) -> Origin:
    return Origin(key, label, places, "places", Kind.LEVER, "the scenario file")


def _label(pool: Pool) -> str:
    return _name_or_sector(pool.sector, pool.name)


def _name_or_sector(sector: Sector, name: str) -> str:
    return SETTING_LABELS[sector] if name == str(sector) else f"{SETTING_LABELS[sector]}, {name}"


def _number(places: int | str) -> int:
    return UNLIMITED if isinstance(places, str) else places


def _shown(places: int) -> int | str:
    return "unlimited" if places == UNLIMITED else places


def _check_closes(scenario: Scenario, supply: PoolSupply, gross: int) -> None:
    """Refuse to close what has no places, or no limit: a home that is not there."""
    numbers = [gross, *(_number(change.places) for change in supply.written.schedule)]
    if UNLIMITED not in numbers and any(number > 0 for number in numbers):
        return
    found = "places without limit" if UNLIMITED in numbers else "no places"
    raise refused(
        scenario,
        f"{supply.key}.closes",
        f'"{supply.pool.name}" has {found}, so there is nothing to close.'
        + _meant(scenario, supply.pool.sector, supply.pool.name),
    )


def _meant(scenario: Scenario, sector: Sector, name: str) -> str:
    """The pools of a sector that a misspelt name may have meant."""
    others = [pool.name for pool in scenario.sectors[sector].pools if pool.name != name]
    near = get_close_matches(name, others, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" The other pools here are: {', '.join(others)}." if others else ""


def _check_carers(
    scenario: Scenario, sector: Sector, listed: Sequence[tuple[str, str, PoolKeys]]
) -> None:
    """Carers stand in for a sector's published rate of carers who give up: for all or none."""
    without = [name for name, _, keys in listed if keys.carers is None]
    having = [key for _, key, keys in listed if keys.carers is not None]
    if having and without:
        raise refused(
            scenario,
            f"{having[0]}.carers",
            f'carers who come and go are given here but not for "{without[0]}" of the same sector, '
            "whose carers would go on giving up at the published rate of all the sector. Give "
            "carers for every pool of the sector, or for none",
        )


def _check_names(scenario: Scenario, found: Sequence[PoolSupply]) -> None:
    names = [supply.pool.name for supply in found]
    for position, supply in enumerate(found):
        if supply.pool.name in names[:position]:
            raise refused(
                scenario,
                f"{supply.key}.name",
                f'"{supply.pool.name}" is also the name of another pool. Choose another',
            )


def _check_some_place(found: Sequence[PoolSupply]) -> None:
    """Refuse a scenario in which no child is ever placed."""
    for supply in found:
        numbers = [supply.usable_at_start, *(change.usable for change in supply.changes)]
        if supply.written.carers is not None or any(number != 0 for number in numbers):
            return
    raise ScenarioError(
        "sectors: no sector has any place from the start to the end, so no child could be placed. "
        'Give at least one of them places, or leave its places out ("unlimited").'
    )
