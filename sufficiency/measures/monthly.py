"""The figures of one replication on the report dates: a record turned into rows of numbers.

The rows are marginals only (all; each setting; each age band), so a table stays short and each
of its blocks adds up to its total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import AGE_BANDS, NEED_GROUPS, SECTORS, SETTINGS
from sufficiency.measures.ages import band_start_times
from sufficiency.measures.flows import (
    LEAVER_REASONS,
    MOVED_REASONS,
    UASC_GROUPS,
    children_who_moved_in_or_out,
)
from sufficiency.measures.money import CostPlan, extra_cost_of_gap_gbp
from sufficiency.measures.nights import child_nights
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.stocks import (
    IN_HOUSE_SHORTFALL,
    UNMET_NEED,
    children_in_care,
    usable_places,
)
from sufficiency.simulation.record import Record
from sufficiency.simulation.world import Places

Floats = NDArray[np.float64]
Counts = NDArray[np.float32]

ALL = "all"
PER_CHILDREN = 10_000

_BY_SETTING_AND_AGE = (
    (ALL, ALL),
    *((setting, ALL) for setting in SETTINGS),
    *((ALL, band) for band in AGE_BANDS),
)
_BY_SECTOR = ((ALL, ALL), *((sector, ALL) for sector in SECTORS))
_MARGINALS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "in_care": _BY_SETTING_AND_AGE,
    "starters": _BY_SETTING_AND_AGE,
    "leavers": _BY_SETTING_AND_AGE,
    "moves": _BY_SETTING_AND_AGE,
    "places": _BY_SECTOR,
    "occupied": _BY_SECTOR,
    "in_house_shortfall": _BY_SETTING_AND_AGE,
    "unmet_need": _BY_SETTING_AND_AGE,
    "outside_area": _BY_SETTING_AND_AGE,
    "over_20_miles": _BY_SETTING_AND_AGE,
    "in_care_rate_per_10k": ((ALL, ALL),),
}
FORECAST_ROWS: tuple[tuple[str, str, str], ...] = tuple(
    (measure, str(setting), str(band))
    for measure, rows in _MARGINALS.items()
    for setting, band in rows
)
"""``measure, sector, age_band`` of each row of the forecast table."""

_FLOW_REASONS: Mapping[str, tuple[str, ...]] = {
    "starters": (),
    "leavers": LEAVER_REASONS,
    "moves": MOVED_REASONS,
}
FLOW_ROWS: tuple[tuple[str, str, str, str], ...] = tuple(
    (flow, str(reason), str(band), group)
    for flow, reasons in _FLOW_REASONS.items()
    for reason, band, group in (
        (ALL, ALL, ALL),
        *((reason, ALL, ALL) for reason in reasons),
        *((ALL, band, ALL) for band in AGE_BANDS),
        *((ALL, ALL, group) for group in UASC_GROUPS),
    )
)
"""``flow, reason, age_band, group`` of each row of the flows table."""

NEED_MEASURES = ("in_care", "in_house_shortfall", "unmet_need")
NEED_ROWS: tuple[tuple[str, str, str], ...] = tuple(
    (str(need), str(setting), measure)
    for measure in NEED_MEASURES
    for need in (ALL, *NEED_GROUPS)
    for setting in (ALL, *SETTINGS)
)
"""``need_group, sector, measure`` of each row of the needs table."""


@dataclass(frozen=True)
class Surroundings:
    """What measures need beside the record: the calendar, prices, distances and population."""

    calendar: ReportCalendar
    costs: CostPlan
    outside_area_share: Floats
    """(7,): share of the children in each setting who live outside the boundary."""
    over_20_miles_share: Floats
    """(7,): share of the children in each setting who live over 20 miles from home."""
    population_0_17: float
    """Children aged 0-17 in the area; NaN if not known."""


@dataclass(frozen=True)
class Figures:
    """One replication's figures on T report dates and in M = T - 1 months, for P pools.

    Of several replications, every array has them as its first axis.
    """

    forecast: Counts
    """(rows of `FORECAST_ROWS`, T): NaN for flows on the start date and unlimited places."""
    flows: Counts
    """(rows of `FLOW_ROWS`, T): NaN on the start date."""
    needs: Counts
    """(rows of `NEED_ROWS`, T)."""
    nights: Counts
    """(2, P + 1, M): child-nights by basis (committed, new) and pool; the last is unplaced."""
    extra_cost_gbp: Floats
    """(P + 1, M): extra cost of both gaps."""


def figures(record: Record, places: Places, surroundings: Surroundings) -> Figures:
    """Everything that is reported of one replication.

    Raises ValueError for a record that does not end on the last report date.
    """
    calendar = surroundings.calendar
    if record.horizon_days != calendar.days[-1]:
        raise ValueError(
            f"the record covers {record.horizon_days} days and the report {calendar.days[-1]} days"
        )
    band_starts = band_start_times(calendar.start, record.spells["born_day"])
    in_care = children_in_care(record, band_starts, calendar)
    flows = children_who_moved_in_or_out(record, band_starts, calendar)
    nights = child_nights(record, len(places.pool_names), calendar)
    by_setting_and_age = in_care.sum(axis=(0, 1))
    starters, leavers, moves = (
        _not_on_start_date(flow) for flow in (flows.starters, flows.leavers, flows.moves)
    )
    forecast = np.concatenate(
        [
            _marginals(by_setting_and_age),
            *(_marginals(flow.sum(axis=(0, 3))) for flow in (starters, leavers, moves)),
            _with_total(usable_places(record, places, calendar)),
            _with_total(by_setting_and_age[: len(SECTORS)].sum(axis=1)),
            _marginals(in_care[IN_HOUSE_SHORTFALL].sum(axis=0)),
            _marginals(in_care[UNMET_NEED].sum(axis=0)),
            _marginals(by_setting_and_age * surroundings.outside_area_share[:, None, None]),
            _marginals(by_setting_and_age * surroundings.over_20_miles_share[:, None, None]),
            by_setting_and_age.sum(axis=(0, 1))[None] / surroundings.population_0_17 * PER_CHILDREN,
        ]
    )
    by_need = in_care.sum(axis=3)
    need_rows = (by_need.sum(axis=0), by_need[IN_HOUSE_SHORTFALL], by_need[UNMET_NEED])
    return Figures(
        forecast=forecast.astype(np.float32),
        flows=np.concatenate([_flow_rows(flow) for flow in (starters, leavers, moves)]).astype(
            np.float32
        ),
        needs=np.concatenate([_crossed(stock) for stock in need_rows]).astype(np.float32),
        nights=nights.sum(axis=(1, 2)).astype(np.float32),
        extra_cost_gbp=extra_cost_of_gap_gbp(nights, places, surroundings.costs, calendar),
    )


def _not_on_start_date(flow: Floats) -> Floats:
    """A flow with NaN in its first column: nothing can have happened before the start."""
    later = flow.copy()
    later[..., 0] = np.nan
    return later


def _with_total(by_sector: Floats) -> Floats:
    """The total over the first axis, then each of its rows."""
    return np.concatenate([by_sector.sum(axis=0, keepdims=True), by_sector])


def _marginals(by_setting_and_age: Floats) -> Floats:
    """(7, 5, T) as the rows all, each setting, each age band: (13, T)."""
    return np.concatenate([_with_total(by_setting_and_age.sum(axis=1)), by_setting_and_age.sum(0)])


def _flow_rows(flow: Floats) -> Floats:
    """(reasons, 7, 5, 2, T) as the rows all, each reason (if any), age band and group."""
    by_reason = flow.sum(axis=(1, 2, 3))
    rows = [
        by_reason.sum(axis=0, keepdims=True),
        flow.sum(axis=(0, 1, 3)),
        flow.sum(axis=(0, 1, 2)),
    ]
    if len(by_reason) > 1:
        rows.insert(1, by_reason)
    return np.concatenate(rows)


def _crossed(by_need_and_setting: Floats) -> Floats:
    """(7, 7, T) with totals in front on both axes, flattened: (64, T)."""
    with_settings = np.concatenate(
        [by_need_and_setting.sum(axis=1, keepdims=True), by_need_and_setting], axis=1
    )
    both = _with_total(with_settings)
    return both.reshape(-1, both.shape[-1])
