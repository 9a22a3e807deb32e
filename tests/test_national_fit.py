"""England's exit hazards: the fit comes back, meets what is published, and avoids its traps."""

from __future__ import annotations

import numpy as np
import pytest

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.cohort import (
    CARE_BAND_STARTS_DAYS,
    N_AGE_BANDS,
    N_STEPS,
    STEPS_PER_YEAR,
    GridHazards,
    StartersByYear,
    per_step,
    run_year,
    sum_by_age_band,
)
from sufficiency.calibration.national import (
    FIRST_LONG_STAY_BAND,
    NationalCounts,
    NationalFit,
    fit_national,
    opening_cohort,
)
from sufficiency.calibration.national_counts import (
    england_uasc_starters,
    national_counts,
    split_out_uasc,
    uasc_mean_stay_years,
    uasc_rate,
)
from sufficiency.calibration.national_table import shipped_hazards, shipped_rates
from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.history.authorities import ENGLAND
from sufficiency.history.published import PublishedHistory

ADULT_BIRTHDAYS = ["on_18th_birthday", "after_18th_birthday"]


@pytest.fixture(scope="module")
def counts() -> NationalCounts:
    return national_counts(assumed("under_16_share_of_uasc").number)


@pytest.fixture(scope="module")
def refit(counts: NationalCounts) -> NationalFit:
    return fit_national(counts)


def test_the_shipped_table_is_what_the_fit_gives(refit: NationalFit) -> None:
    shipped = shipped_hazards()
    for name in ("guardianship", "rest", "match"):
        np.testing.assert_allclose(
            getattr(shipped, name), getattr(refit.hazards, name), rtol=1e-6, atol=1e-12
        )
    for name in ("adopt_per_year", "disrupt_per_year", "newborn_share", "teenage_lean"):
        assert getattr(shipped, name) == pytest.approx(getattr(refit.hazards, name), rel=1e-6)


def test_leavers_before_18_are_met_by_age_and_by_time_in_care(
    counts: NationalCounts, refit: NationalFit
) -> None:
    np.testing.assert_allclose(refit.leavers_before_18, counts.leavers_before_18, rtol=0.01)
    short = slice(0, FIRST_LONG_STAY_BAND)
    np.testing.assert_allclose(
        refit.leavers_by_duration[short], counts.leavers_by_duration[short], rtol=0.035
    )


def test_the_birthdays_come_out_although_they_were_not_fitted(
    counts: NationalCounts, refit: NationalFit
) -> None:
    """The published leavers count 18th birthdays; the model makes them of ages alone."""
    shapes = PublishedHistory.as_at(2023).national
    published = float(shapes.leavers_by_age()[ADULT_BIRTHDAYS].sum())
    assessed_as_adult = float(shapes.leavers_by_reason()["assessed_as_adult"])
    unaccompanied = float(counts.uasc_leavers_by_duration.sum()) - assessed_as_adult
    assert refit.turned_18 + unaccompanied == pytest.approx(published, rel=0.04)


def test_birthdays_are_no_part_of_the_hazards(counts: NationalCounts) -> None:
    """Of children of 16 and over, two in three leave in a year, most on their 18th birthday."""
    shapes = PublishedHistory.as_at(2023).national
    ages = shapes.leavers_by_age()
    assert float(ages[ADULT_BIRTHDAYS].sum()) > 3 * counts.leavers_before_18[-1]
    hazards = shipped_hazards()
    settled = (hazards.rest + hazards.guardianship)[-1, FIRST_LONG_STAY_BAND - 1 :]
    everyone = counts.leavers_before_18[-1] + float(ages[ADULT_BIRTHDAYS].sum())
    assert everyone / counts.opening_stock[-1] > 0.6
    assert (settled < 0.2).all()


def test_the_duration_table_is_not_a_hazard(counts: NationalCounts) -> None:
    """Read as a life table it would send half as many children again out of care before 18."""
    leavers = counts.leavers_by_duration
    still_there = leavers[::-1].cumsum()[::-1]
    years = np.append(np.diff(CARE_BAND_STARTS_DAYS), 8 * DAYS_PER_YEAR) / DAYS_PER_YEAR
    share = np.minimum(leavers / still_there, 0.95)
    life_table = -np.log1p(-share) / years
    hazards = shipped_hazards()
    entry_age = hazards.entry_ages()
    opening = opening_cohort(
        StartersByYear(counts.starters_by_year),
        entry_age,
        hazards.grid(),
        counts.opening_stock,
        counts.placed_for_adoption,
    )
    naive = GridHazards(
        per_step(np.tile(life_table, (N_AGE_BANDS, 1))), np.zeros((N_STEPS, N_STEPS)), 0.0, 0.0
    )
    entrants = counts.starters @ entry_age
    wrong = run_year(opening, naive, entrants).left.sum()
    ours = run_year(opening, hazards.grid(), entrants)
    wanted = float(counts.leavers_before_18.sum())
    assert wrong > 1.3 * wanted
    assert float(ours.left.sum() + ours.adopted.sum()) == pytest.approx(wanted, rel=0.01)


