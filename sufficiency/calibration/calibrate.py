"""Published history of one authority -> what its rates are and how sure we are.

The result holds posteriors, not points. Scenarios change some of its numbers, never the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.authority import (
    AuthorityCounts,
    ExitRatios,
    authority_counts,
    exit_ratios,
    pooled_exit_ratio,
)
from sufficiency.calibration.cohort import (
    GridHazards,
    Stock,
    run_year,
)
from sufficiency.calibration.damping import Damping, GrowthTerms, growth_terms, load_damping
from sufficiency.calibration.drift import Drift, load_drift
from sufficiency.calibration.entries import starters_posterior
from sufficiency.calibration.national_counts import uasc_rate
from sufficiency.calibration.national_table import shipped_hazards, shipped_rates
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.calibration.sectors import (
    by_sector,
    complete_by_provider,
    fill_suppressed,
    national_table,
    own_provision_restored,
    residential_share_of_other_residential,
    stock_by_kind,
)
from sufficiency.calibration.unaccompanied import uasc_stock, uasc_year
from sufficiency.domain import AGE_BANDS
from sufficiency.history.authorities import Authority
from sufficiency.history.counts import as_number
from sufficiency.history.national import NationalShapes
from sufficiency.history.published import PROVIDERS, PublishedHistory

Floats = NDArray[np.float64]

_MOVES_WINDOW_YEARS = 3
_YOUNG_BANDS = 3
_LEVEL_ROUNDS = 6
_HIGHEST_LEVEL = 10.0

TRACE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """One authority's fit as at a year. A age groups (5 bands and UASC), S sectors."""

    authority: Authority
    year: int
    """The year ending 31 March that is the last with ages and placements."""
    latest_year: int
    """The last year with a number in care: later where an authority's tables end early."""
    latest_in_care: float
    window_years: int
    counts: AuthorityCounts
    starters: GammaPosterior
    """(A,): starters a year, same-year returns not yet added."""
    exits: ExitRatios
    uasc_exit_per_year: float
    uasc_stock: Floats
    """(E, D): unaccompanied children by entry age and time in care."""
    moves: GammaPosterior
    """(1,): real moves against England's rates."""
    sector_stock: Floats
    """(S,): children by sector at the latest 31 March."""
    placed_for_adoption: float
    damping: Damping
    growth_terms: GrowthTerms
    drift: Drift
    notes: tuple[str, ...]
    """What the user should know about the figures."""

    @property
    def in_care(self) -> float:
        """Children in care at the latest 31 March; a trace where there were none, so that shares
        of them can be taken."""
        return max(float(self.counts.in_care[-1]), TRACE)

    @property
    def by_age_group(self) -> Floats:
        """(A,): children in care by age group, unaccompanied children apart."""
        return np.append(self.counts.stock[-1], self.counts.uasc[-1])


def calibrate(
    history: PublishedHistory, authority: Authority, base_window_years: int | None = None
) -> Calibration:
    """Fit one authority from the published statistics that a history may read.

    Args:
        history: the view as at a year.
        authority: whose rates.
        base_window_years: recent years that set the levels; by default as damping was fitted.

    Raises:
        HistoryError: if the authority has no figures in the view.
    """
    counts = authority_counts(history, authority)
    year = int(counts.years[-1])
    in_care = history.panel(authority)["in_care"]
    damping, drift = load_damping(year), load_drift(year)
    window = base_window_years or damping.window_years
    hazards, rates = shipped_hazards(), shipped_rates()
    exits = exit_ratios(
        counts,
        hazards,
        window,
        pooled_exit_ratio(history, authority, window),
        _placed_for_adoption_share(history.national),
        uasc_rate(history),
    )
    sector_stock, note = _sector_stock(history, authority, year)
    return Calibration(
        authority=authority,
        year=year,
        latest_year=int(in_care.index[-1]),
        latest_in_care=float(in_care.iloc[-1]),
        window_years=window,
        counts=counts,
        starters=starters_posterior(history, authority, counts, window),
        exits=exits,
        uasc_exit_per_year=exits.uasc_per_year,
        uasc_stock=uasc_stock(counts.uasc_starters, float(counts.uasc[-1]), exits.uasc_per_year),
        moves=_moves_posterior(
            counts, rates.age_move_factor, rates.mean_moves_per_year, sector_stock
        ),
        sector_stock=sector_stock,
        placed_for_adoption=float(exits.opening.matched.sum()),
        damping=replace(damping, window_years=window),
        growth_terms=growth_terms(
            history,
            authority,
            damping,
            share_16_and_over(np.append(counts.stock[-1], counts.uasc[-1])),
        ),
        drift=replace(drift, window_years=window, correlation=assumed("drift_correlation").number),
        notes=(note,) if note else (),
    )


def _placed_for_adoption_share(shapes: NationalShapes) -> float:
    """England's children placed for adoption per child under 10 in care."""
    young = [str(band) for band in AGE_BANDS[:_YOUNG_BANDS]]
    in_care = shapes.shape("stock_by_age")["number"][young]
    return float(shapes.stock_by_placement()["placed_for_adoption"]) / float(in_care.sum())


def _sector_stock(history: PublishedHistory, authority: Authority, year: int) -> tuple[Floats, str]:
    """(S,): children by sector on 31 March, and a note on figures that were put right."""
    shapes = history.national
    kinds = stock_by_kind(history.stock_by_placement(authority), year, shapes)
    providers = history.stock_by_provider(authority)
    _, note = own_provision_restored(
        fill_suppressed(providers, year, PROVIDERS, national_table(shapes).sum().to_numpy()), shapes
    )
    crossed = complete_by_provider(kinds, providers, year, shapes)
    stock = by_sector(
        crossed,
        as_number(shapes.kin_share().loc["stock", "all"]),
        residential_share_of_other_residential(shapes),
    )
    return stock, note


