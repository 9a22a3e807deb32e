"""Does compiled code read of a tuple what Python does, wherever it lies within?"""

from __future__ import annotations

import pickle
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from sufficiency.simulation.compiled import Rows, by_reference, compiled, rows_of, step

numba = pytest.importorskip("numba")

ROW_DTYPE = np.dtype([("number", np.int64), ("share", np.float64), ("flag", np.bool_)], align=True)


@by_reference
class Inner(NamedTuple):
    flags: NDArray[np.bool_]
    weight: float
    table: NDArray[np.int32]
    is_open: bool


@by_reference
class Outer(NamedTuple):
    first: int
    rows: Rows
    inner: Inner
    column: NDArray[np.float64]
    cube: NDArray[np.float64]
    other: Inner


@by_reference
class Twin(NamedTuple):
    """`Inner` with two fields the other way round."""

    is_open: bool
    weight: float
    table: NDArray[np.int32]
    flags: NDArray[np.bool_]


def an_inner(rng: np.random.Generator) -> Inner:
    table = rng.integers(0, 100, (3, 4), dtype=np.int32)
    return Inner(rng.random(5) < 0.5, rng.random(), table, bool(rng.random() < 0.5))


def an_outer(seed: int) -> Outer:
    """Tables in one piece, every other column of one, and rows."""
    rng = np.random.default_rng(seed)
    rows = np.empty(6, dtype=ROW_DTYPE)
    rows["number"], rows["share"], rows["flag"] = np.arange(6), rng.random(6), rng.random(6) < 0.5
    column = rng.random((7, 3))[:, 1]
    cube = rng.random((2, 3, 4))
    return Outer(seed, rows_of(rows), an_inner(rng), column, cube, an_inner(rng))


@step
def of_inner(inner: Inner, row: int) -> float:
    """What two such tuples in one are both asked."""
    found = inner.weight
    for column in range(inner.table.shape[1]):
        found += inner.table[row, column] * (column + 1)
    for position in range(inner.flags.size):
        found += inner.flags[position] * 2.0**position
    return found * 10 if inner.is_open else found


@compiled
def all_of(outer: Outer, seen: NDArray[np.float64]) -> None:
    """Write down what is found, and change what can be changed."""
    seen[0] = of_inner(outer.inner, 2)
    seen[1] = of_inner(outer.other, 0)
    for place in range(outer.column.size):
        seen[2] += outer.column[place] * (place + 1)
    for layer in range(outer.cube.shape[0]):
        page = outer.cube[layer]
        for line in range(page.shape[0]):
            seen[3] += page[line][-1] * (layer + 1) - page[line, 0]
    for row in outer.rows:
        if row.flag:
            seen[4] += row.share * outer.first
    outer.rows[2].number = 77
    outer.column[-1] = -1.0
    outer.cube[1, :] = 5.0


@compiled
def flags_of(twin: Twin) -> int:
    """How many flags there are."""
    return int(twin.flags.size)


@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_code_reads_and_writes_what_python_does(seed: int) -> None:
    theirs, ours = an_outer(seed), an_outer(seed)
    by_python, by_us = np.zeros(5), np.zeros(5)
    theirs = theirs._replace(rows=theirs.rows.view(np.recarray))
    getattr(all_of, "py_func", all_of)(theirs, by_python)
    all_of(ours, by_us)
    np.testing.assert_allclose(by_us, by_python, rtol=1e-14)
    assert by_us.all()
    assert ours.rows["number"].tolist() == theirs.rows["number"].tolist() == [0, 1, 77, 3, 4, 5]
    np.testing.assert_array_equal(ours.column, theirs.column)
    np.testing.assert_array_equal(ours.cube, theirs.cube)


def test_tuples_of_other_classes_or_arrays_are_told_apart() -> None:
    inner = an_inner(np.random.default_rng(3))
    twin = Twin(True, 1.0, inner.table, np.zeros(9, dtype=np.bool_))
    assert flags_of(twin) == 9
    assert flags_of(twin._replace(flags=np.zeros(18, dtype=np.bool_)[::2])) == 9
    kinds = [numba.typeof(one) for one in (inner, twin, twin._replace(weight=1))]
    assert len(set(kinds)) == 3
    assert numba.typeof(an_inner(np.random.default_rng(4))) is kinds[0]


def test_a_kind_that_was_kept_is_the_kind_of_tuples_now() -> None:
    kind = numba.typeof(an_outer(1))
    assert pickle.loads(pickle.dumps(kind)) is kind


def test_what_has_no_place_of_its_own_is_refused() -> None:
    with pytest.raises(TypeError, match="not to be read by compiled code"):
        numba.typeof(an_inner(np.random.default_rng(5))._replace(weight="heavy"))  # type: ignore[arg-type]


@pytest.mark.parametrize("column", [np.zeros(7, dtype=np.float32), "a word"])
def test_what_is_not_the_array_it_is_taken_for_is_refused(column: object) -> None:
    outer, seen = an_outer(1), np.zeros(5)
    all_of(outer, seen)
    [code] = all_of.overloads.values()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="not an array of the kind that is kept here"):
        code.entry_point(outer._replace(column=column), seen)
    code.entry_point(an_outer(1), seen)
