"""What a plan of places hands to its page and workbook: plain facts, nothing computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.report.words import SHORT_SETTING_LABELS


@dataclass(frozen=True)
class TargetLine:
    """A target at one month's end, or in one financial year, and how often it is met."""

    asked: str
    """As it was typed."""
    in_words: str
    when: date
    certainty_asked: float
    without: float
    """The share of further futures in which it is met if nothing changes."""
    with_plan: float
    standard_error: float
    """Of ``with_plan``."""
    reachable: str
    """The bound that the plan does meet, where no plan meets the one that was asked for."""


@dataclass(frozen=True)
class PlaceLine:
    """Places to find in a pool by a month."""

    pool: str
    sector: str
    kind: str
    places: int
    """Below 0: places to give up."""
    needed_by: date
    lead_time_days: float
    start_by: date
    too_late: bool
    """Whether work must have started before the forecast does."""
    so_far: int
    """Places added to the pool until then, these included."""

    @property
    def label(self) -> str:
        """The pool as people call it."""
        return pool_label(self.pool, self.sector)


@dataclass(frozen=True)
class YearlyCost:
    """What an option costs in a financial year, and more than no change."""

    year: str
    months: int
    """How many of its months the forecast covers whole."""
    mean: float
    p10: float
    p90: float
    more_mean: float
    more_p10: float
    more_p90: float

    @property
    def is_whole(self) -> bool:
        """Whether all twelve months are in the forecast."""
        return self.months == MONTHS_PER_YEAR


@dataclass(frozen=True)
class OptionLine:
    """One way to change places."""

    key: str
    name: str
    changes: str
    places: int
    meets: bool
    certainty: float
    """The least share, of all targets, of further futures in which one is met."""
    standard_error: float
    costs: tuple[YearlyCost, ...]


@dataclass(frozen=True)
class MarketLine:
    """A pool in a market position statement."""

    pool: str
    sector: str
    new_placements_a_year: float
    same_day_share: float
    stay_days: tuple[float, float, float]
    """Quartiles; infinite where they are longer than the forecast can say."""
    in_area_share: float
    outside_share: float
    """Outside the council's boundary, but not over 20 miles away."""
    over_20_miles_share: float
    weekly_price_gbp: float
    price_low_gbp: float | None
    """With the next, between which prices 8 of 10 placements are; None: all cost alike."""
    price_high_gbp: float | None
    children_without: float
    """On an average night of the last year, if nothing changes."""
    children_with: float

    @property
    def label(self) -> str:
        """The pool as people call it."""
        return pool_label(self.pool, self.sector)


@dataclass(frozen=True)
class ReachLine:
    """A number in care: when it is reached, and what would bring it by a date."""

    label: str
    number: float
    rate_per_10k: float | None
    by: date
    reached: date | None
    entries_now: float
    entries_needed: float | None
    exits_now: float
    """Of 100 children in care in a year."""
    exits_needed: float | None
    settles_at: float
    simulated_share: float
    """The share of futures in which the number is reached by that date."""


@dataclass(frozen=True)
class Helps:
    """One thing more than places, and how often the target is met with it."""

    what: str
    """``settling`` (children move back), ``at_once`` (no lead times), ``later`` (another date)."""
    days: float | None
    """After how many days children move back."""
    date: date | None
    """From when on places open, or the later date."""
    certainty: float


@dataclass(frozen=True)
class Hindrance:
    """Why places alone do not meet a target, with the nearest plan, on its worst date."""

    asked: str
    certainty_asked: float
    subject: str
    when: date
    places_open: date
    """The first day on which a place of the plan opens, or could."""
    certainty: float
    futures: int
    """How many futures all of this was counted in."""
    children: float | None
    """Expected children that the target counts on the date; None: it does not count children."""
    no_place: float | None
    """Of these, how many have no place."""
    there_before: float | None
    """Of these, how many have lived where they live since before ``places_open``."""
    helps: tuple[Helps, ...]


@dataclass(frozen=True)
class PlanReport:
    """All that is said of a plan."""

    manifest: Mapping[str, Any]
    start: date
    end: date
    is_met: bool
    targets: tuple[TargetLine, ...]
    places: tuple[PlaceLine, ...]
    options: tuple[OptionLine, ...]
    """No change first, then the plan, then the others."""
    table: pd.DataFrame
    """``plan.csv``."""
    market: tuple[MarketLine, ...]
    needs: pd.DataFrame
    """Expected new placements a year: ``need_group, age_band, siblings, urgency, placements``."""
    market_table: pd.DataFrame
    """``market_position.csv``."""
    reach: tuple[ReachLine, ...]
    in_care_now: float
    hindrances: tuple[Hindrance, ...]
    """Why places alone do not meet a target; none where they do."""
    notes: tuple[str, ...]
    """What the reader should know."""


def pool_label(pool: str, sector: str) -> str:
    """A pool as people call it: its sector's name where it is the only one."""
    label = SHORT_SETTING_LABELS.get(sector, sector)
    return label if pool == sector else f"{label}: {pool}"
