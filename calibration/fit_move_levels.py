"""Fit the levels of moves at which the model, run forward, moves children as England's are moved.

    python calibration/fit_move_levels.py

runs England's largest authorities forward at England's rates, round after round, and writes
``move_levels.csv``. It takes some minutes. ``README.md`` says why it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.move_levels import MoveLevels, shipped_move_levels, write_move_levels
from sufficiency.calibration.moves import CHANGE_BAND_STARTS_DAYS, PLACEMENT_BAND_STARTS_DAYS
from sufficiency.calibration.national_table import shipped_rates
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import AGE_BAND_STARTS_YEARS, AGE_GROUPS, CAUSES, DAYS_PER_YEAR, SECTORS
from sufficiency.history.authorities import all_authorities
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.record import ENDED_MOVED
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.worlds import WorldPlan, draw_world

Floats = NDArray[np.float64]
Spells = NDArray[Any]

HERE = Path(__file__).resolve().parent
YEAR, AUTHORITIES, SEED = 2023, 8, 62
FROM_YEARS, TO_YEARS = 7.0, 15.0
"""What is measured: by then most children have been placed by the model."""
ROUNDS, STEP = 6, 0.7
PLACED_FOR_ADOPTION = ENDED_MOVED + len(CAUSES) - 6
FIRST_YEAR_SLOPE = -0.06
"""How far moves in the first year lower the share of newcomers in their first placement; it sets
how fast the rounds come near, not where to."""
APART = 0.25


@dataclass(frozen=True)
class Moves:
    """Moves a year per child in care, those to adopters counted as far as the carers are new."""

    by_age: Floats
    """(5,): per child of the age."""
    by_sector: Floats
    """(S,): per child of the sector left."""
    by_duration: Floats
    """(9,): by `CHANGE_BAND_STARTS_DAYS`, per child."""
    one_placement: float
    """Share of those in care for less than a year who have had one placement."""
    in_first_year: Floats
    """(8,): share of children with so long in their placement in the first year of care."""
    stock: Floats
    """(S,): share of children by sector."""


def published() -> tuple[Moves, float]:
    """England's, an average year of 2019 to 2023, and the share of adopters who are new carers."""
    shapes = PublishedHistory.as_at(YEAR).national
    in_care = shapes.shape("stock_by_age")["number"]
    ages = ["under_1", "1_4", "5_9", "10_15", "16_and_over"]
    by_age, by_duration = shapes.moves_by_age(), shapes.moves_by_duration()
    newcomers = shapes.placements_in_year("under_12_months").loc["total"]
    detail = shapes.shape("stock_by_placement_detail")["number"]
    adopters = {
        carer: sum(float(detail[f"placed_for_adoption_{how}_{carer}"]) for how in HOW)
        for carer in ("new_carer", "current_carer")
    }
    moved = (by_age["total"] - by_age["status_only"]).loc[ages]
    moves = Moves(
        by_age=(moved / in_care[ages]).to_numpy(np.float64),
        by_sector=shipped_rates().mean_moves_per_year,
        by_duration=(by_duration["total"] - by_duration["status_only"]).to_numpy(np.float64)
        / float(in_care["total"]),
        one_placement=float(newcomers["1"] / newcomers["total"]),
        in_first_year=np.zeros(len(PLACEMENT_BAND_STARTS_DAYS)),
        stock=np.zeros(len(SECTORS)),
    )
    return moves, adopters["new_carer"] / sum(adopters.values())


HOW = ("consent", "order")


def plans() -> list[tuple[WorldPlan, Calibration]]:
    """Forecasts of the largest authorities."""
    sizes = PublishedHistory.as_at(YEAR).local_authorities(YEAR)["in_care"].dropna()
    known = sorted(all_authorities(), key=lambda one: -sizes.get(one.old_la_code, 0.0))
    every = [resolve_children(scenario_for_authority(one.name)) for one in known[:AUTHORITIES]]
    return [(one.plan, one.fit) for one in every]


def simulated(seed: int, moves_level: float = 1.0) -> Iterator[Spells]:
    """Spells of each authority at England's rates of moves times a level, year after year."""
    for plan, _ in plans():
        moves = GammaPosterior(np.array([moves_level]), np.ones(1))
        at_level = replace(
            plan,
            levels=replace(plan.levels, moves=moves),
            horizon_days=round(TO_YEARS * DAYS_PER_YEAR),
        )
        world = draw_world(at_level, seed, 0, parameter=False, drift=False)
        yield simulate(world, seed, 0, engine="compiled").spells


