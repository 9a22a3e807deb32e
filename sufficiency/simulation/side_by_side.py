"""One number for every cause, reckoned with all at once.

To compiled code a `Row` is a value, as a number is: processors work on several numbers in one
step, which a loop over the causes would hide from them. To Python it is an array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from sufficiency.domain import CAUSES, N_EXIT_CAUSES
from sufficiency.simulation.compiled import RUNS_COMPILED
from sufficiency.simulation.world import Floats

_AT_ONCE = 4
WIDTH = -(-len(CAUSES) // _AT_ONCE) * _AT_ONCE
"""Numbers in a row: one a cause, and what is left over of what processors take at once."""

Row = Floats


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


def lowest_bit(bits: int) -> int:
    """The place of the lowest bit that is set, where one is."""
    return (bits & -bits).bit_length() - 1


if RUNS_COMPILED:
    from numba import types
    from numba.core import cgutils
    from numba.core.cgutils import ir
    from numba.extending import lower_builtin, models, register_model, type_callable

    _PART = ir.VectorType(ir.DoubleType(), _AT_ONCE)
    # LLVM takes a vector apart that lives on from turn to turn of a loop, unless its length is a
    # power of two.
    _PARTS = ir.ArrayType(_PART, WIDTH // _AT_ONCE)
    _WHOLE = ir.IntType(64)
    _SAME = ir.Constant(ir.VectorType(ir.IntType(32), _AT_ONCE), [0] * _AT_ONCE)
    _ZEROS = ir.Constant(_PART, [0.0] * _AT_ONCE)
    _UNSET = ir.Constant(_PART, ir.Undefined)

    class _RowType(types.Type):  # type: ignore[misc]  # numba is not followed by mypy
        """What numba knows a `Row` by."""

    _ROW = _RowType("Row")

    @register_model(_RowType)
    class _RowModel(models.PrimitiveModel):  # type: ignore[misc]
        def __init__(self, manager: Any, kind: Any):
            super().__init__(manager, kind, _PARTS)

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
                    builder.bitcast(
                        context.make_array(kind)(context, builder, value).data,
                        _PART.as_pointer(),
                    )
                    if isinstance(kind, types.Array)
                    else value
                    for kind, value in zip(signature.args, given, strict=True)
                ]
                return build(builder, *values)

            lower_builtin(function, *takes)(lowered)

        return register

    def _parts(builder: Any, row: Any) -> list[Any]:
        return [builder.extract_value(row, place) for place in range(_PARTS.count)]

    def _row(builder: Any, parts: Iterable[Any]) -> Any:
        row = ir.Constant(_PARTS, ir.Undefined)
        for place, part in enumerate(parts):
            row = builder.insert_value(row, part, place)
        return row

    def _places(builder: Any, first: Any) -> list[Any]:
        return [builder.gep(first, [_WHOLE(place)]) for place in range(_PARTS.count)]

    @_made(row_at, (types.Array,), _ROW)
    def _row_at(builder: Any, numbers: Any) -> Any:
        places = _places(builder, numbers)
        return _row(builder, [builder.load(place, align=8) for place in places])

    @_made(set_row, (types.Array, _RowType), types.none)
    def _set_row(builder: Any, numbers: Any, row: Any) -> Any:
        for place, part in zip(_places(builder, numbers), _parts(builder, row), strict=True):
            builder.store(part, place, align=8)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    for _operation, _instruction in (
        (operator.add, "fadd"),
        (operator.sub, "fsub"),
        (operator.mul, "fmul"),
    ):

        def _of_both(builder: Any, row: Any, other: Any, name: str = _instruction) -> Any:
            both = zip(_parts(builder, row), _parts(builder, other), strict=True)
            return _row(builder, [getattr(builder, name)(*parts) for parts in both])

        _made(_operation, (_RowType, _RowType), _ROW)(_of_both)

    @_made(times, (_RowType, types.Float), _ROW)
    def _times(builder: Any, row: Any, number: Any) -> Any:
        one = builder.insert_element(_UNSET, number, ir.Constant(ir.IntType(32), 0))
        same = builder.shuffle_vector(one, _UNSET, _SAME)
        return _row(builder, [builder.fmul(part, same) for part in _parts(builder, row)])

    @_made(without_exits, (_RowType,), _ROW)
    def _without_exits(builder: Any, row: Any) -> Any:
        parts = []
        for first, part in zip(range(0, WIDTH, _AT_ONCE), _parts(builder, row), strict=True):
            stays = [place >= N_EXIT_CAUSES for place in range(first, first + _AT_ONCE)]
            which = ir.Constant(ir.VectorType(ir.IntType(1), _AT_ONCE), stays)
            parts.append(builder.select(which, part, _ZEROS))
        return _row(builder, parts)

    @_made(at_least_zero, (_RowType,), _ROW)
    def _at_least_zero(builder: Any, row: Any) -> Any:
        return _row(
            builder,
            [
                builder.select(builder.fcmp_ordered(">", part, _ZEROS), part, _ZEROS)
                for part in _parts(builder, row)
            ],
        )

    @_made(below_zero, (_RowType,), types.int64)
    def _below_zero(builder: Any, row: Any) -> Any:
        found = _WHOLE(0)
        for first, part in zip(range(0, WIDTH, _AT_ONCE), _parts(builder, row), strict=True):
            below = builder.bitcast(builder.fcmp_ordered("<", part, _ZEROS), ir.IntType(_AT_ONCE))
            bits = builder.shl(builder.zext(below, _WHOLE), _WHOLE(first))
            found = builder.or_(found, bits)
        return found

    @_made(lowest_bit, (types.Integer,), types.int64)
    def _lowest_bit(builder: Any, bits: Any) -> Any:
        return builder.cttz(bits, ir.Constant(ir.IntType(1), 1))

    @_made(operator.getitem, (_RowType, types.Integer), types.float64)
    def _getitem(builder: Any, row: Any, place: Any) -> Any:
        room = cgutils.alloca_once_value(builder, row)
        numbers = builder.bitcast(room, _PART.element.as_pointer())
        return builder.load(builder.gep(numbers, [place]))
