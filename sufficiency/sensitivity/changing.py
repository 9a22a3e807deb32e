"""A scenario with other values of some of its numbers: through its keys, as its author could.

A key that is in the file, or may be, is given the value. What is fitted has no key of its own, and
is moved by what a scenario may say about it: starters of an age by their factor, exits of an age by
a change of their rate from the first day on, moves by their factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from sufficiency.domain import AGE_BANDS, AGE_GROUPS, EXIT_CAUSES, MOVE_REASONS, MoveReason
from sufficiency.errors import ScenarioError
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.problems import explain_without_file
from sufficiency.sensitivity.tested import Tested

_STARTERS, _EXITS, _SPREAD = "entries.by_age.", "exits.level.", ".spread"
_ADOPTION, _MOVES = "exits.level.adoption", "moves.level"
_OTHER_EXITS = [str(reason) for reason in EXIT_CAUSES if str(reason) != "adoption"]
_OTHER_MOVES = [str(r) for r in MOVE_REASONS if r is not MoveReason.PLACED_FOR_ADOPTION]


def changed(scenario: Scenario, values: Sequence[tuple[Tested, float]]) -> Scenario:
    """The scenario with each number at the value beside it.

    Raises:
        ScenarioError: no key changes the number, or the scenario cannot have the value.
    """
    written = scenario.model_dump(by_alias=True, exclude_unset=True)
    for tested, value in values:
        _change(written, tested, value)
    return _read(scenario, written)


def with_rates_at_their_means(scenario: Scenario) -> Scenario:
    """The scenario whose futures do not draw the rates, because they are moved one by one."""
    off = scenario.uncertainty.model_copy(update={"parameter": False})
    return scenario.model_copy(update={"uncertainty": off})


def _read(scenario: Scenario, written: Mapping[str, Any]) -> Scenario:
    try:
        found = Scenario.model_validate(written)
    except ValidationError as wrong:
        raise ScenarioError(explain_without_file(wrong)) from None
    return found.read_from(scenario.files, dict(scenario.given), scenario.named_paths)


def _change(written: dict[str, Any], tested: Tested, value: float) -> None:
    key, ratio = tested.key, value / tested.value if tested.value else 1.0
    if key == _ADOPTION:
        _multiply(written, "moves", [str(MoveReason.PLACED_FOR_ADOPTION)], ratio)
    elif key == _MOVES:
        _multiply(written, "moves", _OTHER_MOVES, ratio)
    elif key.startswith(_STARTERS) and key.removeprefix(_STARTERS) in AGE_GROUPS:
        _multiply(written, "entries", [key.removeprefix(_STARTERS)], ratio)
    elif key.startswith(_EXITS) and key.removeprefix(_EXITS) in [str(band) for band in AGE_BANDS]:
        _change_exits(written, tested, ratio)
    elif key.startswith("costs.prices.") and key.endswith(_SPREAD):
        _put(written, key, {"shape": "lognormal", "sd_share": value})
    else:
        _put(written, key, round(value) if tested.is_whole else value)


def _multiply(written: dict[str, Any], section: str, names: Sequence[str], ratio: float) -> None:
    """Multiply factors of a section; one that is not given is 1."""
    factors = dict(written.setdefault(section, {}).get("factor", {}))
    by_name = {str(name): name for name in factors}
    for name in names:
        key = by_name.get(name, name)
        given = factors.get(key, 1.0)
        before = given["value"] if isinstance(given, Mapping) else given
        factors[key] = before * ratio
    written[section] = {**written[section], "factor": factors}


def _change_exits(written: dict[str, Any], tested: Tested, ratio: float) -> None:
    """Exits of an age band, adoption apart, at another level from the first day on."""
    further = {
        "name": f"Sensitivity: {tested.label}",
        "lever": "exits",
        "age_bands": [tested.key.removeprefix(_EXITS)],
        "reasons": _OTHER_EXITS,
        "start": "+0 days",
        "factor": ratio,
        "evidence": "The plausible range of the fit.",
    }
    written["interventions"] = [*written.get("interventions", ()), further]


def _put(written: dict[str, Any], key: str, value: Any) -> None:
    """Write a value at a dotted key; a part that is a number is a position in a list."""
    *above, last = key.split(".")
    at: Any = written
    for name in above:
        at = _below(at, name, key)
    if isinstance(at, dict):
        at[_same_key(at, last)] = value
    else:
        raise ScenarioError(f"{key}: no key of a scenario file.")


def _below(at: Any, name: str, key: str) -> Any:
    """What is written below a name, a mapping if nothing is; copied, so that it may be changed."""
    if isinstance(at, dict):
        own = _same_key(at, name)
        below = at.get(own)
        at[own] = below = _copied({} if below is None else below)
        return below
    if isinstance(at, list) and name.isdecimal() and int(name) < len(at):
        at[int(name)] = below = _copied(at[int(name)])
        return below
    raise ScenarioError(f"{key}: no key of a scenario file.")


def _copied(below: Any) -> Any:
    if isinstance(below, Mapping):
        return dict(below)
    return list(below) if isinstance(below, list | tuple) else below


def _same_key(mapping: Mapping[Any, Any], name: str) -> Any:
    """The key that a mapping has for a name, which may be a member of an enumeration."""
    return next((key for key in mapping if str(key) == name), name)
