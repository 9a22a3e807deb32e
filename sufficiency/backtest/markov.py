"""A continuous-time Markov cohort model with last year's rates: the open-source peers' method.

States are the age bands; children age out of a band at one over its width in years, leave at last
year's rate of their band, and enter as they did last year. Peers estimate moves between placement
groups from children's own records; published tables hold none, so within an age band the groups
keep the shares that they had at the origin (an assumed seed fitted to the published totals).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from sufficiency.backtest.baselines import part_in_two, same_year_returns
from sufficiency.backtest.counts import N_AGES, ObservedCounts
from sufficiency.backtest.targets import (
    AGES,
    GROUP_ROWS,
    GROUPS,
    IN_CARE_ROW,
    LEAVERS_ROW,
    N_HORIZONS,
    N_TARGETS,
    STARTERS_ROW,
)
from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.fitting import fit_table
from sufficiency.domain import (
    ADULT_YEARS,
    AGE_BAND_STARTS_YEARS,
    AGE_BANDS,
    AGE_GROUPS,
    SECTORS,
    Sector,
)

Floats = NDArray[np.float64]

WIDTHS_YEARS = np.diff([*AGE_BAND_STARTS_YEARS, ADULT_YEARS]).astype(np.float64)
AGEING_PER_YEAR = 1 / WIDTHS_YEARS
OLDEST = N_AGES - 1


@dataclass(frozen=True)
class MarkovCohort:
    """Age bands as states, exponential ageing, last year's rates."""

    name: str = "markov_cohort"

    def forecast(self, past: ObservedCounts) -> Floats:
        """Stocks by band carried forward by the matrix exponential; flows by what is left."""
        stock, entries, leaving = rates_at(past)
        found = np.full((len(stock), N_TARGETS, N_HORIZONS), np.nan)
        usable = (
            np.isfinite(stock).all(1) & np.isfinite(entries).all(1) & np.isfinite(leaving).all(1)
        )
        if not usable.any():
            return found
        step = year_matrix(leaving[usable], entries[usable])
        bands, path = stock[usable], []
        for _ in range(N_HORIZONS):
            bands = np.einsum("aij,aj->ai", step[:, :, :N_AGES], bands) + step[:, :, N_AGES]
            path.append(bands)
        by_age = np.stack(path, axis=2)
        total = by_age.sum(axis=1)
        before = np.concatenate([stock[usable].sum(axis=1)[:, None], total[:, :-1]], axis=1)
        returns = same_year_returns(past) * stock[usable].sum(axis=1)
        found[usable, IN_CARE_ROW] = total
        found[usable, STARTERS_ROW] = (entries[usable].sum(axis=1) - returns)[:, None]
        found[usable, LEAVERS_ROW] = entries[usable].sum(axis=1)[:, None] - (total - before)
        found[usable, AGES] = by_age
        found[usable, GROUP_ROWS] = np.einsum("agb,abh->agh", group_shares(past)[usable], by_age)
        return part_in_two(found, past)


def rates_at(past: ObservedCounts) -> tuple[Floats, Floats, Floats]:
    """(A, 5) each: children by band, entries a year with same-year returns, and the rate of
    leaving before 18 a year.

    Where leavers before and at 18 are not parted (to 2016), ageing takes its share of those over
    16 first.
    """
    total, before = past.at(past.last_year)[:, IN_CARE_ROW], past.at(past.last_year - 1)
    stock = _filled_stock(past.at(past.last_year)[:, AGES], total)
    opening = _filled_stock(before[:, AGES], before[:, IN_CARE_ROW])
    exposure = np.where(np.isnan(opening), stock, (stock + opening) / 2)
    entries = past.starters_by_age[:, -1]
    returns = same_year_returns(past) * total
    with np.errstate(invalid="ignore", divide="ignore"):
        entries = entries * (1 + returns / entries.sum(axis=1))[:, None]
        leaving = past.leavers_by_age[:, -1, :N_AGES] / exposure
        over_16 = past.leavers_over_16[:, -1] / exposure[:, OLDEST] - AGEING_PER_YEAR[OLDEST]
    leaving[:, OLDEST] = np.where(
        np.isnan(leaving[:, OLDEST]), np.clip(over_16, 0, None), leaving[:, OLDEST]
    )
    # Nobody was in the band: nobody leaves it.
    leaving[exposure == 0] = 0.0
    return stock, entries, leaving


def _filled_stock(stock: Floats, total: Floats) -> Floats:
    """Bands held back share what the total leaves."""
    missing = np.isnan(stock)
    left = np.clip(total - np.nansum(stock, axis=1), 0, None)
    share = np.asarray(left / np.maximum(missing.sum(axis=1), 1))
    filled = np.where(missing, share[:, None], stock)
    return np.where(np.all(missing, axis=1, keepdims=True), np.nan, filled)


def year_matrix(leaving_per_year: Floats, entries_per_year: Floats) -> Floats:
    """(A, 5, 6): children by band a year on = [:, :, :5] @ children + [:, :, 5].

    From the exponential of the generator with a constant inflow: d n / dt = Q n + e.
    """
    n_authorities = len(leaving_per_year)
    generator = np.zeros((n_authorities, N_AGES + 1, N_AGES + 1))
    bands = np.arange(N_AGES)
    generator[:, bands, bands] = -leaving_per_year - AGEING_PER_YEAR
    generator[:, bands[1:], bands[:-1]] = AGEING_PER_YEAR[:-1]
    generator[:, :N_AGES, N_AGES] = entries_per_year
    return np.asarray(expm(generator)[:, :N_AGES])


def group_shares(past: ObservedCounts) -> Floats:
    """(A, groups, 5): share of an age band's children in each placement group at the origin.

    NaN where the authority's table of placements has no such year.
    """
    last = past.at(past.last_year)
    total, groups = last[:, IN_CARE_ROW], last[:, GROUP_ROWS]
    ages = _filled_stock(last[:, AGES], total)
    seed = _seed()
    shares = np.full((len(last), len(GROUPS), N_AGES), np.nan)
    for place in range(len(last)):
        known = np.asarray(groups[place])
        if np.isnan(known).all() or np.isnan(ages[place]).any() or not ages[place].sum() > 0:
            continue
        left = max(float(total[place] - np.nansum(known)), 0.0)
        # What is held back shares the rest with the settings outside all groups.
        unknown = np.isnan(known)
        rest = left / (float(unknown.sum()) + 1)
        columns = np.append(np.where(np.isnan(known), rest, known), rest)
        crossed = fit_table(seed, ages[place], columns + 1e-9)
        band_totals = np.maximum(crossed.sum(axis=1, keepdims=True), 1e-9)
        shares[place] = (crossed / band_totals)[:, : len(GROUPS)].T
        shares[place] = np.where(np.isnan(known)[:, None], np.nan, shares[place])
    return shares


def _seed() -> Floats:
    """(5, groups + 1): ages by placement group, the last column everything else."""
    sectors = assumed("age_by_sector_seed").table([str(group) for group in AGE_GROUPS])
    of = {sector: sectors[: len(AGE_BANDS), place] for place, sector in enumerate(SECTORS)}
    adoption = assumed("placed_for_adoption_by_age").table([str(band) for band in AGE_BANDS])[:, 0]
    fostered = of[Sector.INTERNAL_FOSTERING] + of[Sector.IFA] + of[Sector.CONNECTED_PERSONS]
    homes = of[Sector.RESIDENTIAL] + of[Sector.SUPPORTED_ACCOMMODATION]
    return np.stack([fostered, of[Sector.OTHER], adoption, homes, of[Sector.OTHER]], axis=1)
