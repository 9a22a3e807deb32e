"""Episodes of one child that overlap, or leave a gap where care is said to go on.

Here no episode but a child's last is open, and starts are different within a child.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.history.returns.chains import (
    Days,
    Flags,
    first_rows,
    following,
    in_order,
    is_code,
    kept,
    last_rows,
    next_start,
    previous,
    replaced,
    rows_of,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

LONGEST_GAP_DAYS = 7
"""A gap this long inside one year is a slip of dates, if the child is said to have stayed."""
LAST_ENDS = ("E2", "E15")
CANNOT_GO_ON = ("E11", "E12", *LAST_ENDS)

AFTER_LAST_END = Rule(
    "after_death_or_adult",
    Action.SET_ASIDE,
    "An episode after the child had died (E2) or was found to be an adult (E15).",
    "437",
)
AFTER_ADOPTION = Rule(
    "after_adoption",
    Action.NOTED,
    "An episode after an adoption under the same number: a new time in care. The number should "
    "have changed.",
)
INSIDE_NEWER = Rule(
    "inside_a_later_years_episode",
    Action.SET_ASIDE,
    "An episode of an older return wholly inside one of a later return, which replaces it.",
    "501",
)
OVERLAP_OF_YEARS = Rule(
    "overlap_of_two_years",
    Action.REPAIRED,
    "The episode ends after the next begins, and they come from different years: it ends when "
    "the next begins.",
    "501",
)
OVERLAP_IN_YEAR = Rule(
    "overlap_in_one_year",
    Action.REPAIRED,
    "The episode ends after the next begins, in one year's return: it ends when the next begins.",
    "501",
)
TAKEN_UP_AGAIN = Rule(
    "taken_up_again_after_overlap",
    Action.REPAIRED,
    "A shorter episode lies inside this one of the same year and ends with no other to follow: "
    "this one goes on after it.",
    "501",
)
GAP_CLOSED = Rule(
    "gap_closed",
    Action.REPAIRED,
    "The child is said to have stayed in care (X1), and the next episode begins some days later "
    "(up to a week, or it comes from a later year): the episode lasts until then.",
    "433",
)
GAP_KEPT = Rule(
    "gap_too_long",
    Action.NOTED,
    "The child is said to have stayed in care (X1), but more than a week is missing: taken as "
    "having left for a reason not known and come back.",
    "433",
)
LEFT_AND_BACK_SAME_DAY = Rule(
    "left_and_back_on_one_day",
    Action.NOTED,
    "The dates touch although the child is said to have left, or to start anew: one time in care.",
    "388, 431, 432",
)


def without_rows_after_last_end(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """No episode after a death or an age assessment."""
    last_end = is_code(episodes["rec"], *LAST_ENDS)
    ended = pd.Series(np.where(last_end, episodes["dec"], np.iinfo(np.int64).max))
    first_end = ended.groupby(episodes["child"]).transform("min").to_numpy()
    after = episodes["decom"].to_numpy() >= first_end
    ledger.note(AFTER_LAST_END, rows_of(episodes, after))
    return kept(episodes, ~after)


def without_rows_inside_newer(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """No row of an older year wholly inside one of a newer year."""
    inside = np.zeros(len(episodes), dtype=bool)
    year, dec = episodes["year"].to_numpy(), episodes["dec"].to_numpy()
    for old in np.unique(year)[:-1]:
        inside |= (year == old) & (_latest_end_before(episodes, year > old) >= dec)
    ledger.note(INSIDE_NEWER, rows_of(episodes, inside))
    return kept(episodes, ~inside)


def _latest_end_before(episodes: pd.DataFrame, among: Flags) -> Days:
    """The latest end of the child's earlier rows that are ``among``; below all days if none."""
    ends = np.where(among, episodes["dec"], -1)
    child = np.cumsum(first_rows(episodes)) << 40
    so_far = np.maximum.accumulate(child + ends) - child
    before: Days = np.where(first_rows(episodes), -1, previous(so_far))
    return before


