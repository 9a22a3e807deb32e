"""The sections of a scenario file about dated changes, uncertainty and what happened."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sufficiency.domain import EXIT_CAUSES, MoveReason
from sufficiency.scenario.sourced import (
    AgeGroup,
    CountNumber,
    Day,
    Factor,
    Strict,
    Switch,
    Text,
    contradiction,
)

Lever = Literal["entries", "exits", "moves"]
Reason = Literal[
    "adoption",
    "special_guardianship",
    "returned_home",
    "family_arrangement",
    "other_reason",
    "turned_18",
    "planned",
    "step_down",
    "unplanned_ending",
    "carer_ends",
    "turning_16",
    "placed_for_adoption",
]


class Intervention(Strict):
    """A rate multiplied from one date to another."""

    name: Text = Field(description="What it is called in the report.")
    lever: Lever = Field(description="Which rate it changes: entries, exits or moves.")
    reasons: tuple[Reason, ...] = Field(
        default=(), description="Only these reasons to leave or to move. Default: all."
    )
    age_bands: tuple[AgeGroup, ...] = Field(
        default=(), description="Only these age bands, or uasc. Default: all."
    )
    start: Day = Field(description="The first day of the change.")
    end: Day | None = Field(
        default=None, description="The last day of the change. Default: it lasts to the end."
    )
    factor: Factor = Field(description="The multiplier while it lasts.")
    evidence: Text | None = Field(
        default=None, description="Why this factor: the study, the paper or who assumed it."
    )

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.end and self.end < self.start:
            raise contradiction(
                f"found {self.end}, expected a date not before the intervention's start "
                f"({self.start})",
                "end",
            )
        possible: tuple[str, ...] = {
            "entries": (),
            "exits": tuple(EXIT_CAUSES),
            "moves": tuple(MoveReason),
        }[self.lever]
        for position, reason in enumerate(self.reasons):
            if reason not in possible:
                listed = f"one of {', '.join(possible)}" if possible else "no reasons"
                birthday = " (turning 18 is a birthday, not a rate)"
                why = birthday if reason == "turned_18" else ""
                raise contradiction(
                    f'found "{reason}", expected {listed} for the lever {self.lever}{why}',
                    *("reasons", position),
                )
        return self


class Uncertainty(Strict):
    """Which layers of uncertainty to simulate, beyond chance."""

    parameter: Switch = Field(default=True, description="Rates are drawn from what the data allow.")
    drift: Switch = Field(default=True, description="Rates change from year to year.")
    effects: Switch = Field(
        default=True,
        description="Effects of interventions that are distributions are drawn; false: their means.",
    )
    damping: Switch = Field(
        default=True, description="Entries are pulled towards what would replace the leavers."
    )
    layers: Switch = Field(
        default=True, description="Simulate the layers apart too and report each one's part."
    )


class OtherFigure(Strict):
    """The same figure as another source prints it."""

    figure: CountNumber = Field(description="Children in care.")
    source: Text = Field(description="Who printed it, and where.")


class Outcome(Strict):
    """What happened: children in care on a date after the start."""

    date: Day = Field(description="The date.")
    in_care: CountNumber = Field(description="Children in care that day.")
    source: Text = Field(description="Who printed it, and where.")
    others: tuple[OtherFigure, ...] = Field(
        default=(), description="What other sources print for the same day."
    )
