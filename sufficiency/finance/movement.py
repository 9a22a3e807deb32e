"""Why the forecast outturn moved since last month: two runs of one council, started apart.

The outturn of a financial year is its actual months and the expected cost of the others. Between an
earlier and a later run it moves because

- *actuals* came in where there was a forecast (and earlier months were restated);
- *leavers*: the placements of the earlier start now cost more or less than was foretold then, as
  children left them, or did not;
- *placed since*: children placed in between cost more or less than those expected in between;
- *still to come*: what is expected of placements yet to begin;
- *price*: the same nights at other prices, setting by setting.

Leavers and placed since are told apart by when placements began (`vintages`). Where a run does not
say, they are one line: children in care at the later start, more or fewer than foretold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import (
    MONTHS_PER_YEAR,
    SETTINGS,
    financial_year,
    month_end,
    next_month,
)
from sufficiency.errors import UserError
from sufficiency.finance.outturn import ACTUAL
from sufficiency.finance.vintages import Vintages
from sufficiency.history.actuals import ALL

Floats = NDArray[np.float64]

LINES = (
    "actuals",
    "restated",
    "leavers",
    "placed_since",
    "children_at_start",
    "still_to_come",
    "price",
    "rounding",
)
_SETTINGS = tuple(str(setting) for setting in SETTINGS)
_COMMITTED, _NEW = "committed", "new"


@dataclass(frozen=True)
class Movement:
    """The change in a year's forecast outturn, in whole pounds that add up."""

    year: str
    before_name: str
    after_name: str
    before_start: date
    after_start: date
    before_gbp: int
    """The outturn as the earlier run expects it."""
    after_gbp: int
    """The outturn as the later run expects it."""
    lines: Mapping[str, int]
    """By the names of `LINES`, those that apply; they add up to the change."""
    notes: tuple[str, ...]
    """What the reader should know."""

    @property
    def change_gbp(self) -> int:
        """How far the outturn moved."""
        return self.after_gbp - self.before_gbp

    def table(self) -> pd.DataFrame:
        """``financial_year, line, amount_gbp``: before, each line, after."""
        rows = [("before", self.before_gbp), *self.lines.items(), ("after", self.after_gbp)]
        return pd.DataFrame(
            [(self.year, line, amount) for line, amount in rows],
            columns=["financial_year", "line", "amount_gbp"],
        )


@dataclass(frozen=True)
class _Run:
    """A run folder as far as money goes."""

    folder: Path
    manifest: Mapping[str, Any]
    monthly: pd.DataFrame
    forecast: pd.DataFrame

    @property
    def start(self) -> date:
        found: date = min(self.forecast["date"])
        return found

    def expected(self, measure: str, sector: str) -> dict[tuple[date, str], float]:
        """Expected values by month and basis, all pools together."""
        rows = self.monthly
        chosen = rows[
            (rows["measure"] == measure) & (rows["sector"] == sector) & (rows["pool"] == ALL)
        ]
        keys = zip(chosen["date"], chosen["basis"], strict=True)
        return dict(zip(keys, chosen["mean"].astype(float), strict=True))

    @cached_property
    def cost(self) -> dict[tuple[date, str], float]:
        return self.expected("cost", ALL)

    def actual(self, month: date) -> float | None:
        return self.cost.get((month, ACTUAL))

    def forecast_cost(self, month: date) -> float | None:
        """None where the month is not forecast."""
        parts = [self.cost.get((month, basis)) for basis in (_COMMITTED, _NEW)]
        known = [part for part in parts if part is not None]
        return sum(known) if known else None

    def outturn(self, month: date) -> float | None:
        actual = self.actual(month)
        return actual if actual is not None else self.forecast_cost(month)

    def children(self, day: date) -> Floats:
        """Expected children by setting on a day: (7,)."""
        rows = self.forecast
        rows = rows[(rows["date"] == day) & (rows["measure"] == "in_care")]
        rows = rows[rows["age_band"] == ALL]
        by_sector = dict(zip(rows["sector"], rows["mean"].astype(float), strict=True))
        return np.array([by_sector.get(name, 0.0) for name in _SETTINGS])


