"""An authority's own counts, and what they say of its rates beside England's.

Every rate is a count seen against a count expected: entries against what similar councils would
have, exits and moves against what England's hazards give for this authority's children. The
ratio has a Gamma posterior whose prior is the same ratio of its ten statistical neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.cohort import (
    StartersByYear,
    Stock,
    YearFlows,
    run_year,
    sum_by_age_band,
)
from sufficiency.calibration.national import NationalHazards, opening_cohort
from sufficiency.calibration.national_counts import split_out_uasc, uasc_mean_stay_years
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.calibration.unaccompanied import unaccompanied_exits
from sufficiency.domain import AGE_BANDS
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import ENGLAND, Authority
from sufficiency.history.counts import TOTAL, Counts, as_number
from sufficiency.history.published import PublishedHistory

Floats = NDArray[np.float64]

_BANDS = [str(band) for band in AGE_BANDS]
_BEFORE_18 = ["under_1", "1_4", "5_9", "10_15", "16_17"]
_ROUNDS = 4


@dataclass(frozen=True)
class StartersCounts:
    """What is read of an authority and of its neighbours alike. Y years, the last the latest."""

    years: pd.Index[int]
    """(Y,): years ending 31 March with ages."""
    in_care: Floats
    """(Y,)."""
    starters: Floats
    """(Y, 5): starters by age band, unaccompanied children apart."""
    uasc_starters: Floats
    """(Y,)."""
    uasc: Floats
    """(Y,): unaccompanied children in care on 31 March."""


@dataclass(frozen=True)
class AuthorityCounts:
    """One authority's published counts, suppressed cells filled. Y years, the last the latest."""

    years: NDArray[np.int64]
    """(Y,): years ending 31 March."""
    in_care: Floats
    starters: Floats
    """(Y, 5): starters by age band, unaccompanied children apart."""
    uasc_starters: Floats
    uasc: Floats
    """(Y,): unaccompanied children in care on 31 March."""
    uasc_leavers: Floats
    """(Y,): unaccompanied children who left, of any age; missing where not published."""
    stock: Floats
    """(Y, 5): in care by age band, unaccompanied children apart."""
    leavers_before_18: Floats
    """(Y, 5): leavers before 18 by age band."""
    adopted: Floats
    """(Y,): adoptions; missing where held back."""
    started_total: Floats
    real_moves: Floats
    """(Y,): changes of placement, of status only left out; missing where not published."""
    placed_for_adoption: Floats
    """(Y,): children placed for adoption; missing where held back."""
    population_0_17: Floats


def starters_counts(history: PublishedHistory, authority: Authority) -> StartersCounts:
    """Read an authority's starters and children in care of every year with ages.

    A cell that is held back (1-5 children) takes its share of what the total leaves, in
    proportion to England's counts of the same cells; the number of such cells is small.

    Raises:
        HistoryError: if no year with ages is published.
    """
    panel = history.panel(authority)
    years = history.stock_by_age(authority).number.index.intersection(
        panel.index[panel["in_care"].notna()]
    )
    if not len(years):
        raise HistoryError(
            f"{authority.name} has no children by age in the figures up to 31 March "
            f"{history.year}. Choose a later start."
        )
    starters = _filled(
        history.starters_by_age(authority),
        history.starters_by_age(ENGLAND),
        _BANDS,
        years.to_numpy(),
    )
    under_16 = assumed("under_16_share_of_uasc").number
    uasc = panel["uasc"].reindex(years).interpolate(limit_direction="both").fillna(0.0).to_numpy()
    uasc_starters = _uasc_starters(history, authority, years, uasc, under_16)
    uasc_starters = np.minimum(uasc_starters, starters[:, -2:].sum(axis=1))
    return StartersCounts(
        years=years,
        in_care=panel["in_care"].reindex(years).to_numpy(dtype=np.float64),
        starters=split_out_uasc(starters, uasc_starters, under_16),
        uasc_starters=uasc_starters,
        uasc=uasc,
    )


