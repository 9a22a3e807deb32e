"""In what a scenario differs from its base: found, and entered one by one unless they clash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scenario_texts import HEAD, Write, scenario_writer

from sufficiency.comparison.changes import as_one, changes_between, check_together, with_changes
from sufficiency.comparison.differences import differing_numbers
from sufficiency.errors import ScenarioError, UserError
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.model import Scenario

MORE_CARERS = "sectors:\n  internal_fostering: {places: 230}\n"
MORE_HOMES = "sectors:\n  residential: {places: 60}\n"


def an_intervention(name: str, factor: float = 0.9, lever: str = "entries") -> str:
    return (
        f"  - name: {name}\n    lever: {lever}\n    start: 2024-01-01\n"
        f"    factor: {{value: {factor}, kind: lever, source: a test}}\n    evidence: none\n"
    )


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


@pytest.fixture
def base(write: Write) -> Scenario:
    return load_scenario(
        write(f"{HEAD}interventions:\n{an_intervention('Already there')}", "base.yaml")
    )


def extending(write: Write, name: str, text: str) -> Scenario:
    return load_scenario(write(f"extends: base.yaml\nname: {name}\n{text}", f"{name}.yaml"))


def in_full(scenario: Scenario) -> dict[str, Any]:
    """What a scenario says, but for what it is called and where it was read."""
    said = scenario.model_dump(by_alias=True)
    return {key: value for key, value in said.items() if key not in ("name", "extends")}


def test_a_copy_differs_in_nothing(write: Write, base: Scenario) -> None:
    copy = extending(write, "copy", "description: Says the same\nmonths: 24\n")
    assert changes_between(base, copy) == ()


def test_each_intervention_and_each_group_of_keys_is_a_change(write: Write, base: Scenario) -> None:
    other = extending(
        write,
        "other",
        f"{MORE_CARERS}  residential: {{places: 60}}\ncosts: {{inflation_per_year: 0.05}}\n"
        f"interventions:\n{an_intervention('First')}{an_intervention('Second', lever='moves')}",
    )
    changes = changes_between(base, other)
    assert [change.name for change in changes] == [
        "First",
        "Second",
        "Places: Our own foster carers",
        "Places: Children's homes and secure homes",
        "Prices and budgets",
    ]
    assert in_full(with_changes(base, changes, "all")) == in_full(other)
    for change in changes:
        alone = with_changes(base, [change], "alone")
        (found,) = changes_between(base, alone)
        assert (found.name, found.values, found.added) == (
            change.name,
            change.values,
            change.added,
        )


def test_what_the_base_says_may_be_taken_back(write: Write, base: Scenario) -> None:
    plain = load_scenario(write(f"{HEAD}", "plain.yaml"))
    (gone,) = changes_between(base, plain)
    assert gone.name == "Without Already there"
    assert in_full(with_changes(base, [gone], "without")) == in_full(plain)


def test_an_intervention_that_is_longer_or_larger_is_one_change(
    write: Write, base: Scenario
) -> None:
    text = f"{HEAD}interventions:\n{an_intervention('Already there', lever='moves')}"
    other = load_scenario(write(text, "longer.yaml"))
    (change,) = changes_between(base, other)
    assert change.name == "Already there, changed"
    assert in_full(with_changes(base, [change], "longer")) == in_full(other)


def test_changes_of_two_scenarios_can_be_entered_together(write: Write, base: Scenario) -> None:
    carers = extending(write, "carers", MORE_CARERS + f"interventions:\n{an_intervention('A')}")
    homes = extending(write, "homes", MORE_HOMES + f"interventions:\n{an_intervention('B')}")
    both = [as_one(one.name, changes_between(base, one)) for one in (carers, homes)]
    check_together(both)
    combined = with_changes(base, both, "both")
    assert combined.sectors.keys() == {"internal_fostering", "residential"}
    assert [item.name for item in combined.interventions] == ["Already there", "A", "B"]


def test_two_scenarios_may_say_different_things_of_one_sector(write: Write, base: Scenario) -> None:
    share = "sectors:\n  internal_fostering: {outside_area_share: 0.2}\n"
    pair = [
        as_one(name, changes_between(base, extending(write, name, text)))
        for name, text in (("places", MORE_CARERS), ("share", share))
    ]
    check_together(pair)
    combined = with_changes(base, pair, "both").sectors
    (sector,) = combined.values()
    assert (sector.places.value, sector.outside_area_share.value) == (230, 0.2)


def test_an_intervention_that_two_scenarios_share_is_entered_once(
    write: Write, base: Scenario
) -> None:
    shared = f"interventions:\n{an_intervention('Shared')}"
    pair = [
        as_one(name, changes_between(base, extending(write, name, shared + extra)))
        for name, extra in (("one", ""), ("two", an_intervention("Own")))
    ]
    check_together(pair)
    combined = with_changes(base, pair, "both")
    assert [item.name for item in combined.interventions] == ["Already there", "Shared", "Own"]


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (
            MORE_CARERS,
            MORE_CARERS.replace("230", "240"),
            r"sectors\.internal_fostering\.places, and not",
        ),
        (
            f"interventions:\n{an_intervention('A')}",
            f"interventions:\n{an_intervention('A', 0.8)}",
            'the intervention "A"',
        ),
    ],
)
def test_scenarios_that_contradict_each_other(
    write: Write, base: Scenario, one: str, two: str, said: str
) -> None:
    pair = [
        as_one(name, changes_between(base, extending(write, name, text)))
        for name, text in (("one", one), ("two", two))
    ]
    with pytest.raises(UserError, match=said) as refused:
        check_together(pair)
    assert str(refused.value).startswith("one and two cannot be combined: both change ")


def test_changes_that_are_impossible_together(write: Write, base: Scenario) -> None:
    start = extending(write, "start", "calibration: {history_to: 2022-03-31}\n")
    (change,) = changes_between(base, start)
    earlier = load_scenario(write(f"{HEAD}start: 2021-03-31\n", "earlier.yaml"))
    with pytest.raises(ScenarioError, match="entered together they cannot be run"):
        with_changes(earlier, [change], "together")


def test_every_step_of_a_schedule_is_a_difference() -> None:
    """They share a key and differ in their dates; the last was all that was listed."""
    steps = "sectors.ifa.schedule"
    same = {"key": "months", "label": "Months", "value": 24}
    base = [same, {"key": steps, "label": "from 1 October", "value": 20}]
    other = [
        same,
        {"key": steps, "label": "from 1 October", "value": 25},
        {"key": steps, "label": "from 1 April", "value": 30},
    ]
    found = differing_numbers(base, other)
    assert [(row["label"], row["base_value"], row["value"]) for row in found] == [
        ("from 1 October", 20, 25),
        ("from 1 April", None, 30),
    ]
    assert [row["key"] for row in found] == [steps, steps]
