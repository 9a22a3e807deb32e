"""A scenario file means what it says, whether alone or extending another."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scenario_texts import HEAD, SIX, Write, problem, scenario_writer

from sufficiency.domain import NeedGroup, Sector
from sufficiency.errors import UserError
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.model import DEFAULT_NEEDS, Scenario, scenario_schema
from sufficiency.scenario.sourced import Kind
from sufficiency.shipped import shipped_path


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


SCRAPS = [
    "null",
    "-5",
    "1e999",
    ".nan",
    "[]",
    "{}",
    "[1, [2]]",
    "2020-13-01",
    "true",
    "*a",
    "&a x",
    "!!x y\n",
    "<<: {a: 1}",
    "-",
    "0x1F",
    "{value: }",
    "1_4",
    "2020-01-01T10:00:00Z",
    "%",
    "{? [a] : b}",
    "1:2:3\n",
    "!!binary abc",
    "{value: {value: 1}}",
]


def test_whatever_stands_in_a_file_the_answer_is_a_message(write: Write) -> None:
    shipped = shipped_path("scenarios", "wolverhampton-2020.yaml").read_text(encoding="utf-8")
    random = Random(1)
    outcomes = set()
    for _ in range(120):
        lines = shipped.splitlines()
        for _ in range(random.randint(1, 2)):
            row = random.randrange(len(lines))
            key = lines[row].split(":")[0]
            lines[row] = f"{key}: {random.choice(SCRAPS)}"
        try:
            load_scenario(write("\n".join(lines)))
            outcomes.add("read")
        except UserError as wrong:
            outcomes.add("placed" if "s.yaml, line " in str(wrong) else str(wrong))
    assert outcomes == {"read", "placed"}


def test_what_a_file_does_not_say_comes_from_the_one_it_extends(write: Write) -> None:
    write(
        HEAD + "months: 12\nsectors: {ifa: {places: 5, vacancy_share: 0.1}}\n"
        "interventions:\n  - {name: a, lever: exits, start: 2021-01-01, factor: 1}\n",
        "base.yaml",
    )
    scenario = load_scenario(
        write(
            "extends: base.yaml\nname: Over\nsectors:\n  ifa: {places: 7}\n"
            "entries:\n"
            "interventions:\n  - {name: b, lever: moves, start: 2021-01-01, factor: 2}\n"
        )
    )
    ifa = scenario.sectors[Sector.IFA]
    assert ifa.places is not None
    assert ifa.vacancy_share is not None
    assert (scenario.name, scenario.months) == ("Over", 12)
    assert (ifa.places.value, ifa.vacancy_share.value) == (7, 0.1)
    assert [each.name for each in scenario.interventions] == ["a", "b"]
    assert [path.name for path in scenario.files] == ["s.yaml", "base.yaml"]
    assert scenario.given["months"] == ("base.yaml", 3)
    assert scenario.given["sectors.ifa.places"] == ("s.yaml", 4)
    assert scenario.given["interventions.1.factor"] == ("s.yaml", 7)
    assert "exits" not in scenario.given


def test_a_new_value_does_not_keep_the_other_numbers_source(write: Write) -> None:
    rate = "exits: {annual_exit_rate: {value: 0.2, high: 0.25, kind: fitted, source: a study}}\n"
    write(HEAD + rate, "base.yaml")
    for text in ("0.3", "{value: 0.3}"):
        path = write(f"extends: base.yaml\nexits: {{annual_exit_rate: {text}}}\n")
        found = load_scenario(path).exits.annual_exit_rate
        assert found is not None
        assert (found.value, found.high, found.kind) == (0.3, None, Kind.LEVER)
        assert found.source == "the scenario file"


def test_a_blank_key_says_nothing(write: Write) -> None:
    write(HEAD + "months: 12\n", "base.yaml")
    assert load_scenario(write("extends: base.yaml\nmonths:\ncosts:\n")).months == 12


def test_a_mistake_is_placed_in_the_file_that_makes_it(write: Write) -> None:
    write(HEAD + "months: 12\nsectors: {ifa: {places: many}}\n", "bases/base.yaml")
    message = problem(write("extends: bases/base.yaml\nname: Over\n"))
    base = str(Path("bases") / "base.yaml")
    assert message.startswith(f"{base}, line 4, sectors.ifa.places: found")


def test_a_sum_that_no_longer_adds_up_is_placed_where_it_was_last_changed(write: Write) -> None:
    write(HEAD + f"population:\n  in_care: 100\n  sectors: {SIX}\n", "base.yaml")
    message = problem(write("extends: base.yaml\npopulation:\n  sectors:\n    ifa: 21\n"))
    assert message.startswith("s.yaml, line 3, population.sectors: the numbers given add up to 101")


def test_a_circle_is_named(write: Write) -> None:
    write("extends: c.yaml\n", "b.yaml")
    write("extends: s.yaml\n", "c.yaml")
    assert problem(write("extends: b.yaml\n")) == (
        "s.yaml: the files extend each other in a circle: s.yaml -> b.yaml -> c.yaml -> s.yaml. "
        "Take `extends` out of one of them."
    )


def test_a_file_cannot_extend_itself(write: Write) -> None:
    assert "in a circle: s.yaml -> s.yaml" in problem(write("extends: ./s.yaml\n"))


def test_a_missing_base(write: Write) -> None:
    assert problem(write("name: a\nextends: bass.yaml\n")) == (
        's.yaml, line 2, extends: found "bass.yaml", but there is no file bass.yaml. '
        "Give its path relative to this file."
    )


def test_the_path_of_a_base_is_text(write: Write) -> None:
    assert problem(write("extends: [a.yaml]\n")) == (
        "s.yaml, line 1, extends: expected the path of one scenario file."
    )


@pytest.mark.parametrize("way_out", ["../base.yaml", "sub/../../base.yaml", "..\\base.yaml"])
def test_extends_stays_in_the_folder_of_the_scenario(write: Write, way_out: str) -> None:
    write(HEAD, "base.yaml")
    path = write(f"extends: '{way_out}'\nname: a\n", "inner/s.yaml")
    assert problem(path) == (
        f'{path}, line 1, extends: found "{way_out}", which leaves the folder of the scenario '
        "that is run. Move the file into that folder or give its absolute path."
    )


def test_a_base_deeper_down_may_look_up_within_the_folder(write: Write) -> None:
    write(HEAD, "base.yaml")
    write("extends: ../base.yaml\nmonths: 6\n", "inner/middle.yaml")
    assert load_scenario(write("extends: inner\\middle.yaml\n")).months == 6


def test_a_link_is_no_way_out(write: Write, tmp_path: Path) -> None:
    outside = write(HEAD, "outside/base.yaml")
    path = write("extends: link.yaml\n", "inner/s.yaml")
    try:
        (tmp_path / "inner" / "link.yaml").symlink_to(outside.resolve())
    except OSError:
        pytest.skip("links need rights on this system")
    assert "which leaves the folder" in problem(path)


def test_an_absolute_path_may_lead_anywhere(write: Write, tmp_path: Path) -> None:
    write(HEAD + "months: 9\n", "elsewhere/base.yaml")
    base = tmp_path / "elsewhere" / "base.yaml"
    assert load_scenario(write(f"extends: '{base}'\n", "inner/s.yaml")).months == 9


def test_the_users_table_is_found_beside_the_file_that_names_it(
    write: Write, tmp_path: Path
) -> None:
    write("month,starters,leavers\n", "bases/mine.csv")
    write(HEAD + "calibration: {table: mine.csv}\n", "bases/base.yaml")
    scenario = load_scenario(write("extends: bases/base.yaml\n"))
    assert scenario.table_path == tmp_path.resolve() / "bases" / "mine.csv"


# What values mean


def test_age_bands_are_not_numbers(write: Write) -> None:
    scenario = load_scenario(
        write(
            HEAD + "population: {age_bands: {1_4: 10, 10_15: 20}}\n"
            "interventions:\n  - {name: a, lever: entries, start: 2021-01-01, factor: 1, "
            "age_bands: [10_15, uasc]}\n"
        )
    )
    assert {band: n.value for band, n in scenario.population.age_bands.items()} == {
        "1_4": 10,
        "10_15": 20,
    }
    assert scenario.interventions[0].age_bands == ("10_15", "uasc")


def test_a_plain_number_is_a_lever() -> None:
    rate = Scenario.model_validate(
        {"name": "a", "authority": "b", "exits": {"annual_exit_rate": 0.2}}
    ).exits.annual_exit_rate
    assert rate is not None
    assert (rate.value, rate.kind, rate.source) == (0.2, Kind.LEVER, "the scenario file")


def test_a_need_group_given_in_part_keeps_the_rest_of_its_default() -> None:
    plans = Scenario.model_validate(
        {"name": "a", "authority": "b", "needs": {"family": {"order": ["ifa", "residential"]}}}
    ).need_plans()
    assert set(plans) == set(NeedGroup)
    assert plans[NeedGroup.FAMILY] == ((Sector.IFA, Sector.RESIDENTIAL), frozenset({Sector.IFA}))
    assert plans[NeedGroup.CONNECTED][0] == DEFAULT_NEEDS[NeedGroup.CONNECTED].order
    assert Sector.RESIDENTIAL not in plans[NeedGroup.CONNECTED][1]


def test_a_scenario_does_not_change_and_travels_with_its_origins(write: Write) -> None:
    scenario = load_scenario(write(HEAD + "exits: {annual_exit_rate: 0.2}\n"))
    with pytest.raises(ValueError, match="frozen"):
        scenario.months = 3
    copy = pickle.loads(pickle.dumps(scenario))
    assert copy == scenario
    assert copy.given == scenario.given


def test_a_dumped_scenario_reads_back(write: Write) -> None:
    scenario = load_scenario(
        write(HEAD + "sectors: {ifa: {schedule: [{from: 2021-01-01, places: unlimited}]}}\n")
    )
    dumped = scenario.model_dump(mode="json")
    assert dumped["sectors"]["ifa"]["schedule"][0]["from"] == "2021-01-01"
    assert Scenario.model_validate(dumped).model_dump() == scenario.model_dump()


def _schema_fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (schema, *schema.get("anyOf", ())):
        for name, field in part.get("properties", {}).items():
            yield f"{path}.{name}", field
    for name, definition in schema.get("$defs", {}).items():
        yield from _schema_fields(definition, name)


def test_every_key_is_described_in_the_schema() -> None:
    fields = dict(_schema_fields(scenario_schema()))
    assert len(fields) > 90
    assert [path for path, field in fields.items() if not field.get("description")] == []
    top = (
        "name, authority, extends, start, months, population, calibration, entries, exits, moves, "
        "sectors, needs, allocation, costs, interventions, uncertainty"
    )
    assert set(scenario_schema()["properties"]) >= set(top.split(", "))


def test_the_schema_refuses_unknown_keys_and_takes_numbers_both_ways() -> None:
    schema = scenario_schema()
    assert schema["additionalProperties"] is False
    plain, with_origin = schema["$defs"]["Share"]["anyOf"]
    assert plain == {"maximum": 1, "minimum": 0, "type": "number"}
    assert with_origin["required"] == ["value"]
