"""Who the children are: date of birth and sex over the years, and rows that a birth rules out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.history.returns.chains import (
    OPEN,
    UNKNOWN,
    as_days,
    birthdays,
    is_code,
    kept,
    replaced,
    rows_of,
)
from sufficiency.history.returns.frames import Return
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

MOST_DAYS_APART = 31
"""Dates of birth that are nearer than this differ only because the day was hidden."""

BORN_LATE = Rule(
    "born_after_first_episode",
    Action.SET_ASIDE,
    "The episode began before the child was born, in every year's Header: all the child's rows "
    "are left out.",
    "301, 302",
)
BORN_CHANGED = Rule(
    "date_of_birth_from_another_year",
    Action.REPAIRED,
    "The latest date of birth is after the first episode: another year's is used.",
    "302",
)
ASSESSED_AS_ADULT = Rule(
    "age_assessed_adult",
    Action.NOTED,
    "Found to be an adult (E15): the date of birth is not used, so no rate by age counts them.",
    "352",
)


def children_of(returned: Return) -> pd.DataFrame:
    """One row a child of the Header: the latest year's date of birth and sex that are known.

    Returns:
        Indexed by child: ``born`` (days, `UNKNOWN`), ``is_month_only``, ``sex``, and ``earliest``
        (the earliest date of birth that any year gives, days).
    """
    header = returned.header
    born = as_days(header["dob"], UNKNOWN)
    rows = pd.DataFrame(
        {
            "child": header["child"].to_numpy(),
            "year": header["year"].to_numpy(np.int64),
            "row": header["row"].to_numpy(),
            "born": born,
            "is_month_only": header["dob_is_month_only"].to_numpy(bool),
            "sex": header["sex"].astype(object).fillna("").to_numpy(),
        }
    ).sort_values(["child", "year", "row"], kind="stable")
    dated = rows[rows["born"] > UNKNOWN]
    found = dated.groupby("child").agg(
        born=("born", "last"), is_month_only=("is_month_only", "last"), earliest=("born", "min")
    )
    sexed = rows[rows["sex"] != ""].groupby("child")["sex"].last()
    children = found.reindex(pd.Index(rows["child"].unique(), name="child"))
    for name in ("born", "earliest"):
        children[name] = children[name].fillna(UNKNOWN).astype(np.int64)
    children["is_month_only"] = children["is_month_only"].eq(True)
    children["sex"] = sexed.reindex(children.index).fillna("")
    return children


def with_births(episodes: pd.DataFrame, children: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Episodes with ``born`` and ``adult_on`` (days), without children born after they came.

    Where the latest date of birth is after the first episode, the earliest of other years is
    used. Where the day of birth is hidden, up to 31 days late are forgiven. ``adult_on`` is
    `chains.OPEN` where the birth is not known.
    """
    known = children.reindex(episodes["child"])
    born, earliest = known["born"].to_numpy(), known["earliest"].to_numpy()
    born = np.where(np.isnan(born.astype(float)), UNKNOWN, born).astype(np.int64)
    earliest = np.where(np.isnan(earliest.astype(float)), UNKNOWN, earliest).astype(np.int64)
    is_month_only = known["is_month_only"].eq(True).to_numpy()
    first = episodes.groupby("child")["decom"].transform("min").to_numpy()
    late = (born > UNKNOWN) & (born > first + np.where(is_month_only, MOST_DAYS_APART, 0))
    mended = late & (earliest <= first)
    ledger.note(BORN_CHANGED, rows_of(episodes, mended))
    ledger.note(BORN_LATE, rows_of(episodes, late & ~mended))
    born = np.where(mended, earliest, born)
    with_dates = episodes.assign(born=born, is_month_only=is_month_only, adult_on=birthdays(born))
    return kept(with_dates, ~(late & ~mended))


def without_births_of_adults(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """No date of birth for a child found to be an adult (E15) whose own date says the same.

    The years until then were spent in care as a child: they count in stocks.
    """
    dec = episodes["dec"].to_numpy()
    past_18 = (dec < OPEN) & (dec >= episodes["adult_on"].to_numpy())
    found = is_code(episodes["rec"], "E15") & past_18
    if not found.any():
        return episodes
    adult = pd.Series(found).groupby(episodes["child"]).transform("any").to_numpy(bool)
    ledger.note(ASSESSED_AS_ADULT, rows_of(episodes, found))
    return replaced(episodes, adult, born=UNKNOWN, adult_on=OPEN)
