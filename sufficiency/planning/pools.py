"""The pools of places that a plan may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sufficiency.domain import Sector
from sufficiency.errors import UserError
from sufficiency.resolution.places_added import pools_of
from sufficiency.resolution.pools import Pool
from sufficiency.resolution.resolve import Resolved

NOT_BOUGHT = frozenset({Sector.CONNECTED_PERSONS, Sector.OTHER})
"""Sectors whose places a council does not look for."""


@dataclass(frozen=True)
class Allowed:
    """A pool that the plan may change, by at most so many places."""

    pool: Pool
    number: int
    """Its position among the scenario's pools."""
    most: int | None
    """No more than so many places may be added or taken away; None: no such limit."""


def allowed_pools(resolved: Resolved, named: Sequence[str]) -> tuple[Allowed, ...]:
    """The pools that the user names as ``NAME`` or ``NAME=MOST``; by default all with a limit.

    Raises `UserError` for a name that is not a pool, a pool without a limit, or no pool at all.
    """
    pools = pools_of(resolved)
    if not named:
        return _limited(pools, _where(resolved))
    found: dict[str, Allowed] = {}
    for typed in named:
        name, _, most = (part.strip() for part in typed.partition("="))
        number = _number_of(name, pools)
        if pools[number].places_at_start is None:
            raise UserError(
                f"--pools: places in {name} are not limited in this scenario (as many as are asked "
                f"for are bought), so more of them change nothing. Give the number there is under "
                f"sectors.{pools[number].sector}.places, or leave {name} out."
            )
        if most and not most.isdigit():
            raise UserError(
                f'--pools: found "{typed}", expected a pool, or a pool and the most places to add '
                f"or take away, such as {name}=20."
            )
        found[name] = Allowed(pools[number], number, int(most) if most else None)
    return tuple(found.values())


def _where(resolved: Resolved) -> str:
    """What holds the scenario: its file, or the authority that it was made for."""
    files = resolved.scenario.files
    return str(files[0]) if files else f"The forecast for {resolved.authority.name}"


def _limited(pools: Sequence[Pool], where: str) -> tuple[Allowed, ...]:
    limited = tuple(
        Allowed(pool, number, None)
        for number, pool in enumerate(pools)
        if pool.places_at_start is not None and pool.sector not in NOT_BOUGHT
    )
    if not limited:
        raise UserError(
            f"{where} limits no places, so there is nothing to plan: every place that is asked "
            "for is bought. Give a scenario file the places there are, such as "
            "sectors.internal_fostering.places; sufficiency schema lists the keys."
        )
    return limited


def _number_of(name: str, pools: Sequence[Pool]) -> int:
    names = [pool.name for pool in pools]
    if name in names:
        return names.index(name)
    near = get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UserError(
        f"--pools: there is no pool {name} in this scenario. {hint}Its pools are "
        f"{', '.join(names)}."
    )
