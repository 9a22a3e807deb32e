"""What we assumed because no published figure settles it, from the shipped list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Assumption:
    """One assumption with its label, range and reason."""

    name: str
    key: str
    """The scenario key that changes it."""
    label: str
    value: Any
    source: str
    low: float | None = None
    high: float | None = None
    columns: tuple[str, ...] = ()
    price_year: str | None = None
    kind: str = "assumed"

    @property
    def number(self) -> float:
        """The value of a single number."""
        return float(self.value)

    @property
    def row(self) -> Floats:
        """The value of a list, (K,)."""
        return np.array(self.value, dtype=float)

    def table(self, rows: list[str]) -> Floats:
        """The value of a table, (rows, columns), in the order asked for; absent rows are 0."""
        width = max(len(self.columns), 1)
        zero = [0.0] * width
        found = [np.atleast_1d(np.array(self.value.get(row, zero), dtype=float)) for row in rows]
        return np.array([np.resize(cells, width) for cells in found])


@cache
def assumptions() -> dict[str, Assumption]:
    """Every shipped assumption by name."""
    path = shipped_path("calibration", "assumptions.yaml")
    read = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {
        name: Assumption(name=name, **{**entry, "columns": tuple(entry.get("columns", ()))})
        for name, entry in read.items()
    }


_instead: ContextVar[Mapping[str, Assumption] | None] = ContextVar("instead", default=None)


def assumed(name: str) -> Assumption:
    """One assumption: the one put in its place, else the shipped one."""
    instead = _instead.get() or {}
    return instead.get(name) or assumptions()[name]


@contextmanager
def assuming(instead: Mapping[str, Assumption]) -> Iterator[None]:
    """Put other assumptions in the place of shipped ones while a scenario is resolved."""
    token = _instead.set(instead)
    try:
        yield
    finally:
        _instead.reset(token)
