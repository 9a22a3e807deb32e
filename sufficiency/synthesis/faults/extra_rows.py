"""Rows too many: repeated ones, and those of times when nobody was in care."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.synthesis.faults.draft import Draft, open_again
from sufficiency.synthesis.lives import eighteenth_birthday
from sufficiency.synthesis.settings import FOSTERING
from sufficiency.synthesis.tables import child_ids

_ONE_DAY = pd.Timedelta(days=1)


def duplicate_row(draft: Draft) -> None:
    """A row stands in a file twice."""
    chosen = draft.pick("duplicate_row", draft.chains(), note=False)
    draft.note("duplicate_row", draft.add(draft.episodes.loc[chosen]))


def duplicate_open_row(draft: Draft) -> None:
    """An episode stands in a file twice, once still open and once ended."""
    rows = draft.chains()
    chosen = draft.pick("duplicate_open_row", rows[~rows["is_open"]], note=False)
    again = open_again(draft.episodes.loc[chosen])
    draft.note("duplicate_open_row", draft.add(again))


def temporary_at_end(draft: Draft) -> None:
    """Care ends in a temporary placement."""
    rows = draft.chains()
    ended = rows["last_of_child"] & ~rows["is_open"] & (rows["nights"] > 10)
    chosen = draft.pick("temporary_at_end", rows[ended & rows["PLACE"].isin(FOSTERING)])
    away = draft.episodes.loc[chosen]
    begins = away["DEC"] - draft.days(2, 5, len(chosen))
    away = away.assign(
        DECOM=begins, RNE="P", PLACE="T4", PLACE_PROVIDER="", URN="", PL_POST="ZZ98 4AA"
    )
    draft.set(chosen, DEC=begins, REC="X1", REASON_PLACE_CHANGE="")
    draft.note("temporary_at_end", draft.add(away))


def start_at_18(draft: Draft) -> None:
    """Care begins after the 18th birthday: a child who is in no other row."""
    rows = draft.chains()
    like = rows[~rows["is_open"] & (rows["nights"] > 5) & (rows["RNE"] == "S")]
    chosen = draft.pick("start_at_18", like, note=False)
    header = draft.tables["header"]
    first_life = int(header["life"].max()) + 1
    lives = np.arange(first_life, first_life + len(chosen))
    ids = child_ids(lives)
    born = rows.loc[chosen, "DECOM"] - pd.Timedelta(days=18 * 366)
    adults = draft.episodes.loc[chosen].assign(CHILD=ids, life=lives, REC="E8", LS="V2", PLACE="U6")
    draft.note("start_at_18", draft.add(adults))
    listed = header.drop_duplicates("life").iloc[: len(chosen)]
    listed = listed.assign(
        CHILD=ids, life=lives, DOB=born.to_numpy(), year=adults["year"].to_numpy()
    )
    draft.add(listed, "header")


def open_past_18(draft: Draft) -> None:
    """An episode that ended on the 18th birthday is open still, in the next file too."""
    rows = draft.chains()
    born = draft.tables["header"].drop_duplicates("life").set_index("life")["DOB"]
    days = born.reindex(rows["life"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    birthday = eighteenth_birthday(days).astype("datetime64[D]")
    turned = (rows["DEC"].to_numpy().astype("datetime64[D]") == birthday) & rows["last_of_child"]
    other_home = ~((rows["LS"] == "V2") & (rows["PLACE"] == "K2"))
    chosen = draft.pick(
        "open_past_18", rows[turned & other_home & (rows["year"] < draft.last_year)]
    )
    draft.set(chosen, DEC=pd.NaT, REC="")
    still = draft.episodes.loc[chosen]
    draft.note("open_past_18", draft.add(still.assign(year=still["year"] + 1)))


def row_after_death(draft: Draft) -> None:
    """An episode after the child died, or was found to be an adult."""
    _row_after(draft, "row_after_death", ["E2", "E15"], 0)


def row_after_adoption(draft: Draft) -> None:
    """An episode under the same identifier after an adoption."""
    _row_after(draft, "row_after_adoption", ["E11", "E12"], 5)


def _row_after(draft: Draft, fault: str, exits: list[str], least_days: int) -> None:
    """A short episode in the same year after one that ended with one of these exits."""
    rows = draft.chains()
    room = (rows["year_end"] - rows["DEC"]).dt.days > 60
    chosen = draft.pick(fault, rows[rows["REC"].isin(exits) & room], note=False)
    after = draft.episodes.loc[chosen]
    begins = after["DEC"] + draft.days(least_days, 20, len(chosen))
    after = after.assign(DECOM=begins, DEC=begins + 10 * _ONE_DAY, RNE="S", REC="E4A", LS="V2")
    after = after.assign(PLACE="U6", PLACE_PROVIDER="PR1", PL_POST="ZZ98 5AA")
    draft.note(fault, draft.add(after))


def start_before_1991(draft: Draft) -> None:
    """An episode of 1990 in a file of our days."""
    chosen = draft.pick("start_before_1991", draft.chains(), note=False)
    old = draft.episodes.loc[chosen].assign(
        DECOM=pd.Timestamp(1990, 6, 1), DEC=pd.Timestamp(1990, 9, 1), RNE="S", REC="E8"
    )
    draft.note("start_before_1991", draft.add(old))
