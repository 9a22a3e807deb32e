"""Are the cell of age and time in care and the time in the placement that a chance draws those that
their distributions say?"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sufficiency.simulation.at_start import AtStart, cell_of, placement_days
from sufficiency.simulation.chances import GUIDE_STEPS, first_above, guide_of

LEAST = 2.0**-33
"""Half the step of the numbers that are drawn: none is nearer to 0 or 1."""
compiled_search: Any = njit(lambda share, rising, guide: first_above(share, rising, guide))
weights = st.lists(st.sampled_from([0.0, 1e-4, 0.5, 3.0, 400.0]), min_size=1, max_size=60)


@settings(max_examples=20, deadline=None)
@given(
    weights.filter(lambda some: sum(some) > 0),
    st.lists(st.floats(LEAST, 1 - LEAST), max_size=20),
    st.sampled_from([1.0, 0.3, 7.0]),
)
def test_a_guided_search_finds_the_cell_that_a_whole_search_finds(
    some: list[float], anywhere: list[float], total: float
) -> None:
    cdf = np.cumsum(some) / np.sum(some) * total
    edges = np.concatenate([cdf / cdf[-1], np.arange(GUIDE_STEPS) / GUIDE_STEPS])
    chances = np.concatenate([anywhere, edges, np.nextafter(edges, 0.0), np.nextafter(edges, 1.0)])
    chances = np.clip(chances, LEAST, 1 - LEAST)
    of_one = cast(AtStart, SimpleNamespace(cell_cdf=cdf[None], cell_guide=guide_of(cdf[None])))
    found = [cell_of(0, float(chance), of_one) for chance in chances]
    assert found == np.searchsorted(cdf, chances * cdf[-1], side="right").tolist()
    assert found == [
        compiled_search(float(chance), cdf, of_one.cell_guide[0]) for chance in chances
    ]
    assert all(some[cell] > 0 for cell in found)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.01, 900.0), min_size=1, max_size=30),
    st.lists(st.tuples(st.floats(0.0, 1.3), st.floats(LEAST, 1 - LEAST)), max_size=20),
    st.integers(0, 10**6),
)
def test_time_in_the_placement_is_a_share_of_time_in_care_between_those_of_its_grid(
    steps: list[float], draws: list[tuple[float, float]], seed: int
) -> None:
    rng, grid = np.random.default_rng(seed), np.concatenate([[0.0], np.cumsum(steps)])
    unmoved = np.sort(rng.random(len(grid)))[::-1] * 0.8
    shares = np.sort(rng.random((len(grid), 5)), axis=1)
    of_one = cast(
        AtStart,
        SimpleNamespace(
            placement_days=grid,
            placement_guide=guide_of(grid[None]),
            placement_unmoved=unmoved[None],
            placement_share=shares[None],
        ),
    )
    at_points = [(point / grid[-1], 0.9) for point in grid]
    for of_longest, chance in [*draws, *at_points]:
        care_days = of_longest * grid[-1]
        stayed = np.interp(care_days, grid, unmoved)
        moved = (chance - stayed) / (1 - stayed)
        by_time = [np.interp(moved, np.linspace(0, 1, 5), row) for row in shares]
        share = 1.0 if moved < 0 else np.interp(care_days, grid, by_time)
        found = placement_days(of_one, 0, care_days, chance)
        assert found == pytest.approx(care_days * share, rel=1e-9, abs=1e-9)
