"""Files laid over a scenario: what they add, the settings at their top, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_texts import HEAD, Write, scenario_writer

from sufficiency import cli
from sufficiency.errors import ScenarioError
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.scenario.overlays import overlay_path, shipped_overlays
from sufficiency.shipped import shipped_path

CRISIS = (
    "name: a crisis\n"
    "settings:\n"
    "  start: +3 months\n"
    "  depth: 0.8\n"
    "interventions:\n"
    "  - {name: crisis, lever: entries, start: $start, effect: $depth}\n"
)
FIRST = "interventions:\n  - {name: first, lever: exits, start: 2023-06-01, factor: 1.1}\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


def test_overlays_add_their_interventions_in_order_and_merge_the_rest(write: Write) -> None:
    base = write(HEAD + FIRST + "costs: {inflation_per_year: 0.02}\n")
    crisis = write(CRISIS, "a crisis.yaml")
    prices = write("name: prices\ncosts: {inflation_per_year: 0.05}\n", "prices.yaml")
    found = load_scenario(base, [crisis, prices])
    assert [item.name for item in found.interventions] == ["first", "crisis"]
    assert found.costs.inflation_per_year is not None
    assert found.costs.inflation_per_year.value == 0.05
    assert found.name == "Test with a crisis and prices"
    assert [path.name for path in found.files] == ["s.yaml", "a crisis.yaml", "prices.yaml"]
    assert found.given["interventions.1.effect"] == ("a crisis.yaml", 4)


def test_an_overlay_goes_over_an_authority_without_a_file(write: Write) -> None:
    found = scenario_for_authority("Leeds", overlays=[write(CRISIS, "c.yaml")])
    assert (found.name, found.authority) == ("Leeds with a crisis", "Leeds")
    assert found.interventions[0].how_much.expected == 0.8


def test_two_overlays_may_have_settings_of_one_name(write: Write) -> None:
    mild = write(CRISIS, "mild.yaml")
    worse = write(CRISIS.replace("crisis", "slump").replace("0.8", "0.5"), "worse.yaml")
    found = load_scenario(write(HEAD), [mild, worse])
    assert [item.how_much.expected for item in found.interventions] == [0.8, 0.5]
    depths = {name: value for name, value in found.settings.items() if name.endswith("depth")}
    assert depths == {"a crisis.depth": 0.8, "a slump.depth": 0.5}


def test_a_setting_is_changed_in_one_line(write: Write) -> None:
    write(CRISIS, "crisis.yaml")
    own = write("extends: crisis.yaml\nname: deeper\nsettings: {depth: 0.5}\n", "deeper.yaml")
    (item,) = load_scenario(write(HEAD), [own]).interventions
    assert item.how_much.expected == 0.5
    assert item.start == "+3 months"


MISTAKES = {
    "a setting that is used nowhere": (
        CRISIS.replace("  depth: 0.8", "  depth: 0.8\n  dept: 0.5"),
        'c.yaml, line 5, settings.dept: used nowhere. Did you mean "depth"?',
    ),
    "a name without a setting": (
        CRISIS.replace("$depth", "$deepth"),
        'c.yaml, line 6, effect: found "$deepth", but there is no setting deepth. The settings '
        "are: start, depth.",
    ),
    "a setting that is a list": (
        CRISIS.replace("0.8", "[1, 2]"),
        "c.yaml, line 4, settings.depth: expected one value, such as a number or a date.",
    ),
    "an impossible setting": (
        CRISIS.replace("0.8", "-2"),
        "c.yaml, line 4, interventions[1].effect: found -2, expected nothing below 0, or a rate "
        "would become negative.",
    ),
    "an authority of its own": (
        CRISIS + "authority: Leeds\n",
        "c.yaml, line 7, authority: an overlay may be laid over any scenario and names no "
        "authority. Take it out, or run the file by itself.",
    ),
    "a start of its own": (
        CRISIS + "start: 2020-03-31\n",
        "c.yaml, line 7, start: an overlay keeps the scenario's start; its days may be such as +3 "
        "months. Take it out, or run the file by itself.",
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_an_overlay_is_one_message(write: Write, text: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(HEAD), [write(text, "c.yaml")])
    assert str(caught.value) == expected


def test_the_same_file_twice_is_refused(write: Write) -> None:
    base, crisis = write(HEAD), write(CRISIS, "c.yaml")
    with pytest.raises(ScenarioError, match=r"--with: c\.yaml is read already"):
        load_scenario(base, [crisis, crisis])
    with pytest.raises(ScenarioError, match=r"--with: s\.yaml is read already"):
        load_scenario(base, [base])


def test_two_interventions_of_one_name_are_refused_where_the_second_stands(write: Write) -> None:
    base = write(HEAD + CRISIS.replace("name: a crisis\n", ""))
    with pytest.raises(
        ScenarioError, match=r'^c\.yaml, line 6, interventions\[2\]\.name: "crisis"'
    ):
        load_scenario(base, [write(CRISIS, "c.yaml")])


def test_an_overlay_that_is_not_there_is_said_with_the_nearest_that_ships() -> None:
    with pytest.raises(ScenarioError) as caught:
        overlay_path("crises/court-closures")
    assert str(caught.value) == (
        '--with: found "crises/court-closures", but there is no such file. Did you mean '
        "crises/court-closure?"
    )


def test_a_shipped_overlay_is_found_by_its_folder_and_name() -> None:
    expected = shipped_path("scenarios", "crises", "court-closure.yaml")
    assert overlay_path("crises/court-closure") == expected
    assert overlay_path("crises\\court-closure.yaml") == expected


@pytest.mark.parametrize("name", shipped_overlays())
def test_every_overlay_that_ships_goes_over_wolverhampton(name: str) -> None:
    # Files on what happens to carers are laid over the one that says how many there are.
    carers = "supply/wolverhampton-carers"
    before = [carers] if name.startswith("supply/") and name != carers else []
    found = load_scenario(shipped_path("scenarios", "wolverhampton-2020.yaml"), [*before, name])
    for item in found.interventions:
        assert item.evidence or item.prevention, f"{name}: {item.name} has no evidence"
        assert item.certainty or item.effect_is_known, f"{name}: {item.name}"


def test_every_crisis_ships_with_and_without_a_grant_and_is_changed_in_one_line() -> None:
    crises = [name for name in shipped_overlays() if name.startswith("crises/")]
    alone = [name for name in crises if not name.endswith("-with-grant")]
    assert sorted(crises) == sorted([*alone, *(f"{name}-with-grant" for name in alone)])
    assert len(alone) == 8
    base = shipped_path("scenarios", "wolverhampton-2020.yaml")
    for name in alone:
        without, granted = (load_scenario(base, [each]) for each in (name, f"{name}-with-grant"))
        words = {key.split(".")[-1].split("_")[0] for key in without.settings}
        assert {"start", "depth", "grant"} <= words, name
        costs = [
            [item.cost.grant_per_month_gbp.value for item in each.interventions if item.cost
             and item.cost.grant_per_month_gbp]
            for each in (without, granted)
        ]  # fmt: skip
        assert costs[0] == [0]
        assert costs[1][0] > 0
        assert not any(item.is_choice for item in without.interventions)


def test_effects_without_a_comparison_group_are_marked_as_not_known() -> None:
    base = shipped_path("scenarios", "wolverhampton-2020.yaml")
    for name in ("edge-of-care", "social-workers-in-schools", "power2-ending"):
        (item,) = load_scenario(base, [f"interventions/{name}"]).interventions
        assert not item.effect_is_known
        assert item.prevention is not None
        low, high = item.prevention.kept_out_share.drawn_from.support
        assert (low, high >= 0.3) == (0, True)


def test_power2_ends_with_its_funding_or_goes_on_with_the_same_luck() -> None:
    base = shipped_path("scenarios", "wolverhampton-2020.yaml")
    ending, going_on = (
        resolve(load_scenario(base, [f"interventions/power2-{how}"])).plan.effects
        for how in ("ending", "continuing")
    )
    assert ending is not None
    assert going_on is not None
    assert ending.effects[0].name == going_on.effects[0].name
    assert ending.effects[0].distributions == going_on.effects[0].distributions
    assert ending.effects[0].weight[-1] == 0
    assert going_on.effects[0].weight[-1] == 1


def test_the_command_lays_files_over_and_says_what_is_wrong(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    base, crisis = str(write(HEAD)), str(write(CRISIS.replace("0.8", "-2"), "c.yaml"))
    with pytest.raises(SystemExit) as left:
        cli.main(["check", base, "--with", crisis])
    assert left.value.code == 2
    assert "c.yaml, line 4, interventions[1].effect: found -2" in capsys.readouterr().err
