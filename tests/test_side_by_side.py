"""Rows of numbers, one for every cause: the same bits compiled and uncompiled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sufficiency.domain import N_EXIT_CAUSES
from sufficiency.simulation.compiled import RUNS_COMPILED
from sufficiency.simulation.side_by_side import (
    WIDTH,
    at_least_zero,
    below_zero,
    lowest_bit,
    row_at,
    set_row,
    times,
    without_exits,
)
from sufficiency.simulation.world import Floats

NUMBERS = st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, math.inf])


def every_operation(left: Floats, hazard: Floats, days: float, found: Floats) -> int:
    row, other = row_at(left), row_at(hazard)
    set_row(left, other)  # What was read stays as it was.
    set_row(found[0], row + other)
    set_row(found[1], row - times(other, days))
    set_row(found[2], row * other)
    set_row(found[3], without_exits(row))
    set_row(found[4], at_least_zero(row))
    found[5, 0] = row[N_EXIT_CAUSES]
    below = below_zero(row)
    found[5, 1] = lowest_bit(below | 1 << WIDTH)
    return below


in_one_go: Any = njit(every_operation)


@pytest.mark.skipif(not RUNS_COMPILED, reason="nothing is compiled here")
@settings(max_examples=60, deadline=None)
@given(
    left=st.lists(NUMBERS, min_size=WIDTH, max_size=WIDTH),
    hazard=st.lists(st.floats(1e-9, 10), min_size=WIDTH, max_size=WIDTH),
    days=st.floats(0, 1e4),
)
def test_compiled_code_finds_the_same_bits(
    left: list[float], hazard: list[float], days: float
) -> None:
    results = []
    for operations in (every_operation, in_one_go):
        before, rate, found = np.array(left), np.array(hazard), np.zeros((6, WIDTH))
        results.append((operations(before, rate, days, found), found.tobytes(), before.tobytes()))
    assert results[0] == results[1]


def test_what_each_operation_is() -> None:
    left, hazard, found = np.arange(-3.0, WIDTH - 3.0), np.full(WIDTH, 2.0), np.zeros((6, WIDTH))
    assert every_operation(left.copy(), hazard, 0.5, found) == 0b111
    np.testing.assert_array_equal(found[:3], [left + 2, left - 1, left * 2])
    assert found[3].tolist() == [0.0] * N_EXIT_CAUSES + left[N_EXIT_CAUSES:].tolist()
    assert found[4].tolist() == [0.0] * 3 + left[3:].tolist()
    assert found[5, 0] == left[N_EXIT_CAUSES]
