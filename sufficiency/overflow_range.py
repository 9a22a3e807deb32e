"""How the answer moves with what nobody observes: who lives where for want of a family.

Where children live is published; what they need is not. How many of those with agencies and in
residential care one of the council's own families would suit is an assumption, and it decides what
more places with own families can do. So the same futures, with the same children and the same
luck, are played at the lowest and the highest shares that are plausible.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.chunks import cut, replications_a_chunk, work_out_chunk
from sufficiency.domain import Sector
from sufficiency.executors import Workers, work_out
from sufficiency.measures.rows import ALL, FORECAST_ROWS
from sufficiency.replication import Job, Layers
from sufficiency.scenario.parts import OverflowShare
from sufficiency.scenario.sourced import Share
from sufficiency.summary_tables import RunFigures

Floats = NDArray[np.float64]

MOST_REPLICATIONS = 40
"""Enough for the difference of two paired forecasts."""
_LOW, _HIGH = 0.1, 0.9
CASES = ("low", "high")
SHARES = ("ifa", "residential")
COUNTED: dict[str, tuple[str, str, str]] = {
    "own_families": ("in_care", str(Sector.INTERNAL_FOSTERING), ALL),
    "agencies": ("in_care", str(Sector.IFA), ALL),
    "residential": ("in_care", str(Sector.RESIDENTIAL), ALL),
    "in_house_shortfall": ("in_house_shortfall", ALL, ALL),
    "unmet_need": ("unmet_need", ALL, ALL),
}
"""What is compared, by row of the forecast, on the last date; the cost is of the whole forecast."""
COST = "cost_gbp"


@dataclass(frozen=True)
class ShareRange:
    """The lowest, the used and the highest plausible share of a sector's children."""

    low: float
    used: float
    high: float


def overflow_range(
    job: Job, run: RunFigures, layers: Layers, crew: Workers
) -> dict[str, Any] | None:
    """What the lowest and highest shares change; None unless the scenario asks for it.

    Of the result, ``shares`` has the range of each share; ``rows`` have ``measure, expected`` (as
    the forecast has it) and, for each of ``low`` and ``high``, the ``expected`` value and ``p10``
    and ``p90`` of the paired difference. ``replications`` is how many futures were played again.
    """
    if not job.resolved.scenario.uncertainty.overflow_range:
        return None
    ranges = {name: share_range(job.resolved.scenario, name) for name in SHARES}
    n = min(len(run.figures["forecast"]), MOST_REPLICATIONS)
    as_used = _told({name: run.figures[name].replications(0, n) for name in ("forecast", COST)})
    played = {
        case: _told(_again(replace(job, resolved=_with_shares(job, ranges, case)), n, layers, crew))
        for case in CASES
    }
    return {
        "replications": n,
        "date": job.surroundings.calendar.dates[-1].isoformat(),
        "shares": {name: vars(found) for name, found in ranges.items()},
        "rows": [
            {
                "measure": measure,
                "expected": float(as_used[measure].mean()),
                **{case: _compared(played[case][measure], as_used[measure]) for case in CASES},
            }
            for measure in as_used
        ],
    }


def share_range(scenario: Any, name: str) -> ShareRange:
    """The range of one share: the scenario's where it gives the share, else the assumption's.

    A share that a scenario gives without a range is certain.
    """
    given = getattr(scenario.population.overflow_share, name)
    assumption = assumed(f"overflow_share_{name}")
    used = assumption.number if given is None else float(given.value)
    low = getattr(given, "low", None) if given is not None else assumption.low
    high = getattr(given, "high", None) if given is not None else assumption.high
    return ShareRange(
        used if low is None else float(low), used, used if high is None else float(high)
    )


def _with_shares(job: Job, ranges: Mapping[str, ShareRange], case: str) -> Any:
    """The same scenario, resolved with the lowest or the highest shares; places are offered in
    the same order, though a policy of the user's own has set it."""
    from sufficiency.resolution.resolve import resolve

    resolved: Any = job.resolved
    scenario = resolved.scenario
    shares = OverflowShare(
        **{name: Share(value=getattr(found, case)) for name, found in ranges.items()}
    )
    population = scenario.population.model_copy(update={"overflow_share": shares})
    other = resolve(scenario.model_copy(update={"population": population}))
    places = replace(other.plan.places, preference=resolved.plan.places.preference)
    return replace(other, plan=replace(other.plan, places=places))


def _again(job: Job, n: int, layers: Layers, crew: Workers) -> dict[str, Floats]:
    """Figures of the first n replications of another scenario, replications first."""
    resolved: Any = job.resolved
    size = replications_a_chunk(len(resolved.plan.children.need), resolved.months)
    chunks = cut(n, size, layers, whole=True)
    found: dict[int, Mapping[str, Any]] = {}
    with closing(work_out(work_out_chunk, job, chunks, crew)) as results:
        for position, arrays in results:
            found[position] = arrays
    rows = len(FORECAST_ROWS)
    together = {
        name: np.concatenate([found[at][name] for at in range(len(chunks))], axis=1).T
        for name in ("forecast", COST)
    }
    together["forecast"] = together["forecast"].reshape(n, rows, -1)
    return together


def _told(figures: Mapping[str, Any]) -> dict[str, Floats]:
    """(n,) of each measure that is compared."""
    forecast, cost = figures["forecast"], figures[COST]
    told = {
        name: forecast[:, FORECAST_ROWS.index(row), -1].astype(np.float64)
        for name, row in COUNTED.items()
    }
    told[COST] = cost.reshape(len(cost), -1).sum(axis=1, dtype=np.float64)
    return told


def _compared(other: Floats, as_used: Floats) -> dict[str, float]:
    low, high = np.quantile(other - as_used, (_LOW, _HIGH))
    return {"expected": float(other.mean()), "p10": float(low), "p90": float(high)}
