"""Both clocks on one world: the definition and its compiled twin."""

from __future__ import annotations

import numpy as np

from sufficiency.simulation import compiled_model, model
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of
from sufficiency.simulation.record import Record
from sufficiency.simulation.world import World


def both(world: World, seed: int = 13, replication: int = 0) -> tuple[Record, Record]:
    """The records of the definition and of its compiled twin, of the same children."""
    draws = Draws(seed, replication)
    children = children_of(world, draws)
    return model.run(world, children, draws), compiled_model.run(world, children, draws)


def assert_same(ours: Record, theirs: Record) -> None:
    """Every field of every row, and their types; the first that differs is named."""
    assert ours.horizon_days == theirs.horizon_days
    pairs = (
        (ours.spells, theirs.spells),
        (ours.pool_changes, theirs.pool_changes),
        (ours.holds, theirs.holds),
    )
    for facts, others in pairs:
        assert facts.dtype == others.dtype
        for name in facts.dtype.names or ():
            np.testing.assert_array_equal(facts[name], others[name], err_msg=name, strict=True)


def told_twice(world: World) -> Record:
    """The record, on which both clocks agree."""
    ours, theirs = both(world)
    assert_same(ours, theirs)
    return ours
