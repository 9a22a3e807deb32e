"""What it means to stop a command: Ctrl-C, or a request to end.

A library that is stopped while it loads is left half-loaded, and its compiled parts may turn the
interrupt into an error of any kind or lose it. So whoever asks is heard between two imports, and
an error after that is taken for what it is.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
_BETWEEN_TRIES_S = 0.02
_OURS = ("__main__", "sufficiency")


class _Ear:
    """Hears Ctrl-C: now, or if it may wait when no library is loading. Heard again, it is now."""

    def __init__(self, may_wait: bool) -> None:
        self.heard = False
        self._may_wait = may_wait
        self._waiting = False
        self._is_a_try = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        again = self.heard and not self._is_a_try
        self.heard, self._is_a_try = True, False
        if self._may_wait and not again and _is_loading(frame):
            if not self._waiting:
                self._waiting = True
                # Not `threading.Thread`: what it waits for may be what was interrupted.
                _thread.start_new_thread(self._try_again, (number,))
            return
        self._waiting = False
        raise KeyboardInterrupt

    def _try_again(self, number: int) -> None:
        while True:
            time.sleep(_BETWEEN_TRIES_S)
            if not self._waiting:
                return
            self._is_a_try = True
            _signal_here(number)

    def rest(self) -> None:
        """Hear no more."""
        self._waiting = False


def _signal_here(number: int) -> None:
    """Send a signal to this process so that its main thread wakes up."""
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


_ear = _Ear(may_wait=False)


@contextmanager
def hearing_interrupts() -> Iterator[None]:
    """Hear Ctrl-C as above, where Python's own way was to be used; afterwards as before."""
    global _ear
    before, _ear = _ear, _Ear(may_wait=not _is_loading(sys._getframe()))
    is_python_s = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if is_python_s:
        signal.signal(signal.SIGINT, _ear)
    try:
        yield
    finally:
        if is_python_s:
            _ear.rest()
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _ear = before  # What was heard says nothing of errors from here on.


@contextmanager
def errors_after_an_interrupt() -> Iterator[None]:
    """Make an error `KeyboardInterrupt` if one was heard: most likely it is what became of it."""
    try:
        yield
    except Exception as error:
        if _ear.heard:
            raise KeyboardInterrupt from error
        raise


@contextmanager
def terminating_as_interrupt() -> Iterator[None]:
    """Hear a request to end (SIGTERM) as Ctrl-C: end at once, and leave nothing half-written."""
    with errors_after_an_interrupt():
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = signal.signal(signal.SIGTERM, _ear)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, former)


def _is_loading(frame: FrameType | None) -> bool:
    """Whether a library is being loaded; our own modules may be stopped anywhere."""
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if frame.f_code.co_name == "<module>" and package not in _OURS:
            return True
        frame = frame.f_back
    return False
