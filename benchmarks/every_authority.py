"""Does a forecast of every authority complete, and how long do all take together?

``python benchmarks/every_authority.py`` forecasts each authority with no file of the user's, to
the summary tables, one authority a worker at a time, and prints the time, what is odd (an
expected number in care far from today's) and each error with its message. ``--scheduler
tcp://HOST:PORT`` works on a Dask cluster, whose workers need this file: start them in this folder.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import pandas as pd

from sufficiency.errors import SufficiencyError
from sufficiency.executors import DASK, PROCESSES, Workers, usable_processors, work_out
from sufficiency.experiment import run
from sufficiency.history.authorities import all_authorities
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority

SEED = 1
FAR = 0.25


@dataclass(frozen=True)
class Size:
    """How far and how often each authority is simulated."""

    months: int
    replications: int


def one_authority(size: Size, name: str) -> dict[str, object]:
    """Children in care at the start and expected at the end, seconds, or the error."""
    begun = time.perf_counter()
    try:
        resolved = resolve(scenario_for_authority(name, months=size.months))
    except SufficiencyError as error:
        return {"authority": name, "error": str(error)}
    resolved_s = time.perf_counter() - begun
    forecast = run(resolved, replications=size.replications, seed=SEED, executor="serial")
    total = forecast.forecast.query(
        "measure == 'in_care' and sector == 'all' and age_band == 'all'"
    )["mean"]
    return {
        "authority": name,
        "at_start": float(total.iloc[0]),
        "expected": float(total.iloc[-1]),
        "resolve_s": resolved_s,
        "run_s": time.perf_counter() - begun - resolved_s,
        "error": "",
    }


def main() -> None:
    """Run every authority, or the first few, and print the time and the odd ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--workers", type=int, default=usable_processors())
    parser.add_argument("--scheduler", help="the address of a Dask scheduler")
    parser.add_argument("--first", type=int, help="only so many authorities")
    options = parser.parse_args()
    names = [authority.name for authority in all_authorities()][: options.first]
    size = Size(options.months, options.replications)
    kind = DASK if options.scheduler else PROCESSES
    crew = Workers(kind, options.workers, options.scheduler)
    begun = time.perf_counter()
    rows = dict(work_out(one_authority, size, names, crew))
    seconds = time.perf_counter() - begun
    table = pd.DataFrame([rows[position] for position in range(len(names))])
    failed = table[table["error"] != ""]
    print(
        f"{len(table)} authorities x {size.months} months x {size.replications} replications on "
        f"{options.workers} {kind}: {seconds:.0f} s, {len(failed)} without a forecast"
    )
    print(
        f"Seconds an authority: resolve {table['resolve_s'].mean():.2f}, "
        f"simulate and summarise {table['run_s'].mean():.2f}"
    )
    print(failed[["authority", "error"]].to_string(index=False) if len(failed) else "")
    change = table["expected"] / table["at_start"] - 1
    print(f"Change in care over {size.months} months: median {change.median():+.1%}")
    odd = table.assign(change=change.round(3))[change.abs() > FAR]
    print(f"Changes beyond {FAR:.0%}:")
    print(odd[["authority", "at_start", "expected", "change"]].to_string(index=False))


if __name__ == "__main__":
    main()
