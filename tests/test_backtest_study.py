"""A whole backtest: no leak from the future, nothing silently dropped, resumed where it stopped."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import sufficiency.backtest.study as study_module
import sufficiency.history.published as published
import sufficiency.report.backtest_page
from sufficiency.backtest.counts import FIRST_YEAR, read_counts
from sufficiency.backtest.pieces import Pieces, data_sha256, settings_of
from sufficiency.backtest.published_source import PublishedForecasts, Simulated, Unresolved
from sufficiency.backtest.reduction import KINDS, yearly_counts, yearly_days
from sufficiency.backtest.scoreboard import NO_CHANGE, OURS
from sufficiency.backtest.study import (
    MEAN_KEPT,
    Backtest,
    Study,
    backtest,
    judge,
    pieces_of,
    work_on,
)
from sufficiency.backtest.targets import IN_CARE_ROW, N_TARGETS, TARGETS, longest_horizon
from sufficiency.commands import backtest as backtest_command
from sufficiency.domain import AGE_BANDS
from sufficiency.errors import OutputError, UserError
from sufficiency.history.authorities import Authority, all_authorities, find_authority
from sufficiency.history.published import FROZEN_SET, PublishedHistory
from sufficiency.history.reference import ReferenceData, shipped_reference
from sufficiency.measures.monthly import FORECAST_ROWS, figures
from sufficiency.replication import surroundings_of
from sufficiency.report.kinds import Results, check_replaceable
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.shipped import shipped_path
from sufficiency.simulation.simulate import simulate

RUTLAND, DERBY = find_authority("Rutland"), find_authority("Derby")
ORIGIN = 2019
LATER = 900
"""What is planted in every count after the origin."""


@pytest.fixture(scope="module", autouse=True)
def _few_authorities() -> Iterator[None]:
    """Baselines learn from 26 authorities instead of all, which takes a sixth of the time."""
    areas = [area for area in all_authorities() if area not in (RUTLAND, DERBY)][::6]
    counts = read_counts(PublishedHistory.as_at(2023), [RUTLAND, DERBY, *areas])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(study_module, "published_counts", lambda: counts)
        yield


def with_a_wrong_future(year: int) -> ReferenceData:
    """The shipped tables with every authority's later counts made absurd."""
    frames = {}
    for name, columns in {
        "panel": ["cla_31_march", "started", "ceased", "uasc_31_march"],
        **{key: ["number"] for key in ("starters", "leavers", "stock", "placements")},
        "unit_costs": [],
    }.items():
        table = shipped_reference().table(name).copy()
        if "year" in table:
            later = table["year"] > year
            for column in columns:
                table[column] = table[column].astype(float).mask(later, LATER * 10.0)
        frames[name] = table
    return ReferenceData(shipped_path("calibration", "reference"), frames)


