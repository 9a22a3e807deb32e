"""Scenario files for tests, written into a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sufficiency.errors import ScenarioError
from sufficiency.scenario.files import load_scenario

Write = Callable[..., Path]
HEAD = "name: Test\nauthority: Wolverhampton\n"
SIX = (
    "{internal_fostering: 40, ifa: 20, connected_persons: 15, residential: 10, "
    "supported_accommodation: 5, other: 10}"
)


def scenario_writer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A function that writes a file into ``folder``, where relative paths now begin."""
    monkeypatch.chdir(folder)

    def write(text: str, name: str = "s.yaml") -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problem(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return str(caught.value)
