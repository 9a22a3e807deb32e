"""The sections of a scenario file about uncertainty and what happened afterwards."""

from __future__ import annotations

from pydantic import Field

from sufficiency.scenario.sourced import (
    CountNumber,
    Day,
    Strict,
    Switch,
    Text,
)


class Uncertainty(Strict):
    """Which layers of uncertainty to simulate, beyond chance."""

    parameter: Switch = Field(default=True, description="Rates are drawn from what the data allow.")
    drift: Switch = Field(
        default=True, description="Rates change from year to year, and prices with price_drift."
    )
    price_drift: Switch = Field(
        default=True,
        description="Prices rise more or less than planned, as councils' unit costs have; false, "
        "or drift: false: as planned.",
    )
    effects: Switch = Field(
        default=True,
        description="Effects of interventions that are distributions are drawn; false: they are "
        "their means.",
    )
    damping: Switch = Field(
        default=True, description="Entries are pulled towards what would replace the leavers."
    )
    layers: Switch = Field(
        default=True, description="Simulate the layers apart too and report each one's part."
    )
    overflow_range: Switch = Field(
        default=False,
        description="Play some futures again at the lowest and highest plausible shares of agency "
        "and residential children whom an own family would suit, and report what that changes.",
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
