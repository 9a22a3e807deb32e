"""The tables of a study of the assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.measures.summary import STATISTICS, summarise
from sufficiency.sensitivity.answers import Answer
from sufficiency.sensitivity.indices import morris_indices, sobol_indices
from sufficiency.sensitivity.information import value_of_information
from sufficiency.sensitivity.result import (
    ENDS,
    INDICES_COLUMNS,
    INFORMATION_COLUMNS,
    SENSITIVITY_COLUMNS,
    Effects,
)
from sufficiency.sensitivity.tested import Tested

Floats = NDArray[np.float64]

_EIGHT_IN_TEN_SDS = 2 * 1.2816
"""The 8-in-10 range of a normal answer, in standard deviations."""


def sensitivity_table(
    tested: Sequence[Tested], answers: Sequence[Answer], effects: Effects
) -> pd.DataFrame:
    """What each end of each number changes: a row for each number, end and answer.

    Children, GBP for ``cost``; the statistics are of the difference in the same future.
    """
    difference = effects.difference
    errors, base = effects.standard_error, effects.base.mean(axis=0)
    rows = []
    for at, one in enumerate(tested):
        for end, name in enumerate(ENDS):
            statistics = summarise(difference[at, end])
            for k, answer in enumerate(answers):
                rows.append(
                    {
                        **_named(one, answer),
                        "kind": str(one.kind),
                        "end": name,
                        "tested_value": getattr(one, name),
                        "scenario_value": one.value,
                        **dict(zip(STATISTICS, statistics[:, k].tolist(), strict=True)),
                        "standard_error": float(errors[at, end, k]),
                        "base_mean": float(base[k]),
                        "changed_mean": float(effects.changed[at, end, :, k].mean()),
                    }
                )
    return pd.DataFrame(rows, columns=list(SENSITIVITY_COLUMNS))


def indices_table(
    tested: Sequence[Tested],
    answers: Sequence[Answer],
    design: Floats,
    means: Floats,
    method: str,
    seed: int,
) -> pd.DataFrame:
    """Indices of the numbers of a design: a row for each number, answer and index.

    ``means`` is (n, K), the expected answers at each row of the design.
    """
    rows: list[dict[str, Any]] = []
    for k, answer in enumerate(answers):
        if method == "sobol":
            found = sobol_indices(len(tested), means[:, k], seed)
        else:
            found = morris_indices(design, means[:, k], seed)
        for line in found.to_dict("records"):
            said = {str(name): value for name, value in line.items()}
            one = tested[int(said.pop("input"))]
            rows.append({**_named(one, answer), "method": method, **said})
    return pd.DataFrame(rows, columns=list(INDICES_COLUMNS))


def information_table(
    tested: Sequence[Tested],
    answers: Sequence[Answer],
    values: Floats,
    means: Floats,
    base: Floats,
    seed: int,
) -> pd.DataFrame:
    """What knowing each number for certain is worth: a row for each number and answer.

    ``values`` are (n, k) draws of the numbers, ``means`` (n, K) the expected answers at them,
    ``base`` (R, K) the answers of the scenario's own futures, whose spread is what remains when
    every number is known.
    """
    rows = []
    for k, answer in enumerate(answers):
        found = value_of_information(values, means[:, k], answer.limit, seed)
        chance = float(base[:, k].var(ddof=1)) if len(base) > 1 else 0.0
        everything = found.total_variance + chance
        for at, one in enumerate(tested):
            gone = min(float(found.variance[at]), found.total_variance)
            decided: Mapping[str, float] = {}
            if found.decision is not None and answer.limit is not None:
                decided = {
                    "limit": answer.limit,
                    "over_probability": float(found.over_probability or 0.0),
                    "wrong_now": float(found.decision_all or 0.0),
                    "less_wrong": float(found.decision[at]),
                }
            rows.append(
                {
                    **_named(one, answer),
                    "variance_removed": gone,
                    "low": float(found.low[at]),
                    "high": float(found.high[at]),
                    "share_of_assumptions": _share(gone, found.total_variance),
                    "share_of_all": _share(gone, everything),
                    "range_now": _EIGHT_IN_TEN_SDS * everything**0.5,
                    "range_then": _EIGHT_IN_TEN_SDS * (everything - gone) ** 0.5,
                    **decided,
                }
            )
    return pd.DataFrame(rows, columns=list(INFORMATION_COLUMNS))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _named(one: Tested, answer: Answer) -> dict[str, Any]:
    """The columns that say which number and which answer a row is about."""
    return {
        "assumption": one.key,
        "label": one.label,
        "date": "" if answer.at is None else answer.at.isoformat(),
        "financial_year": answer.financial_year,
        "months": answer.months or "",
        "measure": answer.measure,
        "sector": "all",
        "age_band": "all",
    }
