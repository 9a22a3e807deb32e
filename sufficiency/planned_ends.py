"""A forecast with and without what a placements team plans: the same children and the same luck."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.chunks import TOTALS, KeptFigure, cut, replications_a_chunk, work_out_chunk
from sufficiency.executors import Workers, work_out
from sufficiency.replication import IN_CARE_ROW, Job, Layers

Floats = NDArray[np.float64]

MOST_REPLICATIONS = 400
"""Enough to tell the difference of two paired forecasts to a part of a child."""
_LOW, _HIGH = 0.1, 0.9


def with_and_without(
    job: Job, forecast: KeptFigure, layers: Layers, crew: Workers
) -> dict[str, Any] | None:
    """Children in care with and without the team's plans; None if it has none that are followed.

    ``forecast`` is that of the run, with the plans; as many replications are simulated again
    without them, at most `MOST_REPLICATIONS`. Of the result, ``children`` says for how many there
    is a plan, and ``rows`` have ``date, with_plans, without_plans, difference, p10, p90``: expected
    values and the range of the paired difference.
    """
    children = int(getattr(job.resolved, "planned_ends", 0))
    if not children:
        return None
    dates = job.surroundings.calendar.dates
    n = min(len(forecast), MOST_REPLICATIONS)
    cells = forecast.cells(IN_CARE_ROW * len(dates), (IN_CARE_ROW + 1) * len(dates))
    as_planned = cells[:, :n].astype(np.float64)
    by_rates = _by_rates(job, n, layers, crew)
    difference = as_planned - by_rates
    low, high = np.quantile(difference, (_LOW, _HIGH), axis=1)
    columns = {
        "with_plans": as_planned.mean(axis=1),
        "without_plans": by_rates.mean(axis=1),
        "difference": difference.mean(axis=1),
        "p10": low,
        "p90": high,
    }
    rows = [
        {"date": day.isoformat(), **{name: float(of[at]) for name, of in columns.items()}}
        for at, day in enumerate(dates)
    ]
    return {"children": children, "replications": n, "rows": rows}


def _by_rates(job: Job, n: int, layers: Layers, crew: Workers) -> Floats:
    """(T, n): children in care in the same replications without the plans."""
    resolved: Any = job.resolved
    other = replace(job, resolved=resolved.without_planned_ends())
    size = replications_a_chunk(len(resolved.plan.children.need), job.resolved.months)
    chunks = cut(n, size, layers, whole=False)
    found: dict[int, Any] = {}
    with closing(work_out(work_out_chunk, other, chunks, crew)) as results:
        for position, arrays in results:
            found[position] = arrays[TOTALS]
    return _side_by_side([found[position] for position in range(len(chunks))])


def _side_by_side(parts: Sequence[Any]) -> Floats:
    return np.concatenate(parts, axis=1).astype(np.float64)
