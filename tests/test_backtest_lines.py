"""What a run's report says of earlier forecasts: the line beside its headline, and its table."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from sample_forecast import sample_forecast
from test_backtest_scores import planted

import sufficiency.report.page
from sufficiency.backtest.lines import lines_table, track_records
from sufficiency.backtest.pieces import Settings
from sufficiency.backtest.scoreboard import NO_CHANGE
from sufficiency.report.page import render_page
from sufficiency.report.run_folder import write_table
from sufficiency.report.track_record import (
    ALL_COUNCILS,
    TrackRecord,
    lines_from,
    nearest_years,
    record_table,
    sentence,
    shipped_lines,
)

SETTINGS = Settings(200, 1, "compiled", "0.0", "a" * 64, "b" * 64)
OWN = TrackRecord(
    old_la_code="336",
    authority="Wolverhampton",
    years_ahead=3,
    first_origin=2015,
    last_origin=2020,
    forecasts=6,
    held_80=5,
    mape=0.082,
    bias_share=0.03,
    no_change_mape=0.094,
    ratio_crps=0.9,
    width_share_80=0.25,
    coverage_80_standard_error=float("nan"),
    replications=200,
    seed=1,
    version="0.0",
    data_sha256="a" * 64,
)
EVERYONE = replace(
    OWN,
    old_la_code=ALL_COUNCILS,
    authority="All councils",
    forecasts=890,
    held_80=712,
    mape=0.11,
    no_change_mape=0.115,
)
LINES = {("336", 3): OWN, (ALL_COUNCILS, 3): EVERYONE}


def test_the_line_says_how_often_the_range_held_and_how_far_off_it_was() -> None:
    said = sentence("336", 3, LINES)
    assert "for Wolverhampton, 3 years ahead (from 2015 to 2020)" in said
    assert "held what happened in 5 of 6, and the expected figure was 8% off" in said
    assert "held what happened in 80% of 890 forecasts" in said
    assert "11% off on average (“no change”: 12%)" in said or "(“no change”: 11%)" in said
    assert "prove little alone" in said
    assert "(200 simulated futures a forecast, version 0.0.)" in said
    table = record_table("336", LINES)
    assert table is not None
    assert "200 simulated futures a forecast, version 0.0" in table.note


def test_a_council_without_a_record_is_told_of_all_and_none_is_silent() -> None:
    said = sentence("201", 3, LINES)
    assert "too few to be tested" in said
    assert "80% of 890" in said
    assert sentence("336", 2, LINES) == ""


@pytest.mark.parametrize(("days", "years"), [(30, 1), (365, 1), (1096, 3), (5000, 5)])
def test_the_record_is_of_about_as_many_years_ahead(days: int, years: int) -> None:
    assert nearest_years(days) == years


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    forecasts = planted(0, 20)
    table = lines_table(_both(forecasts), SETTINGS)
    path = tmp_path / "lines with a space.csv"
    write_table(table, path)
    found = lines_from(path)
    assert set(found) == {("701", 1), (ALL_COUNCILS, 1)}
    by_hand = forecasts["outcome"].between(forecasts["p10"], forecasts["p90"]).sum()
    for line in found.values():
        assert line.forecasts == 600
        assert line.held_80 == by_hand
        assert (line.first_origin, line.last_origin) == (2015, 2020)
        assert line.replications == 200
        missed = (forecasts["point"] - forecasts["outcome"]).abs() / forecasts["outcome"]
        assert line.mape == pytest.approx(missed.mean(), abs=1e-4)
    assert lines_from(tmp_path / "none.csv") == {}


def _both(forecasts):
    import pandas as pd

    return pd.concat([forecasts, forecasts.assign(method=NO_CHANGE)], ignore_index=True)


def test_only_all_councils_together_have_a_standard_error() -> None:
    own, everyone = track_records(_both(planted(0, 20)), SETTINGS)
    assert own.coverage_80_standard_error != own.coverage_80_standard_error
    assert 0 < everyone.coverage_80_standard_error < 0.1


def test_a_run_carries_the_line_next_to_its_headline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sufficiency.report.page, "shipped_lines", lambda: LINES)
    run = sample_forecast(authority={"name": "Wolverhampton", "old_la_code": "336"})
    page = render_page(run)
    front, _, rest = page.partition('<nav aria-label="On this page">')
    assert "held what happened in 5 of 6" in front
    assert 'id="table-track-record"' in rest
    assert "5 of 6" in rest


def test_a_run_without_lines_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sufficiency.report.page, "shipped_lines", dict)
    assert 'id="track-record"' not in render_page(sample_forecast())
    assert record_table("336", {}) is None


def test_the_lines_that_ship_are_whole() -> None:
    lines = shipped_lines()
    assert {years for code, years in lines if code == ALL_COUNCILS} == {1, 2, 3, 4, 5}
    for (code, years), line in lines.items():
        assert 0 <= line.held_80 <= line.forecasts
        # Origins 2015 to 2022 with outcomes to 2023: 8, 7, 6, 5 and 4 of them.
        assert line.forecasts <= (9 - years if code != ALL_COUNCILS else (9 - years) * 150)
        assert {field.name for field in fields(line)} == set(vars(line))
    assert len({line.data_sha256 for line in lines.values()}) == 1
