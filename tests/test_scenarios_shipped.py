"""The scenarios that ship, and scenarios without a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from scenario_texts import HEAD, SIX, Write, scenario_writer

from sufficiency.domain import Sector
from sufficiency.errors import UserError
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.options import scenario_for_authority, with_options
from sufficiency.scenario.sourced import Kind
from sufficiency.shipped import shipped_path


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


def test_an_authority_needs_no_file() -> None:
    scenario = scenario_for_authority("336", in_care=570, as_at=date(2024, 9, 30), months=24)
    assert scenario.population.in_care is not None
    assert (scenario.name, scenario.authority) == ("Wolverhampton", "Wolverhampton")
    assert (scenario.start, scenario.months) == (date(2024, 9, 30), 24)
    assert scenario.population.in_care.value == 570


def test_a_new_count_rescales_the_counts_of_the_file(write: Write) -> None:
    path = write(
        HEAD + "start: 2020-06-30\n"
        f"population: {{in_care: 100, sectors: {SIX}, placed_for_adoption: 3, uasc: 7}}\n"
    )
    population = with_options(load_scenario(path), in_care=107).population
    counts = {sector: count.value for sector, count in population.sectors.items()}
    assert sum(counts.values()) == 107
    assert all(
        abs(counts[sector] - count.value * 1.07) < 1
        for sector, count in load_scenario(path).population.sectors.items()
    )
    assert "rescaled" in population.sectors[Sector.IFA].source
    assert population.placed_for_adoption is not None
    assert population.placed_for_adoption.value == 3


def test_no_options_leave_a_scenario_as_it_is(write: Write) -> None:
    scenario = load_scenario(write(HEAD))
    assert with_options(scenario) is scenario


def test_a_start_before_the_history_is_refused(write: Write) -> None:
    scenario = load_scenario(write(HEAD + "calibration: {history_to: 2020-03-31}\n"))
    with pytest.raises(UserError, match=r"calibration\.history_to: found 2020-03-31"):
        with_options(scenario, as_at=date(2019, 6, 30))


SHIPPED = sorted(shipped_path("scenarios").glob("*.yaml"))
CASES = {
    "best": (10, 557.0),
    "medium": (12, 575.0),
    "worst": (15, 602.0),
    "covid-crisis-starters": (18, 629.0),
    "covid-crisis-exits": (12, 629.0),
}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_named_after_its_file_and_described(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.name == path.stem
    assert scenario.description


def test_the_base_counts_every_child_once() -> None:
    base = load_scenario(shipped_path("scenarios", "wolverhampton-2020.yaml"))
    counts = {sector: count.value for sector, count in base.population.sectors.items()}
    assert set(counts) == set(Sector)
    assert sum(counts.values()) == 585
    assert (base.start, base.months) == (date(2020, 6, 30), 33)
    assert base.calibration.history_to == date(2020, 3, 31)
    assert (base.outcomes[0].date, base.outcomes[0].in_care) == (date(2021, 3, 31), 540)
    assert base.entries.starters_per_month is None


@pytest.mark.parametrize("case", CASES)
def test_a_case_changes_only_the_flow_it_names(case: str) -> None:
    starters, total = CASES[case]
    base = load_scenario(shipped_path("scenarios", "wolverhampton-2020.yaml"))
    path = shipped_path("scenarios", f"wolverhampton-2020-{case}.yaml")
    scenario = load_scenario(path)
    changed = {
        key for key, value in scenario.model_dump().items() if value != base.model_dump()[key]
    }
    words = {"name", "description", "extends", "council_method"}
    flows = {"entries", "interventions"} if case == "covid-crisis-exits" else {"entries"}
    assert changed == words | flows
    assert scenario.entries.starters_per_month is not None
    assert scenario.entries.starters_per_month.value == starters
    assert scenario.council_method is not None
    named = scenario.council_method.this_scenario
    assert named is not None
    assert scenario.council_method.totals()[named] == total
    assert f"{total:.0f}" in path.read_text(encoding="utf-8").split("\nextends")[0]


def test_fewer_exits_last_until_31_march_2021() -> None:
    path = shipped_path("scenarios", "wolverhampton-2020-covid-crisis-exits.yaml")
    (change,) = load_scenario(path).interventions
    assert (change.lever, change.end, change.reasons) == ("exits", date(2021, 3, 31), ())
    assert change.factor.value == pytest.approx(64 / 118, abs=1e-6)
    assert change.factor.kind == Kind.ASSUMED


def test_every_line_of_the_template_can_be_used(write: Write) -> None:
    text = shipped_path("scenarios", "england-authority.yaml").read_text(encoding="utf-8")
    head, body = text.split("\nname:")
    lines = [line.removeprefix("# ") for line in f"name:{body}".splitlines()]
    files = ("extends:", "table:", "price_list:")
    used = [line for line in lines if not line.strip().startswith(files)]
    scenario = load_scenario(write("\n".join(used)))
    assert head.startswith("# A template")
    assert scenario.population.in_care is not None
    assert scenario.sectors[Sector.INTERNAL_FOSTERING].schedule[0].places == 640
    assert scenario.costs.budget["2023-24"].value == 75_000_000
    assert scenario.interventions[0].who.age_bands == ("under_1", "1_4", "5_9")
