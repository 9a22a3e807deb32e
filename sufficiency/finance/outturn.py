"""What a year will have cost: the ledger for the months that are over, the forecast for the rest.

An outturn is of a replication: what is known is the same in all of them, so its range is that of
the months still to come, and narrows as the year goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import (
    FINANCIAL_YEAR_FIRST_MONTH,
    MONTHS_PER_YEAR,
    SETTINGS,
    financial_year,
    month_end,
    next_month,
)
from sufficiency.history.actuals import ALL, Actuals
from sufficiency.measures.finance import Spend
from sufficiency.measures.nights import BASES
from sufficiency.measures.summary import STATISTICS, summarise

Floats = NDArray[np.float64]

ACTUAL = "actual"
LINES: tuple[str, ...] = (ALL, *(str(setting) for setting in SETTINGS))


@dataclass(frozen=True)
class Outturn:
    """The money of R replications by financial year and line (all, then each setting)."""

    spend: Spend
    actuals: Actuals | None = None

    @cached_property
    def years(self) -> tuple[str, ...]:
        """The financial years with a month that is known or forecast, in order."""
        known = [financial_year(month) for month in self.actuals.months] if self.actuals else []
        return tuple(dict.fromkeys([*known, *self.spend.calendar.financial_years]))

    @property
    def actual_lines(self) -> tuple[str, ...]:
        """The lines that the ledger has: the total, and the sectors where it parts them."""
        if self.actuals is None:
            return ()
        return tuple(dict.fromkeys([ALL, *self.actuals.sectors]))

    def actual_months(self, year: str) -> int:
        """How many months of a financial year are known."""
        return known_months(self.actuals, year)

    def months(self, year: str) -> int:
        """How many whole months of a financial year are known or forecast (12 = all)."""
        return self.actual_months(year) + self.spend.calendar.whole_months(year)

    def is_whole(self, year: str) -> bool:
        """Whether every month of a financial year is known or forecast."""
        return self.months(year) == MONTHS_PER_YEAR

    @cached_property
    def forecast_gbp(self) -> Mapping[str, Floats]:
        """What is forecast of each line: (R, years of the forecast)."""
        settings = np.array(self.spend.plan.line_settings)
        by_pool = [self._annual_of(pool) for pool in range(len(settings))]
        found = {ALL: reduce(np.add, by_pool)}
        for setting in LINES[1:]:
            mine = [by_pool[pool] for pool in np.flatnonzero(settings == setting)]
            found[setting] = reduce(np.add, mine) if mine else np.zeros_like(by_pool[0])
        return found

    def _annual_of(self, pool: int) -> Floats:
        return self.spend.annual(
            reduce(np.add, (self.spend.cost_of(basis, pool) for basis in range(len(BASES))))
        )

    def actual_gbp(self, year: str, line: str) -> float | None:
        """What was spent in the known months of a year; None where the ledger does not say."""
        return self._known(year, line, self.actuals.cost_gbp if self.actuals else ())

    def _known(self, year: str, line: str, table: tuple[tuple[float, ...], ...]) -> float | None:
        if self.actuals is None or line not in self.actual_lines or not self.actual_months(year):
            return None
        rows = [
            row
            for month, row in zip(self.actuals.months, table, strict=True)
            if financial_year(month) == year
        ]
        at = None if line not in self.actuals.sectors else self.actuals.sectors.index(line)
        return float(sum(sum(row) if at is None else row[at] for row in rows))

    def of(self, year: str, line: str = ALL) -> Floats | None:
        """(R,): actual and forecast of a year and line; None where a known month is missing.

        A year without a ledger is its forecast alone.
        """
        years = self.spend.calendar.financial_years
        forecast = self.forecast_gbp[line]
        later = forecast[:, years.index(year)] if year in years else np.zeros(len(forecast))
        if not self.actual_months(year):
            return later
        known = self.actual_gbp(year, line)
        if known is None and self.actuals is not None and ALL not in self.actuals.sectors:
            known = 0.0  # The ledger parts the sectors and has nothing for this one.
        return None if known is None else known + later


def known_months(actuals: Actuals | None, year: str) -> int:
    """How many months of a financial year a ledger has."""
    months = actuals.months if actuals else ()
    return sum(financial_year(month) == year for month in months)


def outturn_rows(outturn: Outturn) -> list[tuple[object, ...]]:
    """Rows of the finance table for years with a ledger: ``actual`` and ``outturn``, by line."""
    rows: list[tuple[object, ...]] = []
    for year in outturn.years:
        if not outturn.actual_months(year):
            continue
        for line in LINES:
            known = outturn.actual_gbp(year, line)
            if known is not None:
                months = outturn.actual_months(year)
                rows.append((year, months, line, ALL, ACTUAL, known, *_empty(1)))
            whole = outturn.of(year, line)
            if whole is not None:
                statistics = summarise(whole)
                rows.append((year, outturn.months(year), line, ALL, "outturn", *statistics))
    return rows


def with_actuals(monthly: pd.DataFrame, actuals: Actuals | None) -> pd.DataFrame:
    """The monthly finance table, before it the ledger in the same shape, basis ``actual``.

    What is known has no range: the mean is all that a row carries.
    """
    if actuals is None:
        return monthly
    rows: list[tuple[object, ...]] = []
    lines = tuple(dict.fromkeys([ALL, *actuals.sectors]))
    for number, month in enumerate(actuals.months):
        day = pd.Timestamp(month_end(month))
        period = (month.month - FINANCIAL_YEAR_FIRST_MONTH) % MONTHS_PER_YEAR + 1
        for measure, table in (("cost", actuals.cost_gbp), ("nights", actuals.nights)):
            by_sector = dict(zip(actuals.sectors, table[number], strict=True))
            by_line = {ALL: sum(table[number]), **by_sector}
            rows.extend(
                (day, period, line, ALL, ACTUAL, measure, by_line[line], *_empty(1))
                for line in lines
                if not np.isnan(by_line[line])
            )
    known = pd.DataFrame(rows, columns=list(monthly.columns))
    return pd.concat([known, monthly], ignore_index=True)


def actuals_warnings(actuals: Actuals | None, start: date) -> list[str]:
    """What the user should know where the ledger ends before the forecast begins."""
    if actuals is None:
        return []
    first_day = next_month(start) if start == month_end(start) else start.replace(day=1)
    if next_month(actuals.months[-1]) == first_day:
        return []
    return [
        f"{actuals.file} ends in {actuals.months[-1]:%B %Y} and the forecast begins after "
        f"{start.day} {start:%B %Y}: what was spent in between is in no total."
    ]


def _empty(given: int) -> tuple[float, ...]:
    return (np.nan,) * (len(STATISTICS) - given)
