"""Small real counts among the dearest placements, which a run that knows children leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.report.small_counts import Flags, agreed, is_small

COUNTED = ("placements_", "children_", "cost_")
"""How the measures of one threshold begin."""


def hidden_dearest(dearest: pd.DataFrame) -> Flags:
    """(n_rows,): all of a year's and threshold's rows if one is a small count all but certain."""
    if dearest.empty:
        return np.zeros(0, dtype=bool)
    measure = dearest["measure"].astype(str)
    counts = measure.str.startswith(COUNTED[:2]).to_numpy()
    small = counts & agreed(dearest) & is_small(dearest["mean"].to_numpy(dtype=np.float64))
    threshold = measure.str.extract(r"over_(\d+)", expand=False).fillna("")
    concerned = (
        pd.Series(np.asarray(small), dearest.index)
        .groupby([dearest["financial_year"], threshold])
        .transform("any")
        .to_numpy(dtype=bool)
    )
    return np.asarray(concerned & measure.str.startswith(COUNTED).to_numpy())
