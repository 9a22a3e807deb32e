"""Backtests on a council's own returns: only what was known counts, and the folder is whole."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sufficiency.backtest.returns_baselines import markov_cohort, no_change, normal_range, spreads
from sufficiency.backtest.returns_output import SCOREBOARD_COLUMNS, scoreboard_of
from sufficiency.backtest.returns_study import (
    COLUMNS,
    HORIZONS_MONTHS,
    OURS,
    ReturnsStudy,
    backtest_returns,
    origins_of,
)
from sufficiency.backtest.scores import QUANTILES
from sufficiency.calibration.children.cohort import cohort_of
from sufficiency.domain import SECTORS
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import find_authority
from sufficiency.history.returns.frames import CareHistories
from sufficiency.history.returns.known_by import LEARNT_LATER, known_by
from sufficiency.report.kinds import Results, check_replaceable
from sufficiency.report.returns_backtest_page import ReturnsBacktest, render_returns_backtest_page
from sufficiency.synthesis import synthesise, write_return
from tests.command_line import status
from tests.read_back import reading

FIRST_ORIGIN = date(2019, 3, 31)
FORECAST = ["point", "mean", "sd", *QUANTILES, "in_care_at_origin", "at_origin"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years of a small council."""
    path = tmp_path_factory.mktemp("a return") / "903"
    write_return(synthesise("Wolverhampton", 2018, 2020, seed=3, in_care=120), path)
    return path


@pytest.fixture(scope="module")
def histories(folder: Path) -> CareHistories:
    return reading(folder).histories


def study(histories: CareHistories) -> ReturnsStudy:
    return ReturnsStudy(histories, find_authority("Wolverhampton"), replications=20)


@pytest.fixture(scope="module")
def forecasts(histories: CareHistories) -> pd.DataFrame:
    return backtest_returns(study(histories))


# --- what was known -------------------------------------------------------------------------


def lives() -> CareHistories:
    """Ten children of 11 in foster care since before the returns began, and nothing happens."""
    n, since = 10, pd.Timestamp("2017-06-01")
    end = pd.Timestamp("2021-03-31")
    periods = pd.DataFrame(
        {
            "period": range(n),
            "child": range(n),
            "uasc": False,
            "born": pd.Timestamp("2009-06-15"),
            "born_is_month_only": False,
            "sex": pd.Categorical(["U"] * n),
            "entered": since,
            "left": pd.NaT,
            "seen_from": pd.Timestamp("2018-04-01"),
            "seen_to": end,
            "start_type": pd.Categorical(["observed"] * n),
            "end_type": pd.Categorical(["censored"] * n),
            "exit_reason": pd.Categorical([""] * n),
            "need_code": pd.Categorical(["N1"] * n),
        }
    )
    placements = pd.DataFrame(
        {
            "placement": range(n),
            "period": range(n),
            "began": since,
            "ended": pd.NaT,
            "sector": pd.Categorical(["internal_fostering"] * n),
            "subsector": pd.Categorical(["internal_fostering"] * n),
            "place": pd.Categorical(["U6"] * n),
            "provider": pd.Categorical(["PR1"] * n),
            "same_carer_as_before": False,
            "move_reason": pd.Categorical([""] * n),
            "nights_away": 0,
        }
    )
    dates = ["left", "ended"]
    for frame in (periods, placements):
        for name in {*dates} & {*frame.columns}:
            frame[name] = frame[name].astype("datetime64[s]")
    return CareHistories(periods, placements, date(2018, 4, 1), end.date())


