"""What lines of money read of one replication: nights by month, places taken and usable.

Night n is the midnight n = 1..H that ends day n, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.record import ENDED_OPEN, Record
from sufficiency.simulation.world import UNLIMITED, Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """One replication, for the lines of money. M months, P pools, H days."""

    record: Record
    places: Places
    calendar: ReportCalendar
    nightly_gbp: Floats
    """(P + 1, M): GBP a night at the pool's own price, interventions and drift included."""
    by_need_gbp: Floats
    """(N, 7, M): what placements cost by need group and setting; no rows unless asked for."""
    uasc_nights: Floats
    """(7, M): nights of unaccompanied children by setting; no rows unless asked for."""
    after_nights: Floats
    """(6, M): nights between leaving care and turning 18 by reason; no rows unless asked for."""

    @property
    def spells(self) -> NDArray[np.void]:
        """The record's spells."""
        return self.record.spells

    @property
    def holds(self) -> NDArray[np.void]:
        """Places held after the 18th birthday."""
        return self.record.holds

    @property
    def horizon_days(self) -> int:
        """H."""
        return self.record.horizon_days

    @property
    def n_months(self) -> int:
        """M."""
        return len(self.calendar.days) - 1

    @property
    def nights_in_month(self) -> Floats:
        """(M,)."""
        return np.diff(self.calendar.days).astype(np.float64)

    def risen(self, rise_per_year: float) -> Floats:
        """(M,): how much dearer each month is than the start."""
        found: Floats = np.power(1 + rise_per_year, self.calendar.uplifts, dtype=np.float64)
        return found

    def by_month(self, by_night: NDArray[np.number]) -> Floats:
        """Sums of each month of (H,) by night: (M,)."""
        found: Floats = np.add.reduceat(by_night.astype(np.float64), self.calendar.days[:-1])
        return found

    def ends(self, to_time: Floats) -> Floats:
        """The first night that a stay no longer has; one at the horizon counts it."""
        return np.where(to_time >= self.horizon_days, self.horizon_days + 1, np.ceil(to_time))

    def nights_by_month(self, from_night: Floats, until_night: Floats) -> Floats:
        """Nights from ``from_night`` and before ``until_night``, of (n,) stays: (M,)."""
        first = np.clip(from_night, 1, self.horizon_days + 1).astype(np.int64)
        after = np.clip(until_night, first, self.horizon_days + 1).astype(np.int64)
        return self.by_month(self._present(first, after))

    def taken(self, pool: int) -> Ints:
        """(H,): places of a pool that are taken at each midnight, those held after 18 included."""
        spells = self.spells[self.spells["pool"] == pool]
        open_ = spells["ended"] == ENDED_OPEN
        after = np.where(open_, self.horizon_days + 1, np.ceil(spells["to_time"]))
        holds = self.holds[self.holds["pool"] == pool]
        first = np.concatenate([np.ceil(spells["from_time"]), np.ceil(holds["from_time"])])
        until = np.concatenate([after, self.ends(holds["to_time"])])
        low = np.clip(first, 1, self.horizon_days + 1).astype(np.int64)
        return self._present(low, np.clip(until, low, self.horizon_days + 1).astype(np.int64))

    def usable(self, pool: int) -> Floats:
        """(H,): usable places of a pool at each midnight; NaN where there is no limit."""
        usable = np.full(self.horizon_days, float(self.places.usable_at_start[pool]))
        for change in self.record.pool_changes:
            if change["pool"] == pool:
                usable[max(int(np.ceil(change["time"])), 1) - 1 :] = change["usable"]
        usable[usable == UNLIMITED] = np.nan
        return usable

    def nights_of_changes(self, pool: int, why: int) -> Ints:
        """The first nights after the changes of a pool (-1: of any) for one reason."""
        changes = self.record.pool_changes
        mine = changes["why"] == why
        if pool >= 0:
            mine &= changes["pool"] == pool
        found: Ints = np.ceil(changes["time"][mine]).astype(np.int64)
        return found

    def birthday_nights(self, born_day: Ints, years: int) -> Floats:
        """The night that ends the day of a birthday, by day of birth; 29 February on 1 March."""
        start = np.datetime64(self.calendar.start, "D")
        born = start + born_day.astype("timedelta64[D]")
        month = born.astype("datetime64[M]")
        there = (month + years * MONTHS_PER_YEAR).astype("datetime64[D]") + (born - month)
        found: Floats = (there - start).astype(np.float64)
        return found

    def _present(self, first: Ints, after: Ints) -> Ints:
        """(H,): how many stays hold each night."""
        change = np.bincount(first, minlength=self.horizon_days + 2)
        change -= np.bincount(after, minlength=self.horizon_days + 2)
        return np.cumsum(change)[1 : self.horizon_days + 1]
