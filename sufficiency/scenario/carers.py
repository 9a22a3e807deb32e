"""The parts of a scenario file about carers, and about people not in care who hold places."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sufficiency.scenario.sourced import (
    Day,
    PerMonth,
    PerMonthNumber,
    Share,
    Sourced,
    Strict,
    Text,
    contradiction,
    expecting,
)

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


PlacesHeldNumber = Annotated[
    int,
    Field(strict=True, ge=0, le=20_000),
    expecting("a whole number of places, 0 or more"),
]


class PlacesHeld(Sourced[PlacesHeldNumber]):
    """A whole number of places that people who are not in care hold."""


class Days(Sourced[DaysNumber]):
    """A number of days."""


class YearlyRate(Sourced[YearlyRateNumber]):
    """How often something happens in a year to one household, person or provider."""


class Households(Sourced[HouseholdsNumber]):
    """A whole number of fostering households."""


class PlacesEach(Sourced[PlacesEachNumber]):
    """Approved places a household, on average."""


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

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.approvals_per_month is None and self.deregistrations_per_household_year is None:
            raise contradiction(
                "a date without a rate changes nothing, expected approvals_per_month or "
                "deregistrations_per_household_year from then on",
                "from",
            )
        return self


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
    at_start: PlacesHeld = Field(description="Places that they hold at the start.")
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


def check_dates_rise(key: str, dates: list[Day]) -> None:
    """Refuse dates that overlap or go back; ``key`` is the list that holds them as ``from``."""
    for position in range(1, len(dates)):
        before, after = dates[position - 1], dates[position]
        if after <= before:
            raise contradiction(
                f"found {after} after {before}, expected dates in rising order",
                *(key, position, "from"),
            )
