"""Dates that one row, or a row and the next, show to be wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.history.returns.chains import (
    OPEN,
    UNKNOWN,
    Days,
    Flags,
    following,
    in_order,
    is_code,
    kept,
    last_rows,
    next_start,
    replaced,
    rows_of,
    year_ends,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

FIRST_LEGAL_DAY = int(np.datetime64("1991-10-14", "D").astype(np.int64))
MOST_DAYS_CARRIED = 7

START_FROM_END_BEFORE = Rule(
    "start_from_the_end_before",
    Action.REPAIRED,
    "The start is not a date; the child's row before ended because another episode began, so "
    "this one starts on that day.",
    "141",
)
START_UNREADABLE = Rule(
    "start_unreadable",
    Action.SET_ASIDE,
    "The start is not a date, and no row before says when it was.",
    "141",
)
START_AFTER_YEAR = Rule(
    "start_after_year_end",
    Action.SET_ASIDE,
    "The episode begins after the 31 March on which its return ends.",
    "354",
)
START_BEFORE_1991 = Rule(
    "start_before_1991",
    Action.NOTED,
    "The episode begins before 14 October 1991, when the law began.",
    "353",
)
END_AFTER_YEAR = Rule(
    "end_after_year_end",
    Action.REPAIRED,
    "The episode ends after the 31 March on which its return ends: taken as open on that day.",
    "385",
)
END_BEFORE_START = Rule(
    "end_before_start",
    Action.REPAIRED,
    "The end is before the start: the day on which the next episode begins is used.",
    "356",
)
END_BEFORE_START_LAST = Rule(
    "end_before_start_with_nothing_after",
    Action.SET_ASIDE,
    "The end is before the start, and no later episode says when it was.",
    "356",
)
END_UNREADABLE = Rule(
    "end_unreadable",
    Action.REPAIRED,
    "The end is not a date: the start of the next episode where one began that day, else taken "
    "as open.",
    "147",
)
REASON_WITHOUT_END = Rule(
    "reason_without_end",
    Action.REPAIRED,
    "A reason for ending without an end: the reason is ignored.",
    "148",
)
END_WITHOUT_REASON = Rule(
    "end_without_reason",
    Action.REPAIRED,
    "An end without a reason: the episode goes on where the next touches it, else the child "
    "left for a reason not known.",
    "148",
)
NO_NIGHTS = Rule(
    "no_nights",
    Action.SET_ASIDE,
    "The episode starts and ends on one day, so nobody slept there.",
    "355",
)
NO_NIGHTS_CARRIED = Rule(
    "no_nights_carried_on",
    Action.REPAIRED,
    "The episode starts and ends on one day and the next begins up to a week later: it lasts "
    "until then.",
    "355",
)


def with_readable_starts(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Rows whose start is a date, or is known from the child's row before in the same file."""
    rows = episodes.sort_values(["child", "year", "row"], kind="stable").reset_index(drop=True)
    joins = is_code(rows["rec"], "X1") & (rows["dec"].to_numpy() < OPEN)
    joins &= ~last_rows(rows) & (following(rows["year"].to_numpy()) == rows["year"])
    ends = np.append(UNKNOWN, np.where(joins, rows["dec"], UNKNOWN)[:-1])[: len(rows)]
    unread = rows["decom"].to_numpy() == UNKNOWN
    mended = unread & (ends > UNKNOWN) & (ends <= rows["dec"].to_numpy())
    ledger.note(START_FROM_END_BEFORE, rows_of(rows, mended))
    ledger.note(START_UNREADABLE, rows_of(rows, unread & ~mended))
    return in_order(kept(replaced(rows, mended, decom=ends), ~unread | mended))


def within_their_year(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """No start after the 31 March of a row's own return; a later end is taken as none."""
    year_end = year_ends(episodes["year"])
    late_start = episodes["decom"].to_numpy() > year_end
    dec = episodes["dec"].to_numpy()
    late_end = (dec > year_end) & (dec < OPEN) & ~late_start
    ledger.note(START_AFTER_YEAR, rows_of(episodes, late_start))
    ledger.note(END_AFTER_YEAR, rows_of(episodes, late_end))
    early = episodes["decom"].to_numpy() < FIRST_LEGAL_DAY
    ledger.note(START_BEFORE_1991, rows_of(episodes, early))
    return kept(replaced(episodes, late_end, dec=OPEN, rec=""), ~late_start)


def with_possible_ends(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Ends that are not dates or are before their start, from the next episode where it says.

    Nothing ends later than the 31 March of the return that says it has ended.
    """
    start_after = _next_different_start(episodes)
    decom, dec = episodes["decom"].to_numpy(), episodes["dec"].to_numpy()
    at_latest = np.minimum(start_after, year_ends(episodes["year"]))
    at_latest = np.where(at_latest > decom, at_latest, start_after)
    has_next = start_after < OPEN
    before = dec < decom
    ledger.note(END_BEFORE_START, rows_of(episodes, before & has_next))
    ledger.note(END_BEFORE_START_LAST, rows_of(episodes, before & ~has_next))
    unread = episodes["dec_unreadable"].to_numpy() & (dec == OPEN)
    joined = unread & is_code(episodes["rec"], "X1") & has_next
    ledger.note(END_UNREADABLE, rows_of(episodes, unread))
    mended = (before & has_next) | joined
    result = replaced(episodes, mended, dec=at_latest)
    result = replaced(result, unread & ~joined, rec="")
    return kept(result, ~(before & ~has_next))


def _next_different_start(episodes: pd.DataFrame) -> Days:
    """The child's next start on a later day than this row's; `OPEN` if there is none."""
    starts = episodes[["child", "decom"]].drop_duplicates().reset_index(drop=True)
    after = next_start(starts)
    place = np.cumsum(
        np.append(True, np.diff(episodes["decom"]) != 0)[: len(episodes)]
        | np.append(True, np.diff(episodes["child"]) != 0)[: len(episodes)]
    )
    result: Days = after[place - 1]
    return result


def with_ends_and_reasons_paired(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """A reason needs an end; an end without a reason goes on if the next row touches it."""
    is_open = episodes["dec"].to_numpy() == OPEN
    blank = is_code(episodes["rec"], "")
    idle = is_open & ~blank
    ledger.note(REASON_WITHOUT_END, rows_of(episodes, idle))
    bare = ~is_open & blank
    ledger.note(END_WITHOUT_REASON, rows_of(episodes, bare))
    touches = bare & (next_start(episodes) == episodes["dec"])
    return replaced(replaced(episodes, idle, rec=""), touches, rec="X1")


def without_empty_episodes(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """No episode without a night; one that leads to the next within a week lasts until then.

    Starts are different within a child here, so no other row tells of that day.
    """
    empty: Flags = (episodes["dec"] == episodes["decom"]).to_numpy()
    start_after = next_start(episodes)
    carried = empty & is_code(episodes["rec"], "X1")
    carried &= start_after - episodes["dec"].to_numpy() <= MOST_DAYS_CARRIED
    ledger.note(NO_NIGHTS_CARRIED, rows_of(episodes, carried))
    ledger.note(NO_NIGHTS, rows_of(episodes, empty & ~carried))
    return kept(replaced(episodes, carried, dec=start_after), ~empty | carried)
