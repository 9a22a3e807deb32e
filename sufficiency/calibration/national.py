"""England's exit hazards: the shape that every authority's own exits are compared with.

The published durations count leavers, 18th birthdays included and without ages, so they are not
hazards. Hazards by age band and time in care are fitted so that a cohort of the published
starters, standing at the published stock, reproduces a year's leavers by age and by duration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.cohort import (
    CARE_BAND_SHARE,
    IN_CARE_AGE,
    N_AGE_BANDS,
    N_CARE_BANDS,
    STEPS_PER_YEAR,
    GridHazards,
    StartersByYear,
    Stock,
    YearFlows,
    by_age_and_care_band,
    entrants_by_cell,
    per_step,
    run_year,
    sum_by_age_band,
    survivors,
    uniform_entry_ages,
)

Floats = NDArray[np.float64]

# Published durations of adopted and special-guardianship leavers come in four groups; the first
# holds four of the nine time-in-care bands, the last three.
GROUP_OF_CARE_BAND = np.array([0, 0, 0, 0, 1, 2, 3, 3, 3])
# Nobody is placed for adoption in the first eight weeks; the later bands each drive one group of
# durations at adoption, which comes most of a year after the placement.
ADOPTION_GROUP_OF_CARE_BAND = np.array([0, 0, 0, 1, 2, 3, 3, 3, 3])
NO_ADOPTIVE_PLACEMENT_BANDS = 2
FIRST_LONG_STAY_BAND = 7
_FIRST_BAND_OVER_A_YEAR = 4
_ROUNDS = 80
_STEP = 0.8
_LEAN_STEP, _MOST_LEAN = 8, 8.0
# With more, leavers by time in care are no longer met.


@dataclass(frozen=True)
class NationalCounts:
    """A year of England, averaged over the years held; UASC apart unless said otherwise."""

    starters_by_year: Floats
    """(Y, 5): starters by age band, the last row a year before the middle of the period."""
    starters: Floats
    """(5,): starters in the year to fit, same-year returns added."""
    opening_stock: Floats
    """(5,): in care when the year begins."""
    closing_stock: Floats
    leavers_before_18: Floats
    """(5,): by age on leaving."""
    leavers_by_duration: Floats
    """(9,): by time in care, 18th birthdays and UASC included."""
    uasc_leavers_by_duration: Floats
    """(9,): as the model of UASC has them."""
    adopted_by_age: Floats
    adopted_by_duration: Floats
    """(4,): under 1 year, 1-2, 2-3, 3 and over."""
    guardianship_by_age: Floats
    guardianship_by_duration: Floats
    placed_for_adoption: float
    """Children placed for adoption on 31 March."""
    adoptive_placements_ended: float
    """Adoptive placements a year that ended while care went on."""
    long_stay_ratio: float
    """Assumed: the rest of the exits after five years in care against three to five years."""


@dataclass(frozen=True)
class NationalHazards:
    """Hazards a year by age band and time in care, (5, 9) each."""

    guardianship: Floats
    rest: Floats
    """Leaving before 18 other than by adoption or special guardianship."""
    match: Floats
    """Being placed for adoption."""
    adopt_per_year: float
    disrupt_per_year: float
    newborn_share: float
    """Share of starters under 1 who enter in their first four weeks, beyond an even spread."""
    teenage_lean: float
    """How much starters of 10 to 15 lean towards 15 (`uniform_entry_ages`)."""

    def entry_ages(self) -> Floats:
        """(5, E): how the starters of each band spread over ages at entry; rows sum to 1."""
        return uniform_entry_ages(self.newborn_share, self.teenage_lean)

    def grid(
        self,
        leave_factor: Floats | None = None,
        match_factor: float = 1.0,
        adopt_factor: float = 1.0,
    ) -> GridHazards:
        """Hazards by cell, with an authority's factors (on leaving by age band, (5,)) applied."""
        factor = np.ones(N_AGE_BANDS) if leave_factor is None else leave_factor
        return GridHazards(
            leave=per_step((self.guardianship + self.rest) * factor[:, None]),
            match=per_step(self.match * match_factor),
            adopt=self.adopt_per_year * adopt_factor / STEPS_PER_YEAR,
            disrupt=self.disrupt_per_year / STEPS_PER_YEAR,
        )


