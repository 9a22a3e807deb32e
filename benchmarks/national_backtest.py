"""The figures that the forecasts must reach: ``python benchmarks/national_backtest.py FOLDER``.

``FOLDER`` is what ``sufficiency backtest --all`` wrote. Prints, with the mean kept and removed, the
ratios to "no change", the errors beside last year's rates, coverage by horizon and by origin, and
placement groups. ``--time`` makes a backtest of a few authorities instead and says how long all
would take on this computer.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from sufficiency.backtest.scoreboard import NO_CHANGE, OURS
from sufficiency.backtest.study import MEAN_KEPT, Study, backtest, every_authority
from sufficiency.backtest.targets import GROUPS
from sufficiency.executors import usable_processors

LAST_RATES = "last_year_rates"
TIMED = 6


def figure(
    board: pd.DataFrame,
    score: str,
    method: str,
    years: int,
    group: str = "all",
    origins: str = "all",
) -> float:
    """One figure of the scoreboard of children in care, all sizes of authority."""
    rows = board[
        (board["origins"] == origins)
        & (board["size"] == "all")
        & (board["measure"] == "in_care")
        & (board["placement_group"] == group)
        & (board["age_band"] == "all")
        & (board["years_ahead"] == years)
        & (board["method"] == method)
        & (board["score"] == score)
    ]
    return float(rows["value"].iloc[0]) if len(rows) else float("nan")


def report(folder: Path) -> None:
    """Print the figures of a finished backtest."""
    board = pd.read_csv(folder / "scoreboard.csv", encoding="utf-8", dtype={"origins": str})
    print("Children in care, all origins")
    rows = []
    for years in (1, 2, 3, 4, 5):
        ours, kept = (figure(board, "crps", method, years) for method in (OURS, MEAN_KEPT))
        per, per_kept = (
            figure(board, "crps_per_child", method, years) for method in (OURS, MEAN_KEPT)
        )
        rows.append(
            {
                "years": years,
                "mape_%": 100 * figure(board, "mape", OURS, years),
                "no_change_%": 100 * figure(board, "mape", NO_CHANGE, years),
                "last_rates_%": 100 * figure(board, "mape", LAST_RATES, years),
                "mape/last_rates": figure(board, "mape", OURS, years)
                / figure(board, "mape", LAST_RATES, years),
                "crps_ratio": figure(board, "ratio_crps", OURS, years),
                "per_child": figure(board, "ratio_crps_per_child", OURS, years),
                "mean_kept": ours / kept,
                "mean_kept_per_child": per / per_kept,
                "coverage_80_%": 100 * figure(board, "coverage_80", OURS, years),
            }
        )
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    errors = board[
        (board["score"] == "coverage_80")
        & (board["method"] == OURS)
        & (board["measure"] == "in_care")
        & (board["placement_group"] == "all")
        & (board["age_band"] == "all")
    ]
    print("\nCoverage of the 80% range, with its standard error over years, by origin and size")
    columns = ["origins", "size", "years_ahead", "value", "standard_error", "forecasts"]
    print(errors[columns].round(3).to_string(index=False))
    print("\nCRPS summed over placement groups, and each, as a ratio to no change")
    for years in (1, 2):
        sums = {
            method: sum(figure(board, "crps", method, years, group) for group in GROUPS)
            for method in board["method"].unique()
        }
        ratios = {group: figure(board, "ratio_crps", OURS, years, group) for group in GROUPS}
        print(f"{years} year(s):", {name: round(value, 2) for name, value in sums.items()})
        print("   ours by group:", {name: round(value, 3) for name, value in ratios.items()})


def timed(replications: int) -> None:
    """Time a few authorities from every origin and say how long all would take."""
    scored, _ = every_authority()
    few = scored[:: len(scored) // TIMED][:TIMED]
    study = Study(few, tuple(range(2015, 2023)), replications, smoothing=False)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        backtest(study, Path(folder) / "pieces", workers=usable_processors())
        took = time.perf_counter() - began
    print(
        f"{len(few)} authorities, 8 origins, {replications} futures: {took:.0f} s on "
        f"{usable_processors()} processors; all {len(scored)} about "
        f"{took * len(scored) / len(few) / 60:.0f} minutes, and smoothing besides."
    )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--replications", type=int, default=200)
    options = parser.parse_args()
    if options.time:
        timed(options.replications)
    elif options.folder is not None:
        report(options.folder)
    else:
        parser.error("give the folder of a backtest, or --time")


if __name__ == "__main__":
    main()