def authority_counts(history: PublishedHistory, authority: Authority) -> AuthorityCounts:
    """Read an authority's counts of every year with ages, suppressed cells filled as above."""
    read = starters_counts(history, authority)
    panel, years = history.panel(authority), read.years
    stock = _filled(
        history.stock_by_age(authority), history.stock_by_age(ENGLAND), _BANDS, years.to_numpy()
    )
    # A number held back is drawn from other years; the children of 10 and over bound it.
    uasc = np.minimum(read.uasc, stock[:, -2:].sum(axis=1))
    leavers = _filled(
        history.leavers_by_age(authority),
        history.leavers_by_age(ENGLAND),
        [*_BEFORE_18, "18_plus"],
        years.to_numpy(),
    )
    moves = history.placements_in_year(authority).reindex(years)
    status_only = assumed_status_only(history)
    return AuthorityCounts(
        years=years.to_numpy(),
        in_care=read.in_care,
        starters=read.starters,
        uasc_starters=read.uasc_starters,
        uasc=uasc,
        uasc_leavers=_by_year(history.leavers_uasc(authority).number["uasc"], years),
        stock=split_out_uasc(stock, uasc, assumed("under_16_share_of_uasc").number),
        leavers_before_18=leavers[:, :5],
        adopted=_adoptions(history, authority, years),
        started_total=panel["started"].reindex(years).to_numpy(float),
        real_moves=(
            moves["changing"] - moves["status_only"].fillna(status_only * moves["changing"])
        ).to_numpy(float),
        placed_for_adoption=history.stock_by_placement(authority)
        .number["placed_for_adoption"]
        .reindex(years)
        .to_numpy(float),
        population_0_17=panel["population_0_17"].reindex(years).to_numpy(float),
    )


def _by_year(numbers: pd.Series[float], years: pd.Index[int]) -> Floats:
    return np.asarray(numbers.reindex(years), dtype=np.float64)


def assumed_status_only(history: PublishedHistory) -> float:
    """England's share of recorded changes that are of status only, for where it is held back."""
    total = history.national.moves_by_placement_type().loc["total"]
    return as_number(total["status_only"] / total["total"])


def _adoptions(history: PublishedHistory, authority: Authority, years: pd.Index[int]) -> Floats:
    return history.leavers_by_reason(authority)["adoption"].reindex(years).to_numpy(float)


def _uasc_starters(
    history: PublishedHistory,
    authority: Authority,
    years: pd.Index[int],
    uasc: Floats,
    under_16: float,
) -> Floats:
    """(Y,): published, else what the number in care and a stay until 18 imply."""
    implied = np.convolve(np.append(uasc[:1], uasc), [0.5, 0.5], "valid") / uasc_mean_stay_years(
        under_16
    )
    implied = np.maximum(implied + np.diff(np.append(uasc[:1], uasc)) / 2, 0)
    published = history.starters_uasc(authority).number["uasc"].reindex(years).to_numpy(float)
    return np.where(np.isnan(published), implied, published)


def _filled(counts: Counts, england: Counts, cells: list[str], years: NDArray[np.int64]) -> Floats:
    """(Y, cells): numbers, what is missing sharing what the total leaves as England's cells do."""
    asked = counts.in_years(years)
    number, total = asked.select(cells).numbers, asked.of(TOTAL)
    like = england.in_years(years).select(cells).number.bfill().ffill().to_numpy(float)
    missing = np.isnan(number)
    left = np.clip(total - np.nansum(number, axis=1), 0, None)
    weight = np.where(missing, np.nan_to_num(like, nan=1.0), 0.0)
    whole = weight.sum(axis=1, keepdims=True)
    share = np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0)
    filled: Floats = np.where(missing, share * np.nan_to_num(left)[:, None], number)
    return filled


@dataclass(frozen=True)
class ExitRatios:
    """How an authority's exits compare with England's hazards."""

    leave: GammaPosterior
    """(5,): leaving before 18 by age band, adoption apart."""
    match: GammaPosterior
    """(1,): being placed for adoption."""
    opening: Stock
    """The children in care at the latest 31 March, by age and time in care."""
    uasc_per_year: float
    """Exits before 18 a year of an unaccompanied child, who are in none of the above."""


def exit_ratios(
    counts: AuthorityCounts,
    hazards: NationalHazards,
    window_years: int,
    prior_mean: Floats,
    england_placed_share: float,
    england_uasc_rate: float,
) -> ExitRatios:
    """Compare leavers of the base window with those expected under England's hazards.

    Args:
        counts: the authority's counts.
        hazards: England's.
        window_years: years of the base window (fewer where the authority has fewer).
        prior_mean: (5,) the same ratios of similar councils.
        england_placed_share: placed for adoption per child under 10 in care, where held back.
        england_uasc_rate: exits a year before 18 of an unaccompanied child in England.
    """
    entry_age = hazards.entry_ages()
    window = range(max(1, len(counts.years) - window_years), len(counts.years))
    unaccompanied = unaccompanied_exits(
        counts.uasc_starters, counts.uasc, counts.uasc_leavers, window, england_uasc_rate
    )
    own_leavers = counts.leavers_before_18[list(window)].sum(axis=0)
    own_leavers = own_leavers - unaccompanied.left_before_18.sum(axis=0)
    seen_adopted = counts.adopted[list(window)]
    leave, match = prior_mean.copy(), 1.0
    for _ in range(_ROUNDS):
        flows = [
            _year_flows(counts, year, hazards, entry_age, leave, match, england_placed_share)
            for year in window
        ]
        leave_posterior, match_posterior = _compared(
            flows, own_leavers, seen_adopted, leave, match, prior_mean
        )
        leave, match = leave_posterior.mean, float(match_posterior.mean[0])
    latest = len(counts.years) - 1
    opening = _opening(counts, latest, hazards, entry_age, leave, match, england_placed_share)
    return ExitRatios(leave_posterior, match_posterior, opening, unaccompanied.per_year)


