"""Which table of the return a file holds, told by its headings and never by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

ALIASES = {
    "PLACEMENT": "PLACE",
    "PL": "PLACE",
    "PLACEMENT_PROVIDER": "PLACE_PROVIDER",
    "DATE_EPISODE_CEASED": "DEC",
    "DATE_EPISODE_COMMENCED": "DECOM",
    "REASON_EPISODE_CEASED": "REC",
    "REASON_FOR_NEW_EPISODE": "RNE",
    "REASON_FOR_PLACE_CHANGE": "REASON_PLACE_CHANGE",
    "REASON_PLACEMENT_CHANGE": "REASON_PLACE_CHANGE",
    "UASC_STATUS": "UASC",
    "CHILDID": "CHILD",
    "CHILD_ID": "CHILD",
    "GENDER": "SEX",
    "DATE_OF_BIRTH": "DOB",
    "ETHNICITY": "ETHNIC",
}
"""Other names of the return's columns: of the XML form, of newer rules, of shared extracts."""

EPISODES, HEADER, UASC, OTHER = "episodes", "header", "uasc", "other"
VALIDATOR, PORTAL = "validator_export", "portal_extract"
USED = (EPISODES, HEADER, UASC)
REQUIRED = {
    EPISODES: ("CHILD", "DECOM", "RNE", "LS", "PLACE", "PLACE_PROVIDER", "DEC", "REC"),
    HEADER: ("CHILD", "SEX", "DOB"),
    UASC: ("CHILD", "DOB", "DUC"),
}
"""What a table must have to be used. More columns do no harm; order does not matter."""
OPTIONAL = {
    EPISODES: ("CIN", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN", "LA", "YEAR"),
    HEADER: ("UASC", "ETHNIC", "UPN", "MOTHER", "LA", "YEAR"),
    UASC: ("SEX", "LA", "YEAR"),
}
NOT_NEEDED = {
    "missing": ("MIS_START",),
    "prev_perm": ("PREV_PERM",),
    "placed_adoption": ("DATE_PLACED",),
    "ad1": ("DATE_MATCH",),
    "reviews": ("REVIEW",),
    "oc2": ("SDQ_SCORE",),
    "oc3": ("IN_TOUCH",),
    "sw_episodes": ("SW_DECOM",),
    "dolo": ("DOLO_START",),
}
"""The return's other tables, each with a heading that no other has."""
FOREIGN = {
    VALIDATOR: (
        *("ERROR_CODE", "ERROR_COUNT", "ERROR_DESCRIPTION", "ERROR_FIELDS", "ERROR_ROW"),
        *("AFFECTED_FIELDS", "AFFECTED_TABLE", "AFFECTED_VALUES", "ERRORS_FOR_CHILD"),
        *("RULE_CODE", "RULE_DESCRIPTION"),
    ),
    PORTAL: (
        *("CHILD_LA_CODE", "POC_START", "DATE_PERIOD_OF_CARE_COMMENCED"),
        *("DATE_PERIOD_OF_CARE_CEASED", "PLACEMENT_TYPE", "ETHNIC_CODE", "LEGAL_STATUS"),
    ),
}
"""Headings of tables that look like a return and are none."""
KNOWN = frozenset(
    (*sum(REQUIRED.values(), ()), *sum(OPTIONAL.values(), ()), *sum(NOT_NEEDED.values(), ()))
) | frozenset(ALIASES)


def plain_heading(heading: str) -> str:
    """A heading in capitals, words joined by ``_``, in the return's own name."""
    plain = re.sub(r"[^A-Z0-9]+", "_", heading.upper()).strip("_")
    return ALIASES.get(plain, plain)


def recognise(headings: Sequence[str]) -> str | None:
    """The kind of table with these plain headings; None if it is no table of the return.

    One of `USED`, of `NOT_NEEDED`, `OTHER` (another list of children with dates of birth),
    `VALIDATOR` or `PORTAL`.
    """
    has = set(headings)
    if has.issuperset(REQUIRED[EPISODES]):
        return EPISODES
    for kind, tells in NOT_NEEDED.items():
        if "CHILD" in has and has.intersection(tells):
            return kind
    if has.intersection(FOREIGN[VALIDATOR]):
        return VALIDATOR
    if len(has.intersection(FOREIGN[PORTAL])) > 1:
        return PORTAL
    if has.issuperset(REQUIRED[UASC]) and not has.intersection(("ETHNIC", "UPN", "MOTHER")):
        return UASC
    if has.issuperset(REQUIRED[HEADER]):
        return HEADER
    return OTHER if {"CHILD", "DOB"} <= has else None


def missing_for_episodes(headings: Sequence[str]) -> list[str]:
    """Headings that an almost complete Episodes table lacks; empty if it is none."""
    absent = [name for name in REQUIRED[EPISODES] if name not in headings]
    return absent if len(absent) <= len(REQUIRED[EPISODES]) // 2 else []
