"""Where children live: published placements and providers turned into sectors."""

from __future__ import annotations

import numpy as np
import pytest
from fits import SOME, WOLVERHAMPTON, fit

from sufficiency.calibration.fitting import fit_table, whole_numbers
from sufficiency.calibration.sectors import (
    KINDS,
    PROVIDERS,
    by_sector,
    complete_by_provider,
    fill_suppressed,
    national_by_sector,
    national_table,
    own_provision_restored,
    residential_share_of_other_residential,
    stock_by_kind,
)
from sufficiency.domain import SECTORS, Sector
from sufficiency.history.authorities import all_authorities, find_authority
from sufficiency.history.counts import TOTAL
from sufficiency.history.published import PublishedHistory

TABLES_END_EARLY = {"420", "909"}
"""Scilly (nobody in care) and Cumbria (split in 2023): their placements lack some years."""


def history(year: int = 2023) -> PublishedHistory:
    return PublishedHistory.as_at(year)


# Proportional fitting.


@pytest.mark.parametrize("seed", range(5))
def test_a_fitted_table_meets_its_totals_and_keeps_its_zeros(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 1, (6, 5)) * (rng.uniform(0, 1, (6, 5)) > 0.3)
    truth = weights * rng.uniform(1, 100, (6, 1)) * rng.uniform(0.5, 2, 5)
    table = fit_table(weights, truth.sum(axis=1), truth.sum(axis=0))
    np.testing.assert_allclose(table.sum(axis=1), truth.sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(table.sum(axis=0), truth.sum(axis=0), rtol=1e-6)
    assert not table[weights == 0].any()
    # A table that differs from its seed by factors of rows and columns alone is found exactly.
    np.testing.assert_allclose(table, truth, rtol=1e-5)


def test_columns_are_scaled_to_the_sum_of_the_rows() -> None:
    table = fit_table(np.ones((2, 2)), np.array([10.0, 30.0]), np.array([1.0, 3.0]))
    np.testing.assert_allclose(table, [[2.5, 7.5], [7.5, 22.5]])


def test_rows_hold_where_zeros_make_both_impossible() -> None:
    table = fit_table(
        np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([10.0, 10.0]), np.array([2.0, 18.0])
    )
    np.testing.assert_allclose(table.sum(axis=1), [10, 10])
    assert table[0, 1] == 0
    assert table[0, 0] == pytest.approx(10)


@pytest.mark.parametrize("total", [0, 1, 7, 100, 101])
def test_whole_numbers_sum_to_the_total_and_stay_within_one(total: int) -> None:
    values = np.array([[0.2, 3.3, 0.0], [5.5, 1.0, 2.2]])
    whole = whole_numbers(values, total)
    assert whole.sum() == total
    exact = values * total / values.sum()
    assert (np.abs(whole - exact) < 1).all()
    assert not whole[values == 0].any()


def test_whole_numbers_go_to_the_largest_remainders() -> None:
    assert whole_numbers(np.array([1.2, 1.5, 1.3]), 4).tolist() == [1, 2, 1]
    assert whole_numbers(np.array([1.0, 1.0]), 3).tolist() == [2, 1]


# What is held back, and how the publisher's kinds changed.


def test_cells_held_back_share_what_the_total_leaves() -> None:
    """Wolverhampton 2020: two cells held back and 5 children left by the total."""
    counts = history(2020).stock_by_placement(find_authority(WOLVERHAMPTON))
    printed = counts.number.loc[2020]
    assert printed[["other_residential", "residential_schools"]].isna().all()
    kinds = dict(zip(KINDS, stock_by_kind(counts, 2020, history(2020).national), strict=True))
    assert sum(kinds.values()) == pytest.approx(printed[TOTAL])
    assert kinds["other_residential"] + kinds["residential_schools"] == pytest.approx(5)
    assert kinds["secure_and_childrens_homes"] == printed["secure_and_childrens_homes"] == 38


def test_nothing_held_back_is_left_as_printed() -> None:
    counts = history().stock_by_age(find_authority(WOLVERHAMPTON))
    cells = ["under_1", "1_4", "5_9", "10_15", "16_17"]
    found = fill_suppressed(counts, 2023, cells, np.ones(5))
    np.testing.assert_array_equal(found, counts.number.loc[2023, cells])


@pytest.mark.parametrize("year", [2018, 2020])
def test_every_authority_has_all_its_children_by_kind(year: int) -> None:
    known = history(year)
    for authority in all_authorities()[::6]:
        if year < 2020 and authority.note:
            continue  # made later
        counts = known.stock_by_placement(authority)
        if authority.old_la_code in TABLES_END_EARLY and year not in counts.number.index:
            continue
        kinds = stock_by_kind(counts, year, known.national)
        assert (kinds >= 0).all()
        assert kinds.sum() == pytest.approx(counts.number.loc[year, TOTAL], abs=5), authority.name


def test_before_2020_childrens_homes_held_semi_independent_living() -> None:
    """2018 prints them together (40) and independent living apart (11): 51 are parted anew."""
    known = history(2018)
    counts = known.stock_by_placement(find_authority(WOLVERHAMPTON))
    printed = counts.number.loc[2018]
    kinds = dict(zip(KINDS, stock_by_kind(counts, 2018, known.national), strict=True))
    assert printed["homes_and_semi_independent"] == 40
    together = kinds["secure_and_childrens_homes"] + kinds["supported"]
    assert together == pytest.approx(40 + 11)
    england = national_table(known.national).sum(axis=1)
    assert kinds["supported"] / together == pytest.approx(
        england["supported"] / (england["supported"] + england["secure_and_childrens_homes"])
    )
    assert kinds["secure_and_childrens_homes"] < 40


# Providers, and the sectors.


@pytest.mark.parametrize("code", SOME)
def test_the_completed_table_meets_both_of_an_authoritys_totals(code: str) -> None:
    known, authority = history(), find_authority(code)
    kinds = stock_by_kind(known.stock_by_placement(authority), 2023, known.national)
    providers = known.stock_by_provider(authority)
    table = complete_by_provider(kinds, providers, 2023, known.national)
    np.testing.assert_allclose(table.sum(axis=1), kinds, atol=1e-6)
    england = national_table(known.national)
    assert not table.to_numpy()[england.to_numpy() == 0].any()
    columns = fill_suppressed(providers, 2023, PROVIDERS, england.sum().to_numpy())
    scaled = columns * kinds.sum() / columns.sum()
    # "With parents" and "parents" may be revised apart by a few children.
    assert np.abs(table.sum(axis=0).to_numpy() - scaled).max() < 0.03 * kinds.sum() + 2


def test_wolverhampton_2020_lives_as_its_own_strategy_says() -> None:
    """The council printed 215 internal, 150 agency and 86 connected for July 2020."""
    stock = dict(zip(SECTORS, fit(WOLVERHAMPTON, 2020).sector_stock, strict=True))
    assert stock[Sector.INTERNAL_FOSTERING] == pytest.approx(215, abs=15)
    assert stock[Sector.IFA] == pytest.approx(150, abs=15)
    assert stock[Sector.CONNECTED_PERSONS] == pytest.approx(86, abs=15)
    assert sum(stock.values()) == pytest.approx(588, abs=1)
    fostered = stock[Sector.INTERNAL_FOSTERING] + stock[Sector.IFA]
    assert fostered + stock[Sector.CONNECTED_PERSONS] == pytest.approx(444)


def test_kin_never_take_more_than_fostering_leaves() -> None:
    table = national_table(history().national) * 0.0
    table.loc["fostering", "private"] = 90.0
    table.loc["fostering", "own"] = 10.0
    stock = by_sector(table, kin_share=0.2, residential_share=0.5)
    assert stock[:3].tolist() == [0, 90, 10]


def test_other_residential_is_parted_into_care_and_hospital_or_custody() -> None:
    share = residential_share_of_other_residential(history().national)
    assert 0.3 < share < 0.9
    table = national_table(history().national) * 0.0
    table.loc["other_residential", "private"] = 10.0
    stock = by_sector(table, kin_share=0.2, residential_share=share)
    assert stock[SECTORS.index(Sector.RESIDENTIAL)] == pytest.approx(10 * share)
    assert stock[SECTORS.index(Sector.OTHER)] == pytest.approx(10 * (1 - share))


def test_england_by_sector_counts_every_child() -> None:
    shapes = history().national
    groups = shapes.stock_by_placement()
    stock = national_by_sector(groups, shapes)
    assert stock.sum() == pytest.approx(float(groups.sum()))
    assert stock[SECTORS.index(Sector.SUPPORTED_ACCOMMODATION)] == pytest.approx(
        float(groups["supported"])
    )


def test_own_provision_recorded_as_voluntary_is_put_back_and_said() -> None:
    shapes = history().national
    england = national_table(shapes).sum().to_numpy()
    as_england = england / england.sum() * 500
    kept, note = own_provision_restored(as_england, shapes)
    np.testing.assert_array_equal(kept, as_england)
    assert note == ""
    trust = as_england.copy()
    own, voluntary = PROVIDERS.index("own"), PROVIDERS.index("voluntary")
    trust[voluntary] += trust[own]
    trust[own] = 0
    restored, note = own_provision_restored(trust, shapes)
    np.testing.assert_allclose(restored, as_england)
    assert "trust" in note
