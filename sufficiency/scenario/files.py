"""Reading scenario files: `extends`, deep merge, and errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from sufficiency.errors import ScenarioError, UnknownAuthority
from sufficiency.history.authorities import find_authority
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.overlays import (
    check_overlay,
    label_of,
    named_together,
    overlay_path,
    with_settings_used,
    without_names,
)
from sufficiency.scenario.problems import explain
from sufficiency.scenario.written import Written, read_yaml

ADDED_TO = frozenset({"interventions"})
"""Lists that an extending file adds to instead of replacing."""
MERGED_BY_NAME = frozenset({"pools", "providers", "planning_groups"})
"""Lists whose items an extending file changes where the names agree, and adds elsewhere."""
LONGEST_CHAIN = 20


Read = tuple[Written, tuple[tuple[str, Path], ...]]
"""What was read, and every file it was read from (name, path)."""


def load_scenario(path: str | Path, overlays: Sequence[str | Path] = ()) -> Scenario:
    """Read a scenario file, all that it extends and the files laid over it, in their order.

    Raises:
        ScenarioError: the file, or one it extends, is missing or wrong. The message names file,
            line and key, what was found and what was expected; several problems, several lines.
        UnknownAuthority: no such authority, or one that was merged or split.
    """
    top = Path(path)
    return _validated(*_with_overlays(_read_file(top, str(path)), overlays))


def load_overlaid(values: Mapping[str, str | int], overlays: Sequence[str | Path]) -> Scenario:
    """A scenario of plain values that no file says, with files laid over it.

    Raises what `load_scenario` raises.
    """
    base = Written({key: Written(value, "", 0) for key, value in values.items()}, "", 0)
    return _validated(*_with_overlays((base, ()), overlays))


def _read_file(path: Path, name: str) -> Read:
    merged, files = _read_chain(path, name, path.resolve().parent, ())
    return with_settings_used(merged), files


def _with_overlays(read: Read, overlays: Sequence[str | Path]) -> Read:
    """The values of a file with those of others laid over them, and every file read."""
    base, files = read
    merged, laid = base, []
    for overlay in overlays:
        path = overlay_path(str(overlay))
        if path.resolve() in [known for _, known in files]:
            raise ScenarioError(
                f"--with: {overlay} is read already. Give each file once (one that another "
                "extends is read with it)."
            )
        over, more = _read_file(path, str(path))
        check_overlay(over)
        label = label_of(over, path)
        laid.append((label, over))
        merged, files = merge(merged, without_names(over, label)), (*files, *more)
    if laid:
        assert isinstance(merged.value, dict)
        together = {**merged.value, **named_together(base, laid)}
        merged = Written(together, merged.file, merged.line)
    return merged, files


def _validated(merged: Written, files: tuple[tuple[str, Path], ...]) -> Scenario:
    """The scenario that was written. Raises `ScenarioError` with every problem."""
    try:
        scenario = Scenario.model_validate(merged.plain())
    except ValidationError as wrong:
        raise ScenarioError(explain(wrong, merged)) from None
    _check_authority(merged)
    paths = dict(files)
    given = {key: (item.file, item.line) for key, item in merged.walk() if item.file}
    return scenario.read_from(tuple(paths.values()), given, _named_files(merged, paths))


def merge(base: Written, over: Written, key: str = "") -> Written:
    """The values of ``over`` where it has any, those of ``base`` elsewhere.

    A number with its origin replaces another whole, or it would pass for having the other's
    range and source.
    """
    old, new = base.value, over.value
    if isinstance(old, list) and isinstance(new, list) and key in ADDED_TO:
        return Written([*old, *new], over.file, over.line)
    if isinstance(old, list) and isinstance(new, list) and key in MERGED_BY_NAME:
        return Written(_merged_by_name(old, new), over.file, over.line)
    if not isinstance(old, dict) or not isinstance(new, dict) or "value" in new:
        return over
    merged = dict(old)
    for name, item in new.items():
        merged[name] = merge(merged[name], item, name) if name in merged else item
    return Written(merged, over.file, over.line)


def _merged_by_name(old: list[Written], new: list[Written]) -> list[Written]:
    """The old items, each changed by the new one of its name, and the other new ones among them.

    Pools are used in the order listed: a new item comes before the one that follows it in its own
    file, and last if none that does is an old one.
    """
    merged = list(old)
    for place, item in enumerate(new):
        names = [_name_of(known) for known in merged]
        name = _name_of(item)
        if name is not None and name in names:
            at = names.index(name)
            merged[at] = merge(merged[at], item)
            continue
        later = [_name_of(follows) for follows in new[place + 1 :]]
        at = next((names.index(known) for known in later if known in names), len(merged))
        merged.insert(at, item)
    return merged


def _name_of(item: Written) -> object:
    """What an item of a list is called, or None."""
    named = item.value.get("name") if isinstance(item.value, dict) else None
    return None if named is None else named.value


def _read_chain(
    path: Path, name: str, folder: Path, seen: tuple[tuple[Path, str], ...]
) -> tuple[Written, tuple[tuple[str, Path], ...]]:
    """A file merged over all that it extends, and every file read (name, path), itself first."""
    here = path.resolve()
    chain = [*(earlier for _, earlier in seen), name]
    if here in (earlier for earlier, _ in seen) or len(chain) > LONGEST_CHAIN:
        raise ScenarioError(
            f"{name}: the files extend each other in a circle: {' -> '.join(chain)}. "
            "Take `extends` out of one of them."
        )
    own = read_yaml(path, name)
    assert isinstance(own.value, dict)
    base_name = own.value.get("extends")
    own = _in_full(_without_blanks(own))
    if base_name is None or base_name.value is None:
        return own, ((name, here),)
    base_path, base_shown, base_folder = _find_base(base_name, here, name, folder)
    base, files = _read_chain(base_path, base_shown, base_folder, (*seen, (here, name)))
    return merge(base, own), ((name, here), *files)


def _find_base(extends: Written, here: Path, name: str, folder: Path) -> tuple[Path, str, Path]:
    """The extended file: its path, its name in messages, and the folder it may not leave."""
    where = f"{name}, line {extends.line}, extends"
    if not isinstance(extends.value, str):
        raise ScenarioError(f"{where}: expected the path of one scenario file.")
    text = extends.value
    if Path(text).is_absolute():
        base, shown, folder = Path(text), text, Path(text).resolve().parent
    else:
        relative = _portable(text)
        base, shown = here.parent / relative, str(Path(name).parent / relative)
        if not base.resolve().is_relative_to(folder):
            raise ScenarioError(
                f'{where}: found "{text}", which leaves the folder of the scenario that is run. '
                "Move the file into that folder or give its absolute path."
            )
    if not base.is_file():
        raise ScenarioError(
            f'{where}: found "{text}", but there is no file {shown}. '
            "Give its path relative to this file."
        )
    return base, shown, folder


def _portable(path: str) -> Path:
    """A relative path written on any system."""
    return Path(path.replace("\\", "/"))


def _without_blanks(written: Written) -> Written:
    """Leave out keys with nothing after the colon: they say nothing."""
    value = written.value
    if not isinstance(value, dict):
        return written
    said = {key: _without_blanks(item) for key, item in value.items() if item.value is not None}
    return Written(said, written.file, written.line)


def _check_authority(merged: Written) -> None:
    """Say where in the files an authority is named that has no figures."""
    named, _ = merged.at(("authority",))
    try:
        find_authority(str(named.value))
    except UnknownAuthority as wrong:
        raise UnknownAuthority(f"{named.file}, line {named.line}, authority: {wrong}") from None


NAMED_FILES = (
    ("calibration", "table"),
    ("calibration", "file"),
    ("population", "cohort"),
    ("costs", "actuals"),
    ("costs", "price_list"),
)
"""Keys that name a data file beside the scenario."""


def _named_files(merged: Written, paths: Mapping[str, Path]) -> dict[str, Path]:
    """Where the data files are that a scenario names, each beside the file that names it."""
    found = {}
    for keys in NAMED_FILES:
        named, reached = merged.at(keys)
        if len(reached) < len(keys):
            continue
        path = paths[named.file].parent / _portable(str(named.value))
        if not path.is_file():
            raise ScenarioError(
                f'{named.file}, line {named.line}, {".".join(keys)}: found "{named.value}", but '
                "there is no such file. Give its path relative to this scenario file."
            )
        found[".".join(keys)] = path
    return found


def _in_full(written: Written) -> Written:
    """``calibration: PATH`` is short for a calibrated file."""
    assert isinstance(written.value, dict)
    short = written.value.get("calibration")
    if short is None or not isinstance(short.value, str):
        return written
    full = Written({"file": short}, short.file, short.line)
    return Written({**written.value, "calibration": full}, written.file, written.line)
