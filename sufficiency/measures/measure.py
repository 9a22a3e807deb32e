"""One replication's record turned into all of its figures, in one call of compiled code.

Nothing of it needs Python meanwhile, so that several threads measure at once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.measures.adding import Area, Tallies, set_rows
from sufficiency.measures.counting import N_SETTINGS, Tables
from sufficiency.measures.dates import Counts, Dates, Floats
from sufficiency.measures.other_lines import OtherLines, set_other_money
from sufficiency.measures.pricing import OfReplication, Paid, Prices, Till, pay
from sufficiency.measures.rows import GAPS, first_row
from sufficiency.simulation.compiled import Rows, compiled, step

GAP_COSTS = tuple(first_row(f"{gap}_extra_cost") for gap in GAPS)
"""The block of what each kind of gap cost more."""


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


class Given(NamedTuple):
    """What all replications are measured with."""

    dates: Dates
    area: Area
    prices: Prices
    lines: OtherLines


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
    tables, till = room.tables, room.till
    if not has_room(spells, tables):
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
    set_rows(spells, changes, holds, given.dates, given.area, tables, tallies)
    paid = Paid(
        found.cost_gbp[replication], found.extra_cost_gbp[replication], found.dearest[replication]
    )
    jointly_paid = given.lines.jointly_paid
    pay(spells, given.dates, given.prices, of_replication, jointly_paid, till, paid)
    set_gap_costs(till.gap_cost_gbp, tallies.forecast)
    other_money = found.other_money_gbp[replication]
    set_other_money(spells, holds, given.dates, tables.histories, till, given.lines, other_money)
    return True


@step
def has_room(spells: Rows, tables: Tables) -> bool:
    """Whether there is room for every child and every group of a record."""
    children, groups = tables.histories.past.size, tables.siblings.groups.size
    for number in range(spells.size):
        if spells[number].child >= children or spells[number].group >= groups:
            return False
    return True


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
