"""A pool of places as it was found in a scenario, and where its numbers come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sufficiency.calibration.assumptions import Assumption, assumed
from sufficiency.domain import Sector
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.population import given_or
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind
from sufficiency.scenario.supply import PoolKeys, PoolPlan, ProviderPlan
from sufficiency.simulation.record import SCHEDULED
from sufficiency.simulation.world import UNLIMITED


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


def assumed_lead_time(sector: Sector, kind: str) -> Assumption:
    """Days from deciding on a place to a child living in it, where the scenario does not say."""
    homes = sector in (Sector.RESIDENTIAL, Sector.SUPPORTED_ACCOMMODATION)
    own = "own_home" if homes else "own_family"
    return assumed(f"lead_time_days_{own if kind == 'own' else kind}")


def pool_origins(key: str, keys: PoolKeys, pool: Pool) -> list[Origin]:
    """Numbers of a listed pool other than its places."""
    origins = []
    if isinstance(keys, PoolPlan) or keys.lead_time_days is not None:
        label = f"Days from deciding on a place to its use: {label_of(pool)}"
        given = keys.lead_time_days
        if given is None:
            assumption = assumed_lead_time(pool.sector, pool.kind)
            origin = assumed_origin(assumption, pool.lead_time_days, "days")
            origins.append(replace(origin, key=f"{key}.lead_time_days", label=label))
        else:
            origins.append(given_or(given, f"{key}.lead_time_days", label, given.value, "days", ""))
    limits = (("youngest_age", keys.youngest_age), ("oldest_age", keys.oldest_age))
    for name, age in limits:
        if age is not None:
            label = f"{name.replace('_', ' ').capitalize()} taken: {label_of(pool)}"
            source = "the scenario file"
            origins.append(Origin(f"{key}.{name}", label, age, "years", Kind.LEVER, source))
    return origins


def dated(key: str, label: str, places: int | str) -> Origin:
    """The origin of a number of places that holds from a date on."""
    return Origin(key, label, places, "places", Kind.LEVER, "the scenario file")


def label_of(pool: Pool) -> str:
    """What tables call a pool."""
    return name_or_sector(pool.sector, pool.name)


def name_or_sector(sector: Sector, name: str) -> str:
    """The sector, with the pool's name if it has one of its own."""
    return SETTING_LABELS[sector] if name == str(sector) else f"{SETTING_LABELS[sector]}, {name}"


def number_of_places(places: int | str) -> int:
    """A number of places as a world has it: `UNLIMITED` for "unlimited"."""
    return UNLIMITED if isinstance(places, str) else places


def as_written(places: int) -> int | str:
    """The same as a scenario writes it."""
    return "unlimited" if places == UNLIMITED else places