def eventful() -> CareHistories:
    """The first child moves on 10 May 2020 and goes home on 1 July; the second on 9 May; the
    third begins on 11 May."""
    plain = lives()
    periods, placements = plain.periods.head(3).copy(), plain.placements.head(3).copy()
    periods.loc[[0, 1], "left"] = [pd.Timestamp("2020-07-01"), pd.Timestamp("2020-05-09")]
    periods.loc[[0, 1], "seen_to"] = periods.loc[[0, 1], "left"]
    periods["end_type"] = pd.Categorical(["observed", "observed", "censored"])
    periods["exit_reason"] = pd.Categorical(["returned_home", "returned_home", ""])
    periods.loc[2, ["entered", "seen_from"]] = pd.Timestamp("2020-05-11")
    placements.loc[0, "ended"] = pd.Timestamp("2020-05-10")
    placements.loc[1, "ended"] = pd.Timestamp("2020-05-09")
    placements.loc[2, "began"] = pd.Timestamp("2020-05-11")
    placements["move_reason"] = pd.Categorical(["planned", "", ""])
    second = placements.head(1).assign(
        placement=3,
        began=pd.Timestamp("2020-05-10"),
        ended=pd.Timestamp("2020-07-01"),
        sector=pd.Categorical(["ifa"]),
        move_reason=pd.Categorical([""]),
    )
    moved = pd.concat([placements.head(1), second, placements.iloc[1:]], ignore_index=True)
    return replace(plain, periods=periods, placements=moved)


def test_what_was_known_on_the_day_of_a_move() -> None:
    known = known_by(eventful(), date(2020, 5, 10))
    assert known.last_day == date(2020, 5, 10)
    assert list(known.periods["period"]) == [0, 1]
    assert known.periods["left"].isna().tolist() == [True, False]
    assert list(known.periods["end_type"]) == ["censored", "observed"]
    assert list(known.periods["exit_reason"]) == ["", "returned_home"]
    assert list(known.periods["seen_to"]) == [
        pd.Timestamp("2020-05-10"),
        pd.Timestamp("2020-05-09"),
    ]
    assert list(known.placements["placement"]) == [0, 3, 1]
    assert known.placements["ended"].isna().tolist() == [False, True, False]
    assert list(known.placements["move_reason"]) == ["planned", "", ""]


def test_what_was_known_the_day_before_a_move() -> None:
    known = known_by(eventful(), date(2020, 5, 9))
    assert list(known.placements["placement"]) == [0, 1]
    assert known.placements["ended"].isna().tolist() == [True, False]
    assert list(known.placements["move_reason"]) == ["", ""]


def test_nothing_is_known_before_the_returns_begin() -> None:
    with pytest.raises(HistoryError, match="The returns begin on 2018-04-01"):
        known_by(lives(), date(2018, 3, 31))


@pytest.mark.parametrize("day", [date(2018, 9, 30), date(2019, 3, 31), date(2020, 3, 31)])
def test_the_children_of_a_day_are_those_known_that_day(
    histories: CareHistories, day: date
) -> None:
    columns = ["entered_on", "placed_on", "born_month", "sector", "uasc", "placed_for_adoption"]
    now, then = (
        cohort_of(known, day).children[columns].sort_values(columns, ignore_index=True)
        for known in (histories, known_by(histories, day))
    )
    assert len(now) > 60
    pd.testing.assert_frame_equal(now, then)


def wrong_after(histories: CareHistories, day: date) -> CareHistories:
    """Another future: half of those in care go home soon, and all who come later live elsewhere."""
    last, soon = pd.Timestamp(day), pd.Timestamp(day) + pd.Timedelta(days=20)
    periods, placements = histories.periods.copy(), histories.placements.copy()
    gone = ~(periods["left"] <= soon) & (periods["period"] % 2 == 0) & (periods["entered"] <= last)
    periods.loc[gone, ["left", "seen_to"]] = soon
    periods["end_type"] = pd.Categorical(periods["end_type"].astype(str).mask(gone, "observed"))
    reason = periods["exit_reason"].astype(str).mask(gone, "adoption")
    periods["exit_reason"] = pd.Categorical(reason)
    theirs = placements["period"].isin(periods.loc[gone, "period"])
    placements = placements[~(theirs & (placements["began"] >= soon))].copy()
    theirs = placements["period"].isin(periods.loc[gone, "period"])
    placements.loc[theirs & ~(placements["ended"] <= soon), "ended"] = soon
    later = placements["began"] > last
    placements["sector"] = pd.Categorical(
        placements["sector"].astype(str).mask(later, "residential")
    )
    ended_later = ~(placements["ended"] <= last)
    placements["move_reason"] = pd.Categorical(
        placements["move_reason"].astype(str).mask(ended_later, "carer_ends")
    )
    return replace(histories, periods=periods, placements=placements)


