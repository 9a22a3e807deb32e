"""Starts Python once more, with the package that runs here, whatever the current folder holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SAFE_PATH = "PYTHONSAFEPATH"
_BEGIN = """
import runpy, sys
from importlib.machinery import PathFinder
folder, module = sys.argv[1:3]
del sys.argv[1:3]
others = [PathFinder.find_spec("sufficiency", [each]) is not None for each in sys.path]
sys.path.insert((others + [True]).index(True), folder)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""The folder that holds the package comes before another's, and after Python's own library."""


def running(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package as ``python -m`` would.

    That would look for every library in the current folder first, where a user may have a
    ``random.py``, or another copy of the package.
    """
    folder = Path(__file__).absolute().parents[1]
    return [sys.executable, "-P", "-c", _BEGIN, str(folder), module, *arguments]


@contextmanager
def nothing_from_the_current_folder() -> Iterator[None]:
    """Have every Python that is started meanwhile look for nothing in the current folder.

    A worker of `multiprocessing` looks there first, until it is told where its parent looks.
    """
    former = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if former is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = former
