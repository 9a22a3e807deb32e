"""The whole backtest: make every forecast again, judge it beside the baselines, add up.

The pieces that take time (simulated forecasts, smoothed series) are independent and kept as they
end; the judging reads them all, so that a backtest gone on with gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.backtest.baselines import Baseline, CouncilMethod, NoChange, StockFlow
from sufficiency.backtest.counts import FIRST_YEAR, ObservedCounts, read_counts
from sufficiency.backtest.markov import MarkovCohort
from sufficiency.backtest.pieces import Pieces, settings_of
from sufficiency.backtest.published_source import ForecastSource, PublishedForecasts, Unresolved
from sufficiency.backtest.scoreboard import NO_CHANGE, OURS
from sufficiency.backtest.scores import Rows, forecasts_table, judged, mean_yearly_change, rows_of
from sufficiency.backtest.smoothing import METHODS, Smoothed, smooth_authority
from sufficiency.backtest.spread import Pools, pools_as_at, size_of, spread_out
from sufficiency.backtest.targets import (
    LATEST_YEAR,
    N_TARGETS,
    TARGETS,
    longest_horizon,
)
from sufficiency.executors import PROCESSES, SERIAL, Workers, work_out
from sufficiency.history.authorities import Authority, all_authorities
from sufficiency.history.published import PublishedHistory
from sufficiency.simulation.simulate import DEFAULT_ENGINE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Progress = Callable[[int, int], None]

MADE_SINCE = {
    "838": "made on 1 April 2019 from most of the former county of Dorset",
    "839": "made on 1 April 2019 from Bournemouth, Poole and part of Dorset",
    "940": "made on 1 April 2021 from part of Northamptonshire",
    "941": "made on 1 April 2021 from part of Northamptonshire",
}
"""Authorities whose own figures begin within the origins: left out where all are scored."""
MEAN_KEPT = "no_change_mean_kept"
FIRST_SMOOTHED = 2013
LEFT_OUT_COLUMNS = [
    "reason",
    "old_la_code",
    "authority",
    "origin",
    "measure",
    "placement_group",
    "age_band",
    "years_ahead",
    "forecasts",
]


@dataclass(frozen=True)
class Study:
    """What is asked of a backtest. It can be pickled."""

    authorities: tuple[Authority, ...]
    """Those scored; baselines learn their errors from all."""
    origins: tuple[int, ...]
    replications: int
    seed: int = 1
    engine: str = DEFAULT_ENGINE
    smoothing: bool = True
    """Whether exponential smoothing is among the baselines: it takes minutes for all."""

    @property
    def source(self) -> ForecastSource:
        """Where our forecasts come from."""
        return PublishedForecasts(self.replications, self.seed, self.engine)


@dataclass(frozen=True)
class Backtest:
    """What a backtest found, as tables."""

    forecasts: pd.DataFrame
    """One row a forecast: columns `sufficiency.backtest.scores.COLUMNS`."""
    left_out: list[dict[str, object]]
    """What was not scored and why: rows of `left_out_table`."""


class Piece(NamedTuple):
    """One piece of work: an origin of an authority, or (origin 0) its smoothed series."""

    authority: Authority
    origin: int

    @property
    def name(self) -> str:
        """The name of its file."""
        what = str(self.origin) if self.origin else "smoothed"
        return f"{self.authority.old_la_code}-{what}"


class Desk(NamedTuple):
    """What a worker needs to work out any piece."""

    folder: Path
    study: Study


def every_authority() -> tuple[tuple[Authority, ...], list[dict[str, object]]]:
    """The authorities that a backtest of all scores, and rows of those left out, with why."""
    every = all_authorities()
    scored = tuple(area for area in every if area.old_la_code not in MADE_SINCE)
    rows: list[dict[str, object]] = [
        {"reason": MADE_SINCE[area.old_la_code], **_of(area)}
        for area in every
        if area.old_la_code in MADE_SINCE
    ]
    return scored, rows


def backtest(
    study: Study,
    folder: Path,
    *,
    workers: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> Backtest:
    """Make every forecast of a study and judge it. Finished pieces are kept in ``folder``.

    Raises `OutputError` if the folder holds an unfinished backtest that is not resumed, or of
    other settings. Ctrl-C leaves the finished pieces where they are.
    """
    pieces = Pieces(folder)
    pieces.begin(settings_of(study.replications, study.seed, study.engine), resume=resume)
    wanted = pieces_of(study)
    open_pieces = [piece for piece in wanted if not pieces.has(piece.name)]
    done = len(wanted) - len(open_pieces)
    if progress is not None:
        progress(done, len(wanted))
    crew = Workers(PROCESSES if workers > 1 else SERIAL, workers)
    with closing(work_out(work_on, Desk(folder, study), open_pieces, crew)) as finished:
        for _ in finished:
            done += 1
            if progress is not None:
                progress(done, len(wanted))
    return judge(study, pieces)


def pieces_of(study: Study) -> list[Piece]:
    """Every piece of a study, in order."""
    scored = [Piece(area, origin) for area in study.authorities for origin in study.origins]
    smoothed = [Piece(area, 0) for area in all_authorities()] if study.smoothing else []
    return [*scored, *smoothed]


def work_on(desk: Desk, piece: Piece) -> None:
    """Work out one piece and keep it."""
    pieces = Pieces(desk.folder)
    if piece.origin:
        made = desk.study.source.forecast(piece.authority, piece.origin)
        pieces.keep_forecast(piece.name, made)
        return
    origins = _smoothed_origins(desk.study)
    history = PublishedHistory.as_at(origins[-1])
    counts = read_counts(history, [piece.authority])
    pieces.keep_array(piece.name, smooth_authority(counts.values[0], origins, FIRST_YEAR))


def _smoothed_origins(study: Study) -> range:
    return range(FIRST_SMOOTHED, max(study.origins) + 1)


@cache
def published_counts() -> ObservedCounts:
    """What is published of every authority; forecasters are handed `ObservedCounts.as_at`."""
    return read_counts(PublishedHistory.as_at(LATEST_YEAR), all_authorities())


def judge(study: Study, pieces: Pieces) -> Backtest:
    """Score every forecast of a study from its finished pieces."""
    counts = published_counts()
    methods = _Methods(counts, _baselines(study, pieces))
    tables, left_out = [], []
    for origin in study.origins:
        ours, unresolved = _our_samples(study, pieces, counts, origin)
        left_out += unresolved
        past = counts.as_at(origin)
        points, pools = methods.as_at(past)
        yearly_change = mean_yearly_change(past)
        for years_ahead in range(1, longest_horizon(origin) + 1):
            outcomes = counts.at(origin + years_ahead)
            held_back = counts.suppressed[:, origin + years_ahead - FIRST_YEAR]
            for target in range(N_TARGETS):
                outcome = outcomes[:, target]
                cell = _Cell(past, target, years_ahead, outcome, ours, points, pools, yearly_change)
                tables += list(cell.rows())
                left_out += cell.left_out(held_back[:, target])
    forecasts = forecasts_table(tables)
    order = ["old_la_code", "origin", "years_ahead", "method"]
    return Backtest(
        forecasts.sort_values(order, kind="stable", ignore_index=True),
        left_out,
    )


def _baselines(study: Study, pieces: Pieces) -> list[Baseline]:
    simple: list[Baseline] = [
        NoChange(NO_CHANGE),
        StockFlow(1, "last_year_rates"),
        StockFlow(3, "three_year_rates"),
        MarkovCohort(),
        CouncilMethod(),
    ]
    if not study.smoothing:
        return simple
    made = np.stack([pieces.array(Piece(area, 0).name) for area in all_authorities()])
    origins = _smoothed_origins(study)
    return [
        *simple,
        *(
            Smoothed(
                name,
                {origin: made[:, place, number] for place, origin in enumerate(origins)},
            )
            for number, name in enumerate(METHODS)
        ),
    ]


@dataclass
class _Methods:
    """Baselines' forecasts by the year they were made at, each made from its own past only."""

    counts: ObservedCounts
    baselines: Sequence[Baseline]
    made: dict[str, dict[int, Floats]] = field(default_factory=dict)

    def as_at(self, past: ObservedCounts) -> tuple[dict[str, Floats], dict[str, Pools]]:
        """Each method's forecasts at the origin, and its earlier errors as known there."""
        points, pools = {}, {}
        for baseline in self.baselines:
            made = self.made.setdefault(baseline.name, {})
            for year in range(FIRST_YEAR, past.last_year + 1):
                if year not in made:
                    made[year] = baseline.forecast(past.as_at(year))
            earlier = {year: made[year] for year in made if year < past.last_year}
            points[baseline.name] = made[past.last_year]
            pools[baseline.name] = pools_as_at(earlier, past)
            if baseline.name == NO_CHANGE:
                points[MEAN_KEPT] = made[past.last_year]
                pools[MEAN_KEPT] = pools_as_at(earlier, past, keep_mean=True)
        return points, pools