@dataclass(frozen=True)
class NationalFit:
    """The fitted hazards and how well a year run with them reproduces what was published."""

    hazards: NationalHazards
    leavers_before_18: Floats
    leavers_by_duration: Floats
    turned_18: float
    closing_stock: Floats


def opening_cohort(
    starters: StartersByYear,
    entry_age: Floats,
    hazards: GridHazards,
    in_care: Floats,
    placed_for_adoption: float,
) -> Stock:
    """Past starters run through the hazards, then reweighted to the published age bands.

    Args:
        starters: past starters, the last year being the year that ends at the opening.
        entry_age: (5, E) entry ages by band.
        hazards: hazards by cell.
        in_care: (5,) children in care by age band, those placed for adoption among them.
        placed_for_adoption: children placed for adoption.
    """
    past = entrants_by_cell(starters, entry_age, at_year_end=True)
    lasting = survivors(hazards)
    raw = Stock(past * lasting.waiting, past * lasting.matched)
    matched_raw = sum_by_age_band(raw.matched)
    matched_factor = placed_for_adoption / max(float(matched_raw.sum()), np.finfo(float).tiny)
    matched = np.minimum(matched_raw * matched_factor, in_care)
    return raw.scaled(
        _ratio(in_care - matched, sum_by_age_band(raw.waiting)), _ratio(matched, matched_raw)
    )


def fit_national(counts: NationalCounts) -> NationalFit:
    """Fit hazards by proportional scaling until every published margin is met.

    Each hazard is an age effect times a time-in-care effect; the two are scaled in turn to the
    published leavers by age and by duration (iterative proportional fitting on a forward model).
    """
    hazards = _first_guess(counts)
    for _ in range(_ROUNDS):
        year = _year(counts, hazards)
        out = _leavers(year, hazards)
        hazards = _scaled(counts, hazards, year, out)
    match = hazards.match.copy()
    # Nobody under 1 has been in care for a year; the fit leaves those cells where they were.
    match[0, _FIRST_BAND_OVER_A_YEAR:] = match[1, _FIRST_BAND_OVER_A_YEAR:]
    before_18 = out.adopted + out.guardianship + out.rest
    return NationalFit(
        hazards=replace(hazards, match=match),
        leavers_before_18=before_18.sum(axis=1),
        leavers_by_duration=(
            before_18.sum(axis=0) + out.turned_18 + counts.uasc_leavers_by_duration
        ),
        turned_18=float(out.turned_18.sum()),
        closing_stock=sum_by_age_band(year.end.waiting + year.end.matched),
    )


def _first_guess(counts: NationalCounts) -> NationalHazards:
    shape = (N_AGE_BANDS, N_CARE_BANDS)
    match = np.full(shape, 0.05)
    match[:, :NO_ADOPTIVE_PLACEMENT_BANDS] = 0
    return NationalHazards(
        guardianship=np.full(shape, 0.05),
        rest=np.full(shape, 0.15),
        match=match,
        adopt_per_year=float(counts.adopted_by_age.sum()) / counts.placed_for_adoption,
        disrupt_per_year=counts.adoptive_placements_ended / counts.placed_for_adoption,
        newborn_share=0.3,
        teenage_lean=1.0,
    )


