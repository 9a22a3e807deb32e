"""Rates fitted to a council's own children: counted right, pooled right, drawn right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from child_truth import EXIT_CELLS, START, Truth, cell_rates, truth

from sufficiency.calibration.children.counts import ADOPTION_SETTING, Window, count, window_of
from sufficiency.calibration.children.drawing import rate_sampler
from sufficiency.calibration.children.fit import ChildCalibration, fit_children
from sufficiency.calibration.children.pooling import pooled
from sufficiency.domain import CAUSES, SECTORS, ExitReason, MoveReason, Sector
from sufficiency.errors import HistoryError
from sufficiency.history.returns.frames import CareHistories

DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def council() -> Truth:
    return truth(seed=3, spread=0.3)


@pytest.fixture(scope="module")
def fit(council: Truth) -> ChildCalibration:
    return fit_children(council.histories, "Wolverhampton", council.prior, None, 120, 120)


def one_child(
    placements: list[tuple[str, str, str | None, str]],
    *,
    born: str = "2010-06-01",
    left: str | None = None,
    reason: str = "",
    start_type: str = "observed",
    first_day: date = date(2018, 4, 1),
    last_day: date = date(2021, 3, 31),
) -> CareHistories:
    """One child's placements: sector, from, to, why it ended."""
    entered = pd.Timestamp(placements[0][1])
    seen_to = pd.Timestamp(left) if left else pd.Timestamp(last_day)
    periods = pd.DataFrame(
        {
            "period": [0],
            "child": [0],
            "uasc": [False],
            "born": [pd.Timestamp(born)],
            "born_is_month_only": [False],
            "sex": ["U"],
            "entered": [entered],
            "left": [pd.Timestamp(left) if left else pd.NaT],
            "seen_from": [max(entered, pd.Timestamp(first_day))],
            "seen_to": [seen_to],
            "start_type": [start_type],
            "end_type": ["observed" if left else "censored"],
            "exit_reason": [reason],
            "need_code": ["N1"],
        }
    )
    rows = pd.DataFrame(placements, columns=["sector", "began", "ended", "move_reason"])
    lived = pd.DataFrame(
        {
            "placement": range(len(rows)),
            "period": 0,
            "began": pd.to_datetime(rows["began"]),
            "ended": pd.to_datetime(rows["ended"]),
            "sector": rows["sector"].str.replace("adoption", "other"),
            "subsector": rows["sector"].str.replace("adoption", "placed_for_adoption"),
            "place": "U6",
            "provider": "PR1",
            "same_carer_as_before": False,
            "move_reason": rows["move_reason"],
            "nights_away": 0,
        }
    )
    return CareHistories(periods, lived, first_day, last_day)


# --- counting -------------------------------------------------------------------------------


def test_days_and_events_of_one_child_are_counted_by_hand() -> None:
    histories = one_child(
        [
            ("internal_fostering", "2019-01-01", "2019-01-31", "unplanned_ending"),
            ("residential", "2019-01-31", "2020-07-01", ""),
        ],
        left="2020-07-01",
        reason="returned_home",
    )
    counts = count(histories, window_of(histories, None, None))
    days = counts.days.sum(axis=0)
    assert days.sum() == (date(2020, 7, 1) - date(2019, 1, 1)).days
    fostered, home = SECTORS.index(Sector.INTERNAL_FOSTERING), SECTORS.index(Sector.RESIDENTIAL)
    # In the first placement: 7 days, then to 30; in care: 14 days, then to 56. She is 8, then 10.
    np.testing.assert_allclose(days[fostered].sum(axis=(0, 1))[:3], [7, 23, 0])
    np.testing.assert_allclose(days[fostered].sum(axis=(0, 2))[:3], [14, 16, 0])
    assert days[:, 2].sum() == pytest.approx((date(2020, 6, 1) - date(2019, 1, 1)).days, abs=1)
    ending = CAUSES.index(MoveReason.UNPLANNED_ENDING)
    events = counts.events.sum(axis=1)
    assert events.sum() == 2
    # On day 30 the placement was in its second band (7 to 30 days) the night before.
    assert events[ending, fostered, 2, 1, 1] == 1
    assert events[CAUSES.index(ExitReason.RETURNED_HOME), home, 3, 4].sum() == 1
    assert counts.destinations[1 + 1, 0, fostered, home] == 1


def test_only_time_that_was_seen_counts() -> None:
    early = one_child([("ifa", "2012-01-01", None, "")], start_type="left_truncated")
    counts = count(early, window_of(early, None, None))
    in_window = (date(2021, 3, 31) - date(2018, 4, 1)).days
    assert counts.days.sum() == in_window
    # Seen in care for five years already on 1 January 2017: its time in care is known well enough.
    assert counts.days[..., 9, :].sum() == 0
    late = one_child([("ifa", "2017-01-01", None, "")], start_type="left_truncated")
    unknown = count(late, window_of(late, None, None)).days
    assert unknown[..., 9, :].sum() == in_window
    assert unknown.sum() == in_window


