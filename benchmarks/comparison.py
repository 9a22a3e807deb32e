"""How long a comparison takes, and how much surer paired differences are. Prints what it measured.

    python benchmarks/comparison.py            # 4 scenarios x 1,000 futures, two processors
    python benchmarks/comparison.py --futures 200

The first part runs the command as a user would, page and workbook included, on Wolverhampton's
shipped scenario and three variants of it. The second compares it with itself where 10% fewer
children aged 10 to 15 enter from the first day, and prints the standard errors of the average
difference at month 24, paired and as two forecasts made apart would have them.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import sufficiency
from sufficiency.another_python import running
from sufficiency.shipped import shipped_path

TARGET_SECONDS, TARGET_RATIO, MONTH = 30, 4, 24
FEWER = """extends: {base}
name: fewer-10-15
interventions:
  - name: Fewer enter at 10 to 15
    lever: entries
    age_bands: [10_15]
    start: 2020-07-01
    factor: {{value: 0.9, kind: lever, source: benchmark}}
"""
CARERS = "extends: {base}\nname: more-carers\nsectors:\n  internal_fostering: {{places: 250}}\n"
HOME = """extends: {base}
name: more-go-home
interventions:
  - name: More go home
    lever: exits
    reasons: [returned_home]
    start: 2021-01-01
    factor: {{value: 1.2, kind: lever, source: benchmark}}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--futures", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    base = shipped_path("scenarios", "wolverhampton-2020.yaml")
    with tempfile.TemporaryDirectory() as folder:
        paths = [base]
        for name, text in {"fewer": FEWER, "carers": CARERS, "home": HOME}.items():
            path = Path(folder, f"{name}.yaml")
            path.write_text(text.format(base=base.as_posix()), encoding="utf-8")
            paths.append(path)
        _compare(paths, 20, asked.workers, folder, "compiling")
        seconds = _compare(paths, asked.futures, asked.workers, folder, "measured")
        print(
            f"{len(paths)} scenarios x {asked.futures:,} futures on {asked.workers} processors: "
            f"{seconds:.1f} s (target: under {TARGET_SECONDS} s for 4 x 1,000)"
        )
        _sureness(paths[:2], asked.futures, asked.workers)


def _compare(paths: list[Path], futures: int, workers: int, folder: str, name: str) -> float:
    begun = time.perf_counter()
    subprocess.run(
        [
            *running("sufficiency", "compare", *map(str, paths)),
            *("--replications", str(futures), "--workers", str(workers)),
            *("--out", str(Path(folder, name))),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


def _sureness(paths: list[Path], futures: int, workers: int) -> None:
    found = sufficiency.compare(paths, replications=futures, workers=workers)
    rows = found.comparison
    day = sorted(rows["date"].dropna().unique())[MONTH]
    at = rows[(rows["date"] == day) & (rows["sector"] == "all") & (rows["age_band"] == "all")]
    for measure in ("in_care", "cost", "in_house_shortfall"):
        (row,) = at[at["measure"] == measure].to_dict("records")
        apart = row["standard_error"] * row["times_as_sure"]
        print(
            f"{measure} at month {MONTH}: average difference {row['mean']:,.2f}, standard error "
            f"{row['standard_error']:,.3f} paired and {apart:,.3f} apart: "
            f"{row['times_as_sure']:.1f} times as sure (target: at least {TARGET_RATIO})"
        )


if __name__ == "__main__":
    main()
