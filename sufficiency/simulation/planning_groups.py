"""Planning groups: need groups parted by what a council plans for apart, on top of the seven.

A group is a share of a need group, by age. Rates are fitted for the seven; here they are laid out
for all, so that a group lives by the rates of the need group that it is part of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sufficiency.simulation.world import Entries, Floats, Hazards, Ints


@dataclass(frozen=True)
class PlanningGroups:
    """How the seven need groups are parted. A age groups, N need groups in all, the seven first."""

    base: Ints
    """(N,): which of the seven each is, or is part of."""
    first: Floats
    """(A, 7, N): how those of an age and one of the seven are parted; rows sum to 1."""
    after_a_move: Floats
    """(2, N, 7, N): how those of a present group are parted, under 16 (0) or older (1), after a
    move to one of the seven; who keeps the same of the seven keeps the group."""


def parted_entries(entries: Entries, groups: PlanningGroups) -> Entries:
    """The same entries with first needs (A, N)."""
    first: Floats = np.einsum("ab,abn->an", entries.first_need, groups.first)
    return replace(entries, first_need=first)


def parted_hazards(hazards: Hazards, groups: PlanningGroups) -> Hazards:
    """The same hazards with need factors (C, N) and next needs (M, 2, N, N)."""
    group = hazards.calendar_group
    if group is not None and group.shape[1] != len(groups.base):
        group = np.ascontiguousarray(group[:, groups.base])
    to_base = hazards.destination[:, :, groups.base]
    destination: Floats = np.einsum("monc,oncd->mond", to_base, groups.after_a_move)
    return replace(
        hazards,
        need_factor=np.ascontiguousarray(hazards.need_factor[:, groups.base]),
        destination=destination,
        calendar_group=group,
    )
