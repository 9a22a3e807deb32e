"""What a plan must reach: a small grammar, and what it says in words and in numbers.

A target is of one measure at the end of a month (or of each month of a span), with a certainty:
the least share of simulated futures in which it must hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from sufficiency.domain import (
    MONTHS_PER_YEAR,
    SECTORS,
    Sector,
    financial_year,
    month_end,
    next_month,
)
from sufficiency.errors import UserError
from sufficiency.measures.reporting import ReportCalendar
from sufficiency.report.formats import month_name
from sufficiency.report.words import SHORT_SETTING_LABELS

PER_CENT = 100
CHILDREN, SHARE, POUNDS = "children", "share", "pounds"
UNMET_NEED, IN_HOUSE_SHORTFALL, UNPLACED = "unmet_need", "in_house_shortfall", "unplaced"
IN_HOUSE_SHARE, IN_AREA_SHARE, OCCUPANCY = "in_house_share", "in_area_share", "occupancy"
COST = "cost"
UNITS = {
    UNMET_NEED: CHILDREN,
    IN_HOUSE_SHORTFALL: CHILDREN,
    UNPLACED: CHILDREN,
    IN_HOUSE_SHARE: SHARE,
    IN_AREA_SHARE: SHARE,
    OCCUPANCY: SHARE,
    COST: POUNDS,
}
"""Every measure that a target may name, and what it counts."""
MARKET = (
    Sector.INTERNAL_FOSTERING,
    Sector.IFA,
    Sector.RESIDENTIAL,
    Sector.SUPPORTED_ACCOMMODATION,
)
"""The sectors in which a council finds places; family and friends carers come with the child."""
AT_MOST, AT_LEAST = "<=", ">="
EXAMPLES = (
    "unmet_need <= 2 with 90% by 2022-04",
    "in_house_share(internal_fostering+ifa) >= 60% with 80% by 2021-10 to 2022-03",
    "cost <= £31.5m with 75% by 2022-03",
)
GRAMMAR = (
    "A target is written\n"
    "  MEASURE[(SECTOR[+SECTOR])] <=|>= NUMBER[%|£] with CERTAINTY% by YYYY-MM [to YYYY-MM]\n"
    f"MEASURE is one of {', '.join(UNITS)}; SECTOR one of {', '.join(SECTORS)}. A month stands for "
    "its last day (for cost: for the financial year that it is in). Examples:\n"
    + "\n".join(f'  --target "{example}"' for example in EXAMPLES)
)

_PARTS = re.compile(
    r"""\s*(?P<measure>[a-z_-]+)\s*
    (?:\(\s*(?P<sectors>[^()]*)\))?\s*
    (?P<sign><=|>=|≤|≥)\s*
    (?P<number>£?\s*-?[0-9][0-9,]*(?:\.[0-9]+)?\s*(?:%|m|k)?)\s*
    with\s+(?P<certainty>[0-9]+(?:\.[0-9]+)?)\s*%(?:\s+certainty)?\s*
    by\s+(?P<first>[0-9]{4}-[0-9]{2})
    (?:\s+to\s+(?P<last>[0-9]{4}-[0-9]{2}))?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = {"≤": AT_MOST, "≥": AT_LEAST}
_SIZES = {"m": 1_000_000, "k": 1_000}
_NAMES = {
    UNMET_NEED: "children with unmet need",
    IN_HOUSE_SHORTFALL: "children in a placement that is suitable, but not the first choice",
    UNPLACED: "children with no registered place found",
    IN_HOUSE_SHARE: "the council's own places as a share of placements",
    IN_AREA_SHARE: "the share of children placed inside the council's boundary",
    OCCUPANCY: "places in use as a share of usable places",
    COST: "the cost of placements",
}


@dataclass(frozen=True)
class Target:
    """One target, as it was asked for."""

    text: str
    """As it was typed."""
    measure: str
    """A key of `UNITS`."""
    sectors: tuple[Sector, ...]
    """Empty: all together."""
    sign: str
    """`AT_MOST` or `AT_LEAST`."""
    bound: float
    """Children, a share from 0 to 1, or pounds."""
    of_children_in_care: bool
    """Whether a number of children is written as a share of those in care."""
    certainty: float
    """The least share of futures, above 0 and below 1."""
    first: date
    """The last day of the first month."""
    last: date
    """The last day of the last month."""

    @property
    def unit(self) -> str:
        """What the bound counts: children, a share or pounds."""
        return SHARE if self.of_children_in_care else UNITS[self.measure]

    @property
    def at_most(self) -> bool:
        """Whether the bound is one from above."""
        return self.sign == AT_MOST

    @property
    def dates(self) -> tuple[date, ...]:
        """The ends of the months at which it must hold."""
        days = [self.first]
        while days[-1] < self.last:
            days.append(month_end(next_month(days[-1])))
        return tuple(days)

    @property
    def years(self) -> tuple[str, ...]:
        """The financial years in which a target of cost must hold."""
        return tuple(dict.fromkeys(financial_year(day) for day in self.dates))

    def bounded(self, bound: float) -> str:
        """A bound with its sign and unit, in words."""
        return f"{'at most' if self.at_most else 'at least'} {self._with_unit(bound)}"

    def _with_unit(self, bound: float) -> str:
        if self.unit == POUNDS:
            return f"£{bound:,.0f}"
        if self.unit == SHARE:
            of = " of the children in care" if self.of_children_in_care else ""
            return f"{round(bound * PER_CENT, 2):g}%{of}"
        return f"{bound:g}"

    @property
    def subject(self) -> str:
        """What is measured, in words."""
        named = " and ".join(SHORT_SETTING_LABELS[sector] for sector in self.sectors)
        return _NAMES[self.measure] + (f" ({named})" if named else "")

    @property
    def when(self) -> str:
        """When it must hold, in words."""
        if self.measure == COST:
            return f"in {' and '.join(self.years)}"
        if self.first == self.last:
            return f"at the end of {month_name(self.first)}"
        return f"at the end of every month from {month_name(self.first)} to {month_name(self.last)}"

    @property
    def in_words(self) -> str:
        """The whole target as a sentence has it."""
        return (
            f"{self.subject} {self.bounded(self.bound)} {self.when}, "
            f"in {self.certainty * PER_CENT:g}% of futures"
        )

    def at(self, day: date, year: str = "") -> str:
        """The subject and the bound on one of its dates, or in one of its years."""
        when = f"in {year}" if year else f"at the end of {month_name(day)}"
        subject = self.subject[:1].upper() + self.subject[1:]
        return f"{subject}: {self.bounded(self.bound)} {when}"


