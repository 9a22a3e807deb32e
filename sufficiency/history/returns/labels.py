"""Whole numbers in place of what could tell who a child is."""

from __future__ import annotations

import re

import numpy as np

from sufficiency.history.returns.coded import Coded, Flags, Ints
from sufficiency.history.returns.codes import tidied

ROUNDED = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
"""A long number that a spreadsheet shortened: different children look the same."""


def _key(text: str) -> str:
    """What is the same however it is spaced and in whichever capitals."""
    return tidied(text).replace(" ", "")


class Labels:
    """Whole numbers from 0 for texts, by first appearance; the texts are known to nobody else."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, column: Coded, prefixes: Coded | None = None) -> Ints:
        """(n_rows,) numbers, -1 where blank. With ``prefixes`` the pair is numbered."""
        plain = [_key(value) for value in column.values]
        if prefixes is None:
            return self._numbered(plain)[column.codes]
        before = [_key(value) for value in prefixes.values]
        pairs, inverse = np.unique(prefixes.codes * len(plain) + column.codes, return_inverse=True)
        texts = [
            f"{before[pair // len(plain)]}\t{plain[pair % len(plain)]}"
            if plain[pair % len(plain)]
            else ""
            for pair in pairs.tolist()
        ]
        return self._numbered(texts)[inverse]

    def _numbered(self, texts: list[str]) -> Ints:
        return np.array(
            [self._numbers.setdefault(text, len(self._numbers)) if text else -1 for text in texts],
            dtype=np.int64,
        )

    def __repr__(self) -> str:
        return f"Labels({len(self._numbers)} texts)"


def rounded(column: Coded) -> Flags:
    """(n_rows,): which identifiers a spreadsheet has shortened beyond repair."""
    return column.flags(lambda value: ROUNDED.fullmatch(value) is not None)


def without_authority(column: Coded) -> Coded:
    """Identifiers without ``_LA`` at the end, if every one of a file ends in the same."""
    ends = {value.rpartition("_")[2].upper() for value in column.values if value}
    end = next(iter(ends), "")
    same = len(ends) == 1 and end.isalpha() and all("_" in v for v in column.values if v)
    if not same:
        return column
    return Coded(column.codes, tuple(value.rpartition("_")[0] for value in column.values))
