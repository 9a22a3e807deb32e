"""One command at a time for each folder of results: two would take away each other's work."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sufficiency.errors import OutputError
from sufficiency.report.replacing import tidy
from sufficiency.report.writing import explained

_BY_ANOTHER = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_TRIES = 10


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Nobody else who asks works on the folder ``out`` meanwhile.

    What a command that the system ended left there is put right: what it had half written is
    removed, what it was replacing put back. Raises `OutputError` if somebody else works on it, or
    nothing can be written beside it.
    """
    parent = out.absolute().parent
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    mark = parent / f".{out.name}.held"
    with explained(out, "Nothing was written."):
        parent.mkdir(parents=True, exist_ok=True)
        file = _marked(mark, out)
    try:
        tidy(out)
        yield
    finally:
        if sys.platform == "win32":  # An open file keeps its name there.
            os.close(file)
        with suppress(OSError):
            mark.unlink()
        if sys.platform != "win32":
            os.close(file)
        with suppress(OSError):
            for folder in made:
                folder.rmdir()


def _marked(mark: Path, out: Path) -> int:
    """The number of the open file ``mark``, which is ours alone."""
    for _ in range(_TRIES - 1):
        file = _opened(mark, out)
        with suppress(OSError):
            if os.path.samestat(os.fstat(file), mark.stat()):
                return file
        os.close(file)  # Whoever held it took it away as it was opened.
    # Or files cannot be told apart here, as on some networks: then nobody is kept out.
    return _opened(mark, out)


def _opened(mark: Path, out: Path) -> int:
    """The number of the file ``mark``, opened and locked, if files can be locked here."""
    try:
        file = os.open(mark, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError:  # What a run of a colleague's left in a folder that is shared.
        file = os.open(mark, os.O_RDONLY)
    try:
        _lock(file)
    except OSError as error:
        if error.errno in _BY_ANOTHER:
            os.close(file)
            raise OutputError(
                f"{out}: another run is being worked out for this folder. Wait until it has "
                "ended, or choose another folder with --out."
            ) from None
        # Where nothing can be locked, as on some networks, nobody is kept out.
    return file


def _lock(file: int) -> None:
    """Lock a file; the system lets go when it is closed, or with the process."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
