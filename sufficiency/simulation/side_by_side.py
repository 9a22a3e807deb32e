"""One number for every cause, reckoned with all at once.

To compiled code a `Row` is a value, as a number is: processors work on several numbers in one
step, which a loop over the causes would hide from them. To Python it is an array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import CAUSES, N_EXIT_CAUSES
from sufficiency.simulation.compiled import RUNS_COMPILED
from sufficiency.simulation.world import Floats

_AT_ONCE = 4
WIDTH = -(-len(CAUSES) // _AT_ONCE) * _AT_ONCE
"""Numbers in a row: one a cause, and what is left over of what processors take at once."""

Row = Floats


def side_by_side(table: NDArray[np.floating]) -> Floats:
    """A table (C, ...) by cause as (..., `WIDTH`), in one piece; what is left over is 0."""
    rows = np.zeros((table[0].size, WIDTH))
    rows[:, : len(table)] = table.reshape(len(table), -1).T
    return rows.reshape(*table.shape[1:], WIDTH)


def row_at(numbers: Floats) -> Row:
    """The row that ``numbers`` (`WIDTH`,) are now."""
    return numbers.copy()


def set_row(numbers: Floats, row: Row) -> None:
    """Make ``numbers`` (`WIDTH`,) those of a row, in place."""
    numbers[:] = row


def times(row: Row, number: float) -> Row:
    """Every number of a row times one number."""
    return row * number


def without_exits(row: Row) -> Row:
    """The row, with 0 for the exit causes."""
    return np.where(np.arange(WIDTH) < N_EXIT_CAUSES, 0.0, row)


def at_least_zero(row: Row) -> Row:
    """The row, with 0 for all that is below."""
    return np.where(row > 0.0, row, 0.0)


def below_zero(row: Row) -> int:
    """Which numbers of a row are below 0: one bit each, the first the lowest."""
    return int((row < 0.0) @ (1 << np.arange(WIDTH)))


if RUNS_COMPILED:
    from numba import types
    from numba.core.cgutils import ir
    from numba.extending import lower_builtin, models, register_model, type_callable

    _NUMBERS = ir.VectorType(ir.DoubleType(), WIDTH)
    _PLACES = ir.VectorType(ir.IntType(32), WIDTH)
    _ZEROS = ir.Constant(_NUMBERS, [0.0] * WIDTH)
    _UNSET = ir.Constant(_NUMBERS, ir.Undefined)

    class _RowType(types.Type):  # type: ignore[misc]  # numba is not followed by mypy
        """What numba knows a `Row` by."""

    _ROW = _RowType("Row")

    @register_model(_RowType)
    class _RowModel(models.PrimitiveModel):  # type: ignore[misc]
        def __init__(self, manager: Any, kind: Any):
            super().__init__(manager, kind, _NUMBERS)

    Build = Callable[..., Any]

    def _made(function: Build, takes: tuple[Any, ...], gives: Any) -> Callable[[Build], None]:
        """Compiled code does ``function`` by the instructions that the decorated one builds."""

        def of_kinds(*kinds: Any) -> Any:
            fit = zip(kinds, takes, strict=True)
            return gives if all(isinstance(kind, wanted) for kind, wanted in fit) else None

        if len(takes) == 1:
            type_callable(function)(lambda context: lambda one: of_kinds(one))
        else:
            type_callable(function)(lambda context: lambda one, other: of_kinds(one, other))

        def register(build: Build) -> None:
            def lowered(context: Any, builder: Any, signature: Any, given: Any) -> Any:
                values = [
                    context.make_array(kind)(context, builder, value).data
                    if isinstance(kind, types.Array)
                    else value
                    for kind, value in zip(signature.args, given, strict=True)
                ]
                return build(builder, *values)

            lower_builtin(function, *takes)(lowered)

        return register

    @_made(row_at, (types.Array,), _ROW)
    def _row_at(builder: Any, numbers: Any) -> Any:
        return builder.load(builder.bitcast(numbers, _NUMBERS.as_pointer()), align=8)

    @_made(set_row, (types.Array, _RowType), types.none)
    def _set_row(builder: Any, numbers: Any, row: Any) -> Any:
        builder.store(row, builder.bitcast(numbers, _NUMBERS.as_pointer()), align=8)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    for _operation, _instruction in (
        (operator.add, "fadd"),
        (operator.sub, "fsub"),
        (operator.mul, "fmul"),
    ):
        _made(_operation, (_RowType, _RowType), _ROW)(
            lambda builder, row, other, name=_instruction: getattr(builder, name)(row, other)
        )

    @_made(times, (_RowType, types.Float), _ROW)
    def _times(builder: Any, row: Any, number: Any) -> Any:
        one = builder.insert_element(_UNSET, number, ir.Constant(ir.IntType(32), 0))
        same = builder.shuffle_vector(one, _UNSET, ir.Constant(_PLACES, [0] * WIDTH))
        return builder.fmul(row, same)

    @_made(without_exits, (_RowType,), _ROW)
    def _without_exits(builder: Any, row: Any) -> Any:
        places = [place + WIDTH * (place < N_EXIT_CAUSES) for place in range(WIDTH)]
        return builder.shuffle_vector(row, _ZEROS, ir.Constant(_PLACES, places))

    @_made(at_least_zero, (_RowType,), _ROW)
    def _at_least_zero(builder: Any, row: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", row, _ZEROS), row, _ZEROS)

    @_made(below_zero, (_RowType,), types.int64)
    def _below_zero(builder: Any, row: Any) -> Any:
        below = builder.fcmp_ordered("<", row, _ZEROS)
        return builder.zext(builder.bitcast(below, ir.IntType(WIDTH)), ir.IntType(64))

    @_made(operator.getitem, (_RowType, types.Integer), types.float64)
    def _getitem(builder: Any, row: Any, place: Any) -> Any:
        return builder.extract_element(row, place)
