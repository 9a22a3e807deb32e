"""The figures of a run, looked up by date, measure and setting.

The page and the workbook both read a run through ``Figures``, so they show the same numbers.
Nothing is estimated here; sums over months are sums of expected values only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import pandas as pd

from sufficiency.domain import MONTHS_PER_YEAR, SETTINGS, financial_year
from sufficiency.report.words import own_need_labels

QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
STATISTICS = ("mean", "sd", *QUANTILES)
LAST_MONTH_OF_FINANCIAL_YEAR = 3
FLAG_COLUMN, FLAG = "flag", "c"
"""A column of tables in which small real counts are left out, and what it says where one is."""


class RunResult(Protocol):
    """What a run hands to the report: its manifest and its tidy frames (DESIGN, contracts)."""

    @property
    def manifest(self) -> dict[str, Any]:
        """How the run was made and what it rests on."""

    @property
    def forecast(self) -> pd.DataFrame:
        """Children and places by date."""

    @property
    def flows(self) -> pd.DataFrame:
        """Children who come, leave and move."""

    @property
    def needs(self) -> pd.DataFrame:
        """Children by need and where they live."""

    @property
    def finance(self) -> pd.DataFrame:
        """Money by financial year."""

    @property
    def finance_monthly(self) -> pd.DataFrame:
        """Money by month."""

    @property
    def layers(self) -> pd.DataFrame:
        """Variance by layer of uncertainty; empty if not asked for."""

    @property
    def pools(self) -> pd.DataFrame:
        """How full each pool of places is, by date."""

    @property
    def moves_between(self) -> pd.DataFrame:
        """Moves between settings by financial year."""

    @property
    def dearest_placements(self) -> pd.DataFrame:
        """Placements over £5,000 and £10,000 a week and the dearest tenth, by financial year."""

    @property
    def stories(self) -> pd.DataFrame:
        """A few simulated lives, event by event."""


@dataclass(frozen=True)
class Spread:
    """One figure over the simulated futures, in its own unit."""

    mean: float
    p05: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p95: float


@dataclass(frozen=True)
class YearOfMoney:
    """A financial year as far as the forecast covers it."""

    name: str
    months: int

    @property
    def is_whole(self) -> bool:
        """Whether all twelve months are in the forecast."""
        return self.months == MONTHS_PER_YEAR

    @property
    def label(self) -> str:
        """The year as a column's head, marked where the forecast covers only part of it."""
        if self.is_whole:
            return self.name
        if self.months == 0:
            return f"{self.name} (part of a month only)"
        return f"{self.name} ({self.months} month{'s' if self.months > 1 else ''} only)"


