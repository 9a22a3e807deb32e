"""Whether two scenarios start from the same children, so that futures can be paired."""

from __future__ import annotations

import numpy as np

from sufficiency.report.formats import long_date
from sufficiency.resolution.resolve import Resolved


def why_not_the_same(base: Resolved, other: Resolved) -> str:
    """In what the children at the start differ, in words for the user; empty if in nothing.

    The same children are those of the same council on the same date, with the same ages, living in
    the same sectors, and with the same times in care where these are known child by child.
    """
    if base.authority.old_la_code != other.authority.old_la_code:
        return f"is of {other.authority.name}, not of {base.authority.name}"
    if base.start != other.start:
        return f"starts on {long_date(other.start)}, not on {long_date(base.start)}"
    mine, theirs = base.plan.children, other.plan.children
    if len(mine.age_group) != len(theirs.age_group):
        return (
            f"starts from {len(theirs.age_group):,} children in care, not from "
            f"{len(mine.age_group):,}"
        )
    if not np.array_equal(mine.sector, theirs.sector):
        return "starts from children who live elsewhere: their numbers by sector differ"
    if not np.array_equal(mine.age_group, theirs.age_group):
        return "starts from children of other ages"
    if not _same_times(base, other):
        return "starts from other children: their ages or times in care differ"
    return ""


def _same_times(base: Resolved, other: Resolved) -> bool:
    mine, theirs = base.plan.own.times, other.plan.own.times
    if mine is None or theirs is None:
        return mine is theirs
    return all(
        np.array_equal(getattr(mine, name), getattr(theirs, name))
        for name in ("first_born_day", "birth_days", "care_days", "placement_days")
    )
