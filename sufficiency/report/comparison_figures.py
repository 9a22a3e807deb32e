"""The figures of a comparison, looked up by scenario, date or year, measure and setting.

The page and the workbook both read a comparison through ``ComparisonFigures``, so they show the
same numbers. Nothing is estimated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import pandas as pd

from sufficiency.domain import SETTINGS, financial_year
from sufficiency.report.figures import LAST_MONTH_OF_FINANCIAL_YEAR, YearOfMoney

COST = "cost"
HEADLINES = ("in_care", "in_house_shortfall", "unmet_need", "outside_area", "over_20_miles")
"""Outside the boundary and over 20 miles stand side by side, or not at all."""
When = date | str
"""A report date, or a financial year."""


class ComparisonResult(Protocol):
    """What a comparison hands to the report: its manifest and its tidy frames."""

    @property
    def manifest(self) -> dict[str, Any]:
        """How the comparison was made and what each scenario rests on."""

    @property
    def comparison(self) -> pd.DataFrame:
        """What each scenario changes."""

    @property
    def scenarios(self) -> pd.DataFrame:
        """Each scenario by itself."""

    @property
    def waterfall(self) -> pd.DataFrame:
        """What drives the difference; empty if that was not asked for."""


@dataclass(frozen=True)
class Difference:
    """What a scenario changes in one figure: scenario less base, in the same future."""

    mean: float
    sd: float
    p10: float
    p90: float
    standard_error: float
    times_as_sure: float
    """NaN where no future differs."""
    probability_lower: float
    probability_higher: float
    base_mean: float
    scenario_mean: float

    @property
    def is_none(self) -> bool:
        """Whether it is the same in every future."""
        return self.probability_lower == 0 and self.probability_higher == 0

    @property
    def is_slight(self) -> bool:
        """Of children: whether it is hardly one child either way."""
        return abs(self.mean) < 0.5 and max(abs(self.p10), abs(self.p90)) <= 1

    @property
    def is_clear(self) -> bool:
        """Whether the average is surely not 0: more than two standard errors from it."""
        return abs(self.mean) > 2 * self.standard_error


@dataclass(frozen=True)
class Level:
    """One figure of a scenario by itself."""

    mean: float
    p10: float
    p90: float


@dataclass(frozen=True)
class ComparisonFigures:
    """A comparison's frames, indexed for looking up."""

    manifest: Mapping[str, Any]
    comparison: pd.DataFrame
    scenarios: pd.DataFrame
    waterfall: pd.DataFrame

    @classmethod
    def of(cls, result: ComparisonResult) -> ComparisonFigures:
        """Read a comparison; its frames are left as they are."""
        return cls(result.manifest, result.comparison, result.scenarios, result.waterfall)

    @property
    def base(self) -> str:
        """The scenario that the others are set against."""
        return str(self.comparison["base"].iloc[0])

    @cached_property
    def others(self) -> list[str]:
        """The scenarios set against the base, in their order."""
        return [str(name) for name in dict.fromkeys(self.comparison["scenario"])]

    def label(self, name: str) -> str:
        """A scenario as pages call it: what is laid over the base is called by that alone."""
        laid_over = f"{self.base} with "
        if name.startswith(laid_over):
            return f"With {name.removeprefix(laid_over)}"
        explained: Mapping[str, Any] = self.manifest.get("explained") or {}
        is_made_up = name == explained.get("combination") and name not in self.others
        return "All of them together" if is_made_up else name

    @property
    def labels(self) -> list[str]:
        """The others as pages call them."""
        return [self.label(name) for name in self.others]

    @property
    def is_paired(self) -> bool:
        """Whether all scenarios share their children, future by future."""
        return bool(self.manifest.get("paired"))

    @property
    def replications(self) -> int:
        """How many futures each scenario has."""
        return int(self.manifest.get("replications") or 0)

    @cached_property
    def dates(self) -> list[date]:
        """The start date, then each month's last day."""
        days = pd.to_datetime(self.comparison["date"].dropna().unique())
        return sorted(stamp.date() for stamp in days)

    @property
    def start(self) -> date:
        """The first date that all scenarios have."""
        return self.dates[0]

    @property
    def end(self) -> date:
        """The last."""
        return self.dates[-1]

    @cached_property
    def headline_date(self) -> date:
        """The last 31 March that the comparison reaches, or its end if it reaches none."""
        marches = [day for day in self.dates[1:] if day.month == LAST_MONTH_OF_FINANCIAL_YEAR]
        return max(marches, default=self.end)

    @cached_property
    def years(self) -> list[YearOfMoney]:
        """The financial years of the comparison, in order; whether or not money is known."""
        rows = self.comparison[self.comparison["financial_year"] != ""]
        months = rows.groupby("financial_year")["months"].max()
        return [YearOfMoney(str(name), int(n)) for name, n in months.sort_index().items()]

    @cached_property
    def headline_year(self) -> YearOfMoney | None:
        """The year of the headline date if it is whole, else the last whole one, else the first."""
        whole = [year for year in self.years if year.is_whole]
        named = [year for year in whole if year.name == financial_year(self.headline_date)]
        return next(iter([*named, *reversed(whole), *self.years]), None)

    @property
    def has_money(self) -> bool:
        """Whether costs are compared."""
        return bool((self.comparison["measure"] == COST).any())

    @cached_property
    def settings(self) -> list[str]:
        """The settings with anybody in them in any scenario, in the order of the vocabulary."""
        rows = self.scenarios[self.scenarios["measure"] == "in_care"]
        used = set(rows.loc[rows["p95"] + rows["mean"] > 0, "sector"])
        return [setting for setting in SETTINGS if setting in used]

    def difference(
        self, scenario: str, measure: str, when: When, sector: str = "all"
    ) -> Difference | None:
        """What a scenario changes in one figure; None where it has no such figure."""
        row = self._differences.get((scenario, measure, sector, _when(when)))
        if row is None or pd.isna(row["mean"]):
            return None
        return Difference(**{name: float(row[name]) for name in Difference.__dataclass_fields__})

    def level(self, scenario: str, measure: str, when: When, sector: str = "all") -> Level | None:
        """One figure of a scenario by itself; None where it has none."""
        row = self._levels.get((scenario, measure, sector, _when(when)))
        if row is None or pd.isna(row["mean"]):
            return None
        return Level(float(row["mean"]), float(row["p10"]), float(row["p90"]))

    def over_time(self, scenario: str, measure: str, sector: str = "all") -> pd.DataFrame:
        """The differences of one measure on every date, in order."""
        return self._over_time(self.comparison, scenario, measure, sector)

    def levels_over_time(self, scenario: str, measure: str, sector: str = "all") -> pd.DataFrame:
        """One measure of a scenario by itself on every date, in order."""
        return self._over_time(self.scenarios, scenario, measure, sector)

    def steps(self, measure: str, when: When) -> pd.DataFrame:
        """The steps from the base to the combination of one figure, in order; maybe empty."""
        rows = self.waterfall
        if rows.empty:
            return rows
        if isinstance(when, date):
            at = pd.to_datetime(rows["date"]) == pd.Timestamp(when)
        else:
            at = rows["financial_year"] == when
        return rows[at & (rows["measure"] == measure)].sort_values("step")

    def about(self, scenario: str) -> Mapping[str, Any]:
        """What the manifest says of one scenario, the base among them."""
        names = [self.base, *self.others]
        listed = self.manifest.get("scenarios") or ()
        return dict(zip(names, listed, strict=False)).get(scenario) or {}

    def children_measures(self) -> Iterator[str]:
        """The headline measures of children that the comparison has, in the order they are told."""
        known = set(self.comparison["measure"])
        for measure in HEADLINES:
            if measure in known:
                yield measure

    @cached_property
    def _differences(self) -> dict[tuple[str, str, str, str], dict[str, Any]]:
        return _indexed(self.comparison)

    @cached_property
    def _levels(self) -> dict[tuple[str, str, str, str], dict[str, Any]]:
        return _indexed(self.scenarios)

    @staticmethod
    def _over_time(frame: pd.DataFrame, scenario: str, measure: str, sector: str) -> pd.DataFrame:
        rows = frame[frame["date"].notna() & (frame["age_band"] == "all")]
        chosen = (rows["scenario"] == scenario) & (rows["measure"] == measure)
        rows = rows[chosen & (rows["sector"] == sector)]
        return rows.sort_values("date").reset_index(drop=True)


def _when(when: When) -> str:
    return when.isoformat() if isinstance(when, date) else when


def _indexed(frame: pd.DataFrame) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """The rows of all ages by scenario, measure, sector and date or year."""
    rows = frame[frame["age_band"] == "all"]
    days = pd.to_datetime(rows["date"]).dt.strftime("%Y-%m-%d")
    when = days.where(rows["date"].notna(), rows["financial_year"])
    keys = zip(rows["scenario"], rows["measure"], rows["sector"], when, strict=True)
    records: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
    return dict(zip(keys, records, strict=True))
