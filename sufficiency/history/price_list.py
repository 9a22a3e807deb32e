"""A council's own list of what its placements cost a week today.

The file is CSV: ``weekly_price_gbp`` and ``sector``, ``pool`` or both, one row a placement. Column
order, capitals and spaces do not matter; other columns are ignored and never read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from sufficiency.domain import SECTORS, UNPLACED
from sufficiency.errors import HistoryError
from sufficiency.history.months import rows_of_csv

PRICE, SECTOR, POOL = "weekly_price_gbp", "sector", "pool"
EXAMPLE = "weekly_price_gbp,sector (or pool)"
HIGHEST_WEEKLY_GBP = 1_000_000
SECTOR_NAMES = (*(str(sector) for sector in SECTORS), UNPLACED)
_OTHER_PRICE = re.compile(
    r"(price|cost|rate|fee|amount|weekly|monthly|annual|yearly|daily|nightly)", re.IGNORECASE
)


@dataclass(frozen=True)
class PriceList:
    """Weekly prices in GBP by pool or sector, in the order of the file."""

    file: Path
    weekly_gbp: Mapping[str, tuple[float, ...]]

    def of(self, *names: str) -> tuple[float, ...]:
        """The prices of the first of these names that has some; none if none has."""
        return next((self.weekly_gbp[name] for name in names if name in self.weekly_gbp), ())


def read_price_list(path: Path, pools: Sequence[str]) -> PriceList:
    """Read a list of current weekly prices; ``pools`` are the pools that a row may name.

    Raises:
        HistoryError: the file is missing or empty, lacks a column, names an unknown sector or
            pool, or has text, a negative price or nothing where a price should be; the message
            names the file, row and column, and never a price.
    """
    (_, header), *body = rows_of_csv(path, EXAMPLE)
    columns = _columns(path, header)
    prices: dict[str, list[float]] = {}
    for line, cells in body:
        where = f"{path}, row {line}"
        values = {name: cells[at] if at < len(cells) else "" for name, at in columns.items()}
        name = _whose(where, values, pools)
        prices.setdefault(name, []).append(_price(where, values[PRICE]))
    if not prices:
        raise HistoryError(f"{path}: there are no rows under the column names; expected prices.")
    return PriceList(path, {name: tuple(found) for name, found in prices.items()})


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Where each column is."""
    names = [re.sub(r"[\s_-]+", "_", name.casefold()) for name in header]
    twice = [name for name in (PRICE, SECTOR, POOL) if names.count(name) > 1]
    if twice:
        raise HistoryError(f'{path}: the column "{twice[0]}" is there twice; keep one.')
    if PRICE not in names:
        raise HistoryError(_no_price(path, header))
    if SECTOR not in names and POOL not in names:
        raise HistoryError(
            f'{path}: neither a column "{SECTOR}" nor a column "{POOL}" says what each price is '
            f"for; found {', '.join(header)}; expected {EXAMPLE}."
        )
    return {name: names.index(name) for name in (PRICE, SECTOR, POOL) if name in names}


def _no_price(path: Path, header: Sequence[str]) -> str:
    """What to do about a price in another currency, or not by the week."""
    expected = f"expected {EXAMPLE}, with pounds a week for one placement in {PRICE}"
    like = next((name for name in header if _OTHER_PRICE.search(name)), None)
    hint = ""
    if like is not None:
        plain = like.casefold()
        other = next((c for c in ("eur", "€", "usd", "$") if c in plain), None)
        period = next((p for p in ("month", "year", "annu", "da", "night") if p in plain), None)
        hint = f' Is it the column "{like}"? Call it {PRICE} if it is in pounds a week.'
        if other is not None:
            hint = f' The column "{like}" is not in pounds: turn it into pounds a week first.'
        elif period is not None and "week" not in plain:
            hint = (
                f' The column "{like}" is not by the week: turn it into pounds a week first '
                "(a month is 4.348 weeks, a year 52.18)."
            )
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        hint = ' The columns are not parted by commas: save it as "CSV UTF-8".'
    return f'{path}: the column "{PRICE}" is missing; found {", ".join(header)}; {expected}.{hint}'


def _whose(where: str, values: Mapping[str, str], pools: Sequence[str]) -> str:
    """The pool of a row, else its sector."""
    if values.get(POOL):
        return _known(where, POOL, values[POOL], pools)
    if not values.get(SECTOR):
        told = " or ".join(name for name in (SECTOR, POOL) if name in values)
        raise HistoryError(f"{where}, column {told}: nothing there; expected what it is for.")
    return _known(where, SECTOR, re.sub(r"[\s-]+", "_", values[SECTOR].casefold()), SECTOR_NAMES)


def _known(where: str, column: str, name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    near = get_close_matches(name, known, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise HistoryError(
        f'{where}, column {column}: found "{name}", expected one of {", ".join(known)}.{hint}'
    )


def _price(where: str, text: str) -> float:
    """A number with or without a pound sign and thousands separators."""
    plain = re.sub(r"[£, ]", "", text)
    expected = "expected pounds a week, 0 or more, such as 1250.00"
    if not plain:
        raise HistoryError(f"{where}, column {PRICE}: nothing there; {expected} (0 if free).")
    if re.search(r"[€$]|eur|usd", plain, re.IGNORECASE):
        raise HistoryError(f"{where}, column {PRICE}: another currency; {expected}.")
    if re.fullmatch(r"-\d+(\.\d*)?|\(\d+(\.\d*)?\)", plain):
        raise HistoryError(f"{where}, column {PRICE}: a negative price; {expected}.")
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", plain):
        raise HistoryError(f"{where}, column {PRICE}: not a number; {expected}.")
    if float(plain) > HIGHEST_WEEKLY_GBP:
        raise HistoryError(
            f"{where}, column {PRICE}: above {HIGHEST_WEEKLY_GBP:,} pounds a week; {expected}."
        )
    return float(plain)
