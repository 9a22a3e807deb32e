"""What is asked of a plan, and whether it can be planned at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from sufficiency.domain import next_month
from sufficiency.errors import UserError
from sufficiency.measures.reporting import report_calendar
from sufficiency.planning.futures import constraints_of
from sufficiency.planning.pools import Allowed, allowed_pools
from sufficiency.planning.target import Target, check_targets
from sufficiency.resolution.resolve import Resolved

FEWEST_PLACES, LEAST_COST = "places", "cost"
FUTURES, FURTHER_FUTURES = 4000, 1000
"""By default; ``benchmarks/plan.py`` shows how far plans of several seeds then differ."""


@dataclass(frozen=True)
class Request:
    """What is asked of a plan."""

    targets: tuple[Target, ...]
    pools: tuple[str, ...] = ()
    """As `allowed_pools` reads them; empty: every pool with a limit."""
    least: str = FEWEST_PLACES
    """What is to be least: ``places`` (ties: cost) or ``cost``."""
    futures: int = FUTURES
    """How many futures plans are judged on."""
    further_futures: int = FURTHER_FUTURES
    """How many more the plan is confirmed on."""
    seed: int = 1
    keep_lead_times: bool = True
    """Whether a place can open only after its pool's lead time."""


def check_request(
    resolved: Resolved, request: Request
) -> tuple[tuple[Allowed, ...], tuple[Allowed, ...]]:
    """The pools whose places can open in time, and the others. Raises as `find_plan`."""
    check_targets(request.targets, report_calendar(resolved.start, resolved.months))
    last = max(each.reading.date for each in constraints_of(request.targets))
    return _in_time(resolved, request, last)


def opens_from(resolved: Resolved, allowed: Allowed, request: Request) -> date:
    """The first day of a month on which places of a pool that is decided on at the start open."""
    lead = math.ceil(allowed.pool.lead_time_days) if request.keep_lead_times else 0
    ready = resolved.start + timedelta(days=max(lead, 1))
    return ready if ready.day == 1 else next_month(ready)


def _in_time(
    resolved: Resolved, request: Request, last: date
) -> tuple[tuple[Allowed, ...], tuple[Allowed, ...]]:
    """The pools whose places can open before the last date of a target, and the others."""
    every = allowed_pools(resolved, request.pools)
    in_time = tuple(each for each in every if opens_from(resolved, each, request) <= last)
    if not in_time:
        soonest = min(opens_from(resolved, each, request) for each in every)
        raise UserError(
            f"No place can open in time: the targets end with {last:%B %Y}, and the first of the "
            f"pools to plan opens on {soonest.day} {soonest:%B %Y} at the earliest, by its lead "
            "time. Choose a later month or other pools, give lead_time_days, or plan as if places "
            "could open at once (--no-lead-times)."
        )
    return in_time, tuple(each for each in every if each not in in_time)
