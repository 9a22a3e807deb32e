"""Care histories -> a council's own calibration: frames in, counts and posteriors out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.children.arrivals import (
    Arrivals,
    Season,
    arrivals,
    season,
    sibling_group_sizes,
)
from sufficiency.calibration.children.assumptions import child_assumed
from sufficiency.calibration.children.counts import ChildCounts, count, window_of
from sufficiency.calibration.children.drawing import rate_sampler
from sufficiency.calibration.children.rates import (
    LEAVING,
    MATCH,
    MOVING,
    ChildRates,
    PriorRates,
    child_rates,
)
from sufficiency.calibration.cohort import N_AGE_BANDS
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import AGE_GROUPS, UASC_ROW
from sufficiency.history.returns.frames import CareHistories

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ratios:
    """How the fitted rates compare with the published ones, over the children of the window."""

    leave: Floats
    """(5,): leaving before 18 by age band, adoption apart."""
    match: float
    moves: float
    uasc: float


@dataclass(frozen=True)
class Fitted:
    """What a forecast reads of a council's own calibration; it holds no child."""

    as_at: date
    rates: ChildRates
    starters: GammaPosterior
    """(A,): starters a year, as many as they are (those who came back in a year included)."""
    sibling_group_sizes: Floats
    season: Season
    ratios: Ratios


@dataclass(frozen=True)
class ChildCalibration:
    """A council's own calibration, with the counts that it was fitted to."""

    authority: str
    fitted: Fitted
    counts: ChildCounts
    arrivals: Arrivals
    """Of the window that sets the level of entries."""
    arrivals_whole: Arrivals
    """Of the whole window: the season, brothers and sisters, and first placements."""
    prior: PriorRates


def fit_children(
    histories: CareHistories,
    authority: str,
    prior: PriorRates,
    as_at: date | None = None,
    window_months: int | None = None,
    entries_window_months: int | None = None,
) -> ChildCalibration:
    """Fit a council's rates from its children's histories.

    Args:
        histories: rebuilt from the council's returns.
        authority: its name.
        prior: what is published for it.
        as_at: the last day to count; by default the last that the histories reach.
        window_months: how far back exits and moves are counted (by default as assumed).
        entries_window_months: how far back the level of entries is (by default as assumed).

    Raises:
        HistoryError: if the histories hold no time in the window.
    """
    months = window_months or int(child_assumed("child_window_months"))
    recent = entries_window_months or int(child_assumed("child_entries_window_months"))
    window = window_of(histories, as_at, months)
    counts = count(histories, window)
    whole = arrivals(histories, window)
    level = arrivals(histories, window_of(histories, as_at, min(recent, months)))
    sizes = sibling_group_sizes(whole.same_day)
    clustering = _clustering(sizes)
    rates = child_rates(counts, whole.first_setting, prior)
    others = whole.by_month[:, :UASC_ROW].sum(axis=1)
    return ChildCalibration(
        authority=authority,
        fitted=Fitted(
            as_at=window.until,
            rates=rates,
            starters=_starters(level, prior, clustering),
            sibling_group_sizes=sizes,
            season=season(others, whole.months, clustering),
            ratios=_ratios(counts, rates, prior),
        ),
        counts=counts,
        arrivals=level,
        arrivals_whole=whole,
        prior=prior,
    )


def _clustering(sizes: Floats) -> float:
    """Variance of a count of starters over its mean: E[G^2]/E[G]."""
    number = np.arange(1, len(sizes) + 1)
    return float((sizes @ number**2) / (sizes @ number))


def _starters(seen: Arrivals, prior: PriorRates, clustering: float) -> GammaPosterior:
    """(A,): starters a year; siblings come together, so a count of them tells less."""
    strength = assumed("prior_events_entries").number
    years = seen.window.years
    posterior = GammaPosterior.from_counts(
        seen.total, np.full(len(AGE_GROUPS), years), prior.starters_per_year, strength
    )
    apart = np.append(np.full(N_AGE_BANDS, clustering), 1.0)
    return GammaPosterior(posterior.events / apart, posterior.exposure / apart)


def _ratios(counts: ChildCounts, rates: ChildRates, prior: PriorRates) -> Ratios:
    """The fitted rates over the published ones, weighted with the window's children."""
    fitted = rate_sampler(rates).mean().per_day
    days = counts.days.sum(axis=0)[: fitted.shape[1]]
    in_care = days.sum(axis=3)[..., : fitted.shape[3]]
    in_placement = days.sum(axis=2)
    leaving, moving, bands = list(LEAVING), list(MOVING), slice(0, in_placement.shape[2])

    def ratio(own: Floats, published: Floats) -> Floats:
        share = own / np.where(published > 0, published, 1.0)
        return np.where((own > 0) & (published > 0), share, 1.0)

    left = [(in_care * table[leaving]).sum(axis=(0, 1, 3)) for table in (fitted, prior.per_day)]
    matched = [(in_care * table[MATCH]).sum() for table in (fitted, prior.per_day)]
    moved = [(in_placement * table[moving][..., bands]).sum() for table in (fitted, prior.per_day)]
    leave = ratio(*left)
    return Ratios(
        leave=leave[:N_AGE_BANDS],
        match=float(ratio(np.array(matched[0]), np.array(matched[1]))),
        moves=float(ratio(np.array(moved[0]), np.array(moved[1]))),
        uasc=float(leave[UASC_ROW]),
    )
