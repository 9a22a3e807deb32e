"""From the national tables to the counts that England's hazards are fitted to."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.cohort import (
    CARE_BAND_SHARE,
    ENTRY_BAND,
    N_AGE_BANDS,
    N_STEPS,
    STEPS_PER_YEAR,
    GridHazards,
    StartersByYear,
    Stock,
    entrants_by_cell,
    run_year,
    survivors,
)
from sufficiency.calibration.national import NationalCounts
from sufficiency.domain import AGE_BANDS
from sufficiency.history.authorities import ENGLAND
from sufficiency.history.counts import as_number
from sufficiency.history.published import PublishedHistory

Floats = NDArray[np.float64]

FIRST_YEAR_OF_SHAPES, LAST_YEAR_OF_SHAPES = 2019, 2023
_MIDDLE_OPENING_YEAR = 2020
_UASC_UNDER_16_FROM_STEP = 14 * STEPS_PER_YEAR
_BANDS = [str(band) for band in AGE_BANDS]


def uasc_entry_ages(under_16_share: float) -> Floats:
    """(E,): ages at entry of unaccompanied children: 14-15 and 16-17, even within each."""
    steps = np.arange(N_STEPS)
    older = ENTRY_BAND == N_AGE_BANDS - 1
    younger = ~older & (steps >= _UASC_UNDER_16_FROM_STEP)
    result: Floats = under_16_share * younger / younger.sum() + (1 - under_16_share) * older / (
        older.sum()
    )
    return result


def uasc_mean_stay_years(under_16_share: float) -> float:
    """Mean years to the 18th birthday of unaccompanied children who enter at those ages."""
    to_birthday = (N_STEPS - np.arange(N_STEPS) - 0.5) / STEPS_PER_YEAR
    return float(uasc_entry_ages(under_16_share) @ to_birthday)


def england_uasc_starters(history: PublishedHistory, under_16_share: float) -> pd.Series[float]:
    """Unaccompanied children who started, by year, for every year of the panel.

    Published from 2021. Before, what the change of their number in care and a stay until the 18th
    birthday imply: the mean of the year's two ends over the mean stay, plus the change.
    """
    in_care = history.panel(ENGLAND)["uasc"]
    series = history.england_time_series()
    known = pd.to_numeric(series["uasc"], errors="coerce") if "uasc" in series else in_care
    in_care = in_care.combine_first(known).sort_index().bfill()
    implied = (in_care + in_care.shift(1).bfill()) / 2 / uasc_mean_stay_years(under_16_share)
    implied = (implied + in_care.diff().fillna(0) / 2).clip(lower=0)
    published = history.starters_uasc(ENGLAND).number["uasc"].dropna()
    return published.combine_first(implied).sort_index()


def split_out_uasc(by_age: Floats, uasc: Floats, under_16_share: float) -> Floats:
    """(Y, 5): counts by age band less unaccompanied children (Y,), at their shares by age.

    Where one of the two bands has too few, more are taken from the other.
    """
    left = by_age.copy()
    young = np.minimum(under_16_share * uasc, left[:, -2])
    old = np.minimum(uasc - young, left[:, -1])
    left[:, -1] -= old
    left[:, -2] = (left[:, -2] - (uasc - old)).clip(min=0)
    return left


def national_counts(under_16_share: float) -> NationalCounts:
    """England's counts for the years whose national tables are held, as an average year."""
    history = PublishedHistory.as_at(LAST_YEAR_OF_SHAPES)
    years = range(FIRST_YEAR_OF_SHAPES, LAST_YEAR_OF_SHAPES + 1)
    starters = _with_earlier_years(history)
    uasc_starters = england_uasc_starters(history, under_16_share).reindex(starters.index)
    own_starters = _own_by_year(starters, uasc_starters, under_16_share)
    own_stock = _own_by_year(
        history.stock_by_age(ENGLAND).number[_BANDS],
        history.panel(ENGLAND)["uasc"].bfill(),
        under_16_share,
    )
    shapes = history.national
    ages = shapes.leavers_by_age()
    assessed_as_adult = float(shapes.leavers_by_reason()["assessed_as_adult"])
    leavers = np.array([*ages[_BANDS[:-1]], ages["16"] + ages["17"] - assessed_as_adult])
    adoptions = shapes.adoptions().set_index(["dimension", "cell"])["number"]
    guardianship = shapes.special_guardianship().set_index(["dimension", "cell"])["number"]
    ended = shapes.moves_by_placement_type().loc["placed_for_adoption"]
    returns = _same_year_returns(history, own_starters.loc[list(years)])
    return NationalCounts(
        starters_by_year=own_starters.loc[:_MIDDLE_OPENING_YEAR].to_numpy(),
        starters=returns,
        opening_stock=own_stock.loc[[year - 1 for year in years]].mean().to_numpy(),
        closing_stock=own_stock.loc[list(years)].mean().to_numpy(),
        leavers_before_18=leavers,
        leavers_by_duration=shapes.leavers_by_duration()["leavers"].to_numpy(),
        uasc_leavers_by_duration=_uasc_leavers_by_duration(
            uasc_starters, uasc_rate(history), under_16_share, list(years)
        ),
        adopted_by_age=_by_age(adoptions),
        adopted_by_duration=_by_duration(adoptions),
        guardianship_by_age=_by_age(guardianship),
        guardianship_by_duration=_by_duration(guardianship),
        placed_for_adoption=float(shapes.stock_by_placement()["placed_for_adoption"]),
        long_stay_ratio=assumed("long_stay_exit_ratio").number,
        adoptive_placements_ended=as_number(ended["total"] - ended["status_only"]),
    )


