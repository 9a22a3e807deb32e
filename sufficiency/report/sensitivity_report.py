"""What a study of the assumptions offers its page and workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import pandas as pd

from sufficiency.report.formats import gbp, long_date, plausible_range, value_with_unit
from sufficiency.report.words import in_plain_words

COST = "cost"
_WHAT = {
    "in_house_shortfall": "In-house shortfall",
    "unmet_need": "Unmet need",
    "in_care": "Children in care",
    COST: "Cost of placements",
}
_WHOLE_YEAR_MONTHS = 12


class SensitivityResult(Protocol):
    """A study of the assumptions of one scenario."""

    @property
    def manifest(self) -> dict[str, Any]:
        """What was run, and where every number came from."""

    @property
    def sensitivity(self) -> pd.DataFrame:
        """What each end of each number changes."""

    @property
    def indices(self) -> pd.DataFrame:
        """How much of an answer hangs on which number."""

    @property
    def information(self) -> pd.DataFrame:
        """What it is worth to know a number better."""


@dataclass(frozen=True)
class AnswerAsked:
    """One answer, as the page names it."""

    measure: str
    date: str
    financial_year: str
    months: int
    limit: float | None

    @property
    def key(self) -> str:
        """For anchors."""
        return self.measure.replace("_", "-")

    @property
    def is_money(self) -> bool:
        """Whether it is GBP."""
        return self.measure == COST

    @property
    def label(self) -> str:
        """What is asked and for when."""
        if not self.is_money:
            return f"{_WHAT[self.measure]} on {long_date(date.fromisoformat(self.date))}"
        part = "" if self.months == _WHOLE_YEAR_MONTHS else f" ({self.months} months)"
        return f"{_WHAT[self.measure]} in {self.financial_year}{part}"

    def amount(self, value: float) -> str:
        """A level of the answer."""
        return gbp(value) if self.is_money else f"{value:,.0f}"

    def width(self, value: float) -> str:
        """How wide a range of the answer is."""
        return gbp(value) if self.is_money else f"{value:,.{0 if value >= 10 else 1}f}"

    def change(self, value: float) -> str:
        """A change of the answer, with its sign."""
        size = abs(value)
        if self.is_money:
            said = gbp(size) if size >= 500 else "£0"
        else:
            said = f"{size:,.0f}" if size >= 10 else f"{size:.1f}"
        if not said.strip("£0.,"):
            return said
        return f"{'+' if value > 0 else '−'}{said}"


@dataclass(frozen=True)
class SensitivityReport:
    """A study, looked up as the page says it."""

    result: SensitivityResult

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What was run."""
        return self.result.manifest

    @cached_property
    def answers(self) -> list[AnswerAsked]:
        """What was asked."""
        return [
            AnswerAsked(
                each["measure"],
                each["date"] or "",
                each["financial_year"],
                int(each["months"]),
                each["limit"],
            )
            for each in self.manifest["answers"]
        ]

    @cached_property
    def tested(self) -> dict[str, Mapping[str, Any]]:
        """Each number that was tested, by key."""
        return {str(each["key"]): each for each in self.manifest["tested"]}

    def label(self, key: str) -> str:
        """What a number is, in plain words."""
        return in_plain_words(str(self.tested[key]["label"]))

    def value(self, key: str, value: float) -> str:
        """A value of a number, with its sign and without its unit's words."""
        unit = str(self.tested[key]["unit"])
        return plausible_range(value, value, unit).partition(" to ")[0]

    def range_of(self, key: str) -> str:
        """The value of a number, and the ends at which it was tested."""
        one = self.tested[key]
        unit = str(one["unit"])
        between = plausible_range(one["low"], one["high"], unit)
        return f"{value_with_unit(one['value'], unit)} ({between})"

    def effects(self, answer: AnswerAsked) -> list[Effect]:
        """What each number changes in an answer, widest first; those that change nothing apart."""
        rows = self.result.sensitivity
        rows = rows[rows["measure"] == answer.measure]
        found = []
        for key, both in rows.groupby("assumption", sort=False):
            ends = both.set_index("end")
            mean, error = ends["mean"], ends["standard_error"]
            found.append(
                Effect(
                    str(key),
                    (float(mean["low"]), float(mean["high"])),
                    (float(error["low"]), float(error["high"])),
                )
            )
        return sorted(found, key=lambda effect: -effect.width)

    def information(self, answer: AnswerAsked) -> pd.DataFrame:
        """What it is worth to know each number, most first."""
        rows = self.result.information
        rows = rows[rows["measure"] == answer.measure]
        return rows.sort_values("variance_removed", ascending=False, kind="stable")


@dataclass(frozen=True)
class Effect:
    """What one number changes at its low and at its high."""

    key: str
    mean: tuple[float, float]
    standard_error: tuple[float, float]

    @property
    def width(self) -> float:
        """How far the answer moves between the ends."""
        return max(*self.mean, 0.0) - min(*self.mean, 0.0)

    @property
    def is_beyond_chance(self) -> bool:
        """Whether either end changes the answer by more than twice its error."""
        pairs = zip(self.mean, self.standard_error, strict=True)
        return any(abs(mean) > 2 * error for mean, error in pairs)
