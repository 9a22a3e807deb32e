"""The files of each year: the episodes that touch it, its Header, its UASC list.

Dates are datetimes here, NaT where blank; `writing` gives them the form of a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sufficiency.synthesis.chances import Ints, Words, chance_for, drawn_code, shipped_shares
from sufficiency.synthesis.lives import OPEN, Lives, age_years, eighteenth_birthday

EPISODES = (
    *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC"),
    *("REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"),
)
HEADER = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB")
UASC_LIST = ("CHILD", "SEX", "DOB", "DUC")
TABLES = {"episodes": EPISODES, "header": HEADER, "uasc": UASC_LIST}
DATES = ("DECOM", "DEC", "DOB", "MC_DOB", "DUC")
_CARE_LEAVER_YEARS = 21
_SCHOOL_AGE = 5
_LETTER_SEXES_FROM, _REGISTERED_FROM, _PARTED_Z_FROM = 2025, 2025, 2026
_NEW_GUARDIANSHIP_FROM, _H5_URN_FROM = 2019, 2024


@dataclass(frozen=True)
class YearTables:
    """The tables of one collection year."""

    year: int
    episodes: pd.DataFrame
    """`EPISODES`, and ``life``: the number of the child in the simulated world."""
    header: pd.DataFrame
    """`HEADER` and ``life``."""
    uasc: pd.DataFrame
    """`UASC_LIST` and ``life``."""


def tables_of(
    lives: Lives, children: pd.DataFrame, episodes: pd.DataFrame, years: Iterable[int], seed: int
) -> list[YearTables]:
    """The tables of each year.

    Args:
        lives: for its first and last day.
        children: everyone with an episode, as ``lives.children``, short breaks included.
        episodes: all episodes, with day numbers.
        years: collection years, rising.
        seed: of personal details.
    """
    people = _people(lives, children, seed)
    return [_tables_of_year(people, episodes, year) for year in years]


def last_day_of(year: int) -> int:
    """31 March of a collection year, in days from 1 January 1970."""
    return int(np.datetime64(f"{year}-03-31", "D").astype(np.int64))


def child_ids(numbers: Ints) -> Words:
    """Ids that say they are synthetic."""
    return np.array([f"SYN{number:06d}" for number in numbers], dtype=object)


def _people(lives: Lives, children: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Children with ``id, female, ETHNIC, UPN, mother_from, uasc_until`` (day numbers)."""
    shares = shipped_shares()["personal"]
    chance = chance_for(seed, "personal").random((len(children), 6))
    people = children.copy()
    uasc = people["uasc"].to_numpy()
    people["id"] = child_ids(people.index.to_numpy())
    girls = np.where(uasc, shares["girls_share_uasc"], shares["girls_share"])
    people["female"] = chance[:, 0] < girls
    ethnic = drawn_code(shares["ethnic"], chance[:, 1])
    people["ETHNIC"] = np.where(uasc, drawn_code(shares["ethnic_uasc"], chance[:, 1]), ethnic)
    people["UPN"] = [f"Z000{number:09d}" for number in people.index]
    left = np.minimum(people["left"].to_numpy(), lives.last_day)
    seen = np.maximum(people["entered"].to_numpy(), lives.start_day + 1)
    ends = seen + np.floor(chance[:, 2] * np.maximum(left - seen, 0)).astype(np.int64)
    settled = uasc & (chance[:, 3] < shares["uasc_status_ends_share"]) & (left > seen)
    people["uasc_until"] = np.where(settled, ends, OPEN)
    return people


def _tables_of_year(people: pd.DataFrame, episodes: pd.DataFrame, year: int) -> YearTables:
    last_before, last = last_day_of(year - 1), last_day_of(year)
    touching = (episodes["decom"] <= last) & (episodes["dec"] > last_before)
    rows = _episode_rows(people, episodes[touching], year, last)
    with_episodes = people.index.isin(episodes.loc[touching, "child"])
    header = people[with_episodes | _is_care_leaver(people, last_before, last)]
    uasc = people[with_episodes & people["uasc"] & (people["uasc_until"] > last_before)]
    return YearTables(
        year, rows, _header_rows(header, year, last_before), _uasc_rows(uasc, year, last)
    )


