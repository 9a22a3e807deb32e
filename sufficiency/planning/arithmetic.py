"""When a number or a rate would be reached, and what change of entries or exits it takes.

Arithmetic on expected flows, not a simulation and not a target. Children enter at a steady rate E a
year and leave at a rate r per child in care a year, so the number in care S follows
dS/dt = E - r S, whose solution is S(t) = E/r + (S(0) - E/r) exp(-r t): a number in care is entries
times the mean stay 1/r, approached at the pace of the stay (Little 1961 for where it settles).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from scipy import optimize

from sufficiency.domain import DAYS_PER_YEAR

_FASTEST_EXIT_RATE = 50.0


@dataclass(frozen=True)
class Flows:
    """Expected children in care at the start, entries a year and exits per child a year."""

    in_care: float
    entries_per_year: float
    exits_per_child_year: float

    @property
    def settles_at(self) -> float:
        """The number in care that these flows lead to in the end: entries x mean stay."""
        if self.exits_per_child_year <= 0:
            return math.inf if self.entries_per_year > 0 else self.in_care
        return self.entries_per_year / self.exits_per_child_year

    def in_care_after(self, years: float) -> float:
        """Children in care so many years after the start."""
        rate = self.exits_per_child_year
        if rate <= 0:
            return self.in_care + self.entries_per_year * years
        return self.settles_at + (self.in_care - self.settles_at) * math.exp(-rate * years)

    def years_until(self, number: float) -> float:
        """Years until the number in care is reached; infinite if these flows never lead there."""
        if number == self.in_care:
            return 0.0
        rate = self.exits_per_child_year
        if rate <= 0:
            years = (number - self.in_care) / self.entries_per_year if self.entries_per_year else -1
            return years if years >= 0 else math.inf
        ahead = (number - self.settles_at) / (self.in_care - self.settles_at or math.nan)
        return -math.log(ahead) / rate if 0 < ahead <= 1 else math.inf


@dataclass(frozen=True)
class Reach:
    """When a number in care is reached, and what would bring it by a date."""

    number: float
    label: str
    flows: Flows
    start: date
    by: date
    at_these_flows: date | None
    """When it is reached as things go on; None: never, or after the year 2100."""
    entries_needed_per_year: float | None
    """Entries at which it is reached on ``by``, exits as they are; None: none would do."""
    exits_needed_per_child_year: float | None
    """Exits at which it is reached on ``by``, entries as they are; None: none would do."""
    rate_per_10k: float | None = None


_LAST_YEAR = 2100


def reach(number: float, label: str, flows: Flows, start: date, by: date) -> Reach:
    """When a number in care is reached at some flows, and the flows that reach it by a date.

    ``by`` is after ``start``.
    """
    years = (by - start).days / DAYS_PER_YEAR
    until = flows.years_until(number)
    soon = until < _LAST_YEAR - start.year
    return Reach(
        number=number,
        label=label,
        flows=flows,
        start=start,
        by=by,
        at_these_flows=start + timedelta(days=round(until * DAYS_PER_YEAR)) if soon else None,
        entries_needed_per_year=_entries_needed(number, flows, years),
        exits_needed_per_child_year=_exits_needed(number, flows, years),
    )


def _entries_needed(number: float, flows: Flows, years: float) -> float | None:
    """Entries a year from the start at which the number is reached after some years."""
    rate = flows.exits_per_child_year
    kept = math.exp(-rate * years)
    a_child_a_year = (1 - kept) / rate if rate > 0 else years
    needed = (number - flows.in_care * kept) / a_child_a_year
    return needed if needed >= 0 else None


def _exits_needed(number: float, flows: Flows, years: float) -> float | None:
    """Exits per child a year from the start at which the number is reached after some years."""

    def excess(rate: float) -> float:
        changed = Flows(flows.in_care, flows.entries_per_year, rate)
        return changed.in_care_after(years) - number

    if excess(0.0) < 0 or excess(_FASTEST_EXIT_RATE) > 0:
        return None
    return float(optimize.brentq(excess, 0.0, _FASTEST_EXIT_RATE))
