"""Proportional fitting: complete a table from its totals and a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDS = 500
_TOLERANCE = 1e-9


def fit_table(seed: Floats, row_totals: Floats, column_totals: Floats) -> Floats:
    """The table nearest to ``seed`` with the given totals (iterative proportional fitting).

    Zeros of the seed stay zero. The column totals are first scaled to the sum of the rows. Where
    structural zeros make both impossible, the rows are met and the columns as nearly as can be.

    Args:
        seed: (R, C), not negative.
        row_totals: (R,).
        column_totals: (C,).
    """
    table = seed.astype(float).copy()
    columns = column_totals * row_totals.sum() / max(column_totals.sum(), np.finfo(float).tiny)
    for _ in range(_ROUNDS):
        table *= _ratio(columns, table.sum(axis=0))[None, :]
        row_factor = _ratio(row_totals, table.sum(axis=1))
        table *= row_factor[:, None]
        if np.abs(table.sum(axis=0) - columns).max() <= _TOLERANCE * max(row_totals.sum(), 1):
            break
    return table


def whole_numbers(values: Floats, total: int) -> NDArray[np.int64]:
    """Round to whole numbers that sum to ``total``, by largest remainder (ties: first listed).

    Args:
        values: any shape, not negative, not all zero unless ``total`` is 0.
    """
    flat = values.ravel().astype(float)
    scaled = flat * (total / flat.sum()) if flat.sum() > 0 else flat
    whole = np.floor(scaled).astype(np.int64)
    short = total - int(whole.sum())
    order = np.argsort(-(scaled - whole), kind="stable")
    whole[order[:short]] += 1
    result: NDArray[np.int64] = whole.reshape(values.shape)
    return result


def _ratio(wanted: Floats, found: Floats) -> Floats:
    result: Floats = np.divide(
        wanted, found, out=np.zeros_like(wanted, dtype=float), where=found > 0
    )
    return result
