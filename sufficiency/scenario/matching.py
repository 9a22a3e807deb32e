"""The sections of a scenario file about matching: who needs what, and how a place is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from sufficiency.domain import NeedGroup, Sector
from sufficiency.scenario.carers import Days
from sufficiency.scenario.sourced import (
    AgeGroup,
    Day,
    Share,
    Sourced,
    Strict,
    Switch,
    Text,
    contradiction,
    expecting,
)

SUM_TOLERANCE = 1e-6
NOT_OF_EVERY_AGE = (NeedGroup.SUPPORTED_16_PLUS, NeedGroup.PLACED_FOR_ADOPTION)
PolicyName = Literal["internal_first", "suitability_first", "local_first"]
GroupName = Annotated[
    str,
    Field(strict=True, pattern=r"^[a-z][a-z0-9_]{0,59}$"),
    expecting("a name in small letters, digits and underscores, such as complex_with_health"),
]
PlacesAYearNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=1_000),
    expecting("a number of places a year from 0 to 1,000"),
]


class PlacesAYear(Sourced[PlacesAYearNumber]):
    """Places of a programme that come free in a year."""


class NeedPlan(Strict):
    """The sectors that a need group may use."""

    order: tuple[Sector, ...] | None = Field(
        default=None,
        min_length=1,
        description="The sectors in order of use; the first is first choice.",
    )
    suitable: tuple[Sector, ...] | None = Field(
        default=None,
        description="Those of them that suit the child; a child elsewhere has an unmet need.",
    )

    @model_validator(mode="after")
    def _each_sector_once(self) -> Self:
        for key, named in (("order", self.order or ()), ("suitable", self.suitable or ())):
            twice = [sector for sector in named if named.count(sector) > 1]
            if twice:
                raise contradiction(f"{twice[0]} is listed twice, expected each sector once", key)
        return self


class PlanningGroup(NeedPlan):
    """A part of a need group that a council plans for apart, with an order of its own."""

    name: GroupName = Field(description="The group's name in tables.")
    label: Text | None = Field(default=None, description="The group's name for readers.")
    of: NeedGroup = Field(description="The need group that it is part of.")
    share: Share | None = Field(
        default=None,
        description="Which share of the need group's children it is, of every age.",
    )
    share_by_age: dict[AgeGroup, Share] = Field(
        default_factory=dict,
        description="The same by age band (or uasc); 0 for ages that are not listed.",
    )

    def share_at(self, age: str) -> float:
        """The share of the need group's children of an age band, or uasc, that it is."""
        if self.share is not None:
            return self.share.value
        found = {str(listed): share.value for listed, share in self.share_by_age.items()}
        return found.get(age, 0.0)

    @model_validator(mode="after")
    def _has_a_share(self) -> Self:
        if (self.share is None) == (not self.share_by_age):
            raise contradiction(
                "expected either share (of children of every age) or share_by_age, and found "
                + ("neither" if self.share is None else "both"),
                "share",
            )
        if self.name in {str(need) for need in NeedGroup}:
            raise contradiction(
                f'"{self.name}" is the name of a need group that every scenario has. Choose '
                "another",
                "name",
            )
        return self


class Emergency(Strict):
    """Children who need a bed the same day."""

    share: Share | None = Field(
        default=None, description="Share of children who start care so, of every age."
    )
    share_by_age: dict[AgeGroup, Share] = Field(
        default_factory=dict,
        description="The same by age band (or uasc), in place of `share` for those listed.",
    )
    days: Days = Field(
        description="Days after which a child in an emergency placement moves to a planned one."
    )

    @model_validator(mode="after")
    def _has_a_share(self) -> Self:
        if self.share is None and not self.share_by_age:
            raise contradiction(
                "nobody needs a bed the same day, expected share (of children of every age who "
                "start care) or share_by_age",
            )
        return self