def test_a_window_leaves_out_what_came_before_it_and_after() -> None:
    histories = one_child(
        [("ifa", "2018-06-01", "2019-06-01", "planned"), ("ifa", "2019-06-01", None, "")]
    )
    year = count(histories, window_of(histories, date(2020, 3, 31), 12))
    assert year.days.sum() == 366
    assert year.events.sum() == 1
    before = count(histories, Window(date(2018, 3, 31), date(2019, 3, 31)))
    assert before.events.sum() == 0
    with pytest.raises(HistoryError, match="no time before 2018-03-30"):
        window_of(histories, date(2018, 3, 30), 12)


def test_adoption_is_two_stages_however_it_is_recorded() -> None:
    match, adopted = CAUSES.index(MoveReason.PLACED_FOR_ADOPTION), 0
    placed = one_child(
        [("ifa", "2019-01-01", "2020-01-01", "planned"), ("adoption", "2020-01-01", None, "")],
        born="2017-06-01",
        left="2020-09-01",
        reason="adoption",
    )
    direct = one_child(
        [("ifa", "2019-01-01", None, "")], born="2017-06-01", left="2020-09-01", reason="adoption"
    )
    for histories in (placed, direct):
        events = count(histories, window_of(histories, None, None)).events.sum(axis=1)
        assert events.sum() == 2
        assert events[match, SECTORS.index(Sector.IFA)].sum() == 1
        assert events[adopted, ADOPTION_SETTING].sum() == 1


def test_an_unknown_reason_counts_as_the_known_ones_do() -> None:
    known = one_child(
        [("ifa", "2018-06-01", "2019-06-01", "carer_ends"), ("ifa", "2019-06-01", None, "")]
    )
    unknown = one_child([("ifa", "2018-06-01", "2019-06-01", ""), ("ifa", "2019-06-01", None, "")])
    both = CareHistories(
        pd.concat([known.periods, unknown.periods.assign(period=1, child=1)]),
        pd.concat([known.placements, unknown.placements.assign(period=1)]),
        known.first_day,
        known.last_day,
    )
    events = count(both, window_of(both, None, None)).events
    assert events.sum() == pytest.approx(2)
    assert events[CAUSES.index(MoveReason.CARER_ENDS)].sum() == pytest.approx(2, abs=0.05)


def test_turning_18_is_no_event_and_no_time_after_it_counts() -> None:
    histories = one_child(
        [("ifa", "2018-06-01", None, "")], born="2002-06-01", left="2020-06-01", reason="turned_18"
    )
    counts = count(histories, window_of(histories, None, None))
    assert counts.events.sum() == 0
    assert counts.turned_18 == 1
    assert counts.days.sum() == pytest.approx((date(2020, 6, 1) - date(2018, 6, 1)).days, abs=1)


def test_a_change_of_status_with_the_same_carer_is_no_move() -> None:
    histories = one_child(
        [("ifa", "2018-06-01", "2019-06-01", "planned"), ("ifa", "2019-06-01", None, "")]
    )
    histories.placements["same_carer_as_before"] = [False, True]
    counts = count(histories, window_of(histories, None, None))
    assert counts.events.sum() == 0
    # Time in the placement goes on from the first day with this carer.
    assert counts.days[..., 5].sum() == pytest.approx(365.25)


def test_counts_agree_with_the_hazards_they_came_from(council: Truth) -> None:
    counts = count(council.histories, window_of(council.histories, None, None))
    days, events = counts.days.sum(axis=0), counts.events.sum(axis=1)
    expected = cell_rates(council.world.hazards.per_day, council.prior, days)
    for cause in EXIT_CELLS:
        seen = events[cause, ..., :9, :].sum()
        mean = expected[CAUSES[cause]].sum()
        assert abs(seen - mean) <= 4 * np.sqrt(mean), CAUSES[cause]
    planned = events[[5, 6, 9]].sum()
    assert abs(planned - expected["planned"].sum()) <= 4 * np.sqrt(expected["planned"].sum())


# --- pooling --------------------------------------------------------------------------------


def test_intervals_of_pooled_cells_hold_the_truth_nine_times_in_ten() -> None:
    rng = np.random.default_rng(8)
    for spread in (0.3, 0.6):
        held = []
        for _ in range(60):
            expected = rng.gamma(0.35, 22, 45)
            factor = rng.gamma(spread**-2, spread**2, 45) * rng.gamma(25, 1 / 25)
            posterior = pooled(rng.poisson(expected * factor), expected, 20.0).posterior()
            low, high = (posterior.quantile(np.full(45, at)) for at in (0.05, 0.95))
            held.append(np.mean((low <= factor) & (factor <= high)))
        assert 0.85 <= np.mean(held) <= 0.95


