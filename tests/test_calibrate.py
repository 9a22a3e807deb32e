"""One authority's rates: posteriors that pool as they should and read nothing of the future."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fits import CITY_OF_LONDON, KENT, LEEDS, RUTLAND, SOME, WOLVERHAMPTON, fit
from scipy import stats

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.authority import authority_counts, pooled_exit_ratio
from sufficiency.calibration.calibrate import (
    Calibration,
    calibrate,
    exit_level,
    recent_starters,
    returns_factor,
    year_ahead,
)
from sufficiency.calibration.cohort import IN_CARE_AGE, sum_by_age_band
from sufficiency.calibration.damping import load_damping
from sufficiency.calibration.drift import load_drift
from sufficiency.calibration.entries import sibling_clustering, starters_posterior
from sufficiency.calibration.national_counts import uasc_rate
from sufficiency.calibration.posterior import GammaPosterior, dirichlet_quantile
from sufficiency.calibration.unaccompanied import uasc_stock, uasc_year
from sufficiency.domain import AGE_GROUPS, UASC_ROW
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.history.reference import ReferenceData, shipped_reference
from sufficiency.shipped import shipped_path

WRONG = 7.0


def history(year: int = 2023) -> PublishedHistory:
    return PublishedHistory.as_at(year)


def numbers(found: Any) -> dict[str, Any]:
    """Every number of a nest of dataclasses, by path."""
    if is_dataclass(found) and not isinstance(found, type):
        return {
            f"{field.name}.{path}": value
            for field in fields(found)
            for path, value in numbers(getattr(found, field.name)).items()
        }
    return {"": found}


# Posteriors.


def test_gamma_quantiles_average_to_the_mean() -> None:
    posterior = GammaPosterior(np.array([0.5, 4.0, 200.0]), np.array([1.0, 2.0, 100.0]))
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    drawn = np.array([posterior.quantile(np.full(3, u)) for u in uniforms[::20]])
    np.testing.assert_allclose(drawn.mean(axis=0), posterior.mean, rtol=0.01)
    np.testing.assert_allclose(
        posterior.quantile(np.full(3, 0.9)),
        stats.gamma.ppf(0.9, [0.5, 4.0, 200.0]) / [1.0, 2.0, 100.0],
    )


def test_no_events_and_no_prior_is_a_rate_of_zero() -> None:
    posterior = GammaPosterior(np.array([0.0, 3.0]), np.array([1.0, 1.0]))
    assert posterior.quantile(np.array([0.99, 0.5]))[0] == 0
    assert posterior.mean[0] == 0


def test_a_prior_of_some_events_pulls_small_counts_and_leaves_large_ones() -> None:
    posterior = GammaPosterior.from_counts(
        np.array([2.0, 2000.0]), np.array([1.0, 1000.0]), np.array([1.0, 1.0]), 20
    )
    np.testing.assert_allclose(posterior.mean, [22 / 21, 2020 / 1020])


def test_dirichlet_rows_sum_to_one_keep_zeros_and_average_to_the_weights() -> None:
    alpha = np.array([[5.0, 0.0, 15.0, 30.0], [0.0, 0.0, 2.0, 2.0]])
    rng = np.random.default_rng(5)
    drawn = np.array([dirichlet_quantile(alpha, rng.random((2, 4))) for _ in range(4000)])
    np.testing.assert_allclose(drawn.sum(axis=-1), 1)
    assert not drawn[:, alpha == 0].any()
    share = alpha[0] / alpha[0].sum()
    error = np.sqrt(share * (1 - share) / (alpha[0].sum() + 1) / 4000)
    z = (drawn[:, 0].mean(axis=0) - share)[share > 0] / error[share > 0]
    assert np.abs(z).max() <= 4


# Entries.


def test_starters_of_a_large_authority_are_its_own() -> None:
    found = fit(KENT)
    own = np.append(found.counts.starters[-1], found.counts.uasc_starters[-1])
    assert found.window_years == 1
    np.testing.assert_allclose(found.starters.mean, own, rtol=0.06)


def test_a_tiny_authority_leans_on_its_neighbours() -> None:
    """With no starters of its own its rates are those of its neighbours, at its own size."""
    known, authority = history(), find_authority(CITY_OF_LONDON)
    counts = authority_counts(known, authority)
    none = replace(
        counts,
        starters=np.zeros_like(counts.starters),
        uasc_starters=np.zeros_like(counts.uasc_starters),
    )
    shrunk = starters_posterior(known, authority, none, 1).mean
    doubled = replace(none, in_care=2 * none.in_care)
    assert (shrunk > 0).all()
    assert (starters_posterior(known, authority, doubled, 1).mean > shrunk).all()
    large = authority_counts(known, find_authority(LEEDS))
    own = fit(LEEDS).starters.mean
    emptied = replace(large, starters=large.starters * 0.5)
    halved = starters_posterior(known, find_authority(LEEDS), emptied, 1).mean
    np.testing.assert_allclose(halved[:UASC_ROW], own[:UASC_ROW] / 2, rtol=0.1)


def test_siblings_make_a_count_tell_less() -> None:
    """The posterior of N starters is as wide as that of N / (E[G^2]/E[G]) single ones."""
    sizes, chances = np.arange(1, 5), assumed("sibling_group_sizes").row
    rng = np.random.default_rng(9)
    groups = rng.poisson(100, 20_000)
    counts = np.array([rng.choice(sizes, size=n, p=chances).sum() for n in groups[:4000]])
    assert sibling_clustering() == pytest.approx(counts.var() / counts.mean(), rel=0.1)
    found = fit(KENT)
    single = found.counts.starters[-1] + assumed("prior_events_entries").number
    np.testing.assert_allclose(found.starters.events[:UASC_ROW], single / sibling_clustering())


def test_unaccompanied_children_are_apart() -> None:
    """Kent: starters and children in care of the bands leave them out; together all are there."""
    counts = fit(KENT).counts
    known, kent = history(), find_authority(KENT)
    stock, starters = known.stock_by_age(kent).number, known.starters_by_age(kent).number
    assert counts.uasc[-1] > 100
    assert counts.stock[-1].sum() + counts.uasc[-1] == pytest.approx(
        stock.loc[2023, "total"], abs=3
    )
    assert counts.starters[-1].sum() + counts.uasc_starters[-1] == pytest.approx(
        starters.loc[2023, "total"], abs=3
    )
    under_16 = assumed("under_16_share_of_uasc").number
    assert stock.loc[2023, "16_17"] - counts.stock[-1, 4] == pytest.approx(
        (1 - under_16) * counts.uasc[-1]
    )


def test_same_year_returns_are_a_share_of_those_in_care() -> None:
    found = fit()
    published = float(found.starters.mean.sum())
    share = found.damping.same_year_returns_share
    assert 0 < share < 0.02
    assert float(recent_starters(found).sum()) - published == pytest.approx(share * found.in_care)
    assert returns_factor(found, 0.0) == 1


# Suppressed cells.


@pytest.mark.parametrize("code", [*SOME, CITY_OF_LONDON])
def test_nothing_is_missing_and_the_parts_sum_to_the_published_totals(code: str) -> None:
    counts = fit(code).counts
    for name in ("stock", "starters", "leavers_before_18", "uasc", "uasc_starters"):
        assert np.isfinite(getattr(counts, name)).all(), name
        assert (getattr(counts, name) >= 0).all(), name
    printed = history().stock_by_age(find_authority(code)).number["total"].loc[counts.years]
    np.testing.assert_allclose(counts.stock.sum(axis=1) + counts.uasc, printed, atol=1e-6)


def test_cells_held_back_take_what_the_total_leaves_as_in_england() -> None:
    """Wolverhampton 2023: under 1, 16 and 17 are held back; 15 of 138 leavers are left for them."""
    known, authority = history(), find_authority(WOLVERHAMPTON)
    printed = known.leavers_by_age(authority).number.loc[2023]
    assert printed[["under_1", "16_17"]].isna().all()
    left = printed["total"] - printed[["1_4", "5_9", "10_15", "18_plus"]].sum()
    found = authority_counts(known, authority).leavers_before_18[-1]
    np.testing.assert_array_equal(found[1:4], printed[["1_4", "5_9", "10_15"]])
    assert found[0] + found[4] == pytest.approx(left)
    assert min(found[0], found[4]) > 0


# Exits.


@pytest.mark.parametrize("code", [LEEDS, KENT])
def test_a_year_at_the_fitted_rates_has_a_large_authoritys_own_leavers(code: str) -> None:
    """Fitted to the last year's leavers, from the children of the year before."""
    known = history()
    latest = fit(code)
    before = calibrate(PublishedHistory.as_at(2022), find_authority(code))
    latest_rates = replace(
        before, exits=replace(before.exits, leave=latest.exits.leave, match=latest.exits.match)
    )
    starters = np.append(latest.counts.starters[-1], latest.counts.uasc_starters[-1])
    unaccompanied = uasc_left_before_18(latest)
    ahead = year_ahead(latest_rates, before.by_age_group, starters)
    printed = known.leavers_by_age(find_authority(code)).number.loc[2023]
    before_18 = float(printed["total"] - printed["18_plus"])
    assert ahead.exits_before_18 - ahead.uasc_left + unaccompanied == pytest.approx(
        before_18, rel=0.1
    )


