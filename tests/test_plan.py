"""Plans of places end to end: the futures they are judged in, what is found, what is written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from command_line import status

from sufficiency.domain import SECTORS
from sufficiency.errors import UserError
from sufficiency.executors import SERIAL, THREADS, Workers
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.rows import FORECAST_ROWS
from sufficiency.planning.asking import Request
from sufficiency.planning.evenly import NEIGHBOURS, evenly_chosen
from sufficiency.planning.futures import (
    Reading,
    constraints_of,
    is_met,
    margins,
    play,
    question_of,
    until,
)
from sufficiency.planning.hindrances import hindrances_of
from sufficiency.planning.making import find_plan
from sufficiency.planning.oracle import Simulated, _Known
from sufficiency.planning.result import make_plan
from sufficiency.planning.search import Plan, Room
from sufficiency.planning.steps import Step
from sufficiency.planning.target import parse_target
from sufficiency.replication import Job, layers_asked, measure_chunk, surroundings_of
from sufficiency.report.kinds import Results, check_replaceable
from sufficiency.report.plan_tables import places_table
from sufficiency.resolution.places_added import PlacesAdded, with_places_added
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.model import Scenario
from sufficiency.shipped import shipped_path
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.worlds import drift_factors

ONE = Workers(SERIAL, 1)
MORE = (PlacesAdded("ifa", date(2020, 12, 1), 7), PlacesAdded("residential", date(2021, 2, 1), 2))
SCENARIO = f"""extends: {shipped_path("scenarios", "wolverhampton-2020-places.yaml").as_posix()}
name: small
months: 12
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a council") / "small.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def resolved(path: Path) -> Resolved:
    return resolve(load_scenario(path))


def row(resolved: Resolved, numbers: range, measure: str, sector: str = "all") -> np.ndarray:
    """(n, T): a row of the forecast table as a run has it."""
    job = Job(resolved, surroundings_of(resolved), 1, "compiled")
    figures = measure_chunk(job, numbers, layers_asked(resolved))
    if measure == "cost":
        return figures.cost_gbp.sum(axis=(1, 2))
    return figures.forecast[:, FORECAST_ROWS.index((measure, sector, "all"))]


def test_a_plan_is_read_as_a_run_of_its_scenario_is(resolved: Resolved) -> None:
    calendar = report_calendar(resolved.start, resolved.months)
    numbers = range(3, 9)
    named = {
        ("unmet_need", ()): ("unmet_need", "all"),
        ("in_house_shortfall", (SECTORS[1],)): ("in_house_shortfall", "ifa"),
        ("unplaced", ()): ("in_care", "unplaced"),
    }
    readings = [Reading(measure, where, day) for measure, where in named for day in calendar.dates]
    years = dict(zip(calendar.month_years, calendar.dates[1:], strict=True))
    readings += [Reading("cost", (), day, False, year) for year, day in years.items()]
    plans = [resolved, with_places_added(resolved, MORE)]
    values = play(question_of(resolved, readings, 1), plans, numbers, ONE)
    for plan, found in zip(plans, values, strict=True):
        runs = [row(plan, numbers, *rows) for rows in named.values()]
        assert (found[:, : len(calendar.dates) * 3] == np.concatenate(runs, axis=1)).all()
        cost = row(plan, numbers, "cost")
        for number, year in enumerate(years):
            months = [each == year for each in calendar.month_years]
            assert found[:, number - len(years)] == pytest.approx(cost[:, months].sum(axis=1))


def test_shares_are_those_of_the_children_there(resolved: Resolved) -> None:
    day = date(2021, 3, 31)
    at = report_calendar(resolved.start, resolved.months).dates.index(day)
    family = SECTORS[:2]
    readings = [
        Reading("in_house_share", family, day),
        Reading("in_area_share", (), day),
        Reading("occupancy", (SECTORS[1],), day),
        Reading("unmet_need", (), day, True),
    ]
    numbers = range(4)
    (found,) = play(question_of(resolved, readings, 1), [resolved], numbers, ONE)
    own, agency = (row(resolved, numbers, "in_care", name)[:, at] for name in family)
    everybody = row(resolved, numbers, "in_care")[:, at]
    outside = row(resolved, numbers, "outside_area")[:, at]
    assert found[:, 0] == pytest.approx(own / (own + agency))
    assert found[:, 1] == pytest.approx(1 - outside / everybody, abs=1e-5)
    assert found[:, 2] == pytest.approx(agency / 150)
    assert found[:, 3] == pytest.approx(row(resolved, numbers, "unmet_need")[:, at] / everybody)