def _own_by_year(
    by_age: pd.DataFrame, uasc: pd.Series[float], under_16_share: float
) -> pd.DataFrame:
    """Years x age bands: counts without unaccompanied children."""
    own = split_out_uasc(
        np.asarray(by_age, dtype=np.float64),
        np.asarray(uasc.reindex(by_age.index), dtype=np.float64),
        under_16_share,
    )
    return pd.DataFrame(own, by_age.index, _BANDS)


def uasc_rate(history: PublishedHistory) -> float:
    """Exits a year before 18 of an unaccompanied child: those assessed to be adults."""
    assessed = float(history.national.leavers_by_reason()["assessed_as_adult"])
    return assessed / float(history.national.uasc_by_age()["total"])


def _with_earlier_years(history: PublishedHistory) -> pd.DataFrame:
    """Starters by age band, years without ages spread as the first year with them."""
    by_age = history.starters_by_age(ENGLAND).number[_BANDS].dropna()
    totals = history.england_time_series()["started"].dropna()
    first = by_age.iloc[0]
    earlier = totals[totals.index < by_age.index[0]]
    back = pd.DataFrame(
        np.outer(earlier.to_numpy(), (first / first.sum()).to_numpy()), earlier.index, _BANDS
    )
    return pd.concat([back, by_age])


def _same_year_returns(history: PublishedHistory, starters: pd.DataFrame) -> Floats:
    """(5,): mean starters with same-year returns: growth of the stock beyond published flows."""
    panel = history.panel(ENGLAND)
    beyond = panel["in_care"].diff() - panel["started"] + panel["ceased"]
    years = list(starters.index)
    extra = float(beyond.loc[years].sum()) / float(panel["started"].loc[years].sum())
    result: Floats = starters.mean().to_numpy() * (1 + extra)
    return result


def _uasc_leavers_by_duration(
    starters: pd.Series[float], rate_per_year: float, under_16_share: float, years: list[int]
) -> Floats:
    """(9,): leavers a year by time in care, from their entries, few exits and 18th birthdays."""
    leave = np.full((N_STEPS, N_STEPS), rate_per_year / STEPS_PER_YEAR)
    hazards = GridHazards(leave, np.zeros_like(leave), 0.0, 0.0)
    entry_age = np.zeros((N_AGE_BANDS, N_STEPS))
    entry_age[-1] = uasc_entry_ages(under_16_share)
    lasting = survivors(hazards)
    total = np.zeros(len(CARE_BAND_SHARE[0]))
    for year in years:
        before = np.zeros((len(starters.loc[: year - 1]), N_AGE_BANDS))
        before[:, -1] = starters.loc[: year - 1]
        past = entrants_by_cell(StartersByYear(before), entry_age, at_year_end=True)
        flows = run_year(
            Stock(past * lasting.waiting, np.zeros_like(leave)),
            hazards,
            starters.loc[year] * entry_age[-1],
        )
        total += (flows.left.sum(axis=0) + flows.turned_18) @ CARE_BAND_SHARE
    return total / len(years)


def _by_age(table: pd.Series[float]) -> Floats:
    cells = [*_BANDS[:-1], "16_and_over"]
    return np.array([float(table["age", cell]) for cell in cells])


def _by_duration(table: pd.Series[float]) -> Floats:
    cells = ["under_1_year", "1_to_2_years", "2_to_3_years", "3_years_and_over"]
    return np.array([float(table["duration", cell]) for cell in cells])
