"""At which the model, run forward, moves children as often as is published: levels that ship.

Fitted by ``calibration/fit_move_levels.py``. The published durations of placements that ended are
not hazards of the children who live on in theirs, and they count no child's age and time in care;
so hazards with their shape are run forward in England's largest authorities and put right until
moves by age, by kind of placement and by time in the placement are England's, and so is the share
of children in care for less than a year who have had one placement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.cohort import CARE_BAND_STARTS_DAYS
from sufficiency.calibration.moves import PLACEMENT_BAND_STARTS_DAYS
from sufficiency.domain import AGE_GROUPS, DAYS_PER_YEAR, SECTORS
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

TABLE = ("calibration", "move_levels.csv")
IN_FIRST_YEAR: Floats = (CARE_BAND_STARTS_DAYS < DAYS_PER_YEAR).astype(np.float64)
"""(B,): one in the bands of time in care that make up its first year, else nought."""
_ALL = "all"
_LEAST_EARLY = 0.05


@dataclass(frozen=True)
class MoveLevels:
    """Factors on the hazards of moves that the published tables give. S sectors, A age groups."""

    duration: Floats
    """(8,): by time in the placement."""
    sector: Floats
    """(S,)."""
    age: Floats
    """(A,)."""
    first_year: float
    """Moves a year on top of these in the first year of care, whatever the time in the placement,
    as a multiple of a sector's published moves a year: first placements are often made in haste."""
    in_first_year: Floats
    """(8,): share of children with so long in their placement who are in that first year."""


def early_moves(moves_level: float | Floats, by_level: float) -> Floats:
    """The factor on moves in the first year of a placement, or of care, in an authority whose
    children move so many times as often as England's; shape of ``moves_level``.

    ``by_level`` is the assumption ``early_moves_by_level``: those that have lasted end as often
    everywhere, so the others must differ more than all do on average.
    """
    return np.maximum(1 + by_level * (moves_level - 1), _LEAST_EARLY)


def moves_by_duration(moves_level: float | Floats, by_level: float) -> Floats:
    """(..., 8): the factors on moves by time in the placement in such authorities (...)."""
    early = PLACEMENT_BAND_STARTS_DAYS < DAYS_PER_YEAR
    return np.where(early, early_moves(moves_level, by_level)[..., None], 1.0)


@cache
def shipped_move_levels() -> MoveLevels:
    """The levels of the shipped table."""
    table = pd.read_csv(shipped_path(*TABLE), encoding="utf-8", dtype={"of": "string"})
    level = table.set_index(["what", "of"])["level"]
    durations = [_days(day) for day in PLACEMENT_BAND_STARTS_DAYS]
    return MoveLevels(
        duration=level["duration"].reindex(durations).to_numpy(np.float64),
        sector=level["sector"].reindex(list(SECTORS)).to_numpy(np.float64),
        age=level["age"].reindex(list(AGE_GROUPS)).to_numpy(np.float64),
        first_year=float(level["first_year"][_ALL]),
        in_first_year=level["in_first_year"].reindex(durations).to_numpy(np.float64),
    )


def write_move_levels(levels: MoveLevels, path: Path) -> None:
    """Write the table: one row a level."""
    durations = [_days(day) for day in PLACEMENT_BAND_STARTS_DAYS]
    parts: list[tuple[str, list[str], Floats]] = [
        ("duration", durations, levels.duration),
        ("sector", [str(sector) for sector in SECTORS], levels.sector),
        ("age", [str(group) for group in AGE_GROUPS], levels.age),
        ("first_year", [_ALL], np.array([levels.first_year])),
        ("in_first_year", durations, levels.in_first_year),
    ]
    rows = [
        (what, of, round(float(level), 4))
        for what, names, values in parts
        for of, level in zip(names, values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["what", "of", "level"])
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _days(day: float) -> str:
    return f"{day:g}"
