"""What was counted, added up over dates into the rows of a replication's tables."""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.domain import UNPLACED_CODE
from sufficiency.measures.counting import (
    FIRST_CHOICE,
    LEAVERS,
    MOVES,
    N_BANDS,
    N_FITS,
    N_NEEDS,
    N_SETTINGS,
    STARTERS,
    Tables,
    count,
)
from sufficiency.measures.dates import Counts, Dates, Floats, Ints, accumulate
from sufficiency.measures.nights import add_up_nights
from sufficiency.measures.rows import first_row
from sufficiency.simulation.compiled import Rows, compiled, step
from sufficiency.simulation.world import UNLIMITED

N_SECTORS = UNPLACED_CODE
PER_CHILDREN = 10_000
IN_CARE, PLACES, OCCUPIED, OUTSIDE, FAR, RATE = (
    first_row(measure)
    for measure in (
        "in_care",
        "places",
        "occupied",
        "outside_area",
        "over_20_miles",
        "in_care_rate_per_10k",
    )
)
IN_A_GAP = (0, first_row("in_house_shortfall"), first_row("unmet_need"))
"""The block of each kind of gap, by fit."""
NEED_BLOCK = (1 + N_NEEDS) * (1 + N_SETTINGS)
"""Rows of each measure in the needs table."""
MARGINALS = 1 + N_SETTINGS + N_BANDS


class Area(NamedTuple):
    """What the rows need beside the record; P pools."""

    pool_sector: Ints
    usable_at_start: Ints
    outside_share: Floats
    """(7,)."""
    far_share: Floats
    """(7,)."""
    population_0_17: float


class Found(NamedTuple):
    """The tables of one replication, as `sufficiency.measures.monthly.Figures` describes them."""

    forecast: Counts
    flows: Counts
    needs: Counts
    nights: Counts


@compiled
def measure(
    spells: Rows,
    changes: Rows,
    dates: Dates,
    area: Area,
    tables: Tables,
    found: Found,
) -> None:
    """Set every row of one replication's tables, in place, from the tables of its record."""
    count(spells, dates, tables, found.forecast, found.flows)
    nothing_yet(found.forecast, found.flows)
    add_up_stocks(tables, found.forecast, found.needs)
    set_shares(tables, area, found.forecast)
    set_places(changes, dates.days, area, found.forecast)
    add_up_nights(dates.days, tables.nights, found.nights)


@step
def add_up_stocks(tables: Tables, forecast: Counts, needs: Counts) -> None:
    """Turn the changes in ``tables`` into stocks, and add them to their rows, which are 0."""
    needs[:] = 0
    for fit in range(N_FITS):
        for setting in range(N_SETTINGS):
            for band in range(N_BANDS):
                stock = tables.stock[fit, setting, band]
                if accumulate(stock):
                    add_to_marginals(IN_CARE, setting, band, stock, forecast)
                    if fit != FIRST_CHOICE:
                        add_to_marginals(IN_A_GAP[fit], setting, band, stock, forecast)
            for need in range(N_NEEDS):
                stock = tables.by_need[fit, need, setting]
                if accumulate(stock):
                    add_crossed(0, need, setting, stock, needs)
                    if fit != FIRST_CHOICE:
                        add_crossed(fit * NEED_BLOCK, need, setting, stock, needs)


@step
def add(row: Counts, stock: Ints) -> None:
    """Add a stock (T + 1,) to a row (T,), in place."""
    for date in range(row.size):
        row[date] += stock[date]


@step
def add_to_marginals(first: int, setting: int, band: int, stock: Ints, forecast: Counts) -> None:
    """Add a stock to the rows of all, of a setting and of an age band."""
    add(forecast[first], stock)
    add(forecast[first + 1 + setting], stock)
    add(forecast[first + 1 + N_SETTINGS + band], stock)


@step
def add_crossed(first: int, need: int, setting: int, stock: Ints, needs: Counts) -> None:
    """Add a stock to its own row and the totals over settings, needs and both."""
    for row in (0, 1 + setting):
        add(needs[first + row], stock)
        add(needs[first + (1 + need) * (1 + N_SETTINGS) + row], stock)


@step
def set_shares(tables: Tables, area: Area, forecast: Counts) -> None:
    """Set the rows that are shares and rates of the stocks added up."""
    for date in range(forecast.shape[1]):
        total = 0.0
        for setting in range(N_SECTORS):
            total += float(forecast[IN_CARE + 1 + setting, date])
            forecast[OCCUPIED + 1 + setting, date] = forecast[IN_CARE + 1 + setting, date]
        forecast[OCCUPIED, date] = total
        # In double precision, compiled or not: numpy alone would stay in single.
        in_care = float(forecast[IN_CARE, date])
        forecast[RATE, date] = in_care / area.population_0_17 * PER_CHILDREN
        set_share(OUTSIDE, area.outside_share, date, tables, forecast)
        set_share(FAR, area.far_share, date, tables, forecast)


@step
def set_share(first: int, share: Floats, date: int, tables: Tables, forecast: Counts) -> None:
    """Set the rows of children outside an area, whose share depends on the setting."""
    total = 0.0
    for setting in range(N_SETTINGS):
        there = share[setting] * float(forecast[IN_CARE + 1 + setting, date])
        forecast[first + 1 + setting, date] = there
        total += there
    forecast[first, date] = total
    for band in range(N_BANDS):
        total = 0.0
        for setting in range(N_SETTINGS):
            for fit in range(N_FITS):
                total += share[setting] * tables.stock[fit, setting, band, date]
        forecast[first + 1 + N_SETTINGS + band, date] = total


@step
def set_places(changes: Rows, days: Ints, area: Area, forecast: Counts) -> None:
    """Set usable places by sector on each report date; NaN where a sector is not limited."""
    for date in range(days.size):
        total = 0.0
        for sector in range(N_SECTORS):
            usable = 0.0
            for pool in range(area.pool_sector.size):
                if area.pool_sector[pool] == sector:
                    usable += usable_on(days[date], pool, changes, area.usable_at_start[pool])
            forecast[PLACES + 1 + sector, date] = usable
            total += usable
        forecast[PLACES, date] = total


@step
def usable_on(day: int, pool: int, changes: Rows, at_start: int) -> float:
    """Usable places of a pool at the midnight that ends a day; NaN without a limit."""
    usable = at_start
    for number in range(changes.size):
        change = changes[number]
        if change.pool == pool and change.time <= day:
            usable = change.usable
    return math.nan if usable == UNLIMITED else float(usable)


@step
def nothing_yet(forecast: Counts, flows: Counts) -> None:
    """Empty the flows on the start date: nothing can have happened before it."""
    for first in (STARTERS, LEAVERS, MOVES):
        for row in range(first, first + MARGINALS):
            forecast[row, 0] = math.nan
    for row in range(flows.shape[0]):
        flows[row, 0] = math.nan
