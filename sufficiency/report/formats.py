"""Numbers and dates as people read them: whole children, rounded money, ranges before points."""

from __future__ import annotations

import math
from datetime import date

MILLION = 1_000_000
THOUSAND = 1_000
MONEY_UNITS = ("gbp", "£")
RATIO_UNITS = ("ratio", "factor")


def children(count: float) -> str:
    """A number of children: whole, and never 0 where a few futures have some."""
    if math.isnan(count):
        return "not known"
    if 0 < count <= 0.5:
        return "fewer than 1"
    return f"{count:,.0f}"


def children_range(low: float, high: float) -> str:
    """A range of whole children, as ``515 to 610``; one number where the ends round alike."""
    first, last = f"{low:,.0f}", f"{high:,.0f}"
    return first if first == last else f"{first} to {last}"


def gbp(amount: float) -> str:
    """Money rounded for reading: ``£33.1m``, ``£412,000``, ``£0``."""
    if math.isnan(amount):
        return "not known"
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    if size >= MILLION:
        return f"{sign}£{size / MILLION:,.1f}m"
    if 0 < size < THOUSAND / 2:
        return "under £1,000"
    return f"{sign}£{round(size / THOUSAND) * THOUSAND:,.0f}"


def gbp_range(low: float, high: float) -> str:
    """A range of money, as ``£29.0m to £38.2m``."""
    first, last = gbp(low), gbp(high)
    return first if first == last else f"{first} to {last}"


def percent(share: float) -> str:
    """A share of 1 as a whole percentage; never 0% or 100% where it is only near."""
    if math.isnan(share):
        return "not known"
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{share:.0%}"


def rate(per_10k: float) -> str:
    """A rate per 10,000, whole as the published ones are."""
    return "not known" if math.isnan(per_10k) else f"{per_10k:.0f}"


def long_date(day: date) -> str:
    """A date as ``31 March 2023``."""
    return f"{day.day} {day:%B %Y}"


def month_name(day: date) -> str:
    """A month as ``March 2023``."""
    return f"{day:%B %Y}"


def value_with_unit(value: object, unit: str) -> str:
    """A number of the manifest as people read it, by its unit; anything else as plain text."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if math.isnan(value):
        return ""
    if unit.startswith("share"):
        return f"{value * 100:.3g}%"
    if unit == "a year" and abs(value) <= 1:
        return f"{value * 100:.3g}% a year"
    if unit.lower().startswith(MONEY_UNITS):
        per = unit.lower().removeprefix("gbp").lstrip("£_ ").replace("_", " ")
        amount = f"£{value:,.0f}" if abs(value) >= 100 or value == 0 else f"£{value:,.2f}"
        return f"{amount} {per}".strip()
    unit = "times" if unit in RATIO_UNITS else unit
    number = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
    return f"{number} {unit.replace('_', ' ')}".strip()


def plausible_range(low: object, high: object, unit: str) -> str:
    """The ends of a plausible range, with signs (%, £) and without the unit's words."""
    sign = "share" if unit.startswith("share") or unit == "a year" else ""
    sign = "gbp" if unit.lower().startswith(MONEY_UNITS) else sign
    first, last = value_with_unit(low, sign), value_with_unit(high, sign)
    if first and last:
        return f"{first} to {last}"
    return f"{first} or more" if first else f"up to {last}" if last else ""
