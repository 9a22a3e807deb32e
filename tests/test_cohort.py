"""The cohort run forward without chance, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from sufficiency.calibration.cohort import (
    AGE_BAND_OF_CELL,
    CARE_BAND_SHARE,
    IN_CARE_AGE,
    N_AGE_BANDS,
    N_CARE_BANDS,
    N_STEPS,
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

SHAPE = (N_STEPS, N_STEPS)
NOBODY = np.zeros(N_STEPS)
RATE_PER_YEAR = 0.4


def hazards(
    leave: float = 0.0, match: float = 0.0, adopt: float = 0.0, disrupt: float = 0.0
) -> GridHazards:
    """The same rates a year for everyone."""
    step = 1 / STEPS_PER_YEAR
    return GridHazards(
        np.full(SHAPE, leave * step), np.full(SHAPE, match * step), adopt * step, disrupt * step
    )


def children(entry_step: int, duration: int, number: float = 1000.0) -> Stock:
    waiting = np.zeros(SHAPE)
    waiting[entry_step, duration] = number
    return Stock(waiting, np.zeros(SHAPE))


def total(stock: Stock) -> float:
    return float(stock.waiting.sum() + stock.matched.sum())


def balance(opening: Stock, entrants: np.ndarray, year: YearFlows) -> float:
    """Those who came less those who went less those who stay: nothing."""
    gone = year.left.sum() + year.adopted.sum() + year.turned_18.sum()
    return float(total(opening) + entrants.sum() - gone - total(year.end))


def test_children_who_entered_late_live_alike_alone_and_among_younger_ones() -> None:
    """Entry ages of which there is nobody are left out of the sums."""
    rates = hazards(0.3, 0.2, 1.0, 0.1)
    entrants = np.where(np.arange(N_STEPS) >= 150, 2.0, 0.0)
    late, early = children(170, 20), children(3, 5)
    both = Stock(late.waiting + early.waiting, late.matched + early.matched)
    alone, crowd = run_year(late, rates, entrants), run_year(both, rates, entrants)
    young = run_year(early, rates, NOBODY)
    assert total(alone.end) > 0
    for flow in ("left", "adopted", "matched", "turned_18"):
        parts = getattr(alone, flow) + getattr(young, flow)
        np.testing.assert_allclose(getattr(crowd, flow), parts, rtol=1e-12, err_msg=flow)
    np.testing.assert_allclose(crowd.end.waiting, alone.end.waiting + young.end.waiting, rtol=1e-12)


def test_a_constant_hazard_leaves_exponential_survivors() -> None:
    lasting = survivors(hazards(leave=RATE_PER_YEAR)).waiting[0]
    years = np.arange(N_STEPS) / STEPS_PER_YEAR
    np.testing.assert_allclose(lasting / lasting[0], np.exp(-RATE_PER_YEAR * years), rtol=1e-12)
    # Starters of the latest four weeks have been there for two weeks on average.
    assert lasting[0] == pytest.approx(np.exp(-RATE_PER_YEAR / STEPS_PER_YEAR / 2), rel=1e-3)


def test_a_constant_hazard_empties_a_stock_as_it_should() -> None:
    year = run_year(children(0, 30), hazards(leave=RATE_PER_YEAR), NOBODY)
    assert year.left.sum() == pytest.approx(1000 * (1 - np.exp(-RATE_PER_YEAR)), rel=1e-12)
    assert year.turned_18.sum() == 0


def test_children_who_enter_evenly_over_the_year_are_exposed_for_half_of_it() -> None:
    entrants = NOBODY.copy()
    entrants[50] = 260.0
    year = run_year(Stock(np.zeros(SHAPE), np.zeros(SHAPE)), hazards(leave=RATE_PER_YEAR), entrants)
    stay = (1 - np.exp(-RATE_PER_YEAR)) / RATE_PER_YEAR
    assert total(year.end) == pytest.approx(260 * stay, rel=1e-3)


def test_with_no_hazard_everyone_turns_18_and_on_the_birthday() -> None:
    """In a year exactly those turn 18 who were 17 when it began; the rest are a year older."""
    rng = np.random.default_rng(18)
    opening = Stock(rng.uniform(0, 5, SHAPE) * IN_CARE_AGE, np.zeros(SHAPE))
    year = run_year(opening, hazards(), NOBODY)
    step = np.add.outer(np.arange(N_STEPS), np.arange(N_STEPS))
    aged_17 = IN_CARE_AGE & (step >= 17 * STEPS_PER_YEAR)
    assert year.turned_18.sum() == pytest.approx(opening.waiting[aged_17].sum(), rel=1e-12)
    np.testing.assert_allclose(
        year.end.waiting[:, STEPS_PER_YEAR:],
        (opening.waiting * IN_CARE_AGE)[:, :-STEPS_PER_YEAR] * IN_CARE_AGE[:, STEPS_PER_YEAR:],
    )
    assert year.left.sum() == year.adopted.sum() == 0


@pytest.mark.parametrize("seed", range(4))
def test_everyone_is_accounted_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chances = GridHazards(rng.uniform(0, 0.1, SHAPE), rng.uniform(0, 0.05, SHAPE), 0.1, 0.02)
    opening = Stock(rng.uniform(0, 1, SHAPE) * IN_CARE_AGE, rng.uniform(0, 1, SHAPE) * IN_CARE_AGE)
    entrants = rng.uniform(0, 10, N_STEPS)
    year = run_year(opening, chances, entrants)
    assert abs(balance(opening, entrants, year)) <= 1e-9 * total(opening)
    assert (year.end.waiting >= 0).all()
    assert (year.end.matched >= 0).all()
    assert not year.end.waiting[~IN_CARE_AGE].any()


def test_two_stages_of_adoption_follow_their_own_clock() -> None:
    """Waiting -> placed -> adopted (or back): the exponential of the rates' matrix."""
    match, adopt, disrupt = 0.6, 1.4, 0.1
    year = run_year(children(5, 20), hazards(0.2, match, adopt, disrupt), NOBODY)
    rates = np.array(
        [
            [-0.2 - match, match, 0.0],
            [disrupt, -adopt - disrupt, adopt],
            [0.0, 0.0, 0.0],
        ]
    )
    waiting, placed, adopted = np.array([1000.0, 0, 0]) @ expm(rates)
    assert year.end.waiting.sum() == pytest.approx(waiting, rel=0.01)
    assert year.end.matched.sum() == pytest.approx(placed, rel=0.04)
    assert year.adopted.sum() == pytest.approx(adopted, rel=0.04)


