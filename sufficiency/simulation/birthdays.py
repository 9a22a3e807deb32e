"""Ages and birthdays of many children at once, on the real calendar.

Days are counted from 1 January 1970, as numpy counts them.
"""

from __future__ import annotations

import numpy as np

from sufficiency.domain import ADULT_YEARS, AGE_BAND_STARTS_YEARS, MONTHS_PER_YEAR, UASC_ROW
from sufficiency.simulation.world import Floats, Ints

BAND_EDGES_YEARS: Ints = np.array([*AGE_BAND_STARTS_YEARS, ADULT_YEARS])
"""The first birthday of each age band, then the 18th."""


def birthday_day(born: Ints, years: Ints) -> Ints:
    """The day of a birthday; 29 February falls on 1 March in other years."""
    month, into_month = _month_and_day(born)
    return np.asarray(_first_of(month + MONTHS_PER_YEAR * years) + into_month)


def latest_birth(day: Ints, years: Ints) -> Ints:
    """The last date of birth of those aged ``years`` or more on ``day``."""
    month, into_month = _month_and_day(day)
    then = month - MONTHS_PER_YEAR * years
    return np.asarray(np.minimum(_first_of(then) + into_month, _first_of(then + 1) - 1))


def years_of_age(age_group: Ints) -> tuple[Ints, Ints]:
    """The youngest age in whole years of an age group, and the age above its oldest.

    Unaccompanied asylum-seeking children are a group of any age below 18.
    """
    uasc = age_group == UASC_ROW
    band = np.where(uasc, 0, age_group)
    youngest = np.where(uasc, 0, BAND_EDGES_YEARS[band])
    below = np.where(uasc, ADULT_YEARS, BAND_EDGES_YEARS[band + 1])
    return youngest, below


def born_of_age(age_days: Floats, day: Ints, age_group: Ints) -> Ints:
    """Dates of birth for ages on given days, kept within the children's age groups.

    The age asked for gives way where the calendar puts the child in another group: by a day or
    two at the edge of a band, when a year is not 365.25 days.
    """
    youngest, below = years_of_age(age_group)
    wanted = day - np.floor(age_days).astype(np.int64)
    return np.clip(wanted, latest_birth(day, below) + 1, latest_birth(day, youngest))


def _month_and_day(day: Ints) -> tuple[Ints, Ints]:
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return month, day - _first_of(month)


def _first_of(month: Ints) -> Ints:
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
