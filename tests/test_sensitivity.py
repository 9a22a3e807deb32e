"""``sufficiency sensitivity``: which numbers are tested, how, and what is said of mistakes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import leave_out_the_report, status

from sufficiency.errors import UserError
from sufficiency.experiment import run
from sufficiency.measures.reporting import report_calendar
from sufficiency.report.kinds import Results, check_replaceable
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.sensitivity import study as studying
from sufficiency.sensitivity import tested as numbers
from sufficiency.sensitivity.answers import answers_at
from sufficiency.sensitivity.changing import changed, with_rates_at_their_means
from sufficiency.sensitivity.resolving import Variants, changeable
from sufficiency.sensitivity.study import Asked, study
from sufficiency.sensitivity.tested import chosen, with_a_range
from sufficiency.simulation.simulate import simulate

RUTLAND = scenario_for_authority("Rutland", months=6)
FILES = {
    *("sensitivity.csv", "indices.csv", "information.csv"),
    *("manifest.json", "report.html", "workbook.xlsx"),
}


@pytest.fixture(scope="module")
def variants() -> Variants:
    return Variants.of(RUTLAND)


@pytest.fixture(scope="module")
def resolved(variants: Variants) -> Resolved:
    return variants.resolved(RUTLAND)


def number(resolved: Resolved, name: str) -> numbers.Tested:
    (one,) = chosen((name,), resolved.origins)
    return one


def test_every_number_with_a_range_is_tested_or_left_out_with_a_reason(
    resolved: Resolved,
) -> None:
    ranged = with_a_range(resolved.origins)
    able, left_out = changeable(RUTLAND, ranged)
    assert {one.key for one in able} | {one.key for one in left_out} == {one.key for one in ranged}
    assert {"entries.by_age.10_15", "exits.level.1_4", "moves.level"} <= {one.key for one in able}
    assert all(one.reason for one in left_out)
    assert any(one.key.startswith("(part of the national fit") for one in left_out)


def test_a_number_at_its_own_value_leaves_the_scenario_as_it_is(
    variants: Variants, resolved: Resolved
) -> None:
    able, _ = changeable(RUTLAND, with_a_range(resolved.origins))
    for key in ("entries.by_age.10_15", "exits.level.1_4", "moves.level", "exits.level.adoption"):
        one = next(each for each in able if each.key == key)
        same = variants.with_values([(one, one.value)])
        lives, again = (
            simulate(each.draw_world(3, 0, parameter=True, drift=True), 3, 0).spells
            for each in (resolved, same)
        )
        np.testing.assert_array_equal(lives, again)
        assert same.costs == resolved.costs


def test_starters_of_an_age_are_moved_by_their_factor(resolved: Resolved) -> None:
    one = number(resolved, "entries.by_age.5_9")
    factor = changed(RUTLAND, [(one, 2 * one.value)]).entries.factor["5_9"].value
    assert factor == pytest.approx(2)


def test_exits_of_an_age_change_from_the_first_day_on(resolved: Resolved) -> None:
    one = number(resolved, "exits.level.10_15")
    (further,) = changed(RUTLAND, [(one, one.value / 2)]).interventions
    assert further.how_much.expected == pytest.approx(0.5)
    assert "adoption" not in further.who.reasons
    assert further.timetable(resolved.start).first.toordinal() == resolved.start.toordinal() + 1


def test_a_beginning_stands_for_all_below_it_and_a_range_may_be_given(resolved: Resolved) -> None:
    found = chosen(("entries.by_age", "entries.starters_per_month=0.5:20"), resolved.origins)
    assert len(found) == 7
    assert (found[-1].low, found[-1].high) == (0.5, 20)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("entries.by_agee", "Did you mean entries.by_age"),
        ("population.in_care", "population.in_care has no range to test"),
        ("exits.level.1_4=5:2", "expected the lower end first"),
        ("exits.level.1_4=5", "expected two numbers"),
        ("exits.level.1_4=50:60", "Give a range that holds it"),
        ("entries.by_age=1:2", "names 6 numbers"),
    ],
)
def test_a_number_that_is_none_is_refused(resolved: Resolved, name: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        chosen((name,), resolved.origins)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("written", "gbp"),
    [("£24m", 24e6), ("24.5M", 24.5e6), ("36,000,000", 36e6), ("£950k", 950e3), ("£ 24 m", 24e6)],
)
def test_a_limit_is_read_as_people_write_money(
    resolved: Resolved, written: str, gbp: float
) -> None:
    calendar = report_calendar(resolved.start, resolved.months)
    answers = answers_at(calendar, None, measures=("cost",), limits=(f"cost={written}",))
    assert {answer.limit for answer in answers} == {gbp}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measures": ("costs",)}, "Did you mean cost?"),
        ({"limits": ("cost=much",)}, '--limit: found "cost=much"'),
        ({"limits": ("gap=3",)}, '--limit: found "gap=3"'),
        ({"limits": ("cost=24mk",)}, '--limit: found "cost=24mk"'),
        (
            {"limits": ("cost=-5",), "measures": ("cost",)},
            "expected one of cost with a number from",
        ),
    ],
)
def test_an_answer_that_is_none_is_refused(
    resolved: Resolved, given: dict[str, Any], message: str
) -> None:
    calendar = report_calendar(resolved.start, resolved.months)
    with pytest.raises(UserError) as refused:
        answers_at(calendar, None, **given)
    assert message in str(refused.value)
    with pytest.raises(UserError, match="--at: found"):
        answers_at(calendar, calendar.start, **{})


@pytest.mark.parametrize(("months", "year"), [(36, "2022-23"), (6, "2020-21")])
def test_money_is_of_the_last_year_that_is_whole_and_only_then_has_a_budget(
    months: int, year: str
) -> None:
    """From 30 June 2020, 36 months end within 2023-24."""
    budgets = dict.fromkeys(("2020-21", "2022-23", "2023-24"), 30e6)
    calendar = report_calendar(date(2020, 6, 30), months)
    (cost,) = answers_at(calendar, None, ("cost",), budgets=budgets)
    assert cost.financial_year == year
    assert cost.limit == (30e6 if months == 36 else None)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, variants: Variants) -> None:
    """As few variants as there can be, of rates that are known already."""
    known = variants.published
    monkeypatch.setattr(Variants, "of", classmethod(lambda cls, scenario: cls(scenario, known)))
    monkeypatch.setattr(studying, "WALKS", 2)
    monkeypatch.setattr(studying, "_draws", lambda inputs: 4 if inputs else 0)


def as_asked(**others: Any) -> Asked:
    return Asked(replications=8, workers=1, strongest=1, **others)


@pytest.mark.usefixtures("few")
def test_what_a_number_changes_is_the_difference_of_two_runs_of_their_own() -> None:
    asked = as_asked(assumptions=("entries.starters_per_month=0.5:6",), measures=("in_care",))
    found = study(RUTLAND, asked)
    assert found.manifest["rates_held"]
    one, held = found.tested[0], with_rates_at_their_means(RUTLAND)
    means = [_in_care(resolve(scenario)) for scenario in (held, changed(held, [(one, one.high)]))]
    row = found.sensitivity.query("end == 'high'").iloc[0]
    assert row["mean"] == pytest.approx(means[1] - means[0])
    assert row["base_mean"] == pytest.approx(means[0])
    assert found.manifest["together"] == [one.key]


def _in_care(resolved: Resolved) -> float:
    table = run(resolved, replications=8, seed=1, workers=1).forecast
    rows = table.query("measure == 'in_care' and sector == 'all' and age_band == 'all'")
    return float(rows.sort_values("date")["mean"].iloc[-1])


@pytest.mark.usefixtures("few")
def test_the_folder_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_out_the_report(monkeypatch)
    monkeypatch.chdir(tmp_path)
    options = ["--months", "6", "--replications", "6", "--workers", "1", "--strongest", "1"]
    names = ["--assumptions", "costs.weekly_cost_gbp.supported_accommodation", "--measure", "cost"]
    out = ["--out", "a study"]
    assert status("sensitivity", "--authority", "Rutland", *options, *names, *out) == 0
    folder = tmp_path / "a study"
    assert {path.name for path in folder.iterdir()} == FILES
    check_replaceable(folder, Results.SENSITIVITY)
    table = pd.read_csv(folder / "sensitivity.csv")
    assert list(table["end"]) == ["low", "high"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tested"][0]["key"] == names[1]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Cost of placements" in page
    assert "def-information" in page


@pytest.mark.usefixtures("few")
def test_stopped_as_it_tells_what_was_found_a_study_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_out_the_report(monkeypatch)
    out = tmp_path / "a study"

    def interrupted(_: object) -> None:
        if out.exists():
            raise KeyboardInterrupt

    monkeypatch.setattr("sufficiency.terminal.show_warnings", interrupted)
    options = ["--months", "6", "--replications", "6", "--workers", "1", "--strongest", "1"]
    names = ["--assumptions", "costs.weekly_cost_gbp.supported_accommodation", "--measure", "cost"]
    given = ["--authority", "Rutland", *options, *names, "--out", str(out)]
    assert status("sensitivity", *given) == 0
    said = capsys.readouterr().err
    assert "All results are written already" in said
    assert "Stopped" not in said


def test_nothing_is_written_for_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--authority", "Rutland", "--months", "6", "--assumptions", "entries.by_agee"]
    assert status("sensitivity", *options) == 2
    assert "Did you mean" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_scenario_itself_is_not_changed(resolved: Resolved) -> None:
    before = RUTLAND.model_dump()
    able, _ = changeable(RUTLAND, with_a_range(resolved.origins))
    changed(RUTLAND, [(one, one.high) for one in able])
    assert RUTLAND.model_dump() == before
    assert isinstance(RUTLAND, Scenario)