def test_cells_that_agree_are_pooled_more_strongly_than_cells_that_differ() -> None:
    expected = np.full(40, 25.0)
    rng = np.random.default_rng(1)
    alike = pooled(rng.poisson(expected), expected, 20.0)
    apart = pooled(rng.poisson(expected * rng.gamma(2, 0.5, 40)), expected, 20.0)
    assert alike.prior_events > 5 * apart.prior_events
    assert abs(apart.spread - 0.5**0.5) < 0.2


def test_a_cell_without_children_keeps_the_level_of_its_family() -> None:
    family = pooled(np.array([30.0, 50.0, 0.0]), np.array([20.0, 33.0, 0.0]), 20.0)
    assert family.mean[2] == pytest.approx(family.level, rel=0.05)
    assert family.level_weight[2] == pytest.approx(1.0)
    assert family.level_weight[1] < 0.5


# --- the whole fit --------------------------------------------------------------------------


def test_known_rates_are_recovered(council: Truth, fit: ChildCalibration) -> None:
    sampler = rate_sampler(fit.fitted.rates)
    rng = np.random.default_rng(5)
    days = fit.counts.days.sum(axis=0)
    true = cell_rates(council.world.hazards.per_day, council.prior, days)
    drawn = [
        cell_rates(sampler.draw(rng.random(sampler.n_uniforms)).per_day, council.prior, days)
        for _ in range(200)
    ]
    held, cells = 0, 0
    for name, rates in true.items():
        low, high = np.quantile([draw[name] for draw in drawn], [0.05, 0.95], axis=0)
        enough = rates > 0.2
        held += np.sum((low <= rates) & (rates <= high) & enough)
        cells += np.sum(enough)
    # One council's cells share their levels, so the share varies more than a binomial would.
    assert 0.78 <= held / cells <= 0.97


def test_draws_have_the_fitted_mean(fit: ChildCalibration) -> None:
    sampler = rate_sampler(fit.fitted.rates)
    rng = np.random.default_rng(2)
    draws = np.array(
        [
            sampler.draw(rng.random(sampler.n_uniforms)).per_day.sum(axis=(1, 2, 3))
            for _ in range(400)
        ]
    )
    error = draws.std(axis=0) / np.sqrt(len(draws))
    mean = sampler.mean().per_day.sum(axis=(1, 2, 3))
    moving = error > 0
    # A level enters with an exponent, so the mean of draws is near that of the fit, not on it.
    gap = np.abs(draws.mean(axis=0) - mean)[moving]
    assert np.all(gap <= 4 * error[moving] + 0.01 * mean[moving])


def test_rates_drawn_together_are_those_drawn_alone(fit: ChildCalibration) -> None:
    """To the last bit, so that no figure depends on how replications are put in chunks."""
    sampler = rate_sampler(fit.fitted.rates)
    uniforms = np.random.default_rng(4).random((9, sampler.n_uniforms))
    for own, drawn in zip(uniforms, sampler.draw_several(uniforms), strict=True):
        alone = sampler.draw(own)
        np.testing.assert_array_equal(drawn.per_day, alone.per_day)
        np.testing.assert_array_equal(drawn.destination, alone.destination)
        assert drawn.ending_factor == alone.ending_factor


def test_a_uniform_of_one_half_gives_nearly_the_median(fit: ChildCalibration) -> None:
    sampler = rate_sampler(fit.fitted.rates)
    low, high = (sampler.draw(np.full(sampler.n_uniforms, at)).per_day for at in (0.3, 0.7))
    middle = sampler.draw(np.full(sampler.n_uniforms, 0.5)).per_day
    assert np.all((low <= middle) & (middle <= high))


def test_more_of_the_same_data_moves_the_fit_further_from_what_is_published(
    council: Truth,
) -> None:
    name = str(ExitReason.RETURNED_HOME)
    short = fit_children(council.histories, "W", council.prior, None, 12, 12).fitted.rates
    whole = fit_children(council.histories, "W", council.prior, None, 120, 120).fitted.rates
    assert short.families[name].level_weight.mean() > whole.families[name].level_weight.mean()
    assert short.families[name].level_events < whole.families[name].level_events


def test_a_planted_error_in_the_exposure_is_seen(council: Truth) -> None:
    histories = council.histories
    wrong = replace(
        histories, periods=histories.periods.assign(seen_from=histories.periods["seen_to"] - DAY)
    )
    counts = count(wrong, window_of(wrong, None, None))
    expected = cell_rates(council.world.hazards.per_day, council.prior, counts.days.sum(axis=0))
    seen = counts.events.sum(axis=1)[2, ..., :9, :].sum()
    mean = expected[CAUSES[2]].sum()
    assert abs(seen - mean) > 4 * np.sqrt(mean)


def test_start_of_the_histories_is_the_start_of_the_window(council: Truth) -> None:
    assert window_of(council.histories, None, None).after == START