def test_hazards_follow_the_childs_age_and_time_in_care() -> None:
    table = np.arange(N_AGE_BANDS * N_CARE_BANDS, dtype=float).reshape(N_AGE_BANDS, N_CARE_BANDS)
    cells = per_step(table) * STEPS_PER_YEAR
    newborn, three_years = 0, 3 * STEPS_PER_YEAR
    assert cells[newborn, three_years] == pytest.approx(table[1, 6])
    assert cells[10 * STEPS_PER_YEAR, three_years] == pytest.approx(table[3, 6])
    assert cells[10 * STEPS_PER_YEAR, 7 * STEPS_PER_YEAR] == pytest.approx(table[4, 7])
    # The first step of four weeks is half in the first fortnight.
    assert cells[newborn, 0] == pytest.approx(table[0] @ CARE_BAND_SHARE[0])
    assert not cells[~IN_CARE_AGE].any()


def test_steady_starters_fill_every_cell_alike() -> None:
    starters = StartersByYear(np.tile([13.0, 26, 39, 52, 65], (3, 1)))
    ages = uniform_entry_ages(0.0)
    for at_year_end in (True, False):
        cells = entrants_by_cell(starters, ages, at_year_end=at_year_end)
        np.testing.assert_allclose(cells, np.tile(cells[:, :1], (1, N_STEPS)))
        assert cells[:, 0].sum() * STEPS_PER_YEAR == pytest.approx(195)


def test_a_year_of_starters_is_found_where_time_in_care_points_back_to() -> None:
    starters = StartersByYear(np.array([[0.0] * 5, [0, 130, 0, 0, 0], [0.0] * 5]))
    cells = entrants_by_cell(starters, uniform_entry_ages(0.0), at_year_end=True)
    durations = np.flatnonzero(cells.sum(axis=0))
    assert durations.tolist() == list(range(STEPS_PER_YEAR, 2 * STEPS_PER_YEAR))


def test_sums_by_age_and_time_lose_nobody() -> None:
    rng = np.random.default_rng(3)
    cells = rng.uniform(0, 1, SHAPE) * IN_CARE_AGE
    table = by_age_and_care_band(cells, rng.uniform(0.1, 1, (N_AGE_BANDS, N_CARE_BANDS)))
    np.testing.assert_allclose(table.sum(axis=1), sum_by_age_band(cells))
    assert sum_by_age_band(cells)[2] == pytest.approx(cells[AGE_BAND_OF_CELL == 2].sum())


def test_entry_ages_stay_in_their_band_with_extra_newborns() -> None:
    ages = uniform_entry_ages(0.5)
    np.testing.assert_allclose(ages.sum(axis=1), 1)
    assert ages[0, 0] == pytest.approx(0.5 + 0.5 / STEPS_PER_YEAR)
    assert (ages[1] > 0).sum() == 4 * STEPS_PER_YEAR
    assert not ((ages > 0).sum(axis=0) > 1).any()


def test_teenagers_lean_to_the_end_of_their_band() -> None:
    even, leaning = uniform_entry_ages(0.0)[3], uniform_entry_ages(0.0, 2.0)[3]
    band = even > 0
    assert leaning.sum() == pytest.approx(1)
    assert leaning[band][-1] / leaning[band][0] == pytest.approx(3)
    np.testing.assert_allclose(np.diff(leaning[band], 2), 0, atol=1e-15)
    np.testing.assert_array_equal(leaning > 0, band)
