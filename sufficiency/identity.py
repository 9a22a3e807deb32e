"""What decides the figures of a replication, in a few letters: who may use whose results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sufficiency import __version__
from sufficiency.replication import Job

DECIDES = (
    "calibration",
    "scenario",
    "resolution",
    "simulation",
    "measures",
    "finance",
    "replication.py",
    "chunks.py",
    "domain.py",
)
"""Code that turns a resolved scenario into figures. Calibration too: each replication draws its
rates from posteriors and its drift from paths, and only what they are drawn from is in the
scenario."""
_LETTERS = 12


@dataclass(frozen=True)
class Identity:
    """Runs of the same identity have the same replications, number by number."""

    name: str
    """The scenario's name; for people."""
    scenario: str
    """Digest of every number of the resolved scenario."""
    version: str
    seed: int

    @property
    def digest(self) -> str:
        """All of it in twelve letters, the same on every system."""
        said = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:_LETTERS]

    def difference(self, other: Identity) -> str:
        """In what another identity differs, in words; empty if in nothing."""
        if self.version != other.version:
            return f"version {other.version} of sufficiency"
        if self.seed != other.seed:
            return f"seed {other.seed}"
        return "" if self == other else "another scenario, or other numbers in it"


def identity_of(job: Job) -> Identity:
    """The identity of a job, whichever engine and executor work on it."""
    digest = hashlib.sha256()
    _feed(digest, job.resolved)
    _feed(digest, job.surroundings)
    return Identity(
        job.resolved.scenario.name, digest.hexdigest()[:_LETTERS], code_version(), job.seed
    )


@cache
def code_version() -> str:
    """The version of the package, and a digest of the code that decides the figures."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for part in DECIDES:
        place = package / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            text = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + text + b"\0")
    return f"{__version__}+{digest.hexdigest()[:_LETTERS]}"


def _feed(digest: Any, value: Any) -> None:
    """Feed a value to a digest: the same bytes for equal values, in any process."""
    digest.update(type(value).__name__.encode() + b"(")
    if isinstance(value, np.ndarray | np.generic):
        array = np.ascontiguousarray(value)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    elif hasattr(value, "model_dump"):
        _feed(digest, value.model_dump(mode="json"))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            digest.update(field.name.encode() + b"=")
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            _feed(digest, key)
            _feed(digest, value[key])
    elif isinstance(value, set | frozenset):
        for item in sorted(value, key=repr):
            _feed(digest, item)
    elif isinstance(value, list | tuple) and set(map(type, value)) == {float}:
        # A price list has thousands.
        digest.update(repr(list(value)).encode())
    elif isinstance(value, list | tuple):
        for item in value:
            _feed(digest, item)
    elif isinstance(value, Path):
        # Where a file is says nothing about what is in it, and what is in it is resolved.
        digest.update(value.name.encode())
    elif value is None or isinstance(value, str | int | float | bool | date):
        digest.update(repr(value).encode())
    else:
        raise TypeError(f"a {type(value).__name__} in a scenario cannot be told from another")
    digest.update(b")")
