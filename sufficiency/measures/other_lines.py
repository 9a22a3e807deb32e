"""Money outside the placement total, worked out from the nights and prices of one replication.

What each line is stands in `sufficiency.measures.money_lines`. Most are paid by the night, of
children of one kind: unaccompanied children in a setting, those who left care for one reason, those
who turned 18. The others are shares of what some placements cost, or places cost that are held.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import ADULT_YEARS, EXIT_REASONS, SETTINGS
from sufficiency.measures.dates import Dates, Floats, Ints
from sufficiency.measures.dearest import DAYS_PER_WEEK
from sufficiency.measures.histories import Histories
from sufficiency.measures.money_lines import (
    AfterCare,
    Allowance,
    Income,
    JointFunding,
    LeavingCare,
    NightlyGrant,
    StayingOn,
)
from sufficiency.measures.nights import count_nights_within, set_nights
from sufficiency.measures.pricing import Till
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.simulation.birthdays import birthday
from sufficiency.simulation.compiled import Rows, by_reference, shared, step
from sufficiency.simulation.record import ENDED_TURNED_18

AFTER_CARE = len(SETTINGS)
"""Where nights after leaving care begin among all kinds of nights: by reason, after those of
unaccompanied children by setting."""
AFTER_18 = AFTER_CARE + len(EXIT_REASONS)
"""Where nights after turning 18 begin: by line of accommodation, then places held by pool."""
NOT_BY_NIGHT = NO_SETTING = -1


@by_reference
class OtherLines(NamedTuple):
    """L lines and K kinds of nights; M months, N need groups, T dates."""

    nights_of: Ints
    """(L,): the kind of nights that a line is paid for, or `NOT_BY_NIGHT`."""
    nightly_gbp: Floats
    """(L, M): what is paid for each, nominal."""
    joint_setting: Ints
    """(L,): the setting whose placements others help to pay, or `NO_SETTING`."""
    joint_share: Floats
    """(L, N): by need group, how much of them."""
    jointly_paid: NDArray[np.bool_]
    """(7,): settings with such a line."""
    held_share: Floats
    """(L,): of the pool's price for places held after the 18th birthday, if neither of these."""
    last_birthdays: Ints
    """(C,): by line of accommodation after the 18th birthday, until when it lasts."""
    counted: Ints
    """(K, 2, T + 1): nights, as `nights.count_nights` counts them."""
    nights: Floats
    """(K, M): the same added up."""


def other_lines(
    lines: Sequence[Income | AfterCare], pools: int, needs: int, calendar: ReportCalendar
) -> OtherLines:
    """The lines as they are worked out, with room to count; ``pools`` leave out unplaced."""
    n_dates, n_lines = len(calendar.days), len(lines)
    found = OtherLines(
        nights_of=np.full(n_lines, NOT_BY_NIGHT, dtype=np.int64),
        nightly_gbp=np.zeros((n_lines, n_dates - 1)),
        joint_setting=np.full(n_lines, NO_SETTING, dtype=np.int64),
        joint_share=np.zeros((n_lines, needs)),
        jointly_paid=np.zeros(len(SETTINGS), dtype=np.bool_),
        held_share=np.zeros(n_lines),
        last_birthdays=np.array(
            [line.until_years for line in lines if isinstance(line, LeavingCare)], dtype=np.int64
        ),
        counted=np.zeros((0, 2, n_dates + 1), dtype=np.int64),
        nights=np.zeros((0, n_dates - 1)),
    )
    housed = iter(range(AFTER_18, AFTER_18 + len(found.last_birthdays)))
    for at, line in enumerate(lines):
        match line:
            case JointFunding():
                found.joint_setting[at], found.joint_share[at] = line.setting, line.share_by_need
                found.jointly_paid[line.setting] = True
            case NightlyGrant():
                found.nights_of[at], found.nightly_gbp[at] = line.setting, line.nightly_gbp
            case Allowance():
                found.nights_of[at] = AFTER_CARE + line.exit_reason
                nightly_gbp = line.share_receiving * line.weekly_gbp / DAYS_PER_WEEK
                found.nightly_gbp[at] = nightly_gbp * calendar.risen(line.rise_per_year)
            case LeavingCare():
                found.nights_of[at] = next(housed)
                nightly_gbp = line.share * line.weekly_gbp / DAYS_PER_WEEK
                found.nightly_gbp[at] = nightly_gbp * calendar.risen(line.rise_per_year)
            case StayingOn():
                found.held_share[at] = line.share_of_price
    kinds = AFTER_18 + len(found.last_birthdays) + pools
    return found._replace(
        counted=np.zeros((kinds, 2, n_dates + 1), dtype=np.int64),
        nights=np.zeros((kinds, n_dates - 1)),
    )


