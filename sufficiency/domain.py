"""The words of the field, as values: sectors, age bands, need groups, reasons; dates and days.

Everything here is a name or a fact about the calendar. Integer codes used in arrays are
positions in the tuples below (``SECTORS[code]``), never a second list kept in step by hand.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

DAYS_PER_YEAR = 365.25
TICKS_PER_DAY = 2**20
TICK = 1 / TICKS_PER_DAY
"""Times are multiples of this many days, so that a delay and an absolute time agree exactly."""


class Sector(StrEnum):
    """Where a child in care can live, as the placement market divides it."""

    INTERNAL_FOSTERING = "internal_fostering"
    IFA = "ifa"
    CONNECTED_PERSONS = "connected_persons"
    RESIDENTIAL = "residential"
    SUPPORTED_ACCOMMODATION = "supported_accommodation"
    OTHER = "other"


SECTORS = tuple(Sector)
UNPLACED = "unplaced"
"""No registered place found: unregistered, emergency or distant arrangements."""
SETTINGS: tuple[str, ...] = (*SECTORS, UNPLACED)
"""The six sectors and ``unplaced``, so that children by setting add up to children in care."""
UNPLACED_CODE = len(SECTORS)


class AgeBand(StrEnum):
    """Age in whole years, in the bands of the published statistics."""

    UNDER_1 = "under_1"
    AGE_1_4 = "1_4"
    AGE_5_9 = "5_9"
    AGE_10_15 = "10_15"
    AGE_16_17 = "16_17"


AGE_BANDS = tuple(AgeBand)
AGE_BAND_STARTS_YEARS = (0, 1, 5, 10, 16)
ADULT_YEARS = 18
UASC = "uasc"
AGE_GROUPS: tuple[str, ...] = (*AGE_BANDS, UASC)
"""Rows of the hazard tables and the streams of entries: the five age bands, then
unaccompanied asylum-seeking children of any age, whose entries and exits differ."""
UASC_ROW = len(AGE_BANDS)


class NeedGroup(StrEnum):
    """What a child should have; each names an ordered list of sectors (see the scenario)."""

    CONNECTED = "connected"
    FAMILY = "family"
    SPECIALIST_FAMILY = "specialist_family"
    RESIDENTIAL = "residential"
    SUPPORTED_16_PLUS = "supported_16_plus"
    PLACED_FOR_ADOPTION = "placed_for_adoption"
    OTHER_SETTING = "other_setting"


NEED_GROUPS = tuple(NeedGroup)


class ExitReason(StrEnum):
    """Why a period of care ended. All but the last are competing risks."""

    ADOPTION = "adoption"
    SPECIAL_GUARDIANSHIP = "special_guardianship"
    RETURNED_HOME = "returned_home"
    FAMILY_ARRANGEMENT = "family_arrangement"
    OTHER_REASON = "other_reason"
    TURNED_18 = "turned_18"


EXIT_REASONS = tuple(ExitReason)
EXIT_CAUSES = EXIT_REASONS[:-1]
"""Exit reasons with a hazard; leaving at 18 is a birthday, never a hazard."""


class MoveReason(StrEnum):
    """Why a placement ended while care went on."""

    PLANNED = "planned"
    STEP_DOWN = "step_down"
    UNPLANNED_ENDING = "unplanned_ending"
    CARER_ENDS = "carer_ends"
    TURNING_16 = "turning_16"
    PLACED_FOR_ADOPTION = "placed_for_adoption"


MOVE_REASONS = tuple(MoveReason)
CAUSES: tuple[str, ...] = (*EXIT_CAUSES, *MOVE_REASONS)
"""Every competing risk, exits first: the first axis of the hazard table. Names repeat between
exits and moves nowhere."""
N_EXIT_CAUSES = len(EXIT_CAUSES)

MONTHS_PER_YEAR = 12
FINANCIAL_YEAR_FIRST_MONTH = 4


def day_number(start: date, day: date) -> int:
    """Days from the start date to ``day``; time 0 is the midnight that ends the start date."""
    return (day - start).days


def begins(start: date, day: date) -> float:
    """When a dated event of ``day`` happens: one tick after the midnight that begins it."""
    return day_number(start, day) - 1 + TICK


def birthday(born: date, years: int) -> date:
    """The date of a birthday; a 29 February birthday falls on 1 March in other years."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def month_end(day: date) -> date:
    """The last day of the month that holds ``day``."""
    return next_month(day) - timedelta(days=1)


def next_month(day: date) -> date:
    """The first day of the month after the one that holds ``day``."""
    return date(day.year + day.month // MONTHS_PER_YEAR, day.month % MONTHS_PER_YEAR + 1, 1)


def report_dates(start: date, months: int) -> list[date]:
    """The start date, then the last day of each of the ``months`` months after it.

    A start within a month counts the rest of that month as the first; a start on a month's
    last day begins with the month that follows.
    """
    dates = [start]
    for _ in range(months):
        dates.append(month_end(dates[-1] + timedelta(days=1)))
    return dates


def financial_year(day: date) -> str:
    """The financial year (from 1 April) that holds ``day``, as ``2020-21``."""
    first = day.year if day.month >= FINANCIAL_YEAR_FIRST_MONTH else day.year - 1
    return f"{first}-{(first + 1) % 100:02d}"
