"""What making a plan goes through. How long each step takes is not known before."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """The steps in their order, as they are told."""

    LOOKING = "looking for places"
    HOW_LATE = "asking how late they can open"
    OTHERS = "trying other plans"
    CONFIRMING = "confirming on further futures"
    COUNTING = "counting placements"

    @property
    def number(self) -> int:
        """From 1."""
        return list(Step).index(self) + 1


Told = Callable[[Step, int], None]
"""Hears which step it is, and how many futures were played since it heard last."""


def nobody(step: Step, futures: int) -> None:
    """Tell nobody."""
    del step, futures
