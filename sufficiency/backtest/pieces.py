"""What of a backtest is finished, kept in a folder so that a stopped one can go on.

A piece is one authority's forecasts from one origin, or one authority's smoothed series. Each is a
file that appears whole when it ends. The folder also says what the pieces are of: pieces of other
data, another version or other numbers are never mixed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sufficiency
from sufficiency.backtest.published_source import Simulated, Unresolved
from sufficiency.errors import OutputError
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

SETTINGS = "settings.json"
LINES_FILE = "backtest_lines.csv"
"""What a backtest makes and so does not depend on."""
_EVER_SAID = {"replications", "seed", "engine", "version"}
"""What the settings of every version say."""


@dataclass(frozen=True)
class Settings:
    """What every piece of a backtest depends on."""

    replications: int
    seed: int
    engine: str
    version: str
    data_sha256: str
    """Of what ships to calibrate from."""
    program_sha256: str
    """Of the code that pieces are made by."""


def settings_of(replications: int, seed: int, engine: str) -> Settings:
    """The settings of a backtest with these numbers and what is installed here."""
    return Settings(
        replications, seed, engine, sufficiency.__version__, data_sha256(), program_sha256()
    )


def data_sha256() -> str:
    """The digest of the tables that forecasts are calibrated from."""
    folder = shipped_path("calibration")
    kept = (".csv", ".parquet", ".yaml")
    return _digest(
        path
        for path in folder.rglob("*")
        if path.suffix in kept and path.name != LINES_FILE and path.parent.name != "wolverhampton"
    )


def program_sha256() -> str:
    """The digest of the code that pieces are made by."""
    package = Path(sufficiency.__file__).parent
    folders = ("history", "calibration", "scenario", "resolution", "simulation", "measures")
    own = ("counts", "published_source", "reduction", "smoothing", "targets")
    return _digest(
        [
            *(path for folder in folders for path in (package / folder).rglob("*.py")),
            *(package / "backtest" / f"{name}.py" for name in own),
            package / "domain.py",
        ]
    )


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.as_posix()):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


class Pieces:
    """The finished pieces in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, settings: Settings, *, resume: bool) -> int:
        """Make the folder ready and return how many pieces it holds already.

        Raises `OutputError` if it holds pieces and ``resume`` is false, or they are of other
        settings, or it holds what no backtest has written, or it cannot be written.
        """
        path = self.folder / SETTINGS
        if self.folder.is_dir() and any(self.folder.iterdir()) and not _is_ours(path):
            raise OutputError(
                f"{self.folder}: found a folder that is not an unfinished backtest (it has no "
                f"{SETTINGS} of one), and a backtest would keep its pieces there. Move it, or "
                "choose another --out."
            )
        found = sum(1 for _ in self.folder.glob("*.npz")) if self.folder.is_dir() else 0
        if found and not resume:
            raise OutputError(
                f"{self.folder}: an unfinished backtest is there ({found:,} pieces). Go on with "
                "it by adding --resume, or remove the folder to begin again."
            )
        written = json.dumps(asdict(settings), indent=2) + "\n"
        if found and (not path.is_file() or path.read_text(encoding="utf-8") != written):
            raise OutputError(
                f"{self.folder}: its pieces are of {_difference(path, settings)}, so they cannot "
                "be gone on with. Remove the folder to begin again, or choose another --out."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(written, encoding="utf-8", newline="\n")
        except OSError as error:
            raise OutputError(
                f"{self.folder}: cannot be written ({error.strerror or error}). Choose another "
                "folder with --out."
            ) from error
        return found

    def has(self, name: str) -> bool:
        """Whether a piece is finished and whole; what a power cut damaged is made again."""
        try:
            return bool(self._held(name))
        except Exception:  # noqa: BLE001  numpy and zipfile say what is damaged in many ways
            return False

    def keep_forecast(self, name: str, forecast: Simulated | Unresolved) -> None:
        """Write an origin's forecast, or why there is none, in one step."""
        if isinstance(forecast, Unresolved):
            self._keep(name, "reason", np.array(forecast.reason))
        else:
            self._keep(name, "samples", forecast.samples.astype(np.float32))

    def forecast(self, name: str) -> Simulated | Unresolved:
        """An origin's forecast as it was kept."""
        held = self._held(name)
        if "reason" in held:
            return Unresolved(str(held["reason"]))
        return Simulated(held["samples"].astype(np.float64))

    def keep_array(self, name: str, values: Floats) -> None:
        """Write an array in one step."""
        self._keep(name, "values", values)

    def array(self, name: str) -> Floats:
        """An array as it was kept."""
        return np.asarray(self._held(name)["values"], dtype=np.float64)

    def remove(self) -> None:
        """Remove the folder, what says whose it is last: the backtest is finished."""
        for piece in self.folder.glob("*.npz"):
            with suppress(OSError):
                piece.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _held(self, name: str) -> dict[str, NDArray[Any]]:
        """All that a piece's file holds; each array is checked against its sum as it is read."""
        # Opened here: numpy leaves open what is cut short, and Windows then replaces it by nothing.
        with self._path(name).open("rb") as file, np.load(file, allow_pickle=False) as held:
            return {key: held[key] for key in held}

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    def _keep(self, name: str, key: str, values: NDArray[np.generic]) -> None:
        path = self._path(name)
        aside = path.with_suffix(f".{os.getpid()}.part")
        with aside.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **{key: values})
        aside.replace(path)


def _is_ours(path: Path) -> bool:
    """Whether a file says what pieces are of, by whatever version of the program."""
    held = _read(path)
    return held is not None and held.keys() >= _EVER_SAID


def _read(path: Path) -> dict[str, Any] | None:
    """The settings in a file; None if there are none."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def _difference(path: Path, settings: Settings) -> str:
    """What of the settings differs, in words."""
    held = _read(path)
    if held is None:
        return "an unknown backtest"
    words = {
        "replications": "another number of replications",
        "seed": "another seed",
        "engine": "another engine",
        "version": "another version of the program",
        "data_sha256": "other data",
        "program_sha256": "another version of the program",
    }
    now = asdict(settings)
    differing = dict.fromkeys(words[name] for name in words if held.get(name) != now[name])
    return " and ".join(differing) or "an unknown backtest"