def parse_target(text: str) -> Target:
    """Read one target.

    Raises `UserError` with the grammar and examples if it cannot be read.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise _unreadable(text, _what_is_wrong(text))
    measure = _measure(text, parts["measure"])
    sectors = _sectors(text, measure, parts["sectors"])
    sign = _sign(text, measure, parts["sign"])
    bound, is_share = _bound(text, measure, parts["number"])
    certainty = float(parts["certainty"]) / PER_CENT
    if not 0 < certainty < 1:
        raise _unreadable(text, "a certainty is above 0% and below 100%; nothing is ever certain")
    first = _month(text, parts["first"])
    last = _month(text, parts["last"]) if parts["last"] else first
    if last < first:
        raise _unreadable(text, f"{parts['last']} is before {parts['first']}")
    return Target(
        text=" ".join(text.split()),
        measure=measure,
        sectors=sectors,
        sign=sign,
        bound=bound,
        of_children_in_care=is_share and UNITS[measure] == CHILDREN,
        certainty=certainty,
        first=first,
        last=last,
    )


def check_targets(targets: Sequence[Target], calendar: ReportCalendar) -> None:
    """Refuse targets outside the forecast, and ones that contradict each other.

    Raises `UserError`.
    """
    for target in targets:
        _check_dates(target, calendar)
    for position, one in enumerate(targets):
        for other in targets[position + 1 :]:
            _check_pair(one, other)


def _check_dates(target: Target, calendar: ReportCalendar) -> None:
    start, end = calendar.start, calendar.dates[-1]
    if target.first <= start or target.last > end:
        wrong = target.first if target.first <= start else target.last
        first = month_end(next_month(start) if start == month_end(start) else start)
        raise UserError(
            f'--target "{target.text}": {wrong:%Y-%m} is outside the forecast, which runs from '
            f"{first:%Y-%m} to {end:%Y-%m}. Choose a month within it, or give more months "
            "(--months)."
        )
    for year in target.years if target.measure == COST else ():
        months = calendar.whole_months(year)
        if months < MONTHS_PER_YEAR:
            raise UserError(
                f'--target "{target.text}": the forecast covers {months} of the 12 months of '
                f"{year}, so its cost cannot be set against a full year's. Choose a month of a "
                "financial year that the forecast covers whole, or give more months (--months)."
            )


def _check_pair(one: Target, other: Target) -> None:
    """Two bounds that no future can meet at once, each asked of more than half of them."""
    alike = (one.measure, one.sectors, one.unit) == (other.measure, other.sectors, other.unit)
    together = one.first <= other.last and other.first <= one.last
    if not alike or not together or one.sign == other.sign:
        return
    low, high = (other, one) if one.at_most else (one, other)
    if low.bound > high.bound and low.certainty + high.certainty > 1:
        raise UserError(
            f'--target "{one.text}" and --target "{other.text}" contradict each other: '
            f"no future has both {low.bounded(low.bound)} and {high.bounded(high.bound)}. "
            "Leave one of them out."
        )


def _measure(text: str, typed: str) -> str:
    name = typed.lower().replace("-", "_")
    if name in UNITS:
        return name
    near = get_close_matches(name, UNITS, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise _unreadable(text, f"there is no measure {typed}{hint}")


def _sign(text: str, measure: str, typed: str) -> str:
    """The way of the bound; nobody plans for a gap or a cost of at least so much."""
    sign = _SIGNS.get(typed, typed)
    if sign == AT_LEAST and UNITS[measure] != SHARE:
        raise _unreadable(text, f"more of {measure} is no aim; did you mean <=?")
    return sign


def _sectors(text: str, measure: str, typed: str | None) -> tuple[Sector, ...]:
    if typed is None:
        return ()
    if measure == UNPLACED:
        raise _unreadable(text, "children with no place are in no sector")
    found = []
    for name in typed.split("+"):
        key = name.strip().lower().replace(" ", "_").replace("-", "_")
        if key not in list(SECTORS):
            near = get_close_matches(key, list(SECTORS), n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise _unreadable(text, f'there is no sector "{name.strip()}"{hint}')
        found.append(Sector(key))
    return tuple(dict.fromkeys(found))


def _bound(text: str, measure: str, typed: str) -> tuple[float, bool]:
    """The number, and whether it was written as a percentage."""
    plain = typed.replace(" ", "").lower()
    in_pounds, is_share = plain.startswith("£"), plain.endswith("%")
    size = _SIZES.get(plain[-1], 1)
    number = float(plain.strip("£%mk").replace(",", "")) * size
    unit = UNITS[measure]
    if unit == POUNDS and is_share:
        raise _unreadable(text, "a cost is in pounds, such as £31.5m")
    if unit != POUNDS and (in_pounds or size > 1):
        raise _unreadable(text, f"{measure} is not an amount of money")
    if unit == SHARE and not is_share:
        raise _unreadable(text, f"{measure} is a percentage, such as 60%")
    if number < 0 or (is_share and number > PER_CENT):
        ends = "0% to 100%" if is_share else "0 or more"
        raise _unreadable(text, f"found {typed.strip()}, expected {ends}")
    return (number / PER_CENT if is_share else number), is_share


def _month(text: str, typed: str) -> date:
    year, month = map(int, typed.split("-"))
    if not (1 <= month <= MONTHS_PER_YEAR and year > 0):
        raise _unreadable(text, f"{typed} is no month (a month is written 2022-04)")
    return month_end(date(year, month, 1))


def _what_is_wrong(text: str) -> str:
    """The first part that is missing, for those who are nearly there."""
    if not re.search(r"<=|>=|≤|≥", text):
        return "expected <= or >= and a number"
    if not re.search(r"\bwith\s+[0-9.]+\s*%", text, re.IGNORECASE):
        return 'expected the certainty, such as "with 90%"'
    if not re.search(r"\bby\s+[0-9]{4}-[0-9]{2}\b", text, re.IGNORECASE):
        return 'expected the month, such as "by 2022-04"'
    return "it cannot be read"


def _unreadable(text: str, why: str) -> UserError:
    stop = "" if why.endswith("?") else "."
    return UserError(f'--target "{text}": {why}{stop}\n{GRAMMAR}')
