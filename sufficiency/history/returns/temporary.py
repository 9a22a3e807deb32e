"""Temporary placements: a holiday or a night in hospital does not end a placement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sufficiency.history.returns.chains import (
    OPEN,
    Days,
    Flags,
    first_rows,
    is_code,
    rows_of,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

LONGEST_DAYS = {"T0": 21, "T1": 42, "T2": 21, "T3": 21, "T4": 7}
"""T0 and T2 have no limit in the return's rules; theirs is ours."""

BRIDGED = Rule(
    "temporary_placement",
    Action.NOTED,
    "A temporary placement from which the child came back: part of the placement around it.",
)
TOO_LONG = Rule(
    "temporary_placement_too_long",
    Action.NOTED,
    "A temporary placement longer than the rules allow: counted as a placement of its own.",
    "375, 376, 379",
)
NO_RETURN = Rule(
    "temporary_placement_without_return",
    Action.NOTED,
    "A temporary placement from which the child did not come back: counted as a placement of "
    "its own.",
    "383",
)
AT_AN_EDGE = Rule(
    "temporary_placement_at_an_edge",
    Action.REPAIRED,
    "A temporary placement that begins or ends a time in care: part of the placement beside it.",
    "380, 381",
)


@dataclass(frozen=True)
class Bridges:
    """What becomes of temporary placements."""

    stands_for: Days
    """(n,): the row whose setting each row is part of; itself for most."""
    continues: Flags
    """(n,): rows that go on with the setting before, whatever their codes say."""
    is_away: Flags
    """(n,): nights of these rows were spent away from the setting."""


def bridges(episodes: pd.DataFrame, last_day: int, ledger: RowLedger) -> Bridges:
    """Which temporary placements are part of the setting around them, or beside them.

    A run of temporary rows within their limits is part of the setting before if the child comes
    back to it: the same kind of placement, and not another postcode. At the start or end of a
    time in care it is part of the setting beside it. All others stand for themselves.

    Args:
        episodes: in order, with ``period``, dates touching within a period.
        last_day: open episodes are followed until here.
        ledger: takes the rows.
    """
    away = is_code(episodes["place"], *LONGEST_DAYS)
    place = np.arange(len(episodes))
    before, after = _neighbours(episodes, away)
    too_long = _run_has(episodes, away, _over_limit(episodes, last_day))
    kind, post = episodes["place"].cat.codes.to_numpy(), episodes["pl_post"].to_numpy()
    both = away & (before >= 0) & (after >= 0)
    moved = (post[before] >= 0) & (post[after] >= 0) & (post[before] != post[after])
    returned = both & (kind[before] == kind[after]) & ~moved
    bridged = returned & ~too_long
    edge = away & ~both & ((before >= 0) | (after >= 0)) & ~too_long
    for rule, where in (
        (BRIDGED, bridged),
        (TOO_LONG, away & too_long),
        (NO_RETURN, both & ~returned & ~too_long),
        (AT_AN_EDGE, edge),
    ):
        ledger.note(rule, rows_of(episodes, where))
    part = bridged | edge
    stands_for = np.where(part, np.where(before >= 0, before, after), place)
    joined = np.append(False, part[:-1])[: len(part)] & ~away
    continues = (part | joined) & ~first_rows(episodes, "period")
    return Bridges(stands_for, continues, part)


def _neighbours(episodes: pd.DataFrame, away: Flags) -> tuple[Days, Days]:
    """The nearest rows of the same period before and after that are not temporary; -1: none."""
    place, period = np.arange(len(episodes)), episodes["period"].to_numpy()
    before = np.maximum.accumulate(np.where(away, -1, place))
    backwards = np.where(away, len(place), place)[::-1]
    after = np.minimum.accumulate(backwards)[::-1]
    after = np.where(after == len(place), -1, after)
    before = np.where((before >= 0) & (period[before] == period), before, -1)
    return before, np.where((after >= 0) & (period[after] == period), after, -1)


def _over_limit(episodes: pd.DataFrame, last_day: int) -> Flags:
    limits = np.array([LONGEST_DAYS.get(str(code), 0) for code in episodes["place"].cat.categories])
    dec = episodes["dec"].to_numpy()
    nights = np.where(dec == OPEN, last_day, dec) - episodes["decom"].to_numpy()
    result: Flags = nights > limits[episodes["place"].cat.codes.to_numpy()]
    return result


def _run_has(episodes: pd.DataFrame, away: Flags, flag: Flags) -> Flags:
    """Whether any row of the same run of temporary rows is flagged."""
    begins = first_rows(episodes, "period") | ~away
    begins |= np.append(True, ~away[:-1])[: len(away)]
    run = np.cumsum(begins) - 1
    found = np.zeros(int(run[-1]) + 1 if len(run) else 0, dtype=bool)
    np.logical_or.at(found, run, flag & away)
    result: Flags = found[run] & away
    return result


def nights_away(episodes: pd.DataFrame, is_away: Flags, last_day: int) -> Days:
    """(n,): nights of each row that were spent away from its setting."""
    dec = episodes["dec"].to_numpy()
    until = np.where(dec == OPEN, np.maximum(last_day, episodes["decom"]), dec)
    return np.where(is_away, until - episodes["decom"].to_numpy(), 0)
