"""One row an episode: what later years say of it, and short breaks left out after that."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.history.returns.chains import (
    OPEN,
    Flags,
    is_code,
    kept,
    position,
    rows_of,
    year_ends,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

COMPARED_CODES = ("rne", "ls", "cin", "place", "provider")
COMPARED_NUMBERS = ("home_post", "pl_post", "urn")
RECODED = {"H5": "K3", "P2": "K3", **{f"Z1{part}": "Z1" for part in "1234"}}
"""Kinds of placement that were given another code for the same thing, and one name for both."""
LONGEST_BREAKS_DAYS = 75

REPEATED = Rule(
    "repeated_in_later_year",
    Action.NOTED,
    "The same episode stands in a later year's return too, as it should while it goes on: "
    "the later row is used.",
)
AMENDED = Rule(
    "amended_in_later_year",
    Action.SET_ASIDE,
    "A later year's return says something else of the same episode: the later row is used.",
    "503A to 503J",
)
END_AMENDED = Rule(
    "end_amended_in_later_year",
    Action.SET_ASIDE,
    "A later year's return takes back or changes the end of the episode: the later row is used.",
)
TWICE_IN_A_YEAR = Rule(
    "twice_in_one_year",
    Action.SET_ASIDE,
    "The same child has two rows with the same start in one year: the fuller one is used.",
)
RESPITE = Rule(
    "short_breaks",
    Action.SET_ASIDE,
    "Short breaks (V3, V4) are not counted as children in care.",
)
LONG_BREAK = Rule(
    "short_break_too_long",
    Action.NOTED,
    "A short break (V3) of more than 75 days: probably ordinary care under section 20 (V2) "
    "with the wrong code. Please check; it is left out as it stands.",
    "365, 367",
)
LATE_RECORDED = Rule(
    "missing_from_the_year_before",
    Action.NOTED,
    "The episode began before this year but the return of the year before does not have it.",
    "562",
)


def one_row_an_episode(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """The best row for each child and start.

    Order of preference: the latest year; then an end after the start, not a short break, an end
    before none, the later end, most columns filled, the last line. So a repeat of next year's
    return closes an open episode, and an amended history replaces the old one.
    """
    order, first = _best_first(episodes)
    ranked = episodes.iloc[order]
    winner = np.flatnonzero(first)[np.cumsum(first) - 1]
    _note_the_rest(ranked, ranked.iloc[winner], ~first, ledger)
    return ranked[first].reset_index(drop=True)


def _best_first(episodes: pd.DataFrame) -> tuple[np.ndarray, Flags]:
    dec = episodes["dec"].to_numpy()
    filled = sum(
        (episodes[name].cat.codes.to_numpy() != _blank_code(episodes[name])).astype(np.int8)
        for name in (*COMPARED_CODES, "reason")
    ) + sum((episodes[name].to_numpy() >= 0).astype(np.int8) for name in COMPARED_NUMBERS)
    order = np.lexsort(
        (
            -episodes["row"].to_numpy(),
            -np.asarray(filled),
            -np.where(dec == OPEN, 0, dec),
            dec == OPEN,
            is_code(episodes["ls"], "V3", "V4"),
            dec <= episodes["decom"].to_numpy(),
            -episodes["year"].to_numpy(),
            episodes["decom"].to_numpy(),
            episodes["child"].to_numpy(),
        )
    )
    child, decom = episodes["child"].to_numpy()[order], episodes["decom"].to_numpy()[order]
    first = np.append(True, (child[1:] != child[:-1]) | (decom[1:] != decom[:-1]))[: len(order)]
    return order, first


def _blank_code(codes: pd.Series) -> int:
    return position(codes, "")


def _note_the_rest(
    rows: pd.DataFrame, winners: pd.DataFrame, losing: Flags, ledger: RowLedger
) -> None:
    """Enter why each other row of an episode is not used."""
    same_year = rows["year"].to_numpy() == winners["year"].to_numpy()
    dec, later = rows["dec"].to_numpy(), winners["dec"].to_numpy()
    end_differs = (dec < OPEN) & (dec != later)
    differs = np.zeros(len(rows), dtype=bool)
    for name in COMPARED_CODES:
        differs |= _changed(rows[name], winners[name])
    for name in COMPARED_NUMBERS:
        own, other = rows[name].to_numpy(), winners[name].to_numpy()
        differs |= (own != other) & (own >= 0) & (other >= 0)
    ledger.note(TWICE_IN_A_YEAR, rows_of(rows, losing & same_year))
    losing = losing & ~same_year
    ledger.note(END_AMENDED, rows_of(rows, losing & end_differs))
    ledger.note(AMENDED, rows_of(rows, losing & ~end_differs & differs))
    ledger.note(REPEATED, rows_of(rows, losing & ~end_differs & ~differs))


def _changed(codes: pd.Series, others: pd.Series) -> Flags:
    """Where two columns of one set of codes differ and neither is blank; recodes do not count."""
    names = [RECODED.get(str(name), str(name)) for name in codes.cat.categories]
    alike = pd.factorize(np.array(names, dtype=object))[0]
    blank = alike[_blank_code(codes)]
    own, other = alike[codes.cat.codes.to_numpy()], alike[others.cat.codes.to_numpy()]
    result: Flags = (own != other) & (own != blank) & (other != blank)
    return result


def without_short_breaks(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Episodes that are not respite. Only what the latest year says of an episode counts."""
    breaks = is_code(episodes["ls"], "V3", "V4")
    ledger.note(RESPITE, rows_of(episodes, breaks))
    lasted = np.minimum(episodes["dec"], year_ends(episodes["year"])) - episodes["decom"]
    too_long = is_code(episodes["ls"], "V3") & (lasted > LONGEST_BREAKS_DAYS).to_numpy()
    ledger.note(LONG_BREAK, rows_of(episodes, too_long))
    return kept(episodes, ~breaks)


def note_late_records(episodes: pd.DataFrame, ledger: RowLedger) -> None:
    """Enter rows that an earlier loaded year should have had and does not (all rows as read)."""
    years = np.unique(episodes["year"])
    year, decom = episodes["year"].to_numpy(), episodes["decom"].to_numpy()
    due = np.isin(year - 1, years) & (decom <= year_ends(year - 1))
    told = pd.MultiIndex.from_arrays([episodes["child"], decom, year])
    wanted = pd.MultiIndex.from_arrays([episodes["child"][due], decom[due], year[due] - 1])
    late = np.flatnonzero(due)[~wanted.isin(told)]
    ledger.note(LATE_RECORDED, episodes["row"].to_numpy()[late])
