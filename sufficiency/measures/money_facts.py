"""What lines of money read of one replication: nights by month, places taken and usable.

Night n is the midnight n = 1..H that ends day n, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

    @property
    def horizon_days(self) -> int:
        """H."""
        return self.record.horizon_days

    @property
    def nights_in_month(self) -> Floats:
        """(M,)."""
        return np.diff(self.calendar.days).astype(np.float64)

    def by_month(self, by_night: NDArray[np.number]) -> Floats:
        """Sums of each month of (H,) by night: (M,)."""
        found: Floats = np.add.reduceat(by_night.astype(np.float64), self.calendar.days[:-1])
        return found

    def taken(self, pool: int) -> Ints:
        """(H,): places of a pool that are taken at each midnight, those held after 18 included."""
        spells = self.record.spells[self.record.spells["pool"] == pool]
        open_ = spells["ended"] == ENDED_OPEN
        after = np.where(open_, self.horizon_days + 1, np.ceil(spells["to_time"]))
        holds = self.record.holds[self.record.holds["pool"] == pool]
        first = np.concatenate([np.ceil(spells["from_time"]), np.ceil(holds["from_time"])])
        held_until = np.ceil(holds["to_time"])
        # A place still held at the horizon is held in its last night too.
        held_until[holds["to_time"] >= self.horizon_days] = self.horizon_days + 1
        until = np.concatenate([after, held_until])
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

    def _present(self, first: Ints, after: Ints) -> Ints:
        """(H,): how many stays hold each night."""
        change = np.bincount(first, minlength=self.horizon_days + 2)
        change -= np.bincount(after, minlength=self.horizon_days + 2)
        return np.cumsum(change)[1 : self.horizon_days + 1]