def test_a_shorter_forecast_is_the_beginning_of_a_longer_one(resolved: Resolved) -> None:
    day = date(2020, 12, 31)
    readings = [Reading("unmet_need", (), day), Reading("unplaced", (), day)]
    whole, part = (
        play(question_of(each, readings, 1), [with_places_added(each, MORE)], range(8), ONE)
        for each in (resolved, until(resolved, day))
    )
    assert (whole == part).all()


def test_plans_share_their_futures_whatever_else_is_played(resolved: Resolved) -> None:
    readings = [Reading("unmet_need", (), date(2021, 5, 31))]
    question = question_of(resolved, readings, 1)
    more = with_places_added(resolved, MORE)
    together = play(question, [resolved, more, resolved], range(60), Workers(THREADS, 2))
    assert (together[0] == together[2]).all()
    assert (together[1] == play(question, [more], range(60), ONE)[0]).all()
    assert (together[0] != together[1]).any()


def test_the_plan_is_what_trying_every_plan_finds(resolved: Resolved) -> None:
    target = parse_target("unplaced <= 3 with 75% by 2021-04")
    names, opens = ("ifa", "residential"), date(2020, 11, 1)
    every = list(product(range(4), repeat=2))
    plans = [
        tuple(
            PlacesAdded(name, opens, places)
            for name, places in zip(names, plan, strict=True)
            if places
        )
        for plan in every
    ]
    short = until(resolved, target.last)
    constraints = constraints_of([target])
    question = question_of(short, [each.reading for each in constraints], 1)
    numbers = evenly_chosen(short, 1, 40)
    values = play(question, [with_places_added(short, each) for each in plans], numbers, ONE)
    shares = is_met(margins(constraints, values)).mean(axis=(1, 2))
    # What few plans reach, and none of one place does.
    asked = min(share for share in shares if share > max(shares[:2]) and share > shares[4])
    fewest = min(sum(plan) for plan, share in zip(every, shares, strict=True) if share >= asked)
    assert fewest > 1
    pools = tuple(f"{name}=3" for name in names)
    wanted = replace(target, certainty=float(asked))
    found = find_plan(resolved, Request((wanted,), pools, futures=40), ONE)
    assert found.opens == (opens, opens)
    assert found.is_met
    assert found.plan.places == fewest
    assert found.plan.certainty[0] >= asked


