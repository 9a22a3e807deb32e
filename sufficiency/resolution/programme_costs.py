"""What interventions cost month by month, and who pays: nothing of it is in placements' cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np

from sufficiency.domain import begins, month_end
from sufficiency.resolution.profiles import profile
from sufficiency.scenario.interventions import Intervention
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.moments import day_of
from sufficiency.scenario.programme_cost import ProgrammeCost
from sufficiency.scenario.sourced import Pounds
from sufficiency.simulation.world import Floats, Ints


class Months(Protocol):
    """The calendar of a report."""

    @property
    def dates(self) -> Sequence[date]:
        """The start date, then the last day of each of M months."""


@dataclass(frozen=True)
class ProgrammeCosts:
    """Costs of I interventions in M months, in pounds of the day."""

    names: tuple[str, ...]
    total_gbp: Floats
    """(I, M): set-up, running and per child, whoever pays."""
    others_gbp: Floats
    """(I, M): of it, what somebody else pays in the council's place."""
    grant_gbp: Floats
    """(I, M): what government pays the council towards it."""

    @property
    def council_gbp(self) -> Floats:
        """(I, M): what is left for the council; below 0 where a grant exceeds the cost."""
        return self.total_gbp - self.others_gbp - self.grant_gbp


def programme_costs_gbp(scenario: Scenario, calendar: Months) -> Floats:
    """(I, M): what the council pays for each intervention in each month, grants taken off."""
    return programme_costs(scenario, calendar).council_gbp


def programme_costs(scenario: Scenario, calendar: Months) -> ProgrammeCosts:
    """What each intervention costs in each month, and who pays.

    An amount a month is for a whole calendar month, and by days for a part of one. What a child
    costs grows with the ramp. Set-up falls in the month of the first day; one before the forecast
    is spent already.
    """
    items, n_months = scenario.interventions, len(calendar.dates) - 1
    total, others, grant = (np.zeros((len(items), n_months)) for _ in range(3))
    for row, item in enumerate(items):
        if item.cost is not None:
            total[row], paid, grant[row] = _of_one(item, item.cost, calendar.dates)
            others[row] = total[row] * paid
    return ProgrammeCosts(tuple(item.name for item in items), total, others, grant)


def _of_one(
    item: Intervention, cost: ProgrammeCost, dates: Sequence[date]
) -> tuple[Floats, Floats, Floats]:
    """The cost, the share that others pay and the grant of one intervention, each (M,)."""
    start = dates[0]
    first, _, after_last = item.timetable(start)
    steps = profile(item, start)
    days = [start + timedelta(days=at + 1) for at in range((dates[-1] - start).days)]
    month = np.searchsorted(np.array(dates[1:]), np.array(days))
    runs = np.array([first <= day and (after_last is None or day < after_last) for day in days])
    of_month = runs / np.array([month_end(day).day for day in days])
    n_months = len(dates) - 1
    served = 0.0 if cost.children_per_month is None else cost.children_per_month
    if cost.children_per_month is None and item.prevention is not None:
        served = item.prevention.children_served_per_month.expected
    size = steps.at(np.array([begins(start, day) for day in days]))
    a_day = of_month * (_gbp(cost.per_month_gbp) + size * served * _gbp(cost.per_child_gbp))
    until = None if cost.until is None else day_of(cost.until, start)
    by_others = np.array([not cost.is_councils and (until is None or d <= until) for d in days])
    grant_until = None if cost.grant_until is None else day_of(cost.grant_until, start)
    granted = np.array([grant_until is None or day <= grant_until for day in days])
    total = _by_month(month, a_day, n_months)
    paid = _by_month(month, a_day * by_others, n_months)
    if start < first <= dates[-1]:
        at = month[days.index(first)]
        total[at] += _gbp(cost.set_up_gbp)
        paid[at] += _gbp(cost.set_up_gbp) * by_others[days.index(first)]
    share: Floats = np.divide(paid, total, out=np.zeros(n_months), where=total > 0)
    grant = _by_month(month, of_month * granted * _gbp(cost.grant_per_month_gbp), n_months)
    return total, share, grant


def _by_month(month: Ints, a_day: Floats, n_months: int) -> Floats:
    """(M,): what falls in each month."""
    summed: Floats = np.bincount(month, a_day, n_months).astype(np.float64)
    return summed


def _gbp(amount: Pounds | None) -> float:
    return 0.0 if amount is None else float(amount.value)
