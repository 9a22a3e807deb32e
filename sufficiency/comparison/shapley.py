"""How much of a joint change each change accounts for, when the order of changes matters.

Two changes together seldom do what they do apart: places that were freed by the one may be filled
by the other. Shapley (1953) takes the average over every order in which the changes could be
entered of what each adds when it comes: it is the one way that adds up to the whole, gives two
changes that do the same the same, and gives nothing to a change that does nothing.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def shapley_values(by_set: Floats) -> Floats:
    """What each of n changes adds, averaged over all n! orders: (n, ...).

    Args:
        by_set: (2^n, ...) the outcome of every set of changes; bit i of the position says whether
            change i is in the set, so position 0 is no change and the last all of them.

    Returns:
        The Shapley value of each change (Shapley 1953): the sum over the sets S without change i of
        |S|! (n - |S| - 1)! / n! times (outcome of S with i - outcome of S). They add up to the
        outcome of all less the outcome of none.

    Raises:
        ValueError: the number of outcomes is not a power of 2.
    """
    n = len(by_set).bit_length() - 1
    if len(by_set) != 2**n:
        raise ValueError(f"{len(by_set)} outcomes are not those of all sets of some changes")
    sets = np.arange(2**n)
    sizes = np.array([int(each).bit_count() for each in sets])
    added = np.zeros((n, *by_set.shape[1:]))
    for change in range(n):
        without = sets[(sets >> change) & 1 == 0]
        for each in without:
            size = int(sizes[each])
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            added[change] += weight * (by_set[each | (1 << change)] - by_set[each])
    return added


def in_listed_order(by_step: Floats) -> Floats:
    """What each of n changes adds when they are entered one after another: (n, ...).

    ``by_step`` is (n + 1, ...): the outcome before any, after the first, after the first two, ...
    """
    return np.diff(by_step, axis=0)
