"""How well a council's own returns are learnt from, on councils whose rates are known.

Recovery: ten years of a council of 600 children whose every rate lies about the published one;
90% intervals of the rates of each cell against the truth. Forecast: children in care by sector 12
and 24 months on, from the calibrated file, from the published statistics, and from a Markov cohort
model with the last 12 months' rates. Prints what it measured.

    python benchmarks/child_calibration.py recovery [--seeds 10]
    python benchmarks/child_calibration.py forecast [--seeds 20]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from child_truth import AUTHORITY, END, START, Truth, cell_rates, truth  # noqa: E402

from sufficiency import __version__  # noqa: E402
from sufficiency.backtest.returns_baselines import markov_cohort, stock_by_sector  # noqa: E402
from sufficiency.calibration.children.cohort import cohort_of, write_cohort  # noqa: E402
from sufficiency.calibration.children.drawing import rate_sampler  # noqa: E402
from sufficiency.calibration.children.file import write_calibrated  # noqa: E402
from sufficiency.calibration.children.fit import fit_children  # noqa: E402
from sufficiency.calibration.children.provenance import about_the_fit  # noqa: E402
from sufficiency.domain import (  # noqa: E402
    AGE_BAND_STARTS_YEARS,
    AGE_BANDS,
    DAYS_PER_YEAR,
    SECTORS,
)
from sufficiency.history.returns.ledger import RowLedger  # noqa: E402
from sufficiency.resolution.resolve import resolve  # noqa: E402
from sufficiency.scenario.files import load_scenario  # noqa: E402
from sufficiency.simulation.record import Record  # noqa: E402
from sufficiency.simulation.simulate import simulate  # noqa: E402

SPREAD = 0.3
WELL_SUPPORTED = 10.0
"""Expected events of a cell from which it counts as well supported."""
THIN = 0.2
"""Below so few, a cell tells of nothing and is left out."""
HORIZONS_DAYS = {12: 366, 24: 731}
REPLICATIONS = 60


# --- recovery -------------------------------------------------------------------------------


def recovery(seeds: Sequence[int], spread: float) -> pd.DataFrame:
    """Share of cells whose 90% interval holds the truth, by kind of event and support."""
    rows = []
    for seed in seeds:
        council = truth(seed, spread)
        fit = fit_children(council.histories, AUTHORITY, council.prior, END, 120, 120)
        sampler, rng = rate_sampler(fit.fitted.rates), np.random.default_rng(seed)
        days = fit.counts.days.sum(axis=0)
        true = cell_rates(council.world.hazards.per_day, council.prior, days)
        drawn = [
            cell_rates(sampler.draw(rng.random(sampler.n_uniforms)).per_day, council.prior, days)
            for _ in range(400)
        ]
        for name, expected in true.items():
            low, high = np.quantile([draw[name] for draw in drawn], [0.05, 0.95], axis=0)
            held = (low <= expected) & (expected <= high)
            for support, cells in (
                ("well", expected >= WELL_SUPPORTED),
                ("thin", (expected < WELL_SUPPORTED) & (expected > THIN)),
            ):
                rows.append((name, support, int(held[cells].sum()), int(cells.sum())))
    found = pd.DataFrame(rows, columns=["kind", "support", "held", "cells"])
    table = found.groupby(["kind", "support"])[["held", "cells"]].sum()
    everything = found.groupby("support")[["held", "cells"]].sum()
    everything.index = pd.MultiIndex.from_product([["all"], everything.index])
    table = pd.concat([table, everything])
    table["share"] = table["held"] / table["cells"].clip(lower=1)
    return table[table["cells"] > 0]


# --- forecast -------------------------------------------------------------------------------


def stock(record: Record, day: int) -> np.ndarray:
    """(6,): children by sector at a midnight; those unplaced count in ``other``."""
    spells = record.spells
    there = (spells["from_time"] <= day) & (day < spells["to_time"])
    sector = np.minimum(spells["sector"][there], len(SECTORS) - 1)
    return np.bincount(sector, minlength=len(SECTORS))


def expected_stock(scenario: Path, replications: int) -> dict[int, np.ndarray]:
    """(6,) by horizon: the mean of simulated futures."""
    resolved = resolve(load_scenario(scenario))
    totals = {months: np.zeros(len(SECTORS)) for months in HORIZONS_DAYS}
    for number in range(replications):
        world = resolved.draw_world(11, number, parameter=True, drift=False)
        record = simulate(world, 11, number, engine="compiled")
        for months, day in HORIZONS_DAYS.items():
            totals[months] += stock(record, min(day, world.horizon_days) - 1)
    return {months: total / replications for months, total in totals.items()}


def own_scenario(council: Truth, folder: Path, damping: bool) -> Path:
    """A scenario with the council's calibrated file and its children at the start."""
    fit = fit_children(council.histories, AUTHORITY, council.prior, END)
    about = about_the_fit(fit, (), RowLedger(0), __version__)
    write_calibrated(fit.fitted, AUTHORITY, about, folder / "rates.yaml")
    write_cohort(cohort_of(council.histories, END), folder / "own.cohort.parquet")
    text = (
        f"name: own\nauthority: {AUTHORITY}\nmonths: 24\ncalibration: {{file: rates.yaml}}\n"
        f"population: {{cohort: own.cohort.parquet}}\n"
        f"uncertainty: {{damping: {str(damping).lower()}}}\n"
    )
    path = folder / f"own-{damping}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def published_scenario(council: Truth, folder: Path, damping: bool, with_table: bool) -> Path:
    """A scenario of published rates, told who is in care; perhaps its own months of flows."""
    children = cohort_of(council.histories, END).children
    sectors = children["sector"].value_counts()
    age = (pd.Timestamp(END) - children["born_month"]).dt.days / DAYS_PER_YEAR - 0.04
    band = np.searchsorted(AGE_BAND_STARTS_YEARS[1:], age, side="right")
    ages = np.bincount(band, minlength=len(AGE_BANDS))
    lines = [
        f"name: published\nauthority: {AUTHORITY}\nstart: {END}\nmonths: 24",
        f"uncertainty: {{damping: {str(damping).lower()}}}",
        "population:",
        f"  in_care: {len(children)}",
        f"  uasc: {int(children['uasc'].sum())}",
        f"  placed_for_adoption: {int(children['placed_for_adoption'].sum())}",
        "  sectors: {"
        + ", ".join(f"{sector}: {int(sectors.get(str(sector), 0))}" for sector in SECTORS)
        + "}",
        "  age_bands: {"
        + ", ".join(f'"{name}": {int(n)}' for name, n in zip(AGE_BANDS, ages, strict=True))
        + "}",
    ]
    if with_table:
        _monthly_table(council, folder / "months.csv")
        lines.append("calibration: {table: months.csv}")
    path = folder / f"published-{damping}-{with_table}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _monthly_table(council: Truth, path: Path) -> None:
    """The last 12 months of starters and leavers."""
    periods = council.histories.periods
    months = pd.period_range(pd.Timestamp(END) - pd.DateOffset(months=11), END, freq="M")
    rows = [
        (
            str(month),
            int((periods["entered"].dt.to_period("M") == month).sum()),
            int((periods["left"].dt.to_period("M") == month).sum()),
        )
        for month in months
    ]
    table = pd.DataFrame(rows, columns=["month", "starters", "leavers"])
    table.to_csv(path, index=False, lineterminator="\n")


