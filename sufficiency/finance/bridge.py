"""From this year's budget to next year's need, step by step, adding up to the pound.

The steps, in the order in which a finance officer explains them. With children n and price p a
night by setting on the last day of this year as they are expected, the days D of next year, and
next year's expected nights N and costs C by setting without interventions:

- *this year*: the year's expected cost less its budget;
- *full-year effect*: n p D less this year's cost: what the children already placed would cost if
  all of them stayed all year at today's prices;
- *volume*: more or fewer children in all: (sum N / sum n D - 1) x n p D;
- *mix*: in dearer or cheaper settings: N p - (sum N / sum n D) n p D;
- *price*: C - N p;
- *interventions*: what they change in the year's cost of placements, also through children whom
  they kept out before it (N has those children, n has not), and what they cost themselves;
- *income* comes off at the end.

Each setting's steps add up to its need, and settings add up to the total. Every amount is rounded
to a pound by itself, so a line says what the rounding comes to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import SETTINGS
from sufficiency.history.actuals import ALL

Floats = NDArray[np.float64]

STEPS = (
    "budget",
    "this_year",
    "full_year_effect",
    "volume",
    "mix",
    "price",
    "interventions",
    "programme_costs",
    "rounding",
    "need",
    "income",
    "net_need",
)
COLUMNS = ("from_year", "to_year", "step", "sector", "mean")
_BY_ITSELF = ("budget", "this_year", "full_year_effect")
"""Steps whose total stands by itself in the workbook: a budget may be one sum."""
_LINES = (*(str(setting) for setting in SETTINGS), ALL)


@dataclass(frozen=True)
class Turn:
    """What is expected around the turn of a financial year, by setting (7,). GBP."""

    from_year: str
    to_year: str
    days: int
    """Of the year to come."""
    budget_gbp: Mapping[str, float]
    """This year's, for ``all`` placements and maybe for each setting."""
    this_year_gbp: Mapping[str, float]
    """What this year is expected to cost in ``all`` placements and maybe in each setting; empty if
    forecast and ledger do not make up a whole year."""
    children: Floats
    """In each setting on this year's last day."""
    nightly_gbp: Floats
    """What a night in each setting costs then."""
    nights: Floats
    """Child-nights of next year without interventions."""
    cost_gbp: Floats
    """What those nights cost."""
    interventions_gbp: Floats
    """What interventions add to (less than 0: take off) the cost of placements next year."""
    programme_cost_gbp: float = 0.0
    """What the interventions cost themselves next year."""
    income_gbp: float = 0.0
    """Income next year."""


