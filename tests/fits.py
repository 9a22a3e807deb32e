"""Calibrations and resolved scenarios that several test files read, each made once."""

from __future__ import annotations

from functools import cache
from typing import Any

from sufficiency.calibration.calibrate import Calibration, calibrate
from sufficiency.history.authorities import find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.model import Scenario
from sufficiency.shipped import shipped_path

WOLVERHAMPTON, CITY_OF_LONDON, RUTLAND, KENT, LEEDS = "336", "201", "857", "886", "383"
SOME = (WOLVERHAMPTON, RUTLAND, KENT)
"""A middling authority, a tiny one, and one with many unaccompanied children."""


@cache
def fit(code: str = WOLVERHAMPTON, year: int = 2023) -> Calibration:
    return calibrate(PublishedHistory.as_at(year), find_authority(code))


def scenario(**keys: Any) -> Scenario:
    """A scenario for Wolverhampton from 31 March 2023 with these top-level keys."""
    return Scenario.model_validate({"name": "a test", "authority": WOLVERHAMPTON, **keys})


@cache
def _plain(code: str) -> Resolved:
    return resolve(scenario(authority=code))


def resolved(code: str = WOLVERHAMPTON, **keys: Any) -> Resolved:
    return resolve(scenario(authority=code, **keys)) if keys else _plain(code)


@cache
def shipped(name: str) -> Resolved:
    """A scenario that ships, resolved."""
    return resolve(load_scenario(shipped_path("scenarios", f"{name}.yaml")))