def _compared(
    flows: list[YearFlows],
    leavers: Floats,
    adopted: Floats,
    leave: Floats,
    match: float,
    prior_mean: Floats,
) -> tuple[GammaPosterior, GammaPosterior]:
    """Leaving by age band, and placing for adoption, against England's hazards.

    Args:
        flows: the window's years run forward at the ratios ``leave`` and ``match``.
        leavers: (5,) published leavers before 18 of those years, adopted children among them.
        adopted: (W,) adoptions by year; missing where held back.
        leave: (5,) the ratios to improve.
        match: the same for placing for adoption.
        prior_mean: (5,) the ratios of similar councils.
    """
    left = sum((sum_by_age_band(flow.left) for flow in flows), np.zeros(5))
    adopted_by_age = sum((sum_by_age_band(flow.adopted) for flow in flows), np.zeros(5))
    known = ~np.isnan(adopted)
    seen = float(adopted[known].sum())
    expected = sum(float(flow.adopted.sum()) for flow, ok in zip(flows, known, strict=True) if ok)
    # Adoptions are published without ages: those of the model, scaled to the number seen.
    scale = seen / max(expected, 1e-9) if known.any() else 1.0
    observed = np.maximum(leavers - adopted_by_age * scale, 0)
    prior = assumed("prior_events_exits").number
    return (
        GammaPosterior.from_counts(observed, left / leave, prior_mean, prior),
        GammaPosterior.from_counts(
            np.array([seen]), np.array([expected / match]), np.array([1.0]), prior
        ),
    )


def _opening(
    counts: AuthorityCounts,
    year: int,
    hazards: NationalHazards,
    entry_age: Floats,
    leave: Floats,
    match: float,
    england_placed_share: float,
) -> Stock:
    """The children in care at the end of a year, by age and time in care."""
    placed = counts.placed_for_adoption[year]
    if np.isnan(placed):
        placed = england_placed_share * counts.stock[year, :3].sum()
    return opening_cohort(
        StartersByYear(counts.starters[: year + 1]),
        entry_age,
        hazards.grid(leave, match),
        counts.stock[year],
        float(placed),
    )


def _year_flows(
    counts: AuthorityCounts,
    year: int,
    hazards: NationalHazards,
    entry_age: Floats,
    leave: Floats,
    match: float,
    england_placed_share: float,
) -> YearFlows:
    opening = _opening(counts, year - 1, hazards, entry_age, leave, match, england_placed_share)
    return run_year(opening, hazards.grid(leave, match), counts.starters[year] @ entry_age)


def pooled_exit_ratio(history: PublishedHistory, authority: Authority, window_years: int) -> Floats:
    """(5,): leavers before 18 per child in care, of the neighbours against England since 2019.

    The neighbours' own ratio is shrunk toward England's of the same window, so that a small or
    suppressed cell among them does not decide.
    """
    base = _leaving_per_child(history, [ENGLAND], window_years, frozen=True)
    england = _leaving_per_child(history, [ENGLAND], window_years)
    near = _leaving_per_child(history, history.neighbours(authority), window_years)
    strength = assumed("prior_events_exits").number
    events, children = near
    england_rate = england[0] / england[1]
    rate = (events + strength) / (children + strength / england_rate)
    result: Floats = rate / (base[0] / base[1])
    return result


def _leaving_per_child(
    history: PublishedHistory,
    authorities: list[Authority],
    window_years: int,
    *,
    frozen: bool = False,
) -> tuple[Floats, Floats]:
    """Leavers before 18 and child-years by age band (5,), over the window's years.

    ``frozen`` takes England's average year since 2019, which the shipped hazards are fitted to.
    """
    if frozen:
        shapes = history.national
        ages = shapes.leavers_by_age()
        leavers = np.array([*(float(ages[b]) for b in _BANDS[:4]), float(ages["16"] + ages["17"])])
        children = shapes.shape("stock_by_age")["number"]
        return leavers, np.array([float(children[b]) for b in [*_BANDS[:4], "16_and_over"]])
    england_leavers = history.leavers_by_age(ENGLAND)
    england_stock = history.stock_by_age(ENGLAND)
    events, child_years = np.zeros(5), np.zeros(5)
    for area in authorities:
        stock = history.stock_by_age(area)
        years = stock.years[-window_years:]
        events += _filled(
            history.leavers_by_age(area), england_leavers, [*_BEFORE_18, "18_plus"], years
        )[:, :5].sum(axis=0)
        child_years += _filled(stock, england_stock, _BANDS, years).sum(axis=0)
    return events, child_years
