"""What one row says that cannot be quite right: counted for the data team, used as it is."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from sufficiency.domain import ADULT_YEARS
from sufficiency.history.returns.coded import Coded, Flags
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s*(?:\d[A-Z]{0,2})?")
"""A whole postcode, or its beginning as shared extracts have it."""
FOSTERING = ("U1", "U2", "U3", "U4", "U5", "U6")
FOR_ADOPTION = ("A3", "A4", "A5", "A6")
REGISTERED = (*FOSTERING, *FOR_ADOPTION, "K1", "K2", "K3", "R3", "S1")
"""Settings that have a registration number wherever they are in England."""
RESPITE = ("V3", "V4")
FIRST_YEAR_OF_URN = 2016
LONGEST_DAYS = {"L1": 3, "L2": 21, "L3": 7, "J2": 21}
PLACE_YEARS = {
    "K3": (2025, 9999),
    "H5": (0, 2024),
    "P2": (0, 2024),
    "Z1": (0, 2026),
    **dict.fromkeys(("Z11", "Z12", "Z13", "Z14"), (2026, 9999)),
    **dict.fromkeys(("Q1", "Q2"), (0, 2015)),
}
REC_YEARS = {
    **dict.fromkeys(("E43", "E44"), (0, 2018)),
    **dict.fromkeys(("E45", "E46", "E47", "E48"), (2019, 9999)),
}
YOUNGEST_AT_START = {"R5": 10, "S1": 4, "P3": 14}
YOUNGEST_OF_STATUS = {"J1": 10, "J2": 10, "J3": 10}
YOUNGEST_AT_EXIT = {"E17": 18, "E5": 14, "E6": 14, "E7": 16}
CHILDREN_ONLY = ("E11", "E12", "E45", "E46", "E47", "E48")
YOUNGEST_UASC = 11


def _noted(name: str, meaning: str, codes: str) -> Rule:
    return Rule(name, Action.NOTED, meaning, codes)


NO_POSTCODE = _noted(
    "postcode_missing", "The placement has no postcode, so its distance is not known.", "392"
)
IMPOSSIBLE_POSTCODE = _noted(
    "postcode_impossible", "A postcode is none, so the distance is not known.", "164, 406"
)
NO_URN = _noted(
    "registration_missing", "No registration number, which a setting in England has.", "218"
)
TOO_LONG = _noted(
    "emergency_too_long",
    "Police protection, an emergency order, an assessment order or a "
    "detention lasts longer than it may.",
    "361-364",
)
PARENTS_VOLUNTARY = _noted(
    "with_parents_by_agreement", "With parents, but looked after by agreement (V2).", "378"
)
ADOPTED_FROM_ELSEWHERE = _noted(
    "adopted_without_placement", "Adopted from a placement that is not for adoption.", "390, 408"
)
GUARDIAN_NO_CARER = _noted(
    "guardian_was_no_carer",
    "Guardianship to the former foster carer of a child not fostered.",
    "516",
)
PLACE_OF_ANOTHER_YEAR = _noted(
    "place_of_another_year",
    "The placement's code is of other years; it is read all the same.",
    "146",
)
REC_OF_ANOTHER_YEAR = _noted(
    "rec_of_another_year", "The reason for leaving is a code of other years; it is read.", "149"
)
TOO_YOUNG = _noted(
    "too_young_for_placement",
    "The child is younger than this placement or legal status allows.",
    "358, 370-374",
)
EXIT_UNLIKE_AGE = _noted(
    "exit_unlike_age",
    "The reason for leaving does not go with the child's age; age decides who left at 18.",
    "386, 387, 389, 407, 460",
)
UASC_AFTER_18 = _noted(
    "uasc_until_after_18",
    "The status of an unaccompanied child ends after the 18th birthday; that date is not used.",
    "304",
)
YOUNG_UASC = _noted("uasc_under_11", "An unaccompanied asylum-seeking child under 11.", "303")

Frame = pd.DataFrame


def is_no_postcode(column: Coded) -> Flags:
    """(n_rows,): cells that hold something, but no postcode or beginning of one."""
    return column.flags(lambda text: text != "" and POSTCODE.fullmatch(text.upper()) is None)


def warn_of_rows(episodes: Frame, ledger: RowLedger) -> None:
    """Note what a row says against itself, whatever the child's age."""
    place, status, rec = (episodes[name].astype(str) for name in ("place", "ls", "rec"))
    year = episodes["year"]
    long_stay = ~status.isin(RESPITE)
    days = (episodes["dec"] - episodes["decom"]).dt.days
    found = {
        NO_POSTCODE: (episodes["pl_post"] < 0) & long_stay & ~place.isin(FOR_ADOPTION),
        NO_URN: (episodes["urn"] < 0) & place.isin(REGISTERED) & (year >= FIRST_YEAR_OF_URN),
        TOO_LONG: days > status.map(LONGEST_DAYS).astype(float).fillna(np.inf),
        PARENTS_VOLUNTARY: (place == "P1") & (status == "V2"),
        ADOPTED_FROM_ELSEWHERE: rec.isin(("E11", "E12")) & ~place.isin(FOR_ADOPTION),
        GUARDIAN_NO_CARER: rec.isin(("E45", "E46")) & ~place.isin(FOSTERING),
        PLACE_OF_ANOTHER_YEAR: _outside(place, year, PLACE_YEARS),
        REC_OF_ANOTHER_YEAR: _outside(rec, year, REC_YEARS),
    }
    for rule, which in found.items():
        ledger.note(rule, episodes["row"].to_numpy()[which.to_numpy(dtype=bool)])


