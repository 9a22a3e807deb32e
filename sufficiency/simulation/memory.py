"""What is freed is kept for what is made next."""

from __future__ import annotations

from functools import cache

import numpy as np

KEPT_BYTES = 2**24


@cache
def keep_what_is_freed() -> None:
    """Have the C library keep what is freed: the arrays of a future are made anew for the next.

    Otherwise glibc gives a few megabytes back to the system each time, and to be given them again
    takes a sixth of a future. It keeps twice as much as the largest piece that was ever freed
    (mallopt(3), M_MMAP_THRESHOLD), and this one is never filled; other libraries take no notice.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)
