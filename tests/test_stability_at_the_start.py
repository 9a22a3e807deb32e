"""How long the children in care at the start have been where they are, as published."""

from __future__ import annotations

import numpy as np
import pytest

from sufficiency.domain import DAYS_PER_YEAR, TICK
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import BEGAN_MOVED
from sufficiency.simulation.simulate import simulate

SEED, WORLDS = 1, 6


@pytest.mark.parametrize("authority", ["Lancashire", "Leeds"])
def test_as_many_have_been_in_one_placement_for_a_year_as_published(authority: str) -> None:
    """England: 0.72 of those in care for a year or more had one placement in the last year."""
    national = PublishedHistory.as_at(2023).national.placements_in_year("12_months_and_over")
    published = float(national.loc["total", "1"] / national.loc["total", "total"])
    resolved = resolve(scenario_for_authority(authority))
    in_care, settled = 0, 0
    for number in range(WORLDS):
        world = resolved.draw_world(SEED, number, parameter=False, drift=False)
        children = children_of(world, Draws(SEED, number))
        start = slice(0, children.at_start)
        long = children.entered[start] <= -DAYS_PER_YEAR
        in_care += int(long.sum())
        settled += int((children.placed[start][long] <= -DAYS_PER_YEAR).sum())
    assert settled / in_care == pytest.approx(published, abs=0.08)


def test_moves_do_not_begin_with_a_wave() -> None:
    """Of children so long in care, as many move in the first quarter as in the ninth."""
    resolved = resolve(scenario_for_authority("Lancashire"))
    bands = np.array([0.25, 1, 3]) * DAYS_PER_YEAR
    in_care, moved = np.zeros((2, len(bands) + 1)), np.zeros((2, len(bands) + 1))
    for number in range(WORLDS):
        world = resolved.draw_world(SEED, number, parameter=False, drift=False)
        spells = simulate(world, SEED, number, engine="compiled").spells
        for row, start in enumerate((TICK, 2 * DAYS_PER_YEAR)):
            end = start + DAYS_PER_YEAR / 4
            here = spells[(spells["from_time"] < start) & (spells["to_time"] > start)]
            moves = spells[(spells["from_time"] > start) & (spells["from_time"] <= end)]
            moves = moves[moves["began"] >= BEGAN_MOVED]
            in_care[row] += by_band(start - here["entered"], bands)
            moved[row] += by_band(moves["from_time"] - moves["entered"], bands)
    expected = float(in_care[0] @ (moved[1] / in_care[1]))
    assert moved[0].sum() == pytest.approx(expected, rel=0.08)


def by_band(days: np.ndarray, bands: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(bands, days, side="right"), minlength=len(bands) + 1)