def with_outer_taken_up_again(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Where a short row lies inside a longer one of the same year, the longer goes on after it.

    So a holiday or a night in hospital entered beside the placement does not end the time in
    care. A short row that says that the child left care is believed.
    """
    stays = is_code(episodes["rec"], "X1", "")
    year, dec = episodes["year"].to_numpy(), episodes["dec"].to_numpy()
    parts = [episodes]
    for each in np.unique(year):
        until = _latest_end_before(episodes, year == each)
        resumes = np.minimum(until, next_start(episodes))
        held = (year == each) & stays & (resumes > dec)
        if held.any():
            parts.append(_taken_up(episodes, held, until, resumes))
            ledger.note(TAKEN_UP_AGAIN, parts[-1]["row"])
    return in_order(pd.concat(parts, ignore_index=True)) if len(parts) > 1 else episodes


def _taken_up(episodes: pd.DataFrame, held: Flags, until: Days, resumes: Days) -> pd.DataFrame:
    """The rest of each outer row, from the end of the inner to its own or the next start."""
    inner = episodes.loc[held, ["child", "year", "row", "dec"]].assign(
        until=until[held], resumes=resumes[held]
    )
    outer = inner[["child", "year", "until", "row"]].merge(
        episodes.drop(columns="row").assign(until=episodes["dec"], outer=episodes["row"]),
        on=["child", "year", "until"],
    )
    outer = outer.drop_duplicates("row").set_index("row").loc[inner["row"]]
    rest = outer.reset_index(drop=True).rename(columns={"outer": "row"})
    rest["decom"], rest["dec"] = inner["dec"].to_numpy(), inner["resumes"].to_numpy()
    rest = rest[list(episodes.columns)]
    cut = rest["dec"].to_numpy() < inner["until"].to_numpy()
    return replaced(replaced(rest, cut, rec="X1"), np.ones(len(rest), dtype=bool), rne="P")


def without_overlaps(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Each row ends, at the latest, when the child's next begins."""
    starts, year = next_start(episodes), episodes["year"].to_numpy()
    over = episodes["dec"].to_numpy() > starts
    one_year = following(year) == year
    ledger.note(OVERLAP_IN_YEAR, rows_of(episodes, over & one_year))
    ledger.note(OVERLAP_OF_YEARS, rows_of(episodes, over & ~one_year))
    return replaced(episodes, over, dec=starts, rec="X1", closing=0)


def without_small_gaps(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Rows that say that care goes on last until the next, where that is near enough.

    Near enough is a week, or any time where the next row continues and comes from a later year
    (the missing part was in a return that said something else).
    """
    starts, dec = next_start(episodes), episodes["dec"].to_numpy()
    year = episodes["year"].to_numpy()
    gap = (dec < starts) & ~last_rows(episodes) & is_code(episodes["rec"], "X1")
    goes_on = np.append(~is_code(episodes["rne"], "S")[1:], False)[: len(episodes)]
    closed = gap & ((starts - dec <= LONGEST_GAP_DAYS) | (goes_on & (following(year) > year)))
    ledger.note(GAP_CLOSED, rows_of(episodes, closed))
    ledger.note(GAP_KEPT, rows_of(episodes, gap & ~closed))
    return replaced(episodes, closed, dec=starts)


def with_readmissions_joined(episodes: pd.DataFrame, days: int) -> pd.DataFrame:
    """Times in care that are at most so many days apart made one; for counting beds."""
    starts, dec = next_start(episodes), episodes["dec"].to_numpy()
    near = (dec < starts) & (starts - dec <= days) & ~is_code(episodes["rec"], *CANNOT_GO_ON)
    return replaced(episodes, near, dec=starts, rec="X1")


def begins_period(episodes: pd.DataFrame, ledger: RowLedger) -> Flags:
    """Which rows begin a time in care: a child's first, after a gap, or after an adoption.

    Where dates touch, the child is taken to have stayed, whatever the codes say, except after an
    adoption or death.
    """
    first = first_rows(episodes)
    gap = episodes["decom"].to_numpy() > previous(episodes["dec"].to_numpy())
    codes = episodes["rec"]
    adopted = _before(is_code(codes, "E11", "E12")) & ~first
    ended = _before(is_code(codes, *CANNOT_GO_ON))
    ledger.note(AFTER_ADOPTION, rows_of(episodes, adopted))
    begins: Flags = first | gap | ended
    says_other = ~begins & (~_before(is_code(codes, "X1")) | is_code(episodes["rne"], "S"))
    ledger.note(LEFT_AND_BACK_SAME_DAY, rows_of(episodes, says_other))
    return begins


def _before(flags: Flags) -> Flags:
    """Each flag one row later."""
    return np.append(False, flags[:-1])[: len(flags)]
