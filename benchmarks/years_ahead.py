"""Children in care some years ahead against what happened: 30 authorities of all sizes.

``python benchmarks/years_ahead.py [--years 1] [--replications 50] [--workers 2]``, from every
31 March of 2018 to 2022 whose outcome is known. Each forecast reads
nothing after its origin but the frozen shapes that the report names. Prints every authority's
errors and, over all, the mean absolute error, the bias and how often an 80% range held the outcome,
beside "no change".
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import numpy as np
import pandas as pd

from sufficiency.errors import HistoryError
from sufficiency.history.authorities import Authority, all_authorities
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.simulate import simulate

ORIGINS = (2018, 2019, 2020, 2021, 2022)
AUTHORITIES = 30
HIGH, LOW = 90, 10
LARGE = 200
SEED = 1
Job = tuple[str, int, int, int]
LATEST_OUTCOME = 2023


def chosen_authorities() -> list[Authority]:
    """Authorities with figures for every origin and outcome, evenly by number in care."""
    history = PublishedHistory.as_at(ORIGINS[-1] + 1)
    needed = range(ORIGINS[0] - 2, ORIGINS[-1] + 2)
    sizes = []
    for authority in all_authorities():
        try:
            in_care = history.panel(authority)["in_care"].reindex(needed)
        except HistoryError:
            continue
        if in_care.notna().all() and in_care.min() >= 1:
            sizes.append((float(in_care.loc[ORIGINS[0]]), authority))
    sizes.sort(key=lambda pair: (pair[0], pair[1].name))
    picks = np.linspace(0, len(sizes) - 1, AUTHORITIES).round().astype(int)
    return [sizes[pick][1] for pick in picks]


def one_forecast(job: Job) -> dict[str, object]:
    """One authority from one origin: expected, range, outcome."""
    name, origin, years, replications = job
    start = date(origin, 3, 31)
    scenario = scenario_for_authority(name, months=12 * years).model_copy(update={"start": start})
    resolved = resolve(scenario)
    horizon = resolved.plan.horizon_days
    totals = np.array(
        [
            int(
                (
                    simulate(world, SEED, number, engine="compiled").spells["to_time"] >= horizon
                ).sum()
            )
            for number in range(replications)
            if (world := resolved.draw_world(SEED, number, parameter=True, drift=True))
        ]
    )
    panel = PublishedHistory.as_at(origin + years).panel(resolved.authority)["in_care"]
    return {
        "authority": name,
        "origin": origin,
        "at_start": float(panel[origin]),
        "outcome": float(panel[origin + years]),
        "expected": float(totals.mean()),
        "p10": float(np.percentile(totals, LOW, method="weibull")),
        "p90": float(np.percentile(totals, HIGH, method="weibull")),
        "sd": float(totals.std(ddof=1)),
    }


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--replications", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    jobs = [
        (authority.name, origin, options.years, options.replications)
        for authority in chosen_authorities()
        for origin in ORIGINS
        if origin + options.years <= LATEST_OUTCOME
    ]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        table = pd.DataFrame(pool.map(one_forecast, jobs, chunksize=len(ORIGINS)))
    report(table, options.years)


def report(table: pd.DataFrame, years: int) -> None:
    """Print errors and coverage by authority, by origin and over all."""
    table["error_%"] = 100 * (table["expected"] / table["outcome"] - 1)
    table["no_change_error_%"] = 100 * (table["at_start"] / table["outcome"] - 1)
    table["held"] = table["outcome"].between(table["p10"], table["p90"])
    table["width_%"] = 100 * (table["p90"] - table["p10"]) / table["expected"]
    columns = {
        "in_care": ("at_start", "mean"),
        "bias_%": ("error_%", "mean"),
        "mean_abs_error_%": ("error_%", lambda errors: errors.abs().mean()),
        "no_change_abs_error_%": ("no_change_error_%", lambda errors: errors.abs().mean()),
        "held": ("held", "sum"),
        "width_%": ("width_%", "mean"),
    }
    with pd.option_context("display.max_rows", None, "display.width", 160):
        print(table.groupby("authority", sort=False).agg(**columns).round(1).to_string())
        print(table.groupby("origin").agg(**columns).round(1).to_string())
    large = table[table["at_start"] >= LARGE]
    standardised = (table["outcome"] - table["expected"]) / table["sd"]
    print(
        f"\n{len(table)} forecasts {years} year(s) ahead: mean absolute error "
        f"{table['error_%'].abs().mean():.1f}% (no change "
        f"{table['no_change_error_%'].abs().mean():.1f}%), bias {table['error_%'].mean():+.1f}% "
        f"(no change {table['no_change_error_%'].mean():+.1f}%), an 80% range held the outcome in "
        f"{100 * table['held'].mean():.0f}% of cases and was {table['width_%'].mean():.0f}% wide. "
        f"Misses were {standardised.std():.2f} forecast standard deviations wide (1 is right), "
        f"{standardised[table['at_start'] >= LARGE].std():.2f} from {LARGE} children up. There "
        f"the mean absolute error was {large['error_%'].abs().mean():.1f}% (no change "
        f"{large['no_change_error_%'].abs().mean():.1f}%)."
    )


if __name__ == "__main__":
    main()
