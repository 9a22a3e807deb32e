"""Need groups at the start and after a move, and whole children of each kind."""

from __future__ import annotations

import numpy as np
import pytest
from fits import SOME, fit, resolved, scenario

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import recent_starters, year_ahead
from sufficiency.calibration.needs import (
    AGE_16_AND_OVER,
    UNDER_16,
    balanced_next_needs,
    next_need_seed,
    starting_needs,
    with_own_next_needs,
)
from sufficiency.calibration.starting import whole_children
from sufficiency.calibration.tables import (
    exit_sector_factor,
    first_need_shares,
    rate_tables,
    shipped_exit_levels,
)
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    MOVE_REASONS,
    NEED_GROUPS,
    SECTORS,
    ExitReason,
    MoveReason,
    NeedGroup,
    Sector,
)
from sufficiency.resolution.population import StartingPopulation, starting_population

ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
SUPPORTED_NEED = NEED_GROUPS.index(NeedGroup.SUPPORTED_16_PLUS)
SUPPORTED = SECTORS.index(Sector.SUPPORTED_ACCOMMODATION)
N = len(NEED_GROUPS)
RNG = np.random.default_rng(7)
MOVES = RNG.uniform(1, 30, (len(MOVE_REASONS), 2, N))


def people(code: str) -> StartingPopulation:
    return starting_population(scenario(authority=code), fit(code))


# At the start.


def test_every_child_has_one_need_and_stays_where_it_lives() -> None:
    children = np.arange(1.0, 37).reshape(6, 6)
    needs = starting_needs(children, 0.25, 0.1, np.array([1.0, 5, 2, 0, 0, 0]))
    np.testing.assert_allclose(needs.sum(axis=1), children)
    ifa, residential = SECTORS.index(Sector.IFA), SECTORS.index(Sector.RESIDENTIAL)
    family = NEED_GROUPS.index(NeedGroup.FAMILY)
    np.testing.assert_allclose(needs[:, family, ifa], 0.25 * children[:, ifa])
    np.testing.assert_allclose(needs[:, family, residential], 0.1 * children[:, residential])
    other = SECTORS.index(Sector.OTHER)
    np.testing.assert_allclose(needs[:, ADOPTION, other], [1, 5, 2, 0, 0, 0])


def test_no_more_are_placed_for_adoption_than_live_there() -> None:
    needs = starting_needs(np.ones((6, 6)), 0, 0, np.full(6, 9.0))
    np.testing.assert_allclose(needs[:, ADOPTION].sum(axis=1), 1)


@pytest.mark.parametrize("code", [*SOME, "201", "330", "908"])
def test_structural_zeros_hold_in_every_starting_cohort(code: str) -> None:
    """No under-16 in supported accommodation, nobody over 10 placed for adoption."""
    start = people(code)
    whole = whole_children(start.needs, start.by_sector, start.by_age_group)
    for counts in (start.needs, whole):
        assert not counts[:4, SUPPORTED_NEED].any()
        assert not counts[:4, :, SUPPORTED].any()
        assert not counts[3:, ADOPTION].any()
    assert whole.sum() == start.in_care
    np.testing.assert_array_equal(whole.sum(axis=(0, 1)), start.by_sector)
    np.testing.assert_array_equal(whole.sum(axis=(1, 2)), start.by_age_group)


def test_whole_children_keep_the_sectors_exactly_and_put_the_ages_right() -> None:
    rng = np.random.default_rng(4)
    needs = rng.uniform(0, 3, (6, N, 6)) * (rng.uniform(0, 1, (6, N, 6)) > 0.4)
    total = round(needs.sum())
    sectors = np.bincount(rng.integers(0, 6, total), minlength=6)
    by_sector = needs * (sectors / needs.sum(axis=(0, 1)))
    ages = by_sector.sum(axis=(1, 2))
    wanted = np.floor(ages).astype(int)
    wanted[: total - wanted.sum()] += 1
    whole = whole_children(by_sector, sectors, wanted)
    np.testing.assert_array_equal(whole.sum(axis=(0, 1)), sectors)
    np.testing.assert_array_equal(whole.sum(axis=(1, 2)), wanted)
    assert not whole[by_sector == 0].any()


# After a move.


def test_rows_of_the_next_need_sum_to_one() -> None:
    shares = balanced_next_needs(MOVES, np.full(N, MOVES.sum() / N))
    np.testing.assert_allclose(shares.sum(axis=-1), 1)
    assert (shares >= 0).all()


def test_balance_is_reached() -> None:
    """Arrivals that another table would give can be had, and are."""
    seed = next_need_seed()
    truth = seed / seed.sum(axis=-1, keepdims=True)
    tilt = np.array([1.5, 0.7, 1.2, 0.8, 1.0, 1.0, 1.4])
    for reason in (MoveReason.PLANNED, MoveReason.UNPLANNED_ENDING):
        row = MOVE_REASONS.index(reason)
        truth[row] = truth[row] * tilt
        truth[row] /= truth[row].sum(axis=-1, keepdims=True)
    moves = MOVES.copy()
    moves[:, :, ADOPTION] = 0
    moves[MOVE_REASONS.index(MoveReason.PLACED_FOR_ADOPTION)] = 0
    wanted = np.einsum("man,mant->t", moves, truth)
    found = np.einsum("man,mant->t", moves, balanced_next_needs(moves, wanted))
    assert wanted[ADOPTION] == 0
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_nobody_under_16_goes_to_supported_accommodation() -> None:
    shares = balanced_next_needs(MOVES, np.full(N, MOVES.sum() / N))
    others = [need for need in range(N) if need != SUPPORTED_NEED]
    for reason in MOVE_REASONS:
        if reason is MoveReason.TURNING_16:
            continue  # has no hazard under 16: see the test of an authority's tables
        row = shares[MOVE_REASONS.index(reason), UNDER_16]
        assert not row[others, SUPPORTED_NEED].any(), reason


