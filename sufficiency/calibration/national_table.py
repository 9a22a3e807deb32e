"""England's fitted exit hazards as a shipped table, and the model of a year with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assuming
from sufficiency.calibration.cohort import N_CARE_BANDS
from sufficiency.calibration.national import NationalHazards
from sufficiency.calibration.national_rates import NationalRates, national_rates
from sufficiency.domain import AGE_BANDS
from sufficiency.history.counts import as_number
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

TABLE = ("calibration", "national_hazards.csv")
_RATES = ("guardianship", "rest", "match")
_NUMBERS = ("adopt_per_year", "disrupt_per_year", "newborn_share", "teenage_lean")
_CARE_BANDS = [f"care_band_{band}" for band in range(N_CARE_BANDS)]


def write_table(hazards: NationalHazards, path: Path) -> None:
    """Write the hazards a year: one row an age band and hazard, then the single numbers."""
    rows = [
        {"hazard": name, "age_band": str(band), **dict(zip(_CARE_BANDS, rates, strict=True))}
        for name in _RATES
        for band, rates in zip(AGE_BANDS, getattr(hazards, name), strict=True)
    ]
    rows += [
        {"hazard": name, "age_band": "all", _CARE_BANDS[0]: getattr(hazards, name)}
        for name in _NUMBERS
    ]
    pd.DataFrame(rows).to_csv(path, index=False, float_format="%.8g", lineterminator="\n")


@cache
def shipped_hazards() -> NationalHazards:
    """England's exit hazards from the shipped table."""
    table = pd.read_csv(shipped_path(*TABLE), encoding="utf-8").set_index(["hazard", "age_band"])
    bands = [str(band) for band in AGE_BANDS]
    guardianship, rest, match = (
        table.loc[name].loc[bands, _CARE_BANDS].to_numpy(dtype=np.float64) for name in _RATES
    )
    adopt, disrupt, newborn, lean = (
        as_number(table.loc[(name, "all"), _CARE_BANDS[0]]) for name in _NUMBERS
    )
    return NationalHazards(guardianship, rest, match, adopt, disrupt, newborn, lean)


@cache
def shipped_rates() -> NationalRates:
    """England's rates by sector and age, from the shipped tables and hazards."""
    with assuming({}):
        return national_rates(shipped_hazards())
