"""How long a plan takes, and how far two seeds agree on it.

``python benchmarks/plan.py`` plans for 585 children over 36 months (wolverhampton-2020-places) with
three pools free, once a seed, and prints the plan, its certainty in further futures and the time by
the clock, alternatives and confirmation included; so nothing else should be running.

Figures to reach: under 3 minutes on two cores, and two seeds at most 2 places apart.
"""

from __future__ import annotations

import argparse
import time
from itertools import combinations

from sufficiency.executors import THREADS, Workers, usable_processors
from sufficiency.planning.asking import FURTHER_FUTURES, FUTURES, Request
from sufficiency.planning.result import make_plan
from sufficiency.planning.target import parse_target
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.shipped import shipped_path

TARGET = "unplaced <= 2 with 90% by 2022-04"
POOLS = ("internal_fostering", "ifa", "residential")


def main() -> None:
    """Plan once a seed and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default=TARGET)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--replications", type=int, default=FUTURES)
    asked = parser.parse_args()
    resolved = resolve(load_scenario(shipped_path("scenarios", "wolverhampton-2020-places.yaml")))
    workers = Workers(THREADS, usable_processors())
    found: list[dict[str, int]] = []
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        request = Request(
            targets=(parse_target(asked.target),),
            pools=POOLS,
            futures=asked.replications,
            further_futures=FURTHER_FUTURES,
            seed=seed,
        )
        played = 0

        def told(_step: str, futures: int) -> None:
            nonlocal played
            played += futures

        begun, cpu = time.perf_counter(), time.process_time()
        report = make_plan(resolved, request, workers, told=told)
        took, worked = time.perf_counter() - begun, time.process_time() - cpu
        places = dict.fromkeys(POOLS, 0)
        for line in report.places:
            places[line.pool] += line.places
        found.append(places)
        plan = report.options[1]
        print(
            f"seed {seed}: {sum(places.values())} places, {places}; met in {plan.certainty:.1%} "
            f"of further futures (standard error {plan.standard_error:.1%}); {played:,} futures, "
            f"{worked:.0f} s of processor time, {took:.0f} s by the clock",
            flush=True,
        )
        for line in report.places:
            print(f"    {line.places:+d} {line.pool} from {line.needed_by}")
    for one, other in combinations(found, 2):
        apart = abs(sum(one.values()) - sum(other.values()))
        by_pool = max(abs(one[pool] - other[pool]) for pool in POOLS)
        print(f"apart: {apart} places in all, at most {by_pool} in a pool")


if __name__ == "__main__":
    main()
