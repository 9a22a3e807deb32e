"""One scenario in many simulated worlds: replications, layers of uncertainty, a forecast.

Each replication is one function of the scenario, the seed and its own number. It is measured
where it was simulated, so that only figures travel between workers, never records; figures come
in chunks, are kept as each chunk ends, and are put together in the order of their numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import sufficiency
from sufficiency.chunk_folder import KEPT, ChunkFolder
from sufficiency.chunks import (
    TOTALS,
    Chunk,
    KeptFigure,
    MemoryStore,
    Store,
    cut,
    in_order,
    replications_a_chunk,
    shapes,
    work_out_chunk,
)
from sufficiency.compiling import compile_all
from sufficiency.doing_nothing import finance_desk
from sufficiency.errors import ClusterLost, UserError
from sufficiency.executors import (
    DASK,
    PROCESSES,
    SERIAL,
    THREADS,
    Workers,
    check_workers,
    usable_processors,
    work_out,
)
from sufficiency.forecast import Forecast, ReplicationValues
from sufficiency.identity import identity_of
from sufficiency.manifest import ResolvedScenario, about_the_scenario, dated_records
from sufficiency.overflow_range import overflow_range
from sufficiency.planned_ends import with_and_without
from sufficiency.replication import (
    IN_CARE_ROW,
    Job,
    Layers,
    layers_asked,
    layers_in_turn,
    stories_of,
    surroundings_of,
)
from sufficiency.simulation.simulate import (
    DEFAULT_ENGINE,
    ENGINES,
    engine_here,
    must_compile,
    why_another_engine,
)
from sufficiency.summary_tables import RunFigures, range_precision, tables

__all__ = ["Forecast", "ResolvedScenario", "run", "simulate_scenario"]

Progress = Callable[[int, int], None]
MOST_LAYER_REPLICATIONS = 100
FEWEST_LAYER_REPLICATIONS = 20
"""The variance of fewer worlds says too little to be split into layers."""
HIGHEST_SEED = 2**64 - 1
TLS = "tls://"


@dataclass(frozen=True)
class _Work:
    """All chunks of a run, and where their figures go."""

    chunks: tuple[Chunk, ...]
    store: Store
    as_asked: Layers
    replications: int
    n_layer: int


def simulate_scenario(
    scenario: Any,
    *,
    replications: int = 200,
    seed: int = 1,
    engine: str = DEFAULT_ENGINE,
    workers: int | None = None,
    executor: str | None = None,
    scheduler: str | None = None,
    allow_personal_data: bool = False,
    policy: Any = None,
) -> Forecast:
    """Forecast a scenario from Python; also known as `sufficiency.simulate`.

    The figures depend on the scenario, ``replications`` and ``seed`` alone. ``workers`` is how
    many threads or processes to use (default: every processor). ``executor`` is ``"threads"``
    (the default: right for the compiled engine in scripts and notebooks alike), ``"serial"``,
    ``"processes"`` (for ``engine="simpy"``; a script must then guard its entry by
    ``if __name__ == "__main__"``) or ``"dask"``, which needs the ``scheduler``'s address.
    ``policy`` is an allocation policy of your own, in place of the one that the scenario names:
    an object with ``order(need, pools)``, as `sufficiency.resolution.policies` describes. Raises
    what `run` raises, and `UserError` for a scenario that cannot be resolved.
    """
    from sufficiency.resolution.resolve import resolve

    in_python = SERIAL if engine_here(engine) == "simpy" else THREADS
    return run(
        resolve(scenario, policy),
        replications=replications,
        seed=seed,
        workers=workers,
        engine=engine,
        executor=executor or (DASK if scheduler else in_python),
        scheduler=scheduler,
        allow_personal_data=allow_personal_data,
    )


def run(
    resolved: ResolvedScenario,
    *,
    replications: int,
    seed: int,
    workers: int | None = None,
    engine: str = DEFAULT_ENGINE,
    executor: str | None = None,
    scheduler: str | None = None,
    allow_personal_data: bool = False,
    kept_beside: Path | None = None,
    resume: bool = False,
    chunk_size: int | None = None,
    progress: Progress | None = None,
    simulated: Callable[[ReplicationValues], None] | None = None,
    command: str = "",
) -> Forecast:
    """Simulate and measure ``replications`` worlds of a scenario.

    The figures do not depend on ``workers`` (default: every processor), ``executor`` (default:
    threads for the compiled engine, processes for SimPy, Dask if there is a ``scheduler``) or
    ``chunk_size``. ``kept_beside`` is the folder that the run will be written to: finished chunks
    are kept in a hidden folder beside it, so that memory does not grow with the replications and
    ``resume`` can go on where a run was stopped; `Forecast.forget` removes it. Without it
    figures stay in memory. ``progress`` is told how many worlds are done, of how many, and
    ``simulated`` what was simulated, before the tables are made of it.
    ``command`` is what the user typed, for the manifest.

    Raises:
        UserError: a number or an executor that makes no sense; a start from real children that
            would go over a network in the open; what `work_out` and `ChunkFolder` refuse.
        SufficiencyError: workers die again and again.
    """
    crew = crew_for(engine, executor, workers, scheduler)
    check_request(resolved, replications, seed, engine, crew, allow_personal_data)
    started_at, clock = datetime.now(UTC), time.perf_counter()
    job = Job(resolved, surroundings_of(resolved), seed, engine_here(engine))
    # Before anything is simulated: a file may be changed or moved while a long run goes on.
    about = about_the_scenario(resolved, job.surroundings.calendar)
    if must_compile(engine):
        # Once here, and not in every worker at the same time.
        compile_all(job, Layers(False, False), crew.number)
    with _kept(job, kept_beside, resume) as store:
        work = _work_of(job, replications, chunk_size, store)
        notes = _do(job, work, crew, progress)
        done = time.perf_counter()
        found = _figures(job, work)
        values = _values_of(job, found)
        if simulated is not None:
            simulated(values)
        spend = found.spend(job)
        made = tables(job, found, spend)
        precision = range_precision(job, found, spend)
    manifest = {
        **_about_the_run(job, work, crew),
        "command": command,
        "started_at": started_at.isoformat(timespec="seconds"),
        "timings_s": {
            "simulate": round(done - clock, 3),
            "summarise": round(time.perf_counter() - done, 3),
        },
        "monte_carlo": precision,
        "uncertainty_layers": dated_records(made["layers"]),
        **about,
        **_again(job, found, made, work.as_asked, crew),
    }
    manifest["warnings"] += [*why_another_engine(engine), *notes]
    return Forecast(
        manifest=manifest,
        replication_values=values,
        stories=stories_of(job, work.as_asked),
        **made,
    )


def _again(
    job: Job, found: RunFigures, made: Mapping[str, Any], layers: Layers, crew: Workers
) -> dict[str, Any]:
    """The part of the manifest that compares some of the futures with themselves, changed."""
    planned = with_and_without(job, found.figures["forecast"], layers, crew)
    overflow = overflow_range(job, found, layers, crew)
    return {
        **({} if planned is None else {"planned_ends": planned}),
        **({} if overflow is None else {"overflow_range": overflow}),
        **finance_desk(job, found, made, layers, crew),
    }


def _values_of(job: Job, found: RunFigures) -> ReplicationValues:
    return ReplicationValues(
        job.resolved.scenario.name,
        found.figures["forecast"],
        job.surroundings.calendar.dates,
        cost=found.figures["cost_gbp"],
        line_settings=job.surroundings.costs.line_settings,
    )


def crew_for(
    engine: str, executor: str | None, workers: int | None, scheduler: str | None
) -> Workers:
    """Who works, where nobody else was asked for."""
    default = PROCESSES if engine_here(engine) == "simpy" else THREADS
    return Workers(
        executor or (DASK if scheduler else default),
        usable_processors() if workers is None else workers,
        scheduler,
    )


def _about_the_run(job: Job, work: _Work, crew: Workers) -> dict[str, Any]:
    """The part of the manifest that says what was run, and who worked."""
    return {
        "package_version": sufficiency.__version__,
        "seed": job.seed,
        "replications": work.replications,
        "engine": job.engine,
        "executor": crew.executor,
        "workers": crew.number,
        "chunks": len(work.chunks),
    }


def check_request(
    resolved: ResolvedScenario,
    replications: int,
    seed: int,
    engine: str,
    crew: Workers,
    allow_personal_data: bool,
) -> None:
    """Refuse a number, an engine or an executor that makes no sense, or data that may not travel.

    Raises `UserError`.
    """
    for name, (found, least) in {"replications": (replications, 1), "seed": (seed, 0)}.items():
        if found < least:
            raise UserError(f"{name}: found {found}, expected a whole number from {least} up.")
    if seed > HIGHEST_SEED:
        raise UserError(f"seed: found {seed}, expected a whole number up to {HIGHEST_SEED}.")
    if engine not in ENGINES:
        raise UserError(f"engine: found {engine!r}, expected one of {', '.join(ENGINES)}.")
    check_workers(crew)
    if crew.executor == DASK and getattr(resolved, "personal_data", False):
        _check_private(crew.scheduler or "", allow_personal_data)


def _check_private(scheduler: str, allowed: bool) -> None:
    """Refuse to send what is known of real children over a network in the open, or unasked."""
    if scheduler.startswith(TLS) and allowed:
        return
    found = (
        f"found {scheduler}, expected an encrypted address (tls://HOST:PORT)"
        if not scheduler.startswith(TLS)
        else "found no leave to send it"
    )
    raise UserError(
        "scheduler: this scenario starts from real children, and what is known of each would go "
        f"over the network: {found}. Use tls:// together with --allow-personal-data once whoever "
        "answers for these data agrees, or leave Dask out and nothing leaves this computer."
    )


@contextmanager
def _kept(job: Job, beside: Path | None, resume: bool) -> Iterator[Store]:
    """Where chunks are kept; a folder in which nothing was kept goes away again."""
    if beside is None:
        yield MemoryStore()
        return
    folder = ChunkFolder(beside, identity_of(job), resume=resume)
    try:
        yield folder
    except BaseException as error:
        if not folder.holds_something:
            folder.remove()
        elif isinstance(error, ClusterLost):
            raise ClusterLost(f"{error} {KEPT}") from error
        raise


def _work_of(job: Job, replications: int, chunk_size: int | None, store: Store) -> _Work:
    """The chunks of every replication, and of the layers of uncertainty if they are asked for."""
    as_asked = layers_asked(job.resolved)
    split = job.resolved.scenario.uncertainty.layers and replications >= FEWEST_LAYER_REPLICATIONS
    n_layer = min(replications, MOST_LAYER_REPLICATIONS) if split else 0
    fewer_layers = dict.fromkeys(layer for layer in layers_in_turn(as_asked) if layer != as_asked)
    size = chunk_size or replications_a_chunk(_children_at_start(job), job.resolved.months)
    chunks = cut(replications, size, as_asked, whole=True)
    for layer in fewer_layers:
        chunks += cut(n_layer, size, layer, whole=False)
    return _Work(tuple(chunks), store, as_asked, replications, n_layer)


def _children_at_start(job: Job) -> int:
    world = job.resolved.draw_world(job.seed, 0, parameter=False, drift=False)
    return len(world.cohort.need)


def _do(job: Job, work: _Work, crew: Workers, progress: Progress | None) -> list[str]:
    """Work out every chunk that is not kept already; notes on what was kept."""
    kept = work.store.finished(work.chunks)
    waiting = [chunk for chunk in work.chunks if chunk not in kept]
    total = sum(map(len, work.chunks))
    done = total - sum(map(len, waiting))
    if progress is not None:
        progress(done, total)
    # Closing ends the workers at once, also when Ctrl-C is heard between two results.
    with closing(work_out(work_out_chunk, job, waiting, crew)) as results:
        for position, arrays in results:
            work.store.put(waiting[position], arrays)
            done += len(waiting[position])
            if progress is not None:
                progress(done, total)
    return [] if not isinstance(work.store, ChunkFolder) else work.store.notes


def _figures(job: Job, work: _Work) -> RunFigures:
    """The figures of a run whose chunks are all there."""
    shape_of = shapes(job)
    whole = in_order(work.chunks, work.as_asked, whole=True)
    figures = {
        name: KeptFigure(work.store, whole, name, shape)
        for name, shape in shape_of.items()
        if name != TOTALS
    }
    totals: dict[Layers, Any] = {
        layer: KeptFigure(
            work.store, in_order(work.chunks, layer, whole=False), TOTALS, shape_of[TOTALS]
        ).replications()
        for layer in sorted({chunk.layers for chunk in work.chunks if not chunk.whole})
    }
    n_dates = shape_of[TOTALS][0]
    in_care = figures["forecast"].cells(IN_CARE_ROW * n_dates, (IN_CARE_ROW + 1) * n_dates)
    totals[work.as_asked] = in_care[:, : work.n_layer].T
    return RunFigures(figures, _in_double(totals))


def _in_double(totals: Mapping[Layers, Any]) -> dict[Layers, Any]:
    return {layer: np.ascontiguousarray(total, np.float64) for layer, total in totals.items()}