class StepDownProgramme(Strict):
    """A programme that helps children out of residential care into a family."""

    places_a_year: PlacesAYear = Field(description="Children whom it can take on in a year.")
    start: Day | None = Field(default=None, description="Its first day. Default: the start.")
    end: Day | None = Field(default=None, description="Its last day. Default: it goes on.")
    from_sector: Sector = Field(
        default=Sector.RESIDENTIAL, description="Where the children live before."
    )
    to_need: NeedGroup = Field(
        default=NeedGroup.SPECIALIST_FAMILY,
        description="What they then should have: a need of children of every age, whose first "
        "choice is another sector.",
    )
    success_share: Share = Field(description="Share of the children for whom it lasts.")
    return_days: Days = Field(
        description="Days after which the placement of the others ends, unplanned, and they are "
        "found a place as before the programme."
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise contradiction(
                f"found {self.end}, expected a date not before the programme's start "
                f"({self.start})",
                "end",
            )
        return self


class Allocation(Strict):
    """How a place is found for a child."""

    policy: PolicyName = Field(
        default="internal_first",
        description="internal_first: sectors in the need group's order, pools as listed. "
        "suitability_first: every suitable pool before any other. local_first: of the suitable "
        "pools those in the area first.",
    )
    siblings_together: Switch = Field(
        default=False,
        description="Whether brothers and sisters who start care together go to the first pool "
        "with room for all of them, where there is one.",
    )
    settling_days: Days | None = Field(
        default=None,
        description="A child who has lived that many days in a place that is not the first choice "
        "moves to the first choice when a place frees there. Default: never.",
    )
    emergency: Emergency | None = Field(
        default=None, description="Children placed the same day. Default: none."
    )
    step_down: StepDownProgramme | None = Field(
        default=None, description="A programme out of residential care. Default: none."
    )


def check_first_choice_suits(
    order: Sequence[Sector], suitable: frozenset[Sector], *at: str | int
) -> None:
    """Refuse a need whose first choice does not suit; ``at`` is the key that says what suits."""
    if order[0] not in suitable:
        raise contradiction(
            f"{order[0]} comes first in the order ({', '.join(order)}) but is not marked suitable. "
            "Mark it, or begin the order with a sector that suits",
            *at,
        )


def check_step_down(
    programme: StepDownProgramme | None, orders: Mapping[NeedGroup, tuple[Sector, ...]]
) -> None:
    """Refuse a programme that leads back to where it begins, or to what only some ages may need."""
    if programme is None:
        return
    need, sector = programme.to_need, programme.from_sector
    at = ("allocation", "step_down", "to_need")
    others = [other for other, order in orders.items() if order[0] != sector]
    others = [other for other in others if other not in NOT_OF_EVERY_AGE]
    if need in others:
        return
    reason = (
        "which only some ages may need, but the programme takes on children of every age"
        if need in NOT_OF_EVERY_AGE
        else f"whose first choice is {sector}, where the programme takes children from"
    )
    raise contradiction(f"found {need}, {reason}; expected one of {', '.join(others)}", *at)


MOST_PLANNING_GROUPS = 100
"""A spell's need is a byte."""


def check_planning_groups(
    groups: Sequence[PlanningGroup],
    plans: Mapping[NeedGroup, tuple[tuple[Sector, ...], frozenset[Sector]]],
) -> None:
    """Refuse groups of one name, marks outside the order, and parts greater than the whole.

    ``plans`` are the sectors of each need group and those that suit, which hold where a group
    gives none of its own.
    """
    if len(groups) > MOST_PLANNING_GROUPS:
        raise contradiction(
            f"found {len(groups)} groups, expected at most {MOST_PLANNING_GROUPS}; put together "
            "those that have the same order of sectors",
            "planning_groups",
        )
    taken: dict[tuple[NeedGroup, str], float] = {}
    for position, group in enumerate(groups):
        if group.name in [other.name for other in groups[:position]]:
            raise contradiction(
                f'"{group.name}" is named twice, expected each group once',
                *("planning_groups", position, "name"),
            )
        order, suits = plans[group.of]
        order = group.order or order
        stray = [sector for sector in group.suitable or () if sector not in order]
        if stray:
            raise contradiction(
                f"{stray[0]} is marked suitable but is not in the order ({', '.join(order)}); "
                "add it there or take it out here",
                *("planning_groups", position, "suitable"),
            )
        suits = suits if group.suitable is None else frozenset(group.suitable)
        says = "order" if group.suitable is None else "suitable"
        check_first_choice_suits(order, suits, "planning_groups", position, says)
        for age in get_args(AgeGroup):
            whole = taken.get((group.of, age), 0.0) + group.share_at(age)
            if whole > 1 + SUM_TOLERANCE:
                raise contradiction(
                    f"the planning groups of {group.of} add up to {whole:g} of the children of age "
                    f"{age}, expected at most 1",
                    *(
                        "planning_groups",
                        position,
                        "share_by_age" if group.share_by_age else "share",
                    ),
                )
            taken[group.of, age] = whole
