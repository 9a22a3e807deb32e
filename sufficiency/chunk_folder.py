"""Finished chunks in a folder beside the run's own, so that a run that was stopped can go on.

A chunk is one file: a line with the SHA-256 of all that follows, a line of JSON that says whose
chunk it is and where each array lies, then the arrays. It is written aside and renamed, so a file
with a chunk's name is whole, and what a power cut left of it is known by its digest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sufficiency.chunks import Arrays, Chunk, Numbers
from sufficiency.errors import OutputError
from sufficiency.identity import Identity
from sufficiency.report.replacing import HALF
from sufficiency.report.writing import explained

KEPT = "The futures that are finished are kept: the same command with --resume goes on from there."
DROPPED = (
    "Futures of an earlier run in this place that was not finished are dropped. If it was the same "
    "run, --resume would go on with them."
)
_ABOUT = "about.json"
_MARK = "sufficiency chunk "


def has_chunks(out: Path) -> bool:
    """Whether an unfinished run is kept beside the folder that it would have been written to."""
    return any(next(path.glob("*.chunk"), None) for path in _kept_beside(out))


def what_is_dropped(out: Path, *, resume: bool) -> list[str]:
    """What the user should know before a run begins that goes on with nothing."""
    return [DROPPED] if has_chunks(out) and not resume else []


def _kept_beside(out: Path) -> list[Path]:
    """The folders of unfinished runs that would have been written to ``out``."""
    parent, beginning = out.absolute().parent, f".{out.name}.chunks-"
    beside = parent.iterdir() if parent.is_dir() else ()
    return [path for path in beside if path.name.startswith(beginning) and path.is_dir()]


class ChunkFolder:
    """Chunks of one identity, kept in files until the run is written."""

    def __init__(self, out: Path, identity: Identity, *, resume: bool):
        """Open the folder of chunks for a run that will be written to ``out``.

        Without ``resume`` whatever an earlier run left is removed. Raises `OutputError` for a
        folder that cannot be written, or chunks of another scenario, seed or version.
        """
        self._identity = identity
        self._out = out
        self.path = out.with_name(f".{out.name}.chunks-{identity.digest}")
        self.notes: list[str] = []
        self._where: dict[Chunk, dict[str, Any]] = {}
        with explained(out, "Nothing was written."):
            self._made = [folder for folder in out.absolute().parents if not folder.exists()]
            self._make_room(resume)
            try:
                self._begin()
            except BaseException:
                if not self.holds_something:
                    self.remove()
                raise

    def _begin(self) -> None:
        """Make the folder, which says what its chunks are of."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody else on a shared computer should read what real children may be behind.
        self.path.mkdir(mode=0o700, exist_ok=True)
        text = json.dumps(asdict(self._identity), indent=2)
        (self.path / _ABOUT).write_text(text + "\n", encoding="utf-8")

    def finished(self, chunks: Iterable[Chunk]) -> set[Chunk]:
        """Those of the chunks that are kept whole; the damaged are counted in a note."""
        damaged = 0
        for chunk in chunks:
            path = self._path(chunk)
            if path.exists():
                found = self._read_whole(path, chunk)
                if found is None:
                    damaged += 1
                else:
                    self._where[chunk] = found
        if damaged:
            self.notes.append(
                f"{damaged} of the kept chunks {'was' if damaged == 1 else 'were'} damaged or of "
                "another run, and will be simulated again."
            )
        return set(self._where)

    def put(self, chunk: Chunk, arrays: Arrays) -> None:
        """Write the arrays of a chunk. Raises `OutputError`; what was written before is kept."""
        header, parts = self._packed(chunk, arrays)
        digest = hashlib.sha256(header)
        for part in parts:
            digest.update(part)
        first_line = f"{_MARK}{digest.hexdigest()}\n".encode()
        path = self._path(chunk)
        aside = path.with_suffix(".part")
        try:
            with explained(self._out, KEPT if self._where else "Nothing was written."):
                with aside.open("wb") as file:
                    file.write(first_line)
                    file.write(header)
                    file.writelines(parts)
                aside.replace(path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        self._where[chunk] = _places(json.loads(header), len(first_line) + len(header))

    def strip(self, chunk: Chunk, name: str, first: int, after_last: int | None) -> Numbers:
        """Some cells of one figure of a chunk: (cells, n)."""
        start, dtype, n_cells = self._where[chunk][name]
        last = n_cells if after_last is None else min(after_last, n_cells)
        count = (last - first) * len(chunk)
        offset = start + first * len(chunk) * dtype.itemsize
        with explained(self._out, KEPT):
            found: Numbers = np.fromfile(self._path(chunk), dtype, count, offset=offset)
        if len(found) < count:
            raise OutputError(
                f"{self._path(chunk)}: this file was cut short while the run went on. {KEPT}"
            )
        return found.reshape(last - first, len(chunk))

    @property
    def holds_something(self) -> bool:
        """Whether there is anything to resume, also if Ctrl-C was heard as it was put away."""
        return next(self.path.glob("*.chunk"), None) is not None

    def remove(self) -> None:
        """Remove the folder, and those above it that were made for it and are empty."""
        self._drop(self.path, ignore_errors=True)
        with suppress(OSError):
            for folder in self._made:
                folder.rmdir()

    def _make_room(self, resume: bool) -> None:
        """Remove what earlier runs left, or refuse to resume what is not this run."""
        earlier = _kept_beside(self._out)
        if not resume:
            for path in earlier:
                self._drop(path)
            return
        for leftover in self.path.glob("*.part"):
            leftover.unlink()
        if self.path.absolute() in earlier:
            return
        for path in earlier:
            raise OutputError(
                f"{self._out}: --resume found an unfinished run of {self._other(path)}. Run the "
                "command that was stopped, or start afresh without --resume."
            )
        self.notes.append("There is no unfinished run to resume, so this one starts afresh.")

    def _drop(self, path: Path, *, ignore_errors: bool = False) -> None:
        """Remove a folder of chunks, first of all from where they are looked for.

        What is left if that is stopped goes with all else that is left beside the folder.
        """
        gone = self._out.with_name(f".{self._out.name}.{uuid.uuid4().hex[:8]}{HALF}")
        try:
            path.rename(gone)
        except OSError:
            shutil.rmtree(path, ignore_errors=ignore_errors)
        else:
            shutil.rmtree(gone, ignore_errors=True)

    def _other(self, path: Path) -> str:
        """What the chunks in another folder are of."""
        try:
            about = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
            return self._identity.difference(Identity(**about)) or "this scenario, moved here"
        except (OSError, ValueError, TypeError):
            return "something else"

    def _path(self, chunk: Chunk) -> Path:
        layers = "".join(str(int(on)) for on in chunk.layers)
        kind = "all" if chunk.whole else "in-care"
        return self.path / f"{kind}-{layers}-{chunk.first:06d}-{chunk.after_last:06d}.chunk"

    def _packed(self, chunk: Chunk, arrays: Arrays) -> tuple[bytes, list[memoryview]]:
        about = {
            "run": self._identity.digest,
            "chunk": asdict(chunk),
            "arrays": [[name, array.dtype.str, len(array)] for name, array in arrays.items()],
        }
        header = json.dumps(about, sort_keys=True).encode() + b"\n"
        return header, [np.ascontiguousarray(array).data.cast("B") for array in arrays.values()]

    def _read_whole(self, path: Path, chunk: Chunk) -> dict[str, Any] | None:
        """Where the arrays lie in a file; None if it is damaged or another run's."""
        with explained(self._out, "Nothing was written."), path.open("rb") as file:
            first_line, rest = file.readline(), file.read()
        if first_line != f"{_MARK}{hashlib.sha256(rest).hexdigest()}\n".encode():
            return None
        header = rest[: rest.index(b"\n") + 1]
        about = json.loads(header)
        expected = json.loads(json.dumps(asdict(chunk)))
        if about["run"] != self._identity.digest or about["chunk"] != expected:
            return None
        return _places(about, len(first_line) + len(header))


def _places(about: dict[str, Any], start: int) -> dict[str, Any]:
    """For each array its first byte in the file, its type and its number of cells."""
    chunk = about["chunk"]
    n_replications = chunk["after_last"] - chunk["first"]
    places = {}
    for name, kind, n_cells in about["arrays"]:
        dtype = np.dtype(kind)
        places[name] = (start, dtype, n_cells)
        start += n_cells * n_replications * dtype.itemsize
    return places
