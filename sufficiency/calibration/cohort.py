"""A cohort run forward on a grid of age and time in care, without chance.

Three questions are answered with the same arithmetic: which national hazards reproduce the
published leavers, how an authority's exits compare with them, and how long the children in
care at the start have been there. One cell holds children who entered at the same age (a step
of four weeks) and have been in care equally long; a birthday and a hazard are all that ends it.

Shapes: E entry ages (234 steps from birth to 18), D durations (234 steps), A age groups of a
hazard table (5 bands), B time-in-care bands (9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import ADULT_YEARS, AGE_BAND_STARTS_YEARS, AGE_BANDS, DAYS_PER_YEAR, AgeBand

Floats = NDArray[np.float64]

STEPS_PER_YEAR = 13
STEP_DAYS = DAYS_PER_YEAR / STEPS_PER_YEAR
N_STEPS = ADULT_YEARS * STEPS_PER_YEAR

CARE_BAND_STARTS_DAYS: Floats = np.array(
    [0, 14, 56, *(years * DAYS_PER_YEAR for years in (0.5, 1, 2, 3, 5, 10))]
)
"""Time in care in the bands of the published durations of leavers' last periods of care."""
N_CARE_BANDS = len(CARE_BAND_STARTS_DAYS)
N_AGE_BANDS = len(AGE_BANDS)


def _overlap(starts_days: Floats) -> Floats:
    """(D, B): the share of each duration step that lies in each time band. Rows sum to 1."""
    ends = np.append(starts_days[1:], np.inf)
    lower = np.arange(N_STEPS)[:, None] * STEP_DAYS
    inside = np.minimum(lower + STEP_DAYS, ends) - np.maximum(lower, starts_days)
    share: Floats = np.clip(inside, 0, None) / STEP_DAYS
    return share


CARE_BAND_SHARE: Floats = _overlap(CARE_BAND_STARTS_DAYS)
_AGE_STEP = np.add.outer(np.arange(N_STEPS), np.arange(N_STEPS))
_TEENAGE = AGE_BANDS.index(AgeBand.AGE_10_15)
IN_CARE_AGE: NDArray[np.bool_] = _AGE_STEP < N_STEPS
"""(E, D): cells whose children are under 18."""
AGE_BAND_OF_CELL: NDArray[np.int64] = np.clip(
    np.searchsorted(np.array(AGE_BAND_STARTS_YEARS) * STEPS_PER_YEAR, _AGE_STEP, side="right") - 1,
    0,
    N_AGE_BANDS - 1,
)
"""(E, D): age band of the children of a cell, entry age plus time in care."""
ENTRY_BAND: NDArray[np.int64] = AGE_BAND_OF_CELL[:, 0]
"""(E,): age band at entry."""


def per_step(rate_per_year: Floats) -> Floats:
    """(E, D): the hazard of each cell over one step.

    Args:
        rate_per_year: (A, B) hazard by age band and time in care.
    """
    by_age_and_step = rate_per_year @ CARE_BAND_SHARE.T
    durations = np.broadcast_to(np.arange(N_STEPS), (N_STEPS, N_STEPS))
    cells: Floats = by_age_and_step[AGE_BAND_OF_CELL, durations] / STEPS_PER_YEAR * IN_CARE_AGE
    return cells


@dataclass(frozen=True)
class GridHazards:
    """Hazards over one step. Adoption has its own stage: placed for adoption, then adopted."""

    leave: Floats
    """(E, D): leaving care before 18 other than by adoption."""
    match: Floats
    """(E, D): being placed for adoption."""
    adopt: float
    """Adoption of a child who is placed for adoption."""
    disrupt: float
    """An adoptive placement ends and care goes on."""


@dataclass(frozen=True)
class Stock:
    """Children in care by cell, (E, D) each."""

    waiting: Floats
    """Not placed for adoption."""
    matched: Floats
    """Placed for adoption."""

    def scaled(self, waiting: Floats, matched: Floats) -> Stock:
        """Multiply by factors (5,) for each present age band."""
        return Stock(
            self.waiting * waiting[AGE_BAND_OF_CELL], self.matched * matched[AGE_BAND_OF_CELL]
        )


@dataclass(frozen=True)
class YearFlows:
    """One year run forward. Cells are (E, D)."""

    end: Stock
    left: Floats
    """Left before 18, adoption apart."""
    adopted: Floats
    matched: Floats
    turned_18: Floats
    """(D,): left on their 18th birthday, by time in care."""


