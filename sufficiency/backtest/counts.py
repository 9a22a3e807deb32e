"""What was published of every authority year by year, as arrays that can be cut at any year.

A forecaster is handed `ObservedCounts.as_at(origin)`, which holds no later year. Nothing here is
forecast, and no cell held back by the publisher is guessed where it is scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.backtest.targets import (
    AGES,
    FOR_ADOPTION,
    FOSTERING,
    GROUP_ROWS,
    GROUPS,
    HOMES_AND_SUPPORTED,
    IN_CARE_ROW,
    LATEST_YEAR,
    LEAVERS_ROW,
    N_TARGETS,
    PARTED_FROM,
    PARTED_ROWS,
    STARTERS_ROW,
    WITH_PARENTS,
)
from sufficiency.domain import AGE_BANDS
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import Authority
from sufficiency.history.counts import TOTAL, Counts
from sufficiency.history.published import OLDEST, OVER_16, YOUNG, PublishedHistory

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FIRST_YEAR = 2010
N_AGES = len(AGE_BANDS)
MIDDLE_HELD_BACK = 3.0
_BEFORE_PARTED = {HOMES_AND_SUPPORTED: ["homes_and_semi_independent", "living_independently"]}
_SINCE_PARTED = {HOMES_AND_SUPPORTED: ["secure_and_childrens_homes", "supported"]}
_SINGLE = {FOSTERING: ["fostering"], WITH_PARENTS: ["with_parents"], FOR_ADOPTION: [FOR_ADOPTION]}
_PARTED_CELLS = ["secure_and_childrens_homes", "supported"]


@dataclass(frozen=True)
class ObservedCounts:
    """A authorities, Y years ending 31 March, the targets; NaN where not published or held back.

    Stocks are on 31 March of the year, flows in the year that ends then.
    """

    authorities: tuple[Authority, ...]
    first_year: int
    values: Floats
    """(A, Y, targets)."""
    suppressed: Flags
    """(A, Y, targets): held back by the publisher."""
    starters_by_age: Floats
    """(A, Y, 5): cells held back share what the total leaves."""
    leavers_by_age: Floats
    """(A, Y, 6): the age bands before 18, then at 18; likewise. Ages 16 and 17 and 18 are not
    parted before 2016."""
    leavers_over_16: Floats
    """(A, Y): leavers of 16 and over."""

    @property
    def last_year(self) -> int:
        """The last year held."""
        return self.first_year + int(self.values.shape[1]) - 1

    def as_at(self, year: int) -> ObservedCounts:
        """The same counts up to ``year``: nothing later is left to read."""
        held = year - self.first_year + 1
        return ObservedCounts(
            self.authorities,
            self.first_year,
            self.values[:, :held].copy(),
            self.suppressed[:, :held].copy(),
            self.starters_by_age[:, :held].copy(),
            self.leavers_by_age[:, :held].copy(),
            self.leavers_over_16[:, :held].copy(),
        )

    def at(self, year: int) -> Floats:
        """(A, targets): one year's counts; NaN for a year that is not held."""
        position = year - self.first_year
        if not 0 <= position < self.values.shape[1]:
            return np.full((len(self.authorities), N_TARGETS), np.nan)
        return np.asarray(self.values[:, position])


def read_counts(history: PublishedHistory, authorities: Sequence[Authority]) -> ObservedCounts:
    """What a history holds of some authorities. One without any figures has only NaN."""
    last = min(history.year, LATEST_YEAR)
    shape = (len(authorities), last - FIRST_YEAR + 1)
    counts = ObservedCounts(
        tuple(authorities),
        FIRST_YEAR,
        np.full((*shape, N_TARGETS), np.nan),
        np.zeros((*shape, N_TARGETS), dtype=bool),
        np.full((*shape, N_AGES), np.nan),
        np.full((*shape, N_AGES + 1), np.nan),
        np.full(shape, np.nan),
    )
    years = pd.RangeIndex(FIRST_YEAR, last + 1)
    for place, authority in enumerate(authorities):
        try:
            history.panel(authority)
        except HistoryError:
            continue
        _read_one(history, authority, counts, place, years)
    return counts


