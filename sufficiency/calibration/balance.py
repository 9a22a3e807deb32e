"""Expected starters: those that carry the number in care along the path that damping expects.

Starters are drawn away from the latest year's towards balance: the children who leave, turning 18
among them, and the growth that `sufficiency.calibration.damping` foretells, say how many enter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.calibrate import (
    TRACE,
    Calibration,
    hazards_ahead,
    recent_starters,
    scaled_opening,
    share_16_and_over,
)
from sufficiency.calibration.cohort import GridHazards, Stock, run_year
from sufficiency.calibration.national_table import shipped_hazards
from sufficiency.calibration.unaccompanied import uasc_entry_age, uasc_hazards

Floats = NDArray[np.float64]

LEAST_STARTERS, MOST_STARTERS = 0.2, 5.0
"""Bounds on a year's expected starters, as a multiple of recent ones."""


def expected_growth(calibration: Calibration, by_age_group: Floats, years: int) -> Floats:
    """Children in care after each year over those at the start, shape (years,).

    Args:
        calibration: the fit.
        by_age_group: (A,) children in care at the start. A scenario's own number moves the
            rate per head, and its ages the share of 16 and over.
        years: how many.
    """
    terms = calibration.growth_terms._replace(share_16_and_over=share_16_and_over(by_age_group))
    ratio = max(float(by_age_group.sum()), TRACE) / calibration.in_care
    terms = terms._replace(gap_to_peers=terms.gap_to_peers + float(np.log(ratio)))
    return calibration.damping.growth(terms, years)


def starters_factors(
    calibration: Calibration,
    by_age_group: Floats,
    years: int,
    returns_share: float | None = None,
) -> Floats:
    """Expected starters in each year as a multiple of recent ones, shape (years,).

    The cohort is linear in its starters, so a run without any and one with the first year's alone
    say what every year's starters leave behind; the years are then solved one after the other.
    """
    recent = recent_starters(calibration, returns_share)
    nobody = np.zeros_like(recent)
    left = in_care_ahead(calibration, by_age_group, nobody, years)
    first_year = in_care_ahead(calibration, np.zeros_like(by_age_group), recent, years)
    wanted = float(by_age_group.sum()) * expected_growth(calibration, by_age_group, years)
    factors = np.zeros(years)
    for year in range(years):
        earlier = float(factors[:year] @ first_year[year:0:-1])
        factor = (wanted[year] - left[year] - earlier) / max(float(first_year[0]), TRACE)
        factors[year] = np.clip(factor, LEAST_STARTERS, MOST_STARTERS)
    return factors


def in_care_ahead(
    calibration: Calibration, by_age_group: Floats, starters: Floats, years: int
) -> Floats:
    """Children in care after each year, (years,), with ``starters`` (A,) in the first only."""
    hazards = shipped_hazards()
    entry_age = hazards.entry_ages()
    uasc = calibration.uasc_stock * by_age_group[-1] / max(calibration.uasc_stock.sum(), TRACE)
    nobody = np.zeros_like(uasc)
    own = _yearly(
        scaled_opening(calibration, by_age_group),
        hazards_ahead(calibration),
        starters[:-1] @ entry_age,
        years,
    )
    alone = _yearly(
        Stock(uasc, nobody),
        uasc_hazards(calibration.uasc_exit_per_year),
        float(starters[-1]) * uasc_entry_age(),
        years,
    )
    return own + alone


def _yearly(stock: Stock, hazards: GridHazards, entrants: Floats, years: int) -> Floats:
    totals = []
    for _ in range(years):
        stock = run_year(stock, hazards, entrants).end
        entrants = np.zeros_like(entrants)
        totals.append(float((stock.waiting + stock.matched).sum()))
    return np.array(totals)
