"""Times in care: from entry to exit, what is seen of each, and how it began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from sufficiency.domain import ExitReason
from sufficiency.history.returns.chains import (
    IMPUTED,
    OPEN,
    UNKNOWN,
    Days,
    Flags,
    as_dates,
    categories,
    collection_years,
    day_number,
    first_rows,
    is_code,
    kept,
    last_rows,
    next_start,
    replaced,
    rows_gone,
    rows_of,
    year_ends,
)
from sufficiency.history.returns.frames import END_TYPES, START_TYPES, TURNED_18, Return
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

EXIT_REASON_OF_CODE = {
    **dict.fromkeys(("E11", "E12"), ExitReason.ADOPTION),
    **dict.fromkeys(("E43", "E44", "E45", "E46", "E47", "E48"), ExitReason.SPECIAL_GUARDIANSHIP),
    **dict.fromkeys(("E4A", "E4B", "E4"), ExitReason.RETURNED_HOME),
    **dict.fromkeys(("E13", "E41"), ExitReason.FAMILY_ARRANGEMENT),
    **dict.fromkeys(
        ("E2", "E3", "E5", "E6", "E7", "E8", "E9", "E14", "E15", "E16", "E17"),
        ExitReason.OTHER_REASON,
    ),
}
"""Why a child left care before 18, by the return's code; the grouping of the published tables."""
NEEDS = tuple(f"N{number}" for number in range(1, 9))
DAYS_ABOUT_BIRTHDAY = 1
DAYS_ABOUT_HIDDEN_BIRTHDAY = 31

START_AT_18 = Rule(
    "start_at_18",
    Action.SET_ASIDE,
    "The child had turned 18 before the episode began.",
    "352",
)
AFTER_18 = Rule(
    "after_turning_18",
    Action.SET_ASIDE,
    "A later episode of a young person who has turned 18: no longer counted as a child in care.",
    "359",
)
PAST_18 = Rule(
    "open_past_18",
    Action.REPAIRED,
    "The episode goes on past the 18th birthday: it ends on that day.",
    "359",
)
HOME_PAST_18 = Rule(
    "in_a_home_past_18",
    Action.NOTED,
    "Accommodated in a children's home after 18 (V2 with K2), as the law allows: counted until "
    "the 18th birthday.",
    "359",
)
STAYED_BUT_NOTHING_FOLLOWS = Rule(
    "nothing_follows",
    Action.NOTED,
    "The last episode says that another begins (X1) and none does: taken as having left on that "
    "day for a reason not known.",
    "388",
)
STAYED_AT_YEAR_END = Rule(
    "nothing_follows_at_year_end",
    Action.REPAIRED,
    "The last episode says that another begins on 31 March (X1), and the next year's return is "
    "not here: taken as still in care.",
    "388",
)
START_INFERRED = Rule(
    "start_inferred",
    Action.NOTED,
    "A time in care that begins in these years without the code for a start (S): counted as a "
    "start.",
    "357, 433",
)
UNKNOWN_EXIT = Rule(
    "exit_reason_not_known",
    Action.NOTED,
    "The child left care; the code for why is missing or not one of the return's.",
    "149",
)
BEFORE_FIRST_YEAR = Rule(
    "ended_before_first_year",
    Action.SET_ASIDE,
    "A time in care that had ended before the first year whose return is here.",
)


def without_adults(episodes: pd.DataFrame, last_day: date, ledger: RowLedger) -> pd.DataFrame:
    """Nobody in care past 18: later rows left out, rows that go on past it end on that day.

    An open row is taken to last until the 31 March of its return, or the last day known.
    """
    adult_on, decom = episodes["adult_on"].to_numpy(), episodes["decom"].to_numpy()
    after = decom >= adult_on
    came_before = pd.Series(~after).groupby(episodes["child"]).transform("any").to_numpy(bool)
    ledger.note(START_AT_18, rows_gone(episodes, after & ~came_before, after))
    ledger.note(AFTER_18, rows_gone(episodes, after & came_before, after))
    episodes, adult_on = kept(episodes, ~after), adult_on[~after]
    dec = episodes["dec"].to_numpy()
    known_until = np.minimum(year_ends(episodes["year"]), day_number(last_day))
    until = np.where(dec == OPEN, known_until, dec)
    past = until > adult_on
    past |= (dec == OPEN) & (until == adult_on)
    tolerated = DAYS_ABOUT_BIRTHDAY + np.where(
        episodes["is_month_only"], DAYS_ABOUT_HIDDEN_BIRTHDAY, 0
    )
    at_home = is_code(episodes["ls"], "V2") & is_code(episodes["place"], "K2")
    late = past & (until > adult_on + tolerated) | past & (dec == OPEN)
    ledger.note(HOME_PAST_18, rows_of(episodes, late & at_home))
    ledger.note(PAST_18, rows_of(episodes, late & ~at_home))
    return replaced(episodes, past, dec=adult_on, closing=0)


def with_last_ends(
    episodes: pd.DataFrame, loaded: Sequence[int], ledger: RowLedger
) -> pd.DataFrame:
    """Last rows that say that another follows: open on 31 March without a next return, else left.

    Args:
        episodes: in order, with ``period`` (rising), without overlaps.
        loaded: the years whose returns are here.
        ledger: takes the rows touched.
    """
    last = last_rows(episodes, "period")
    adult = _turned_18(episodes)
    idle = last & is_code(episodes["rec"], "X1") & (episodes["dec"].to_numpy() < OPEN) & ~adult
    year = collection_years(np.where(idle, episodes["dec"], 0))
    at_year_end = episodes["dec"].to_numpy() == year_ends(year)
    censored = idle & at_year_end & ~np.isin(year + 1, loaded) & (next_start(episodes) == OPEN)
    ledger.note(STAYED_AT_YEAR_END, rows_of(episodes, censored))
    ledger.note(STAYED_BUT_NOTHING_FOLLOWS, rows_of(episodes, idle & ~censored))
    return replaced(replaced(episodes, idle, rec=""), censored, dec=OPEN)