def _read_one(
    history: PublishedHistory,
    authority: Authority,
    into: ObservedCounts,
    place: int,
    years: pd.RangeIndex,
) -> None:
    values, suppressed = into.values[place], into.suppressed[place]
    panel = history.panel(authority).reindex(years)
    for row, name in ((IN_CARE_ROW, "in_care"), (STARTERS_ROW, "started"), (LEAVERS_ROW, "ceased")):
        values[:, row] = panel[name]
        # The panel prints every count but those of 1 to 5 children.
        suppressed[:, row] = panel[name].isna() & panel["in_care"].notna()
    stock = history.stock_by_age(authority)
    bands = [str(band) for band in AGE_BANDS]
    values[:, AGES], suppressed[:, AGES] = _cells(stock, bands, years)
    placements = history.stock_by_placement(authority)
    for row, group in zip(range(*GROUP_ROWS.indices(N_TARGETS)), GROUPS, strict=True):
        values[:, row], suppressed[:, row] = _group(placements, group, years)
    parted = np.asarray(years) >= PARTED_FROM
    found, held_back = _cells(placements, _PARTED_CELLS, years)
    values[parted, PARTED_ROWS] = found[parted]
    suppressed[parted, PARTED_ROWS] = held_back[parted]
    starters = history.starters_by_age(authority)
    into.starters_by_age[place] = _filled(starters, [*YOUNG, OLDEST], years)
    leavers = history.leavers_by_age(authority)
    by_age = _filled(leavers, [*YOUNG, OLDEST, "18_plus"], years)
    into.leavers_by_age[place] = by_age
    over_16 = leavers.number[OVER_16].reindex(years).to_numpy(dtype=float)
    left = values[:, LEAVERS_ROW] - by_age[:, : len(YOUNG)].sum(axis=1)
    into.leavers_over_16[place] = np.where(np.isnan(over_16), np.clip(left, 0, None), over_16)


def _cells(counts: Counts, cells: list[str], years: pd.RangeIndex) -> tuple[Floats, Flags]:
    """(Y, cells): numbers and whether they are held back."""
    chosen = counts.select(cells)
    return (
        chosen.number.reindex(years).to_numpy(dtype=float),
        chosen.suppressed.reindex(years, fill_value=False).to_numpy(dtype=bool),
    )


def _group(counts: Counts, group: str, years: pd.RangeIndex) -> tuple[Floats, Flags]:
    """(Y,): a placement group from the cells that its year's publication has."""
    older = _cells(counts, _BEFORE_PARTED.get(group) or _SINGLE[group], years)
    newer = _cells(counts, _SINCE_PARTED.get(group) or _SINGLE[group], years)
    parted = np.asarray(years) >= PARTED_FROM
    number = np.where(parted, newer[0].sum(axis=1), older[0].sum(axis=1))
    return number, np.where(parted, newer[1].any(axis=1), older[1].any(axis=1))


def _filled(counts: Counts, cells: list[str], years: pd.RangeIndex) -> Floats:
    """(Y, cells): numbers to forecast from; cells held back share what the total leaves.

    Where other cells are not published at all, each is the middle of the 1 to 5 that are held
    back, or less if the total leaves less.
    """
    number, held_back = _cells(counts, cells, years)
    total = counts.number[TOTAL].reindex(years).to_numpy(dtype=float)
    left = np.clip(total - np.nansum(number, axis=1), 0, None)
    share = left / np.maximum(held_back.sum(axis=1), 1)
    some_unpublished = (np.isnan(number) & ~held_back).any(axis=1)
    share = np.where(some_unpublished, np.minimum(share, MIDDLE_HELD_BACK), share)
    return np.where(held_back, share[:, None], number)
