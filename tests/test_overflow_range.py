"""What nobody observes is shown as a range: the same futures at its lowest and highest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sufficiency.domain import Sector
from sufficiency.experiment import simulate_scenario
from sufficiency.overflow_range import COUNTED, share_range
from sufficiency.report.figures import Figures
from sufficiency.report.overflow_table import overflow_table
from sufficiency.resolution.policies import Need
from sufficiency.resolution.pool import Pool
from sufficiency.scenario.model import Scenario


def scenario(asked: bool = True, **shares: Any) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "a",
            "authority": "Rutland",
            "start": "2023-03-31",
            "months": 12,
            "population": {"overflow_share": shares},
            "uncertainty": {"overflow_range": asked, "layers": False},
        }
    )


@cache
def told() -> Any:
    return simulate_scenario(scenario(), replications=12, workers=1)


def test_the_range_of_a_share_is_the_assumptions_unless_the_scenario_gives_one() -> None:
    shipped = share_range(scenario(), "ifa")
    assert (shipped.low, shipped.used, shipped.high) == (0.10, 0.25, 0.45)
    given = share_range(scenario(ifa={"value": 0.3, "low": 0.2, "high": 0.35}), "ifa")
    assert (given.low, given.used, given.high) == (0.2, 0.3, 0.35)
    certain = share_range(scenario(ifa=0.3), "ifa")
    assert certain.low == certain.used == certain.high == 0.3


def test_more_children_there_for_want_of_a_family_make_a_larger_shortfall() -> None:
    found = told().manifest["overflow_range"]
    assert found["replications"] == 12
    rows = {row["measure"]: row for row in found["rows"]}
    assert set(rows) == {*COUNTED, "cost_gbp"}
    shortfall = rows["in_house_shortfall"]
    assert shortfall["low"]["expected"] < shortfall["expected"] < shortfall["high"]["expected"]
    assert shortfall["low"]["p90"] <= 0 <= shortfall["high"]["p10"]


def test_where_the_share_is_certain_nothing_differs() -> None:
    certain = scenario(ifa=0.25, residential=0.1)
    found = simulate_scenario(certain, replications=6, workers=1).manifest["overflow_range"]
    for row in found["rows"]:
        for case in ("low", "high"):
            assert row[case] == {"expected": row["expected"], "p10": 0.0, "p90": 0.0}


class AgenciesFirst:
    """A policy of the user's own."""

    def order(self, need: Need, pools: Sequence[Pool]) -> Sequence[Pool]:
        return sorted(pools, key=lambda pool: pool.sector is not Sector.IFA)


def test_both_ends_are_played_with_the_users_own_policy() -> None:
    certain = scenario(ifa=0.25, residential=0.1)
    found = simulate_scenario(certain, replications=4, workers=1, policy=AgenciesFirst())
    for row in found.manifest["overflow_range"]["rows"]:
        assert row["low"] == row["high"] == {"expected": row["expected"], "p10": 0.0, "p90": 0.0}


def test_it_is_played_only_where_it_is_asked_for() -> None:
    quiet = simulate_scenario(scenario(asked=False), replications=2, workers=1)
    assert "overflow_range" not in quiet.manifest
    assert overflow_table(Figures.of(quiet)) is None


def test_the_table_says_what_is_assumed_and_what_it_changes() -> None:
    table = overflow_table(Figures.of(told()))
    assert table is not None
    assert [column.label for column in table.columns[1:]] == [
        "Fewest: 10% of agency, 3% of residential",
        "As used: 25% of agency, 10% of residential",
        "Most: 45% of agency, 25% of residential",
    ]
    heads = [row.head for row in table.rows]
    assert heads[3] == "Suitable, but not the first choice"
    assert "what they need is not" in table.note
    assert len(table.rows) == len(COUNTED) + 1
