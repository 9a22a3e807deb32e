"""How compiled code takes what Python holds: as one address, not as each of its arrays.

Numba passes a tuple by value, with all that is in it, from part to part and out of each tuple into
the next; of hundreds of arrays that takes longer to compile than what is done with them. Tuples
that only Python makes, and that compiled code reads by name alone, are laid out in memory once for
each call from Python, and stay as they are until it returns.

All this is what numba lets extensions do.
"""

from __future__ import annotations

from functools import reduce
from itertools import accumulate
from typing import Any, TypeVar

from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np import numpy_support

T = TypeVar("T", bound=type)

_WORD = 8
"""Bytes that a number or an address takes."""
_ITEMSIZE, _BEFORE_DATA = 3, 4
"""Where numba has an array's size of an element, and words before the address of its data; its
shape and its strides follow."""
_MOST_DIMENSIONS = 64
"""As of numpy."""


class ByReference(types.Type):  # type: ignore[misc]  # numba is not followed by mypy
    """A named tuple of arrays, numbers and such tuples, of which compiled code has the address.

    Raises TypeError if there is anything else in it.
    """

    def __init__(self, made_of: type, kinds: tuple[types.Type, ...]):
        self.made_of, self.kinds = made_of, kinds
        self.fields: tuple[str, ...] = made_of._fields  # type: ignore[attr-defined]
        self.places = tuple(accumulate(map(_bytes_of, kinds), initial=0))
        """Where each field begins, in bytes, and after the last how many there are."""
        self._hash = hash((made_of, kinds))
        super().__init__(made_of.__name__)

    @property
    def key(self) -> tuple[type, tuple[types.Type, ...]]:
        """What equal types have in common."""
        return self.made_of, self.kinds

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    def __reduce__(self) -> Any:
        return ByReference, self.key


def _bytes_of(kind: types.Type) -> int:
    if isinstance(kind, ByReference):
        return kind.places[-1]
    if isinstance(kind, types.Array):
        return _WORD * (1 + int(kind.ndim) * (1 if kind.layout == "C" else 2))
    if isinstance(kind, types.Number | types.Boolean):
        return _WORD
    raise TypeError(f"not to be read by compiled code from where it is: {kind}")


def passed_by_reference(made_of: T) -> T:
    """Have compiled code take tuples of this class by their address."""

    def kind_of(found: Any, context: Any) -> ByReference:
        return ByReference(made_of, tuple(typeof_impl(one, context) for one in found))

    typeof_impl.register(made_of, kind_of)
    return made_of


@register_model(ByReference)
class _Address(models.PrimitiveModel):  # type: ignore[misc]  # numba is not followed by mypy
    def __init__(self, manager: Any, kind: ByReference):
        super().__init__(manager, kind, cgutils.voidptr_t)

    def from_argument(self, builder: Any, value: Any) -> Any:
        """The address; what is there may be read early, as out of a loop."""
        value.attributes.dereferenceable = self.fe_type.places[-1]
        value.attributes.align = _WORD
        return value


@infer_getattr
class _Reading(AttributeTemplate):  # type: ignore[misc]  # numba is not followed by mypy
    key = ByReference

    def generic_resolve(self, kind: ByReference, name: str) -> Any:
        return kind.kinds[kind.fields.index(name)] if name in kind.fields else None


@lower_getattr_generic(ByReference)  # type: ignore[untyped-decorator]
def _read(context: Any, builder: Any, kind: ByReference, address: Any, name: str) -> Any:
    position = kind.fields.index(name)
    found, place = kind.kinds[position], kind.places[position]
    if isinstance(found, ByReference):
        return _at(builder, address, place)
    if isinstance(found, types.Array):
        return _array(context, builder, found, address, place)
    model = context.data_model_manager[found]
    return model.from_data(builder, _load(builder, address, place, model.get_data_type()))


def _array(context: Any, builder: Any, kind: types.Array, address: Any, place: int) -> Any:
    """An array of the words kept of it: its data's address, its shape and perhaps its strides."""
    data = _load(builder, address, place, context.get_data_type(types.CPointer(kind.dtype)))
    words = range(place + _WORD, place + _bytes_of(kind), _WORD)
    lengths = [_load(builder, address, word, cgutils.intp_t) for word in words]
    shape, strides = lengths[: kind.ndim], lengths[kind.ndim :]
    if kind.layout == "C":
        itemsize = cgutils.intp_t(_itemsize(kind))
        strides = list(accumulate(shape[:0:-1], builder.mul, initial=itemsize))[::-1]
    return array_of(context, builder, kind, data, shape, strides)


