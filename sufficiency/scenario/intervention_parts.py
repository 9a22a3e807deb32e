"""The words of interventions: levers, whom each can be limited to, what follows an end."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from sufficiency.domain import EXIT_CAUSES, MoveReason, NeedGroup, Sector
from sufficiency.scenario.sourced import (
    AgeGroup,
    Share,
    Strict,
    contradiction,
    expecting,
)

Lever = Literal[
    "entries",
    "exits",
    "moves",
    "unplanned_endings",
    "places",
    "price",
    "court_delay",
    "approval_time",
    "approvals",
]
Unit = Literal["factor", "places", "share", "days"]
Certainty = Literal["high", "medium", "low"]
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
COURT_REASONS = ("adoption", "special_guardianship")
"""What courts decide, and a court that is closed holds back, unless a scenario says otherwise."""
_EXITS, _MOVES = tuple(str(reason) for reason in EXIT_CAUSES), tuple(map(str, MoveReason))
WHO = ("age_bands", "sectors", "need_groups", "reasons")

Days = Annotated[
    int, Field(strict=True, ge=1, le=3650), expecting("a whole number of days from 1 to 3,650")
]
LengthMonths = Annotated[
    int, Field(strict=True, ge=1, le=240), expecting("a whole number of months from 1 to 240")
]
GroupName = Annotated[
    str,
    Field(strict=True, pattern=r"^[a-z][a-z0-9_]*$"),
    expecting(f"a need group: one of {', '.join(NeedGroup)}, or one of the planning_groups"),
]


class Rules(NamedTuple):
    """What can be said of one lever."""

    unit: Unit | None
    """What its effect is; None: the file must say."""
    limits: tuple[str, ...]
    """Whom it can be limited to."""
    reasons: tuple[str, ...] = ()


RULES: dict[str, Rules] = {
    "entries": Rules("factor", ("age_bands",)),
    "exits": Rules("factor", WHO, _EXITS),
    "moves": Rules("factor", WHO, _MOVES),
    "unplanned_endings": Rules("factor", WHO[:3]),
    "places": Rules(None, ("sectors",)),
    "price": Rules("factor", ("sectors",)),
    "court_delay": Rules("share", WHO, _EXITS),
    "approval_time": Rules("days", ()),
    "approvals": Rules("factor", ()),
}
RETURNING = ("entries", "exits", "court_delay")
"""Levers of which what was held back can come later."""


class AppliesTo(Strict):
    """Whom an intervention changes; what is not said is not limited."""

    age_bands: tuple[AgeGroup, ...] = Field(
        default=(), description="Only these age bands, or uasc. Default: all."
    )
    sectors: tuple[Sector, ...] = Field(
        default=(),
        description="Only children in these sectors (or places, or prices). Default: all.",
    )
    need_groups: tuple[GroupName, ...] = Field(
        default=(), description="Only children with these needs. Default: all."
    )
    reasons: tuple[Reason, ...] = Field(
        default=(), description="Only these reasons to leave or to move. Default: all of the lever."
    )


class AfterEnd(Strict):
    """What becomes of an effect once the intervention has ended."""

    what: Literal["stops", "stays", "fades", "returns"] = Field(
        description="stops: at once. stays: for good. fades: evenly, over `over_days`. returns: it "
        "stops, and what it held back comes in the `over_days` after (entries, exits and courts)."
    )
    over_days: Days | None = Field(
        default=None, description="How many days the fading or the return takes."
    )
    share: Share | None = Field(
        default=None, description="Which share of what was held back returns. Default: all."
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_plain(cls, written: Any) -> Any:
        return {"what": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _takes_its_time(self) -> Self:
        slow = self.what in ("fades", "returns")
        if slow != (self.over_days is not None):
            wanted = "needs over_days: how many days does it take?" if slow else "takes no days"
            raise contradiction(f'"{self.what}" {wanted}', "over_days")
        if self.share is not None and self.what != "returns":
            raise contradiction(f'"{self.what}" has no share; only "returns" has one', "share")
        return self
