"""A scenario's planning groups: how many children of each age and need belong to each.

Where children live is published and what they need is not, so a group is the share that the
scenario states. Its members are spread over sectors as all children of that age and need are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.starting import ChildrenAtStart
from sufficiency.domain import AGE_BANDS, AGE_GROUPS, NEED_GROUPS, UASC, UASC_ROW
from sufficiency.report.words import AGE_LABELS, need_label
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.simulation.planning_groups import PlanningGroups

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SEVEN = len(NEED_GROUPS)
_OLDEST_BAND = len(AGE_BANDS) - 1
_AGE_WORDS = {**{str(band): AGE_LABELS[band] for band in AGE_BANDS}, UASC: "unaccompanied"}
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_UNDER_16, _AGE_16_AND_OVER = 0, 1


def planning_groups(scenario: Scenario, needs: Floats) -> PlanningGroups | None:
    """How the scenario parts the seven need groups; None if it does not.

    ``needs`` are the children at the start (A, 7, S): they say how old, and how often
    unaccompanied, those of a group are who move on to another need.
    """
    if not scenario.planning_groups:
        return None
    base = np.concatenate(
        [
            np.arange(_SEVEN),
            [NEED_GROUPS.index(group.of) for group in scenario.planning_groups],
        ]
    )
    first = np.zeros((len(AGE_GROUPS), _SEVEN, len(base)))
    for code, group in enumerate(scenario.planning_groups, start=_SEVEN):
        for row, age in enumerate(AGE_GROUPS):
            first[row, base[code], code] = group.share_at(str(age))
    for need in range(_SEVEN):
        first[:, need, need] = np.maximum(1 - first[:, need].sum(axis=1), 0.0)
    first /= first.sum(axis=2, keepdims=True)
    return PlanningGroups(base, first, _after_a_move(base, first, needs.sum(axis=2)))


def _after_a_move(base: Ints, first: Floats, children: Floats) -> Floats:
    """(2, N, 7, N): groups after a move to another of the seven.

    A child brings its age and whether it is unaccompanied, as far as its group tells them: a group
    of unaccompanied children is followed by one of theirs, if the new need has one.
    """
    result = np.zeros((2, len(base), _SEVEN, len(base)))
    for code, need in enumerate(base):
        members = children[:, need] * first[:, need, code]
        for older in (_UNDER_16, _AGE_16_AND_OVER):
            result[older, code] = np.einsum("a,acn->cn", _ages_of(members, older), first)
            result[older, code, need] = np.eye(len(base))[code]
    return result


def _ages_of(members: Floats, older: int) -> Floats:
    """(A,): age groups that a child of a group may be of, under 16 or older, and how likely."""
    weights = np.zeros(len(AGE_GROUPS))
    bands = slice(_OLDEST_BAND, UASC_ROW) if older else slice(0, _OLDEST_BAND)
    known = members[bands].sum() > 0
    weights[bands] = members[bands] if known else 1.0
    total = members.sum()
    alone = members[UASC_ROW] / total if total > 0 else 0.0
    weights /= weights.sum()
    weights *= 1 - alone
    weights[UASC_ROW] = alone
    return weights


def with_groups_at_start(children: ChildrenAtStart, groups: PlanningGroups) -> ChildrenAtStart:
    """The children at the start, each of one group: whole numbers, as evenly over sectors as can
    be."""
    need = children.need.copy()
    for age in range(len(AGE_GROUPS)):
        for base in range(_SEVEN):
            those = np.flatnonzero((children.age_group == age) & (children.need == base))
            edges = np.cumsum(groups.first[age, base])
            # The middle of each n-th part of the shares, for one child each.
            at = (_spread(len(those)) + 0.5) / max(len(those), 1)
            need[those] = np.minimum(np.searchsorted(edges, at, side="right"), len(edges) - 1)
    return replace(children, need=need)


def _spread(number: int) -> Ints:
    """The numbers from 0 on, in an order in which any run of neighbours covers them evenly:
    children are listed sector by sector."""
    by_golden_ratio = np.arange(number) * _GOLDEN_RATIO % 1
    spread: Ints = np.argsort(np.argsort(by_golden_ratio, kind="stable"), kind="stable")
    return spread


def group_origins(scenario: Scenario) -> list[Origin]:
    """The share of every planning group, with its source."""
    origins = []
    for position, group in enumerate(scenario.planning_groups):
        key, name = f"planning_groups.{position}", group.label or group.name.replace("_", " ")
        of = need_label(str(group.of)).lower()
        if group.share is not None:
            label = f"{name}: share of children who should have: {of}"
            origins.append(
                given_or(group.share, f"{key}.share", label, group.share.value, "share", "")
            )
        origins += [
            given_or(
                share,
                f"{key}.share_by_age.{age}",
                f"{name}: share of children ({_AGE_WORDS[str(age)]}) who should have: {of}",
                share.value,
                "share",
                "",
            )
            for age, share in group.share_by_age.items()
        ]
    return origins
