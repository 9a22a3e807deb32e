"""Lines of money that are not a child-night times a price: what each is.

Three kinds, never mixed: what is paid for places whoever lives there (in the placement total),
income, and what children cost after they have left care (outside the placement total, so that
leaving care is never a saving of the whole price). The first is worked out here, the others with
the prices of placements (`sufficiency.measures.other_lines`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.measures.money_facts import Facts
from sufficiency.simulation.record import CARER_APPROVED

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class EmptyPlaces:
    """Places of a block contract that nobody lives in, paid at a share of the price."""

    pool: int
    share: float

    def monthly_gbp(self, facts: Facts) -> Floats:
        """(M,): empty usable places each night x the share of the pool's price."""
        # Where there is no limit there are no empty places to pay for.
        usable = np.nan_to_num(facts.usable(self.pool))
        empty = np.maximum(usable - facts.taken(self.pool), 0.0)
        found: Floats = facts.by_month(empty) * facts.nightly_gbp[self.pool] * self.share
        return found


@dataclass(frozen=True)
class FixedCost:
    """What a pool costs a year, each usable place and as a whole, whoever lives there."""

    pool: int
    gbp_per_place_year: float
    gbp_per_year: float
    rise_per_year: float

    def monthly_gbp(self, facts: Facts) -> Floats:
        """(M,): place-nights and nights, each at 1 / 365.25 of the yearly amount."""
        each = self.gbp_per_year * facts.nights_in_month
        if self.gbp_per_place_year:
            usable = np.nan_to_num(facts.usable(self.pool))
            each = each + self.gbp_per_place_year * facts.by_month(usable)
        return each / DAYS_PER_YEAR * facts.calendar.risen(self.rise_per_year)


@dataclass(frozen=True)
class RecruitedCarers:
    """What each carer approved since the start costs: once, and each year from then on.

    De-registrations are not told apart from those of earlier carers, so a recruited household is
    paid for to the end of the forecast.
    """

    pool: int
    gbp_per_household_year: float
    gbp_per_approval: float
    rise_per_year: float

    def monthly_gbp(self, facts: Facts) -> Floats:
        """(M,)."""
        first_night = facts.nights_of_changes(self.pool, CARER_APPROVED)
        approved = np.bincount(first_night, minlength=facts.horizon_days + 2)
        households = np.cumsum(approved)[1 : facts.horizon_days + 1]
        yearly = self.gbp_per_household_year / DAYS_PER_YEAR * facts.by_month(households)
        once = self.gbp_per_approval * facts.by_month(approved[1 : facts.horizon_days + 1])
        return (yearly + once) * facts.calendar.risen(self.rise_per_year)


@dataclass(frozen=True)
class OneOff:
    """An amount paid once; nominal."""

    night: int
    """The midnight that ends the day it is paid; not after the horizon."""
    amount_gbp: float

    def monthly_gbp(self, facts: Facts) -> Floats:
        """(M,)."""
        paid = np.zeros(facts.horizon_days)
        if 0 < self.night <= facts.horizon_days:
            paid[self.night - 1] = self.amount_gbp
        return facts.by_month(paid)


@dataclass(frozen=True)
class JointFunding:
    """What partners pay of the cost of placements in one setting, by need group."""

    share_by_need: tuple[float, ...]
    setting: int


@dataclass(frozen=True)
class NightlyGrant:
    """A grant for each night of an unaccompanied asylum-seeking child in one setting."""

    nightly_gbp: float
    setting: int


@dataclass(frozen=True)
class Allowance:
    """A weekly allowance after leaving care for one reason, for some, until the 18th birthday.

    Each night costs a seventh of it, times the share who receive it.
    """

    exit_reason: int
    """Its code, as in the record."""
    share_receiving: float
    weekly_gbp: float
    rise_per_year: float


@dataclass(frozen=True)
class StayingOn:
    """Places held after the 18th birthday, at a share of the pool's price."""

    share_of_price: float


@dataclass(frozen=True)
class LeavingCare:
    """Accommodation of those who turned 18 in care, for some, to a birthday.

    From the 18th birthday, or when a place that was held is given up, each night at a seventh of
    the weekly price.
    """

    share: float
    weekly_gbp: float
    rise_per_year: float
    until_years: int


PlaceCost = EmptyPlaces | FixedCost | RecruitedCarers | OneOff
Income = JointFunding | NightlyGrant
AfterCare = Allowance | StayingOn | LeavingCare


@dataclass(frozen=True)
class PlaceLine:
    """Money in the placement total that is paid whoever lives there."""

    name: str
    """As ``pool`` in the tables."""
    setting: str
    basis: int
    """0 if it is bound already at the start (committed), else 1."""
    what: PlaceCost


@dataclass(frozen=True)
class IncomeLine:
    """Money that others pay."""

    name: str
    """As ``pool`` in the tables."""
    setting: str
    what: Income


@dataclass(frozen=True)
class AfterCareLine:
    """Money for children who have left care."""

    name: str
    """As ``pool`` in the tables."""
    what: AfterCare
