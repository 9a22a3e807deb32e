"""Children whose care began before the first return: how long they have been there is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from child_truth import AUTHORITY, END, Truth, truth

from sufficiency.calibration.children.cohort import (
    Cohort,
    cohort_of,
    read_cohort,
    write_cohort,
)
from sufficiency.calibration.children.earlier_care import drawn_care_days, profiles_of
from sufficiency.calibration.cohort import STEP_DAYS
from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.history.returns.frames import CareHistories
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.sourced import Kind

CUT = date(2022, 3, 31)


@pytest.fixture(scope="module")
def council() -> Truth:
    return truth(seed=4, spread=0.3)


@pytest.fixture(scope="module")
def last_year(council: Truth) -> CareHistories:
    return from_the_day_after(council.histories, CUT)


def from_the_day_after(histories: CareHistories, cut: date) -> CareHistories:
    """What returns from then on would say: an open placement keeps its day, care before is lost."""
    day = pd.Timestamp(cut)
    periods = histories.periods[~(histories.periods["left"] <= day)].copy()
    placements = histories.placements
    placements = placements[
        ~(placements["ended"] <= day) & placements["period"].isin(periods["period"])
    ]
    seen = periods["period"].map(placements.groupby("period")["began"].min())
    lost = (periods["entered"] <= day) & (seen > periods["entered"])
    periods["entered"] = periods["entered"].mask(lost, seen)
    periods["seen_from"] = periods["seen_from"].clip(lower=day + pd.Timedelta(days=1))
    periods["start_type"] = pd.Categorical(np.where(lost, "left_truncated", "observed"))
    return replace(
        histories, periods=periods, placements=placements, first_day=cut + timedelta(days=1)
    )


def years_in_care(cohort: Cohort) -> np.ndarray:
    entered = cohort.children["entered_on"]
    return (pd.Timestamp(cohort.as_at) - entered).dt.days.to_numpy(float) / DAYS_PER_YEAR


def z_of_the_means(one: np.ndarray, other: np.ndarray) -> float:
    spread = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return float((one.mean() - other.mean()) / spread)


def test_one_year_of_returns_tells_how_long_children_have_been_in_care(
    council: Truth, last_year: CareHistories
) -> None:
    true = years_in_care(cohort_of(council.histories))
    drawn = cohort_of(last_year, END, council.prior.at_start)
    seen = cohort_of(last_year)
    assert len(drawn.children) == len(true)
    assert drawn.times_drawn > len(true) / 4
    assert abs(z_of_the_means(years_in_care(drawn), true)) <= 4
    assert z_of_the_means(years_in_care(seen), true) < -4


def test_nobody_is_drawn_a_time_that_was_seen_or_cannot_be(
    council: Truth, last_year: CareHistories
) -> None:
    seen, drawn = (
        cohort_of(last_year, END, published).children.sort_values(
            ["placed_on", "born_month", "sector", "uasc"], kind="stable"
        )
        for published in (None, council.prior.at_start)
    )
    chosen = drawn["time_in_care_drawn"].to_numpy(bool)
    before, after = (each["entered_on"].to_numpy() for each in (seen, drawn))
    np.testing.assert_array_equal(np.sort(before[~chosen]), np.sort(after[~chosen]))
    assert np.all(after <= drawn["placed_on"].to_numpy())
    assert np.all(after >= drawn["born_month"].to_numpy())
    np.testing.assert_array_equal(seen["placed_on"], drawn["placed_on"])
    assert cohort_of(last_year).times_drawn == 0
    assert cohort_of(council.histories, END, council.prior.at_start).times_drawn == 0


def test_the_same_returns_give_the_same_times(council: Truth, last_year: CareHistories) -> None:
    one, other = (
        np.sort(years_in_care(cohort_of(last_year, END, council.prior.at_start))) for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


def test_a_file_and_a_forecast_say_how_many_were_drawn(
    council: Truth, last_year: CareHistories, tmp_path: Path
) -> None:
    cohort = cohort_of(last_year, END, council.prior.at_start)
    write_cohort(cohort, tmp_path / "own.cohort.parquet")
    kept = read_cohort(tmp_path / "own.cohort.parquet")
    assert kept.times_drawn == cohort.times_drawn
    (tmp_path / "scenario.yaml").write_text(
        f"name: own\nauthority: {AUTHORITY}\nmonths: 12\n"
        "population: {cohort: own.cohort.parquet}\n",
        encoding="utf-8",
    )
    origins = {row.key: row for row in resolve(load_scenario(tmp_path / "scenario.yaml")).origins}
    said = origins["population.cohort.time_in_care"]
    assert (said.value, said.kind) == (cohort.times_drawn, Kind.ASSUMED)


def test_a_cohort_of_an_earlier_version_had_nothing_drawn(council: Truth, tmp_path: Path) -> None:
    path = tmp_path / "own.cohort.parquet"
    write_cohort(cohort_of(council.histories), path)
    pd.read_parquet(path).drop(columns="time_in_care_drawn").to_parquet(path)
    assert read_cohort(path).times_drawn == 0


def test_what_was_hidden_is_drawn_as_it_was(council: Truth) -> None:
    """Children as the published figures expect them, who move, and are seen from their last move
    on."""
    published, rng = council.prior.at_start, np.random.default_rng(7)
    profile = rng.choice([2, 3, 4, 10, 11], 20_000)
    cells = [np.searchsorted(published.cell_cdf[row], rng.random()) for row in profile]
    age, care = published.cell_age_days[cells], published.cell_care_days[cells]
    care = care + rng.random(len(care)) * STEP_DAYS
    age = age + rng.random(len(age)) * STEP_DAYS
    moved = last_moves(published, care, rng)
    kept = (care < age) & (moved > 0)
    assert kept.sum() > 10_000
    seen = (care - moved)[kept]
    drawn = drawn_care_days(published, age[kept], seen, profile[kept])
    assert np.all(drawn >= seen)
    assert np.all(drawn <= age[kept])
    apart = drawn - care[kept]
    error = apart.std(ddof=1) / np.sqrt(len(apart))
    assert error < 0.05 * DAYS_PER_YEAR
    # Two draws from one distribution; without the moves they are 13 standard errors apart, and
    # without the age 5.
    assert abs(apart.mean()) <= 4 * error


def last_moves(
    published: ChildrenAtStart, care_days: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Time in care at each child's last move so far; 0 for none. Settings as children are in."""
    last = np.zeros(len(care_days))
    for child, until in enumerate(care_days):
        while True:
            stay = published.placement_unmoved[rng.choice(published.sector)]
            # Never moving from where the curve ends above the number drawn.
            chance = rng.random()
            if chance <= stay[-1]:
                break
            moved = last[child] + np.interp(-chance, -stay, published.placement_days)
            if moved > until:
                break
            last[child] = moved
    return last


def test_each_child_has_the_times_of_children_like_it() -> None:
    years = np.array([0.5, 3.0, 15.9, 16.1, 17.0, 17.0])
    flags = (
        np.array([False, True, False, False, False, False]),
        np.array([False, False, False, True, False, True]),
    )
    uasc = np.array([False, False, False, False, True, True])
    rows = profiles_of(years * DAYS_PER_YEAR, uasc, flags[0], flags[1])
    assert rows.tolist() == [0, 6, 3, 4, 10, 11]
