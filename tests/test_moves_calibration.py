"""Placement hazards from the durations of placements that ended, and the time in them so far."""

from __future__ import annotations

import numpy as np
import pytest

from sufficiency.calibration.move_levels import shipped_move_levels
from sufficiency.calibration.moves import (
    CHANGE_BAND_STARTS_DAYS,
    PLACEMENT_BAND_STARTS_DAYS,
    PlacementEnds,
    comers_by_time_in_care,
    end_hazards,
    mean_end_rate,
    mean_hazard_until_ended,
    move_hazards,
    real_move_share,
    share_of_care_since_move,
    still_there,
)
from sufficiency.calibration.national_table import shipped_rates
from sufficiency.domain import DAYS_PER_YEAR, SECTORS, Sector
from sufficiency.history.published import PublishedHistory

WIDTHS = np.diff(PLACEMENT_BAND_STARTS_DAYS)
KINDS = ("fostering", "secure_and_childrens_homes", "with_parents", "placed_for_adoption")


def survival(hazard: np.ndarray) -> np.ndarray:
    """At the start of every band."""
    return np.exp(-np.concatenate([[0.0], np.cumsum(hazard[:-1] * WIDTHS)]))


def mean_duration(hazard: np.ndarray, mesh: int = 200_000) -> float:
    """Days, by adding up survival over a fine mesh (not by the formula under test)."""
    days = np.linspace(0, 60 * DAYS_PER_YEAR, mesh)
    spent = np.clip(days[:, None] - PLACEMENT_BAND_STARTS_DAYS, 0, np.append(WIDTHS, np.inf))
    return float(np.trapezoid(np.exp(-(spent @ hazard)), days))


def national(kind: str) -> PlacementEnds:
    shapes = PublishedHistory.as_at(2023).national
    durations = shapes.placement_durations()
    of_kind = durations[durations["placement"] == kind].sort_values("from_days")
    mean = shapes.placement_duration_averages().loc[kind, "mean_days"]
    return PlacementEnds(of_kind["placements"].to_numpy(), float(mean), 1000.0, 1000.0)


@pytest.mark.parametrize("kind", KINDS)
def test_survival_gives_back_the_published_ends_and_their_mean(kind: str) -> None:
    ends = national(kind)
    hazard = end_hazards(ends)
    alive = np.append(survival(hazard), 0.0)
    np.testing.assert_allclose(
        -np.diff(alive), ends.ended_by_duration / ends.ended_by_duration.sum(), atol=1e-12
    )
    assert mean_duration(hazard) == pytest.approx(ends.mean_days, rel=1e-3)


def test_the_open_band_has_the_constant_hazard_that_meets_the_mean() -> None:
    """Ends drawn from one constant hazard come back as that hazard in every band."""
    rate = 1 / 400
    alive = np.append(np.exp(-rate * PLACEMENT_BAND_STARTS_DAYS), 0.0)
    ends = PlacementEnds(-1e6 * np.diff(alive), 400.0, 500.0, 1000.0)
    np.testing.assert_allclose(end_hazards(ends), rate, rtol=1e-9)
    assert mean_end_rate(end_hazards(ends)) == pytest.approx(rate)


