"""Faults of the Header and the UASC list."""

from __future__ import annotations

import pandas as pd

from sufficiency.synthesis.faults.draft import Draft


def _in_several_years(draft: Draft) -> pd.DataFrame:
    """Header rows of children with episodes that other years' Headers have too."""
    rows = draft.tables["header"]
    several = rows.duplicated("life", keep=False)
    return rows[several & rows["life"].isin(draft.chains()["life"])]


def header_row_missing(draft: Draft) -> None:
    """A child is missing from one year's Header."""
    draft.take_out(draft.pick("header_row_missing", _in_several_years(draft), "header"), "header")


def child_without_header(draft: Draft) -> None:
    """A child is in no Header."""
    rows = draft.tables["header"]
    with_episodes = rows["life"].isin(draft.chains()["life"])
    listed = rows["life"].isin(draft.tables["uasc"]["life"])
    chosen = draft.pick("child_without_header", rows[with_episodes & ~listed], "header")
    lives = rows.loc[chosen, "life"]
    draft.take_out(list(rows.index[rows["life"].isin(lives)]), "header")


def child_twice_in_header(draft: Draft) -> None:
    """A child is in one year's Header twice, the second time without a sex."""
    chosen = draft.pick("child_twice_in_header", draft.tables["header"], "header", note=False)
    again = draft.add(draft.tables["header"].loc[chosen].assign(SEX=""), "header")
    draft.note("child_twice_in_header", again, "header")


def birth_date_differs(draft: Draft) -> None:
    """A date of birth differs from the other years'."""
    rows = _not_the_latest(draft)
    chosen = draft.pick("birth_date_differs", rows, "header")
    draft.set(chosen, "header", DOB=rows.loc[chosen, "DOB"] - draft.days(32, 60, len(chosen)))


def birth_date_unreadable(draft: Draft) -> None:
    """A date of birth is no date in one year."""
    for row in draft.pick("birth_date_unreadable", _in_several_years(draft), "header"):
        draft.write(row, "DOB", "30/02/2010", "header")


def birth_date_after_entry(draft: Draft) -> None:
    """A date of birth is after the child came into care, in one year."""
    entered = draft.chains().groupby("life")["DECOM"].min()
    rows = _not_the_latest(draft)
    chosen = draft.pick("birth_date_after_entry", rows, "header")
    late = entered.reindex(rows.loc[chosen, "life"]).to_numpy() + pd.Timedelta(days=60)
    draft.set(chosen, "header", DOB=late)


def _not_the_latest(draft: Draft) -> pd.DataFrame:
    """Header rows that a later year's Header has too, so that the true one is used."""
    rows = draft.tables["header"].sort_values("year", kind="stable")
    rows = rows[rows.duplicated("life", keep="last")]
    return rows[rows["life"].isin(draft.chains()["life"])]


def sex_differs(draft: Draft) -> None:
    """The sex differs from the other years'."""
    rows = _in_several_years(draft)
    chosen = draft.pick("sex_differs", rows, "header")
    other = {"1": "2", "2": "1", "M": "F", "F": "M"}
    draft.set(chosen, "header", SEX=rows.loc[chosen, "SEX"].map(other))


def sex_unknown(draft: Draft) -> None:
    """The sex is no code."""
    draft.set(draft.pick("sex_unknown", draft.tables["header"], "header"), "header", SEX="9")


def words_for_codes(draft: Draft) -> None:
    """The sex is written as a word."""
    rows = draft.tables["header"]
    words = {"1": "Male", "2": "Female", "M": "male", "F": "female"}
    for row in draft.pick("words_for_codes", rows, "header"):
        draft.write(row, "SEX", words[draft.cell(row, "SEX", "header")], "header")


def codes_as_decimals(draft: Draft) -> None:
    """Whole numbers are written with a decimal, as spreadsheets leave them."""
    rows = draft.tables["header"]
    for row in draft.pick("codes_as_decimals", rows[rows["SEX"].isin(["1", "2"])], "header"):
        draft.write(row, "SEX", f"{draft.cell(row, 'SEX', 'header')}.0", "header")


def uasc_row_missing(draft: Draft) -> None:
    """An unaccompanied child is missing from one year's list."""
    rows = draft.tables["uasc"]
    several = rows[rows.duplicated("life", keep=False)]
    draft.take_out(draft.pick("uasc_row_missing", several, "uasc"), "uasc")


def uasc_until_after_18(draft: Draft) -> None:
    """The status of an unaccompanied child ends after the 18th birthday."""
    rows = draft.tables["uasc"]
    chosen = draft.pick("uasc_until_after_18", rows, "uasc")
    ends = rows.loc[chosen, "DOB"] + pd.Timedelta(days=18 * 366 + 30)
    draft.set(chosen, "uasc", DUC=ends)
