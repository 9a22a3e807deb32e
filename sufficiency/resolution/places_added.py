"""A resolved scenario with places added or taken away: what a plan of places changes, and no more.

Children, rates, prices and everybody's luck stay as they are, so a difference between two such
scenarios is the difference that the places make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

import numpy as np

from sufficiency.domain import begins
from sufficiency.errors import UserError
from sufficiency.resolution.pool import Pool
from sufficiency.resolution.resolve import Resolved
from sufficiency.simulation.record import INTERVENTION
from sufficiency.simulation.world import UNLIMITED, Places


@dataclass(frozen=True)
class PlacesAdded:
    """So many more usable places in a pool from a day on; below 0, fewer, which moves nobody."""

    pool: str
    day: date
    places: int


def pools_of(resolved: Resolved) -> tuple[Pool, ...]:
    """The pools of places, in the order of ``resolved.plan.places``."""
    return resolved.pools


def with_places_added(resolved: Resolved, additions: Sequence[PlacesAdded]) -> Resolved:
    """The scenario with more or fewer places from given days; nothing else changes.

    Additions add up, and later changes that the scenario plans are raised by them. Usable places
    never fall below 0, and a fall moves no child. An addition dated by the start holds from it.

    Raises:
        UserError: no such pool, or one without limit, where more places change nothing.
    """
    places = resolved.plan.places
    for addition in additions:
        pool = _position(resolved.pools, addition.pool)
        if places.usable_at_start[pool] == UNLIMITED:
            raise UserError(
                f'The pool "{addition.pool}" has no limit, so places added to it change nothing. '
                "Give it a number of places in the scenario (sectors.<sector>.places) to plan it."
            )
        places = _with_added(places, pool, begins(resolved.start, addition.day), addition.places)
    at_start = [
        replace(pool, places_at_start=None if usable == UNLIMITED else int(usable))
        for pool, usable in zip(resolved.pools, places.usable_at_start, strict=True)
    ]
    plan = replace(resolved.plan, places=places)
    return replace(resolved, plan=plan, pools=tuple(at_start))


def _position(pools: Sequence[Pool], name: str) -> int:
    names = [pool.name for pool in pools]
    if name in names:
        return names.index(name)
    near = get_close_matches(name, names, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise UserError(f'There is no pool "{name}". The pools are: {", ".join(names)}.{hint}')


def _with_added(places: Places, pool: int, time: float, added: int) -> Places:
    """The planned places of one pool raised from a time on."""
    at_start = np.array(places.usable_at_start)
    usable = np.array(places.change_usable)
    of_pool = (places.change_pool == pool) & (usable != UNLIMITED)
    if time <= 0:
        at_start[pool] = max(at_start[pool] + added, 0)
        usable[of_pool] = np.maximum(usable[of_pool] + added, 0)
        return replace(places, usable_at_start=at_start, change_usable=usable)
    before = places.change_time <= time
    standing = usable[(places.change_pool == pool) & before]
    now = int(standing[-1]) if len(standing) else int(at_start[pool])
    usable[of_pool & ~before] = np.maximum(usable[of_pool & ~before] + added, 0)
    at = int(before.sum())
    now = now if now == UNLIMITED else max(now + added, 0)

    def insert(column: np.ndarray | None, value: float, default: float) -> np.ndarray:
        known = np.full(len(usable), default) if column is None else column
        return np.insert(known, at, value)

    return replace(
        places,
        change_time=np.insert(places.change_time, at, time),
        change_pool=np.insert(places.change_pool, at, pool),
        change_usable=np.insert(usable, at, now),
        change_closes=insert(places.change_closes, 0, 0).astype(np.int64),
        change_chance=insert(places.change_chance, 0.5, 0.5),
        change_why=insert(places.change_why, INTERVENTION, 1).astype(np.int64),
    )
