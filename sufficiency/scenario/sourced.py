"""Numbers that say where they came from, and the plain types a scenario is made of.

A number is written plainly (``0.3``) or with its origin::

    {value: 0.3, low: 0.2, high: 0.45, kind: assumed, source: "where it comes from"}

A plain number is a lever, because whoever wrote the file chose it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    WrapValidator,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

PER_CENT = 100
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


class Strict(BaseModel):
    """A part of a scenario: unknown keys are refused and nothing changes after reading."""

    # A part is prepared once within the whole scenario, not once more for itself.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        defer_build=True,
    )


class Kind(StrEnum):
    """The three origins a number can have."""

    FITTED = "fitted"
    LEVER = "lever"
    ASSUMED = "assumed"


def contradiction(message: str, *at: str | int) -> PydanticCustomError:
    """An error between values that are each well formed; ``at`` leads to the one to point to."""
    return PydanticCustomError("contradiction", "{message}", {"message": message, "at": at})


def expecting(phrase: str) -> WrapValidator:
    """Replace whatever pydantic says about a wrong value by what the reader should write."""

    def explain(value: Any, check: Callable[[Any], Any]) -> Any:
        try:
            return check(value)
        except ValidationError:
            raise PydanticCustomError(
                "expected", "expected {phrase}", {"phrase": phrase + _hint(value, phrase)}
            ) from None

    return WrapValidator(explain)


def _hint(value: object, phrase: str) -> str:
    """How to write what was meant: a share that looks like a percentage, a number with commas."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", value):
        return f" ({value} is written {value.replace(',', '')})"
    if phrase.startswith("a share a year"):
        return _hint_of_rise(value)
    if not phrase.startswith("a share"):
        return ""
    number = value
    if isinstance(value, str):
        written = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:%|per cent|percent)\s*", value)
        number = float(written[1]) if written else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return ""
    return f" ({number:g}% is written {number / PER_CENT:g})" if 1 < number <= PER_CENT else ""


def _hint_of_rise(value: object) -> str:
    """3 for a rise of 3%, or of 300%?"""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 1:
        return ""
    return f" ({value:g} would be {value:,.0%} a year; {value:g}% is written {value / PER_CENT:g})"


AgeGroup = Literal["under_1", "1_4", "5_9", "10_15", "16_17", "uasc"]
"""The age bands and unaccompanied asylum-seeking children, whose rates are their own."""

Text = Annotated[str, Field(strict=True, min_length=1, max_length=2000), expecting("some text")]
Switch = Annotated[bool, expecting("true or false")]
Day = Annotated[
    date,
    Field(ge=EARLIEST, le=LATEST),
    expecting("a date between 2000 and 2100 written as YYYY-MM-DD, such as 2020-06-30"),
]
Months = Annotated[
    int, Field(strict=True, ge=1, le=120), expecting("a whole number of months from 1 to 120")
]
CountNumber = Annotated[
    int,
    Field(strict=True, ge=0, le=200_000),
    expecting("a whole number of children, 0 or more"),
]
ShareNumber = Annotated[
    float, Field(strict=True, ge=0, le=1), expecting("a share from 0 to 1, such as 0.3")
]
PerMonthNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=10_000),
    expecting("a number a month, from 0 to 10,000"),
]
RateNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=2),
    expecting("a rate per child in care a year from 0 to 2, such as 0.18"),
]
FactorNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=100),
    expecting("a factor from 0 to 100 (1 leaves the rate as it is, 0.9 lowers it by 10%)"),
]
Per10kNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=10_000),
    expecting("a rate per 10,000 children, from 0 to 10,000"),
]
AmountNumber = Annotated[
    float, Field(strict=True, ge=-1, le=10_000), expecting("a number from -1 to 10,000")
]
RatioNumber = Annotated[
    float, Field(strict=True, gt=0, le=100), expecting("a ratio above 0, such as 1.6")
]
PoundsNumber = Annotated[
    float,
    Field(strict=True, ge=0, le=100_000_000_000),
    expecting("an amount in pounds, 0 or more, without a pound sign or commas"),
]
InflationNumber = Annotated[
    float,
    Field(strict=True, ge=-0.2, le=1),
    expecting("a share a year between -0.2 and 1 (5% a year is written 0.05)"),
]
PlacesNumber = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=200_000)] | Literal["unlimited"],
    expecting('a whole number of places from 0 to 200,000, or "unlimited"'),
]
FinancialYear = Annotated[
    str,
    Field(strict=True, pattern=r"^20[0-9]{2}-[0-9]{2}$"),
    expecting('a financial year such as "2020-21"'),
]