def explain(before: Path, after: Path, year: str | None = None) -> Movement:
    """Why the later run expects another outturn than the earlier one.

    Args:
        before: the folder of the run with the earlier start.
        after: the folder of the run with the later start.
        year: the financial year; by default that in which the earlier forecast begins.

    Raises:
        UserError: a folder is not that of a run, the runs are of different councils or in the
            wrong order, or the months in between have no actuals.
    """
    earlier, later = _read(before), _read(after)
    _check_order(earlier, later)
    year = year or financial_year(earlier.start + timedelta(days=1))
    months = _months_of(year)
    shared = [m for m in months if earlier.outturn(m) is not None and later.outturn(m) is not None]
    _check_months(earlier, later, year, months)
    remaining = [m for m in shared if later.actual(m) is None]
    exact = _actual_lines(earlier, later, shared)
    exact |= _forecast_lines(earlier, later, remaining)
    before_gbp = round(sum(earlier.outturn(m) or 0.0 for m in shared))
    after_gbp = round(sum(later.outturn(m) or 0.0 for m in shared))
    lines = {name: round(exact[name]) for name in LINES if name in exact}
    lines["rounding"] = after_gbp - before_gbp - sum(lines.values())
    return Movement(
        year=year,
        before_name=before.name,
        after_name=after.name,
        before_start=earlier.start,
        after_start=later.start,
        before_gbp=before_gbp,
        after_gbp=after_gbp,
        lines=lines,
        notes=_notes(earlier, later, months, shared, lines),
    )


def are_apart(folders: Sequence[Path]) -> bool:
    """Whether these are two runs that start on different days; False where a folder is none."""
    if len(folders) != 2:
        return False
    try:
        starts = {_read(folder).start for folder in folders}
    except UserError:
        return False
    return len(starts) == len(folders)


def _read(folder: Path) -> _Run:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        monthly, forecast = (
            pd.read_csv(folder / name, encoding="utf-8", keep_default_na=False, na_values=[""])
            for name in ("finance_monthly.csv", "forecast.csv")
        )
        dated = [
            table.assign(date=[date.fromisoformat(str(day)) for day in table["date"]])
            for table in (monthly, forecast)
        ]
    except (OSError, ValueError, KeyError) as fault:
        raise UserError(
            f"{folder}: this is not the folder of a run, or a file of it is damaged "
            f"({type(fault).__name__}). Give a folder that `sufficiency run` has written."
        ) from None
    return _Run(folder, manifest, *dated)


def _check_order(earlier: _Run, later: _Run) -> None:
    codes = [
        str((run.manifest.get("authority") or {}).get("old_la_code")) for run in (earlier, later)
    ]
    if codes[0] != codes[1]:
        raise UserError(
            f"{later.folder}: this run is of another authority than {earlier.folder}, so one does "
            "not explain the other. Give two runs of one council."
        )
    if later.start <= earlier.start:
        raise UserError(
            f"{later.folder} starts on {later.start.isoformat()}, not after {earlier.folder} "
            f"({earlier.start.isoformat()}). Give the earlier run first."
        )


def _check_months(earlier: _Run, later: _Run, year: str, months: list[date]) -> None:
    """The months between the starts are known, or there is nothing to compare with."""
    if not any(earlier.forecast_cost(month) is not None for month in months):
        raise UserError(
            f"{earlier.folder}: forecasts no month of {year}. Give a year that it reaches."
        )
    absent = [
        month
        for month in months
        if earlier.outturn(month) is not None and later.outturn(month) is None
    ]
    if absent:
        listed = ", ".join(f"{month:%B %Y}" for month in absent)
        raise UserError(
            f"{later.folder}: says nothing of what was spent in {listed}, which {earlier.folder} "
            "has. Run it with the ledger of these months (--actuals, or costs.actuals), and as "
            "many months ahead."
        )


def _months_of(year: str) -> list[date]:
    first = date(int(year[:4]), 4, 1)
    ends = []
    for _ in range(MONTHS_PER_YEAR):
        ends.append(month_end(first))
        first = next_month(first)
    return ends


def _actual_lines(earlier: _Run, later: _Run, months: list[date]) -> dict[str, float]:
    """Actuals that replace a forecast, and actuals that were restated."""
    lines = {"actuals": 0.0}
    for month in months:
        now = later.actual(month)
        if now is None:
            continue
        then = earlier.actual(month)
        line = "actuals" if then is None else "restated"
        change = now - (earlier.outturn(month) or 0.0)
        if line == "actuals" or change:
            lines[line] = lines.get(line, 0.0) + change
    return lines


