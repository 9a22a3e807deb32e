"""How long 200 replications of the 585-child scenario take: ``python benchmarks/speed.py``.

Prints seconds and the ratio for 1 and 2 workers, whether both gave the same numbers, and the
peak memory of this process and of the largest worker.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from sufficiency.experiment import run
from sufficiency.forecast import Forecast
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.shipped import shipped_path

SEED = 1


def timed(
    resolved: Resolved, replications: int, workers: int, engine: str
) -> tuple[Forecast, float]:
    """The forecast and the seconds it took."""
    begun = time.perf_counter()
    forecast = run(resolved, replications=replications, seed=SEED, workers=workers, engine=engine)
    return forecast, time.perf_counter() - begun


def peak_memory_mb() -> tuple[float, float] | None:
    """Peak memory of this process and of its largest worker, where the system tells."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, children = (resource.getrusage(one).ru_maxrss / unit for one in who)
    return own, children


def main() -> None:
    """Time one and two workers and compare what they found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--engine", default="compiled")
    parser.add_argument("--no-layers", action="store_true", help="leave out the variance layers")
    options = parser.parse_args()
    path = Path(shipped_path("scenarios", "wolverhampton-2020.yaml"))
    scenario = load_scenario(path)
    changes: dict[str, object] = {"months": options.months}
    if options.no_layers:
        changes["uncertainty"] = scenario.uncertainty.model_copy(update={"layers": False})
    begun = time.perf_counter()
    resolved = resolve(scenario.model_copy(update=changes))
    print(f"resolve: {time.perf_counter() - begun:.1f} s")
    timed(resolved, 2, 1, options.engine)
    one, one_s = timed(resolved, options.replications, 1, options.engine)
    two, two_s = timed(resolved, options.replications, 2, options.engine)
    print(
        f"{options.engine}: {options.replications} replications x {options.months} months, layers "
        f"{'off' if options.no_layers else 'on'}: 1 worker {one_s:.1f} s, 2 workers {two_s:.1f} s, "
        f"ratio {one_s / two_s:.2f}"
    )
    same = one.forecast.equals(two.forecast) and one.finance.equals(two.finance)
    print(f"the same results: {same}")
    memory = peak_memory_mb()
    if memory:
        print(f"peak memory: {memory[0]:.0f} MB here, {memory[1]:.0f} MB in the largest worker")


if __name__ == "__main__":
    main()
