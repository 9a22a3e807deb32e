"""Many variants of a scenario in the same simulated worlds, and chosen figures of each.

Every variant meets the same replications: the same children, drawn with the same random numbers.
So a difference between two variants is the variants' own, and far surer than either. All share one
crew of workers; each chunk of replications is measured and cut down to what is wanted where it was
simulated, so that hundreds of variants fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sufficiency.chunks import (
    Arrays,
    Chunk,
    KeptFigure,
    MemoryStore,
    Numbers,
    Store,
    cut,
    replications_a_chunk,
)
from sufficiency.compiling import compile_all
from sufficiency.executors import Workers, work_out
from sufficiency.experiment import Progress, check_request, crew_for
from sufficiency.manifest import ResolvedScenario
from sufficiency.measures.monthly import Figures, Surroundings
from sufficiency.replication import Job, layers_asked, measure_chunk, surroundings_of
from sufficiency.simulation.simulate import DEFAULT_ENGINE, engine_here, must_compile

_STRIDE = 10**6
"""Chunks of all variants are kept in one store, each variant's numbers from a multiple of this."""


class Wanted(Protocol):
    """What is kept of each replication; a function, or an object that can be pickled."""

    def __call__(self, figures: Figures, around: Surroundings, /) -> Mapping[str, NDArray[Any]]:
        """By name, arrays with the replications of ``figures`` as their first axis."""


@dataclass(frozen=True)
class Many:
    """What was wanted of V variants in R replications."""

    figures: tuple[Mapping[str, KeptFigure], ...]
    """(V,): by the names that were wanted."""

    def of(self, variant: int, name: str) -> NDArray[Any]:
        """One figure of a variant in every replication: (R, ...)."""
        return self.figures[variant][name].replications()

    def together(self, name: str) -> NDArray[Any]:
        """One figure of every variant, where all have the same shape: (V, R, ...)."""
        return np.stack([self.of(variant, name) for variant in range(len(self.figures))])


@dataclass(frozen=True)
class ManyJobs:
    """What all workers share."""

    jobs: tuple[Job, ...]
    wanted: tuple[Wanted, ...]
    """What is kept of each job's replications."""


