"""Files laid over a scenario (``--with``), and the settings of a file at its top.

An overlay is a part of a scenario: a crisis, a programme, a set of prices. Interventions are added
to the list, everything else is merged as by `extends`. A setting is a number or a date that a file
names at its top and uses below as ``$name``, so that it is changed in one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from sufficiency.errors import ScenarioError
from sufficiency.scenario.written import Written
from sufficiency.shipped import shipped_path

SETTINGS = "settings"
_NOT_OF_AN_OVERLAY = {
    "authority": "an overlay may be laid over any scenario and names no authority",
    "population": "an overlay keeps the children that the scenario starts with",
    "start": "an overlay keeps the scenario's start; its days may be such as +3 months",
    "council_method": "an overlay changes no council's own projection",
}


def overlay_path(text: str) -> Path:
    """The file of an overlay: as it is written, or one that ships, with or without ``.yaml``.

    Raises:
        ScenarioError: there is no such file.
    """
    ships = shipped_path("scenarios")
    written = text.replace("\\", "/")
    for candidate in (Path(text), ships / written):
        for path in (candidate, candidate.with_name(f"{candidate.name}.yaml")):
            if path.is_file():
                return path
    known = shipped_overlays()
    near = get_close_matches(written.removesuffix(".yaml"), known, n=1, cutoff=0.5)
    listed = f"Did you mean {near[0]}?" if near else f"Those that ship: {', '.join(known)}."
    raise ScenarioError(f'--with: found "{text}", but there is no such file. {listed}')


def shipped_overlays() -> list[str]:
    """The overlays that ship, by folder and name."""
    ships = shipped_path("scenarios")
    return sorted(
        path.relative_to(ships).with_suffix("").as_posix() for path in ships.glob("*/*.yaml")
    )


def with_settings_used(merged: Written) -> Written:
    """The same with each ``$name`` replaced by its setting, which keeps its own file and line.

    Raises:
        ScenarioError: a name without a setting, a setting that is no single value or is used
            nowhere.
    """
    assert isinstance(merged.value, dict)
    written = merged.value.get(SETTINGS)
    settings = {} if written is None else _checked(written)
    used: set[str] = set()
    values = {
        key: item if key == SETTINGS else _replaced(item, settings, used, key)
        for key, item in merged.value.items()
    }
    for name, setting in settings.items():
        if name not in used:
            near = get_close_matches(name, sorted(used), n=1, cutoff=0.5)
            hint = f' Did you mean "{near[0]}"?' if near else f" Write ${name} where it belongs."
            raise ScenarioError(
                f"{setting.file}, line {setting.line}, {SETTINGS}.{name}: used nowhere.{hint}"
            )
    return Written(values, merged.file, merged.line)


def _checked(written: Written) -> Mapping[str, Written]:
    if not isinstance(written.value, dict):
        raise ScenarioError(
            f"{written.file}, line {written.line}, {SETTINGS}: expected names and values indented "
            "below it."
        )
    for name, item in written.value.items():
        if isinstance(item.value, dict | list):
            raise ScenarioError(
                f"{item.file}, line {item.line}, {SETTINGS}.{name}: expected one value, such as a "
                "number or a date."
            )
    return written.value


def _replaced(item: Written, settings: Mapping[str, Written], used: set[str], key: str) -> Written:
    value = item.value
    if isinstance(value, dict):
        return Written(
            {name: _replaced(below, settings, used, name) for name, below in value.items()},
            item.file,
            item.line,
        )
    if isinstance(value, list):
        below_it = [_replaced(below, settings, used, key) for below in value]
        return Written(below_it, item.file, item.line)
    if not isinstance(value, str) or not value.startswith("$"):
        return item
    name = value[1:].strip()
    if name not in settings:
        known = f"The settings are: {', '.join(settings)}." if settings else "There are none."
        raise ScenarioError(
            f'{item.file}, line {item.line}, {key}: found "{value}", but there is no setting '
            f"{name}. {known}"
        )
    used.add(name)
    return settings[name]


def check_overlay(overlay: Written) -> None:
    """Refuse an overlay that would make another forecast of the scenario it is laid over."""
    assert isinstance(overlay.value, dict)
    for key, why in _NOT_OF_AN_OVERLAY.items():
        found = overlay.value.get(key)
        if found is not None:
            raise ScenarioError(
                f"{found.file}, line {found.line}, {key}: {why}. Take it out, or run the file by "
                "itself."
            )


def without_names(overlay: Written, label: str) -> Written:
    """An overlay without its name and description; its settings by the overlay they belong to."""
    assert isinstance(overlay.value, dict)
    kept = {
        key: item
        for key, item in overlay.value.items()
        if key not in ("name", "description", "extends")
    }
    settings = kept.get(SETTINGS)
    if settings is not None and isinstance(settings.value, dict):
        named = {f"{label}.{name}": item for name, item in settings.value.items()}
        kept[SETTINGS] = Written(named, settings.file, settings.line)
    return Written(kept, overlay.file, overlay.line)


def named_together(base: Written, overlays: Sequence[tuple[str, Written]]) -> dict[str, Written]:
    """The name and description of a scenario with overlays."""
    assert isinstance(base.value, dict)
    found: dict[str, Written] = {}
    name = base.value.get("name")
    if name is not None and isinstance(name.value, str):
        together = " with ".join([name.value, " and ".join(label for label, _ in overlays)])
        found["name"] = Written(together, name.file, name.line)
    said = [base.value.get("description")]
    said += [overlay.value.get("description") for _, overlay in overlays]  # type: ignore[union-attr]
    texts = [item for item in said if item is not None and isinstance(item.value, str)]
    if texts:
        joined = " ".join(str(item.value) for item in texts)
        found["description"] = Written(joined, texts[0].file, texts[0].line)
    return found


def label_of(overlay: Written, path: Path) -> str:
    """What an overlay is called: its name, else its file's."""
    assert isinstance(overlay.value, dict)
    name = overlay.value.get("name")
    return str(name.value) if name is not None else path.stem
