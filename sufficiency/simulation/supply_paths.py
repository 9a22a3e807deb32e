"""The places of one replication, drawn before its world: what is planned, and what chance adds.

Carers are approved and de-registered one by one, providers close at a rate, people who are not in
care come and move on, and interventions add places or change how many carers come. Each draws from
a block of its own, by index: the n-th household to be approved is the same in two scenarios, and
comes sooner where more are approved, as the n-th child to enter care is.

Nothing here knows of children: what happens to those who live where a place closes is the
engine's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from sufficiency.simulation.carers import CarerProcess, changes_by_carers
from sufficiency.simulation.draws import FIRST_FREE_PURPOSE, Draws
from sufficiency.simulation.record import INTERVENTION, PROVIDER_CLOSED, SCHEDULED
from sufficiency.simulation.world import UNLIMITED, Floats, Ints, Places, to_ticks

ALL = -1
"""As `Places.change_closes`: the pool closes with everybody who lives there."""
_HELD_AT_START, _HELD_LATER, _CLOSING, _STEP_DOWN = range(
    FIRST_FREE_PURPOSE + 40, FIRST_FREE_PURPOSE + 44
)


class SupplyEffects(Protocol):
    """What interventions do to places in one replication, on K calendar periods, S sectors."""

    @property
    def starts_days(self) -> Floats:
        """(K,): first 0, rising."""

    @property
    def places_factor(self) -> Floats:
        """(S, K): factor on the limited places of a sector."""

    @property
    def places_added(self) -> Floats:
        """(S, K): places added to the sector's first limited pool."""

    @property
    def approvals_factor(self) -> Floats:
        """(K,): factor on the households that come forward and will be approved."""

    @property
    def approval_days_added(self) -> Floats:
        """(K,): further days from coming forward to approval."""


@dataclass(frozen=True)
class HeldPlaces:
    """Places held by people not in care: they come at a rate and each moves on at a rate."""

    pool: int
    block: int
    at_start: int
    arrivals_per_day: float
    move_on_per_day: float


@dataclass(frozen=True)
class ClosingAtRate:
    """A provider that closes for good on a day that is drawn."""

    pool: int
    block: int
    per_day: float


@dataclass(frozen=True)
class StepDownSlots:
    """When a step-down programme can take a child on: evenly spread, each with some luck."""

    from_day: float
    to_day: float
    per_day: float


@dataclass(frozen=True)
class SupplyPlan:
    """What chance adds to the planned places; nothing by default."""

    carers: tuple[CarerProcess, ...] = ()
    held: tuple[HeldPlaces, ...] = ()
    closing: tuple[ClosingAtRate, ...] = ()
    step_down: StepDownSlots | None = None

    @property
    def carer_pools(self) -> tuple[int, ...]:
        """The pools whose carers come and go one by one."""
        return tuple(process.pool for process in self.carers)


class Changes(NamedTuple):
    """Changes in a pool's places; X changes, in order of time."""

    time: Floats
    added: Ints
    """(X,): places added, negative where places close."""
    closes: Ints
    """(X,): so many close with whoever lives in them; `ALL`, all of the pool."""
    chance: Floats
    why: Ints


def drawn_places(
    places: Places,
    plan: SupplyPlan,
    draws: Draws,
    horizon_days: int,
    effects: SupplyEffects | None = None,
) -> Places:
    """The places of one replication: the planned ones with what chance and interventions add.

    A pool without limit stays without. Usable places never fall below 0; while people not in care
    hold more than there are, nobody is taken.
    """
    several: list[tuple[int, Changes]] = [
        (process.pool, Changes(*changes_by_carers(process, draws, horizon_days, effects)))
        for process in plan.carers
    ]
    several += [(held.pool, _held_changes(held, draws, horizon_days)) for held in plan.held]
    closed = {
        closing.pool: _closing_time(closing, draws)
        for closing in plan.closing
        if _closing_time(closing, draws) <= horizon_days
    }
    touched = {pool for pool, _ in several} | set(closed) | _pools_with_effects(places, effects)
    if touched:
        by_pool = [
            _pool_changes(places, pool, [c for at, c in several if at == pool], closed, effects)
            if pool in touched
            else _planned(places, pool)
            for pool in range(len(places.pool_names))
        ]
        places = _with_changes(places, by_pool)
    if plan.step_down is not None:
        places = _with_step_down(places, plan.step_down, draws, horizon_days)
    return places


