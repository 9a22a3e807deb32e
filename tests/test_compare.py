"""``sufficiency compare`` from the command line and from Python, end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import leave_out_the_report, status
from scenario_texts import scenario_writer

import sufficiency
from sufficiency.comparison import compare as comparing
from sufficiency.comparison import explaining
from sufficiency.comparison.many import ManyJobs, work_out_one
from sufficiency.comparison.paired import ADDED_UP
from sufficiency.errors import OutputError, UserError
from sufficiency.report.kinds import Results, check_replaceable
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.model import Scenario

BASE = "name: base\nauthority: Rutland\nmonths: 8\n"
FEWER = """extends: base.yaml
name: fewer
interventions:
  - name: Edge of care
    lever: entries
    age_bands: [10_15]
    start: 2023-08-01
    factor: {value: 0.6, kind: lever, source: a test}
    evidence: none
"""
MUCH = """extends: base.yaml
name: much
interventions:
  - {name: Dearer, lever: price, start: 2023-08-01, effect: 1.3}
  - {name: Fewer places, lever: places, unit: factor, start: 2023-08-01, effect: 0.5,
     applies_to: {sectors: [internal_fostering]}}
  - {name: Home, lever: exits, start: 2023-08-01, effect: {distribution: uniform, low: 1, high: 3}}
  - {name: Endings, lever: unplanned_endings, start: 2023-08-01, effect: 4}
"""
NEUTRAL = """extends: base.yaml
name: neutral
interventions:
  - {name: Dearer, lever: price, start: 2023-08-01, effect: 1}
  - {name: No places, lever: places, unit: places, start: +2 months, effect: 0,
     applies_to: {sectors: [internal_fostering]}}
  - {name: Home, lever: exits, start: 2023-08-01, ramp_days: 60, effect: 1}
  - {name: Courts, lever: court_delay, start: +1 months, length_months: 2, effect: 0,
     after_end: {what: returns, over_days: 90}}
  - {name: Carers, lever: approval_time, start: +1 months, effect: 0}
"""
HOMES = "extends: base.yaml\nname: homes\nsectors:\n  residential: {places: 1}\n"
COMBO = FEWER.replace("name: fewer", "name: combo") + "sectors:\n  residential: {places: 1}\n"
NULL = FEWER.replace("name: fewer", "name: nothing-new").replace("0.6", "1.0")
OTHERS = BASE.replace("name: base", "name: others") + "population: {in_care: 40}\n"
LATER = "extends: others.yaml\nname: later\nstart: 2023-05-31\n"
RESOLVED: dict[str, Resolved] = {}
FEW = ("--replications", "6")
FILES = {"comparison.csv", "scenarios.csv", "manifest.json", "report.html", "workbook.xlsx"}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = scenario_writer(tmp_path, monkeypatch)
    for name, text in {
        "base": BASE,
        "fewer": FEWER,
        "homes": HOMES,
        "combo": COMBO,
        "null": NULL,
        "much": MUCH,
        "neutral": NEUTRAL,
        "others": OTHERS,
        "later": LATER,
    }.items():
        write(text, f"{name}.yaml")


@pytest.fixture(autouse=True)
def _resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scenario is resolved once for all tests, which is most of what they would do."""

    def remembering(scenario: Scenario) -> Resolved:
        key = scenario.model_dump_json()
        if key not in RESOLVED:
            RESOLVED[key] = resolve(scenario)
        return RESOLVED[key]

    for module in (comparing, explaining):
        monkeypatch.setattr(module, "resolve", remembering)
    monkeypatch.setattr("sufficiency.resolution.resolve.resolve", remembering)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page and no workbook."""
    for name in (
        "comparison_page.write_comparison_page",
        "comparison_workbook.write_comparison_workbook",
    ):
        monkeypatch.setattr(f"sufficiency.report.{name}", lambda result, path: path.touch())


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one message of a comparison that is refused, with nothing written."""
    assert status("compare", *arguments) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert not Path("outputs").exists()
    return captured.err


