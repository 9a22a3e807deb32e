"""One replication, whichever clock runs it."""

from __future__ import annotations

from sufficiency.simulation import model
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.world import World

ENGINES = {"simpy": model.run}


def simulate(world: World, seed: int, replication: int, engine: str = "simpy") -> Record:
    """Everything that happens in one world up to its horizon.

    The same world, seed and replication give the same record, row for row. Worlds that differ
    share their children as far as their numbers agree (common random numbers). Raises
    ValueError for an engine that does not exist or a seed outside 0 to 2**64 - 1.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r}: expected one of {', '.join(ENGINES)}")
    draws = Draws(seed, replication)
    return ENGINES[engine](world, children_of(world, draws), draws)
