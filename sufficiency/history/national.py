"""Shapes that only the national tables of 2019 to 2023 show: durations, providers, reasons.

Counts are England's, rounded to 10; a suppressed national cell stands for `SMALL_COUNT`. A
shape is an average year over the years of the present classification: 2020 to 2023 where rows
are kinds of placement (children's homes were not apart before), else 2019 to 2023.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import pandas as pd

Frame = TypeVar("Frame", "pd.DataFrame", "pd.Series[float]")

SMALL_COUNT = 3.0
"""A national cell held back is 1 to 5 children."""
FIRST_PRESENT_CLASSIFICATION = 2020
INFINITE = float("inf")
YEAR, MONTH, WEEK = 365.25, 365.25 / 12, 7.0
CARE_BANDS: dict[str, tuple[float, float]] = {
    "under_2_weeks": (0, 2 * WEEK),
    "2_to_8_weeks": (2 * WEEK, 8 * WEEK),
    "8_weeks_to_6_months": (8 * WEEK, 6 * MONTH),
    "6_to_12_months": (6 * MONTH, YEAR),
    "1_to_2_years": (YEAR, 2 * YEAR),
    "2_to_3_years": (2 * YEAR, 3 * YEAR),
    "3_to_5_years": (3 * YEAR, 5 * YEAR),
    "5_to_10_years": (5 * YEAR, 10 * YEAR),
    "10_years_and_over": (10 * YEAR, INFINITE),
}
"""Bands of time in care, and of time in a placement where moves are counted, in days."""
PLACEMENT_BANDS: dict[str, tuple[float, float]] = {
    "1_to_7_days": (0, 7),
    "8_days_to_1_month": (7, MONTH),
    "1_to_3_months": (MONTH, 3 * MONTH),
    "3_to_6_months": (3 * MONTH, 6 * MONTH),
    "6_to_12_months": (6 * MONTH, YEAR),
    "1_to_2_years": (YEAR, 2 * YEAR),
    "2_to_5_years": (2 * YEAR, 5 * YEAR),
    "5_years_and_over": (5 * YEAR, INFINITE),
}
"""Bands of the duration of placements that ended, in days."""
CLASSIFIED = frozenset(
    [
        "starters_by_first_placement",
        "starters_by_first_placement_detail",
        "leavers_by_last_placement",
        "leavers_by_last_placement_detail",
        "stock_by_placement",
        "stock_by_placement_detail",
        "uasc_by_placement",
        "placement_durations",
        "placement_by_provider_all",
        "placement_by_provider_inside",
        "placement_by_provider_outside",
        "placement_by_provider_other",
        "distance_by_placement",
        "new_placements_by_distance",
        "changes_by_placement",
    ]
)
"""Tables whose rows are kinds of placement."""
GROUPS = [
    "fostering",
    "placed_for_adoption",
    "with_parents",
    "secure_and_childrens_homes",
    "supported",
    "other_residential",
    "residential_schools",
    "other",
]
"""Kinds of placement in the present classification; they sum to all placements."""
RELATIVE, OTHER_CARER = "fostering_relative_or_friend", "fostering_other_carer"
SPLIT_GROUPS = [RELATIVE, OTHER_CARER, *GROUPS[1:]]
"""The same with fostering split into relative or friend (connected persons) and other carers."""
LOCALITIES = ["inside", "outside"]
PROVIDERS = ["own", "other_authority", "other_public", "private", "voluntary", "parents"]


def _once(read: Callable[[NationalShapes], Frame]) -> Callable[[NationalShapes], Frame]:
    """Keep what a table was turned into: one calibration asks for the same many times over.

    Who asks gets a copy of its own.
    """

    @wraps(read)
    def kept(shapes: NationalShapes) -> Frame:
        if read.__name__ not in shapes._turned:
            shapes._turned[read.__name__] = read(shapes)
        return cast(Frame, shapes._turned[read.__name__].copy())

    return kept


class NationalShapes:
    """England's tables as average years. Frames are in counts a year unless said otherwise."""

    def __init__(self, national: pd.DataFrame) -> None:
        self._national = national
        self._shapes: dict[str, pd.DataFrame] = {}
        self._turned: dict[str, Any] = {}

    def names(self) -> list[str]:
        """The tables held."""
        return sorted(self._national["table"].unique())

    def by_year(self, name: str) -> pd.DataFrame:
        """One table as printed: columns year, row, column, number, suppressed."""
        table = self._national[self._national["table"] == name]
        if table.empty:
            raise KeyError(name)
        return table.drop(columns="table").reset_index(drop=True)

    def shape(self, name: str) -> pd.DataFrame:
        """One table as an average year: rows x columns, missing where never printed."""
        if name not in self._shapes:
            self._shapes[name] = self._averaged(name)
        return self._shapes[name].copy()

    def _averaged(self, name: str) -> pd.DataFrame:
        means = self._means.get(name)
        if means is None:
            raise KeyError(name)
        rows, columns = (means.index.get_level_values(key).unique() for key in ("row", "column"))
        return (
            means.unstack("column")
            .reindex(rows, columns=columns)
            .rename_axis(index=None, columns=None)
        )

    @cached_property
    def _means(self) -> dict[str, pd.Series[float]]:
        """The average year of every table, by row and column."""
        table = self._national
        before = table["table"].isin(CLASSIFIED) & (table["year"] < FIRST_PRESENT_CLASSIFICATION)
        number = table["number"].where(~table["suppressed"].astype(bool), SMALL_COUNT)
        keys = ["table", "row", "column"]
        means = table.assign(number=number)[~before].groupby(keys, sort=False)["number"].mean()
        return {
            str(name): part.droplevel("table") for name, part in means.groupby("table", sort=False)
        }

    def _numbers(self, name: str) -> pd.Series[float]:
        return self.shape(name)["number"]

    def leavers_by_duration(self) -> pd.DataFrame:
        """Leavers by length of the last period of care: from_days, to_days, leavers.

        Everyone who left, 18th birthdays included: not a hazard.
        """
        return _banded(self._numbers("leavers_by_duration"), CARE_BANDS, "leavers")

    @_once
    def leavers_by_age(self) -> pd.Series[float]:
        """Leavers: under_1 ... 17, on_18th_birthday, after_18th_birthday, total."""
        return self._numbers("leavers_by_age")

    def leavers_by_reason(self) -> pd.Series[float]:
        """Leavers by published reason; ``remained_with_carers_at_18`` from 2021 only."""
        return self._numbers("leavers_by_reason")

    def _split(self, name: str) -> pd.Series[float]:
        """Headings of a placement table, fostering split by kind of carer."""
        detail = self._numbers(f"{name}_placement_detail")
        carers = {
            kind: sum(float(detail[f"{kind}_{where}"]) for where in LOCALITIES)
            for kind in (RELATIVE, OTHER_CARER)
        }
        headings = self._numbers(f"{name}_placement")
        return pd.concat([pd.Series(carers), headings]).reindex(SPLIT_GROUPS)

    @_once
    def first_placements(self) -> pd.Series[float]:
        """Starters by their first placement, over `SPLIT_GROUPS`."""
        return self._split("starters_by_first")

    @_once
    def leavers_by_last_placement(self) -> pd.Series[float]:
        """Leavers by their last placement, over `SPLIT_GROUPS`."""
        return self._split("leavers_by_last")

    @_once
    def stock_by_placement(self) -> pd.Series[float]:
        """Children in care on 31 March by placement, over `SPLIT_GROUPS`."""
        return self._split("stock_by")

    @_once
    def kin_share(self) -> pd.DataFrame:
        """Share of foster placements with a relative or friend (connected persons).

        Rows ``stock``, ``first``, ``last``; columns ``inside``, ``outside`` the boundary, ``all``.
        """
        tables = {"stock": "stock_by", "first": "starters_by_first", "last": "leavers_by_last"}
        rows = {}
        for name, table in tables.items():
            detail = self._numbers(f"{table}_placement_detail")
            kin = {where: float(detail[f"{RELATIVE}_{where}"]) for where in LOCALITIES}
            rest = {where: float(detail[f"{OTHER_CARER}_{where}"]) for where in LOCALITIES}
            share = {where: kin[where] / (kin[where] + rest[where]) for where in LOCALITIES}
            kin_all, all_fostering = sum(kin.values()), sum(kin.values()) + sum(rest.values())
            rows[name] = {**share, "all": kin_all / all_fostering}
        return pd.DataFrame(rows).T

    @_once
    def placement_by_provider(self) -> pd.DataFrame:
        """Children in care on 31 March: columns locality, placement, provider, children.

        Kinds and providers that cannot go together are 0. ``other`` placements are printed
        neither by provider nor by locality and are left out.
        """
        parts = []
        for where in LOCALITIES:
            wide = self.shape(f"placement_by_provider_{where}")
            wide = wide.reindex(index=GROUPS[:-1], columns=PROVIDERS).fillna(0.0)
            wide = wide.rename_axis(index="placement").reset_index()
            long = wide.melt(id_vars="placement", var_name="provider", value_name="children")
            parts.append(long.assign(locality=where))
        columns = ["locality", "placement", "provider", "children"]
        return pd.concat(parts, ignore_index=True).reindex(columns=columns)

    @_once
    def placement_durations(self) -> pd.DataFrame:
        """Placements that ended in the year: placement x band, leaving care included.

        Columns placement, band, from_days, to_days, placements. Changes of status only count as
        ends here.
        """
        wide = self.shape("placement_durations").reindex([*GROUPS, "total"])
        parts = [
            _banded(wide.loc[group], PLACEMENT_BANDS, "placements").assign(placement=group)
            for group in wide.index
        ]
        frame = pd.concat(parts).rename_axis("band").reset_index()
        return frame[["placement", "band", "from_days", "to_days", "placements"]]

    @_once
    def placements_ended(self) -> pd.DataFrame:
        """The same wide: placement x from_days."""
        rows, bands = [*GROUPS, "total"], PLACEMENT_BANDS
        wide = self.shape("placement_durations").reindex(rows, columns=list(bands)).fillna(0.0)
        return wide.set_axis([from_days for from_days, _ in bands.values()], axis="columns")

    @_once
    def placement_duration_averages(self) -> pd.DataFrame:
        """By placement: placements ended a year, mean_days and median_days of them."""
        wide = self.shape("placement_durations").reindex([*GROUPS, "total"])
        names = {"total": "placements", "mean_days": "mean_days", "median_days": "median_days"}
        return wide[list(names)].rename(columns=names)

    @_once
    def moves_by_placement_type(self) -> pd.DataFrame:
        """Placements that ended in another placement: placement x published reason.

        ``status_only`` are changes of legal or placement status, not moves; ``total`` has them.
        """
        return self.shape("changes_by_placement").reindex([*GROUPS, "total"]).fillna(0.0)

    @_once
    def moves_by_duration(self) -> pd.DataFrame:
        """The same by time in the placement: from_days, to_days, then published reasons."""
        wide = self.shape("changes_by_duration").fillna(0.0)
        bands = pd.DataFrame(CARE_BANDS, index=["from_days", "to_days"]).T
        return bands.join(wide)

    def moves_by_age(self) -> pd.DataFrame:
        """The same by age band (``16_and_over`` last)."""
        return self.shape("changes_by_age").fillna(0.0)

    def adoptions(self) -> pd.DataFrame:
        """Adoptions: columns dimension (age, age_on_starting, duration), cell, number."""
        return self._permanence("adoptions")

    def special_guardianship(self) -> pd.DataFrame:
        """Special guardianship orders: columns dimension, cell, number, as `adoptions`."""
        return self._permanence("special_guardianship")

    def _permanence(self, name: str) -> pd.DataFrame:
        parts = []
        for dimension in ("age", "age_on_starting", "duration"):
            numbers = self._numbers(f"{name}_by_{dimension}").rename_axis("cell")
            frame = numbers.rename("number").reset_index()
            parts.append(frame.assign(dimension=dimension))
        return pd.concat(parts, ignore_index=True)[["dimension", "cell", "number"]]

    def uasc_placements(self) -> pd.Series[float]:
        """Unaccompanied asylum-seeking children in care on 31 March by kind of placement."""
        return self._numbers("uasc_by_placement")

    def uasc_by_age(self) -> pd.Series[float]:
        """Unaccompanied asylum-seeking children in care: under_16, 16_and_over, total."""
        return self._numbers("uasc_by_age")

    def distance_by_placement(self) -> pd.DataFrame:
        """Children in care: placement x distance from home and boundary, not_known, total.

        ``other`` holds other residential settings and schools too, as printed.
        """
        return self.shape("distance_by_placement")

    def placements_in_year(self, care: str = "") -> pd.DataFrame:
        """Children in care on 31 March by number of placements in the year: age (or uasc) x.

        ``care`` narrows to ``under_12_months`` or ``12_months_and_over`` in care.
        """
        name = "placements_in_year" + (f"_{care}" if care else "")
        both = [self.shape(f"{name}_by_age"), self.shape(f"{name}_by_uasc").drop(index="total")]
        return pd.concat(both)


def _banded(
    numbers: pd.Series[float], bands: dict[str, tuple[float, float]], name: str
) -> pd.DataFrame:
    """Counts by band with the band's edges in days; a band never printed counts 0."""
    frame = pd.DataFrame(bands, index=["from_days", "to_days"]).T
    frame[name] = numbers.reindex(frame.index).fillna(0.0)
    return frame
