"""The return's codes of 2017 to 2026, and how their many spellings become one.

A code of any year is accepted in every year, because open episodes carry old codes on. What is
none becomes `UNKNOWN`, so that a cell's own text goes no further.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.history.returns.coded import Coded, Flags

UNKNOWN = "?"
"""Stands for a code that is in no year's list."""
RNE_CODES = ("S", "L", "P", "T", "B", "U")
LS_CODES = (
    *("C1", "C2", "D1", "E1", "V1", "V2", "V3", "V4", "L1", "L2", "L3"),
    *("J1", "J2", "J3", "W1"),
)
CIN_CODES = ("N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8")
PLACE_CODES = (
    *("U1", "U2", "U3", "U4", "U5", "U6", "A3", "A4", "A5", "A6", "K1", "K2", "K3", "H5"),
    *("P1", "P2", "P3", "R1", "R2", "R3", "R5", "S1", "T0", "T1", "T2", "T3", "T4"),
    *("Z1", "Z11", "Z12", "Z13", "Z14", "Q1", "Q2"),
)
"""Q1 and Q2 are fostering as coded before U1 to U6."""
PROVIDER_CODES = ("PR0", "PR1", "PR2", "PR3", "PR4", "PR5")
REC_CODES = (
    *("X1", "E11", "E12", "E2", "E3", "E4A", "E4B", "E13", "E41", "E43", "E44", "E45", "E46"),
    *("E47", "E48", "E5", "E6", "E7", "E9", "E14", "E15", "E16", "E17", "E8", "E99"),
)
"""E99 is no code of the Department: shared extracts write it where an exit was inferred."""
REASON_CODES = (
    *("CARPL", "CLOSE", "ALLEG", "STAND", "APPRR", "CREQB", "CREQO", "CHILD", "LAREQ"),
    *("PLACE", "CUSTOD", "OTHER", "LIIAF"),
)
SEX_CODES = ("M", "F", "U")
VALID: Mapping[str, tuple[str, ...]] = {
    "RNE": RNE_CODES,
    "LS": LS_CODES,
    "CIN": CIN_CODES,
    "PLACE": PLACE_CODES,
    "PLACE_PROVIDER": PROVIDER_CODES,
    "REC": REC_CODES,
    "REASON_PLACE_CHANGE": REASON_CODES,
    "SEX": SEX_CODES,
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "SEX": {"1": "M", "2": "F", "MALE": "M", "FEMALE": "F", "BOY": "M", "GIRL": "F"}
    | {"UNKNOWN": "U", "NOT KNOWN": "U", "I": "U", "INDETERMINATE": "U"},
    "RNE": {"STARTED": "S", "START": "S"},
    "LS": {"SECTION 20": "V2", "S20": "V2", "RESPITE": "V4", "SHORT BREAK": "V4"}
    | {"SHORT BREAKS": "V4", "FULL CARE ORDER": "C2", "INTERIM CARE ORDER": "C1"}
    | {"PLACEMENT ORDER": "E1"},
    "PLACE": {"WITH PARENTS": "P1", "PLACED WITH PARENTS": "P1"},
    "PLACE_PROVIDER": {f"{number}": f"PR{number}" for number in range(6)},
}
"""Words and bare numbers that some systems write for a code."""
OLDER_FORMS = frozenset((("SEX", "1"), ("SEX", "2")))
"""The codes of the return until 2024, which are no other way of writing."""
YES = frozenset(("1", "Y", "YES", "TRUE", "T"))
NO = frozenset(("0", "N", "NO", "FALSE", "F"))
CODE_AND_MEANING = re.compile(r"([A-Z]+\d*[AB]?|\d)\s*(?:[-–—:(]|\s{1,2}[A-Z]).*")


def tidied(text: str) -> str:
    """Without what a spreadsheet added: capitals, no spaces around, no ``.0`` at the end."""
    plain = " ".join(text.upper().split())
    return plain[:-2] if re.fullmatch(r"\w+\.0", plain) else plain


def code_of(name: str, text: str) -> str:
    """The code that a cell of a column holds, ``""`` if blank, `UNKNOWN` if it is none."""
    plain = tidied(text)
    valid = VALID[name]
    if not plain or plain in valid:
        return plain
    known = WORDS.get(name, {}).get(plain)
    if known:
        return known
    joined = re.sub(r"[\s._-]", "", plain)
    if joined in valid:
        return joined
    before = CODE_AND_MEANING.fullmatch(plain)
    return before[1] if before and before[1] in valid else UNKNOWN


def coded(name: str, column: Coded) -> tuple[pd.Categorical[object], Flags]:
    """(n_rows,) codes of a column, and which cells were written in another way than the code."""
    categories = ["", *VALID[name], UNKNOWN]
    found = [code_of(name, value) for value in column.values]
    places = np.array([categories.index(code) for code in found], dtype=np.int8)
    differs = [
        (n in column.padded and code != UNKNOWN)
        or (code not in (value, UNKNOWN) and (name, value) not in OLDER_FORMS)
        for n, (code, value) in enumerate(zip(found, column.values, strict=True))
    ]
    return (
        pd.Categorical.from_codes(
            places[column.codes], categories=pd.Index(categories, dtype=object)
        ),
        np.asarray(np.array(differs, dtype=bool)[column.codes]),
    )


def yes_or_no(column: Coded) -> NDArray[np.int8]:
    """(n_rows,): 1 yes, 0 no, -1 not said. A flag is the value 1, never its presence."""
    plain = [tidied(value) for value in column.values]
    return np.array([1 if v in YES else 0 if v in NO else -1 for v in plain], dtype=np.int8)[
        column.codes
    ]
