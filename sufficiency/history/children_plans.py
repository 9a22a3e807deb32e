"""What a placements team's list says of prices and planned ends, child by child.

Messages name rows and columns, never what stands in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import EXIT_REASONS, MOVE_REASONS, SECTORS, ExitReason
from sufficiency.history.returns.coded import Coded
from sufficiency.history.returns.dates import DateOrder, parse
from sufficiency.history.returns.periods import EXIT_REASON_OF_CODE

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Refuse = Callable[[Flags, str], None]
"""Raises if any row is wrong, naming the rows and the fault."""

PRICE = "weekly_cost_gbp"
END_ON, END_REASON, END_PROBABILITY = (
    "planned_end_on",
    "planned_end_reason",
    "planned_end_probability",
)
PRICES_AND_PLANS = (PRICE, END_ON, END_REASON, END_PROBABILITY)
DEAREST_GBP = 100_000.0
"""No placement costs as much a week: what does is a year's price, or a slip of the pen."""
_PRICE = re.compile(r"£? ?(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?")
_SHARE = re.compile(r"(\d*\.?\d+|\d+\.)(?:[eE]-?\d+)? ?(%?)")
_PER_CENT = 100


def plain(words: object) -> str:
    """Words in small letters with single spaces, however they were written."""
    return " ".join(str(words).lower().replace("_", " ").replace("-", " ").split())


def reason_of(words: str, mapped: Mapping[str, str]) -> str:
    """The reason for leaving care that words or a code of the return stand for; else empty."""
    named = {plain(reason): str(reason) for reason in EXIT_REASONS} | {
        "turning 18": str(ExitReason.TURNED_18)
    }
    said = mapped.get(plain(words), words)
    return named.get(plain(said)) or str(EXIT_REASON_OF_CODE.get(said.upper(), ""))


def is_move(words: str, mapped: Mapping[str, str]) -> bool:
    """Whether words name a move or a sector: care goes on."""
    moves = {plain(name) for name in (*MOVE_REASONS, *SECTORS)} | {"move", "moved", "x1"}
    return plain(mapped.get(plain(words), words)) in moves


def prices_and_plans(
    cells: Mapping[str, Coded],
    order: DateOrder,
    as_at: date,
    reasons: Mapping[str, str],
    refuse: Refuse,
) -> pd.DataFrame:
    """The columns `PRICES_AND_PLANS`: NaN, NaT and empty where the list says nothing.

    Args:
        cells: those columns as they stand in the list.
        order: how it writes dates.
        as_at: the day of the list.
        reasons: the team's own words for reasons, to ours or a code of the return.
        refuse: told of rows that cannot be.
    """
    on, _ = parse(cells[END_ON], order)
    unread = np.isnat(on) & ~cells[END_ON].is_blank()
    refuse(unread, f"{END_ON} is no date, expected one such as 30/09/2026 (day first).")
    reason = _reasons(cells[END_REASON], reasons, refuse)
    probability = _numbers(cells[END_PROBABILITY], _share)
    wrong = np.isnan(probability) & ~cells[END_PROBABILITY].is_blank()
    refuse(wrong, f"{END_PROBABILITY} is none, expected 0 to 1, such as 0.8, or 80%.")
    price = _numbers(cells[PRICE], _price)
    refuse(
        np.isnan(price) & ~cells[PRICE].is_blank(),
        f"{PRICE} is no price, expected pounds a week from 0 to {DEAREST_GBP:,.0f}.",
    )
    undated = np.isnat(on) & (reason != str(ExitReason.TURNED_18))
    refuse(~undated & (reason == ""), f"{END_REASON} is blank beside {END_ON}. {_expected()}")
    planned = (reason != "") | (np.nan_to_num(probability) > 0)
    refuse(undated & planned, f"{END_ON} is blank, but a reason or a probability is given.")
    refuse(
        on <= np.datetime64(as_at),
        f"{END_ON} is not after {as_at}, the day of the list (--as-at). Give the day that is "
        "planned now, or leave the plan out.",
    )
    return pd.DataFrame(
        {PRICE: price, END_ON: on, END_REASON: reason, END_PROBABILITY: probability}
    )


def _reasons(column: Coded, mapped: Mapping[str, str], refuse: Refuse) -> NDArray[np.object_]:
    found = [reason_of(value, mapped) for value in column.values]
    refuse(
        column.flags(lambda value: value != "" and is_move(value, mapped)),
        f"{END_REASON} is a move, after which the child is still in care; a plan here is one to "
        "leave care. Leave its columns blank: moves are forecast as they come.",
    )
    reasons = np.array(found, dtype=object)[column.codes]
    refuse((reasons == "") & ~column.is_blank(), f"{END_REASON} is unknown. {_expected()}")
    return reasons


def _expected() -> str:
    return (
        f"Expected {', '.join(map(str, EXIT_REASONS))} or a code such as E4A; map your own words "
        "under `planned_end_reasons` of the YAML file (--headings)."
    )


def _numbers(column: Coded, read: Callable[[str], float]) -> Floats:
    """(n,): NaN for what is blank or cannot be read."""
    return np.array([read(value) for value in column.values], dtype=np.float64)[column.codes]


def _price(text: str) -> float:
    written = _PRICE.fullmatch(text)
    digits = "".join(written.groups(default="")) if written else ""
    if not digits:
        return np.nan
    number = float(digits.replace(",", ""))
    return number if number <= DEAREST_GBP else np.nan


def _share(text: str) -> float:
    written = _SHARE.fullmatch(text)
    if written is None:
        return np.nan
    number = float(text.rstrip("% ")) / (_PER_CENT if written[2] else 1)
    return number if number <= 1 else np.nan
