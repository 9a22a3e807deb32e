"""When an intervention has how much of its effect: steps in time from its days."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from sufficiency.domain import begins, next_month
from sufficiency.scenario.interventions import Intervention
from sufficiency.simulation.world import Floats


class Profile(NamedTuple):
    """The share of its whole effect that an intervention has, as steps; before the first none."""

    times_days: Floats
    """(W,): rising; may lie before the start of the forecast."""
    weights: Floats
    """(W,): from each time to the next, the last for good."""
    release: tuple[float, float] | None
    """From when to when what was held back comes."""

    @property
    def over(self) -> float:
        """When nothing is left of it; infinity if it lasts."""
        if self.release is not None:
            return self.release[1]
        return float(self.times_days[-1]) if self.weights[-1] == 0 else math.inf

    def at(self, times: Floats) -> Floats:
        """The share at some times."""
        step = np.searchsorted(self.times_days, times, side="right")
        found: Floats = np.append(0.0, self.weights)[step]
        return found


def profile(item: Intervention, start: date) -> Profile:
    """The steps of an intervention in a forecast from the end of ``start``.

    A ramp and a fading are even, in steps of calendar months, each with the mean of its month.
    """
    first, full, after_last = item.timetable(start)
    steps = _slope(start, first, full, 0.0, 1.0)
    if after_last is None:
        return _profile(steps, None)
    end = begins(start, after_last)
    reached = min(1.0, (after_last - first) / (full - first)) if full > first else 1.0
    afterwards = item.afterwards
    if afterwards.what == "stays":
        kept = [step for step in steps if step[0] < end]
        return _profile([*kept, (end, reached)], None)
    steps = [step for step in steps if step[0] < end]
    if afterwards.what == "fades":
        gone = after_last + timedelta(days=afterwards.over_days or 1)
        return _profile([*steps, *_slope(start, after_last, gone, reached, 0.0)], None)
    over = (end, end + (afterwards.over_days or 1)) if afterwards.what == "returns" else None
    return _profile([*steps, (end, 0.0)], over)


def month_starts(start: date, horizon_days: int) -> list[float]:
    """When each calendar month within the forecast begins."""
    found, day = [], next_month(start)
    while begins(start, day) < horizon_days:
        found.append(begins(start, day))
        day = next_month(day)
    return found


def _profile(steps: list[tuple[float, float]], release: tuple[float, float] | None) -> Profile:
    times, weights = zip(*steps, strict=True)
    return Profile(np.array(times), np.array(weights), release)


def _slope(
    start: date, first: date, last: date, before: float, after: float
) -> list[tuple[float, float]]:
    """Steps from one level on one day to another on a later one, and that level from then on."""
    days = [first]
    while (day := next_month(days[-1])) < last:
        days.append(day)
    if last <= first:
        return [(begins(start, first), after)]
    whole = (last - first).days
    edges = [(day - first).days / whole for day in (*days, last)]
    steps = [
        (begins(start, day), before + (after - before) * (edges[at] + edges[at + 1]) / 2)
        for at, day in enumerate(days)
    ]
    return [*steps, (begins(start, last), after)]
