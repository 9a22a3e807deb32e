"""What an intervention changes agrees with the truth, where exits depend on time in care."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from fits import resolved, scenario
from scipy.integrate import quad
from theory import survival
from worlds import a_world, entries, hazards

from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.resolution.effects import effect_plan
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.effects import DrawnEffects, draw_effects
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import World

START = date(2023, 3, 31)
YEARS = (1, 3, 5)
HORIZON_DAYS = round(5 * DAYS_PER_YEAR) + 1
REPLICATIONS = 300
A_DAY = 0.11
BANDS_DAYS = (0.0, 30.0, 180.0, 730.0)
HOME_A_DAY = (0.006, 0.003, 0.0012, 0.0003)
FAMILY_A_DAY = 0.0002


def changed(**item: object) -> DrawnEffects:
    """The effects of one lasting intervention over five years."""
    item = {"name": "it", "start": "+0 days", **item}
    plan = replace(resolved().plan, horizon_days=HORIZON_DAYS, effects=None)
    found = effect_plan(scenario(interventions=[item], months=60), plan)
    assert found is not None
    return draw_effects(found, [Draws(0, 0)], drawn=True).of(0)


def world(effects: DrawnEffects | None) -> World:
    """Children of five who start care at a steady rate, most go home soon or not for long."""
    rates = {"returned_home": HOME_A_DAY, "family_arrangement": FAMILY_A_DAY}
    leaving = hazards(rates, care_bands=BANDS_DAYS)
    coming = entries({"5_9": A_DAY})
    if effects is not None:
        leaving = replace(
            leaving, calendar_starts_days=effects.starts_days, calendar_factor=effects.causes[0]
        )
        coming = replace(
            coming,
            calendar_starts_days=effects.starts_days,
            group_rate_per_day=coming.group_rate_per_day * effects.entries,
        )
    return a_world(days=HORIZON_DAYS, start=START, hazards=leaving, entries=coming)


def in_care(record: Record) -> list[int]:
    """Children in care at the end of each of the years."""
    return [
        int(((record.spells["from_time"] <= t) & (record.spells["to_time"] > t)).sum())
        for t in (year * DAYS_PER_YEAR for year in YEARS)
    ]


def truth(years: float, entries_factor: float, home_factor: float) -> float:
    """Expected children in care: the entry rate times the integral of the survival curve."""

    rates = [home_factor * rate + FAMILY_A_DAY for rate in HOME_A_DAY]
    until = years * DAYS_PER_YEAR
    total, _ = quad(
        lambda days: float(survival(days, BANDS_DAYS, rates)), 0, until, points=BANDS_DAYS[1:3]
    )
    return A_DAY * entries_factor * total


@cache
def base() -> np.ndarray:
    return np.array([in_care(simulate(world(None), 5, n, "compiled")) for n in range(REPLICATIONS)])


@pytest.mark.parametrize(
    ("item", "entries_factor", "home_factor"),
    [
        ({"lever": "entries", "effect": 1.25}, 1.25, 1.0),
        ({"lever": "exits", "reasons": ["returned_home"], "effect": 1.2}, 1.0, 1.2),
    ],
    ids=["a quarter more entries", "a fifth faster home"],
)
def test_a_lasting_change_has_the_effect_of_theory(
    item: dict[str, object], entries_factor: float, home_factor: float
) -> None:
    effects = changed(**item)
    after = [in_care(simulate(world(effects), 5, n, "compiled")) for n in range(REPLICATIONS)]
    difference = np.array(after) - base()
    error = difference.std(axis=0, ddof=1) / math.sqrt(REPLICATIONS)
    for at, years in enumerate(YEARS):
        expected = truth(years, entries_factor, home_factor) - truth(years, 1.0, 1.0)
        assert error[at] <= 0.05 * abs(expected), (years, error[at], expected)
        assert abs(difference[:, at].mean() - expected) <= 4 * error[at], (years, expected)
