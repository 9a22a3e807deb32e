"""What a child's placements say one after another, counted in the same pass over the spells.

Three or more placements in a year and the same placement for two years are the Department for
Education's measures (Children looked after in England, methodology; until 2018 SSDA903 national
indicators 62 and 63): of children in care on a date, those with three or more placements in the
year that ends on it; and of those under 16 who have been in care for two and a half years or more,
those who have lived in the same placement for at least two years, or are placed for adoption and
their adoptive placement and the one before it come to two years together.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sufficiency.domain import AGE_BANDS, DAYS_PER_YEAR, MONTHS_PER_YEAR, NEED_GROUPS, NeedGroup
from sufficiency.domain import SETTINGS as _SETTINGS
from sufficiency.measures.dates import Changes, Counts, Dates, Floats, date_at
from sufficiency.simulation.compiled import Rows, by_reference, rows_of, step
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    ENDED_OPEN,
    ENDED_TURNED_18,
)

CAME_INTO_CARE, LEFT_CARE = "came_into_care", "left_care"
ORIGINS: tuple[str, ...] = (CAME_INTO_CARE, *map(str, _SETTINGS))
DESTINATIONS: tuple[str, ...] = (LEFT_CARE, *map(str, _SETTINGS))
"""Where a move begins and ends, as rows and columns of what moves between settings."""
LONG_TERM_DAYS = 2.5 * DAYS_PER_YEAR
SAME_PLACEMENT_DAYS = 2 * DAYS_PER_YEAR
SEVERAL = 3
"""Placements in a year that are many."""
SIXTEENTH = len(AGE_BANDS) - 1
"""Where the 16th birthday is among the first birthdays of the age bands."""
FOR_ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)

PAST_DTYPE = np.dtype(
    [
        ("placements", np.int32),  # before the present one, of those in this record
        ("since", np.int32),  # the report date by which the one before began, of those it records
        ("placed", np.float64),  # when it began, before the start too
        ("setting", np.int32),
        ("held_until", np.int32),  # the first night after a place was held, of those who turned 18
    ],
    align=True,
)


@by_reference
class Histories(NamedTuple):
    """What is counted of placements one after another; the last column is beyond the last date."""

    past: Rows
    """(n,) of `PAST_DTYPE`: each child's placement before the one in hand."""
    several: Changes
    """(7, T + 1): changes in children with three or more placements in the year, by setting."""
    long_term: Changes
    """(7, T + 1): changes in those under 16 who have been in care for two and a half years."""
    same_placement: Changes
    """(7, T + 1): and of these, in those who have lived in one place for two."""


def histories_for(dates: Dates, children: int) -> Histories:
    """Room to count the histories of so many children."""
    width = len(dates.days) + 1
    return Histories(
        past=rows_of(np.zeros(children, dtype=PAST_DTYPE)),
        several=np.zeros((len(_SETTINGS), width), dtype=np.int32),
        long_term=np.zeros((len(_SETTINGS), width), dtype=np.int32),
        same_placement=np.zeros((len(_SETTINGS), width), dtype=np.int32),
    )


@step
def forget_histories(histories: Histories) -> None:
    """Begin again, in place."""
    histories.several[:] = 0
    histories.long_term[:] = 0
    histories.same_placement[:] = 0
    for child in range(histories.past.size):
        histories.past[child].placements, histories.past[child].held_until = 0, 0


@step
def count_history(
    spell: Any,
    begins: int,
    ends: int,
    birthdays: Floats,
    dates: Dates,
    histories: Histories,
    between: Counts,
) -> None:
    """Count a spell by what came before it, and remember it for the next one.

    ``begins`` and ``ends`` are the first report dates that are not before its two ends.
    """
    past = histories.past[spell.child]
    to_time = math.inf if spell.ended == ENDED_OPEN else spell.to_time
    count_between(spell, begins, ends, past.placements, past.setting, dates, between)
    if past.placements >= SEVERAL - 1:
        # The one before last ended when the last began, in the year if that did.
        until = min(ends, past.since + MONTHS_PER_YEAR)
        count_between_dates(begins, until, histories.several[spell.sector])
    placed = spell.placed
    if spell.need == FOR_ADOPTION and past.placements > 0:
        placed = past.placed
    long_term = max(spell.from_time, spell.entered + LONG_TERM_DAYS)
    until_time = min(to_time, birthdays[SIXTEENTH])
    if long_term < until_time:
        until = date_at(until_time, dates)
        count_between_dates(date_at(long_term, dates), until, histories.long_term[spell.sector])
        settled = max(long_term, placed + SAME_PLACEMENT_DAYS)
        if settled < until_time:
            since = date_at(settled, dates)
            count_between_dates(since, until, histories.same_placement[spell.sector])
    past.setting = spell.sector
    if to_time > spell.from_time:
        past.placements += 1
        past.since, past.placed = begins, spell.placed


@step
def count_between(
    spell: Any,
    begins: int,
    ends: int,
    placements: int,
    setting: int,
    dates: Dates,
    between: Counts,
) -> None:
    """Count where a spell that did not begin at the start began from, and a departure from care."""
    if spell.began == BEGAN_ENTERED:
        between[0, 1 + spell.sector, dates.year[begins]] += 1
    elif spell.began != BEGAN_AT_START and placements > 0:
        between[1 + setting, 1 + spell.sector, dates.year[begins]] += 1
    if 0 <= spell.ended <= ENDED_TURNED_18:
        between[1 + spell.sector, 0, dates.year[ends]] += 1


@step
def count_between_dates(first: int, after_last: int, changes: Changes) -> None:
    """One more from a report date on and one less from another on, if it is later."""
    if first < after_last:
        changes[first] += 1
        changes[after_last] -= 1
