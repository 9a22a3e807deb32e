"""The money of one replication: prices, interventions and lines that are not of the child-night."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import EXIT_REASONS, SECTORS, SETTINGS
from sufficiency.measures.dates import Dates
from sufficiency.measures.money import CostPlan, price_factors, prices_of
from sufficiency.measures.money_facts import Facts
from sufficiency.measures.money_lines import JointFunding, NightlyGrant
from sufficiency.measures.pricing import N_BINS, OfReplication, Paid, pay
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.rows import GAPS
from sufficiency.simulation.children import COHORT_STREAM
from sufficiency.simulation.compiled import rows_of
from sufficiency.simulation.effects import DrawnEffects
from sufficiency.simulation.record import BEGAN_AT_START, Record
from sufficiency.simulation.world import Places, World

Floats = NDArray[np.float64]


class Paying:
    """What turns one record after another into money, with room to count in.

    Not to be shared by threads.
    """

    def __init__(self, plan: CostPlan, places: Places, calendar: ReportCalendar, dates: Dates):
        self._plan, self._places, self._calendar, self._dates = plan, places, calendar, dates
        self._prices = prices_of(plan, places, calendar)
        lines, n_months = len(plan.pool_names) + 1, len(calendar.days) - 1
        years, settings = len(calendar.financial_years), len(SETTINGS)
        income = [line.what for line in plan.income_lines]
        needs = len(places.need_names) if any(isinstance(i, JointFunding) for i in income) else 0
        uasc = settings if any(isinstance(i, NightlyGrant) for i in income) else 0
        self._same = np.ones((lines, n_months))
        self.gap_cost_gbp = np.zeros((len(GAPS), settings, n_months))
        """(2, 7, M): what each kind of gap cost more than the first choice in the record last paid
        for, by setting."""
        self._by_need = np.zeros((needs, settings, n_months))
        self._uasc = np.zeros((uasc, n_months))
        reasons = len(EXIT_REASONS) if plan.after_care_lines else 0
        self._after = np.zeros((reasons, n_months))
        self._bins = np.zeros((years, N_BINS, 2))
        self._cumulated = {
            pool: np.append(0.0, np.cumsum(parts))
            for pool, parts in enumerate(self._prices.factors)
            if parts[0] != parts[-1]
        }

    def set_money(
        self,
        record: Record,
        cost_gbp: Floats,
        extra_cost_gbp: Floats,
        other_money_gbp: Floats,
        dearest: Floats,
        world: World | None = None,
    ) -> None:
        """Set what one replication costs, in place: the arrays of `Figures` of these names.

        ``world`` gives its places, the effects of interventions and the drift of prices, if they
        are its own.
        """
        places = world.places if world is not None else self._places
        effect = self._same if world is None else self._effect(world.effects, world.price_drift)
        paid = Paid(
            cost_gbp,
            extra_cost_gbp,
            self.gap_cost_gbp,
            self._by_need,
            self._uasc,
            self._after,
            dearest,
            self._bins,
        )
        facts = Facts(
            record,
            places,
            self._calendar,
            self._prices.nightly_gbp * effect,
            self._by_need,
            self._uasc,
            self._after,
        )
        known = self._prices.known_nightly_gbp
        at_start = factors_at_start(record.spells, self._cumulated, known)
        of_replication = OfReplication(effect, self._pressed(facts), at_start)
        pay(rows_of(record.spells), self._dates, self._prices, of_replication, paid)
        first = len(self._plan.pool_names) + 1
        cost_gbp[:, first:] = 0.0
        for position, line in enumerate(self._plan.place_lines, first):
            cost_gbp[line.basis, position] = line.what.monthly_gbp(facts)
        income, after = self._plan.income_lines, self._plan.after_care_lines
        others = [*(line.what for line in income), *(line.what for line in after)]
        for position, other in enumerate(others):
            other_money_gbp[position] = other.monthly_gbp(facts)

    def _effect(self, effects: DrawnEffects | None, price_drift: Floats | None) -> Floats:
        """(P + 1, M): what interventions and drift multiply each pool's price by, on average of a
        month; ``price_drift`` is (P + 1, years), as in `World`."""
        found = self._same
        if price_drift is not None:
            found = price_drift[:, self._calendar.uplifts]
        if effects is not None and not bool((effects.price_factor == 1).all()):
            setting = [*self._plan.pool_sector, len(SECTORS)]
            monthly = price_factors(effects.price_factor, effects.starts_days, self._calendar)
            found = found * monthly[setting]
        return np.ascontiguousarray(found)

    def _pressed(self, facts: Facts) -> NDArray[np.bool_]:
        """(S, H + 1): whether a sector's limited places were nearly full at each midnight."""
        above = self._plan.premium_above_occupied_share
        if not above:
            return np.zeros((0, 0), dtype=bool)
        pressed = np.zeros((len(SETTINGS), facts.horizon_days + 1), dtype=bool)
        for sector, share in above.items():
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


def factors_at_start(
    spells: NDArray[np.void], cumulated: Mapping[int, Floats], known_nightly_gbp: Floats
) -> Floats:
    """What each placement at the start costs over its pool's price: (n,), in order of the spells.

    The pool's price is the mean of what is paid today, so the n children of a pool share out its
    distribution: each has the mean of one of n equal parts, by the order of their chances. Those
    whose own price is known are not among them. ``cumulated`` are sums over the first 0, 1, .. Q
    parts of each pool whose prices differ.
    """
    if not cumulated:
        return np.ones(0)
    # In every replication the same children are there at the start, before all other spells.
    there = spells[: int((spells["began"] == BEGAN_AT_START).sum())]
    found = np.ones(len(there))
    drawn = np.ones(len(there), dtype=bool)
    if len(known_nightly_gbp):
        cohort = there["stream"] == COHORT_STREAM
        drawn[cohort] = np.isnan(known_nightly_gbp[there["number"][cohort], 0])
    pools, chances = there["pool"], there["price_chance"]
    for pool, sums in cumulated.items():
        mine = np.flatnonzero(drawn & (pools == pool))
        if len(mine):
            edges = np.interp(
                np.linspace(0, len(sums) - 1, len(mine) + 1), np.arange(len(sums)), sums
            )
            found[mine[np.argsort(chances[mine])]] = np.diff(edges) * len(mine) / (len(sums) - 1)
    return found
