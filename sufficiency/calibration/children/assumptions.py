"""What the fit to a council's own returns assumes, from the shipped list."""

from __future__ import annotations

from functools import cache

from ruamel.yaml import YAML

from sufficiency.calibration.assumptions import Assumption
from sufficiency.shipped import shipped_path


@cache
def child_assumptions() -> dict[str, Assumption]:
    """Every shipped assumption of this fit by name."""
    path = shipped_path("calibration", "child_assumptions.yaml")
    read = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {name: Assumption(name=name, **entry) for name, entry in read.items()}


def child_assumed(name: str) -> float:
    """The number of one assumption."""
    return child_assumptions()[name].number