@dataclass(frozen=True)
class _HalfStep:
    """Chances over half a step for a child who is in a cell when it begins."""

    leave: Floats
    place: Floats
    adopt: float
    disrupt: float
    stay: Floats
    """Neither leaving nor being placed."""

    @staticmethod
    def of(leave: Floats, match: Floats, hazards: GridHazards) -> _HalfStep:
        out = (leave + match) / 2
        exposure = np.divide(-np.expm1(-out), out, out=np.ones_like(out), where=out > 0) / 2
        leave, place = exposure * leave, exposure * match
        return _HalfStep(leave, place, hazards.adopt / 2, hazards.disrupt / 2, 1 - leave - place)

    def after(self, waiting: Floats, matched: Floats, at: int) -> tuple[Floats, Floats]:
        """The stocks at the end of the half step, of the cells in one row of chances."""
        return (
            waiting * self.stay[at] + matched * self.disrupt,
            matched * (1 - self.adopt - self.disrupt) + waiting * self.place[at],
        )

    def live(self, waiting: Floats, matched: Floats, room: tuple[Floats, Floats]) -> None:
        """`after` of all cells in place: no new arrays, which would take most of the time."""
        back, placed = room
        np.multiply(matched, self.disrupt, out=back)
        np.multiply(waiting, self.place, out=placed)
        waiting *= self.stay
        waiting += back
        matched *= 1 - self.adopt - self.disrupt
        matched += placed


@dataclass(frozen=True)
class _Line:
    """The cells of children under 18 one after the other, K of them, by entry age and then by time
    in care: half of the grid, and less where nobody enters young."""

    cells: NDArray[np.intp]
    """(K,): which of the grid's."""
    new: NDArray[np.intp]
    """Cells of children who have just entered, by entry age."""
    oldest: NDArray[np.intp]
    """Cells of children who are about to turn 18, by time in care."""

    @staticmethod
    @cache
    def since(first: int) -> _Line:
        """The cells of entry ages from ``first`` up."""
        cells = np.flatnonzero(IN_CARE_AGE)
        cells = cells[cells >= first * N_STEPS]
        new = np.flatnonzero(cells % N_STEPS == 0)
        return _Line(cells, new, np.append(new[1:], len(cells))[::-1] - 1)

    def of(self, grid: Floats) -> Floats:
        """(K,): these cells of a grid."""
        line: Floats = np.take(grid, self.cells)
        return line

    def on_grid(self, line: Floats) -> Floats:
        """(E, D): these cells on a grid with nobody elsewhere."""
        grid = np.zeros((N_STEPS, N_STEPS))
        np.put(grid, self.cells, line)
        return grid

    def grow_older(self, line: Floats, entrants: Floats | float) -> None:
        """Everyone's time in care a step longer, in place; those who turn 18 drop out."""
        line[1:] = line[:-1]
        line[self.new] = entrants


def survivors(hazards: GridHazards) -> Stock:
    """(E, D): of one entrant at each age, the share still in care in the middle of each cell."""
    leave, match = (np.ascontiguousarray(hazard.T) for hazard in (hazards.leave, hazards.match))
    half = _HalfStep.of(leave, match, hazards)
    waiting, matched = np.zeros((2, N_STEPS, N_STEPS))
    waiting[0] = 1 - (leave + match)[0] / 2
    for step in range(N_STEPS - 1):
        middle = half.after(waiting[step], matched[step], step)
        waiting[step + 1], matched[step + 1] = half.after(*middle, step + 1)
    return Stock(*(np.where(IN_CARE_AGE, cells.T, 0.0) for cells in (waiting, matched)))