def array_of(
    context: Any, builder: Any, kind: types.Array, data: Any, shape: list[Any], strides: list[Any]
) -> Any:
    """An array as numba has it, which nobody else owns."""
    members = {
        "nitems": reduce(builder.mul, shape),
        "itemsize": cgutils.intp_t(_itemsize(kind)),
        "data": data,
        "shape": cgutils.pack_array(builder, shape),
        "strides": cgutils.pack_array(builder, strides),
    }
    model, made = context.data_model_manager[kind], context.get_constant_null(kind)
    for name, member in members.items():
        made = model.set(builder, made, member, name)
    return made


def _itemsize(kind: types.Array) -> int:
    return int(numpy_support.as_dtype(kind.dtype).itemsize)


@unbox(ByReference)  # type: ignore[untyped-decorator]
def _hold(kind: ByReference, found: Any, c: Any) -> NativeValue:
    room = cgutils.alloca_once(c.builder, cgutils.intp_t, size=kind.places[-1] // _WORD)
    address = c.builder.bitcast(room, cgutils.voidptr_t)
    failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
    _keep_all(kind, found, address, failed, c)
    return NativeValue(address, is_error=c.builder.load(failed))


def _keep_all(kind: ByReference, found: Any, address: Any, failed: Any, c: Any) -> None:
    for position, (one, place) in enumerate(zip(kind.kinds, kind.places, strict=False)):
        item = c.pyapi.tuple_getitem(found, position)
        there = _at(c.builder, address, place)
        if isinstance(one, ByReference):
            _keep_all(one, item, there, failed, c)
            continue
        if isinstance(one, types.Array):
            sizes = [cgutils.intp_t(size) for size in (_bytes_of(one), _itemsize(one))]
            wrong = c.builder.call(_keeper(c), [item, there, *sizes])
        else:
            native = c.unbox(one, item)
            word = c.context.data_model_manager[one].as_data(c.builder, native.value)
            c.builder.store(word, c.builder.bitcast(there, word.type.as_pointer()))
            wrong = native.is_error
        c.builder.store(c.builder.or_(c.builder.load(failed), wrong), failed)


def _keeper(c: Any) -> Any:
    """The function that keeps an array: its data's address and as many lengths as there is room.

    One for all, as what numba writes down for each takes long to compile. Raises what numba does.
    """
    ir, whole = cgutils.ir, cgutils.intp_t
    made_of = ir.FunctionType(ir.IntType(1), [cgutils.voidptr_t, cgutils.voidptr_t, whole, whole])
    keeper = cgutils.get_or_insert_function(c.builder.module, made_of, "sufficiency.keep_array")
    if not keeper.is_declaration:
        return keeper
    keeper.linkage = "internal"
    keeper.attributes.add("noinline")
    builder = ir.IRBuilder(keeper.append_basic_block())
    python = c.context.get_python_api(builder)
    found, there, in_bytes, itemsize = keeper.args
    room = builder.alloca(whole, size=_BEFORE_DATA + 1 + 2 * _MOST_DIMENSIONS)
    missed = python.numba_array_adaptor(found, builder.bitcast(room, cgutils.voidptr_t))
    other = builder.icmp_signed("!=", builder.load(builder.gep(room, [whole(_ITEMSIZE)])), itemsize)
    wrong = builder.or_(cgutils.is_not_null(builder, missed), other)
    with builder.if_then(wrong, likely=False):
        python.err_set_string("PyExc_TypeError", "not an array of the kind that is kept here")
    cgutils.raw_memcpy(builder, there, builder.gep(room, [whole(_BEFORE_DATA)]), in_bytes, 1)
    builder.ret(wrong)
    return keeper


def _load(builder: Any, address: Any, place: int, kind: Any) -> Any:
    """What is at a place; nothing changes it while compiled code runs."""
    found = builder.load(builder.bitcast(_at(builder, address, place), kind.as_pointer()))
    found.set_metadata("invariant.load", builder.module.add_metadata([]))
    return found


def _at(builder: Any, address: Any, place: int) -> Any:
    return builder.gep(address, [cgutils.intp_t(place)], inbounds=True)
