"""What the published statistics said about an area by a given year, and nothing later.

A `PublishedHistory` is made for a year (ending 31 March). It drops all later years of every
table when it first reads it, so no method can see them. Tables that exist only for later years
and are used all the same are few and named: `FROZEN_SET`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import AgeBand
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import ENGLAND, Authority, all_authorities
from sufficiency.history.counts import TOTAL, Counts, add_difference, add_sum, tabulate
from sufficiency.history.national import NationalShapes
from sufficiency.history.reference import ReferenceData, shipped_reference

T = TypeVar("T")
FROZEN_SET: tuple[str, ...] = (
    "national shapes of 2019 to 2023: duration of care and of placements, placement by "
    "provider, first and last placements, kin share, reasons for moves, adoption, special "
    "guardianship, distance, unaccompanied children by placement",
    "what is fitted to those shapes: national exit hazards by age and time in care, ages at "
    "entry, levels of exits by time in care (calibration/national_hazards.csv, exit_levels.csv); "
    "the level of exits of an authority is fitted to its own years up to the origin",
    "what is assumed (calibration/assumptions.yaml), with what is known now, for any start",
    "statistical neighbours of 2021, and regions as they are now",
    "counts as revised in later publications (in care, started, ceased, population)",
    "the price of supported accommodation (November 2023), where a scenario gives none",
)
"""What a forecast from an earlier year uses although it was published later; pages list it."""

FIRST_YEAR = 2011
"""The first year with tables by age."""
YOUNG = [AgeBand.UNDER_1.value, "1_4", "5_9", "10_15"]
OLDEST = AgeBand.AGE_16_17.value
OVER_16 = "16_and_over"
PLACEMENTS = [
    "fostering",
    "placed_for_adoption",
    "with_parents",
    "secure_and_childrens_homes",
    "supported",
    "homes_and_semi_independent",
    "living_independently",
    "other_residential",
    "residential_schools",
    "other",
    "missing_over_24h",
]
"""Published groups. To 2019 ``homes_and_semi_independent`` (secure units, children's homes,
semi-independent) and ``living_independently``; from 2020 ``secure_and_childrens_homes`` and
``supported`` (independent, semi-independent and supported living)."""
PROVIDERS = [
    "own",
    "other_authority",
    "other_public",
    "private",
    "voluntary",
    "parents",
    "not_reported",
]
PANEL = {
    "cla_31_march": "in_care",
    "started": "started",
    "ceased": "ceased",
    "uasc_31_march": "uasc",
    "population_0_17_mid_year_before": "population_0_17",
    "cla_rate_per_10k": "rate_per_10k",
}
REASON_GROUPS: dict[str, list[list[str]]] = {
    "adoption": [["adopted"], ["adopted_unopposed", "adopted_consent_dispensed_with"]],
    "special_guardianship": [
        ["special_guardianship"],
        ["special_guardianship_foster_carer", "special_guardianship_other_carer"],
    ],
    "returned_home": [
        ["returned_home_planned", "returned_home_not_planned"],
        ["returned_home_or_to_relatives"],
    ],
    "family_arrangement": [
        ["child_arrangements_order", "left_to_relatives"],
        ["child_arrangements_order"],
    ],
}
"""Exit reasons and the published cells that make them, by publication (the first that a year
has). Before 2015 going to relatives is inside ``returned_home``."""
REASONS = [
    *dict.fromkeys(cell for ways in REASON_GROUPS.values() for way in ways for cell in way),
    "independent_living_supported",
    "independent_living_unsupported",
    "adult_social_services",
    "remained_with_carers_at_18",
    "remand_ended",
    "custody",
    "assessed_as_adult",
    "taken_by_another_authority",
    "moved_abroad",
    "died",
    "any_other_reason",
]


def _read_once(read: Callable[[PublishedHistory, Authority], T]) -> Callable[..., T]:
    """Keep what a history says of each area: forecasts of neighbours read the same again."""

    @wraps(read)
    def kept(history: PublishedHistory, authority: Authority) -> T:
        key = (read.__name__, authority.old_la_code)
        if key not in history._found:
            history._found[key] = read(history, authority)
        return cast(T, history._found[key])

    return kept


class PublishedHistory:
    """The published past of any English area up to one 31 March.

    Methods take an `Authority` (or `ENGLAND`, whose counts are rounded to 10) and return frames
    indexed by year (ending 31 March). Raised by all: `HistoryError` if the area has no figures
    by that year.
    """

    def __init__(self, year: int, reference: ReferenceData) -> None:
        if year < FIRST_YEAR:
            raise HistoryError(
                f"The published tables by age begin on 31 March {FIRST_YEAR}: there is no "
                f"history up to {year}. Choose a later start."
            )
        self.year = year
        self._reference = reference
        self._past: dict[str, pd.DataFrame] = {}
        self._rows: dict[str, dict[str, NDArray[np.intp]]] = {}
        self._made: dict[tuple[str, str], Counts] = {}
        self._panels: dict[str, pd.DataFrame] = {}
        self._found: dict[tuple[str, str], Any] = {}
        self.national = NationalShapes(reference.table("national"))

    @classmethod
    def as_at(cls, year: int) -> PublishedHistory:
        """The history that ships, up to 31 March ``year``."""
        return _shipped(year)

    def _table(self, name: str) -> pd.DataFrame:
        """A table without its later years."""
        if name not in self._past:
            table = self._reference.table(name)
            self._past[name] = table[table["year"] <= self.year]
        return self._past[name]

    def _area(self, name: str, authority: Authority) -> pd.DataFrame:
        """One area's rows of a table without its later years."""
        table = self._table(name)
        if name not in self._rows:
            groups = table.groupby("old_la_code", observed=True).indices
            self._rows[name] = {str(code): np.asarray(rows) for code, rows in groups.items()}
        return table.iloc[self._rows[name].get(authority.old_la_code, np.empty(0, np.intp))]

    def panel(self, authority: Authority) -> pd.DataFrame:
        """in_care, started, ceased, uasc, population_0_17 (mid-year before), rate_per_10k.

        Missing: not published, or suppressed (1 to 5 children).
        """
        return self._panel(authority).copy()

    def _panel(self, authority: Authority) -> pd.DataFrame:
        code = authority.old_la_code
        if code not in self._panels:
            rows = self._area("panel", authority)
            rows = rows[rows["cla_31_march"].notna()].sort_values("year")
            if rows.empty:
                raise HistoryError(self._no_figures(authority))
            panel = rows.set_index("year")[list(PANEL)].rename(columns=PANEL)
            self._panels[code] = panel.astype(float)
        return self._panels[code]

    def _no_figures(self, authority: Authority) -> str:
        note = f" {authority.note}" if authority.note else ""
        return (
            f"{authority.name} has no published figures up to 31 March {self.year}.{note} "
            "Choose a later start."
        )

    def england_panel(self) -> pd.DataFrame:
        """`panel` for England."""
        return self.panel(ENGLAND)

    def local_authorities(self, year: int) -> pd.DataFrame:
        """Every local authority on 31 March ``year``: in_care, population_0_17, region.

        Indexed by three-digit code. No rows for a year after this history's.
        """
        panel = self._table("panel")
        rows = panel[panel["year"].eq(year) & panel["level"].eq("Local authority")]
        names = PANEL | {"region_name": "region"}
        areas = rows.set_index("old_la_code").rename(columns=names)
        return areas[["in_care", "population_0_17", "region"]]

    @_read_once
    def neighbours(self, authority: Authority) -> list[Authority]:
        """The statistical neighbours, nearest first, that have figures by this year.

        Ten, or fewer where a neighbour was made later than this year (none for England).
        """
        table = self._reference.table("neighbours")
        rows = table[table["old_la_code"] == authority.old_la_code].sort_values("rank")
        known = {found.old_la_code: found for found in all_authorities(self._reference)}
        panel = self._table("panel")
        present = set(panel.loc[panel["cla_31_march"].notna(), "old_la_code"])
        return [known[code] for code in rows["neighbour_code"] if code in known and code in present]

    def _counts(
        self,
        table: str,
        authority: Authority,
        cells: list[str],
        panel_total: str | None = None,
        *,
        complete: bool = True,
    ) -> Counts:
        """One table of one area, with totals, and what a difference recovers.

        ``panel_total`` is the panel's column for the same total, where there is one.
        """
        key = (authority.old_la_code, table)
        if key not in self._made:
            panel = self._panel(authority)
            rows = self._area(table.partition("_")[0], authority)
            rows = rows[rows["table"].eq(table).to_numpy() & np.isin(rows["year"], panel.index)]
            other = panel[panel_total] if panel_total else pd.Series(dtype=float)
            rounded = authority.old_la_code == ENGLAND.old_la_code
            self._made[key] = tabulate(rows, cells, other, complete=complete, recover=not rounded)
        return self._made[key]

    @_read_once
    def starters_by_age(self, authority: Authority) -> Counts:
        """Children who started in the year: five age bands (16_17 is "16 and over"), total."""
        cells = [*YOUNG, OVER_16]
        counts = self._counts("starters_by_age", authority, cells, "started")
        return counts.renamed(OVER_16, OLDEST)

    def starters_uasc(self, authority: Authority) -> Counts:
        """Starters who were unaccompanied asylum-seeking children: uasc, not_uasc, total."""
        return self._counts("starters_uasc", authority, ["uasc", "not_uasc"])

    @_read_once
    def leavers_by_age(self, authority: Authority) -> Counts:
        """Children who ceased in the year: under_1 ... 10_15, 16_17, 16, 17, 18_plus, total.

        Also 16_and_over. Ages 16, 17 and 18 are parted from 2017; 2016 lacks age 16 and earlier
        years print nothing over 15, so that 16_and_over is the total less the rest.
        """
        cells = [*YOUNG, "16", "17", "18_plus"]
        counts = self._counts("leavers_by_age", authority, cells, "ceased", complete=False)
        counts = add_sum(counts, OLDEST, ["16", "17"])
        counts = add_difference(counts, OLDEST, [*YOUNG, "18_plus"])
        counts = add_difference(counts, OVER_16, YOUNG)
        return counts.select([*YOUNG, OLDEST, "16", "17", "18_plus", OVER_16, TOTAL])

    def leavers_uasc(self, authority: Authority) -> Counts:
        """Leavers who were unaccompanied asylum-seeking children: uasc, not_uasc, total."""
        return self._counts("leavers_uasc", authority, ["uasc", "not_uasc"])

    def leavers_by_published_reason(self, authority: Authority) -> Counts:
        """Children who ceased, by the publisher's reasons (`REASONS`) and total."""
        return self._counts("leavers_by_reason", authority, REASONS, "ceased")

    def leavers_by_reason(self, authority: Authority) -> pd.DataFrame:
        """Children who ceased, by our exit reasons (`sufficiency.domain.ExitReason`), total.

        turned_18 is everyone who left at 18 or over, whatever the reason printed; other_reason
        is the total less the rest. Missing where a cell is suppressed.
        """
        reasons = self.leavers_by_published_reason(authority)
        ages = self.leavers_by_age(authority).number
        found = {name: _first_way(reasons, ways) for name, ways in REASON_GROUPS.items()}
        frame = pd.DataFrame(found, index=reasons.number.index)
        frame["turned_18"] = ages["18_plus"].reindex(frame.index)
        total = reasons.number[TOTAL]
        frame["other_reason"] = (total - frame.sum(axis=1, skipna=False)).clip(lower=0)
        frame[TOTAL] = total
        order = [*REASON_GROUPS, "other_reason", "turned_18", TOTAL]
        return frame[order].rename_axis(index="year")

    @_read_once
    def stock_by_age(self, authority: Authority) -> Counts:
        """Children in care on 31 March: five age bands (16_17 is "16 and over"), total."""
        cells = [*YOUNG, OVER_16]
        counts = self._counts("stock_by_age", authority, cells, "in_care")
        return counts.renamed(OVER_16, OLDEST)

    def stock_by_placement(self, authority: Authority) -> Counts:
        """Children in care on 31 March by the publisher's groups (`PLACEMENTS`), total."""
        return self._counts("stock_by_placement", authority, PLACEMENTS, "in_care")

    def stock_by_provider(self, authority: Authority) -> Counts:
        """Children in care on 31 March by who provides the placement (`PROVIDERS`), total."""
        return self._counts("stock_by_provider", authority, PROVIDERS, "in_care")

    def stock_by_locality(self, authority: Authority) -> Counts:
        """Children in care on 31 March inside and outside the council's boundary, total.

        2011 to 2014 leave out some placements, so the parts are less than those in care.
        """
        return self._counts("stock_by_locality", authority, ["inside", "outside"])

    def stock_by_distance(self, authority: Authority) -> Counts:
        """Children in care on 31 March up_to_20_miles from home, over_20_miles, not_known."""
        cells = ["up_to_20_miles", "over_20_miles", "not_known"]
        return self._counts("stock_by_distance", authority, cells, "in_care")

    def placements_in_year(self, authority: Authority) -> pd.DataFrame:
        """new_placements, changing (placements that ended in a change), status_only of them.

        From 2018. ``changing - status_only`` are moves. Also three_or_more (children in care on
        31 March with three or more placements in the year). Missing: suppressed.
        """
        rows = self._area("placements", authority)
        wanted = {
            "new_placements": ("new_placements_by_distance", TOTAL),
            "changing": ("placement_changes_by_reason", TOTAL),
            "status_only": ("placement_changes_by_reason", "status_only"),
            "three_or_more": ("stability_in_year", "three_or_more_in_year"),
        }
        columns = {
            name: rows[(rows["table"] == part) & (rows["cell"] == cell)].set_index("year")["number"]
            for name, (part, cell) in wanted.items()
        }
        return pd.DataFrame(columns).astype(float).sort_index().rename_axis(index="year")

    def england_time_series(self) -> pd.DataFrame:
        """England from 1994: in_care, started, ceased, uasc, adopted (rounded to 10)."""
        return self._table("england_time_series").set_index("year").astype(float).sort_index()

    def unit_costs(self, authority: Authority) -> pd.DataFrame:
        """GBP a week by financial year from Section 251 outturn (rounded to 5), as published.

        fostering_weekly_cost_gbp blends in-house, agency and kin; residential_weekly_cost_gbp
        covers children's homes, secure homes, residential care and schools;
        all_weekly_cost_gbp is for all children in care; gross_spend_gbp is a year's spend.
        """
        costs = self._costs()
        rows = costs[costs["old_la_code"] == authority.old_la_code]
        return rows.set_index("financial_year").drop(columns="old_la_code").astype(float)

    def _costs(self) -> pd.DataFrame:
        table = self._reference.table("unit_costs")
        ends = table["financial_year"].str.slice(0, 4).astype(int) + 1
        return table[ends <= self.year].sort_values("financial_year")

    def england_unit_cost_index(self) -> pd.DataFrame:
        """The median authority's GBP a week by financial year: fostering, residential, all."""
        costs = self._costs()
        local = costs[costs["old_la_code"] != ENGLAND.old_la_code]
        services = ["fostering", "residential", "all"]
        columns = {f"{service}_weekly_cost_gbp": service for service in services}
        medians = local.groupby("financial_year")[list(columns)].median()
        return medians.rename(columns=columns)


def _first_way(counts: Counts, ways: list[list[str]]) -> pd.Series[float]:
    """Per year, the sum of the first group of cells that this year's publication has."""
    result = np.full(len(counts.years), np.nan)
    decided = np.zeros(len(counts.years), dtype=bool)
    for way in ways:
        cells = counts.select(way)
        published = np.logical_and.reduce(~np.isnan(cells.numbers) | cells.held_back, axis=1)
        result = np.where(published & ~decided, cells.numbers.sum(axis=1), result)
        decided |= published
    return pd.Series(result, counts.number.index)


@lru_cache(maxsize=32)
def _shipped(year: int) -> PublishedHistory:
    return PublishedHistory(year, shipped_reference())
