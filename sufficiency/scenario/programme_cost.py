"""What an intervention costs, who pays, and until when."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sufficiency.scenario.moments import Moment
from sufficiency.scenario.sourced import Pounds, Strict, Text, contradiction, expecting

COUNCIL = "the council"
ChildrenNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=100_000),
    expecting("a number of children a month, 0 or more"),
]


class ProgrammeCost(Strict):
    """What an intervention costs besides placements, in pounds of the day."""

    set_up_gbp: Pounds | None = Field(
        default=None, description="Once, in the month in which it starts."
    )
    per_month_gbp: Pounds | None = Field(
        default=None, description="Each month from its start to its end."
    )
    per_child_gbp: Pounds | None = Field(
        default=None, description="For each child served; needs `children_per_month` or a chain."
    )
    children_per_month: ChildrenNumber | None = Field(
        default=None,
        description="Children served a month. Default: the chain's children_served_per_month.",
    )
    paid_by: Text = Field(default=COUNCIL, description="Who pays.")
    until: Moment | None = Field(
        default=None,
        description="The last day on which they pay; afterwards the council does, while it lasts.",
    )
    grant_per_month_gbp: Pounds | None = Field(
        default=None, description="What government pays the council towards it each month."
    )
    grant_until: Moment | None = Field(
        default=None, description="The last day of the grant. Default: while it lasts."
    )
    source: Text | None = Field(default=None, description="Where the amounts come from.")

    @property
    def is_councils(self) -> bool:
        """Whether the council itself pays from the start."""
        return self.paid_by == COUNCIL

    @model_validator(mode="after")
    def _until_somebody_else_pays(self) -> Self:
        if self.until is not None and self.is_councils:
            raise contradiction(
                "expected paid_by too: who pays until then, in the council's place?", "until"
            )
        if self.grant_until is not None and self.grant_per_month_gbp is None:
            raise contradiction(
                "expected grant_per_month_gbp too: how much a month is it?", "grant_until"
            )
        return self
