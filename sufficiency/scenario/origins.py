"""Where every number of a scenario came from: fitted, a lever, or assumed."""

from __future__ import annotations

from dataclasses import dataclass

from sufficiency.calibration.assumptions import Assumption
from sufficiency.scenario.sourced import Kind


@dataclass(frozen=True)
class Origin:
    """One number with its origin, for `check`, the page and the manifest."""

    key: str
    """The scenario key that changes it."""
    label: str
    value: float | int | str
    unit: str
    kind: Kind
    source: str
    note: str = ""
    low: float | None = None
    high: float | None = None


def assumed_origin(assumption: Assumption, value: float | str, unit: str) -> Origin:
    """The origin of a shipped assumption."""
    return Origin(
        key=assumption.key,
        label=assumption.label,
        value=value,
        unit=unit,
        kind=Kind(assumption.kind),
        source=assumption.source,
        low=assumption.low,
        high=assumption.high,
    )
