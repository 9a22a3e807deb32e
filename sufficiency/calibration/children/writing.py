"""Files about children are written whole, or nothing of them stays."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file that takes its name once it is whole; its folder is made.

    Until then its name ends in its name to be: whatever keeps the one out of git does the other.
    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"unfinished-{path.name}")
    try:
        aside.write_bytes(raw)
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise
