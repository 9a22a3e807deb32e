"""Is the cell of age and time in care that a chance draws the one that its distribution says?"""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sufficiency.calibration.starting import GUIDE_STEPS, guide_of
from sufficiency.simulation.at_start import AtStart, cell_of

LEAST = 2.0**-33
"""Half the step of the numbers that are drawn: none is nearer to 0 or 1."""
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
    assert all(some[cell] > 0 for cell in found)
