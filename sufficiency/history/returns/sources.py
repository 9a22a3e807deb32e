"""The files that a user points at: single ones, folders, zip files. They are only ever read."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sufficiency.errors import HistoryError

TABLE_SUFFIXES = (".csv", ".txt", ".tsv", ".xml", ".xlsx")
ZIP_SUFFIX = ".zip"
MOST_UNPACKED_BYTES = 2 * 2**30
MOST_FILES = 2_000
MOST_TIMES_LARGER = 250
"""Returns shrink to a tenth or a thirtieth; what shrinks to a thousandth was made to harm."""
SMALL_BYTES = 10 * 2**20
"""However well it shrank, so much does no harm."""
WHAT_TO_GIVE = (
    "Give a folder, files or a zip file with the tables of an SSDA903 return: at least Episodes "
    "and Header, as CSV or XML."
)


@dataclass(frozen=True)
class Source:
    """One file, as it was found."""

    name: str
    """Without folders: names of folders may tell who a child is."""
    folder: str
    """Which files lie together: those of one folder share it. Not for show."""
    raw: bytes | None
    """None if it is of no use by its name, and was not opened."""

    @property
    def sha256(self) -> str:
        """The digest of its bytes; ``""`` if it was not opened."""
        return "" if self.raw is None else hashlib.sha256(self.raw).hexdigest()


def sources(paths: Sequence[Path]) -> Iterator[Source]:
    """Every file under the paths, in order of name, each opened when it is reached.

    Raises:
        HistoryError: a path does not exist or cannot be read, or a zip file is damaged, locked,
            would unpack to more than `MOST_UNPACKED_BYTES`, or names a path outside itself.
    """
    if not paths:
        raise HistoryError(f"no file was given. {WHAT_TO_GIVE}")
    for path in paths:
        if not path.exists():
            raise HistoryError(f"{path}: no such file or folder. {WHAT_TO_GIVE}")
    seen: set[Path] = set()
    for path in paths:
        for file in _files_under(path):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield from _opened(file)


def _files_under(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = [file for file in path.rglob("*") if file.is_file()]
    return sorted(file for file in found if not _is_hidden(file.relative_to(path).as_posix()))


def _is_hidden(path: str) -> bool:
    """What systems leave beside files: hidden ones, locks of open documents."""
    parts = PurePosixPath(path).parts
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in parts)


def _opened(file: Path) -> Iterator[Source]:
    suffix = file.suffix.casefold()
    if suffix == ZIP_SUFFIX:
        yield from _unzipped(file)
        return
    raw = _bytes_of(file) if suffix in TABLE_SUFFIXES else None
    yield Source(file.name, str(file.parent), raw)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise HistoryError(f"{file}: cannot be read ({fault.strerror}).") from None


def _unzipped(file: Path) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            check_members(file.name, members)
            for member in sorted(members, key=lambda each: each.filename):
                if _is_hidden(member.filename):
                    continue
                path = PurePosixPath(member.filename)
                useful = path.suffix.casefold() in TABLE_SUFFIXES
                raw = archive.read(member) if useful else None
                yield Source(path.name, f"{file}/{path.parent}", raw)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        raise HistoryError(
            f"{file.name}: this zip file is damaged. Make it again, or give the folder."
        ) from None


def check_members(name: str, members: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse a zip file that was made to harm, before anything of it is unpacked.

    Raises `HistoryError`; ``name`` is what the message calls the file.
    """
    kept = list(members)
    if len(kept) > MOST_FILES:
        raise HistoryError(
            f"{name}: holds {len(kept):,} files, more than {MOST_FILES:,}. {WHAT_TO_GIVE}"
        )
    for member in kept:
        inside = member.filename.replace("\\", "/")
        path = PurePosixPath(inside)
        if path.is_absolute() or ".." in path.parts or ":" in inside:
            raise HistoryError(
                f"{name}: a file in it names a path outside the zip file, which could "
                "overwrite others. It was refused; ask who made it."
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise HistoryError(f"{name}: holds a link to another file. It was refused.")
        if member.flag_bits & 0x1:
            raise HistoryError(f"{name}: is locked with a password. Unpack it and give the folder.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise HistoryError(
                f"{name}: is packed in an unusual way. Unpack it and give the folder."
            )
    size = sum(member.file_size for member in kept)
    packed = sum(member.compress_size for member in kept)
    if size > MOST_UNPACKED_BYTES or (
        size > SMALL_BYTES and size > MOST_TIMES_LARGER * max(packed, 1)
    ):
        raise HistoryError(
            f"{name}: would unpack to {size / 2**20:,.0f} MB from {packed / 2**20:,.1f} MB, "
            "which no return does. It was refused; if it is right, unpack it and give the folder."
        )
