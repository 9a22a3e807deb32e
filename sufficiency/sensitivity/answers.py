"""What is asked: children in either gap, children in care and cost, in the same futures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from sufficiency.comparison.totals import COST, Total
from sufficiency.domain import MONTHS_PER_YEAR, financial_year
from sufficiency.errors import UserError
from sufficiency.measures.reporting import ReportCalendar

MEASURES = ("in_house_shortfall", "unmet_need", "in_care", COST)
_NAMES = {"gap": ("in_house_shortfall", "unmet_need"), **{each: (each,) for each in MEASURES}}


@dataclass(frozen=True)
class Answer:
    """One number of a future that could hang on the assumptions."""

    measure: str
    """Of `MEASURES`; children, or GBP for ``cost``."""
    at: date | None
    """The date of children; None for money."""
    financial_year: str
    """The year of money; empty for children."""
    months: int
    """How many months of that year are in the forecast; 0 for children."""
    limit: float | None = None
    """What a decision hangs on: whether the answer is over this number."""

    @property
    def total(self) -> Total:
        """How it is counted in a future."""
        if self.measure == COST:
            return Total(COST, financial_year=self.financial_year)
        return Total(self.measure, at=self.at)

    @property
    def is_money(self) -> bool:
        """Whether it is GBP."""
        return self.measure == COST


def answers_at(
    calendar: ReportCalendar,
    at: date | None,
    measures: Sequence[str] = (),
    limits: Sequence[str] = (),
    budgets: dict[str, float] | None = None,
) -> tuple[Answer, ...]:
    """The answers at a date, money of the financial year that holds it.

    Without a date: children on the last report date, money of the last year that is forecast whole
    (of the last year, if none is). A year's budget is a limit of its cost unless another is given.

    Raises:
        UserError: no such measure, a date that is no report date, or a limit that is no number.
    """
    names = _measures(measures)
    day = calendar.dates[-1] if at is None else at
    if day not in calendar.dates[1:]:
        raise UserError(
            f"--at: found {day}, expected a month's last day from {calendar.dates[1]} to "
            f"{calendar.dates[-1]}."
        )
    year = _year(calendar) if at is None else financial_year(day)
    own = _limits(limits, names)
    found = []
    for name in names:
        if name == COST:
            limit = own.get(name)
            if limit is None and calendar.whole_months(year) == MONTHS_PER_YEAR:
                limit = (budgets or {}).get(year)
            found.append(Answer(name, None, year, calendar.month_years.count(year), limit))
        else:
            found.append(Answer(name, day, "", 0, own.get(name)))
    return tuple(found)


def _year(calendar: ReportCalendar) -> str:
    years = calendar.financial_years
    whole = [year for year in years if calendar.whole_months(year) == MONTHS_PER_YEAR]
    return (whole or years)[-1]


def _measures(names: Sequence[str]) -> tuple[str, ...]:
    wanted: list[str] = []
    for name in names or MEASURES:
        if name not in _NAMES:
            near = get_close_matches(name, _NAMES, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UserError(f'--measure: found "{name}", expected {", ".join(_NAMES)}.{hint}')
        wanted += _NAMES[name]
    return tuple(each for each in MEASURES if each in wanted)


def _limits(limits: Sequence[str], measures: Sequence[str]) -> dict[str, float]:
    found = {}
    for text in limits:
        name, _, number = (part.strip() for part in text.partition("="))
        value = _amount(number)
        if name not in measures or not 0 <= value < float("inf"):
            raise UserError(
                f'--limit: found "{text}", expected one of {", ".join(measures)} with a number '
                f"from 0 up, such as {measures[0]}=30."
            )
        found[name] = value
    return found


def _amount(text: str) -> float:
    """A number as people write it (£24m, 36,000,000); NaN if it is none."""
    plain = text.removeprefix("£").replace(",", "").strip().lower()
    digits = plain.rstrip("mk")
    size = {"": 1, "k": 1_000, "m": 1_000_000}.get(plain[len(digits) :])
    try:
        return float("nan") if size is None else size * float(digits)
    except ValueError:
        return float("nan")
