"""A council of forty children, and one whose workers are killed, for tests of who works.

Worker processes import this module to know the council, so it imports little.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from records import FAR_SHARE, OUTSIDE_SHARE, cost_plan
from worlds import START, a_world, cohort, entries, hazards, places

from sufficiency.domain import UASC
from sufficiency.errors import UserError
from sufficiency.forecast import Forecast
from sufficiency.measures.money import CostPlan
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.world import World

TABLES = ("forecast", "flows", "needs", "finance", "finance_monthly", "layers")


@dataclass(frozen=True)
class SmallCouncil:
    """Forty children, four entries a month; parameters and drift stretch the entries."""

    months: int = 14
    parameter: bool = True
    drift: bool = True
    layers: bool = True
    budget_gbp: Mapping[str, float] = field(default_factory=dict)
    start: date = START
    population_0_17: float | None = 20_000.0
    fails_at: int = -1

    @property
    def scenario(self) -> Any:
        uncertainty = SimpleNamespace(
            parameter=self.parameter, drift=self.drift, layers=self.layers, overflow_range=False
        )
        return _Scenario("Small council", uncertainty)

    @property
    def authority(self) -> Mapping[str, str]:
        return {"name": "Smallshire", "old_la_code": "1", "new_la_code": "E1", "region": "R"}

    @property
    def costs(self) -> CostPlan:
        return cost_plan(0.03, **self.budget_gbp)

    shares = {"outside_area_share": OUTSIDE_SHARE, "over_20_miles_share": FAR_SHARE}  # noqa: RUF012
    origins = ()
    warnings = ("The data are old.",)
    manifest_extras = {"data_age": "old"}  # noqa: RUF012

    def draw_world(
        self,
        seed: int,
        replication: int,
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> World:
        if replication == self.fails_at:
            raise UserError("this world cannot be drawn")
        normals = np.random.default_rng([seed, replication]).normal(size=2)
        stretch = np.exp(normals @ [0.3 * parameter, 0.6 * drift])
        return a_world(
            days=int(report_calendar(self.start, self.months).days[-1]),
            start=self.start,
            hazards=hazards({"returned_home": 0.5 / 365, "planned": 1 / 365}),
            entries=entries({"5_9": 0.12 * stretch, UASC: 0.01}),
            cohort=cohort(40),
            places=places(45, -1, 0, 0, 0, 0),
        )

    def draw_worlds(
        self,
        seed: int,
        replications: Sequence[int],
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> Iterator[World]:
        for replication in replications:
            yield self.draw_world(seed, replication, parameter=parameter, drift=drift)


@dataclass(frozen=True)
class _Scenario:
    name: str
    uncertainty: Any
    files: tuple[Path, ...] = (Path(__file__),)
    table_path: Path | None = None

    def model_dump(self, mode: str) -> dict[str, str]:
        return {"name": self.name}


@dataclass(frozen=True)
class KilledCouncil(SmallCouncil):
    """The first process that draws its world number 13 is killed, as for want of memory."""

    marks: str = ""

    def draw_world(
        self,
        seed: int,
        replication: int,
        *,
        parameter: bool,
        drift: bool,
        effects: bool = False,
    ) -> World:
        mark = Path(self.marks, "killed")
        if replication == 13 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return super().draw_world(seed, replication, parameter=parameter, drift=drift)


def in_bytes(forecast: Forecast) -> list[bytes]:
    tables = [getattr(forecast, name).to_csv().encode() for name in TABLES]
    return [*tables, forecast.replications.to_csv().encode()]
