"""The finance tables: spend by financial year and by month, with ranges.

Annual percentiles are taken over the replications' own annual sums, never by adding up monthly
percentiles. A part year carries fewer than 12 whole months.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial, reduce
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS
from sufficiency.measures.dearest import DEAREST_ROWS
from sufficiency.measures.money import CostPlan
from sufficiency.measures.monthly import ALL
from sufficiency.measures.nights import BASES
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.measures.summary import STATISTICS, summarise

Floats = NDArray[np.float64]


class ByPool(Protocol):
    """Figures of R replications by pool and month, in memory or read as they are asked for.

    An array is one.
    """

    def __getitem__(self, at: Any, /) -> Any:
        """``[:, pool]`` or ``[:, basis, pool]``: (R, M)."""


@dataclass(frozen=True)
class Spend:
    """R replications' nights and money, by basis (committed, new), pool and month.

    Nothing is worked out of more than a line of pools at a time, so that memory stays bounded.
    """

    nights: ByPool
    """(R, 2, P + 1, M); the last pool is unplaced."""
    cost_gbp: ByPool
    """(R, 2, P + 1, M): what those nights cost."""
    extra_cost_gbp: ByPool
    """(R, P + 1, M)."""
    plan: CostPlan
    calendar: ReportCalendar
    other_money_gbp: ByPool | None = None
    """(R, L, M): money that is not paid by the child-night, by `CostPlan.other_lines`."""

    def nights_of(self, basis: int, pool: int) -> Floats:
        """(R, M); none where money is paid whoever lives there."""
        if self._is_place_line(pool):
            return np.zeros_like(self.cost_of(basis, pool))
        return np.asarray(self.nights[:, basis, pool], dtype=np.float64)

    def _is_place_line(self, pool: int) -> bool:
        """Whether a line stands after the pools and unplaced."""
        return pool > len(self.plan.pool_names)

    def cost_of(self, basis: int, pool: int) -> Floats:
        """(R, M): what the nights cost."""
        return np.asarray(self.cost_gbp[:, basis, pool], dtype=np.float64)

    def extra_cost_of(self, pool: int) -> Floats:
        """(R, M): what the nights of children in a gap cost more."""
        if self._is_place_line(pool):
            return np.zeros_like(self.cost_of(0, pool))
        return np.asarray(self.extra_cost_gbp[:, pool], dtype=np.float64)

    def other_of(self, line: int) -> Floats:
        """(R, M): a line outside the placement total, by `CostPlan.other_lines`."""
        assert self.other_money_gbp is not None
        return np.asarray(self.other_money_gbp[:, line], dtype=np.float64)

    def annual(self, monthly: Floats) -> Floats:
        """Sums over the months of each financial year: (..., M) to (..., years)."""
        calendar = self.calendar
        in_year = np.array(
            [[year == name for name in calendar.financial_years] for year in calendar.month_years]
        )
        return monthly @ in_year.astype(np.float64)

    def annual_cost_gbp(self) -> Floats:
        """(R, years): what all placements cost in each financial year."""
        return self.annual(
            _added(
                self.cost_of(basis, pool)
                for pool in range(len(self.plan.line_settings))
                for basis in range(len(BASES))
            )
        )


def cost_by_setting(by_pool: Floats, line_settings: Sequence[str]) -> Floats:
    """Money by pool, (n, P + 1, M), added up to the rows of `COST_ROWS`: all, then each setting."""
    of_setting = np.array([[one == setting for one in line_settings] for setting in SETTINGS])
    members = np.concatenate([np.ones((1, len(line_settings))), of_setting])
    found: Floats = np.einsum("lp,npm->nlm", members, by_pool)
    return found


def finance_lines(plan: CostPlan) -> tuple[tuple[tuple[str, str], ...], Floats]:
    """The lines of the finance tables and which pools each adds up.

    Returns L pairs of sector and pool, and (L, P + 1 + K) of 0 and 1. Lines are the total, each
    setting (unplaced on its own), and the pools of those sectors that have several or are paid
    for whoever lives there.
    """
    settings = np.array(plan.line_settings)
    lines = [(ALL, ALL)]
    members = [np.ones(len(settings), dtype=bool)]
    for setting in map(str, SETTINGS):
        mine = settings == setting
        lines.append((setting, ALL))
        members.append(mine)
        pools = np.flatnonzero(mine)
        if len(pools) > 1:
            lines.extend((setting, plan.line_names[pool]) for pool in pools)
            members.extend(np.arange(len(settings)) == pool for pool in pools)
    return tuple(lines), np.array(members, dtype=np.float64)


def finance_table(spend: Spend) -> pd.DataFrame:
    """Cost, nights and extra cost of the gaps by financial year and line; then money outside the
    placement total, and posts, as `other_rows` has them.

    Columns: ``financial_year, months, sector, pool, measure``, then the statistics.
    """
    lines, members = finance_lines(spend.plan)
    by_pool: dict[str, Callable[[int], Floats]] = {
        "cost": lambda pool: _added(spend.cost_of(basis, pool) for basis in range(len(BASES))),
        "nights": lambda pool: _added(spend.nights_of(basis, pool) for basis in range(len(BASES))),
        "extra_cost_of_gap": spend.extra_cost_of,
    }
    summaries = {measure: _by_line(members, of, spend.annual) for measure, of in by_pool.items()}
    rows: list[tuple[object, ...]] = []
    others = other_rows(spend)
    for number, year in enumerate(spend.calendar.financial_years):
        months = spend.calendar.whole_months(year)
        for measure, summary in summaries.items():
            rows.extend(
                (year, months, *line, measure, *summary[:, row, number])
                for row, line in enumerate(lines)
            )
        rows.extend((year, months, *key, *summary[:, number]) for key, summary in others.items())
    columns = ("financial_year", "months", "sector", "pool", "measure", *STATISTICS)
    return pd.DataFrame(rows, columns=list(columns))


def other_rows(spend: Spend) -> dict[tuple[str, str, str], Floats]:
    """Money outside the placement total and posts implied, by sector, pool and measure: (9, years).

    ``income``: all, by sector, and by who pays (``pool`` names them). ``net_cost``: placements
    less income. ``after_care_cost``: all, and by what it is for. ``social_worker_posts`` and
    ``reviewing_officer_posts``: children in care on an average night over the caseload.
    """
    plan, found = spend.plan, {}
    income = {
        position: (line.setting, line.name) for position, line in enumerate(plan.income_lines)
    }
    keys = {key for setting, name in income.values() for key in ((setting, ALL), (ALL, name))}
    order = ((ALL, ALL), *((str(setting), ALL) for setting in SETTINGS))
    for key in (*order, *sorted(key for key in keys if key not in order)):
        mine = [at for at, names in income.items() if _belongs(names, key)]
        if mine:
            total = spend.annual(_added(spend.other_of(at) for at in mine))
            found[(*key, "income")] = summarise(total)
            if key == (ALL, ALL):
                found[(ALL, ALL, "net_cost")] = summarise(spend.annual_cost_gbp() - total)
    after = {
        line.name: spend.annual(spend.other_of(position))
        for position, line in enumerate(plan.after_care_lines, len(income))
    }
    if after:
        found[(ALL, ALL, "after_care_cost")] = summarise(_added(after.values()))
    for name, amount in after.items():
        found[(ALL, name, "after_care_cost")] = summarise(amount)
    return {**found, **_posts(spend)}


def _belongs(names: tuple[str, str], key: tuple[str, str]) -> bool:
    """Whether an income line, by setting and name, is part of a row, by sector and pool."""
    return all(wanted in (ALL, name) for wanted, name in zip(key, names, strict=True))


def _posts(spend: Spend) -> dict[tuple[str, str, str], Floats]:
    """Posts implied by caseloads, on an average night of each year."""
    plan, calendar = spend.plan, spend.calendar
    caseloads = {
        "social_worker_posts": plan.children_per_social_worker,
        "reviewing_officer_posts": plan.children_per_reviewing_officer,
    }
    if not any(caseloads.values()):
        return {}
    pools, bases = range(len(plan.pool_names) + 1), range(len(BASES))
    nights = spend.annual(_added(spend.nights_of(basis, pool) for pool in pools for basis in bases))
    children = nights / spend.annual(np.diff(calendar.days).astype(np.float64))
    return {
        (ALL, ALL, name): summarise(children / caseload)
        for name, caseload in caseloads.items()
        if caseload
    }


def dearest_table(dearest: Floats, calendar: ReportCalendar) -> pd.DataFrame:
    """The dearest placements by financial year: (R, rows of `DEAREST_ROWS`, Y) summed up.

    Columns: ``financial_year, months, measure``, then the statistics.
    """
    summary = summarise(dearest)
    rows = [
        (year, calendar.whole_months(year), measure, *summary[:, row, number])
        for number, year in enumerate(calendar.financial_years)
        for row, measure in enumerate(DEAREST_ROWS)
    ]
    return pd.DataFrame(rows, columns=["financial_year", "months", "measure", *STATISTICS])


def finance_monthly_table(spend: Spend) -> pd.DataFrame:
    """Cost and nights by month, line and basis.

    Columns: ``date`` (the month's last day), ``period`` (1 = April), ``sector, pool, basis,
    measure``, then the statistics. Committed and new add up to the month's total.
    """
    lines, members = finance_lines(spend.plan)
    calendar = spend.calendar
    summaries = {
        measure: np.stack([_by_line(members, partial(of, basis)) for basis in range(len(BASES))], 1)
        for measure, of in (("cost", spend.cost_of), ("nights", spend.nights_of))
    }
    rows = [
        (day, period, *line, basis, measure, *summary[:, basis_number, row, month])
        for month, (day, period) in enumerate(
            zip(_timestamps(calendar.dates[1:]), calendar.month_periods, strict=True)
        )
        for measure, summary in summaries.items()
        for row, line in enumerate(lines)
        for basis_number, basis in enumerate(BASES)
    ]
    columns = ("date", "period", "sector", "pool", "basis", "measure", *STATISTICS)
    return pd.DataFrame(rows, columns=list(columns))


def _by_line(
    members: Floats,
    of_pool: Callable[[int], Floats],
    reduced: Callable[[Floats], Floats] = lambda line: line,
) -> Floats:
    """The statistics of each line of pools, one line at a time so that memory stays bounded.

    ``of_pool`` gives (R, M) for a pool; returns (9, L, M), or what ``reduced`` makes of M.
    """
    lines = (_added(of_pool(int(pool)) for pool in np.flatnonzero(line)) for line in members)
    return np.stack([summarise(reduced(line)) for line in lines], axis=1)


def _added(parts: Iterable[Floats]) -> Floats:
    """The sum of arrays of one shape, of which only two are in memory at a time."""
    return reduce(np.add, parts)


def _timestamps(dates: Sequence[date]) -> list[pd.Timestamp]:
    return [pd.Timestamp(day) for day in dates]
