"""By when a number or a rate of children in care is reached, at the flows that are expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.comparison.many import run_many
from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.errors import UserError
from sufficiency.executors import Workers
from sufficiency.measures.monthly import Figures, Surroundings
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.rows import FORECAST_ROWS
from sufficiency.planning.arithmetic import Flows, reach
from sufficiency.report.plan_report import ReachLine
from sufficiency.resolution.resolve import Resolved

Floats = NDArray[np.float64]

ENGLAND, NEIGHBOURS = "england", "neighbours"
PER_10K = 10_000
FLOW_FUTURES = 200
_PUBLISHED = {ENGLAND: "england_rate_per_10k", NEIGHBOURS: "neighbours_rate_per_10k"}
_MEASURES = ("in_care", "starters", "leavers")


@dataclass(frozen=True)
class Wish:
    """A number in care, or a rate, that somebody asks about."""

    number: float | None = None
    rate: str = ""
    """``england``, ``neighbours`` or a rate per 10,000."""
    by: date | None = None
    """Default: the end of the forecast."""


def reach_lines(
    resolved: Resolved, wishes: Sequence[Wish], seed: int, workers: Workers
) -> tuple[tuple[ReachLine, ...], float]:
    """What is said of each wish, and the children in care at the start.

    Raises `UserError` for a rate that cannot be read or is not published, or a date that is not
    after the start.
    """
    calendar = report_calendar(resolved.start, resolved.months)
    in_care = len(resolved.plan.children.need)
    asked = check_wishes(resolved, wishes)
    if not asked:
        return (), float(in_care)
    totals = run_many(
        [resolved],
        FLOW_FUTURES,
        seed,
        _totals,
        workers=workers.number,
    ).of(0, "totals")
    flows = _flows(totals, calendar.days)
    lines = []
    for wish, (number, label, rate) in zip(wishes, asked, strict=True):
        by = wish.by or calendar.dates[-1]
        found = reach(number, label, flows, resolved.start, by)
        lines.append(
            ReachLine(
                label=label,
                number=number,
                rate_per_10k=rate,
                by=by,
                reached=found.at_these_flows,
                entries_now=flows.entries_per_year,
                entries_needed=found.entries_needed_per_year,
                exits_now=100 * flows.exits_per_child_year,
                exits_needed=None
                if found.exits_needed_per_child_year is None
                else 100 * found.exits_needed_per_child_year,
                settles_at=flows.settles_at,
                simulated_share=_share_reached(totals[:, 0], calendar.dates, number, in_care, by),
            )
        )
    return tuple(lines), float(in_care)


def check_wishes(
    resolved: Resolved, wishes: Sequence[Wish]
) -> list[tuple[float, str, float | None]]:
    """The number in care that each asks about, what it is called, and the rate if it is one.

    Raises as `reach_lines`.
    """
    for wish in wishes:
        if wish.by is not None and wish.by <= resolved.start:
            raise UserError(
                f"--reach-by: found {wish.by:%Y-%m}, expected a month after the start "
                f"({resolved.start:%Y-%m})."
            )
    return [_number(resolved, wish) for wish in wishes]


def _totals(figures: Figures, around: Surroundings) -> Mapping[str, Floats]:
    """Children in care, starters and leavers on each date: (n, 3, T)."""
    del around
    rows = [FORECAST_ROWS.index((measure, "all", "all")) for measure in _MEASURES]
    return {"totals": figures.forecast[:, rows].astype(np.float64)}


def _flows(totals: Floats, days: NDArray[np.int64]) -> Flows:
    """Expected flows over the first year of the forecast, or all of it if it is shorter."""
    last = min(MONTHS_PER_YEAR, len(days) - 1)
    years = days[last] / 365.25
    expected = totals.mean(axis=0)
    average = float(np.average((expected[0, 1 : last + 1] + expected[0, :last]) / 2))
    return Flows(
        in_care=float(expected[0, 0]),
        entries_per_year=float(expected[1, 1 : last + 1].sum() / years),
        exits_per_child_year=float(expected[2, 1 : last + 1].sum() / years / average),
    )


def _share_reached(
    in_care: Floats, dates: Sequence[date], number: float, start: float, by: date
) -> float:
    """The share of futures in which a number is reached at any month's end until a date."""
    until = np.array([position > 0 and day <= by for position, day in enumerate(dates)])
    if not until.any():
        return float("nan")
    seen = in_care[:, until]
    reached = (seen <= number).any(axis=1) if number <= start else (seen >= number).any(axis=1)
    return float(reached.mean())


def _number(resolved: Resolved, wish: Wish) -> tuple[float, str, float | None]:
    """The number in care that is wished for, what it is called, and the rate if it is one."""
    if wish.number is not None:
        return wish.number, f"{wish.number:,.0f} children in care", None
    population = resolved.population_0_17
    if not population:
        raise UserError(
            f"--reach-rate: no number of children aged 0 to 17 is published for "
            f"{resolved.authority.name}, so a rate cannot be turned into children. Use --reach."
        )
    rate, label = _rate(resolved, wish.rate)
    return rate * population / PER_10K, label, rate


def _rate(resolved: Resolved, typed: str) -> tuple[float, str]:
    name = typed.strip().lower()
    if name in _PUBLISHED:
        history = resolved.manifest_extras["history"]
        known = [row for row in history if row.get(_PUBLISHED[name]) is not None]
        if not known:
            raise UserError(
                f"--reach-rate {name}: no such rate is published by the start of the forecast."
            )
        row = known[-1]
        who = "England's rate" if name == ENGLAND else "the statistical neighbours' rate"
        rate = float(row[_PUBLISHED[name]])
        return rate, f"{who} of {row['year']} ({rate:.0f} per 10,000 children)"
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(?:per\s*10[, ]?000)?", name)
    if found is None or not 0 < float(found[1]) < PER_10K:
        raise UserError(
            f'--reach-rate: found "{typed}", expected england, neighbours or a rate per 10,000 '
            "children such as 80."
        )
    rate = float(found[1])
    return rate, f"{rate:g} per 10,000 children"