def _scaled(
    counts: NationalCounts, hazards: NationalHazards, year: YearFlows, out: _Leavers
) -> NationalHazards:
    """The hazards scaled once towards every margin, given the year that they produce."""
    other_leavers = counts.leavers_before_18 - counts.adopted_by_age - counts.guardianship_by_age
    duration_left = (
        counts.leavers_by_duration
        - counts.uasc_leavers_by_duration
        - out.turned_18
        - out.adopted.sum(axis=0)
        - out.guardianship.sum(axis=0)
    )
    by_band = sum_by_age_band(year.end.waiting + year.end.matched)
    newborn_share = hazards.newborn_share * (counts.closing_stock[0] / by_band[0]) ** 2
    # More who enter just under 16, and who are there at the opening, turn 16 in the year.
    lean = hazards.teenage_lean * (counts.closing_stock[-1] / by_band[-1]) ** _LEAN_STEP
    return replace(
        hazards,
        match=_scale(
            hazards.match,
            out.adopted,
            counts.adopted_by_age,
            counts.adopted_by_duration,
            GROUP_OF_CARE_BAND,
            ADOPTION_GROUP_OF_CARE_BAND,
        ),
        guardianship=_scale(
            hazards.guardianship,
            out.guardianship,
            counts.guardianship_by_age,
            counts.guardianship_by_duration,
            GROUP_OF_CARE_BAND,
            GROUP_OF_CARE_BAND,
        ),
        rest=_scale_rest(
            hazards.rest, out.rest, other_leavers, duration_left, counts.long_stay_ratio
        ),
        newborn_share=float(np.clip(newborn_share, 0.02, 0.95)),
        teenage_lean=float(np.clip(lean, 0.01, _MOST_LEAN)),
    )


@dataclass(frozen=True)
class _Leavers:
    """A year's leavers by age band and time in care, (5, 9) each; turned 18 by time only."""

    adopted: Floats
    guardianship: Floats
    rest: Floats
    turned_18: Floats


def _year(counts: NationalCounts, hazards: NationalHazards) -> YearFlows:
    entry_age = hazards.entry_ages()
    grid = hazards.grid()
    opening = opening_cohort(
        StartersByYear(counts.starters_by_year),
        entry_age,
        grid,
        counts.opening_stock,
        counts.placed_for_adoption,
    )
    return run_year(opening, grid, counts.starters @ entry_age)


def _leavers(year: YearFlows, hazards: NationalHazards) -> _Leavers:
    leave = hazards.guardianship + hazards.rest
    left = by_age_and_care_band(year.left, leave)
    by_guardianship = left * hazards.guardianship / np.maximum(leave, np.finfo(float).tiny)
    even = np.ones((N_AGE_BANDS, N_CARE_BANDS))
    return _Leavers(
        adopted=by_age_and_care_band(year.adopted * IN_CARE_AGE, even),
        guardianship=by_guardianship,
        rest=left - by_guardianship,
        turned_18=year.turned_18 @ CARE_BAND_SHARE,
    )


def _scale_rest(
    rate: Floats, found: Floats, by_age: Floats, by_duration: Floats, long_stay_ratio: float
) -> Floats:
    """Scale the rest of the exits (5, 9) to leavers by age (5,) and by time in care up to 5 years.

    Beyond, nearly all leavers turn 18 and what is left of the published counts is noise (they
    are of the last period of care only), so the rate is tied to the one before.
    """
    age_factor = _ratio(by_age, found.sum(axis=1)) ** _STEP
    fitted = slice(0, FIRST_LONG_STAY_BAND)
    there = found[:, fitted].sum(axis=0)
    target = by_duration[fitted].clip(min=1)
    factor = _ratio(target * there.sum() / target.sum(), there) ** _STEP
    scaled: Floats = rate * age_factor[:, None]
    scaled[:, fitted] *= factor
    scaled[:, FIRST_LONG_STAY_BAND:] = (
        long_stay_ratio * scaled[:, FIRST_LONG_STAY_BAND - 1 : FIRST_LONG_STAY_BAND]
    )
    return scaled


def _scale(
    rate: Floats,
    found: Floats,
    by_age: Floats,
    by_group: Floats,
    found_group: NDArray[np.int64],
    driving_group: NDArray[np.int64],
) -> Floats:
    """Scale a hazard (5, 9) towards published leavers by age (5,) and by duration group (G,).

    ``found_group`` sums the leavers found to the published groups; ``driving_group`` says which
    published group each band of the hazard answers for.
    """
    age_factor = _ratio(by_age, found.sum(axis=1)) ** _STEP
    target = by_group * by_age.sum() / by_group.sum()
    group_found = np.bincount(found_group, found.sum(axis=0), len(by_group)).astype(np.float64)
    group_factor = _ratio(target, group_found) ** _STEP
    scaled: Floats = rate * age_factor[:, None] * group_factor[driving_group]
    return scaled


def _ratio(wanted: Floats, found: Floats) -> Floats:
    ratio: Floats = np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)
    return ratio
