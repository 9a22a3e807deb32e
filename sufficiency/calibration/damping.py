"""Damping: what the number in care is drawn towards, and how soon.

Extrapolating last year's flows misses by more than "no change". What foretells growth beyond
England's trend, over all authorities and years, is (`TERMS`): a rate per head far from that of
similar councils, which comes back; many children of 16 and over, who are about to turn 18; and, a
little and not for long, an excess of starters over leavers. Fitted nationally once for each cut
year, on years up to the cut only (``calibration/README.md`` says how). Expected starters are then
those that carry the number in care along this path (`sufficiency.calibration.balance`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.cut_years import rows_as_at
from sufficiency.history.authorities import ENGLAND, Authority
from sufficiency.history.counts import as_number
from sufficiency.history.published import PublishedHistory
from sufficiency.shipped import shipped_path

Floats = NDArray[np.float64]

LEAST_GROWTH = 0.2
"""No path falls below this share of the children at the start."""


class GrowthTerms(NamedTuple):
    """What is known of an authority at the start that foretells growth; 0 where not known."""

    gap_to_peers: float
    """Log of children in care per head over that of its region and statistical neighbours."""
    share_16_and_over: float
    """Share of the children in care."""
    starters_over_leavers: float
    """Log of the latest year's starters over its leavers."""


TERMS = GrowthTerms._fields


@dataclass(frozen=True)
class Damping:
    """The path that the number in care is expected to take. Tuples are by `TERMS`."""

    cut_year: int
    """No year (ending 31 March) after this one was used in the fit."""
    window_years: int
    """Years of the base window that rates are taken from."""
    trend_per_year: float
    """Growth of the number in care a year: England's mean of all earlier years."""
    same_year_returns_share: float
    """Children who left and came back within a year, whom published starters count once: the
    share of the number in care by which it grows a year beyond started less ceased."""
    effect_per_year: tuple[float, ...]
    """Growth in the first year, as a share of the children at the start, by unit of each term."""
    persistence: tuple[float, ...]
    """Each later year's effect as a share of the one before."""
    mean_term: tuple[float, ...]
    """England's authorities' mean of each term in the cut year: only what differs has an effect."""

    def growth(self, terms: GrowthTerms, years: int) -> Floats:
        """Expected children in care after each year over those at the start, shape (years,).

        (1 + trend)^h + sum of effect x (term - mean) x (1 + p + ... + p^(h-1)).
        """
        after = np.arange(1, years + 1)
        path: Floats = np.power(1 + self.trend_per_year, after.astype(np.float64))
        for effect, persistence, mean, term in zip(
            self.effect_per_year, self.persistence, self.mean_term, terms, strict=True
        ):
            path += effect * (term - mean) * np.cumsum(np.power(persistence, after - 1.0))
        return np.asarray(np.maximum(path, LEAST_GROWTH), dtype=np.float64)


def load_damping(cut_year: int) -> Damping:
    """The damping fitted to years up to ``cut_year`` (year ending 31 March), or the last before.

    Raises `HistoryError` if every shipped fit has seen later years.
    """
    row = rows_as_at(shipped_path("calibration", "damping.csv"), cut_year).iloc[0]

    def by_term(name: str) -> tuple[float, ...]:
        return tuple(as_number(row[f"{name}_{term}"]) for term in TERMS)

    return Damping(
        cut_year=int(row["cut_year"]),
        window_years=int(row["window_years"]),
        trend_per_year=float(row["trend_per_year"]),
        same_year_returns_share=float(row["same_year_returns_share"]),
        effect_per_year=by_term("effect"),
        persistence=by_term("persistence"),
        mean_term=by_term("mean"),
    )


def growth_terms(
    history: PublishedHistory, authority: Authority, damping: Damping, share_16_and_over: float
) -> GrowthTerms:
    """An authority's terms at the last year of a history with a number in care.

    A term that is not published (population before 2013, starters held back) is the mean of
    England's authorities, so that it has no effect.
    """
    panel = history.panel(authority).iloc[-1]
    flows = float(panel["started"]), float(panel["ceased"])
    inflow = float(np.log(flows[0] / flows[1])) if min(flows) > 0 else np.nan
    rate = float(panel["in_care"]) / float(panel["population_0_17"])
    similar = _children_per_head_of_similar(history, authority, int(as_number(panel.name)))
    gap = float(np.log(rate / similar)) if rate > 0 and similar > 0 else np.nan
    found = (gap, share_16_and_over, inflow)
    return GrowthTerms(
        *(
            mean if np.isnan(term) else term
            for term, mean in zip(found, damping.mean_term, strict=True)
        )
    )


def _children_per_head_of_similar(
    history: PublishedHistory, authority: Authority, year: int
) -> float:
    """Children in care per child of the region and the statistical neighbours, itself apart."""
    if authority == ENGLAND:
        return float("nan")
    areas = history.local_authorities(year)
    neighbours = [neighbour.old_la_code for neighbour in history.neighbours(authority)]
    similar = areas["region"].eq(authority.region) | areas.index.isin(neighbours)
    similar &= areas.index != authority.old_la_code
    both = areas.loc[similar, ["in_care", "population_0_17"]].dropna()
    people = float(both["population_0_17"].sum())
    return float(both["in_care"].sum()) / people if people > 0 else float("nan")
