"""What the page says beside the forecast: the past, sources, comparisons, limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.children.file import CalibratedFile
from sufficiency.errors import HistoryError
from sufficiency.history.published import FROZEN_SET, PublishedHistory
from sufficiency.scenario.model import Scenario

KEY_ASSUMPTIONS = (
    "entries.starters_per_month",
    "sectors.internal_fostering.places",
    "population.overflow_share.ifa",
)
"""What moves the answer most: how many start care, how many places the council's own families
offer, and how many agency children they would suit."""
_BASE_RATE = 10_000


def manifest_extras(
    scenario: Scenario,
    fit: Calibration,
    history: PublishedHistory,
    places_statement: str,
    sector_places: list[dict[str, object]],
    calibrated: CalibratedFile | None = None,
) -> dict[str, Any]:
    """What the page shows beside the forecast: the past, sources, comparisons, limits."""
    figures = [
        {"date": figure.date.isoformat(), "figure": figure.figure, "source": figure.source}
        for figure in scenario.population.sources
    ]
    return {
        "history": _history(history, fit),
        "starting_figures": figures,
        "comparisons": scenario.comparisons(),
        "frozen_set": list(FROZEN_SET),
        "places_statement": places_statement,
        "key_assumptions": list(KEY_ASSUMPTIONS),
        "data_age": (
            ("" if calibrated is None else f"{calibrated.source}. ")
            + f"Published figures to 31 March {fit.year} (DfE, Children looked after in England); "
            f"national shapes of 2019 to 2023; drift, trend and damping fitted to years up to "
            f"{fit.drift.cut_year}."
        ),
        "sectors": sector_places,
    }


def _history(history: PublishedHistory, fit: Calibration) -> list[dict[str, Any]]:
    panel, england = history.panel(fit.authority), history.england_panel()
    neighbours = _neighbours_rate(history, fit)
    rows = []
    for year, row in panel.iterrows():
        numbers = {
            "in_care": row["in_care"],
            "started": row["started"],
            "ceased": row["ceased"],
            "rate_per_10k": row["rate_per_10k"],
            "england_rate_per_10k": england["rate_per_10k"].get(year, np.nan),
            "neighbours_rate_per_10k": neighbours.get(year, np.nan),
        }
        rows.append(
            {
                "year": int(str(year)),
                "date": f"{year}-03-31",
                **{
                    name: None if pd.isna(number) else float(number)
                    for name, number in numbers.items()
                },
            }
        )
    return rows


def _neighbours_rate(history: PublishedHistory, fit: Calibration) -> pd.Series[float]:
    """Children in care per 10,000 of the ten statistical neighbours together, by year."""
    in_care: list[pd.Series[float]] = []
    population: list[pd.Series[float]] = []
    for neighbour in history.neighbours(fit.authority):
        try:
            panel = history.panel(neighbour)
        except HistoryError:
            continue
        known = panel[["in_care", "population_0_17"]].dropna()
        in_care.append(known["in_care"])
        population.append(known["population_0_17"])
    if not in_care:
        return pd.Series(dtype=float)
    children = pd.concat(in_care, axis=1).sum(axis=1)
    people = pd.concat(population, axis=1).sum(axis=1)
    return children / people * _BASE_RATE
