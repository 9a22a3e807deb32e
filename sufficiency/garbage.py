"""When Python looks for garbage: not while libraries load, because what loads stays."""

from __future__ import annotations

import atexit
import gc
from functools import cache

OBJECTS_LOADED = 400_000
"""Libraries and tables that load make fewer: to look through them again and again would be a tenth
of the start."""
OBJECTS_BETWEEN_SEARCHES = 50_000
"""From then on. Python's own 700 suits programs that make garbage."""


@cache
def search_later() -> None:
    """Look for garbage only once much is there; once in a process, whatever commands it runs."""
    gc.set_threshold(OBJECTS_LOADED)
    gc.callbacks.append(_loaded)
    # Python would look through all that was loaded several times more as it ends.
    atexit.register(gc.freeze)


def _loaded(phase: str, found: dict[str, int]) -> None:
    """As the first search begins: what is there stays, and what comes is searched more often."""
    del phase, found
    gc.callbacks.remove(_loaded)
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES)
