"""Writes down what happens in one replication; closed once, at the horizon."""

from __future__ import annotations

import numpy as np

from sufficiency.domain import UNPLACED_CODE
from sufficiency.errors import ClosedRecordError
from sufficiency.simulation.allocation import NO_POOL
from sufficiency.simulation.children import Children
from sufficiency.simulation.record import (
    AT_START,
    BEGAN_AT_START,
    ENDED_OPEN,
    HOLD_DTYPE,
    POOL_CHANGE_DTYPE,
    SCHEDULED,
    SPELL_DTYPE,
    Record,
)
from sufficiency.simulation.world import Ints, World

__all__ = ["AT_START", "SCHEDULED", "Recorder", "finished_record"]


class Recorder:
    """Spells as they begin and end, and changes in places."""

    def __init__(self) -> None:
        self._began: list[tuple[int, int, int, float, int, float]] = []
        self._ended: list[tuple[int, float, int]] = []
        self._holds: list[tuple[int, int, float]] = []
        self._holds_ended: list[tuple[int, float]] = []
        self._pool_changes: list[tuple[float, int, int, int]] = []
        self._closed = False

    def spell_begins(
        self, child: int, need: int, pool: int, now: float, began: int, price_chance: float = 0.5
    ) -> int:
        """A child starts to live in a pool (or unplaced); returns the spell."""
        self._check_open()
        self._began.append((child, need, pool, now, began, price_chance))
        return len(self._began) - 1

    def spell_ends(self, spell: int, now: float, ended: int) -> None:
        """A spell ends, for a reason."""
        self._check_open()
        self._ended.append((spell, now, ended))

    def hold_begins(self, child: int, pool: int, now: float) -> int:
        """Someone who turns 18 keeps a place; returns the hold."""
        self._check_open()
        self._holds.append((child, pool, now))
        return len(self._holds) - 1

    def hold_ends(self, hold: int, now: float) -> None:
        """The place that was kept is free."""
        self._check_open()
        self._holds_ended.append((hold, now))

    def places_change(self, now: float, pool: int, usable: int, why: int) -> None:
        """A pool has so many usable places from now on."""
        self._check_open()
        self._pool_changes.append((now, pool, usable, why))

    def close(self, world: World, children: Children) -> Record:
        """The record up to the horizon; stays that have not ended are open, not ended."""
        self._check_open()
        self._closed = True
        began = np.array(
            self._began,
            dtype=[(name, "i8") for name in ("child", "need", "pool")]
            + [("time", "f8"), ("why", "i8"), ("price_chance", "f8")],
        )
        to_time = np.full(len(began), float(world.horizon_days))
        ended = np.full(len(began), ENDED_OPEN, dtype=np.int64)
        if self._ended:
            spells, times, reasons = (np.array(column) for column in zip(*self._ended, strict=True))
            to_time[spells], ended[spells] = times, reasons
        return finished_record(
            world,
            children,
            (began["child"], began["need"], began["pool"]),
            (began["time"], to_time),
            (began["why"], ended),
            began["price_chance"],
            np.array(self._pool_changes, dtype=POOL_CHANGE_DTYPE),
            self._all_holds(float(world.horizon_days)),
        )

    def _all_holds(self, horizon: float) -> np.ndarray:
        held = np.array([(*hold, horizon) for hold in self._holds], dtype=HOLD_DTYPE)
        for hold, time in self._holds_ended:
            held["to_time"][hold] = time
        return held

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedRecordError("a fact arrived after the record was closed")


def finished_record(
    world: World,
    children: Children,
    who_where: tuple[Ints, Ints, Ints],
    times: tuple[np.ndarray, np.ndarray],
    why: tuple[Ints, Ints],
    price_chance: np.ndarray,
    pool_changes: np.ndarray,
    holds: np.ndarray,
) -> Record:
    """A record from the bare facts of each spell, (n,) each, whichever clock found them.

    ``who_where`` is child, need group and pool; ``times`` from and to; ``why`` began and ended.
    """
    child, need, pool = who_where
    sector = np.where(pool == NO_POOL, UNPLACED_CODE, world.places.pool_sector[pool])
    placed = pool != NO_POOL
    place_sector = np.where(placed, sector, 0)
    columns = {
        "child": child,
        "stream": children.stream[child],
        "number": children.number[child],
        "uasc": children.uasc[child],
        "born_day": children.born_day[child],
        "entered": children.entered[child],
        "need": need,
        "sector": sector,
        "pool": pool,
        "from_time": times[0],
        "to_time": times[1],
        "began": why[0],
        "ended": why[1],
        "first_choice": placed & world.places.first_choice[need, place_sector],
        "suitable": placed & world.places.suitable[need, place_sector],
        "price_chance": price_chance,
        "group": children.group[child],
        "placed": np.where(why[0] == BEGAN_AT_START, children.placed[child], times[0]),
    }
    spells = np.empty(len(child), dtype=SPELL_DTYPE)
    for name, column in columns.items():
        spells[name] = column
    return Record(world.horizon_days, spells, pool_changes, holds)