@pytest.fixture
def wrong_future(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    reference = with_a_wrong_future(ORIGIN)
    monkeypatch.setattr(published, "shipped_reference", lambda: reference)
    published._shipped.cache_clear()
    yield
    published._shipped.cache_clear()


def test_our_forecast_reads_nothing_of_a_wrong_future(request: pytest.FixtureRequest) -> None:
    source = PublishedForecasts(3, 1)
    before = source.forecast(RUTLAND, ORIGIN)
    request.getfixturevalue("wrong_future")
    planted = PublishedHistory.as_at(2023).panel(RUTLAND)
    assert planted.loc[2020, "in_care"] == LATER * 10
    after = source.forecast(RUTLAND, ORIGIN)
    assert isinstance(before, Simulated)
    assert isinstance(after, Simulated)
    np.testing.assert_array_equal(before.samples, after.samples)
    assert FROZEN_SET, "the page names what is newer and used all the same"


def test_the_wrong_future_would_be_seen_a_year_later(request: pytest.FixtureRequest) -> None:
    source = PublishedForecasts(2, 1)
    before = source.forecast(RUTLAND, ORIGIN + 1)
    request.getfixturevalue("wrong_future")
    after = source.forecast(RUTLAND, ORIGIN + 1)
    assert isinstance(before, Simulated)
    assert isinstance(after, Unresolved) or not np.array_equal(before.samples, after.samples)


def test_baselines_read_nothing_of_a_wrong_future(request: pytest.FixtureRequest) -> None:
    areas = [RUTLAND, DERBY, find_authority("Leeds")]
    counts = read_counts(PublishedHistory.as_at(2023), areas)
    baselines = study_module._baselines(Study((), (ORIGIN,), 1, smoothing=False), Pieces(Path()))
    methods = study_module._Methods(counts, baselines)
    points, pools = methods.as_at(counts.as_at(ORIGIN))
    request.getfixturevalue("wrong_future")
    changed = read_counts(PublishedHistory.as_at(2023), areas)
    assert changed.at(2021)[1, IN_CARE_ROW] == LATER * 10
    wrong_points, wrong_pools = study_module._Methods(changed, baselines).as_at(
        changed.as_at(ORIGIN)
    )
    assert set(points) == {*(baseline.name for baseline in baselines), MEAN_KEPT}
    for method, point in points.items():
        np.testing.assert_array_equal(point, wrong_points[method])
        for cell, errors in pools[method].by_cell.items():
            np.testing.assert_array_equal(errors, wrong_pools[method].by_cell[cell])


def test_counts_as_at_a_year_hold_no_later_year() -> None:
    counts = read_counts(PublishedHistory.as_at(2023), [DERBY])
    past = counts.as_at(ORIGIN)
    assert past.last_year == ORIGIN
    assert np.isnan(past.at(ORIGIN + 1)).all()
    exact = read_counts(PublishedHistory.as_at(ORIGIN), [DERBY])
    for field in dataclasses.fields(past):
        here, there = getattr(past, field.name), getattr(exact, field.name)
        if isinstance(here, np.ndarray):
            np.testing.assert_array_equal(here, there, err_msg=field.name)


def test_counts_are_those_published() -> None:
    counts = read_counts(PublishedHistory.as_at(2023), [find_authority("Wolverhampton")])
    by_target = dict(zip(TARGETS, counts.at(2018)[0], strict=True))
    found = [by_target[target] for target in TARGETS[:3]]
    assert found == [649, 179, 170]
    assert [by_target[target] for target in TARGETS[3:8]] == [42, 87, 143, 285, 91]
    assert [by_target[target] for target in TARGETS[8:12]] == [512, 47, 25, 51]
    assert np.isnan(by_target[TARGETS[12]])
    assert dict(zip(TARGETS, counts.at(2020)[0], strict=True))[TARGETS[12]] == 38


class Planted:
    """A source that says exactly what will happen, but for one forecast that it cannot make."""

    def __init__(self, counts) -> None:
        self.counts = counts

    def forecast(self, authority: Authority, origin: int) -> Simulated | Unresolved:
        if (authority, origin) == (RUTLAND, 2020):
            return Unresolved("Rutland lost its papers.")
        place = self.counts.authorities.index(authority)
        outcome = [
            self.counts.at(origin + year)[place] for year in range(1, longest_horizon(origin) + 1)
        ]
        return Simulated(np.repeat(np.stack(outcome, axis=1)[:, :, None], 5, axis=2))


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory):
    """A study of two authorities by a forecaster who knows all, and what it found."""
    folder = tmp_path_factory.mktemp("perfect forecaster")
    study = Study((DERBY, RUTLAND), (2018, 2020, 2022), 5, smoothing=False)
    pieces = Pieces(folder)
    pieces.begin(settings_of(5, 1, "compiled"), resume=False)
    counts = read_counts(PublishedHistory.as_at(2023), study.authorities)
    for piece in pieces_of(study):
        made = Planted(counts).forecast(piece.authority, piece.origin)
        pieces.keep_forecast(piece.name, made)
    return study, counts, judge(study, pieces)


def of_method(found: Backtest, method: str) -> pd.DataFrame:
    return found.forecasts[found.forecasts["method"] == method]


def test_a_forecaster_who_knows_the_future_has_no_error(perfect) -> None:
    ours = of_method(perfect[2], OURS)
    assert (ours["point"] == ours["outcome"]).all()
    assert ours["crps"].abs().max() == 0.0
    others = of_method(perfect[2], NO_CHANGE)
    assert (others["point"] == others["at_origin"]).all()
    assert others["crps"].min() > 0.0


