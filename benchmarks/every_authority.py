"""Does a forecast complete for every authority? ``python benchmarks/every_authority.py``.

Resolves each authority with no file of the user's, simulates a few 36-month futures of it and
prints what is odd: an expected number in care far from today's, or an error with its message.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from sufficiency.errors import SufficiencyError
from sufficiency.history.authorities import all_authorities
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.simulate import simulate

SEED = 1
MONTHS = 36
FAR = 0.25


def one_authority(job: tuple[str, int]) -> dict[str, object]:
    """Children in care at the start and after 36 months, or the error."""
    name, replications = job
    try:
        resolved = resolve(scenario_for_authority(name, months=MONTHS))
    except SufficiencyError as error:
        return {"authority": name, "error": str(error)}
    ends = [
        int(
            (
                simulate(world, SEED, number, "compiled").spells["to_time"] >= world.horizon_days
            ).sum()
        )
        for number in range(replications)
        for world in [resolved.draw_world(SEED, number, parameter=True, drift=True)]
    ]
    return {
        "authority": name,
        "at_start": len(resolved.plan.children.need),
        "expected": float(np.mean(ends)),
        "warnings": len(resolved.warnings),
        "error": "",
    }


def main() -> None:
    """Run every authority and print the odd ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    jobs = [(authority.name, options.replications) for authority in all_authorities()]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        table = pd.DataFrame(pool.map(one_authority, jobs, chunksize=4))
    failed = table[table["error"] != ""]
    change = table["expected"] / table["at_start"] - 1
    print(f"{len(table)} authorities, {len(failed)} without a forecast")
    print(failed[["authority", "error"]].to_string(index=False) if len(failed) else "")
    print(f"Change in care over {MONTHS} months: median {change.median():+.1%}")
    odd = table.assign(change=change.round(3))[change.abs() > FAR]
    print(f"Changes beyond {FAR:.0%}:")
    print(odd[["authority", "at_start", "expected", "change"]].to_string(index=False))


if __name__ == "__main__":
    main()
