"""The tables that a child-level return passes through, and what their columns hold.

No table holds an identifier, a postcode or a name: ``child``, ``home_post``, ``pl_post`` and
``urn`` are whole numbers given in order of first appearance (-1 for a blank), and mean nothing
outside the run. ``row`` numbers every data row of every file read, from 0; a `RowLedger` says
what became of each, and `SourceFile` where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

EPISODE_COLUMNS = {
    "row": "int64",
    "year": "int16",  # the collection year: the one that ends on 31 March of this year
    "child": "int64",
    "decom": "datetime64[s]",  # NaT where it is not a date
    "rne": "category",  # codes trimmed, in capitals; "" where blank
    "ls": "category",
    "cin": "category",
    "place": "category",
    "provider": "category",
    "dec": "datetime64[s]",  # NaT while open, or where it is not a date (see dec_unreadable)
    "dec_unreadable": "bool",
    "rec": "category",
    "reason": "category",  # REASON_PLACE_CHANGE
    "home_post": "int64",
    "pl_post": "int64",
    "urn": "int64",
}
HEADER_COLUMNS = {
    "row": "int64",
    "year": "int16",
    "child": "int64",
    "sex": "category",  # M, F, U or ""
    "dob": "datetime64[s]",
    "dob_is_month_only": "bool",  # moved to the first of its month before it was shared
    "uasc": "boolean",  # <NA> where the file does not say
}
UASC_COLUMNS = {
    "row": "int64",
    "year": "int16",
    "child": "int64",
    "dob": "datetime64[s]",
    "duc": "datetime64[s]",
}
PERIOD_COLUMNS = {
    "period": "int64",
    "child": "int64",
    "uasc": "bool",
    "born": "datetime64[s]",  # NaT if unknown: in stocks, but in no rate by age
    "born_is_month_only": "bool",
    "sex": "category",
    "entered": "datetime64[s]",  # for a left-truncated period, the truth may be earlier
    "left": "datetime64[s]",  # half-open: in care on day d if entered <= d < left; NaT if censored
    # (then in care on d if d <= seen_to); where ``end_type`` is imputed, followed until then and
    # no further: the time counts, the end is no exit
    "seen_from": "datetime64[s]",  # at risk from here: entry, or the first day of the window
    "seen_to": "datetime64[s]",  # at risk until here: exit, or the day of censoring
    "start_type": "category",  # START_TYPES
    "end_type": "category",  # END_TYPES
    "exit_reason": "category",  # `ExitReason` or TURNED_18; "" where unknown or still in care
    "need_code": "category",  # CIN, the first valid of the period
}
PLACEMENT_COLUMNS = {
    "placement": "int64",
    "period": "int64",
    "began": "datetime64[s]",
    "ended": "datetime64[s]",  # NaT if censored
    "sector": "category",  # `Sector`
    "subsector": "category",  # of the shipped mapping
    "place": "category",
    "provider": "category",
    "same_carer_as_before": "bool",  # a new address, registration or status, no move of the child
    "move_reason": "category",  # `MoveReason` that ended it; "" where it ended care or is open
    "nights_away": "int64",  # on temporary placements inside it
}
START_TYPES = ("observed", "inferred", "left_truncated")
END_TYPES = ("observed", "aged_out", "imputed", "censored")
TURNED_18 = "turned_18"


@dataclass(frozen=True)
class SourceFile:
    """A file that was read or passed over; never a folder, for names of folders may tell."""

    name: str
    kind: str
    """``episodes``, ``header``, ``uasc``, ``xml``, another table of the return, or ``not_used``."""
    sha256: str
    encoding: str
    date_format: str
    year: int | None
    """The collection year, from the data; None if the file spans several or was not used."""
    first_row: int
    """The ``row`` of its first data row."""
    n_rows: int
    first_line: int
    """The line of the file on which its first data row stands (1 = the headings' line above)."""
    note: str = ""
    """Why it was not used, or what is odd about it, in plain words."""


@dataclass(frozen=True)
class Return:
    """One council's returns of some years, as they stand."""

    episodes: pd.DataFrame
    """`EPISODE_COLUMNS`."""
    header: pd.DataFrame
    """`HEADER_COLUMNS`."""
    uasc: pd.DataFrame
    """`UASC_COLUMNS`; empty if no such file was found."""
    files: tuple[SourceFile, ...]
    years: tuple[int, ...]
    """Collection years with episodes, rising."""


@dataclass(frozen=True)
class CareHistories:
    """Periods of care and the placements in them, ready to be counted."""

    periods: pd.DataFrame
    """`PERIOD_COLUMNS`, respite left out."""
    placements: pd.DataFrame
    """`PLACEMENT_COLUMNS`: without gaps within a period, in order of period, then of time."""
    first_day: date
    """The first 1 April of the years loaded: flows and exposure count from here."""
    last_day: date
    """The last 31 March of the years loaded, or the last day that the data reach."""