def test_a_wrong_future_changes_no_forecast(
    histories: CareHistories, forecasts: pd.DataFrame
) -> None:
    again = backtest_returns(study(wrong_after(histories, FIRST_ORIGIN)))
    ours, theirs = (
        rows[rows["origin"] == FIRST_ORIGIN.isoformat()].reset_index(drop=True)
        for rows in (forecasts, again)
    )
    assert set(ours["months_ahead"]) == {3, 6, 12}
    pd.testing.assert_frame_equal(ours[FORECAST], theirs[FORECAST])
    total = ours["sector"] == "all"
    assert (theirs["outcome"][total] < 0.8 * ours["outcome"][total]).all()
    later = FORECAST[:1]
    assert not forecasts[later].equals(again[later])


# --- origins and outcomes -------------------------------------------------------------------


def test_origins_are_ends_of_months_with_two_years_behind_them(histories: CareHistories) -> None:
    assert origins_of(histories, 6) == [FIRST_ORIGIN, date(2019, 9, 30)]
    assert origins_of(histories, 3) == [
        *(FIRST_ORIGIN, date(2019, 6, 30)),
        *(date(2019, 9, 30), date(2019, 12, 31)),
    ]


def test_too_few_years_are_refused(histories: CareHistories) -> None:
    short = known_by(histories, date(2019, 6, 29))
    with pytest.raises(HistoryError, match="at least 24 months"):
        origins_of(short, 3)


def test_outcomes_and_starts_are_the_children_in_care(
    histories: CareHistories, forecasts: pd.DataFrame
) -> None:
    assert list(forecasts.columns) == COLUMNS
    for row in forecasts[forecasts["method"] == OURS].itertuples():
        for day, counted in ((row.date, row.outcome), (row.origin, row.at_origin)):
            sectors = cohort_of(histories, date.fromisoformat(day)).children["sector"]
            assert counted == (sectors == row.sector).sum() or row.sector == "all"
            assert counted == len(sectors) or row.sector != "all"
    kept = forecasts.groupby(["origin", "months_ahead", "method"])["point"]
    halves = kept.agg(lambda points: points.iloc[0] - points.iloc[1:].sum())
    assert np.allclose(halves, 0)


# --- baselines ------------------------------------------------------------------------------


def test_the_markov_model_ages_children_who_neither_leave_nor_move() -> None:
    """10 at 10 to 15 (6 years wide), then 16 to 17 (2 years), then adults: two decays in a row."""
    years = np.array([1.0, 2.0])
    young = np.exp(-years / 6)
    older = (1 / 6) / (1 / 2 - 1 / 6) * (young - np.exp(-years / 2))
    found = markov_cohort(lives(), [round(365.25 * each) for each in years])
    assert found[:, 0] == pytest.approx(10 * (young + older), rel=1e-3)
    assert found[:, 1:] == pytest.approx(0)


def test_no_change_is_the_children_of_the_last_day() -> None:
    assert no_change(lives(), [90, 365])[:, 0].tolist() == [10, 10]


def test_spreads_are_those_of_earlier_errors_or_widened() -> None:
    three = np.array([[-2.0], [0.0], [2.0], [0.0], [0.0]])
    errors = {3: three, 6: 3 * three[:4], 12: 5 * three[:3], 24: np.empty((0, 1))}
    found = spreads(errors, HORIZONS_MONTHS)[:, 0]
    six = (3 * three[:4]).std(ddof=1)
    assert found == pytest.approx([three.std(ddof=1), six, six * 2**0.5, six * 2])
    assert np.isnan(spreads({**errors, 3: three[:1]}, HORIZONS_MONTHS)).all()