Number = TypeVar("Number")


class Sourced(Strict, Generic[Number]):
    """A number with the range it may plausibly have and where it comes from."""

    value: Number = Field(description="The number itself.")
    low: Number | None = Field(
        default=None,
        description="The lowest value that is plausible, for a number that is not certain.",
    )
    high: Number | None = Field(
        default=None,
        description="The highest value that is plausible, for a number that is not certain.",
    )
    kind: Kind = Field(
        default=Kind.LEVER,
        description="fitted (from data), lever (chosen to explore) or assumed (a judgement).",
    )
    source: Text = Field(
        default="the scenario file",
        description="Where the number comes from, or who assumed it and why.",
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_plain(cls, written: Any) -> Any:
        plainly = not isinstance(written, dict | list | Sourced)
        return {"value": written} if plainly else written

    @model_validator(mode="after")
    def _range_holds_value(self) -> Sourced[Number]:
        numbers = (self.low, self.value, self.high)
        known: list[Any] = [n for n in numbers if n is not None]
        if all(isinstance(n, int | float) for n in known) and known != sorted(known):
            named = zip(("low", "value", "high"), numbers, strict=True)
            found = ", ".join(f"{name} {n:g}" for name, n in named if n is not None)
            raise contradiction(f"found {found}, expected low <= value <= high")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Either the plain number or the mapping, as a reader of the schema may write both."""
        reference = handler(core_schema)
        definition = handler.resolve_ref_schema(reference)
        with_origin = dict(definition)
        plainly = {
            key: part
            for key, part in with_origin["properties"]["value"].items()
            if key not in ("title", "description")
        }
        described = {key: with_origin.pop(key) for key in ("title", "description")}
        definition.clear()
        definition.update({**described, "anyOf": [plainly, with_origin]})
        return reference


class Count(Sourced[CountNumber]):
    """A number of children: a whole number, 0 or more."""


class Share(Sourced[ShareNumber]):
    """A share from 0 to 1; 30% is written 0.3."""


class PerMonth(Sourced[PerMonthNumber]):
    """A number of children a month."""


class Rate(Sourced[RateNumber]):
    """Events per child in care a year."""


class Factor(Sourced[FactorNumber]):
    """A multiplier of a rate: 1 leaves it as it is, 0.9 lowers it by 10%."""


class Amount(Sourced[AmountNumber]):
    """A number of any size whose meaning its name tells."""


class Ratio(Sourced[RatioNumber]):
    """A price as a multiple of another price."""


class Pounds(Sourced[PoundsNumber]):
    """An amount of money in pounds sterling."""


class Inflation(Sourced[InflationNumber]):
    """The share by which prices rise in a year; 5% is written 0.05."""


class Places(Sourced[PlacesNumber]):
    """A whole number of usable places, or ``unlimited``."""


def check_financial_year(label: str) -> str:
    """Return the label if its two years follow each other, as in ``2020-21``."""
    if (int(label[2:4]) + 1) % 100 != int(label[5:7]):
        first = int(label[:4])
        raise contradiction(
            f'found "{label}", expected two years that follow each other, '
            f'such as "{first}-{(first + 1) % 100:02d}"'
        )
    return label
