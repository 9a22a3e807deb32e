"""The sections of a scenario file about places: sectors, their pools, and providers by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sufficiency.domain import ADULT_YEARS, UNPLACED, Sector
from sufficiency.scenario.carers import (
    CarersPlan,
    Days,
    HeldByOthers,
    StaysOn,
    YearlyRate,
    check_dates_rise,
)
from sufficiency.scenario.sourced import (
    Day,
    Places,
    PlacesNumber,
    Share,
    Strict,
    Switch,
    Text,
    contradiction,
    expecting,
)

PoolKind = Literal["own", "block", "framework", "spot"]
NOT_A_POOL = (UNPLACED, "all")
DistanceBand = Literal["up_to_20_miles", "over_20_miles"]

AgeYears = Annotated[
    int,
    Field(strict=True, ge=0, lt=ADULT_YEARS),
    expecting("an age in whole years from 0 to 17"),
]


class PlacesFrom(Strict):
    """Usable places from a date on."""

    from_: Day = Field(alias="from", description="The first day with this number of places.")
    places: PlacesNumber = Field(description='Usable places from then on, or "unlimited".')


class ProviderPlan(Strict):
    """A provider by name, whose places are a pool of their own."""

    name: Text = Field(description="The provider, or the home.")
    places: Places = Field(description="Usable places with this provider at the start.")
    closes: Day | None = Field(
        default=None,
        description="The day on which it closes: the children who live there move that day.",
    )
    closes_rate_per_year: YearlyRate | None = Field(
        default=None,
        description="How often such a provider closes, a year: 0.05 is one in twenty. The day is "
        "drawn anew in each simulated future, and the children who live there move.",
    )
    stops_taking: Day | None = Field(
        default=None,
        description="The day from which it takes no more children; those who live there stay.",
    )

    @model_validator(mode="after")
    def _has_something_to_close(self) -> Self:
        number = self.places.value
        for key, told in (("closes", self.closes), ("closes_rate_per_year", self.closes_rate)):
            if told is not None and number in (0, "unlimited"):
                found = "no places" if number == 0 else "places without limit"
                raise contradiction(
                    f'"{self.name}" has {found}, so there is nothing to close. Say how many '
                    "places it has",
                    key,
                )
        stops, closes = self.stops_taking, self.closes
        if stops is not None and closes is not None and stops >= closes:
            raise contradiction(
                f"found {stops}, expected a day before it closes ({closes}), from which it takes "
                "nobody anyway",
                "stops_taking",
            )
        return self

    @property
    def closes_rate(self) -> float | None:
        """How often it closes, a year; None if it does not."""
        rate = self.closes_rate_per_year
        return rate.value if rate is not None and rate.value > 0 else None


class PoolKeys(Strict):
    """What can be said of a pool of places, or of a whole sector that is one pool."""

    kind: PoolKind | None = Field(
        default=None,
        description="own (the council's), block (paid for whether used or not), framework (agreed "
        "prices) or spot. Default: own for internal fostering and family and friends, else spot.",
    )
    in_area: Switch | None = Field(
        default=None,
        description="Whether the places are inside the council's boundary. Default: unknown, and "
        "the sector's published share is used.",
    )
    distance_band: DistanceBand | None = Field(
        default=None, description="How far from home. Default: the sector's published share."
    )
    places: Places | None = Field(
        default=None,
        description='Usable places at the start, or "unlimited". Default: internal fostering has '
        "as many as children in it at the start plus the vacancy share; others are unlimited. "
        "Where providers are named, places besides theirs (default: none).",
    )
    schedule: tuple[PlacesFrom, ...] = Field(
        default=(),
        description="Later numbers of usable places, in order of date; one dated before the start "
        "sets the places at the start. Fewer places move no child.",
    )
    opens: Day | None = Field(
        default=None, description="The first day on which these places can be used."
    )
    closes: Day | None = Field(
        default=None,
        description="The day on which they close for good: the children who live there move.",
    )
    youngest_age: AgeYears | None = Field(
        default=None,
        description="The youngest age taken, in years. Default: 16 in supported accommodation, "
        "else 0.",
    )
    oldest_age: AgeYears | None = Field(
        default=None,
        description="The oldest age taken, in years; who outgrows it stays. Default: 17.",
    )
    takes_emergencies: Switch = Field(
        default=False, description="Whether a child may come here the same day, in an emergency."
    )
    lead_time_days: Days | None = Field(
        default=None,
        description="Days from deciding on a new place here to a child living in it, for `plan`.",
    )
    providers: tuple[ProviderPlan, ...] = Field(
        default=(), description="Providers by name, each a pool of its own, in order of use."
    )
    carers: CarersPlan | None = Field(
        default=None,
        description="Carers approved and de-registered, who then say how many places there are.",
    )
    held_by_others: HeldByOthers | None = Field(
        default=None, description="Places that people who are not in care hold."
    )
    stays_on: StaysOn | None = Field(
        default=None,
        description="Staying put with foster carers, or staying on, after the 18th birthday.",
    )

    @model_validator(mode="after")
    def _schedule_in_order(self) -> Self:
        dates = [change.from_ for change in self.schedule]
        check_dates_rise("schedule", dates)
        for position, day in enumerate(dates):
            if self.closes is not None and day >= self.closes:
                raise contradiction(
                    f"found {day}, but these places close for good on {self.closes}. Take one of "
                    "the two out",
                    *("schedule", position, "from"),
                )
            if self.opens is not None and day <= self.opens:
                raise contradiction(
                    f"found {day}, but these places open on {self.opens}, with the number under "
                    "places. Give a later day, or take one of the two out",
                    *("schedule", position, "from"),
                )
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            raise contradiction(
                f"found {self.closes}, expected a day after these places open ({self.opens})",
                "closes",
            )
        return self

    @model_validator(mode="after")
    def _providers_within_the_pool(self) -> Self:
        for position, provider in enumerate(self.providers):
            at = ("providers", position)
            if self.closes is not None and provider.places.value == "unlimited":
                raise contradiction(
                    f'"{provider.name}" has places without limit, and what has no limit cannot '
                    f"close on {self.closes}. Say how many places it has",
                    *(*at, "places"),
                )
            for key, day in (("closes", provider.closes), ("stops_taking", provider.stops_taking)):
                if day is not None and self.opens is not None and day <= self.opens:
                    raise contradiction(
                        f"found {day}, expected a day after these places open ({self.opens})",
                        *(*at, key),
                    )
        if self.held_by_others is not None and not self.has_places_of_its_own:
            raise contradiction(
                "all places here are those of named providers. Give places besides theirs, of "
                "which others hold some, or take held_by_others out",
                "held_by_others",
            )
        return self

    @property
    def has_places_of_its_own(self) -> bool:
        """Whether there are places besides those of providers named."""
        besides = self.places is not None or bool(self.schedule) or self.carers is not None
        return besides or not self.providers

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        youngest, oldest = self.youngest_age or 0, self.oldest_age
        if oldest is not None and oldest < youngest:
            raise contradiction(
                f"found {oldest}, expected an age not below youngest_age ({youngest}), or nobody "
                "can be placed here",
                "oldest_age",
            )
        return self

    @model_validator(mode="after")
    def _one_source_of_places(self) -> Self:
        names = [provider.name for provider in self.providers]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise contradiction(
                    f'"{name}" is named twice, expected each provider once',
                    *("providers", position, "name"),
                )
        for key, told in (("schedule", bool(self.schedule)), ("opens", self.opens is not None)):
            if self.carers is not None and told:
                raise contradiction(
                    "carers who are approved and de-registered say how many places there are, so "
                    f"{key} cannot be given too. Take one of the two out",
                    key,
                )
        unlimited = self.places is not None and self.places.value == "unlimited"
        if self.carers is not None and unlimited:
            raise contradiction(
                'found "unlimited", expected the number of places that the carers have at the '
                "start",
                "places",
            )
        return self


class PoolPlan(PoolKeys):
    """Places in a sector that are bought alike."""

    name: Text = Field(description="What the pool is called; no two pools share a name.")


class SectorPlan(PoolKeys):
    """A sector's places and where they are: one pool, or several listed in order of use."""

    pools: tuple[PoolPlan, ...] = Field(
        default=(),
        description="The sector's pools in order of use, in place of the keys of one pool. In a "
        "file that extends another, a pool changes the other's pool of the same name.",
    )
    vacancy_share: Share | None = Field(
        default=None,
        description="Free places at the start as a share of children there, where `places` is "
        "not given.",
    )
    outside_area_share: Share | None = Field(
        default=None,
        description="Share of this sector's children placed outside the council's boundary.",
    )
    over_20_miles_share: Share | None = Field(
        default=None, description="Share of this sector's children placed over 20 miles from home."
    )

    @model_validator(mode="after")
    def _pools_or_one(self) -> Self:
        if not self.pools:
            return self
        for key in sorted(set(PoolKeys.model_fields) & self.model_fields_set):
            raise contradiction(
                f"the sector's places are listed under pools, so {key} cannot be given for the "
                "sector as well. Move it to the pool that it is for",
                key,
            )
        names = [pool.name for pool in self.pools]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise contradiction(
                    f'"{name}" is named twice, expected each pool once',
                    *("pools", position, "name"),
                )
        return self


def check_pool_names(sectors: Mapping[Sector, SectorPlan]) -> None:
    """Refuse two pools of one name in different sectors, and a pool named as a sector is."""
    seen: dict[str, Sector] = {}
    for sector, plan in sectors.items():
        for position, pool in enumerate(plan.pools):
            at = ("sectors", sector.value, "pools", position, "name")
            if pool.name in seen:
                raise contradiction(
                    f'"{pool.name}" is also a pool of {seen[pool.name]}, expected a name of its '
                    "own",
                    *at,
                )
            if pool.name in {str(other) for other in Sector} - {str(sector)}:
                raise contradiction(
                    f'"{pool.name}" is the name of another sector. Choose another', *at
                )
            if pool.name in NOT_A_POOL:
                raise contradiction(
                    f'"{pool.name}" has a meaning of its own in tables. Choose another', *at
                )
            seen[pool.name] = sector