def test_every_forecast_is_scored_or_listed(perfect) -> None:
    study, _, found = perfect
    ours = of_method(found, OURS)
    reasons = pd.DataFrame(found.left_out)
    for origin in study.origins:
        made = (
            len(study.authorities)
            - ((reasons["reason"].str.contains("papers")) & (reasons["origin"] == origin)).sum()
        )
        expected = made * longest_horizon(origin) * N_TARGETS
        scored = (ours["origin"] == origin).sum()
        left_out = reasons.loc[reasons["origin"] == origin, "forecasts"].sum()
        assert scored + left_out == expected, origin


def test_a_record_seen_once_a_year_is_as_the_measures_count_it() -> None:
    scenario = scenario_for_authority("Rutland", months=36)
    resolved = resolve(scenario.model_copy(update={"start": date(ORIGIN, 3, 31)}))
    surroundings = surroundings_of(resolved)
    days = yearly_days(resolved.start, 3)
    marches = np.searchsorted(surroundings.calendar.days, days)
    for number in range(4):
        world = resolved.draw_world(1, number, parameter=True, drift=True)
        record = simulate(world, 1, number, "compiled")
        measured = figures(record, world.places, surroundings).forecast
        stock, starters, leavers = yearly_counts(record, resolved.start, days)

        def row(measure: str, sector: str = "all", band: str = "all", of=measured):
            return of[FORECAST_ROWS.index((measure, sector, band))]

        for place, band in enumerate(AGE_BANDS):
            expected = row("in_care", band=str(band))[marches]
            np.testing.assert_array_equal(stock[:, place].sum(axis=0), expected)
        kinds = {"homes": "residential", "supported": "supported_accommodation"}
        for kind, sector in (*kinds.items(), ("unplaced", "unplaced")):
            found = stock[KINDS.index(kind)].sum(axis=0)
            np.testing.assert_array_equal(found, row("in_care", sector)[marches])
        others = stock[[KINDS.index("for_adoption"), KINDS.index("other")]].sum(axis=(0, 1))
        np.testing.assert_array_equal(others, row("in_care", "other")[marches])
        for measure, found in (("starters", starters), ("leavers", leavers)):
            by_month = row(measure)[1:].reshape(3, 12)
            np.testing.assert_array_equal(found, by_month.sum(axis=1))


def test_what_the_publisher_holds_back_is_never_scored(perfect) -> None:
    _, counts, found = perfect
    ours = of_method(found, OURS).query("authority == 'Rutland'")
    for row in ours.to_dict("records"):
        target = TARGETS.index((row["measure"], row["placement_group"], row["age_band"]))
        year = row["origin"] + row["years_ahead"] - FIRST_YEAR
        assert not counts.suppressed[1, year, target]
        assert row["outcome"] == counts.values[1, year, target]
    reasons = pd.DataFrame(found.left_out)
    held_back = reasons["reason"].str.startswith("outcome held back")
    assert reasons.loc[held_back, "forecasts"].sum() > 20


def test_an_origin_that_cannot_be_forecast_is_listed_with_its_reason(perfect) -> None:
    row = next(row for row in perfect[2].left_out if row.get("authority"))
    assert row["reason"] == "Rutland lost its papers."
    assert (row["authority"], row["origin"]) == ("Rutland", 2020)


def test_all_methods_are_judged_on_the_same_forecasts(perfect) -> None:
    keys = ["old_la_code", "origin", "years_ahead", "measure", "placement_group", "age_band"]
    by_method = {
        method: set(map(tuple, rows[keys].to_numpy()))
        for method, rows in perfect[2].forecasts.groupby("method")
    }
    assert len(by_method) == 7
    assert all(cells == by_method[OURS] for cells in by_method.values())


def test_an_authority_made_within_the_origins_is_not_forecast_before_it_was() -> None:
    found = PublishedForecasts(2, 1).forecast(find_authority("Dorset"), 2018)
    assert isinstance(found, Unresolved)
    assert "1 April 2019" in found.reason