def bridge_table(turns: list[Turn]) -> pd.DataFrame:
    """The bridges of several turns of the year: `COLUMNS`, whole pounds in ``mean``.

    A setting's budget and this year's difference from it are left out where there is no budget
    for it; the bridge of all placements is always whole.
    """
    rows = [
        (turn.from_year, turn.to_year, step, sector, float(amount))
        for turn in turns
        for step, by_sector in bridge(turn).items()
        for sector, amount in by_sector.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def told(turn: Turn) -> dict[str, Any]:
    """A turn in plain numbers, for whoever wants to work the bridge out again."""
    names = _LINES[:-1]
    by_setting = {
        "children": turn.children,
        "nightly_gbp": turn.nightly_gbp,
        "nights": turn.nights,
        "cost_gbp": turn.cost_gbp,
        "interventions_gbp": turn.interventions_gbp,
    }
    return {
        "from_year": turn.from_year,
        "to_year": turn.to_year,
        "days": turn.days,
        "budget_gbp": dict(turn.budget_gbp),
        "this_year_gbp": dict(turn.this_year_gbp),
        **{
            key: dict(zip(names, map(float, amounts), strict=True))
            for key, amounts in by_setting.items()
        },
        "programme_cost_gbp": turn.programme_cost_gbp,
        "income_gbp": turn.income_gbp,
    }


def bridge(turn: Turn) -> dict[str, dict[str, int]]:
    """Whole pounds by step and sector (``all`` last).

    ``need`` is the sum of all steps before it, ``net_need`` that and ``income``, in every sector
    that has all of them.
    """
    exact = _steps(turn)
    found = {
        step: _rounded(amounts) if step not in _BY_ITSELF else _rounded_to_total(amounts)
        for step, amounts in exact.items()
    }
    placements = exact["need"]
    by_setting = _to_the_pound([placements[line] for line in _LINES[:-1]], round(placements[ALL]))
    everything = round(placements[ALL]) + found["programme_costs"][ALL]
    found["need"] = {**dict(zip(_LINES, by_setting, strict=False)), ALL: everything}
    parts = STEPS[: STEPS.index("rounding")]
    begins = ("budget", "this_year") if turn.this_year_gbp else ("budget",)
    whole = [line for line in _LINES if all(line in found[step] for step in begins)]
    found["rounding"] = {
        line: found["need"][line] - sum(found[step].get(line, 0) for step in parts)
        for line in whole
    }
    found["income"] = {ALL: -round(turn.income_gbp)}
    found["net_need"] = {ALL: found["need"][ALL] + found["income"][ALL]}
    return {step: found[step] for step in STEPS}


def _steps(turn: Turn) -> dict[str, dict[str, float]]:
    """Every step before rounding, by line; ``need`` here is that of placements alone."""
    full_year = turn.children * turn.nightly_gbp * turn.days
    then, later = float(turn.children.sum() * turn.days), float(turn.nights.sum())
    # Nobody at the turn of the year: everything that comes is mix and price.
    growth = later / then if then > 0 else 1.0
    at_old_prices = turn.nights * turn.nightly_gbp
    budget, this_year = dict(turn.budget_gbp), turn.this_year_gbp
    steps = {
        "budget": budget,
        "this_year": {
            line: this_year[line] - amount for line, amount in budget.items() if line in this_year
        },
        "volume": _by_line((growth - 1) * full_year),
        "mix": _by_line(at_old_prices - growth * full_year),
        "price": _by_line(turn.cost_gbp - at_old_prices),
        "interventions": _by_line(turn.interventions_gbp),
        "programme_costs": {ALL: turn.programme_cost_gbp},
    }
    by_line = _by_line(full_year)
    steps["full_year_effect"] = {
        line: by_line[line] - amount for line, amount in (this_year or budget).items()
    }
    steps["need"] = _by_line(turn.cost_gbp + turn.interventions_gbp)
    return steps


def _by_line(by_setting: Floats) -> dict[str, float]:
    return dict(zip(_LINES, [*map(float, by_setting), float(by_setting.sum())], strict=True))


def _rounded_to_total(amounts: Mapping[str, float]) -> dict[str, int]:
    """The total to its pound, and the settings, where all are there, so that they add up to it."""
    whole = {line: round(amount) for line, amount in amounts.items()}
    if all(line in whole for line in _LINES):
        settings = _to_the_pound([amounts[line] for line in _LINES[:-1]], whole[ALL])
        whole.update(zip(_LINES, settings, strict=False))
    return whole


def _rounded(amounts: Mapping[str, float]) -> dict[str, int]:
    """Each amount to its pound; the total is the sum of the settings where all are there."""
    whole = {line: round(amount) for line, amount in amounts.items()}
    if all(line in whole for line in _LINES[:-1]):
        whole[ALL] = sum(whole[line] for line in _LINES[:-1])
    return whole


def _to_the_pound(amounts: Sequence[float], total: int) -> list[int]:
    """Whole pounds that add up to the total, which is the amounts' sum rounded.

    By largest remainders, as seats are shared out.
    """
    whole = [math.floor(amount) for amount in amounts]
    order = sorted(range(len(amounts)), key=lambda at: whole[at] - amounts[at])
    for at in order[: total - sum(whole)]:
        whole[at] += 1
    return whole
