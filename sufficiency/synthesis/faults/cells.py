"""Codes that are unknown, missing, impossible or written otherwise."""

from __future__ import annotations

import pandas as pd

from sufficiency.synthesis.faults.draft import Draft
from sufficiency.synthesis.settings import NO_PROVIDER

TEMPORARY = ("T0", "T1", "T2", "T3", "T4")
MOST_NIGHTS_T4 = 7


def _ended(draft: Draft) -> pd.DataFrame:
    """Episodes that ended with a move and are in one file only, so that no stock shows them."""
    rows = draft.chains()
    return rows[(rows["REC"] == "X1") & (rows["earlier_row"] < 0)]


def rne_unknown(draft: Draft) -> None:
    """RNE is no code."""
    rows = draft.chains()
    draft.set(draft.pick("rne_unknown", rows[rows["previous_row"] >= 0]), RNE="Q")


def ls_unknown(draft: Draft) -> None:
    """LS is no code."""
    draft.set(draft.pick("ls_unknown", draft.chains()), LS="X9")


def cin_unknown(draft: Draft) -> None:
    """CIN is a code of another collection."""
    draft.set(draft.pick("cin_unknown", draft.chains()), CIN="N9")


def cin_differs(draft: Draft) -> None:
    """CIN changes within a period of care."""
    rows = draft.chains()
    chosen = draft.pick("cin_differs", rows[(rows["previous_row"] >= 0) & (rows["CIN"] == "N1")])
    draft.set(chosen, CIN="N5")


def place_unknown(draft: Draft) -> None:
    """PLACE is no code of any year."""
    draft.set(draft.pick("place_unknown", _ended(draft)), PLACE="U9")


def exit_unknown(draft: Draft) -> None:
    """REC is no code."""
    rows = draft.chains()
    ended = rows["last_of_child"] & ~rows["is_open"]
    draft.set(draft.pick("exit_unknown", rows[ended]), REC="E77")


def reason_unknown(draft: Draft) -> None:
    """The reason for a change is no code."""
    rows = _ended(draft)
    chosen = draft.pick("reason_unknown", rows[rows["REASON_PLACE_CHANGE"] != ""])
    draft.set(chosen, REASON_PLACE_CHANGE="MOVED")


def reason_missing(draft: Draft) -> None:
    """A placement changed and no reason is given."""
    rows = _ended(draft)
    moved = ~rows["REASON_PLACE_CHANGE"].isin(["", "PLACE"])
    chosen = draft.pick("reason_missing", rows[moved])
    draft.set(chosen, REASON_PLACE_CHANGE="")


def provider_missing(draft: Draft) -> None:
    """The provider is missing where one is required."""
    rows = draft.chains()
    needed = ~rows["PLACE"].isin([*NO_PROVIDER, "Z12"])
    draft.set(draft.pick("provider_missing", rows[needed]), PLACE_PROVIDER="")


def provider_on_temporary(draft: Draft) -> None:
    """A temporary placement has a provider."""
    rows = draft.chains()
    chosen = draft.pick("provider_on_temporary", rows[rows["PLACE"].isin(TEMPORARY)])
    draft.set(chosen, PLACE_PROVIDER="PR1")


def provider_impossible(draft: Draft) -> None:
    """Provided by a parent, but not with parents; or with parents, and not by them."""
    rows = draft.chains()
    chosen = draft.pick("provider_impossible", rows[rows["PLACE"].isin(["P1", "K2"])])
    place = rows.loc[chosen, "PLACE"]
    draft.set(chosen, PLACE_PROVIDER=place.map({"P1": "PR1", "K2": "PR0"}))


def rne_disagrees(draft: Draft) -> None:
    """RNE says that only the legal status changed, but the placement did; or the reverse."""
    rows = draft.chains()
    away = rows["PLACE"].isin(TEMPORARY)
    either = rows["RNE"].isin(["P", "L"]) & (rows["previous_row"] >= 0)
    chosen = draft.pick("rne_disagrees", rows[either & ~away & ~away.shift(fill_value=False)])
    draft.set(chosen, RNE=rows.loc[chosen, "RNE"].map({"P": "L", "L": "P"}))


def temporary_too_long(draft: Draft) -> None:
    """A temporary placement lasts longer than its code may."""
    rows = draft.chains()
    long = rows["PLACE"].isin(TEMPORARY) & (rows["nights"] > MOST_NIGHTS_T4)
    draft.set(draft.pick("temporary_too_long", rows[long]), PLACE="T4")


def codes_in_lower_case(draft: Draft) -> None:
    """Codes are written in lower case."""
    rows = draft.chains()
    for row in draft.pick("codes_in_lower_case", rows):
        for column in ("RNE", "LS", "PLACE", "PLACE_PROVIDER", "REC"):
            draft.write(row, column, draft.cell(row, column).lower())


def codes_padded(draft: Draft) -> None:
    """Codes have spaces around them."""
    rows = draft.chains()
    for row in draft.pick("codes_padded", rows[rows["REASON_PLACE_CHANGE"] != ""]):
        draft.write(row, "PLACE", f" {draft.cell(row, 'PLACE')}")
        draft.write(row, "REASON_PLACE_CHANGE", f"{draft.cell(row, 'REASON_PLACE_CHANGE')}  ")


def date_in_another_form(draft: Draft) -> None:
    """One date is written otherwise than the others of its file."""
    rows = draft.chains()
    rows = rows[~rows["is_open"]]
    for row in draft.pick("date_in_another_form", rows):
        draft.write(row, "DEC", pd.Timestamp(draft.cell(row, "DEC")).strftime("%Y-%m-%d"))


def child_missing(draft: Draft) -> None:
    """A row, repeated, without the child's identifier."""
    rows = draft.chains()
    chosen = draft.pick("child_missing", rows[~rows["is_open"]], note=False)
    added = draft.add(draft.episodes.loc[chosen])
    draft.note("child_missing", added)
    for row in added:
        draft.write(row, "CHILD", "")
