"""How fast one future is, against SimPy and against the least it could take.

``python benchmarks/engine.py`` prints every figure; ``--quick`` fewer runs of the same. Times of
one core are processor time, medians of several runs; times of two are by the clock, so nothing
else should be running. Ratios are of times taken in turn in one run.

The floor is a compiled loop that does as many heap operations and draws as a future of the same
size, and nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np

from sufficiency.chunks import replications_a_chunk
from sufficiency.domain import N_EXIT_CAUSES
from sufficiency.replication import Job, children_in_care_chunk, measure_chunk, surroundings_of
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.shipped import shipped_path
from sufficiency.simulation import compiled_model, model
from sufficiency.simulation.agenda import Agenda, empty_agenda, next_time, put, take_soonest
from sufficiency.simulation.children import (
    FIRST_USES,
    NEED_USE,
    Children,
)
from sufficiency.simulation.compiled import compiled
from sufficiency.simulation.draws import AT_ONCE, Draws, Numbers, exponential
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import ENDED_OPEN
from sufficiency.simulation.world import Floats, World

SEED = 1
ON = (True, True)
CHUNK = 50
MS = 1e3
held: Job
"""What `in_care_held` works on, in whichever process."""


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    quick = parser.parse_args().quick
    job = wolverhampton(60)
    begun = time.perf_counter()
    measure_chunk(job, range(1), ON)
    children_in_care_chunk(job, range(1), ON)
    print(f"first future, compiled or loaded: {time.perf_counter() - begun:.1f} s")
    one_future(job, 100 if quick else 300)
    the_loop(job, 3 if quick else 10)
    the_floor(job, 5 if quick else 20)
    threads(job, *(1000, 1) if quick else (5000, 5))
    sizes(quick)
    memory = peak_memory_mb()
    if memory is not None:
        print(f"peak memory: {memory:.0f} MB")


def wolverhampton(months: int, in_care: int | None = None) -> Job:
    """The scenario of 585 children, or of as many as asked for."""
    if in_care is None:
        path = Path(shipped_path("scenarios", "wolverhampton-2020.yaml"))
        scenario = load_scenario(path).model_copy(update={"months": months})
    else:
        scenario = scenario_for_authority("Wolverhampton", months=months)
    resolved = resolve(scenario)
    if in_care is not None:
        resolved = of_size(resolved, in_care)
    return Job(resolved, surroundings_of(resolved), SEED, "compiled")


def of_size(resolved: Resolved, in_care: int) -> Resolved:
    """The same council with so many children, and entries and places in proportion."""
    plan = resolved.plan
    children, places, levels = plan.children, plan.places, plan.levels
    chosen = np.arange(in_care) * len(children.age_group) // in_care
    factor = in_care / len(children.age_group)
    several = replace(
        children,
        **{name: getattr(children, name)[chosen] for name in ("age_group", "need", "sector")},
        profile=children.profile[chosen],
    )
    limited = places.usable_at_start >= 0
    usable = np.where(limited, np.rint(places.usable_at_start * factor), places.usable_at_start)
    starters = levels.starters_per_year
    more = replace(levels, starters_per_year=replace(starters, exposure=starters.exposure / factor))
    return replace(
        resolved,
        plan=replace(
            plan,
            children=several,
            places=replace(places, usable_at_start=usable.astype(np.int64)),
            levels=more,
        ),
    )


def one_future(job: Job, runs: int) -> None:
    """Processor time of one future, and of its parts."""
    size = replications_a_chunk(len(job.resolved.plan.children.age_group), job.resolved.months)
    whole = [processor_ms(lambda n=n: measure_chunk(job, range(n, n + 1), ON)) for n in range(runs)]
    in_chunks = [
        processor_ms(lambda n=first: measure_chunk(job, range(n, n + size), ON)) / size
        for first in range(0, runs, size)
    ]
    layer = processor_ms(lambda: children_in_care_chunk(job, range(runs), (False, False))) / runs
    print(
        f"one future, all told (at most 3 ms): {median(in_chunks)} in chunks of {size}, as a run "
        f"plays them, {min(in_chunks):.2f} to {max(in_chunks):.2f} ms; alone {median(whole)}"
    )
    print(f"one future for a layer of uncertainty: {layer:.2f} ms")
    drawing, making, living = [], [], []
    for first in range(0, runs, CHUNK):
        drawing.append(processor_ms(lambda n=first: draw_chunk(job, n)) / CHUNK)
    for number in range(runs):
        world, draws = draw(job, number), Draws(SEED, number)
        making.append(processor_ms(lambda w=world, d=draws: children_of(w, d)))
        children = children_of(world, draws)
        living.append(
            processor_ms(lambda w=world, c=children, d=draws: compiled_model.run(w, c, d))
        )
    print(f"  its rates {median(drawing)}, its children {median(making)}, lives {median(living)}")


def the_loop(job: Job, runs: int) -> None:
    """The event loop alone against SimPy's, the children and all first draws being given."""
    ours, theirs = [], []
    for number in range(runs):
        world, draws = draw(job, number), Draws(SEED, number)
        children = children_of(world, draws)
        compiled_model.run(world, children, draws)
        ours.append(processor_ms(lambda w=world, c=children, d=draws: compiled_model.run(w, c, d)))
        theirs.append(processor_ms(lambda w=world, c=children, d=draws: model.run(w, c, d)))
    ratio = statistics.median(slow / fast for slow, fast in zip(theirs, ours, strict=True))
    print(
        f"loop and record: {median(ours)}, SimPy's {median(theirs)}; "
        f"{ratio:.0f} times as fast (at least 30)"
    )


