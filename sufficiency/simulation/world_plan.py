"""What all replications of a scenario share: posteriors, tables, children and places.

`sufficiency.simulation.worlds` draws the world of a replication from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from sufficiency.calibration.children.drawing import RateSampler
from sufficiency.calibration.drift import Drift
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.calibration.price_drift import PriceDrift
from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.calibration.tables import RateTables
from sufficiency.simulation.effects import EffectPlan
from sufficiency.simulation.planning_groups import PlanningGroups
from sufficiency.simulation.supply_paths import SupplyPlan
from sufficiency.simulation.world import Floats, KnownTimes, Places


@dataclass(frozen=True)
class Levels:
    """Posteriors of the levels. A age groups (5 bands and UASC), N need groups."""

    starters_per_year: GammaPosterior
    """(A,): expected starters a year at the start, same-year returns and damping included."""
    starters_total_per_year: float | None
    """A scenario's own total, which replaces the level and keeps the shares by age."""
    leave: GammaPosterior
    """(5,): exits before 18 by age band against England's hazards, adoption apart."""
    match: GammaPosterior
    """(1,): placements for adoption against England's."""
    uasc_exit_per_day: float
    moves: GammaPosterior
    """(1,): moves against England's."""
    first_need_weights: Floats
    """(A, N): Dirichlet weights."""
    exit_level: float
    """A further factor on all exits before 18, for a scenario's own exit rate."""


@dataclass(frozen=True)
class Calendar:
    """What changes on dates: the trend, and drift and interventions as a world has them.

    K periods, C causes, A age groups.

    Of several replications, the factors have them as their first axis.
    """

    starts_days: Floats
    """(K,): first 0, rising."""
    entries: Floats
    """(A, K): factor on starters."""
    causes: Floats
    """(C, A, K): factor on hazards; (G, C, A, K) where interventions reach groups apart."""


@dataclass(frozen=True)
class Siblings:
    """Brothers and sisters who enter care together."""

    group_size_probability: Floats
    same_band_share: float
    same_need_share: float = 0.0

    @property
    def mean_size(self) -> float:
        """Mean children in a group."""
        sizes = np.arange(1, len(self.group_size_probability) + 1)
        return float(self.group_size_probability @ sizes)


@dataclass(frozen=True)
class EntriesSeason:
    """How entries other than of unaccompanied children differ by month. K months."""

    starts_days: Floats
    """(K,): first 0, rising."""
    factor: Floats
    """(K,)."""


@dataclass(frozen=True)
class OwnChildren:
    """What a council's own returns say in place of published levels."""

    rates: RateSampler | None = None
    """Posteriors by cell, in place of the tables' rates at the levels drawn."""
    season: EntriesSeason | None = None
    times: KnownTimes | None = None
    """Of the children at the start, if they are the council's own."""


@dataclass(frozen=True)
class DriftingPrices:
    """Whose prices drift, and since when. P pools."""

    drift: PriceDrift
    service: tuple[int, ...]
    """(P + 1,): of each pool, unplaced last, the row of the published service it goes with."""
    age_years: tuple[int, ...]
    """(P + 1,): financial years from the one whose price is known to that of the start."""
    years: int
    """Financial years that the forecast reaches, that of the start included."""


@dataclass(frozen=True)
class WorldPlan:
    """All that a scenario's replications share."""

    start: date
    horizon_days: int
    levels: Levels
    tables: RateTables
    calendar: Calendar
    siblings: Siblings
    entry_age_quantiles_days: Floats
    """(A, Q)."""
    children: ChildrenAtStart
    places: Places
    drift: Drift
    days_since_history: int
    """Days from the last date that rates were fitted to until the start: drift has gone on."""
    own: OwnChildren = field(default_factory=OwnChildren)
    effects: EffectPlan | None = None
    """What interventions change."""
    supply: SupplyPlan = field(default_factory=SupplyPlan)
    """What chance adds to the planned places."""
    groups: PlanningGroups | None = None
    """Parts of the need groups with an order of their own."""
    prices: DriftingPrices | None = None
    """None: prices rise as planned."""
