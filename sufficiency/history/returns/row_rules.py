"""The named rules that concern one row, or what stands in its cells.

Rules on chains of a child's episodes (overlaps, gaps, what is still open) are not here: they are
applied when histories are rebuilt. What a rule found is counted by row number and never quoted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sufficiency.history.returns.codes import UNKNOWN
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

NOTED, REPAIRED, SET_ASIDE = Action.NOTED, Action.REPAIRED, Action.SET_ASIDE
EARLIEST_START = np.datetime64("1991-10-14")
"""The Children Act 1989 came into force: no episode of it began earlier."""
OLDEST_YEARS = 25
FOSTERING_ADOPTION_HOMES = (
    *("U1", "U2", "U3", "U4", "U5", "U6", "A3", "A4", "A5", "A6", "K1", "K2"),
)
TEMPORARY = ("T0", "T1", "T2", "T3", "T4")
SCHEDULED = ("Z1", "Z11", "Z12", "Z13", "Z14")

BLANK_ROW = Rule("blank_row", SET_ASIDE, "A row with nothing in it, between others.")
BROKEN_ROW = Rule(
    "too_many_cells",
    SET_ASIDE,
    "A row with more cells than the table has headings, perhaps from a comma within a cell.",
)
SHORT_ROW = Rule(
    "row_ends_early", NOTED, "A row with fewer cells than headings; the rest is blank."
)
NO_CHILD = Rule("child_missing", SET_ASIDE, "A row without a child's identifier.", "INT, 1001")
ROUNDED_CHILD = Rule(
    "child_shortened",
    SET_ASIDE,
    "A spreadsheet has shortened the child's identifier (such as 1.2E+09), so that different "
    "children look the same. Export the table again without opening it in a spreadsheet.",
)
OTHER_DATE_FORM = Rule(
    "date_in_another_form",
    NOTED,
    "A date written in another form than most dates of the file; it has only one reading.",
)
OTHER_CODE_FORM = Rule(
    "code_tidied",
    NOTED,
    "A code in small letters, with spaces or .0 around it, or a word for it; read as the code.",
)
UNKNOWN_CODES = {
    "RNE": Rule("rne_unknown", NOTED, "The reason for the new episode is no known code.", "143"),
    "LS": Rule("ls_unknown", NOTED, "The legal status is no known code.", "144"),
    "CIN": Rule("cin_unknown", NOTED, "The category of need is no known code.", "145"),
    "PLACE": Rule(
        "place_unknown",
        NOTED,
        "The placement is in no year's list of codes; counted as another placement.",
        "146",
    ),
    "PLACE_PROVIDER": Rule("provider_unknown", NOTED, "The provider is no known code.", "178"),
    "REC": Rule("rec_unknown", NOTED, "The reason for leaving is no known code.", "149"),
    "REASON_PLACE_CHANGE": Rule(
        "reason_unknown", NOTED, "The reason for the change of placement is no known code.", "1009"
    ),
    "SEX": Rule("sex_unknown", NOTED, "The sex is no known code; taken as not known.", "101"),
}
TOO_LONG_AGO = Rule(
    "decom_too_long_ago",
    SET_ASIDE,
    "The episode starts before 14 October 1991, so long ago that the child would be over 25.",
    "353",
)
REASON_WHILE_OPEN = Rule(
    "reason_on_open_episode",
    REPAIRED,
    "A reason for the change of placement on an episode without an end; it is ignored.",
    "233",
)
WITH_PARENTS_PROVIDER = Rule(
    "provider_of_parents",
    REPAIRED,
    "With parents, but the provider is not PR0; taken as PR0.",
    "527-531",
)
IMPOSSIBLE_PROVIDER = Rule(
    "provider_impossible",
    REPAIRED,
    "A provider that this kind of placement cannot have; taken as not known.",
    "527-529, 550",
)
TEMPORARY_PROVIDER = Rule(
    "provider_on_temporary", REPAIRED, "A provider on a temporary placement; it is ignored.", "213"
)
PROVIDER_FROM_URN = Rule(
    "provider_from_urn",
    REPAIRED,
    "The provider is missing; taken from other rows with the same registration number.",
    "178, 526",
)
PROVIDER_MISSING = Rule(
    "provider_missing", NOTED, "The provider is missing where one is required.", "178, 526"
)

Frame = pd.DataFrame


def without_ancient(episodes: Frame, ledger: RowLedger) -> Frame:
    """Without episodes that start so long ago that the child would be over 25 by now."""
    ancient = episodes["decom"].to_numpy() < EARLIEST_START
    over = episodes["year"] - episodes["decom"].dt.year > OLDEST_YEARS + 1
    gone = ancient & over.to_numpy()
    ledger.note(TOO_LONG_AGO, episodes["row"].to_numpy()[gone])
    return episodes[~gone].reset_index(drop=True) if gone.any() else episodes


def settle_codes(episodes: Frame, ledger: RowLedger) -> Frame:
    """Codes that contradict their own row are mended."""
    is_open = (episodes["dec"].isna() & ~episodes["dec_unreadable"]).to_numpy()
    _mend(episodes, is_open & _filled(episodes["reason"]), REASON_WHILE_OPEN, ledger, reason="")
    _settle_providers(episodes, ledger)
    return episodes


def _filled(column: pd.Series[str]) -> np.ndarray:
    return (column != "").to_numpy()


def _settle_providers(episodes: Frame, ledger: RowLedger) -> None:
    place, provider = episodes["place"], episodes["provider"]
    parents = (place == "P1").to_numpy()
    _mend(
        episodes,
        parents & (provider != "PR0").to_numpy(),
        WITH_PARENTS_PROVIDER,
        ledger,
        provider="PR0",
    )
    council = provider.isin(["PR1", "PR2"])
    impossible = (
        ((provider == "PR0") & ~parents)
        | (place.isin(["R2", "R5"]) & council)
        | (place.isin(FOSTERING_ADOPTION_HOMES) & (provider == "PR3"))
    ).to_numpy()
    _mend(episodes, impossible, IMPOSSIBLE_PROVIDER, ledger, provider="")
    temporary = place.isin(TEMPORARY).to_numpy()
    _mend(
        episodes,
        temporary & _filled(episodes["provider"]),
        TEMPORARY_PROVIDER,
        ledger,
        provider="",
    )
    _providers_from_urns(episodes, ledger)


def _providers_from_urns(episodes: Frame, ledger: RowLedger) -> None:
    """A missing provider from the one that all other rows of the same registration have."""
    unneeded = episodes["place"].isin([*TEMPORARY, *SCHEDULED])
    unknown = episodes["provider"].isin(["", UNKNOWN])
    missing = (unknown & ~unneeded).to_numpy()
    if not missing.any():
        return
    known = episodes[~unknown & (episodes["urn"] >= 0)][["urn", "provider"]].drop_duplicates()
    known = known[~known.duplicated("urn", keep=False)]
    by_urn = dict(zip(known["urn"], known["provider"].astype(str), strict=True))
    told = missing & episodes["urn"].isin(by_urn).to_numpy()
    episodes.loc[told, "provider"] = episodes.loc[told, "urn"].map(by_urn)
    ledger.note(PROVIDER_FROM_URN, episodes["row"].to_numpy()[told])
    ledger.note(PROVIDER_MISSING, episodes["row"].to_numpy()[missing & ~told])


def _mend(episodes: Frame, which: np.ndarray, rule: Rule, ledger: RowLedger, **values: Any) -> None:
    """Set cells of some rows, in place."""
    if which.any():
        for name, value in values.items():
            episodes.loc[which, name] = value
        ledger.note(rule, episodes["row"].to_numpy()[which])
