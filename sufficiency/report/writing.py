"""What the file system says when something cannot be written, in words that say what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlsxwriter.exceptions import XlsxFileError

from sufficiency.errors import OutputError

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def explained(out: Path, and_so: str) -> Iterator[None]:
    """Turn what the file system says into one message; ``and_so`` says what became of it.

    Raises `OutputError` where an `OSError` or an error of the workbook is raised.
    """
    try:
        yield
    except (OSError, XlsxFileError) as error:
        raise OutputError(f"{out}: {_reason(error)} {and_so}") from error


def _reason(error: OSError | XlsxFileError) -> str:
    cause = next((each for each in (error, *error.args) if isinstance(each, OSError)), None)
    if cause is None:
        return f"a file cannot be written ({error})."
    if _number(cause) in _DISK_FULL:
        return "the disk is full. Free some space, or choose another folder with --out."
    if isinstance(cause, PermissionError):
        return (
            "a file or the folder is in use or may not be changed. Close it in other programs, "
            "such as Excel, or choose another folder with --out."
        )
    return f"cannot be written ({cause.strerror or cause}). Choose another folder with --out."


def _number(error: OSError) -> int | None:
    """The system's number of an error; pyarrow gives it in words alone."""
    if error.errno is not None:
        return error.errno
    said = re.search(r"\[errno (\d+)\]", str(error), re.IGNORECASE)
    return int(said[1]) if said else None