def test_a_plan_that_is_said_to_meet_a_target_does_however_often_the_search_was_misled(
    resolved: Resolved, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(
        (parse_target("unplaced <= 5 with 80% by 2021-04"),), ("ifa=6", "residential=6"), futures=30
    )
    honest = find_plan(resolved, request, ONE)
    settle = Simulated.settle

    def misled(oracle: Simulated, plan: Plan, room: Room) -> None:
        """Take every plan to meet the target in every future, again and again."""
        settle(oracle, plan, room)
        met = np.full((oracle.futures, len(oracle.constraints)), 9.0)
        oracle._near, oracle._room = _Known(met, np.zeros(0, np.int64)), room

    monkeypatch.setattr(Simulated, "settle", misled)
    found = find_plan(resolved, request, ONE)
    assert honest.is_met
    assert found.is_met
    assert found.plan.meets
    assert found.plan.places == honest.plan.places > 1


def test_a_target_out_of_reach_is_said_to_be_and_what_can_be_reached_is_met(
    resolved: Resolved,
) -> None:
    target = parse_target("unmet_need <= 0 with 90% by 2020-12")
    request = Request((target,), ("ifa=4",), futures=60, further_futures=20)
    found = find_plan(resolved, request, ONE)
    assert not found.is_met
    (reachable,) = found.reachable
    assert reachable > 0
    assert found.plan.meets
    assert not any(
        option.meets and option.places < found.plan.places for option in found.alternatives
    )
    constraints = constraints_of([parse_target(f"unmet_need <= {reachable:g} with 90% by 2020-12")])
    question = question_of(resolved, [each.reading for each in constraints], 1)
    planned = with_places_added(resolved, found.plan.additions)
    numbers = evenly_chosen(until(resolved, target.last), 1, 60)
    values = play(question, [planned], numbers, ONE)
    assert is_met(margins(constraints, values)).mean() >= 0.9


@pytest.mark.parametrize("met", [True, False])
def test_places_that_do_not_meet_the_target_are_not_said_to(met: bool) -> None:
    line = SimpleNamespace(
        label="Agencies",
        places=3,
        so_far=3,
        needed_by=date(2021, 3, 1),
        lead_time_days=90,
        kind="assumed",
        start_by=date(2020, 12, 1),
        too_late=False,
    )
    plan = SimpleNamespace(certainty=0.4, standard_error=0.01)
    said: Any = SimpleNamespace(places=(line,), options=(None, plan), is_met=met)
    table = places_table(said)
    assert table is not None
    assert ("every target is met in at least 40%" in table.note) is met
    assert ("do not meet the target: it is met in 40%" in table.note) is not met


def test_why_places_do_not_meet_a_target_is_counted_in_futures(resolved: Resolved) -> None:
    target = parse_target("unmet_need <= 0 with 90% by 2020-12")
    request = Request((target,), ("ifa=4",), futures=40, further_futures=20)
    found = find_plan(resolved, request, ONE)
    (line,) = hindrances_of(resolved, request, found, found.plan.certainty, ONE)
    short = until(resolved, target.last)
    question = question_of(short, [Reading("unmet_need", (), target.last)], 1)
    numbers = evenly_chosen(short, 1, line.futures, 40)
    settled = replace(
        short.plan, places=replace(short.plan.places, settling_days=line.helps[0].days)
    )
    plans = [
        with_places_added(each, found.plan.additions)
        for each in (short, replace(short, plan=settled))
    ]
    alone, moved_back = play(question, plans, numbers, ONE)[..., 0]
    assert line.children == pytest.approx(alone.mean())
    assert line.no_place is not None
    assert line.there_before is not None
    assert 0 < line.there_before <= line.children - line.no_place
    assert line.certainty == (alone <= 0).mean()
    assert [each.what for each in line.helps] == ["settling", "at_once", "later"]
    assert line.helps[0].certainty == (moved_back <= 0).mean() > line.certainty


def test_futures_stand_evenly_for_what_drift_may_bring(resolved: Resolved) -> None:
    def growth(numbers: list[int]) -> np.ndarray:
        """Entries less half of exits before 18, over the days for which each year's drift holds."""
        starts, factors = drift_factors(resolved.plan, [Draws(1, number) for number in numbers])
        entries, exits = (np.log(factors) @ np.diff([*starts, resolved.plan.horizon_days])).T
        return entries - exits / 2

    chosen, others = evenly_chosen(resolved, 1, 200), evenly_chosen(resolved, 1, 100, 200)
    assert len({*chosen, *others}) == 300
    every = growth(list(range(200 * NEIGHBOURS)))
    # One of each eight neighbours: shares below any level differ by one future at most.
    for part, step in ((chosen, 1), (chosen[::4], 4)):
        found = np.sort(growth(part))
        ranks = np.searchsorted(np.sort(every), found)
        assert (ranks // (NEIGHBOURS * step) == np.arange(len(found))).all()
    # Where among its neighbours a future stands decides nothing.
    within = np.searchsorted(np.sort(every), growth(chosen)) % NEIGHBOURS
    error = np.sqrt((NEIGHBOURS**2 - 1) / 12 / len(chosen))
    assert within.mean() == pytest.approx((NEIGHBOURS - 1) / 2, abs=4 * error)
    still = replace(resolved, scenario=load_scenario_without_drift())
    assert evenly_chosen(still, 1, 5, 2) == list(range(2 * NEIGHBOURS, 2 * NEIGHBOURS + 5))


def load_scenario_without_drift() -> Scenario:
    return Scenario.model_validate(
        {"authority": "Wolverhampton", "uncertainty": {"drift": False}, "name": "still"}
    )


def test_nothing_is_planned_where_the_target_is_met_already(resolved: Resolved) -> None:
    target = parse_target("unplaced <= 500 with 90% by 2021-03")
    found = find_plan(resolved, Request((target,), futures=50, further_futures=20), ONE)
    assert found.is_met
    assert found.plan.additions == ()


def test_no_place_opens_before_its_lead_time_unless_that_is_set_aside(resolved: Resolved) -> None:
    target = parse_target("unplaced <= 1 with 70% by 2021-03")
    found = find_plan(resolved, Request((target,), ("ifa",), futures=50), ONE)
    # 120 days from 30 June 2020, and then the first of a month.
    assert found.opens == (date(2020, 11, 1),)
    at_once = Request((target,), ("ifa",), futures=50, keep_lead_times=False)
    assert find_plan(resolved, at_once, ONE).opens == (date(2020, 7, 1),)
    soon = parse_target("unplaced <= 1 with 70% by 2020-10")
    with pytest.raises(UserError, match="No place can open in time"):
        find_plan(resolved, Request((soon,), ("ifa",), futures=50), ONE)


TARGET = "unplaced <= 1 with 85% by 2021-05"
FEW = ["--replications", "50", "--pools", "ifa,residential", "--target", TARGET]


def test_a_plan_is_a_folder_of_files(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "the plan"
    reach = ["--reach", "560", "--reach-rate", "england"]
    assert status("plan", str(path), *FEW, *reach, "--out", str(out)) == 0
    assert {each.name for each in out.iterdir()} == {
        "manifest.json",
        "market_position.csv",
        "places_to_find.csv",
        "plan.csv",
        "report.html",
        "workbook.xlsx",
    }
    plan = pd.read_csv(out / "plan.csv")
    check_replaceable(out, Results.PLAN)
    assert list(plan)[:6] == ["plan", "date", "measure", "sector", "pool", "mean"]
    added = plan[(plan["measure"] == "places_added") & (plan["plan"] == "plan")]
    found = pd.read_csv(out / "places_to_find.csv")
    assert len(found) > 0
    assert found["places"].sum() == added.groupby("pool")["mean"].max().sum()
    lead = pd.to_datetime(found["needed_by"]) - pd.to_datetime(found["start_by"])
    assert (lead.dt.days == 120).all()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["targets"] == [TARGET]
    assert sum(each["places"] for each in manifest["plan"]) == found["places"].sum()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"{found['places'].sum()} more place" in page
    assert "arithmetic on expected flows and not a target" in page
    assert not re.search(r"(?:src|href)=\"https?:", page)
    book = openpyxl.load_workbook(out / "workbook.xlsx", read_only=True)
    assert book.sheetnames[:4] == ["Plan", "Alternatives", "Market position", "When reached"]


def test_the_same_plan_and_the_same_steps_told_whatever_the_workers(resolved: Resolved) -> None:
    target = parse_target("unplaced <= 3 with 75% by 2021-01")
    request = Request((target,), ("ifa=4",), futures=60, further_futures=20)
    heard: list[tuple[Step, int]] = []
    one = make_plan(resolved, request, Workers(THREADS, 1))
    two = make_plan(resolved, request, Workers(THREADS, 2), told=lambda *told: heard.append(told))
    for name in ("table", "needs", "market_table"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert (one.places, one.options) == (two.places, two.options)
    steps = list(dict.fromkeys(step for step, _ in heard))
    assert steps == list(Step) == sorted(steps, key=lambda step: step.number)
    confirming = sum(futures for step, futures in heard if step is Step.CONFIRMING)
    assert confirming == 20 * len(two.options)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "unmet <= 2"], "MEASURE[(SECTOR[+SECTOR])]"),
        ([], "Give a --target, or --reach or --reach-rate."),
        (
            ["--target", TARGET, "--pools", "iffa"],
            "there is no pool iffa in this scenario. Did you mean ifa?",
        ),
        (["--target", TARGET, "--pools", "connected_persons"], "are not limited"),
        (["--target", TARGET, "--pools", "ifa=many"], "such as ifa=20"),
        (["--target", "unplaced <= 2 with 60% by 2025-01"], "is outside the forecast"),
        (["--reach-rate", "scotland"], "expected england, neighbours or a rate"),
        (["--reach", "500", "--reach-by", "2022"], "expected a month such as 2022-04"),
        (["--reach", "500"], "--reach alone says when a number is reached, and writes nothing."),
    ],
)
def test_a_mistake_is_one_message_and_nothing_is_written(
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    out = tmp_path / "out"
    assert status("plan", str(path), *arguments, "--out", str(out)) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sufficiency.planning.oracle.play", stopped)
    assert status("plan", str(path), *FEW, "--out", str(tmp_path / "out")) == 130
    assert "Nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