def run_many(
    variants: Sequence[ResolvedScenario],
    replications: int,
    seed: int,
    wanted: Wanted | Sequence[Wanted],
    *,
    workers: int | None = None,
    engine: str = DEFAULT_ENGINE,
    executor: str | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Many:
    """Simulate every variant in the same ``replications`` worlds, and keep what is wanted.

    Args:
        variants: resolved scenarios, at least one; whoever changes only some of a scenario's
            numbers need not resolve it again.
        replications: how many worlds each variant meets.
        seed: replication r of every variant is drawn with the seed and r, as `experiment.run` does.
        wanted: what to keep, such as `sufficiency.comparison.totals.Totals`; one for all variants,
            or one for each.
        workers: how many threads or processes; figures do not depend on it. Default: every
            processor.
        engine: as for `experiment.run`.
        executor: ``serial``, ``threads`` or ``processes``; default: threads for the compiled
            engine.
        progress: is told how many worlds are done, of how many in all variants.
        store: where finished chunks are kept, and may be found already; default: memory. Its
            identity must cover the variants and what is wanted.

    Returns:
        What was wanted of each variant, in the order of the replications' numbers.

    Raises:
        UserError: a number or an executor that makes no sense.
        SufficiencyError: workers die again and again.
        KeyboardInterrupt: Ctrl-C; workers have ended, and what was finished is in ``store``.
    """
    crew = crew_for(engine, executor, workers, None)
    for variant in variants:
        check_request(variant, replications, seed, engine, crew, False)
    jobs = tuple(
        Job(variant, surroundings_of(variant), seed, engine_here(engine)) for variant in variants
    )
    if must_compile(engine):
        # Once here, and not in every worker at the same time.
        compile_all(jobs[0], layers_asked(variants[0]), crew.number)
    kept = store or MemoryStore()
    keeping = tuple(wanted) if isinstance(wanted, Sequence) else (wanted,) * len(jobs)
    plans = [_chunks_of(job, replications) for job in jobs]
    _do(ManyJobs(jobs, keeping), plans, crew, kept, progress)
    return Many(
        tuple(
            _figures(job, chunks, keep, OneVariant(kept, number))
            for number, (job, chunks, keep) in enumerate(zip(jobs, plans, keeping, strict=True))
        )
    )


@dataclass(frozen=True)
class OneVariant:
    """The chunks of one variant in a store of many."""

    store: Store
    variant: int

    def finished(self, chunks: Iterable[Chunk]) -> set[Chunk]:
        """Those of the chunks that are kept already."""
        by_kept = {_numbered(chunk, self.variant): chunk for chunk in chunks}
        return {by_kept[chunk] for chunk in self.store.finished(list(by_kept)) & by_kept.keys()}

    def put(self, chunk: Chunk, arrays: Arrays) -> None:
        """Keep the arrays of a chunk."""
        self.store.put(_numbered(chunk, self.variant), arrays)

    def strip(self, chunk: Chunk, name: str, first: int, after_last: int | None) -> Numbers:
        """Some cells of one figure of a chunk: (cells, n)."""
        return self.store.strip(_numbered(chunk, self.variant), name, first, after_last)

    def remove(self) -> None:
        """Keep nothing any longer, of any variant."""
        self.store.remove()


def work_out_one(shared: ManyJobs, item: tuple[int, Chunk]) -> Arrays:
    """What is wanted of one chunk of a variant, each (cells, n): what a worker does."""
    variant, chunk = item
    job = shared.jobs[variant]
    measured = measure_chunk(job, range(chunk.first, chunk.after_last), chunk.layers)
    found = shared.wanted[variant](measured, job.surroundings)
    return {
        name: np.ascontiguousarray(np.asarray(values).reshape(len(chunk), -1).T)
        for name, values in found.items()
    }


def _numbered(chunk: Chunk, variant: int) -> Chunk:
    return replace(
        chunk,
        first=chunk.first + variant * _STRIDE,
        after_last=chunk.after_last + variant * _STRIDE,
    )


def _chunks_of(job: Job, replications: int) -> tuple[Chunk, ...]:
    world = job.resolved.draw_world(job.seed, 0, parameter=False, drift=False)
    size = replications_a_chunk(len(world.cohort.need), job.resolved.months)
    return tuple(cut(replications, size, layers_asked(job.resolved), whole=True))


def _do(
    shared: ManyJobs,
    plans: Sequence[Sequence[Chunk]],
    crew: Workers,
    store: Store,
    progress: Progress | None,
) -> None:
    """Work out every chunk that is not kept already, of all variants in one crew."""
    waiting: list[tuple[int, Chunk]] = []
    for number, chunks in enumerate(plans):
        kept = OneVariant(store, number).finished(chunks)
        waiting += [(number, chunk) for chunk in chunks if chunk not in kept]
    total = sum(len(chunk) for chunks in plans for chunk in chunks)
    done = total - sum(len(chunk) for _, chunk in waiting)
    if progress is not None:
        progress(done, total)
    # Closing ends the workers at once, also when Ctrl-C is heard between two results.
    with closing(work_out(work_out_one, shared, waiting, crew)) as results:
        for position, arrays in results:
            number, chunk = waiting[position]
            OneVariant(store, number).put(chunk, arrays)
            done += len(chunk)
            if progress is not None:
                progress(done, total)


def _figures(
    job: Job, chunks: tuple[Chunk, ...], wanted: Wanted, store: OneVariant
) -> dict[str, KeptFigure]:
    """Each figure of a variant whose chunks are all there, with the shape of one replication."""
    one = wanted(measure_chunk(job, range(1), chunks[0].layers), job.surroundings)
    return {
        name: KeptFigure(store, chunks, name, np.asarray(values).shape[1:])
        for name, values in one.items()
    }
