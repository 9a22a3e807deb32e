"""How long a forecast of the 585-child scenario takes, and in how much memory.

``python benchmarks/speed.py`` prints seconds from a warm process to the summary tables on one and
two workers, their ratio and whether both gave the same numbers; then the whole command from the
shell, cold: seconds to the CSV and Parquet files, seconds in all, and its peak memory. Several
rounds; medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sufficiency.another_python import running
from sufficiency.experiment import run
from sufficiency.forecast import Forecast
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.shipped import shipped_path

SEED = 1
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
SCENARIO = Path(shipped_path("scenarios", "wolverhampton-2020.yaml"))


def timed(
    resolved: Resolved, replications: int, workers: int, engine: str, executor: str | None
) -> tuple[Forecast, float]:
    """The forecast and the seconds it took, chunks kept in files as the command does."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        forecast = run(
            resolved,
            replications=replications,
            seed=SEED,
            workers=workers,
            engine=engine,
            executor=executor,
            kept_beside=Path(folder, "run"),
        )
        return forecast, time.perf_counter() - begun


def whole_command(months: int, replications: int, engine: str) -> tuple[float, float, float | None]:
    """Seconds to the tables, seconds in all and peak memory (MB) of the command."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "run")
        command = running("sufficiency", "run", str(SCENARIO), "--out", str(out))
        command += ["--months", str(months), "--replications", str(replications)]
        command += ["--engine", engine, "--seed", str(SEED)]
        begun, clock = time.time(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=as_installed())
        seconds = time.perf_counter() - clock
        tables = [*out.glob("*.csv"), out / "replications.parquet"]
        to_tables = max(path.stat().st_mtime for path in tables) - begun
    return to_tables, seconds, peak_memory_mb()


def as_installed() -> dict[str, str]:
    """The environment of an installed copy, whose Python code is kept compiled.

    Where it may not be kept beside the source, two seconds of every start are spent on it.
    """
    return {name: value for name, value in os.environ.items() if name != NO_BYTECODE}


def peak_memory_mb() -> float | None:
    """Peak memory of the largest process started here, where the system tells."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit


def warm(resolved: Resolved, options: argparse.Namespace) -> None:
    """Print the times from a warm process to the summary tables."""
    size = (options.replications, options.engine, options.executor)

    def once(workers: int) -> tuple[Forecast, float]:
        return timed(resolved, size[0], workers, *size[1:])

    timed(resolved, 2, 1, *size[1:])
    rounds = [(once(1), once(2)) for _ in range(options.rounds)]
    one_s, two_s = (statistics.median(pair[n][1] for pair in rounds) for n in (0, 1))
    ratio = statistics.median(one[1] / two[1] for one, two in rounds)
    print(
        f"{options.engine}: {options.replications:,} replications x {options.months} months to "
        f"the summary tables: 1 worker {one_s:.2f} s, 2 workers {two_s:.2f} s, ratio {ratio:.2f}"
    )
    one, two = rounds[0][0][0], rounds[0][1][0]
    same = one.forecast.equals(two.forecast) and one.finance.equals(two.finance)
    print(f"the same results: {same}")


def main() -> None:
    """Time one and two workers, compare what they found, and time the whole command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--engine", default="compiled")
    parser.add_argument("--executor", help="by default what suits the engine")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    scenario = load_scenario(SCENARIO).model_copy(update={"months": options.months})
    begun = time.perf_counter()
    resolved = resolve(scenario)
    print(f"resolve, the first time in a process: {time.perf_counter() - begun:.2f} s")
    warm(resolved, options)
    whole_command(options.months, 2, options.engine)  # compiles what an install compiles
    runs = [
        whole_command(options.months, options.replications, options.engine)
        for _ in range(options.rounds)
    ]
    to_tables, seconds = (statistics.median(each[n] for each in runs) for n in (0, 1))
    print(f"from the shell: CSV and Parquet after {to_tables:.1f} s, everything {seconds:.1f} s")
    if runs[-1][2] is not None:
        print(f"peak memory of the largest process of the command: {runs[-1][2]:,.0f} MB")


if __name__ == "__main__":
    main()
