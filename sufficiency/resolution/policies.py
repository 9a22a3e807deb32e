"""Which pool a child is offered first: the allocation policies.

A policy puts the pools that a need group may use in order; the simulation then offers a child the
first with a free place that takes children of its age. It is one method, so a notebook may pass
its own to `sufficiency.simulate(..., policy=...)`::

    class NearestFirst:
        def order(self, need, pools):
            return sorted(pools, key=lambda pool: pool.distance_band != "up_to_20_miles")

What suits a child, and which sector is its first choice, is the need group's own affair and no
policy changes it: a policy that fills unsuitable places first shows as unmet need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sufficiency.domain import Sector
from sufficiency.errors import UserError
from sufficiency.resolution.pool import Pool
from sufficiency.scenario.matching import PolicyName


@dataclass(frozen=True)
class Need:
    """What a group of children should have."""

    name: str
    order: tuple[Sector, ...]
    """Sectors in order of use; the first is first choice."""
    suitable: frozenset[Sector]
    """Those of them that suit the child."""


class AllocationPolicy(Protocol):
    """How places are offered."""

    def order(self, need: Need, pools: Sequence[Pool]) -> Sequence[Pool]:
        """The pools in order of use for children with this need.

        ``pools`` are those of the need's sectors: sectors in the need's order, and in each the
        pools as the scenario lists them. A pool left out is never used.
        """


class InternalFirst:
    """Sectors in the need's order, and in each the pools as listed.

    Wolverhampton's rule, with the needs that ship: the council's own foster families, then agency
    families, and residential care where it is best or nothing else can be found.
    """

    def order(self, need: Need, pools: Sequence[Pool]) -> Sequence[Pool]:
        """As they come."""
        return pools


class SuitabilityFirst:
    """Every pool that suits the child before any that does not, otherwise internal first."""

    def order(self, need: Need, pools: Sequence[Pool]) -> Sequence[Pool]:
        """Suitable pools first; the sort keeps the order of equals."""
        return sorted(pools, key=lambda pool: pool.sector not in need.suitable)


class LocalFirst:
    """Suitable pools first, and among them those in the area before those outside.

    A pool of which nobody says where it is comes between the two.
    """

    def order(self, need: Need, pools: Sequence[Pool]) -> Sequence[Pool]:
        """By fit, then by place; the sort keeps the order of equals."""
        rank = {True: 0, None: 1, False: 2}
        return sorted(
            pools, key=lambda pool: (pool.sector not in need.suitable, rank[pool.in_area])
        )


POLICIES: dict[PolicyName, AllocationPolicy] = {
    "internal_first": InternalFirst(),
    "suitability_first": SuitabilityFirst(),
    "local_first": LocalFirst(),
}


def pools_in_order(policy: AllocationPolicy, need: Need, pools: Sequence[Pool]) -> list[Pool]:
    """The pools that a policy offers to children with a need, checked.

    Raises:
        UserError: the policy gives no pool, one twice, or one that is not the need's.
    """
    if not callable(getattr(policy, "order", None)):
        raise UserError(
            f"The allocation policy is {policy!r}, expected an object with a method "
            "order(need, pools) that puts the pools in order of use; a policy that ships is named "
            "in the scenario (allocation: policy)."
        )
    offered = [pool for sector in need.order for pool in pools if pool.sector is sector]
    ordered = list(policy.order(need, tuple(offered)))
    strange = [pool for pool in ordered if pool not in offered or ordered.count(pool) > 1]
    if strange or not ordered:
        what = f"{strange[0]!r}" if strange else "no pool at all"
        raise UserError(
            f"The allocation policy {type(policy).__name__} gave {what} for the need {need.name}; "
            "expected some of the pools that it was given, each once."
        )
    return ordered
