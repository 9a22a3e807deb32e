"""One replication's record turned into all of its figures, in one call of compiled code.

Nothing of it needs Python meanwhile, so that several threads measure at once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.measures.adding import Area, Tallies, add_up
from sufficiency.measures.counting import (
    N_SETTINGS,
    Tables,
    begin_again,
    count_holds,
    count_spell,
)
from sufficiency.measures.dates import Counts, Dates, Floats
from sufficiency.measures.other_lines import OtherLines, count_kinds, set_other_money
from sufficiency.measures.pricing import (
    OfReplication,
    Paid,
    Prices,
    Till,
    close_till,
    open_till,
    own_factor,
    pay,
)
from sufficiency.measures.rows import GAPS, first_row
from sufficiency.measures.siblings import meet_groups
from sufficiency.simulation.compiled import Rows, by_reference, compiled, shared, step
from sufficiency.simulation.record import ENDED_OPEN

GAP_COSTS = tuple(first_row(f"{gap}_extra_cost") for gap in GAPS)
"""The block of what each kind of gap cost more."""


@by_reference
class Found(NamedTuple):
    """The figures of R replications, as `sufficiency.measures.monthly.Figures` describes them."""

    forecast: Counts
    flows: Counts
    needs: Counts
    nights: Counts
    occupied: Counts
    usable: Counts
    between: Counts
    cost_gbp: Floats
    extra_cost_gbp: Floats
    other_money_gbp: Floats
    dearest: Floats


@by_reference
class Given(NamedTuple):
    """What all replications are measured with."""

    dates: Dates
    area: Area
    prices: Prices
    lines: OtherLines


@by_reference
class Room(NamedTuple):
    """Room to count and to add up one replication at a time."""

    tables: Tables
    till: Till


@compiled
def measure(
    spells: Rows,
    changes: Rows,
    holds: Rows,
    given: Given,
    of_replication: OfReplication,
    room: Room,
    found: Found,
    replication: int,
) -> bool:
    """Set all figures of one replication, in place, from its record.

    ``spells``, ``changes`` and ``holds`` are the tables of a `Record`, ``replication`` the place of
    its figures among those of R. Money that is paid whoever lives in a place is left at 0.

    Returns whether there was room for everybody; else nothing is set.
    """
    dates, prices, lines = given.dates, given.prices, given.lines
    tables, till = room.tables, room.till
    if not meet_groups(spells, tables.histories.past.size, tables.siblings):
        return False
    tallies = Tallies(
        found.forecast[replication],
        found.flows[replication],
        found.needs[replication],
        found.nights[replication],
        found.occupied[replication],
        found.usable[replication],
        found.between[replication],
    )
    paid = Paid(
        found.cost_gbp[replication], found.extra_cost_gbp[replication], found.dearest[replication]
    )
    begin_again(tables, tallies.forecast, tallies.flows, tallies.between)
    lines.counted[:] = 0
    count_holds(holds, dates, tables)
    at_start = open_till(spells, dates, prices, of_replication, till, paid)
    read_spells(spells, at_start, given, of_replication, room, tallies, paid)
    add_up(changes, dates, given.area, tables, tallies)
    close_till(dates, prices, till, paid)
    set_gap_costs(till.gap_cost_gbp, tallies.forecast)
    set_other_money(holds, dates, till, lines, found.other_money_gbp[replication])
    return True


@shared
def read_spells(
    spells: Rows,
    at_start: int,
    given: Given,
    of_replication: OfReplication,
    room: Room,
    tallies: Tallies,
    paid: Paid,
) -> None:
    """Count and pay for every spell, in place; the first ``at_start`` have prices of their own."""
    dates, prices, lines, tables, till = (
        given.dates,
        given.prices,
        given.lines,
        room.tables,
        room.till,
    )
    beyond = int(dates.days[-1]) + 1
    for number in range(spells.size):
        spell = spells[number]
        first = math.ceil(spell.from_time)
        after_last = beyond if spell.ended == ENDED_OPEN else math.ceil(spell.to_time)
        count_spell(
            spell,
            first,
            after_last,
            dates,
            tables,
            tallies.forecast,
            tallies.flows,
            tallies.between,
        )
        factor = own_factor(spell.pool, spell.price_chance, prices.factors)
        if number < at_start:
            factor = till.at_start.factor[number]
        pay(
            spell,
            factor,
            first,
            after_last,
            dates,
            prices,
            of_replication,
            lines.jointly_paid,
            till,
            paid,
        )
        count_kinds(spell, first, after_last, dates, tables.histories, lines)


@step
def set_gap_costs(gap_cost_gbp: Floats, forecast: Counts) -> None:
    """Set the rows of what each kind of gap, (2, 7, M), cost more in the month before each date."""
    for kind in range(gap_cost_gbp.shape[0]):
        first = GAP_COSTS[kind]
        for row in range(first, first + 1 + N_SETTINGS):
            forecast[row, 0] = math.nan
        for month in range(gap_cost_gbp.shape[2]):
            every = 0.0
            for setting in range(N_SETTINGS):
                every += gap_cost_gbp[kind, setting, month]
                forecast[first + 1 + setting, month + 1] = gap_cost_gbp[kind, setting, month]
            forecast[first, month + 1] = every
