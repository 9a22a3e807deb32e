"""What plans come to in further futures: how often targets are met, gaps by month, cost by year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import financial_year
from sufficiency.executors import Workers
from sufficiency.measures.reporting import ReportCalendar, report_calendar
from sufficiency.measures.summary import STATISTICS, summarise
from sufficiency.planning.asking import Request
from sufficiency.planning.evenly import evenly_chosen
from sufficiency.planning.futures import (
    Constraint,
    Reading,
    is_met,
    margins,
    play,
    question_of,
    until,
)
from sufficiency.planning.making import Option, Search
from sufficiency.planning.steps import Step, Told, nobody
from sufficiency.planning.target import (
    COST,
    IN_AREA_SHARE,
    IN_HOUSE_SHARE,
    IN_HOUSE_SHORTFALL,
    OCCUPANCY,
    UNMET_NEED,
    UNPLACED,
)
from sufficiency.resolution.places_added import with_places_added
from sufficiency.resolution.resolve import Resolved

Floats = NDArray[np.float64]

WATCHED = (UNMET_NEED, IN_HOUSE_SHORTFALL, UNPLACED, IN_HOUSE_SHARE, IN_AREA_SHARE)
"""What is read at every month's end, besides what the targets name."""
ALL = "all"


@dataclass(frozen=True)
class Outcome:
    """Readings of every option in the same n further futures; the first option is no change."""

    options: tuple[Option, ...]
    constraints: tuple[Constraint, ...]
    readings: tuple[Reading, ...]
    values: Floats
    """(options, n, readings)."""
    calendar: ReportCalendar

    @property
    def futures(self) -> int:
        """How many further futures there are."""
        return int(self.values.shape[1])

    def of(self, option: int, reading: Reading) -> Floats:
        """(n,): one reading of an option."""
        found: Floats = self.values[option, :, self.readings.index(reading)]
        return found

    def certainty(self, option: int) -> Floats:
        """(C,): the share of further futures in which each constraint is met."""
        columns = [self.readings.index(each.reading) for each in self.constraints]
        met = is_met(margins(self.constraints, self.values[option][:, columns]))
        share: Floats = met.mean(axis=0)
        return share

    def standard_error(self, certainty: Floats | float) -> Floats:
        """Of a share of the further futures."""
        share = np.asarray(certainty, dtype=np.float64)
        error: Floats = np.sqrt(share * (1 - share) / self.futures)
        return error

    def cost_gbp(self, option: int) -> dict[str, Floats]:
        """(n,) pounds by financial year."""
        return {each.year: self.of(option, each) for each in self.readings if each.measure == COST}

    def series(self, option: int, like: Reading) -> tuple[list[date], Floats]:
        """The dates on which a measure is read, and its values: (n, dates)."""
        mine = [
            (each.date, column)
            for column, each in enumerate(self.readings)
            if (each.measure, each.sectors, each.of_children_in_care, each.year)
            == (like.measure, like.sectors, like.of_children_in_care, "")
        ]
        mine.sort()
        return [day for day, _ in mine], self.values[option][:, [column for _, column in mine]]


def measured(
    resolved: Resolved,
    request: Request,
    search: Search,
    workers: Workers,
    told: Told = nobody,
) -> Outcome:
    """Play the plan, no change and the alternatives in futures that the search has not seen."""
    calendar = report_calendar(resolved.start, resolved.months)
    options = (search.nothing, search.plan, *search.alternatives)
    readings = readings_of(search, calendar)
    last = max(each.reading.date for each in search.constraints)
    numbers = evenly_chosen(
        until(resolved, last), request.seed, request.further_futures, request.futures
    )
    plans = [with_places_added(resolved, option.additions) for option in options]
    question = question_of(resolved, readings, request.seed)
    values = play(question, plans, numbers, workers, lambda n: told(Step.CONFIRMING, n))
    return Outcome(options, search.constraints, readings, values, calendar)


def readings_of(search: Search, calendar: ReportCalendar) -> tuple[Reading, ...]:
    """What is read: constraints, what is watched at every month's end, and each year's cost."""
    named = [
        (each.reading.measure, each.reading.sectors, each.reading.of_children_in_care)
        for each in search.constraints
        if not each.reading.year
    ]
    sectors = dict.fromkeys(each.pool.sector for each in search.allowed)
    kinds = dict.fromkeys(
        [
            *((measure, (), False) for measure in WATCHED),
            *((OCCUPANCY, (sector,), False) for sector in sectors),
            *named,
        ]
    )
    found = [
        Reading(measure, tuple(where), day, share)
        for measure, where, share in kinds
        for day in calendar.dates
    ]
    ends = {financial_year(day): day for day in calendar.dates[1:]}
    costs = [Reading(COST, (), day, False, year) for year, day in ends.items()]
    own = [each.reading for each in search.constraints]
    return tuple(dict.fromkeys([*own, *found, *costs]))


def plan_table(outcome: Outcome) -> pd.DataFrame:
    """The tidy table of all options: ``plan.csv``.

    Columns: ``plan`` (no-change, plan, alternative-1 ...), ``date``, ``measure``, ``sector``,
    ``pool``, then the statistics. ``places_added`` is a decision: how many more places the pool has
    from that day on (``mean``, the rest empty). ``cost`` is of the financial year that ends with
    the date or with the forecast. ``certainty`` is the share of futures in which a target is met.
    """
    rows: list[tuple[object, ...]] = []
    empty = (np.nan,) * (len(STATISTICS) - 1)
    for number, (option, name) in enumerate(zip(outcome.options, names(outcome), strict=True)):
        total: dict[str, int] = {}
        for added in sorted(option.additions, key=lambda each: (each.pool, each.day)):
            total[added.pool] = total.get(added.pool, 0) + added.places
            rows.append(
                (name, added.day, "places_added", ALL, added.pool, total[added.pool], *empty)
            )
        for each, share in zip(outcome.constraints, outcome.certainty(number), strict=True):
            measure = f"certainty of {each.target.text}"
            rows.append((name, each.reading.date, measure, ALL, ALL, float(share), *empty))
        statistics = summarise(outcome.values[number])
        for column, reading in enumerate(outcome.readings):
            where = "+".join(reading.sectors) or ALL
            shown = statistics[:, column].tolist()
            measure = reading.measure
            measure += "_share_of_children_in_care" if reading.of_children_in_care else ""
            rows.append((name, reading.date, measure, where, ALL, *shown))
    table = pd.DataFrame(rows, columns=["plan", "date", "measure", "sector", "pool", *STATISTICS])
    return table.assign(date=pd.to_datetime(table["date"]))


def names(outcome: Outcome) -> list[str]:
    """A short key of each option."""
    rest = len(outcome.options) - 2
    return ["no-change", "plan", *(f"alternative-{number + 1}" for number in range(rest))]
