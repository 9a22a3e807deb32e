"""Rolling origins over a council's own returns: forecasts made again, and scored.

At each origin only `known_by` of that day is read: rates, the children at the start and the
baselines all come from it, and published statistics from the last 31 March before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.backtest.returns_baselines import (
    ERRORS_EVERY_MONTHS,
    RATES_MONTHS,
    markov_cohort,
    no_change,
    normal_range,
    spreads,
    stock_by_sector,
)
from sufficiency.backtest.scores import QUANTILES, judged
from sufficiency.calibration.children.cohort import Cohort, cohort_of
from sufficiency.calibration.children.file import CalibratedFile
from sufficiency.calibration.children.fit import ChildCalibration
from sufficiency.domain import SECTORS
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import Authority
from sufficiency.history.returns.frames import CareHistories
from sufficiency.history.returns.known_by import known_by
from sufficiency.resolution.children import calibrate
from sufficiency.resolution.own_return import OwnReturn
from sufficiency.resolution.resolve import resolve_children
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.worlds import draw_worlds

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

HORIZONS_MONTHS = (3, 6, 12, 24)
FEWEST_MONTHS = 24
"""Months of returns that must lie behind an origin: the level of entries is that of so many."""
FIRST_ORIGIN = date(2015, 3, 31)
"""Before it too little was published to pool rates toward, as in the published backtest."""
OURS, NO_CHANGE, MARKOV = "sufficiency", "no_change", "markov_cohort"
BASELINES = {NO_CHANGE: no_change, MARKOV: markov_cohort}
_FIRST_MONTHS = {NO_CHANGE: 0, MARKOV: RATES_MONTHS}
COUNTS = ("all", *(str(sector) for sector in SECTORS))
"""What is forecast: children in care, and by sector."""
COLUMNS = [
    *("old_la_code", "authority", "origin", "months_ahead", "method"),
    *("measure", "sector", "age_band", "date", "point", "mean", "sd"),
    *QUANTILES,
    *("in_care_at_origin", "at_origin", "outcome", "crps", "pit"),
]
"""The columns of ``backtest.csv`` of a return."""


@dataclass(frozen=True)
class ReturnsStudy:
    """Whose histories, from how many origins, with how many futures."""

    histories: CareHistories
    authority: Authority
    every_months: int = 6
    replications: int = 100
    seed: int = 1


def month_ends(after: date, months: int) -> date:
    """The end of the month that lies so many months after that of a date."""
    return (pd.Timestamp(after) + pd.offsets.MonthEnd(0) + pd.offsets.MonthEnd(months)).date()


def origins_of(histories: CareHistories, every_months: int) -> list[date]:
    """The days forecasts are made on.

    From the first with `FEWEST_MONTHS` of returns behind it (and `FIRST_ORIGIN`), to the last
    whose shortest horizon the returns reach.

    Raises:
        HistoryError: if there is none.
    """
    before = _day_before(histories.first_day)
    found, months = [], FEWEST_MONTHS
    while month_ends(before, months + HORIZONS_MONTHS[0]) <= histories.last_day:
        origin = month_ends(before, months)
        if origin >= FIRST_ORIGIN:
            found.append(origin)
        months += every_months
    if not found:
        raise HistoryError(
            f"The returns reach from {histories.first_day} to {histories.last_day}, too few years "
            f"to score forecasts on: expected at least {FEWEST_MONTHS} months to learn from (up to "
            f"{FIRST_ORIGIN} or later) and {HORIZONS_MONTHS[0]} more to be compared with. Give "
            "returns of more years."
        )
    return found


def backtest_returns(study: ReturnsStudy, progress: Progress | None = None) -> pd.DataFrame:
    """Every forecast of a study, judged: one row an origin, horizon, method and count (`COLUMNS`).

    Raises:
        HistoryError: too few years of returns, or nobody in care at an origin.
    """
    origins = origins_of(study.histories, study.every_months)
    earlier = {name: _EarlierErrors(study.histories, name) for name in BASELINES}
    tables = []
    for done, origin in enumerate(origins):
        if progress is not None:
            progress(done, len(origins))
        tables += list(_from_origin(study, origin, earlier))
    if progress is not None:
        progress(len(origins), len(origins))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def horizons_from(origin: date, last_day: date) -> dict[int, date]:
    """The horizons in months whose outcome is known, with its day."""
    days = {months: month_ends(origin, months) for months in HORIZONS_MONTHS}
    return {months: day for months, day in days.items() if day <= last_day}


def forecast_from(study: ReturnsStudy, origin: date, days: Sequence[date]) -> Floats:
    """(days, 7, replications): simulated children in care, all and by sector.

    Made as ``calibrate`` and ``run`` make a forecast, from what was known at the origin alone.

    Raises:
        HistoryError: if nobody was in care.
    """
    known = known_by(study.histories, origin)
    fit = calibrate(known, study.authority.name, as_at=origin)
    return _simulated(study, fit, _cohort(known, origin, study.seed), days)


def _simulated(
    study: ReturnsStudy, fit: ChildCalibration, cohort: Cohort, days: Sequence[date]
) -> Floats:
    origin = cohort.as_at
    head = {"window": {"entries_years": fit.arrivals.window.years}}
    own = OwnReturn(CalibratedFile("", fit.authority, fit.fitted, head), cohort)
    asked = {
        "name": "backtest",
        "authority": fit.authority,
        "start": origin,
        "months": HORIZONS_MONTHS[-1],
    }
    plan = resolve_children(Scenario.model_validate(asked), own).plan
    # Drift is keyed by seed and replication: one seed would give all origins the same luck.
    seed = int(np.random.SeedSequence([study.seed, origin.toordinal()]).generate_state(1)[0])
    numbers = range(study.replications)
    worlds = draw_worlds(plan, seed, numbers, parameter=True, drift=True)
    ahead = [(day - origin).days for day in days]
    found = np.empty((len(days), len(COUNTS), study.replications))
    for number, world in zip(numbers, worlds, strict=True):
        record = simulate(world, seed, number, engine="compiled")
        found[:, :, number] = [with_total(_stock(record, day)) for day in ahead]
    return found


def _stock(record: Record, day: int) -> Floats:
    """(6,): children by sector at the end of a day from the start; the unplaced are ``other``."""
    spells = record.spells
    # The last midnight belongs to the world still: stays open at it last to it.
    there = (spells["from_time"] <= day) & ((spells["to_time"] > day) | (spells["ended"] < 0))
    sector = np.minimum(spells["sector"][there], len(SECTORS) - 1)
    return np.bincount(sector, minlength=len(SECTORS)).astype(np.float64)


def _cohort(known: CareHistories, origin: date, seed: int) -> Cohort:
    """The children of the day in an order that says nothing, the same for the same seed."""
    cohort = cohort_of(known, origin)
    if cohort.children.empty:
        raise HistoryError(
            f"Nobody whose date of birth is known is in care on {origin}, so there is no forecast "
            "to make from there. Check the returns with `sufficiency check`."
        )
    told = ["entered_on", "placed_on", "born_month", "sector", "uasc", "placed_for_adoption"]
    ordered = cohort.children.sort_values(told, kind="stable", ignore_index=True)
    order = np.random.default_rng([seed, origin.toordinal()]).permutation(len(ordered))
    return Cohort(origin, ordered.iloc[order].reset_index(drop=True), "", cohort.left_out)


# --- scoring --------------------------------------------------------------------------------


def _from_origin(
    study: ReturnsStudy, origin: date, earlier: Mapping[str, _EarlierErrors]
) -> Iterator[pd.DataFrame]:
    """The rows of every method from one origin."""
    histories = study.histories
    horizons = horizons_from(origin, histories.last_day)
    days = list(horizons.values())
    known = known_by(histories, origin)
    begun = with_total(stock_by_sector(known, origin))
    outcome = np.stack([with_total(stock_by_sector(histories, day)) for day in days])
    ours = forecast_from(study, origin, days)
    samples = {OURS: ours}
    points = {OURS: ours.mean(axis=2)}
    for name in BASELINES:
        points[name] = _point(known, name, days)
        spread = spreads(earlier[name].known_at(origin), HORIZONS_MONTHS)[: len(days)]
        flat = normal_range(points[name].ravel(), spread.ravel())
        samples[name] = flat.reshape(*outcome.shape, -1)
    for method in samples:
        for row, months in enumerate(horizons):
            found = judged(samples[method][row], points[method][row], outcome[row])
            yield pd.DataFrame(
                {
                    "old_la_code": study.authority.old_la_code,
                    "authority": study.authority.name,
                    "origin": origin.isoformat(),
                    "months_ahead": months,
                    "method": method,
                    "measure": "in_care",
                    "sector": COUNTS,
                    "age_band": "all",
                    "date": days[row].isoformat(),
                    **found,
                    "in_care_at_origin": begun[0],
                    "at_origin": begun,
                    "outcome": outcome[row],
                }
            )


def with_total(by_sector: Floats) -> Floats:
    """(7,): all children, then those of each sector."""
    return np.concatenate([[by_sector.sum()], by_sector])


def _point(known: CareHistories, name: str, days: Sequence[date]) -> Floats:
    """(days, 7): what a baseline says from the last day of what is known."""
    ahead = [(day - known.last_day).days for day in days]
    return np.stack([with_total(each) for each in BASELINES[name](known, ahead)])


class _EarlierErrors:
    """Errors of a baseline from days before an origin, each made with what was known then."""

    def __init__(self, histories: CareHistories, name: str) -> None:
        self._histories = histories
        self._name = name
        self._points: dict[date, Floats] = {}
        self._outcomes: dict[date, Floats] = {}

    def known_at(self, origin: date) -> dict[int, Floats]:
        """(n, 7) by horizon in months: forecast less outcome, of outcomes known at the origin."""
        found: dict[int, list[Floats]] = {months: [] for months in HORIZONS_MONTHS}
        before = _day_before(self._histories.first_day)
        months = max(_FIRST_MONTHS[self._name], ERRORS_EVERY_MONTHS)
        while (day := month_ends(before, months)) < origin:
            for row, ahead in enumerate(HORIZONS_MONTHS):
                if (end := month_ends(day, ahead)) <= origin:
                    found[ahead].append(self._point_at(day)[row] - self._outcome_at(end))
            months += ERRORS_EVERY_MONTHS
        empty = np.empty((0, len(COUNTS)))
        return {ahead: np.stack(rows) if rows else empty for ahead, rows in found.items()}

    def _point_at(self, day: date) -> Floats:
        if day not in self._points:
            ends = [month_ends(day, ahead) for ahead in HORIZONS_MONTHS]
            self._points[day] = _point(known_by(self._histories, day), self._name, ends)
        return self._points[day]

    def _outcome_at(self, day: date) -> Floats:
        if day not in self._outcomes:
            known = known_by(self._histories, day)
            self._outcomes[day] = with_total(stock_by_sector(known, day))
        return self._outcomes[day]


def _day_before(day: date) -> date:
    return (pd.Timestamp(day) - pd.Timedelta(days=1)).date()
