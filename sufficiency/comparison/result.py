"""What a comparison says, as tables: the same in Python and in the files of its folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sufficiency.comparison.paired import Paired
from sufficiency.comparison.waterfall import Steps


@dataclass(frozen=True)
class Comparison:
    """Scenarios beside a base."""

    manifest: dict[str, Any]
    comparison: pd.DataFrame
    """What each scenario changes; columns: `sufficiency.comparison.tables.COMPARISON_COLUMNS`."""
    scenarios: pd.DataFrame
    """Each scenario by itself; columns: `sufficiency.comparison.tables.SCENARIOS_COLUMNS`."""
    waterfall: pd.DataFrame
    """What drives the difference, if it was explained, else empty; columns:
    `sufficiency.comparison.waterfall.COLUMNS`."""
    pairs: tuple[Paired, ...]
    """The base and each other scenario, future by future."""
    steps: Steps | None = None
    """What the waterfall is made from, future by future."""
    forget_chunks: Callable[[], None] = lambda: None

    @property
    def is_paired(self) -> bool:
        """Whether all scenarios share their children, future by future."""
        return all(pair.is_paired for pair in self.pairs)

    @property
    def base(self) -> str:
        """The name of the scenario that the others are set against."""
        return self.pairs[0].base.name

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the scenarios that are set against the base, in their order."""
        return tuple(pair.other.name for pair in self.pairs)

    def forget(self) -> None:
        """Remove the futures from the disk, once the comparison is written; the tables stay."""
        self.forget_chunks()