def test_a_comparison_is_a_folder_for_a_board_and_for_finance(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ("base.yaml", "fewer.yaml", "homes.yaml", "--explain", *FEW, "--out", "a folder")
    assert status("compare", *given) == 0
    folder = Path("a folder")
    assert {path.name for path in folder.iterdir()} == {*FILES, "waterfall.csv"}
    check_replaceable(folder, Results.COMPARISON)
    page = (folder / "report.html").read_text(encoding="utf-8")
    for words in ("fewer", "homes", "For finance", "What drives the difference", "How sure are we"):
        assert words in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["paired"] is True
    assert manifest["explained"]["changes"] == ["fewer", "homes"]
    assert manifest["command"].startswith("sufficiency compare base.yaml fewer.yaml")
    assert [one["scenario"]["name"] for one in manifest["scenarios"]] == ["base", "fewer", "homes"]
    (lever,) = manifest["scenarios"][1]["differs_in"]
    assert (lever["value"], lever["base_value"], lever["kind"]) == (0.6, None, "lever")
    said = capsys.readouterr().out
    assert "fewer" in said
    assert "The report is" in said
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


def test_the_same_command_gives_the_same_bytes_on_any_workers(quick: None) -> None:
    given = ("compare", "base.yaml", "combo.yaml", "--explain", *FEW)
    assert status(*given, "--out", "one", "--workers", "1") == 0
    assert status(*given, "--out", "two", "--workers", "2") == 0
    for name in ("comparison.csv", "scenarios.csv", "waterfall.csv"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_nothing_new_differs_in_nothing_and_nothing_differs_before_a_change() -> None:
    names = ["base.yaml", "null.yaml", "fewer.yaml", "much.yaml"]
    found = sufficiency.compare(names, replications=20)
    table = found.comparison[found.comparison["mean"].notna()]
    null = table[table["scenario"] == "nothing-new"]
    assert (null[["mean", "sd", "p05", "p95", "standard_error"]] == 0).all(axis=None)
    for name in ("fewer", "much"):
        changed = table[(table["scenario"] == name) & table["date"].notna()]
        before = changed["date"] < "2023-08-01"
        assert set(changed.loc[before, "measure"]) >= {"in_care", "moves", "cost", "unmet_need"}
        assert (changed.loc[before, ["mean", "sd"]] == 0).all(axis=None)
        assert changed.loc[~before, "sd"].max() > 0


def test_a_run_with_interventions_that_change_nothing_is_that_of_its_base(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leave_out_the_report(monkeypatch)
    for name in ("base", "neutral"):
        assert status("run", f"{name}.yaml", *FEW, "--out", name) == 0
    tables = sorted(path.name for path in Path("base").glob("*.csv"))
    assert {"forecast.csv", "finance.csv", "flows.csv"} <= set(tables)
    for table in tables:
        assert Path("base", table).read_bytes() == Path("neutral", table).read_bytes(), table


def test_the_steps_add_up_to_the_difference_in_every_future() -> None:
    two = sufficiency.compare(["base.yaml", "combo.yaml"], replications=10, explain=True)
    three = sufficiency.compare(
        ["base.yaml", "fewer.yaml", "homes.yaml"], replications=10, explain=True
    )
    for found in (two, three):
        assert found.steps is not None
        for values in found.steps.values.values():
            known = values[:, 1:]
            np.testing.assert_allclose(known[:-1].sum(axis=0), known[-1], atol=1e-6)
        totals = found.waterfall[found.waterfall["date"].notna()]
        by_kind = totals.groupby(["kind", "measure", "date"])["mean"].sum()
        whole = by_kind["combination"] - by_kind["base"]
        np.testing.assert_allclose(by_kind["change"], whole, atol=1e-6)
        years = found.waterfall[found.waterfall["date"].isna()]
        assert set(years["measure"]) == set(ADDED_UP) & set(found.steps.values)
        for (step, measure), rows in years.groupby(["step", "measure"]):
            months = found.steps.values[measure][step][1:]
            np.testing.assert_allclose(rows["mean"].sum(), months.sum(axis=0).mean(), rtol=1e-9)
    # The combination of both ways is the same scenario, and the same parts make it up.
    assert two.steps is not None
    assert three.steps is not None
    for measure, values in two.steps.values.items():
        np.testing.assert_array_equal(values, three.steps.values[measure])
    assert two.steps.changes == ("Edge of care", "Places: Children's homes and secure homes")


@pytest.mark.parametrize(
    ("compared", "kept"),
    [(("runs/base", "runs/again"), False), (("base.yaml", "fewer.yaml", *FEW), True)],
)
def test_only_futures_that_are_kept_are_said_to_be(
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    compared: tuple[str, ...],
    kept: bool,
) -> None:
    leave_out_the_report(monkeypatch)
    assert status("run", "base.yaml", *FEW, "--out", "runs/base") == 0
    shutil.copytree("runs/base", "runs/again")

    def full(*_: object) -> None:
        raise OutputError("out: the disk is full.")

    monkeypatch.setattr("sufficiency.report.comparison_folder.write_comparison", full)
    assert status("compare", *compared, "--out", "out") == 2
    said = capsys.readouterr().err
    assert "the disk is full." in said
    assert ("--resume" in said) == kept


def test_runs_that_were_written_give_what_their_scenarios_give(
    quick: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_out_the_report(monkeypatch)
    for name in ("base", "fewer"):
        assert status("run", f"{name}.yaml", *FEW, "--out", f"runs/{name}") == 0
    assert status("compare", "runs/base", "runs/fewer", "--out", "of runs") == 0
    assert status("compare", "base.yaml", "fewer.yaml", *FEW, "--out", "of files") == 0
    of_runs, of_files = (pd.read_csv(f"{name}/comparison.csv") for name in ("of runs", "of files"))
    pd.testing.assert_frame_equal(of_runs, of_files)
    assert status("run", "others.yaml", *FEW, "--out", "runs/others") == 0
    for name, key, value in (("seed", "seed", 2), ("five", "replications", 5)):
        shutil.copytree("runs/fewer", f"runs/{name}")
        manifest = Path(f"runs/{name}/manifest.json")
        said = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps({**said, key: value}), encoding="utf-8")
    capsys.readouterr()
    for folder, said in (
        ("seed", "this run has the seed 2, not 1"),
        ("five", "this run has the number of replications 5, not 6"),
        ("others", "this run starts from other children than"),
    ):
        message = refused(capsys, "runs/base", f"runs/{folder}")
        assert said in message
        assert "--unpaired" in message
    assert status("compare", "runs/base", "runs/seed", "--unpaired", "--out", "unpaired") == 0
    assert "do not share their children" in capsys.readouterr().out


def test_runs_that_start_apart_may_be_compared_unpaired(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_the_report(monkeypatch)
    for name in ("others", "later"):
        assert status("run", f"{name}.yaml", *FEW, "--out", f"runs/{name}") == 0
    given = ("compare", "runs/others", "runs/later", "--unpaired", "--out", "apart")
    assert status(*given) == 0
    dates = pd.read_csv("apart/comparison.csv")["date"].dropna()
    assert (dates.min(), dates.max()) == ("2023-05-31", "2023-11-30")


def test_a_file_laid_over_one_scenario_or_over_all(quick: None) -> None:
    laid = {"home.yaml": "Home", "team.yaml": "Team"}
    for file, name in laid.items():
        cost = "\n    cost: {per_month_gbp: 5000}" if name == "Team" else ""
        Path(file).write_text(
            f"name: {name}\ninterventions:\n  - name: {name}\n    lever: exits\n"
            "    reasons: [returned_home]\n    start: 2023-05-01\n"
            f"    factor: {{value: 3, kind: lever, source: a test}}{cost}\n",
            encoding="utf-8",
        )
    alone = ("compare", "base.yaml", "--with", "home.yaml", "--with", "team.yaml", *FEW)
    assert status(*alone, "--explain", "--out", "alone") == 0
    manifest = json.loads(Path("alone/manifest.json").read_text(encoding="utf-8"))
    assert manifest["explained"]["changes"] == ["Home", "Team"]
    (found,) = manifest["appraisals"]
    assert found["interventions"] == ["Team"]
    assert found["programme_cost_gbp"] == pytest.approx(7 * 5000)
    saved = pd.read_csv("alone/comparison.csv").query(
        "measure == 'cost' and sector == 'all' and financial_year.notna()"
    )
    assert found["saving_gbp"]["mean"] == pytest.approx(-saved["mean"].sum(), abs=0.01)
    both = ("compare", "base.yaml", "fewer.yaml", "--with", "home.yaml", *FEW, "--out", "both")
    assert status(*both) == 0
    names = set(pd.read_csv("both/scenarios.csv")["scenario"])
    assert names == {"base with Home", "fewer with Home"}


def test_a_comparison_that_is_stopped_goes_on(
    quick: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("compare", "base.yaml", "fewer.yaml", "--replications", "120", "--workers", "1")
    assert status(*given, "--out", "whole") == 0
    done: list[int] = []

    def stop_after_three(shared: ManyJobs, item: tuple[int, object]) -> object:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(item[0])
        return work_out_one(shared, item)  # type: ignore[arg-type]

    with monkeypatch.context() as stopping:
        stopping.setattr("sufficiency.comparison.many.work_out_one", stop_after_three)
        assert status(*given, "--out", "stopped") == 130
    assert "--resume goes on from there" in capsys.readouterr().err
    assert not Path("stopped").exists()
    assert status(*given, "--out", "stopped", "--resume") == 0
    for name in ("comparison.csv", "scenarios.csv"):
        assert Path("stopped", name).read_bytes() == Path("whole", name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "found 0 to compare, expected at least two"),
        (("base.yaml",), "found 1 to compare, expected at least two"),
        (("base.yaml", "./base.yaml"), "base.yaml: found it 2 times, expected each"),
        (("base.yaml", "nowhere.yaml"), "nowhere.yaml"),
        (("base.yaml", "."), "found both a scenario (base.yaml) and the folder of a run (.)"),
        (("base.yaml", "bsae"), "there is no scenario bsae. Check the name and the folder"),
        (("nowhere", "either"), "nowhere: there is no such folder"),
        (("base.yaml", "others.yaml"), "others starts from 40 children in care, not from"),
        (("others.yaml", "later.yaml"), "later starts on 31 May 2023, not on 31 March 2023"),
        (("base.yaml", "null.yaml", "fewer.yaml", "--explain"), "cannot be combined"),
        (("base.yaml", "fewer.yaml", "--explain", "--unpaired"), "--explain"),
        ((".", "..", "--seed", "3"), "--seed belongs to scenarios"),
        (("base.yaml", "fewer.yaml", "--replications", "0"), "replications"),
    ],
)
def test_what_cannot_be_compared(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    assert said in refused(capsys, *arguments)


def test_two_scenarios_of_one_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    message = refused(capsys, "base.yaml", "again.yaml")
    assert "found 2 scenarios with the name 'base'" in message


def test_unpaired_is_said_everywhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vl_convert.vegalite_to_svg", lambda spec: "<svg/>")
    given = ("compare", "base.yaml", "others.yaml", "--unpaired", "--replications", "20")
    assert status(*given, "--out", "apart") == 0
    assert "do not share their children" in capsys.readouterr().out
    assert "do not share their children" in Path("apart/report.html").read_text(encoding="utf-8")
    assert json.loads(Path("apart/manifest.json").read_text(encoding="utf-8"))["paired"] is False


def test_scenarios_of_unlike_length_are_compared_over_the_shorter() -> None:
    Path("short.yaml").write_text("extends: base.yaml\nname: short\nmonths: 3\n", encoding="utf-8")
    found = sufficiency.compare(["base.yaml", "short.yaml"], replications=4)
    assert found.comparison["date"].max() == pd.Timestamp("2023-06-30")
    assert "compared over the 3 months" in found.manifest["warnings"][0]


def test_options_of_scenarios_do_not_go_with_runs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="replications, seed and explain belong to scenarios"):
        comparing.compare([tmp_path, tmp_path / "other"], seed=1)


def test_every_pair_is_offered_future_by_future() -> None:
    found = sufficiency.compare(["base.yaml", "fewer.yaml"], replications=7)
    (pair,) = found.pairs
    assert pair.cost_difference_gbp.shape == (7, 8)
    annual = found.comparison.query("measure == 'cost' and sector == 'all' and date.isna()")
    assert pair.cost_difference_gbp.sum(axis=1).mean() == pytest.approx(annual["mean"].sum())
