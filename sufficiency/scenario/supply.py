"""The sections of a scenario file about places: pools, carers, providers, places held by others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sufficiency.domain import ADULT_YEARS, Sector
from sufficiency.scenario.sourced import (
    Count,
    Day,
    PerMonth,
    PerMonthNumber,
    Places,
    PlacesNumber,
    Share,
    Sourced,
    Strict,
    Switch,
    Text,
    contradiction,
    expecting,
)

PoolKind = Literal["own", "block", "framework", "spot"]
DistanceBand = Literal["up_to_20_miles", "over_20_miles"]

AgeYears = Annotated[
    int,
    Field(strict=True, ge=0, lt=ADULT_YEARS),
    expecting("an age in whole years from 0 to 17"),
]
DaysNumber = Annotated[
    float, Field(strict=True, ge=0, le=7_305), expecting("a number of days from 0 to 7,305")
]
YearlyRateNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=52),
    expecting("a rate a year from 0 to 52, such as 0.13 for 13 in 100 a year"),
]
HouseholdsNumber = Annotated[
    int,
    Field(strict=True, ge=0, le=20_000),
    expecting("a whole number of households, 0 or more"),
]
PlacesEachNumber = Annotated[
    float,
    Field(strict=True, gt=0, le=20),
    expecting("a number of places a household above 0, such as 1.7"),
]


class Days(Sourced[DaysNumber]):
    """A number of days."""


class YearlyRate(Sourced[YearlyRateNumber]):
    """How often something happens in a year to one household, person or provider."""


class Households(Sourced[HouseholdsNumber]):
    """A whole number of fostering households."""


class PlacesEach(Sourced[PlacesEachNumber]):
    """Approved places a household, on average."""


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


class CarersFrom(Strict):
    """Rates of the carers process from a date on; what is not given stays as before."""

    from_: Day = Field(alias="from", description="The first day of the new rates.")
    approvals_per_month: PerMonthNumber | None = Field(
        default=None,
        description="Households a month who come forward from that day and will be approved, "
        "`days_to_approve` later.",
    )
    deregistrations_per_household_year: YearlyRateNumber | None = Field(
        default=None, description="De-registrations a household a year from that day."
    )


class CarersPlan(Strict):
    """Fostering households that are approved and de-registered one by one."""

    households_at_start: Households | None = Field(
        default=None,
        description="Approved households at the start that can take children other than their own "
        "kin. Default: as many as the places at the start need.",
    )
    places_per_household: PlacesEach | None = Field(
        default=None, description="Approved places a household, on average."
    )
    usable_share: Share | None = Field(
        default=None,
        description="Share of approved places that can really be used: matching, sibling holds, "
        "respite and carers on hold take the others.",
    )
    approvals_per_month: PerMonth = Field(description="Households approved a month at the start.")
    connected_share: Share | None = Field(
        default=None,
        description="Share of the approvals given that are of family and friends carers, who bring "
        "no place for another child. Default: 0, the numbers given are of other carers only.",
    )
    days_to_approve: Days | None = Field(
        default=None,
        description="Days from coming forward to approval: how late a change of recruitment shows.",
    )
    deregistrations_per_household_year: YearlyRate | None = Field(
        default=None,
        description="De-registrations a household a year. The household's places close; this "
        "stands in for the published rate of placements that end because the carer gives up.",
    )
    children_there_share: Share | None = Field(
        default=None,
        description="Share of de-registrations while children live there, who then move. The "
        "others close places and move no child: those who are left stay until they leave.",
    )
    changes: tuple[CarersFrom, ...] = Field(
        default=(), description="Later rates of approval or de-registration, in order of date."
    )

    @model_validator(mode="after")
    def _changes_in_order(self) -> Self:
        check_dates_rise("changes", [change.from_ for change in self.changes])
        return self


class HeldByOthers(Strict):
    """Places held by people who are not in care, who come and move on."""

    who: Text | None = Field(
        default=None,
        description="Who they are: young people housed as homeless, or waiting for a flat.",
    )
    at_start: Count = Field(description="Places that they hold at the start.")
    arrivals_per_month: PerMonth = Field(description="How many come in a month.")
    move_on_rate_per_year: YearlyRate = Field(
        description="How often each moves on, a year: 4 is a stay of three months on average."
    )


class StaysOn(Strict):
    """Young people who keep their place for a time after they turn 18."""

    share: Share = Field(description="Share of those who turn 18 here and stay on.")
    mean_days: Days | None = Field(
        default=None, description="How long they hold the place after 18, in days on average."
    )


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
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            raise contradiction(
                f"found {self.closes}, expected a day after these places open ({self.opens})",
                "closes",
            )
        return self

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


def check_dates_rise(key: str, dates: list[Day]) -> None:
    """Refuse dates that overlap or go back; ``key`` is the list that holds them as ``from``."""
    for position in range(1, len(dates)):
        before, after = dates[position - 1], dates[position]
        if after <= before:
            raise contradiction(
                f"found {after} after {before}, expected dates in rising order",
                *(key, position, "from"),
            )


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
            seen[pool.name] = sector
