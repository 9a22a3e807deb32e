"""Compiles all that a forecast needs, once after an install: the engine here and the measures in
another process meanwhile, where there is a processor to spare and what is compiled can be kept.

This module is what that process runs. It writes numba's files and nothing else; where it cannot be
started, dies or takes too long, the measures are compiled here: the same.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from sufficiency.another_python import running
from sufficiency.executors import usable_processors
from sufficiency.measures.measure import measure
from sufficiency.measures.monthly import Measuring, Surroundings
from sufficiency.replication import Job, Layers, measure_chunk
from sufficiency.simulation.compiled import is_kept, may_be_kept
from sufficiency.simulation.record import POOL_CHANGE_DTYPE, SPELL_DTYPE, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import Places

PATIENCE_S = 60
"""How long the other process may take when all is compiled here."""
_WAIT_S = 0.2
"""On Windows a wait without an end does not hear Ctrl-C."""
_QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def compile_all(job: Job, layers: Layers, workers: int) -> None:
    """Have everything compiled that simulating and measuring a future of this job needs.

    ``workers`` is how many the user allows.
    """
    if min(workers, usable_processors()) > 1 and may_be_kept(measure) and not is_kept(measure):
        world = next(job.resolved.draw_worlds(job.seed, [0], **layers._asdict()))
        with _measures_beside(job.surroundings, world.places):
            simulate(world, job.seed, 0, engine=job.engine)
    measure_chunk(job, range(1), layers)


def compile_measures(surroundings: Surroundings, places: Places) -> None:
    """Measure a future in which nothing happens."""
    measuring = Measuring(surroundings, places)
    days = surroundings.calendar.days
    nothing = Record(int(days[-1]), np.empty(0, SPELL_DTYPE), np.empty(0, POOL_CHANGE_DTYPE))
    measuring.set_figures(nothing, measuring.room(1))


@contextmanager
def _measures_beside(surroundings: Surroundings, places: Places) -> Iterator[None]:
    """The measures are compiled by another process, which ends with the block or soon after."""
    process = _started(surroundings, places)
    try:
        yield
        if process is not None:
            _wait(process)
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _started(surroundings: Surroundings, places: Places) -> subprocess.Popen[bytes] | None:
    # What single children cost is nobody else's: it would stand in a file for a moment.
    of_nobody = replace(surroundings, costs=replace(surroundings.costs, known_weekly_gbp=()))
    try:
        with TemporaryFile() as asked:
            pickle.dump((of_nobody, places), asked)
            asked.seek(0)
            # Not a worker of `multiprocessing`, which would run the user's own script once more.
            return subprocess.Popen(running(__name__), stdin=asked, **_QUIET)
    except (OSError, pickle.PicklingError, AttributeError, TypeError):
        return None


def _wait(process: subprocess.Popen[bytes]) -> None:
    for _ in range(int(PATIENCE_S / _WAIT_S)):
        with suppress(subprocess.TimeoutExpired):
            process.wait(_WAIT_S)
            return


if __name__ == "__main__":
    compile_measures(*pickle.load(sys.stdin.buffer))