@dataclass(frozen=True)
class Figures:
    """A run's frames, indexed for looking up; ``date`` columns are dates."""

    manifest: Mapping[str, Any]
    forecast: pd.DataFrame
    flows: pd.DataFrame
    needs: pd.DataFrame
    finance: pd.DataFrame
    finance_monthly: pd.DataFrame
    layers: pd.DataFrame
    pools: pd.DataFrame
    moves_between: pd.DataFrame
    dearest_placements: pd.DataFrame
    stories: pd.DataFrame

    @classmethod
    def of(cls, run: RunResult) -> Figures:
        """Read a run; its frames are left as they are."""
        return cls(
            manifest=run.manifest,
            forecast=with_dates(run.forecast),
            flows=with_dates(run.flows),
            needs=with_dates(run.needs),
            finance=run.finance.reset_index(drop=True),
            finance_monthly=with_dates(run.finance_monthly),
            layers=with_dates(run.layers),
            pools=with_dates(run.pools),
            moves_between=run.moves_between.reset_index(drop=True),
            dearest_placements=run.dearest_placements.reset_index(drop=True),
            stories=with_dates(run.stories),
        )

    @cached_property
    def dates(self) -> list[date]:
        """The start date, then each month's last day."""
        return sorted(set(self.forecast["date"]))

    @property
    def start(self) -> date:
        """The date that the forecast starts from."""
        return self.dates[0]

    @property
    def end(self) -> date:
        """The last date of the forecast."""
        return self.dates[-1]

    @cached_property
    def headline_date(self) -> date:
        """The last 31 March that the forecast reaches, or its end if it reaches none."""
        return max(self._marches, default=self.end)

    @property
    def _marches(self) -> list[date]:
        return [d for d in self.dates[1:] if d.month == LAST_MONTH_OF_FINANCIAL_YEAR]

    @cached_property
    def year_ends(self) -> list[date]:
        """Every 31 March of the forecast, and its end."""
        return sorted({*self._marches, self.end})

    @cached_property
    def settings(self) -> list[str]:
        """The settings with anybody in them at any date, in the order of the vocabulary."""
        rows = self.forecast[self.forecast["measure"] == "in_care"]
        used = set(rows.loc[rows["p95"] + rows["mean"] > 0, "sector"])
        return [setting for setting in SETTINGS if setting in used]

    @cached_property
    def years(self) -> list[YearOfMoney]:
        """The financial years with a cost, in order."""
        costs = self.finance[self.finance["measure"] == "cost"]
        months = costs.groupby("financial_year")["months"].max()
        return [YearOfMoney(str(name), int(n)) for name, n in months.sort_index().items()]

    def with_ledger(self, year: YearOfMoney) -> YearOfMoney:
        """A year of the forecast, with the months that a ledger adds to it."""
        rows = self.finance[self.finance["measure"] == "outturn"]
        months = rows.loc[rows["financial_year"] == year.name, "months"]
        return YearOfMoney(year.name, int(months.max()) if len(months) else year.months)

    @cached_property
    def headline_year(self) -> YearOfMoney | None:
        """The financial year of the headline date if it is whole, else the last whole one, else
        the first there is."""
        whole = [year for year in self.years if year.is_whole]
        wanted = financial_year(self.headline_date)
        named = [year for year in whole if year.name == wanted]
        return next(iter([*named, *reversed(whole), *self.years]), None)

    def series(self, measure: str, sector: str = "all", age_band: str = "all") -> pd.DataFrame:
        """The rows of one measure over the dates, in order."""
        key = (measure, sector, age_band)
        return self._series.get(key, self.forecast.iloc[0:0])

    @cached_property
    def own_need_labels(self) -> dict[str, str]:
        """What the scenario calls its own planning groups, for readers."""
        return own_need_labels(self.manifest)

    @cached_property
    def _series(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        groups = self.forecast.sort_values("date").groupby(["measure", "sector", "age_band"])
        return {(str(m), str(s), str(a)): rows for (m, s, a), rows in groups}

    def at(self, measure: str, day: date, sector: str = "all") -> Spread | None:
        """One measure at one date, or None where the run has no such row or it is empty."""
        return self._cells.get((measure, sector, day))

    @cached_property
    def _cells(self) -> dict[tuple[object, ...], Spread]:
        """Every figure of all ages, by measure, sector and date: pages look up hundreds."""
        return spreads_by(
            self.forecast[self.forecast["age_band"] == "all"], ("measure", "sector", "date")
        )

    def is_hidden(self, measure: str, day: date, sector: str = "all") -> bool:
        """Whether a figure is left out because it shows, or gives away, a few real children."""
        return (measure, sector, day) in self._hidden

    @cached_property
    def _hidden(self) -> frozenset[tuple[object, ...]]:
        if not self.hides_children:
            return frozenset()
        rows = self.forecast
        rows = rows[(rows[FLAG_COLUMN] == FLAG) & (rows["age_band"] == "all")]
        return frozenset(zip(rows["measure"], rows["sector"], rows["date"], strict=True))

    @cached_property
    def hides_children(self) -> bool:
        """Whether any figure is left out so."""
        return FLAG_COLUMN in self.forecast.columns and bool(
            (self.forecast[FLAG_COLUMN] == FLAG).any()
        )

    def annual(self, measure: str, year: str, sector: str = "all") -> Spread | None:
        """One measure of money over a financial year, all pools of a sector together."""
        return self._annual.get((measure, year, sector))

    @cached_property
    def _annual(self) -> dict[tuple[object, ...], Spread]:
        rows = self.finance[self.finance["pool"] == "all"]
        return spreads_by(rows, ("measure", "financial_year", "sector"))

    def peak(self, measure: str) -> date | None:
        """The month's end (or start) at which a measure is expected to be highest."""
        rows = self.series(measure)
        if rows.empty or rows["mean"].isna().all():
            return None
        highest: date = rows["date"].iloc[int(rows["mean"].argmax())]
        return highest

    def expected_in_year(self, measure: str, year: str) -> float:
        """The expected sum of a flow over the months of a financial year."""
        rows = self.series(measure)
        in_year = [financial_year(day) == year and day > self.start for day in rows["date"]]
        return float(rows.loc[in_year, "mean"].sum())

    def origins(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The numbers that the run rests on, of one kind (fitted, lever, assumed)."""
        return (row for row in self.manifest.get("origins") or () if row.get("kind") == kind)


def with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose ``date`` column holds dates, whatever it held (text, timestamps, dates)."""
    if "date" not in frame.columns:
        return frame.reset_index(drop=True)
    days = pd.to_datetime(frame["date"]).dt.date
    return frame.assign(date=days).reset_index(drop=True)


def spread_of(rows: pd.DataFrame) -> Spread | None:
    """The first of some rows as a ``Spread``; None for no row or an empty mean."""
    if rows.empty or pd.isna(rows["mean"].iloc[0]):
        return None
    row = rows.iloc[0]
    return Spread(float(row["mean"]), *(float(row[name]) for name in QUANTILES))


def spreads_by(rows: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[object, ...], Spread]:
    """Each row as a ``Spread``, by what it has in some columns; rows with an empty mean have none,
    and the first of equal keys holds."""
    known = rows[rows["mean"].notna()]
    names = list(zip(*(known[key] for key in keys), strict=True))
    numbers = known[["mean", *QUANTILES]].to_numpy(dtype=float).tolist()
    found = zip(reversed(names), reversed(numbers), strict=True)
    return {name: Spread(*values) for name, values in found}


def day_of(value: object) -> date:
    """A date of the manifest, given as a date or as ISO text."""
    stamp: date = pd.Timestamp(str(value)).date()
    return stamp
