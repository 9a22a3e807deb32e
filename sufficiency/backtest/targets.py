"""What is forecast and scored: which counts, how many years ahead, from which origins."""

from __future__ import annotations

from typing import NamedTuple

from sufficiency.domain import AGE_BANDS

ALL = "all"
HORIZONS = (1, 2, 3, 4, 5)
"""Years ahead."""
FIRST_ORIGIN, LAST_ORIGIN = 2015, 2022
LATEST_YEAR = 2023
"""The last 31 March whose outcome ships."""
FROZEN_SHAPES_FROM = 2019
"""Origins from this year on are shown apart: the national shapes that a forecast uses although
they are newer begin then."""
PARTED_FROM = 2020
"""Homes and supported accommodation are published apart from this year on."""


class Target(NamedTuple):
    """One count: a measure of all children, of an age band or of a published placement group."""

    measure: str
    placement_group: str = ALL
    age_band: str = ALL


FOSTERING, WITH_PARENTS, FOR_ADOPTION = "fostering", "with_parents", "placed_for_adoption"
HOMES_AND_SUPPORTED = "homes_and_supported"
HOMES, SUPPORTED = "homes", "supported"
GROUPS = (FOSTERING, WITH_PARENTS, FOR_ADOPTION, HOMES_AND_SUPPORTED)
"""Placement groups that every year's publication has: the last holds secure and children's homes,
semi-independent and independent living."""
PARTED = (HOMES, SUPPORTED)
"""The two parts of the last group, from 2020."""

IN_CARE, STARTERS, LEAVERS = Target("in_care"), Target("starters"), Target("leavers")
TOTALS = (IN_CARE, STARTERS, LEAVERS)
BY_AGE = tuple(Target("in_care", ALL, str(band)) for band in AGE_BANDS)
BY_GROUP = tuple(Target("in_care", group) for group in (*GROUPS, *PARTED))
TARGETS: tuple[Target, ...] = (*TOTALS, *BY_AGE, *BY_GROUP)
N_TARGETS, N_HORIZONS = len(TARGETS), len(HORIZONS)

AGES = slice(TARGETS.index(BY_AGE[0]), TARGETS.index(BY_AGE[-1]) + 1)
"""The targets by age band, in the order of `sufficiency.domain.AGE_BANDS`."""
GROUP_ROWS = slice(TARGETS.index(BY_GROUP[0]), TARGETS.index(BY_GROUP[0]) + len(GROUPS))
"""The targets by `GROUPS`."""
TOGETHER_ROW = TARGETS.index(Target("in_care", HOMES_AND_SUPPORTED))
PARTED_ROWS = slice(TARGETS.index(BY_GROUP[len(GROUPS)]), N_TARGETS)
"""The targets by `PARTED`."""
IN_CARE_ROW, STARTERS_ROW, LEAVERS_ROW = 0, 1, 2


def longest_horizon(origin: int, latest: int = LATEST_YEAR) -> int:
    """Years ahead of an origin whose outcome is known, at most the longest of `HORIZONS`."""
    return max(0, min(HORIZONS[-1], latest - origin))
