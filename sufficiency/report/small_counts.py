"""Which counts are small, and which others must be hidden with them: 1 to 5 children, marked c.

Pure functions of counts; which tables they are asked about is said elsewhere.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST_SHOWN = 6

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def is_small(counts: Floats) -> Flags:
    """Which counts are 1 to 5 children; parts of a child count too, 0 does not."""
    return np.asarray((counts > 0) & (counts < FEWEST_SHOWN - 0.5))


def hidden_parts(counts: Floats, small: Flags, total_is_shown: bool) -> tuple[Flags, bool]:
    """(n,): which parts of a total must not be shown, and whether the total still may be.

    What is hidden cannot be got back: beside the total there are two or more hidden parts, and
    knowing that each is at least 1, or that all are at most 5, leaves more than one answer. Zeros
    are always shown, as the Department shows them.

    Args:
        counts: (n,) the parts of a total.
        small: (n,) those that must be hidden for themselves.
        total_is_shown: whether their total is known.
    """
    hidden = small.copy()
    if not total_is_shown:
        if not hidden.any() and (counts > 0).any():
            hidden[_smallest(counts, hidden)] = True
        return hidden, False
    while hidden.any() and not _has_several_answers(counts[hidden]):
        if not (~hidden & (counts > 0)).any():
            return hidden, False
        hidden[_smallest(counts, hidden)] = True
    return hidden, True


def _smallest(counts: Floats, hidden: Flags) -> int:
    """The smallest part above 0 that is not hidden yet; the first of equals."""
    candidates = np.where(hidden | (counts <= 0), np.inf, counts)
    return int(np.argmin(candidates))


def _has_several_answers(hidden: Floats) -> bool:
    """Whether the sum of hidden parts can be made up in more than one way."""
    n, total = hidden.size, float(hidden.sum())
    all_at_most = total >= n * (FEWEST_SHOWN - 1) and is_small(hidden).all()
    return n >= 2 and total > n and not all_at_most


def agreed(table: pd.DataFrame) -> Flags:
    """(n_rows,): where every simulated future has the same figure, and it is not nothing."""
    return np.asarray((table["sd"] == 0) & (table["mean"] > 0))


def all_but_agreed(table: pd.DataFrame) -> Flags:
    """(n_rows,): where 9 futures in 10 still have the same 1 to 5 children as a real count."""
    middle = table["p50"].to_numpy(dtype=np.float64)
    return np.asarray(
        (table["p05"] == table["p95"]) & (middle >= 1) & is_small(middle) & (middle % 1 == 0)
    )


def known_beforehand(table: pd.DataFrame) -> Flags:
    """(n_rows,): 1 to 5 events that half of the futures share, as chance alone never makes them:
    so many children of the start turn 18 that month, and a month of birth is known."""
    middle = table["p50"].to_numpy(dtype=np.float64)
    return np.asarray(
        (table["p25"] == table["p75"]) & (middle >= 1) & is_small(middle) & (middle % 1 == 0)
    )
