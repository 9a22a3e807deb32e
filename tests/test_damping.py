"""Is the number in care drawn where damping says, along a path learnt from earlier years only?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fits import KENT, RUTLAND, WOLVERHAMPTON, fit

from sufficiency.calibration.balance import (
    expected_growth,
    in_care_ahead,
    starters_factors,
)
from sufficiency.calibration.calibrate import recent_starters, share_16_and_over, year_ahead
from sufficiency.calibration.damping import (
    LEAST_GROWTH,
    Damping,
    GrowthTerms,
    growth_terms,
    load_damping,
)
from sufficiency.history.authorities import ENGLAND, find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.history.reference import ReferenceData, shipped_reference
from sufficiency.shipped import shipped_path

CALIBRATION = Path(__file__).resolve().parent.parent / "calibration"
sys.path.insert(0, str(CALIBRATION))

import annual_panel  # noqa: E402
import fit_damping  # noqa: E402

DAMPING = Damping(
    cut_year=2020,
    window_years=1,
    trend_per_year=0.02,
    same_year_returns_share=0.008,
    effect_per_year=(-0.06, -0.2, 0.05),
    persistence=(0.9, 0.5, 0.0),
    mean_term=(0.0, 0.25, 0.01),
)
AVERAGE = GrowthTerms(*DAMPING.mean_term)
YEARS = 5


# --- the path ---


def test_an_average_authority_grows_by_the_trend() -> None:
    np.testing.assert_allclose(DAMPING.growth(AVERAGE, YEARS), 1.02 ** np.arange(1, YEARS + 1))


def test_effects_add_up_over_the_years_as_they_persist() -> None:
    terms = GrowthTerms(0.5, 0.35, 0.21)
    beyond = DAMPING.growth(terms, 3) - DAMPING.growth(AVERAGE, 3)
    by_hand = [
        -0.03 - 0.02 + 0.01,
        -0.03 * 1.9 - 0.02 * 1.5 + 0.01,
        -0.03 * 2.71 - 0.02 * 1.75 + 0.01,
    ]
    np.testing.assert_allclose(beyond, by_hand, rtol=1e-12)


def test_no_path_falls_to_nothing() -> None:
    assert DAMPING.growth(GrowthTerms(30.0, 1.0, 0.0), YEARS).min() == LEAST_GROWTH


# --- what is known of an authority ---


@pytest.mark.parametrize("code", [WOLVERHAMPTON, KENT, RUTLAND])
@pytest.mark.parametrize("year", [2015, 2022])
def test_terms_are_those_that_the_fit_was_made_with(code: str, year: int) -> None:
    panel = annual_panel.read_panel(CALIBRATION / "reference")
    rows = annual_panel.terms_at(panel.up_to(year), year)
    place = _codes(panel).index(code)
    terms = fit(code, year).growth_terms
    assert terms.gap_to_peers == pytest.approx(rows[0, place], abs=1e-9)
    assert terms.starters_over_leavers == pytest.approx(rows[2, place], abs=1e-9)
    # Bands held back, and the ages of unaccompanied children, are filled in two ways.
    assert terms.share_16_and_over == pytest.approx(rows[1, place], abs=0.05)


def _codes(panel: annual_panel.Panel) -> list[str]:
    areas = annual_panel.pd.read_csv(
        CALIBRATION / "reference" / "panel.csv", encoding="utf-8", dtype={"old_la_code": str}
    )
    areas = areas[areas["level"] == "Local authority"]
    table = areas.pivot(index="old_la_code", columns="year", values="cla_31_march")
    last = panel.in_care[:, -1]
    found = []
    for row in panel.in_care:
        same = (table.to_numpy() == row).all(axis=1)
        found.append(str(table.index[same][0]))
    assert len(set(found)) == len(last)
    return found


def test_what_is_not_published_has_no_effect() -> None:
    history = PublishedHistory.as_at(2022)
    terms = growth_terms(history, ENGLAND, DAMPING, 0.3)
    assert terms.gap_to_peers == DAMPING.mean_term[0]
    assert terms.share_16_and_over == 0.3


def planted(since: int) -> PublishedHistory:
    """The history as at 2020 of data in which one council's starters and people are wrong."""
    panel = shipped_reference().table("panel").copy()
    wrong = panel["old_la_code"].eq(WOLVERHAMPTON) & (panel["year"] >= since)
    for column in ("started", "population_0_17_mid_year_before"):
        panel.loc[wrong, column] *= 7
    root = shipped_path("calibration", "reference")
    return PublishedHistory(2020, ReferenceData(root, {"panel": panel}))


