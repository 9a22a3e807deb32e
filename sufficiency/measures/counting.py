"""One replication's record counted on the report dates, in one pass over its spells.

A stock on date D counts every event at or before it: a spell counts when from <= D < to, and one
still open at the horizon counts on the last date too. A flow counts the events in (previous date,
date]; starters by the first setting, leavers by the last, moves by the destination; ages are at
the event. Child-nights are the midnights n = 1..H with from <= n < to; a stay open at the horizon
counts the midnight H. So the nights of a month sum exactly to its midnight stocks.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sufficiency.domain import AGE_BANDS, SETTINGS, UNPLACED_CODE
from sufficiency.measures.dates import Changes, Counts, Dates, Floats, Ints, date_at
from sufficiency.measures.histories import (
    Histories,
    count_history,
    forget_histories,
    histories_for,
)
from sufficiency.measures.nights import BASES, count_nights
from sufficiency.measures.rows import (
    LEAVER_REASONS,
    MOVED_REASONS,
    first_flow_row,
    first_row,
)
from sufficiency.measures.siblings import Siblings, count_sibling, siblings_for
from sufficiency.simulation.birthdays import N_BIRTHDAYS, write_birthdays
from sufficiency.simulation.compiled import Rows, by_reference, compiled, shared, step
from sufficiency.simulation.record import (
    BEGAN_AT_START,
    BEGAN_ENTERED,
    BEGAN_PLACE_FOUND,
    ENDED_OPEN,
    ENDED_TURNED_18,
)

FIRST_CHOICE, IN_HOUSE_SHORTFALL, UNMET_NEED = 0, 1, 2
"""How well a child is placed: the two kinds of gap are never mixed."""
N_FITS = 3
N_GAPS = N_FITS - 1
N_SETTINGS, N_BANDS = len(SETTINGS), len(AGE_BANDS)
LAST_BAND = N_BANDS - 1
N_LEAVER_REASONS, N_MOVED_REASONS = len(LEAVER_REASONS), len(MOVED_REASONS)
STARTERS, LEAVERS, MOVES = (first_row(flow) for flow in ("starters", "leavers", "moves"))
OF_STARTERS, OF_LEAVERS, OF_MOVES = (
    first_flow_row(flow) for flow in ("starters", "leavers", "moves")
)
GROUPS_TOGETHER = slice(first_row("sibling_groups"), first_row("sibling_groups") + 2)
"""The rows of groups in care, and of those that do not live in one pool."""
GROUPS_STARTED = slice(first_row("sibling_groups_started"), first_row("sibling_groups_started") + 2)
"""The rows of groups that start to be looked after, and of those that are split then."""


@by_reference
class Tables(NamedTuple):
    """What is counted before it is added up over dates; the column after the last is beyond.

    P pools, after which comes unplaced; N need groups.
    """

    stock: Changes
    """(P + 1, 5, T + 1): changes in children by pool and age band."""
    gaps: Changes
    """(2, 5, T + 1): changes in children in a gap, by its kind and by age band."""
    held: Changes
    """(P + 1, T + 1): changes in places held by those who have turned 18."""
    by_need: Changes
    """(3, N, 7, T + 1): changes in children by fit, need group and setting."""
    nights: Ints
    """(2, P + 1, 2, T + 1): by basis and pool, unplaced last, children whose nights begin less
    those whose nights end, and the sum of the days on which they do."""
    gap_nights: Ints
    """(2, 7, 2, T + 1): the same of children in a gap, by its kind and by setting."""
    birthdays: Floats
    """(6,): of one child at a time."""
    histories: Histories
    siblings: Siblings
    in_pool: Changes
    """(T + 1,): children in one pool at a time."""
    shares: Floats
    """(2, 12, T): children outside the area, and far from home, by setting, then by age band."""


def tables_for(dates: Dates, pools: int, needs: int, children: int, groups: int) -> Tables:
    """Room to count in."""
    width = len(dates.days) + 1
    return Tables(
        stock=np.zeros((pools + 1, N_BANDS, width), dtype=np.int32),
        gaps=np.zeros((N_GAPS, N_BANDS, width), dtype=np.int32),
        held=np.zeros((pools + 1, width), dtype=np.int32),
        by_need=np.zeros((N_FITS, needs, N_SETTINGS, width), dtype=np.int32),
        nights=np.zeros((len(BASES), pools + 1, 2, width), dtype=np.int64),
        gap_nights=np.zeros((N_GAPS, N_SETTINGS, 2, width), dtype=np.int64),
        birthdays=np.zeros(N_BIRTHDAYS),
        histories=histories_for(dates, children),
        siblings=siblings_for(dates, groups, children),
        in_pool=np.zeros(width, dtype=np.int32),
        shares=np.zeros((2, N_SETTINGS + N_BANDS, width - 1)),
    )


@shared
def begin_again(tables: Tables, forecast: Counts, flows: Counts, between: Counts) -> None:
    """Nothing is counted yet."""
    forecast[:] = 0
    flows[:] = 0
    between[:] = 0
    tables.stock[:] = 0
    tables.gaps[:] = 0
    tables.held[:] = 0
    tables.by_need[:] = 0
    tables.nights[:] = 0
    tables.gap_nights[:] = 0
    tables.shares[:] = 0
    forget_histories(tables.histories)


@step
def count_spell(
    spell: Any,
    first: int,
    after_last: int,
    dates: Dates,
    tables: Tables,
    forecast: Counts,
    flows: Counts,
    between: Counts,
) -> None:
    """Count a spell in ``tables``, and its events in the rows of flows, in place.

    Its nights are those from ``first`` and before ``after_last``.
    """
    birthdays = tables.birthdays
    write_birthdays(birthdays, spell.born_day, dates.month_starts)
    begins, ends = date_at(spell.from_time, dates), dates.days.size
    if spell.ended != ENDED_OPEN:
        ends = date_at(spell.to_time, dates)
    band = band_at(spell.from_time, birthdays)
    count_stay(spell, band, begins, ends, first, after_last, dates, tables)
    count_flows(spell, band, begins, ends, birthdays, forecast, flows)
    count_history(spell, begins, ends, birthdays, dates, tables.histories, between)
    together, started = forecast[GROUPS_TOGETHER], forecast[GROUPS_STARTED]
    count_sibling(spell, begins, ends, tables.siblings, together, started)


@step
def count_stay(
    spell: Any,
    band: int,
    begins: int,
    ends: int,
    first: int,
    after_last: int,
    dates: Dates,
    tables: Tables,
) -> None:
    """Count a child where it lives, and what it should have.

    On the report dates from ``begins`` and before ``ends``, in the nights from ``first`` and before
    ``after_last``; it is in an age band when it comes.
    """
    pool = spell.pool if spell.pool >= 0 else tables.nights.shape[1] - 1
    fit = fit_of(spell.sector, spell.first_choice, spell.suitable)
    basis = 0 if spell.began == BEGAN_AT_START else 1
    count_nights(begins, ends, first, after_last, tables.nights[basis, pool], 1)
    if fit != FIRST_CHOICE:
        gap_nights = tables.gap_nights[fit - IN_HOUSE_SHORTFALL, spell.sector]
        count_nights(begins, ends, first, after_last, gap_nights, 1)
    if begins < ends:
        tables.by_need[fit, spell.need, spell.sector, begins] += 1
        tables.by_need[fit, spell.need, spell.sector, ends] -= 1
        count_ages(fit, pool, band, begins, ends, dates, tables)


@step
def count_ages(
    fit: int, pool: int, band: int, begins: int, ends: int, dates: Dates, tables: Tables
) -> None:
    """Count a child by age, from a band on, on the dates from ``begins`` and before ``ends``."""
    first = begins
    while first < ends:
        after_last = ends
        if band < LAST_BAND:
            after_last = min(ends, date_at(tables.birthdays[band + 1], dates))
        tables.stock[pool, band, first] += 1
        tables.stock[pool, band, after_last] -= 1
        if fit != FIRST_CHOICE:
            tables.gaps[fit - IN_HOUSE_SHORTFALL, band, first] += 1
            tables.gaps[fit - IN_HOUSE_SHORTFALL, band, after_last] -= 1
        first = after_last
        band += 1


@step
def count_holds(holds: Rows, dates: Dates, tables: Tables) -> None:
    """Count the places held by those who have turned 18, and remember until when."""
    last = int(dates.days[-1])
    for number in range(holds.size):
        hold = holds[number]
        ends, after_last = dates.days.size, last + 1
        if hold.to_time < last:
            ends, after_last = date_at(hold.to_time, dates), math.ceil(hold.to_time)
        tables.held[hold.pool, date_at(hold.from_time, dates)] += 1
        tables.held[hold.pool, ends] -= 1
        tables.histories.past[hold.child].held_until = after_last


@step
def fit_of(setting: int, first_choice: bool, suitable: bool) -> int:
    """How well a spell meets the child's need: first choice, in-house shortfall or unmet.

    In-house shortfall is a suitable setting that is not the first choice; unmet need is an
    unsuitable setting, or none.
    """
    if setting == UNPLACED_CODE or not suitable:
        return UNMET_NEED
    return FIRST_CHOICE if first_choice else IN_HOUSE_SHORTFALL


@step
def band_at(time: float, birthdays: Floats) -> int:
    """The age band at a time; 16-17 holds the 18th birthday too."""
    band = 0
    for edge in range(1, N_BANDS):
        band += birthdays[edge] <= time
    return band


@step
def count_flows(
    spell: Any,
    band: int,
    begins: int,
    ends: int,
    birthdays: Floats,
    forecast: Counts,
    flows: Counts,
) -> None:
    """Count a spell that began by entering care or moving, and one that ended in leaving care.

    ``begins`` and ``ends`` are the first report dates that are not before its two ends; the child
    is in an age band when it begins.
    """
    setting, uasc = spell.sector, int(spell.uasc)
    if spell.began != BEGAN_AT_START:
        if spell.began == BEGAN_ENTERED:
            count_in_forecast(STARTERS, setting, band, begins, forecast)
            count_in_flows(OF_STARTERS, -1, 0, band, uasc, begins, flows)
        else:
            reason = spell.began - BEGAN_PLACE_FOUND
            count_in_forecast(MOVES, setting, band, begins, forecast)
            count_in_flows(OF_MOVES, reason, N_MOVED_REASONS, band, uasc, begins, flows)
    if 0 <= spell.ended <= ENDED_TURNED_18:
        band = band_at(spell.to_time, birthdays)
        count_in_forecast(LEAVERS, setting, band, ends, forecast)
        count_in_flows(OF_LEAVERS, spell.ended, N_LEAVER_REASONS, band, uasc, ends, flows)


@step
def count_in_forecast(first: int, setting: int, band: int, date: int, forecast: Counts) -> None:
    """One more in the rows of all, of a setting and of an age band."""
    forecast[first, date] += 1
    forecast[first + 1 + setting, date] += 1
    forecast[first + 1 + N_SETTINGS + band, date] += 1


@step
def count_in_flows(
    first: int, reason: int, reasons: int, band: int, uasc: int, date: int, flows: Counts
) -> None:
    """One more in the rows of all, of a reason if there are several, an age band and a group."""
    flows[first, date] += 1
    if reasons > 0:
        flows[first + 1 + reason, date] += 1
    flows[first + 1 + reasons + band, date] += 1
    flows[first + 1 + reasons + N_BANDS + uasc, date] += 1


@compiled
def count_in_care(spells: Rows, dates: Dates, in_care: Counts) -> None:
    """Children in care on each report date, in place: (T,)."""
    in_care[:] = 0
    for number in range(spells.size):
        spell = spells[number]
        begins = date_at(spell.from_time, dates)
        ends = dates.days.size
        if spell.ended != ENDED_OPEN:
            ends = date_at(spell.to_time, dates)
        if begins < in_care.size:
            in_care[begins] += 1
        if ends < in_care.size:
            in_care[ends] -= 1
    for date in range(1, in_care.size):
        in_care[date] += in_care[date - 1]