@step
def count_kinds(
    spell: Any, first: int, after_last: int, dates: Dates, histories: Histories, lines: OtherLines
) -> None:
    """Count the nights of an unaccompanied child, and those that follow when care has ended.

    The spell has the nights from ``first`` and before ``after_last``; ``histories`` know who holds
    a place.
    """
    if spell.uasc:
        count_nights_within(first, after_last, dates, lines.counted[spell.sector], 1)
    if 0 <= spell.ended < ENDED_TURNED_18:
        adult = birthday(spell.born_day, ADULT_YEARS, dates.month_starts)
        count_nights_within(after_last, adult, dates, lines.counted[AFTER_CARE + spell.ended], 1)
    elif spell.ended == ENDED_TURNED_18:
        moved_out = max(after_last, histories.past[spell.child].held_until)
        for line in range(lines.last_birthdays.size):
            until = birthday(spell.born_day, lines.last_birthdays[line], dates.month_starts)
            count_nights_within(moved_out, until, dates, lines.counted[AFTER_18 + line], 1)


@shared
def set_other_money(
    holds: Rows, dates: Dates, till: Till, lines: OtherLines, other_money_gbp: Floats
) -> None:
    """Set what each line comes to by month, in place (L, M), once nights are counted and paid for.

    ``till`` knows what the placements of this replication cost.
    """
    count_places_held(holds, dates, lines)
    for kind in range(lines.nights.shape[0]):
        set_nights(dates.days, lines.counted[kind], lines.nights[kind])
    for line in range(lines.nights_of.size):
        row = other_money_gbp[line]
        if lines.nights_of[line] != NOT_BY_NIGHT:
            nights = lines.nights[lines.nights_of[line]]
            for month in range(row.size):
                row[month] = nights[month] * lines.nightly_gbp[line, month]
        elif lines.joint_setting[line] != NO_SETTING:
            set_joint_money(line, till.by_need_gbp, lines, row)
        else:
            set_held_money(line, till.nightly_gbp, lines, row)


@step
def count_places_held(holds: Rows, dates: Dates, lines: OtherLines) -> None:
    """Count the nights of places held after the 18th birthday, by pool."""
    last, first_pool = dates.days[-1], AFTER_18 + lines.last_birthdays.size
    for number in range(holds.size):
        hold = holds[number]
        after_last = last + 1 if hold.to_time >= last else math.ceil(hold.to_time)
        counted = lines.counted[first_pool + hold.pool]
        count_nights_within(math.ceil(hold.from_time), after_last, dates, counted, 1)


@step
def set_joint_money(line: int, by_need_gbp: Floats, lines: OtherLines, row: Floats) -> None:
    """Set what others pay of the cost of placements in one setting."""
    row[:] = 0.0
    setting = lines.joint_setting[line]
    for need in range(by_need_gbp.shape[0]):
        for month in range(row.size):
            row[month] += lines.joint_share[line, need] * by_need_gbp[need, setting, month]


@step
def set_held_money(line: int, nightly_gbp: Floats, lines: OtherLines, row: Floats) -> None:
    """Set what places cost that are held after the 18th birthday."""
    row[:] = 0.0
    first_pool = AFTER_18 + lines.last_birthdays.size
    for pool in range(lines.nights.shape[0] - first_pool):
        nights = lines.nights[first_pool + pool]
        for month in range(row.size):
            row[month] += nights[month] * nightly_gbp[pool, month]
    for month in range(row.size):
        row[month] *= lines.held_share[line]
