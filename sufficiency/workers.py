"""Many independent pieces of work on several processes, with the same results as on one.

Each piece is worked out from its own item and what all share, so neither the number of workers
nor who finishes first can change a result. Nothing is left running after an error or Ctrl-C.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sufficiency.errors import SufficiencyError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

ITEMS_A_CHUNK = 10
"""A smaller chunk spends more on passing results between processes than it gains."""
_WAIT_SECONDS = 0.2
"""On Windows a wait without an end does not hear Ctrl-C."""


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_out(
    work: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    workers: int,
) -> Generator[tuple[int, Result], None, None]:
    """Yield the position and ``work(shared, item)`` of each item, in order of completion.

    ``work`` is a module's function; ``shared`` and the items can be pickled. With one worker,
    or fewer items than fill two chunks, everything is worked out here, in order. Whoever may
    stop early closes the generator (`contextlib.closing`), which ends the workers. Raises
    whatever ``work`` raises, and `SufficiencyError` if a worker process dies.
    """
    n_chunks = -(-len(items) // ITEMS_A_CHUNK)
    n_workers = min(workers, n_chunks)
    if n_workers <= 1:
        for position, item in enumerate(items):
            yield position, work(shared, item)
        return
    starts = range(0, len(items), ITEMS_A_CHUNK)
    chunks = {start: items[start : start + ITEMS_A_CHUNK] for start in starts}
    yield from _in_processes(work, shared, chunks, n_workers)


def _in_processes(
    work: Callable[[Shared, Item], Result],
    shared: Shared,
    chunks: dict[int, Sequence[Item]],
    n_workers: int,
) -> Generator[tuple[int, Result], None, None]:
    """`work_out` by chunks (keyed by the position of their first item) on fresh processes."""
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        max_workers=n_workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(work, shared),
    )
    done: SimpleQueue[Future[list[Any]]] = SimpleQueue()
    try:
        with _interrupts_later():
            first_of = {
                executor.submit(_work_out_chunk, chunk): first for first, chunk in chunks.items()
            }
        for future in first_of:
            future.add_done_callback(done.put)
        while first_of:
            future = _next_of(done)
            first = first_of.pop(future)
            for offset, result in enumerate(future.result()):
                yield first + offset, result
    except BrokenProcessPool as error:
        raise SufficiencyError(
            "A worker process stopped unexpectedly, most likely for want of memory. "
            "Run again with one worker or fewer replications."
        ) from error
    except BaseException:
        # Whatever interrupts, waiting for chunks that nobody will read would only hold it up.
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _next_of(done: SimpleQueue[Future[list[Any]]]) -> Future[list[Any]]:
    """The next future that is done.

    Not `concurrent.futures.wait`: Ctrl-C within it can leave futures locked for good, and their
    executor waiting for them.
    """
    while True:
        with suppress(Empty):
            return done.get(timeout=_WAIT_SECONDS)


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hear Ctrl-C only afterwards: processes started meanwhile never do, where there are masks."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


_work: Callable[[Any, Any], Any]
_shared: Any


def _begin(work: Callable[[Any, Any], Any], shared: Any) -> None:
    """Make a worker process ready: what all its items share is sent once."""
    global _work, _shared
    _work, _shared = work, shared
    # Ctrl-C reaches every process of a terminal; only the first one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_out_chunk(items: Sequence[Any]) -> list[Any]:
    return [_work(_shared, item) for item in items]
