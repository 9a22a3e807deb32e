"""What a pass over a record needs to know of money, and money that only Python works out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS
from sufficiency.measures.money import CostPlan, price_factors, prices_of
from sufficiency.measures.money_facts import Facts
from sufficiency.measures.other_lines import other_lines
from sufficiency.measures.pricing import OfReplication
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.compiled import floats
from sufficiency.simulation.record import Record
from sufficiency.simulation.world import Places, World

Floats = NDArray[np.float64]


class Paying:
    """The prices of a plan in one replication after another, and what is paid for places."""

    def __init__(self, plan: CostPlan, places: Places, calendar: ReportCalendar):
        self._plan, self._places, self._calendar = plan, places, calendar
        self.prices = prices_of(plan, places, calendar)
        income = [line.what for line in plan.income_lines]
        others = [*income, *(line.what for line in plan.after_care_lines)]
        self.lines = other_lines(others, len(plan.pool_names), len(places.need_names), calendar)
        n_months = len(calendar.days) - 1
        self._no_drift = np.ones((len(plan.pool_names) + 1, int(calendar.uplifts.max()) + 1))
        self._no_change = np.ones((len(SETTINGS), n_months))
        self._never_pressed = np.zeros((0, 0), dtype=np.bool_)

    def of_replication(self, record: Record, world: World | None) -> OfReplication:
        """The prices of one replication: ``world`` is where it was simulated, if they, or its
        places, are its own."""
        drift, changed = self._no_drift, self._no_change
        if world is not None and world.price_drift is not None:
            drift = floats(world.price_drift)
        effects = None if world is None else world.effects
        if effects is not None and not bool((effects.price_factor == 1).all()):
            changed = price_factors(effects.price_factor, effects.starts_days, self._calendar)
        pressed = self._never_pressed
        if self._plan.premium_above_occupied_share:
            pressed = self._pressed(self._facts(record, world))
        return OfReplication(drift, np.ascontiguousarray(changed), pressed)

    def set_place_lines(
        self, record: Record, world: World | None, nightly_gbp: Floats, cost_gbp: Floats
    ) -> None:
        """Set the lines of money paid whoever lives in a place, in place.

        ``nightly_gbp`` (P + 1, M) is what a night costs by pool in this replication; ``cost_gbp``
        is (2, P + 1 + K, M), as in `Figures`.
        """
        if not self._plan.place_lines:
            return
        facts = self._facts(record, world, nightly_gbp)
        for position, line in enumerate(self._plan.place_lines, len(self._plan.pool_names) + 1):
            cost_gbp[line.basis, position] = line.what.monthly_gbp(facts)

    def _facts(
        self, record: Record, world: World | None, nightly_gbp: Floats | None = None
    ) -> Facts:
        places = self._places if world is None else world.places
        nightly = self.prices.nightly_gbp if nightly_gbp is None else nightly_gbp
        return Facts(record, places, self._calendar, nightly)

    def _pressed(self, facts: Facts) -> NDArray[np.bool_]:
        """(S, H + 1): whether a sector's limited places were nearly full at each midnight."""
        pressed = np.zeros((len(SETTINGS), facts.horizon_days + 1), dtype=np.bool_)
        for sector, share in self._plan.premium_above_occupied_share.items():
            pools = [pool for pool, code in enumerate(self._plan.pool_sector) if code == sector]
            taken, usable = np.zeros(facts.horizon_days), np.zeros(facts.horizon_days)
            for pool in pools:
                limit = facts.usable(pool)
                limited = ~np.isnan(limit)
                taken[limited] += facts.taken(pool)[limited]
                usable[limited] += limit[limited]
            pressed[sector, 1:] = (usable > 0) & (taken >= share * usable)
            pressed[sector, 0] = pressed[sector, 1]
        return pressed