def markov(council: Truth) -> dict[int, np.ndarray]:
    """(6,) by horizon: children by age band and sector moved on at the last 12 months' rates."""
    days_ahead = [day - 1 for day in HORIZONS_DAYS.values()]
    found = markov_cohort(council.histories, days_ahead)
    return dict(zip(HORIZONS_DAYS, found, strict=True))


def forecast(seeds: Sequence[int], spread: float) -> pd.DataFrame:
    """Absolute errors by method, months ahead, and sector (``total`` and ``mean_sector``)."""
    rows = []
    for seed in seeds:
        council = truth(seed, spread, further_days=max(HORIZONS_DAYS.values()))
        history = (END - START).days
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            asked = {
                "calibrated file": own_scenario(council, folder, True),
                "calibrated file, no damping": own_scenario(council, folder, False),
                "published statistics": published_scenario(council, folder, True, False),
                "published, no damping": published_scenario(council, folder, False, False),
                "published + own months": published_scenario(council, folder, True, True),
            }
            found = {name: expected_stock(path, REPLICATIONS) for name, path in asked.items()}
        found["Markov cohort, last 12 months"] = markov(council)
        found["no change"] = dict.fromkeys(HORIZONS_DAYS, stock_by_sector(council.histories, END))
        for method, by_months in found.items():
            for months, day in HORIZONS_DAYS.items():
                true = stock(council.record, history + day - 1)
                error = np.abs(by_months[months] - true)
                total = abs(by_months[months].sum() - true.sum())
                rows.append((seed, method, months, *error, error.mean(), total))
        print(f"seed {seed} done", flush=True)
    columns = ["seed", "method", "months", *map(str, SECTORS), "mean_sector", "total"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    """Run the study that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=["recovery", "forecast"])
    parser.add_argument("--seeds", type=int, default=None)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--spread", type=float, default=SPREAD)
    parser.add_argument("--save", type=Path, help="also add the forecast's errors to this CSV")
    asked = parser.parse_args()
    number = asked.seeds or {"recovery": 10, "forecast": 20}[asked.study]
    seeds = range(asked.first, asked.first + number)
    with pd.option_context("display.width", 160, "display.max_columns", 20):
        if asked.study == "recovery":
            print(recovery(seeds, asked.spread).round(3).to_string())
            return
        errors = forecast(seeds, asked.spread)
        if asked.save is not None:
            new = not asked.save.is_file()
            errors.to_csv(asked.save, mode="a", header=new, index=False)
            errors = pd.read_csv(asked.save)
        table = errors.groupby(["months", "method"]).mean().drop(columns="seed")
        print(table.round(2).sort_values(["months", "mean_sector"]).to_string())


if __name__ == "__main__":
    main()