def counted(histories: Iterable[Spells], new_carers: float) -> Moves:
    """What the model's children did, all authorities together."""
    in_care = np.zeros((5, len(SECTORS) + 1))
    by_age, by_sector = np.zeros(5), np.zeros(len(SECTORS) + 1)
    by_duration, newcomers = np.zeros(len(CHANGE_BAND_STARTS_DAYS)), np.zeros(2)
    placed = np.zeros((2, len(PLACEMENT_BAND_STARTS_DAYS)))
    times = np.arange(FROM_YEARS, TO_YEARS, APART) * DAYS_PER_YEAR
    for spells in histories:
        for time in times:
            here = spells[(spells["from_time"] <= time) & (spells["to_time"] > time)]
            np.add.at(in_care, (ages(here, time), here["sector"]), APART)
            new = time - here["entered"] < DAYS_PER_YEAR
            first = here["placed"] == here["entered"]
            newcomers += [np.sum(new & first), np.sum(new)]
            band = np.searchsorted(PLACEMENT_BAND_STARTS_DAYS, time - here["placed"], "right") - 1
            np.add.at(placed, (new.astype(int), band), 1)
        ended = spells["to_time"]
        within = (ended > FROM_YEARS * DAYS_PER_YEAR) & (ended <= TO_YEARS * DAYS_PER_YEAR)
        moved = spells[within & (spells["ended"] >= ENDED_MOVED)]
        counts = np.where(moved["ended"] == PLACED_FOR_ADOPTION, new_carers, 1.0)
        np.add.at(by_age, ages(moved, moved["to_time"]), counts)
        np.add.at(by_sector, moved["sector"], counts)
        days = moved["to_time"] - moved["placed"]
        band = np.searchsorted(CHANGE_BAND_STARTS_DAYS, days, "right") - 1
        np.add.at(by_duration, band, counts)
    total = in_care.sum()
    return Moves(
        by_age=by_age / in_care.sum(axis=1),
        by_sector=by_sector[:-1] / in_care.sum(axis=0)[:-1],
        by_duration=by_duration / total,
        one_placement=float(newcomers[0] / newcomers[1]),
        in_first_year=placed[1] / placed.sum(axis=0),
        stock=in_care.sum(axis=0)[:-1] / total,
    )


def ages(spells: Spells, time: float | Floats) -> NDArray[np.int64]:
    """Age band of each child at a time."""
    years = (time - spells["born_day"]) / DAYS_PER_YEAR
    return np.searchsorted(AGE_BAND_STARTS_YEARS[1:], years, side="right")


def nearer(levels: MoveLevels, wanted: Moves, found: Moves) -> MoveLevels:
    """Levels at which the next round comes nearer to what is wanted.

    Ages and sectors are set against each other, time in the placement sets the level of all.
    """
    excess = found.by_duration.sum() / wanted.by_duration.sum()
    age = (wanted.by_age / found.by_age * excess) ** STEP
    sector = levels.sector * (wanted.by_sector / found.by_sector * excess) ** STEP
    mean = float(sector @ found.stock / found.stock.sum())
    by_change = wanted.by_duration / found.by_duration
    first, second, third, half, year = by_change[:5]
    late = [
        wanted.by_duration[part].sum() / found.by_duration[part].sum()
        for part in (slice(5, 7), slice(7, None))
    ]
    duration = [first, np.sqrt(first * second), np.sqrt(second * third), third, half, year, *late]
    further = (found.one_placement - wanted.one_placement) / FIRST_YEAR_SLOPE
    return replace(
        levels,
        duration=levels.duration * mean * np.array(duration) ** STEP,
        sector=sector / mean,
        age=levels.age * np.append(age, age[-1]),
        first_year=max(levels.first_year * mean - STEP * further, 0.0),
        in_first_year=found.in_first_year,
    )


def moves_apart(new_carers: float) -> float:
    """How far moves differ between authorities whose levels do by one, on the log scale.

    One, if the assumption ``early_moves_by_level`` is right.
    """
    total = [counted(simulated(SEED, level), new_carers).by_duration.sum() for level in (0.8, 1.25)]
    return float(np.log(total[1] / total[0]) / np.log(1.25 / 0.8))


def use(levels: MoveLevels) -> None:
    """Write the levels and forget what was made with those before."""
    write_move_levels(levels, HERE / "move_levels.csv")
    shipped_move_levels.cache_clear()
    shipped_rates.cache_clear()


def main() -> None:
    """Fit the levels and write them; each round starts from those of the one before."""
    np.set_printoptions(precision=3, suppress=True, linewidth=120)
    wanted, new_carers = published()
    for round_number in range(ROUNDS):
        found = counted(simulated(SEED + round_number), new_carers)
        for name in ("by_age", "by_sector", "by_duration", "one_placement"):
            print(f"{name:15} {getattr(found, name)} against {getattr(wanted, name)}")
        use(nearer(shipped_move_levels(), wanted, found))
    print(shipped_move_levels(), f"of {len(AGE_GROUPS)} age groups")
    print(f"moves differ {moves_apart(new_carers):.2f} times as much as levels")


if __name__ == "__main__":
    main()
