"""What validators object to and no figure of ours depends on: used as it is."""

from __future__ import annotations

import pandas as pd

from sufficiency.synthesis.faults.draft import Draft
from sufficiency.synthesis.settings import FOSTERING

PLACED_FOR_ADOPTION = ("A3", "A4", "A5", "A6")
LONGEST_POLICE_PROTECTION_NIGHTS = 3


def postcode_missing(draft: Draft) -> None:
    """The postcode of the placement is missing."""
    rows = draft.chains()
    confidential = rows["PLACE"].isin(PLACED_FOR_ADOPTION)
    confidential |= rows["life"].isin(draft.tables["uasc"]["life"])
    chosen = draft.pick("postcode_missing", rows[(rows["later_row"] < 0) & ~confidential])
    draft.set(chosen, PL_POST="")


def postcode_impossible(draft: Draft) -> None:
    """A postcode is none."""
    draft.set(draft.pick("postcode_impossible", draft.chains()), HOME_POST="NOT KNOWN")


def registration_missing(draft: Draft) -> None:
    """The registration of a home is missing."""
    rows = draft.chains()
    draft.set(draft.pick("registration_missing", rows[rows["PLACE"] == "K2"]), URN="")


def police_protection_too_long(draft: Draft) -> None:
    """Police protection lasts longer than it may."""
    rows = draft.chains()
    long = rows["nights"].between(LONGEST_POLICE_PROTECTION_NIGHTS + 1, 60)
    chosen = draft.pick("police_protection_too_long", rows[long & (rows["RNE"] == "S")])
    draft.set(chosen, LS="L1")


def with_parents_under_section_20(draft: Draft) -> None:
    """Placed with parents without an order."""
    rows = draft.chains()
    chosen = draft.pick("with_parents_under_section_20", rows[rows["PLACE"] == "P1"])
    draft.set(chosen, LS="V2")


def adopted_without_placement(draft: Draft) -> None:
    """Adopted from a placement that is not for adoption."""
    rows = draft.chains()
    chosen = draft.pick("adopted_without_placement", rows[rows["REC"].isin(["E4A", "E41"])])
    draft.set(chosen, REC="E12")


def exit_unlike_age(draft: Draft) -> None:
    """An exit of adults before the 18th birthday."""
    rows = draft.chains()
    chosen = draft.pick("exit_unlike_age", rows[rows["REC"].isin(["E4A", "E13"])])
    draft.set(chosen, REC="E17")


def guardian_was_no_carer(draft: Draft) -> None:
    """Guardianship to a former foster carer of a child who was not fostered."""
    rows = draft.chains()
    ended = rows["last_of_child"] & ~rows["is_open"] & ~rows["PLACE"].isin(FOSTERING)
    ended &= ~rows["PLACE"].isin(PLACED_FOR_ADOPTION) & rows["REC"].isin(["E4A", "E13", "E41"])
    draft.set(draft.pick("guardian_was_no_carer", rows[ended]), REC="E45")


def place_of_another_year(draft: Draft) -> None:
    """Supported accommodation under a code of other years."""
    rows = draft.chains()
    chosen = draft.pick("place_of_another_year", rows[rows["PLACE"].isin(["H5", "K3"])])
    draft.set(chosen, PLACE=rows.loc[chosen, "PLACE"].map({"H5": "K3", "K3": "H5"}))


def short_break_too_long(draft: Draft) -> None:
    """A short break of four months: most likely section 20."""
    rows = draft.episodes[draft.episodes["LS"] == "V3"]
    room = (pd.to_datetime(rows["year"].astype(str) + "-03-31") - rows["DECOM"]).dt.days > 130
    chosen = draft.pick("short_break_too_long", rows[room])
    draft.set(chosen, DEC=rows.loc[chosen, "DECOM"] + pd.Timedelta(days=120))


def header_of_an_adult(draft: Draft) -> None:
    """Somebody of 30 is in the Header, without an episode."""
    rows = draft.tables["header"]
    chosen = draft.pick("header_of_an_adult", rows, "header", note=False)
    adults = rows.loc[chosen].assign(life=-1 - pd.RangeIndex(len(chosen)))
    adults["CHILD"] = [f"SYN9{number:05d}" for number in range(len(chosen))]
    adults["DOB"] = pd.to_datetime((adults["year"] - 30).astype(str) + "-06-15")
    draft.note("header_of_an_adult", draft.add(adults, "header"), "header")
