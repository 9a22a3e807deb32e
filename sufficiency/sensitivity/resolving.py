"""Many variants of one scenario, resolved without finding the same published rates each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sufficiency.calibration.assumptions import assuming
from sufficiency.calibration.calibrate import Calibration, calibrate
from sufficiency.errors import UserError
from sufficiency.history.authorities import find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.own_return import read_own_return, starting_on
from sufficiency.resolution.resolve import Resolved, calibration_year, own_assumptions, resolve
from sufficiency.scenario.model import Scenario
from sufficiency.sensitivity.changing import changed
from sufficiency.sensitivity.tested import LeftOut, Tested

_NOT_OF_THE_ANSWERS = {
    "costs.after_care.": "money after care is no part of the cost of placements",
    "costs.discount_rate": "it changes what a saving is worth today, not what placements cost",
    "costs.general_inflation_per_year": "it changes what a saving is worth today, not what "
    "placements cost",
}
_OWN_RATES = ("exits.own.", "moves.own.")
_PART_OF_THE_FIT = "("
"""How the key of what no scenario changes begins."""


@dataclass(frozen=True)
class Variants:
    """A scenario and the published rates that its variants begin from."""

    scenario: Scenario
    published: Calibration

    @classmethod
    def of(cls, scenario: Scenario) -> Variants:
        """Find the published rates once. Raises what `resolve` raises."""
        with assuming(own_assumptions(scenario)):
            authority = find_authority(scenario.authority)
            started = starting_on(scenario, read_own_return(scenario, authority))
            history = PublishedHistory.as_at(calibration_year(started))
            window = scenario.calibration.base_window_years
            return cls(scenario, calibrate(history, authority, window))

    def with_values(self, values: Sequence[tuple[Tested, float]]) -> Resolved:
        """The scenario with each number at the value beside it, every other number found anew.

        Raises:
            UserError: the scenario cannot have such a value.
        """
        return self.resolved(changed(self.scenario, values))

    def resolved(self, variant: Scenario) -> Resolved:
        """A variant of the scenario, resolved."""
        same_rates = (
            variant.assumptions == self.scenario.assumptions
            and variant.calibration == self.scenario.calibration
        )
        return resolve(variant, published=self.published if same_rates else None)


def changeable(
    scenario: Scenario, tested: Sequence[Tested]
) -> tuple[list[Tested], tuple[LeftOut, ...]]:
    """The numbers that a scenario can change and the answers can hang on, and the others."""
    able, left_out = [], []
    for one in tested:
        reason = why_not(scenario, one)
        if reason:
            left_out.append(LeftOut(one.key, one.label, reason))
        else:
            able.append(one)
    return able, tuple(left_out)


def why_not(scenario: Scenario, tested: Tested) -> str:
    """Why a number cannot be tested; empty if it can."""
    if tested.key.startswith(_PART_OF_THE_FIT):
        return "it is part of the national fit that ships, and takes a refit"
    if tested.key.startswith(_OWN_RATES):
        return (
            "it is part of the rates fitted to the council's own returns; no key changes it alone"
        )
    for beginning, reason in _NOT_OF_THE_ANSWERS.items():
        if tested.key.startswith(beginning):
            return reason
    if tested.key.startswith("interventions.") and ".cost." in tested.key:
        return "what a programme costs is no part of the cost of placements"
    try:
        for value in (tested.low, tested.high):
            changed(scenario, [(tested, value)])
    except UserError as wrong:
        return f"no key changes it alone ({str(wrong).splitlines()[0]})"
    return ""


def at_ends(variants: Variants, tested: Tested) -> tuple[Resolved | None, Resolved | None]:
    """The scenario with one number at its low and at its high; None where that is its value."""
    low, high = (
        None if end == tested.value else variants.with_values([(tested, end)])
        for end in (tested.low, tested.high)
    )
    return low, high
