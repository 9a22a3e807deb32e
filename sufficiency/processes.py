"""A crew of worker processes, each started afresh (spawn), the same way on every system."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from sufficiency.errors import UserError
from sufficiency.executors import Crew
from sufficiency.garbage import search_later

_PIECES_A_WORKER = 2
_MOST_ON_WINDOWS = 61
"""As many as one wait can watch there; Python refuses more."""


@contextmanager
def process_crew(
    work: Callable[[Any, Any], Any], shared: Any, number: int, *, dismissed: bool = False
) -> Generator[Crew, None, None]:
    """Worker processes that know ``work`` and ``shared``; they end at once if anything is raised.

    When all is done they are asked to end, and tidy up first; if ``dismissed``, they are ended.

    Raises `UserError` in a script that starts itself again for want of a guarded entry.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        # A worker that runs its parent's script again would start workers of its own, for ever.
        raise UserError(
            "executor: processes were asked for by a script that does not guard its entry with "
            "`if __name__ == '__main__':`. Add that line, or use threads."
        )
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        max_workers=most_processes(number, sys.platform),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(work, shared),
    )
    _wait_for_no_reader(executor)

    def submit(item: Any) -> Future[Any]:
        with _interrupts_later():
            return executor.submit(_work_out_one, item)

    try:
        yield Crew(submit, _PIECES_A_WORKER * number)
        if dismissed:
            _stop(executor, others)
    except BaseException:
        # Whatever interrupts, waiting for pieces that nobody will read would only hold it up.
        _stop(executor, others)
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _stop(executor: ProcessPoolExecutor, others: set[BaseProcess]) -> None:
    """End the processes of an executor, but not ``others``."""
    stopped = set(multiprocessing.active_children()) - others
    for process in stopped:
        process.terminate()
    for process in stopped:
        process.join()
    _hang_up(executor)


def _hang_up(executor: ProcessPoolExecutor) -> None:
    """End the wait for what a stopped worker had half sent.

    The pool reads results from a pipe that this process could write to as well, so it would wait
    for the rest of a message for ever.
    """
    queue = getattr(executor, "_result_queue", None)
    writer = getattr(queue, "_writer", None)
    if writer is not None:
        writer.close()


def _wait_for_no_reader(executor: ProcessPoolExecutor) -> None:
    """Have nobody wait until what is being sent to a worker that died has been read.

    This process could read it too, so before Python 3.11.5 its pool would wait for ever:
    https://github.com/python/cpython/issues/94777.
    """
    queue = getattr(executor, "_call_queue", None)
    if queue is not None:
        queue.cancel_join_thread()


def most_processes(number: int, system: str) -> int:
    """As many workers as were asked for, or as the system can have."""
    return min(number, _MOST_ON_WINDOWS) if system == "win32" else number


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hear Ctrl-C only afterwards: processes started meanwhile never do, where there are masks."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
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
    search_later()
    # Ctrl-C reaches every process of a terminal; only the first one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_out_one(item: Any) -> Any:
    return _work(_shared, item)
