"""How numba's code is written down for LLVM: in fewer words where numba says little in many.

An element of an array takes numba some thirty instructions, of which LLVM leaves four; a variable
is kept in memory, emptied when it is not needed any more, and read again wherever it is used. LLVM
makes the same of what is written here, and has half as much to read.

This leans on numba's internals, as `sufficiency.simulation.inlined` does, which asks for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import reduce
from typing import Any

from numba.core import analysis, cgutils, ir, lowering, types

from sufficiency.simulation.by_reference import array_of

_NUMBERS = types.Number, types.Boolean
_LENGTHS = "shape", "strides"


class BriefLower(lowering.Lower):  # type: ignore[misc]  # numba is not followed by mypy
    """Writes down functions that count no references."""

    # --- variables ---

    def _find_singly_assigned_variable(self) -> None:
        """What is set in one place, before all that use it, needs no memory."""
        if self.context.enable_nrt or self.func_ir.func_id.is_generator:
            super()._find_singly_assigned_variable()
            return
        blocks = self.func_ir.blocks
        found = analysis.compute_use_defs(blocks)
        before = analysis.compute_cfg_from_blocks(blocks).dominators()
        times = Counter(
            one.target.name for block in blocks.values() for one in block.find_insts(ir.Assign)
        )
        used: dict[str, list[int]] = defaultdict(list)
        for block, names in found.usemap.items():
            for name in names:
                used[name].append(block)
        self._blk_local_varmap: dict[str, Any] = {}
        self._singly_assigned_vars = {
            name
            for block, names in found.defmap.items()
            for name in names
            if times[name] == 1
            and all(block < use and block in before.get(use, ()) for use in used[name])
        }

    def storevar(self, value: Any, name: str, argidx: int | None = None) -> None:
        """Set a variable."""
        if self.context.enable_nrt or name in self._singly_assigned_vars:
            super().storevar(value, name, argidx)
        else:
            self.builder.store(value, self.getvar(name))

    def delvar(self, name: str) -> None:
        """Nothing is to be done for a variable that is not needed any more."""
        if self.context.enable_nrt:
            super().delvar(name)

    # --- arrays ---

    def lower_expr(self, resty: Any, expr: Any) -> Any:
        """The value of an expression; an array's size and shape are at hand."""
        if expr.op == "getattr" and expr.attr in ("size", "shape"):
            kind = self.typeof(expr.value.name)
            if type(kind) is types.Array:
                member = {"size": "nitems"}.get(expr.attr, expr.attr)
                return self._member(kind, self.loadvar(expr.value.name), member)
        return super().lower_expr(resty, expr)

    def lower_getitem(self, resty: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
        """An element of an array, or what is left of it once its first dimensions are given."""
        kind, at = self.typeof(value.name), _places_in(self.typeof(index.name))
        if not _is_plain(kind, at) or resty != signature.return_type:
            return super().lower_getitem(resty, expr, value, index, signature)
        array = self.loadvar(value.name)
        there = self._address(kind, array, self._where(kind, array, index, at))
        if len(at) == kind.ndim:
            aligned = None if kind.aligned else 1
            return self.context.unpack_value(self.builder, kind.dtype, there, align=aligned)
        shape, strides = (self._lengths(kind, array, name)[len(at) :] for name in _LENGTHS)
        return array_of(self.context, self.builder, resty, there, shape, strides)

    def lower_setitem(self, target_var: Any, index_var: Any, value_var: Any, signature: Any) -> Any:
        """Set an element of an array."""
        kind, given = self.typeof(target_var.name), self.typeof(value_var.name)
        at = _places_in(self.typeof(index_var.name))
        plain = _is_plain(kind, at) and len(at) == kind.ndim
        if not plain or not (isinstance(kind.dtype, _NUMBERS) and isinstance(given, _NUMBERS)):
            return super().lower_setitem(target_var, index_var, value_var, signature)
        value, array = self.loadvar(value_var.name), self.loadvar(target_var.name)
        value = self.context.cast(self.builder, value, given, kind.dtype)
        there = self._address(kind, array, self._where(kind, array, index_var, at))
        aligned = None if kind.aligned else 1
        return self.context.pack_value(self.builder, kind.dtype, value, there, align=aligned)

    def _where(self, kind: Any, array: Any, index: Any, at: list[Any]) -> list[Any]:
        """The places along an array's first dimensions.

        Only one that is written as a number is counted from the end: those worked out are never
        below 0, and to look whether they are would take a tenth of a future.
        """
        value, builder = self.loadvar(index.name), self.builder
        is_one = isinstance(self.typeof(index.name), types.Integer)
        values = [value] if is_one else cgutils.unpack_tuple(builder, value, len(at))
        found = []
        for place, of, length in zip(values, at, self._lengths(kind, array, "shape"), strict=False):
            place = self.context.cast(builder, place, of, types.intp if of.signed else types.uintp)
            if getattr(of, "literal_value", 0) < 0:
                place = builder.add(place, length)
            found.append(place)
        return found

    def _address(self, kind: Any, array: Any, where: list[Any]) -> Any:
        """Where in memory an element is, or the first of those that are left."""
        builder, data = self.builder, self._member(kind, array, "data")
        if kind.layout != "C":
            in_bytes = map(builder.mul, where, self._lengths(kind, array, "strides"))
            return cgutils.pointer_add(builder, data, reduce(builder.add, in_bytes))
        shape = self._lengths(kind, array, "shape")
        steps = [
            reduce(builder.mul, [place, *shape[n + 1 :]][::-1]) for n, place in enumerate(where)
        ]
        return builder.gep(data, [reduce(builder.add, steps)])

    def _lengths(self, kind: Any, array: Any, name: str) -> list[Any]:
        return list(cgutils.unpack_tuple(self.builder, self._member(kind, array, name), kind.ndim))

    def _member(self, kind: Any, array: Any, name: str) -> Any:
        return self.context.data_model_manager[kind].get(self.builder, array, name)


def _places_in(kind: Any) -> list[Any]:
    """The kinds of whole numbers that an index is made of; none if there is anything else."""
    at = [kind] if isinstance(kind, types.Integer) else list(getattr(kind, "types", ()))
    return at if all(isinstance(one, types.Integer) for one in at) else []


def _is_plain(kind: Any, at: list[Any]) -> bool:
    return type(kind) is types.Array and kind.layout in "CA" and 0 < len(at) <= kind.ndim
