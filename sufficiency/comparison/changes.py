"""In what a scenario differs from its base, as changes that can be entered one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sufficiency.errors import ScenarioError, UserError
from sufficiency.report.words import SETTING_LABELS
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.problems import explain_without_file

Keys = tuple[str, ...]

INTERVENTIONS = "interventions"
NO_CHANGE = frozenset(
    {
        *("name", "description", "authority", "extends", "start", "months", "population"),
        *("council_method", "outcomes", "settings"),
    }
)
"""Keys that change no figure of a comparison, or that two compared scenarios must share."""
BY_PART = frozenset({"sectors"})
"""Keys whose parts are changes of their own: places of one sector say nothing about another's."""
KEY_LABELS: Mapping[str, str] = {
    "entries": "How many children start care",
    "exits": "How children leave care",
    "moves": "How children move",
    "needs": "What suits which need",
    "planning_groups": "The groups that are planned for",
    "allocation": "How places are given",
    "costs": "Prices and budgets",
    "calibration": "The history that rates are fitted to",
    "uncertainty": "Layers of uncertainty",
    "assumptions": "Other assumptions",
}


class _Nothing:
    """What a scenario says where it says nothing."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


@dataclass(frozen=True)
class Change:
    """One difference of a scenario from its base, by itself."""

    name: str
    values: Mapping[Keys, Any] = field(default_factory=dict)
    """What the scenario says where the base says something else, by the keys down to it."""
    added: tuple[Mapping[str, Any], ...] = ()
    """Interventions that the scenario has and the base has not."""
    removed: tuple[Mapping[str, Any], ...] = ()
    """Interventions that the base has and the scenario has not."""
    paths: Mapping[str, Path] = field(default_factory=dict)
    """The data files that the scenario names, by key."""


def changes_between(base: Scenario, other: Scenario) -> tuple[Change, ...]:
    """Each intervention and each group of keys in which a scenario differs from its base."""
    before, after = _written(base), _written(other)
    changes = [
        *_interventions_changed(before, after),
        *_keys_changed(before, after, other.named_paths),
    ]
    return tuple(changes)


def as_one(name: str, changes: Sequence[Change]) -> Change:
    """All changes of a scenario as one. Raises `UserError` where two contradict each other."""
    values: dict[Keys, Any] = {}
    paths: dict[str, Path] = {}
    for change in changes:
        values |= change.values
        paths |= change.paths
    return Change(
        name,
        values,
        tuple(one for change in changes for one in change.added),
        tuple(one for change in changes for one in change.removed),
        paths,
    )


def check_together(changes: Sequence[Change]) -> None:
    """Refuse changes that cannot be entered together.

    Raises `UserError`: two say different things of the same key, or bring an intervention of the
    same name that is not the same.
    """
    for position, one in enumerate(changes):
        for other in changes[position + 1 :]:
            key = _contradiction(one, other)
            if key:
                raise UserError(
                    f"{one.name} and {other.name} cannot be combined: both change {key}, and not "
                    "to the same. Compare them without --explain, or take it out of one of them."
                )


def with_changes(base: Scenario, changes: Sequence[Change], name: str) -> Scenario:
    """The base with some changes entered, called ``name``.

    Raises `ScenarioError` where what comes out is no possible scenario.
    """
    written = deepcopy(base.model_dump(by_alias=True, exclude_unset=True))
    paths = dict(base.named_paths)
    listed = [deepcopy(dict(item)) for item in written.get(INTERVENTIONS, ())]
    gone = [item for change in changes for item in change.removed]
    kept = [item for item in listed if _in_full(base, item) not in gone]
    new: list[dict[str, Any]] = []
    for change in changes:
        paths |= change.paths
        for keys, value in change.values.items():
            _set(written, keys, value)
        new += [dict(item) for item in change.added if item not in new]
    written[INTERVENTIONS] = [*kept, *new]
    written["name"] = name
    try:
        made = Scenario.model_validate(written)
    except ValidationError as wrong:
        problem = explain_without_file(wrong)
        together = " with ".join(change.name for change in changes)
        raise ScenarioError(f"{together}: entered together they cannot be run. {problem}") from None
    return made.read_from(base.files, dict(base.given), paths)


def _in_full(base: Scenario, item: Mapping[str, Any]) -> dict[str, Any]:
    """An intervention with its defaults, as `_written` gives it."""
    dumped: dict[str, Any] = (
        type(base.interventions[0]).model_validate(item).model_dump(by_alias=True)
    )
    return dumped


def _written(scenario: Scenario) -> dict[str, Any]:
    """A scenario in full, with every default, so that only what matters differs."""
    return {
        key: value
        for key, value in scenario.model_dump(by_alias=True).items()
        if key not in NO_CHANGE
    } | {INTERVENTIONS: [item.model_dump(by_alias=True) for item in scenario.interventions]}


def _interventions_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    earlier, later = before[INTERVENTIONS], after[INTERVENTIONS]
    new = {item["name"]: item for item in later if item not in earlier}
    gone = {item["name"]: item for item in earlier if item not in later}
    for name, item in new.items():
        if name in gone:
            yield Change(f"{name}, changed", added=(item,), removed=(gone[name],))
        else:
            yield Change(str(name), added=(item,))
    for name, item in gone.items():
        if name not in new:
            yield Change(f"Without {name}", removed=(item,))


def _keys_changed(
    before: Mapping[str, Any], after: Mapping[str, Any], paths: Mapping[str, Path]
) -> Iterator[Change]:
    """A change for each key, or part of it, under which anything differs."""
    groups: dict[Keys, dict[Keys, Any]] = {}
    for key in after:
        if key == INTERVENTIONS:
            continue
        for keys, value in _leaves_changed(before.get(key, NOTHING), after[key], (key,)):
            group = keys[:2] if key in BY_PART else (key,)
            groups.setdefault(group, {})[keys] = value
    for group, values in groups.items():
        named = {key: path for key, path in paths.items() if key.split(".")[0] == group[0]}
        yield Change(_label(group), values=values, paths=named)


def _label(group: Keys) -> str:
    if group[0] in BY_PART:
        sector = str(group[1])
        return f"Places: {SETTING_LABELS.get(sector, sector)}"
    return KEY_LABELS.get(group[0], group[0].replace("_", " ").capitalize())


def _leaves_changed(before: Any, after: Any, keys: Keys) -> Iterator[tuple[Keys, Any]]:
    """The deepest keys that differ; a number with its source is one thing."""
    if before == after or (before is NOTHING and after is None):
        return
    if before is NOTHING and isinstance(after, dict) and "value" not in after:
        before = {}
    if not isinstance(before, dict) or not isinstance(after, dict) or "value" in after:
        yield keys, after
        return
    for key in {**before, **after}:
        yield from _leaves_changed(
            before.get(key, NOTHING), after.get(key, NOTHING), (*keys, str(key))
        )


def _set(written: dict[str, Any], keys: Keys, value: Any) -> None:
    """Say something in a scenario as it is written, or nothing any longer."""
    inside = written
    for key in keys[:-1]:
        inside = inside.setdefault(key, {})
    if value is NOTHING or value is None:
        inside.pop(keys[-1], None)
    else:
        inside[keys[-1]] = deepcopy(value)


def _contradiction(one: Change, other: Change) -> str:
    """The key or the intervention of which two changes say different things; empty if none."""
    for keys, value in one.values.items():
        for others, their in other.values.items():
            shared = min(len(keys), len(others))
            if keys[:shared] == others[:shared] and (keys != others or value != their):
                return ".".join(keys if len(keys) >= len(others) else others)
    for mine in one.added:
        for theirs in other.added:
            if mine["name"] == theirs["name"] and mine != theirs:
                return f'the intervention "{mine["name"]}"'
    return ""