def _outside(
    codes: pd.Series[str], year: pd.Series[int], spans: dict[str, tuple[int, int]]
) -> pd.Series[bool]:
    first = codes.map({code: span[0] for code, span in spans.items()}).astype(float).fillna(0)
    last = codes.map({code: span[1] for code, span in spans.items()}).astype(float).fillna(9999)
    outside: pd.Series[bool] = (year < first) | (year > last)
    return outside


def warn_of_ages(header: Frame, uasc: Frame, episodes: Frame, ledger: RowLedger) -> Frame:
    """Note what does not go with a child's age; the UASC table without dates after 18."""
    born = header.dropna(subset="dob").drop_duplicates("child").set_index("child")["dob"]
    births = episodes["child"].map(born)
    place, status, rec = (episodes[name].astype(str) for name in ("place", "ls", "rec"))
    at_start, at_exit = age_on(episodes["decom"], births), age_on(episodes["dec"], births)
    young = at_start < place.map(YOUNGEST_AT_START).astype(float).fillna(-1)
    young |= at_start < status.map(YOUNGEST_OF_STATUS).astype(float).fillna(-1)
    young |= at_start < _youngest_alone(place, episodes["year"])
    unlike = at_exit < rec.map(YOUNGEST_AT_EXIT).astype(float).fillna(-1)
    unlike |= (at_exit >= ADULT_YEARS) & rec.isin(CHILDREN_ONLY)
    rows = episodes["row"].to_numpy()
    ledger.note(TOO_YOUNG, rows[young.to_numpy(dtype=bool)])
    ledger.note(EXIT_UNLIKE_AGE, rows[unlike.to_numpy(dtype=bool)])
    births = uasc["child"].map(born)
    late = (age_on(uasc["duc"], births) >= ADULT_YEARS) & (uasc["duc"] != _birthday_18(births))
    ledger.note(UASC_AFTER_18, uasc["row"].to_numpy()[late.to_numpy(dtype=bool)])
    ends = pd.to_datetime(uasc["year"].astype(str) + "-03-31", format="%Y-%m-%d")
    ledger.note(YOUNG_UASC, uasc["row"].to_numpy()[(age_on(ends, births) < YOUNGEST_UASC)])
    return uasc.assign(duc=uasc["duc"].mask(late))


def _youngest_alone(place: pd.Series[str], year: pd.Series[int]) -> pd.Series[float]:
    """The least age to live in semi-independent or independent settings: raised to 16 in 2024."""
    before = place.map({"H5": 14, "P2": 15, "K3": 16}).astype(float)
    return before.where(before.isna() | (year < 2024), 16).fillna(-1)


def age_on(days: pd.Series[pd.Timestamp], births: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    """Whole years of age on some days; NaN where either is not known."""
    before = (days.dt.month < births.dt.month) | (
        (days.dt.month == births.dt.month) & (days.dt.day < births.dt.day)
    )
    age: pd.Series[float] = days.dt.year - births.dt.year - before.astype(float)
    return age


def _birthday_18(births: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    birthday: pd.Series[pd.Timestamp] = births + pd.DateOffset(years=ADULT_YEARS)
    return birthday
