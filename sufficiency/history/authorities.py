"""English authorities: finding one by name or code, and what became of those that changed.

Figures are kept under the authority that existed in the year, so an authority made by a merger
or a split has a short history of its own (Bournemouth, Christchurch and Poole and the new
Dorset from 31 March 2020; North and West Northamptonshire from 31 March 2022). No part of the
old authorities' figures is given to the new ones: the published tables do not say which
children lived where. Calibration leans on neighbours and England instead. A change of code
alone keeps the history joined under the present code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import pandas as pd

from sufficiency.errors import UnknownAuthority
from sufficiency.history.reference import ENGLAND_CODE, ReferenceData, shipped_reference

MOST_SUGGESTIONS = 3


@dataclass(frozen=True)
class Authority:
    """A children's services authority, by its present name and codes.

    Attributes:
        name: as the Department for Education prints it.
        old_la_code: the department's three-digit code, the key of all tables.
        new_la_code: the ONS code.
        region: with London in two parts, Inner and Outer.
        note: what a reader must know about its history; empty for most.
    """

    name: str
    old_la_code: str
    new_la_code: str
    region: str
    note: str = ""

    def __str__(self) -> str:
        return self.name


ENGLAND = Authority("England", ENGLAND_CODE, "E92000001", "England")

NOTES = {
    "838": "Dorset was made on 1 April 2019 from most of the former county; its own figures "
    "begin on 31 March 2020.",
    "839": "Bournemouth, Christchurch and Poole was made on 1 April 2019 from Bournemouth, "
    "Poole and part of the former county of Dorset; its own figures begin on 31 March 2020.",
    "940": "North Northamptonshire was made on 1 April 2021 from part of Northamptonshire; its "
    "own figures begin on 31 March 2022.",
    "941": "West Northamptonshire was made on 1 April 2021 from part of Northamptonshire; its "
    "own figures begin on 31 March 2022.",
    "909": "Cumbria was split on 1 April 2023 into Cumberland, and Westmorland and Furness. The "
    "figures that ship end on 31 March 2023 and are for the whole of the former county; use "
    "them until the new councils have figures of their own.",
    "825": "Buckinghamshire changed its code in 2020; its history is joined.",
    "815": "North Yorkshire changed its code in 2023; its history is joined.",
    "933": "Somerset changed its code in 2023; its history is joined.",
}

_BCP = "Bournemouth, Christchurch and Poole"
_SPLIT_2021 = (
    "Northamptonshire was split on 1 April 2021. Use one of its successors instead: "
    "North Northamptonshire (940) or West Northamptonshire (941)."
)
_DORSET_2019 = (
    "The former county of Dorset (835) was divided on 1 April 2019. Use Dorset (838), which "
    f"covers most of it, or {_BCP} (839), which took Christchurch."
)
_CUMBRIA_2023 = (
    "was made on 1 April 2023 from part of Cumbria, and the published figures that ship end on "
    "31 March 2023. Use Cumbria (909): its figures are for the whole of the former county."
)


def _merged_2019(name: str, code: str) -> str:
    return (
        f"{name} ({code}) was merged on 1 April 2019 with its neighbours. Use {_BCP} (839) instead."
    )


CHANGED = {
    "northamptonshire": _SPLIT_2021,
    "928": _SPLIT_2021,
    "e10000021": _SPLIT_2021,
    "835": _DORSET_2019,
    "e10000009": _DORSET_2019,
    "bournemouth": _merged_2019("Bournemouth", "837"),
    "837": _merged_2019("Bournemouth", "837"),
    "e06000028": _merged_2019("Bournemouth", "837"),
    "poole": _merged_2019("Poole", "836"),
    "836": _merged_2019("Poole", "836"),
    "e06000029": _merged_2019("Poole", "836"),
    "cumberland": f"Cumberland {_CUMBRIA_2023}",
    "942": f"Cumberland (942) {_CUMBRIA_2023}",
    "e06000063": f"Cumberland {_CUMBRIA_2023}",
    "westmorland furness": f"Westmorland and Furness {_CUMBRIA_2023}",
    "943": f"Westmorland and Furness (943) {_CUMBRIA_2023}",
    "e06000064": f"Westmorland and Furness {_CUMBRIA_2023}",
}
"""Authorities that have no present figures, by plain name and codes: what to use instead."""

FORMER_CODES = {
    "e10000002": "825",
    "e10000023": "815",
    "e10000027": "933",
    "e08000020": "390",
    "e06000048": "929",
    "e08000016": "370",
    "e08000019": "373",
}
"""ONS codes before a change of code alone (Buckinghamshire, North Yorkshire, Somerset,
Gateshead, Northumberland, Barnsley, Sheffield), and the three-digit code, which stayed."""

ALIASES = {
    "bcp": "839",
    "city of london corporation": "201",
    "hull": "810",
    "scilly": "420",
    "southend": "882",
    "stoke": "861",
    "telford": "894",
}
IGNORED_WORDS = frozenset(
    (
        *("and", "the", "of", "on", "upon", "city", "county", "borough", "district", "unitary"),
        *("royal", "london", "metropolitan", "local", "authority", "council", "corporation"),
    )
)


def plain_name(text: str) -> str:
    """A name without capitals, punctuation and words such as "City of" and "Council"."""
    spaced = text.casefold().replace("&", " and ").replace("'", "").replace("’", "")
    words = re.findall(r"[a-z0-9]+", spaced)
    kept = [word for word in words if word not in IGNORED_WORDS]
    return " ".join(kept or words)


def _plain_names(authorities: list[Authority]) -> dict[str, Authority]:
    """Authorities by plain name; City of London keeps its words, which are its name."""
    return {plain_name(found.name): found for found in authorities}


def find_authority(text: str | int, reference: ReferenceData | None = None) -> Authority:
    """The authority of this name, three-digit code or ONS code.

    Capitals, punctuation, "&", "City of", "Council" and the like do not matter.

    Raises:
        UnknownAuthority: no such authority (with near names), or it was merged or split (with
            what to use instead).
    """
    asked = str(text).strip()
    authorities = all_authorities(reference)
    by_code = {found.old_la_code: found for found in authorities}
    by_code |= {found.new_la_code.casefold(): found for found in authorities}
    by_name = _plain_names(authorities)
    code, name = asked.casefold(), plain_name(asked)
    code = FORMER_CODES.get(code, code)
    found = by_code.get(code) or by_name.get(name) or by_code.get(ALIASES.get(name, ""))
    if found:
        return found
    changed = CHANGED.get(code) or CHANGED.get(name)
    if changed:
        raise UnknownAuthority(changed)
    raise UnknownAuthority(_unknown(asked, name, by_name))


def _unknown(asked: str, name: str, by_name: dict[str, Authority]) -> str:
    """The message for a name or code that nothing has: near names, and where the list is."""
    where = "`sufficiency authorities` lists every authority with its codes."
    if not name:
        return f"No authority was named. Give a name or a code; {where}"
    if re.fullmatch(r"\d+|[a-z]\d{8}", asked.casefold()):
        return f'No English authority with figures has the code "{asked}"; {where}'
    near = get_close_matches(name, by_name, n=MOST_SUGGESTIONS, cutoff=0.6)
    starting = [key for key in by_name if key.startswith(name) and key not in near]
    names = [by_name[key].name for key in [*near, *starting][:MOST_SUGGESTIONS]]
    hint = f" Did you mean {' or '.join(names)}?" if names else ""
    return f'No English authority is called "{asked}".{hint} {where[0].upper()}{where[1:]}'


def all_authorities(reference: ReferenceData | None = None) -> list[Authority]:
    """Every authority with a count of children in care in the panel's last year, by name."""
    return list(_current(reference or shipped_reference()))


