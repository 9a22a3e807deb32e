"""The page of a run, drawn by a process of its own.

What draws the charts holds Python's lock all the while, so a thread would gain nothing. The
process is started before all else, while loading leaves a processor idle, and is ready when the
futures have been simulated. Where it cannot be started, or dies, the page is drawn here: the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from sufficiency.errors import UserError
from sufficiency.executors import Crew, awaited, usable_processors

if TYPE_CHECKING:
    from sufficiency.report.figures import RunResult
    from sufficiency.report.run_folder import BeginPage, EndPage

FEWEST_FUTURES = 100
"""Fewer are simulated sooner than another process can load what it needs."""


_NO_PROCESS = (OSError, ImportError, NotImplementedError, UserError)
"""What is raised where no process can be had: by Python, the second and third where there are no
semaphores, or because nothing can be written for it to read."""


@contextmanager
def page_beside(replications: int, workers: int | None) -> Iterator[BeginPage | None]:
    """Who writes the page of a run beside whatever else goes on; None where it would not pay.

    ``workers`` is how many the user allows. The process ends with the block, at once if anything
    is raised in it.
    """
    if replications < FEWEST_FUTURES or min(workers or 2, usable_processors()) < 2:
        yield None
        return
    with ExitStack() as stack:
        try:
            from sufficiency.processes import process_crew

            crew = stack.enter_context(process_crew(_draw, None, 1, dismissed=True))
            crew.submit(None)
        except _NO_PROCESS:
            yield None
            return

        yield lambda run, path: _begun(crew, run, path)


def _begun(crew: Crew, run: RunResult, path: Path) -> EndPage:
    """Send a run to the process; what comes back waits for its page."""
    try:
        drawn = crew.submit((_without_replications(run), path))
    except BrokenExecutor:
        return lambda: _draw(None, (run, path))

    def end() -> None:
        try:
            awaited(drawn)
        except BrokenExecutor:
            _draw(None, (run, path))

    return end


def _without_replications(run: RunResult) -> RunResult:
    """What a page says of a run, small enough to be sent."""
    from sufficiency.report.suppression import ShownRun

    return ShownRun(**{part.name: getattr(run, part.name) for part in fields(ShownRun)})


def _draw(shared: None, asked: tuple[RunResult, Path] | None) -> None:
    """Write a page; or load all that it takes, where none is asked for yet."""
    del shared
    from sufficiency.report.drawing import make_ready
    from sufficiency.report.page import write_page

    if asked is None:
        make_ready()
    else:
        write_page(*asked)
