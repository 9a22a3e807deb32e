"""The children in care on a day, as a forecast starts from them: personal data, kept apart.

No name, postcode or number of the council's own: ids are new and random, and of the date of birth
only the month is kept (the day is drawn anew in each simulated future).
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sufficiency.calibration.children.counts import (
    ADOPTION_SETTING,
    day_of,
    joined_placements,
)
from sufficiency.calibration.children.earlier_care import drawn_care_days, profiles_of
from sufficiency.calibration.children.lexis import Floats
from sufficiency.calibration.children.writing import write_whole
from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import (
    ADULT_YEARS,
    DAYS_PER_YEAR,
    EXIT_REASONS,
    NEED_GROUPS,
    SECTORS,
    ExitReason,
    Sector,
)
from sufficiency.errors import HistoryError, OutputError
from sufficiency.history.children_now import ChildrenNow
from sufficiency.history.returns.frames import CareHistories

SUFFIX = ".cohort.parquet"
"""Names of cohorts end in this, so that git ignores them."""
MARKING = "OFFICIAL-SENSITIVE: PERSONAL DATA of children"
COLUMNS = {
    "child": "string",
    "born_month": "datetime64[s]",  # the first of the month
    "uasc": "bool",
    "entered_on": "datetime64[s]",
    "sector": "string",
    "placed_for_adoption": "bool",
    "placed_on": "datetime64[s]",
    "need_group": "string",  # "" where the placements team did not say
    "weekly_cost_gbp": "float64",  # NaN where the price is not known
    "planned_end_on": "datetime64[s]",  # NaT where nothing is planned
    "planned_end_reason": "string",  # "" where nothing is planned
    "planned_end_probability": "float64",  # NaN where the team did not say
    "time_in_care_drawn": "bool",  # care began before the first return: entered_on was drawn
}
NOTHING_KNOWN: dict[str, Any] = {
    "weekly_cost_gbp": np.nan,
    "planned_end_on": pd.NaT,
    "planned_end_reason": "",
    "planned_end_probability": np.nan,
    "time_in_care_drawn": False,
}
"""What a return does not say, and cohorts of earlier versions do not hold."""
_ID_BYTES = 6


@dataclass(frozen=True)
class Cohort:
    """Children in care at the end of a day."""

    as_at: date
    children: pd.DataFrame
    """`COLUMNS`, in an order that says nothing."""
    name: str = ""
    """The file it was read from, without a folder."""
    left_out: int = 0
    """Children in care that day whose date of birth is not known."""

    @property
    def known_prices(self) -> int:
        """How many children's own prices are known."""
        return int(self.children["weekly_cost_gbp"].notna().sum())

    @property
    def planned_ends(self) -> int:
        """For how many children an end of care is planned."""
        return int((self.children["planned_end_reason"] != "").sum())

    @property
    def times_drawn(self) -> int:
        """Of how many children the time in care was drawn, none having been seen to start."""
        return int(self.children["time_in_care_drawn"].sum())


def cohort_of(
    histories: CareHistories,
    as_at: date | None = None,
    published: ChildrenAtStart | None = None,
) -> Cohort:
    """The children in care at the end of a day of the histories (their last by default).

    Those whose care began before the first return have been there for longer than was seen; how
    much longer is drawn from the ``published`` ages and times in care. Without them, and for the
    placement held, what was seen is all that counts.

    Raises:
        HistoryError: if the histories do not reach that day.
    """
    day = as_at or histories.last_day
    first = (pd.Timestamp(histories.first_day) - pd.Timedelta(days=1)).date()
    if not first <= day <= histories.last_day:
        raise HistoryError(
            f"The returns reach from {first} to {histories.last_day}, and the cohort is asked for "
            f"{day}. Give a date within them."
        )
    joined = joined_placements(histories)
    at = day_of(day)
    there = joined[(joined["began"] <= at) & ~(joined["ended"] <= at)]
    there = there.drop_duplicates("period", keep="last")
    adult = there["born"] + ADULT_YEARS * DAYS_PER_YEAR <= at
    known = there[there["born"].notna() & ~adult]
    known = known.assign(drawn=False)
    if published is not None:
        known = _with_earlier_care(known, histories, at, published)
    return Cohort(day, _as_children(known), left_out=int(there["born"].isna().sum()))


def _with_earlier_care(
    known: pd.DataFrame, histories: CareHistories, at: float, published: ChildrenAtStart
) -> pd.DataFrame:
    """Days of entry drawn where care began before the first return."""
    truncated = histories.periods["start_type"].astype(str) == "left_truncated"
    drawn = known["period"].isin(histories.periods.loc[truncated, "period"]).to_numpy(bool)
    some = known[drawn]
    age = at - some["born"].to_numpy(float)
    setting = some["setting"].to_numpy(np.int64)
    profile = profiles_of(
        age,
        some["uasc"].to_numpy(bool),
        setting == ADOPTION_SETTING,
        setting == SECTORS.index(Sector.SUPPORTED_ACCOMMODATION),
    )
    days = drawn_care_days(published, age, at - some["entered"].to_numpy(float), profile)
    entered = known["entered"].to_numpy(float, copy=True)
    entered[drawn] = np.ceil(at - days)
    return known.assign(entered=entered, drawn=drawn)


def cohort_of_list(listed: ChildrenNow, as_at: date) -> Cohort:
    """The children of a placements team's own list, as in care at the end of ``as_at``."""
    # The list gives every child's day of entry.
    frame = listed.children.assign(child=new_ids(len(listed.children)), time_in_care_drawn=False)
    frame["born_month"] = month_of(frame["born"].to_numpy())
    children = frame[list(COLUMNS)].sort_values("child", ignore_index=True).astype(COLUMNS)
    return Cohort(as_at, children)


