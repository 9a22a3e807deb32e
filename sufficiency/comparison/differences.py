"""What a scenario assumes that its base does not: the numbers that differ, with their sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
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
    base, other = list(base), list(other)
    repeated = _repeated(base) | _repeated(other)
    return list(_differing(_named(base, repeated), _named(other, repeated)))


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


def _repeated(origins: Iterable[Origin]) -> set[str]:
    """Keys with more numbers than one, such as the steps of a schedule: their labels differ."""
    times = Counter(str(origin.get("key")) for origin in origins)
    return {key for key, n in times.items() if n > 1}


def _named(origins: Iterable[Origin], repeated: Set[str]) -> dict[str, Origin]:
    found: dict[str, Origin] = {}
    for origin in origins:
        key = str(origin.get("key"))
        by_label = key in repeated or key.startswith(BY_POSITION)
        found[str(origin.get("label")) if by_label else key] = origin
    return found
