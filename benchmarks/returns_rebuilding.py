"""How long it takes to rebuild care histories from child-level returns of different sizes.

    python benchmarks/returns_rebuilding.py [--rows 60000 1500000]

A synthetic return, damaged as real ones are, stands for one council; larger ones are copies of it
with other children. Reading the files is not counted (see returns.py); the data-quality report is.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sufficiency import cli
from sufficiency.history.returns.frames import Return
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.quality import quality_report
from sufficiency.history.returns.reading import read_return
from sufficiency.history.returns.rebuilding import rebuild


def main() -> None:
    """Print rows, seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[60_000, 1_500_000])
    sizes = parser.parse_args().rows
    one = synthetic_return()
    print(f"{'episode rows':>12} {'rebuilding':>11} {'report':>8} {'peak memory':>12}")
    for wanted in sizes:
        returned = copied(one, max(1, round(wanted / len(one.episodes))))
        tables = (returned.episodes, returned.header, returned.uasc)
        ledger = RowLedger(sum(map(len, tables)))
        started = time.process_time()
        histories = rebuild(returned, ledger)
        rebuilt = time.process_time()
        quality_report(returned, ledger, histories)
        reported = time.process_time()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        gigabytes = memory / (2**30 if sys.platform == "darwin" else 2**20)
        print(
            f"{len(returned.episodes):12,} {rebuilt - started:9.1f} s {reported - rebuilt:6.1f} s "
            f"{gigabytes:9.1f} GB"
        )


def synthetic_return() -> Return:
    """Ten years of one council, with faults."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "return"
        words = ["synthesise", "--authority", "Wolverhampton", "--years", "2017-2026", "--messy"]
        try:
            cli.main([*words, "--out", str(out)])
        except SystemExit as ended:
            if ended.code:
                raise
        return read_return([out])[0]


def copied(one: Return, times: int) -> Return:
    """The same return several times over, with other children, addresses and row numbers."""
    tables = {}
    first_row = 0
    for name in ("episodes", "header", "uasc"):
        table = getattr(one, name)
        parts = [shifted(table, copy) for copy in range(times)]
        whole = pd.concat(parts, ignore_index=True)
        tables[name] = whole.assign(row=range(first_row, first_row + len(whole)))
        first_row += len(whole)
    return replace(one, **tables)


def shifted(table: pd.DataFrame, copy: int) -> pd.DataFrame:
    """A table whose children, addresses and registrations are others than in other copies."""
    names = [name for name in ("child", "home_post", "pl_post", "urn") if name in table]
    moved = {name: table[name].where(table[name] < 0, table[name] + copy * 10**6) for name in names}
    return table.assign(**moved)


if __name__ == "__main__":
    main()
