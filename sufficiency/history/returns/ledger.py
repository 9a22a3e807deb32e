"""What became of every row: used as it stands, repaired by a named rule, or set aside.

Rows in = rows used + rows repaired + rows set aside, whatever the input; a test holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]


class Action(StrEnum):
    """What a rule does to the rows that it finds."""

    REPAIRED = "repaired"
    SET_ASIDE = "set_aside"
    NOTED = "noted"
    """Used as it is, and counted for the data team."""


@dataclass(frozen=True)
class Rule:
    """One named rule of the specification."""

    name: str
    """Short and stable, such as ``dec_before_decom``."""
    action: Action
    meaning: str
    """What was found and what was done, in words for the data team."""
    codes: str = ""
    """The numbers of the statutory validation rules that it corresponds to."""


@dataclass
class RowLedger:
    """Which rows each rule touched. ``n_rows`` counts all rows read, of all tables used."""

    n_rows: int
    _found: dict[str, tuple[Rule, list[Rows]]] = field(default_factory=dict)

    def note(self, rule: Rule, rows: ArrayLike) -> None:
        """Enter the rows that a rule touched; none is fine."""
        found = np.asarray(rows, dtype=np.int64)
        if found.size:
            self._found.setdefault(rule.name, (rule, []))[1].append(found)

    def rules(self) -> Iterable[tuple[Rule, Rows]]:
        """Each rule that touched a row, with the rows, rising, each once."""
        for rule, parts in self._found.values():
            yield rule, np.unique(np.concatenate(parts))

    def fate(self) -> NDArray[np.object_]:
        """(n_rows,): ``used``, ``repaired`` or ``set_aside``; what set a row aside has the last
        word.
        """
        fate = np.full(self.n_rows, "used", dtype=object)
        for action in (Action.REPAIRED, Action.SET_ASIDE):
            for rule, rows in self.rules():
                if rule.action is action:
                    fate[rows] = str(action)
        return fate

    def counts(self) -> dict[str, int]:
        """Rows by fate; they sum to ``n_rows``."""
        fate = self.fate()
        return {name: int(np.sum(fate == name)) for name in ("used", "repaired", "set_aside")}
