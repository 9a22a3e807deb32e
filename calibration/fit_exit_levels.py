"""Fit the level of exits by time in care at which the simulation's exits are the cohort's.

    python calibration/fit_exit_levels.py

runs authorities of all sizes forward by two years without drift, twice over, and writes
``exit_levels.csv``. ``README.md`` says why it is needed.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.balance import starters_factors
from sufficiency.calibration.calibrate import hazards_ahead, recent_starters, scaled_opening
from sufficiency.calibration.cohort import (
    CARE_BAND_STARTS_DAYS,
    N_CARE_BANDS,
    by_age_and_care_band,
    run_year,
)
from sufficiency.calibration.national_table import shipped_hazards
from sufficiency.calibration.tables import shipped_exit_levels
from sufficiency.domain import N_EXIT_CAUSES
from sufficiency.history.authorities import all_authorities
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import ResolvedChildren, resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.worlds import draw_world

Floats = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
ORIGINS = (2017, 2019, 2021)
AUTHORITIES, LEAST_IN_CARE, REPLICATIONS = 10, 300, 15
YEARS, ROUNDS, SEED = 2, 3, 7
ADOPTION = 0


def resolved_sample() -> list[ResolvedChildren]:
    """Authorities evenly by number in care, as at each origin."""
    panel = PublishedHistory.as_at(ORIGINS[0])
    sizes = panel.local_authorities(ORIGINS[0])["in_care"].dropna()
    known = [a for a in all_authorities() if sizes.get(a.old_la_code, 0.0) >= LEAST_IN_CARE]
    known.sort(key=lambda authority: (sizes[authority.old_la_code], authority.name))
    picks = np.linspace(0, len(known) - 1, AUTHORITIES).round().astype(int)
    return [
        resolve_children(
            scenario_for_authority(known[pick].name, months=12 * YEARS).model_copy(
                update={"start": date(origin, 3, 31)}
            )
        )
        for pick in picks
        for origin in ORIGINS
    ]


def cohort_leavers(one: ResolvedChildren) -> Floats:
    """(B,): leavers before 18 by time in care without chance, adoption and UASC apart."""
    fit, hazards = one.fit, shipped_hazards()
    ages = np.bincount(one.plan.children.age_group, minlength=6).astype(np.float64)
    factors = starters_factors(fit, ages, YEARS)
    starters = recent_starters(fit)[:-1] @ hazards.entry_ages()
    rates = (hazards.guardianship + hazards.rest) * fit.exits.leave.mean[:, None]
    stock, total = scaled_opening(fit, ages), np.zeros(N_CARE_BANDS)
    for factor in factors:
        year = run_year(stock, hazards_ahead(fit), factor * starters)
        total += by_age_and_care_band(year.left, rates).sum(axis=0)
        stock = year.end
    return total


def simulated_leavers(one: ResolvedChildren) -> Floats:
    """(B,): the same, simulated: the mean of some replications."""
    total = np.zeros(N_CARE_BANDS)
    for replication in range(REPLICATIONS):
        world = draw_world(one.plan, SEED, replication, parameter=False, drift=False)
        spells = simulate(world, SEED, replication, engine="compiled").spells
        left = spells[
            (spells["ended"] > ADOPTION) & (spells["ended"] < N_EXIT_CAUSES) & ~spells["uasc"]
        ]
        band = np.searchsorted(CARE_BAND_STARTS_DAYS, left["to_time"] - left["entered"], "right")
        total += np.bincount(band - 1, minlength=N_CARE_BANDS)
    return total / REPLICATIONS


def main() -> None:
    """Fit the levels and write them; each round starts from those of the one before."""
    path = HERE / "exit_levels.csv"
    for _ in range(ROUNDS):
        sample = resolved_sample()
        cohort = sum((cohort_leavers(one) for one in sample), np.zeros(N_CARE_BANDS))
        simulated = sum((simulated_leavers(one) for one in sample), np.zeros(N_CARE_BANDS))
        table = pd.DataFrame(
            {
                "care_band_from_days": CARE_BAND_STARTS_DAYS,
                "level": (shipped_exit_levels() * cohort / simulated).round(4),
            }
        )
        print(table.assign(cohort=cohort.round(1), simulated=simulated.round(1)).to_string())
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        shipped_exit_levels.cache_clear()


if __name__ == "__main__":
    main()
