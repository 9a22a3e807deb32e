"""England's authorities year by year, and the annual recursion that a forecast amounts to.

The number in care takes the path of `sufficiency.calibration.damping`; expected entries are those
that carry it there at the leaving rate of a base window. `fit_drift_and_damping.py` fits both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.damping import Damping, GrowthTerms

Floats = NDArray[np.float64]

RETURNS_YEARS = 5
LEFT_OUT = {
    "merged or split": (
        "Dorset", "Bournemouth", "Poole", "Bournemouth, Christchurch and Poole",
        "Northamptonshire", "North Northamptonshire", "West Northamptonshire",
        "Cumbria", "Cumberland", "Westmorland and Furness",
    ),
    "too few children": ("City of London", "Isles of Scilly"),
}  # fmt: skip
SUPPRESSED_CHILDREN = 3.0  # the middle of the 1 to 5 that a suppressed cell hides
UNDER_16 = ("under_1", "1_4", "5_9", "10_15")


@dataclass(frozen=True)
class Panel:
    """Counts by authority (rows) and year ending 31 March (columns, from ``first_year``)."""

    first_year: int
    in_care: Floats
    started: Floats
    ceased: Floats
    before_18: Floats
    """Leavers before their 18th birthday; published from 2016."""
    under_16: Floats
    """Leavers under 16, which stand in for ``before_18`` in earlier years; from 2011."""
    aged_16_and_over: Floats
    """In care on 31 March aged 16 and over; from 2011."""
    peer_rate: Floats
    """Children in care per child of the region and the statistical neighbours, itself apart."""
    population: Floats
    """Children under 18, mid-year before; years before 2013 have the figure of 2013."""

    @property
    def last_year(self) -> int:
        """The last year held."""
        return self.first_year + int(self.in_care.shape[1]) - 1

    def up_to(self, year: int) -> Panel:
        """The same panel as it stood at ``year``: nothing later is left to read."""
        held = year - self.first_year + 1
        return Panel(
            self.first_year, self.in_care[:, :held], self.started[:, :held],
            self.ceased[:, :held], self.before_18[:, :held], self.under_16[:, :held],
            self.aged_16_and_over[:, :held], self.peer_rate[:, :held], self.population[:, :held],
        )  # fmt: skip

    def column(self, year: int) -> int:
        """The position of a year."""
        return year - self.first_year

    def mean_in_care(self) -> Floats:
        """Mean of the opening and closing number in care; the first year has no opening."""
        opening = np.hstack([np.full((len(self.in_care), 1), np.nan), self.in_care[:, :-1]])
        return (opening + self.in_care) / 2


@dataclass(frozen=True)
class Base:
    """What a forecast made at ``year`` starts from: (authorities,) arrays."""

    year: int
    in_care: Floats
    starters_per_year: Floats
    leaving_rate: Floats
    """Leavers over mean number in care, in the window."""
    leavers_in_window: Floats
    returns_share: float


def read_panel(reference: Path) -> Panel:
    """The authorities with every year, in one order; prints who is left out and why."""
    areas = pd.read_csv(reference / "panel.csv", encoding="utf-8", dtype={"old_la_code": "Int64"})
    areas = areas[areas["level"] == "Local authority"]
    areas = areas.assign(code=areas["old_la_code"].astype(str))
    everyone = areas
    for why, names in LEFT_OUT.items():
        there = areas["la_name"].isin(names)
        print(f"left out ({why}): {'; '.join(sorted(set(areas.loc[there, 'la_name'])))}")
        areas = areas[~there]
    counts = areas.pivot(index="code", columns="year", values=["cla_31_march", "started", "ceased"])
    gaps = counts.index[counts.isna().any(axis=1)]
    incomplete = sorted(set(areas.loc[areas["code"].isin(gaps), "la_name"]))
    print(f"left out (a year missing): {'; '.join(incomplete)}")
    counts = counts.drop(index=gaps)
    years = [int(year) for year in areas["year"].drop_duplicates().sort_values()]
    in_care, started, ceased = (
        counts[name].to_numpy(np.float64) for name in ("cla_31_march", "started", "ceased")
    )
    leavers = leavers_by_age(reference, list(counts.index), years)
    under_16 = np.sum([leavers[band] for band in UNDER_16], axis=0)
    codes = list(counts.index)
    stock = by_age(reference, "stock_by_age", codes, years)
    others = np.sum([stock[band] for band in UNDER_16], axis=0)
    aged_16 = np.where(
        np.isnan(stock["16_and_over"]), np.clip(in_care - others, 0, None), stock["16_and_over"]
    )
    return Panel(
        years[0],
        in_care,
        started,
        ceased,
        ceased - leavers["18_plus"],
        under_16,
        aged_16,
        rate_of_similar(everyone, reference, codes),
        population(everyone).loc[codes].to_numpy(np.float64),
    )


def population(areas: pd.DataFrame) -> pd.DataFrame:
    """Children under 18 by code and year; years before the first published have its figure."""
    column = "population_0_17_mid_year_before"
    published = areas.pivot(index="code", columns="year", values=column)
    return published.astype(np.float64).bfill(axis=1)


def rate_of_similar(areas: pd.DataFrame, reference: Path, codes: list[str]) -> Floats:
    """Children in care per child of an authority's region and statistical neighbours, by year.

    The authority itself is apart; an authority counts in the years in which it has both numbers.
    """
    in_care = areas.pivot(index="code", columns="year", values="cla_31_march")
    people = population(areas)
    both = (in_care.notna() & people.notna()).to_numpy()
    region = areas.drop_duplicates("code", keep="last").set_index("code")["region_name"]
    near = pd.read_csv(reference / "neighbours.csv", encoding="utf-8", dtype=str)
    neighbours = near.groupby("old_la_code")["neighbour_code"].agg(set)
    similar = np.array(
        [
            region.reindex(in_care.index).eq(region[code]).to_numpy()
            | in_care.index.isin(neighbours.get(code, set()))
            for code in codes
        ]
    )
    similar &= np.array(codes)[:, None] != in_care.index.to_numpy()[None, :]
    children, heads = (
        similar @ np.where(both, table.to_numpy(np.float64), 0.0) for table in (in_care, people)
    )
    return np.asarray(children / heads)


def leavers_by_age(reference: Path, codes: list[str], years: list[int]) -> dict[str, Floats]:
    """Leavers by age on leaving, each (authorities, years); NaN where not published."""
    return by_age(reference, "leavers_by_age", codes, years)


def by_age(reference: Path, table: str, codes: list[str], years: list[int]) -> dict[str, Floats]:
    """A table by age, each age (authorities, years); NaN where not published.

    A suppressed band of under-16s is small; one of leavers at 18 may be large (suppressed so
    that another cell cannot be worked out) and stays NaN, and so out of the fit.
    """
    rows = pd.read_parquet(reference / f"{table.partition('_')[0]}.parquet")
    rows = rows[rows["table"] == table]
    rows = rows.astype({"old_la_code": str, "cell": str, "number": np.float64})
    small = rows["suppressed"] & rows["cell"].isin(UNDER_16)
    rows["number"] = rows["number"].mask(small, SUPPRESSED_CHILDREN)
    return {
        str(age): of_age.pivot(index="old_la_code", columns="year", values="number")
        .reindex(index=codes, columns=years)
        .to_numpy(np.float64)
        for age, of_age in rows.groupby("cell")
    }


def base_at(panel: Panel, year: int, window_years: int) -> Base:
    """The base of a forecast made at ``year``; the window is cut where the panel begins."""
    past = panel.up_to(year)
    window = slice(max(1, past.in_care.shape[1] - window_years), None)
    leavers = past.ceased[:, window].sum(1)
    returns = np.diff(past.in_care, axis=1) - past.started[:, 1:] + past.ceased[:, 1:]
    opening = past.in_care[:, :-1]
    return Base(
        year=year,
        in_care=past.in_care[:, -1],
        starters_per_year=past.started[:, window].mean(1),
        leaving_rate=leavers / past.mean_in_care()[:, window].sum(1),
        leavers_in_window=leavers,
        returns_share=float(returns[:, -RETURNS_YEARS:].sum() / opening[:, -RETURNS_YEARS:].sum()),
    )


def national_growth(past: Panel) -> float:
    """England's mean yearly growth of the number in care over all years of a panel."""
    total = past.in_care.sum(0)
    return float((total[-1] / total[0]) ** (1 / (len(total) - 1)) - 1)


