"""How far unit costs wander in a forecast in which prices themselves do not, by who is placed.

``python benchmarks/price_drift.py [AUTHORITY ...]`` prints, for each, the variance of the log cost
of a night in fostering and in residential care between futures without drift of prices, beside the
variance of the published changes at its size. `calibration/fit_price_drift.py` leaves the share of
the first in the second out of what it writes, so that nothing is counted twice.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date

import numpy as np

from sufficiency.calibration.price_drift import SERVICES, change_variance, load_price_drift
from sufficiency.domain import SECTORS, Sector
from sufficiency.replication import Job, Layers, measure_chunk, surroundings_of
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority

FUTURES, YEARS, SEED = 200, 3, 1
START = date(2020, 3, 31)
SECTORS_OF = {
    "fostering": (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS),
    "residential": (Sector.RESIDENTIAL,),
}


def simulated_variance(authority: str) -> dict[str, list[float]]:
    """Variance of the log cost of a night by service and year, prices as planned."""
    scenario = scenario_for_authority(authority, months=12 * YEARS)
    found = resolve(scenario.model_copy(update={"start": START}))
    found = replace(found, plan=replace(found.plan, prices=None))
    job = Job(found, surroundings_of(found), SEED, "compiled")
    figures = measure_chunk(job, range(FUTURES), Layers(parameter=True, drift=True))
    by_year = [slice(12 * year, 12 * year + 12) for year in range(YEARS)]
    sector_of = np.array(found.costs.pool_sector)
    variances = {}
    for service, sectors in SECTORS_OF.items():
        pools = np.flatnonzero(np.isin(sector_of, [SECTORS.index(each) for each in sectors]))
        cost, nights = (
            each[:, :, pools].sum(axis=(1, 2)) for each in (figures.cost_gbp, figures.nights)
        )
        variances[service] = [
            float(np.log(cost[:, year].sum(axis=1) / nights[:, year].sum(axis=1)).var())
            for year in by_year
        ]
    return variances


def main() -> None:
    """Print the table."""
    for authority in sys.argv[1:] or ["Wolverhampton", "West Berkshire"]:
        resolved = resolve(scenario_for_authority(authority, months=1))
        in_care = float(resolved.plan.children.sector.size)
        drift = load_price_drift(START.year, in_care)
        for service, variances in simulated_variance(authority).items():
            row = SERVICES.index(service)
            for year, variance in enumerate(variances, 1):
                drifts = change_variance(drift, year)[row]
                share = variance / (variance + drifts)
                print(f"{authority}, {service}, year {year}: {variance:.5f} simulated,", end=" ")
                print(f"{drifts:.5f} drift, {share:.0%} of both")


if __name__ == "__main__":
    main()