def _as_children(known: pd.DataFrame) -> pd.DataFrame:
    setting = known["setting"].to_numpy(np.int64)
    adoptive = setting == ADOPTION_SETTING
    names = np.array([*(str(sector) for sector in SECTORS), str(Sector.OTHER)])
    frame = pd.DataFrame(
        {
            "child": new_ids(len(known)),
            "born_month": month_of(_stamps(known["born"].to_numpy(float))),
            "uasc": known["uasc"].to_numpy(bool),
            "entered_on": _stamps(known["entered"].to_numpy(float)),
            "sector": names[setting],
            "placed_for_adoption": adoptive,
            "placed_on": _stamps(known["placed"].to_numpy(float)),
            "need_group": "",
            **{**NOTHING_KNOWN, "time_in_care_drawn": known["drawn"].to_numpy(bool)},
        }
    )
    return frame.sort_values("child", ignore_index=True).astype(COLUMNS)


def new_ids(children: int) -> list[str]:
    """Random ids that stand for no number of the council's."""
    return [secrets.token_hex(_ID_BYTES) for _ in range(children)]


def month_of(days: pd.Series[pd.Timestamp] | np.ndarray) -> np.ndarray:
    """The first of the month of each date."""
    stamps: np.ndarray = np.asarray(days).astype("datetime64[M]").astype("datetime64[s]")
    return stamps


def _stamps(days: Floats) -> np.ndarray:
    stamps: np.ndarray = np.floor(days).astype("datetime64[D]").astype("datetime64[s]")
    return stamps


def check_cohort_path(path: Path) -> None:
    """Refuse a place where a cohort could be copied, shared or committed without a thought.

    Raises:
        OutputError: the name does not end in ``.cohort.parquet``, or it lies in ``outputs``.
    """
    if not path.name.endswith(SUFFIX):
        raise OutputError(
            f"--cohort {path.name}: expected a name that ends in {SUFFIX}, which git ignores: the "
            "file is personal data of children."
        )
    if "outputs" in (part.casefold() for part in path.resolve().parts):
        raise OutputError(
            f"--cohort {path.name}: lies in the folder of outputs, which people send on; it is "
            "personal data of children. Choose a folder with the council's own protection."
        )


def write_cohort(cohort: Cohort, path: Path) -> None:
    """Write a cohort; every row carries its marking and its date.

    Raises:
        OutputError: the path will not do (`check_cohort_path`), or cannot be written to.
    """
    check_cohort_path(path)
    marked = cohort.children.assign(as_at=pd.Timestamp(cohort.as_at), marking=MARKING)
    raw = io.BytesIO()
    marked.to_parquet(raw, index=False)
    try:
        write_whole(path, raw.getvalue())
    except OSError as wrong:
        raise OutputError(f"{path}: cannot be written ({wrong.strerror}).") from None


def read_cohort(path: Path) -> Cohort:
    """Read a cohort that `write_cohort` wrote.

    Raises:
        HistoryError: it is no such file, or a row of it cannot be; no value is shown.
    """
    try:
        frame = pd.read_parquet(path)
        for name, nothing in NOTHING_KNOWN.items():
            if name not in frame:
                frame[name] = nothing
        children = frame[list(COLUMNS)].astype(COLUMNS)
        as_at = pd.Timestamp(frame["as_at"].iloc[0]).date()
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        raise HistoryError(
            f"{path.name}: not a cohort of children, expected the Parquet file that "
            "`sufficiency calibrate --cohort` writes."
        ) from None
    _check(children, as_at, path.name)
    return Cohort(as_at, children.reset_index(drop=True), path.name)


def _check(children: pd.DataFrame, as_at: date, name: str) -> None:
    """Refuse what cannot be, by row and kind of fault."""
    end = pd.Timestamp(as_at)
    youngest_adult = end - pd.DateOffset(years=ADULT_YEARS, months=1)
    faults = {
        "a sector that is none of the six": ~children["sector"].isin([str(s) for s in SECTORS]),
        "a need group that is none of the seven": ~children["need_group"].isin(
            ["", *(str(need) for need in NEED_GROUPS)]
        ),
        "a date that is missing": children[["born_month", "entered_on", "placed_on"]]
        .isna()
        .any(axis=1),
        "care that began before birth, or after the day of the cohort": (
            (children["entered_on"] < children["born_month"]) | (children["entered_on"] > end)
        ),
        "a placement that began before care, or after the day of the cohort": (
            (children["placed_on"] < children["entered_on"]) | (children["placed_on"] > end)
        ),
        "an age of 18 or more": children["born_month"] < youngest_adult,
        "a weekly price below nothing": children["weekly_cost_gbp"] < 0,
        "a planned end for a reason that is none of the six": ~children["planned_end_reason"].isin(
            ["", *(str(reason) for reason in EXIT_REASONS)]
        ),
        "a planned end without a day, or not after the day of the cohort": (
            ~children["planned_end_reason"].isin(["", str(ExitReason.TURNED_18)])
            & ~(children["planned_end_on"] > end)
        ),
        "a planned end whose probability is not from 0 to 1": ~children["planned_end_probability"]
        .fillna(0.0)
        .between(0.0, 1.0),
    }
    for fault, rows in faults.items():
        found = np.flatnonzero(rows.to_numpy(bool))
        if len(found):
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            raise HistoryError(
                f"{name}, row {found[0] + 1}{more}: {fault}. Correct the list it was made from "
                "and run `sufficiency calibrate` again."
            )