def uasc_left_before_18(found: Calibration) -> float:
    """Of the last year, at the rate found for it."""
    counts, rate = found.counts, found.uasc_exit_per_year
    opening = uasc_stock(counts.uasc_starters[:-1], float(counts.uasc[-2]), rate)
    return float(uasc_year(opening, float(counts.uasc_starters[-1]), rate).left.sum())


def test_a_port_of_entry_moves_its_unaccompanied_children_on() -> None:
    """Kent, 2022/23: 1,130 came, 1,049 left, few of them at 18; the rate gives that back."""
    kent = fit(KENT)
    counts, rate = kent.counts, kent.uasc_exit_per_year
    assert rate > 10 * uasc_rate(history())
    opening = uasc_stock(counts.uasc_starters[:-1], float(counts.uasc[-2]), rate)
    year = uasc_year(opening, float(counts.uasc_starters[-1]), rate)
    assert year.left.sum() + year.turned_18.sum() == pytest.approx(1049, rel=0.1)
    assert year.end.waiting.sum() == pytest.approx(counts.uasc[-1], rel=0.2)
    # They are not among the leavers that the other children's exits are fitted to.
    assert kent.exits.leave.mean[-1] < 2


def test_where_unaccompanied_leavers_are_not_published_englands_rate_holds() -> None:
    assert fit(WOLVERHAMPTON, 2020).uasc_exit_per_year == pytest.approx(uasc_rate(history()))


