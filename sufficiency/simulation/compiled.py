"""Marks functions that numba compiles where it can be loaded, and leaves plain Python elsewhere.

Numba keeps what it compiled between runs, but watches only the file of the function that is
called. A rule, a constant or a column that changes elsewhere must make it compile again too:
what is kept here is fresh only while every file of `sufficiency.simulation` and
`sufficiency.measures`, and the vocabulary, are unchanged.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)
N = TypeVar("N", bound=np.generic)

Rows = np.recarray[Any, Any]
"""A structured array whose rows have their columns as attributes, compiled or not."""

NOT_COMPILED = ""
"""Why nothing is compiled on this machine; empty where it is."""
QUICK_WITH = ((0, 61), (0, 68))
"""The oldest and the newest numba that is told to compile no more than is needed."""

try:
    from numba import __version__ as numba_version
    from numba import config, njit, types, version_info
    from numba.core import cgutils
    from numba.core.caching import FunctionCache, IndexDataCacheFile
    from numba.core.options import DefaultOptions
    from numba.core.registry import CPUDispatcher
    from numba.extending import intrinsic, overload
except (ImportError, OSError, RuntimeError) as error:
    # A library that is blocked or broken, not only missing.
    NOT_COMPILED = str(error) or type(error).__name__

    RUNS_COMPILED = COMPILES_QUICKLY = False

    def compiled(rule: F) -> F:
        """Leave the rule as it is."""
        return rule

    def step(part: F) -> F:
        """Leave the part as it is."""
        return part

    def shared(part: F) -> F:
        """Leave the part as it is."""
        return part

    def by_reference(made_of: C) -> C:
        """Leave the class as it is."""
        return made_of

    def is_kept(rule: Callable[..., Any]) -> bool:
        """Nothing waits to be compiled."""
        return True

    def may_be_kept(rule: Callable[..., Any]) -> bool:
        """Nothing is compiled."""
        return False
else:
    RUNS_COMPILED = not config.DISABLE_JIT
    COMPILES_QUICKLY = RUNS_COMPILED and QUICK_WITH[0] <= version_info.short <= QUICK_WITH[1]
    _of_whole: dict[str, Any] = {"no_cfunc_wrapper": True}
    _of_part: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    if COMPILES_QUICKLY:
        from sufficiency.simulation.by_reference import passed_by_reference
        from sufficiency.simulation.inlined import PartCompiler, WholeCompiler

        _of_whole["pipeline_class"] = WholeCompiler
        _of_part["pipeline_class"] = PartCompiler

    def compiled(rule: F) -> F:
        """Compile the rule on first use and keep the result between runs, if it can be written.

        Rules take scalars and arrays, change at most the arrays that their docstring names, and
        call only other rules.
        """
        quick: Any = _quick(rule, _of_whole)
        if hasattr(quick, "enable_caching"):
            _keep(quick, rule)
        if COMPILES_QUICKLY:
            within: Any = shared(rule)
            quick.get_call_template, quick.get_overload = (
                within.get_call_template,
                within.get_overload,
            )
        return cast(F, quick)

    def by_reference(made_of: C) -> C:
        """Have compiled code take tuples of a class whole, where they are, not field by field.

        Only Python makes such tuples, and compiled code reads them by the names of their fields.
        """
        return passed_by_reference(made_of) if COMPILES_QUICKLY else made_of

    class _Part(CPUDispatcher):  # type: ignore[misc]  # numba is not followed by mypy
        """What is compiled for compiled code alone; called from Python, it is Python."""

        def __call__(self, *args: Any) -> Any:
            return self.py_func(*args)

    def step(part: F) -> F:
        """Compile a part of a compiled loop as the loop is compiled; for Python it stays Python.

        Half of the time to compile it would be spent on what lets Python call it.
        """
        return _part(part, {**_of_part, "forceinline": True})

    def shared(part: F) -> F:
        """The same, compiled once for the several places that it is called from."""
        return _part(part, _of_part)

    def _part(part: F, options: Mapping[str, Any]) -> F:
        found: Any = _quick(part, options)
        if isinstance(found, CPUDispatcher):
            found.__class__ = _Part
        return cast(F, found)

    def _quick(code: F, options: Mapping[str, Any]) -> F:
        """Compiled without counting references to arrays, which takes half of the time.

        So nothing that is compiled makes an array, and only what is inlined returns a part of one;
        whoever calls from Python holds all.
        """
        uncounted = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}
        found: F = njit(nogil=True, **options, **uncounted)(code)
        _whatever_the_constants(found)
        return found

    def _whatever_the_constants(quick: Any) -> None:
        """Compile once for whole numbers, not once more for every constant that is passed.

        Numba does so of its own accord, which takes a fifth of the time; what is inlined is fitted
        to its constants anyway.
        """
        if not hasattr(quick, "get_call_template"):
            return
        found_for = quick.get_call_template

        def template(args: Sequence[Any], named: Mapping[str, Any]) -> Any:
            plain = tuple(types.unliteral(kind) for kind in args)
            return found_for(plain, {name: types.unliteral(named[name]) for name in named})

        quick.get_call_template = template

    def is_kept(rule: Callable[..., Any]) -> bool:
        """Whether what was compiled of this code in an earlier run need only be loaded."""
        kept = getattr(rule, "_cache", None)
        return not hasattr(rule, "enable_caching") or (
            isinstance(kept, _Cache) and kept.holds_something()
        )

    def may_be_kept(rule: Callable[..., Any]) -> bool:
        """Whether there is a folder to keep what is compiled of this code in."""
        return isinstance(getattr(rule, "_cache", None), _Cache)

    def _keep(quick: Any, rule: Callable[..., Any]) -> None:
        try:
            quick._cache = _Cache(rule)
        except RuntimeError:  # no folder can be written: compile in each process
            return

    class _Files(IndexDataCacheFile):  # type: ignore[misc]  # numba is not followed by mypy
        """Compiled code that names what it was compiled from, and by which its own damage is seen.

        Numba writes an index, then the code. Who reads between the two, when several processes
        start at once, would otherwise take code of another edition or for other types. What a
        power cut left empty, cut short or full of zeros is as good as none: it is compiled again.
        """

        def __init__(self, folder: str, name: str, edition: str):
            super().__init__(folder, name, edition)
            # Numba reads no further in the index of another version, and of another edition it
            # could not: what is named there may not exist here.
            self._version = f"{numba_version} {edition}"

        def save(self, key: Any, data: Any) -> None:
            """Keep code, if it can be written: it runs in this process all the same."""
            raw = self._dump(data)
            with suppress(OSError):
                super().save(key, (EDITION, key, _digest(raw), raw))

        def load(self, key: Any) -> Any:
            try:
                raw = self._whole(key)
                return None if raw is None else pickle.loads(raw)
            except Exception:  # noqa: BLE001  pickle says what is damaged in every way there is
                return None

        def holds_something(self) -> bool:
            """Whether any code is kept whole."""
            try:
                return any(self._whole(key) is not None for key in self._load_index())
            except Exception:  # noqa: BLE001  as above
                return False

        def _whole(self, key: Any) -> bytes | None:
            """What was written of this edition for these types, unless it was damaged since."""
            found = super().load(key)
            if not isinstance(found, tuple) or found[:2] != (EDITION, key):
                return None
            _, _, digest, raw = found
            return raw if digest == _digest(raw) else None

        def _load_index(self) -> dict[Any, str]:
            try:
                named = super()._load_index()
            except Exception:  # noqa: BLE001  as above
                return {}
            return named if isinstance(named, dict) else {}

    class _Cache(FunctionCache):  # type: ignore[misc]  # numba is not followed by mypy
        """Numba's cache of one function, fresh while this edition is."""

        def __init__(self, rule: Callable[..., Any]):
            super().__init__(rule)
            self._cache_file = _Files(self.cache_path, self._impl.filename_base, EDITION)

        def holds_something(self) -> bool:
            """Whether any code of this edition is kept."""
            return self._cache_file.holds_something()


