"""Random numbers by purpose, draws from weights, and the shares that ship."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.object_]


@cache
def shipped_shares() -> dict[str, Any]:
    """`calibration/synthetic_return.yaml`: weights and assumptions by name."""
    path = shipped_path("calibration", "synthetic_return.yaml")
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return found


def chance_for(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that a new use changes no other draw."""
    key = np.array([seed, zlib.crc32(purpose.encode("ascii"))], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def drawn_code(
    weights: Mapping[str, float], uniforms: Floats, allowed: Mapping[str, Flags] | None = None
) -> Words:
    """(n,): a code for each uniform, by its weight.

    ``allowed`` (n,) by code bars it for some; whoever may have none gets the first code.
    """
    codes = np.array(list(weights), dtype=object)
    table = np.tile(np.array(list(weights.values()), dtype=float), (len(uniforms), 1))
    for code, may in (allowed or {}).items():
        if code in weights:
            table[~may, codes.tolist().index(code)] = 0.0
    table[table.sum(axis=1) <= 0, 0] = 1.0
    cumulative = np.cumsum(table, axis=1)
    position = (cumulative < (uniforms * cumulative[:, -1])[:, None]).sum(axis=1)
    # A uniform of exactly 0 must not choose a code of weight 0 that stands first.
    first = (table > 0).argmax(axis=1)
    chosen: Words = codes[np.maximum(position, first)]
    return chosen


def whole_between(ends: Sequence[int], uniforms: Floats) -> Ints:
    """(n,): whole numbers from the first end to the second, both possible."""
    low, high = ends
    return low + np.floor(uniforms * (high - low + 1)).astype(np.int64)
