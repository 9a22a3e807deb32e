"""Pieces of work on processes, for studies that say only how many: see `sufficiency.executors`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from sufficiency import executors
from sufficiency.executors import PROCESSES, SERIAL, Workers, usable_processors

__all__ = ["usable_processors", "work_out"]

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")


def work_out(
    work: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    workers: int,
) -> Generator[tuple[int, Result], None, None]:
    """`executors.work_out` on so many processes, or here if it is one. Raises what that raises."""
    crew = Workers(PROCESSES if workers > 1 else SERIAL, workers)
    return executors.work_out(work, shared, items, crew)
