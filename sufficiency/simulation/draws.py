"""Random numbers keyed by what they are for and never by the order of events.

A block belongs to (seed, replication, purpose, block number). Its row is the child's number
within its own stream and its column the use, so two scenarios give the same child the same
numbers whatever else differs between them, and results do not depend on the number of workers.
What a block holds is what numpy's Philox draws. A number's place says what it is, so compiled
code draws those of a child when that child needs them, and no block is made.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.simulation.compiled import compiled, high_half, shared, step
from sufficiency.simulation.world import Floats

Numbers = NDArray[np.uint32]
Key = NDArray[np.uint64]

FIRST_FREE_PURPOSE = 1024
"""Purposes from here on are free for draws made outside one world (parameters, drift)."""
_BITS = 16
_STEP = 2.0**-32
_ALL_BITS = 2**32 - 1
_MUELLER, _GOLDEN = 0x45D9F3B, 0x9E3779B1
_AT_FIRST = np.zeros(4, dtype=np.uint64)
# Philox4x64-10: Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.
_WORD = 2**64 - 1
_PHILOX_FACTORS = 0xD2E7470EE14C6C93, 0xCA5A826395121157
_PHILOX_STEPS = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
_ROUNDS = 10
_NONE = np.uint64(0)
AT_ONCE = 8
"""Numbers of 32 bits that one counter of Philox gives. Whatever is drawn begins with the first of
a counter, so that no counter is run through for two."""


@compiled
def uniform(number: int) -> float:
    """A uniform number in (0, 1) from 32 random bits, 0 to 2**32 - 1: the middle of its step.

    Steps of 2**-32 are finer than the ticks that times are rounded to, and half as many bits
    take half as long to draw.
    """
    return (number + 0.5) * _STEP


@compiled
def exponential(number: int) -> float:
    """A unit exponential by inversion, one for one, so that a draw keeps its place in its row."""
    return -math.log((number + 0.5) * _STEP)


@step
def further_uniform(number: int, other: int, use: int) -> float:
    """A uniform number in (0, 1) made of two numbers of 32 bits, another for each ``use``.

    Further uses of a child's numbers so need no further columns, which would change what all
    others are. Scrambled by Mueller's integer hash (every bit of the result depends on every bit
    of both), it tells nothing of the `uniform` or `exponential` of either.
    """
    mixed = scrambled(int(np.int64(number)) ^ (use * _GOLDEN & _ALL_BITS))
    return uniform(scrambled(mixed ^ int(np.int64(other))))


@step
def scrambled(number: int) -> int:
    """32 bits for 32 bits, one to one."""
    mixed = ((number >> 16) ^ number) * _MUELLER & _ALL_BITS
    mixed = ((mixed >> 16) ^ mixed) * _MUELLER & _ALL_BITS
    return (mixed >> 16) ^ mixed


@shared
def draw(key: Key, purpose: int, block: int, counter: int, numbers: Numbers) -> None:
    """Fill ``numbers``, `AT_ONCE` or several times as many, with those of a block, in place.

    They are what `Draws.numbers` draws in one piece, one after the other, from the first of a
    ``counter`` on, which counts from 0.
    """
    about = int(key[1]) | int(np.uint64(purpose << _BITS | block))
    for at in range(0, numbers.size, AT_ONCE):
        counter += 1
        one, two, three, four = philox(int(key[0]), about, counter)
        numbers[at], numbers[at + 1] = one & _ALL_BITS, one >> 32
        numbers[at + 2], numbers[at + 3] = two & _ALL_BITS, two >> 32
        numbers[at + 4], numbers[at + 5] = three & _ALL_BITS, three >> 32
        numbers[at + 6], numbers[at + 7] = four & _ALL_BITS, four >> 32


@step
def philox(seed: int, about: int, counter: int) -> tuple[int, int, int, int]:
    """The four words that Philox4x64-10 makes of a key (``seed``, ``about``) and a counter."""
    one, two, three, four = int(np.uint64(counter)), int(_NONE), int(_NONE), int(_NONE)
    for _ in range(_ROUNDS):
        low, low_three = one * _PHILOX_FACTORS[0] & _WORD, three * _PHILOX_FACTORS[1] & _WORD
        high, high_three = high_half(one, _PHILOX_FACTORS[0]), high_half(three, _PHILOX_FACTORS[1])
        one, two = high_three ^ two ^ seed, low_three
        three, four = high ^ four ^ about, low
        seed, about = seed + _PHILOX_STEPS[0] & _WORD, about + _PHILOX_STEPS[1] & _WORD
    return one, two, three, four


class _Generator(threading.local):
    """One generator a thread, for whatever block: to make another takes longer than most draws."""

    def __init__(self) -> None:
        self.philox = np.random.Philox(0)
        self.numbers = np.random.Generator(self.philox)


_OF_THE_THREAD = _Generator()


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

    @property
    def key(self) -> Key:
        """(2,): what of the Philox key is the replication's; see `draw`."""
        return np.array([self.seed, self.replication << 2 * _BITS], dtype=np.uint64)

    def uniforms(self, purpose: int, block: int, rows: int, columns: int) -> Floats:
        """Uniform numbers in [0, 1), shape (rows, columns); more rows never change the first."""
        return self._generator(purpose, block).numbers.random((rows, columns))

    def numbers(self, purpose: int, block: int, rows: int, columns: int) -> Numbers:
        """Numbers of 32 random bits, shape (rows, columns).

        More rows never change the first. `uniform` and `exponential` make use of them. Raises
        ValueError for an odd number of columns.
        """
        if columns % 2:
            raise ValueError(f"found {columns} columns, expected an even number: two a word")
        words = self._generator(purpose, block).philox.random_raw((rows, columns // 2))
        # A word is two numbers, the lower half first whatever the order of bytes here.
        halves = words.astype("<u8", copy=False).view("<u4")
        return halves.astype(np.uint32, copy=False)

    def _generator(self, purpose: int, block: int) -> _Generator:
        """The thread's generator, set to the beginning of a block."""
        if not 0 <= purpose < 2**_BITS or not 0 <= block < 2**_BITS:
            raise ValueError(f"purpose {purpose} or block {block} is outside 0 to 2**16 - 1")
        about = self.replication << 2 * _BITS | purpose << _BITS | block
        _OF_THE_THREAD.philox.state = {
            "bit_generator": "Philox",
            "state": {"counter": _AT_FIRST, "key": np.array([self.seed, about], dtype=np.uint64)},
            "buffer": _AT_FIRST,
            "buffer_pos": len(_AT_FIRST),
            "has_uint32": 0,
            "uinteger": 0,
        }
        return _OF_THE_THREAD
