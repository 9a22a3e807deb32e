"""Records made by hand: every spell is one line of plain facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sufficiency.domain import NEED_GROUPS, SECTORS, SETTINGS, NeedGroup
from sufficiency.measures.money import CostPlan
from sufficiency.measures.monthly import (
    FLOW_ROWS,
    FORECAST_ROWS,
    NEED_ROWS,
    Figures,
    Surroundings,
    figures,
)
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    ENDED_OPEN,
    POOL_CHANGE_DTYPE,
    SPELL_DTYPE,
    Record,
)
from sufficiency.simulation.world import UNLIMITED, Places

START = date(2021, 3, 31)
HORIZON = 1096
"""Days from the start to 31 March 2024, 36 months later."""
TEN_YEARS_OLD = -10 * 365 - 100
"""A day of birth that makes a child 10 at the start and 13 at the end."""
WEEKLY_COST_GBP = (560.0, 910.0, 350.0, 4200.0, 1050.0, 210.0)
UNPLACED_WEEKLY_COST_GBP = 7000.0
OUTSIDE_SHARE = np.array([0.2, 0.6, 0.3, 0.8, 0.1, 0.0, 1.0])
FAR_SHARE = np.array([0.1, 0.2, 0.1, 0.5, 0.05, 0.0, 0.5])


@dataclass(frozen=True)
class Spell:
    """One placement: who, where, from when to when, and why; the rest as in most tests."""

    child: int
    setting: str
    from_time: float
    to_time: float = float(HORIZON)
    began: int = BEGAN_AT_START
    ended: int = ENDED_OPEN
    need: NeedGroup = NeedGroup.FAMILY
    fit: str = "first choice"
    born_day: int = TEN_YEARS_OLD
    uasc: bool = False
    entered: float | None = None
    placed: float | None = None
    group: int | None = None
    pool: int | None = None


def record(*spells: Spell, horizon: int = HORIZON, changes: Sequence[tuple] = ()) -> Record:
    """A record of these spells; ``changes`` are time, pool and usable places."""
    rows = np.zeros(len(spells), dtype=SPELL_DTYPE)
    for row, spell in zip(rows, spells, strict=True):
        setting = SETTINGS.index(spell.setting)
        row["child"] = row["number"] = spell.child
        row["born_day"], row["uasc"] = spell.born_day, spell.uasc
        row["need"], row["sector"] = NEED_GROUPS.index(spell.need), setting
        own_pool = setting if spell.pool is None else spell.pool
        row["pool"] = own_pool if setting < len(SECTORS) else -1
        row["entered"] = spell.from_time if spell.entered is None else spell.entered
        row["placed"] = spell.from_time if spell.placed is None else spell.placed
        row["group"] = 1000 + spell.child if spell.group is None else spell.group
        row["from_time"], row["to_time"] = spell.from_time, spell.to_time
        row["began"], row["ended"] = spell.began, spell.ended
        row["first_choice"] = spell.fit == "first choice"
        row["suitable"] = spell.fit in ("first choice", "suitable")
    pool_changes = np.array(
        [(time, pool, usable, 1) for time, pool, usable in changes], dtype=POOL_CHANGE_DTYPE
    )
    return Record(horizon, rows, pool_changes)


def one_pool_a_sector(usable: Sequence[int] = (UNLIMITED,) * 6) -> Places:
    """Six pools in the order of the sectors; every need prefers them in that order."""
    n_needs = len(NEED_GROUPS)
    first_choice = np.zeros((n_needs, len(SECTORS)), dtype=np.bool_)
    first_choice[:, 0] = True
    return Places(
        pool_names=tuple(f"{sector} places" for sector in SECTORS),
        pool_sector=np.arange(len(SECTORS)),
        usable_at_start=np.array(usable),
        change_time=np.zeros(0),
        change_pool=np.zeros(0, dtype=np.int64),
        change_usable=np.zeros(0, dtype=np.int64),
        preference=np.tile(np.arange(len(SECTORS)), (n_needs, 1)),
        first_choice=first_choice,
        suitable=np.ones((n_needs, len(SECTORS)), dtype=np.bool_),
    )


def cost_plan(inflation_per_year: float = 0.0, **budget_gbp: float) -> CostPlan:
    """Round prices: 80, 130, 50, 600, 150 and 30 GBP a night by sector, 1,000 unplaced."""
    return CostPlan(
        pool_names=tuple(f"{sector} places" for sector in SECTORS),
        pool_sector=tuple(range(len(SECTORS))),
        weekly_cost_gbp=WEEKLY_COST_GBP,
        unplaced_weekly_cost_gbp=UNPLACED_WEEKLY_COST_GBP,
        inflation_per_year=inflation_per_year,
        budget_gbp=budget_gbp,
    )


def surroundings(
    start: date = START, months: int = 36, costs: CostPlan | None = None
) -> Surroundings:
    return Surroundings(
        calendar=report_calendar(start, months),
        costs=costs or cost_plan(),
        outside_area_share=OUTSIDE_SHARE,
        over_20_miles_share=FAR_SHARE,
        population_0_17=50_000.0,
    )


@dataclass(frozen=True)
class Measured:
    """One record's figures, looked up by name."""

    figures: Figures

    def forecast(self, measure: str, sector: str = "all", age_band: str = "all") -> list[float]:
        return self.figures.forecast[FORECAST_ROWS.index((measure, sector, age_band))].tolist()

    def flow(
        self, flow: str, reason: str = "all", age_band: str = "all", group: str = "all"
    ) -> list[float]:
        row = FLOW_ROWS.index((flow, reason, age_band, group))
        return self.figures.flows[row].tolist()

    def need(self, need: str, sector: str, measure: str = "in_care") -> list[float]:
        return self.figures.needs[NEED_ROWS.index((need, sector, measure))].tolist()


def measured(
    what_happened: Record,
    start: date = START,
    months: int = 36,
    places: Places | None = None,
    costs: CostPlan | None = None,
) -> Measured:
    """The figures of a record, ended with the report, by default with one pool a sector."""
    around = surroundings(start, months, costs)
    ended = replace(what_happened, horizon_days=int(around.calendar.days[-1]))
    return Measured(figures(ended, places or one_pool_a_sector(), around))
