"""How fast this computer simulates: short measurements, and what they mean for a run."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sufficiency.another_python import running
from sufficiency.chunks import Chunk, replications_a_chunk, work_out_chunk
from sufficiency.errors import SufficiencyError
from sufficiency.executors import SERIAL, THREADS, Workers, usable_processors, work_out
from sufficiency.replication import Job, Layers, measure_chunk, surroundings_of
from sufficiency.resolution.resolve import Resolved
from sufficiency.simulation.compiled import NOT_COMPILED

SEED = 1
_ALL_LAYERS = Layers(True, True)
_CHUNKS_A_WORKER = 2
FEW_FUTURES = 20


@dataclass(frozen=True)
class Speed:
    """What was measured of one authority, engine and number of processors."""

    authority: str
    children: int
    """In care at the start."""
    months: int
    engine: str
    workers: int
    futures: int
    seconds: float

    @property
    def futures_a_second(self) -> float:
        """Futures simulated and measured in a second."""
        return self.futures / self.seconds

    def seconds_for(self, futures: int) -> float:
        """How long so many take to simulate at this speed, without loading and writing."""
        return futures / self.futures_a_second


def usual(speeds: Sequence[Speed]) -> Speed:
    """That of a middling council, by the engine and processors that a run would use."""
    sizes = sorted({speed.children for speed in speeds})
    return next(speed for speed in speeds if speed.children == sizes[len(sizes) // 2])


def plans() -> list[tuple[str, int]]:
    """Which engines on how many processors are worth measuring here.

    SimPy on one: processes take seconds to start, which a long run hides and a short measurement
    would not. It grows with the processors.
    """
    if NOT_COMPILED:
        return [("simpy", 1)]
    every = usable_processors()
    return [("compiled", each) for each in dict.fromkeys((every, 1))] + [("simpy", 1)]


def measure(resolved: Resolved, engine: str, workers: int, seconds: float) -> Speed:
    """How fast a scenario is simulated and measured in chunks, for ``seconds`` or a little more."""
    job = Job(resolved, surroundings_of(resolved), SEED, engine)
    measure_chunk(job, range(1), _ALL_LAYERS)  # what is loaded or compiled once is not counted
    world = resolved.draw_world(SEED, 0, parameter=False, drift=False)
    children = len(world.cohort.need)
    begun = time.perf_counter()
    measure_chunk(job, range(1), _ALL_LAYERS)
    one = time.perf_counter() - begun
    # At least four rounds, so that the last does not make it much longer than was asked for.
    most = max(1, int(seconds / (4 * _CHUNKS_A_WORKER * one)))
    size = min(replications_a_chunk(children, resolved.months), most)
    crew = Workers(THREADS if workers > 1 else SERIAL, workers)
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        firsts = range(done, done + size * workers * _CHUNKS_A_WORKER, size)
        chunks = [Chunk(_ALL_LAYERS, True, first, first + size) for first in firsts]
        done += sum(len(chunks[at]) for at, _ in work_out(work_out_chunk, job, chunks, crew))
    return Speed(
        authority=resolved.authority.name,
        children=children,
        months=resolved.months,
        engine=engine,
        workers=workers,
        futures=done,
        seconds=time.perf_counter() - begun,
    )


def seconds_of_a_short_run(asked: Sequence[str]) -> float:
    """How long a run of `FEW_FUTURES` takes, most of it for loading, tables, workbook and page.

    ``asked`` are the scenario and options of `sufficiency run`. Raises SufficiencyError if it
    fails, with what it said: its error in the first line, all else below.
    """
    with tempfile.TemporaryDirectory() as folder:
        few = ["--replications", str(FEW_FUTURES), "--out", str(Path(folder, "run"))]
        begun = time.perf_counter()
        ended = subprocess.run(
            # Its words would else be those of a command of its own, "this is our fault" and all.
            running("sufficiency", "--debug", "run", *asked, *few),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        seconds = time.perf_counter() - begun
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip()
        why = (said.splitlines() or [f"it ended with status {ended.returncode}"])[-1]
        raise SufficiencyError(f"a run of {FEW_FUTURES} futures failed: {why}\n\n{said}")
    return seconds
