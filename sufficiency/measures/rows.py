"""The rows of a replication's tables: marginals only (all; each setting; each age band), so that a
table stays short and each of its blocks adds up to its total."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sufficiency.domain import (
    AGE_BANDS,
    EXIT_REASONS,
    MOVE_REASONS,
    NEED_GROUPS,
    SECTORS,
    SETTINGS,
)

ALL = "all"
PLACE_FOUND = "place_found"
"""A move of a child who was unplaced; with it, children by setting can be carried forward."""
LEAVER_REASONS: tuple[str, ...] = EXIT_REASONS
MOVED_REASONS: tuple[str, ...] = (PLACE_FOUND, *MOVE_REASONS)
UASC_GROUPS = ("not_uasc", "uasc")

_BY_SETTING_AND_AGE = (
    (ALL, ALL),
    *((setting, ALL) for setting in SETTINGS),
    *((ALL, band) for band in AGE_BANDS),
)
_BY_SETTING = ((ALL, ALL), *((setting, ALL) for setting in SETTINGS))
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
    "in_house_shortfall_nights": _BY_SETTING,
    "unmet_need_nights": _BY_SETTING,
    "in_house_shortfall_extra_cost": _BY_SETTING,
    "unmet_need_extra_cost": _BY_SETTING,
    "three_or_more_placements": _BY_SETTING,
    "long_term": _BY_SETTING,
    "same_placement_2_years": _BY_SETTING,
    "sibling_groups": ((ALL, ALL),),
    "sibling_groups_split": ((ALL, ALL),),
    "sibling_groups_started": ((ALL, ALL),),
    "sibling_groups_started_split": ((ALL, ALL),),
}
FORECAST_ROWS: tuple[tuple[str, str, str], ...] = tuple(
    (measure, str(setting), str(band))
    for measure, rows in _MARGINALS.items()
    for setting, band in rows
)
"""``measure, sector, age_band`` of each row of the forecast table that a replication has."""
GAPS = ("in_house_shortfall", "unmet_need")
"""The two kinds of gap, never mixed."""
PROBABILITY_ROWS: tuple[tuple[str, str, str], ...] = tuple(
    (f"{gap}_probability", str(setting), band) for gap in GAPS for setting, band in _BY_SETTING
)
"""The rows that only many replications have: how often at least one child is in a gap."""
COST_ROWS: tuple[tuple[str, str, str], ...] = tuple(
    ("cost", str(setting), ALL) for setting in (ALL, *SETTINGS)
)
"""``measure, sector, age_band`` of what placements cost in a month: of replications alone, as the
finance tables hold their statistics."""

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


@cache
def need_rows(need_names: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """``need_group, sector, measure`` of each row of the needs table of a scenario."""
    return tuple(
        (str(need), str(setting), measure)
        for measure in NEED_MEASURES
        for need in (ALL, *need_names)
        for setting in (ALL, *SETTINGS)
    )


NEED_ROWS = need_rows(NEED_GROUPS)
"""The same of a scenario without need groups of its own."""


def first_row(measure: str) -> int:
    """Where the block of a measure begins in the forecast table."""
    return [row[0] for row in FORECAST_ROWS].index(measure)


def first_flow_row(flow: str) -> int:
    """Where the block of a flow begins in the flows table."""
    return [row[0] for row in FLOW_ROWS].index(flow)
