"""Random numbers in blocks, keyed by what they are for and never by the order of events.

A block belongs to (seed, replication, purpose, block number). Its row is the child's number
within its own stream and its column the use, so two scenarios give the same child the same
numbers whatever else differs between them, and results do not depend on the number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import DTypeLike, NDArray

from sufficiency.domain import AGE_GROUPS
from sufficiency.simulation.world import Floats

GROUP_SLOTS = 16
"""Numbers set aside for each sibling group, so that a larger group renumbers nobody else."""
FIRST_FREE_PURPOSE = 1024
"""Purposes from here on are free for draws made outside one world (parameters, drift)."""
_BITS = 16
COHORT_PURPOSE = 0


def index_child_purpose(stream: int) -> int:
    """The purpose of draws for the first (index) child of each group of an entry stream."""
    return 1 + stream


def sibling_purpose(stream: int, position: int) -> int:
    """The purpose of draws for the siblings at ``position`` (1 up) in a stream's groups."""
    if not 1 <= position < GROUP_SLOTS:
        raise ValueError(f"a sibling's position is 1 to {GROUP_SLOTS - 1}, not {position}")
    return 1 + len(AGE_GROUPS) + stream * GROUP_SLOTS + position


class _Key(ISeedSequence):
    """A Philox key as it is.

    Philox takes one as an argument too, but then gathers entropy for a seed that is never used,
    which doubles the time of a small block.
    """

    def __init__(self, key: NDArray[np.uint64]):
        self.key = key

    def generate_state(self, n_words: int, dtype: DTypeLike = np.uint32) -> NDArray[np.uint64]:
        """The key, which is all that Philox asks for."""
        return self.key


@dataclass(frozen=True)
class Draws:
    """All the random numbers of one replication.

    The Philox key is 64 bits of seed, 32 of replication, 16 of purpose and 16 of block number.
    """

    seed: int
    replication: int

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64 or not 0 <= self.replication < 2**32:
            raise ValueError("a seed is 0 to 2**64 - 1 and a replication 0 to 2**32 - 1")

    def uniforms(self, purpose: int, block: int, rows: int, columns: int) -> Floats:
        """Uniform numbers in [0, 1), shape (rows, columns); more rows never change the first."""
        if not 0 <= purpose < 2**_BITS or not 0 <= block < 2**_BITS:
            raise ValueError(f"purpose {purpose} or block {block} is outside 0 to 2**16 - 1")
        key = np.array(
            [self.seed, self.replication << 2 * _BITS | purpose << _BITS | block], dtype=np.uint64
        )
        as_seed: Any = _Key(key)
        return np.random.Generator(np.random.Philox(as_seed)).random((rows, columns))


def exponentials(uniforms: Floats) -> Floats:
    """Unit exponentials by inversion, one for one, so that a draw keeps its place in its row."""
    return -np.log1p(-uniforms)