def test_the_smoothed_series_of_a_piece_see_no_later_year(tmp_path: Path) -> None:
    study = Study((RUTLAND,), (2015,), 2)
    piece = study_module.Piece(RUTLAND, 0)
    work_on(study_module.Desk(tmp_path, study), piece)
    made = Pieces(tmp_path).array(piece.name)
    assert made.shape[0] == 2015 - study_module.FIRST_SMOOTHED + 1
    last = read_counts(PublishedHistory.as_at(2015), [RUTLAND]).at(2015)[0, IN_CARE_ROW]
    # Two thirds to one and a half times the last count: smoothing, not another series.
    assert ((made[-1, :, 0, 0] > last / 1.5) & (made[-1, :, 0, 0] < last * 1.5)).all()


SMALL = Study((RUTLAND,), (2021, 2022), 20, smoothing=False)


def test_a_backtest_gone_on_with_is_the_same(tmp_path: Path) -> None:
    whole = backtest(SMALL, tmp_path / "whole")
    stopped = tmp_path / "stopped"
    pieces = Pieces(stopped)
    pieces.begin(settings_of(20, 1, SMALL.engine), resume=False)
    work_on(study_module.Desk(stopped, SMALL), pieces_of(SMALL)[1])
    (stopped / f"{pieces_of(SMALL)[0].name}.npz").touch()  # as a power cut may leave it
    told: list[tuple[int, int]] = []
    resumed = backtest(
        SMALL, stopped, resume=True, progress=lambda done, total: told.append((done, total))
    )
    pd.testing.assert_frame_equal(whole.forecasts, resumed.forecasts, check_exact=True)
    assert whole.left_out == resumed.left_out
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda raw: b"",
        lambda raw: raw[: len(raw) // 2],
        lambda raw: bytes(len(raw)),
        lambda raw: raw[:90] + bytes([raw[90] ^ 1]) + raw[91:],
    ],
    ids=["empty", "cut short", "all zeros", "a bit turned"],
)
def test_a_damaged_piece_is_not_finished(tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    pieces = Pieces(tmp_path)
    assert not pieces.has("201-smoothed")
    pieces.keep_array("201-smoothed", np.arange(90.0))
    assert pieces.has("201-smoothed")
    path = tmp_path / "201-smoothed.npz"
    path.write_bytes(damaged(path.read_bytes()))
    assert not pieces.has("201-smoothed")


def test_pieces_of_another_backtest_are_refused(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path / "with a space")
    pieces.begin(settings_of(20, 1, "compiled"), resume=False)
    pieces.keep_array("201-smoothed", np.zeros(3))
    with pytest.raises(OutputError, match="adding --resume"):
        pieces.begin(settings_of(20, 1, "compiled"), resume=False)
    with pytest.raises(OutputError, match="another number of replications and another seed"):
        pieces.begin(settings_of(40, 2, "compiled"), resume=True)
    assert pieces.begin(settings_of(20, 1, "compiled"), resume=True) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("letters.txt", "Dear Panel"),
        ("settings.json", '{"editor.tabSize": 4}'),
        ("settings.json", "[1, 2]"),
        ("201-2021.npz", ""),
    ],
)
@pytest.mark.parametrize("resume", [(), ("--resume",)], ids=["", "resumed"])
def test_a_folder_that_is_no_unfinished_backtest_is_left_alone(
    name: str, text: str, resume: tuple[str, ...], tmp_path: Path
) -> None:
    mine = tmp_path / "out.unfinished"
    mine.mkdir()
    (mine / name).write_text(text, encoding="utf-8")
    options = ("--authority", "Rutland", "--origins", "2021", "--replications", "20", *resume)
    with pytest.raises(OutputError, match=r"out\.unfinished: found a folder that is not an unf"):
        run(*options, "--out", str(tmp_path / "out"), "--workers", "1", catch=False)
    assert {path.name: path.read_text(encoding="utf-8") for path in mine.iterdir()} == {name: text}
    assert list(tmp_path.iterdir()) == [mine]


