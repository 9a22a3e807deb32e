"""Children in care on a day, and starts and ends of care in a year, counted as they are published.

A year is a collection year: the one that ends on its 31 March.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from sufficiency.domain import SECTORS
from sufficiency.history.returns.chains import Flags
from sufficiency.history.returns.frames import CareHistories

ALL = "all"
PUBLISHED_KINDS = {
    **dict.fromkeys(("U1", "U2", "U3", "U4", "U5", "U6", "Q1", "Q2"), "fostering"),
    **dict.fromkeys(("A3", "A4", "A5", "A6"), "placed_for_adoption"),
    "P1": "with_parents",
    **dict.fromkeys(("K1", "K2"), "secure_and_childrens_homes"),
    **dict.fromkeys(("H5", "P2", "K3"), "supported"),
    **dict.fromkeys(("R1", "R2", "R3", "R5"), "other_residential"),
    "S1": "residential_schools",
}
"""The published group of each kind of placement from 2020; all others are ``other``."""
OTHER_KIND = "other"
FIRST_YEAR_OF_KINDS = 2020


def in_care_on(periods: pd.DataFrame, day: date) -> Flags:
    """(n,): which times in care (`frames.PERIOD_COLUMNS`) hold the midnight that ends a day.

    Where care goes on, or nothing more is known, it is held until the last day seen.
    """
    when = pd.Timestamp(day)
    goes_on = (periods["left"] > when) | (periods["left"].isna() & (periods["seen_to"] >= when))
    found: Flags = ((periods["entered"] <= when) & goes_on).to_numpy(bool)
    return found


def years_seen(histories: CareHistories) -> list[int]:
    """The collection years, the last one even if it is not over."""
    last = histories.last_day
    final = last.year + (1 if (last.month, last.day) > (3, 31) else 0)
    return list(range(histories.first_day.year + 1, final + 1))


def placements_on(histories: CareHistories, day: date) -> pd.DataFrame:
    """The placements of the children in care on a day, one row a child."""
    here = histories.periods.loc[in_care_on(histories.periods, day), "period"]
    held = histories.placements[histories.placements["period"].isin(here)]
    when = pd.Timestamp(day)
    return held[(held["began"] <= when) & ~(held["ended"] <= when)]


def stock_by_sector(histories: CareHistories, days: Iterable[date]) -> pd.DataFrame:
    """Children in care: ``date, sector, children``, the six sectors and ``all``."""
    rows = []
    for day in days:
        counts = placements_on(histories, day)["sector"].astype(object).value_counts()
        rows += [(day, str(sector), int(counts.get(str(sector), 0))) for sector in SECTORS]
        rows.append((day, ALL, int(counts.sum())))
    return pd.DataFrame(rows, columns=["date", "sector", "children"])


def stock_by_published_kind(histories: CareHistories, day: date) -> pd.Series[int]:
    """Children in care on a day by the published groups of kinds of placement from 2020."""
    place = placements_on(histories, day)["place"].astype(object)
    kinds = place.map(PUBLISHED_KINDS).fillna(OTHER_KIND)
    names = [*dict.fromkeys(PUBLISHED_KINDS.values()), OTHER_KIND]
    return kinds.value_counts().reindex(names, fill_value=0).astype(int)


def flows_by_year(histories: CareHistories) -> pd.DataFrame:
    """By ``year``: children ``started`` and ``ceased`` as published, and all events.

    Published counts take a child's first start and last end in a year, so one each. Columns:
    started, ceased, starts, ends, imputed (ends of which only the latest possible day is known).
    """
    periods = histories.periods
    starts = periods[periods["start_type"].isin(["observed", "inferred"])]
    ends = periods[periods["end_type"].isin(["observed", "aged_out"])]
    imputed = periods[periods["end_type"] == "imputed"]
    table = pd.DataFrame(index=pd.Index(years_seen(histories), name="year"))
    table["started"] = _children_a_year(starts, "entered")
    table["ceased"] = _children_a_year(ends, "left")
    table["starts"] = collection_year(starts["entered"]).value_counts()
    table["ends"] = collection_year(ends["left"]).value_counts()
    table["imputed"] = collection_year(imputed["left"]).value_counts()
    return table.fillna(0).astype(int)


def _children_a_year(periods: pd.DataFrame, column: str) -> pd.Series[int]:
    events = pd.DataFrame({"year": collection_year(periods[column]), "child": periods["child"]})
    counts: pd.Series[int] = events.drop_duplicates()["year"].value_counts()
    return counts


def collection_year(days: pd.Series) -> pd.Series[int]:
    """The collection year of each date."""
    years: pd.Series[int] = days.dt.year + (days.dt.month > 3).astype(int)
    return years


def uasc_stock(histories: CareHistories, day: date) -> int:
    """Unaccompanied children in care on a day."""
    periods = histories.periods
    return int(np.sum(in_care_on(periods, day) & periods["uasc"].to_numpy(bool)))
