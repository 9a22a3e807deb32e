"""Days of a scenario file: a date, or a time after the forecast's start such as ``+3 months``.

A crisis file that may be laid over any scenario says when in the forecast it comes, not in which
year.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from sufficiency.domain import MONTHS_PER_YEAR
from sufficiency.scenario.sourced import EARLIEST, LATEST

PHRASE = (
    "a date such as 2020-06-30, or a time after the forecast's start such as +3 months or +10 days"
)
_AFTER_START = re.compile(r"\+\s*([0-9]{1,4})\s*(day|week|month|year)s?")


def _check(value: Any, check: Callable[[Any], Any]) -> date | str:
    day = value
    if isinstance(value, str):
        written = _AFTER_START.fullmatch(value.strip())
        if written is not None:
            return f"+{int(written[1])} {written[2]}s"
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
    if isinstance(day, datetime) or not isinstance(day, date) or not EARLIEST <= day <= LATEST:
        raise PydanticCustomError("expected", "expected {phrase}", {"phrase": PHRASE})
    return day


Moment = Annotated[
    date | str,
    WrapValidator(_check),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "pattern": r"^\+ *[0-9]+ *(day|week|month|year)s?$"},
            ]
        }
    ),
]
"""A date, or a time after the start; ``+0 days`` is the first day of the forecast."""


def day_of(moment: date | str, start: date) -> date:
    """The date of a moment in a forecast from the end of ``start``; no date stays one."""
    if isinstance(moment, date):
        return moment
    written = _AFTER_START.fullmatch(moment)
    assert written is not None, moment
    number, unit = int(written[1]), written[2]
    first = start + timedelta(days=1)
    if unit in ("day", "week"):
        return first + timedelta(days=number * (7 if unit == "week" else 1))
    return months_later(first, number * (MONTHS_PER_YEAR if unit == "year" else 1))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    month = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, place = divmod(month, MONTHS_PER_YEAR)
    last = calendar.monthrange(year, place + 1)[1]
    return date(year, place + 1, min(day.day, last))
