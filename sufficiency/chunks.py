"""Replications in chunks: how many at once, their figures as arrays, and where these are kept.

A chunk is what one worker works out at a time. Its size follows from the scenario alone, so that
a run that goes on tomorrow, on another computer, cuts its work at the same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sufficiency.measures.monthly import Figures
from sufficiency.replication import Job, Layers, children_in_care_chunk, measure_chunk

Numbers = NDArray[Any]
Arrays = dict[str, Numbers]
"""By name of figure: (cells, n replications). A cell is one number of a replication."""

TOTALS = "children_in_care"
"""The only figure of a chunk that serves a layer."""
_CHILD_MONTHS_A_CHUNK = 900_000
"""About a tenth of a second of work: little to lose, and little to wait for at Ctrl-C."""
_MOST_A_CHUNK = 50
_MOST_NUMBERS_HELD = 2**23
"""Of one figure, in memory; 64 MB."""


@dataclass(frozen=True, order=True)
class Chunk:
    """Replications with the numbers ``first`` to before ``after_last``, in one layer."""

    layers: Layers
    whole: bool
    """Measured whole, or for their children in care alone."""
    first: int
    after_last: int

    def __len__(self) -> int:
        return self.after_last - self.first


class Store(Protocol):
    """Where the arrays of finished chunks are kept."""

    def finished(self, chunks: Iterable[Chunk]) -> set[Chunk]:
        """Those of the chunks that are kept already."""

    def put(self, chunk: Chunk, arrays: Arrays) -> None:
        """Keep the arrays of a chunk."""

    def strip(self, chunk: Chunk, name: str, first: int, after_last: int | None) -> Numbers:
        """Some cells of one figure of a chunk: (cells, n)."""

    def remove(self) -> None:
        """Keep nothing any longer."""


class MemoryStore:
    """Finished chunks in memory."""

    def __init__(self) -> None:
        self._kept: dict[Chunk, Arrays] = {}

    def finished(self, chunks: Iterable[Chunk]) -> set[Chunk]:
        """Those of the chunks that are kept already."""
        return self._kept.keys() & set(chunks)

    def put(self, chunk: Chunk, arrays: Arrays) -> None:
        """Keep the arrays of a chunk."""
        self._kept[chunk] = arrays

    def strip(self, chunk: Chunk, name: str, first: int, after_last: int | None) -> Numbers:
        """Some cells of one figure of a chunk: (cells, n)."""
        return self._kept[chunk][name][first:after_last]

    def remove(self) -> None:
        """Keep nothing any longer."""
        self._kept.clear()


@dataclass(frozen=True)
class KeptFigure:
    """One figure of R replications, in the order of their numbers, wherever it is kept."""

    store: Store
    chunks: tuple[Chunk, ...]
    """In the order of their replications."""
    name: str
    shape: tuple[int, ...]
    """Of one replication."""

    def __len__(self) -> int:
        return self.chunks[-1].after_last

    @property
    def n_cells(self) -> int:
        """How many numbers one replication has."""
        return int(np.prod(self.shape))

    @property
    def by_pool(self) -> MonthsByPool:
        """The same, to be asked for by what comes before the months."""
        return MonthsByPool(self)

    def cells(self, first: int, after_last: int) -> Numbers:
        """Some cells in all replications: (cells, R)."""
        parts = [self.store.strip(chunk, self.name, first, after_last) for chunk in self.chunks]
        return np.concatenate(parts, axis=1)

    def replications(self, first: int = 0, after_last: int | None = None) -> Numbers:
        """Some replications, all by default: (n, *shape)."""
        last = len(self) if after_last is None else min(after_last, len(self))
        parts = []
        for chunk in self.chunks:
            if chunk.after_last > first and chunk.first < last:
                here = slice(max(first - chunk.first, 0), last - chunk.first)
                parts.append(self.store.strip(chunk, self.name, 0, None)[:, here].T)
        return np.concatenate(parts).reshape(-1, *self.shape)


class MonthsByPool:
    """A figure of R replications whose last axis are months, a few cells in memory at a time.

    What is small enough is read once and held, as it is asked for again and again.
    """

    def __init__(self, figure: KeptFigure):
        self._figure = figure
        self._held: Numbers | None = None

    def __getitem__(self, at: tuple[Any, ...]) -> Numbers:
        """``[:, pool]``, or ``[:, basis, pool]``: (R, M) of all replications, not to be changed."""
        *before, n_months = self._figure.shape
        position = int(np.ravel_multi_index(at[1:], tuple(before)))
        return self._cells(position * n_months, (position + 1) * n_months).T

    def _cells(self, first: int, after_last: int) -> Numbers:
        figure = self._figure
        if figure.n_cells * len(figure) > _MOST_NUMBERS_HELD:
            return figure.cells(first, after_last)
        if self._held is None:
            self._held = figure.cells(0, figure.n_cells)
            self._held.flags.writeable = False
        return self._held[first:after_last]


def replications_a_chunk(children: int, months: int) -> int:
    """How many replications of a scenario of this size make a chunk."""
    return min(_MOST_A_CHUNK, max(1, _CHILD_MONTHS_A_CHUNK // max(1, children * months)))


def cut(replications: int, size: int, layers: Layers, *, whole: bool) -> list[Chunk]:
    """The chunks of the replications 0 to before ``replications``."""
    starts = range(0, replications, size)
    return [Chunk(layers, whole, first, min(first + size, replications)) for first in starts]


def work_out_chunk(job: Job, chunk: Chunk) -> Arrays:
    """The figures of a chunk, each (cells, n): what a worker does."""
    numbers = range(chunk.first, chunk.after_last)
    if not chunk.whole:
        return {TOTALS: _by_cell(children_in_care_chunk(job, numbers, chunk.layers))}
    measured = measure_chunk(job, numbers, chunk.layers)
    found = {field.name: getattr(measured, field.name) for field in fields(Figures)}
    # A scenario without other lines of money has nothing to keep of them.
    return {name: _by_cell(array) for name, array in found.items() if array.size}


def _by_cell(by_replication: Numbers) -> Numbers:
    """(n, ...) as (cells, n): the summary wants all replications of a few cells at a time."""
    flat: Numbers = np.ascontiguousarray(by_replication.reshape(len(by_replication), -1).T)
    return flat


def shapes(job: Job) -> dict[str, tuple[int, ...]]:
    """The shape of each figure of one replication."""
    from sufficiency.measures.dearest import DEAREST_ROWS
    from sufficiency.measures.histories import DESTINATIONS, ORIGINS
    from sufficiency.measures.monthly import FLOW_ROWS, FORECAST_ROWS, need_rows
    from sufficiency.measures.nights import BASES

    n_dates = len(job.surroundings.calendar.days)
    costs = job.surroundings.costs
    n_settings, other_lines = len(costs.pool_names) + 1, len(costs.other_lines)
    n_years = len(job.surroundings.calendar.financial_years)
    return {
        "forecast": (len(FORECAST_ROWS), n_dates),
        "flows": (len(FLOW_ROWS), n_dates),
        "needs": (len(need_rows(job.surroundings.need_names)), n_dates),
        "nights": (len(BASES), n_settings, n_dates - 1),
        "occupied": (n_settings - 1, n_dates),
        "usable": (n_settings - 1, n_dates),
        "between": (len(ORIGINS), len(DESTINATIONS), n_years),
        "cost_gbp": (len(BASES), len(costs.line_settings), n_dates - 1),
        "extra_cost_gbp": (n_settings, n_dates - 1),
        "dearest": (len(DEAREST_ROWS), n_years),
        **({"other_money_gbp": (other_lines, n_dates - 1)} if other_lines else {}),
        TOTALS: (n_dates,),
    }


def in_order(chunks: Sequence[Chunk], layers: Layers, *, whole: bool) -> tuple[Chunk, ...]:
    """Those chunks of a layer, by number."""
    return tuple(
        sorted(chunk for chunk in chunks if chunk.layers == layers and chunk.whole == whole)
    )
