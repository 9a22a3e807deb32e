"""Is what is written down for LLVM in few words what numba writes in many?

Compiled code is asked what the same code in Python is: of arrays in one piece and in parts, places
written as numbers counted from either end, variables set once, twice, in loops and on some ways
only.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from test_same_again import digest, path_to

from sufficiency.simulation.compiled import COMPILES_QUICKLY, compiled

numba = pytest.importorskip("numba")

STOPS_OUTSIDE = """
from numba.core import cgutils
from sufficiency.simulation.lowered import BriefLower

where = BriefLower._address


def looking(self, kind, array, places):
    nothing = cgutils.ir.FunctionType(cgutils.ir.VoidType(), [])
    stop = cgutils.get_or_insert_function(self.builder.module, nothing, "llvm.trap")
    for place, length in zip(places, self._lengths(kind, array, "shape")):
        # As a number without a sign, one below 0 is beyond every length.
        with self.builder.if_then(self.builder.icmp_unsigned(">=", place, length)):
            self.builder.call(stop, [])
    return where(self, kind, array, places)


BriefLower._address = looking
"""
"""Compiled so, code ends the process where it reads or writes outside an array."""
OUTSIDE = """
import numpy
from sufficiency.simulation.compiled import compiled


@compiled
def element(row, place):
    return row[place]


print(element(numpy.arange(3.0), 2), flush=True)
print(element(numpy.arange(3.0), PLACE))
"""


@compiled
def elements(cube: NDArray[np.float64], strided: NDArray[np.int32], at: NDArray[np.int64]) -> float:
    """Elements and rows of two arrays, places counted from either end."""
    layer, line, column = at[0], at[-2], at[2]
    page = cube[layer]
    row = strided[line]
    found = cube[layer, line, column] + 3 * page[line, column] - 5 * page[line][-1]
    found += 7 * row[column] + 11 * strided[line, -1] + 13 * strided[-1][column]
    found += cube[layer, line].size + 17 * cube.shape[1] + 19 * page.size + 23 * strided.size
    weight = 2.0
    if layer:
        some = found / 2.0
        weight = 3.0
    for place in range(row.shape[0]):
        if place == column:
            weight += 1.0
            last = place
            continue
        weight *= 1.5
        last = place - 1
    if layer:
        weight += some
    return found * weight + last


@compiled
def changed(cube: NDArray[np.float64], strided: NDArray[np.int32], at: NDArray[np.int64]) -> None:
    """Set elements to numbers of other kinds, and rows."""
    layer, line, column = at[0], at[1], at[2]
    cube[layer, line, column] = 7
    cube[layer][line, column] += column
    strided[line, -1] = cube[0, 0, 0] > 0.5
    strided[0, column] -= 2.9
    cube[-1, line][:] = 0.25


def test_elements_are_read_and_set_as_python_does() -> None:
    rng = np.random.default_rng(1)
    read, change = elements.py_func, changed.py_func  # type: ignore[attr-defined]
    for at in itertools.product(range(2), range(3), range(4)):
        there = np.array(at)
        cube, strided = rng.random((2, 3, 4)), rng.integers(0, 9, (3, 8), dtype=np.int32)[:, ::2]
        assert elements(cube, strided, there) == pytest.approx(
            read(cube, strided, there), rel=1e-13
        )
        cube_then, strided_then = cube.copy(), np.repeat(strided, 2, axis=1)[:, ::2]
        changed(cube, strided, there)
        change(cube_then, strided_then, there)
        np.testing.assert_array_equal(cube, cube_then)
        np.testing.assert_array_equal(strided, strided_then)


@pytest.mark.skipif(not COMPILES_QUICKLY, reason="numba itself looks at every place")
def test_no_place_that_is_worked_out_is_outside(tmp_path: Path) -> None:
    def run_looking(code: str) -> subprocess.CompletedProcess[str]:
        paths = os.pathsep.join(map(str, path_to(Path(__file__).parent)))
        return subprocess.run(
            [sys.executable, "-c", STOPS_OUTSIDE + code],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )

    for place in ("-1", "3"):
        stopped = run_looking(OUTSIDE.replace("PLACE", place))
        assert stopped.stdout.split() == ["2.0"]
        assert stopped.returncode != 0
    council = run_looking("import test_same_again as council; print(council.digest())")
    assert council.stdout.strip() == digest()
