"""A crew of worker processes, each started afresh (spawn), the same way on every system."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sufficiency.errors import UserError
from sufficiency.executors import Crew
from sufficiency.garbage import search_later

_PIECES_A_WORKER = 2
_MOST_ON_WINDOWS = 61
"""As many as one wait can watch there; Python refuses more."""
_LOOKS = 10
"""So often in a row a worker that has died is seen before the pool is taken not to notice."""


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
    with _written_down(work, shared) as told:
        executor = ProcessPoolExecutor(
            max_workers=most_processes(number, sys.platform),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(told,),
        )
        _wait_for_no_reader(executor)

        def submit(item: Any) -> Future[Any]:
            with _interrupts_later():
                return executor.submit(_work_out_one, item)

        try:
            yield Crew(submit, _PIECES_A_WORKER * number, _Watch(executor).look)
            if dismissed:
                _stop(executor)
        except BaseException:
            # Whatever interrupts, waiting for pieces that nobody will read would only hold it up.
            _stop(executor)
            raise
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _written_down(work: Callable[[Any, Any], Any], shared: Any) -> Generator[Path, None, None]:
    """A file of the user's alone that tells workers what they all share, until the block ends.

    Sent to a process as it starts it would fill the pipe, which this process could read too: were
    the worker to die before it has, this one would wait for ever, deaf to Ctrl-C.

    Raises `UserError` if it cannot be written.
    """
    told = None
    try:
        try:
            with tempfile.NamedTemporaryFile(prefix="sufficiency-", delete=False) as file:
                told = Path(file.name)
                pickle.dump((work, shared), file, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            where = told.parent if told else "The folder for temporary files"
            raise UserError(
                f"{where}: what worker processes share cannot be written ({error.strerror}). Free "
                "some space there, have the environment variable TMPDIR name another folder, or "
                "use --executor threads."
            ) from error
        yield told
    finally:
        if told is not None:
            told.unlink(missing_ok=True)


class _Watch:
    """Notices a worker that died while it was sending a result.

    The pool does not: it waits for the rest of the message, which nobody will send.
    """

    def __init__(self, executor: ProcessPoolExecutor):
        self._executor, self._looks = executor, 0

    def look(self) -> None:
        """Break the pool if a worker has been dead for as many looks as say that it hangs."""
        sentinels = [process.sentinel for process in _processes_of(self._executor)]
        self._looks = self._looks + 1 if sentinels and wait(sentinels, timeout=0) else 0
        if self._looks >= _LOOKS:
            _stop(self._executor)


def _processes_of(executor: ProcessPoolExecutor) -> list[BaseProcess]:
    """The executor's own processes: others may have been started by anyone meanwhile."""
    return list((getattr(executor, "_processes", None) or {}).values())


def _stop(executor: ProcessPoolExecutor) -> None:
    """End the processes of an executor."""
    stopped = _processes_of(executor)
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


def _begin(told: Path) -> None:
    """Make a worker process ready: what all its items share is read once."""
    global _work, _shared
    # Ctrl-C reaches every process of a terminal; only the first one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, args=(told,), daemon=True).start()
    with told.open("rb") as file:
        _work, _shared = pickle.load(file)
    search_later()


def _end_with_parent(told: Path) -> None:
    """A worker whose parent was killed would wait for work for ever, and nobody would tidy up."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        with suppress(OSError):
            told.unlink(missing_ok=True)
        os._exit(1)


def _work_out_one(item: Any) -> Any:
    return _work(_shared, item)
