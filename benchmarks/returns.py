"""How long a child-level return takes to read, and how much memory: a county's and a nation's.

    python benchmarks/returns.py --rows 60000 --years 10
    python benchmarks/returns.py --rows 1500000 --years 10

The return is invented, row by row at random: its faults are few and its histories make no sense,
but its size, columns and codes are those of a real one.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sufficiency.history.returns.codes import VALID
from sufficiency.history.returns.reading import read_return

LAST_YEAR = 2023
EPISODES_A_CHILD_AND_YEAR = 1.8


def invent(folder: Path, rows: int, years: int, quoted: bool, seed: int) -> None:
    """Header and Episodes for some years, ``rows`` episodes in all."""
    rng = np.random.default_rng(seed)
    each = rows // years
    for year in range(LAST_YEAR - years + 1, LAST_YEAR + 1):
        n_children = round(each / EPISODES_A_CHILD_AND_YEAR)
        children = np.char.mod("%010d", rng.integers(0, 10**9, n_children))
        own = folder / str(year)
        own.mkdir(parents=True)
        quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
        _header(rng, children, year).to_csv(own / "header.csv", index=False, quoting=quoting)
        episodes = _episodes(rng, rng.choice(children, each), year)
        episodes.to_csv(own / "episodes.csv", index=False, quoting=quoting)


def _header(rng: np.random.Generator, children: np.ndarray, year: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "CHILD": children,
            "SEX": rng.choice(["1", "2"], children.size),
            "DOB": _days(rng, f"{year - 17}-01-01", f"{year - 9}-01-01", children.size),
            "ETHNIC": "WBRI",
            "UPN": "UN1",
            "MOTHER": "",
            "MC_DOB": "",
        }
    )


def _episodes(rng: np.random.Generator, children: np.ndarray, year: int) -> pd.DataFrame:
    n = children.size
    is_open = rng.random(n) < 0.5
    ended = _days(rng, f"{year - 1}-04-01", f"{year}-04-01", n)
    posts = np.char.mod("ZZ%d", rng.integers(1, 40, n)).astype(object)
    return pd.DataFrame(
        {
            "CHILD": children,
            "DECOM": _days(rng, f"{year - 5}-04-01", f"{year}-04-01", n),
            "RNE": rng.choice(VALID["RNE"], n),
            "LS": rng.choice(VALID["LS"], n),
            "CIN": rng.choice(VALID["CIN"], n),
            "PLACE": rng.choice(VALID["PLACE"], n),
            "PLACE_PROVIDER": rng.choice(VALID["PLACE_PROVIDER"], n),
            "DEC": np.where(is_open, "", ended),
            "REC": np.where(is_open, "", rng.choice(VALID["REC"], n)),
            "REASON_PLACE_CHANGE": "",
            "HOME_POST": posts + rng.integers(1, 9, n).astype(str).astype(object) + "AA",
            "PL_POST": posts + rng.integers(1, 9, n).astype(str).astype(object) + "BB",
            "URN": np.char.mod("SC%06d", rng.integers(0, 5_000, n)),
        }
    )


def _days(rng: np.random.Generator, first: str, after_last: str, n: int) -> np.ndarray:
    start = np.datetime64(first)
    days = start + rng.integers(0, (np.datetime64(after_last) - start).astype(int), n)
    return np.asarray(pd.Series(days).dt.strftime("%d/%m/%Y"))


def peak_memory_gb() -> float | None:
    """The most memory this process has held; None on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (2**30 if sys.platform == "darwin" else 2**20)


def main() -> None:
    """Invent, read, print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=60_000)
    arguments.add_argument("--years", type=int, default=10)
    arguments.add_argument("--quoted", action="store_true", help="every cell in quotes")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        invent(Path(folder), options.rows, options.years, options.quoted, options.seed)
        before = peak_memory_gb()
        began, cpu = time.perf_counter(), time.process_time()
        returned, ledger = read_return([Path(folder)])
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"{len(returned.episodes):,} episodes kept of {options.rows:,}, {len(returned.years)} years"
    )
    print(f"read in {seconds:.1f} s ({cpu:.1f} s of processor)")
    print(f"rows: {ledger.counts()}")
    if before is not None:
        print(f"peak memory {peak_memory_gb():.2f} GB, {before:.2f} GB before reading")


if __name__ == "__main__":
    main()