def test_turning_18_comes_out_although_it_is_not_fitted() -> None:
    """58 turned 18 in Wolverhampton in 2019/20; the children of March 2019 say about that."""
    before = fit(WOLVERHAMPTON, 2019)
    ahead = year_ahead(before, before.by_age_group, recent_starters(before))
    printed = history().leavers_by_age(find_authority(WOLVERHAMPTON)).number.loc[2020, "18_plus"]
    assert printed == 58
    assert abs(ahead.turned_18 - 58) <= 2 * np.sqrt(58)


def test_birthdays_in_the_leavers_change_no_rate() -> None:
    """Leavers of 18 and over are not among those that exits are fitted to."""
    counts = fit(WOLVERHAMPTON, 2020).counts
    printed = history(2020).leavers_by_age(find_authority(WOLVERHAMPTON)).number.loc[2020]
    assert counts.leavers_before_18[-1].sum() == printed["total"] - printed["18_plus"] == 105


def test_exits_of_a_tiny_authority_are_those_of_similar_councils() -> None:
    found, known = fit(CITY_OF_LONDON), history()
    prior = pooled_exit_ratio(known, find_authority(CITY_OF_LONDON), found.window_years)
    np.testing.assert_allclose(found.exits.leave.mean, prior, rtol=0.25)
    large = fit(KENT)
    prior = pooled_exit_ratio(known, find_authority(KENT), large.window_years)
    assert (np.abs(large.exits.leave.mean / prior - 1) > 0.02).any()
    assert (large.exits.leave.events > found.exits.leave.events).all()


def test_the_opening_has_the_published_ages_and_nobody_longer_in_care_than_alive() -> None:
    found = fit()
    opening = found.exits.opening
    everyone = opening.waiting + opening.matched
    np.testing.assert_allclose(sum_by_age_band(everyone), found.counts.stock[-1], rtol=1e-9)
    assert not everyone[~IN_CARE_AGE].any()
    assert opening.matched.sum() == pytest.approx(found.counts.placed_for_adoption[-1], rel=1e-6)


