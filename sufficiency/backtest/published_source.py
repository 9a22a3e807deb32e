"""Our own forecasts as at past 31 Marches, from the published statistics of that day.

A forecast is made exactly as ``sufficiency run --authority NAME`` makes one, with the start set
back: calibration reads `PublishedHistory.as_at(origin)`, in which no later year exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sufficiency.backtest.reduction import KINDS, yearly_counts, yearly_days
from sufficiency.backtest.targets import (
    AGES,
    IN_CARE_ROW,
    LEAVERS_ROW,
    N_TARGETS,
    STARTERS_ROW,
    TARGETS,
    Target,
    longest_horizon,
)
from sufficiency.calibration.calibrate import Calibration, returns_factor
from sufficiency.calibration.sectors import KINDS as PUBLISHED_KINDS
from sufficiency.calibration.sectors import stock_by_kind
from sufficiency.domain import MONTHS_PER_YEAR, SECTORS, Sector
from sufficiency.errors import HistoryError, ScenarioError
from sufficiency.history.authorities import Authority
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.simulate import DEFAULT_ENGINE, simulate
from sufficiency.simulation.worlds import draw_world

Floats = NDArray[np.float64]

_FOSTERED, _HOMES, _SUPPORTED, _FOR_ADOPTION, _OTHER = (
    KINDS.index(kind) for kind in ("fostered", "homes", "supported", "for_adoption", "other")
)


@dataclass(frozen=True)
class Unresolved:
    """No forecast can be made from an origin, and why."""

    reason: str


@dataclass(frozen=True)
class Simulated:
    """One origin's simulated futures."""

    samples: Floats
    """(targets, horizons with an outcome, replications)."""


class ForecastSource(Protocol):
    """Something that forecasts an authority as at an origin, knowing nothing later."""

    def forecast(self, authority: Authority, origin: int) -> Simulated | Unresolved:
        """Simulated futures of every target from 31 March ``origin``, or why there are none."""


@dataclass(frozen=True)
class PublishedForecasts:
    """Forecasts from published statistics alone. It can be pickled."""

    replications: int
    seed: int
    engine: str = DEFAULT_ENGINE

    def forecast(self, authority: Authority, origin: int) -> Simulated | Unresolved:
        """As `ForecastSource`; the figures depend on nothing but the arguments and the seed."""
        years, start = longest_horizon(origin), date(origin, 3, 31)
        try:
            asked = scenario_for_authority(authority.name, months=MONTHS_PER_YEAR * years)
            resolved = resolve_children(asked.model_copy(update={"start": start}))
        except (HistoryError, ScenarioError) as error:
            return Unresolved(str(error))
        if resolved.fit.latest_year < origin:
            return Unresolved(
                f"{authority.name} has no published number in care on 31 March {origin}."
            )
        days = yearly_days(start, years)
        stocks = np.empty((self.replications, len(KINDS), N_AGE_BANDS, years))
        flows = np.empty((self.replications, 2, years))
        # Drift is keyed by seed and replication: one seed would give all forecasts the same luck.
        key = [self.seed, origin, int(authority.old_la_code)]
        seed = int(np.random.SeedSequence(key).generate_state(1)[0])
        for number in range(self.replications):
            world = draw_world(resolved.plan, seed, number, parameter=True, drift=True)
            record = simulate(world, seed, number, engine=self.engine)
            stocks[number], flows[number, 0], flows[number, 1] = yearly_counts(record, start, days)
        parts = PublishedParts.of(resolved.fit, PublishedHistory.as_at(origin))
        draws = np.random.default_rng(key)
        return Simulated(as_published(stocks, flows, parts, draws))


N_AGE_BANDS = AGES.stop - AGES.start


@dataclass(frozen=True)
class PublishedParts:
    """How simulated settings and flows are counted as the publisher counts them.

    A share is the authority's own at the origin and is assumed to hold.
    """

    starters_factor: float
    """Simulated starters over published ones, which leave out same-year returns."""
    homes_share: float
    """Of children in our residential sector: in a secure or children's home, not a school."""
    with_parents_share: float
    """Of children in our sector ``other`` who are not placed for adoption."""

    @classmethod
    def of(cls, fit: Calibration, history: PublishedHistory) -> PublishedParts:
        """The shares of an authority at its origin."""
        counts = history.stock_by_placement(fit.authority)
        kinds = dict(
            zip(
                PUBLISHED_KINDS,
                stock_by_kind(counts, int(counts.number.index[-1]), history.national),
                strict=True,
            )
        )
        stock = dict(zip(SECTORS, fit.sector_stock, strict=True))
        others = stock[Sector.OTHER] - fit.placed_for_adoption
        return cls(
            starters_factor=returns_factor(fit),
            homes_share=_share(kinds["secure_and_childrens_homes"], stock[Sector.RESIDENTIAL]),
            with_parents_share=_share(kinds["with_parents"], others),
        )


def _share(part: float, whole: float) -> float:
    return float(np.clip(part / whole, 0, 1)) if whole > 0 else 0.0


def as_published(
    stocks: Floats, flows: Floats, parts: PublishedParts, draws: np.random.Generator
) -> Floats:
    """(targets, years, replications) from stocks (replications, kinds, bands, years) and flows
    (replications, starters and leavers, years).

    Children of a simulated setting that is published in two parts are dealt out by chance.
    """
    found = np.empty((N_TARGETS, stocks.shape[-1], len(stocks)))

    def put(row: int, values: Floats) -> None:
        found[row] = values.T

    put(IN_CARE_ROW, stocks.sum(axis=(1, 2)))
    put(STARTERS_ROW, flows[:, 0] / parts.starters_factor)
    put(LEAVERS_ROW, flows[:, 1])
    for band in range(N_AGE_BANDS):
        put(AGES.start + band, stocks[:, :, band].sum(axis=1))
    kinds = stocks.sum(axis=2)
    other = draws.binomial(kinds[:, _OTHER].astype(np.int64), parts.with_parents_share)
    homes = draws.binomial(kinds[:, _HOMES].astype(np.int64), parts.homes_share)
    groups = {
        "fostering": kinds[:, _FOSTERED],
        "with_parents": other,
        "placed_for_adoption": kinds[:, _FOR_ADOPTION],
        "homes_and_supported": homes + kinds[:, _SUPPORTED],
        "homes": homes,
        "supported": kinds[:, _SUPPORTED],
    }
    for group, values in groups.items():
        put(TARGETS.index(Target("in_care", group)), values)
    return found