def _forecast_lines(earlier: _Run, later: _Run, months: list[date]) -> dict[str, float]:
    """What moved in the months that both forecast."""
    price = _price(earlier, later, months)
    moved = _by_vintage(earlier, later, months)
    if moved is None:
        moved = _by_stock(earlier, later, months)
    weights = {name: weight for name, (_, weight) in moved.items()}
    whole = sum(weights.values()) or 1.0
    lines = {name: raw - price * weights[name] / whole for name, (raw, _) in moved.items()}
    # Nothing that is still to be paid for can carry a change of price.
    carried = price if sum(weights.values()) else 0.0
    return {**lines, "price": carried}


def _price(earlier: _Run, later: _Run, months: list[date]) -> float:
    """The later run's nights at its prices less at the earlier run's, setting by setting."""
    total = 0.0
    for sector in _SETTINGS:
        sums = [
            {measure: _by_month(run.expected(measure, sector)) for measure in ("cost", "nights")}
            for run in (earlier, later)
        ]
        for month in months:
            (then_cost, then_nights), (cost, nights) = (
                (each["cost"].get(month, 0.0), each["nights"].get(month, 0.0)) for each in sums
            )
            if then_nights > 0 and nights > 0:
                total += cost - nights * then_cost / then_nights
    return total


def _by_month(expected: Mapping[tuple[date, str], float]) -> dict[date, float]:
    found: dict[date, float] = {}
    for (month, basis), value in expected.items():
        if basis != ACTUAL:
            found[month] = found.get(month, 0.0) + value
    return found


Moved = dict[str, tuple[float, float]]
"""By line: the change in cost, and the later run's cost, which carries the change in price."""


def _by_vintage(earlier: _Run, later: _Run, months: list[date]) -> Moved | None:
    """The change by when placements began; None where a run does not say."""
    found = [Vintages.read(run.manifest.get("vintages")) for run in (earlier, later)]
    then, now = found
    apart = _months_between(earlier.start, later.start)
    if then is None or now is None or apart is None:
        return None
    at_then = [_months_between(earlier.start, month) for month in months]
    at_now = [_months_between(later.start, month) for month in months]
    reach = [at for at in at_then if at is None or at > then.new.shape[1]]
    if reach or any(at is None or at > now.new.shape[1] for at in at_now):
        return None
    old, later_months = [at - 1 for at in at_then if at], [at - 1 for at in at_now if at]
    committed_then = then.committed[:, old].sum()
    between_then = then.new[:apart, old].sum()
    to_come_then = then.new[apart:, old].sum()
    since = now.committed[:apart, later_months].sum()
    before = now.committed[apart:, later_months].sum()
    to_come = now.new[:, later_months].sum()
    return {
        "leavers": (float(before - committed_then), float(before)),
        "placed_since": (float(since - between_then), float(since)),
        "still_to_come": (float(to_come - to_come_then), float(to_come)),
    }


def _months_between(first: date, last: date) -> int | None:
    """Whole months between two ends of months; None if either is not one."""
    if first != month_end(first) or last != month_end(last):
        return None
    return (last.year - first.year) * MONTHS_PER_YEAR + last.month - first.month


def _by_stock(earlier: _Run, later: _Run, months: list[date]) -> Moved:
    """The change through the children in care at the later start, and the rest."""
    change = sum(
        (later.forecast_cost(m) or 0.0) - (earlier.forecast_cost(m) or 0.0) for m in months
    )
    now, foretold = later.children(later.start), earlier.children(later.start)
    through_stock = 0.0
    for place, sector in enumerate(_SETTINGS):
        cost = later.expected("cost", sector)
        of_these = sum(cost.get((month, _COMMITTED), 0.0) for month in months)
        if now[place] > 0:
            through_stock += (now[place] - foretold[place]) * of_these / now[place]
    # The difference in children is at the later run's prices: what prices changed is in the rest.
    return {
        "children_at_start": (through_stock, 0.0),
        "still_to_come": (change - through_stock, 1.0),
    }


def _notes(
    earlier: _Run, later: _Run, months: list[date], shared: list[date], lines: Mapping[str, int]
) -> tuple[str, ...]:
    notes = []
    absent = [month for month in months if month not in shared]
    if absent:
        notes.append(
            f"{len(absent)} of the 12 months ({absent[0]:%B %Y} to {absent[-1]:%B %Y}) are in "
            "neither run and in no figure here."
        )
    if "children_at_start" in lines:
        notes.append(
            "Children who left and children placed since are one line: the runs do not say when "
            "placements began."
        )
    elif not all(run.manifest.get("personal_data") for run in (earlier, later)):
        notes.append(
            "When the placements of the start began is drawn by the model, not known: a start from "
            "the council's own list (population.cohort) tells leavers and children placed since "
            "apart as they were."
        )
    return tuple(notes)
