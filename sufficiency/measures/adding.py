"""What was counted, added up over dates into the rows of a replication's tables."""

from __future__ import annotations

import math
from typing import NamedTuple

from sufficiency.domain import UNPLACED_CODE
from sufficiency.measures.counting import (
    FIRST_CHOICE,
    GROUPS_STARTED,
    IN_HOUSE_SHORTFALL,
    LEAVERS,
    MOVES,
    N_BANDS,
    N_FITS,
    N_SETTINGS,
    STARTERS,
    Tables,
)
from sufficiency.measures.dates import Changes, Counts, Dates, Floats, Ints, accumulate, date_at
from sufficiency.measures.nights import add_up_nights, set_nights
from sufficiency.measures.rows import first_row
from sufficiency.simulation.compiled import Rows, by_reference, shared, step
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
IN_A_GAP = (first_row("in_house_shortfall"), first_row("unmet_need"))
"""The block of each kind of gap."""
GAP_NIGHTS = (first_row("in_house_shortfall_nights"), first_row("unmet_need_nights"))
SEVERAL, LONG_TERM, SAME_PLACEMENT = (
    first_row(measure)
    for measure in ("three_or_more_placements", "long_term", "same_placement_2_years")
)
MARGINALS = 1 + N_SETTINGS + N_BANDS
NO_CHANGE = -2
"""Where a number of usable places would be."""


@by_reference
class Area(NamedTuple):
    """What the rows need beside the record; P pools."""

    pool_sector: Ints
    usable_at_start: Ints
    outside_share: Floats
    """(P + 1,): of the children in each pool, unplaced last."""
    far_share: Floats
    """(P + 1,)."""
    population_0_17: float


class Tallies(NamedTuple):
    """The tables of one replication, as `sufficiency.measures.monthly.Figures` describes them."""

    forecast: Counts
    flows: Counts
    needs: Counts
    nights: Counts
    occupied: Counts
    usable: Counts
    between: Counts


@shared
def add_up(changes: Rows, dates: Dates, area: Area, tables: Tables, found: Tallies) -> None:
    """Set every row of one replication's tables but money, in place, from what was counted."""
    forecast = found.forecast
    nothing_yet(forecast, found.flows)
    add_up_stocks(tables, area, found.occupied, forecast)
    add_up_needs(tables, found.needs, forecast)
    set_rate(area, forecast)
    set_occupied_rows(area, found.occupied, forecast)
    set_places(changes, dates, area, found.usable, forecast)
    add_up_nights(dates.days, tables.nights, found.nights)
    set_gap_nights(dates.days, tables, forecast)
    set_histories(dates, tables, forecast)


@step
def add_up_stocks(tables: Tables, area: Area, occupied: Counts, forecast: Counts) -> None:
    """Turn the changes in stocks into stocks, and add them to their rows, which are 0.

    Sets the places taken in each pool too, ``occupied`` (P, T).
    """
    occupied[:] = 0
    pools = area.pool_sector.size
    for pool in range(pools + 1):
        setting = UNPLACED_CODE if pool == pools else area.pool_sector[pool]
        tables.in_pool[:] = 0
        for band in range(N_BANDS):
            stock = tables.stock[pool, band]
            if accumulate(stock):
                add_shares(N_SETTINGS + band, pool, stock, area, tables.shares)
                add(forecast[IN_CARE + 1 + N_SETTINGS + band], stock)
                add_changes(tables.in_pool, stock)
        add_shares(setting, pool, tables.in_pool, area, tables.shares)
        add(forecast[IN_CARE], tables.in_pool)
        add(forecast[IN_CARE + 1 + setting], tables.in_pool)
        if pool < pools:
            add(occupied[pool], tables.in_pool)
            if accumulate(tables.held[pool]):
                add(occupied[pool], tables.held[pool])
    for kind in range(tables.gaps.shape[0]):
        for band in range(N_BANDS):
            if accumulate(tables.gaps[kind, band]):
                add(forecast[IN_A_GAP[kind] + 1 + N_SETTINGS + band], tables.gaps[kind, band])
    set_shares(OUTSIDE, tables.shares[0], forecast)
    set_shares(FAR, tables.shares[1], forecast)


@step
def add_shares(row: int, pool: int, stock: Changes, area: Area, shares: Floats) -> None:
    """Add those of a stock in a pool who live outside the area, and far from home, to their rows.

    ``shares`` is (2, 12, T).
    """
    add_share(area.outside_share[pool], stock, shares[0, row])
    add_share(area.far_share[pool], stock, shares[1, row])


@shared
def add_share(share: float, stock: Changes, row: Floats) -> None:
    """Add a share of a stock (T + 1,) to a row (T,), in place."""
    for date in range(row.size):
        row[date] += share * stock[date]


@step
def set_shares(first: int, shares: Floats, forecast: Counts) -> None:
    """Set the rows of all, of each setting and of each age band: ``shares`` is (12, T)."""
    for date in range(forecast.shape[1]):
        every = 0.0
        for row in range(shares.shape[0]):
            forecast[first + 1 + row, date] = shares[row, date]
            if row < N_SETTINGS:
                every += shares[row, date]
        forecast[first, date] = every


