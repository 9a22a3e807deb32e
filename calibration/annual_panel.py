"""England's authorities year by year, and the annual recursion that a forecast amounts to.

The number in care of an authority is carried forward a year at a time with expected entries and
the leaving rate of a base window, exactly as `sufficiency.calibration.drift` defines expected
entries. `fit_drift_and_damping.py` fits its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.drift import (
    Damping,
    expected_entries,
    recent_entries,
    replacement_entries,
)

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
    national_growth: float
    """England's mean yearly growth of the number in care over all earlier years."""
    returns_share: float


def read_panel(reference: Path) -> Panel:
    """The authorities with every year, in one order; prints who is left out and why."""
    areas = pd.read_csv(reference / "panel.csv", encoding="utf-8", dtype={"old_la_code": "Int64"})
    areas = areas[areas["level"] == "Local authority"]
    areas = areas.assign(code=areas["old_la_code"].astype(str))
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
    return Panel(years[0], in_care, started, ceased, ceased - leavers["18_plus"], under_16)


def leavers_by_age(reference: Path, codes: list[str], years: list[int]) -> dict[str, Floats]:
    """Leavers by age on leaving, each (authorities, years); NaN where not published.

    A suppressed band of under-16s is small; one of leavers at 18 may be large (suppressed so
    that another cell cannot be worked out) and stays NaN, and so out of the fit.
    """
    rows = pd.read_parquet(reference / "leavers.parquet")
    rows = rows[rows["table"] == "leavers_by_age"]
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
    total = past.in_care.sum(0)
    returns = np.diff(past.in_care, axis=1) - past.started[:, 1:] + past.ceased[:, 1:]
    opening = past.in_care[:, :-1]
    return Base(
        year=year,
        in_care=past.in_care[:, -1],
        starters_per_year=past.started[:, window].mean(1),
        leaving_rate=leavers / past.mean_in_care()[:, window].sum(1),
        leavers_in_window=leavers,
        national_growth=float((total[-1] / total[0]) ** (1 / (len(total) - 1)) - 1),
        returns_share=float(returns[:, -RETURNS_YEARS:].sum() / opening[:, -RETURNS_YEARS:].sum()),
    )


def damping_at(base: Base, window_years: int, weight: float, trend_share: float) -> Damping:
    """The damping that a candidate means at a base: its trend is a share of England's growth."""
    return Damping(
        cut_year=base.year,
        window_years=window_years,
        weight_recent=weight,
        trend_per_year=trend_share * base.national_growth,
        same_year_returns_share=base.returns_share,
    )


def first_year_entries(base: Base, damping: Damping) -> Floats:
    """Expected entries in the first year by authority, same-year returns included."""
    return expected_entries(
        damping,
        recent_entries(damping, base.starters_per_year, base.in_care),
        replacement_entries(damping, base.leaving_rate * base.in_care, base.in_care),
    )


def forecast_in_care(base: Base, entries: Floats, growth: Floats) -> Floats:
    """The number in care after each year, shape (horizons, authorities).

    N' = N + E (1 + trend)^h - rate x (N + N') / 2: leavers scale with the mean number in care.
    """
    in_care, path = base.in_care, []
    for factor in growth:
        in_care = (in_care * (1 - base.leaving_rate / 2) + entries * factor) / (
            1 + base.leaving_rate / 2
        )
        path.append(in_care)
    return np.array(path)