@lru_cache(maxsize=4)
def _current(reference: ReferenceData) -> tuple[Authority, ...]:
    latest = _latest_rows(reference)
    return tuple(
        Authority(
            name=str(row.la_name),
            old_la_code=str(row.old_la_code),
            new_la_code=str(row.new_la_code),
            region=str(row.region_name),
            note=NOTES.get(str(row.old_la_code), ""),
        )
        for row in latest.itertuples()
    )


def _latest_rows(reference: ReferenceData) -> pd.DataFrame:
    panel = reference.table("panel")
    wanted = panel["year"].eq(panel["year"].max()) & panel["cla_31_march"].notna()
    local = panel["level"].eq("Local authority")
    return panel.loc[wanted & local].sort_values(by="la_name")


def latest_figures(reference: ReferenceData | None = None) -> pd.DataFrame:
    """Each authority's last published figures: children in care on 31 March, flows of the year.

    Columns: name, old_la_code, new_la_code, region, year (ending 31 March), in_care, started,
    ceased, rate_per_10k (of the under-18s), uasc. Missing where suppressed (1 to 5 children).
    """
    names = {
        "la_name": "name",
        "old_la_code": "old_la_code",
        "new_la_code": "new_la_code",
        "region_name": "region",
        "year": "year",
        "cla_31_march": "in_care",
        "started": "started",
        "ceased": "ceased",
        "cla_rate_per_10k": "rate_per_10k",
        "uasc_31_march": "uasc",
    }
    rows = _latest_rows(reference or shipped_reference())
    return rows.rename(columns=names)[list(names.values())].reset_index(drop=True)
