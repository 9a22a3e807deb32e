"""One date of birth and one sex for each child, from every year's Header and the other tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.history.returns.ledger import Action, RowLedger, Rule
from sufficiency.history.returns.row_rules import OLDEST_YEARS
from sufficiency.history.returns.years import ends_after, last_day

LATE_DAYS_IF_MONTH_ONLY = 31
TWICE = Rule(
    "child_twice_in_header",
    Action.REPAIRED,
    "The child stands in one year's Header more than once; the last entry of each cell counts.",
    "INT32",
)
FOLDED = Rule(
    "header_row_repeated",
    Action.SET_ASIDE,
    "An earlier row of a child who stands in one year's Header more than once.",
    "INT32",
)
BIRTH_REPAIRED = Rule(
    "birth_date_repaired",
    Action.REPAIRED,
    "The date of birth was missing, no date, after the first episode or too long ago; taken from "
    "another year's Header or another table.",
    "102, 301, 302",
)
BIRTH_DIFFERS = Rule(
    "birth_date_differs",
    Action.REPAIRED,
    "The date of birth differs from the latest year's, which is used.",
    "203",
)
BIRTH_MISSING = Rule(
    "birth_date_missing",
    Action.NOTED,
    "No date of birth anywhere: counted in care, but in no rate by age.",
    "102",
)
BIRTH_WRONG = Rule(
    "birth_date_wrong",
    Action.SET_ASIDE,
    "The date of birth is no date, after the child's first episode or too long ago, and no other "
    "table tells it: the child's rows are set aside.",
    "102, 301, 302",
)
BEFORE_BIRTH = Rule(
    "decom_before_birth",
    Action.SET_ASIDE,
    "The episode starts before the child's birth, while most of the child's episodes do not.",
    "302",
)
SEX_DIFFERS = Rule(
    "sex_differs", Action.REPAIRED, "The sex differs from the latest year's, which is used.", "202"
)
NOT_IN_HEADER = Rule(
    "child_not_in_header", Action.NOTED, "An episode of a child who is in no Header.", "INT03"
)
NO_EPISODES = Rule(
    "no_episodes", Action.NOTED, "A child in the Header without an episode: a care leaver.", "EPI"
)

Frame = pd.DataFrame
KEYS = ["year", "child"]


def fold_repeats(header: Frame, ledger: RowLedger) -> Frame:
    """One row a child and year: the last that is not blank, cell by cell."""
    repeated = header.duplicated(KEYS, keep=False)
    if not repeated.any():
        return header
    rows = header[repeated].sort_values("row")
    sex = rows["sex"].astype(object).where(rows["sex"] != "")
    folded = rows.assign(sex=sex).groupby(KEYS, sort=False).last().reset_index()
    folded["dob_given"] |= folded["dob"].notna()
    folded["sex"] = folded["sex"].fillna("")
    folded = folded.astype(header.dtypes.to_dict())[list(header.columns)]
    ledger.note(TWICE, folded["row"].to_numpy())
    ledger.note(FOLDED, rows.loc[~rows["row"].isin(folded["row"]), "row"].to_numpy())
    return pd.concat([header[~repeated], folded], ignore_index=True).sort_values("row")


def settle_births(
    header: Frame, others: Frame, episodes: Frame, ledger: RowLedger
) -> tuple[Frame, Frame]:
    """The Header with one date of birth and sex a child in all years, and the episodes that stand.

    Args:
        header: one row a child and year (`fold_repeats`), with ``dob_given``: whether the cell
            held anything.
        others: ``child, year, dob`` of other tables.
        episodes: rows whose dates can stand.
        ledger: where every change is entered.
    """
    told = _best(header, others, episodes)
    own = header["dob"]
    used = header["child"].map(told)
    misses = _is_unusable(header, _first_starts(episodes)) & used.notna()
    differs = used.notna() & own.notna() & (own != used) & ~misses
    ledger.note(BIRTH_REPAIRED, header.loc[misses, "row"].to_numpy())
    ledger.note(BIRTH_DIFFERS, header.loc[differs, "row"].to_numpy())
    header = header.assign(dob=used.where(used.notna(), own).astype(own.dtype))
    header, episodes = _without_wrong_births(header, used.isna().to_numpy(), episodes, ledger)
    header = _with_one_sex(header, ledger)
    return _with_the_unlisted(header, told, episodes, ledger), episodes


def _first_starts(episodes: Frame) -> Frame:
    """Indexed by child: the first start that can be, and the first collection year."""
    late = ends_after(episodes["decom"].to_numpy(), episodes["year"].to_numpy())
    possible = episodes.assign(decom=episodes["decom"].mask(late))
    return possible.groupby("child").agg(first=("decom", "min"), first_year=("year", "min"))


def _is_unusable(births: Frame, starts: Frame) -> pd.Series[bool]:
    """Which dates of birth cannot be: missing, in the future, after entry, or too long ago."""
    dob = births["dob"]
    first = births["child"].map(starts["first"])
    year = births["child"].map(starts["first_year"])
    month_only = births["dob_is_month_only"].astype(bool)
    slack = pd.to_timedelta(np.where(month_only, LATE_DAYS_IF_MONTH_ONLY, 0), unit="D")
    ends = pd.Series(last_day(births["year"].to_numpy()), index=births.index)
    too_old = (year - 1 - dob.dt.year > OLDEST_YEARS) & year.notna()
    unusable: pd.Series[bool] = dob.isna() | (dob > ends) | (dob - slack > first) | too_old
    return unusable


def _best(header: Frame, others: Frame, episodes: Frame) -> pd.Series[pd.Timestamp]:
    """Indexed by child: the latest possible date of birth in a Header, else in another table."""
    columns = ["child", "year", "dob", "dob_is_month_only"]
    listed = header[columns].assign(rank=0)
    lent = others.assign(dob_is_month_only=False)[columns].assign(rank=1)
    births = pd.concat([listed, lent], ignore_index=True) if len(lent) else listed
    births = births[~_is_unusable(births, _first_starts(episodes))]
    births = births.sort_values(["child", "rank", "year"], ascending=[True, True, False])
    return births.drop_duplicates("child").set_index("child")["dob"]


def _without_wrong_births(
    header: Frame, untold: np.ndarray, episodes: Frame, ledger: RowLedger
) -> tuple[Frame, Frame]:
    """Children whose date of birth cannot be are set aside, or only their few early rows."""
    without = header[untold]
    in_episodes = without["child"].isin(episodes["child"])
    given = without.groupby("child")["dob_given"].transform("any").astype(bool)
    ledger.note(BIRTH_MISSING, without.loc[in_episodes & ~given, "row"].to_numpy())
    suspects = without[in_episodes & given].sort_values("year")
    if suspects.empty:
        return header, episodes
    born = suspects.dropna(subset="dob").drop_duplicates("child", keep="last")
    births = episodes["child"].map(born.set_index("child")["dob"])
    early = births.notna() & (episodes["decom"] < births)
    shares = early.groupby(episodes["child"]).mean()
    mostly_right = shares.index[(shares > 0) & (shares <= 0.5)]
    early_rows = early & episodes["child"].isin(mostly_right)
    wrong = suspects.loc[~suspects["child"].isin(mostly_right), "child"]
    gone = episodes["child"].isin(wrong)
    ledger.note(BEFORE_BIRTH, episodes.loc[early_rows, "row"].to_numpy())
    ledger.note(BIRTH_WRONG, episodes.loc[gone, "row"].to_numpy())
    ledger.note(BIRTH_WRONG, header.loc[header["child"].isin(wrong), "row"].to_numpy())
    return header[~header["child"].isin(wrong)], episodes[~early_rows & ~gone]


def _with_one_sex(header: Frame, ledger: RowLedger) -> Frame:
    given = header[(header["sex"] != "").to_numpy()].sort_values(["child", "year"])
    latest = given.drop_duplicates("child", keep="last").set_index("child")["sex"]
    used = header["child"].map(latest.astype(object)).fillna("")
    differs = (header["sex"] != "").to_numpy() & (header["sex"].astype(object) != used).to_numpy()
    ledger.note(SEX_DIFFERS, header["row"].to_numpy()[differs])
    return header.assign(sex=used.astype(header["sex"].dtype))


def _with_the_unlisted(
    header: Frame, told: pd.Series[pd.Timestamp], episodes: Frame, ledger: RowLedger
) -> Frame:
    """Children of other tables join the Header, under the number of their first episode's row."""
    unlisted = episodes[~episodes["child"].isin(header["child"])]
    ledger.note(NOT_IN_HEADER, unlisted["row"].to_numpy())
    idle = ~header["child"].isin(episodes["child"])
    ledger.note(NO_EPISODES, header.loc[idle, "row"].to_numpy())
    known = unlisted[unlisted["child"].isin(told.index)].drop_duplicates("child")
    if known.empty:
        return header
    joined = known[["row", *KEYS]].assign(
        sex=pd.Series("", index=known.index).astype(header["sex"].dtype),
        dob=known["child"].map(told).astype(header["dob"].dtype),
        dob_is_month_only=False,
        dob_given=True,
        uasc=pd.array([pd.NA] * len(known), dtype="boolean"),
    )
    return pd.concat([header, joined[list(header.columns)]], ignore_index=True)