def _moves_posterior(
    counts: AuthorityCounts,
    age_factor: Floats,
    mean_moves_per_year: Floats,
    sector_stock: Floats,
) -> GammaPosterior:
    """Real moves of the last years against England's rates for children of these sectors."""
    prior = assumed("prior_events_moves").number
    children = sector_stock + TRACE
    per_child = float(children @ mean_moves_per_year / children.sum())
    ages = np.append(counts.stock[-1], counts.uasc[-1]) + TRACE
    per_child *= float(ages @ age_factor / ages.sum())
    moves = counts.real_moves[-_MOVES_WINDOW_YEARS:]
    known = ~np.isnan(moves)
    in_care = counts.in_care[-_MOVES_WINDOW_YEARS:]
    return GammaPosterior.from_counts(
        np.array([float(moves[known].sum())]),
        np.array([per_child * float(in_care[known].sum())]),
        np.array([1.0]),
        prior,
    )


@dataclass(frozen=True)
class YearAhead:
    """A year run forward without chance from the starting children."""

    left: Floats
    """(E, D): left before 18 other than by adoption, unaccompanied children apart."""
    adopted: float
    matched: Floats
    """(E, D): placed for adoption."""
    turned_18: float
    uasc_left: float
    in_care: float
    """Children in care when it ends."""

    @property
    def exits_before_18(self) -> float:
        """Everyone who left but those who turned 18."""
        return float(self.left.sum()) + self.adopted + self.uasc_left


def year_ahead(
    calibration: Calibration,
    by_age_group: Floats,
    starters_per_year: Floats,
    exit_level: float = 1.0,
) -> YearAhead:
    """Run the starting children on by a year at the fitted rates.

    Args:
        calibration: the fit.
        by_age_group: (A,) children in care at the start.
        starters_per_year: (A,) starters in the year.
        exit_level: factor on all exits before 18, both stages of adoption among them.
    """
    grid = hazards_ahead(calibration, exit_level)
    opening = scaled_opening(calibration, by_age_group)
    entry_age = shipped_hazards().entry_ages()
    own = run_year(opening, grid, starters_per_year[:-1] @ entry_age)
    uasc_opening = (
        calibration.uasc_stock * by_age_group[-1] / max(calibration.uasc_stock.sum(), 1e-12)
    )
    uasc = uasc_year(
        uasc_opening,
        float(starters_per_year[-1]),
        calibration.uasc_exit_per_year * exit_level,
    )
    return YearAhead(
        left=own.left,
        adopted=float(own.adopted.sum()),
        matched=own.matched,
        turned_18=float(own.turned_18.sum() + uasc.turned_18.sum()),
        uasc_left=float(uasc.left.sum()),
        in_care=float(
            (own.end.waiting + own.end.matched + uasc.end.waiting + uasc.end.matched).sum()
        ),
    )


def hazards_ahead(calibration: Calibration, exit_level: float = 1.0) -> GridHazards:
    """The fitted hazards by cell, with a factor on all exits before 18; UASC have their own."""
    return shipped_hazards().grid(
        calibration.exits.leave.mean * exit_level,
        float(calibration.exits.match.mean[0]) * exit_level,
        exit_level,
    )


def share_16_and_over(by_age_group: Floats) -> float:
    """Share of children (A,) aged 16 and over, most unaccompanied children among them."""
    older = by_age_group[-2] + (1 - assumed("under_16_share_of_uasc").number) * by_age_group[-1]
    return float(older) / max(float(by_age_group.sum()), TRACE)


def exit_level(
    calibration: Calibration, by_age_group: Floats, starters_per_year: Floats, rate: float
) -> float:
    """The factor on fitted exits at which a year's exits before 18 are ``rate`` per child.

    Exits deplete the children who can leave, so the factor is found by fixed-point iteration. It
    is at most 10: a rate that would take more cannot be reached.

    Args:
        calibration: the fit.
        by_age_group: (A,) children in care at the start, whom the rate is per.
        starters_per_year: (A,) starters in the year.
        rate: exits before 18 a year per child in care at the start.
    """
    wanted = rate * float(by_age_group.sum())
    level = 1.0
    for _ in range(_LEVEL_ROUNDS):
        found = year_ahead(calibration, by_age_group, starters_per_year, level).exits_before_18
        level = min(level * wanted / max(found, 1e-9), _HIGHEST_LEVEL)
    return level


def scaled_opening(calibration: Calibration, by_age_group: Floats) -> Stock:
    """The latest children by age and time in care, rescaled to other numbers by age (A,)."""
    own = by_age_group[:-1]
    published = np.maximum(calibration.counts.stock[-1], 1e-9)
    factor = own / published
    return calibration.exits.opening.scaled(factor, factor)


def recent_starters(calibration: Calibration, returns_share: float | None = None) -> Floats:
    """(A,): mean starters a year of the base window with same-year returns added."""
    return calibration.starters.mean * returns_factor(calibration, returns_share)


def returns_factor(calibration: Calibration, share: float | None = None) -> float:
    """What published starters are multiplied by to count children who left and came back."""
    total = float(calibration.starters.mean.sum())
    returns = calibration.damping.same_year_returns_share if share is None else share
    return 1 + returns * calibration.in_care / max(total, 1e-9)