class _Path(NamedTuple):
    """Usable places of one pool as they change, in absolute numbers; X changes."""

    time: Floats
    usable: Ints
    closes: Ints
    chance: Floats
    why: Ints


def _planned(places: Places, pool: int) -> _Path:
    at = places.change_pool == pool
    n = int(at.sum())
    closes, chance, why = places.change_closes, places.change_chance, places.change_why
    return _Path(
        places.change_time[at],
        places.change_usable[at],
        np.zeros(n, dtype=np.int64) if closes is None else closes[at],
        np.full(n, 0.5) if chance is None else chance[at],
        np.full(n, SCHEDULED, dtype=np.int64) if why is None else why[at],
    )


def _pool_changes(
    places: Places,
    pool: int,
    several: list[Changes],
    closed: dict[int, float],
    effects: SupplyEffects | None,
) -> _Path:
    """All that happens to one pool's places, each change with the number that holds from then."""
    planned = _planned(places, pool)
    n_planned = len(planned.time)
    breaks = np.empty(0) if effects is None else effects.starts_days
    time = np.concatenate([planned.time, *(c.time for c in several), breaks])
    added = np.concatenate(
        [
            np.zeros(n_planned, dtype=np.int64),
            *(c.added for c in several),
            np.zeros(len(breaks), dtype=np.int64),
        ]
    )
    zeros = np.zeros(len(breaks), dtype=np.int64)
    closes = np.concatenate([planned.closes, *(c.closes for c in several), zeros])
    chance = np.concatenate([planned.chance, *(c.chance for c in several), zeros + 0.5])
    why = np.concatenate([planned.why, *(c.why for c in several), zeros + INTERVENTION])
    order = np.argsort(time, kind="stable")
    time, closes, chance, why = time[order], closes[order], chance[order], why[order]
    base = np.concatenate([[places.usable_at_start[pool]], planned.usable])
    standing = base[np.searchsorted(planned.time, time, side="right")]
    usable = standing + np.cumsum(added[order])
    if effects is not None:
        usable = _with_effects(usable, time, places, pool, effects)
    usable = np.where(standing == UNLIMITED, UNLIMITED, np.maximum(usable, 0)).astype(np.int64)
    path = _Path(time, usable, closes, chance, why)
    return _until_closed(path, closed.get(pool))


def _with_effects(
    usable: Ints, time: Floats, places: Places, pool: int, effects: SupplyEffects
) -> Ints:
    """Usable places with the factor of their sector, and what is added to its first pool."""
    sector = int(places.pool_sector[pool])
    period = np.searchsorted(effects.starts_days, time, side="right") - 1
    changed = usable * effects.places_factor[sector, period]
    if pool == _first_limited(places, sector):
        changed = changed + effects.places_added[sector, period]
    result: Ints = np.rint(changed).astype(np.int64)
    return result


def _first_limited(places: Places, sector: int) -> int:
    """The sector's first pool with a limit, or -1."""
    pools = np.flatnonzero((places.pool_sector == sector) & (places.usable_at_start != UNLIMITED))
    return int(pools[0]) if len(pools) else -1


def _pools_with_effects(places: Places, effects: SupplyEffects | None) -> set[int]:
    if effects is None:
        return set()
    changed = (effects.places_factor != 1).any(axis=1)
    given = (effects.places_added != 0).any(axis=1)
    return {
        pool
        for pool, sector in enumerate(places.pool_sector)
        if changed[sector] or (given[sector] and pool == _first_limited(places, int(sector)))
    }