def _turned_18(episodes: pd.DataFrame) -> Flags:
    """Which rows end about the 18th birthday."""
    dec, adult_on = episodes["dec"].to_numpy(), episodes["adult_on"].to_numpy()
    found: Flags = (dec < OPEN) & (dec >= adult_on - DAYS_ABOUT_BIRTHDAY)
    return found


def periods_of(
    episodes: pd.DataFrame,
    returned: Return,
    children: pd.DataFrame,
    window: tuple[date, date],
    ledger: RowLedger,
) -> pd.DataFrame:
    """One row a time in care: `frames.PERIOD_COLUMNS`.

    Args:
        episodes: in order, with ``period``, without overlaps or gaps within a period.
        returned: the return, for unaccompanied children.
        children: `children.children_of`.
        window: the first day from which flows count, and the last that is known.
        ledger: takes the rows that were noted.
    """
    first = episodes[first_rows(episodes, "period")].reset_index(drop=True)
    last = episodes[last_rows(episodes, "period")].reset_index(drop=True)
    first_day, last_day = (day_number(day) for day in window)
    left = last["dec"].to_numpy()
    imputed = (last["closing"].to_numpy() == IMPUTED) & (left < OPEN)
    adult = _turned_18(last) & ~imputed
    known_until = np.minimum(year_ends(last["year"]), last_day)
    start = _start_types(first, first_day)
    end = np.select([left == OPEN, imputed, adult], [3, 2, 1], 0)
    entered = first["decom"].to_numpy()
    ledger.note(START_INFERRED, rows_of(first, start == START_TYPES.index("inferred")))
    reason = exit_reasons(last["rec"], end == END_TYPES.index("observed"))
    unknown = (end == 0) & (reason == "") & ~is_code(last["rec"], "")
    ledger.note(UNKNOWN_EXIT, rows_of(last, unknown))
    seen_to = np.where(left == OPEN, np.maximum(known_until, entered), left)
    return pd.DataFrame(
        {
            "period": first["period"].to_numpy(),
            "child": first["child"].to_numpy(),
            "uasc": _unaccompanied(first["child"], entered, seen_to, returned),
            "born": as_dates(np.where(first["born"] > UNKNOWN, first["born"], OPEN)),
            "born_is_month_only": first["is_month_only"].to_numpy(bool),
            "sex": pd.Categorical(
                children["sex"].reindex(first["child"]).fillna("").to_numpy(),
                categories=["", "F", "M", "U"],
            ),
            "entered": as_dates(entered),
            "left": as_dates(left),
            "seen_from": as_dates(np.maximum(entered, first_day)),
            "seen_to": as_dates(seen_to),
            "start_type": categories(start, START_TYPES),
            "end_type": categories(end, END_TYPES),
            "exit_reason": pd.Categorical(
                np.where(adult, TURNED_18, reason), categories=["", *map(str, ExitReason)]
            ),
            "need_code": _needs(episodes),
        }
    )


def _start_types(first: pd.DataFrame, first_day: int) -> Days:
    """Positions in `START_TYPES`: a start (S), one by its date, or one before the first year."""
    before = first["decom"].to_numpy() < first_day
    return np.where(is_code(first["rne"], "S"), 0, np.where(before, 2, 1))


def exit_reasons(codes: pd.Series, where: Flags) -> np.ndarray:
    """Why children left before 18, by the code; blank where not known or not ``where``."""
    names = np.array(
        [str(EXIT_REASON_OF_CODE.get(str(code), "")) for code in codes.cat.categories], dtype=object
    )
    return np.where(where, names[codes.cat.codes.to_numpy()], "") if len(codes) else names[:0]


def _needs(episodes: pd.DataFrame) -> pd.Categorical:
    """The first valid category of need of each time in care; blank if there is none."""
    codes = episodes["cin"].astype(object).where(is_code(episodes["cin"], *NEEDS), None)
    found = codes.groupby(episodes["period"].to_numpy()).first()
    return pd.Categorical(found.fillna("").to_numpy(), categories=["", *NEEDS])


def _unaccompanied(child: pd.Series, entered: Days, seen_to: Days, returned: Return) -> Flags:
    """Which times in care touch a year in which the child was unaccompanied."""
    header = returned.header
    told = header["uasc"].fillna(False).to_numpy(bool)
    flagged = pd.concat(
        [returned.uasc[["child", "year"]], header.loc[told, ["child", "year"]]],
        ignore_index=True,
    ).drop_duplicates()
    periods = pd.DataFrame(
        {
            "place": np.arange(len(child)),
            "child": child.to_numpy(),
            "from": collection_years(entered),
            "to": collection_years(seen_to),
        }
    )
    pairs = periods.merge(flagged.astype(np.int64), on="child")
    touched = pairs["year"].between(pairs["from"], pairs["to"])
    found = np.zeros(len(child), dtype=bool)
    found[pairs.loc[touched, "place"].to_numpy()] = True
    return found


def within_window(episodes: pd.DataFrame, first_day: date, ledger: RowLedger) -> pd.DataFrame:
    """Without times in care that had ended before the first year (``period`` is numbered anew)."""
    ended = episodes["dec"].groupby(episodes["period"]).transform("max").to_numpy()
    before = ended < day_number(first_day)
    ledger.note(BEFORE_FIRST_YEAR, rows_gone(episodes, before, before))
    within = kept(episodes, ~before)
    return within.assign(period=np.cumsum(first_rows(within, "period")) - 1)
