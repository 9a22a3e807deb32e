"""How much of an answer hangs on which input: Morris's screening and Sobol's indices, by SALib.

Inputs are shares between 0 and 1; what a share means is the caller's (`Tested`). Morris (1991)
walks through the inputs one at a time from many places: ``mu_star`` is how far a walk across the
whole range moves the answer on average (Campolongo and others, 2007), ``sigma`` how much that
depends on the others. Sobol's first-order index is the share of the answer's variance
that goes when one input is known; the total index, the share that stays when all others are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import morris as morris_analysis
from SALib.analyze import sobol as sobol_analysis
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

Floats = NDArray[np.float64]

LEVELS = 4
RESAMPLES = 400
CONFIDENCE = 0.95
COLUMNS: tuple[str, ...] = ("input", "index", "value", "low", "high")
"""``low`` and ``high`` are the ends of the 95% bootstrap interval; NaN where there is none."""


def morris_design(inputs: int, walks: int, seed: int) -> Floats:
    """Places to ask the answer at: (walks x (inputs + 1), inputs) shares."""
    return np.asarray(
        morris_sample.sample(_problem(inputs), walks, num_levels=LEVELS, seed=seed), dtype=float
    )


def morris_indices(design: Floats, answers: Floats, seed: int) -> pd.DataFrame:
    """``mu_star`` and ``sigma`` of each input, in the answer's unit, over its whole range.

    Args:
        design: what `morris_design` gave.
        answers: (n,) the answer at each of its rows.
        seed: of the bootstrap.

    Returns:
        Columns `COLUMNS`; ``input`` is the position, counted from 0.
    """
    found = morris_analysis.analyze(
        _problem(design.shape[1]),
        design,
        answers,
        num_levels=LEVELS,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        seed=seed,
    )
    star, error = np.asarray(found["mu_star"]), np.asarray(found["mu_star_conf"])
    nothing = np.full(len(star), np.nan)
    return _table(
        {
            "mu_star": (star, np.maximum(star - error, 0.0), star + error),
            "sigma": (np.asarray(found["sigma"]), nothing, nothing),
        }
    )


def sobol_design(inputs: int, size: int, seed: int) -> Floats:
    """Places to ask the answer at: (size x (inputs + 2), inputs) shares; size is a power of 2."""
    return np.asarray(
        sobol_sample.sample(_problem(inputs), size, calc_second_order=False, seed=seed),
        dtype=float,
    )


def sobol_indices(inputs: int, answers: Floats, seed: int) -> pd.DataFrame:
    """``first_order`` and ``total`` index of each input, as `morris_indices` gives its own.

    An answer that nothing moves has indices of 0.
    """
    if not np.ptp(answers) > 0:
        zero = np.zeros(inputs)
        return _table({"first_order": (zero, zero, zero), "total": (zero, zero, zero)})
    found = sobol_analysis.analyze(
        _problem(inputs),
        (answers - answers.mean()) / answers.std(),
        calc_second_order=False,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        seed=seed,
    )
    return _table(
        {
            name: (value := np.asarray(found[key]), value - error, value + error)
            for name, key in (("first_order", "S1"), ("total", "ST"))
            if (error := np.asarray(found[f"{key}_conf"])) is not None
        }
    )


def _problem(inputs: int) -> dict[str, Any]:
    names = [f"x{position}" for position in range(inputs)]
    return {"num_vars": inputs, "names": names, "bounds": [[0.0, 1.0]] * inputs}


def _table(indices: dict[str, tuple[Floats, Floats, Floats]]) -> pd.DataFrame:
    rows = [
        (position, name, *(float(numbers[position]) for numbers in three))
        for name, three in indices.items()
        for position in range(len(three[0]))
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
