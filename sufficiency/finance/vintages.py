"""What the placements of each month cost in later months: which children the money is for.

A vintage is the month in which a placement began. A run keeps the expected cost of its first
twelve months by vintage, so that two runs of different starts can say whether the forecast moved
because of children placed in between, because of those who left, or because of what is to come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.record import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Vintages:
    """Expected GBP by vintage and month, over the first M <= 12 months of a forecast."""

    committed: Floats
    """(13, M): placements that children had at the start, by the months for which they had had
    them (0 = begun within the month before the start, ..., 12 or more)."""
    new: Floats
    """(M, M): placements that began within each month of the forecast; 0 before they began."""

    def told(self) -> dict[str, Any]:
        """Plain numbers, to the pound, for the manifest."""
        return {
            "committed": np.round(self.committed).tolist(),
            "new": np.round(self.new).tolist(),
        }

    @classmethod
    def read(cls, told: Any) -> Vintages | None:
        """The vintages that a manifest tells; None if it tells none."""
        if not told:
            return None
        return cls(np.array(told["committed"], dtype=float), np.array(told["new"], dtype=float))


def vintages(
    records: Iterable[Record], nightly_gbp: Floats, calendar: ReportCalendar, cost_gbp: Floats
) -> Vintages:
    """Share out expected cost over vintages as some replications' nights and pool prices do.

    Args:
        records: some replications.
        nightly_gbp: (P + 1, M), a night's price by pool (unplaced last) and month.
        calendar: of the forecast.
        cost_gbp: (2, M), expected cost by basis (committed, new) and month of all replications,
            which the vintages of each month add up to.
    """
    n_months = min(MONTHS_PER_YEAR, len(calendar.days) - 1)
    days = calendar.days[: n_months + 1]
    committed = np.zeros((MONTHS_PER_YEAR + 1, n_months))
    new = np.zeros((n_months, n_months))
    for record in records:
        spells = record.spells[record.spells["from_time"] < days[-1]]
        first, after = np.ceil(spells["from_time"]), np.ceil(spells["to_time"])
        # A stay open at the horizon counts the last midnight too.
        after = np.where(spells["to_time"] >= record.horizon_days, np.inf, after)
        low, high = (
            np.maximum(first[:, None], days[:-1] + 1),
            np.minimum(after[:, None], days[1:] + 1),
        )
        pool = spells["pool"].astype(int)
        cost = np.maximum(high - low, 0) * nightly_gbp[pool, :n_months]
        at_start = spells["from_time"] <= 0
        since = np.minimum(_months_before(-spells["placed"][at_start]), MONTHS_PER_YEAR)
        np.add.at(committed, since, cost[at_start])
        began = np.searchsorted(days, spells["from_time"][~at_start], side="left") - 1
        np.add.at(new, np.clip(began, 0, n_months - 1), cost[~at_start])
    return Vintages(
        _shared_out(committed, cost_gbp[0, :n_months]), _shared_out(new, cost_gbp[1, :n_months])
    )


def _months_before(days: Floats) -> NDArray[np.int64]:
    """Whole months of 365.25 / 12 days."""
    return (np.maximum(days, 0) / (365.25 / MONTHS_PER_YEAR)).astype(np.int64)


def _shared_out(by_vintage: Floats, cost_gbp: Floats) -> Floats:
    """The cost of each month by vintage; all in the oldest where nothing is known."""
    total = by_vintage.sum(axis=0)
    shares = np.divide(by_vintage, total, where=total > 0, out=np.zeros_like(by_vintage))
    shares[-1, total <= 0] = 1.0
    shared: Floats = shares * cost_gbp
    return shared