def test_a_normal_range_has_its_middle_and_ends() -> None:
    values = normal_range(np.array([100.0, 1.0]), np.array([10.0, 10.0]))
    assert values[0, [9, 49, 89]] == pytest.approx([87.18, 100, 112.82], abs=0.01)
    assert values.min() == 0


# --- the command ----------------------------------------------------------------------------


def test_the_command_writes_a_whole_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a backtest"
    asked = ["backtest", str(folder), "--authority", "Wolverhampton", "--replications", "20"]
    assert status(*asked, "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert "Over 2 forecasts made from 31 March 2019 to 30 September 2019, an 80% range" in said
    assert " of 2 cases 3 months ahead (" in said
    names = {"backtest.csv", "scoreboard.csv", "backtest.html", "manifest.json"}
    assert {path.name for path in out.iterdir()} == names
    board = pd.read_csv(out / "scoreboard.csv")
    check_replaceable(out, Results.RETURNS_BACKTEST)
    assert list(board.columns) == SCOREBOARD_COLUMNS
    assert set(board["sector"]) == {"all", *map(str, SECTORS)}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["marking"] == "OFFICIAL-SENSITIVE"
    assert manifest["origins"] == ["2019-03-31", "2019-09-30"]
    page = (out / "backtest.html").read_text(encoding="utf-8")
    assert "OFFICIAL-SENSITIVE" in page
    assert "chart-ahead-3" in page
    assert all(line[:30] in page for line in LEARNT_LATER)
    assert folder.parent.name not in page, "names of folders may tell"


def test_scores_are_those_of_the_forecasts(forecasts: pd.DataFrame) -> None:
    board = scoreboard_of(forecasts)
    board = board.set_index(["sector", "months_ahead", "method", "score"]).sort_index()
    rows = forecasts[(forecasts["sector"] == "all") & (forecasts["months_ahead"] == 3)]
    ours = rows[rows["method"] == OURS]
    error = ours["point"] - ours["outcome"]
    value = board["value"]["all", 3, OURS]
    assert value["mae"] == pytest.approx(error.abs().mean())
    assert value["mape"] == pytest.approx((error / ours["outcome"]).abs().mean())
    assert value["bias"] == pytest.approx(error.mean())
    assert value["coverage_80"] == ours["outcome"].between(ours["p10"], ours["p90"]).mean()
    assert "mase" not in value.index


def test_a_page_shows_no_small_count(forecasts: pd.DataFrame) -> None:
    few = forecasts.copy()
    few.loc[few["sector"] == "all", "outcome"] = 3.0
    about = {
        **{"authority": "Wolverhampton", "every_months": 6, "replications": 20, "inputs": []},
        **{"fewest_months_behind_an_origin": 24, "learnt_later": list(LEARNT_LATER)},
    }
    page = render_returns_backtest_page(ReturnsBacktest(about, few, scoreboard_of(few)))
    assert "Too few forecasts, or too few children, to draw." in page
    assert "chart-ahead" not in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Say whose returns these are"),
        (["--authority", "Wolverhampton", "--origins", "2018"], "--origins"),
        (["--all"], "--all"),
        (["--authority", "Nowhere"], "Nowhere"),
        (["--authority", "Wolverhampton", "--every", "5"], "--every"),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    words: str,
) -> None:
    out = tmp_path / "out"
    assert status("backtest", str(folder), "--out", str(out), *options) == 2
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_one_year_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_return(synthesise("Wolverhampton", 2019, 2019, seed=3, in_care=40), tmp_path / "903")
    out = tmp_path / "out"
    asked = ["backtest", str(tmp_path / "903"), "--authority", "Wolverhampton"]
    assert status(*asked, "--out", str(out)) == 2
    assert "too few years" in capsys.readouterr().err
    assert not out.exists()


def test_options_of_returns_need_returns(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("backtest", "--authority", "Wolverhampton", "--every", "3") == 2
    assert "data/903" in capsys.readouterr().err