def _until_closed(path: _Path, closes_at: float | None) -> _Path:
    """What happens until a pool closes for good, and that it does."""
    if closes_at is None:
        return path
    before = path.time < closes_at
    last = ([closes_at], [0], [ALL], [0.5], [PROVIDER_CLOSED])
    kept = (np.concatenate([column[before], end]) for column, end in zip(path, last, strict=True))
    return _Path(*kept)


def _with_changes(places: Places, by_pool: list[_Path]) -> Places:
    """The places with all pools' changes, in order of time; the first moment's hold at once."""
    pool = np.repeat(np.arange(len(by_pool)), [len(path.time) for path in by_pool])
    time, usable, closes, chance, why = (
        np.concatenate(column) for column in zip(*by_pool, strict=True)
    )
    at_start = np.array(places.usable_at_start, dtype=np.int64)
    now = time <= 0
    for number in np.flatnonzero(now & (closes == 0)):
        at_start[pool[number]] = usable[number]
    kept = ~now | (closes != 0)
    before = np.empty(len(time), dtype=np.int64)
    for position in range(len(by_pool)):
        of_pool = np.flatnonzero(kept & (pool == position))
        before[of_pool] = np.concatenate([[at_start[position]], usable[of_pool]])[:-1]
    kept &= (usable != before) | (closes != 0)
    order = np.flatnonzero(kept)[np.argsort(time[kept], kind="stable")]
    return replace(
        places,
        usable_at_start=at_start,
        change_time=to_ticks(time[order]),
        change_pool=pool[order],
        change_usable=usable[order],
        change_closes=closes[order],
        change_chance=chance[order],
        change_why=why[order],
    )


def _held_changes(held: HeldPlaces, draws: Draws, horizon_days: int) -> Changes:
    """A path of the M/M/infinity queue of people not in care who hold places."""
    first = draws.uniforms(_HELD_AT_START, held.block, held.at_start, 1)[:, 0]
    expected = held.arrivals_per_day * horizon_days
    rows = int(expected + 10 * np.sqrt(expected) + 16)
    luck = draws.uniforms(_HELD_LATER, held.block, rows, 2)
    with np.errstate(divide="ignore"):
        came = np.cumsum(-np.log1p(-luck[:, 0])) / max(held.arrivals_per_day, 1e-300)
        stays = -np.log1p(-luck[:, 1]) / np.float64(held.move_on_per_day)
        stays_of_first = -np.log1p(-first) / np.float64(held.move_on_per_day)
    came, stays = came[came <= horizon_days], stays[came <= horizon_days]
    left = np.concatenate([stays_of_first, came + stays])
    time = np.concatenate([came, left])
    added = np.concatenate([np.full(len(came), -1), np.ones(len(left))]).astype(np.int64)
    inside = time <= horizon_days
    order = np.argsort(time[inside], kind="stable")
    n = len(order)
    return Changes(
        time[inside][order],
        added[inside][order],
        np.zeros(n, dtype=np.int64),
        np.full(n, 0.5),
        np.full(n, SCHEDULED, dtype=np.int64),
    )


def _closing_time(closing: ClosingAtRate, draws: Draws) -> float:
    if closing.per_day <= 0:
        return np.inf
    return float(-np.log1p(-draws.uniforms(_CLOSING, closing.block, 1, 1)[0, 0]) / closing.per_day)


def _with_step_down(
    places: Places, slots: StepDownSlots, draws: Draws, horizon_days: int
) -> Places:
    """Times at which the programme can take a child on: one in each equal part of a year."""
    until = min(slots.to_day, float(horizon_days))
    number = max(int(np.ceil((until - slots.from_day) * slots.per_day)), 0)
    luck = draws.uniforms(_STEP_DOWN, 0, number, 2)
    time = slots.from_day + (np.arange(number) + luck[:, 0]) / max(slots.per_day, 1e-300)
    inside = (time > 0) & (time <= until)
    assert places.step_down is not None
    programme = replace(
        places.step_down, time=to_ticks(time[inside]), chance=np.ascontiguousarray(luck[inside, 1])
    )
    return replace(places, step_down=programme)