def test_a_wrong_future_changes_no_term() -> None:
    authority = find_authority(WOLVERHAMPTON)
    clean = growth_terms(PublishedHistory.as_at(2020), authority, DAMPING, 0.3)
    assert growth_terms(planted(2021), authority, DAMPING, 0.3) == clean
    noticed = growth_terms(planted(2020), authority, DAMPING, 0.3)
    assert noticed.gap_to_peers == pytest.approx(clean.gap_to_peers - np.log(7))
    assert noticed.starters_over_leavers == pytest.approx(clean.starters_over_leavers + np.log(7))


# --- the starters that take the number in care there ---


@pytest.mark.parametrize("code", [WOLVERHAMPTON, KENT])
def test_expected_starters_carry_the_number_in_care_along_the_path(code: str) -> None:
    """Run forward a year at a time with each year's starters, by another route than the solver."""
    found = fit(code)
    ages = found.by_age_group
    factors = starters_factors(found, ages, 2)
    first = year_ahead(found, ages, recent_starters(found) * factors[0])
    path = expected_growth(found, ages, 2) * ages.sum()
    assert first.in_care == pytest.approx(path[0])
    second = (
        in_care_ahead(found, ages, recent_starters(found) * factors[0], 2)[1]
        + factors[1] * in_care_ahead(found, 0 * ages, recent_starters(found), 1)[0]
    )
    assert second == pytest.approx(path[1])


def test_more_children_about_to_turn_18_do_not_bring_as_many_more_starters() -> None:
    found = fit()
    older = found.by_age_group.copy()
    older[4] += 30
    older[3] -= 30
    grown = [expected_growth(found, ages, 1)[0] for ages in (found.by_age_group, older)]
    effect = found.damping.effect_per_year[1]
    share = share_16_and_over(older) - share_16_and_over(found.by_age_group)
    assert grown[1] - grown[0] == pytest.approx(effect * share)


def test_the_expected_starters_do_not_depend_on_how_recent_ones_are_counted() -> None:
    found = fit()
    levels = [
        recent_starters(found, share).sum() * starters_factors(found, found.by_age_group, 2, share)
        for share in (None, 0.0, 0.02)
    ]
    np.testing.assert_allclose(levels, np.tile(levels[0], (3, 1)))


# --- the fit ---


def test_the_fit_finds_the_path_that_made_the_growth() -> None:
    """Growth made from known effects and chance, 3,000 authorities, gives those effects back."""
    generator = np.random.default_rng(11)
    years, authorities = 8, 3000
    seen = []
    effect, persistence = np.array([-0.06, -0.2, 0.05]), np.array([0.9, 0.8, 0.4])
    for _ in range(years):
        terms = generator.standard_normal((3, authorities)) * np.array([[0.4], [0.05], [0.2]])
        in_care = generator.uniform(100, 900, authorities)
        for horizon in (1, 2, 3):
            lasting = np.sum(persistence[:, None] ** np.arange(horizon), axis=1)
            noise = np.sqrt(0.004 * horizon + 0.9 / in_care)
            beyond = (effect * lasting) @ terms + noise * generator.standard_normal(authorities)
            seen.append(fit_damping.Growth(horizon, terms, in_care, beyond, 3))
    variance = fit_damping.fitted_variance(seen)
    found, _ = fit_damping.effects(seen, persistence, variance)
    assert (np.abs(found - effect) < 4 * np.array([0.0008, 0.006, 0.0015])).all()


@pytest.mark.parametrize("year", [2014, 2018, 2023])
def test_the_shipped_path_comes_from_its_own_years(year: int) -> None:
    panel = annual_panel.read_panel(CALIBRATION / "reference")
    wrong = replace(panel, in_care=panel.in_care.copy())
    wrong.in_care[:, panel.column(year) + 1 :] = 7777.0
    found, shipped = fit_damping.fit_damping(wrong.up_to(year)), load_damping(year)
    assert shipped.cut_year == year
    np.testing.assert_allclose(found.effect_per_year, shipped.effect_per_year, atol=1e-3)
    np.testing.assert_allclose(found.mean_term, shipped.mean_term, atol=1e-4)
    assert found.trend_per_year == pytest.approx(shipped.trend_per_year, abs=1e-5)