def high_half(left: int, right: int) -> int:
    """The upper 64 bits of the product of two whole numbers of 64 bits."""
    return left * right >> 64


if RUNS_COMPILED:
    # Processors make such products; Python's whole numbers have no end, numba's have 64 bits.
    def _product(typing: Any, left: Any, right: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, words: Any) -> Any:
            product = builder.mul(*(builder.zext(word, cgutils.ir.IntType(128)) for word in words))
            return builder.trunc(builder.lshr(product, product.type(64)), words[0].type)

        return types.uint64(types.uint64, types.uint64), build

    _high_half = intrinsic(_product)
    overload(high_half)(lambda left, right: lambda left, right: _high_half(left, right))


def rows_of(table: np.ndarray) -> Rows:
    """A structured array as `Rows`: compiled code reads it as it is, which saves making one."""
    as_it_is: Any = table
    return as_it_is if RUNS_COMPILED else table.view(np.recarray)


def floats(table: NDArray[np.floating]) -> NDArray[np.float64]:
    """A table as compiled code reads it: in double precision and in one piece."""
    return _to_write_to(np.ascontiguousarray(table, dtype=np.float64))


def ints(table: NDArray[np.integer]) -> NDArray[np.int64]:
    """The same of whole numbers."""
    return _to_write_to(np.ascontiguousarray(table, dtype=np.int64))


def _to_write_to(table: NDArray[N]) -> NDArray[N]:
    """Numba compiles again for what cannot be written to."""
    return table if table.flags.writeable else table.copy()


def _digest(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _edition() -> str:
    """A digest of all that compiled code is made from."""
    package = Path(__file__).parents[1]
    stages = (package / "simulation", package / "measures")
    digest = hashlib.sha256()
    files = [path for stage in stages for path in sorted(stage.glob("*.py"))]
    for path in [package / "domain.py", *files]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


EDITION = _edition()
