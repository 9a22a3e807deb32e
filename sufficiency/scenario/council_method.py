"""A council's arithmetic: opening number, plus starters who remain, less exits on a list.

Wolverhampton's Sufficiency and Commissioning Strategy 2021-2024 prints four totals for the end
of 2020/21 without the sum behind them. Opening + months x starters a month x share remaining -
tracked exits, with 585, 12 months, 75% and 118 (70% of a list of about 169, which is not
printed), gives back all four. The method knows nothing of age, chance or places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from sufficiency.scenario.sourced import (
    CountNumber,
    Day,
    Months,
    Per10kNumber,
    PerMonthNumber,
    ShareNumber,
    Strict,
    Text,
    contradiction,
)

PER = 10_000


class Projection(Strict):
    """One line of a council's printed table."""

    starters_per_month: PerMonthNumber = Field(description="Children who start care in a month.")
    tracked_exits: CountNumber | None = Field(
        default=None, description="Exits from the list, where this line differs from the others."
    )
    printed_total: CountNumber | None = Field(
        default=None, description="Children in care at the end, as printed."
    )
    printed_rate_per_10k: Per10kNumber | None = Field(
        default=None, description="Children in care per 10,000 under 18, as printed."
    )


class CouncilMethod(Strict):
    """A council's printed projection and the arithmetic that reproduces it."""

    opening: CountNumber = Field(description="Children in care at the start of the projection.")
    months: Months = Field(default=12, description="Months of starters that are counted.")
    remain_in_care_share: ShareNumber = Field(
        default=0.75, description="Share of those starters who are still in care at the end."
    )
    tracked_exits: CountNumber = Field(
        description="Children expected to leave, from the council's own list."
    )
    total_at: Day = Field(description="The date the totals are for.")
    source: Text = Field(description="The paper that prints the projection.")
    note: Text | None = Field(default=None, description="What a reader should know about it.")
    projections: dict[str, Projection] = Field(
        min_length=1, description="The lines of the printed table, by the paper's name for each."
    )
    this_scenario: Text | None = Field(
        default=None, description="The line whose assumption about flows this scenario shares."
    )

    @model_validator(mode="after")
    def _names_a_projection(self) -> Self:
        named = self.this_scenario
        if named is not None and named not in self.projections:
            raise contradiction(
                f'found "{named}", expected one of the projections: {", ".join(self.projections)}',
                "this_scenario",
            )
        return self

    def totals(self) -> dict[str, float]:
        """Children in care at the end by the council's arithmetic, by projection."""
        return {
            name: council_total(
                opening=self.opening,
                starters_per_month=line.starters_per_month,
                tracked_exits=self.tracked_exits
                if line.tracked_exits is None
                else line.tracked_exits,
                remain_in_care_share=self.remain_in_care_share,
                months=self.months,
            )
            for name, line in self.projections.items()
        }


def council_total(
    *,
    opening: float,
    starters_per_month: float,
    tracked_exits: float,
    remain_in_care_share: float = 0.75,
    months: int = 12,
) -> float:
    """Children in care after ``months`` by the council's arithmetic.

    >>> council_total(opening=585, starters_per_month=12, tracked_exits=118)
    575.0
    """
    return opening + months * starters_per_month * remain_in_care_share - tracked_exits


def rates_that_do_not_follow(projections: Mapping[str, Projection]) -> str | None:
    """Say so if no single number of under-18s turns the printed totals into the printed rates.

    Each total over its rate, give or take the rate's rounding, is a range for that number. None
    if the ranges overlap or fewer than two projections print both.
    """
    ranges, implied = [], []
    for name, line in projections.items():
        total, rate = line.printed_total, line.printed_rate_per_10k
        if total is None or not rate:
            continue
        half = 0.5 if rate == round(rate) else 0.05
        ranges.append((total * PER / (rate + half), total * PER / max(rate - half, half)))
        implied.append(f"{total} at {rate:g} needs {total * PER / rate:,.0f} ({name})")
    lowest_high = min((high for _, high in ranges), default=0.0)
    highest_low = max((low for low, _ in ranges), default=0.0)
    if len(ranges) < 2 or highest_low <= lowest_high:
        return None
    return (
        "The printed rates per 10,000 do not follow from the printed totals: no one number of "
        f"under-18s gives them all ({'; '.join(implied)})."
    )
