"""Which changes lie between a base and a combination, and the simulations that part them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.comparison.changes import (
    Change,
    as_one,
    changes_between,
    check_together,
    with_changes,
)
from sufficiency.comparison.many import Many
from sufficiency.comparison.values import ScenarioValues
from sufficiency.comparison.waterfall import (
    ALL_ORDERS,
    EXPLAINED,
    LISTED_ORDER,
    MOST_IN_ALL_ORDERS,
    Steps,
    sets_to_run,
    steps_of,
)
from sufficiency.errors import UserError
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.model import Scenario

Floats = NDArray[np.float64]

_LONGEST_NAME = 80


@dataclass(frozen=True)
class Explanation:
    """The changes between a base and a combination, and where each set of them is simulated."""

    base: str
    combination: str
    changes: tuple[Change, ...]
    where: tuple[int, ...]
    """For every set of `sets_to_run` the number of its variant: a scenario that is compared, or
    one of ``extra`` after those."""
    extra: tuple[Resolved, ...]
    """Sets of changes that are none of the compared scenarios."""

    def described(self) -> dict[str, Any]:
        """What the manifest says of it."""
        in_all_orders = len(self.changes) <= MOST_IN_ALL_ORDERS
        return {
            "combination": self.combination,
            "changes": [change.name for change in self.changes],
            "entered": ALL_ORDERS if in_all_orders else LISTED_ORDER,
        }


def explanation_of(scenarios: Sequence[Scenario], resolved: Sequence[Resolved]) -> Explanation:
    """Of two scenarios the changes between them; of more, each one's, towards all together.

    Raises:
        UserError: nothing differs; or scenarios contradict each other, so that they cannot be
            combined.
        ScenarioError: changes that are possible one by one are not together.
    """
    base, *others = scenarios
    changes = _changes(base, others)
    combination = (
        others[0].name if len(others) == 1 else " + ".join(change.name for change in changes)
    )
    known: dict[tuple[int, ...], int] = {(): 0}
    if len(others) == 1:
        known[tuple(range(len(changes)))] = 1
    else:
        known |= {(number,): number + 1 for number in range(len(changes))}
    where: list[int] = []
    extra: list[Resolved] = []
    for chosen in sets_to_run(len(changes)):
        if chosen not in known:
            entered = [changes[number] for number in chosen]
            name = " + ".join(change.name for change in entered)[:_LONGEST_NAME]
            known[chosen] = len(resolved) + len(extra)
            extra.append(resolve(with_changes(base, entered, name)))
        where.append(known[chosen])
    return Explanation(base.name, combination, changes, tuple(where), tuple(extra))


def _changes(base: Scenario, others: Sequence[Scenario]) -> tuple[Change, ...]:
    """What is entered step by step."""
    each = [changes_between(base, other) for other in others]
    for other, changes in zip(others, each, strict=True):
        if not changes:
            raise UserError(
                f"{other.name} says nothing else than {base.name}, so there is nothing to explain. "
                "Leave out --explain, or that scenario."
            )
    if len(others) == 1:
        return each[0]
    whole = tuple(as_one(other.name, changes) for other, changes in zip(others, each, strict=True))
    check_together(whole)
    return whole


def steps_from(explanation: Explanation, many: Many, values: Sequence[ScenarioValues]) -> Steps:
    """The steps of the waterfall from the simulations of every set of changes."""
    outcomes = {
        measure: np.stack([_outcome(measure, at, many, values) for at in explanation.where])
        for measure in EXPLAINED
    }
    return steps_of(
        explanation.base,
        explanation.combination,
        explanation.changes,
        outcomes,
        values[0].calendar,
    )


def _outcome(measure: str, variant: int, many: Many, values: Sequence[ScenarioValues]) -> Floats:
    """(T, R): one measure of a set of changes."""
    if variant < len(values):
        return values[variant].of(measure)
    return np.ascontiguousarray(many.of(variant, measure).T.astype(np.float64))