def the_floor(job: Job, runs: int) -> None:
    """Futures without their rates and figures against as many heap operations and draws.

    A draw is a number or, of a hazard, the exponential made of it. A chunk of either is timed, in
    turn: that is how a run plays them.
    """
    chunk = [(draw(job, number), Draws(SEED, number)) for number in range(CHUNK)]
    floors = [floor_of(world, draws) for world, draws in chunk]
    least, whole = [], []
    for _ in range(runs):
        least.append(processor_ms(lambda: [floor() for floor in floors]) / CHUNK)
        whole.append(processor_ms(lambda: [lived(*one) for one in chunk]) / CHUNK)
    ratio = statistics.median(slow / fast for slow, fast in zip(whole, least, strict=True))
    print(
        f"draws, children and loop: {median(whole)}, the floor {median(least)}; "
        f"{ratio:.1f} times the floor (at most 3)"
    )


def floor_of(world: World, draws: Draws) -> Callable[[], object]:
    """What does as many heap operations and draws as a future, and nothing else.

    A moment is put for every spell that ends, and for the horizon.
    """
    children = children_of(world, draws)
    care = compiled_model.lived(world, children, draws)
    begun, at_once = int(care.tally["spells_begun"][0]), len(world.cohort.age_group)
    moments = int(np.count_nonzero(care.spells["ended"][:begun] != ENDED_OPEN)) + 1
    later = int(np.maximum(care.lives["placement"], 0).sum())
    numbers = FIRST_USES * len(children) + AT_ONCE * later
    times = np.empty(N_EXIT_CAUSES * len(children) + NEED_USE * (len(children) + later))
    agenda = empty_agenda(moments + 1)

    def floor() -> None:
        exponentials(draws.numbers(0, 0, 1, numbers)[0], times)
        pile(agenda, moments, at_once)

    floor()
    return floor


@compiled
def exponentials(numbers: Numbers, times: Floats) -> None:
    """Fill ``times`` with an exponential of each of the first numbers."""
    for place in range(times.size):
        times[place] = exponential(numbers[place])


@compiled
def pile(agenda: Agenda, moments: int, at_once: int) -> float:
    """Put and take so many moments, about so many at once, at times that look like chance."""
    agenda.size[0], state, total = 0, 1, 0.0
    for moment in range(moments):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        now = next_time(agenda) if agenda.size[0] else 0.0
        put(agenda, now + state * 1e-6, 0, moment, moment)
        if agenda.size[0] > at_once:
            total += next_time(agenda)
            take_soonest(agenda)
    while agenda.size[0]:
        total += next_time(agenda)
        take_soonest(agenda)
    return total