def _is_care_leaver(people: pd.DataFrame, last_before: int, last: int) -> pd.Series[bool]:
    """Left at 18 in an earlier year, not yet 21: in the Header without an episode."""
    age = age_years(people["born"].to_numpy(), np.full(len(people), last))
    adult = people["left"] >= eighteenth_birthday(people["born"].to_numpy())
    return adult & (people["left"] <= last_before) & (age < _CARE_LEAVER_YEARS)


def _episode_rows(
    people: pd.DataFrame, episodes: pd.DataFrame, year: int, last: int
) -> pd.DataFrame:
    still_open = (episodes["dec"] > last).to_numpy()
    urn = episodes["urn"].where((episodes["place"] != "H5") | (year >= _H5_URN_FROM), "")
    return pd.DataFrame(
        {
            "CHILD": people["id"].reindex(episodes["child"]).to_numpy(),
            "DECOM": _dates(episodes["decom"].to_numpy()),
            "RNE": episodes["rne"].to_numpy(),
            "LS": episodes["ls"].to_numpy(),
            "CIN": episodes["cin"].to_numpy(),
            "PLACE": _places_of_year(episodes["place"], year),
            "PLACE_PROVIDER": episodes["provider"].to_numpy(),
            "DEC": _dates(np.where(still_open, OPEN, episodes["dec"])),
            "REC": np.where(still_open, "", _exits_of_year(episodes["rec"], year)),
            "REASON_PLACE_CHANGE": np.where(still_open, "", episodes["reason"]),
            "HOME_POST": episodes["home_post"].to_numpy(),
            "PL_POST": episodes["pl_post"].to_numpy(),
            "URN": urn.to_numpy(),
            "life": episodes["child"].to_numpy(),
        }
    )


def _places_of_year(place: pd.Series[str], year: int) -> Words:
    found = place.to_numpy(dtype=object)
    if year >= _REGISTERED_FROM:
        found = np.where(found == "H5", "K3", found)
    if year >= _PARTED_Z_FROM:
        found = np.where(found == "Z1", "Z12", found)
    return found


def _exits_of_year(rec: pd.Series[str], year: int) -> Words:
    found = rec.to_numpy(dtype=object)
    if year >= _NEW_GUARDIANSHIP_FROM:
        return found
    found = np.where(np.isin(found, ["E45", "E46"]), "E43", found)
    return np.where(np.isin(found, ["E47", "E48"]), "E44", found)


def _sexes(people: pd.DataFrame, year: int) -> Words:
    codes = ("F", "M") if year >= _LETTER_SEXES_FROM else ("2", "1")
    found: Words = np.where(people["female"], *codes).astype(object)
    return found


def _header_rows(people: pd.DataFrame, year: int, last_before: int) -> pd.DataFrame:
    age = age_years(people["born"].to_numpy(), np.full(len(people), last_before))
    mothers = people["female"].to_numpy() & (age >= 14)
    return pd.DataFrame(
        {
            "CHILD": people["id"].to_numpy(),
            "SEX": _sexes(people, year),
            "DOB": _dates(people["born"].to_numpy()),
            "ETHNIC": people["ETHNIC"].to_numpy(),
            "UPN": np.where(age < _SCHOOL_AGE, "UN1", people["UPN"]),
            "MOTHER": np.where(mothers, "0", ""),
            "MC_DOB": _dates(np.full(len(people), OPEN)),
            "life": people.index.to_numpy(),
        }
    )


def _uasc_rows(people: pd.DataFrame, year: int, last: int) -> pd.DataFrame:
    until = people["uasc_until"].to_numpy()
    return pd.DataFrame(
        {
            "CHILD": people["id"].to_numpy(),
            "SEX": _sexes(people, year),
            "DOB": _dates(people["born"].to_numpy()),
            "DUC": _dates(np.where(until <= last, until, OPEN)),
            "life": people.index.to_numpy(),
        }
    )


def _dates(days: Ints) -> pd.DatetimeIndex:
    """Dates of day numbers, NaT for `OPEN`."""
    known = np.where(days < OPEN, days, 0).astype("datetime64[D]").astype("datetime64[s]")
    known[np.asarray(days) >= OPEN] = np.datetime64("NaT")
    return pd.DatetimeIndex(known)