def terms_at(past: Panel, year: int) -> Floats:
    """`GrowthTerms` of every authority at a year, shape (3, authorities); NaN where not known."""
    column = past.column(year)
    in_care, started, ceased = (
        counts[:, column] for counts in (past.in_care, past.started, past.ceased)
    )
    with np.errstate(divide="ignore"):
        terms = GrowthTerms(
            np.log(in_care / past.population[:, column] / past.peer_rate[:, column]),
            past.aged_16_and_over[:, column] / in_care,
            np.log(started / ceased),
        )
    return np.array([np.where(np.isfinite(term), term, np.nan) for term in terms])


def growth_paths(damping: Damping, terms: Floats, years: int) -> Floats:
    """Expected children in care over those at the start, shape (years, authorities)."""
    known = np.where(np.isnan(terms), np.array(damping.mean_term)[:, None], terms)
    return np.column_stack([damping.growth(GrowthTerms(*one), years) for one in known.T])


def expected_entries(base: Base, path: Floats) -> Floats:
    """Entries a year, same-year returns included, that carry the number in care along a path.

    N' = N + E - rate x (N + N') / 2: leavers scale with the mean number in care. Both are
    (years, authorities).
    """
    before = np.vstack([base.in_care, path[:-1]])
    return path - before + base.leaving_rate * (before + path) / 2


def last_rates(base: Base, years: int) -> Floats:
    """The number in care if the base's starters and leaving rate went on, (years, authorities)."""
    in_care, path = base.in_care, []
    entries = base.starters_per_year + base.returns_share * base.in_care
    for _ in range(years):
        in_care = (in_care * (1 - base.leaving_rate / 2) + entries) / (1 + base.leaving_rate / 2)
        path.append(in_care)
    return np.array(path)
