"""One world of an authority over the years of a return, simulated by the model itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sufficiency.domain import FINANCIAL_YEAR_FIRST_MONTH, MONTHS_PER_YEAR
from sufficiency.errors import HistoryError, ScenarioError, UserError
from sufficiency.resolution.resolve import LATEST_YEAR, ResolvedChildren, resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import must_compile, simulate
from sufficiency.simulation.world import Floats, World
from sufficiency.simulation.worlds import draw_world

FIRST_YEAR, LAST_YEAR = 2017, 2026
"""Collection years whose columns and codes are known."""
FIRST_RATES = 2017
"""The first 31 March by which starters are published with unaccompanied children apart."""


@dataclass(frozen=True)
class SimulatedYears:
    """What happened in one world from the end of 31 March before the first year."""

    authority: str
    first_year: int
    last_year: int
    rates_of: int
    """The year ending 31 March whose published figures gave the rates and starting children."""
    record: Record
    placed: Floats
    """(children,): when each child's first placement of the record began, days from the start."""

    @property
    def start(self) -> date:
        """The 31 March that the first year follows."""
        return date(self.first_year - 1, 3, 31)

    @property
    def years(self) -> range:
        """Collection years, by the year in which each ends."""
        return range(self.first_year, self.last_year + 1)


def check_years(first_year: int, last_year: int) -> None:
    """Raises `UserError` for years that are not a range of known collection years."""
    if not FIRST_YEAR <= first_year <= last_year <= LAST_YEAR:
        raise UserError(
            f"--years: found {first_year}-{last_year}, expected a first and a last year from "
            f"{FIRST_YEAR} to {LAST_YEAR}, such as {FIRST_YEAR}-{LATEST_YEAR}. A year is that in "
            "which its collection ends: 2023 is 1 April 2022 to 31 March 2023."
        )


def simulated_years(
    authority: str,
    first_year: int,
    last_year: int,
    seed: int,
    *,
    in_care: int | None = None,
    drift: bool = False,
) -> SimulatedYears:
    """One world of an authority from its published rates, over some collection years.

    Rates are the fitted ones, without uncertainty, and constant unless ``drift``. They and the
    children at the start are those of the 31 March before the first year, or of the earliest
    later one whose published figures give a forecast.

    Raises:
        UserError: years out of range.
        UnknownAuthority: no such authority, or one that was merged or split.
    """
    check_years(first_year, last_year)
    months = MONTHS_PER_YEAR * (last_year - first_year + 1)
    resolved = _earliest(authority, max(first_year - 1, FIRST_RATES), months, in_care)
    world = draw_world(resolved.plan, seed, 0, parameter=False, drift=drift)
    return simulated(world, authority, first_year, last_year, seed, resolved.start.year)


def simulated(
    world: World, authority: str, first_year: int, last_year: int, seed: int, rates_of: int
) -> SimulatedYears:
    """The same from any world: its start and horizon are moved to the years asked for."""
    start = date(first_year - 1, FINANCIAL_YEAR_FIRST_MONTH - 1, 31)
    end = date(last_year, FINANCIAL_YEAR_FIRST_MONTH - 1, 31)
    moved = replace(world, start=start, horizon_days=(end - start).days)
    # Both engines give the same record; compiling takes longer than SimPy needs for one world.
    engine = "simpy" if must_compile("compiled") else "compiled"
    record = simulate(moved, seed, 0, engine=engine)
    placed = children_of(moved, Draws(seed, 0)).placed
    return SimulatedYears(authority, first_year, last_year, rates_of, record, placed)


def _earliest(authority: str, year: int, months: int, in_care: int | None) -> ResolvedChildren:
    """The first start from 31 March ``year`` on that the published history permits."""
    while True:
        start = date(year, FINANCIAL_YEAR_FIRST_MONTH - 1, 31)
        scenario = scenario_for_authority(authority, in_care=in_care, as_at=start, months=months)
        try:
            return resolve_children(scenario)
        except (ScenarioError, HistoryError):
            if year >= LATEST_YEAR:
                raise
            year += 1
