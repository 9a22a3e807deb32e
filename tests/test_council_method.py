"""The council's arithmetic gives back its printed totals, and its printed rates do not follow."""

from __future__ import annotations

import re
from datetime import date

import pytest

from sufficiency.scenario.council_method import (
    CouncilMethod,
    Projection,
    council_total,
    rates_that_do_not_follow,
)
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.model import Scenario
from sufficiency.shipped import shipped_path

UNDER_18S_OF_DFE = 61_173


@pytest.mark.parametrize(
    ("starters", "exits", "printed"),
    [(10, 118, 557), (12, 118, 575), (15, 118, 602), (18, 118, 629), (12, 64, 629)],
)
def test_the_arithmetic_gives_the_printed_totals(starters: int, exits: int, printed: int) -> None:
    assert council_total(opening=585, starters_per_month=starters, tracked_exits=exits) == printed


def test_each_part_of_the_arithmetic_counts() -> None:
    whole = council_total(
        opening=100, starters_per_month=10, months=6, remain_in_care_share=0.5, tracked_exits=20
    )
    assert whole == 100 + 30 - 20


def shipped() -> Scenario:
    return load_scenario(shipped_path("scenarios", "wolverhampton-2020-medium.yaml"))


def test_the_shipped_lines_give_what_the_paper_prints() -> None:
    method = shipped().council_method
    assert method is not None
    printed = {name: line.printed_total for name, line in method.projections.items()}
    assert method.totals() == printed


def test_the_printed_rates_do_not_follow_from_the_totals() -> None:
    method = shipped().council_method
    assert method is not None
    said = rates_that_do_not_follow(method.projections)
    assert said is not None
    assert "do not follow" in said
    for implied in ("55,229", "56,931", "69,365"):
        assert implied in said


def test_rates_that_do_follow_are_left_alone() -> None:
    lines = {
        str(total): Projection(
            starters_per_month=1,
            printed_total=total,
            printed_rate_per_10k=round(total / UNDER_18S_OF_DFE * 10_000, 1),
        )
        for total in (557, 575, 602)
    }
    assert rates_that_do_not_follow(lines) is None
    wrong = lines["602"].model_copy(update={"printed_rate_per_10k": 109.0})
    assert rates_that_do_not_follow({**lines, "602": wrong}) is not None


def test_one_line_cannot_contradict_itself() -> None:
    line = Projection(starters_per_month=1, printed_total=5, printed_rate_per_10k=900.0)
    assert rates_that_do_not_follow({"a": line}) is None


def test_what_others_said_and_what_happened_stand_beside_the_forecast() -> None:
    rows = shipped().comparisons()
    said = {row["label"]: row["value"] for row in rows if row["method"] == "council_method"}
    assert said == {
        "best": 557,
        "medium (this scenario)": 575,
        "worst": 602,
        "covid crisis (starters)": 629,
        "covid crisis (exits)": 629,
    }
    happened = [row for row in rows if row["method"] == "outcome"]
    assert (happened[0]["date"], happened[0]["value"]) == ("2021-03-31", 540)
    assert "547" in happened[0]["note"]
    assert "543" in happened[0]["note"]
    assert all(date.fromisoformat(row["date"]) for row in rows)
    assert all("do not follow" in row["note"] for row in rows if row["method"] != "outcome")


def test_a_scenario_without_a_printed_projection_compares_with_nothing() -> None:
    assert Scenario(name="a", authority="b").comparisons() == []


def test_a_projection_is_checked_like_everything_else() -> None:
    values = {"opening": 585, "tracked_exits": 118, "total_at": "2021-03-31", "source": "x"}
    with pytest.raises(ValueError, match=re.escape("at least 1")):
        CouncilMethod.model_validate({**values, "projections": {}})
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        CouncilMethod.model_validate(
            {
                **values,
                "remain_in_care_share": 75,
                "projections": {"best": {"starters_per_month": 10}},
            }
        )
