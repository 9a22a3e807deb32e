"""Does a child leave as its placements team plans, and as surely; and does all else go on?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds import START, a_world, cohort, hazards, places

from sufficiency import experiment
from sufficiency.calibration.children.cohort import cohort_of_list, read_cohort, write_cohort
from sufficiency.domain import (
    EXIT_REASONS,
    MOVE_REASONS,
    N_EXIT_CAUSES,
    TICK,
    ExitReason,
    begins,
)
from sufficiency.errors import HistoryError
from sufficiency.forecast import Forecast
from sufficiency.history.children_now import Headings, read_children_now, read_headings
from sufficiency.history.children_plans import is_move, reason_of
from sufficiency.report.figures import Figures
from sufficiency.report.planned_ends import plans_sentences, plans_table
from sufficiency.report.suppression import shown
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.simulation import rules
from sufficiency.simulation.children import NO_PLAN
from sufficiency.simulation.record import ENDED_MOVED, ENDED_OPEN, Record
from sufficiency.simulation.risks import risks_of
from sufficiency.simulation.side_by_side import WIDTH
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import Hazards, KnownTimes, PlannedEnds, StartingCohort

GUARDIAN = EXIT_REASONS.index(ExitReason.SPECIAL_GUARDIANSHIP)
HOME = EXIT_REASONS.index(ExitReason.RETURNED_HOME)
AT_18 = EXIT_REASONS.index(ExitReason.TURNED_18)
OFTEN = 0.05
"""Exits a day: nobody would stay for half a year."""
DAY = 100
PLANNED = DAY - 1 + TICK


def planned_cohort(
    n: int, plan: tuple[float, int, float], *, years: float = 5.0, planned_for: int | None = None
) -> StartingCohort:
    """Children of one age, of whom the first (all by default) have one and the same plan."""
    time, cause, probability = plan
    some = np.arange(n) < (n if planned_for is None else planned_for)
    return replace(
        cohort(n),
        known=KnownTimes(
            first_born_day=np.full(n, -int(years * 365.25)),
            birth_days=np.ones(n, dtype=np.int64),
            care_days=np.full(n, 50.0),
            placement_days=np.full(n, 50.0),
            planned=PlannedEnds(
                np.where(some, time, 0.0), np.full(n, cause), np.full(n, probability)
            ),
        ),
    )


def lived(
    people: StartingCohort, rates: Hazards, days: int = 365, engine: str = "compiled"
) -> Record:
    world = a_world(days=days, hazards=rates, cohort=people, places=places())
    return simulate(world, 7, 0, engine=engine)


# --- the rule -------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_a_certain_plan_is_kept_to_the_day_whatever_the_rates(engine: str) -> None:
    rates = hazards({"returned_home": OFTEN, "planned": 0.02})
    spells = lived(planned_cohort(60, (PLANNED, GUARDIAN, 1.0)), rates, engine=engine).spells
    left = spells[(spells["ended"] >= 0) & (spells["ended"] < ENDED_MOVED)]
    assert len(left) == 60
    assert set(left["to_time"]) == {begins(START, date(2021, 7, 9))} == {PLANNED}
    assert set(left["ended"]) == {GUARDIAN}
    moves = int((spells["ended"] >= ENDED_MOVED).sum())
    expected = 60 * 0.02 * DAY
    assert abs(moves - expected) <= 4 * math.sqrt(expected)


def test_a_plan_holds_as_often_as_the_team_says_and_then_the_rates_begin() -> None:
    n, share, rate = 4000, 0.7, 0.01
    people = planned_cohort(n, (PLANNED, GUARDIAN, share))
    spells = lived(people, hazards({"returned_home": rate}), days=3000).spells
    assert spells["to_time"].min() == PLANNED
    as_planned = spells["ended"] == GUARDIAN
    assert abs(as_planned.sum() - n * share) <= 4 * math.sqrt(n * share * (1 - share))
    assert set(spells["to_time"][as_planned]) == {PLANNED}
    # Nothing of the exponential is spent before the plan fails, so what follows is whole.
    waited = spells["to_time"][~as_planned] - PLANNED
    assert abs(waited.mean() * rate - 1) <= 4 / math.sqrt(len(waited))


def test_the_18th_birthday_comes_first_and_on_its_day_the_plan_does() -> None:
    eighteen = replace(planned_cohort(3, (PLANNED, HOME, 1.0)), age_group=np.full(3, 4))
    birth = np.datetime64("2003-07-09") - np.datetime64(START)
    known = eighteen.known
    assert known is not None
    born = int(birth.astype(int)) + np.array([-1, 0, 1])
    eighteen = replace(eighteen, known=replace(known, first_born_day=born))
    spells = lived(eighteen, hazards({"adoption": OFTEN})).spells
    assert spells["ended"].tolist() == [AT_18, HOME, HOME]
    assert spells["to_time"].tolist() == [PLANNED - 1, PLANNED, PLANNED]


def test_a_plan_to_stay_until_18_leaves_no_other_way_out() -> None:
    people = planned_cohort(500, (1.0, AT_18, 0.6), years=17.5)
    spells = lived(people, hazards({"returned_home": OFTEN}), days=1000).spells
    stayed = int((spells["ended"] == AT_18).sum())
    # The others leave by their rates from the start on: half a year is ample.
    leak = math.exp(-OFTEN * 180)
    expected = 500 * (0.6 + 0.4 * leak)
    assert abs(stayed - expected) <= 4 * math.sqrt(500 * 0.6 * 0.4)


def test_waiting_for_a_plan_spends_nothing_that_leaving_takes() -> None:
    """Of a plan that fails: what runs until its day are moves, then exits too."""
    rates = hazards({"returned_home": 0.01, "adoption": 0.002, "planned": 0.03})
    birthdays = np.array([-math.inf, -800.0, 800.0, 2600.0, 4800.0, 5500.0])
    left = np.full(WIDTH, 6.0)
    spent, after = left.copy(), np.empty_like(left)
    who = (0, 0, False, 0.0, 0.0, birthdays, PLANNED)
    rules.spend(spent, 0.0, DAY + 50.0, *who, risks_of(rates))
    waited = DAY + 50.0 - PLANNED
    np.testing.assert_allclose(
        (left - spent)[[HOME, 0, N_EXIT_CAUSES]],
        [0.01 * waited, 0.002 * waited, 0.03 * (DAY + 50)],
        rtol=1e-9,
    )
    due, why = rules.next_ending(0.0, 1000.0, *who, NO_PLAN, left, after, risks_of(rates))
    assert (why, due) == (ENDED_MOVED, pytest.approx(6 / 0.03, abs=2 * TICK))
    assert after[HOME] == pytest.approx(6 - 0.01 * (due - PLANNED), rel=1e-9)


def test_a_move_before_the_plan_leaves_what_leaving_takes_untouched() -> None:
    rates = hazards({"returned_home": 0.01, "adoption": 0.002, "planned": 0.03})
    birthdays = np.array([-math.inf, -800.0, 800.0, 2600.0, 4800.0, 5500.0])
    left = np.full(WIDTH, 0.03 * PLANNED / 2)
    spent, after = left.copy(), np.empty_like(left)
    who = (0, 0, False, 0.0, 0.0, birthdays, PLANNED)
    due, why = rules.next_ending(0.0, 1000.0, *who, NO_PLAN, left, after, risks_of(rates))
    assert (why, due) == (ENDED_MOVED, pytest.approx(PLANNED / 2, abs=2 * TICK))
    assert after[:N_EXIT_CAUSES].tolist() == left[:N_EXIT_CAUSES].tolist()
    rules.spend(spent, 0.0, PLANNED / 3, *who, risks_of(rates))
    assert spent[:N_EXIT_CAUSES].tolist() == left[:N_EXIT_CAUSES].tolist()
    assert spent[N_EXIT_CAUSES] == pytest.approx(0.03 * PLANNED / 6)


def test_a_plan_beyond_the_horizon_keeps_the_child_and_one_on_it_counts() -> None:
    rates = hazards({"returned_home": OFTEN})
    beyond = lived(planned_cohort(5, (float(DAY) + TICK, HOME, 1.0)), rates, days=DAY).spells
    assert set(beyond["ended"]) == {ENDED_OPEN}
    on_it = lived(planned_cohort(5, (float(DAY), HOME, 1.0)), rates, days=DAY).spells
    assert set(on_it["ended"]) == {HOME}


def test_others_live_as_they_would_without_the_plans() -> None:
    rates = hazards({"returned_home": 0.002, "planned": 0.005})
    people = planned_cohort(300, (PLANNED, GUARDIAN, 0.5), planned_for=40)
    assert people.known is not None
    by_rates = replace(people, known=replace(people.known, planned=None))
    with_plans, without = (lived(each, rates).spells for each in (people, by_rates))
    for spells in (with_plans, without):
        assert len(spells[spells["child"] >= 40]) > 260
    of_others = [spells[spells["child"] >= 40] for spells in (with_plans, without)]
    order = [np.lexsort((each["from_time"], each["child"])) for each in of_others]
    np.testing.assert_array_equal(of_others[0][order[0]], of_others[1][order[1]])


# --- the team's list ------------------------------------------------------------------------

AS_AT = date(2023, 3, 31)
COLUMNS = (
    "child,date_of_birth,entered_care_on,placement_type,provider,placement_started_on,"
    "weekly_cost_gbp,planned_end_on,planned_end_reason,planned_end_probability"
)


def a_list(folder: Path, *known: str) -> Path:
    """One child a line, each with these prices and plans."""
    who = "14/02/2012,03/05/2021,U6,PR4,01/09/2022"
    rows = [f"MARKER{number},{who},{each}" for number, each in enumerate(known)]
    path = folder / "placements.csv"
    path.write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    return path


def test_prices_and_plans_are_read_as_teams_write_them(tmp_path: Path) -> None:
    path = a_list(
        tmp_path,
        '"£1,234.50",30/09/2023,Returned Home,80%',
        "950,2023-10-01,E43,0.25",
        "0,01/12/2023,sgo,1",
        ",,turning 18,",
        ",,,",
        "N/A,,,0",
    )
    mapped = Headings(planned_end_reasons={"sgo": "special_guardianship"})
    read = read_children_now(path, AS_AT, mapped).children
    assert read["weekly_cost_gbp"].fillna(-1).tolist() == [1234.5, 950, 0, -1, -1, -1]
    assert read["planned_end_reason"].tolist() == [
        "returned_home",
        "special_guardianship",
        "special_guardianship",
        "turned_18",
        "",
        "",
    ]
    assert read["planned_end_probability"].fillna(-1).tolist() == [0.8, 0.25, 1, -1, -1, 0]
    days = read["planned_end_on"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    assert days == ["2023-09-30", "2023-10-01", "2023-12-01", "", "", ""]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("MARKER,,,", "row 3: weekly_cost_gbp is no price"),
        ("-5,,,", "weekly_cost_gbp is no price"),
        ("250000,,,", "from 0 to 100,000"),
        (",MARKER,adoption,", "planned_end_on is no date"),
        (",31/03/2023,adoption,", "not after 2023-03-31"),
        (",30/09/2023,MARKER,", "planned_end_reason is unknown"),
        (",30/09/2023,,0.5", "planned_end_reason is blank"),
        (",30/09/2023,step down,", "is a move, after which the child is still in care"),
        (",30/09/2023,residential,", "is a move"),
        (",30/09/2023,X1,", "is a move"),
        (",30/09/2023,adoption,MARKER", "expected 0 to 1, such as 0.8, or 80%"),
        (",30/09/2023,adoption,80", "expected 0 to 1"),
        (",30/09/2023,adoption,-0.1", "expected 0 to 1"),
        (",,adoption,", "planned_end_on is blank, but a reason"),
        (",,,0.5", "planned_end_on is blank, but a reason"),
    ],
)
def test_a_price_or_plan_that_cannot_be_is_refused_unseen(
    tmp_path: Path, known: str, said: str
) -> None:
    with pytest.raises(HistoryError, match=said) as wrong:
        read_children_now(a_list(tmp_path, ",,,", known), AS_AT)
    assert "MARKER" not in str(wrong.value)


def test_words_for_reasons_are_mapped_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "headings.yaml"
    path.write_text("planned_end_reasons: {SGO: E43, moving on: planned}\n", encoding="utf-8")
    mapped = read_headings(path)
    assert mapped.planned_end_reasons == {"sgo": "E43", "moving on": "planned"}
    with pytest.raises(HistoryError, match="is a move"):
        read_children_now(a_list(tmp_path, ",30/09/2023,Moving on,"), AS_AT, mapped)
    path.write_text("planned_end_reasons: {SGO: guardian}\n", encoding="utf-8")
    with pytest.raises(HistoryError, match='"guardian" is no reason for leaving care'):
        read_headings(path)


# --- the forecast ---------------------------------------------------------------------------


def a_forecast(folder: Path, planned: int, switch: str = "", children: int = 60) -> Forecast:
    """Wolverhampton from so many children of ten or eleven, some of whom have a certain plan."""
    plans = [",30/09/2023,returned home,1"] * planned + [",,,"] * (children - planned)
    listed = read_children_now(a_list(folder, *plans), AS_AT)
    write_cohort(cohort_of_list(listed, AS_AT), folder / "now.cohort.parquet")
    path = folder / "own.yaml"
    path.write_text(
        "name: own\nauthority: Wolverhampton\nmonths: 12\n"
        f"population: {{cohort: now.cohort.parquet{switch}}}\n",
        encoding="utf-8",
    )
    resolved = resolve(load_scenario(path))
    return experiment.run(resolved, replications=20, seed=1, workers=1)


def test_the_forecast_is_shown_with_and_without_the_plans(tmp_path: Path) -> None:
    followed = a_forecast(tmp_path, 20)
    planned = followed.manifest["planned_ends"]
    assert (planned["children"], planned["replications"]) == (20, 20)
    in_care = followed.forecast[
        (followed.forecast["measure"] == "in_care")
        & (followed.forecast["sector"] == "all")
        & (followed.forecast["age_band"] == "all")
    ]["mean"]
    assert [row["with_plans"] for row in planned["rows"]] == pytest.approx(in_care.tolist())
    # The cohort keeps its ids and order, so that switching plans off is the same run again.
    path = tmp_path / "own.yaml"
    text = path.read_text(encoding="utf-8").replace("parquet}", "parquet, planned_ends: false}")
    path.write_text(text, encoding="utf-8")
    off = experiment.run(resolve(load_scenario(path)), replications=20, seed=1, workers=1)
    assert "planned_ends" not in off.manifest
    without = off.forecast.loc[in_care.index, "mean"]
    assert [row["without_plans"] for row in planned["rows"]] == pytest.approx(without.tolist())
    at = [row["date"] for row in planned["rows"]].index("2023-09-30")
    # None of the twenty leaves before their day, all leave on it; some would have anyway.
    assert planned["rows"][at - 1]["difference"] > 0 > planned["rows"][at]["difference"] > -20


def test_a_chance_that_the_team_does_not_give_is_assumed_and_said(tmp_path: Path) -> None:
    listed = read_children_now(
        a_list(tmp_path, ",30/09/2023,adoption,", ",30/09/2023,adoption,0.3", ",,,"), AS_AT
    )
    write_cohort(cohort_of_list(listed, AS_AT), tmp_path / "now.cohort.parquet")
    path = tmp_path / "own.yaml"
    for own, kind, chance in (
        ("", "assumed", 0.8),
        (", planned_end_probability: 0.6", "lever", 0.6),
    ):
        path.write_text(
            "name: own\nauthority: Wolverhampton\nmonths: 6\n"
            f"population: {{cohort: now.cohort.parquet{own}}}\n",
            encoding="utf-8",
        )
        resolved = resolve(load_scenario(path))
        said = {origin.key: origin for origin in resolved.origins}
        told = said["population.planned_end_probability"]
        assert (told.value, str(told.kind)) == (chance, kind)
        times = resolved.plan.own.times
        assert times is not None
        assert times.planned is not None
        chances = times.planned.probability[times.planned.time > 0]
        assert sorted(chances.tolist()) == [0.3, chance]


def test_the_page_says_what_the_plans_change_and_hides_what_is_small(tmp_path: Path) -> None:
    sent = shown(a_forecast(tmp_path, 20))
    figures = Figures.of(sent)
    who, change = plans_sentences(figures)
    assert "20 children" in who
    assert "fewer" in change
    assert "30 September 2023" in change
    table = plans_table(figures)
    assert table is not None
    assert [row.cells[0].text == "c" for row in table.rows] == [True, False, False]
    few = shown(a_forecast(tmp_path, 3))
    assert few.manifest["planned_ends"]["rows"] == []
    words = " ".join(plans_sentences(Figures.of(few)))
    assert "1 to 5 children" in words
    assert plans_table(Figures.of(few)) is None
    assert not any(
        origin["value"] == 3
        for origin in few.manifest["origins"]
        if str(origin["key"]).startswith("population.")
    )


def test_a_cohort_of_an_earlier_version_knows_no_price_and_no_plan(tmp_path: Path) -> None:
    listed = read_children_now(a_list(tmp_path, "900,30/09/2023,adoption,1", ",,,"), AS_AT)
    path = tmp_path / "now.cohort.parquet"
    write_cohort(cohort_of_list(listed, AS_AT), path)
    kept = read_cohort(path)
    assert (kept.known_prices, kept.planned_ends) == (1, 1)
    frame = pd.read_parquet(path)
    frame.drop(columns=[name for name in frame if "planned" in name or "cost" in name]).to_parquet(
        path
    )
    earlier = read_cohort(path)
    assert (earlier.known_prices, earlier.planned_ends) == (0, 0)
    frame["planned_end_on"] = pd.Timestamp(AS_AT)
    frame.to_parquet(path)
    with pytest.raises(HistoryError, match=r"a planned end without a day, or not after"):
        read_cohort(path)


def test_moves_are_no_plans() -> None:
    for reason in MOVE_REASONS:
        assert is_move(str(reason), {})
        assert not reason_of(str(reason), {})
    for reason in EXIT_REASONS:
        assert reason_of(str(reason), {}) == reason
        assert not is_move(str(reason), {})
