"""How new results take the place of earlier ones, so that at every moment one of them is whole.

A folder is written beside its name as ``.NAME.########.part``; what had the name waits as
``.NAME.########.old`` until the new one has it.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

HALF, FORMER = ".part", ".old"


def take_name(aside: Path, out: Path) -> None:
    """Give a finished folder its name; what had the name goes only once that has worked."""
    if not out.exists():
        aside.rename(out)
        return
    former = aside.with_suffix(FORMER)
    try:
        out.rename(former)
        aside.rename(out)
    except BaseException:
        # Ctrl-C may be heard as either has just been done.
        if former.exists() and not out.exists():
            former.rename(out)
        raise
    # What is half removed is never to be taken for results to put back.
    with suppress(OSError):
        former.rename(aside)
    for removed in (aside, former):
        shutil.rmtree(removed, ignore_errors=True)


def tidy(out: Path) -> None:
    """Put right what a command that was ended left beside ``out``, if nobody works on it.

    Results that were to be replaced are put back if none took their place.
    """
    for former in _left(out, FORMER):
        with suppress(OSError):
            out.rmdir()  # Only an empty folder goes.
        if not os.path.lexists(out):
            with suppress(OSError):
                former.rename(out)
        else:
            shutil.rmtree(former, ignore_errors=True)
    for half in _left(out, HALF):
        shutil.rmtree(half, ignore_errors=True)


def _left(out: Path, ending: str) -> Iterable[Path]:
    pattern = f".{glob.escape(out.name)}.{'[0-9a-f]' * 8}{ending}"
    return sorted(out.absolute().parent.glob(pattern))
