"""How numba compiles what is only ever called by compiled code: as far as that code needs.

Left to itself it makes machine code of every part and optimises each part with all that it calls,
level by level, and then uses none of that: the whole takes a copy of its parts and is optimised
again. Here only wholes are optimised and become machine code, which takes half of the time.

This leans on numba's internals, so `sufficiency.simulation.compiled` asks for it only of versions
that it was tried with, and leaves all to numba else: that takes longer and does the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from numba.core import codegen, compiler, typed_passes, types, untyped_passes
from numba.core.compiler_machinery import register_pass
from numba.core.runtime import rtsys

from sufficiency.simulation.lowered import BriefLower

_SELDOM = (50_000, 20, 10)
"""How much is made between two searches for garbage: a compiler makes much and drops little."""


class _PartLibrary(codegen.JITCodeLibrary):  # type: ignore[misc]  # numba is not followed by mypy
    """The code of a part, to be copied into wholes: inlined, not optimised, not emitted."""

    @property
    def codegen(self) -> _PartLibrary:
        """Who is asked to `set_env`; all else asks for ``_codegen``."""
        return self

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing here runs; wholes set the environments of their parts."""

    def add_linking_library(self, library: Any) -> None:
        """Take in another part; the runtime's own functions are taken in by the whole."""
        if library is not rtsys.library:
            super().add_linking_library(library)

    def get_pointer_to_function(self, name: str) -> int:
        """No machine code, so 0, as numba says of what is not there."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self) -> None:
        # Only what is inlined level by level is laid out as well as what numba optimises fully.
        taking_in = self._codegen._module_pass_manager(
            opt=0, loop_vectorize=False, slp_vectorize=False, cost="cheap"
        )
        # Later versions of numba hand out passes together with what they run by.
        passes, *run_by = taking_in if isinstance(taking_in, tuple) else (taking_in,)
        passes.run(self._final_module, *run_by)

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


class _Flags(compiler.Flags):  # type: ignore[misc]  # numba is not followed by mypy
    """Numba's flags, which it compares whenever it looks up an operator, without reading all."""

    __slots__ = ()

    def __hash__(self) -> int:
        return _HASH_OF_FLAGS

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, compiler.Flags):
            return NotImplemented
        mine, theirs = self._values, other._values
        return mine == theirs or all(
            getattr(self, name) == getattr(other, name) for name in mine.keys() | theirs.keys()
        )


_HASH_OF_FLAGS = hash(compiler.Flags())
"""Numba's hash of flags is one of their names."""


@register_pass(mutates_CFG=True, analysis_only=False)
class _BriefLowering(typed_passes.NativeLowering):  # type: ignore[misc]  # as all of numba
    _name = "brief_lowering"

    @property
    def lowering_class(self) -> type[BriefLower]:
        """Who writes functions down for LLVM."""
        return BriefLower


class _Compiler(compiler.Compiler):  # type: ignore[misc]  # numba is not followed by mypy
    def define_pipelines(self) -> list[Any]:
        """What is done one after the other to compile a function."""
        pipelines = []
        for usual in super().define_pipelines():
            mine = compiler.PassManager(usual.pipeline_name)
            mine.passes = [
                (_INSTEAD.get(of, of), said) for of, said in usual.passes if of not in _NOT_NEEDED
            ]
            mine.finalize()
            pipelines.append(mine)
        return pipelines


_INSTEAD = {typed_passes.NativeLowering: _BriefLowering}
_NOT_NEEDED = {
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.RewriteDynamicRaises,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    typed_passes.InlineOverloads,
    typed_passes.NopythonRewrites,
    typed_passes.DumpParforDiagnostics,
}
"""What is done for functions within functions, blocks of ``with``, sums of whole arrays and the
like, of which there are none."""


class PartCompiler(_Compiler):
    """Compiles what only compiled code calls."""

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        """The result of compiling ``func``, whose entry point cannot be called from Python."""
        state = self.state
        state.flags = _Flags(state.flags)
        state.library = _PartLibrary(state.targetctx.codegen(), func.__qualname__)
        return super().compile_extra(func)


class WholeCompiler(_Compiler):
    """Compiles what Python calls, with all of its parts."""

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        """The result of compiling ``func``."""
        self.state.flags = _Flags(self.state.flags)
        with _seldom_searching_for_garbage(), _found_once(self.state.typingctx):
            made = super().compile_extra(func)
        # As numba does for code that it kept and loads again.
        for environment in made._find_referenced_environments():
            made.library.codegen.set_env(environment.env_name, environment)
        return made


@contextmanager
def _seldom_searching_for_garbage() -> Iterator[None]:
    before = gc.get_threshold()
    if before[0] >= _SELDOM[0]:
        yield  # A command searches as seldom, and may search less seldom from here on.
        return
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _found_once(typing: Any) -> Iterator[None]:
    """What an operator makes of which kinds is looked up once, not wherever it stands."""
    if "resolve_setitem" in vars(typing):
        yield
        return
    look_up, found = typing._resolve_user_function_type, {}

    def resolve(of: Any, kinds: Any, named: Any, *how: Any) -> Any:
        if type(of) is not types.Function or how:
            return look_up(of, kinds, named, *how)
        asked = of, tuple(kinds), tuple(named.items())
        if asked not in found:
            found[asked] = look_up(of, kinds, named)
        return found[asked]

    typing._resolve_user_function_type = resolve
    typing.resolve_setitem = cache(typing.resolve_setitem)
    try:
        yield
    finally:
        del typing._resolve_user_function_type, typing.resolve_setitem
