"""Ages at entry by stream, as quantiles that a uniform number reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.cohort import STEP_DAYS
from sufficiency.calibration.national_counts import uasc_entry_ages
from sufficiency.calibration.national_table import shipped_hazards

Floats = NDArray[np.float64]

_QUANTILES = 2001


def entry_age_quantiles_days() -> Floats:
    """(6, Q): age at entry in days at evenly spaced probabilities, by age group (UASC last).

    Within four weeks of age the distribution is even.
    """
    bands = shipped_hazards().entry_ages()
    uasc = uasc_entry_ages(assumed("under_16_share_of_uasc").number)
    return np.array([_quantiles(weights) for weights in (*bands, uasc)])


def _quantiles(weights: Floats) -> Floats:
    probability = np.linspace(0, 1, _QUANTILES)
    steps = np.flatnonzero(weights > 0)
    edges = np.arange(len(weights) + 1) * STEP_DAYS
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    first, last = steps[0], steps[-1] + 1
    # Repeated values of a flat cumulative distribution would make the inverse ambiguous.
    rising = np.concatenate([[True], np.diff(cumulative[first : last + 1]) > 0])
    result: Floats = np.interp(
        probability * cumulative[-1],
        cumulative[first : last + 1][rising],
        edges[first : last + 1][rising],
    )
    return result