@step
def add_up_needs(tables: Tables, needs: Counts, forecast: Counts) -> None:
    """Turn the changes by need group into stocks, and add them to their rows.

    The rows of ``needs`` are set; those of the gaps by setting in ``forecast`` are 0.
    """
    needs[:] = 0
    block = (1 + tables.by_need.shape[1]) * (1 + N_SETTINGS)
    for fit in range(N_FITS):
        for need in range(tables.by_need.shape[1]):
            for setting in range(N_SETTINGS):
                stock = tables.by_need[fit, need, setting]
                if accumulate(stock):
                    add_crossed(0, need, setting, stock, needs)
                    if fit != FIRST_CHOICE:
                        add_crossed(fit * block, need, setting, stock, needs)
                        gap = IN_A_GAP[fit - IN_HOUSE_SHORTFALL]
                        add(forecast[gap], stock)
                        add(forecast[gap + 1 + setting], stock)


@shared
def add(row: Counts, stock: Changes) -> None:
    """Add a stock (T + 1,) to a row (T,), in place."""
    for date in range(row.size):
        row[date] += stock[date]


@step
def add_changes(changes: Changes, more: Changes) -> None:
    """Add one to the other, in place: both (T + 1,)."""
    for date in range(changes.size):
        changes[date] += more[date]


@step
def add_crossed(first: int, need: int, setting: int, stock: Changes, needs: Counts) -> None:
    """Add a stock to its own row and the totals over settings, needs and both."""
    for row in (0, 1 + setting):
        add(needs[first + row], stock)
        add(needs[first + (1 + need) * (1 + N_SETTINGS) + row], stock)


@step
def set_rate(area: Area, forecast: Counts) -> None:
    """Set children in care per 10,000."""
    for date in range(forecast.shape[1]):
        # In double precision, compiled or not: numpy alone would stay in single.
        in_care = float(forecast[IN_CARE, date])
        forecast[RATE, date] = in_care / area.population_0_17 * PER_CHILDREN


@step
def set_occupied_rows(area: Area, occupied: Counts, forecast: Counts) -> None:
    """Add places taken to their rows of all and of each sector, which are 0."""
    for pool in range(area.pool_sector.size):
        for date in range(forecast.shape[1]):
            forecast[OCCUPIED, date] += occupied[pool, date]
            forecast[OCCUPIED + 1 + area.pool_sector[pool], date] += occupied[pool, date]


@step
def set_places(changes: Rows, dates: Dates, area: Area, usable: Counts, forecast: Counts) -> None:
    """Set usable places by pool, by sector and in all; NaN where there is no limit."""
    usable[:] = NO_CHANGE
    for pool in range(area.pool_sector.size):
        usable[pool, 0] = area.usable_at_start[pool]
    for number in range(changes.size):
        change = changes[number]
        date = date_at(change.time, dates)
        if date < usable.shape[1]:
            usable[change.pool, date] = change.usable
    for pool in range(area.pool_sector.size):
        for date in range(1, usable.shape[1]):
            if usable[pool, date] == NO_CHANGE:
                usable[pool, date] = usable[pool, date - 1]
        for date in range(usable.shape[1]):
            if usable[pool, date] == UNLIMITED:
                usable[pool, date] = math.nan
            forecast[PLACES, date] += usable[pool, date]
            forecast[PLACES + 1 + area.pool_sector[pool], date] += usable[pool, date]


@step
def set_gap_nights(days: Ints, tables: Tables, forecast: Counts) -> None:
    """Set the child-nights of both kinds of gap in the month that ends on each date."""
    for kind in range(tables.gap_nights.shape[0]):
        every = forecast[GAP_NIGHTS[kind]]
        for setting in range(N_SETTINGS):
            row = forecast[GAP_NIGHTS[kind] + 1 + setting]
            set_nights(days, tables.gap_nights[kind, setting], row[1:])
            row[0] = math.nan
            for date in range(every.size):
                every[date] += row[date]


@step
def set_histories(dates: Dates, tables: Tables, forecast: Counts) -> None:
    """Set the rows of placements in a year and of long stays.

    Placements of a year are known once a year has passed; those before the start are not.
    """
    histories = tables.histories
    for setting in range(N_SETTINGS):
        add_to_setting(SEVERAL, setting, histories.several[setting], forecast)
        add_to_setting(LONG_TERM, setting, histories.long_term[setting], forecast)
        add_to_setting(SAME_PLACEMENT, setting, histories.same_placement[setting], forecast)
    for row in range(SEVERAL, SEVERAL + 1 + N_SETTINGS):
        for date in range(min(dates.whole_year_from, forecast.shape[1])):
            forecast[row, date] = math.nan


@step
def add_to_setting(first: int, setting: int, changes: Changes, forecast: Counts) -> None:
    """Turn changes into a stock, and add it to the rows of all and of a setting."""
    if accumulate(changes):
        add(forecast[first], changes)
        add(forecast[first + 1 + setting], changes)


@step
def nothing_yet(forecast: Counts, flows: Counts) -> None:
    """Empty the flows on the start date: nothing can have happened before it."""
    for first in (STARTERS, LEAVERS, MOVES):
        for row in range(first, first + MARGINALS):
            forecast[row, 0] = math.nan
    for row in range(flows.shape[0]):
        flows[row, 0] = math.nan
    forecast[GROUPS_STARTED, 0] = math.nan