@pytest.mark.parametrize("code", SOME)
def test_a_year_ahead_accounts_for_everyone(code: str) -> None:
    found = fit(code)
    starters = recent_starters(found)
    ahead = year_ahead(found, found.by_age_group, starters)
    gone = ahead.exits_before_18 + ahead.turned_18
    start = float(found.by_age_group.sum())
    assert start + float(starters.sum()) - gone == pytest.approx(ahead.in_care, abs=1e-6 * start)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.15, 0.3])
def test_a_wanted_rate_of_exit_is_the_year_aheads(rate: float) -> None:
    found = fit()
    starters = recent_starters(found)
    level = exit_level(found, found.by_age_group, starters, rate)
    ahead = year_ahead(found, found.by_age_group, starters, level)
    assert ahead.exits_before_18 / found.by_age_group.sum() == pytest.approx(rate, rel=1e-3)


def test_moves_are_the_councils_own_against_englands_and_without_changes_of_status() -> None:
    found = fit()
    printed = history().placements_in_year(find_authority(WOLVERHAMPTON))["changing"].iloc[-3:]
    assert (found.counts.real_moves[-3:] < printed.to_numpy()).all()
    prior = assumed("prior_events_moves").number
    assert found.moves.events[0] == pytest.approx(np.nansum(found.counts.real_moves[-3:]) + prior)


# As at.


def wrong_future(year: int) -> ReferenceData:
    """The reference data with every number after ``year`` multiplied."""
    shipped = shipped_reference()
    planted = {}
    for name in ("panel", "starters", "leavers", "stock", "placements", "england_time_series"):
        table = shipped.table(name).copy()
        later = table["year"] > year
        for column in table.select_dtypes("number").columns.drop("year"):
            table[column] = table[column].astype(float)
            table.loc[later, column] *= WRONG
        planted[name] = table
    return ReferenceData(shipped_path("calibration", "reference"), planted)


@pytest.mark.parametrize("code", [WOLVERHAMPTON, RUTLAND])
def test_a_wrong_future_changes_nothing(code: str) -> None:
    """The national shapes are of a frozen, named set of years; all else stops at the cut."""
    authority = find_authority(code)
    clean = numbers(fit(code, 2020))
    planted = numbers(calibrate(PublishedHistory(2020, wrong_future(2020)), authority))
    assert clean.keys() == planted.keys()
    for path, value in clean.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, planted[path], err_msg=path)
        elif not isinstance(value, pd.Index):
            assert value == planted[path] or value != value, path


def test_a_wrong_past_would_be_noticed() -> None:
    authority = find_authority(WOLVERHAMPTON)
    planted = calibrate(PublishedHistory(2020, wrong_future(2018)), authority)
    assert planted.starters.mean.sum() > 3 * fit(WOLVERHAMPTON, 2020).starters.mean.sum()


@pytest.mark.parametrize("year", [2018, 2020, 2023])
def test_drift_and_damping_are_of_years_up_to_the_cut(year: int) -> None:
    found = fit(WOLVERHAMPTON, year)
    assert found.drift.cut_year <= found.year == year
    assert found.damping.cut_year <= year
    assert found.drift.sigma == load_drift(year).sigma
    assert found.damping.trend_per_year == load_damping(year).trend_per_year
    assert found.counts.years.max() == year


def test_an_authority_whose_tables_end_early_keeps_its_latest_number() -> None:
    cumbria: Calibration = fit("909")
    assert (cumbria.year, cumbria.latest_year) == (2019, 2023)
    assert cumbria.latest_in_care == history().panel(find_authority("909")).loc[2023, "in_care"]


def test_an_authority_without_ages_says_so() -> None:
    with pytest.raises(HistoryError, match="Scilly has no children by age"):
        calibrate(PublishedHistory.as_at(2018), find_authority("420"))


def test_every_group_has_a_rate() -> None:
    for code in SOME:
        found = fit(code)
        assert found.starters.mean.shape == (len(AGE_GROUPS),)
        assert (found.starters.mean > 0).all()
        assert (found.exits.leave.mean > 0).all()
        assert found.exits.match.mean[0] > 0
