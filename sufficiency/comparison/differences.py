"""What a scenario assumes that its base does not: the numbers that differ, with their sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Origin = Mapping[str, Any]

BY_POSITION = "interventions."
"""Keys that count along a list: the same number means another thing in another scenario."""


def differing_numbers(base: Iterable[Origin], other: Iterable[Origin]) -> list[dict[str, Any]]:
    """The numbers of two resolved scenarios that differ, as in the ``origins`` of their manifests.

    Each row has ``key, label, unit, kind, source, note, value, base_value``; a value is None where
    a scenario has no such number. Numbers that only follow from others are rows too: the kind says
    which are levers.
    """
    before, after = _by_key(base), _by_key(other)
    return list(_differing(before, after))


def _differing(
    before: Mapping[str, Origin], after: Mapping[str, Origin]
) -> Iterator[dict[str, Any]]:
    for key in {**after, **before}:
        mine, theirs = before.get(key), after.get(key)
        value = None if theirs is None else theirs.get("value")
        base_value = None if mine is None else mine.get("value")
        if value == base_value:
            continue
        about: Origin = theirs or mine or {}
        yield {
            "key": str(about.get("key") or ""),
            "label": str(about.get("label") or key),
            "unit": str(about.get("unit") or ""),
            "kind": str(about.get("kind") or ""),
            "source": str(about.get("source") or ""),
            "note": str(about.get("note") or ""),
            "value": value,
            "base_value": base_value,
        }


def _by_key(origins: Iterable[Origin]) -> dict[str, Origin]:
    found: dict[str, Origin] = {}
    for origin in origins:
        key = str(origin.get("key"))
        found[str(origin.get("label")) if key.startswith(BY_POSITION) else key] = origin
    return found
