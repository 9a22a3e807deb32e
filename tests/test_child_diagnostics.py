"""What is shown of a calibration: curves, years, thin cells, and the window lived again."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest
from child_truth import AUTHORITY, Truth, truth

import sufficiency
from sufficiency.calibration.children.arrivals import season, sibling_group_sizes
from sufficiency.calibration.children.diagnostics import (
    CARE_BAND_WORDS,
    FEW_EVENTS,
    by_year,
    left_by_reason,
    rate_table,
    remaining_in_care,
)
from sufficiency.calibration.children.fit import ChildCalibration, fit_children
from sufficiency.calibration.children.provenance import about_the_fit
from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.predictive_check import predictive_check
from sufficiency.report.calibration_page import CalibrationReport, render_calibration_page

MONTHS = tuple(f"{year}-{month:02}" for year in range(2013, 2023) for month in range(1, 13))


@pytest.fixture(scope="module")
def council() -> Truth:
    return truth(seed=6, spread=0.3)


@pytest.fixture(scope="module")
def fit(council: Truth) -> ChildCalibration:
    return fit_children(council.histories, AUTHORITY, council.prior)


@pytest.fixture(scope="module")
def check(council: Truth, fit: ChildCalibration) -> pd.DataFrame:
    return predictive_check(council.histories, fit, replications=40)


# --- entries --------------------------------------------------------------------------------


def same_day(groups_a_day: float, sizes: list[float], days: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = np.zeros((7, 13))
    for day in range(days):
        groups = rng.choice(len(sizes), size=rng.poisson(groups_a_day), p=sizes) + 1
        table[day % 7, min(int(groups.sum()), 12)] += 1
    return table


def test_brothers_and_sisters_are_found_beyond_chance() -> None:
    true = np.array([0.6, 0.25, 0.1, 0.05])
    found = [sibling_group_sizes(same_day(0.5, list(true), 3650, seed)) for seed in range(6)]
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(len(found))
    # The prior (0.70 alone) pulls by 30 groups of some 1,800.
    assert np.all(np.abs(mean - true) <= 4 * error + 0.02)


def test_children_who_come_one_by_one_are_not_taken_for_siblings() -> None:
    found = sibling_group_sizes(same_day(1.2, [1.0, 0, 0, 0], 3650, 1))
    # The prior alone says 0.70.
    assert found[0] > 0.95


def test_a_season_is_found_where_there_is_one_and_not_elsewhere() -> None:
    rng = np.random.default_rng(3)
    wave = 1 + 0.3 * np.cos(2 * np.pi * np.arange(120) / 12)
    swinging = season(rng.poisson(20 * wave).astype(float), MONTHS, 1.0)
    assert swinging.supported
    np.testing.assert_allclose(
        swinging.factor, 1 + 0.3 * np.cos(np.arange(12) / 6 * np.pi), atol=0.2
    )
    flat = [season(rng.poisson(20, 120).astype(float), MONTHS, 1.0) for _ in range(40)]
    false_alarms = sum(found.supported for found in flat)
    assert false_alarms <= 6
    assert all(np.all(found.factor == 1) for found in flat if not found.supported)


# --- curves and tables ----------------------------------------------------------------------


def test_the_fitted_curve_lies_near_kaplan_meier(council: Truth, fit: ChildCalibration) -> None:
    curve = remaining_in_care(council.histories, fit)
    width = (curve["seen_high"] - curve["seen_low"]) / (2 * 1.96)
    gap = (curve["seen"] - curve["fitted"]).abs()
    inside = gap <= 3 * width.clip(lower=0.004)
    assert inside.mean() > 0.95


def test_shares_by_reason_add_up_to_those_who_left(council: Truth, fit: ChildCalibration) -> None:
    curves = left_by_reason(council.histories, fit)
    last = curves[curves["days"] == curves["days"].max()]
    remaining = remaining_in_care(council.histories, fit).iloc[-1]
    assert last["seen"].sum() == pytest.approx(1 - remaining["seen"], abs=0.02)
    assert last["fitted"].sum() == pytest.approx(1 - remaining["fitted"], abs=0.02)
    assert (last["seen"] - last["fitted"]).abs().max() < 0.05


def test_the_table_counts_every_event_once_and_marks_thin_cells(fit: ChildCalibration) -> None:
    table = rate_table(fit)
    seen = fit.counts.events.sum()
    unknown = fit.counts.events[..., 9, :][[1, 2, 3, 4, 10]].sum()
    assert table["events"].sum() == pytest.approx(seen - unknown)
    lived = table[table["child_years"] > 0]
    assert ((lived["low"] <= lived["rate"]) & (lived["rate"] <= lived["high"])).all()
    assert (lived["thin"] == (lived["events"] < FEW_EVENTS)).all()
    many = lived[lived["events"] >= 30]
    own = many["events"] / many["child_years"]
    assert np.all(np.abs(np.log(many["rate"] / own)) < 0.5)


def test_years_of_an_unchanging_council_scatter_about_the_fit(fit: ChildCalibration) -> None:
    years = by_year(fit)
    assert years["year"].dt.strftime("%m-%d").eq("03-31").all()
    enough = years[years["expected"] >= 10]
    score = (enough["events"] - enough["expected"]) / np.sqrt(enough["expected"])
    assert abs(score.mean()) <= 4 / np.sqrt(len(score))
    assert 0.6 < score.std() < 1.4


def test_bands_are_named_in_words() -> None:
    assert CARE_BAND_WORDS[0] == "under 14 days"
    assert CARE_BAND_WORDS[3:6] == ["6 months to 1 year", "1 to 2 years", "2 to 3 years"]
    assert CARE_BAND_WORDS[-1] == "10 years or more"


# --- the window again -----------------------------------------------------------------------


def test_the_simulated_pasts_hold_what_happened(check: pd.DataFrame) -> None:
    assert len(check["date"].unique()) == 5
    assert check["inside"].mean() > 0.75
    totals = check[(check["measure"] == "in_care") & (check["sector"] == "all")]
    spread = (totals["high"] - totals["low"]) / (2 * 1.645)
    assert np.all(np.abs(totals["seen"] - totals["mean"]) <= 4 * spread)


def test_a_fit_to_another_council_does_not_bring_the_past_back(council: Truth) -> None:
    twice = fit_children(council.histories, AUTHORITY, council.prior)
    families = dict(twice.fitted.rates.families)
    for name in ("returned_home", "special_guardianship", "placed_for_adoption"):
        family = families[name]
        families[name] = type(family)(**{**vars(family), "mean": family.mean * 3})
    rates = type(twice.fitted.rates)(**{**vars(twice.fitted.rates), "families": families})
    fitted = type(twice.fitted)(**{**vars(twice.fitted), "rates": rates})
    wrong = type(twice)(**{**vars(twice), "fitted": fitted})
    check = predictive_check(council.histories, wrong, replications=30)
    totals = check[(check["measure"] == "in_care") & (check["sector"] == "all")]
    assert not totals["inside"].iloc[1:].any()


# --- the page -------------------------------------------------------------------------------


def test_the_page_is_marked_whole_and_shows_no_small_count(
    council: Truth, fit: ChildCalibration, check: pd.DataFrame
) -> None:
    about = about_the_fit(fit, (), RowLedger(0), "1.0")
    page = render_calibration_page(CalibrationReport(council.histories, fit, check, about))
    assert "OFFICIAL-SENSITIVE" in page
    assert not re.search(r"(?:src|href)=\"https?:", page)
    text = unescape(page)
    tables = re.findall(r"<table id=\"table-(?:rates|starters|flows).*?</table>", text, re.DOTALL)
    assert len(tables) > 10
    for table in tables:
        rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)
        counts = [re.findall(r"<td>([^<]*)", row) for row in rows]
        wide = "table-starters" in table
        shown = [count for row in counts for count in (row if wide else row[:1])]
        assert shown
        assert not any(count in {"1", "2", "3", "4", "5"} for count in shown)
    assert "under 6" in text


def test_a_council_of_three_children_is_fitted_too(council: Truth) -> None:
    few = council.histories.periods.iloc[-3:].reset_index(drop=True)
    lived = council.histories.placements
    own = lived[lived["period"].isin(few["period"])].reset_index(drop=True)
    histories = replace(council.histories, periods=few, placements=own)
    fit = fit_children(histories, AUTHORITY, council.prior, None, 12, 12)
    assert np.all(np.abs(np.log(fit.fitted.ratios.leave)) < 0.2)
    check = predictive_check(histories, fit, replications=3)
    assert check["seen"].max() <= 3
    curve = remaining_in_care(histories, fit)
    assert np.all(np.isfinite(curve["fitted"]))
    assert len(left_by_reason(histories, fit)["reason"].unique()) == 5


def test_calibrate_is_a_function_of_frames(council: Truth) -> None:
    made = sufficiency.calibrate(council.histories, "336", as_at=None, window_months=24)
    assert made.authority == AUTHORITY
    assert made.counts.window.years == pytest.approx(2, abs=2 / DAYS_PER_YEAR)
