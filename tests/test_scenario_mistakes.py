"""A mistake in a scenario file is one clear message: file, line, key, found, expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_texts import HEAD, SIX, Write, problem, scenario_writer

from sufficiency.errors import UnknownAuthority
from sufficiency.scenario.files import load_scenario

DAY = "a date between 2000 and 2100 written as YYYY-MM-DD, such as 2020-06-30"
SHARE = "a share from 0 to 1, such as 0.3"
CHILDREN = "a whole number of children, 0 or more"
PLACES = 'a whole number of places from 0 to 200,000, or "unlimited"'
POUNDS = "an amount in pounds, 0 or more, without a pound sign or commas"
FACTOR = "a factor from 0 to 100 (1 leaves the rate as it is, 0.9 lowers it by 10%)"
SECTORS = "internal_fostering, ifa, connected_persons, residential, supported_accommodation, other"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


ONE_MISTAKE = {
    "misspelt key": ("moths: 12", 'moths: unknown key. Did you mean "months"?'),
    "misspelt key inside": (
        "sectors: {ifa: {placess: 1}}",
        'sectors.ifa.placess: unknown key. Did you mean "places"?',
    ),
    "unknown key": (
        "uncertainty: {zebra: 1}",
        "uncertainty.zebra: unknown key. The keys here are: parameter, drift, price_drift, "
        "effects, damping, layers, overflow_range.",
    ),
    "unknown key in an intervention": (
        "interventions:\n  - {name: a, lever: exits, start: 2021-01-01, factor: 1, ende: 3}",
        'interventions[1].ende: unknown key. Did you mean "end"?',
    ),
    "key that belongs under another": (
        "interventions:\n"
        "  - {name: a, lever: price, start: 2021-01-01, factor: 1.1, sectors: [ifa]}",
        "interventions[1].sectors: unknown key here. Write it under applies_to.",
    ),
    "key of the first level that belongs under another": (
        "starters_per_month: 12",
        "starters_per_month: unknown key here. Write it under entries.",
    ),
    "unknown key of allocation": (
        "allocation: {order: x}",
        "allocation.order: unknown key. The keys here are: policy, siblings_together, "
        "settling_days, emergency, step_down.",
    ),
    "misspelt sector": (
        "sectors: {residentail: {places: 1}}",
        'sectors.residentail: unknown key. Did you mean "residential"?',
    ),
    "misspelt age band": (
        "population: {age_bands: {5-9: 3}}",
        'population.age_bands.5-9: unknown key. Did you mean "5_9"?',
    ),
    "misspelt reason": (
        "exits: {factor: {adoptions: 1}}",
        'exits.factor.adoptions: unknown key. Did you mean "adoption"?',
    ),
    "misspelt sector in a list": (
        "needs: {family: {order: [ifaa]}}",
        f'needs.family.order[1]: found "ifaa", expected one of {SECTORS}. Did you mean "ifa"?',
    ),
    "text for places": (
        "sectors: {ifa: {places: many}}",
        f'sectors.ifa.places: found "many", expected {PLACES}.',
    ),
    "negative places": (
        "sectors: {ifa: {places: -1}}",
        f"sectors.ifa.places: found -1, expected {PLACES}.",
    ),
    "half a place": (
        "sectors: {ifa: {places: 2.5}}",
        f"sectors.ifa.places: found 2.5, expected {PLACES}.",
    ),
    "text for a number": (
        "population: {in_care: lots}",
        f'population.in_care: found "lots", expected {CHILDREN}.',
    ),
    "quoted number": (
        'population: {in_care: "585"}',
        f'population.in_care: found "585", expected {CHILDREN}.',
    ),
    "number with a comma": (
        "population: {in_care: '1,200'}",
        f'population.in_care: found "1,200", expected {CHILDREN} (1,200 is written 1200).',
    ),
    "true for a number": (
        "population: {in_care: true}",
        f"population.in_care: found true, expected {CHILDREN}.",
    ),
    "negative count": (
        "population: {in_care: -5}",
        f"population.in_care: found -5, expected {CHILDREN}.",
    ),
    "negative starters": (
        "entries: {starters_per_month: -1}",
        "entries.starters_per_month: found -1, expected a number a month, from 0 to 10,000.",
    ),
    "infinite starters": (
        "entries: {starters_per_month: .inf}",
        "entries.starters_per_month: found inf, expected a number a month, from 0 to 10,000.",
    ),
    "percentage for a share": (
        "sectors: {ifa: {vacancy_share: 30}}",
        f"sectors.ifa.vacancy_share: found 30, expected {SHARE} (30% is written 0.3).",
    ),
    "percentage with its sign": (
        "sectors: {ifa: {vacancy_share: 12.5%}}",
        f'sectors.ifa.vacancy_share: found "12.5%", expected {SHARE} (12.5% is written 0.125).',
    ),
    "percentage over 100": (
        "population: {overflow_share: {ifa: 130}}",
        f"population.overflow_share.ifa: found 130, expected {SHARE}.",
    ),
    "share with its origin": (
        "sectors: {ifa: {vacancy_share: {value: 30, source: us}}}",
        f"sectors.ifa.vacancy_share.value: found 30, expected {SHARE} (30% is written 0.3).",
    ),
    "origin without a value": (
        "exits: {annual_exit_rate: {low: 0.1}}",
        "exits.annual_exit_rate.value: missing; expected the number itself. Add the key.",
    ),
    "range beside its value": (
        "exits: {annual_exit_rate: {value: 0.3, low: 0.4, high: 0.5}}",
        "exits.annual_exit_rate: found low 0.4, value 0.3, high 0.5, "
        "expected low <= value <= high.",
    ),
    "unknown kind": (
        "exits: {annual_exit_rate: {value: 0.3, kind: guess}}",
        'exits.annual_exit_rate.kind: found "guess", expected one of fitted, lever, assumed.',
    ),
    "no months": ("months: 0", "months: found 0, expected a whole number of months from 1 to 120."),
    "too many months": (
        "months: 121",
        "months: found 121, expected a whole number of months from 1 to 120.",
    ),
    "date the British way": (
        "start: 30/06/2020",
        f'start: found "30/06/2020", expected {DAY}.',
    ),
    "date beyond the calendar": ("start: 1066-10-14", f"start: found 1066-10-14, expected {DAY}."),
    "switch": (
        "uncertainty: {drift: maybe}",
        'uncertainty.drift: found "maybe", expected true or false.',
    ),
    "list for a section": (
        "calibration: [3]",
        "calibration: found a list, expected keys and values indented below it.",
    ),
    "text for a section": (
        "population: 585",
        "population: found 585, expected keys and values indented below it.",
    ),
    "mapping for a list": (
        "interventions: {name: a}",
        "interventions: found keys and values, "
        "expected a list such as [a, b], or lines that begin with a dash.",
    ),
    "number for a name": ("description: 5", "description: found 5, expected some text."),
    "history after the start": (
        "start: 2020-06-30\ncalibration:\n  history_to: 2021-03-31",
        "calibration.history_to: found 2021-03-31, expected a date not after the start "
        "(2020-06-30): a forecast may not read what happened after it begins.",
    ),
    "counted after the start": (
        "start: 2020-06-30\npopulation:\n  as_at: 2020-07-31",
        "population.as_at: found 2020-07-31, expected a date not after the start (2020-06-30).",
    ),
    "end before start": (
        "interventions:\n  - name: a\n    lever: exits\n    factor: 1\n"
        "    start: 2021-01-01\n    end: 2020-12-31",
        "interventions[1].end: found 2020-12-31, "
        "expected a date not before the intervention's start (2021-01-01).",
    ),
    "schedule out of order": (
        "sectors:\n  ifa:\n    schedule:\n      - {from: 2021-01-01, places: 3}\n"
        "      - {from: 2020-01-01, places: 4}",
        "sectors.ifa.schedule[2].from: found 2020-01-01 after 2021-01-01, "
        "expected dates in rising order.",
    ),
    "sectors that do not add up": (
        f"population:\n  in_care: 99\n  sectors: {SIX}",
        "population.sectors: the numbers given add up to 100, which is 1 more than in_care (99); "
        "expected the same number of children in both.",
    ),
    "age bands that do not add up": (
        "population:\n  in_care: 10\n  age_bands: {under_1: 1, 1_4: 1, 5_9: 1, 10_15: 1, 16_17: 1}",
        "population.age_bands: the numbers given add up to 5, which is 5 fewer than in_care (10); "
        "expected the same number of children in both.",
    ),
    "some sectors with more than all": (
        "population:\n  in_care: 10\n  sectors: {ifa: 11}",
        "population.sectors: the numbers given add up to 11, which is 1 more than in_care (10); "
        "expected the same number of children in both.",
    ),
    "more placed for adoption than in other": (
        f"population:\n  sectors: {SIX}\n  placed_for_adoption: 11",
        "population.placed_for_adoption: found 11, expected at most 10, which is sectors.other.",
    ),
    "more UASC than children": (
        "population:\n  in_care: 10\n  uasc: 11",
        "population.uasc: found 11, expected at most 10, which is in_care.",
    ),
    "probabilities that do not add up": (
        "entries:\n  sibling_group_sizes: [0.7, 0.2]",
        "entries.sibling_group_sizes: the probabilities add up to 0.9, expected 1.",
    ),
    "weights of nothing": (
        "moves: {next_need: {planned: {family: {family: 0}}}}",
        "moves.next_need.planned.family: the weights add up to 0, expected at least one above 0.",
    ),
    "turning 18 as a rate": (
        "exits: {factor: {turned_18: 2}}",
        "exits.factor.turned_18: turning 18 is a birthday, not a rate, so it has no factor. "
        "Take the line out.",
    ),
    "turning 18 as an intervention": (
        "interventions:\n  - {name: a, lever: exits, start: 2021-01-01, factor: 1, "
        "reasons: [adoption, turned_18]}",
        'interventions[1].reasons[2]: found "turned_18", expected one of adoption, '
        "special_guardianship, returned_home, family_arrangement, other_reason for the lever exits "
        "(turning 18 is a birthday, not a rate).",
    ),
    "reason of another lever": (
        "interventions:\n  - {name: a, lever: entries, start: 2021-01-01, factor: 1, "
        "reasons: [planned]}",
        'interventions[1].reasons[1]: found "planned", expected no reasons for the lever entries.',
    ),
    "negative factor": (
        "interventions:\n  - {name: a, lever: exits, start: 2021-01-01, factor: -1}",
        f"interventions[1].factor: found -1, expected {FACTOR}.",
    ),
    "intervention without a start": (
        "interventions:\n  - {name: a, lever: exits, factor: 1}",
        "interventions[1].start: missing; expected the first day of the change. Add the key.",
    ),
    "suitable sector not in the order": (
        "needs: {family: {order: [ifa], suitable: [residential]}}",
        "needs.family.suitable: residential is marked suitable but is not in the order (ifa); "
        "add it there or take it out here.",
    ),
    "sector listed twice": (
        "needs: {family: {order: [ifa, ifa]}}",
        "needs.family.order: ifa is listed twice, expected each sector once.",
    ),
    "price with a pound sign": (
        "costs: {weekly_cost_gbp: {ifa: £820}}",
        f'costs.weekly_cost_gbp.ifa: found "£820", expected {POUNDS}.',
    ),
    "financial year": (
        "costs: {price_year: 2020-22}",
        'costs.price_year: found "2020-22", expected two years that follow each other, '
        'such as "2020-21".',
    ),
    "budget of a year that is none": (
        "costs: {budget: {2020/21: 3}}",
        'costs.budget.2020/21: found "2020/21", expected a financial year such as "2020-21".',
    ),
    "share or switch": (
        "calibration: {same_year_returns: 2%}",
        'calibration.same_year_returns: found "2%", '
        "expected a share from 0 to 1, or true or false (2% is written 0.02).",
    ),
    "table that is not there": (
        "calibration: {table: mine.csv}",
        'calibration.table: found "mine.csv", but there is no such file. '
        "Give its path relative to this scenario file.",
    ),
    "council's line that is none": (
        "council_method:\n  opening: 5\n  tracked_exits: 1\n  total_at: 2021-03-31\n  source: x\n"
        "  projections: {best: {starters_per_month: 1}}\n  this_scenario: bets",
        'council_method.this_scenario: found "bets", expected one of the projections: best.',
    ),
}


@pytest.mark.parametrize(("text", "expected"), ONE_MISTAKE.values(), ids=ONE_MISTAKE.keys())
def test_a_mistake_is_one_message_with_file_line_and_key(
    write: Write, text: str, expected: str
) -> None:
    message = problem(write(HEAD + text + "\n"))
    where, said = message.split(", ", 2)[:2], message.split(", ", 2)[2]
    assert said == expected
    key = expected.split(":", maxsplit=1)[0]
    last = key.split(".")[-1].split("[")[0]
    line = int(where[1].removeprefix("line "))
    assert where[0] == "s.yaml"
    written = (HEAD + text).splitlines()[line - 1]
    assert last in written or "missing" in expected or "-" in written


def test_the_line_is_the_one_where_the_key_stands(write: Write) -> None:
    path = write(HEAD + "\n# a comment\nsectors:\n  ifa:\n\n    places: many\n")
    assert problem(path).startswith("s.yaml, line 8, sectors.ifa.places: ")


def test_all_mistakes_come_together_in_order_of_lines(write: Write) -> None:
    message = problem(write(HEAD + "months: 0\nmoths: 1\nsectors: {ifa: {places: many}}\n"))
    first, *others = message.splitlines()
    assert first == "3 things to put right:"
    assert [line.split(", ")[1] for line in others] == ["line 3", "line 4", "line 5"]


WHOLE_FILE = {
    "tab": (
        "name: a\n\tmonths: 1\n",
        "s.yaml, line 2, column 1: not valid YAML: found character '\\t' that cannot start any "
        "token. Indent with spaces, not tabs.",
    ),
    "unclosed bracket": (
        "name: [a\nauthority: b\n",
        "s.yaml, line 2, column 10: not valid YAML: ",
    ),
    "bad indentation": (
        "name: a\n  months: 1\n",
        "s.yaml, line 2, column 9: not valid YAML: mapping values are not allowed",
    ),
    "empty": (
        "# only a comment\n",
        "s.yaml: the file is empty, expected at least `name:` and `authority:`. "
        "Start from scenarios/england-authority.yaml.",
    ),
    "a list": (
        "- a\n- b\n",
        "s.yaml, line 1: found a list, expected keys and values such as `name: My scenario`.",
    ),
    "only text": (
        "Wolverhampton\n",
        's.yaml, line 1: found only the text "Wolverhampton", '
        "expected keys and values such as `name: My scenario`.",
    ),
    "key twice": (
        "name: a\nmonths: 1\nname: b\n",
        "s.yaml, line 3: the key `name` is written twice (first on line 1). Keep one of them.",
    ),
    "two documents": ("name: a\n---\nname: b\n", "s.yaml, line 2, column 1: not valid YAML: "),
    "a tag": (
        "name: !!python/object/apply:os.system ['exit 1']\n",
        "s.yaml, line 1: found the tag !!python/object/apply:os.system, "
        "expected plain values only. Take the tag out.",
    ),
    "impossible date": (
        "name: a\nstart: 2021-02-30\n",
        's.yaml, line 2: found "2021-02-30", which looks like a date or a number but is not one. '
        "Correct it, or put it in quotation marks if it is text.",
    ),
    "a key that is a list": (
        "name: a\n[b]: c\n",
        "s.yaml, line 2: found a list as a key, expected a word followed by a colon.",
    ),
    "no name": ("authority: Leeds\n", "s.yaml, line 1, name: missing; expected a short name. "),
    "too deep": ("name: " + "[" * 5000, "s.yaml"),
}


@pytest.mark.parametrize(("text", "expected"), WHOLE_FILE.values(), ids=WHOLE_FILE.keys())
def test_a_file_that_is_no_scenario_says_so(write: Write, text: str, expected: str) -> None:
    message = problem(write(text))
    assert message.startswith(expected)
    assert len(message.splitlines()) == 1


def test_aliases_that_repeat_themselves_are_stopped(write: Write) -> None:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert "more than 50,000 values" in problem(write("a0: &a0 [x]\n" + "\n".join(rows)))


def test_an_alias_of_itself_is_stopped(write: Write) -> None:
    assert problem(write("name: a\nsectors: &s {ifa: *s}\n")).startswith("s.yaml")


def test_a_file_in_another_encoding_says_which_line(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"name: a\ndescription: caf\xe9\n")
    assert problem(path) == (
        f"{path}, line 2: found a character that is not UTF-8. "
        "Save the file again with the encoding UTF-8."
    )


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_scenario(path).name == "Test"


def test_missing_file_and_folder(tmp_path: Path) -> None:
    missing = tmp_path / "no.yaml"
    assert problem(missing) == f"{missing}: no such file. Check the name and the folder."
    assert problem(tmp_path) == f"{tmp_path}: is a folder, not a file; expected a scenario in YAML."


def test_an_unknown_authority_is_shown_where_it_is_named(write: Write) -> None:
    path = write("name: a\nauthority: Wolverhamton\n")
    with pytest.raises(UnknownAuthority, match=r"^s\.yaml, line 2, authority: .*Wolverhampton"):
        load_scenario(path)


def test_a_code_may_be_a_number(write: Write) -> None:
    assert load_scenario(write("name: a\nauthority: 336\n")).authority == "336"
