"""Marks a function as one of the rules: plain Python that numba compiles where it is installed.

Rules take scalars and arrays, change at most the arrays that their docstring names, and call
only other rules. They live in one file, because numba's cache watches the file of the function
that is called and not those of the functions below it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:  # the rules are the same without it, only slower

    def compiled(rule: F) -> F:
        """Leave the rule as it is."""
        return rule
else:

    def compiled(rule: F) -> F:
        """Compile the rule on first use and keep the result between runs."""
        quick: F = njit(cache=True, nogil=True)(rule)
        return quick