def run_year(stock: Stock, hazards: GridHazards, entrants: Floats) -> YearFlows:
    """Run a stock on by one year.

    Children stand in the middle of their cells, so a step is half in the cell they leave and
    half in the next; entrants of a step spend half of it in their first cell on average.

    Args:
        stock: children in care when the year begins.
        hazards: hazards over one step.
        entrants: (E,) children who enter in the year by age, spread evenly over it.
    """
    anybody = entrants.astype(bool) | stock.waiting.any(axis=1) | stock.matched.any(axis=1)
    line = _Line.since(int(anybody.argmax()))
    half = _HalfStep.of(line.of(hazards.leave), line.of(hazards.match), hazards)
    waiting, matched = line.of(stock.waiting), line.of(stock.matched)
    each_step = entrants[-len(line.new) :] / STEPS_PER_YEAR
    # Children at the beginning of each half step, added up: each flow is its chance times these.
    waited, stood = np.zeros_like(waiting), np.zeros_like(matched)
    turned_18 = np.zeros(N_STEPS)
    room = np.empty_like(waiting), np.empty_like(matched)
    for _ in range(STEPS_PER_YEAR):
        waited += waiting
        stood += matched
        half.live(waiting, matched, room)
        turned_18[: len(line.oldest)] += waiting[line.oldest] + matched[line.oldest]
        line.grow_older(waiting, each_step)
        line.grow_older(matched, 0.0)
        waited += waiting
        stood += matched
        half.live(waiting, matched, room)
    return YearFlows(
        end=Stock(line.on_grid(waiting), line.on_grid(matched)),
        left=line.on_grid(waited * half.leave),
        adopted=line.on_grid(stood * half.adopt),
        matched=line.on_grid(waited * half.place),
        turned_18=turned_18,
    )


def by_age_and_care_band(cells: Floats, rate_per_year: Floats) -> Floats:
    """(A, B): sums over cells; a step across two time bands is shared as the rates are."""
    by_age = np.zeros((N_AGE_BANDS, N_STEPS))
    durations = np.broadcast_to(np.arange(N_STEPS), (N_STEPS, N_STEPS))
    np.add.at(by_age, (AGE_BAND_OF_CELL, durations), cells)
    weight = CARE_BAND_SHARE[None] * rate_per_year[:, None, :]
    weight = weight / np.maximum(weight.sum(axis=2, keepdims=True), np.finfo(float).tiny)
    result: Floats = np.einsum("ad,adb->ab", by_age, weight)
    return result


def entry_age_weights(within_band: Sequence[Floats]) -> Floats:
    """(5, E): how the starters of a band spread over entry ages; each row sums to 1."""
    weights = np.zeros((N_AGE_BANDS, N_STEPS))
    for band, shape in enumerate(within_band):
        weights[band, band == ENTRY_BAND] = shape / shape.sum()
    return weights


def uniform_entry_ages(newborn_share: float, teenage_lean: float = 0.0) -> Floats:
    """(5, E): entry ages uniform in each band, but for a share of under-1s in their first step.

    Args:
        newborn_share: extra share of starters under 1 who enter in their first four weeks.
        teenage_lean: of starters of 10 to 15, how many times more are just under 16 than just 10,
            less one; the number rises evenly between.
    """
    shapes = [np.ones(np.count_nonzero(band == ENTRY_BAND)) for band in range(N_AGE_BANDS)]
    shapes[0] = (1 - newborn_share) * shapes[0] / shapes[0].sum()
    shapes[0][0] += newborn_share
    shapes[_TEENAGE] = 1 + teenage_lean * np.linspace(0, 1, len(shapes[_TEENAGE]))
    return entry_age_weights(shapes)


@dataclass(frozen=True)
class StartersByYear:
    """Starters a year by age band for every past year that can still matter.

    ``per_year`` is (Y, 5), the last row being the latest year; years before the first row are
    taken to be like it.
    """

    per_year: Floats

    def years_back(self, years: int) -> Floats:
        """(5,): starters in the year that ended ``years`` years before the latest."""
        year: Floats = self.per_year[max(len(self.per_year) - 1 - years, 0)]
        return year


def entrants_by_cell(starters: StartersByYear, entry_age: Floats, *, at_year_end: bool) -> Floats:
    """(E, D): children who entered in the step that a cell's time in care points back to.

    At the end of the latest year, or averaged over the latest year (for flows), when a child
    with a time in care of k years and a part began that many years before some day of it.
    """
    ages = ADULT_YEARS + 1
    by_age = np.stack([starters.years_back(k) @ entry_age for k in range(ages)]) / STEPS_PER_YEAR
    years, part = np.divmod(np.arange(N_STEPS) + 0.5, STEPS_PER_YEAR)
    whole = years.astype(int)
    at_end: Floats = by_age[whole].T
    if at_year_end:
        return at_end
    share_before = part / STEPS_PER_YEAR
    later = by_age[np.minimum(whole + 1, ages - 1)]
    over_year: Floats = (1 - share_before) * at_end + share_before * later.T
    return over_year


def sum_by_age_band(cells: Floats) -> Floats:
    """(5,): sums over cells by present age band."""
    totals = np.bincount(AGE_BAND_OF_CELL.ravel(), cells.ravel(), minlength=N_AGE_BANDS)
    return totals.astype(np.float64)
