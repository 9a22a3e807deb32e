"""From known rates to files and back: what reading, repairing and calibrating lose on the way.

For each seed a council of 600 children lives ten years under rates that lie about the published
ones. Its return is written clean and messy (at the default rates of faults), read, rebuilt and
calibrated. Prints how far stock, starters and leavers of each year are from the simulated ones,
which faults nothing noticed, and how often 90% intervals of the calibrated rates hold the truth.

    python benchmarks/returns_recovery.py [--seeds 10] [--messy-rate 1]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from child_truth import AUTHORITY, Truth, cell_rates, truth  # noqa: E402

from sufficiency.calibration.children.drawing import rate_sampler  # noqa: E402
from sufficiency.calibration.children.fit import fit_children  # noqa: E402
from sufficiency.history.returns.frames import CareHistories  # noqa: E402
from sufficiency.synthesis import SyntheticReturn, write_return  # noqa: E402
from sufficiency.synthesis.synthesise import return_of  # noqa: E402
from sufficiency.synthesis.world import simulated  # noqa: E402
from tests.read_back import Reading, flow, reading, stock, unnoticed  # noqa: E402

FIRST_YEAR, LAST_YEAR = 2017, 2026
RATES_OF = 2023
MONTHS = 120
SPREAD = 0.3
WELL_SUPPORTED, THIN = 10.0, 0.2
"""Expected events of a cell from which it counts as well supported; below which it is left out."""
DRAWS = 400


def councils(seeds: Sequence[int]) -> Iterator[tuple[int, Truth, SyntheticReturn]]:
    """Known rates and the return of a council that lived under them."""
    for seed in seeds:
        council = truth(seed, SPREAD)
        lived = simulated(council.world, AUTHORITY, FIRST_YEAR, LAST_YEAR, seed, RATES_OF)
        yield seed, council, return_of(lived, seed)


def errors(made: SyntheticReturn, read: Reading) -> dict[str, float]:
    """The largest errors over years: of totals as shares of the truth, of sectors in children."""
    years = list(made.years)
    pairs = {
        "stock": (stock(read.histories, years), made.stock().loc[years]),
        "starters": (flow(read.histories, years, "entered"), made.starters()),
        "leavers": (flow(read.histories, years, "left"), made.leavers()),
    }
    found: dict[str, float] = {}
    for name, (ours, true) in pairs.items():
        off = (ours - true).abs()
        found[f"{name}_total"] = float((off["all"] / true["all"]).max())
        found[f"{name}_by_sector"] = float(off.drop(columns="all").to_numpy().max())
    return found


def coverage(council: Truth, histories: CareHistories, seed: int) -> pd.DataFrame:
    """Cells whose 90% interval holds the truth: kind of event, support, held, cells."""
    end = date(LAST_YEAR, 3, 31)
    fit = fit_children(histories, AUTHORITY, council.prior, end, MONTHS, MONTHS)
    sampler, rng = rate_sampler(fit.fitted.rates), np.random.default_rng(seed)
    days = fit.counts.days.sum(axis=0)
    true = cell_rates(council.world.hazards.per_day, council.prior, days)
    drawn = [
        cell_rates(sampler.draw(rng.random(sampler.n_uniforms)).per_day, council.prior, days)
        for _ in range(DRAWS)
    ]
    rows = []
    for name, expected in true.items():
        low, high = np.quantile([draw[name] for draw in drawn], [0.05, 0.95], axis=0)
        held = (low <= expected) & (expected <= high)
        well = expected >= WELL_SUPPORTED
        for support, cells in (("well", well), ("thin", ~well & (expected > THIN))):
            rows.append((name, support, int(held[cells].sum()), int(cells.sum())))
    return pd.DataFrame(rows, columns=["kind", "support", "held", "cells"])


def study(seeds: Sequence[int], messy_rate: float) -> None:
    """Run all and print."""
    off, held, missed, n_faults = [], [], [], 0
    for seed, council, made in councils(seeds):
        for name, rate in (("clean", 0.0), ("messy", messy_rate)):
            with tempfile.TemporaryDirectory() as folder:
                where = Path(folder) / "903"
                write_return(made, where, seed=seed, messy_rate=rate)
                read = reading(where)
                if rate:
                    missed += [(seed, *fault) for fault in unnoticed(read)]
                    n_faults += sum(1 for _ in (where / "injected_faults.csv").open()) - 1
            off.append({"return": name, "seed": seed, **errors(made, read)})
            held.append(coverage(council, read.histories, seed).assign(**{"return": name}))
    table = pd.DataFrame(off).groupby("return").max().drop(columns="seed")
    print(f"Largest error over {len(seeds)} councils and {LAST_YEAR - FIRST_YEAR + 1} years:")
    print(table.round(4).T.to_string())
    print(f"\nFaults injected: {n_faults:,}; not noticed: {len(missed)}")
    for fault in missed[:20]:
        print(" ", *fault)
    cells = pd.concat(held).groupby(["return", "support", "kind"])[["held", "cells"]].sum()
    totals = cells.groupby(["return", "support"]).sum()
    print("\nShare of cells whose 90% interval holds the truth:")
    print(totals.assign(share=(totals["held"] / totals["cells"]).round(3)).to_string())
    print(cells.assign(share=(cells["held"] / cells["cells"]).round(3)).to_string())


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, metavar="N")
    parser.add_argument("--messy-rate", type=float, default=1.0, metavar="X")
    options = parser.parse_args()
    study(range(1, options.seeds + 1), options.messy_rate)


if __name__ == "__main__":
    main()
