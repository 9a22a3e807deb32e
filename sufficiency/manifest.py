"""What a run says about itself: where every number came from, and what was run.

Here too is what a resolved scenario must offer for an experiment to run it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from sufficiency.finance.budgets import budget_warnings
from sufficiency.finance.outturn import actuals_warnings
from sufficiency.measures.money import CostPlan, money_facts
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.report.words import MARKING
from sufficiency.simulation.world import World


class ResolvedScenario(Protocol):
    """A scenario with every number found: what an experiment needs of it. It can be pickled."""

    @property
    def scenario(self) -> Any:
        """The scenario model, which knows the files it was read from."""

    @property
    def start(self) -> date:
        """The forecast begins at the midnight that ends this date."""

    @property
    def months(self) -> int:
        """How many months are forecast."""

    @property
    def authority(self) -> Any:
        """``name, old_la_code, new_la_code, region``, as a dataclass or a mapping."""

    @property
    def costs(self) -> CostPlan:
        """Prices and budgets."""

    @property
    def shares(self) -> Mapping[str, Any]:
        """``outside_area_share`` and ``over_20_miles_share``, (7,) by setting."""

    @property
    def population_0_17(self) -> float | None:
        """Children aged 0-17 in the area, if known."""

    @property
    def origins(self) -> Sequence[Any]:
        """Every number with its origin, as dataclasses or mappings."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know about the input."""

    @property
    def manifest_extras(self) -> Mapping[str, Any]:
        """Further keys of the manifest."""

    def draw_world(
        self,
        seed: int,
        replication: int,
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> World:
        """The world of one replication, with or without each layer of uncertainty."""

    def draw_worlds(
        self,
        seed: int,
        replications: Sequence[int],
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> Iterator[World]:
        """The same of several, in their order: what `draw_world` gives, sooner."""


def about_the_scenario(resolved: ResolvedScenario, calendar: ReportCalendar) -> dict[str, Any]:
    """The part of the manifest that is known before anything is simulated."""
    extras = dict(resolved.manifest_extras)
    personal = bool(getattr(resolved, "personal_data", False))
    actuals = getattr(resolved, "actuals", None)
    return {
        **extras,
        "inputs": hashed_files(files_read(resolved.scenario)),
        "warnings": [
            *resolved.warnings,
            *budget_warnings(resolved.costs, calendar, actuals),
            *actuals_warnings(actuals, resolved.start),
        ],
        "money": money_facts(resolved.costs, calendar),
        "personal_data": personal,
        "marking": MARKING if personal else "",
        "authority": _as_mapping(resolved.authority),
        "scenario": _as_mapping(resolved.scenario),
        "origins": [_as_mapping(origin) for origin in resolved.origins],
    }


def files_read(scenario: Any) -> list[Path]:
    """The user's own files: the scenario, what it extends, and the data files that it names."""
    keys = ("table_path", "calibrated_path", "cohort_path", "actuals_path", "price_list_path")
    named = (getattr(scenario, key, None) for key in keys)
    return [*scenario.files, *(path for path in named if path is not None)]


def hashed_files(paths: Iterable[Path]) -> list[dict[str, str]]:
    """The name and SHA-256 of each file; names only, as a folder may name a person."""
    return [
        {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in paths
    ]


def _as_mapping(value: Any) -> dict[str, Any]:
    """A pydantic model, a dataclass or a mapping, as a dictionary."""
    if hasattr(value, "model_dump"):
        dumped: dict[str, Any] = value.model_dump(mode="json")
        return dumped
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return dict(value)


def dated_records(layers: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with ISO dates, for the manifest."""
    dates = [day.date().isoformat() for day in layers["date"]]
    numbers = layers.drop(columns="date").to_dict("list")
    columns = {str(name): values for name, values in numbers.items()}
    return [
        {"date": day, **{name: float(values[row]) for name, values in columns.items()}}
        for row, day in enumerate(dates)
    ]