def test_a_rounded_mean_never_asks_for_stays_without_end() -> None:
    """Nobody stays in supported accommodation for five years; the bands nearly give the mean."""
    ends = national("supported")
    assert ends.ended_by_duration[-1] == 0
    hazard = end_hazards(ends)
    assert hazard[-1] >= 1 / (13 * DAYS_PER_YEAR)
    np.testing.assert_allclose(
        -np.diff(survival(hazard)),
        (ends.ended_by_duration / ends.ended_by_duration.sum())[:-1],
        atol=1e-9,
    )
    assert mean_duration(hazard) == pytest.approx(ends.mean_days, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_rate_of_ends_is_one_over_the_mean_duration(kind: str) -> None:
    hazard = end_hazards(national(kind))
    assert mean_end_rate(hazard) == pytest.approx(1 / mean_duration(hazard), rel=1e-3)


def test_moves_leave_out_ends_that_were_none() -> None:
    """If a third of the ends at every duration were moves, the move hazard is a third."""
    rate = 1 / 300
    alive = np.append(np.exp(-rate * PLACEMENT_BAND_STARTS_DAYS), 0.0)
    ended = -3e5 * np.diff(alive)
    stock = ended.sum() / DAYS_PER_YEAR / rate
    ends = PlacementEnds(ended, 300.0, ended.sum() / 3, stock)
    moves = move_hazards(ends, np.full(len(ended), 1 / 3))
    np.testing.assert_allclose(moves, rate * DAYS_PER_YEAR / 3, rtol=1e-9)


def test_status_changes_are_in_no_move_hazard() -> None:
    """Steady children, in their placements for as long as the ends say, move as published, before
    the model is run forward and the levels fitted."""
    rates, shapes = shipped_rates(), PublishedHistory.as_at(2023).national
    levels = shipped_move_levels()
    fitted = levels.duration * levels.sector[:, None]
    moves = shapes.moves_by_placement_type().loc["fostering"]
    stock = shapes.stock_by_placement()
    in_fostering = float(stock["fostering_relative_or_friend"] + stock["fostering_other_carer"])
    real = float(moves["total"] - moves["status_only"]) / in_fostering
    assert float(moves["status_only"]) > 0.1 * float(moves["total"])
    days = np.linspace(0, 18 * DAYS_PER_YEAR, 20_001)
    for sector in (Sector.INTERNAL_FOSTERING, Sector.IFA):
        code = SECTORS.index(sector)
        here = steady_cdf(end_hazards(national("fostering")), days)
        band = np.searchsorted(PLACEMENT_BAND_STARTS_DAYS, days[1:], side="right") - 1
        yearly = float(np.diff(here) @ (rates.move_per_year / fitted)[code][band])
        assert yearly == pytest.approx(real, rel=0.05)
        assert rates.mean_moves_per_year[code] == pytest.approx(real, rel=1e-9)


def steady_cdf(hazard_per_day: np.ndarray, days: np.ndarray) -> np.ndarray:
    """How long a stock to which as many come at every time has been there."""
    lived = np.cumsum(still_there(hazard_per_day, days))
    return (lived - lived[0]) / (lived[-1] - lived[0])


def test_children_move_as_often_at_every_time_if_the_hazard_is_constant() -> None:
    times, moves = comers_by_time_in_care(np.full(8, 1 / 200))
    assert times[0] < 3 < 6000 < times[-1]
    np.testing.assert_allclose(moves, 1 / 200, rtol=1e-4)


def test_time_since_the_last_move_is_exponential_for_a_constant_hazard() -> None:
    """Cut off at the time in care, for those who have moved at all."""
    rate, care = 1 / 200, np.array([30.0, 400.0, 3000.0])
    hazard, chances = np.full(8, rate), np.linspace(0, 1, 21)
    share = share_of_care_since_move(hazard, comers_by_time_in_care(hazard), care, len(chances))
    expected = -np.log1p(-chances * -np.expm1(-rate * care)[:, None]) / rate / care[:, None]
    np.testing.assert_allclose(share, expected, atol=2e-3)


@pytest.mark.parametrize("first_year", [0.0, 1.5 / DAYS_PER_YEAR])
def test_time_since_the_last_move_is_that_of_children_followed_one_by_one(
    first_year: float,
) -> None:
    """Lives of placements whose hazard falls, and falls again after a year of care, by hand: never
    moved, or so long since the last."""
    rng, n, care = np.random.default_rng(3), 20_000, 4 * DAYS_PER_YEAR
    hazard = shipped_rates().move_per_year[0] / DAYS_PER_YEAR
    spent = np.append(np.cumsum(hazard[:-1] * np.diff(PLACEMENT_BAND_STARTS_DAYS)), np.inf)
    cuts = np.append(PLACEMENT_BAND_STARTS_DAYS, 1e9)
    moved_at, clock = np.zeros(n), np.zeros(n)
    while (clock < care).any():
        moved_at = np.where(clock < care, clock, moved_at)
        unit = rng.exponential(size=n)
        band = np.searchsorted(spent, unit)
        before = np.concatenate([[0.0], spent])[band]
        of_placement = clock + cuts[band] + (unit - before) / hazard[band]
        of_care = clock + rng.exponential(size=n) / max(first_year, 1e-9)
        clock = np.minimum(of_placement, np.where(of_care < DAYS_PER_YEAR, of_care, np.inf))
    moved = moved_at > 0
    unmoved = float(still_there(hazard, np.array([care]))[0]) * np.exp(-first_year * DAYS_PER_YEAR)
    assert_mean((~moved).astype(float), float(unmoved))
    came = comers_by_time_in_care(hazard, first_year)
    chances = np.linspace(0, 1, 101)
    (share,) = share_of_care_since_move(hazard, came, np.array([care]), len(chances))
    since = 1 - moved_at[moved] / care
    for years in (0.25, 1, 2, 3, 3.5):
        below = np.interp(years * DAYS_PER_YEAR / care, share, chances)
        assert_mean((since < years * DAYS_PER_YEAR / care).astype(float), float(below))


def test_a_hazard_is_averaged_over_the_time_that_placements_last() -> None:
    """By adding it up over a fine mesh."""
    ends, hazard = end_hazards(national("placed_for_adoption")), np.linspace(3, 0.5, 8)
    days = np.linspace(0, 60 * DAYS_PER_YEAR, 400_001)
    lasting = still_there(ends, days)
    band = np.searchsorted(PLACEMENT_BAND_STARTS_DAYS, days, side="right") - 1
    mean = np.trapezoid(hazard[band] * lasting, days) / np.trapezoid(lasting, days)
    assert mean_hazard_until_ended(hazard, ends) == pytest.approx(mean, rel=1e-3)


def assert_mean(values: np.ndarray, expected: float) -> None:
    z = (values.mean() - expected) / (values.std() / len(values) ** 0.5)
    assert abs(z) <= 4, (values.mean(), expected, z)


def test_shares_of_moves_are_read_at_the_other_tables_cuts() -> None:
    ended = np.full(8, 800.0)
    all_moves = np.full(len(CHANGE_BAND_STARTS_DAYS), 1e9)
    np.testing.assert_array_equal(real_move_share(ended, all_moves), 1)
    np.testing.assert_array_equal(real_move_share(ended, np.zeros(9)), 0)
    late_only = np.where(CHANGE_BAND_STARTS_DAYS >= 2 * DAYS_PER_YEAR, 1e9, 0.0)
    np.testing.assert_array_equal(real_move_share(ended, late_only), [0] * 6 + [1, 1])


def test_shares_of_moves_count_all_moves_between_common_cuts() -> None:
    """Both tables have cuts at a half, 1, 2 and 5 years: between two, moves over ends."""
    ended = np.array([900.0, 900, 900, 900, 500, 400, 300, 100])
    moves = np.array([400.0, 400, 400, 300, 150, 80, 40, 20, 5])
    share = real_move_share(ended, moves)
    np.testing.assert_allclose(share[4:], [300 / 500, 150 / 400, 120 / 300, 25 / 100])
    assert share[:4] @ ended[:4] == pytest.approx(1200)


def test_moves_are_rarer_the_longer_a_child_has_been_there() -> None:
    fostering = shipped_rates().move_per_year[SECTORS.index(Sector.INTERNAL_FOSTERING)]
    assert fostering[0] > 3 * fostering[4] > 3 * fostering[-1] > 0
