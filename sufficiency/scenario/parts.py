"""The sections of a scenario file about children and flows."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sufficiency.domain import AgeBand, ExitReason, MoveReason, NeedGroup, Sector
from sufficiency.scenario.sourced import (
    AgeGroup,
    Count,
    CountNumber,
    Day,
    Factor,
    FactorNumber,
    PerMonth,
    Rate,
    Share,
    ShareNumber,
    Strict,
    Switch,
    Text,
    contradiction,
    expecting,
)

WindowYears = Annotated[
    int, Field(strict=True, ge=1, le=10), expecting("a whole number of years from 1 to 10")
]
SUM_TOLERANCE = 1e-6


class OverflowShare(Strict):
    """Of the children in a sector at the start, those there for want of a family placement."""

    ifa: Share | None = Field(
        default=None, description="Share of children with agencies whose need group is `family`."
    )
    residential: Share | None = Field(
        default=None,
        description="Share of children in residential care whose need group is `family`.",
    )


class SourceFigure(Strict):
    """A figure for children in care as one source prints it."""

    date: Day = Field(description="The date the figure is for.")
    figure: CountNumber = Field(description="Children in care.")
    source: Text = Field(description="Who printed it, and where.")


class Population(Strict):
    """The children in care at the start."""

    in_care: Count | None = Field(
        default=None,
        description="Children in care at the start. Default: the latest published number.",
    )
    as_at: Day | None = Field(
        default=None, description="The date `in_care` is for. Default: the start."
    )
    uasc: Count | None = Field(
        default=None,
        description="Of them, unaccompanied asylum-seeking children. Default: the published share.",
    )
    age_bands: dict[AgeBand, Count] = Field(
        default_factory=dict,
        description="Children by age band. Default: the published shares.",
    )
    sectors: dict[Sector, Count] = Field(
        default_factory=dict,
        description="Children by sector; if all six are given they must add up to `in_care`. "
        "Default: the published placements and providers, fitted together.",
    )
    placed_for_adoption: Count | None = Field(
        default=None, description="Of the children in `other`, those placed for adoption."
    )
    overflow_share: OverflowShare = Field(
        default_factory=OverflowShare,
        description="Share of a sector's children at the start whom a family placement would suit.",
    )
    sources: tuple[SourceFigure, ...] = Field(
        default=(),
        description="What each source prints about the starting figure, where they disagree.",
    )
    cohort: Text | None = Field(
        default=None,
        description="The council's own children at the start: a file that `sufficiency calibrate "
        "--cohort` wrote, relative to this file. It gives every number above.",
    )
    planned_ends: Switch = Field(
        default=True,
        description="Whether children of the cohort leave care as their placements team plans: on "
        "that day, for that reason, with that probability. false: by the fitted rates alone.",
    )
    planned_end_probability: Share | None = Field(
        default=None,
        description="How likely a planned end is where the team's list does not say.",
    )

    @model_validator(mode="after")
    def _cohort_stands_alone(self) -> Self:
        told = [
            key
            for key in ("in_care", "as_at", "uasc", "placed_for_adoption", "age_bands", "sectors")
            if getattr(self, key)
        ]
        if self.cohort is not None and told:
            raise contradiction(
                f"the children of the cohort are counted as they are, so {', '.join(told)} cannot "
                "be given too. Take one of them out",
                "cohort",
            )
        return self

    @model_validator(mode="after")
    def _parts_add_up(self) -> Self:
        for key, counts, kinds in (
            ("sectors", [n.value for n in self.sectors.values()], len(Sector)),
            ("age_bands", [n.value for n in self.age_bands.values()], len(AgeBand)),
        ):
            _check_sum(key, counts, len(counts) == kinds, self.in_care)
        other = self.sectors.get(Sector.OTHER)
        for key, part, whole, name in (
            ("placed_for_adoption", self.placed_for_adoption, other, "sectors.other"),
            ("uasc", self.uasc, self.in_care, "in_care"),
        ):
            if part and whole and part.value > whole.value:
                raise contradiction(
                    f"found {part.value}, expected at most {whole.value}, which is {name}", key
                )
        return self


def _check_sum(key: str, counts: list[int], all_given: bool, in_care: Count | None) -> None:
    if in_care is None:
        return
    total, whole = sum(counts), in_care.value
    if (all_given and total != whole) or total > whole:
        difference = "more" if total > whole else "fewer"
        raise contradiction(
            f"the numbers given add up to {total}, which is {abs(total - whole)} {difference} "
            f"than in_care ({whole}); expected the same number of children in both",
            key,
        )


class Calibration(Strict):
    """Which history the rates are fitted to."""

    history_to: Day | None = Field(
        default=None,
        description="The last date that calibration may read. Default: the latest published "
        "31 March that is not after the start.",
    )
    base_window_years: WindowYears | None = Field(
        default=None,
        description="How many recent years set the level of entries. Default: as fitted.",
    )
    table: Text | None = Field(
        default=None,
        description="Your own CSV file of monthly starters and leavers (columns month, starters, "
        "leavers and, if you like, age_band), relative to this file.",
    )
    file: Text | None = Field(
        default=None,
        description="Rates fitted to the council's own child-level returns: a file that "
        "`sufficiency calibrate` wrote, relative to this file.",
    )
    same_year_returns: Annotated[
        Switch | Share, expecting("a share from 0 to 1, or true or false")
    ] = Field(
        default=True,
        description="Children who leave and come back within a year are missing from published "
        "flows: true adds the pooled share back, false does not, a share of children in care a "
        "year is used as it is.",
    )

    @model_validator(mode="after")
    def _one_source_of_levels(self) -> Self:
        if self.file is not None and self.table is not None:
            raise contradiction(
                "the file's children set the levels that the table would set; give one of the two",
                "table",
            )
        return self


class Entries(Strict):
    """Children who start care."""

    starters_per_month: PerMonth | None = Field(
        default=None,
        description="Children who start care in a month, UASC included, from the start to the "
        "end; split over ages as fitted. Default: the fitted level.",
    )
    factor: dict[AgeGroup, Factor] = Field(
        default_factory=dict, description="Multiplier of starters, by age band or uasc."
    )
    sibling_group_sizes: tuple[ShareNumber, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="Probability that a group of siblings who start together has 1, 2, 3... "
        "children; they add up to 1.",
    )
    sibling_same_band_share: Share | None = Field(
        default=None, description="Share of siblings in the same age band as the first child."
    )
    sibling_same_need_share: Share | None = Field(
        default=None,
        description="Share of siblings whose need goes with the first child's, as far as what "
        "children of their own age need lets it. How many need what does not depend on it.",
    )

    @model_validator(mode="after")
    def _probabilities_add_up(self) -> Self:
        sizes = self.sibling_group_sizes
        if sizes is not None and abs(sum(sizes) - 1) > SUM_TOLERANCE:
            raise contradiction(
                f"the probabilities add up to {sum(sizes):g}, expected 1", "sibling_group_sizes"
            )
        return self


class Exits(Strict):
    """Children who leave care before their 18th birthday; turning 18 is never a rate."""

    annual_exit_rate: Rate | None = Field(
        default=None,
        description="Exits before 18 per child in care a year; replaces the fitted level and keeps "
        "its shape by age, time in care and reason.",
    )
    factor: dict[ExitReason, Factor] = Field(
        default_factory=dict, description="Multiplier of exits, by reason, turning 18 apart."
    )

    @model_validator(mode="after")
    def _birthdays_are_no_rate(self) -> Self:
        if ExitReason.TURNED_18 in self.factor:
            raise contradiction(
                "turning 18 is a birthday, not a rate, so it has no factor. Take the line out",
                *("factor", ExitReason.TURNED_18.value),
            )
        return self


class Moves(Strict):
    """Moves from placement to placement."""

    factor: dict[MoveReason, Factor] = Field(
        default_factory=dict, description="Multiplier of moves, by reason."
    )
    next_need: dict[MoveReason, dict[NeedGroup, dict[NeedGroup, FactorNumber]]] = Field(
        default_factory=dict,
        description="Weights of the need group after a move, by reason and need group before; "
        "they need not add up to 1.",
    )

    @model_validator(mode="after")
    def _weights_lead_somewhere(self) -> Self:
        for reason, rows in self.next_need.items():
            for need, weights in rows.items():
                if not sum(weights.values()) > 0:
                    raise contradiction(
                        "the weights add up to 0, expected at least one above 0",
                        *("next_need", reason.value, need.value),
                    )
        return self