def test_the_opening_stands_at_the_published_ages(counts: NationalCounts) -> None:
    hazards = shipped_hazards()
    opening = opening_cohort(
        StartersByYear(counts.starters_by_year),
        hazards.entry_ages(),
        hazards.grid(),
        counts.opening_stock,
        counts.placed_for_adoption,
    )
    np.testing.assert_allclose(
        sum_by_age_band(opening.waiting + opening.matched), counts.opening_stock
    )
    assert opening.matched.sum() == pytest.approx(counts.placed_for_adoption, rel=1e-6)


def test_as_many_turn_16_as_the_published_numbers_of_16_and_over_need(refit: NationalFit) -> None:
    """Even entry ages from 10 to 15 leave too few aged 15: 7% too few of 16 and over in a year."""
    counts = national_counts(assumed("under_16_share_of_uasc").number)
    assert refit.closing_stock[-1] == pytest.approx(counts.closing_stock[-1], rel=0.015)
    ages = refit.hazards.entry_ages()[3]
    assert ages[13 * STEPS_PER_YEAR :].sum() == pytest.approx(0.7, abs=0.01)


def test_adoption_is_for_the_young_and_never_in_the_first_weeks() -> None:
    match = shipped_hazards().match
    assert not match[:, :2].any()
    assert match[3:].max() < 0.01 < match[:2].max()


def test_unaccompanied_children_are_taken_out_at_their_ages() -> None:
    by_age = np.array([[10.0, 20, 30, 40, 50]])
    left = split_out_uasc(by_age, np.array([20.0]), 0.13)
    np.testing.assert_allclose(left, [[10, 20, 30, 40 - 2.6, 50 - 17.4]])


def test_unaccompanied_children_hardly_leave_before_18() -> None:
    history = PublishedHistory.as_at(2023)
    assert 0.01 < uasc_rate(history) < 0.1
    # 87% enter at 16 or 17, evenly, so stay a year on average; the others at 14 and 15.
    assert uasc_mean_stay_years(0.13) == pytest.approx(0.87 * 1 + 0.13 * 3, rel=1e-9)


def test_unaccompanied_starters_before_they_were_published_follow_from_those_in_care() -> None:
    history = PublishedHistory.as_at(2023)
    starters = england_uasc_starters(history, 0.13)
    published = history.starters_uasc(ENGLAND).number["uasc"]
    assert starters.loc[2022] == published.loc[2022]
    in_care = history.panel(ENGLAND)["uasc"]
    mean = (in_care.loc[2018] + in_care.loc[2019]) / 2
    change = in_care.loc[2019] - in_care.loc[2018]
    assert starters.loc[2019] == pytest.approx(mean / uasc_mean_stay_years(0.13) + change / 2)


def test_same_year_returns_are_added_to_the_starters(counts: NationalCounts) -> None:
    """The stock of 2019-2023 grew by more than started less ceased."""
    panel = PublishedHistory.as_at(2023).panel(ENGLAND).loc[2018:2023]
    growth = panel["in_care"].iloc[-1] - panel["in_care"].iloc[0]
    flows = (panel["started"] - panel["ceased"]).iloc[1:].sum()
    extra = (growth - flows) / panel["started"].iloc[1:].sum()
    assert extra > 0
    under_1 = PublishedHistory.as_at(2023).starters_by_age(ENGLAND).number["under_1"]
    assert counts.starters[0] == pytest.approx(under_1.loc[2019:2023].mean() * (1 + extra))


def test_sector_factors_average_one_over_the_stock() -> None:
    """Leavers by last placement against those expected: all of England's leavers are there."""
    rates = shipped_rates()
    assert rates.exit_factor.shape == (6,)
    assert (rates.exit_factor > 0).all()
    assert (rates.turned_18_factor >= 0).all()
    np.testing.assert_allclose(rates.rest_split.sum(), 1)
    np.testing.assert_allclose(rates.first_placement.sum(axis=1), 1)
    np.testing.assert_allclose(rates.reason_share.sum(axis=1), 1)
    assert not rates.first_placement[:4, 3].any(), "under 16 nobody starts in supported"


def test_england_under_16_has_nobody_in_supported_accommodation() -> None:
    stock = shipped_rates().stock
    assert not stock[:4, 4].any()
    assert stock[4:, 4].sum() > 1000