def test_only_its_own_reason_leads_to_adoption() -> None:
    shares = balanced_next_needs(MOVES, np.full(N, MOVES.sum() / N))
    others = [need for need in range(N) if need != ADOPTION]
    for reason in MOVE_REASONS:
        towards = shares[MOVE_REASONS.index(reason)][:, others, ADOPTION]
        wanted = 1.0 if reason is MoveReason.PLACED_FOR_ADOPTION else 0.0
        np.testing.assert_array_equal(towards, wanted)


def test_an_adoptive_placement_that_ends_is_followed_by_a_family() -> None:
    shares = balanced_next_needs(MOVES, np.full(N, MOVES.sum() / N))
    row = shares[MOVE_REASONS.index(MoveReason.UNPLANNED_ENDING), UNDER_16, ADOPTION]
    assert row[NEED_GROUPS.index(NeedGroup.FAMILY)] == 1


def test_turning_16_leads_to_supported_accommodation_and_a_carers_end_changes_no_need() -> None:
    shares = balanced_next_needs(MOVES, np.full(N, MOVES.sum() / N))
    turning = shares[MOVE_REASONS.index(MoveReason.TURNING_16), AGE_16_AND_OVER]
    assert turning[NEED_GROUPS.index(NeedGroup.FAMILY), SUPPORTED_NEED] == 1
    np.testing.assert_array_equal(shares[MOVE_REASONS.index(MoveReason.CARER_ENDS), 0], np.eye(N))


def test_a_row_that_a_scenario_gives_holds_and_only_that_row() -> None:
    shares = balanced_next_needs(MOVES, np.full(N, MOVES.sum() / N))
    own = {
        (MoveReason.PLANNED, NeedGroup.RESIDENTIAL): {
            NeedGroup.FAMILY: 3.0,
            NeedGroup.SUPPORTED_16_PLUS: 1.0,
        }
    }
    changed = with_own_next_needs(shares, own)
    planned, residential = MOVE_REASONS.index(MoveReason.PLANNED), 3
    family = NEED_GROUPS.index(NeedGroup.FAMILY)
    assert changed[planned, UNDER_16, residential, family] == 1
    assert changed[planned, AGE_16_AND_OVER, residential, family] == 0.75
    assert changed[planned, AGE_16_AND_OVER, residential, SUPPORTED_NEED] == 0.25
    rest = np.ones(shares.shape[:3], dtype=bool)
    rest[planned, :, residential] = False
    np.testing.assert_array_equal(changed[rest], shares[rest])


# An authority's tables.


@pytest.mark.parametrize("code", SOME)
def test_an_authoritys_tables_keep_its_needs_in_balance(code: str) -> None:
    """Arrivals by planned moves and unplanned endings make up for what each need group loses."""
    found, start = fit(code), people(code)
    ahead = year_ahead(found, found.by_age_group, recent_starters(found))
    tables = rate_tables(found, start.needs, ahead, recent_starters(found))
    assert tables.per_day.shape == (len(CAUSES), len(SECTORS), len(AGE_GROUPS), 9)
    assert (tables.per_day >= 0).all()
    assert np.isfinite(tables.per_day).all()
    np.testing.assert_allclose(tables.destination.sum(axis=-1), 1)
    np.testing.assert_allclose(tables.first_need.sum(axis=1), 1)
    assert not tables.first_need[:4, SUPPORTED_NEED].any()
    assert not tables.first_need[:, ADOPTION].any()


def test_adoption_is_left_only_from_an_adoptive_placement() -> None:
    tables = resolved().plan.tables
    adoption = CAUSES.index(ExitReason.ADOPTION)
    others = [need for need in range(N) if need != ADOPTION]
    assert not tables.need_factor[adoption, others].any()
    assert tables.need_factor[adoption, ADOPTION] == 1
    assert not tables.per_day[adoption, :5].any()
    for cause in (ExitReason.RETURNED_HOME, MoveReason.PLANNED):
        assert tables.need_factor[CAUSES.index(cause), ADOPTION] == 0


def test_a_sectors_factor_on_exits_averages_the_level_of_its_time_in_care() -> None:
    start = people("336")
    first = first_need_shares(start.needs)
    factor = exit_sector_factor(start.needs, first)
    staying = start.needs.sum(axis=1) - start.needs[:, ADOPTION]
    for row in range(5):
        for band in (4, 6, 8):
            mean = float(staying[row] @ factor[:, row, band]) / float(staying[row].sum())
            assert mean == pytest.approx(shipped_exit_levels()[band])


def test_steps_down_start_in_residential_care_only() -> None:
    tables = resolved().plan.tables
    step_down = tables.per_day[CAUSES.index(MoveReason.STEP_DOWN)]
    residential = SECTORS.index(Sector.RESIDENTIAL)
    assert step_down[residential].any()
    assert not np.delete(step_down, residential, axis=0).any()
    planned = tables.per_day[CAUSES.index(MoveReason.PLANNED), residential, 2]
    share = assumed("step_down_share").number
    np.testing.assert_allclose(
        step_down[residential, 2], (planned + step_down[residential, 2]) * share
    )
    turning = tables.per_day[CAUSES.index(MoveReason.TURNING_16)]
    assert turning[:, 4:].any()
    assert not turning[:, :4].any()