def test_pieces_that_were_being_removed_are_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, pieces = settings_of(20, 1, "compiled"), Pieces(tmp_path / "p")
    pieces.begin(settings, resume=False)
    pieces.keep_array("201-smoothed", np.zeros(3))

    def interrupted(folder: Path, **how: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pieces.remove()
    assert pieces.begin(settings, resume=False) == 0
    pieces.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_digest_is_of_what_forecasts_are_made_from() -> None:
    assert len(data_sha256()) == 64
    assert data_sha256() == data_sha256()


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_line(result, path: Path) -> None:
        path.write_text(result.manifest["authority"], encoding="utf-8")

    monkeypatch.setattr(sufficiency.report.backtest_page, "write_backtest_page", one_line)


def run(*arguments: str, catch: bool = True):
    return CliRunner().invoke(
        backtest_command.command,
        arguments,
        obj=["backtest", *arguments],
        catch_exceptions=catch,
    )


@pytest.mark.usefixtures("no_page")
def test_the_command_writes_a_folder_and_says_the_verdict(tmp_path: Path) -> None:
    out = tmp_path / "back test"
    options = ("--authority", "Rutland", "--origins", "2021-2022", "--replications", "20")
    ended = run(*options, "--out", str(out), "--workers", "1")
    assert ended.exit_code == 0, ended.output
    assert "an 80% range held the number in care a year later" in ended.stdout
    assert {path.name for path in out.iterdir()} == {
        *("backtest.csv", "scoreboard.csv", "left_out.csv", "backtest_lines.csv"),
        *("backtest.html", "manifest.json"),
    }
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    table = pd.read_csv(out / "backtest.csv", dtype={"old_la_code": str})
    check_replaceable(out, Results.BACKTEST)
    totals = table[table["method"] == OURS].query("measure == 'in_care' and age_band == 'all'")
    totals = totals[totals["placement_group"] == "all"]
    assert totals[["origin", "years_ahead", "outcome"]].to_numpy().tolist() == [
        [2021, 1, 25],
        [2021, 2, 32],
        [2022, 1, 32],
    ]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["authority"] == "Rutland"
    assert manifest["command"].startswith("sufficiency backtest --authority Rutland")
    assert manifest["frozen_set"] == list(FROZEN_SET)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Give --authority or --all, such as --authority Wolverhampton"),
        (("--authority", "Rutland", "--all"), "Give --authority or --all, not both"),
        (("--authority", "Rutland", "--origins", "2009-2012"), "years from 2015 to 2022"),
        (("--authority", "Rutland", "--origins", "2022-2016"), "years from 2015 to 2022"),
        (("--authority", "Rutland", "--replications", "3"), "20 to 10,000"),
    ],
)
def test_a_mistake_is_told_in_one_message(options: tuple[str, ...], said: str) -> None:
    ended = run(*options)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_an_authority_of_which_nothing_can_be_scored_is_told_why(tmp_path: Path) -> None:
    options = ("--authority", "North Northamptonshire", "--origins", "2021", "--replications", "20")
    with pytest.raises(UserError, match="its own figures begin on 31 March 2022"):
        run(*options, "--out", str(tmp_path / "out"), "--workers", "1", catch=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_page")
def test_stopping_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "stopped"
    finish = study_module.work_on

    def stop_at_the_second(desk, piece) -> None:
        if piece.origin == 2022:
            raise KeyboardInterrupt
        finish(desk, piece)

    options = ("--authority", "Rutland", "--origins", "2021-2022", "--replications", "20")
    options = (*options, "--out", str(out), "--workers", "1")
    with monkeypatch.context() as stopping:
        stopping.setattr(study_module, "work_on", stop_at_the_second)
        ended = CliRunner().invoke(backtest_command.command, options, obj=[], standalone_mode=False)
    assert ended.return_value == 130
    assert "--resume" in ended.stderr
    assert not out.exists()
    assert [path.name for path in (tmp_path / "stopped.unfinished").glob("*.npz")] == [
        f"{RUTLAND.old_la_code}-2021.npz"
    ]
    refused = CliRunner().invoke(backtest_command.command, options, obj=[])
    assert isinstance(refused.exception, OutputError)
    assert run(*options, "--resume").exit_code == 0
    assert (out / "backtest.csv").is_file()