def threads(job: Job, replications: int, rounds: int) -> None:
    """Two threads against one, by the clock, chunk by chunk.

    Two processes, which wait for nothing of one another, show how much two cores give here.
    """
    chunks = [range(first, first + CHUNK) for first in range(0, replications, CHUNK)]
    several = multiprocessing.get_context("spawn")
    ready = several.Barrier(2)
    hold(job)
    with (
        ThreadPoolExecutor(1) as one,
        ThreadPoolExecutor(2) as two,
        ProcessPoolExecutor(2, several, hold, (job, ready)) as apart,
    ):
        by_the_clock(apart, chunks[:2])
        crews = (one, two, apart)
        seconds = [[by_the_clock(crew, chunks) for crew in crews] for _ in range(rounds)]
    gained = [(alone / at_once, alone / away) for alone, at_once, away in seconds]
    at_once, away = (statistics.median(ratio) for ratio in zip(*gained, strict=True))
    print(
        f"{replications} futures in two threads: {at_once:.2f} times as fast as in one (at least "
        f"1.8), in two processes {away:.2f}; each time {said(gained)}"
    )


def said(gained: Sequence[tuple[float, float]]) -> str:
    """What threads and processes gained in each round."""
    return ", ".join(f"{at_once:.2f} and {away:.2f}" for at_once, away in gained)


def by_the_clock(crew: Executor, chunks: Sequence[range]) -> float:
    """Seconds that a crew takes for some chunks."""
    begun = time.perf_counter()
    for _ in crew.map(in_care_held, chunks):
        pass
    return time.perf_counter() - begun


def hold(job: Job, ready: Barrier | None = None) -> None:
    """Have this process work on a job, once the others are ready to."""
    global held
    held = job
    in_care_of(job, range(1))
    if ready is not None:
        ready.wait()


def in_care_held(numbers: range) -> float:
    """Work out a chunk of the job that this process holds."""
    return in_care_of(held, numbers)


def in_care_of(job: Job, numbers: range) -> float:
    """Work out a chunk; what is not kept takes no memory."""
    return float(measure_chunk(job, numbers, ON).forecast[:, 0, -1].mean())


def sizes(quick: bool) -> None:
    """The cost by children and months: it grows with both in a line."""
    print("children  months  ms a future  microseconds a child-month  peak memory so far, MB")
    for in_care in (100, 600, 6_000, *([] if quick else [83_000])):
        for months in (12, 60, 120):
            job = wolverhampton(months, in_care)
            # Several even of the largest: one future in drift has twice the children of another.
            runs = max(5, min(20, 60_000 // in_care))
            measure_chunk(job, range(1), ON)
            size = replications_a_chunk(in_care, months)
            chunks = [range(n, min(n + size, runs)) for n in range(0, runs, size)]
            ms = processor_ms(lambda j=job, c=chunks: [in_care_of(j, one) for one in c]) / runs
            memory = peak_memory_mb()
            print(
                f"{in_care:8}  {months:6}  {ms:11.2f}  {ms * 1e3 / in_care / months:26.3f}"
                f"  {'' if memory is None else f'{memory:.0f}':>23}"
            )


def draw(job: Job, number: int) -> World:
    """The rates of one future."""
    world: World = job.resolved.draw_world(SEED, number, parameter=True, drift=True)
    return world


def draw_chunk(job: Job, first: int) -> None:
    """The rates of a chunk of futures, as `measure_chunk` draws them."""
    numbers = range(first, first + CHUNK)
    for _ in job.resolved.draw_worlds(SEED, numbers, parameter=True, drift=True):
        pass


def lived(world: World, draws: Draws) -> None:
    """Make the children and let them live."""
    children: Children = children_of(world, draws)
    compiled_model.lived(world, children, draws)


def processor_ms(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * MS


def median(times_ms: list[float]) -> str:
    """The median in words."""
    return f"{statistics.median(times_ms):.2f} ms"


def peak_memory_mb() -> float | None:
    """The most memory that this process has held, where the system tells."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
