"""One replication, whichever clock runs it."""

from __future__ import annotations

from sufficiency.simulation import compiled_model, model
from sufficiency.simulation.compiled import NOT_COMPILED, is_kept, may_be_kept
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.memory import keep_what_is_freed
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.world import World

ENGINES = {"compiled": compiled_model.run, "simpy": model.run}
DEFAULT_ENGINE = "compiled"
"""What users run; the SimPy model is the definition, and what is meant here unless said."""


def simulate(world: World, seed: int, replication: int, engine: str = "simpy") -> Record:
    """Everything that happens in one world up to its horizon.

    The same world, seed and replication give the same record, row for row, on either engine.
    Worlds that differ share their children as far as their numbers agree (common random
    numbers). Raises ValueError for an engine that does not exist or a seed outside 0 to
    2**64 - 1.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r}: expected one of {', '.join(ENGINES)}")
    keep_what_is_freed()
    draws = Draws(seed, replication)
    return ENGINES[engine_here(engine)](world, children_of(world, draws), draws)


def engine_here(engine: str) -> str:
    """The engine that answers on this machine: SimPy where nothing can be compiled."""
    return "simpy" if NOT_COMPILED else engine


def why_another_engine(engine: str) -> list[str]:
    """One line for the user if another engine than the one asked for answers; else none."""
    if engine_here(engine) == engine:
        return []
    return [
        f"The compiled engine cannot be used here ({NOT_COMPILED}); the SimPy engine gives the "
        "same figures and takes longer."
    ]


def must_compile(engine: str) -> bool:
    """Whether the first world will wait for the compiler: once after an install or a change."""
    return engine_here(engine) == "compiled" and not is_kept(compiled_model.live_on)


def why_wait(engine: str) -> list[str]:
    """One line for the user if the first world waits for the compiler; else none."""
    if not must_compile(engine):
        return []
    if may_be_kept(compiled_model.live_on):
        return ["Compiling the simulation, once after an install; this takes 10 to 20 seconds."]
    return [
        "Compiling the simulation; this takes 10 to 20 seconds. What is compiled can be kept "
        "neither in the install nor in your own folder, so every command waits. Have the "
        "environment variable NUMBA_CACHE_DIR name a folder that can be written."
    ]
