"""Many independent pieces of work, in this process, on threads, processes or a Dask cluster.

Every executor is one of `concurrent.futures`, and each piece is worked out from its own item and
what all share: neither the executor, nor the number of workers, nor who finishes first can change
a result. Nothing is left running after an error or Ctrl-C.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

from sufficiency.errors import SufficiencyError, UserError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")
P = ParamSpec("P")

SERIAL, THREADS, PROCESSES, DASK = EXECUTORS = ("serial", "threads", "processes", "dask")
ATTEMPTS = 3
"""How many workers may die over one piece of work before it is taken to be the cause."""
_WAIT_SECONDS = 0.2
"""On Windows a wait without an end does not hear Ctrl-C."""
_PIECES_A_WORKER = 2
"""One at work and one waiting: more would pile up results that nobody has read."""


@dataclass(frozen=True)
class Workers:
    """Who works: the kind of executor, how many at once, and where a Dask scheduler is."""

    executor: str = SERIAL
    number: int = 1
    scheduler: str | None = None


@dataclass(frozen=True)
class Crew:
    """Workers who know what all pieces share."""

    submit: Callable[[Any], Future[Any]]
    """Sends one item to be worked out."""
    room: int
    """How many items may be under way at once."""
    watch: Callable[[], None] = lambda: None
    """Asked now and again while nothing comes: raises what ends the waiting."""


class SerialExecutor(Executor):
    """Works out each piece at once, in this thread."""

    def submit(
        self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        """A future that is done; what stops this thread (Ctrl-C) is raised here."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  whoever asks for the result shall see it
            future.set_exception(error)
        return future


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_out(
    work: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    workers: Workers,
) -> Generator[tuple[int, Result], None, None]:
    """Yield the position and ``work(shared, item)`` of each item, in order of completion.

    For processes and Dask ``work`` is a module's function, and ``shared`` and the items can be
    pickled. What a worker that died had in hand is worked out again by others. Whoever may stop
    early closes the generator (`contextlib.closing`), which ends the workers.

    Raises:
        UserError: Dask is not installed, its scheduler does not answer, or its workers have
            another version.
        ClusterLost: the Dask cluster has gone, gives up or has no workers for long.
        SufficiencyError: workers die again and again over the same item.
        Exception: whatever ``work`` raises.
    """
    if len(items) < 2 and workers.executor != DASK:
        workers = Workers()
    waiting = deque(range(len(items)))
    attempts, in_vain = [0] * len(items), 0
    while waiting:
        in_vain += 1
        with _opened(work, shared, workers) as crew:
            for found in _until_broken(crew, items, waiting, attempts):
                in_vain = 0
                yield found
        if in_vain >= ATTEMPTS:
            raise SufficiencyError(
                f"Workers stopped {ATTEMPTS} times before they had finished anything: they cannot "
                "be started here, or there is too little memory. Run again with --workers 1. (A "
                "Python script that asks for processes needs `if __name__ == '__main__':`.)"
            )


def _opened(
    work: Callable[[Shared, Item], Any], shared: Shared, workers: Workers
) -> AbstractContextManager[Crew]:
    """A fresh crew of the kind that was asked for."""
    if workers.executor == DASK:
        from sufficiency.dask_cluster import dask_crew

        return dask_crew(work, shared, workers.scheduler or "")
    if workers.executor == PROCESSES:
        from sufficiency.processes import process_crew

        return process_crew(work, shared, workers.number)
    return _crew_here(work, shared, workers)


@contextmanager
def _crew_here(
    work: Callable[[Shared, Item], Any], shared: Shared, workers: Workers
) -> Generator[Crew, None, None]:
    """A crew in this process: one after another, or on threads.

    A thread cannot be stopped, so leaving waits for the pieces that are at work.
    """
    serial = workers.executor == SERIAL or workers.number == 1
    executor = SerialExecutor() if serial else ThreadPoolExecutor(workers.number, "simulation")
    room = 1 if serial else _PIECES_A_WORKER * workers.number
    try:
        yield Crew(lambda item: executor.submit(work, shared, item), room)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _until_broken(
    crew: Crew, items: Sequence[Any], waiting: deque[int], attempts: list[int]
) -> Generator[tuple[int, Any], None, None]:
    """Work out what is waiting; return when all is done, or early if the crew breaks."""
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    under_way: dict[Future[Any], int] = {}
    try:
        while waiting or under_way:
            while waiting and len(under_way) < crew.room:
                future = crew.submit(items[waiting[0]])
                under_way[future] = waiting.popleft()
                future.add_done_callback(done.put)
            future = _next_of(done, crew.watch)
            result = future.result()
            yield under_way.pop(future), result
    except BrokenExecutor as error:
        # The last results may have come before the end of the others' worker.
        for future, position in under_way.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                yield position, future.result()
                continue
            waiting.append(position)
            attempts[position] += 1
        if max(attempts) >= ATTEMPTS:
            raise SufficiencyError(
                f"A worker stopped {ATTEMPTS} times over the same piece of work, most likely for "
                "want of memory. Run again with --workers 1, or with fewer replications. (A "
                "Python script that asks for processes needs `if __name__ == '__main__':`.)"
            ) from error


def _next_of(done: SimpleQueue[Future[Any]], watch: Callable[[], None]) -> Future[Any]:
    """The next future that is done.

    Not `concurrent.futures.wait`: Ctrl-C within it can leave futures locked for good, and their
    executor waiting for them.
    """
    while True:
        with suppress(Empty):
            return done.get(timeout=_WAIT_SECONDS)
        watch()


def awaited(future: Future[Result]) -> Result:
    """What becomes of a future, which may take long; Ctrl-C is heard meanwhile."""
    while not future.done():
        with suppress(TimeoutError):
            return future.result(timeout=_WAIT_SECONDS)
    return future.result()


def check_workers(workers: Workers) -> None:
    """Refuse what makes no sense. Raises `UserError`."""
    if workers.number < 1:
        raise UserError(f"workers: found {workers.number}, expected a whole number from 1 up.")
    if workers.executor not in EXECUTORS:
        raise UserError(
            f"executor: found {workers.executor!r}, expected one of {', '.join(EXECUTORS)}."
        )
    if workers.executor == DASK and not workers.scheduler:
        raise UserError(
            "executor: Dask needs the address of a running scheduler, such as "
            "--scheduler tcp://10.0.0.5:8786."
        )
    if workers.scheduler and workers.executor != DASK:
        raise UserError(
            f"scheduler: found {workers.scheduler} with the executor {workers.executor}; a "
            "scheduler goes with --executor dask."
        )