def _our_samples(
    study: Study, pieces: Pieces, counts: ObservedCounts, origin: int
) -> tuple[dict[int, Floats], list[dict[str, object]]]:
    """Our samples by the authority's place in ``counts``, and the forecasts there are not."""
    place_of = {area.old_la_code: place for place, area in enumerate(counts.authorities)}
    samples, unresolved = {}, []
    for area in study.authorities:
        found = pieces.forecast(Piece(area, origin).name)
        if isinstance(found, Unresolved):
            unresolved.append({"reason": found.reason, **_of(area), "origin": origin})
        else:
            samples[place_of[area.old_la_code]] = found.samples
    return samples, unresolved


@dataclass(frozen=True)
class _Cell:
    """All forecasts of one target at one horizon from one origin."""

    past: ObservedCounts
    target: int
    years_ahead: int
    outcome: Floats
    ours: Mapping[int, Floats]
    points: Mapping[str, Floats]
    pools: Mapping[str, Pools]
    yearly_change: Floats

    @property
    def made(self) -> Flags:
        """(A,): we have a forecast."""
        made = np.zeros(len(self.outcome), dtype=bool)
        made[list(self.ours)] = True
        return made

    @property
    def at_origin(self) -> Floats:
        """(A,): the count at the origin."""
        return self.past.at(self.past.last_year)[:, self.target]

    @property
    def answered(self) -> Flags:
        """(A,): every baseline has an answer and a range."""
        sizes = size_of(self.at_origin)
        answered = np.ones(len(self.outcome), dtype=bool)
        for method, point in self.points.items():
            answered &= np.isfinite(point[:, self.target, self.years_ahead - 1])
            for size in np.unique(sizes):
                if not len(self._errors(method, int(size))):
                    answered[sizes == size] = False
        return answered

    @property
    def chosen(self) -> Flags:
        """(A,): the forecasts that are scored."""
        known = np.isfinite(self.outcome) & np.isfinite(self.at_origin)
        return np.asarray(self.made & known & self.answered)

    def _errors(self, method: str, size: int) -> Floats:
        return self.pools[method].errors(self.target, self.years_ahead - 1, size)

    def rows(self) -> Iterator[Rows]:
        """The rows of every method; none if nothing is scored."""
        chosen = self.chosen
        if not chosen.any():
            return
        step = self.years_ahead - 1
        places = [int(place) for place in np.flatnonzero(chosen)]
        samples = np.stack([self.ours[place][self.target, step] for place in places])
        outcome = self.outcome[chosen]
        yield self._of_method(OURS, judged(samples, samples.mean(axis=1), outcome), chosen)
        for method in self.points:
            yield self._of_method(method, self._baseline(method, chosen), chosen)

    def _baseline(self, method: str, chosen: Flags) -> dict[str, Floats]:
        """A baseline's statistics and scores, size by size."""
        point = self.points[method][chosen, self.target, self.years_ahead - 1]
        begun, outcome = self.at_origin[chosen], self.outcome[chosen]
        sizes = size_of(begun)
        found: dict[str, Floats] = {}
        for size in np.unique(sizes):
            here = sizes == size
            spread = spread_out(point[here], begun[here], self._errors(method, int(size)))
            for name, values in judged(spread, point[here], outcome[here]).items():
                found.setdefault(name, np.empty(len(point)))[here] = values
        return found

    def _of_method(self, method: str, scores: dict[str, Floats], chosen: Flags) -> Rows:
        return rows_of(
            self.past,
            self.target,
            self.years_ahead,
            method,
            chosen,
            scores,
            self.outcome[chosen],
            self.yearly_change,
        )

    def left_out(self, held_back: Flags) -> list[dict[str, object]]:
        """How many of our forecasts are not scored, by the first reason that holds."""
        now_held_back = self.past.suppressed[:, -1, self.target]
        made, rows = self.made, []
        reasons = (
            ("outcome held back by the publisher (1 to 5 children)", held_back),
            ("outcome not published", np.isnan(self.outcome)),
            ("count at the origin held back by the publisher (1 to 5 children)", now_held_back),
            ("count at the origin not published", np.isnan(self.at_origin)),
            ("too little history for a baseline", ~self.answered),
        )
        for reason, holds in reasons:
            number = int((made & holds).sum())
            made = made & ~holds
            if number:
                target = TARGETS[self.target]._asdict()
                rows.append(
                    {
                        "reason": reason,
                        "origin": self.past.last_year,
                        **target,
                        "years_ahead": self.years_ahead,
                        "forecasts": number,
                    }
                )
        return rows


def _of(area: Authority) -> dict[str, str]:
    return {"old_la_code": area.old_la_code, "authority": area.name}


def left_out_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """What was not scored and why: columns `LEFT_OUT_COLUMNS`."""
    table = pd.DataFrame(rows).reindex(columns=LEFT_OUT_COLUMNS)
    whole = ["origin", "years_ahead", "forecasts"]
    return table.astype(dict.fromkeys(whole, "Int64"))
